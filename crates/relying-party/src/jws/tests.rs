#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::token_builder::*;

const RS256: &[SigningAlgorithm] = &[SigningAlgorithm::Rs256];

/// Parses and verifies with the provider's set and RS256 alone.
fn read(token: &str) -> Result<VerifiedClaims, JwsRefusal> {
    UnverifiedToken::parse(token)?.verify(&key_set(), RS256)
}

fn refusal(token: &str) -> JwsRefusal {
    read(token).unwrap_err()
}

fn verify_with(token: &str, keys: &KeySet, allowed: &[SigningAlgorithm]) -> Result<(), JwsRefusal> {
    UnverifiedToken::parse(token).unwrap().verify(keys, allowed).map(|_| ())
}

mod acceptance {
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
}

mod algorithms {
    use aws_lc_rs::hmac;

    use super::*;

    #[test]
    fn none_is_refused() {
        for name in ["none", "None", "NONE", "nOnE", ""] {
            let token = TokenBuilder::id_token().header("alg", name);
            assert_eq!(refusal(&token.build()), JwsRefusal::AlgorithmNotAllowed, "{name} with a signature");
            assert_eq!(refusal(&format!("{}.", token.message())), JwsRefusal::AlgorithmNotAllowed, "{name}");
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
                assert_eq!(refusal(&token), JwsRefusal::AlgorithmNotAllowed, "{name}");
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
            assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::AlgorithmNotAllowed), "{name}");
        }
    }

    #[test]
    fn nothing_is_allowed_by_an_empty_list() {
        let token = TokenBuilder::id_token().build();
        assert_eq!(verify_with(&token, &key_set(), &[]), Err(JwsRefusal::AlgorithmNotAllowed));
    }

    #[test]
    fn unknown_names_and_other_spellings_are_refused() {
        for name in ["rs256", "RS256 ", " RS256", "RS1", "ES256K", "ES512", "RSA-OAEP", "Ed25519", "EdDSA\0"]
        {
            let token = TokenBuilder::id_token().header("alg", name).build();
            assert_eq!(refusal(&token), JwsRefusal::AlgorithmNotAllowed, "{name:?}");
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
            assert_eq!(refusal(&token.build()), JwsRefusal::Malformed);
        }
    }
}

mod keys {
    use super::*;

    fn with_members(members: serde_json::Value) -> KeySet {
        let mut jwk = rsa_key().jwk("signing-1");
        merge(&mut jwk, members);
        // A second key that nobody names keeps the set usable.
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
            assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::KeyMismatch));
        }
    }

    #[test]
    fn a_curve_of_another_size_is_a_mismatch() {
        let token = TokenBuilder::id_token().header("alg", "ES256").signed_by(p384_key()).build();
        let keys = key_set_of(&[p384_key().jwk("signing-1")]);
        assert_eq!(verify_with(&token, &keys, &[SigningAlgorithm::Es256]), Err(JwsRefusal::KeyMismatch));
    }

    #[test]
    fn a_key_for_another_algorithm_is_a_mismatch() {
        for own in ["RS384", "PS256", "RSA-OAEP", "ES256", "HS256", "none", ""] {
            assert_eq!(with_key(json!({ "alg": own })), Err(JwsRefusal::KeyMismatch), "{own}");
        }
    }

    #[test]
    fn an_encryption_key_is_a_mismatch() {
        for purpose in ["enc", "SIG", "", "verify"] {
            assert_eq!(with_key(json!({ "use": purpose })), Err(JwsRefusal::KeyMismatch), "{purpose}");
        }
    }

    #[test]
    fn a_key_without_the_verify_operation_is_a_mismatch() {
        for operations in [json!([]), json!(["sign"]), json!(["encrypt", "wrapKey"]), json!([5])] {
            assert_eq!(with_key(json!({ "key_ops": operations })), Err(JwsRefusal::KeyMismatch));
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
        for kid in [json!(1), json!(null), json!(["signing-1"]), json!("k".repeat(257))] {
            let token = TokenBuilder::id_token().header("kid", kid).build();
            assert_eq!(refusal(&token), JwsRefusal::Malformed);
        }
    }

    #[test]
    fn without_kid_two_fitting_keys_are_ambiguous() {
        let token = TokenBuilder::id_token().without_header("kid").build();
        let keys = key_set_of(&[rsa_key().jwk("a"), foreign_rsa_key().jwk("b")]);
        assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::KeyAmbiguous));
    }

    #[test]
    fn two_keys_of_one_kid_and_kind_are_ambiguous() {
        let token = TokenBuilder::id_token().build();
        let keys = key_set_of(&[rsa_key().jwk("signing-1"), foreign_rsa_key().jwk("signing-1")]);
        assert_eq!(verify_with(&token, &keys, RS256), Err(JwsRefusal::KeyAmbiguous));
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
}

