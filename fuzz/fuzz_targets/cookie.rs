//! Fuzzes `Cookie` fields and the session's cookies. The first byte selects the names and the length of a session; each
//! following line is a field.

#![cfg_attr(fuzzing, no_main)]

use fuzz::browser;
use relying_party::http::cookie::{
    CookieNames, Cookies, MAX_COOKIE_BYTES, MAX_COOKIES_BYTES, Presented, SessionCookie, expire_session,
    set_session, without,
};
use relying_party::http::request::Headers;

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let domain = (choice & 1 == 1).then_some("example.com");
    let names = CookieNames::new("the-client", Some("s"), domain).expect("names");
    let fields: Vec<String> = text.lines().map(str::to_owned).collect();
    let headers = headers(&fields);
    let cookies = Cookies::parse(&headers);

    let plain = browser::cookies(&fields);
    let read: Vec<(String, String)> =
        cookies.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(read, plain);
    for (name, value) in &plain {
        let same = plain.iter().filter(|(other, _)| other == name).count();
        let expected = if same == 1 { Presented::One(value) } else { Presented::Several };
        assert_eq!(cookies.sole(name), expected);
    }

    // The application gets every cookie except vestibule's, in order.
    let left = without(&headers, |name| names.is_ours(name));
    let kept: Vec<(String, String)> =
        plain.iter().filter(|(name, _)| !names.is_ours(name)).cloned().collect();
    assert_eq!(browser::cookies(left.as_slice()), kept);
    assert!(left.is_none_or(|left| !left.is_empty()));

    // A browser that had these cookies, whatever they were, can read a new session back.
    let mut jar: Vec<(String, String)> = Vec::new();
    for (name, value) in plain {
        jar.retain(|(kept, _)| *kept != name);
        jar.push((name, value));
    }
    let sent = vec![browser::cookie_field(&jar)];
    let headers = self::headers(&sent);
    let cookies = Cookies::parse(&headers);
    let value = "v".repeat(usize::from(*choice) * 37);
    let set = set_session(&names, &value, None, &cookies);
    if let Ok(set_cookies) = &set {
        assert!(set_cookies.iter().all(|text| text.len() <= MAX_COOKIE_BYTES));
        assert_cookies(set_cookies, &names);
        let mut jar = jar.clone();
        browser::keep(&mut jar, set_cookies);
        let sent = vec![browser::cookie_field(&jar)];
        let headers = self::headers(&sent);
        let read = SessionCookie::read(&Cookies::parse(&headers), names.session());
        assert!(matches!(&read, SessionCookie::Whole(read) if **read == *value), "{read:?}");
        let ours = jar.iter().filter(|(name, _)| names.is_session(name));
        assert!(ours.map(|(name, value)| name.len() + value.len() + 3).sum::<usize>() <= MAX_COOKIES_BYTES);
    }

    // After sign-out no cookie of vestibule is left, unless there were more than vestibule ever sets.
    let ours = jar.iter().filter(|(name, _)| names.is_ours(name)).count();
    let expired = [expire_session(&names, &cookies, |_| false), names.expire_all(&cookies)].concat();
    assert_cookies(&expired, &names);
    browser::keep(&mut jar, &expired);
    assert!(ours > 50 || !jar.iter().any(|(name, _)| names.is_ours(name)));
    assert!(expired.len() <= ours + 50);
});

fn assert_cookies(set_cookies: &[String], names: &CookieNames) {
    for text in set_cookies {
        let (name, _, _) = browser::set_cookie(text).expect("a cookie");
        assert!(names.is_ours(&name));
        assert!(text.contains("; Secure; HttpOnly; SameSite=Lax"));
        assert!(text.contains("; Path=/;"));
        assert!(!(name.starts_with("__Host-") && text.contains("; Domain=")), "a browser refuses {text}");
    }
}

fn headers(fields: &[String]) -> Headers {
    Headers::new(fields.iter().map(|field| ("cookie".to_owned(), field.clone())).collect())
}
