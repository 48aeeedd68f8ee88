use super::*;
use crate::http::request::Headers;

fn headers(cookie: &str) -> Headers {
    Headers::new(vec![("Cookie".to_owned(), cookie.to_owned())])
}

fn counted(cookie: &str) -> u8 {
    count(&Cookies::parse(&headers(cookie)))
}

fn next_of(cookie: &str) -> String {
    next(&Cookies::parse(&headers(cookie)))
}

fn checked(cookie: &str) -> Result<(), Refusal> {
    check(&Cookies::parse(&headers(cookie)))
}

fn set_to(landings: u8) -> String {
    format!("__Host-landed={landings}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60")
}

/// Values that count as 0.
const GARBAGE: [&str; 14] = [
    "",
    "x",
    "-1",
    "256",
    "1000",
    "99999999999999999999",
    "1.0",
    "0x3",
    "3x",
    "3 3",
    "\"3\"",
    "%33",
    "٣",
    "3,3",
];

#[test]
fn no_cookie_counts_as_nothing() {
    for cookie in ["", "a=3", "landed=3", "__Secure-landed=3", "__host-landed=3", "__Host-landed3"] {
        assert_eq!(counted(cookie), 0, "{cookie}");
        assert_eq!(checked(cookie), Ok(()), "{cookie}");
    }
}

#[test]
fn each_landing_counts_one_more() {
    for (cookie, landings) in
        [("", 1), ("__Host-landed=0", 1), ("__Host-landed=1", 2), ("__Host-landed=2", 3)]
    {
        assert_eq!(next_of(cookie), set_to(landings), "{cookie}");
    }
}

#[test]
fn the_count_stops_at_its_most() {
    for cookie in ["__Host-landed=3", "__Host-landed=4", "__Host-landed=254", "__Host-landed=255"] {
        assert_eq!(next_of(cookie), set_to(MAX_LANDINGS), "{cookie}");
    }
}

#[test]
fn fewer_than_three_landings() {
    for landings in 0..MAX_LANDINGS {
        let cookie = format!("a=b; __Host-landed={landings}");
        assert_eq!(counted(&cookie), landings);
        assert_eq!(checked(&cookie), Ok(()));
    }
}

#[test]
fn three_landings_and_more() {
    for landings in MAX_LANDINGS..=u8::MAX {
        let cookie = format!("__Host-landed={landings}");
        assert_eq!(counted(&cookie), landings);
        assert_eq!(checked(&cookie), Err(Refusal::SignInLoop), "{landings}");
    }
}

#[test]
fn three_sign_ins_from_the_first_on_and_no_fourth() {
    let mut cookie = String::new();
    for _ in 0..MAX_LANDINGS {
        assert_eq!(checked(&cookie), Ok(()), "{cookie}");
        next_of(&cookie).split(';').next().unwrap_or_default().clone_into(&mut cookie);
    }
    assert_eq!(checked(&cookie), Err(Refusal::SignInLoop));
}

#[test]
fn a_sign_in_that_opens_no_session_leads_on_twice() {
    for (cookie, leads_on) in [("", true), ("1", true), ("2", false), ("3", false), ("255", false)] {
        let cookie = format!("__Host-landed={cookie}");
        assert_eq!(has_landings_left(&Cookies::parse(&headers(&cookie))), leads_on, "{cookie}");
    }
}

#[test]
fn a_value_that_is_no_count_counts_as_nothing() {
    for value in GARBAGE {
        let cookie = format!("__Host-landed={value}");
        assert_eq!(counted(&cookie), 0, "{value}");
        assert_eq!(checked(&cookie), Ok(()), "{value}");
        assert_eq!(next_of(&cookie), set_to(1), "{value}");
    }
}

#[test]
fn two_cookies_count_as_nothing() {
    for cookie in ["__Host-landed=3; __Host-landed=3", "__Host-landed=3; __Host-landed=0"] {
        assert_eq!(counted(cookie), 0, "{cookie}");
        assert_eq!(checked(cookie), Ok(()), "{cookie}");
    }
}

#[test]
fn the_count_is_forgotten() {
    assert_eq!(reset(), "__Host-landed=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}
