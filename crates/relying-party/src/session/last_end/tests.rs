#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails when it cannot be set up")]

use super::*;
use crate::configuration::{Configuration, Role, Sources};
use crate::http::request::Headers;
use crate::secret::Secret;
use crate::session::refresh_policy::RefreshRefusal;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

fn configured(lines: &str) -> RelyingParty {
    let document = format!(
        "issuer: https://id.example.com\nclient_id: app\npublic_url: https://app.example.com\n\
         session_secret: 0123456789abcdef0123456789abcdef\nsession_cookie_name: app\n{lines}\n"
    );
    let sources = Sources { document: Some(&document), ..Sources::default() };
    RelyingParty::new(Configuration::from_sources(&sources, Role::Session).unwrap()).unwrap()
}

fn cookie(field: &str) -> Headers {
    Headers::new(vec![("cookie".to_owned(), field.to_owned())])
}

/// Whether a session that began `seconds` after [`NOW`] is valid beside these cookies at [`NOW`].
fn holds(relying_party: &RelyingParty, field: &str, seconds: i64) -> bool {
    let session = Session::bare("https://id.example.com", "ada", NOW.plus(seconds));
    let headers = cookie(field);
    match session.not_ended_in(&Cookies::parse(&headers), relying_party, NOW) {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal, SessionRefusal::EndedHere);
            false
        }
    }
}

fn ended(seconds: i64) -> String {
    format!("__Host-app-ended={}", NOW.plus(seconds).unix())
}

#[test]
fn a_session_of_an_earlier_second_has_ended() {
    let relying_party = configured("");
    for (end, began, valid) in
        [(0, -1, false), (0, 0, true), (1, 0, false), (1, 1, true), (-100, -99, true), (-100, -101, false)]
    {
        assert_eq!(holds(&relying_party, &ended(end), began), valid, "{end} {began}");
    }
    assert!(holds(&relying_party, "theme=1", -100));
}

#[test]
fn only_a_time_of_a_clock_like_ours_counts() {
    let relying_party = configured("");
    assert!(!holds(&relying_party, &ended(61), -9));
    for ignored in [
        ended(62),
        ended(100_000),
        "__Host-app-ended=".to_owned(),
        "__Host-app-ended=x".to_owned(),
        "__Host-app-ended=-1799999999".to_owned(),
        "__Host-app-ended=+1800000000".to_owned(),
        "__Host-app-ended=01800000000".to_owned(),
        "__Host-app-ended=1800000000.0".to_owned(),
        "__Host-app-ended=\"1800000000\"".to_owned(),
        "__Host-app-ended=99999999999".to_owned(),
        "__Host-app-ended=99999999999999999999999999".to_owned(),
        ended(0).replace("__Host-", "__Secure-"),
        ended(0).replace("app", "other"),
        ended(0).replace("-ended", "-ended2"),
    ] {
        assert!(holds(&relying_party, &ignored, -9), "{ignored}");
    }
}

#[test]
fn the_latest_of_several_times_counts() {
    let relying_party = configured("");
    let several = format!("{}; {}; {}; __Host-app-ended=x", ended(-50), ended(-10), ended(900));
    assert!(!holds(&relying_party, &several, -11));
    assert!(holds(&relying_party, &several, -10));
}

#[test]
fn the_cookie_has_the_name_and_the_domain_of_the_session() {
    let fixed = "Path=/; Secure; HttpOnly; SameSite=Lax";
    let set = |lines: &str| configured(lines).end_earlier_than(NOW.plus(1));
    assert_eq!(set("").unwrap(), format!("__Host-app-ended=1800000001; {fixed}; Max-Age=86400"));
    assert_eq!(
        set("session_cookie_domain: example.com").unwrap(),
        format!("__Secure-app-ended=1800000001; {fixed}; Max-Age=86400; Domain=example.com")
    );
    assert!(set("session_remember: ask").unwrap().ends_with("; Max-Age=2592000"));
    let domain = configured("session_cookie_domain: example.com");
    assert!(!holds(&domain, &ended(0).replace("__Host-", "__Secure-"), -1));
    assert!(holds(&domain, &ended(0), -1));
}

#[test]
fn a_sign_in_in_the_second_of_a_sign_out_is_valid_and_what_was_before_is_not() {
    let relying_party = configured("");
    let mut field = "theme=1".to_owned();
    let mut before = NOW.plus(-9);
    for _ in 0..9 {
        let headers = cookie(&field);
        let time = relying_party.sign_in_time(&Cookies::parse(&headers), NOW).plus(1);
        let out = relying_party.end_earlier_than(time).unwrap();
        let headers = cookie(out.split(';').next().unwrap());
        assert!(!holds(&relying_party, &field_of(&out), before.since(NOW)));
        let again = relying_party.sign_in_time(&Cookies::parse(&headers), NOW);
        let landed = relying_party.end_earlier_than(again).unwrap();
        field = field_of(&landed);
        assert!(holds(&relying_party, &field, again.since(NOW)), "{field}");
        assert!(!holds(&relying_party, &field, before.since(NOW)), "{field}");
        before = again;
    }
}

