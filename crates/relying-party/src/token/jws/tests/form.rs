use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn crit_is_refused_whatever_it_names() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null), json!("b64")] {
        let token = TokenBuilder::id_token().header("crit", crit).build();
        assert_eq!(refusal(&token), JwsRefusal::CriticalHeader(any_detail()));
    }
}

#[test]
fn b64_is_refused_also_without_crit() {
    for b64 in [json!(false), json!(true)] {
        let token = TokenBuilder::id_token().header("b64", b64).build();
        assert_eq!(refusal(&token), JwsRefusal::CriticalHeader(any_detail()));
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
        assert_eq!(refusal(&token), JwsRefusal::Malformed(any_detail()), "{token}");
    }
}

#[test]
fn duplicate_members_are_refused_in_header_and_claims() {
    let good = TokenBuilder::id_token();
    let claims = good.claims_text().replacen('{', r#"{"sub":"somebody-else","#, 1);
    assert_eq!(refusal(&good.clone().raw_claims(claims).build()), JwsRefusal::DuplicateMember(any_detail()));

    // Two spellings of one member name are still a duplicate.
    let claims = good.claims_text().replacen('{', r#"{"\u0073ub":"somebody-else","#, 1);
    assert_eq!(refusal(&good.clone().raw_claims(claims).build()), JwsRefusal::DuplicateMember(any_detail()));

    let nested = r#"{"iss":"x","address":{"a":1,"a":2}}"#;
    assert_eq!(refusal(&good.clone().raw_claims(nested).build()), JwsRefusal::DuplicateMember(any_detail()));

    for header in [
        r#"{"alg":"none","alg":"RS256","kid":"signing-1"}"#,
        r#"{"alg":"RS256","kid":"signing-1","kid":"signing-1"}"#,
    ] {
        assert_eq!(
            refusal(&good.clone().raw_header(header).build()),
            JwsRefusal::DuplicateMember(any_detail())
        );
    }
}

#[test]
fn a_text_that_is_no_object_is_malformed() {
    let good = TokenBuilder::id_token();
    for bytes in
        ["", "null", "[]", "5", r#""text""#, "{", r#"{"a":1"#, "{}{}", "{} x", "{'a':1}", r#"{"a":1e400}"#]
    {
        assert_eq!(
            refusal(&good.clone().raw_claims(bytes).build()),
            JwsRefusal::Malformed(any_detail()),
            "{bytes}"
        );
        assert_eq!(
            refusal(&good.clone().raw_header(bytes).build()),
            JwsRefusal::Malformed(any_detail()),
            "{bytes}"
        );
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_malformed() {
    let claims = [b"{\"sub\":\"".as_slice(), &[0xff, 0xfe], b"\"}"].concat();
    assert_eq!(
        refusal(&TokenBuilder::id_token().raw_claims(claims).build()),
        JwsRefusal::Malformed(any_detail())
    );
    let surrogate = r#"{"sub":"\ud800"}"#;
    assert_eq!(
        refusal(&TokenBuilder::id_token().raw_claims(surrogate).build()),
        JwsRefusal::Malformed(any_detail())
    );
}

#[test]
fn deep_nesting_is_malformed() {
    let closed = |open: &str, close: &str| format!("{}1{}", open.repeat(1000), close.repeat(1000));
    for deep in [closed("[", "]"), closed(r#"{"a":"#, "}"), "[".repeat(10_000)] {
        let token = TokenBuilder::id_token().raw_claims(format!(r#"{{"deep":{deep}}}"#)).build();
        assert!(token.len() < MAX_TOKEN_BYTES);
        assert_eq!(refusal(&token), JwsRefusal::Malformed(any_detail()));
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
    assert_eq!(refusal(&"a".repeat(MAX_TOKEN_BYTES)), JwsRefusal::Malformed(any_detail()));
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
        assert_eq!(refusal(&bent), JwsRefusal::Malformed(any_detail()), "{bent}");
    }
}

#[test]
fn another_spelling_of_the_last_bits_is_malformed() {
    // A signature of 256 bytes ends in a character of which only two bits count; the others must be zero.
    let token = TokenBuilder::id_token().build();
    let (most, last) = token.split_at(token.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = alphabet.find(last).unwrap();
    assert_eq!(value % 16, 0);
    for other in value + 1..value + 16 {
        let bent = format!("{most}{}", alphabet.chars().nth(other).unwrap());
        assert_eq!(refusal(&bent), JwsRefusal::Malformed(any_detail()));
    }
}

#[test]
fn an_empty_signature_is_malformed() {
    assert_eq!(
        refusal(&format!("{}.", TokenBuilder::id_token().message())),
        JwsRefusal::Malformed(any_detail())
    );
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
