use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn exp_ends_with_the_leeway() {
    let at = |exp: i64| checked(&good().claim("exp", NOW.unix() + exp));
    assert_eq!(at(-LEEWAY), Err(IdTokenRefusal::Expired));
    assert!(at(-LEEWAY + 1).is_ok());
}

#[test]
fn exp_without_leeway_ends_on_its_second() {
    let at = |exp: i64| check_with(&good().claim("exp", NOW.unix() + exp), |e| e.time.leeway = 0);
    assert_eq!(at(0), Err(IdTokenRefusal::Expired));
    assert!(at(1).is_ok());
}

#[test]
fn nbf_begins_with_the_leeway() {
    let at = |nbf: i64| checked(&good().claim("nbf", NOW.unix() + nbf));
    assert_eq!(at(LEEWAY + 1), Err(IdTokenRefusal::NotYetValid));
    assert!(at(LEEWAY).is_ok());
}

#[test]
fn iat_may_be_ahead_by_the_leeway() {
    let at = |iat: i64| checked(&good().claim("iat", NOW.unix() + iat));
    assert_eq!(at(LEEWAY + 1), Err(IdTokenRefusal::FromTheFuture));
    assert!(at(LEEWAY).is_ok());
    assert!(at(-1_000_000).is_ok());
}

#[test]
fn auth_time_may_be_ahead_by_the_leeway() {
    let at = |auth_time: i64| checked(&good().claim("auth_time", NOW.unix() + auth_time));
    assert_eq!(at(LEEWAY + 1), Err(IdTokenRefusal::FromTheFuture));
    assert!(at(LEEWAY).is_ok());
}

#[test]
fn auth_time_is_compared_with_max_age() {
    let time = TimeWithLeeway { now: NOW, leeway: LEEWAY };
    let at = |auth_time: i64| check_max_age(Some(NOW.plus(auth_time)), 300, time);
    assert_eq!(at(-300 - LEEWAY - 1), Err(IdTokenRefusal::AuthTimeTooOld));
    assert_eq!(at(-300 - LEEWAY), Ok(()));
    assert_eq!(check_max_age(Some(NOW), i64::MAX, time), Ok(()));
}

#[test]
fn auth_time_must_be_there_with_max_age() {
    let time = TimeWithLeeway { now: NOW, leeway: LEEWAY };
    assert_eq!(check_max_age(None, 300, time), Err(IdTokenRefusal::AuthTimeTooOld));
    assert!(checked(&good().without_claim("auth_time")).is_ok());
}

#[test]
fn exp_and_iat_must_be_there() {
    assert_eq!(refusal(&good().without_claim("exp")), missing("exp"));
    assert_eq!(refusal(&good().without_claim("iat")), missing("iat"));
}

#[test]
fn dates_that_are_none_are_refused() {
    for name in ["exp", "iat", "nbf"] {
        for date in [
            json!(NOW.unix().to_string()),
            json!("2030-01-01T00:00:00Z"),
            json!(true),
            json!([NOW.unix()]),
            json!(-1),
            json!(-0.5),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(1e300),
            json!(-1e300),
            json!(253_402_300_800_i64),
        ] {
            assert_eq!(refusal(&good().claim(name, date.clone())), wrong_type(name), "{name}: {date}");
        }
    }
}

#[test]
fn an_auth_time_that_is_no_date_counts_as_absent() {
    for auth_time in [json!("2020-03-14T18:52:01Z"), json!("1800000000"), json!(-1), json!([1]), json!(null)]
    {
        let token = good().claim("auth_time", auth_time);
        assert_eq!(checked(&token).unwrap().auth_time, None);
    }
}

#[test]
fn an_optional_claim_may_be_null_and_a_required_one_may_not() {
    for name in ["azp", "nbf", "at_hash", "auth_time", "sid", "email", "cognito:username", "cognito:groups"] {
        assert!(checked(&good().claim(name, json!(null))).is_ok(), "{name}");
    }
    for name in ["exp", "iat", "iss", "sub"] {
        assert_eq!(refusal(&good().claim(name, json!(null))), missing(name));
    }
    assert_eq!(refusal(&good().claim("aud", json!(null))), IdTokenRefusal::Audience(any_detail()));
    assert_eq!(refusal(&good().claim("nonce", json!(null))), IdTokenRefusal::NonceMismatch);
    assert_eq!(refusal(&good().claim("token_use", json!(null))), IdTokenRefusal::TokenUse(any_detail()));
}

#[test]
fn dates_with_decimals_are_read() {
    #[expect(clippy::cast_precision_loss, reason = "the number is far below 2^53")]
    let exp = NOW.unix() as f64 + 100.75;
    assert_eq!(checked(&good().claim("exp", exp)).unwrap().expires_at, NOW.plus(100));
    let text = good().claims_text().replace(&(NOW.unix() + 3595).to_string(), "1.9e9");
    assert_eq!(checked(&good().raw_claims(text)).unwrap().expires_at, Timestamp::from_unix(1_900_000_000));
}

#[test]
fn a_date_of_decimals_counts_from_its_whole_second() {
    #[expect(clippy::cast_precision_loss, reason = "the number is far below 2^53")]
    let exp = (NOW.unix() - LEEWAY) as f64 + 0.9;
    assert_eq!(refusal(&good().claim("exp", exp)), IdTokenRefusal::Expired);
}

#[test]
fn an_extreme_clock_overflows_nothing() {
    for now in [i64::MIN, -1, 0, i64::MAX] {
        let result = check_with(&good(), |e| {
            e.time.now = Timestamp::from_unix(now);
            e.time.leeway = i64::MAX;
        });
        let _ = result;
    }
}
