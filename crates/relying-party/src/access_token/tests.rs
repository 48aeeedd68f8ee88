#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::token_builder::{CLIENT_ID, ISSUER, NONCE, NOW, TokenBuilder};

const LEEWAY: i64 = 60;
const OTHER_ISSUER: &str = "https://login.example.com/";
const API: &str = "https://api.example.com";

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn cognito_row() -> BearerIssuer {
    BearerIssuer {
        issuer: ISSUER.to_owned(),
        jwks_endpoint: None,
        kind: IssuerKind::Cognito,
        audiences: Vec::new(),
        client_ids: texts(&["another-client", CLIENT_ID]),
    }
}

fn other_row() -> BearerIssuer {
    BearerIssuer {
        issuer: OTHER_ISSUER.to_owned(),
        jwks_endpoint: None,
        kind: IssuerKind::Other,
        audiences: texts(&[API, "https://second.example.com"]),
        client_ids: Vec::new(),
    }
}

/// A token of Cognito's form.
fn good() -> TokenBuilder {
    TokenBuilder::access_token()
}

/// A token of RFC 9068.
fn profiled() -> TokenBuilder {
    plain().header("typ", "at+jwt")
}

/// The same from a provider that does not write `typ: at+jwt`.
fn plain() -> TokenBuilder {
    TokenBuilder::new(json!({
        "iss": OTHER_ISSUER,
        "sub": "ada",
        "aud": [API, "https://login.example.com/userinfo"],
        "client_id": "spa",
        "scope": "read write",
        "preferred_username": "ada.l",
        "groups": ["people"],
        "iat": NOW.unix() - 5,
        "exp": NOW.unix() + 595,
    }))
    .header("typ", "JWT")
}

fn check_with(token: &TokenBuilder, row: &BearerIssuer) -> Result<AccessToken, AccessTokenRefusal> {
    check(token.verified(), row, &AccessTokenExpectations { groups_claim: None, leeway: LEEWAY, now: NOW })
}

fn cognito(token: &TokenBuilder) -> Result<AccessToken, AccessTokenRefusal> {
    check_with(token, &cognito_row())
}

fn other(token: &TokenBuilder) -> Result<AccessToken, AccessTokenRefusal> {
    check_with(token, &other_row())
}

fn wrong_type(name: &'static str) -> AccessTokenRefusal {
    AccessTokenRefusal::Claim(ClaimRefusal::WrongType(name))
}

fn missing(name: &'static str) -> AccessTokenRefusal {
    AccessTokenRefusal::Claim(ClaimRefusal::Missing(name))
}

mod rows {
    use super::*;

    #[test]
    fn the_row_is_chosen_by_the_exact_issuer() {
        let rows = [other_row(), cognito_row()];
        assert_eq!(select_row(Some(ISSUER), &rows), Ok(&cognito_row()));
        assert_eq!(select_row(Some(OTHER_ISSUER), &rows), Ok(&other_row()));
    }

    #[test]
    fn an_issuer_in_any_other_spelling_has_no_row() {
        let rows = [other_row(), cognito_row()];
        let without_slash = OTHER_ISSUER.trim_end_matches('/');
        for issuer in
            [without_slash, "", "https://attacker.example", &ISSUER.to_uppercase(), &format!("{ISSUER}/")]
        {
            assert_eq!(select_row(Some(issuer), &rows), Err(AccessTokenRefusal::UnknownIssuer));
        }
        assert_eq!(select_row(None, &rows), Err(AccessTokenRefusal::UnknownIssuer));
        assert_eq!(select_row(Some(ISSUER), &[]), Err(AccessTokenRefusal::UnknownIssuer));
    }

    #[test]
    fn a_token_of_another_row_is_refused() {
        assert_eq!(check_with(&good(), &other_row()), Err(AccessTokenRefusal::UnknownIssuer));
        assert_eq!(check_with(&profiled(), &cognito_row()), Err(AccessTokenRefusal::UnknownIssuer));
    }

