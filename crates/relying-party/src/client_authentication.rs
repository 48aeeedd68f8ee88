//! How we prove to the provider that we are the client (RFC 6749 section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::provider_call::{CallKind, ProviderRequest};
use crate::secret::Secret;

/// A way to authenticate at the token and revocation endpoints, named as in OIDC Core section 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: id and secret in `Authorization`.
    Basic,
    /// `none`: a public client names itself; PKCE binds the code.
    None,
    /// `client_secret_post`: id and secret in the form.
    Post,
}

/// A way that needs a secret, without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthenticationRefusal {
    /// There is no client secret.
    ///
    /// `client_secret_missing` configuration 500
    SecretMissing,
}

/// Who we are, with what the way to say so needs.
#[derive(Clone, Debug)]
pub struct ClientCredentials(Credentials);

#[derive(Clone, Debug)]
enum Credentials {
    Basic { id: String, secret: Secret },
    None { id: String },
    Post { id: String, secret: Secret },
}

impl ClientAuthentication {
    /// The way of that name in the configuration and in provider metadata.
    pub fn from_name(name: &str) -> Option<Self> {
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
    /// Puts the parts together.
    ///
    /// # Errors
    ///
    /// [`ClientAuthenticationRefusal::SecretMissing`] for a way that needs one; an empty one is none.
    pub fn new(
        id: &str,
        way: ClientAuthentication,
        secret: Option<&Secret>,
    ) -> Result<Self, ClientAuthenticationRefusal> {
        let id = id.to_owned();
        let secret = secret
            .filter(|secret| !secret.expose().is_empty())
            .cloned()
            .ok_or(ClientAuthenticationRefusal::SecretMissing);
        Ok(Self(match way {
            ClientAuthentication::Basic => Credentials::Basic { id, secret: secret? },
            ClientAuthentication::None => Credentials::None { id },
            ClientAuthentication::Post => Credentials::Post { id, secret: secret? },
        }))
    }

    /// A POST of `parameters` to `endpoint` as this client. RFC 6749 section 2.3: exactly one way per request, so the
    /// form names no client when the header does.
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

/// RFC 6749 section 2.3.1: id and secret are each encoded as in a form, then joined as in RFC 7617.
fn basic(id: &str, secret: &Secret) -> Secret {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret.expose()));
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}
