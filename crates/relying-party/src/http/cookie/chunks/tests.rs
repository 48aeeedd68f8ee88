#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::{
    http::cookie::expire,
    http::request::Headers,
    sealing::{Purpose, Ring, SealRefusal},
    secret::Secret,
};

const NAME: &str = "__Host-app";
const MAX_AGE: Option<i64> = Some(3600);
/// The bytes around a value: `__Host-app=` and the attributes with `Max-Age=3600`.
const AROUND: usize = "__Host-app=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600".len();
const WHOLE: usize = MAX_COOKIE_BYTES - AROUND;
const CHUNK: usize = WHOLE - ".00".len();

fn names() -> CookieNames {
    CookieNames::new("app-client", Some("app"), None).unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> Headers {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Headers::new(vec![("cookie".to_owned(), pairs.join("; "))])
}

fn read(pairs: &[(&str, &str)]) -> Result<Option<String>, SessionCookieRefusal> {
    match SessionCookie::read(&Cookies::parse(&headers(pairs)), NAME) {
        SessionCookie::Absent => Ok(None),
        SessionCookie::Whole(value) => Ok(Some(value.into_owned())),
        SessionCookie::Broken(refusal) => Err(refusal),
    }
}

fn set_over(pairs: &[(&str, &str)], text: &str) -> Result<Vec<String>, SessionTooLarge> {
    set_session(&names(), text, MAX_AGE, &Cookies::parse(&headers(pairs)))
}

fn set(text: &str) -> Result<Vec<String>, SessionTooLarge> {
    set_over(&[], text)
}

/// A value without repetition, so that chunks in a wrong order are detected.
fn text(length: usize) -> String {
    (0..).flat_map(|number: u32| format!("{number:x}-").into_bytes()).take(length).map(char::from).collect()
}

/// The cookies that the browser stores after these `Set-Cookie` values.
fn pairs(set_cookies: &[String]) -> Vec<(&str, &str)> {
    set_cookies
        .iter()
        .filter(|cookie| !cookie.contains("Max-Age=0"))
        .map(|cookie| cookie.split(';').next().unwrap().split_once('=').unwrap())
        .collect()
}

fn expired(set_cookies: &[String]) -> Vec<&str> {
    set_cookies
        .iter()
        .filter(|cookie| cookie.ends_with("Max-Age=0"))
        .map(|cookie| cookie.split_once('=').unwrap().0)
        .collect()
}

#[test]
fn no_session_cookie_is_absent() {
    assert_eq!(read(&[]), Ok(None));
    let others = [("app", "1"), ("__Host-apple", "1"), ("__Host-app.x", "1"), ("__host-app", "1")];
    assert_eq!(read(&others), Ok(None));
}

#[test]
fn a_whole_cookie_is_its_value() {
    assert_eq!(read(&[("a", "1"), (NAME, "abc"), ("b", "2")]), Ok(Some("abc".to_owned())));
    assert_eq!(read(&[(NAME, "")]), Ok(Some(String::new())));
}

#[test]
fn one_chunk_is_its_value() {
    assert_eq!(read(&[("__Host-app.0", "abc")]), Ok(Some("abc".to_owned())));
}

#[test]
fn two_chunks_are_joined_by_number_and_not_by_place() {
    assert_eq!(read(&[("__Host-app.0", "ab"), ("__Host-app.1", "cd")]), Ok(Some("abcd".to_owned())));
    assert_eq!(
        read(&[("__Host-app.1", "cd"), ("a", "1"), ("__Host-app.0", "ab")]),
        Ok(Some("abcd".to_owned()))
    );
}

#[test]
fn a_hundred_chunks_are_joined_by_number_and_not_by_spelling() {
    let named: Vec<(String, String)> =
        (0..100).rev().map(|index| (format!("{NAME}.{index}"), format!("<{index}>"))).collect();
    let pairs: Vec<(&str, &str)> = named.iter().map(|(name, value)| (&**name, &**value)).collect();
    let expected = named.iter().rev().map(|(_, value)| &**value).collect::<Vec<_>>().concat();
    assert_eq!(read(&pairs), Ok(Some(expected)));
}

#[test]
fn a_missing_chunk_is_missing() {
    assert_eq!(read(&[("__Host-app.1", "cd")]), Err(SessionCookieRefusal::ChunkMissing));
    let gap = [("__Host-app.0", "ab"), ("__Host-app.2", "ef")];
    assert_eq!(read(&gap), Err(SessionCookieRefusal::ChunkMissing));
}

#[test]
fn a_chunk_beyond_a_gap_is_missing_one() {
    let gap = [("__Host-app.0", "ab"), ("__Host-app.1", "cd"), ("__Host-app.99", "ef")];
    assert_eq!(read(&gap), Err(SessionCookieRefusal::ChunkMissing));
}

#[test]
fn a_whole_cookie_and_chunks_are_mixed() {
    for name in ["__Host-app.0", "__Host-app.1", "__Host-app.50"] {
        assert_eq!(read(&[(NAME, "ab"), (name, "cd")]), Err(SessionCookieRefusal::Mixed), "{name}");
        assert_eq!(read(&[(name, "cd"), (NAME, "ab")]), Err(SessionCookieRefusal::Mixed), "{name}");
    }
}

#[test]
fn two_whole_cookies_are_duplicate_even_when_they_are_equal() {
    assert_eq!(read(&[(NAME, "ab"), (NAME, "cd")]), Err(SessionCookieRefusal::Duplicate));
    assert_eq!(read(&[(NAME, "ab"), ("a", "1"), (NAME, "ab")]), Err(SessionCookieRefusal::Duplicate));
}

#[test]
fn two_chunks_of_one_number_are_duplicate_even_when_they_are_equal() {
    for second in ["cd", "ef"] {
        let twice = [("__Host-app.0", "ab"), ("__Host-app.1", "cd"), ("__Host-app.1", second)];
        assert_eq!(read(&twice), Err(SessionCookieRefusal::Duplicate), "{second}");
    }
}

#[test]
fn a_number_written_in_another_way_is_no_chunk() {
    for name in ["__Host-app.00", "__Host-app.01", "__Host-app.100", "__Host-app.+1", "__Host-app."] {
        assert_eq!(read(&[("__Host-app.0", "ab"), (name, "cd")]), Ok(Some("ab".to_owned())), "{name}");
    }
}

#[test]
fn the_other_kind_of_session_cookie_is_not_read() {
    assert_eq!(read(&[("__Secure-app", "ab"), ("__Secure-app.0", "cd")]), Ok(None));
}

fn ring() -> Ring {
    Ring::new(&[Secret::new("an old secret of thirty-two bytes")], "app-client").unwrap()
}

fn opened(pairs: &[(&str, &str)]) -> SealRefusal {
    let sealed = read(pairs).unwrap().unwrap();
    ring().open(Purpose::Session, NAME, &sealed).unwrap_err()
}

#[test]
fn chunks_that_are_swapped_lost_at_the_end_or_too_many_never_open() {
    let sealed = ring().seal(Purpose::Session, NAME, text(4500).as_bytes(), [5; 24]);
    let set_cookies = set(&sealed).unwrap();
    let [first, second] = pairs(&set_cookies)[..] else { unreachable!("two chunks") };
    let good = read(&[first, second]).unwrap().unwrap();
    assert!(ring().open(Purpose::Session, NAME, &good).is_ok());
    let swapped = [(first.0, second.1), (second.0, first.1)];
    assert!(ring().open(Purpose::Session, NAME, &read(&swapped).unwrap().unwrap()).is_err());
    // The cut base64 may or may not end at a byte boundary.
    assert!(matches!(opened(&[first]), SealRefusal::NotAuthentic | SealRefusal::Malformed));
    assert_eq!(opened(&[first, second, ("__Host-app.2", "AAAA")]), SealRefusal::NotAuthentic);
    assert_eq!(opened(&[first, (second.0, first.1)]), SealRefusal::NotAuthentic);
}

#[test]
fn a_short_value_is_set_whole() {
    assert_eq!(set("abc").unwrap(), ["__Host-app=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600"]);
}

#[test]
fn without_a_lifetime_the_cookie_lasts_until_the_browser_closes() {
    let set_cookies = set_session(&names(), "abc", None, &Cookies::parse(&headers(&[]))).unwrap();
    assert_eq!(set_cookies, ["__Host-app=abc; Path=/; Secure; HttpOnly; SameSite=Lax"]);
}

#[test]
fn with_a_domain_it_is_set_for_it() {
    let names = CookieNames::new("app-client", Some("app"), Some("example.com")).unwrap();
    let set_cookies =
        set_session(&names, "abc", MAX_AGE, &Cookies::parse(&headers(&[(NAME, "old")]))).unwrap();
    assert_eq!(
        set_cookies,
        [
            "__Host-app=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            "__Secure-app=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600; Domain=example.com"
        ]
    );
}

#[test]
fn the_longest_whole_value_fits_the_cookie_to_the_byte() {
    let set_cookies = set(&text(WHOLE)).unwrap();
    assert_eq!(set_cookies.len(), 1);
    assert_eq!(set_cookies[0].len(), MAX_COOKIE_BYTES);
    assert_eq!(pairs(&set_cookies), [(NAME, &*text(WHOLE))]);
}

#[test]
fn a_byte_more_is_two_chunks() {
    let value = text(WHOLE + 1);
    let set_cookies = set(&value).unwrap();
    let (first, second) = value.split_at_checked(CHUNK).unwrap();
    assert_eq!(pairs(&set_cookies), [("__Host-app.0", first), ("__Host-app.1", second)]);
    assert!(set_cookies.iter().all(|cookie| cookie.len() <= MAX_COOKIE_BYTES));
    assert!(set_cookies.iter().all(|cookie| cookie.ends_with("; SameSite=Lax; Max-Age=3600")));
}

#[test]
fn a_value_of_whole_chunks_has_no_empty_one() {
    for count in 2..5 {
        let value = text(CHUNK * count);
        let parts = cut(names().session(), &value, Attributes { max_age: MAX_AGE, domain: None });
        assert_eq!(parts.len(), count);
        assert!(parts.iter().all(|(_, part)| part.len() == CHUNK), "{count}");
        let value = text(CHUNK * count + 1);
        assert_eq!(
            cut(names().session(), &value, Attributes { max_age: MAX_AGE, domain: None }).len(),
            count + 1
        );
    }
}

#[test]
fn chunks_replace_a_whole_cookie() {
    let set_cookies = set_over(&[(NAME, "old")], &text(5000)).unwrap();
    assert_eq!(expired(&set_cookies), [NAME]);
    assert_eq!(set_cookies[0], expire(NAME, None));
    assert_eq!(pairs(&set_cookies).len(), 2);
}

#[test]
fn a_whole_cookie_replaces_chunks() {
    let chunks = [("__Host-app.1", "b"), ("theme", "1"), ("__Host-app.0", "a"), ("__Host-app.1", "c")];
    let set_cookies = set_over(&chunks, "abc").unwrap();
    assert_eq!(expired(&set_cookies), ["__Host-app.0", "__Host-app.1"]);
    assert_eq!(pairs(&set_cookies), [(NAME, "abc")]);
}

#[test]
fn surplus_chunks_are_expired_and_others_overwritten() {
    let old =
        ["__Host-app.0", "__Host-app.1", "__Host-app.2", "__Host-app.10", "__Host-app.00", "__Secure-app"];
    let old: Vec<(&str, &str)> = old.into_iter().map(|name| (name, "old")).collect();
    let set_cookies = set_over(&old, &text(5000)).unwrap();
    assert_eq!(expired(&set_cookies), ["__Host-app.2", "__Host-app.10", "__Host-app.00", "__Secure-app"]);
    let kept: Vec<&str> = pairs(&set_cookies).iter().map(|(name, _)| *name).collect();
    assert_eq!(kept, ["__Host-app.0", "__Host-app.1"]);
}

#[test]
fn the_same_cookie_is_overwritten_and_not_expired() {
    assert_eq!(expired(&set_over(&[(NAME, "old")], "abc").unwrap()), Vec::<&str>::new());
}

/// A page of a sibling host may have set them all. No response may grow with them, and finally none is left.
#[test]
fn one_answer_expires_few_of_many_session_cookies_those_that_break_the_session_first() {
    let numbers =
        || (0..100).map(|number| format!(".{number}")).chain((0..10).map(|digit| format!(".0{digit}")));
    let mut left: Vec<String> = ["__Secure-app", "__Host-app"]
        .iter()
        .flat_map(|name| numbers().map(move |number| format!("{name}{number}")))
        .collect();
    let mut first = Vec::new();
    while !left.is_empty() {
        let presented: Vec<_> = left.iter().map(|name| (name.as_str(), "x")).collect();
        let headers = headers(&presented);
        let set_cookies = expire_session(&names(), &Cookies::parse(&headers), |_| false);
        let gone: Vec<String> = expired(&set_cookies).into_iter().map(str::to_owned).collect();
        assert_eq!(gone.len(), left.len().min(MAX_EXPIRED_OF_SESSION));
        left.retain(|name| !gone.contains(name));
        first.extend(gone);
    }
    let breaks = |name: &String| name.strip_prefix(NAME).is_some_and(|suffix| chunk_index(suffix).is_some());
    assert!(first.iter().take(100).all(breaks), "{first:?}");
    let series: Vec<String> = (0..16).map(|number| format!("{NAME}.{number}")).collect();
    assert!(first.starts_with(&series), "the session's own before what is beyond it: {first:?}");
}

#[test]
fn a_kept_cookie_is_not_expired_with_the_session() {
    let headers = headers(&[(NAME, "a"), ("__Host-app.0", "b"), ("theme", "1"), ("__Host-landed", "1")]);
    let cookies = Cookies::parse(&headers);
    assert_eq!(
        expire_session(&names(), &cookies, |_| false),
        [expire(NAME, None), expire("__Host-app.0", None)]
    );
    assert_eq!(expire_session(&names(), &cookies, |name| name == NAME), [expire("__Host-app.0", None)]);
}

#[test]
fn a_session_fits_the_budget_to_the_byte() {
    let around = 2 * cookie_bytes("__Host-app.0", "");
    let longest = MAX_COOKIES_BYTES - around;
    let set_cookies = set(&text(longest)).unwrap();
    let bytes: usize = pairs(&set_cookies).iter().map(|(name, value)| cookie_bytes(name, value)).sum();
    assert_eq!(bytes, MAX_COOKIES_BYTES);
    let bytes = MAX_COOKIES_BYTES + 1;
    assert_eq!(set(&text(longest + 1)), Err(SessionTooLarge { bytes }));
}

#[test]
fn a_session_beyond_the_budget_is_told_with_its_size() {
    let bytes = 100_000 + 25 * "__Host-app.0=; ".len() + 15;
    assert_eq!(
        cut(names().session(), &text(100_000), Attributes { max_age: MAX_AGE, domain: None }).len(),
        25
    );
    assert_eq!(set(&text(100_000)), Err(SessionTooLarge { bytes }));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_value_that_is_set_over_anything_is_read_again(
        length in 0..MAX_COOKIES_BYTES - 30,
        old in prop::collection::vec(
            prop::sample::select(vec![NAME, "__Host-app.0", "__Host-app.1", "__Host-app.2", "__Host-app.30"]),
            0..6,
        ),
    ) {
        let old: Vec<(&str, &str)> = old.into_iter().map(|name| (name, "old")).collect();
        let set_cookies = set_over(&old, &text(length)).unwrap();
        let mut kept = pairs(&set_cookies);
        let gone = expired(&set_cookies);
        let over: Vec<&str> = kept.iter().map(|(name, _)| *name).collect();
        kept.extend(old.iter().filter(|(name, _)| !gone.contains(name) && !over.contains(name)));
        prop_assert_eq!(read(&kept), Ok(Some(text(length))));
    }

    #[test]
    fn no_cookies_panic(names in prop::collection::vec("__Host-app[.0-9]{0,4}", 0..5)) {
        let pairs: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "a")).collect();
        if let Ok(Some(text)) = read(&pairs) {
            prop_assert!(!text.is_empty());
        }
    }
}

#[test]
fn cookies_of_several_domains_are_expired_with_each_and_no_answer_grows_with_the_host() {
    let host = "a.b.c.d.e.f.g.example.com";
    let names = CookieNames::new("app-client", Some("app"), Some("example.com")).unwrap().at(Some(host));
    for presented in [&[("__Secure-app", "a"), ("__Secure-app.0", "b")][..], &[("__Secure-app", "a"); 2]] {
        let headers = headers(presented);
        let cookies = Cookies::parse(&headers);
        let expired = expire_session(&names, &cookies, |_| false);
        let with = |domain| expired.contains(&expire("__Secure-app", domain));
        assert!([None, Some("example.com"), Some(host), Some("g.example.com")].into_iter().all(with));
        assert!(expired.len() <= MAX_EXPIRED_OF_SESSION);
        let set_cookies = set_session(&names, "abc", None, &cookies).unwrap();
        let (set, before) = set_cookies.split_last().unwrap();
        assert!(set.starts_with("__Secure-app=abc;"));
        assert!(!before.contains(&expire("__Secure-app", Some("example.com"))));
        assert!(before.contains(&expire("__Secure-app", Some(host))));
    }
}
