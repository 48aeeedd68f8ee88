//! Reads the keys about the client at the provider.

use super::document::{self, Node};
use super::key;
use super::section::{FaultRecorded, Section, exact_text, text};
use super::{Client, ClientAuthentication, ProviderKind, Role, SecretSource};
use crate::secret::Secret;

/// Reads the client. `uses_secret` tells whether this function ever calls the token or the revocation
/// endpoint.
pub(super) fn read(
    section: &mut Section,
    provider: Option<&ProviderKind>,
    uses_secret: bool,
) -> Result<Client, FaultRecorded> {
    let id = section.always(&key::CLIENT_ID, |node| no_pattern(text(node)?));
    let secret = section.key(&key::CLIENT_SECRET, secret);
    let authentication = section.key(&key::CLIENT_AUTH, |node| {
        ClientAuthentication::from_name(&text(node)?)
            .ok_or_else(|| "must be one of client_secret_basic, client_secret_post, none".to_owned())
    });
    let source = section.always(&key::CLIENT_SECRET_SOURCE, |node| secret_source(&text(node)?));
    let (id, secret, authentication, secret_source) = (id?, secret?, authentication?, source?);

    let elsewhere = secret_source != SecretSource::Configuration;
    if elsewhere && secret.is_some() {
        let problem = "is not `configuration`, but `client_secret` is given too";
        return Err(section.fault(key::CLIENT_SECRET_SOURCE.name, problem));
    }
    if secret_source == SecretSource::Cognito && provider == Some(&ProviderKind::Oidc) {
        return Err(section.fault(key::CLIENT_SECRET_SOURCE.name, "may be `cognito` for a user pool only"));
    }
    let has_secret = secret.is_some() || elsewhere;
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

/// Tells whether a function of this role sends the client secret anywhere.
pub(super) const fn uses_secret(role: Role, refreshes: bool) -> bool {
    match role {
        Role::Authorizer => refreshes,
        Role::Login => false,
        Role::Callback | Role::Session | Role::Logout | Role::Proxy => true,
    }
}

/// Identifiers are compared literally, so a pattern is refused.
pub(super) fn no_pattern(text: String) -> Result<String, String> {
    if text == "*" {
        Err("has `*`; patterns are not supported, list each identifier".to_owned())
    } else {
        Ok(text)
    }
}

fn secret_source(text: &str) -> Result<SecretSource, String> {
    match (text, text.strip_prefix("secret:")) {
        ("configuration", _) => Ok(SecretSource::Configuration),
        ("cognito", _) => Ok(SecretSource::Cognito),
        (_, Some(id)) if !id.is_empty() && !id.contains(char::is_whitespace) => {
            Ok(SecretSource::Secret(id.to_owned()))
        }
        _ => Err("must be one of configuration, cognito, secret:<id>".to_owned()),
    }
}

/// Reads the text of a [`SecretSource::Secret`]: a JSON object with `client_secret`, or the client secret itself.
pub fn read_client_secret(text: &str) -> Option<Secret> {
    let text = text.trim();
    if !text.starts_with('{') {
        return secret(Node::Text(text.to_owned())).ok();
    }
    let members = document::parse_json_object(text).ok()?;
    let mut found = members.into_iter().filter(|(name, _)| name == key::CLIENT_SECRET.name);
    match (found.next(), found.next()) {
        (Some((_, node)), None) => secret(node).ok(),
        _ => None,
    }
}

fn secret(node: Node) -> Result<Secret, String> {
    let text = exact_text(node)?;
    if text.trim() != text {
        return Err("starts or ends with white space".to_owned());
    }
    Ok(Secret::new(text))
}
