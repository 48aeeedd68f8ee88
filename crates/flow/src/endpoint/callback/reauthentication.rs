//! Sends a user to the provider to authenticate again.

use relying_party::gate::front::Front;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::sign_in::callback::SignedIn;

use crate::logged_response::LoggedResponse;
use crate::sign_in::SignInFlow;

impl SignInFlow {
    /// Restarts the sign-in, if `refusal` lets the user authenticate again.
    pub(super) async fn reauthenticate(
        &self,
        (request, front): (&Request, Front),
        signed_in: &SignedIn,
        refusal: Refusal,
    ) -> Result<LoggedResponse, Refusal> {
        let Some(sign_in) = signed_in.reauthentication(&refusal) else { return Err(refusal) };
        let expired = self.expired_attempt(request, signed_in.attempt_cookie());
        // These tokens are not kept. The new sign-in goes on even if revoking them fails.
        drop(self.provider.revoke(signed_in.session()).await);
        Ok(self.to_provider((request, front), sign_in, None).await?.cookies(expired).because(refusal))
    }
}
