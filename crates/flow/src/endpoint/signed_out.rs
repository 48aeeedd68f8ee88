//! `/oauth2/signed-out` is the page after sign-out.

use relying_party::gate::front::Front;
use relying_party::http::request::Request;

use crate::logged_response::LoggedResponse;
use crate::site::Site;

impl Site {
    pub(super) async fn signed_out(&self, request: &Request, front: Front) -> LoggedResponse {
        let who = self.credentials.signed_in_as(request, front).await;
        let decision = if who.is_some() { "still_signed_in" } else { "signed_out" };
        LoggedResponse::of(decision, self.relying_party.signed_out_page(request, who.as_deref()))
    }
}
