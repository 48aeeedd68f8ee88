//! Produces faults on demand, and counts requests.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};

use super::StandIn;

/// The longest that [`Fault::Slow`] waits.
const SLOWEST: Duration = Duration::from_secs(30);
/// The largest body that [`Fault::Oversized`] sends.
const LARGEST: usize = 64 * 1_024 * 1_024;

/// The endpoints that can fail on demand and are counted.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `/oauth2/authorize`.
    Authorize,
    /// `/confirmUser`.
    ConfirmUser,
    /// `.well-known/openid-configuration` of either issuer.
    Discovery,
    /// `/forgotPassword` and `/confirmForgotPassword`.
    ForgotPassword,
    /// `.well-known/jwks.json` of either issuer.
    Jwks,
    /// `/login`.
    Login,
    /// `/logout`.
    Logout,
    /// `/oauth2/revoke`.
    Revoke,
    /// `/signup`.
    SignUp,
    /// `/oauth2/token`.
    Token,
    /// `/oauth2/userInfo`.
    UserInfo,
}

/// One kind of failure. In JSON: `{"fault": "status", "status": 503}`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// The authorize endpoint sends the client this error instead of a code.
    CallbackError {
        /// The OAuth error code.
        error: String,
    },
    /// The connection closes before a byte is sent; in process the body fails at once.
    Cut,
    /// The endpoint answers 400 with this JSON `error`.
    Error {
        /// The OAuth error code.
        error: String,
    },
    /// The token endpoint returns tokens whose `exp` has passed. The other faults about tokens apply to this
    /// endpoint too.
    Expired,
    /// The response is 200 with a body that is not JSON.
    InvalidJson,
    /// The authorize endpoint sends the client no `state`.
    MissingState,
    /// The response has no ID token.
    NoIdToken,
    /// The response is 200 with a body of this many bytes, at most 64 MiB.
    Oversized {
        /// The size.
        bytes: usize,
    },
    /// The response is a 302.
    Redirect {
        /// The target.
        location: String,
    },
    /// The endpoint waits before it handles the request, at most 30 seconds.
    Slow {
        /// The delay.
        milliseconds: u64,
    },
    /// The response is empty and has this status.
    Status {
        /// The status, 400 to 599.
        status: u16,
    },
    /// The ID token is for another client.
    WrongAudience,
    /// Both tokens name another issuer.
    WrongIssuer,
    /// The ID token has another nonce.
    WrongNonce,
    /// Both tokens are signed with an unpublished key, under the published key's id.
    WrongSigningKey,
}

/// A fault and the number of requests that it applies to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Planned {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// The number of requests; without it, the fault lasts until faults are cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl Endpoint {
    /// The endpoint of a path; `None` for the stand-in's own pages.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/oauth2/authorize" => Some(Self::Authorize),
            "/confirmUser" => Some(Self::ConfirmUser),
            "/forgotPassword" | "/confirmForgotPassword" => Some(Self::ForgotPassword),
            "/login" => Some(Self::Login),
            "/logout" => Some(Self::Logout),
            "/oauth2/revoke" => Some(Self::Revoke),
            "/signup" => Some(Self::SignUp),
            "/oauth2/token" => Some(Self::Token),
            "/oauth2/userInfo" => Some(Self::UserInfo),
            _ if path.ends_with("/.well-known/openid-configuration") => Some(Self::Discovery),
            _ if path.ends_with("/.well-known/jwks.json") => Some(Self::Jwks),
            _ => None,
        }
    }
}

impl Fault {
    /// Whether it changes the response as a whole, whatever the endpoint.
    pub(super) fn is_transport(&self) -> bool {
        matches!(
            self,
            Self::Cut
                | Self::Error { .. }
                | Self::InvalidJson
                | Self::Oversized { .. }
                | Self::Redirect { .. }
                | Self::Slow { .. }
                | Self::Status { .. }
        )
    }

    /// Whether it changes the redirect back to the client.
    pub(super) fn is_callback(&self) -> bool {
        matches!(self, Self::CallbackError { .. } | Self::MissingState)
    }

    /// Whether it changes the tokens.
    pub(super) fn is_token(&self) -> bool {
        !self.is_transport() && !self.is_callback()
    }
}

/// Counts the request and applies a planned fault.
pub(super) async fn middleware(State(stand_in): State<StandIn>, request: Request, next: Next) -> Response {
    let Some(endpoint) = Endpoint::of(request.uri().path()) else {
        return next.run(request).await;
    };
    stand_in.count(endpoint);
    match stand_in.take_fault(endpoint, Fault::is_transport) {
        None => next.run(request).await,
        Some(Fault::Slow { milliseconds }) => {
            tokio::time::sleep(Duration::from_millis(milliseconds).min(SLOWEST)).await;
            next.run(request).await
        }
        Some(fault) => instead(fault),
    }
}

fn instead(fault: Fault) -> Response {
    match fault {
        Fault::Cut => Response::new(Body::new(Broken)),
        Fault::Error { error } => {
            let body = serde_json::json!({ "error": error }).to_string();
            (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], body)
                .into_response()
        }
        Fault::InvalidJson => json_text("{\"access_token\": ".to_owned()),
        Fault::Oversized { bytes } => {
            let padding = "a".repeat(bytes.min(LARGEST).saturating_sub(r#"{"padding":""}"#.len()));
            json_text(format!(r#"{{"padding":"{padding}"}}"#))
        }
        Fault::Redirect { location } => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Fault::Status { status } => StatusCode::from_u16(status)
            .ok()
            .filter(|status| status.is_client_error() || status.is_server_error())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn json_text(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json;charset=UTF-8")], body).into_response()
}

/// A body that fails before its first byte.
struct Broken;

impl hyper::body::Body for Broken {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())))
    }
}
