//! Answers the redirection endpoint (RFC 6749 section 3.1.2), to which the provider sends the browser back.

mod reauthentication;

use relying_party::gate::front::Front;
use relying_party::http::cookie::Cookies;
use relying_party::http::request::Request;
use relying_party::provider::call::ProviderResponse;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::sign_in::callback::{
    self, Arrival, Exchange, Landed, RedirectedBrowsers, SignedIn, Stray, StrayVerdict,
};
use relying_party::token::jwks::KeySet;

use crate::logged_response::LoggedResponse;
use crate::session::session_hash::session_hash;
use crate::sign_in::SignInFlow;

/// The number of codes of one attempt that may be refused. It is above 1 because a double click sends two.
const REFUSED_CODES: u8 = 3;

impl SignInFlow {
    pub(super) async fn callback(&self, request: &Request, front: Front) -> LoggedResponse {
        match self.relying_party.arrival(request, self.clock.now()) {
            Ok(Arrival::Exchange(exchange)) => self.exchange((request, front), *exchange).await,
            Ok(Arrival::Stray(stray)) => {
                self.notes.note_outdated(&stray.cause.into());
                self.stray((request, front), &stray)
                    .await
                    .unwrap_or_else(|refusal| self.refuse(request, refusal))
            }
            Err(refused) => {
                let expired = refused.finished.map(|name| self.expired_attempt(request, &name));
                self.refuse(request, refused.refusal).cookies(expired.unwrap_or_default())
            }
        }
    }

    fn expired_attempt(&self, request: &Request, name: &str) -> Vec<String> {
        self.relying_party.cookie_names.expire_attempt(name, &Cookies::parse(&request.headers))
    }

    async fn exchange(&self, (request, front): (&Request, Front), exchange: Exchange) -> LoggedResponse {
        let attempt_cookie = exchange.attempt_cookie().to_owned();
        let return_target = exchange.return_target().to_owned();
        match self.signed_in(exchange).await {
            Ok(signed_in) => match self.land((request, front), &signed_in).await {
                Ok(logged) => logged,
                // The code is spent, so this attempt cannot be finished any more.
                Err(refusal) => {
                    let expired = self.expired_attempt(request, &attempt_cookie);
                    let unrevoked = self.provider.revoke(signed_in.session()).await.is_err();
                    let logged = self.refuse(request, refusal).cookies(expired);
                    // If revoking the unused tokens failed, they stay valid until they expire, and the log
                    // says so. The person is told why they are not signed in.
                    if unrevoked { LoggedResponse { decision: "refuse_unrevoked", ..logged } } else { logged }
                }
            },
            // The code may still be valid, so a reload of the page tries again.
            Err(refusal) if refusal.reason().fault == Fault::Outage => self.refuse(request, refusal),
            Err(refusal) => {
                let expired = self.expired_attempt(request, &attempt_cookie);
                if !self.may_redirect(request, &refusal).await {
                    return self.refuse(request, refusal).cookies(expired);
                }
                let response = callback::redirect_repeated(request, return_target, expired);
                LoggedResponse::of("lead_on", response).because(refusal)
            }
        }
    }

    async fn may_redirect(&self, request: &Request, refusal: &Refusal) -> bool {
        match callback::redirected_browsers(request, refusal) {
            Some(RedirectedBrowsers::All) => true,
            Some(RedirectedBrowsers::WithSession) => {
                self.sessions.live(&Cookies::parse(&request.headers), self.clock.now()).await.is_ok()
            }
            None => false,
        }
    }

    /// Redeems the code. After [`REFUSED_CODES`] refusals for this attempt it repeats the last refusal
    /// without asking the provider.
    async fn signed_in(&self, exchange: Exchange) -> Result<SignedIn, Refusal> {
        let attempt = exchange.attempt_cookie().to_owned();
        let seconds = self.relying_party.configuration.authorization_rolling_timeout;
        let refused = self.refused_codes.value(&attempt, seconds, self.clock.now());
        let times = match refused {
            Some((times, refusal)) if times >= REFUSED_CODES => return Err(refusal),
            Some((times, _)) => times,
            None => 0,
        };
        let signed_in = self.redeemed(exchange).await;
        // An outage does not count as a refusal.
        if let Err(refusal) = &signed_in
            && refusal.reason().fault != Fault::Outage
        {
            let refused = (times.saturating_add(1), refusal.clone());
            self.refused_codes.insert_evicting_oldest(attempt, refused, self.clock.now());
        }
        signed_in
    }

    async fn redeemed(&self, exchange: Exchange) -> Result<SignedIn, Refusal> {
        let endpoint = self.provider.token_endpoint().await?;
        exchange.check_issuer(self.provider.announces_iss().await)?;
        let client = self.provider.client().await?;
        let arguments = &self.relying_party.configuration.token_post_args;
        let token_request = |client: &_| exchange.token_request(&endpoint, client, arguments);
        let response = self.provider.call_as(&client, token_request).await?;
        let redeemed = exchange.redeemed(&response)?;
        let issued = redeemed.issued();
        let relying_party = &self.relying_party;
        let check = |keys: &KeySet| redeemed.signed_in(relying_party, keys, self.clock.now());
        let complete = |signed_in: SignedIn, user_info: &ProviderResponse| {
            signed_in.with_user_info(relying_party, user_info)
        };
        self.provider.verify_and_complete(&issued, check, complete).await
    }

    /// Saves the session under a new id, and deletes the session that the browser had before.
    async fn land(
        &self,
        (request, front): (&Request, Front),
        signed_in: &SignedIn,
    ) -> Result<LoggedResponse, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        if let Err(refusal) = self.check_proof(signed_in).await {
            return self.reauthenticate((request, front), signed_in, refusal).await;
        }
        let cookie_value = self.sessions.save(signed_in.session()).await?;
        self.sessions.delete(&cookies).await?;
        let Landed { response, dropped_return_target } =
            signed_in.landed(&self.relying_party, &cookie_value, (request, front), self.clock.now())?;
        self.notes.note(dropped_return_target.map(str::to_owned));
        Ok(LoggedResponse::of("signed_in", response).named(session_hash(signed_in.session())))
    }

    /// Refuses a sign-in for which the person has to authenticate again.
    async fn check_proof(&self, signed_in: &SignedIn) -> Result<(), Refusal> {
        signed_in.check_max_age(&self.relying_party.configuration, self.clock.now())?;
        self.sessions.check_not_revoked(signed_in.session()).await
    }

    async fn stray(
        &self,
        (request, front): (&Request, Front),
        stray: &Stray,
    ) -> Result<LoggedResponse, Refusal> {
        let live = self.sessions.live(&Cookies::parse(&request.headers), self.clock.now()).await;
        if let Err(refusal) = &live
            && refusal.reason().fault == Fault::Outage
        {
            return Err(refusal.clone());
        }
        let logged = match self.relying_party.stray(stray, live.is_ok())? {
            StrayVerdict::GoOn(response) => LoggedResponse::of("signed_in_already", response),
            StrayVerdict::Restart(sign_in) => self.to_provider((request, front), sign_in, live.err()).await?,
        };
        Ok(logged.because(stray.cause))
    }
}
