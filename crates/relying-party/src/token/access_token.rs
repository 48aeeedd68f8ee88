//! Checks bearer access tokens of API clients (RFC 6750, RFC 9068): their issuer, audience, client and times.

mod credential;

pub use credential::{BearerCredential, bearer_credential};

use serde_json::{Map, Value};

use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::time::Timestamp;
use crate::token::claims::{self, ClaimPath, ClaimRefusal, OtherIssuer};
use crate::token::jws::{UnverifiedToken, VerifiedClaims};
use crate::token::leeway::TimeWithLeeway;

/// Claims of ID tokens. Some access tokens have `nonce` too: those of Keycloak up to version 24.
const ID_TOKEN_CLAIMS: &[&str] = &["nonce", "at_hash", "c_hash"];

/// One issuer whose access tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerIssuer {
    /// `iss`, compared exactly.
    pub issuer: String,
    /// The address of its keys; `None` for the default of the provider or discovery.
    pub jwks_endpoint: Option<String>,
    /// The kind of its access tokens.
    pub kind: IssuerKind,
    /// The accepted values of `aud`. [`IssuerKind::Other`] needs at least one.
    pub audiences: Vec<String>,
    /// The accepted clients. [`IssuerKind::Cognito`] needs one of these or of `audiences`; elsewhere an empty list
    /// accepts every client.
    pub client_ids: Vec<String>,
    /// Whether its groups and roles count like those of our own provider. Two issuers choose names of groups
    /// independently.
    pub groups_accepted: bool,
}

/// The kinds of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerKind {
    /// A Cognito user pool: `token_use` and `client_id`, `aud` only with resource binding.
    Cognito,
    /// Any other issuer: `aud`, and `typ: at+jwt` or an audience that is not a client.
    Other,
}

/// An access token that is meant for us and current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// `iss`.
    pub issuer: String,
    /// `sub`. For a client without a user (client credentials) Cognito writes the client id.
    pub subject: String,
    /// `username` in Cognito, elsewhere `preferred_username`.
    pub username: Option<String>,
    /// `email`, only when `email_verified` is true. Cognito's access tokens have none.
    pub email: Option<String>,
    /// The groups, in order; empty if they do not count.
    pub groups: Vec<String>,
    /// Whether groups and roles among the claims count.
    pub groups_accepted: bool,
    /// `scope`, space separated.
    pub scope: Option<String>,
    /// The client to which the token was issued: `client_id`, else `azp`.
    pub client_id: Option<String>,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `auth_time`.
    pub auth_time: Option<Timestamp>,
    /// `exp`.
    pub expires_at: Timestamp,
    /// All claims.
    pub claims: Map<String, Value>,
    /// The claims as they were signed, base64url JSON; `None` if some were removed.
    pub encoded_claims: Option<String>,
}

/// Why an access token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenRefusal {
    /// `aud` has none of the accepted audiences.
    Audience(LogDetail),
    /// A claim is absent or of the wrong type.
    Claim(ClaimRefusal),
    /// The token was issued to a client that is not accepted.
    Client(LogDetail),
    /// `exp` has passed.
    Expired,
    /// `iat` is in the future.
    FromTheFuture,
    /// `Authorization` is not a bearer credential with one token, or there are several fields.
    MalformedCredential,
    /// `nbf` is in the future.
    NotYetValid,
    /// The token is of another kind, such as an ID token or a logout token.
    TokenUse(LogDetail),
    /// The issuer is configured without audiences and clients, so it would accept every token.
    RowWithoutAudience,
    /// `iss` is none of the configured issuers, or absent.
    UnknownIssuer(OtherIssuer),
}

impl AccessTokenRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Audience(_) => &reason::ACCESS_TOKEN_AUDIENCE,
            Self::Claim(_) => &reason::ACCESS_TOKEN_CLAIM,
            Self::Client(_) => &reason::ACCESS_TOKEN_CLIENT,
            Self::Expired => &reason::ACCESS_TOKEN_EXPIRED,
            Self::FromTheFuture => &reason::ACCESS_TOKEN_FROM_THE_FUTURE,
            Self::MalformedCredential => &reason::BEARER_MALFORMED,
            Self::NotYetValid => &reason::ACCESS_TOKEN_NOT_YET_VALID,
            Self::RowWithoutAudience => &reason::BEARER_ISSUER_WITHOUT_AUDIENCE,
            Self::TokenUse(_) => &reason::NOT_AN_ACCESS_TOKEN,
            Self::UnknownIssuer(_) => &reason::ACCESS_TOKEN_ISSUER,
        }
    }
}

/// The row whose keys and audiences apply to a token that claims to be from this issuer. For any other issuer
/// nothing is fetched.
///
/// # Errors
///
/// [`AccessTokenRefusal::UnknownIssuer`].
pub fn select_row<'a>(
    unverified_iss: Option<&str>,
    rows: &'a [BearerIssuer],
) -> Result<&'a BearerIssuer, AccessTokenRefusal> {
    rows.iter().find(|row| unverified_iss == Some(row.issuer.as_str())).ok_or_else(|| {
        let expected = rows.iter().map(|row| row.issuer.as_str());
        AccessTokenRefusal::UnknownIssuer(OtherIssuer::new(unverified_iss, expected))
    })
}

