//! Fuzzes signed tokens. The first byte selects: a whole token from outside; header and claims, separated by
//! a line end, with the provider's genuine signature; or the same with a forged signature.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fuzz::{KEY_ID, object, provider_key, provider_keys, signed};
use relying_party::token::jws::{JwsRefusal, SigningAlgorithm, UnverifiedToken, VerifiedClaims};
use serde_json::Value;

const ALL: [SigningAlgorithm; 2] = [SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa];
/// The only token that the corpus may contain with its genuine signature.
const HEADER: &[u8] = br#"{"alg":"EdDSA","kid":"signing-1"}"#;
const CLAIMS: &[u8] = br#"{"iss":"https://id.example.com","sub":"ada"}"#;

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let parts = |rest: &[u8]| {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        (rest[..end].to_vec(), rest.get(end + 1..).unwrap_or_default().to_vec())
    };
    match choice % 3 {
        0 => arbitrary(rest),
        1 => genuine(parts(rest)),
        _ => forged(parts(rest), choice / 3),
    }
});

fn verify(text: &str, allowed: &[SigningAlgorithm]) -> Result<VerifiedClaims, JwsRefusal> {
    UnverifiedToken::parse(text)?.verify(provider_keys(), allowed)
}

fn arbitrary(bytes: &[u8]) {
    static KNOWN: OnceLock<String> = OnceLock::new();
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if verify(text, &ALL).is_ok() {
        assert_eq!(text, KNOWN.get_or_init(|| signed(HEADER, CLAIMS)), "nobody signed this");
    }
}

/// A genuine signature does not make an odd header acceptable.
fn genuine((header, claims): (Vec<u8>, Vec<u8>)) {
    let token = signed(&header, &claims);
    assert!(verify(&token, &[SigningAlgorithm::Rs256]).is_err(), "the algorithm is ours to choose");
    let Ok(verified) = verify(&token, &ALL) else { return };
    let header = object(&header).expect("an object");
    assert_eq!(header.get("alg").and_then(Value::as_str), Some("EdDSA"));
    assert!(header.get("kid").is_none_or(|kid| kid.is_null() || *kid == KEY_ID));
    assert!(!header.contains_key("crit") && !header.contains_key("b64"));
    assert_eq!(Some(verified.claims()), fuzz::claims(&claims).as_ref());
    assert_eq!(verified.payload(), URL_SAFE_NO_PAD.encode(&claims));

    // Another spelling of the same signature is a different token.
    for other in [format!("{token}="), format!("{token}."), format!(" {token}"), token.replace('.', "..")] {
        assert!(verify(&other, &ALL).is_err());
    }
}

fn forged((header, claims): (Vec<u8>, Vec<u8>), how: u8) {
    static STRANGER: OnceLock<Ed25519KeyPair> = OnceLock::new();
    let stranger = STRANGER.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("a seed"));
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(&header), URL_SAFE_NO_PAD.encode(&claims));
    let signature = match how % 5 {
        0 => Vec::new(),
        1 => vec![0; 64],
        2 => stranger.sign(message.as_bytes()).as_ref().to_vec(),
        // Uses the public key as the secret of an HMAC (RFC 8725 section 2.1).
        3 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, provider_key().public_key().as_ref());
            hmac::sign(&key, message.as_bytes()).as_ref().to_vec()
        }
        _ => provider_key().sign(claims.as_slice()).as_ref().to_vec(),
    };
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
    assert!(verify(&token, &ALL).is_err(), "nobody signed this");
}
