//! Builds requests to the token endpoint (RFC 6749 sections 4.1.3, 5 and 6) and the revocation endpoint (RFC
//! 7009), and judges the responses.

use serde_json::{Map, Value};

use crate::configuration::Configuration;
use crate::json::parse_object;
use crate::provider::call::{CallKind, Grant, ProviderRequest, ProviderResponse};
use crate::provider::client_authentication::ClientCredentials;
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;
use crate::token::access_token;
use crate::token::claims::{self, ClaimRefusal};

/// The tokens that the provider issued.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    /// The access token: not empty, printable ASCII without spaces.
    pub access_token: Secret,
    /// The ID token, unverified.
    pub id_token: Option<Secret>,
    /// A refresh token. After a refresh only if it replaces the used one.
    pub refresh_token: Option<Secret>,
    /// Seconds until the access token expires; never negative.
    pub expires_in: Option<i64>,
    /// The granted scope; `None` if it is the requested one (RFC 6749 section 5.1).
    pub scope: Option<String>,
}

impl TokenResponse {
    /// The scope that the provider granted with these tokens. A response without `scope` grants `expected`,
    /// the scope requested or granted before (RFC 6749 sections 5.1 and 6). A user pool never sends `scope`,
    /// whatever it granted; its access token has it, and a token that cannot be read has none.
    pub(crate) fn granted_scope(
        &self,
        configuration: &Configuration,
        expected: Option<String>,
    ) -> Option<String> {
        let own = access_token::granted_scope(self.access_token.expose());
        let expected = expected.filter(|_| !configuration.is_cognito());
        own.or_else(|| self.scope.clone()).or(expected)
    }
}

/// The two tokens of one response that identify the user, both unverified.
pub struct Issued {
    /// The ID token.
    pub id_token: Secret,
    /// The access token, for claims that the ID token may lack.
    pub access_token: Secret,
}

/// Why there are no tokens, or why a token was not revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenEndpointRefusal {
    /// `invalid_client`: the provider does not accept the client's id or secret.
    InvalidClient,
    /// `invalid_grant`: the code or refresh token is used, expired, revoked or another client's. During a
    /// sign-in it is shown to the user, and during a refresh it ends the session.
    InvalidGrant,
    /// `invalid_request` or `unsupported_grant_type`: the provider does not understand our request.
    InvalidRequest(LogDetail),
    /// `invalid_scope` or `invalid_target`: the provider does not know a configured value.
    InvalidScope(LogDetail),
    /// The response is not one of RFC 6749 section 5.
    Malformed(LogDetail),
    /// `interaction_required`, `login_required`, `consent_required` or `account_selection_required` (OIDC
    /// Core section 3.1.2.6), which some providers also send here: the user has to be asked.
    NeedsInteraction(LogDetail),
    /// `token_type` is not `Bearer`, so the token cannot be used (RFC 6749 section 7.1).
    TokenType(LogDetail),
    /// `unauthorized_client`: this client may not use this grant.
    UnauthorizedClient,
    /// The endpoint answered with a server error or "too many requests".
    Unavailable,
    /// `unsupported_token_type`: the provider does not revoke tokens of this type (RFC 7009 section 2.2.1).
    UnsupportedTokenType,
}

impl TokenEndpointRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::InvalidClient => &reason::INVALID_CLIENT,
            Self::InvalidGrant => &reason::INVALID_GRANT,
            Self::InvalidRequest(_) => &reason::TOKEN_REQUEST_REFUSED,
            Self::InvalidScope(_) => &reason::INVALID_SCOPE,
            Self::Malformed(_) => &reason::TOKEN_RESPONSE_MALFORMED,
            Self::TokenType(_) => &reason::TOKEN_TYPE_UNSUPPORTED,
            Self::NeedsInteraction(_) => &reason::PROVIDER_NEEDS_INTERACTION,
            Self::UnauthorizedClient => &reason::UNAUTHORIZED_CLIENT,
            Self::Unavailable => &reason::TOKEN_ENDPOINT_UNAVAILABLE,
            Self::UnsupportedTokenType => &reason::REVOCATION_UNSUPPORTED,
        }
    }
}

