//! Provides for the targets a deployment with every feature on, a provider's key for tests only, and parsers
//! of paths and cookies that are independent of vestibule's own.

use std::sync::OnceLock;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::http::request::{Headers, Request};
use relying_party::relying_party::RelyingParty;
use relying_party::token::jwks::KeySet;
use serde_json::{Map, Value, json};

pub mod browser;
pub mod path;

#[cfg(fuzzing)]
pub use libfuzzer_sys::fuzz_target;

/// Defines the target as the function `target`, so that tests can call it without the fuzzer's runtime.
#[cfg(not(fuzzing))]
#[macro_export]
macro_rules! fuzz_target {
    (|$bytes:ident: &[u8]| $body:block) => {
        pub(crate) fn target($bytes: &[u8]) $body
    };
    (|$text:ident: &str| $body:block) => {
        pub(crate) fn target(bytes: &[u8]) {
            // Libfuzzer's macro skips other inputs as well.
            let Ok($text) = std::str::from_utf8(bytes) else { return };
            $body
        }
    };
}

/// The provider.
pub const ISSUER: &str = "https://id.example.com";
/// Vestibule's client id.
pub const CLIENT_ID: &str = "the-client";
/// The id of the provider's key.
pub const KEY_ID: &str = "signing-1";
/// The time in every target.
pub const NOW: i64 = 1_800_000_000;
/// A secret that no response, fault or header may contain.
pub const SECRET: &str = "thirty-two bytes for a session and no less";

/// A deployment of the proxy with the required keys and `keys`.
pub fn relying_party(keys: &Value) -> RelyingParty {
    let mut document = json!({
        "provider": "oidc",
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "client_secret": "the-client-secret",
        "public_url": "https://app.example.com",
        "session_secret": SECRET,
        "session_storage": "dynamodb",
        "session_table": "sessions",
        "signing_algorithms": ["RS256", "EdDSA"],
        "upstream_url": "http://upstream.internal:8080",
    });
    if let (Value::Object(document), Value::Object(keys)) = (&mut document, keys) {
        document.extend(keys.clone());
    }
    let document = document.to_string();
    let sources = Sources { document: Some(&document), ..Sources::default() };
    let configuration =
        Configuration::from_sources(&sources, Role::Proxy).unwrap_or_else(|faults| panic!("{faults}"));
    RelyingParty::new(configuration).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The provider's key. Its seed is public, so its signatures prove nothing elsewhere.
pub fn provider_key() -> &'static Ed25519KeyPair {
    static KEY: OnceLock<Ed25519KeyPair> = OnceLock::new();
    KEY.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed of 32 bytes"))
}

/// The public half as a JWK.
pub fn provider_jwk() -> Value {
    let x = URL_SAFE_NO_PAD.encode(provider_key().public_key().as_ref());
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": KEY_ID, "use": "sig", "alg": "EdDSA", "x": x })
}

/// The provider's key set.
pub fn provider_keys() -> &'static KeySet {
    static KEYS: OnceLock<KeySet> = OnceLock::new();
    let document = || json!({ "keys": [provider_jwk()] }).to_string();
    KEYS.get_or_init(|| KeySet::parse(document().as_bytes()).expect("a key set"))
}

/// A token with these bytes, signed by the provider.
pub fn signed(header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = provider_key().sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

/// A request as a front passes it on.
pub fn request(method: Method, target: &str, headers: Vec<(String, String)>) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers: Headers::new(headers),
        body: Vec::new(),
        source_ip: Some("192.0.2.7".to_owned()),
        request_id: "the-id".to_owned(),
        extended_request_id: String::new(),
    }
}

/// Fields written as `name: value`, one for each line. A line without a colon is skipped.
pub fn fields(text: &str) -> Vec<(String, String)> {
    let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.lines().filter_map(field).collect()
}

/// Whether a text could end a header line or be invisible in one.
pub fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f)
}

/// Whether `name` is a token (RFC 9110 section 5.6.2).
pub fn is_token(name: &str) -> bool {
    let mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || mark(byte))
}

/// Parses an object as `serde_json` does, which takes the last of two members with the same name.
pub fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => Some(object),
        _ => None,
    }
}

/// Parses an object as vestibule does: a member that is null counts as absent, at every level.
pub fn claims(bytes: &[u8]) -> Option<Map<String, Value>> {
    object(bytes).map(without_null)
}

fn without_null(object: Map<String, Value>) -> Map<String, Value> {
    let members = object.into_iter().filter(|(_, value)| !value.is_null());
    members.map(|(name, value)| (name, without_null_below(value))).collect()
}

fn without_null_below(value: Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(without_null(object)),
        Value::Array(list) => Value::Array(list.into_iter().map(without_null_below).collect()),
        other => other,
    }
}
