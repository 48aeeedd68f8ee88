use super::*;

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
    for name in ["exp", "iat", "nbf"] {
        for date in [json!(NOW.unix().to_string()), json!(-1), json!(1e300), json!(u64::MAX)] {
            assert_eq!(cognito(&good().claim(name, date.clone())), Err(wrong_type(name)), "{name}: {date}");
        }
    }
}
