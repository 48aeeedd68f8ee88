//! Tests making room for a new attempt.

use super::*;

/// An attempt in the browser that began `age` seconds ago.
fn kept_for(ring: &Ring, seed: u16, age: i64, target: &str) -> (String, String) {
    let attempt = begun(seed, NOW.plus(-age), target);
    let name = CookieNames::attempt(attempt.state(0, ring).text());
    let value = attempt.seal(ring, &name, SEAL_NONCE);
    (name, value)
}

pub(super) fn kept(seed: u16, age: i64) -> (String, String) {
    kept_for(&ring(), seed, age, TARGET)
}

/// This many attempts, each a second older than the one before.
pub(super) fn kept_many(count: u16) -> Vec<(String, String)> {
    (1..=count).map(|seed| kept(seed, i64::from(seed))).collect()
}

fn new_with(target: &str) -> AttemptCookie {
    let attempt = begun(10_000, NOW, target);
    attempt.set_cookie(&attempt.state(0, &ring()), &ring(), SEAL_NONCE, LIFETIME)
}

fn evicted_for(new: &AttemptCookie, cookies: &[(String, String)]) -> Vec<String> {
    evict(&Cookies::parse(&headers(cookies)), &ring(), &names(), new, OLDEST, CookieBudget::WHOLE)
}

fn evicted(cookies: &[(String, String)]) -> Vec<String> {
    evicted_for(&new_with(TARGET), cookies)
}

