use super::*;

#[test]
fn a_good_token_verifies() {
    let token = TokenBuilder::id_token().build();
    let verified = read(&token).unwrap();
    assert_eq!(verified.claims().get("iss"), Some(&json!(ISSUER)));
    assert_eq!(verified.algorithm(), SigningAlgorithm::Rs256);
    assert_eq!(verified.typ(), None);
}

#[test]
fn every_algorithm_verifies_with_its_own_key() {
    for algorithm in SigningAlgorithm::ALL {
        let key = match algorithm {
            SigningAlgorithm::Es256 => p256_key(),
            SigningAlgorithm::Es384 => p384_key(),
            SigningAlgorithm::EdDsa => ed25519_key(),
            _ => rsa_key(),
        };
        let token = TokenBuilder::id_token().header("alg", algorithm.name()).signed_by(key).build();
        let keys = key_set_of(&[key.jwk("signing-1")]);
        assert_eq!(verify_with(&token, &keys, &[algorithm]), Ok(()), "{}", algorithm.name());
    }
}

#[test]
fn the_unverified_token_tells_issuer_and_key_only() {
    let token = TokenBuilder::id_token().build();
    let token = UnverifiedToken::parse(&token).unwrap();
    assert_eq!(token.unverified_iss(), Some(ISSUER));
    assert_eq!(token.unverified_kid(), Some("signing-1"));
}

#[test]
fn an_issuer_that_is_no_text_is_none() {
    let token = TokenBuilder::id_token().claim("iss", 5).build();
    assert_eq!(UnverifiedToken::parse(&token).unwrap().unverified_iss(), None);
}

#[test]
fn typ_is_read_as_a_media_type() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        assert_eq!(TokenBuilder::id_token().header("typ", typ).verified().typ(), Some("at+jwt"));
    }
}

#[test]
fn without_kid_the_one_fitting_key_is_used() {
    let token = TokenBuilder::id_token().without_header("kid").build();
    assert!(read(&token).is_ok());
}

#[test]
fn without_kid_keys_that_do_not_fit_do_not_count() {
    let token = TokenBuilder::id_token().without_header("kid").build();
    let mut encryption = foreign_rsa_key().jwk("b");
    merge(&mut encryption, json!({ "use": "enc" }));
    let mut other_algorithm = foreign_rsa_key().jwk("c");
    merge(&mut other_algorithm, json!({ "alg": "PS256" }));
    let keys = key_set_of(&[rsa_key().jwk("a"), encryption, other_algorithm, p256_key().jwk("d")]);
    assert_eq!(verify_with(&token, &keys, RS256), Ok(()));
}

#[test]
fn keys_that_the_token_brings_along_are_ignored() {
    for (name, value) in [
        ("jwk", foreign_rsa_key().jwk("signing-1")),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/x5u.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
    ] {
        let good = TokenBuilder::id_token().header(name, value.clone());
        assert!(read(&good.build()).is_ok(), "{name} beside a good signature");
        let forged = good.signed_by(foreign_rsa_key()).build();
        assert_eq!(refusal(&forged), JwsRefusal::SignatureInvalid, "{name} beside a forged one");
    }
}
