use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn a_good_answer_is_read() {
    let tokens = read_response(&answer(200, &good())).unwrap();
    assert_eq!(tokens.access_token.expose(), "a.b.c");
    assert_eq!(tokens.id_token.unwrap().expose(), "d.e.f");
    assert_eq!(tokens.refresh_token.unwrap().expose(), "r+/=");
    assert_eq!(tokens.expires_in, Some(3600));
    assert_eq!(tokens.scope.as_deref(), Some("openid email"));
}

#[test]
fn an_optional_member_may_be_absent_or_null() {
    for name in ["id_token", "refresh_token", "expires_in", "scope"] {
        for value in [None, Some(json!(null))] {
            assert!(with(name, value).is_ok(), "{name}");
        }
    }
}

#[test]
fn token_type_is_bearer_in_any_case() {
    for token_type in ["bearer", "BEARER", "bEaReR"] {
        assert!(with("token_type", Some(json!(token_type))).is_ok());
    }
    for token_type in ["DPoP", "mac", "", "Bearer ", "N_A"] {
        let refusal = with("token_type", Some(json!(token_type))).unwrap_err();
        assert_eq!(refusal, TokenEndpointRefusal::TokenType(any_detail()));
    }
}

#[test]
fn a_required_member_must_be_there() {
    for name in ["access_token", "token_type"] {
        for value in [None, Some(json!(null))] {
            assert_eq!(
                with(name, value).unwrap_err(),
                TokenEndpointRefusal::Malformed(any_detail()),
                "{name}"
            );
        }
    }
}

#[test]
fn tokens_that_no_header_can_carry_are_malformed() {
    for name in ["access_token", "id_token", "refresh_token"] {
        for value in
            [json!("a b"), json!(" "), json!("a\r\nx: y"), json!("ä"), json!("a\0"), json!(5), json!([])]
        {
            assert_eq!(
                with(name, Some(value)).unwrap_err(),
                TokenEndpointRefusal::Malformed(any_detail()),
                "{name}"
            );
        }
    }
}

#[test]
fn expires_in_is_a_number_or_its_digits_and_not_negative() {
    for (value, seconds) in [
        (json!(0), 0),
        (json!(3599.0), 3599),
        (json!(1.5), 1),
        (json!("3599"), 3599),
        (json!("0"), 0),
        (json!("007"), 7),
    ] {
        assert_eq!(with("expires_in", Some(value)).unwrap().expires_in, Some(seconds));
    }
    for text in ["", " 1", "1 ", "-1", "+1", "1.5", "1e3", "0x1", "\u{0661}", "99999999999999999999", "soon"]
    {
        let refusal = with("expires_in", Some(json!(text))).unwrap_err();
        assert_eq!(refusal, TokenEndpointRefusal::Malformed(any_detail()), "{text}");
    }
    for value in [json!(-1), json!(-0.5), json!(true), json!(u64::MAX), json!(1e300)] {
        let refusal = with("expires_in", Some(value.clone())).unwrap_err();
        assert_eq!(refusal, TokenEndpointRefusal::Malformed(any_detail()), "{value}");
    }
}

#[test]
fn scope_is_a_text_or_a_list_of_texts() {
    for (value, scope) in [
        (json!("openid email"), Some("openid email")),
        (json!(["openid", "user:read:email"]), Some("openid user:read:email")),
        (json!([]), Some("")),
        (json!(""), Some("")),
        (json!(null), None),
    ] {
        assert_eq!(with("scope", Some(value)).unwrap().scope.as_deref(), scope);
    }
    for value in [json!(5), json!(["openid", 5]), json!([["openid"]]), json!({ "openid": true }), json!(true)]
    {
        let refusal = with("scope", Some(value.clone())).unwrap_err();
        assert_eq!(refusal, TokenEndpointRefusal::Malformed(any_detail()), "{value}");
    }
}

#[test]
fn an_optional_token_that_is_empty_is_absent() {
    assert!(with("refresh_token", Some(json!(""))).unwrap().refresh_token.is_none());
    assert!(with("id_token", Some(json!(""))).unwrap().id_token.is_none());
    assert!(with("access_token", Some(json!(""))).is_err());
}

#[test]
fn a_text_that_is_no_object_is_malformed() {
    for body in ["", "null", "[]", "<html>", r#"{"access_token":"a","access_token":"b"}"#] {
        let response = ProviderResponse { status: 200, content_type: None, body: body.as_bytes().to_vec() };
        assert_eq!(
            read_response(&response).unwrap_err(),
            TokenEndpointRefusal::Malformed(any_detail()),
            "{body}"
        );
    }
}

