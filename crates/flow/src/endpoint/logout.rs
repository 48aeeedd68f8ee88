//! `/oauth2/logout` ends one session, or all sessions of a user.

use relying_party::gate::front::Front;
use relying_party::http::cookie::Cookies;
use relying_party::http::page::{Page, PageContext, SignOutOffer};
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::session::Session;
use relying_party::session::index::Indexed;
use relying_party::sign_out::{AtProvider, SignOut};
use relying_party::token::load_balancer::Presented;
use url::Url;

use crate::logged_response::LoggedResponse;
use crate::ports::UserSignOutFault;
use crate::session::session_hash::session_hash;
use crate::session::store::List;
use crate::sign_out::SignOutFlow;

/// The user whose sessions all end. `session` is the one that asked for it; `None` where a load balancer
/// signs people in.
struct UserToSignOut {
    issuer: String,
    subject: String,
    username: Option<String>,
    session: Option<Session>,
}

impl UserToSignOut {
    fn of(session: Session) -> Self {
        Self {
            issuer: session.issuer.clone(),
            subject: session.subject.clone(),
            username: session.username.clone(),
            session: Some(session),
        }
    }
}

impl SignOutFlow {
    pub(super) async fn logout(&self, request: &Request, front: Front) -> Result<LoggedResponse, Refusal> {
        match self.relying_party.sign_out(request) {
            SignOut::Act => self.sign_out(request).await,
            SignOut::ActEverywhere => self.sign_out_everywhere(request, front).await,
            // The page does not offer an action that cannot be performed.
            SignOut::Confirm(SignOutOffer::Everywhere) if self.sessions.store().is_none() => {
                Err(Refusal::SignOutEverywhere)
            }
            SignOut::Confirm(offer) => Ok(self.confirm_sign_out(request, offer).await),
        }
    }

    async fn sign_out(&self, request: &Request) -> Result<LoggedResponse, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        let found = self.sessions.load(&cookies).await;
        // If the store has no row, there is nothing to delete, so the request costs no write.
        let is_kept = found.as_ref().err() != Some(&Refusal::SessionNotStored);
        let loaded = match found {
            Ok(loaded) => loaded,
            // The row would stay, so the request is refused rather than answered as signed out.
            Err(refusal @ Refusal::SessionStoreUnavailable(_)) => return Err(refusal),
            Err(_) => None,
        };
        if is_kept {
            self.sessions.delete(&cookies).await?;
        }
        let session = loaded.as_ref().map(|loaded| &loaded.session);
        let refusal = self.revoke(session).await;
        let logout_url = self.logout_url(session).await;
        let response = self.relying_party.signed_out(request, &logout_url, self.clock.now());
        let session_hash = session.map(session_hash);
        Ok(LoggedResponse { refusal, session_hash, ..LoggedResponse::of("signed_out", response) })
    }

    /// Revokes the refresh token of a session that ends. Returns the failure, which ends nothing else.
    async fn revoke(&self, session: Option<&Session>) -> Option<Refusal> {
        self.provider.revoke(session?).await.err()
    }

    /// The address at which the provider ends its own session. Without the provider's metadata the user is still
    /// signed out here, which is what they asked for first.
    async fn logout_url(&self, session: Option<&Session>) -> String {
        let endpoint = self.provider.end_session_endpoint().await.unwrap_or_default();
        let hint = session.and_then(|session| session.id_token.as_ref());
        self.relying_party.configuration.provider_logout_url(endpoint.as_deref(), hint)
    }

    /// Ends all sessions of the signed-in user, here and, where that is configured, at the provider. Once the
    /// revocation is written, a later failure leaves no session valid here.
    async fn sign_out_everywhere(&self, request: &Request, front: Front) -> Result<LoggedResponse, Refusal> {
        let store = self.sessions.store().ok_or(Refusal::SignOutEverywhere)?;
        let now = self.clock.now();
        let ended = match self.relying_party.load_balancer_headers(request, front)? {
            Some(presented) => self.signed_in_by_load_balancer(&presented).await?,
            None => {
                UserToSignOut::of(self.sessions.live(&Cookies::parse(&request.headers), now).await?.0.session)
            }
        };
        let user = Indexed::User { issuer: &ended.issuer, subject: &ended.subject };
        self.sessions.revoke_all(store, user, (List::User, user), now).await?;
        let unrevoked = self.revoke(ended.session.as_ref()).await;
        let at_provider = self.end_at_provider(&ended).await;
        let logout_url = self.logout_url(ended.session.as_ref()).await;
        let response = self.relying_party.signed_out_everywhere(request, &logout_url, at_provider, now);
        let refusal = match at_provider {
            AtProvider::Failed => Some(Refusal::ProviderSignOutFailed),
            AtProvider::Ended | AtProvider::NotAsked => unrevoked,
        };
        let session_hash = ended.session.as_ref().map(session_hash);
        Ok(LoggedResponse { refusal, session_hash, ..LoggedResponse::of("signed_out_everywhere", response) })
    }

    /// A sign-in can be ended everywhere only if its time is known. An access token that can be verified
    /// tells it.
    async fn signed_in_by_load_balancer(&self, presented: &Presented<'_>) -> Result<UserToSignOut, Refusal> {
        let identity = self.credentials.load_balancer_identity(presented).await?;
        if identity.access_token.is_none() {
            return Err(Refusal::SignOutEverywhere);
        }
        Ok(UserToSignOut {
            issuer: self.relying_party.configuration.issuer.clone(),
            subject: identity.subject,
            username: identity.username,
            session: None,
        })
    }

    async fn end_at_provider(&self, ended: &UserToSignOut) -> AtProvider {
        let Some(provider) = &self.user_sign_out else { return AtProvider::NotAsked };
        // Cognito accepts a user's `sub` as the username.
        match provider.sign_out(ended.username.as_deref().unwrap_or(&ended.subject)).await {
            Ok(()) => AtProvider::Ended,
            Err(UserSignOutFault) => AtProvider::Failed,
        }
    }

    async fn confirm_sign_out(&self, request: &Request, offer: SignOutOffer) -> LoggedResponse {
        let action = self.relying_party.own_url("/logout");
        let home = self.relying_party.configuration.public_url.join("/");
        let endpoint = self.provider.end_session_endpoint().await.ok().flatten();
        let origin = endpoint
            .and_then(|endpoint| Url::parse(&endpoint).ok())
            .map(|endpoint| endpoint.origin().ascii_serialization());
        let landing = Url::parse(&self.relying_party.configuration.logout_redirect_uri)
            .map(|url| url.origin().ascii_serialization())
            .ok();
        let form_origins: Vec<&str> = origin.as_deref().into_iter().chain(landing.as_deref()).collect();
        let page = Page::ConfirmSignOut { action: &action, form_origins: &form_origins, offer };
        let context = PageContext { home: Some(&home), ..self.relying_party.page_context(request) };
        LoggedResponse::of("confirm", page.response(&context))
    }
}
