use super::*;
use crate::{
    http::request::Headers,
    secret::Secret,
    session::{Limits, state::TokenState},
};

const NOW: i64 = 1_800_000_000;
const LEAD: i64 = 60;
const PAGE: &str = "https://app.example.com/x?a=b";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

/// A session whose access token expires this many seconds from now.
fn session(expires_in: Option<i64>, refresh_token: Option<&str>) -> Session {
    Session {
        access_token: Some(Secret::new("a1")),
        access_token_expires_at: expires_in.map(|seconds| at(NOW).plus(seconds)),
        refresh_token: refresh_token.map(Secret::new),
        ..Session::bare("https://id.example.com", "s1", at(NOW - 500))
    }
}

#[test]
fn a_new_token_outside_its_lead() {
    for expires_in in [None, Some(LEAD + 1), Some(3_600), Some(i64::MAX)] {
        assert_eq!(check_refreshed(&session(expires_in, None), LEAD, at(NOW)), Ok(()), "{expires_in:?}");
    }
}

#[test]
fn a_new_token_inside_its_lead() {
    for expires_in in [LEAD, LEAD - 1, 0, -1] {
        for refresh_token in [None, Some("r1")] {
            assert_eq!(
                check_refreshed(&session(Some(expires_in), refresh_token), LEAD, at(NOW)),
                Err(RefreshRefusal::RefreshLoop),
                "{expires_in}"
            );
        }
    }
}

#[test]
fn a_new_token_is_believed_exactly_when_it_needs_no_refresh() {
    for expires_in in (-2..=LEAD + 2).map(Some).chain([None]) {
        let session = session(expires_in, Some("r1"));
        let limits = Limits { idling: None, rolling: 9_000, absolute: 9_000, remembered: false };
        let state = session.state(&limits, LEAD, at(NOW));
        let fresh = state.is_ok_and(|state| state.token == TokenState::Fresh);
        assert_eq!(check_refreshed(&session, LEAD, at(NOW)).is_ok(), fresh, "{expires_in:?}");
    }
}

/// The mark of a page as `name=value`.
fn marked(page: &str) -> String {
    mark(page).split(';').next().unwrap_or_default().to_owned()
}

fn judged(cookie: &str, page: &str) -> Result<(), RefreshRefusal> {
    let headers = Headers::new(vec![("Cookie".to_owned(), cookie.to_owned())]);
    check_mark(&Cookies::parse(&headers), page)
}

#[test]
fn the_mark_lasts_for_half_a_minute_and_does_not_show_the_page() {
    let set_cookie = mark(PAGE);
    assert!(set_cookie.starts_with("__Host-refreshed="), "{set_cookie}");
    assert!(set_cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=30"), "{set_cookie}");
    assert!(!set_cookie.contains("example"), "{set_cookie}");
    assert_eq!(marked(PAGE).len(), "__Host-refreshed=".len() + 16);
}

#[test]
fn a_second_refresh_for_the_same_page() {
    assert_eq!(judged(&marked(PAGE), PAGE), Err(RefreshRefusal::RefreshLoop));
    assert_eq!(judged(&format!("a=b; {}; c=d", marked(PAGE)), PAGE), Err(RefreshRefusal::RefreshLoop));
}

#[test]
fn a_refresh_for_another_page() {
    for page in ["", "https://app.example.com/", "https://app.example.com/x", "https://app.example.com/x?a=B"]
    {
        assert_eq!(judged(&marked(PAGE), page), Ok(()), "{page}");
    }
}

#[test]
fn a_first_refresh() {
    for cookie in ["", "a=b", "refreshed=x"] {
        assert_eq!(judged(cookie, PAGE), Ok(()), "{cookie}");
    }
}

#[test]
fn a_mark_that_is_none_of_ours() {
    for value in ["", "x", "1", PAGE, "AAAAAAAAAAAAAAAA"] {
        assert_eq!(judged(&format!("__Host-refreshed={value}"), PAGE), Ok(()), "{value}");
    }
    assert_eq!(judged(&format!("{}A", marked(PAGE)), PAGE), Ok(()));
}

#[test]
fn two_marks() {
    assert_eq!(judged(&format!("{0}; {0}", marked(PAGE)), PAGE), Ok(()));
}

#[test]
fn the_mark_is_forgotten() {
    assert_eq!(unmark(), "__Host-refreshed=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}
