//! Holds the fixed values that all decisions about a deployment share.

use std::sync::Arc;

use crate::configuration::{Configuration, Fault, Faults};
use crate::forwarding::pseudonym;
use crate::gate::reserved_header::ReservedHeaders;
use crate::http::cookie::CookieNames;
use crate::http::page::PageContext;
use crate::http::request::{Headers, Request};
use crate::provider::token_endpoint::TokenResponse;
use crate::sealing::Ring;
use crate::token::access_token;

/// A relying party (OIDC Core section 1.2): its configuration and what follows from it alone.
#[derive(Debug)]
pub struct RelyingParty {
    /// The configuration.
    pub configuration: Configuration,
    /// The keys that seal cookies.
    pub ring: Arc<Ring>,
    /// The names of our cookies.
    pub cookie_names: CookieNames,
    /// The headers that only we set.
    pub reserved_headers: ReservedHeaders,
    /// The name of this deployment in `Via`.
    pub pseudonym: String,
}

impl RelyingParty {
    /// Derives keys and names.
    ///
    /// # Errors
    ///
    /// The values of the configuration that no key or name can be made of.
    pub fn new(configuration: Configuration) -> Result<Self, Faults> {
        let session = &configuration.session;
        let ring = Ring::new(&session.secrets, &configuration.client.id)
            .map(Arc::new)
            .map_err(|fault| faults("session_secret", format!("{fault:?}")))?;
        let cookie_names = CookieNames::new(
            &configuration.client.id,
            session.cookie_name.as_deref(),
            session.cookie_domain.as_deref(),
        )
        .map_err(|fault| faults("session_cookie_name", format!("{fault:?}")))?;
        let reserved_headers = ReservedHeaders::of(&configuration.upstream)
            .and(configuration.front_secrets.iter().map(|header| header.name.as_str()))
            .and(configuration.client_address.header().into_iter());
        let pseudonym = pseudonym(&configuration);
        Ok(Self { configuration, ring, cookie_names, reserved_headers, pseudonym })
    }

    /// The same relying party as it is on each of the other hosts, in their order.
    pub fn at_other_hosts(&self) -> Vec<Self> {
        let hosts = self.configuration.other_hosts.iter();
        hosts
            .map(|addresses| Self {
                configuration: self.configuration.at(addresses),
                ring: Arc::clone(&self.ring),
                cookie_names: self.cookie_names.clone(),
                reserved_headers: self.reserved_headers.clone(),
                pseudonym: self.pseudonym.clone(),
            })
            .collect()
    }

    /// Tells which of the other hosts a request with these header fields is for; `None` for the first `public_url`.
    pub fn other_host(&self, headers: &Headers) -> Option<usize> {
        self.configuration.other_hosts.iter().position(|host| host.public_url.is_host_of(headers))
    }

    /// The scope that the provider granted with these tokens. An answer without `scope` grants `expected`: what was asked for
    /// or granted before (RFC 6749 sections 5.1 and 6). A user pool never says `scope`, whatever it granted; its access
    /// token does, and one that cannot be read has none.
    pub(crate) fn granted_scope(&self, tokens: &TokenResponse, expected: Option<String>) -> Option<String> {
        let own = access_token::granted_scope(tokens.access_token.expose());
        let expected = expected.filter(|_| !self.configuration.is_cognito());
        own.or_else(|| tokens.scope.clone()).or(expected)
    }

    /// The absolute URL of a path below `auth_prefix`, such as `/login`.
    pub fn own_url(&self, path: &str) -> String {
        self.configuration.public_url.join(&format!("{}{path}", self.configuration.auth_prefix))
    }

    /// The values of a page that depend on neither its links nor who is signed in.
    pub fn page_context<'a>(&'a self, request: &'a Request) -> PageContext<'a> {
        let application = self.configuration.application_name.as_deref();
        PageContext { application, request_id: &request.request_id, ..PageContext::default() }
    }
}

fn faults(key: &str, problem: String) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem }])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::configuration::{Role, Sources};
    use crate::secret::Secret;
    use crate::token::test_tokens::TokenBuilder;

    fn relying_party() -> RelyingParty {
        let document = "issuer: https://id.example.com\nclient_id: app\nclient_secret: secret\n\
             public_url: https://app.example.com\nsession_secret: 0123456789abcdef0123456789abcdef\n";
        let sources = Sources { document: Some(document), ..Sources::default() };
        RelyingParty::new(Configuration::from_sources(&sources, Role::Callback).unwrap()).unwrap()
    }

    #[test]
    fn an_answer_without_scope_grants_what_was_expected() {
        let tokens = |access_token: &str, scope: Option<&str>| TokenResponse {
            access_token: Secret::new(access_token),
            id_token: None,
            refresh_token: None,
            expires_in: None,
            scope: scope.map(str::to_owned),
        };
        let granted =
            |tokens: &TokenResponse| relying_party().granted_scope(tokens, Some("openid".to_owned()));
        assert_eq!(granted(&tokens("opaque", None)).as_deref(), Some("openid"));
        assert_eq!(granted(&tokens("opaque", Some("openid email"))).as_deref(), Some("openid email"));
        // A user pool that is used as any other provider is one all the same.
        let own = TokenBuilder::access_token().claim("scope", "openid email").build();
        assert_eq!(granted(&tokens(&own, None)).as_deref(), Some("openid email"));
        let elsewhere = TokenBuilder::access_token().without_claim("token_use").build();
        assert_eq!(granted(&tokens(&elsewhere, None)).as_deref(), Some("openid"));
    }
}
