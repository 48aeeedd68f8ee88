//! Builds the claims of Cognito's tokens, and serialises them.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::directory::User;
use super::keys::{KeyFault, SigningKey};
use super::options::AppClient;

/// The values that all tokens of one sign-in share.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) sub: String,
    pub(super) scopes: Vec<String>,
    pub(super) auth_time: i64,
    pub(super) origin_jti: String,
    pub(super) event_id: String,
    pub(super) resource: Option<String>,
}

/// The content of a token besides its id.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) issuer: &'a str,
    pub(super) user: &'a User,
    pub(super) client: &'a AppClient,
    pub(super) grant: &'a Grant,
    pub(super) now: i64,
}

impl Grant {
    pub(super) fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// The claims of an access token: `client_id`, and no `aud` unless the token is bound to a resource.
pub(super) fn access_claims(subject: Subject<'_>, jti: &str) -> Map<String, Value> {
    let Subject { issuer, user, client, grant, now } = subject;
    let mut claims = shared(subject, "access", jti);
    claims.insert("client_id".to_owned(), json!(client.client_id));
    claims.insert("iss".to_owned(), json!(issuer));
    claims.insert("exp".to_owned(), json!(now + client.access_token_validity));
    claims.insert("scope".to_owned(), json!(grant.scopes.join(" ")));
    claims.insert("username".to_owned(), json!(user.sub));
    claims.insert("version".to_owned(), json!(2));
    if let Some(resource) = &grant.resource {
        claims.insert("aud".to_owned(), json!(resource));
    }
    claims
}

/// The claims of an ID token that comes with `access_token`.
pub(super) fn id_claims(
    subject: Subject<'_>,
    jti: &str,
    nonce: Option<&str>,
    access_token: &str,
) -> Map<String, Value> {
    let Subject { issuer, user, client, grant, now } = subject;
    let mut claims = shared(subject, "id", jti);
    claims.insert("aud".to_owned(), json!(client.client_id));
    claims.insert("iss".to_owned(), json!(issuer));
    claims.insert("exp".to_owned(), json!(now + client.id_token_validity));
    claims.insert("cognito:username".to_owned(), json!(user.sub));
    claims.insert("at_hash".to_owned(), json!(at_hash(access_token)));
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims.extend(attributes(user, grant));
    claims
}

/// The user's attributes that the scopes allow; `openid` alone allows all.
pub(super) fn attributes(user: &User, grant: &Grant) -> Map<String, Value> {
    let all = !["email", "phone", "profile"].into_iter().any(|scope| grant.has(scope));
    let mut attributes = Map::new();
    if all || grant.has("email") {
        attributes.insert("email".to_owned(), json!(user.email));
        attributes.insert("email_verified".to_owned(), json!(user.email_verified));
    }
    if all || grant.has("profile") {
        attributes.insert("given_name".to_owned(), json!(user.given_name));
        attributes.insert("family_name".to_owned(), json!(user.family_name));
    }
    attributes
}

/// A signed token with Cognito's header: `kid` and `alg`, no `typ`.
///
/// # Errors
/// [`KeyFault`] if the key does not sign.
pub(super) fn signed(claims: &Map<String, Value>, kid: &str, key: &SigningKey) -> Result<String, KeyFault> {
    let header = json!({ "kid": kid, "alg": "RS256" });
    let claims = Value::Object(claims.clone());
    compact(&header.to_string(), &claims.to_string(), |message| key.sign(message))
}

/// The compact serialisation of RFC 7515 section 7.1.
pub(super) fn compact(
    header: &str,
    claims: &str,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, KeyFault>,
) -> Result<String, KeyFault> {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = sign(message.as_bytes())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The claims of a token that one of `keys` signed; `None` if none of them did.
pub(super) fn verified<'a>(
    token: &str,
    keys: impl Iterator<Item = &'a SigningKey>,
) -> Option<Map<String, Value>> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.get("alg")?.as_str()? != "RS256" {
        return None;
    }
    let kid = header.get("kid")?.as_str()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let mut matching = keys.filter(|key| key.kid() == kid);
    if !matching.any(|key| key.verifies(message.as_bytes(), &signature)) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// OIDC Core 3.1.3.6: the left half of the SHA-256 of the access token.
fn at_hash(access_token: &str) -> String {
    let digest = Sha256::digest(access_token.as_bytes());
    let half: Vec<u8> = digest.iter().copied().take(16).collect();
    URL_SAFE_NO_PAD.encode(half)
}

fn shared(subject: Subject<'_>, token_use: &str, jti: &str) -> Map<String, Value> {
    let Subject { user, grant, now, .. } = subject;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(user.sub));
    claims.insert("token_use".to_owned(), json!(token_use));
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("auth_time".to_owned(), json!(grant.auth_time));
    claims.insert("jti".to_owned(), json!(jti));
    claims.insert("origin_jti".to_owned(), json!(grant.origin_jti));
    claims.insert("event_id".to_owned(), json!(grant.event_id));
    if !user.groups.is_empty() {
        claims.insert("cognito:groups".to_owned(), json!(user.groups));
    }
    claims
}
