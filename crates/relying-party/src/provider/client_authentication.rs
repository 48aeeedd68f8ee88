//! Authenticates vestibule as the client (RFC 6749 section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::provider::call::{CallKind, ProviderRequest};
use crate::refusal::Refusal;
use crate::secret::Secret;

/// A method of authentication at the token and revocation endpoints, named as in OIDC Core section 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: id and secret in `Authorization`.
    Basic,
    /// `none`: a public client sends only its id; PKCE binds the code.
    None,
    /// `client_secret_post`: id and secret in the form.
    Post,
}

/// The client's credentials for its method of authentication.
#[derive(Clone, Debug)]
pub struct ClientCredentials(Credentials);

#[derive(Clone, Debug)]
enum Credentials {
    Basic { id: String, secret: Secret },
    None { id: String },
    Post { id: String, secret: Secret },
}

impl ClientAuthentication {
    /// The method with this name in the configuration and in provider metadata.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "client_secret_basic" => Some(Self::Basic),
            "client_secret_post" => Some(Self::Post),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::None => "none",
            Self::Post => "client_secret_post",
        }
    }
}

impl ClientCredentials {
    /// Builds the credentials.
    ///
    /// # Errors
    ///
    /// [`Refusal::ClientSecretMissing`] for a method that needs a secret. An empty one counts as missing.
    pub fn new(id: &str, way: ClientAuthentication, secret: Option<&Secret>) -> Result<Self, Refusal> {
        let id = id.to_owned();
        let secret =
            secret.filter(|secret| !secret.expose().is_empty()).cloned().ok_or(Refusal::ClientSecretMissing);
        Ok(Self(match way {
            ClientAuthentication::Basic => Credentials::Basic { id, secret: secret? },
            ClientAuthentication::None => Credentials::None { id },
            ClientAuthentication::Post => Credentials::Post { id, secret: secret? },
        }))
    }

    /// The secret, if the method of authentication sends it.
    pub const fn secret(&self) -> Option<&Secret> {
        match &self.0 {
            Credentials::Basic { secret, .. } | Credentials::Post { secret, .. } => Some(secret),
            Credentials::None { .. } => None,
        }
    }

    /// A POST of `parameters` to `endpoint` as this client. RFC 6749 section 2.3: only one method per
    /// request, so the form has no client id if the header does.
    pub(crate) fn post(
        &self,
        endpoint: &str,
        kind: CallKind,
        parameters: &[(&str, &str)],
    ) -> ProviderRequest {
        let mut form = Serializer::new(String::new());
        form.extend_pairs(parameters);
        let mut authorization = None;
        match &self.0 {
            Credentials::Basic { id, secret } => authorization = Some(basic(id, secret)),
            Credentials::None { id } => {
                form.append_pair("client_id", id);
            }
            Credentials::Post { id, secret } => {
                form.append_pair("client_id", id).append_pair("client_secret", secret.expose());
            }
        }
        let request = ProviderRequest::post(endpoint, kind, Secret::new(form.finish()));
        match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }
}

/// RFC 6749 section 2.3.1: id and secret are each form-encoded, then joined as in RFC 7617.
fn basic(id: &str, secret: &Secret) -> Secret {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret.expose()));
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    /// The value of `Authorization` and the form of a request with this client.
    fn sent(way: ClientAuthentication, id: &str, secret: Option<&str>) -> (Option<String>, String) {
        let secret = secret.map(Secret::new);
        let client = ClientCredentials::new(id, way, secret.as_ref()).unwrap();
        let request = client.post("https://example.com/token", CallKind::Revocation, &[("token", "a&b=c d")]);
        assert_eq!(request.url, "https://example.com/token");
        let authorization = request.headers.iter().find(|(name, _)| *name == "authorization");
        let authorization = authorization.map(|(_, value)| value.expose().to_owned());
        (authorization, request.form.unwrap().expose().to_owned())
    }

    fn decoded(authorization: Option<String>) -> String {
        let encoded = authorization.unwrap().strip_prefix("Basic ").unwrap().to_owned();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    }

    #[test]
    fn basic_puts_both_into_the_header_alone() {
        let (authorization, form) = sent(ClientAuthentication::Basic, "web", Some("s3cret"));
        assert_eq!(decoded(authorization), "web:s3cret");
        assert_eq!(form, "token=a%26b%3Dc+d");
    }

    #[test]
    fn basic_encodes_both_as_in_a_form_before_joining() {
        // RFC 6749 section 2.3.1 and appendix B: a colon in the id must not end it.
        let (authorization, _) = sent(ClientAuthentication::Basic, "a:b c", Some("p+ä%/=&-_.*"));
        assert_eq!(decoded(authorization), "a%3Ab+c:p%2B%C3%A4%25%2F%3D%26-_.*");
    }

    #[test]
    fn post_puts_both_into_the_form_alone() {
        let (authorization, form) = sent(ClientAuthentication::Post, "web", Some("s3+cret"));
        assert_eq!(authorization, None);
        assert_eq!(form, "token=a%26b%3Dc+d&client_id=web&client_secret=s3%2Bcret");
    }

    #[test]
    fn none_names_the_client_only() {
        for secret in [None, Some("ignored")] {
            let (authorization, form) = sent(ClientAuthentication::None, "web", secret);
            assert_eq!(authorization, None);
            assert_eq!(form, "token=a%26b%3Dc+d&client_id=web");
        }
    }

    #[test]
    fn a_way_with_a_secret_needs_one() {
        for way in [ClientAuthentication::Basic, ClientAuthentication::Post] {
            for secret in [None, Some(Secret::new(""))] {
                let refusal = ClientCredentials::new("web", way, secret.as_ref()).unwrap_err();
                assert_eq!(refusal, Refusal::ClientSecretMissing);
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for way in [ClientAuthentication::Basic, ClientAuthentication::None, ClientAuthentication::Post] {
            assert_eq!(ClientAuthentication::from_name(way.name()), Some(way));
        }
        for name in ["", "basic", "client_secret_jwt", "private_key_jwt", "Client_Secret_Basic"] {
            assert_eq!(ClientAuthentication::from_name(name), None);
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = Secret::new("s3cret");
        for way in [ClientAuthentication::Basic, ClientAuthentication::Post] {
            let client = ClientCredentials::new("web", way, Some(&secret)).unwrap();
            let request =
                client.post("https://example.com/token", CallKind::Revocation, &[("token", "t0ken")]);
            let shown = format!("{client:?} {request:?}");
            assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
            assert!(!shown.contains("d2ViOnMzY3JldA"), "{shown}");
        }
    }
}
