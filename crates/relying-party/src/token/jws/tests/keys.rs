use super::*;
use crate::refusal::log_detail::any_detail;

fn with_members(members: serde_json::Value) -> KeySet {
    let mut jwk = rsa_key().jwk("signing-1");
    merge(&mut jwk, members);
    // A second key that no token names keeps the set usable.
    key_set_of(&[jwk, p256_key().jwk("spare")])
}

fn with_key(members: serde_json::Value) -> Result<(), JwsRefusal> {
    verify_with(&TokenBuilder::id_token().build(), &with_members(members), RS256)
}

#[test]
fn a_key_of_another_type_is_a_mismatch() {
    let token = TokenBuilder::id_token().build();
    for key in [p256_key(), p384_key(), ed25519_key()] {
        let keys = key_set_of(&[key.jwk("signing-1")]);
        assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::KeyMismatch(any_detail())));
    }
}

#[test]
fn a_curve_of_another_size_is_a_mismatch() {
    let token = TokenBuilder::id_token().header("alg", "ES256").signed_by(p384_key()).build();
    let keys = key_set_of(&[p384_key().jwk("signing-1")]);
    assert_eq!(
        verify_with(&token, &keys, &[SigningAlgorithm::Es256]),
        Err(JwsRefusal::KeyMismatch(any_detail()))
    );
}

#[test]
fn a_key_for_another_algorithm_is_a_mismatch() {
    for own in ["RS384", "PS256", "RSA-OAEP", "ES256", "HS256", "none", ""] {
        assert_eq!(with_key(json!({ "alg": own })), Err(JwsRefusal::KeyMismatch(any_detail())), "{own}");
    }
}

#[test]
fn an_encryption_key_is_a_mismatch() {
    for purpose in ["enc", "SIG", "", "verify"] {
        assert_eq!(
            with_key(json!({ "use": purpose })),
            Err(JwsRefusal::KeyMismatch(any_detail())),
            "{purpose}"
        );
    }
}

#[test]
fn a_key_without_the_verify_operation_is_a_mismatch() {
    for operations in [json!([]), json!(["sign"]), json!(["encrypt", "wrapKey"]), json!([5])] {
        assert_eq!(with_key(json!({ "key_ops": operations })), Err(JwsRefusal::KeyMismatch(any_detail())));
    }
}

#[test]
fn a_key_that_agrees_in_every_member_verifies() {
    for members in [
        json!({}),
        json!({ "alg": "RS256" }),
        json!({ "use": "sig" }),
        json!({ "key_ops": ["verify"] }),
        json!({ "alg": "RS256", "use": "sig", "key_ops": ["sign", "verify"], "x5t": 5 }),
    ] {
        assert_eq!(with_key(members), Ok(()));
    }
}

#[test]
fn an_unknown_kid_is_told_apart() {
    let token = TokenBuilder::id_token().header("kid", "signing-2").build();
    assert_eq!(refusal(&token), JwsRefusal::UnknownKey { kid: Some("signing-2".to_owned()) });
}

#[test]
fn kid_is_compared_exactly() {
    for kid in ["Signing-1", "signing-1 ", "signing-", ""] {
        let token = TokenBuilder::id_token().header("kid", kid).build();
        assert_eq!(refusal(&token), JwsRefusal::UnknownKey { kid: Some(kid.to_owned()) });
    }
}

#[test]
fn kid_that_is_no_short_text_is_malformed() {
    for kid in [json!(1), json!(true), json!(["signing-1"]), json!("k".repeat(257))] {
        let token = TokenBuilder::id_token().header("kid", kid).build();
        assert_eq!(refusal(&token), JwsRefusal::Malformed(any_detail()));
    }
}

#[test]
fn optional_header_parameters_that_are_null_are_absent() {
    let token = ["kid", "typ", "cty"]
        .iter()
        .fold(TokenBuilder::id_token(), |token, name| token.header(name, json!(null)));
    assert!(verify_with(&token.build(), &key_set(), RS256).is_ok());
}

