//! Who a load balancer has signed in: its key is fetched, its word checked.

use std::sync::Arc;

use relying_party::forwarding::identity_header::Identity;
use relying_party::gate::{Admission, Verdict};
use relying_party::provider::call::{CallKind, ProviderRequest};
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::session::revocation::RevocationRefusal;
use relying_party::token::access_token::AccessToken;
use relying_party::token::load_balancer::{
    self, KeyPlan, LoadBalancerKey, LoadBalancerKeys, LoadBalancerRefusal, LoadBalancerUser, Presented,
    UnverifiedUser,
};
use tokio::sync::Mutex;

use crate::site::Site;

/// The keys of load balancers.
#[derive(Default)]
pub(crate) struct Keys {
    cache: Mutex<LoadBalancerKeys>,
    /// Held by whoever fetches; others wait for the result.
    fetching: Mutex<()>,
}

impl Site {
    /// Whether somebody passes on the word of a load balancer. It decides alone: what is wrong with it never falls
    /// through to the session cookie.
    pub(crate) async fn load_balancer_verdict(
        &self,
        admission: &Admission<'_>,
        presented: &Presented<'_>,
    ) -> Result<Verdict, Refusal> {
        let (user, access_token) = self.load_balancer_user(presented).await?;
        let permit =
            self.relying_party.permit_load_balancer(admission.rules, user, access_token, presented)?;
        Ok(Verdict::Forward(Box::new(permit)))
    }

    /// Who it is that the load balancer has signed in.
    pub(crate) async fn load_balancer_identity(
        &self,
        presented: &Presented<'_>,
    ) -> Result<Identity, Refusal> {
        let (user, access_token) = self.load_balancer_user(presented).await?;
        self.relying_party.load_balancer_identity(user, access_token, presented)
    }

    /// Whom the load balancer has signed in, and the access token beside it where the provider's can be verified. That
    /// tells since when, so what was ended everywhere is refused by it.
    async fn load_balancer_user(
        &self,
        presented: &Presented<'_>,
    ) -> Result<(LoadBalancerUser, Option<AccessToken>), Refusal> {
        let configuration = &self.relying_party.configuration;
        let trusted = configuration.load_balancers.as_ref().ok_or(Refusal::Internal)?;
        let user = UnverifiedUser::parse(
            presented.data,
            trusted,
            &configuration.client.id,
            configuration.leeway,
            self.now(),
        )?;
        let key = self.load_balancer_key(&user, &user.key_url(trusted)).await?;
        let user = user.verify(&key)?;
        if trusted.access_tokens.is_empty() {
            return Ok((user, None));
        }
        let Some(token) = presented.access_token else {
            self.never_revoked(&user).await?;
            return Ok((user, None));
        };
        match self.access_token_of(token, &trusted.access_tokens).await {
            Ok(access_token) => Ok((user, Some(access_token))),
            Err(Refusal::Revocation(RevocationRefusal::Bearer)) => {
                Err(LoadBalancerRefusal::EndedEverywhere.into())
            }
            Err(refusal) => Err(refusal),
        }
    }

    async fn load_balancer_key(
        &self,
        user: &UnverifiedUser<'_>,
        url: &str,
    ) -> Result<Arc<LoadBalancerKey>, Refusal> {
        let id = user.key_id();
        let keys = &self.load_balancer_keys;
        if let KeyPlan::Use(key) = keys.cache.lock().await.plan(id, self.now()) {
            return Ok(key);
        }
        let _alone = keys.fetching.lock().await;
        let planned = keys.cache.lock().await.plan(id, self.now());
        let meanwhile = match planned {
            KeyPlan::Use(key) => return Ok(key),
            KeyPlan::Refuse(refusal) => return Err(refusal.into()),
            KeyPlan::Fetch { meanwhile } => meanwhile,
        };
        let answered = self.call(&ProviderRequest::fetch(url, CallKind::Jwks)).await;
        let outcome = match &answered {
            Ok(response) => load_balancer::judge(response),
            Err(_) => Err(LoadBalancerRefusal::KeyUnavailable),
        };
        let failure = outcome.as_ref().err().cloned().map(Refusal::from);
        keys.cache.lock().await.fetched(id, outcome, self.now());
        match (failure, meanwhile) {
            (Some(failure), Some(key)) if failure.reason().fault != Fault::Client => Ok(key),
            (Some(failure), _) => Err(failure),
            (None, _) => match keys.cache.lock().await.plan(id, self.now()) {
                KeyPlan::Use(key) => Ok(key),
                _ => Err(Refusal::Internal),
            },
        }
    }
}
