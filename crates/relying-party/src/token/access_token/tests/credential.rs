use super::*;
use crate::http::request::Headers;

fn headers(fields: &[(&str, &str)]) -> Headers {
    Headers::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// `Some` text for a token, `None` for anything else.
fn one(value: &str) -> Result<String, String> {
    match bearer_credential(&headers(&[("Authorization", value)])) {
        BearerCredential::Token(token) => Ok(token.to_owned()),
        otherwise => Err(format!("{otherwise:?}")),
    }
}

#[test]
fn a_bearer_token_is_read_in_any_case_of_scheme_and_name() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "Bearer   a.b.c", " Bearer a.b.c\t"] {
        assert_eq!(one(value), Ok("a.b.c".to_owned()), "{value}");
    }
    for name in ["authorization", "AUTHORIZATION", "aUthOrization"] {
        let headers = headers(&[("cookie", "x"), (name, "Bearer t")]);
        assert_eq!(bearer_credential(&headers), BearerCredential::Token("t"));
    }
    assert_eq!(one("Bearer AZaz09-._~+/=="), Ok("AZaz09-._~+/==".to_owned()));
}

#[test]
fn without_the_field_it_is_absent() {
    assert_eq!(bearer_credential(&headers(&[("cookie", "x")])), BearerCredential::Absent);
    assert_eq!(bearer_credential(&headers(&[("x-authorization", "Bearer t")])), BearerCredential::Absent);
}

#[test]
fn another_scheme_is_left_to_the_upstream() {
    for value in
        ["Basic dTpw", "basic", "DPoP a.b.c", "Bearertoken", "Bearer-token x", "Digest a=\"b\", c=d", "x"]
    {
        assert_eq!(one(value), Err("Other".to_owned()), "{value}");
    }
}

/// Two fields as an HTTP API joins them: a reader that looks for a bearer token finds one.
#[test]
fn a_bearer_token_behind_another_scheme_is_malformed() {
    for value in
        ["Basic dTpw, Bearer a.b.c", "Basic dTpw,bearer a", "Digest a=\"b\", c=d,\tBearer a", "x,Bearer"]
    {
        assert_eq!(one(value), Err("Malformed".to_owned()), "{value}");
    }
    for value in ["Basic dTpw, DPoP a", "Digest a=\"Bearer a\", c=bearer", "x, Bearertoken a"] {
        assert_eq!(one(value), Err("Other".to_owned()), "{value}");
    }
}

#[test]
fn a_bearer_credential_that_is_no_token_is_malformed() {
    for value in [
        "Bearer",
        "Bearer ",
        "bearer   ",
        "Bearer a b",
        "Bearer a,b",
        "Bearer a, Basic dTpw",
        "Bearer\ta",
        "Bearer:a",
        "Bearer=a",
        "Bearer/a",
        "Bearer,a",
        "Bearer \"a\"",
        "Bearer a\r\nx: y",
        "Bearer a\0",
        "Bearer =",
        "Bearer a=b",
        "Bearer \u{e9}",
        "Bearer\u{a0}a",
        "Bearer \ta",
        "Bearer a;b",
        "Bearer {token}",
    ] {
        assert_eq!(one(value), Err("Malformed".to_owned()), "{value:?}");
    }
}

#[test]
fn a_field_without_a_scheme_is_malformed() {
    for value in ["", " ", "\u{a0}Bearer a", "\"Bearer\" a", ", Bearer a", "=", "\u{200b}Bearer a"] {
        assert_eq!(one(value), Err("Malformed".to_owned()), "{value:?}");
    }
}

#[test]
fn several_fields_are_malformed_whatever_they_say() {
    for fields in [
        [("authorization", "Bearer a"), ("Authorization", "Bearer a")],
        [("Authorization", "Basic dTpw"), ("authorization", "Bearer a")],
        [("Authorization", ""), ("Authorization", "Bearer a")],
        [("Authorization", "Basic dTpw"), ("Authorization", "Basic dTpw")],
    ] {
        assert_eq!(bearer_credential(&headers(&fields)), BearerCredential::Malformed, "{fields:?}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        failure_persistence: None, ..Default::default()
    })]

    #[test]
    fn a_token_is_always_a_part_of_the_field_without_white_space(value in "(?i:bearer)?[ \\PC]{0,20}") {
        if let Ok(token) = one(&value) {
            proptest::prop_assert!(value.ends_with(&token) || value.trim_end_matches([' ', '\t']).ends_with(&token));
            proptest::prop_assert!(token.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
