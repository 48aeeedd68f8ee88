//! Ends a session here and at the provider (OpenID Connect RP-Initiated Logout 1.0; Cognito's own logout endpoint).

mod application_path;
pub mod logout_token;

use http::{Method, StatusCode};
use serde_json::json;
use url::Url;

use crate::configuration::{Configuration, ProviderKind, Remember, SessionStorage};
use crate::http::cookie::{Attributes, CookieNames, Cookies, Presented, expire, set_cookie};
use crate::http::page::{Page, PageContext, SignOutOffer};
use crate::http::page_load;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::relying_party::RelyingParty;
use crate::secret::Secret;
use crate::sign_out::logout_token::form_values;
use crate::time::Timestamp;
use crate::token::load_balancer::TrustedLoadBalancers;

/// How long the redirect through the provider may take, seconds.
const SIGNED_OUT_SECONDS: i64 = 60;
/// The value of [`CookieNames::SIGNED_OUT`].
const EVERYWHERE: &str = "everywhere";

/// The kinds of request for `/oauth2/logout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOut {
    /// Our own page or the person asks for it: sign out.
    Act,
    /// Our own page asks to end all sessions of the user.
    ActEverywhere,
    /// Another site may be asking: show a button and change nothing.
    Confirm(SignOutOffer),
}

/// The result at the provider for a user whose sessions here have all ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtProvider {
    /// The provider's sessions have ended.
    Ended,
    /// They may not have ended, because the provider did not confirm it.
    Failed,
    /// The provider was not asked; the browser is redirected there as with every sign-out.
    NotAsked,
}

impl AtProvider {
    const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::NotAsked => "not_asked",
        }
    }
}

impl RelyingParty {
    /// Finds out who asks, and for what. The user has to confirm a request that neither our own page nor the
    /// person demonstrably made, and any GET that asks to end all sessions, because a link is followed too
    /// easily.
    pub fn sign_out(&self, request: &Request) -> SignOut {
        let own = page_load::is_own_action(request, self.configuration.public_url.origin());
        // On a path of the application, the other parameters belong to the application.
        let everywhere = self.is_own_logout(request) && asks_for_everywhere(request);
        match (own, everywhere) {
            (true, false) => SignOut::Act,
            (true, true) if request.method == Method::POST => SignOut::ActEverywhere,
            (_, true) => SignOut::Confirm(SignOutOffer::Everywhere),
            (false, false) if self.configuration.session.storage == SessionStorage::Cookie => {
                SignOut::Confirm(SignOutOffer::Here)
            }
            (false, false) => SignOut::Confirm(SignOutOffer::HereOrEverywhere),
        }
    }

    /// The response after all sessions of the user have ended. If the provider was asked and failed, a page
    /// says so.
    pub fn signed_out_everywhere(
        &self,
        request: &Request,
        logout_url: &str,
        at_provider: AtProvider,
        now: Timestamp,
    ) -> Response {
        if !page_load::is_navigation(request) {
            let members =
                json!({ "logout_url": logout_url, "everywhere": true, "provider": at_provider.name() });
            let response = Response::json(StatusCode::OK, &members).cookies(self.expired_cookies(request));
            return response.cookies(self.everywhere_mark());
        }
        match at_provider {
            AtProvider::Ended | AtProvider::NotAsked => {
                self.signed_out(request, logout_url, now).cookies(self.everywhere_mark())
            }
            AtProvider::Failed => {
                let page = Page::ProviderSignOutUnconfirmed { logout_url };
                page.response(&self.page_context(request)).cookies(self.expired_cookies(request))
            }
        }
    }

    /// The cookie that tells our page after sign-out that all sessions were ended; `None` if the page after
    /// sign-out is not ours.
    fn everywhere_mark(&self) -> Option<String> {
        let is_ours = self.configuration.logout_redirect_uri == self.own_url("/signed-out");
        let attributes = Attributes { max_age: Some(SIGNED_OUT_SECONDS), domain: None };
        is_ours.then(|| set_cookie(CookieNames::SIGNED_OUT, EVERYWHERE, attributes))
    }

