//! Ending a session here and at the provider (OpenID Connect RP-Initiated Logout 1.0; Cognito's own logout endpoint).

use http::{Method, StatusCode};
use serde_json::json;
use url::Url;

use crate::answer::Answer;
use crate::configuration::ProviderKind;
use crate::cookie::{Cookies, expire};
use crate::page_load;
use crate::relying_party::RelyingParty;
use crate::request::Request;
use crate::secret::Secret;

/// What a request for `/oauth2/logout` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOut {
    /// Our own page or the person asks: sign out.
    Act,
    /// Another site may be asking: show a button and change nothing.
    Confirm,
}

impl RelyingParty {
    /// Tells who asks. A GET that no browser vouches for is asked back.
    pub fn sign_out(&self, request: &Request) -> SignOut {
        if page_load::is_own_action(request, self.configuration.public_url.origin()) {
            SignOut::Act
        } else {
            SignOut::Confirm
        }
    }

    /// The answer once the session is gone: every cookie of ours expired, and on to the provider.
    pub fn signed_out(&self, request: &Request, logout_url: &str) -> Answer {
        let expired = self.cookie_names.expire_all(&Cookies::parse(&request.headers));
        let answer = if page_load::is_navigation(request) || request.method == Method::GET {
            Answer::redirect(StatusCode::FOUND, logout_url.to_owned())
        } else {
            Answer::json(StatusCode::OK, &json!({ "logout_url": logout_url }))
        };
        answer.cookies(expired).cookies(self.expired_load_balancer_cookies())
    }

    /// "the application must set the expiry to -1 for all authentication cookies", up to four shards (Elastic Load
    /// Balancing, "Authenticate users", "Authentication logout").
    fn expired_load_balancer_cookies(&self) -> Vec<String> {
        let trusted = self.configuration.load_balancers.iter();
        trusted
            .flat_map(|trusted| {
                (0..4).map(|shard| expire(&format!("{}-{shard}", trusted.session_cookie), None))
            })
            .collect()
    }

    /// Whether `name` is a shard of the session cookie of a load balancer that signs people in: a credential.
    pub(crate) fn is_load_balancers_cookie(&self, name: &str) -> bool {
        self.configuration.load_balancers.as_ref().is_some_and(|trusted| {
            name.strip_prefix(&trusted.session_cookie)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|shard| !shard.is_empty() && shard.bytes().all(|byte| byte.is_ascii_digit()))
        })
    }

    /// Where the provider ends its own session; `logout_redirect_uri` when it has no such place.
    pub fn provider_logout_url(
        &self,
        end_session_endpoint: Option<&str>,
        id_token_hint: Option<&Secret>,
    ) -> String {
        let configuration = &self.configuration;
        let Some(mut url) = end_session_endpoint.and_then(|endpoint| Url::parse(endpoint).ok()) else {
            return configuration.logout_redirect_uri.clone();
        };
        let mut query = url.query_pairs_mut();
        match &configuration.provider {
            ProviderKind::Cognito(_) => {
                query
                    .append_pair("client_id", &configuration.client.id)
                    .append_pair("logout_uri", &configuration.logout_redirect_uri);
            }
            ProviderKind::Oidc => {
                match id_token_hint {
                    Some(hint) => query.append_pair("id_token_hint", hint.expose()),
                    None => query.append_pair("client_id", &configuration.client.id),
                };
                query.append_pair("post_logout_redirect_uri", &configuration.logout_redirect_uri);
            }
        }
        drop(query);
        url.into()
    }
}
