//! `/oauth2/backchannel-logout` receives the provider's notice that sessions have ended.

use http::StatusCode;
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use relying_party::session::index::Indexed;
use relying_party::sign_out::logout_token::{EndedSessions, LogoutToken, LogoutTokenRefusal};
use relying_party::token::claims::OtherIssuer;
use relying_party::token::jwks::{JwksRefusal, TokenSource};
use relying_party::token::jws::{JwsRefusal, UnverifiedToken};
use serde_json::json;

use crate::logged_response::LoggedResponse;
use crate::session::store::{List, Written};
use crate::sign_out::SignOutFlow;

impl SignOutFlow {
    /// Ends the sessions first and records the token last. After a failure in between, the provider sends
    /// the token again and the rest is done then. Processing a token twice is harmless: a session that began
    /// after the token was issued, with `sid` after the leeway too, stays, however late the token is sent again.
    pub(super) async fn backchannel_logout(&self, request: &Request) -> Result<LoggedResponse, Refusal> {
        let text = LogoutToken::text_in(request, &self.relying_party.configuration)?;
        let store = self.sessions.store().ok_or(LogoutTokenRefusal::NotSupported)?;
        let token = self.logout_token(&text).await?;
        let issuer = token.issuer.as_str();
        let (list, of, time) = match &token.ended {
            // The whole session ends, even if the provider's clock is behind ours by the leeway.
            EndedSessions::Session { sid, .. } => {
                let leeway = self.relying_party.configuration.leeway;
                let time = token.issued_at.plus(leeway).min(self.clock.now());
                (List::ProviderSession, Indexed::ProviderSession { issuer, sid }, time)
            }
            EndedSessions::User(subject) => (List::User, Indexed::User { issuer, subject }, token.issued_at),
        };
        self.sessions.revoke_all(store, token.ended(), (list, of), time).await?;
        if let Some(others) = token.ended_without_sid() {
            // No list tells these sessions from those with another `sid`, so their rows stay until they
            // expire.
            self.sessions.write_revocation(store, others, token.issued_at).await?;
        }
        let seen = token.seen();
        let ring = &self.relying_party.ring;
        let by = self.entropy.random()?;
        for hash in seen.hashes(ring) {
            if store.record_seen(&hash, &by, token.refused_from).await? == Written::Lost {
                return Err(LogoutTokenRefusal::Replayed.into());
            }
        }
        Ok(LoggedResponse::of("ended_by_provider", Response::json(StatusCode::OK, &json!({}))))
    }

    async fn logout_token(&self, text: &str) -> Result<LogoutToken, Refusal> {
        let unverified = UnverifiedToken::parse(text).map_err(LogoutTokenRefusal::Unverified)?;
        // Nothing is fetched for a token that names another issuer.
        let (named, own) = (unverified.unverified_iss(), &self.relying_party.configuration.issuers);
        if !own.iter().any(|own| named == Some(own)) {
            let expected = own.iter().map(String::as_str);
            return Err(LogoutTokenRefusal::Issuer(OtherIssuer::new(named, expected)).into());
        }
        let kid = unverified.unverified_kid().map(str::to_owned);
        let keys =
            self.provider.own_keys(unverified, TokenSource::Client).await.map_err(
                |refusal| match refusal {
                    // Section 2.8: an invalid logout token is answered with 400, so an unknown key id is too,
                    // even an invented one.
                    Refusal::Jwks(JwksRefusal::KeyUnknown { .. }) => {
                        LogoutTokenRefusal::Unverified(JwsRefusal::UnknownKey { kid }).into()
                    }
                    other => other,
                },
            )?;
        let verified = UnverifiedToken::parse(text)
            .map_err(LogoutTokenRefusal::Unverified)?
            .verify(&keys, &self.relying_party.configuration.signing_algorithms)
            .map_err(|refusal: JwsRefusal| LogoutTokenRefusal::Unverified(refusal))?;
        Ok(LogoutToken::check(&verified, &self.relying_party.configuration, self.clock.now())?)
    }
}
