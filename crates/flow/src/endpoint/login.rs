//! `/oauth2/login` starts a sign-in.

use relying_party::gate::front::Front;
use relying_party::http::cookie::Cookies;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::sign_in::loop_guard;
use relying_party::sign_in::return_target::{ADDRESS_TOO_LONG, ReturnTarget, ReturnTargetRefusal};
use relying_party::sign_in::{ProviderRedirect, SignIn, SignInEntropy};

use crate::logged_response::LoggedResponse;
use crate::sign_in::SignInFlow;

impl SignInFlow {
    pub(super) async fn login(&self, request: &Request, front: Front) -> Result<LoggedResponse, Refusal> {
        let sign_in = self.relying_party.sign_in(request, front)?;
        let requested = ReturnTarget::requested(request, front, &self.relying_party.configuration);
        if requested == Err(ReturnTargetRefusal::TooLong) {
            self.notes.note(Some(ADDRESS_TOO_LONG.to_owned()));
        }
        self.to_provider((request, front), sign_in, None).await
    }

    /// Redirects the browser to the provider, and expires a session cookie that opens no session.
    ///
    /// A browser that has recently signed in several times and still has no session is refused instead,
    /// because it is in a loop. A caller that already knows why there is no session passes that as
    /// `no_session`, which saves a read of the store.
    pub(crate) async fn to_provider(
        &self,
        (request, front): (&Request, Front),
        sign_in: SignIn,
        no_session: Option<Refusal>,
    ) -> Result<LoggedResponse, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        let landings = loop_guard::check(&cookies);
        let refusal = match (no_session, &landings) {
            (Some(known), _) => Some(known),
            (None, Ok(())) => self.sessions.load(&cookies).await.err(),
            (None, Err(_)) => self.sessions.live(&cookies, self.clock.now()).await.err(),
        };
        if let (Err(lands_in_a_loop), Some(_)) = (landings, &refusal) {
            return Err(lands_in_a_loop);
        }
        let endpoint = self.provider.authorization_endpoint().await?;
        let entropy = SignInEntropy {
            seed: self.entropy.random()?,
            nonce: self.entropy.random()?,
            return_target_nonce: self.entropy.random()?,
        };
        let ProviderRedirect { response, dropped_return_target } = self.relying_party.redirect_to_provider(
            sign_in,
            (request, front),
            &endpoint,
            &entropy,
            self.clock.now(),
        )?;
        self.notes.note(dropped_return_target.map(str::to_owned));
        let expired = refusal.map(|refusal| self.relying_party.expire_unusable(&refusal, &cookies));
        Ok(LoggedResponse::of("to_provider", response).cookies(expired.unwrap_or_default()))
    }
}