    /// The page after sign-out. If the person is still signed in, it says so.
    pub fn signed_out_page(&self, request: &Request, signed_in_as: Option<&str>) -> Response {
        let home = self.configuration.public_url.join("/");
        let (sign_in, sign_out) = (self.own_url("/login"), self.own_url("/logout"));
        let remembered_sign_in = format!("{sign_in}?remember=true");
        let asks = self.configuration.session.remember == Remember::WhoAsks;
        let context = PageContext {
            home: Some(&home),
            sign_in: Some(&sign_in),
            remembered_sign_in: asks.then_some(&remembered_sign_in),
            sign_out: Some(&sign_out),
            signed_in_as,
            ..self.page_context(request)
        };
        if signed_in_as.is_some() {
            return Page::StillSignedIn.response(&context);
        }
        let cookies = Cookies::parse(&request.headers);
        let everywhere = matches!(cookies.sole(CookieNames::SIGNED_OUT), Presented::One(EVERYWHERE));
        let response = Page::SignedOut { everywhere }.response(&context);
        response.cookies(everywhere.then(|| expire(CookieNames::SIGNED_OUT, None)))
    }

    /// The response after the session has ended. It expires all our cookies and redirects to the provider. If
    /// sessions are in cookies, it also sets the cookie by which one that a late response stores again is
    /// refused.
    pub fn signed_out(&self, request: &Request, logout_url: &str, now: Timestamp) -> Response {
        let response = if page_load::is_navigation(request) || request.method == Method::GET {
            Response::redirect(StatusCode::FOUND, logout_url.to_owned())
        } else {
            Response::json(StatusCode::OK, &json!({ "logout_url": logout_url }))
        };
        let end = self.end_by_sign_out(&Cookies::parse(&request.headers), now);
        let mut expired = self.expired_cookies(request);
        if end.is_some() {
            let last_end = self.cookie_names.last_end();
            expired.retain(|cookie| cookie.split('=').next() != Some(&*last_end));
        }
        response.cookies(expired).cookies(end)
    }

    /// `Set-Cookie` values that expire all our cookies, and those of the trusted load balancers.
    fn expired_cookies(&self, request: &Request) -> Vec<String> {
        let mut expired = self.cookie_names.expire_all(&Cookies::parse(&request.headers));
        let trusted = self.configuration.load_balancers.iter();
        expired.extend(trusted.flat_map(TrustedLoadBalancers::expired_session_cookies));
        expired
    }
}

impl Configuration {
    /// The address at which the provider ends its session; `logout_redirect_uri` if it has none.
    pub fn provider_logout_url(
        &self,
        end_session_endpoint: Option<&str>,
        id_token_hint: Option<&Secret>,
    ) -> String {
        let Some(mut url) = end_session_endpoint.and_then(|endpoint| Url::parse(endpoint).ok()) else {
            return self.logout_redirect_uri.clone();
        };
        let names_client = url.query_pairs().any(|(name, _)| name == "client_id");
        let mut query = url.query_pairs_mut();
        match &self.provider {
            ProviderKind::Cognito(_) => {
                query
                    .append_pair("client_id", &self.client.id)
                    .append_pair("logout_uri", &self.logout_redirect_uri);
            }
            ProviderKind::Oidc => {
                if let Some(hint) = id_token_hint {
                    query.append_pair("id_token_hint", hint.expose());
                }
                // Section 2 permits both. Auth0 accepts the addresses of an application only with its
                // `client_id`.
                if !names_client {
                    query.append_pair("client_id", &self.client.id);
                }
                query.append_pair("post_logout_redirect_uri", &self.logout_redirect_uri);
            }
        }
        drop(query);
        url.into()
    }
}

/// Tells whether the query or the form asks to end all sessions.
fn asks_for_everywhere(request: &Request) -> bool {
    request
        .query_values("everywhere")
        .iter()
        .chain(&form_values(request, "everywhere"))
        .any(|value| value == "true")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::configuration::{Role, Sources};

    #[test]
    fn the_provider_is_told_the_client_once() {
        let document = serde_json::json!({
            "provider": "oidc",
            "issuer": "https://id.example.com",
            "client_id": "application",
            "client_auth": "none",
            "public_url": "https://app.example.com",
            "session_secret": "a text of at least thirty-two bytes",
        });
        let document = document.to_string();
        let sources = Sources { document: Some(&document), ..Sources::default() };
        let configuration = Configuration::from_sources(&sources, Role::Logout).unwrap();
        let clients = |endpoint: &str| {
            let url = configuration.provider_logout_url(Some(endpoint), None);
            let url = Url::parse(&url).unwrap();
            let pairs = url.query_pairs().filter(|(name, _)| name == "client_id");
            pairs.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(clients("https://id.example.com/logout"), ["application"]);
        assert_eq!(clients("https://id.example.com/logout?client_id=configured"), ["configured"]);
    }
}
