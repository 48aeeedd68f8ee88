//! Serves `/oauth2/token`.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode, header};
use relying_party::http::request::media_type;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::StandIn;
use super::client_authentication::{self as authentication, AcceptedMethods};
use super::fault::{Endpoint, Fault};
use super::options::AppClient;
use super::parameters::Parameters;
use super::state::RefreshToken;
use super::tokens::{self, Grant, Subject};

/// An error code of RFC 6749 section 5.2 or RFC 7009 section 2.2.1. The token endpoint returns each with status 400.
pub(super) type ErrorCode = &'static str;

/// A grant that was verified, and the members of the response besides the two tokens.
struct VerifiedGrant {
    grant: Grant,
    nonce: Option<String>,
    refresh_token: Option<String>,
}

/// POST `/oauth2/token`.
pub(super) async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    match tokens_for(&stand_in, &headers, &body) {
        Ok(tokens) => json_response(StatusCode::OK, &Value::Object(tokens)),
        Err(error) => json_response(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

/// Whether the content type says that the body is a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type(content_type.unwrap_or_default()).eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// A JSON answer with the headers of Cognito's token endpoint.
pub(super) fn json_response(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json;charset=UTF-8"),
        (header::CACHE_CONTROL, "no-cache, no-store, max-age=0, must-revalidate"),
        (header::PRAGMA, "no-cache"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, body.to_string()).into_response()
}

fn tokens_for(stand_in: &StandIn, headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, ErrorCode> {
    if !is_form(headers) {
        return Err("invalid_request");
    }
    let form = Parameters::parse(body);
    let grant_type = form.one("grant_type").ok().flatten().ok_or("invalid_request")?;
    let client = authentication::client(stand_in.options(), headers, &form, AcceptedMethods::BasicAndPost)?;
    let verified = match grant_type {
        "authorization_code" => authorization_code(stand_in, client, &form)?,
        "refresh_token" => refresh_token(stand_in, client, &form)?,
        "client_credentials" => return Err("unauthorized_client"),
        _ => return Err("unsupported_grant_type"),
    };
    stand_in.token_answer(client, &verified)
}

/// A presented code is consumed, even if the request has another fault.
fn authorization_code(
    stand_in: &StandIn,
    client: &AppClient,
    form: &Parameters,
) -> Result<VerifiedGrant, ErrorCode> {
    let required = |name| form.one(name).ok().flatten().ok_or("invalid_request");
    let (code, redirect_uri) = (required("code")?, required("redirect_uri")?);
    let verifier = form.one("code_verifier").map_err(|_| "invalid_request")?;
    let issued = stand_in.state().codes.remove(code).ok_or("invalid_grant")?;
    let good = issued.grant.client_id == client.client_id
        && issued.redirect_uri == redirect_uri
        && stand_in.now() < issued.expires_at
        && challenge_is_met(issued.code_challenge.as_deref(), verifier);
    if !good {
        return Err("invalid_grant");
    }
    let expires_at = stand_in.now() + client.refresh_token_validity;
    let refresh_token = stand_in.add_refresh_token(&issued.grant, expires_at);
    Ok(VerifiedGrant { grant: issued.grant, nonce: issued.nonce, refresh_token: Some(refresh_token) })
}

/// RFC 7636 section 4.6; a verifier without a challenge is refused too (RFC 9700 section 2.1.1).
fn challenge_is_met(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge,
        _ => false,
    }
}

fn refresh_token(
    stand_in: &StandIn,
    client: &AppClient,
    form: &Parameters,
) -> Result<VerifiedGrant, ErrorCode> {
    let presented = form.one("refresh_token").ok().flatten().ok_or("invalid_request")?;
    let now = stand_in.now();
    let found = stand_in.state().refresh_tokens.get(presented).cloned().ok_or("invalid_grant")?;
    let live = now < found.expires_at && found.retired_at.is_none_or(|retired_at| now < retired_at);
    if found.grant.client_id != client.client_id || !live {
        return Err("invalid_grant");
    }
    let refresh_token = client.rotation.map(|grace| {
        let rotated = stand_in.add_refresh_token(&found.grant, found.expires_at);
        if let Some(old) = stand_in.state().refresh_tokens.get_mut(presented) {
            old.retired_at.get_or_insert(now + grace);
        }
        rotated
    });
    Ok(VerifiedGrant { grant: found.grant, nonce: None, refresh_token })
}

impl StandIn {
    /// Adds a refresh token. It has five parts and about 1.8 kB, as Cognito's do, because a client that
    /// stores one in a cookie must handle that length.
    pub(super) fn add_refresh_token(&self, grant: &Grant, expires_at: i64) -> String {
        let header = json!({ "cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP" }).to_string();
        let parts = [
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(self.random::<256>()),
            URL_SAFE_NO_PAD.encode(self.random::<12>()),
            URL_SAFE_NO_PAD.encode(self.random::<1_000>()),
            URL_SAFE_NO_PAD.encode(self.random::<16>()),
        ];
        let token = parts.join(".");
        let kept = RefreshToken { grant: grant.clone(), expires_at, retired_at: None };
        let now = self.now();
        let mut state = self.state();
        state.refresh_tokens.retain(|_, other| now < other.expires_at);
        state.refresh_tokens.insert(token.clone(), kept);
        token
    }

    fn token_answer(
        &self,
        client: &AppClient,
        verified: &VerifiedGrant,
    ) -> Result<Map<String, Value>, ErrorCode> {
        let bent = self.take_fault(Endpoint::Token, Fault::is_token);
        let issuer = match bent {
            Some(Fault::WrongIssuer) => format!("{}/us-east-1_AnotherPool", self.options().base_url),
            _ => self.issuer(),
        };
        let now = match bent {
            Some(Fault::Expired) => {
                self.now() - client.access_token_validity.max(client.id_token_validity) - 86_400
            }
            _ => self.now(),
        };
        let (access_jti, id_jti) = (self.uuid(), self.uuid());
        let state = self.state();
        let user = state.directory.by_sub(&verified.grant.sub).filter(|user| user.active());
        let user = user.ok_or("invalid_grant")?;
        let subject = Subject { issuer: &issuer, user, client, grant: &verified.grant, now };
        let wrong_key = bent == Some(Fault::WrongSigningKey);
        let sign = |claims: &Map<String, Value>, key| {
            let signer = if wrong_key { &state.keys.stranger } else { key };
            tokens::signed(claims, key.kid(), signer).map_err(|_| "server_error")
        };
        let access_token = sign(&tokens::access_claims(subject, &access_jti), &state.keys.access)?;
        let mut answer = Map::new();
        if verified.grant.has("openid") && bent != Some(Fault::NoIdToken) {
            let mut claims = tokens::id_claims(subject, &id_jti, verified.nonce.as_deref(), &access_token);
            match bent {
                Some(Fault::WrongAudience) => drop(claims.insert("aud".to_owned(), json!("another-client"))),
                Some(Fault::WrongNonce) => drop(claims.insert("nonce".to_owned(), json!("another-nonce"))),
                _ => {}
            }
            answer.insert("id_token".to_owned(), json!(sign(&claims, &state.keys.id)?));
        }
        answer.insert("access_token".to_owned(), json!(access_token));
        if let Some(refresh_token) = &verified.refresh_token {
            answer.insert("refresh_token".to_owned(), json!(refresh_token));
        }
        answer.insert("token_type".to_owned(), json!("Bearer"));
        answer.insert("expires_in".to_owned(), json!(client.access_token_validity));
        Ok(answer)
    }
}