#[test]
fn without_kid_two_fitting_keys_are_ambiguous() {
    let token = TokenBuilder::id_token().without_header("kid").build();
    let keys = key_set_of(&[rsa_key().jwk("a"), foreign_rsa_key().jwk("b")]);
    assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::KeyAmbiguous));
}

#[test]
fn without_kid_the_certificate_tells_which_of_several_keys_it_is() {
    let keys = |own: &str, foreign: &str| {
        let (mut first, mut second) = (rsa_key().jwk("a"), foreign_rsa_key().jwk("b"));
        merge(&mut first, json!({ "x5t": own }));
        merge(&mut second, json!({ "x5t": foreign }));
        [key_set_of(&[first.clone(), second.clone()]), key_set_of(&[second, first])]
    };
    let token = TokenBuilder::id_token().without_header("kid").header("x5t", "own");
    for (keys, expected) in [
        (keys("own", "foreign"), Ok(())),
        // The certificate only selects the key; the signature decides.
        (keys("foreign", "own"), Err(JwsRefusal::SignatureInvalid)),
        (keys("own", "own"), Err(JwsRefusal::KeyAmbiguous)),
        (keys("another", "foreign"), Err(JwsRefusal::KeyAmbiguous)),
    ] {
        for keys in keys {
            assert_eq!(verify_with(&token.build(), &keys, RS256), expected);
        }
    }
    // A certificate does not replace a `kid` that names no key, and an `x5t` that is not a text names none.
    let [keys, _] = keys("own", "foreign");
    let unknown = JwsRefusal::UnknownKey { kid: Some("c".to_owned()) };
    assert_eq!(verify_with(&token.clone().header("kid", "c").build(), &keys, RS256), Err(unknown));
    let odd = token.header("x5t", 5).build();
    assert_eq!(verify_with(&odd, &keys, RS256), Err(JwsRefusal::KeyAmbiguous));
}

#[test]
fn each_of_several_keys_of_one_kid_is_tried() {
    let token = TokenBuilder::id_token().build();
    let (own, foreign) = (rsa_key().jwk("signing-1"), foreign_rsa_key().jwk("signing-1"));
    for keys in [[own.clone(), foreign.clone()], [foreign.clone(), own]] {
        assert_eq!(verify_with(&token, &key_set_of(&keys), RS256), Ok(()));
    }
    let keys = key_set_of(&[foreign.clone(), foreign, p256_key().jwk("signing-1")]);
    assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::SignatureInvalid));
}

#[test]
fn a_key_that_is_listed_twice_is_one() {
    let token = TokenBuilder::id_token().without_header("kid").build();
    for (first, second) in [("signing-1", "signing-1"), ("signing-1", "again")] {
        let keys = key_set_of(&[rsa_key().jwk(first), rsa_key().jwk(second)]);
        assert_eq!(verify_with(&token, &keys, RS256), Ok(()));
    }
}

#[test]
fn two_keys_of_one_kid_and_different_kinds_are_told_apart() {
    let token = TokenBuilder::id_token().build();
    let keys = key_set_of(&[p256_key().jwk("signing-1"), rsa_key().jwk("signing-1")]);
    assert_eq!(verify_with(&token, &keys, RS256), Ok(()));
}

#[test]
fn without_kid_and_without_a_fitting_key_the_key_is_unknown() {
    let token = TokenBuilder::id_token().without_header("kid").build();
    let keys = key_set_of(&[p256_key().jwk("a")]);
    assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::UnknownKey { kid: None }));
}

#[test]
fn a_signature_by_a_foreign_key_is_refused() {
    let token = TokenBuilder::id_token().signed_by(foreign_rsa_key()).build();
    assert_eq!(refusal(&token), JwsRefusal::SignatureInvalid);
}