    #[test]
    fn a_row_that_would_accept_everybody_accepts_nobody() {
        let empty = BearerIssuer { client_ids: Vec::new(), ..cognito_row() };
        assert_eq!(check_with(&good(), &empty), Err(AccessTokenRefusal::RowWithoutAudience));
        let clients_only = BearerIssuer { audiences: Vec::new(), client_ids: texts(&["spa"]), ..other_row() };
        assert_eq!(check_with(&profiled(), &clients_only), Err(AccessTokenRefusal::RowWithoutAudience));
    }
}

mod cognito {
    use super::*;

    #[test]
    fn a_good_token_is_read() {
        let token = cognito(&good()).unwrap();
        assert_eq!(token.issuer, ISSUER);
        assert_eq!(token.subject, "b2c4a8f0-0000-4000-8000-000000000001");
        assert_eq!(token.username.as_deref(), Some("ada"));
        assert_eq!(token.email, None);
        assert_eq!(token.groups, ["staff"]);
        assert_eq!(token.scope.as_deref(), Some("openid email"));
        assert_eq!(token.client_id.as_deref(), Some(CLIENT_ID));
        assert_eq!(token.issued_at, Some(NOW.plus(-5)));
        assert_eq!(token.auth_time, Some(NOW.plus(-5)));
        assert_eq!(token.expires_at, NOW.plus(3595));
    }

    #[test]
    fn a_token_of_a_client_without_a_user_is_read() {
        let token = ["username", "cognito:groups", "auth_time"]
            .iter()
            .fold(good(), |token, name| token.without_claim(name))
            .claim("sub", CLIENT_ID);
        let token = cognito(&token).unwrap();
        assert_eq!((token.subject.as_str(), token.username), (CLIENT_ID, None));
    }

    #[test]
    fn an_id_token_is_refused() {
        let id_token = TokenBuilder::id_token();
        assert_eq!(cognito(&id_token), Err(AccessTokenRefusal::TokenUse));
        let bent = id_token.without_claim("nonce").claim("client_id", CLIENT_ID);
        assert_eq!(cognito(&bent), Err(AccessTokenRefusal::TokenUse));
    }

    #[test]
    fn token_use_must_be_access() {
        for token_use in ["id", "", "Access", "refresh"] {
            assert_eq!(cognito(&good().claim("token_use", token_use)), Err(AccessTokenRefusal::TokenUse));
        }
        assert_eq!(cognito(&good().without_claim("token_use")), Err(AccessTokenRefusal::TokenUse));
        assert_eq!(cognito(&good().claim("token_use", json!(["access"]))), Err(wrong_type("token_use")));
    }

    #[test]
    fn another_client_is_refused() {
        for client in ["somebody-elses", &CLIENT_ID.to_uppercase(), &format!("{CLIENT_ID} ")] {
            assert_eq!(cognito(&good().claim("client_id", client)), Err(AccessTokenRefusal::Client));
        }
        assert_eq!(cognito(&good().without_claim("client_id")), Err(missing("client_id")));
        assert_eq!(cognito(&good().claim("client_id", json!([CLIENT_ID]))), Err(wrong_type("client_id")));
    }

    #[test]
    fn azp_does_not_stand_in_for_client_id() {
        let token = good().without_claim("client_id").claim("azp", CLIENT_ID);
        assert_eq!(cognito(&token), Err(missing("client_id")));
    }

    #[test]
    fn a_token_bound_to_another_resource_is_refused() {
        assert_eq!(
            cognito(&good().claim("aud", "https://elsewhere.example")),
            Err(AccessTokenRefusal::Audience)
        );
        assert_eq!(cognito(&good().claim("aud", json!([5]))), Err(wrong_type("aud")));
    }

    #[test]
    fn a_token_bound_to_a_client_of_ours_is_read() {
        assert!(cognito(&good().claim("aud", CLIENT_ID)).is_ok());
    }

