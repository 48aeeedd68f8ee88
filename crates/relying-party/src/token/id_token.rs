//! Checks ID tokens: after a sign-in by OIDC Core section 3.1.3.7, after a refresh by section 12.2.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use crate::configuration::Configuration;
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::time::Timestamp;
use crate::token::claims::{self, ClaimPath, ClaimRefusal, OtherIssuer};
use crate::token::jws::{SigningAlgorithm, VerifiedClaims};
use crate::token::leeway::TimeWithLeeway;

mod access_token_hash;

/// OIDC Core section 2: a `sub` has at most 255 characters.
const MAX_SUBJECT_BYTES: usize = 255;

/// The values of `typ` that name another kind of token than an ID token (RFC 9068, RFC 8417, back-channel
/// logout, DPoP, RFC 7523 and RFC 9101).
const OTHER_TYPES: &[&str] =
    &["at+jwt", "secevent+jwt", "logout+jwt", "dpop+jwt", "client-authentication+jwt", "oauth-authz-req+jwt"];

/// The values with which an ID token is compared.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenExpectations<'a> {
    /// The names of the provider's issuer: one, or the two forms that Cognito has.
    pub issuers: &'a [String],
    /// Our client id.
    pub client_id: &'a str,
    /// The nonce of the attempt. `None` is only for [`check_refreshed`], which has its own rule.
    pub nonce: Option<&'a str>,
    /// The access token from the same response, for `at_hash`.
    pub access_token: Option<&'a str>,
    /// Whether the provider is Cognito. Then `token_use` is required, and the user name is in Cognito's
    /// claim.
    pub cognito: bool,
    /// The claim with the groups.
    pub groups_claim: &'a ClaimPath,
    /// The time.
    pub time: TimeWithLeeway,
}

impl<'a> IdTokenExpectations<'a> {
    /// The expectations of every ID token; the caller adds those of one sign-in.
    pub fn of(configuration: &'a Configuration, now: Timestamp) -> Self {
        Self {
            issuers: &configuration.issuers,
            client_id: &configuration.client.id,
            nonce: None,
            access_token: None,
            cognito: configuration.is_cognito(),
            groups_claim: configuration.groups_claim(),
            time: TimeWithLeeway { now, leeway: configuration.leeway },
        }
    }
}

/// The facts about the ID token from sign-in that the session keeps, for comparison with a refreshed one.
#[derive(Clone, Copy, Debug)]
pub struct EarlierIdToken<'a> {
    /// Its `iss`.
    pub issuer: &'a str,
    /// Its `sub`.
    pub subject: &'a str,
    /// Its `nonce`, if it is still known.
    pub nonce: Option<&'a str>,
}

/// An ID token that is meant for us, from our provider, and current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdToken {
    /// `sub`.
    pub subject: String,
    /// `iss`.
    pub issuer: String,
    /// `cognito:username`, elsewhere `preferred_username`.
    pub username: Option<String>,
    /// `email`, only when `email_verified` is true.
    pub email: Option<String>,
    /// The groups, in order.
    pub groups: Vec<String>,
    /// When the user signed in at the provider.
    pub auth_time: Option<Timestamp>,
    /// The session at the provider (OIDC Back-Channel Logout section 2.1).
    pub sid: Option<String>,
    /// `exp`.
    pub expires_at: Timestamp,
    /// All claims.
    pub claims: Map<String, Value>,
}

