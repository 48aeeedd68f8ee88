//! Reads the keys about the client at the provider.

use super::key;
use super::section::{Recorded, Section, exact_text, one_of, text};
use super::{Client, ClientAuthentication, ProviderKind, Role, SecretSource};
use crate::secret::Secret;

/// Reads the client. `uses_secret`: whether this function ever calls the token or the revocation endpoint.
pub(super) fn read(
    section: &mut Section,
    provider: Option<&ProviderKind>,
    uses_secret: bool,
) -> Result<Client, Recorded> {
    let id = section.always(&key::CLIENT_ID, |node| no_pattern(text(node)?));
    let secret = section.key(&key::CLIENT_SECRET, secret);
    let authentication = section.key(&key::CLIENT_AUTH, |node| {
        ClientAuthentication::from_name(&text(node)?)
            .ok_or_else(|| "takes one of client_secret_basic, client_secret_post, none".to_owned())
    });
    let source = section.always(
        &key::CLIENT_SECRET_SOURCE,
        one_of(&[("configuration", SecretSource::Configuration), ("cognito", SecretSource::Cognito)]),
    );
    let (id, secret, authentication, secret_source) = (id?, secret?, authentication?, source?);

    if secret_source == SecretSource::Cognito {
        if secret.is_some() {
            return Err(section
                .fault(key::CLIENT_SECRET_SOURCE.name, "is `cognito`, but `client_secret` is given too"));
        }
        if provider == Some(&ProviderKind::Oidc) {
            return Err(section.fault(key::CLIENT_SECRET_SOURCE.name, "takes `cognito` for a user pool only"));
        }
    }
    let has_secret = secret.is_some() || secret_source == SecretSource::Cognito;
    let authentication = authentication.unwrap_or(if has_secret {
        ClientAuthentication::Basic
    } else {
        ClientAuthentication::None
    });
    match authentication {
        ClientAuthentication::None if has_secret => {
            Err(section.fault(key::CLIENT_AUTH.name, "is `none`, but there is a client secret"))
        }
        ClientAuthentication::Basic | ClientAuthentication::Post if !has_secret && uses_secret => {
            Err(section.fault(key::CLIENT_SECRET.name, "is required by `client_auth`"))
        }
        _ => Ok(Client { id, secret, authentication, secret_source }),
    }
}

/// Tells whether a function of this role shows the client secret to anybody.
pub(super) const fn uses_secret(role: Role, refreshes: bool) -> bool {
    match role {
        Role::Authorizer => refreshes,
        Role::Login => false,
        Role::Callback | Role::Session | Role::Logout | Role::Proxy => true,
    }
}

/// Identifiers are compared as they are.
pub(super) fn no_pattern(text: String) -> Result<String, String> {
    if text == "*" { Err("has `*`, which is no pattern; write each identifier".to_owned()) } else { Ok(text) }
}

fn secret(node: super::document::Node) -> Result<Secret, String> {
    let text = exact_text(node)?;
    if text.trim() != text {
        return Err("starts or ends with white space".to_owned());
    }
    Ok(Secret::new(text))
}
