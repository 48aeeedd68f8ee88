#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use serde_json::json;

use crate::configuration::{Role, Sources};
use crate::http::cookie::{SessionTooLarge, set_session};
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
        ..Session::bare("https://id.example.com", "s1", Timestamp::from_unix(SIGNED_IN))
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

#[test]
fn it_expires_at_the_nearer_of_two_limits() {
    assert_eq!(LIMITS.expires_at(&session()), at(RENEWED + 4_000));
    let renewed = Session { renewed_at: at(SIGNED_IN + 16_001), ..session() };
    assert_eq!(LIMITS.expires_at(&renewed), at(SIGNED_IN + 20_000));
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
        SessionRefusal::AccessTokenExpired,
        SessionRefusal::RollingTimeout,
        SessionRefusal::IdleTimeout,
        SessionRefusal::Malformed,
        SessionRefusal::OtherIssuer,
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

/// A user pool's issuer has two forms, and a discovery URL stands for one with and one without a slash at the
/// end.
#[test]
fn a_session_is_of_the_configured_issuer() {
    let pool = |host: &str| format!("https://{host}/us-east-1_Example1");
    let (one, other) =
        (pool("cognito-idp.us-east-1.amazonaws.com"), pool("issuer-cognito-idp.us-east-1.amazonaws.com"));
    let next = one.replace("Example1", "Example2");
    let plain = "https://id.example.com";
    let discovery = format!("{plain}/.well-known/openid-configuration");
    for (configured, issuer, is_own) in [
        (&*one, &*one, true),
        (&one, &other, true),
        (&other, &one, true),
        (&one, &next, false),
        (plain, plain, true),
        (plain, "https://id.example.com/", false),
        (plain, "https://id.example.com.evil.example", false),
        (plain, "", false),
        (&discovery, plain, true),
        (&discovery, "https://id.example.com/", true),
        (&discovery, &one, false),
    ] {
        let document = json!({
            "issuer": configured,
            "client_id": "app-client",
            "public_url": "https://app.example.com",
            "session_secret": SECRET,
        });
        let sources = Sources { document: Some(&document.to_string()), ..Sources::default() };
        let configuration = Configuration::from_sources(&sources, Role::Callback).unwrap();
        let session = Session { issuer: issuer.to_owned(), ..session() };
        let refusal = session.of_issuer_in(&configuration).err();
        assert_eq!(refusal, (!is_own).then_some(SessionRefusal::OtherIssuer), "{configured} {issuer}");
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

fn set_cookies(
    session: &Session,
    max_age: Option<i64>,
    cookies: &Cookies<'_>,
) -> Result<Vec<String>, SessionTooLarge> {
    set_session(&names(), &session.seal(&names(), &ring(), NONCE), max_age, cookies)
}

#[test]
fn a_session_that_is_set_comes_back() {
    let long = Session { username: Some("ü".repeat(2_200)), ..session() };
    let none = Headers::default();
    let set = set_cookies(&long, Some(4_000), &Cookies::parse(&none)).unwrap();
    let pairs: Vec<&str> = set.iter().filter_map(|cookie| cookie.split(';').next()).collect();
    assert_eq!(pairs.len(), 2);
    assert_eq!(subject_in(&pairs.join("; ")), Ok(Some("s1".to_owned())));
}

#[test]
fn one_that_does_not_fit_the_budget_is_not_set() {
    let huge = Session { username: Some("u".repeat(6_000)), ..session() };
    let none = Headers::default();
    let refused = set_cookies(&huge, None, &Cookies::parse(&none));
    assert!(matches!(refused, Err(SessionTooLarge { bytes }) if bytes > 7 * 1024));
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