    #[test]
    fn a_row_with_audiences_and_clients_asks_for_both() {
        let row = BearerIssuer { audiences: texts(&[API]), ..cognito_row() };
        assert!(check_with(&good().claim("aud", API), &row).is_ok());
        assert_eq!(check_with(&good(), &row), Err(AccessTokenRefusal::Audience));
        assert_eq!(check_with(&good().claim("aud", CLIENT_ID), &row), Err(AccessTokenRefusal::Audience));
        let foreign = good().claim("aud", API).claim("client_id", "somebody-elses");
        assert_eq!(check_with(&foreign, &row), Err(AccessTokenRefusal::Client));
    }

    #[test]
    fn a_row_with_audiences_alone_takes_any_client() {
        let row = BearerIssuer { audiences: texts(&[API]), client_ids: Vec::new(), ..cognito_row() };
        assert!(check_with(&good().claim("aud", API).claim("client_id", "any"), &row).is_ok());
        assert_eq!(check_with(&good(), &row), Err(AccessTokenRefusal::Audience));
    }
}

mod elsewhere {
    use super::*;

    #[test]
    fn a_good_token_is_read() {
        for token in [profiled(), plain()] {
            let token = other(&token).unwrap();
            assert_eq!(token.subject, "ada");
            assert_eq!(token.username.as_deref(), Some("ada.l"));
            assert_eq!(token.groups, ["people"]);
            assert_eq!(token.scope.as_deref(), Some("read write"));
            assert_eq!(token.client_id.as_deref(), Some("spa"));
        }
    }

    #[test]
    fn a_scope_that_is_a_list_is_joined() {
        let token = other(&plain().claim("scope", json!(["read", "write"]))).unwrap();
        assert_eq!(token.scope.as_deref(), Some("read write"));
        assert_eq!(other(&plain().claim("scope", 5)), Err(wrong_type("scope")));
    }

    #[test]
    fn no_accepted_audience_is_refused() {
        for audience in [json!("spa"), json!([]), json!(["https://api.example.com/"]), json!("")] {
            assert_eq!(other(&profiled().claim("aud", audience)), Err(AccessTokenRefusal::Audience));
        }
        assert_eq!(other(&profiled().without_claim("aud")), Err(AccessTokenRefusal::Audience));
        assert_eq!(other(&profiled().claim("aud", json!([API, 5]))), Err(wrong_type("aud")));
    }

    #[test]
    fn token_use_stands_in_for_nothing() {
        let token = plain().claim("token_use", "access").without_claim("aud");
        assert_eq!(other(&token), Err(AccessTokenRefusal::Audience));
    }

    #[test]
    fn a_token_whose_audience_is_its_client_needs_the_typ_of_an_access_token() {
        let row = BearerIssuer { audiences: texts(&["spa"]), ..other_row() };
        for name in ["client_id", "azp"] {
            let token = plain().without_claim("client_id").claim("aud", "spa").claim(name, "spa");
            assert_eq!(check_with(&token, &row), Err(AccessTokenRefusal::TokenUse), "{name}");
            assert!(check_with(&token.header("typ", "application/at+JWT"), &row).is_ok());
        }
    }

    #[test]
    fn a_token_whose_audience_is_a_configured_client_needs_the_typ_of_an_access_token() {
        let row =
            BearerIssuer { audiences: texts(&["web"]), client_ids: texts(&["web", "spa"]), ..other_row() };
        let token = plain().claim("aud", "web");
        assert_eq!(check_with(&token, &row), Err(AccessTokenRefusal::TokenUse));
        assert!(check_with(&token.header("typ", "at+jwt"), &row).is_ok());
    }

    #[test]
    fn typ_of_another_token_is_refused() {
        for typ in ["logout+jwt", "secevent+jwt", "id_token+jwt", "dpop+jwt", "at-jwt", ""] {
            assert_eq!(other(&plain().header("typ", typ)), Err(AccessTokenRefusal::TokenUse), "{typ}");
        }
        assert!(other(&plain().without_header("typ")).is_ok());
    }

