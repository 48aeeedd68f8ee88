//! Who the user is, as headers for the upstream.

use serde_json::{Map, Value};

use crate::secret::Secret;

/// Who a request is from.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What vouches for it.
    pub kind: IdentityKind,
    /// `sub`.
    pub subject: String,
    /// The user name, where the provider has one.
    pub username: Option<String>,
    /// The e-mail address, only when the provider verified it.
    pub email: Option<String>,
    /// Groups, in the token's order.
    pub groups: Vec<String>,
    /// Granted scopes, space separated.
    pub scope: Option<String>,
    /// The claims to hand on.
    pub claims: Map<String, Value>,
    /// The access token.
    pub access_token: Option<Secret>,
}

/// What vouches for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A bearer access token.
    Bearer,
    /// A session.
    Session,
}
