use super::*;

#[test]
fn keys_of_every_kind_are_taken() {
    for key in [rsa_key(), p256_key(), p384_key(), ed25519_key()] {
        assert!(takes(&key.jwk("any")));
    }
}

#[test]
fn one_odd_key_does_not_cost_the_others() {
    let good = rsa_key().jwk("good");
    let without_kty = json!({ "kid": "odd", "n": "AQAB", "e": "AQAB" });
    for odd in [
        json!(null),
        json!(5),
        json!("key"),
        json!([]),
        json!({}),
        without_kty,
        json!({ "kid": "odd", "kty": 5 }),
        json!({ "kid": "odd", "kty": "quantum" }),
        json!({ "kid": "odd", "kty": "oct", "k": "c2VjcmV0" }),
    ] {
        let keys = parse(&[odd.clone(), good.clone(), odd]).unwrap();
        assert!(keys.has("good"));
        assert!(!keys.has("odd"));
    }
}

#[test]
fn members_of_the_wrong_type_make_a_key_odd() {
    for members in [
        json!({ "alg": 256 }),
        json!({ "use": ["sig"] }),
        json!({ "key_ops": "verify" }),
        json!({ "n": 5 }),
        json!({ "e": 65537 }),
    ] {
        let mut jwk = rsa_key().jwk("any");
        merge(&mut jwk, members.clone());
        assert!(!takes(&jwk), "{members}");
    }
}

#[test]
fn an_optional_member_that_is_null_is_absent() {
    for name in ["alg", "use", "key_ops", "x5c", "x5t"] {
        let mut jwk = rsa_key().jwk("any");
        merge(&mut jwk, json!({ name: null }));
        assert!(takes(&jwk), "{name}");
    }
    for name in ["kty", "n", "e"] {
        let mut jwk = rsa_key().jwk("any");
        merge(&mut jwk, json!({ name: null }));
        assert!(!takes(&jwk), "{name}");
    }
}

#[test]
fn a_numeric_kid_makes_a_key_odd() {
    let mut jwk = rsa_key().jwk("any");
    merge(&mut jwk, json!({ "kid": 1 }));
    assert_eq!(parse(&[jwk]).unwrap_err(), JwksRefusal::NoUsableKey);
}

#[test]
fn rsa_keys_outside_2048_to_8192_bits_are_skipped() {
    let with_modulus = |bytes: &[u8]| json!({ "kty": "RSA", "n": base64url(bytes), "e": "AQAB" });
    let of_bits = |bits: usize| {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        *modulus.first_mut().unwrap() >>= (8 - bits % 8) % 8;
        modulus
    };
    for (bits, taken) in
        [(512, false), (1024, false), (2047, false), (2048, true), (8192, true), (8193, false)]
    {
        assert_eq!(takes(&with_modulus(&of_bits(bits))), taken, "{bits}");
    }
    // Leading zeros do not make a key longer.
    let short = [vec![0; 128], of_bits(1024)].concat();
    assert!(!takes(&with_modulus(&short)));
    assert!(!takes(&with_modulus(&[0; 256])));
    assert!(!takes(&with_modulus(&[])));
}

#[test]
fn a_modulus_with_a_leading_zero_still_verifies() {
    use crate::token::jws::{SigningAlgorithm, UnverifiedToken};
    use crate::token::test_tokens::{TokenBuilder, key_set_of};

    let mut jwk = rsa_key().jwk("signing-1");
    let modulus = URL_SAFE.decode(jwk.get("n").unwrap().as_str().unwrap()).unwrap();
    merge(&mut jwk, json!({ "n": base64url(&[vec![0], modulus].concat()) }));
    let token = TokenBuilder::id_token().build();
    let token = UnverifiedToken::parse(&token).unwrap();
    assert!(token.verify(&key_set_of(&[jwk]), &[SigningAlgorithm::Rs256]).is_ok());
}

#[test]
fn rsa_exponents_that_are_none_are_skipped() {
    for exponent in [&[][..], &[0], &[1], &[2], &[0, 0, 1], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        let mut jwk = rsa_key().jwk("any");
        merge(&mut jwk, json!({ "e": base64url(exponent) }));
        assert!(!takes(&jwk), "{exponent:?}");
    }
}

