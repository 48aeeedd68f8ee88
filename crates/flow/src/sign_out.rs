//! Holds the dependencies of sign-out. Its two endpoints, `logout` and `backchannel_logout`, are in
//! [`crate::endpoint`].

use std::sync::Arc;

use relying_party::relying_party::RelyingParty;

use crate::credentials::Credentials;
use crate::ports::{Clock, Entropy, UserSignOut};
use crate::provider::ProviderClient;
use crate::session::Sessions;

/// Sign-out on one host.
pub(crate) struct SignOutFlow {
    pub(crate) relying_party: Arc<RelyingParty>,
    pub(crate) provider: Arc<ProviderClient>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) credentials: Arc<Credentials>,
    /// The port that ends the provider's own sessions of a user, where that is configured.
    pub(crate) user_sign_out: Option<Arc<dyn UserSignOut>>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) clock: Arc<dyn Clock>,
}