/// A session with an access token of an hour, which began at [`NOW`].
fn hour() -> Session {
    Session {
        refresh_token: Some(Secret::new("r".to_owned())),
        access_token_expires_at: Some(NOW.plus(3_600)),
        ..Session::bare("https://id.example.com", "ada", NOW)
    }
}

fn presented(relying_party: &RelyingParty, session: &Session) -> Headers {
    let value = session.seal(&relying_party.cookie_names, &relying_party.ring, [0; 24]);
    cookie(&format!("__Host-app={value}"))
}

/// Whether a sign-out and a sign-in `seconds` after [`NOW`] set the cookie.
fn is_set(relying_party: &RelyingParty, headers: &Headers, seconds: i64) -> bool {
    let (cookies, now) = (Cookies::parse(headers), NOW.plus(seconds));
    let by_sign_out = relying_party.end_by_sign_out(&cookies, now).is_some();
    assert_eq!(relying_party.end_by_sign_in(&cookies, now, now).is_some(), by_sign_out, "{seconds}");
    by_sign_out
}

#[test]
fn only_a_session_that_may_be_written_again_needs_the_cookie() {
    let relying_party = configured("");
    let headers = presented(&relying_party, &hour());
    for (seconds, expected) in
        [(10, false), (3_000, false), (3_599, true), (4_000, true), (86_459, true), (90_000, false)]
    {
        assert_eq!(is_set(&relying_party, &headers, seconds), expected, "{seconds}");
    }
    assert!(!is_set(&relying_party, &cookie("theme=1"), 0));
    let broken = cookie("__Host-app=x; __Host-app=y");
    assert!(is_set(&relying_party, &broken, 0), "a request may have had it whole");
}

/// Another request may have had the session as it was before, and may take a quarter of an hour, and so may the
/// response that brought this one.
#[test]
fn a_session_that_was_just_refreshed_needs_the_cookie() {
    let relying_party = configured("");
    let refreshed =
        Session { renewed_at: NOW.plus(60), access_token_expires_at: Some(NOW.plus(9_000)), ..hour() };
    let headers = presented(&relying_party, &refreshed);
    for (seconds, expected) in [(60, true), (960, true), (1_920, true), (1_921, false)] {
        assert_eq!(is_set(&relying_party, &headers, seconds), expected, "{seconds}");
    }
    let refused = Session { refresh_refused: true, ..hour() };
    assert!(is_set(&relying_party, &presented(&relying_party, &refused), 10));
}

#[test]
fn a_session_past_its_rolling_limit_may_be_renewed_by_a_late_response() {
    let relying_party = configured("session_rolling_timeout: 7200");
    let lasting = Session { access_token_expires_at: None, ..hour() };
    let headers = presented(&relying_party, &lasting);
    for (seconds, expected) in [(5_000, false), (5_500, true), (7_300, true)] {
        assert_eq!(is_set(&relying_party, &headers, seconds), expected, "{seconds}");
    }
}

#[test]
fn the_cookie_is_kept_while_a_response_may_be_under_way() {
    let relying_party = configured("");
    for (seconds, expected) in [(0, true), (-50, true), (-1_860, true), (-1_861, false)] {
        assert_eq!(is_set(&relying_party, &cookie(&ended(seconds)), 0), expected, "{seconds}");
    }
}

#[test]
fn a_refused_refresh_ends_the_session_for_late_responses_too() {
    let relying_party = configured("");
    let headers = presented(&relying_party, &hour());
    let cookies = Cookies::parse(&headers);
    let refused = Refusal::from(RefreshRefusal::Refused);
    let set = relying_party.cookies_of_ended(&refused, &cookies, NOW.plus(9));
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(set[0].starts_with("__Host-app=;") && set[1].starts_with(&ended(10)), "{set:?}");
    let other = Refusal::from(RefreshRefusal::InProgress);
    assert!(relying_party.cookies_of_ended(&other, &cookies, NOW).is_empty());
    let stored = configured("session_storage: memory").cookies_of_ended(&refused, &cookies, NOW);
    assert_eq!(stored.len(), 1, "{stored:?}");
}

fn field_of(set_cookie: &str) -> String {
    set_cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn sessions_in_a_store_need_no_such_cookie() {
    let relying_party = configured("session_storage: memory");
    assert!(holds(&relying_party, &ended(0), -9));
    let headers = cookie(&ended(9));
    let cookies = Cookies::parse(&headers);
    assert_eq!(relying_party.sign_in_time(&cookies, NOW), NOW);
    assert_eq!(relying_party.end_by_sign_out(&cookies, NOW), None);
    assert_eq!(relying_party.end_earlier_than(NOW), None);
}