mod form {
    use super::*;

    #[test]
    fn crit_is_refused_whatever_it_names() {
        for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null), json!("b64")] {
            let token = TokenBuilder::id_token().header("crit", crit).build();
            assert_eq!(refusal(&token), JwsRefusal::CriticalHeader);
        }
    }

    #[test]
    fn b64_is_refused_also_without_crit() {
        for b64 in [json!(false), json!(true)] {
            let token = TokenBuilder::id_token().header("b64", b64).build();
            assert_eq!(refusal(&token), JwsRefusal::CriticalHeader);
        }
    }

    #[test]
    fn five_parts_are_an_encrypted_token() {
        let token = TokenBuilder::id_token().build();
        assert_eq!(refusal(&format!("{token}.AAAA.AAAA")), JwsRefusal::Encrypted);
    }

    #[test]
    fn other_counts_of_parts_are_malformed() {
        let token = TokenBuilder::id_token().build();
        let parts = ["", ".", "..", "...", ".....", "a", "a.b", "e30.e30.", "e30..AA", ".e30.AA"];
        for token in parts.iter().map(|part| (*part).to_owned()).chain([
            format!("{token}."),
            format!(".{token}"),
            format!("{token}.AAAA"),
        ]) {
            assert_eq!(refusal(&token), JwsRefusal::Malformed, "{token}");
        }
    }

    #[test]
    fn duplicate_members_are_refused_in_header_and_claims() {
        let good = TokenBuilder::id_token();
        let claims = good.claims_text().replacen('{', r#"{"sub":"somebody-else","#, 1);
        assert_eq!(refusal(&good.clone().raw_claims(claims).build()), JwsRefusal::DuplicateMember);

        // Spelled in two ways, one member all the same.
        let claims = good.claims_text().replacen('{', r#"{"\u0073ub":"somebody-else","#, 1);
        assert_eq!(refusal(&good.clone().raw_claims(claims).build()), JwsRefusal::DuplicateMember);

        let nested = r#"{"iss":"x","address":{"a":1,"a":2}}"#;
        assert_eq!(refusal(&good.clone().raw_claims(nested).build()), JwsRefusal::DuplicateMember);

        for header in [
            r#"{"alg":"none","alg":"RS256","kid":"signing-1"}"#,
            r#"{"alg":"RS256","kid":"signing-1","kid":"signing-1"}"#,
        ] {
            assert_eq!(refusal(&good.clone().raw_header(header).build()), JwsRefusal::DuplicateMember);
        }
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        let good = TokenBuilder::id_token();
        for bytes in [
            "",
            "null",
            "[]",
            "5",
            r#""text""#,
            "{",
            r#"{"a":1"#,
            "{}{}",
            "{} x",
            "{'a':1}",
            r#"{"a":1e400}"#,
        ] {
            assert_eq!(refusal(&good.clone().raw_claims(bytes).build()), JwsRefusal::Malformed, "{bytes}");
            assert_eq!(refusal(&good.clone().raw_header(bytes).build()), JwsRefusal::Malformed, "{bytes}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_malformed() {
        let claims = [b"{\"sub\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
        assert_eq!(refusal(&TokenBuilder::id_token().raw_claims(claims).build()), JwsRefusal::Malformed);
        let surrogate = r#"{"sub":"\ud800"}"#;
        assert_eq!(refusal(&TokenBuilder::id_token().raw_claims(surrogate).build()), JwsRefusal::Malformed);
    }

    #[test]
    fn deep_nesting_is_malformed() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let claims = format!(r#"{{"deep":{}1{}}}"#, open.repeat(1000), close.repeat(1000));
            let token = TokenBuilder::id_token().raw_claims(claims).build();
            assert_eq!(refusal(&token), JwsRefusal::Malformed);
        }
    }

    #[test]
    fn a_token_over_the_limit_is_too_large() {
        for bytes in [MAX_TOKEN_BYTES + 1, 100 * 1024] {
            assert_eq!(refusal(&"a".repeat(bytes)), JwsRefusal::TooLarge);
        }
        let padding = "x".repeat(100 * 1024);
        let token = TokenBuilder::id_token().claim("padding", padding).build();
        assert_eq!(refusal(&token), JwsRefusal::TooLarge);
        assert_eq!(refusal(&"a".repeat(MAX_TOKEN_BYTES)), JwsRefusal::Malformed);
    }

    #[test]
    fn padding_other_alphabets_and_white_space_are_malformed() {
        let token = TokenBuilder::id_token().build();
        let [header, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        for bent in [
            format!("{header}=.{claims}.{signature}"),
            format!("{header}.{claims}==.{signature}"),
            format!("{header}.{claims}.{signature}=="),
            format!(" {token}"),
            format!("{token} "),
            format!("{token}\n"),
            format!("{header} .{claims}.{signature}"),
            format!("{header}.\t{claims}.{signature}"),
            format!("{header}.{claims}.{signature}\0"),
            format!("{header}.{claims}.{signature}+"),
            format!("{header}.{claims}.{signature}/"),
            format!("{header}.{claims}.{signature}é"),
        ] {
            assert_eq!(refusal(&bent), JwsRefusal::Malformed, "{bent}");
        }
    }

    #[test]
    fn another_spelling_of_the_last_bits_is_malformed() {
        // 256 bytes of signature end in a character of which only two bits count; the others must be zero.
        let token = TokenBuilder::id_token().build();
        let (most, last) = token.split_at(token.len() - 1);
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let value = alphabet.find(last).unwrap();
        assert_eq!(value % 16, 0);
        for other in value + 1..value + 16 {
            let bent = format!("{most}{}", alphabet.chars().nth(other).unwrap());
            assert_eq!(refusal(&bent), JwsRefusal::Malformed);
        }
    }

    #[test]
    fn an_empty_signature_is_malformed() {
        assert_eq!(refusal(&format!("{}.", TokenBuilder::id_token().message())), JwsRefusal::Malformed);
    }

    #[test]
    fn signatures_of_other_lengths_are_refused() {
        let message = TokenBuilder::id_token().message();
        let signature = rsa_key().sign("RS256", message.as_bytes());
        let longer = [signature.as_slice(), &[0]].concat();
        let zero_before = [&[0], signature.as_slice()].concat();
        for signature in [signature.get(1..).unwrap(), &longer, &zero_before, &[0; 256], &[0xff; 256], &[0]] {
            let token = format!("{message}.{}", base64url(signature));
            assert_eq!(refusal(&token), JwsRefusal::SignatureInvalid);
        }
    }

    #[test]
    fn zero_signatures_of_elliptic_curves_are_refused() {
        // CVE-2022-21449: r = s = 0 verified everything.
        let keys = key_set_of(&[p256_key().jwk("signing-1")]);
        let message = TokenBuilder::id_token().header("alg", "ES256").message();
        let token = format!("{message}.{}", base64url(&[0; 64]));
        assert_eq!(verify_with(&token, &keys, &[SigningAlgorithm::Es256]), Err(JwsRefusal::SignatureInvalid));
    }

    #[test]
    fn claims_of_another_token_do_not_pass() {
        let one = TokenBuilder::id_token().build();
        let other = TokenBuilder::id_token().claim("sub", "somebody-else").build();
        let part = |token: &str, index: usize| token.split('.').nth(index).unwrap().to_owned();
        let mixed = format!("{}.{}.{}", part(&one, 0), part(&other, 1), part(&one, 2));
        assert_eq!(refusal(&mixed), JwsRefusal::SignatureInvalid);
    }
}

mod mutation {
    use super::*;

    /// A small token, so that every byte can be tried.
    fn small() -> String {
        TokenBuilder::new(json!({ "iss": ISSUER })).build()
    }

    #[test]
    fn a_token_cut_at_any_length_is_refused() {
        let token = small();
        for length in 0..token.len() {
            assert!(read(token.get(..length).unwrap()).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn a_token_with_any_bit_flipped_is_refused() {
        let token = small();
        let keys = key_set();
        for index in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                *bytes.get_mut(index).unwrap() ^= 1 << bit;
                let Ok(text) = String::from_utf8(bytes) else { continue };
                let result = UnverifiedToken::parse(&text).and_then(|token| token.verify(&keys, RS256));
                assert!(result.is_err(), "byte {index} bit {bit}");
            }
        }
    }

    #[test]
    fn a_token_without_any_one_byte_is_refused() {
        let token = small();
        for index in 0..token.len() {
            let mut text = token.clone();
            text.remove(index);
            assert!(read(&text).is_err(), "without {index}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn a_mutated_token_never_verifies(
            edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..6)
        ) {
            let token = small();
            let mut bytes = token.clone().into_bytes();
            for (index, kind, byte) in edits {
                if bytes.is_empty() {
                    break;
                }
                let at = index.index(bytes.len());
                match kind {
                    0 => *bytes.get_mut(at).unwrap() = byte,
                    1 => { bytes.remove(at); }
                    2 => bytes.insert(at, byte),
                    _ => bytes.truncate(at),
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            if text != token {
                prop_assert!(read(&text).is_err());
            }
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in "\\PC*") {
            prop_assert!(read(&text).is_err());
        }

        #[test]
        fn any_header_and_claims_are_refused_without_a_panic(
            header in prop::collection::vec(any::<u8>(), 0..60),
            claims in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let token = format!("{}.{}.AAAA", base64url(&header), base64url(&claims));
            prop_assert!(read(&token).is_err());
        }
    }
}