/// Exchanges an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.5). `arguments` are extension
/// parameters (RFC 6749 section 8.2).
pub fn code_request(
    endpoint: &str,
    client: &ClientCredentials,
    arguments: &[(String, Secret)],
    code: &str,
    redirect_uri: &str,
    code_verifier: &str,
) -> ProviderRequest {
    let mut parameters = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", code_verifier),
    ];
    parameters.extend(exposed(arguments));
    client.post(endpoint, CallKind::Token { grant: Grant::AuthorizationCode }, &parameters)
}

/// Exchanges a refresh token (RFC 6749 section 6). It leaves out `scope`, which asks for the same scope
/// again. It is `repeatable` if the refresh token can be used again.
pub fn refresh_request(
    endpoint: &str,
    client: &ClientCredentials,
    refresh_token: &Secret,
    arguments: &[(String, Secret)],
    repeatable: bool,
) -> ProviderRequest {
    let mut parameters = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    parameters.extend(exposed(arguments));
    client.post(endpoint, CallKind::Token { grant: Grant::RefreshToken { repeatable } }, &parameters)
}

fn exposed(arguments: &[(String, Secret)]) -> impl Iterator<Item = (&str, &str)> {
    arguments.iter().map(|(name, value)| (name.as_str(), value.expose()))
}

/// Revokes a refresh token (RFC 7009 section 2.1).
pub fn revocation_request(
    endpoint: &str,
    client: &ClientCredentials,
    refresh_token: &Secret,
) -> ProviderRequest {
    let parameters = [("token", refresh_token.expose()), ("token_type_hint", "refresh_token")];
    client.post(endpoint, CallKind::Revocation, &parameters)
}

/// Judges the response to [`code_request`]. The client chooses the code, so an error that RFC 6749 does not
/// define is attributed to the request: an invented code must not look like a fault of the provider.
///
/// # Errors
///
/// [`TokenEndpointRefusal`].
pub(crate) fn read_code_response(response: &ProviderResponse) -> Result<TokenResponse, TokenEndpointRefusal> {
    read_response(response).map_err(|refusal| match refusal {
        TokenEndpointRefusal::Malformed(seen) if refuses(response) => {
            TokenEndpointRefusal::InvalidRequest(seen)
        }
        other => other,
    })
}

/// Tells whether the response is a refusal, well-formed or not. Slack sends `error` with status 200 in place
/// of tokens (<https://docs.slack.dev/reference/methods/openid.connect.token>).
fn refuses(response: &ProviderResponse) -> bool {
    let says_error = || {
        parse_object(&response.body)
            .is_ok_and(|body| body.contains_key("error") && !body.contains_key("access_token"))
    };
    (400..500).contains(&response.status) || response.status == 200 && says_error()
}

/// Judges the response to [`refresh_request`].
///
/// # Errors
///
/// [`TokenEndpointRefusal`].
pub fn read_response(response: &ProviderResponse) -> Result<TokenResponse, TokenEndpointRefusal> {
    let body = parse_object(&response.body);
    if response.status != 200 {
        return Err(refusal(response.status, body.ok().as_ref()));
    }
    let body =
        body.map_err(|refusal| TokenEndpointRefusal::Malformed(LogDetail::no_object("the answer", refusal)))?;
    // RFC 6749 section 5.1: "token_type REQUIRED. [...] Value is case insensitive."
    let token_type = required("token_type", claims::text(&body, "token_type")?)?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        let refusal = LogDetail::other_text("token_type", Some(token_type), ["Bearer"]);
        return Err(TokenEndpointRefusal::TokenType(refusal));
    }
    Ok(TokenResponse {
        access_token: required("access_token", token(&body, "access_token")?)?,
        id_token: token(&body, "id_token")?,
        refresh_token: token(&body, "refresh_token")?,
        expires_in: expires_in(&body)?,
        scope: scope(&body)?,
    })
}

/// Judges the response to [`revocation_request`]. RFC 7009 section 2.2: the status is 200 even for an invalid
/// token.
///
/// # Errors
///
/// [`TokenEndpointRefusal`].
pub fn read_revocation_response(response: &ProviderResponse) -> Result<(), TokenEndpointRefusal> {
    match response.status {
        200 | 204 => Ok(()),
        status => Err(refusal(status, parse_object(&response.body).ok().as_ref())),
    }
}