pub(super) fn expiry(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn expiries(cookies: &[(String, String)]) -> Vec<String> {
    cookies.iter().map(|(name, _)| expiry(name)).collect()
}

fn named(name: &str, bytes: usize) -> (String, String) {
    (name.to_owned(), "x".repeat(bytes))
}

fn all_bytes(cookies: &[(String, String)]) -> usize {
    cookies.iter().map(|(name, value)| cookie_bytes(name, value)).sum()
}

#[test]
fn nothing_goes_while_there_is_room() {
    assert_eq!(evicted(&[]), Vec::<String>::new());
    assert_eq!(evicted(&kept_many(19)), Vec::<String>::new());
}

#[test]
fn the_21st_attempt_evicts_the_oldest() {
    let mut cookies = kept_many(20);
    cookies.swap(7, 19);
    assert_eq!(evicted(&cookies), expiries(&cookies[7..8]));
}

#[test]
fn more_than_20_attempts_go_oldest_first() {
    let cookies = kept_many(23);
    let oldest_first: Vec<_> = cookies[19..].iter().rev().cloned().collect();
    assert_eq!(evicted(&cookies), expiries(&oldest_first));
}

#[test]
fn an_attempt_that_does_not_open_goes_at_once() {
    let (name, value) = kept(1, 5);
    let forged = format!("{value}AAAA");
    assert_eq!(evicted(&[(name.clone(), forged)]), [expiry(&name)]);
    assert_eq!(evicted(&[(name.clone(), String::new())]), [expiry(&name)]);
}

#[test]
fn an_attempt_of_no_known_form_goes_at_once() {
    let (name, _) = kept(1, 5);
    let value = ring().seal(Purpose::Attempt, &name, b"short", SEAL_NONCE);
    assert_eq!(evicted(&[(name.clone(), value)]), [expiry(&name)]);
}

#[test]
fn an_attempt_begun_at_the_oldest_second_stays_and_one_before_goes_at_once() {
    assert_eq!(evicted(&[kept(1, LIFETIME)]), Vec::<String>::new());
    let late = kept(1, LIFETIME + 1);
    assert_eq!(evicted(std::slice::from_ref(&late)), [expiry(&late.0)]);
}

#[test]
fn two_cookies_of_one_name_go_at_once_and_are_expired_once() {
    let twice = kept(1, 5);
    assert_eq!(evicted(&[twice.clone(), kept(2, 5), twice.clone()]), [expiry(&twice.0)]);
}

#[test]
fn the_unfinishable_make_room_before_the_oldest() {
    let mut cookies = kept_many(20);
    cookies[3].1.push('A');
    assert_eq!(evicted(&cookies), expiries(&cookies[3..4]));
    let expired = kept(3000, LIFETIME + 1);
    let mut cookies = kept_many(19);
    cookies.insert(0, expired.clone());
    assert_eq!(evicted(&cookies), [expiry(&expired.0)]);
}

#[test]
fn an_attempt_of_an_unknown_key_stays_while_there_is_room() {
    let mut cookies = kept_many(18);
    cookies.push(kept_for(&ring_of(&[NEW]), 300, 0, TARGET));
    assert_eq!(evicted(&cookies), Vec::<String>::new());
}

#[test]
fn an_attempt_of_an_unknown_key_goes_before_ours() {
    let mut cookies = kept_many(19);
    let unknown = kept_for(&ring_of(&[NEW]), 300, 0, TARGET);
    cookies.push(unknown.clone());
    assert_eq!(evicted(&cookies), [expiry(&unknown.0)]);
}

#[test]
fn an_attempt_of_a_later_format_is_kept_like_one_of_an_unknown_key() {
    let (name, value) = kept(1, 5);
    let mut bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
    bytes[0] = 2;
    let later = (name, URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(evicted(std::slice::from_ref(&later)), Vec::<String>::new());
    let mut cookies = kept_many(19);
    cookies.push(kept(400, 100));
    cookies[4] = later.clone();
    assert_eq!(evicted(&cookies), [expiry(&later.0)]);
}

#[test]
fn the_cookie_that_is_set_anew_is_neither_counted_nor_expired() {
    let new = new_with(TARGET);
    let mut cookies = kept_many(19);
    cookies.push((new.name.clone(), "anything".to_owned()));
    assert_eq!(evicted_for(&new, &cookies), Vec::<String>::new());
}

#[test]
fn long_targets_leave_room_for_four_attempts() {
    let target = long_target(MAX_INLINE_RETURN_TARGET_BYTES);
    let long: Vec<_> = (1..=4_u16).map(|seed| kept_for(&ring(), seed, i64::from(seed), &target)).collect();
    let new = new_with(&target);
    assert_eq!(evicted_for(&new, &long[..3]), Vec::<String>::new());
    assert_eq!(evicted_for(&new, &long), expiries(&long[3..]));
}

#[test]
fn the_budget_is_kept_to_the_byte() {
    let new = new_with(TARGET);
    let attempts = kept_many(2);
    let rest = MAX_COOKIES_BYTES - new.bytes - all_bytes(&attempts) - cookie_bytes("__Host-app", "");
    let with_session = |bytes| [attempts.clone(), vec![named("__Host-app", bytes)]].concat();
    assert_eq!(evicted_for(&new, &with_session(rest)), Vec::<String>::new());
    assert_eq!(evicted_for(&new, &with_session(rest + 1)), expiries(&attempts[1..]));
}

#[test]
fn a_big_session_leaves_room_for_few_attempts() {
    let mut cookies = kept_many(10);
    cookies.extend([named("__Host-app.0", 4000), named("__Host-app.1", 2500)]);
    let expired = evicted(&cookies);
    assert_eq!(expired, expiries(&cookies[10 - expired.len()..10].iter().rev().cloned().collect::<Vec<_>>()));
    let stays = [&cookies[..10 - expired.len()], &cookies[10..]].concat();
    let one_more = [&cookies[..=10 - expired.len()], &cookies[10..]].concat();
    assert!(all_bytes(&stays) + new_with(TARGET).bytes <= MAX_COOKIES_BYTES);
    assert!(all_bytes(&one_more) + new_with(TARGET).bytes > MAX_COOKIES_BYTES);
}

#[test]
fn a_session_beyond_the_budget_leaves_no_attempt_and_stays_itself() {
    let mut cookies = kept_many(3);
    cookies.push(named("__Host-app", 9000));
    assert_eq!(evicted(&cookies).len(), 3);
    assert!(!evicted(&cookies).contains(&expiry("__Host-app")));
}

#[test]
fn every_cookie_of_ours_counts_and_no_other_does() {
    let attempts = kept_many(1);
    for name in ["__Host-app", "__Secure-app", "__Host-app.1", "__Host-landed", "__Host-refreshed"] {
        let cookies = [attempts.clone(), vec![named(name, MAX_COOKIES_BYTES)]].concat();
        assert_eq!(evicted(&cookies), expiries(&attempts), "{name}");
    }
    for name in ["theme", "__Host-application", "__Host-attempt-short", "__Host-app.123"] {
        let cookies = [attempts.clone(), vec![named(name, MAX_COOKIES_BYTES)]].concat();
        assert_eq!(evicted(&cookies), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_oldest_40_of_300_attempts_go_with_one_response() {
    let cookies = kept_many(300);
    let oldest_first: Vec<_> = cookies.iter().rev().take(MAX_EVICTIONS).cloned().collect();
    assert_eq!(evicted(&cookies), expiries(&oldest_first));
}

#[test]
fn some_of_300_cookies_that_never_open_go_with_one_response_and_the_rest_with_the_next() {
    let mut cookies: Vec<_> =
        (0..300).map(|number| (format!("__Host-attempt-{number:08}"), String::new())).collect();
    for answers in 0.. {
        let expired = evicted(&cookies);
        if expired.is_empty() {
            assert_eq!((answers, cookies.len()), (8, 0));
            break;
        }
        assert!(expired.len() <= MAX_EVICTIONS);
        cookies.retain(|(name, _)| !expired.contains(&expiry(name)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn there_is_room_after_any_cookies(
        ages in prop::collection::vec(0..LIFETIME + 10, 0..40),
        length in TARGET.len()..300,
        session in 0..5000_usize,
    ) {
        let target = long_target(length);
        let mut cookies: Vec<_> = (0..).zip(ages).map(|(seed, age)| kept_for(&ring(), seed, age, &target)).collect();
        cookies.push(named("__Host-app", session));
        let new = new_with(&target);
        let expired = evicted_for(&new, &cookies);
        cookies.retain(|(name, _)| !expired.contains(&expiry(name)));
        prop_assert!(cookies.len() <= MAX_ATTEMPTS);
        prop_assert!(all_bytes(&cookies) + new.bytes <= MAX_COOKIES_BYTES);
        prop_assert!(cookies.iter().any(|(name, _)| name == "__Host-app"));
    }
}
