//! Authenticates clients at the token and revocation endpoints (RFC 6749 section 2.3.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use super::options::{AppClient, Options};
use super::parameters::Parameters;
use super::token::ErrorCode;

/// The client that the request names.
struct Presented {
    client_id: String,
    secret: Option<String>,
}

/// The request names no client, or names it in two ways.
const MALFORMED: ErrorCode = "invalid_request";
/// The client is unknown, or its secret is wrong or missing.
const REFUSED: ErrorCode = "invalid_client";

/// Whether the body may contain the secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum AcceptedMethods {
    /// Basic only, as AWS documents for `/oauth2/revoke`.
    Basic,
    /// Basic and body, as AWS documents for `/oauth2/token`.
    BasicAndPost,
}

/// The client that authenticates itself with `headers` and `form`.
///
/// # Errors
/// `invalid_request` or `invalid_client`.
pub(super) fn client<'a>(
    options: &'a Options,
    headers: &HeaderMap,
    form: &Parameters,
    accepted: AcceptedMethods,
) -> Result<&'a AppClient, ErrorCode> {
    let presented = presented(headers, form, accepted)?;
    let client = options.client(&presented.client_id).ok_or(REFUSED)?;
    if client.client_secret == presented.secret { Ok(client) } else { Err(REFUSED) }
}

fn presented(
    headers: &HeaderMap,
    form: &Parameters,
    accepted: AcceptedMethods,
) -> Result<Presented, ErrorCode> {
    let one = |name| form.one(name).map_err(|_| MALFORMED);
    let (client_id, secret) = (one("client_id")?, one("client_secret")?);
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let basic = authorization.next();
    if authorization.next().is_some() {
        return Err(MALFORMED);
    }
    let Some(basic) = basic else {
        let client_id = client_id.ok_or(MALFORMED)?.to_owned();
        let secret = secret.filter(|_| accepted == AcceptedMethods::BasicAndPost).map(str::to_owned);
        return Ok(Presented { client_id, secret });
    };
    let basic = basic.to_str().ok().and_then(decode).ok_or(REFUSED)?;
    if secret.is_some() {
        return Err(MALFORMED);
    }
    if client_id.is_some_and(|client_id| client_id != basic.client_id) {
        return Err(REFUSED);
    }
    Ok(basic)
}

/// RFC 6749 form-encodes id and secret before base64, but many clients do not. Over Cognito's alphabet of
/// letters, digits and `_` both are the same, and a raw `+` stays a `+`.
fn decode(value: &str) -> Option<Presented> {
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    Some(Presented {
        client_id: decoded(client_id)?,
        secret: decoded(secret).filter(|secret| !secret.is_empty()),
    })
}
