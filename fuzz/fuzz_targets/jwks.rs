//! Fuzzes key sets in providers' answers.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::{KEY_ID, object, provider_jwk, signed};
use relying_party::provider::call::ProviderResponse;
use relying_party::token::jwks::{KeySet, MAX_KEYS, read_response};
use relying_party::token::jws::{SigningAlgorithm, UnverifiedToken};
use serde_json::Value;

const ALL: [SigningAlgorithm; 2] = [SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa];

fuzz::fuzz_target!(|bytes: &[u8]| {
    let parsed = KeySet::parse(bytes);
    let answered =
        |status| read_response(&ProviderResponse { status, content_type: None, body: bytes.to_vec() });
    assert_eq!(answered(200).is_ok(), parsed.is_ok());
    assert!(answered(500).is_err() && answered(302).is_err());
    let Ok(set) = parsed else { return };

    let document = object(bytes).expect("an object");
    let members = document.get("keys").and_then(Value::as_array).expect("a list of keys");
    assert!(!members.is_empty() && members.len() <= MAX_KEYS);
    for member in members {
        // A private or symmetric key in a public document must not verify anything.
        if let Some(kid) = member.get("kid").and_then(Value::as_str)
            && members.iter().filter(|other| other.get("kid") == member.get("kid")).count() == 1
            && member.get("kty").and_then(Value::as_str) == Some("oct")
        {
            assert!(!set.has(kid));
        }
    }

    // Only the key that signed a token verifies it, and only if its other members agree.
    for (token, is_named) in tokens().iter().zip([true, false]) {
        let token = UnverifiedToken::parse(token).expect("a token");
        if token.verify(&set, &ALL).is_err() {
            continue;
        }
        let own = provider_jwk();
        // Some providers pad base64url.
        let unpadded =
            |member: &Value, name| Some(member.get(name)?.as_str()?.trim_end_matches('=').to_owned());
        let is_own = |member: &&Value| {
            ["kty", "crv", "x"].iter().all(|name| unpadded(member, name) == unpadded(&own, name))
        };
        let signer = members.iter().filter(is_own).find(|member| {
            let says =
                |name: &str, value: &str| member.get(name).is_none_or(|own| own.is_null() || own == value);
            let kid = !is_named || member.get("kid").is_some_and(|kid| kid == KEY_ID);
            kid && says("alg", "EdDSA") && says("use", "sig")
        });
        assert!(signer.is_some(), "no such key is in the set");
    }
});

/// A token that names the provider's key, and one that names none.
fn tokens() -> &'static [String; 2] {
    static TOKENS: OnceLock<[String; 2]> = OnceLock::new();
    TOKENS.get_or_init(|| {
        let named = format!(r#"{{"alg":"EdDSA","kid":"{KEY_ID}"}}"#);
        [signed(named.as_bytes(), b"{}"), signed(br#"{"alg":"EdDSA"}"#, b"{}")]
    })
}
