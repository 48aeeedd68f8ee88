//! Tests making room for a new session.

use super::{
    eviction::{expiry, kept, kept_many},
    *,
};

/// The cookies that a landing sets: a session of this many characters and the count of landings.
fn landing(characters: usize, cookies: &[(String, String)]) -> Vec<String> {
    let headers = headers(cookies);
    let value = "x".repeat(characters);
    let mut set_cookies = set_session(&names(), &value, None, &Cookies::parse(&headers)).unwrap();
    set_cookies.push(set_cookie(CookieNames::LANDED, "1", Attributes::default()));
    set_cookies
}

fn evicted(landing: &[String], cookies: &[(String, String)], finished: Option<&str>) -> Vec<String> {
    evict_for_session(
        &Cookies::parse(&headers(cookies)),
        &ring(),
        &names(),
        landing,
        finished,
        OLDEST,
        CookieBudget::WHOLE,
    )
}

#[test]
fn the_finished_attempt_is_expired_and_others_stay() {
    let cookies = kept_many(3);
    assert_eq!(evicted(&landing(500, &cookies), &cookies, Some(&cookies[1].0)), [expiry(&cookies[1].0)]);
}

#[test]
fn without_a_finished_attempt_nothing_goes_while_there_is_room() {
    let cookies = kept_many(20);
    assert_eq!(evicted(&landing(500, &cookies), &cookies, None), Vec::<String>::new());
}

#[test]
fn more_than_20_attempts_go_oldest_first() {
    let cookies = kept_many(21);
    assert_eq!(evicted(&landing(500, &cookies), &cookies, None), [expiry(&cookies[20].0)]);
}

#[test]
fn the_finished_attempt_does_not_count_among_those_that_stay() {
    let cookies = kept_many(21);
    let finished = &cookies[0].0;
    assert_eq!(evicted(&landing(500, &cookies), &cookies, Some(finished)), [expiry(finished)]);
}

#[test]
fn the_session_that_is_replaced_takes_no_room() {
    let mut cookies = kept_many(2);
    let landing = landing(6000, &cookies);
    assert_eq!(evicted(&landing, &cookies, None), Vec::<String>::new());
    for name in ["__Host-app.0", "__Host-app.1", "__Secure-app", "__Host-landed"] {
        cookies.push((name.to_owned(), "x".repeat(3000)));
    }
    assert_eq!(evicted(&landing, &cookies, None), Vec::<String>::new());
}

#[test]
fn the_marker_of_a_refresh_takes_room() {
    let mut cookies = kept_many(1);
    cookies.push((CookieNames::REFRESHED.to_owned(), "x".repeat(2000)));
    assert_eq!(evicted(&landing(6000, &cookies), &cookies, None), [expiry(&cookies[0].0)]);
}

#[test]
fn an_expiry_among_what_is_set_takes_no_room() {
    let cookies = [kept(1, 1)];
    let mut landing = landing(6700, &cookies);
    let before = evicted(&landing, &cookies, None);
    landing.extend((0..20).map(|index| expiry(&format!("__Host-app.{index}"))));
    assert_eq!(evicted(&landing, &cookies, None), before);
    assert_eq!(before, Vec::<String>::new());
}

#[test]
fn a_session_that_fills_the_budget_leaves_no_attempt() {
    let cookies = kept_many(3);
    let expired = evicted(&landing(7100, &cookies), &cookies, None);
    assert_eq!(expired, [expiry(&cookies[2].0), expiry(&cookies[1].0), expiry(&cookies[0].0)]);
}

#[test]
fn the_unfinishable_go_at_once() {
    let late = kept(1, LIFETIME + 1);
    assert_eq!(evicted(&landing(500, &[]), std::slice::from_ref(&late), None), [expiry(&late.0)]);
}

#[test]
fn the_finished_attempt_and_surplus_chunks_count_among_what_one_answer_expires() {
    let mut cookies: Vec<_> =
        (0..60).map(|number| (format!("__Host-attempt-{number:08}"), String::new())).collect();
    let finished = kept(1, 1);
    cookies.push(finished.clone());
    let expired = evicted(&landing(500, &cookies), &cookies, Some(&finished.0));
    assert_eq!(expired.len(), MAX_EVICTIONS);
    assert_eq!(expired.last(), Some(&expiry(&finished.0)));
    cookies.extend((0..5).map(|index| (format!("__Host-app.{index}"), String::new())));
    let landing = landing(500, &cookies);
    assert_eq!(landing.iter().filter(|cookie| cookie.ends_with("Max-Age=0")).count(), 5);
    assert_eq!(evicted(&landing, &cookies, Some(&finished.0)).len(), MAX_EVICTIONS - 5);
}
