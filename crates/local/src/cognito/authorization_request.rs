//! Reads an authorization request.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>

use serde_json::Value;
use url::Url;

use super::options::{AppClient, Options, SYSTEM_SCOPES};
use super::parameters::{Parameters, Repeated};

/// An authorization request that may be served.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct AuthorizationRequest {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) prompt: Prompt,
    pub(super) login_hint: Option<String>,
    pub(super) resource: Option<String>,
}

/// The value of `prompt`; `select_account` and `consent` do nothing for local users.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Prompt {
    /// An existing pool session is enough.
    Default,
    /// Sign in again.
    Login,
    /// Never show a page.
    None,
}

/// The reason for refusing an authorization request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum AuthorizationFault {
    /// The client and the redirect URI are not both valid, so the error is shown on a page and nothing is
    /// redirected.
    Page { error: &'static str, text: &'static str },
    /// Both are valid, so the error is sent to the client.
    Redirect {
        redirect_uri: String,
        error: &'static str,
        description: Option<&'static str>,
        state: Option<String>,
    },
}

/// Reads a request: the client and the redirect URI first, then everything else.
///
/// # Errors
/// [`AuthorizationFault::Page`] until both are valid, then [`AuthorizationFault::Redirect`].
pub(super) fn read(
    parameters: &Parameters,
    options: &Options,
) -> Result<AuthorizationRequest, AuthorizationFault> {
    let (client, redirect_uri) = established(parameters, options)?;
    let state =
        state(parameters).map_err(|text| redirected(redirect_uri, None, "invalid_request", Some(text)))?;
    let refuse = |(error, text)| redirected(redirect_uri, state, error, Some(text));
    response_type(parameters).map_err(refuse)?;
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        state: state.map(str::to_owned),
        scopes: scopes(parameters, client, options).map_err(refuse)?,
        nonce: optional(parameters, "nonce").map_err(refuse)?,
        code_challenge: code_challenge(parameters).map_err(refuse)?,
        prompt: prompt(parameters).map_err(refuse)?,
        login_hint: optional(parameters, "login_hint").map_err(refuse)?,
        resource: resource(parameters)
            .and_then(|found| provider(parameters).map(|()| found))
            .map_err(refuse)?,
    })
}

/// An error code of RFC 6749 section 4.1.2.1 and a description.
type Wrong = (&'static str, &'static str);

fn established<'a>(
    parameters: &'a Parameters,
    options: &'a Options,
) -> Result<(&'a AppClient, &'a str), AuthorizationFault> {
    let page = |error, text| AuthorizationFault::Page { error, text };
    let client = match parameters.one("client_id") {
        Err(Repeated) => return Err(page("invalid_request", "The request names more than one client.")),
        Ok(None) => return Err(page("invalid_request", "The request names no client.")),
        Ok(Some(client_id)) => options
            .client(client_id)
            .ok_or_else(|| page("invalid_client", "No app client of this user pool has that client_id."))?,
    };
    let redirect_uri = match parameters.one("redirect_uri") {
        Err(Repeated) => {
            return Err(page("redirect_mismatch", "The request has more than one redirect_uri."));
        }
        Ok(None) => client.default_redirect_uri.as_deref().ok_or_else(|| {
            page("invalid_request", "The request has no redirect_uri, and the app client has no default.")
        })?,
        Ok(Some(redirect_uri)) => redirect_uri,
    };
    if client.callback_urls.iter().all(|registered| registered != redirect_uri) {
        return Err(page(
            "redirect_mismatch",
            "The redirect_uri is not exactly one of the app client's callback URLs.",
        ));
    }
    Ok((client, redirect_uri))
}

pub(super) fn redirected(
    redirect_uri: &str,
    state: Option<&str>,
    error: &'static str,
    description: Option<&'static str>,
) -> AuthorizationFault {
    AuthorizationFault::Redirect {
        redirect_uri: redirect_uri.to_owned(),
        error,
        description,
        state: state.map(str::to_owned),
    }
}

fn state(parameters: &Parameters) -> Result<Option<&str>, &'static str> {
    let state = parameters.one("state").map_err(|Repeated| "state is repeated")?;
    let json = state.and_then(|text| serde_json::from_str::<Value>(text).ok());
    match json {
        Some(Value::Object(_) | Value::Array(_) | Value::String(_)) => Err("state is a JSON string"),
        _ => Ok(state),
    }
}