/// Why an ID token is refused. All but [`Self::AuthTimeTooOld`] are the provider's fault, because the token
/// came from the provider directly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdTokenRefusal {
    /// `at_hash` does not match the access token.
    AccessTokenHashMismatch,
    /// `aud` does not contain `client_id`.
    Audience(LogDetail),
    /// `auth_time` is absent or longer ago than `max_age`. A person can remove `max_age` at the provider's address.
    AuthTimeTooOld,
    /// `azp` names another client, or is absent although there are several audiences.
    AuthorizedParty(LogDetail),
    /// A claim is absent or of the wrong type.
    Claim(ClaimRefusal),
    /// `exp` has passed.
    Expired,
    /// `iat` or `auth_time` is in the future.
    FromTheFuture,
    /// `iss` is not the configured provider.
    Issuer(OtherIssuer),
    /// The refreshed token is from another issuer than the one from sign-in.
    IssuerChanged(OtherIssuer),
    /// The refreshed token has another `nonce` than the one from sign-in.
    NonceChanged,
    /// `nonce` is absent or different, so the token belongs to another attempt.
    NonceMismatch,
    /// `nbf` is in the future.
    NotYetValid,
    /// The refreshed token is for another user than the one from sign-in.
    SubjectChanged,
    /// `token_use` is not `id`, or `typ` names another kind of token.
    TokenUse(LogDetail),
}

impl IdTokenRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::AccessTokenHashMismatch => &reason::AT_HASH_MISMATCH,
            Self::Audience(_) => &reason::ID_TOKEN_AUDIENCE,
            Self::AuthTimeTooOld => &reason::AUTH_TIME_TOO_OLD,
            Self::AuthorizedParty(_) => &reason::ID_TOKEN_AUTHORIZED_PARTY,
            Self::Claim(_) => &reason::ID_TOKEN_CLAIM,
            Self::Expired => &reason::ID_TOKEN_EXPIRED,
            Self::FromTheFuture => &reason::ID_TOKEN_FROM_THE_FUTURE,
            Self::Issuer(_) => &reason::ID_TOKEN_ISSUER,
            Self::IssuerChanged(_) => &reason::REFRESHED_ISSUER_CHANGED,
            Self::NonceChanged => &reason::REFRESHED_NONCE_CHANGED,
            Self::NonceMismatch => &reason::NONCE_MISMATCH,
            Self::NotYetValid => &reason::ID_TOKEN_NOT_YET_VALID,
            Self::SubjectChanged => &reason::REFRESHED_SUBJECT_CHANGED,
            Self::TokenUse(_) => &reason::ID_TOKEN_USE,
        }
    }
}

/// Checks the ID token of a sign-in.
///
/// # Errors
///
/// The first [`IdTokenRefusal`] in the order of OIDC Core section 3.1.3.7.
pub fn check(
    verified: VerifiedClaims,
    expectations: &IdTokenExpectations<'_>,
) -> Result<IdToken, IdTokenRefusal> {
    check_standing(&verified, expectations)?;
    let claims = verified.claims();

    // 3.1.3.7 step 11: "If a nonce value was sent in the Authentication Request, a nonce Claim MUST be
    // present and its value checked". We always send one. An expectation of `None` matches nothing, so that a
    // forgotten value leads to a refusal.
    let nonce = claims::text(claims, "nonce")?;
    let equal = match (nonce, expectations.nonce) {
        (Some(nonce), Some(expected)) => bool::from(nonce.as_bytes().ct_eq(expected.as_bytes())),
        _ => false,
    };
    if !equal {
        return Err(IdTokenRefusal::NonceMismatch);
    }

    // Step 12: "If the acr Claim was requested, the Client SHOULD check that the asserted Claim Value is
    // appropriate." `acr_values` asks for it as a voluntary claim (section 5.5.1.1), and a person can remove
    // the argument at the provider's address. So nothing is compared here, but `roles_required` with
    // `roles_claim: acr` is.

    // Step 13, `auth_time`: `check_max_age` compares it, because a person who lacks a recent sign-in can have one.
    id_token(verified, expectations)
}

/// Checks step 13: "If the auth_time Claim was requested, either through a specific request for this Claim or by using
/// the max_age parameter, the Client SHOULD check the auth_time Claim value".
///
/// # Errors
///
/// [`IdTokenRefusal::AuthTimeTooOld`].
pub fn check_max_age(
    auth_time: Option<Timestamp>,
    max_age: i64,
    time: TimeWithLeeway,
) -> Result<(), IdTokenRefusal> {
    match auth_time {
        Some(auth_time) if !time.is_older(auth_time, max_age) => Ok(()),
        _ => Err(IdTokenRefusal::AuthTimeTooOld),
    }
}

