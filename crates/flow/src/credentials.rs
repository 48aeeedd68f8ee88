//! Checks the credentials of a request other than sessions: bearer tokens and the headers of a load balancer.

mod load_balancer;

use std::sync::Arc;

use relying_party::gate::front::Front;
use relying_party::gate::{Admission, Verdict};
use relying_party::http::cookie::Cookies;
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;
use relying_party::token::access_token::{self, AccessToken, BearerIssuer};
use relying_party::token::claims;
use relying_party::token::jws::UnverifiedToken;
use relying_party::token::leeway::TimeWithLeeway;

use crate::notes::Notes;
use crate::ports::Clock;
use crate::provider::ProviderClient;
use crate::session::Sessions;

/// The check of credentials on one host.
pub(crate) struct Credentials {
    pub(crate) relying_party: Arc<RelyingParty>,
    pub(crate) provider: Arc<ProviderClient>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Credentials {
    /// Checks a bearer access token, and that its user's access was not revoked. The route plays no part.
    pub(crate) async fn access_token(&self, token: &str) -> Result<AccessToken, Refusal> {
        self.access_token_of(token, &self.relying_party.configuration.bearer_issuers).await
    }

    /// Like [`Self::access_token`], but for one of these issuers.
    pub(crate) async fn access_token_of(
        &self,
        token: &str,
        rows: &[BearerIssuer],
    ) -> Result<AccessToken, Refusal> {
        let configuration = &self.relying_party.configuration;
        let unverified = UnverifiedToken::parse(token).map_err(Refusal::Bearer)?;
        let row = access_token::select_row(unverified.unverified_iss(), rows)?;
        let verified = self.provider.verified_bearer(token, unverified, row).await?;
        let groups_claim = configuration.groups_claims.of(row.kind);
        self.notes.note(claims::odd("access token", verified.claims(), groups_claim));
        let time = TimeWithLeeway { now: self.clock.now(), leeway: configuration.leeway };
        let access_token = access_token::check(verified, row, groups_claim, time)?;
        self.sessions.check_token_not_revoked(&access_token).await?;
        Ok(access_token)
    }

    /// Decides from the bearer token alone.
    pub(crate) async fn bearer_verdict(
        &self,
        admission: &Admission<'_>,
        token: &str,
    ) -> Result<Verdict, Refusal> {
        let access_token = self.access_token(token).await?;
        let permit = admission.permit_bearer(access_token, token)?;
        Ok(Verdict::Forward(Box::new(permit)))
    }

    /// Gives the name of the signed-in person, for a page.
    pub(crate) async fn signed_in_as(&self, request: &Request, front: Front) -> Option<String> {
        if let Some(presented) = self.relying_party.load_balancer_headers(request, front).ok()? {
            let identity = self.load_balancer_identity(&presented).await.ok()?;
            return Some(identity.email.or(identity.username).unwrap_or(identity.subject));
        }
        let (loaded, _) =
            self.sessions.live(&Cookies::parse(&request.headers), self.clock.now()).await.ok()?;
        let session = loaded.session;
        Some(session.email.or(session.username).unwrap_or(session.subject))
    }
}
