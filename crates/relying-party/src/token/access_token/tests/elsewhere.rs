use super::*;
use crate::refusal::log_detail::any_detail;

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
    assert_eq!(other(&plain().claim("scope", 5)).unwrap().scope, None);
}

#[test]
fn no_accepted_audience_is_refused() {
    for audience in [json!("spa"), json!([]), json!(["https://api.example.com/"]), json!("")] {
        assert_eq!(
            other(&profiled().claim("aud", audience)),
            Err(AccessTokenRefusal::Audience(any_detail()))
        );
    }
    assert_eq!(other(&profiled().without_claim("aud")), Err(AccessTokenRefusal::Audience(any_detail())));
    assert_eq!(other(&profiled().claim("aud", json!([API, 5]))), Err(wrong_type("aud")));
}

#[test]
fn token_use_stands_in_for_nothing() {
    let token = plain().claim("token_use", "access").without_claim("aud");
    assert_eq!(other(&token), Err(AccessTokenRefusal::Audience(any_detail())));
}

#[test]
fn a_token_whose_audience_is_its_client_needs_the_typ_of_an_access_token() {
    let row = BearerIssuer { audiences: texts(&["spa"]), ..other_row() };
    for name in ["client_id", "azp"] {
        let token = plain().without_claim("client_id").claim("aud", "spa").claim(name, "spa");
        assert_eq!(check_with(&token, &row), Err(AccessTokenRefusal::TokenUse(any_detail())), "{name}");
        assert!(check_with(&token.header("typ", "application/at+JWT"), &row).is_ok());
    }
}

#[test]
fn a_token_whose_audience_is_a_configured_client_needs_the_typ_of_an_access_token() {
    let row = BearerIssuer { audiences: texts(&["web"]), client_ids: texts(&["web", "spa"]), ..other_row() };
    let token = plain().claim("aud", "web");
    assert_eq!(check_with(&token, &row), Err(AccessTokenRefusal::TokenUse(any_detail())));
    assert!(check_with(&token.header("typ", "at+jwt"), &row).is_ok());
}

#[test]
fn one_audience_beside_the_client_is_enough_without_typ() {
    let row = BearerIssuer { audiences: texts(&[API, "spa"]), ..other_row() };
    assert!(check_with(&plain().claim("aud", json!(["spa", API])), &row).is_ok());
}

#[test]
fn typ_of_another_token_is_refused() {
    for typ in ["logout+jwt", "secevent+jwt", "id_token+jwt", "dpop+jwt", "at-jwt", ""] {
        assert_eq!(
            other(&plain().header("typ", typ)),
            Err(AccessTokenRefusal::TokenUse(any_detail())),
            "{typ}"
        );
    }
    assert!(other(&plain().without_header("typ")).is_ok());
}

#[test]
fn clients_restrict_when_they_are_given() {
    let row = BearerIssuer { client_ids: texts(&["spa"]), ..other_row() };
    assert!(check_with(&profiled(), &row).is_ok());
    assert!(check_with(&profiled().without_claim("client_id").claim("azp", "spa"), &row).is_ok());
    assert_eq!(
        check_with(&profiled().claim("client_id", "web"), &row),
        Err(AccessTokenRefusal::Client(any_detail()))
    );
    assert_eq!(
        check_with(&profiled().without_claim("client_id"), &row),
        Err(AccessTokenRefusal::Client(any_detail()))
    );
}

/// Entra ID names the client in `appid` in version 1.0. With another provider, a user may choose a claim of
/// that name.
#[test]
fn appid_names_the_client_with_entra_id_alone() {
    for (issuer, counts) in [
        ("https://sts.windows.net/7a1f/", true),
        ("https://sts.chinacloudapi.cn/7a1f/", true),
        ("https://login.microsoftonline.com/7a1f/v2.0", false),
        ("https://sts.windows.net.example.com/", false),
        ("https://id.example.com/sts.windows.net/", false),
    ] {
        let row = BearerIssuer { issuer: issuer.to_owned(), client_ids: texts(&["spa"]), ..other_row() };
        let named = |token: TokenBuilder| {
            check_with(&token.claim("iss", issuer).without_claim("client_id"), &row).map(drop)
        };
        let refused = Err(AccessTokenRefusal::Client(any_detail()));
        let expected = if counts { Ok(()) } else { refused.clone() };
        assert_eq!(named(plain().claim("appid", "spa")), expected, "{issuer}");
        assert_eq!(named(plain().claim("appid", "web")), refused, "{issuer}");
        assert_eq!(named(plain().claim("azp", "web").claim("appid", "spa")), refused, "{issuer}");
        // A token for the client itself is an ID token here too.
        let row = BearerIssuer { audiences: texts(&["spa"]), ..row.clone() };
        let for_itself = plain().claim("iss", issuer).without_claim("client_id").claim("appid", "spa");
        assert!(check_with(&for_itself.claim("aud", "spa"), &row).is_err(), "{issuer}");
    }
}

#[test]
fn client_id_comes_before_azp() {
    let row = BearerIssuer { client_ids: texts(&["spa"]), ..other_row() };
    let token = profiled().claim("client_id", "web").claim("azp", "spa");
    assert_eq!(check_with(&token, &row), Err(AccessTokenRefusal::Client(any_detail())));
}