fn response_type(parameters: &Parameters) -> Result<(), Wrong> {
    match parameters.one("response_type") {
        Ok(Some("code")) => Ok(()),
        Ok(Some("token")) => Err(("unauthorized_client", "The client may not use the implicit grant")),
        Ok(Some(_)) => Err(("invalid_request", "response_type is neither code nor token")),
        Ok(None) => Err(("invalid_request", "response_type is missing")),
        Err(Repeated) => Err(("invalid_request", "response_type is repeated")),
    }
}

/// Scopes that exist but are not allowed for the client are ignored; an unknown scope is refused.
fn scopes(parameters: &Parameters, client: &AppClient, options: &Options) -> Result<Vec<String>, Wrong> {
    let asked = match parameters.one("scope") {
        Err(Repeated) => return Err(("invalid_request", "scope is repeated")),
        Ok(None) => return Ok(client.scopes.clone()),
        Ok(Some(asked)) => asked,
    };
    let mut granted: Vec<String> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        let known = SYSTEM_SCOPES.contains(&scope)
            || options.clients.iter().any(|client| client.scopes.iter().any(|known| known == scope));
        if !known {
            return Err(("invalid_scope", "A scope is unknown"));
        }
        if client.scopes.iter().any(|allowed| allowed == scope) && granted.iter().all(|seen| seen != scope) {
            granted.push(scope.to_owned());
        }
    }
    let has = |name: &str| granted.iter().any(|scope| scope == name);
    if granted.is_empty() {
        return Err(("invalid_scope", "No scope of the request is the client's"));
    }
    if !has("openid") && ["email", "phone", "profile"].into_iter().any(has) {
        return Err(("invalid_scope", "email, phone and profile need openid"));
    }
    Ok(granted)
}

fn code_challenge(parameters: &Parameters) -> Result<Option<String>, Wrong> {
    let challenge = optional(parameters, "code_challenge")?;
    let method = optional(parameters, "code_challenge_method")?;
    match (challenge, method.as_deref()) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(("invalid_request", "code_challenge_method is missing")),
        (None, Some("S256")) => Err(("invalid_request", "code_challenge is missing")),
        // S256 of RFC 7636 section 4.2 is always 43 characters of base64url.
        (Some(challenge), Some("S256")) if is_challenge(&challenge) => Ok(Some(challenge)),
        (Some(_), Some("S256")) => Err(("invalid_request", "code_challenge is malformed")),
        (_, Some(_)) => Err(("invalid_request", "code_challenge_method is not S256")),
    }
}

fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn prompt(parameters: &Parameters) -> Result<Prompt, Wrong> {
    let Some(prompt) = optional(parameters, "prompt")? else {
        return Ok(Prompt::Default);
    };
    let values: Vec<&str> = prompt.split(' ').filter(|value| !value.is_empty()).collect();
    if !values.iter().all(|value| ["none", "login", "select_account", "consent"].contains(value)) {
        return Err(("invalid_request", "prompt has an unknown value"));
    }
    match (values.contains(&"none"), values.contains(&"login")) {
        (true, _) if values.len() == 1 => Ok(Prompt::None),
        (true, _) => Err(("invalid_request", "prompt combines none with another value")),
        (false, true) => Ok(Prompt::Login),
        (false, false) => Ok(Prompt::Default),
    }
}

/// The API that the access token is bound to (RFC 8707).
fn resource(parameters: &Parameters) -> Result<Option<String>, Wrong> {
    let Some(resource) = optional(parameters, "resource")? else {
        return Ok(None);
    };
    let bindable = Url::parse(&resource).is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => url.host_str() == Some("localhost"),
        _ => resource.contains("://"),
    });
    if !bindable {
        return Err(("invalid_request", "resource is not a URL that a token can be bound to"));
    }
    Ok(Some(resource))
}

/// The pool has local users only.
fn provider(parameters: &Parameters) -> Result<(), Wrong> {
    let unknown = ("invalid_request", "The identity provider is not the client's");
    if optional(parameters, "idp_identifier")?.is_some() {
        return Err(unknown);
    }
    match optional(parameters, "identity_provider")?.as_deref() {
        None | Some("COGNITO") => Ok(()),
        Some(_) => Err(unknown),
    }
}

fn optional(parameters: &Parameters, name: &'static str) -> Result<Option<String>, Wrong> {
    match parameters.one(name) {
        Ok(value) => Ok(value.map(str::to_owned)),
        Err(Repeated) => Err(("invalid_request", "A parameter is repeated")),
    }
}
