//! Holds the dependencies of sign-in. Its two steps, `login` and `callback`, are in [`crate::endpoint`].

use std::sync::Arc;

use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;

use crate::logged_response::LoggedResponse;
use crate::notes::Notes;
use crate::ports::{Clock, Entropy};
use crate::provider::ProviderClient;
use crate::session::Sessions;
use crate::session::cache::TtlCache;

/// The number of refused codes and the last refusal, by the name of the attempt's cookie.
pub(crate) type RefusedCodes = TtlCache<String, (u8, Refusal)>;

/// Sign-in on one host.
pub(crate) struct SignInFlow {
    pub(crate) relying_party: Arc<RelyingParty>,
    pub(crate) provider: Arc<ProviderClient>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) refused_codes: Arc<RefusedCodes>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl SignInFlow {
    pub(crate) fn refuse(&self, request: &Request, refusal: Refusal) -> LoggedResponse {
        LoggedResponse::refused(&self.relying_party, &self.notes, request, refusal)
    }
}
