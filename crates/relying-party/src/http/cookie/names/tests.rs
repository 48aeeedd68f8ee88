#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::http::request::Headers;

const CLIENT_ID: &str = "app-client";
/// `session-` and the start of the SHA-256 of `app-client`.
const DEFAULT: &str = "session-3f90a035";

fn named(name: &str) -> Result<CookieNames, CookieNameFault> {
    CookieNames::new(CLIENT_ID, Some(name), None)
}

fn with_domain(domain: &str) -> Result<CookieNames, CookieNameFault> {
    CookieNames::new(CLIENT_ID, Some("app"), Some(domain))
}

fn app() -> CookieNames {
    named("app").unwrap()
}

#[test]
fn the_default_name_follows_from_the_client_id() {
    let names = CookieNames::new(CLIENT_ID, None, None).unwrap();
    assert_eq!(names.session(), format!("__Host-{DEFAULT}"));
    assert_eq!(names.domain(), None);
    let other = CookieNames::new("other-client", None, None).unwrap();
    assert_ne!(names.session(), other.session());
}

#[test]
fn a_session_cookie_with_a_domain_is_secure_and_not_host() {
    assert_eq!(app().session(), "__Host-app");
    let names = with_domain("example.com").unwrap();
    assert_eq!((names.session(), names.domain()), ("__Secure-app", Some("example.com")));
    let names = CookieNames::new(CLIENT_ID, None, Some("example.com")).unwrap();
    assert_eq!(names.session(), format!("__Secure-{DEFAULT}"));
}

#[test]
fn a_name_of_1_to_64_plain_characters_is_taken() {
    for name in ["a", "A-b_9", "attempt", "attempts", "Landed", "landed-2", "-", &"x".repeat(64)] {
        assert_eq!(named(name).unwrap().session(), format!("__Host-{name}"));
    }
}

#[test]
fn another_name_is_a_fault() {
    for name in ["", &"x".repeat(65), "a.b", "a b", "a;b", "a=b", "a,b", "a\"", "\u{e9}", "a\n", "a/b", "a\0"]
    {
        assert_eq!(named(name).unwrap_err(), CookieNameFault::Name, "{name:?}");
    }
}

#[test]
fn the_name_of_another_cookie_of_ours_is_taken() {
    for name in ["landed", "refreshed", "attempt-", "attempt-AAAAAAAA", "attempt-long-enough"] {
        assert_eq!(named(name).unwrap_err(), CookieNameFault::Taken, "{name}");
    }
}

#[test]
fn a_host_name_is_a_domain() {
    let longest = [&*"a".repeat(63), &*"b".repeat(63), &*"c".repeat(63), &*"d".repeat(61)].join(".");
    assert_eq!(longest.len(), 253);
    for (domain, kept) in [
        ("example.com", "example.com"),
        (".example.com", "example.com"),
        ("APP.Example.COM", "app.example.com"),
        ("a-b.1.example", "a-b.1.example"),
        ("localhost", "localhost"),
        (&longest, &longest),
    ] {
        assert_eq!(with_domain(domain).unwrap().domain(), Some(kept));
    }
}

#[test]
fn another_domain_is_a_fault() {
    let long_label = format!("{}.com", "a".repeat(64));
    let too_long = [&*"a".repeat(63), &*"b".repeat(63), &*"c".repeat(63), &*"d".repeat(62)].join(".");
    for domain in [
        "",
        ".",
        "..example.com",
        "example..com",
        "example.com.",
        "-a.com",
        "a-.com",
        "a_b.com",
        "*.example.com",
        "example.com:443",
        "https://example.com",
        "example.com; Secure",
        "ex ample.com",
        "\u{e9}.com",
        &long_label,
        &too_long,
    ] {
        assert_eq!(with_domain(domain).unwrap_err(), CookieNameFault::Domain, "{domain:?}");
    }
}

#[test]
fn an_attempt_is_named_after_the_first_eight_characters_of_its_state() {
    assert_eq!(CookieNames::attempt("abcdEF_-rest"), "__Host-attempt-abcdEF_-");
    assert!(CookieNames::is_attempt(&CookieNames::attempt("abcdEF_-rest")));
}

#[test]
fn another_name_is_no_attempt() {
    for name in [
        "__Host-attempt-",
        "__Host-attempt-abcdefg",
        "__Host-attempt-abcdefghi",
        "__Host-attempt-abcd.fgh",
        "__Host-attempt-abcdef\u{e9}",
        "__host-attempt-abcdefgh",
        "__Secure-attempt-abcdefgh",
        "__Host-attempt-abcdefgh.0",
        "__Host-return-abcdefg",
        "__Host-return-abcdefgh.",
        "__Host-return-abcdefgh.100",
        "__Host-return-abcdefghi",
        "__Host-return-abcdefgh.0.0",
        "__Secure-return-abcdefgh",
        "attempt-abcdefgh",
    ] {
        assert!(!CookieNames::is_attempt(name), "{name}");
        assert!(!app().is_ours(name), "{name}");
    }
}

#[test]
fn the_session_its_chunks_and_the_marks_are_ours() {
    for names in [app(), with_domain("example.com").unwrap()] {
        for name in [
            "__Host-app",
            "__Host-app.0",
            "__Host-app.9",
            "__Host-app.10",
            "__Host-app.99",
            "__Host-app.00",
            "__Secure-app",
            "__Secure-app.0",
            "__Host-app-ended",
            "__Secure-app-ended",
            "__Host-landed",
            "__Host-refreshed",
            "__Host-attempt-abcdefgh",
            "__Host-return-abcdefgh",
            "__Host-return-abcdefgh.0",
            "__Host-return-abcdefgh.12",
        ] {
            assert!(names.is_ours(name), "{name}");
        }
    }
}

