//! `/oauth2/logout` ends a session, or all sessions of a user.

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

use super::handled::Handled;
use crate::ports::UserSignOutFault;
use crate::session::id::session_hash;
use crate::session::store::List;
use crate::sign_out::SignOutFlow;

/// Says whose sessions all end, and which of them asks for it; none where a load balancer signs people in.
struct Ending {
    issuer: String,
    subject: String,
    username: Option<String>,
    session: Option<Session>,
}

impl Ending {
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
    pub(super) async fn logout(&self, request: &Request, front: Front) -> Result<Handled, Refusal> {
        match self.relying_party.sign_out(request) {
            SignOut::Act => self.sign_out(request).await,
            SignOut::ActEverywhere => self.sign_out_everywhere(request, front).await,
            // Nobody is asked for what cannot be done.
            SignOut::Confirm(SignOutOffer::Everywhere) if self.sessions.store().is_none() => {
                Err(Refusal::SignOutEverywhere)
            }
            SignOut::Confirm(offer) => Ok(self.confirm_sign_out(request, offer).await),
        }
    }

    async fn sign_out(&self, request: &Request) -> Result<Handled, Refusal> {
        let cookies = Cookies::parse(&request.headers);
        let found = self.sessions.load(&cookies).await;
        // Without a row there is nothing to delete: who has no session costs no write.
        let is_kept = found.as_ref().err() != Some(&Refusal::SessionNotStored);
        let held = match found {
            Ok(held) => held,
            // The row would stay: say so rather than claim to have signed out.
            Err(refusal @ Refusal::SessionStoreUnavailable) => return Err(refusal),
            Err(_) => None,
        };
        if is_kept {
            self.sessions.delete(&cookies).await?;
        }
        let unrevoked = match &held {
            Some(held) => self.provider.revoke(&held.session).await.err(),
            None => None,
        };
        let hint = held.as_ref().and_then(|held| held.session.id_token.as_ref());
        // Without the provider's metadata we are signed out here, and that is what was asked for first.
        let endpoint = self.provider.end_session_endpoint().await.unwrap_or_default();
        let logout_url = self.relying_party.configuration.provider_logout_url(endpoint.as_deref(), hint);
        let mut handled = Handled::of("signed_out", self.relying_party.signed_out(request, &logout_url));
        handled.refusal = unrevoked;
        Ok(match held {
            Some(held) => handled.named(session_hash(&held.session)),
            None => handled,
        })
    }

    /// Ends all sessions of the user who is signed in, here and, where that is set up, at the provider.
    /// A failure after the revocation leaves nothing that is still let in here.
    async fn sign_out_everywhere(&self, request: &Request, front: Front) -> Result<Handled, Refusal> {
        let store = self.sessions.store().ok_or(Refusal::SignOutEverywhere)?;
        let now = self.clock.now();
        let ended = match self.relying_party.said_by_load_balancer(request, front)? {
            Some(presented) => self.signed_in_by_load_balancer(&presented).await?,
            None => Ending::of(self.sessions.live(&Cookies::parse(&request.headers), now).await?.0.session),
        };
        let user = Indexed::User { issuer: &ended.issuer, subject: &ended.subject };
        self.sessions.revoke_all(store, user, (List::User, user), now).await?;
        let unrevoked = match &ended.session {
            Some(session) => self.provider.revoke(session).await.err(),
            None => None,
        };
        let at_provider = self.end_at_provider(&ended).await;
        let endpoint = self.provider.end_session_endpoint().await.unwrap_or_default();
        let hint = ended.session.as_ref().and_then(|session| session.id_token.as_ref());
        let logout_url = self.relying_party.configuration.provider_logout_url(endpoint.as_deref(), hint);
        let response = self.relying_party.signed_out_everywhere(request, &logout_url, at_provider);
        let mut handled = Handled::of("signed_out_everywhere", response);
        handled.refusal = match at_provider {
            AtProvider::Failed => Some(Refusal::ProviderSignOutFailed),
            AtProvider::Ended | AtProvider::NotAsked => unrevoked,
        };
        Ok(match &ended.session {
            Some(session) => handled.named(session_hash(session)),
            None => handled,
        })
    }

    /// Only what tells since when somebody is signed in can be ended: an access token that can be verified.
    async fn signed_in_by_load_balancer(&self, presented: &Presented<'_>) -> Result<Ending, Refusal> {
        let identity = self.credentials.load_balancer_identity(presented).await?;
        if identity.access_token.is_none() {
            return Err(Refusal::SignOutEverywhere);
        }
        Ok(Ending {
            issuer: self.relying_party.configuration.issuer.clone(),
            subject: identity.subject,
            username: identity.username,
            session: None,
        })
    }

    async fn end_at_provider(&self, ended: &Ending) -> AtProvider {
        let Some(provider) = &self.user_sign_out else { return AtProvider::NotAsked };
        // Cognito takes a user's `sub` for the name too.
        match provider.sign_out(ended.username.as_deref().unwrap_or(&ended.subject)).await {
            Ok(()) => AtProvider::Ended,
            Err(UserSignOutFault) => AtProvider::Failed,
        }
    }

    async fn confirm_sign_out(&self, request: &Request, offer: SignOutOffer) -> Handled {
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
        Handled::of("confirm", page.answer(&context))
    }
}
