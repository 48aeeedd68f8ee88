//! Fuzzes logout tokens (OpenID Connect Back-Channel Logout section 2.6): claims with the provider's genuine
//! signature, and the form that delivers them. The first byte selects.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::{CLIENT_ID, ISSUER, KEY_ID, NOW, object, provider_keys, relying_party, request, signed};
use http::Method;
use relying_party::relying_party::RelyingParty;
use relying_party::sign_out::logout_token::EndedSessions;
use relying_party::sign_out::logout_token::LogoutToken;
use relying_party::time::Timestamp;
use relying_party::token::jws::{SigningAlgorithm, UnverifiedToken};
use serde_json::{Value, json};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const TYPES: [&str; 4] = ["logout+jwt", "JWT", "at+jwt", "application/logout+jwt"];

fn deployment() -> &'static RelyingParty {
    static DEPLOYMENT: OnceLock<RelyingParty> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| relying_party(&json!({})))
}

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    if choice & 0x80 == 0 { claims(*choice, rest) } else { form(rest) }
});

fn claims(choice: u8, bytes: &[u8]) {
    let typ = TYPES[usize::from(choice) % TYPES.len()];
    let header = json!({ "alg": "EdDSA", "kid": KEY_ID, "typ": typ }).to_string();
    let token = signed(header.as_bytes(), bytes);
    let Ok(parsed) = UnverifiedToken::parse(&token) else { return };
    let verified = parsed.verify(provider_keys(), &[SigningAlgorithm::EdDsa]).expect("it is signed");
    let Ok(logout) = LogoutToken::check(&verified, &deployment().configuration, Timestamp::from_unix(NOW))
    else {
        return;
    };

    let claims = object(bytes).expect("an object");
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64).expect("a date");
    assert_ne!(typ, "at+jwt");
    assert_eq!(text("iss"), Some(ISSUER));
    let audience = claims.get("aud").expect("an audience");
    assert!(
        *audience == CLIENT_ID
            || audience.as_array().is_some_and(|all| all.iter().any(|one| one == CLIENT_ID))
    );
    assert!(claims.get("nonce").is_none_or(Value::is_null), "it could be an ID token");
    assert!(claims.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object));
    assert!(text("jti").is_some_and(|id| !id.is_empty()) && text("jti") == Some(logout.jti.as_str()));
    #[expect(clippy::cast_precision_loss, reason = "the number is far below 2^53")]
    let now = NOW as f64;
    assert!(seconds("exp") > now - 61.0 && seconds("iat") < now + 61.0);
    assert!(logout.issued_at <= Timestamp::from_unix(NOW), "what began later goes on");
    match logout.ended {
        EndedSessions::Session { sid, subject } => {
            assert_eq!(text("sid"), Some(sid.as_str()));
            assert_eq!(text("sub"), subject.as_deref());
        }
        EndedSessions::User(subject) => assert_eq!(text("sub"), Some(subject.as_str())),
    }
}

/// The headers before an empty line, and the body after it.
fn form(bytes: &[u8]) {
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
    let Ok(head) = std::str::from_utf8(&bytes[..end]) else { return };
    let mut request = request(Method::POST, "/oauth2/backchannel-logout", fuzz::fields(head));
    request.body = bytes.get(end + 2..).unwrap_or_default().to_vec();
    let Ok(token) = LogoutToken::text_in(&request, &deployment().configuration) else { return };
    let named = url::form_urlencoded::parse(&request.body).filter(|(name, _)| name == "logout_token");
    let named: Vec<String> = named.map(|(_, value)| value.into_owned()).collect();
    assert_eq!(named, [token]);
}
