#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::configuration::{Role, Sources};
use crate::provider::client_authentication::ClientAuthentication;
use crate::token::test_tokens::TokenBuilder;

fn client() -> ClientCredentials {
    let secret = Secret::new("s3cret");
    ClientCredentials::new("web", ClientAuthentication::Post, Some(&secret)).unwrap()
}

fn good() -> Value {
    json!({
        "access_token": "a.b.c", "id_token": "d.e.f", "refresh_token": "r+/=", "token_type": "Bearer",
        "expires_in": 3600, "scope": "openid email",
    })
}

fn answer(status: u16, body: &Value) -> ProviderResponse {
    let content_type = Some("application/json;charset=UTF-8".to_owned());
    ProviderResponse { status, content_type, body: body.to_string().into_bytes() }
}

/// Judges a good response with one member changed, or removed when the value is `None`.
fn with(name: &str, value: Option<Value>) -> Result<TokenResponse, TokenEndpointRefusal> {
    let mut body = good();
    let members = body.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    judge(&answer(200, &body))
}

fn refusal_of(status: u16, body: &Value) -> TokenEndpointRefusal {
    judge(&answer(status, body)).unwrap_err()
}

mod requests {
    use super::*;

    fn form(request: &ProviderRequest) -> String {
        request.form.as_ref().unwrap().expose().to_owned()
    }

    fn arguments() -> [(String, Secret); 1] {
        [("resource".to_owned(), Secret::new("https://api.example.com"))]
    }

    #[test]
    fn a_code_is_exchanged_with_its_redirect_uri_and_verifier() {
        let request = code_request(
            "https://auth.example.com/oauth2/token",
            &client(),
            &arguments(),
            "c&d",
            "https://app.example.com/oauth2/callback",
            "verifier",
        );
        assert_eq!(request.method, http::Method::POST);
        assert_eq!(request.url, "https://auth.example.com/oauth2/token");
        assert_eq!(request.kind, CallKind::Token { grant: Grant::AuthorizationCode });
        assert_eq!(
            form(&request),
            "grant_type=authorization_code&code=c%26d\
             &redirect_uri=https%3A%2F%2Fapp.example.com%2Foauth2%2Fcallback&code_verifier=verifier\
             &resource=https%3A%2F%2Fapi.example.com&client_id=web&client_secret=s3cret"
        );
    }

    #[test]
    fn a_refresh_names_neither_scope_nor_redirect_uri() {
        let refresh_token = Secret::new("r+1");
        let request =
            refresh_request("https://auth.example.com/token", &client(), &refresh_token, &arguments(), true);
        assert_eq!(request.kind, CallKind::Token { grant: Grant::RefreshToken { repeatable: true } });
        assert_eq!(
            form(&request),
            "grant_type=refresh_token&refresh_token=r%2B1&resource=https%3A%2F%2Fapi.example.com&client_id=web&client_secret=s3cret"
        );
    }

    #[test]
    fn a_revocation_names_the_refresh_token() {
        let request = revocation_request("https://auth.example.com/revoke", &client(), &Secret::new("r1"));
        assert_eq!(request.kind, CallKind::Revocation);
        assert_eq!(
            form(&request),
            "token=r1&token_type_hint=refresh_token&client_id=web&client_secret=s3cret"
        );
    }

    #[test]
    fn a_form_says_so_and_asks_for_json() {
        let request =
            refresh_request("https://auth.example.com/token", &client(), &Secret::new("r1"), &[], false);
        let headers: Vec<_> = request.headers.iter().map(|(name, value)| (*name, value.expose())).collect();
        assert_eq!(
            headers,
            [("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")]
        );
    }

    #[test]
    fn debug_shows_neither_code_nor_token() {
        let arguments = [("key".to_owned(), Secret::new("argum3nt"))];
        let code =
            code_request("https://example.com/t", &client(), &arguments, "c0de", "https://app", "ver1fier");
        let refresh =
            refresh_request("https://example.com/t", &client(), &Secret::new("refr3sh"), &arguments, false);
        let shown = format!("{code:?} {refresh:?}");
        for secret in ["c0de", "ver1fier", "refr3sh", "s3cret", "argum3nt"] {
            assert!(!shown.contains(secret), "{secret}");
        }
    }
}