    #[test]
    fn clients_restrict_when_they_are_given() {
        let row = BearerIssuer { client_ids: texts(&["spa"]), ..other_row() };
        assert!(check_with(&profiled(), &row).is_ok());
        assert!(check_with(&profiled().without_claim("client_id").claim("azp", "spa"), &row).is_ok());
        assert_eq!(check_with(&profiled().claim("client_id", "web"), &row), Err(AccessTokenRefusal::Client));
        assert_eq!(check_with(&profiled().without_claim("client_id"), &row), Err(AccessTokenRefusal::Client));
    }

    #[test]
    fn client_id_comes_before_azp() {
        let row = BearerIssuer { client_ids: texts(&["spa"]), ..other_row() };
        let token = profiled().claim("client_id", "web").claim("azp", "spa");
        assert_eq!(check_with(&token, &row), Err(AccessTokenRefusal::Client));
    }
}

mod every_row {
    use super::*;

    #[test]
    fn claims_of_other_tokens_are_refused() {
        for (name, value) in [
            ("nonce", json!(NONCE)),
            ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
            ("c_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
            ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
            ("nonce", json!(null)),
        ] {
            assert_eq!(cognito(&good().claim(name, value.clone())), Err(AccessTokenRefusal::TokenUse));
            assert_eq!(other(&profiled().claim(name, value)), Err(AccessTokenRefusal::TokenUse));
        }
    }

    #[test]
    fn exp_must_be_there_and_ends_with_the_leeway() {
        let at = |exp: i64| cognito(&good().claim("exp", NOW.unix() + exp));
        assert_eq!(at(-LEEWAY), Err(AccessTokenRefusal::Expired));
        assert!(at(-LEEWAY + 1).is_ok());
        assert_eq!(cognito(&good().without_claim("exp")), Err(missing("exp")));
        assert_eq!(other(&profiled().without_claim("exp")), Err(missing("exp")));
    }

    #[test]
    fn nbf_begins_with_the_leeway() {
        let at = |nbf: i64| other(&plain().claim("nbf", NOW.unix() + nbf));
        assert_eq!(at(LEEWAY + 1), Err(AccessTokenRefusal::NotYetValid));
        assert!(at(LEEWAY).is_ok());
    }

    #[test]
    fn iat_may_be_absent_or_ahead_by_the_leeway() {
        let at = |iat: i64| cognito(&good().claim("iat", NOW.unix() + iat));
        assert_eq!(at(LEEWAY + 1), Err(AccessTokenRefusal::FromTheFuture));
        assert!(at(LEEWAY).is_ok());
        assert_eq!(cognito(&good().without_claim("iat")).unwrap().issued_at, None);
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        for name in ["exp", "iat", "nbf", "auth_time"] {
            for date in [json!(NOW.unix().to_string()), json!(null), json!(-1), json!(1e300), json!(u64::MAX)]
            {
                assert_eq!(
                    cognito(&good().claim(name, date.clone())),
                    Err(wrong_type(name)),
                    "{name}: {date}"
                );
            }
        }
    }

    #[test]
    fn sub_must_be_there() {
        assert_eq!(cognito(&good().without_claim("sub")), Err(missing("sub")));
        assert_eq!(cognito(&good().claim("sub", "")), Err(missing("sub")));
        assert_eq!(other(&plain().claim("sub", 5)), Err(wrong_type("sub")));
    }

    #[test]
    fn wrongly_typed_descriptions_are_refused() {
        assert_eq!(cognito(&good().claim("username", 5)), Err(wrong_type("username")));
        assert_eq!(cognito(&good().claim("cognito:groups", json!([1]))), Err(wrong_type("groups")));
        assert_eq!(cognito(&good().claim("scope", json!({}))), Err(wrong_type("scope")));
    }
}

mod credential {
    use super::*;
    use crate::request::Headers;

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
}
