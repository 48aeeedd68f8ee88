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
        for date in [json!(NOW.unix().to_string()), json!(null), json!(-1), json!(1e300), json!(u64::MAX)] {
            assert_eq!(cognito(&good().claim(name, date.clone())), Err(wrong_type(name)), "{name}: {date}");
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