#[test]
fn a_name_that_only_looks_like_ours_is_not_ours() {
    for name in [
        "",
        "app",
        "app.0",
        "__Host-",
        "__host-app",
        "__Host-App",
        "__Host-app.",
        "__Host-app.100",
        "__Host-app.x",
        "__Host-app.1x",
        "__Host-app.+1",
        "__Host-app-0",
        "__Host-app-ended.0",
        "__Host-app.0-ended",
        "__Host-app-ended2",
        "__host-app-ended",
        "__Host-app0",
        "__Host-apple",
        "__Host-app.0.0",
        "__Host-landed.0",
        "__Secure-landed",
        "__Host-refreshed2",
        "__Host-other",
    ] {
        assert!(!app().is_ours(name), "{name}");
    }
}

#[test]
fn only_the_session_and_its_chunks_are_the_session() {
    assert!(app().is_session("__Host-app") && app().is_session("__Secure-app.1"));
    for name in [CookieNames::LANDED, CookieNames::REFRESHED, "__Host-app-ended", "__Host-attempt-abcdefgh"] {
        assert!(!app().is_session(name), "{name}");
    }
}

#[test]
fn only_a_secure_cookie_is_expired_with_the_domain() {
    let names = with_domain("example.com").unwrap();
    let fixed = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    assert_eq!(names.expire("__Secure-app"), format!("__Secure-app=; {fixed}; Domain=example.com"));
    assert_eq!(names.expire("__Secure-app.0"), format!("__Secure-app.0=; {fixed}; Domain=example.com"));
    assert_eq!(names.expire("__Host-app"), format!("__Host-app=; {fixed}"));
    assert_eq!(app().expire("__Secure-app"), format!("__Secure-app=; {fixed}"));
}

#[test]
fn every_cookie_of_ours_is_expired_once_and_no_other() {
    let field = "theme=1; __Host-refreshed=1; __Host-app.1=1; __Host-app.0=1; __Host-app.0=1; __Host-landed=1; \
                 __Host-return-abcdefgh.1=1; __Host-attempt-abcdefgh=1; __Secure-app=1; __Host-other=1; \
                 __Host-return-abcdefgh=1";
    let headers = Headers::new(vec![("cookie".to_owned(), field.to_owned())]);
    let expected: Vec<String> = [
        "__Host-app.0",
        "__Host-app.1",
        "__Host-landed",
        "__Host-refreshed",
        "__Secure-app",
        "__Host-attempt-abcdefgh",
        "__Host-return-abcdefgh",
        "__Host-return-abcdefgh.1",
    ]
    .into_iter()
    .map(|name| app().expire(name))
    .collect();
    assert_eq!(app().expire_all(&Cookies::parse(&headers)), expected);
}

#[test]
fn however_many_are_presented_the_answer_stays_below_what_a_front_carries() {
    let attempts =
        (0..2_000).map(|number| format!("__Host-attempt-{number:08}=x; __Host-return-{number:08}=x; "));
    let session = (0..100).map(|number| format!("__Host-app.{number}=x; "));
    let field: String = attempts.chain(session).collect();
    let headers = Headers::new(vec![("cookie".to_owned(), field)]);
    let expired = app().expire_all(&Cookies::parse(&headers));
    assert_eq!(expired.len(), MAX_EXPIRED);
    assert_eq!(expired.first(), Some(&app().expire("__Host-app.0")));
    assert!(expired.iter().map(|cookie| "set-cookie: \r\n".len() + cookie.len()).sum::<usize>() < 7_000);
}

/// One sign-out expires every cookie of ours that a browser can have.
#[test]
fn everything_that_is_ever_set_goes_at_once() {
    let attempts =
        (0..20).map(|number| format!("__Host-attempt-{number:08}=x; __Host-return-{number:08}.0=x; "));
    let marks = "__Host-landed=1; __Host-refreshed=1; __Host-signed-out=1; __Host-app-ended=1; \
                 __Host-return-00000000.1=x; ";
    let session = (0..3).map(|number| format!("__Host-app.{number}=x; "));
    let field: String = attempts.chain(session).chain([marks.to_owned()]).collect();
    let headers = Headers::new(vec![("cookie".to_owned(), field)]);
    assert_eq!(app().expire_all(&Cookies::parse(&headers)).len(), 48);
}

#[test]
fn the_other_domains_of_a_session_leave_no_attempt_behind() {
    let attempts =
        (0..20).map(|number| format!("__Host-attempt-{number:08}=x; __Host-return-{number:08}.0=x; "));
    let session = (0..3).map(|number| format!("__Secure-app.{number}=x; "));
    let field: String = attempts.chain(session).collect();
    let headers = Headers::new(vec![("cookie".to_owned(), field)]);
    let names = with_domain("example.com").unwrap().at(Some("a.app.example.com"));
    let expired = names.expire_all(&Cookies::parse(&headers));
    assert_eq!(expired.len(), 40 + 3 + 3 * 3);
    assert!(expired.last().unwrap().starts_with("__Host-"), "{expired:?}");
}

#[test]
fn a_session_cookie_is_expired_with_each_domain_of_the_host_and_without() {
    let names = with_domain("example.com").unwrap().at(Some("a.app.example.com"));
    let elsewhere: Vec<String> = names.expire_elsewhere("__Secure-app").collect();
    let domains = [None, Some("a.app.example.com"), Some("app.example.com")];
    assert_eq!(elsewhere, domains.map(|domain| expire("__Secure-app", domain)));
    assert_eq!(names.expire_elsewhere("__Host-app").count(), 0);
    assert_eq!(
        with_domain("localhost").unwrap().at(Some("localhost")).expire_elsewhere("__Secure-app").count(),
        1
    );
}