#[test]
fn an_answer_cut_at_any_length_is_malformed() {
    let whole = good().to_string().into_bytes();
    for length in 0..whole.len() {
        let body = whole.get(..length).unwrap().to_vec();
        let response = ProviderResponse { status: 200, content_type: None, body };
        assert_eq!(read_response(&response).unwrap_err(), TokenEndpointRefusal::Malformed(any_detail()));
    }
}

#[test]
fn tokens_with_any_status_but_200_are_refused() {
    for status in [100, 201, 204, 206, 301, 302, 307, 400, 401] {
        assert_eq!(refusal_of(status, &good()), TokenEndpointRefusal::Malformed(any_detail()), "{status}");
    }
}

#[test]
fn an_error_with_status_200_is_no_answer() {
    let refusal = refusal_of(200, &json!({ "error": "invalid_grant" }));
    assert_eq!(refusal, TokenEndpointRefusal::Malformed(any_detail()));
}

/// SimpleLogin and the front ends of some providers answer so, and Slack with status 200.
#[test]
fn a_refusal_of_a_code_in_other_words_is_one_of_the_request() {
    let malformed = || TokenEndpointRefusal::Malformed(any_detail());
    let of_request = || TokenEndpointRefusal::InvalidRequest(any_detail());
    for (status, body, refusal) in [
        (400, r#"{"error":"no such authorization code x"}"#, of_request()),
        (403, "<html>Forbidden</html>", of_request()),
        (404, "", of_request()),
        (422, r#"{"errors":[{"message":"code is invalid"}]}"#, of_request()),
        (200, r#"{"ok":false,"error":"invalid_code"}"#, of_request()),
        (400, r#"{"error":"invalid_grant"}"#, TokenEndpointRefusal::InvalidGrant),
        (200, r#"{"ok":true}"#, malformed()),
        (200, r#"{"error":"x","access_token":"a"}"#, malformed()),
        (200, "<html>", malformed()),
        (201, r#"{"error":"x"}"#, malformed()),
        (302, "", malformed()),
        (500, r#"{"error":"invalid_code"}"#, TokenEndpointRefusal::Unavailable),
    ] {
        let response = ProviderResponse { status, content_type: None, body: body.as_bytes().to_vec() };
        assert_eq!(read_code_response(&response).unwrap_err(), refusal, "{status} {body}");
    }
    assert!(read_code_response(&answer(200, &good())).is_ok());
}

#[test]
fn every_error_of_the_specification_is_told_apart() {
    for (error, refusal) in [
        ("invalid_client", TokenEndpointRefusal::InvalidClient),
        ("invalid_grant", TokenEndpointRefusal::InvalidGrant),
        ("invalid_request", TokenEndpointRefusal::InvalidRequest(any_detail())),
        ("invalid_scope", TokenEndpointRefusal::InvalidScope(any_detail())),
        ("invalid_target", TokenEndpointRefusal::InvalidScope(any_detail())),
        ("unauthorized_client", TokenEndpointRefusal::UnauthorizedClient),
        ("unsupported_grant_type", TokenEndpointRefusal::InvalidRequest(any_detail())),
        ("temporarily_unavailable", TokenEndpointRefusal::Unavailable),
        ("something_else", TokenEndpointRefusal::Malformed(any_detail())),
    ] {
        for status in [400, 401, 403] {
            let body = json!({ "error": error, "error_description": "<script>" });
            assert_eq!(refusal_of(status, &body), refusal, "{error}");
        }
    }
}

#[test]
fn a_server_error_never_ends_a_session() {
    for status in [500, 502, 503, 504, 408, 429] {
        let body = json!({ "error": "invalid_grant" });
        assert_eq!(refusal_of(status, &body), TokenEndpointRefusal::Unavailable, "{status}");
    }
}

#[test]
fn an_error_that_cannot_be_read_is_malformed() {
    for body in ["", "<html>", "{", r#"{"error":5}"#, r#"{"error":"invalid_grant","error":"invalid_grant"}"#]
    {
        let response = ProviderResponse { status: 400, content_type: None, body: body.as_bytes().to_vec() };
        assert_eq!(
            read_response(&response).unwrap_err(),
            TokenEndpointRefusal::Malformed(any_detail()),
            "{body}"
        );
    }
}

#[test]
fn debug_shows_no_token() {
    let response = answer(200, &good());
    let shown = format!("{response:?} {:?}", read_response(&response).unwrap());
    for token in ["a.b.c", "d.e.f", "r+/="] {
        assert!(!shown.contains(token), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_judged_without_a_panic(
        status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..100)
    ) {
        let response = ProviderResponse { status, content_type: None, body };
        prop_assert!(read_response(&response).is_err());
        let _ = read_revocation_response(&response);
    }
}
