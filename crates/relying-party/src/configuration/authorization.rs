//! Reads the keys of the authorization request: credentials, scopes, extra arguments.

use super::document::Node;
use super::key;
use super::section::{FaultRecorded, Section, list, pairs};
use super::{AuthMethods, SigningAlgorithm};
use crate::secret::Secret;

/// Arguments that the protocol defines (RFC 6749, RFC 7636, RFC 9101, OIDC Core). `max_age` has its own key.
const PROTOCOL_ARGUMENTS: [&str; 22] = [
    "claims_locales",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "dpop_jkt",
    "grant_type",
    "id_token_hint",
    "max_age",
    "nonce",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

/// Arguments of the token request that the protocol owns beside those (RFC 6749 section 6, RFC 8693 section 2.1).
const TOKEN_REQUEST_ARGUMENTS: [&str; 8] = [
    "actor_token",
    "actor_token_type",
    "password",
    "refresh_token",
    "requested_token_type",
    "subject_token",
    "subject_token_type",
    "username",
];

/// Arguments that decide what a token permits. The deployment may set them; a link may not.
const DEPLOYMENT_ARGUMENTS: [&str; 4] = ["audience", "authorization_details", "claims", "resource"];

/// Reads `auth_methods`.
pub(super) fn read_methods(section: &mut Section) -> Result<AuthMethods, FaultRecorded> {
    section.always(&key::AUTH_METHODS, |node| {
        let mut methods =
            AuthMethods { alb: false, authorization_code: false, bearer: false, session: false };
        for name in list(node)? {
            match name.as_str() {
                "alb" => methods.alb = true,
                "authorization_code" => {
                    methods.authorization_code = true;
                    methods.session = true;
                }
                "bearer" => methods.bearer = true,
                "session" => methods.session = true,
                _ => return Err("must be one or more of alb, authorization_code, bearer, session".to_owned()),
            }
        }
        Ok(methods)
    })
}
pub(super) fn read_scopes(section: &mut Section) -> Result<Vec<String>, FaultRecorded> {
    section.always(&key::SCOPES, |node| {
        let mut scopes: Vec<String> = Vec::new();
        for scope in list(node)?.iter().flat_map(|entry| entry.split_ascii_whitespace()) {
            // RFC 6749 section 3.3.
            if !scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\') {
                return Err("has a scope with characters other than RFC 6749 allows".to_owned());
            }
            if !scopes.iter().any(|earlier| earlier == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if scopes.iter().any(|scope| scope == "openid") {
            Ok(scopes)
        } else {
            Err("needs `openid`: without it there is no ID token".to_owned())
        }
    })
}

/// Reads `signing_algorithms`.
pub(super) fn read_algorithms(section: &mut Section) -> Result<Vec<SigningAlgorithm>, FaultRecorded> {
    section.always(&key::SIGNING_ALGORITHMS, |node| {
        list(node)?
            .iter()
            .map(|name| {
                SigningAlgorithm::from_name(name).ok_or_else(|| {
                    let names: Vec<&str> =
                        SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
                    format!("must be one or more of {}", names.join(", "))
                })
            })
            .collect()
    })
}

/// Reads the arguments that every authorization request carries.
pub(super) fn read_arguments(section: &mut Section) -> Result<Vec<(String, String)>, FaultRecorded> {
    let arguments = section.key(&key::AUTHORIZATION_QUERY_ARGS, |node| {
        let arguments = pairs(node)?;
        for (name, _) in &arguments {
            argument_name(name)?;
        }
        let prompt = arguments.iter().find(|(name, _)| name == "prompt");
        if prompt.is_some_and(|(_, prompt)| prompt.split_ascii_whitespace().any(|word| word == "none")) {
            // OIDC Core section 3.1.2.1.
            return Err("has `prompt: none`, with which no user can sign in; leave it out".to_owned());
        }
        Ok(arguments)
    });
    Ok(arguments?.unwrap_or_default())
}

/// Tells whether a token request may carry an argument of this name.
///
/// # Errors
///
/// Says what is wrong with the name.
pub fn token_argument_name(name: &str) -> Result<(), String> {
    argument_name(name)?;
    if TOKEN_REQUEST_ARGUMENTS.contains(&name) {
        return Err(format!("has `{name}`, which belongs to the protocol"));
    }
    Ok(())
}

/// Reads the arguments that every token request carries.
pub(super) fn read_token_arguments(section: &mut Section) -> Result<Vec<(String, Secret)>, FaultRecorded> {
    let arguments = section.key(&key::TOKEN_POST_ARGS, |node| {
        pairs(node)?
            .into_iter()
            .map(|(name, value)| {
                token_argument_name(&name)?;
                Ok((name, Secret::new(value)))
            })
            .collect()
    });
    Ok(arguments?.unwrap_or_default())
}

/// Reads the names of arguments that a client may set.
pub(super) fn read_client_arguments(
    section: &mut Section,
    arguments: &[(String, String)],
) -> Result<Vec<String>, FaultRecorded> {
    let names = section.key(&key::AUTHORIZATION_QUERY_ARGS_CLIENT, client_arguments)?.unwrap_or_default();
    let demanded =
        |name: &&String| DEMANDS.contains(&name.as_str()) && arguments.iter().any(|(set, _)| set == *name);
    match names.iter().find(demanded) {
        Some(name) => {
            let problem = format!("has `{name}`, so a link could override `authorization_query_args`");
            Err(section.fault(key::AUTHORIZATION_QUERY_ARGS_CLIENT.name, &problem))
        }
        None => Ok(names),
    }
}

/// Arguments that require something of the user. A link cannot remove one that the deployment sets.
const DEMANDS: [&str; 2] = ["acr_values", "prompt"];

fn client_arguments(node: Node) -> Result<Vec<String>, String> {
    if node == Node::List(Vec::new()) {
        return Ok(Vec::new());
    }
    let names = list(node)?;
    for name in &names {
        argument_name(name)?;
        if DEPLOYMENT_ARGUMENTS.contains(&name.as_str()) {
            return Err(format!("has `{name}`, which a link must not set"));
        }
        if name == "rd" {
            return Err("has `rd`, which names the return target".to_owned());
        }
        if name == "remember" {
            return Err("has `remember`, which `session_remember` decides about".to_owned());
        }
    }
    Ok(names)
}

fn argument_name(name: &str) -> Result<(), String> {
    if let Some(protocol) = PROTOCOL_ARGUMENTS.iter().find(|argument| **argument == name) {
        return Err(format!("has `{protocol}`, which belongs to the protocol"));
    }
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if plain {
        Ok(())
    } else {
        Err("has a name with characters other than letters, digits, `-`, `.`, `_`".to_owned())
    }
}
