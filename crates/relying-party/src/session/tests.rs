#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::{http::request::Headers, sealing::Ring};

const SIGNED_IN: i64 = 1_800_000_000;
const RENEWED: i64 = SIGNED_IN + 1_000;
const SEEN: i64 = SIGNED_IN + 1_200;
const LIMITS: Limits = Limits { idling: None, rolling: 4_000, absolute: 20_000, remembered: false };
const IDLING: Limits = Limits { idling: Some(600), ..LIMITS };
const SECRET: &str = "an old secret of thirty-two bytes";
const OTHER_SECRET: &str = "a secret that another process may have";
const NONCE: [u8; 24] = [7; 24];

fn session() -> Session {
    Session {
        renewed_at: Timestamp::from_unix(RENEWED),
        seen_at: Timestamp::from_unix(SEEN),
        ..Session::bare("s1", Timestamp::from_unix(SIGNED_IN))
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn ended(refusal: SessionRefusal) -> Standing {
    Standing::Ended(refusal)
}

const LIVE: Standing = Standing::Live { renewal_due: false };
const RENEWAL_DUE: Standing = Standing::Live { renewal_due: true };

#[test]
fn live_right_after_sign_in() {
    let fresh = Session { renewed_at: at(SIGNED_IN), seen_at: at(SIGNED_IN), ..session() };
    assert_eq!(IDLING.standing(&fresh, at(SIGNED_IN)), LIVE);
}

#[test]
fn the_absolute_limit_at_its_second() {
    let renewed = Session { renewed_at: at(SIGNED_IN + 19_000), ..session() };
    assert_eq!(LIMITS.standing(&renewed, at(SIGNED_IN + 19_999)), LIVE);
    for seconds in [20_000, 20_001, i64::MAX - SIGNED_IN] {
        let standing = LIMITS.standing(&renewed, at(SIGNED_IN + seconds));
        assert_eq!(standing, ended(SessionRefusal::AbsoluteTimeout), "{seconds}");
    }
}

#[test]
fn the_rolling_limit_at_its_second() {
    assert_eq!(LIMITS.standing(&session(), at(RENEWED + 3_999)), RENEWAL_DUE);
    for seconds in [4_000, 4_001] {
        let standing = LIMITS.standing(&session(), at(RENEWED + seconds));
        assert_eq!(standing, ended(SessionRefusal::RollingTimeout), "{seconds}");
    }
}

#[test]
fn the_idle_limit_at_its_second() {
    assert_eq!(IDLING.standing(&session(), at(SEEN + 599)), LIVE);
    for seconds in [600, 601] {
        let standing = IDLING.standing(&session(), at(SEEN + seconds));
        assert_eq!(standing, ended(SessionRefusal::IdleTimeout), "{seconds}");
    }
}

#[test]
fn without_an_idle_limit_use_does_not_matter() {
    let unseen = Session { seen_at: at(0), ..session() };
    assert_eq!(LIMITS.standing(&unseen, at(SEEN + 600)), LIVE);
}

#[test]
fn renewal_is_due_past_three_quarters_of_the_rolling_limit() {
    for (seconds, standing) in [(0, LIVE), (2_999, LIVE), (3_000, LIVE), (3_001, RENEWAL_DUE)] {
        assert_eq!(LIMITS.standing(&session(), at(RENEWED + seconds)), standing, "{seconds}");
    }
}

#[test]
fn renewal_of_a_remembered_session_is_due_past_a_tenth_of_the_rolling_limit() {
    let limits = Limits { remembered: true, ..LIMITS };
    for (seconds, standing) in [(0, LIVE), (400, LIVE), (401, RENEWAL_DUE), (3_999, RENEWAL_DUE)] {
        assert_eq!(limits.standing(&session(), at(RENEWED + seconds)), standing, "{seconds}");
    }
    assert_eq!(limits.standing(&session(), at(RENEWED + 4_000)), ended(SessionRefusal::RollingTimeout));
}

#[test]
fn renewal_of_a_limit_that_four_does_not_divide() {
    let limits = Limits { rolling: 10, ..LIMITS };
    assert_eq!(limits.standing(&session(), at(RENEWED + 7)), LIVE);
    assert_eq!(limits.standing(&session(), at(RENEWED + 8)), RENEWAL_DUE);
}

#[test]
fn the_absolute_limit_is_told_before_the_rolling_one_and_that_before_the_idle_one() {
    assert_eq!(IDLING.standing(&session(), at(SIGNED_IN + 20_000)), ended(SessionRefusal::AbsoluteTimeout));
    assert_eq!(IDLING.standing(&session(), at(SIGNED_IN + 19_999)), ended(SessionRefusal::RollingTimeout));
    assert_eq!(IDLING.standing(&session(), at(RENEWED + 3_999)), ended(SessionRefusal::IdleTimeout));
}

#[test]
fn a_limit_of_nothing_ends_every_session() {
    let now = at(SIGNED_IN);
    let fresh = Session { renewed_at: now, seen_at: now, ..session() };
    for (limits, refusal) in [
        (Limits { absolute: 0, ..IDLING }, SessionRefusal::AbsoluteTimeout),
        (Limits { rolling: 0, ..IDLING }, SessionRefusal::RollingTimeout),
        (Limits { idling: Some(0), ..IDLING }, SessionRefusal::IdleTimeout),
    ] {
        assert_eq!(limits.standing(&fresh, now), ended(refusal), "{limits:?}");
    }
}

#[test]
fn limits_and_times_at_their_ends_do_not_wrap() {
    let limits = Limits { idling: Some(i64::MAX), rolling: i64::MAX, absolute: i64::MAX, remembered: false };
    assert_eq!(limits.standing(&session(), at(SEEN)), LIVE);
    assert_eq!(limits.expires_at(&session()), at(i64::MAX));
    let ancient = Session { signed_in_at: at(i64::MIN), ..session() };
    assert_eq!(LIMITS.standing(&ancient, at(i64::MAX)), ended(SessionRefusal::AbsoluteTimeout));
}

#[test]
fn it_expires_at_the_nearer_of_two_limits() {
    assert_eq!(LIMITS.expires_at(&session()), at(RENEWED + 4_000));
    let renewed = Session { renewed_at: at(SIGNED_IN + 16_001), ..session() };
    assert_eq!(LIMITS.expires_at(&renewed), at(SIGNED_IN + 20_000));
}

#[test]
fn it_expires_at_the_second_from_which_it_no_longer_holds() {
    let end = LIMITS.expires_at(&session());
    assert_eq!(LIMITS.standing(&session(), end.plus(-1)), RENEWAL_DUE);
    assert_eq!(LIMITS.standing(&session(), end), ended(SessionRefusal::RollingTimeout));
}

#[test]
fn it_expires_unused_at_the_idle_limit_and_not_after_the_others() {
    assert_eq!(LIMITS.idle_expires_at(&session()), None);
    assert_eq!(IDLING.idle_expires_at(&session()), Some(at(SEEN + 600)));
    let seen = Session { seen_at: at(RENEWED + 3_500), ..session() };
    assert_eq!(IDLING.idle_expires_at(&seen), Some(at(RENEWED + 4_000)));
}

#[test]
fn only_cookies_that_no_other_process_may_still_read_may_expire() {
    for refusal in [
        SessionRefusal::AbsoluteTimeout,
        SessionRefusal::RollingTimeout,
        SessionRefusal::IdleTimeout,
        SessionRefusal::Malformed,
        SessionRefusal::Cookie(SessionCookieRefusal::ChunkMissing),
        SessionRefusal::Cookie(SessionCookieRefusal::Duplicate),
        SessionRefusal::Cookie(SessionCookieRefusal::Mixed),
        SessionRefusal::Seal(SealRefusal::Malformed),
        SessionRefusal::Seal(SealRefusal::NotAuthentic),
    ] {
        assert!(refusal.may_expire(), "{refusal:?}");
    }
    for refusal in [
        SessionRefusal::UnknownVersion,
        SessionRefusal::Seal(SealRefusal::UnknownFormat),
        SessionRefusal::Seal(SealRefusal::UnknownKey),
    ] {
        assert!(!refusal.may_expire(), "{refusal:?}");
    }
}

fn names() -> CookieNames {
    CookieNames::new("app-client", Some("app"), None).unwrap()
}

fn ring_of(secret: &str, client_id: &str) -> Ring {
    Ring::new(&[Secret::new(secret)], client_id).unwrap()
}

fn ring() -> Ring {
    ring_of(SECRET, "app-client")
}

fn sealed() -> String {
    session().seal(&names(), &ring(), NONCE)
}

/// The subject of the session in a `Cookie` field.
fn subject_in(cookie: &str) -> Result<Option<String>, SessionRefusal> {
    let headers = Headers::new(vec![("Cookie".to_owned(), cookie.to_owned())]);
    let session = Session::from_cookies(&Cookies::parse(&headers), &names(), &ring())?;
    Ok(session.map(|session| session.subject))
}

fn sealed_content(content: &[u8]) -> String {
    format!("__Host-app={}", ring().seal(Purpose::Session, "__Host-app", content, NONCE))
}

#[test]
fn a_sealed_session_comes_back_from_its_cookie() {
    assert_eq!(subject_in(&format!("__Host-app={}", sealed())), Ok(Some("s1".to_owned())));
}

#[test]
fn a_sealed_session_comes_back_from_its_chunks_in_any_order() {
    let sealed = sealed();
    let (first, second) = sealed.split_at(50);
    for cookie in [
        format!("__Host-app.0={first}; __Host-app.1={second}"),
        format!("__Host-app.1={second}; a=b; __Host-app.0={first}"),
    ] {
        assert_eq!(subject_in(&cookie), Ok(Some("s1".to_owned())));
    }
}

#[test]
fn what_is_set_comes_back() {
    let long = Session { username: Some("ü".repeat(2_200)), ..session() };
    let none = Headers::default();
    let set = long.set_cookies(&names(), &ring(), NONCE, Some(4_000), &Cookies::parse(&none)).unwrap();
    let pairs: Vec<&str> = set.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    assert_eq!(pairs.len(), 2);
    assert_eq!(subject_in(&pairs.join("; ")), Ok(Some("s1".to_owned())));
}

#[test]
fn one_that_does_not_fit_the_budget_is_not_set() {
    let huge = Session { username: Some("u".repeat(6_000)), ..session() };
    let none = Headers::default();
    let refused = huge.set_cookies(&names(), &ring(), NONCE, None, &Cookies::parse(&none));
    assert!(matches!(refused, Err(SessionTooLarge::Budget { bytes }) if bytes > 7 * 1024));
}

#[test]
fn no_cookie_of_ours_is_no_session() {
    for cookie in ["", "a=b", "app=x", "__Secure-app=x", "__Host-other=x", "__Host-app.x=y"] {
        assert_eq!(subject_in(cookie), Ok(None), "{cookie}");
    }
}

#[test]
fn two_cookies() {
    let refusal = SessionRefusal::Cookie(SessionCookieRefusal::Duplicate);
    assert_eq!(subject_in(&format!("__Host-app={0}; __Host-app={0}", sealed())), Err(refusal));
}

#[test]
fn a_cookie_and_a_chunk() {
    let refusal = SessionRefusal::Cookie(SessionCookieRefusal::Mixed);
    assert_eq!(subject_in(&format!("__Host-app={0}; __Host-app.0={0}", sealed())), Err(refusal));
}

#[test]
fn a_chunk_before_the_last_is_missing() {
    let refusal = SessionRefusal::Cookie(SessionCookieRefusal::ChunkMissing);
    let sealed = sealed();
    let (_, second) = sealed.split_at(50);
    assert_eq!(subject_in(&format!("__Host-app.1={second}")), Err(refusal));
}

#[test]
fn the_last_chunk_is_missing() {
    let sealed = sealed();
    let (first, _) = sealed.split_at(100);
    let refusal = SessionRefusal::Seal(SealRefusal::NotAuthentic);
    assert_eq!(subject_in(&format!("__Host-app.0={first}")), Err(refusal));
}

#[test]
fn no_sealed_text() {
    let refusal = SessionRefusal::Seal(SealRefusal::Malformed);
    for value in ["", "x", "no base64url", "%41"] {
        assert_eq!(subject_in(&format!("__Host-app={value}")), Err(refusal), "{value}");
    }
}

#[test]
fn sealed_for_another_purpose() {
    let text = ring().seal(Purpose::Attempt, "__Host-app", &session().encode(), NONCE);
    let refusal = SessionRefusal::Seal(SealRefusal::NotAuthentic);
    assert_eq!(subject_in(&format!("__Host-app={text}")), Err(refusal));
}

#[test]
fn sealed_for_another_cookie_name() {
    let text = ring().seal(Purpose::Session, "__Secure-app", &session().encode(), NONCE);
    let refusal = SessionRefusal::Seal(SealRefusal::NotAuthentic);
    assert_eq!(subject_in(&format!("__Host-app={text}")), Err(refusal));
}

#[test]
fn sealed_under_another_key() {
    let text = session().seal(&names(), &ring_of(OTHER_SECRET, "app-client"), NONCE);
    let refusal = SessionRefusal::Seal(SealRefusal::UnknownKey);
    assert_eq!(subject_in(&format!("__Host-app={text}")), Err(refusal));
}

#[test]
fn sealed_content_that_is_damaged() {
    let content = session().encode();
    for kept in [0, 1, content.len() - 1] {
        let damaged: Vec<u8> = content.iter().copied().take(kept).collect();
        assert_eq!(subject_in(&sealed_content(&damaged)), Err(SessionRefusal::Malformed), "{kept}");
    }
}

#[test]
fn sealed_content_of_a_later_version() {
    let mut content = session().encode().to_vec();
    content.splice(..1, [2]);
    assert_eq!(subject_in(&sealed_content(&content)), Err(SessionRefusal::UnknownVersion));
}