/// Checks the ID token of a refresh. The expected nonce is not used.
///
/// # Errors
///
/// The first [`IdTokenRefusal`] of section 3.1.3.7, then of section 12.2.
pub fn check_refreshed(
    verified: VerifiedClaims,
    expectations: &IdTokenExpectations<'_>,
    earlier: &EarlierIdToken<'_>,
) -> Result<IdToken, IdTokenRefusal> {
    check_standing(&verified, expectations)?;
    let claims = verified.claims();

    // 12.2: "its iss Claim Value MUST be the same as in the ID Token issued when the original authentication
    // occurred".
    let issuer = claims::required_text(claims, "iss")?;
    // A session has only one of the strings that name an issuer.
    let same =
        issuer == earlier.issuer || expectations.issuers.first().is_some_and(|own| own == earlier.issuer);
    if !same {
        return Err(IdTokenRefusal::IssuerChanged(OtherIssuer::new(Some(issuer), [earlier.issuer])));
    }
    // "its sub Claim Value MUST be the same".
    if claims::required_text(claims, "sub")? != earlier.subject {
        return Err(IdTokenRefusal::SubjectChanged);
    }
    // "its iat Claim MUST represent the time that the new ID Token is issued": checked as in 3.1.3.7.
    // "its aud Claim Value MUST include the Audience values of the original": ours is checked as in 3.1.3.7.

    // "if the ID Token contains an auth_time Claim, its value MUST represent the time of the original
    // authentication - not the time that the new ID token is issued": some providers send the latter. The
    // session keeps the time from the sign-in.
    // "it SHOULD NOT have a nonce Claim [...] however, if it is present, its value MUST be the same as in the
    // ID Token issued at the time of the original authentication".
    if let Some(nonce) = claims::text(claims, "nonce")?
        && earlier.nonce != Some(nonce)
    {
        return Err(IdTokenRefusal::NonceChanged);
    }
    // "its azp Claim Value MUST be the same": the checks of 3.1.3.7 compare it with our client id.
    id_token(verified, expectations)
}

