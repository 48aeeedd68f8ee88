//! Signs in the person whom a load balancer names: it fetches the load balancer's key and checks its header.

use relying_party::forwarding::identity_header::Identity;
use relying_party::gate::{Admission, Verdict};
use relying_party::refusal::Refusal;
use relying_party::session::revocation::RevocationRefusal;
use relying_party::token::access_token::AccessToken;
use relying_party::token::leeway::TimeWithLeeway;
use relying_party::token::load_balancer::{LoadBalancerRefusal, LoadBalancerUser, Presented, UnverifiedUser};

use super::Credentials;

impl Credentials {
    /// Decides from the load balancer's headers alone. If they are invalid, the request is refused; it never
    /// falls back to the session cookie.
    pub(crate) async fn load_balancer_verdict(
        &self,
        admission: &Admission<'_>,
        presented: &Presented<'_>,
    ) -> Result<Verdict, Refusal> {
        let (user, access_token) = self.load_balancer_user(presented).await?;
        let permit = admission.permit_load_balancer(user, access_token, presented)?;
        Ok(Verdict::Forward(Box::new(permit)))
    }

    /// Gives the person whom the load balancer has signed in.
    pub(crate) async fn load_balancer_identity(
        &self,
        presented: &Presented<'_>,
    ) -> Result<Identity, Refusal> {
        let (user, access_token) = self.load_balancer_user(presented).await?;
        Identity::of_load_balancer_user(user, access_token, presented, &self.relying_party.configuration)
    }

    /// The person whom the load balancer has signed in, and the access token passed with the header, if the
    /// issuer's tokens can be verified here. The token tells when the person signed in, so a sign-in that has
    /// been ended everywhere is refused.
    async fn load_balancer_user(
        &self,
        presented: &Presented<'_>,
    ) -> Result<(LoadBalancerUser, Option<AccessToken>), Refusal> {
        let configuration = &self.relying_party.configuration;
        let trusted = configuration.load_balancers.as_ref().ok_or(Refusal::Internal)?;
        let time = TimeWithLeeway { now: self.clock.now(), leeway: configuration.leeway };
        let user = UnverifiedUser::parse(presented.data, trusted, &configuration.client.id, time)?;
        let key = self.provider.load_balancer_key(&user, &user.key_url(trusted)).await?;
        let user = user.verify(&key)?;
        if trusted.access_tokens.is_empty() {
            return Ok((user, None));
        }
        let Some(token) = presented.access_token else {
            self.sessions.check_never_revoked(&user).await?;
            return Ok((user, None));
        };
        match self.access_token_of(token, &trusted.access_tokens).await {
            Ok(access_token) => Ok((user, Some(access_token))),
            Err(Refusal::Revocation(RevocationRefusal::AccessToken)) => {
                Err(LoadBalancerRefusal::EndedEverywhere.into())
            }
            Err(refusal) => Err(refusal),
        }
    }
}