/// Tells whether the provider does not accept the client's id or secret (`invalid_client`).
pub fn refuses_client(response: &ProviderResponse) -> bool {
    let refused = (400..500).contains(&response.status);
    refused
        && refusal(response.status, parse_object(&response.body).ok().as_ref())
            == TokenEndpointRefusal::InvalidClient
}

/// RFC 6749 section 5.2.
fn refusal(status: u16, body: Option<&Map<String, Value>>) -> TokenEndpointRefusal {
    if status >= 500 || status == 408 || status == 429 {
        return TokenEndpointRefusal::Unavailable;
    }
    let error = body.and_then(|body| body.get("error"));
    let seen = || LogDetail::other("error", error, []);
    match error.and_then(Value::as_str) {
        Some("invalid_client") => TokenEndpointRefusal::InvalidClient,
        Some("invalid_grant") => TokenEndpointRefusal::InvalidGrant,
        Some("invalid_request" | "unsupported_grant_type") => TokenEndpointRefusal::InvalidRequest(seen()),
        Some("invalid_scope" | "invalid_target") => TokenEndpointRefusal::InvalidScope(seen()),
        Some("unauthorized_client") => TokenEndpointRefusal::UnauthorizedClient,
        Some(
            "interaction_required" | "login_required" | "consent_required" | "account_selection_required",
        ) => TokenEndpointRefusal::NeedsInteraction(seen()),
        Some("unsupported_token_type") => TokenEndpointRefusal::UnsupportedTokenType,
        // Not in RFC 6749, but sent by providers and their front ends.
        Some("server_error" | "temporarily_unavailable" | "slow_down") => TokenEndpointRefusal::Unavailable,
        _ => {
            let problem = format!("status {status}, expected 200 or an `error` of section 5.2: {}", seen());
            TokenEndpointRefusal::Malformed(LogDetail::fixed_text(&problem))
        }
    }
}

fn required<T>(name: &'static str, value: Option<T>) -> Result<T, TokenEndpointRefusal> {
    value.ok_or_else(|| ClaimRefusal::Missing(name).into())
}

/// A token that is safe in a header and a form (RFC 6749 appendix A.12: `1*VSCHAR`; a space would end it). An
/// empty one counts as absent.
fn token(body: &Map<String, Value>, name: &'static str) -> Result<Option<Secret>, TokenEndpointRefusal> {
    let Some(token) = claims::text(body, name)?.filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = format!("`{name}` has a space, a control character or one beyond ASCII");
        return Err(TokenEndpointRefusal::Malformed(LogDetail::fixed_text(&problem)));
    }
    Ok(Some(Secret::new(token)))
}

fn expires_in(body: &Map<String, Value>) -> Result<Option<i64>, TokenEndpointRefusal> {
    let Some(value) = body.get("expires_in") else { return Ok(None) };
    match whole_seconds(value) {
        Some(seconds) if seconds >= 0 => Ok(Some(seconds)),
        _ => Err(ClaimRefusal::wrong_type("expires_in", "a number of seconds, not negative", value).into()),
    }
}

/// `scope`, which is one string (RFC 6749 section 3.3); Twitch sends a list
/// (<https://dev.twitch.tv/docs/authentication/getting-tokens-oidc>).
fn scope(body: &Map<String, Value>) -> Result<Option<String>, TokenEndpointRefusal> {
    let Some(value) = body.get("scope") else { return Ok(None) };
    match claims::scope(body) {
        Some(scope) => Ok(Some(scope)),
        None => Err(ClaimRefusal::wrong_type("scope", "a string or an array of strings", value).into()),
    }
}

/// A number, whose decimals are dropped, or its digits as text, as Microsoft Entra ID's endpoint of version 1
/// writes it
/// (<https://github.com/MicrosoftDocs/azure-docs/blob/2348be450b91b501d74ad4e80bea41979d49100e/articles/active-directory/azuread-dev/v1-protocols-oauth-code.md>,
/// "Successful response", `expires_in`).
fn whole_seconds(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        value => claims::whole_number(value),
    }
}

impl From<ClaimRefusal> for TokenEndpointRefusal {
    fn from(refusal: ClaimRefusal) -> Self {
        Self::Malformed(LogDetail::fixed_text(&refusal.to_string()))
    }
}

#[cfg(test)]
mod tests;
