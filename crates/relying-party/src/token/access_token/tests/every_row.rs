use super::*;
use crate::refusal::log_detail::any_detail;

/// Claims that only ID tokens have, and the claim of logout tokens and security events.
fn foreign() -> [(&'static str, Value); 4] {
    [
        ("nonce", json!(NONCE)),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
        ("c_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
        ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
    ]
}

#[test]
fn the_kind_that_a_token_names_decides_before_claims_of_other_tokens() {
    for (name, value) in foreign() {
        assert!(cognito(&good().claim(name, value.clone())).is_ok(), "{name}");
        assert!(other(&profiled().claim(name, value.clone())).is_ok(), "{name}");
        let bent = good().claim("token_use", "id").claim(name, value.clone());
        assert_eq!(cognito(&bent), Err(AccessTokenRefusal::TokenUse(any_detail())));
        let bent = plain().header("typ", "logout+jwt").claim(name, value);
        assert_eq!(other(&bent), Err(AccessTokenRefusal::TokenUse(any_detail())));
    }
}

#[test]
fn without_typ_no_audience_may_be_the_client_beside_claims_of_an_id_token() {
    let both = json!(["spa", API]);
    for (name, value) in foreign() {
        let with = |token: TokenBuilder| other(&token.claim(name, value.clone()));
        let api_alone = with(plain());
        if name == "events" {
            assert_eq!(api_alone, Err(AccessTokenRefusal::TokenUse(any_detail())));
        } else {
            assert!(api_alone.is_ok(), "{name}");
        }
        // An ID token may have more audiences besides the client.
        assert_eq!(
            with(plain().claim("aud", both.clone())),
            Err(AccessTokenRefusal::TokenUse(any_detail())),
            "{name}"
        );
        // It is unknown which audience is the client.
        let of_nobody = plain().without_claim("client_id").without_claim("azp");
        assert_eq!(with(of_nobody), Err(AccessTokenRefusal::TokenUse(any_detail())), "{name}");
        assert!(other(&plain().claim(name, json!(null)).claim("aud", both.clone())).is_ok(), "{name}");
    }
}

#[test]
fn sub_must_be_there() {
    assert_eq!(cognito(&good().without_claim("sub")), Err(missing("sub")));
    assert_eq!(cognito(&good().claim("sub", "")), Err(missing("sub")));
    assert_eq!(other(&plain().claim("sub", 5)), Err(wrong_type("sub")));
}

#[test]
fn wrongly_typed_descriptions_count_as_absent() {
    assert_eq!(cognito(&good().claim("username", 5)).unwrap().username, None);
    assert_eq!(cognito(&good().claim("cognito:groups", json!([1]))).unwrap().groups, Vec::<String>::new());
    assert_eq!(cognito(&good().claim("scope", json!({}))).unwrap().scope, None);
    assert_eq!(cognito(&good().claim("auth_time", "2020-03-14T18:52:01Z")).unwrap().auth_time, None);
}

#[test]
fn an_optional_claim_may_be_null_and_a_required_one_may_not() {
    for name in ["iat", "nbf", "auth_time", "aud", "azp", "scope", "username", "cognito:groups"] {
        assert!(cognito(&good().claim(name, json!(null))).is_ok(), "{name}");
    }
    for name in ["exp", "iss", "sub", "client_id"] {
        assert_eq!(cognito(&good().claim(name, json!(null))), Err(missing(name)));
    }
    assert_eq!(
        cognito(&good().claim("token_use", json!(null))),
        Err(AccessTokenRefusal::TokenUse(any_detail()))
    );
    assert_eq!(other(&profiled().claim("aud", json!(null))), Err(AccessTokenRefusal::Audience(any_detail())));
}