#[test]
fn base64url_may_be_padded_and_is_exact_otherwise() {
    let good = rsa_key().jwk("any");
    let modulus = good.get("n").unwrap().as_str().unwrap();
    let mut padded = good.clone();
    merge(&mut padded, json!({ "n": format!("{modulus}=="), "e": "AQAB" }));
    assert!(takes(&padded));
    for bent in [
        format!("{modulus}==="),
        format!("=={modulus}"),
        format!(" {modulus}"),
        format!("{modulus}+"),
        format!("{modulus}\n"),
    ] {
        let mut jwk = good.clone();
        merge(&mut jwk, json!({ "n": bent }));
        assert!(!takes(&jwk));
    }
}

#[test]
fn curves_that_are_unknown_or_do_not_fit_their_coordinates_are_skipped() {
    for members in [
        json!({ "crv": "P-384" }),
        json!({ "crv": "P-521" }),
        json!({ "crv": "secp256k1" }),
        json!({ "crv": null }),
        json!({ "x": base64url(&[1; 31]) }),
        json!({ "y": base64url(&[1; 33]) }),
        json!({ "y": "" }),
    ] {
        let mut jwk = p256_key().jwk("any");
        merge(&mut jwk, members.clone());
        assert!(!takes(&jwk), "{members}");
    }
    for members in
        [json!({ "crv": "Ed448" }), json!({ "crv": "X25519" }), json!({ "x": base64url(&[1; 31]) })]
    {
        let mut jwk = ed25519_key().jwk("any");
        merge(&mut jwk, members.clone());
        assert!(!takes(&jwk), "{members}");
    }
}

#[test]
fn a_set_without_a_usable_key_is_refused() {
    let mut encryption = rsa_key().jwk("a");
    merge(&mut encryption, json!({ "use": "enc" }));
    for keys in [vec![], vec![json!({ "kty": "oct", "k": "AA" })], vec![encryption]] {
        assert_eq!(parse(&keys).unwrap_err(), JwksRefusal::NoUsableKey);
    }
}

#[test]
fn a_text_that_is_no_set_is_malformed() {
    for text in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, r#"{"keys":[],"keys":[]}"#] {
        assert_eq!(
            KeySet::parse(text.as_bytes()).unwrap_err(),
            JwksRefusal::Malformed(any_detail()),
            "{text}"
        );
    }
}

#[test]
fn more_than_a_hundred_keys_are_malformed() {
    let keys = |count: usize| vec![p256_key().jwk("same"); count];
    assert!(parse(&keys(MAX_KEYS)).is_ok());
    assert_eq!(parse(&keys(MAX_KEYS + 1)).unwrap_err(), JwksRefusal::Malformed(any_detail()));
}

#[test]
fn a_set_over_the_size_limit_is_malformed() {
    let set = json!({ "keys": [rsa_key().jwk("a")] }).to_string();
    let padded = format!("{set}{}", " ".repeat(CallKind::Jwks.max_bytes() - set.len()));
    assert!(KeySet::parse(padded.as_bytes()).is_ok());
    assert_eq!(
        KeySet::parse(format!("{padded} ").as_bytes()).unwrap_err(),
        JwksRefusal::Malformed(any_detail())
    );
}

#[test]
fn a_set_cut_at_any_length_is_malformed() {
    let set = json!({ "keys": [p256_key().jwk("a")] }).to_string();
    for length in 0..set.len() {
        let cut = set.as_bytes().get(..length).unwrap();
        assert_eq!(KeySet::parse(cut).unwrap_err(), JwksRefusal::Malformed(any_detail()), "cut at {length}");
    }
}

#[test]
fn only_status_200_has_a_set() {
    let body = json!({ "keys": [rsa_key().jwk("a")] }).to_string().into_bytes();
    let response = |status| ProviderResponse { status, content_type: None, body: body.clone() };
    assert!(read_response(&response(200)).is_ok());
    for status in [201, 204, 302, 304, 400, 404, 429, 500, 503] {
        assert_eq!(read_response(&response(status)).unwrap_err(), JwksRefusal::Unavailable, "{status}");
    }
}

#[test]
fn the_request_is_a_get_of_the_endpoint() {
    let request = request("https://example.com/jwks.json");
    assert_eq!(request.method, http::Method::GET);
    assert_eq!(request.url, "https://example.com/jwks.json");
    assert_eq!(request.kind, CallKind::Jwks);
    assert!(request.form.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_key_is_read_or_skipped_without_a_panic(
        kty in "RSA|EC|OKP|oct|", crv in "P-256|P-384|Ed25519|", n in "[A-Za-z0-9_-]{0,50}", e in "[A-Za-z0-9_-]{0,6}"
    ) {
        let jwk = json!({ "kid": "k", "kty": kty, "crv": crv, "n": n, "e": e, "x": n, "y": e });
        let _ = takes(&jwk);
    }
}
