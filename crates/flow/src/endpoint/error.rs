//! `/oauth2/error` explains a refusal.

use http::StatusCode;
use relying_party::gate::front::Front;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Reason;

use crate::logged_response::LoggedResponse;
use crate::site::Site;

impl Site {
    /// Explains a refusal of the authorizer, which could only redirect here. The reason comes from a closed
    /// list.
    pub(super) async fn error(&self, request: &Request, front: Front) -> LoggedResponse {
        let values = request.query_values("reason");
        let [code] = values.as_slice() else { return self.refuse(request, Refusal::UnknownReason) };
        let Some(reason) = Reason::named(code) else { return self.refuse(request, Refusal::UnknownReason) };
        // Caches on the way may store error pages, so only the page for a forbidden request names the user.
        let who = match reason.status {
            StatusCode::FORBIDDEN => self.credentials.signed_in_as(request, front).await,
            _ => None,
        };
        LoggedResponse::of("explain", self.relying_party.explanation(request, reason, who.as_deref()))
    }
}