/// The checks of section 3.1.3.7 that apply both after a sign-in and after a refresh.
fn check_standing(
    verified: &VerifiedClaims,
    expectations: &IdTokenExpectations<'_>,
) -> Result<(), IdTokenRefusal> {
    let claims = verified.claims();
    let IdTokenExpectations { client_id, time, .. } = *expectations;

    // Step 1, encryption: we never request it, and a token of five parts is not parsed.

    // RFC 8725 section 3.11 and 3.12: a token of another kind, signed with the same key, is not an ID token.
    if let Some(typ) = verified.typ().filter(|typ| OTHER_TYPES.contains(typ)) {
        return Err(IdTokenRefusal::TokenUse(LogDetail::other_text("typ", Some(typ), ["JWT"])));
    }
    // `token_use` is a claim of user pools. From other providers it has no meaning.
    let token_use = if expectations.cognito { claims::text(claims, "token_use")? } else { Some("id") };
    if token_use != Some("id") {
        return Err(IdTokenRefusal::TokenUse(LogDetail::other_text("token_use", token_use, ["id"])));
    }

    // Step 2: "The Issuer Identifier for the OpenID Provider [...] MUST exactly match the value of the iss (issuer)
    // Claim."
    let issuer = claims::required_text(claims, "iss")?;
    if !expectations.issuers.iter().any(|expected| expected == issuer) {
        let expected = expectations.issuers.iter().map(String::as_str);
        return Err(IdTokenRefusal::Issuer(OtherIssuer::new(Some(issuer), expected)));
    }

    // Step 3: "The Client MUST validate that the aud (audience) Claim contains its client_id value".
    let audiences = claims::audiences(claims)?;
    if !audiences.contains(&client_id) {
        return Err(IdTokenRefusal::Audience(LogDetail::other("aud", claims.get("aud"), [client_id])));
    }
    // Steps 4 and 5 in earlier editions of the specification: "If the ID Token contains multiple audiences,
    // the Client SHOULD verify that an azp Claim is present", and "If an azp (authorized party) Claim is
    // present, the Client SHOULD verify that its client_id is the Claim Value".
    let azp = claims::text(claims, "azp")?;
    if azp.map_or(audiences.len() > 1, |azp| azp != client_id) {
        return Err(IdTokenRefusal::AuthorizedParty(LogDetail::other_text("azp", azp, [client_id])));
    }

    // Steps 6 and 7, signature and `alg`: `VerifiedClaims` proves them. Step 8, MACs: never allowed.

    // Step 9: "The current time MUST be before the time represented by the exp Claim."
    if time.is_past(claims::required_date(claims, "exp")?) {
        return Err(IdTokenRefusal::Expired);
    }
    // RFC 7519 section 4.1.5: "the current date/time MUST be after or equal to the not-before date/time".
    if claims::date(claims, "nbf")?.is_some_and(|not_before| time.is_ahead(not_before)) {
        return Err(IdTokenRefusal::NotYetValid);
    }
    // Step 10: "The iat Claim can be used to reject tokens that were issued too far away from the current
    // time". A time in the future is refused; `exp` limits the past.
    if time.is_ahead(claims::required_date(claims, "iat")?) {
        return Err(IdTokenRefusal::FromTheFuture);
    }
    // A sign-in cannot be in the future.
    if claims::auth_time(claims).is_some_and(|auth_time| time.is_ahead(auth_time)) {
        return Err(IdTokenRefusal::FromTheFuture);
    }

    // 3.1.3.8: "If the ID Token contains an at_hash Claim, the Client MAY use it to validate the Access Token".
    check_access_token_hash(claims, verified.algorithm(), expectations.access_token)
}

fn check_access_token_hash(
    claims: &Map<String, Value>,
    algorithm: SigningAlgorithm,
    access_token: Option<&str>,
) -> Result<(), IdTokenRefusal> {
    let (Some(hash), Some(access_token)) = (claims::text(claims, "at_hash")?, access_token) else {
        return Ok(());
    };
    let expected = access_token_hash::of(access_token, algorithm);
    if bool::from(hash.as_bytes().ct_eq(expected.as_bytes())) {
        return Ok(());
    }
    Err(IdTokenRefusal::AccessTokenHashMismatch)
}

fn id_token(
    verified: VerifiedClaims,
    expectations: &IdTokenExpectations<'_>,
) -> Result<IdToken, IdTokenRefusal> {
    let claims = verified.claims();
    let subject = claims::required_text(claims, "sub")?;
    if subject.len() > MAX_SUBJECT_BYTES {
        let (expected, seen) = ("a string of at most 255 bytes", "a longer one");
        return Err(ClaimRefusal::WrongType { claim: "sub", expected, seen }.into());
    }
    let username_claim = if expectations.cognito { "cognito:username" } else { "preferred_username" };
    Ok(IdToken {
        subject: subject.to_owned(),
        issuer: claims::required_text(claims, "iss")?.to_owned(),
        username: claims::description(claims, username_claim).map(str::to_owned),
        email: claims::verified_email(claims).map(str::to_owned),
        groups: claims::groups(claims, expectations.groups_claim),
        auth_time: claims::auth_time(claims),
        // An empty `sid` names no session of the provider.
        sid: claims::description(claims, "sid").filter(|sid| !sid.is_empty()).map(str::to_owned),
        expires_at: claims::required_date(claims, "exp")?,
        claims: verified.into_claims(),
    })
}

impl From<ClaimRefusal> for IdTokenRefusal {
    fn from(refusal: ClaimRefusal) -> Self {
        Self::Claim(refusal)
    }
}

#[cfg(test)]
mod tests;
