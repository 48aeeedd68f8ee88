use aws_lc_rs::hmac;

use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn none_is_refused() {
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let token = TokenBuilder::id_token().header("alg", name);
        assert_eq!(
            refusal(&token.build()),
            JwsRefusal::AlgorithmNotAllowed(any_detail()),
            "{name} with a signature"
        );
        assert_eq!(
            refusal(&format!("{}.", token.message())),
            JwsRefusal::AlgorithmNotAllowed(any_detail()),
            "{name}"
        );
    }
}

#[test]
fn hmac_with_the_public_key_is_refused() {
    let key = rsa_key();
    let modulus = key.jwk("k").get("n").unwrap().as_str().unwrap().to_owned();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{modulus}\n-----END PUBLIC KEY-----\n");
    let secrets = [key.public_bytes(), modulus.into_bytes(), pem.into_bytes()];
    for (name, algorithm) in
        [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
    {
        for secret in &secrets {
            let message = TokenBuilder::id_token().header("alg", name).message();
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
            let token = format!("{message}.{}", base64url(tag.as_ref()));
            assert_eq!(refusal(&token), JwsRefusal::AlgorithmNotAllowed(any_detail()), "{name}");
        }
    }
}

#[test]
fn a_symmetric_key_in_the_set_verifies_nothing() {
    let secret = json!({ "kty": "oct", "kid": "signing-1", "k": "c2VjcmV0", "alg": "HS256" });
    let set = json!({ "keys": [secret, rsa_key().jwk("other")] }).to_string();
    let keys = KeySet::parse(set.as_bytes()).unwrap();
    let token = TokenBuilder::id_token().build();
    assert_eq!(
        verify_with(&token, &keys, RS256),
        Err(JwsRefusal::UnknownKey { kid: Some("signing-1".to_owned()) })
    );
}

#[test]
fn an_algorithm_that_is_not_allowed_is_refused_though_the_signature_is_good() {
    for name in ["RS384", "RS512", "PS256", "PS384", "PS512"] {
        let token = TokenBuilder::id_token().header("alg", name).build();
        let keys = key_set_of(&[rsa_key().jwk("signing-1")]);
        assert_eq!(
            verify_with(&token, &keys, RS256),
            Err(JwsRefusal::AlgorithmNotAllowed(any_detail())),
            "{name}"
        );
    }
}

#[test]
fn nothing_is_allowed_by_an_empty_list() {
    let token = TokenBuilder::id_token().build();
    assert_eq!(verify_with(&token, &key_set(), &[]), Err(JwsRefusal::AlgorithmNotAllowed(any_detail())));
}

#[test]
fn unknown_names_and_other_spellings_are_refused() {
    for name in ["rs256", "RS256 ", " RS256", "RS1", "ES256K", "ES512", "RSA-OAEP", "Ed25519", "EdDSA\0"] {
        let token = TokenBuilder::id_token().header("alg", name).build();
        assert_eq!(refusal(&token), JwsRefusal::AlgorithmNotAllowed(any_detail()), "{name:?}");
    }
}

#[test]
fn no_name_of_the_hmac_family_parses() {
    for name in ["none", "HS256", "HS384", "HS512"] {
        assert_eq!(SigningAlgorithm::from_name(name), None);
    }
}

#[test]
fn a_signature_of_another_algorithm_under_an_allowed_name_is_refused() {
    let allowed = SigningAlgorithm::ALL;
    let message = TokenBuilder::id_token().message();
    for name in ["RS384", "RS512", "PS256"] {
        let signature = rsa_key().sign(name, message.as_bytes());
        let token = format!("{message}.{}", base64url(&signature));
        let keys = key_set_of(&[rsa_key().jwk("signing-1")]);
        assert_eq!(verify_with(&token, &keys, &allowed), Err(JwsRefusal::SignatureInvalid), "{name}");
    }
}

#[test]
fn alg_that_is_no_text_or_absent_is_malformed() {
    for token in [
        TokenBuilder::id_token().header("alg", 256),
        TokenBuilder::id_token().header("alg", json!(null)),
        TokenBuilder::id_token().header("alg", json!(["RS256"])),
        TokenBuilder::id_token().without_header("alg"),
    ] {
        assert_eq!(refusal(&token.build()), JwsRefusal::Malformed(any_detail()));
    }
}
