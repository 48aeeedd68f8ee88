//! `/oauth2/login`.

use relying_party::http::cookie::{Cookies, expire_session};
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::session::SessionRefusal;
use relying_party::sign_in::loop_guard;
use relying_party::sign_in::{SignIn, SignInEntropy};

use super::Handled;
use crate::site::Site;

impl Site {
    pub(super) async fn login(&self, request: &Request) -> Result<Handled, Refusal> {
        let sign_in = self.relying_party.sign_in(request)?;
        self.note(self.relying_party.forgotten_return_target(request).map(str::to_owned));
        self.to_provider(request, sign_in).await
    }

    /// Sends the browser to the provider, and takes from it a session cookie that opens no session.
    /// Who landed often of late and still has no session is not sent again.
    pub(super) async fn to_provider(&self, request: &Request, sign_in: SignIn) -> Result<Handled, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        if let Err(lands_in_a_loop) = loop_guard::judge(&cookies)
            && self.live(&cookies, self.now()).await.is_err()
        {
            return Err(lands_in_a_loop.into());
        }
        let endpoint = self.authorization_endpoint().await?;
        let entropy = SignInEntropy { seed: self.random()?, nonce: self.random()? };
        let answer =
            self.relying_party.redirect_to_provider(sign_in, &cookies, &endpoint, &entropy, self.now())?;
        Ok(Handled::of("to_provider", answer).cookies(self.expired_unopenable(&cookies).await))
    }

    /// `Set-Cookie` values for session cookies that can never open again. One that is sealed with a key unknown here
    /// stays: another process may know it.
    pub(crate) async fn expired_unopenable(&self, cookies: &Cookies<'_>) -> Vec<String> {
        match self.held(cookies).await {
            Err(refusal) if may_expire(&refusal) => {
                expire_session(&self.relying_party.cookie_names, cookies, |_| false)
            }
            Ok(_) | Err(_) => Vec::new(),
        }
    }
}

fn may_expire(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Session(refusal) => SessionRefusal::may_expire(*refusal),
        Refusal::SessionNotStored => true,
        _ => false,
    }
}