/// Checks an access token whose signature was verified with the keys of `row`. `groups_claim` is the claim
/// with the groups in tokens of this kind of issuer.
///
/// # Errors
///
/// The first [`AccessTokenRefusal`].
pub fn check(
    verified: VerifiedClaims,
    row: &BearerIssuer,
    groups_claim: &ClaimPath,
    time: TimeWithLeeway,
) -> Result<AccessToken, AccessTokenRefusal> {
    let claims = verified.claims();
    // RFC 9068 section 4: "The issuer identifier for the authorization server [...] MUST exactly match the
    // value of the iss claim." The row was chosen by the `iss` that was not verified yet.
    let issuer = claims::required_text(claims, "iss")?;
    if issuer != row.issuer {
        let refusal = OtherIssuer::new(Some(issuer), [row.issuer.as_str()]);
        return Err(AccessTokenRefusal::UnknownIssuer(refusal));
    }
    match row.kind {
        IssuerKind::Cognito => check_cognito(claims, row)?,
        IssuerKind::Other => check_other(claims, verified.typ(), row)?,
    }
    check_time(claims, time)?;
    access_token(verified, row, groups_claim)
}

/// AWS "Verifying JSON web tokens": `token_use` is `access`, `client_id` is one of our app clients.
/// `token_use` distinguishes the kinds of tokens (RFC 8725 section 3.12), whatever claims a pre token
/// generation trigger has added.
fn check_cognito(claims: &Map<String, Value>, row: &BearerIssuer) -> Result<(), AccessTokenRefusal> {
    let token_use = claims::text(claims, "token_use")?;
    if token_use != Some("access") {
        let refusal = LogDetail::other_text("token_use", token_use, ["access"]);
        return Err(AccessTokenRefusal::TokenUse(refusal));
    }
    if row.client_ids.is_empty() && row.audiences.is_empty() {
        return Err(AccessTokenRefusal::RowWithoutAudience);
    }
    let client_id = claims::required_text(claims, "client_id")?;
    if !row.client_ids.is_empty() && !contains(&row.client_ids, client_id) {
        return Err(other_client(claims, row));
    }
    // `aud` is present only if the client requested a token for a resource (RFC 8707). RFC 7519 section
    // 4.1.3: a recipient that is not named in it must refuse.
    let audiences = claims::audiences(claims)?;
    if audiences.is_empty() && row.audiences.is_empty() {
        return Ok(());
    }
    // With configured audiences, one of them is required; otherwise the audience may also be one of our
    // clients.
    let accepted = if row.audiences.is_empty() { &row.client_ids } else { &row.audiences };
    let for_us = audiences.iter().any(|audience| contains(accepted, audience));
    if for_us { Ok(()) } else { Err(other_audience(claims, accepted)) }
}

/// RFC 9068 section 4, for providers that may or may not follow it.
fn check_other(
    claims: &Map<String, Value>,
    typ: Option<&str>,
    row: &BearerIssuer,
) -> Result<(), AccessTokenRefusal> {
    if row.audiences.is_empty() {
        return Err(AccessTokenRefusal::RowWithoutAudience);
    }
    let audiences = claims::audiences(claims)?;
    let accepted: Vec<&&str> =
        audiences.iter().filter(|audience| contains(&row.audiences, audience)).collect();
    if accepted.is_empty() {
        return Err(other_audience(claims, &row.audiences));
    }
    let client_id = client_id(claims)?;
    if !row.client_ids.is_empty() && !client_id.is_some_and(|id| contains(&row.client_ids, id)) {
        return Err(other_client(claims, row));
    }
    // RFC 8725 section 3.12: one kind of token must not be accepted as another. `typ` decides if it names the
    // kind. If it does not, the audience does: that of an ID token is the client itself.
    match typ {
        Some("at+jwt") => return Ok(()),
        None | Some("jwt") => {}
        Some(_) => {
            let refusal = LogDetail::other_text("typ", typ, ["at+jwt", "JWT"]);
            return Err(AccessTokenRefusal::TokenUse(refusal));
        }
    }
    let is_client = |audience: &str| client_id == Some(audience) || contains(&row.client_ids, audience);
    // Security events and logout tokens can have any audience (RFC 8417 section 2.2).
    if claims.contains_key("events") {
        let refusal = LogDetail::fixed_text("`events` is there, which access tokens have not");
        return Err(AccessTokenRefusal::TokenUse(refusal));
    }
    if accepted.iter().all(|audience| is_client(audience)) {
        let refusal =
            LogDetail::fixed_text("`typ` is not `at+jwt`, and `aud` is a client, as it is of an ID token");
        return Err(AccessTokenRefusal::TokenUse(refusal));
    }
    // An ID token may have more audiences besides the client. If no claim names the client, any audience may
    // be it.
    let beside_client = client_id.is_none() || audiences.iter().any(|audience| is_client(audience));
    let of_id_token = ID_TOKEN_CLAIMS.iter().find(|name| claims.contains_key(**name));
    if let Some(name) = of_id_token.filter(|_| beside_client) {
        let refusal = LogDetail::fixed_text(&format!(
            "`typ` is not `at+jwt`, and `{name}` is there, as in an ID token"
        ));
        return Err(AccessTokenRefusal::TokenUse(refusal));
    }
    Ok(())
}

