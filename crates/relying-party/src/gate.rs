//! Decides whether a request may pass, from its route's requirements and the credential that it presents.

mod admission;
mod application_callback;
pub mod front;
pub mod requirement;
pub mod reserved_header;
pub mod route;

use url::form_urlencoded;

use crate::forwarding::identity_header::{Identity, IdentityKind};
use crate::http::request::Request;
use crate::refusal::Refusal;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;
use crate::sign_in::return_target::ADDRESS_TOO_LONG;

pub use admission::{Admission, Credential};

/// Why a request does not pass although its credential is not faulty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateRefusal {
    /// `bearer` is not among `auth_methods`.
    BearerNotAccepted,
    /// No credential was presented.
    NoSession,
    /// A WebSocket with cookies was not opened by a page of `public_url`. Browsers do not stop a foreign page
    /// from opening one (RFC 6455 section 10.2).
    OriginForeign,
    /// The authorization response arrived at a path outside `auth_prefix`; the browser is redirected to the callback.
    CallbackOnApplicationPath,
    /// The request asks for sign-out on a path of the application; it is redirected to the sign-out endpoint.
    LogoutOnApplicationPath,
    /// The session is due for renewal, which needs an endpoint that can set cookies.
    RenewalDue,
}

impl GateRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::BearerNotAccepted => &reason::BEARER_NOT_ACCEPTED,
            Self::CallbackOnApplicationPath => &reason::CALLBACK_ELSEWHERE,
            Self::LogoutOnApplicationPath => &reason::LOGOUT_ELSEWHERE,
            Self::NoSession => &reason::SESSION_MISSING,
            Self::OriginForeign => &reason::ORIGIN_FOREIGN,
            Self::RenewalDue => &reason::SESSION_RENEWAL_DUE,
        }
    }
}

/// Permission to pass, with the identity.
#[derive(Clone, Debug)]
pub struct Permit {
    /// The identity; `None` for an anonymous request.
    pub identity: Option<Identity>,
    /// Whether the request is a CORS preflight that passes without credentials.
    pub preflight: bool,
}

impl Permit {
    /// The permit of an anonymous request.
    pub const fn anonymous() -> Self {
        Self { identity: None, preflight: false }
    }

    /// Tells whether a cache on the way cannot see that the response is for one person: the session or the load
    /// balancer's sign-in is in a cookie, and the request has no `Authorization`.
    pub fn is_unseen_by_caches(&self) -> bool {
        self.identity.as_ref().is_some_and(|identity| identity.kind != IdentityKind::Bearer)
    }
}

/// The decision about a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The request is forwarded to the upstream.
    Forward(Box<Permit>),
    /// The request is refused.
    Refuse(Refusal),
    /// The page load is redirected to an absolute URL of vestibule's, to sign in or to refresh the session.
    Redirect {
        /// The URL.
        location: String,
        /// The reason.
        cause: Refusal,
    },
}

/// The longest location that a REST authorizer can return, bytes.
const MAX_LOCATION_BYTES: usize = 2_000;

impl RelyingParty {
    /// For the log: tells that the address of the requested page is too long to return to it.
    pub fn dropped_return_target(&self, verdict: &Verdict) -> Option<&'static str> {
        let Verdict::Redirect { location, .. } = verdict else { return None };
        self.drops_return_target(location).then_some(ADDRESS_TOO_LONG)
    }

    /// Tells whether `location` lacks the address of the page, because that is too long.
    pub fn drops_return_target(&self, location: &str) -> bool {
        ["/login", "/refresh"].iter().any(|path| *location == self.own_url(path))
    }

    /// The address of one of our endpoints, with the requested page as its return target if that fits.
    pub fn with_return_target(&self, path: &str, request: &Request) -> String {
        let location = self.own_url(path);
        let target = format!("{}{}", self.configuration.public_url.path(), request.target());
        let encoded: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let joint = if path.contains('?') { '&' } else { '?' };
        let whole = format!("{location}{joint}rd={encoded}");
        if whole.len() > MAX_LOCATION_BYTES { location } else { whole }
    }
}