mod answers {
    use super::*;
    use crate::refusal::particular::untold;

    #[test]
    fn a_good_answer_is_read() {
        let tokens = judge(&answer(200, &good())).unwrap();
        assert_eq!(tokens.access_token.expose(), "a.b.c");
        assert_eq!(tokens.id_token.unwrap().expose(), "d.e.f");
        assert_eq!(tokens.refresh_token.unwrap().expose(), "r+/=");
        assert_eq!(tokens.expires_in, Some(3600));
        assert_eq!(tokens.scope.as_deref(), Some("openid email"));
    }

    #[test]
    fn what_is_optional_may_be_absent_or_null() {
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
            assert_eq!(refusal, TokenEndpointRefusal::TokenType(untold()));
        }
    }

    #[test]
    fn what_is_required_must_be_there() {
        for name in ["access_token", "token_type"] {
            for value in [None, Some(json!(null))] {
                assert_eq!(
                    with(name, value).unwrap_err(),
                    TokenEndpointRefusal::Malformed(untold()),
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
                    TokenEndpointRefusal::Malformed(untold()),
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
        for text in
            ["", " 1", "1 ", "-1", "+1", "1.5", "1e3", "0x1", "\u{0661}", "99999999999999999999", "soon"]
        {
            let refusal = with("expires_in", Some(json!(text))).unwrap_err();
            assert_eq!(refusal, TokenEndpointRefusal::Malformed(untold()), "{text}");
        }
        for value in [json!(-1), json!(-0.5), json!(true), json!(u64::MAX), json!(1e300)] {
            let refusal = with("expires_in", Some(value.clone())).unwrap_err();
            assert_eq!(refusal, TokenEndpointRefusal::Malformed(untold()), "{value}");
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
        for value in
            [json!(5), json!(["openid", 5]), json!([["openid"]]), json!({ "openid": true }), json!(true)]
        {
            let refusal = with("scope", Some(value.clone())).unwrap_err();
            assert_eq!(refusal, TokenEndpointRefusal::Malformed(untold()), "{value}");
        }
    }

    #[test]
    fn an_optional_token_that_is_empty_is_absent() {
        assert!(with("refresh_token", Some(json!(""))).unwrap().refresh_token.is_none());
        assert!(with("id_token", Some(json!(""))).unwrap().id_token.is_none());
        assert!(with("access_token", Some(json!(""))).is_err());
    }

    #[test]
    fn what_is_no_object_is_malformed() {
        for body in ["", "null", "[]", "<html>", r#"{"access_token":"a","access_token":"b"}"#] {
            let response =
                ProviderResponse { status: 200, content_type: None, body: body.as_bytes().to_vec() };
            assert_eq!(judge(&response).unwrap_err(), TokenEndpointRefusal::Malformed(untold()), "{body}");
        }
    }

    #[test]
    fn an_answer_cut_at_any_length_is_malformed() {
        let whole = good().to_string().into_bytes();
        for length in 0..whole.len() {
            let body = whole.get(..length).unwrap().to_vec();
            let response = ProviderResponse { status: 200, content_type: None, body };
            assert_eq!(judge(&response).unwrap_err(), TokenEndpointRefusal::Malformed(untold()));
        }
    }

    #[test]
    fn tokens_with_any_status_but_200_are_refused() {
        for status in [100, 201, 204, 206, 301, 302, 307, 400, 401] {
            assert_eq!(refusal_of(status, &good()), TokenEndpointRefusal::Malformed(untold()), "{status}");
        }
    }

    #[test]
    fn an_error_with_status_200_is_no_answer() {
        let refusal = refusal_of(200, &json!({ "error": "invalid_grant" }));
        assert_eq!(refusal, TokenEndpointRefusal::Malformed(untold()));
    }

    /// SimpleLogin and the front ends of some providers answer so, and Slack with status 200.
    #[test]
    fn a_refusal_of_a_code_in_other_words_is_one_of_the_request() {
        let malformed = || TokenEndpointRefusal::Malformed(untold());
        let of_request = || TokenEndpointRefusal::InvalidRequest(untold());
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
            assert_eq!(judge_code(&response).unwrap_err(), refusal, "{status} {body}");
        }
        assert!(judge_code(&answer(200, &good())).is_ok());
    }

    #[test]
    fn every_error_of_the_specification_is_told_apart() {
        for (error, refusal) in [
            ("invalid_client", TokenEndpointRefusal::InvalidClient),
            ("invalid_grant", TokenEndpointRefusal::InvalidGrant),
            ("invalid_request", TokenEndpointRefusal::InvalidRequest(untold())),
            ("invalid_scope", TokenEndpointRefusal::InvalidScope(untold())),
            ("invalid_target", TokenEndpointRefusal::InvalidScope(untold())),
            ("unauthorized_client", TokenEndpointRefusal::UnauthorizedClient),
            ("unsupported_grant_type", TokenEndpointRefusal::InvalidRequest(untold())),
            ("temporarily_unavailable", TokenEndpointRefusal::Unavailable),
            ("something_else", TokenEndpointRefusal::Malformed(untold())),
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
        for body in
            ["", "<html>", "{", r#"{"error":5}"#, r#"{"error":"invalid_grant","error":"invalid_grant"}"#]
        {
            let response =
                ProviderResponse { status: 400, content_type: None, body: body.as_bytes().to_vec() };
            assert_eq!(judge(&response).unwrap_err(), TokenEndpointRefusal::Malformed(untold()), "{body}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let response = answer(200, &good());
        let shown = format!("{response:?} {:?}", judge(&response).unwrap());
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
            prop_assert!(judge(&response).is_err());
            let _ = judge_revocation(&response);
        }
    }
}

mod revocations {
    use super::*;
    use crate::refusal::particular::untold;

    fn judged(status: u16, body: &str) -> Result<(), TokenEndpointRefusal> {
        judge_revocation(&ProviderResponse { status, content_type: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn status_200_is_enough() {
        assert_eq!(judged(200, ""), Ok(()));
        assert_eq!(judged(200, "anything"), Ok(()));
        assert_eq!(judged(204, ""), Ok(()));
    }

    #[test]
    fn errors_are_told_apart() {
        for (status, body, refusal) in [
            (400, r#"{"error":"invalid_request"}"#, TokenEndpointRefusal::InvalidRequest(untold())),
            (400, r#"{"error":"unsupported_token_type"}"#, TokenEndpointRefusal::UnsupportedTokenType),
            (401, r#"{"error":"invalid_client"}"#, TokenEndpointRefusal::InvalidClient),
            (400, "", TokenEndpointRefusal::Malformed(untold())),
            (302, "", TokenEndpointRefusal::Malformed(untold())),
            (503, "", TokenEndpointRefusal::Unavailable),
        ] {
            assert_eq!(judged(status, body), Err(refusal), "{status} {body}");
        }
    }
}

#[test]
fn an_answer_without_scope_grants_what_was_expected() {
    let document = "issuer: https://id.example.com\nclient_id: app\nclient_secret: secret\n\
         public_url: https://app.example.com\nsession_secret: 0123456789abcdef0123456789abcdef\n";
    let sources = Sources { document: Some(document), ..Sources::default() };
    let configuration = Configuration::from_sources(&sources, Role::Callback).unwrap();
    let granted = |access_token: &str, scope: Option<&str>| {
        let tokens = TokenResponse {
            access_token: Secret::new(access_token),
            id_token: None,
            refresh_token: None,
            expires_in: None,
            scope: scope.map(str::to_owned),
        };
        tokens.granted_scope(&configuration, Some("openid".to_owned()))
    };
    assert_eq!(granted("opaque", None).as_deref(), Some("openid"));
    assert_eq!(granted("opaque", Some("openid email")).as_deref(), Some("openid email"));
    // A user pool that is configured as a generic provider is recognised all the same.
    let own = TokenBuilder::access_token().claim("scope", "openid email").build();
    assert_eq!(granted(&own, None).as_deref(), Some("openid email"));
    for silent in [
        TokenBuilder::access_token().without_claim("scope"),
        TokenBuilder::access_token().claim("scope", ""),
        TokenBuilder::access_token().claim("scope", 5),
    ] {
        assert_eq!(granted(&silent.build(), None).as_deref(), Some(""));
    }
    let elsewhere = TokenBuilder::access_token().without_claim("token_use").build();
    assert_eq!(granted(&elsewhere, None).as_deref(), Some("openid"));
}