fn other_audience(claims: &Map<String, Value>, accepted: &[String]) -> AccessTokenRefusal {
    let accepted = accepted.iter().map(String::as_str);
    AccessTokenRefusal::Audience(LogDetail::other("aud", claims.get("aud"), accepted))
}

/// The refusal of a token for another client, with the claim that names it.
fn other_client(claims: &Map<String, Value>, row: &BearerIssuer) -> AccessTokenRefusal {
    let named = client_claims(claims).iter().copied().find(|name| claims.contains_key(*name));
    let name = named.unwrap_or("client_id");
    let accepted = row.client_ids.iter().map(String::as_str);
    AccessTokenRefusal::Client(LogDetail::other(name, claims.get(name), accepted))
}

fn check_time(claims: &Map<String, Value>, time: TimeWithLeeway) -> Result<(), AccessTokenRefusal> {
    // RFC 9068 section 4: "The current time MUST be before the time represented by the exp claim."
    if time.is_past(claims::required_date(claims, "exp")?) {
        return Err(AccessTokenRefusal::Expired);
    }
    if claims::date(claims, "nbf")?.is_some_and(|not_before| time.is_ahead(not_before)) {
        return Err(AccessTokenRefusal::NotYetValid);
    }
    if claims::date(claims, "iat")?.is_some_and(|issued_at| time.is_ahead(issued_at)) {
        return Err(AccessTokenRefusal::FromTheFuture);
    }
    Ok(())
}

fn access_token(
    verified: VerifiedClaims,
    row: &BearerIssuer,
    groups_claim: &ClaimPath,
) -> Result<AccessToken, AccessTokenRefusal> {
    let claims = verified.claims();
    let username_claim = match row.kind {
        IssuerKind::Cognito => "username",
        IssuerKind::Other => "preferred_username",
    };
    Ok(AccessToken {
        issuer: row.issuer.clone(),
        subject: claims::required_text(claims, "sub")?.to_owned(),
        username: claims::description(claims, username_claim).map(str::to_owned),
        email: claims::verified_email(claims).map(str::to_owned),
        groups: if row.groups_accepted { claims::groups(claims, groups_claim) } else { Vec::new() },
        groups_accepted: row.groups_accepted,
        scope: claims::scope(claims),
        client_id: client_id(claims)?.map(str::to_owned),
        issued_at: claims::date(claims, "iat")?,
        auth_time: claims::auth_time(claims),
        expires_at: claims::required_date(claims, "exp")?,
        encoded_claims: Some(verified.payload().to_owned()),
        claims: verified.into_claims(),
    })
}

/// The scope that an access token of a user pool names. It is read without verification, but only from a
/// token that the token endpoint has just sent: the response's own `scope`, which a user pool omits, would
/// arrive over the same TLS connection, also without a signature (OIDC Core section 3.1.3.7 step 6). A token
/// that names no scope grants none, because a trigger can remove all of them.
pub(crate) fn granted_scope(token: &str) -> Option<String> {
    let token = UnverifiedToken::parse(token).ok()?;
    let claims = token.unverified_claims();
    if claims.get("token_use")? != "access" {
        return None;
    }
    Some(claims::scope(claims).unwrap_or_default())
}

/// Issuers of Entra ID's tokens of version 1.0, in the public cloud and in China
/// (<https://learn.microsoft.com/en-us/answers/questions/1190472/what-are-the-token-issuers-for-the-sovereign-cloud>).
const ENTRA_V1: [&str; 2] = ["https://sts.windows.net/", "https://sts.chinacloudapi.cn/"];

/// The claims that may name the client; the first that is present counts. Entra ID uses `appid` in version
/// 1.0 (<https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference>). With
/// another provider, a claim of that name may be the user's own.
fn client_claims(claims: &Map<String, Value>) -> &'static [&'static str] {
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    let is_entra_v1 = ENTRA_V1.iter().any(|own| issuer.starts_with(own));
    if is_entra_v1 { &["client_id", "azp", "appid"] } else { &["client_id", "azp"] }
}

fn client_id(claims: &Map<String, Value>) -> Result<Option<&str>, ClaimRefusal> {
    let mut named = None;
    for claim in client_claims(claims) {
        named = named.or(claims::text(claims, claim)?);
    }
    Ok(named)
}

fn contains(list: &[String], text: &str) -> bool {
    list.iter().any(|entry| entry == text)
}

impl From<ClaimRefusal> for AccessTokenRefusal {
    fn from(refusal: ClaimRefusal) -> Self {
        Self::Claim(refusal)
    }
}

#[cfg(test)]
mod tests;
