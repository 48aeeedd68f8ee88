//! Tests return targets with their own cookies.

use std::fmt::Write as _;

use sha2::Digest;

use super::{eviction::expiry, *};
use crate::{http::cookie::MAX_COOKIE_BYTES, sign_in::attempt::kept_return_target};

/// A dashboard's address with a query, of this many bytes.
fn dashboard(bytes: usize) -> String {
    let mut target =
        format!("{TARGET}app/dashboards#/view/7adfa750?_g=(filters:!(),time:(from:now-7d,to:now))&_a=(");
    for panel in 0.. {
        write!(
            target,
            "(embeddableConfig:(),gridData:(h:15,i:'{panel}',w:24,x:0,y:{}),id:'{:x}'),",
            panel * 15,
            panel * 7919
        )
        .unwrap();
        if target.len() >= bytes {
            break;
        }
    }
    target.truncate(bytes);
    target
}

/// A text of this many bytes that hardly compresses.
fn noise(bytes: usize) -> String {
    let mut target = TARGET.to_owned();
    for counter in 0_u32.. {
        target.push_str(&URL_SAFE_NO_PAD.encode(Sha256::digest(counter.to_be_bytes())));
        if target.len() >= bytes {
            break;
        }
    }
    target.truncate(bytes);
    target
}

/// An attempt's state, and the cookies that a browser keeps for it.
fn kept(seed: u16, target: &str) -> (StateText, Vec<(String, String)>) {
    let attempt = begun(seed, NOW, TARGET);
    let state = attempt.state(0, &ring());
    let cookie = attempt.set_cookie(&state, &ring(), SEAL_NONCE, LIFETIME);
    let cookie = cookie.keeping(target, &attempt, &state, (&ring(), [seed.to_be_bytes()[1]; 24], LIFETIME));
    let pair = |text: &String| {
        assert!(text.len() <= MAX_COOKIE_BYTES, "{} bytes", text.len());
        assert!(text.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"));
        let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    let pairs: Vec<_> = cookie.set_cookies.iter().map(pair).collect();
    assert_eq!(cookie.bytes, pairs.iter().map(|(name, value)| cookie_bytes(name, value)).sum::<usize>());
    (state, pairs)
}

/// The return target of the attempt with these cookies.
fn leads_to(state: &StateText, cookies: &[(String, String)]) -> String {
    let headers = headers(cookies);
    let attempt = Attempt::of_state(state, &Cookies::parse(&headers), (&ring(), &[]), OLDEST).unwrap();
    attempt.return_target().to_owned()
}

#[test]
fn a_long_target_comes_back_whatever_it_is() {
    for bytes in [1_025, 3_000, 8_191, 8_192] {
        for target in [dashboard(bytes), noise(bytes), long_target(bytes)] {
            let (state, cookies) = kept(1, &target);
            assert_eq!(leads_to(&state, &cookies), target);
            assert!(cookies[0].1.len() < 300, "the attempt's own cookie stays short");
        }
    }
    // With the longest dashboard address there is still room for many tabs; noise of that length does not
    // fit.
    let bytes =
        |target: &str| kept(1, target).1.iter().map(|(name, value)| cookie_bytes(name, value)).sum::<usize>();
    assert!(bytes(&dashboard(8_192)) < 2_000, "{}", bytes(&dashboard(8_192)));
    assert!(bytes(&noise(8_192)) > MAX_COOKIES_BYTES);
}

#[test]
fn a_target_that_is_not_whole_is_the_start_page_and_no_error() {
    let target = noise(6_000);
    let (state, cookies) = kept(1, &target);
    let [own, first, second] = cookies.as_slice() else { unreachable!("{} cookies", cookies.len()) };
    assert_eq!(
        leads_to(&state, &[second.clone(), own.clone(), first.clone()]),
        target,
        "whatever their order"
    );
    let named = |cookie: &(String, String), value: &str| (cookie.0.clone(), value.to_owned());
    let base = CookieNames::return_target(state.text());
    let (other_state, other) = kept(2, &target);
    assert_ne!(other_state.text(), state.text());
    let mut bent = first.1.clone();
    bent.replace_range(100..101, if bent.as_bytes()[100] == b'A' { "B" } else { "A" });
    for (cookies, case) in [
        (vec![], "none"),
        (vec![first.clone()], "the first part"),
        (vec![second.clone()], "the second part"),
        (vec![named(first, &second.1), named(second, &first.1)], "parts in each other's place"),
        (vec![first.clone(), first.clone(), second.clone()], "a part twice"),
        (vec![first.clone(), second.clone(), (base.clone(), "x".to_owned())], "a whole one besides"),
        (vec![first.clone(), second.clone(), (format!("{base}.2"), "x".to_owned())], "a part too many"),
        (vec![named(first, &bent), second.clone()], "a part that is bent"),
        (vec![named(first, &other[1].1), second.clone()], "a part of another attempt"),
        (vec![named(first, &other[1].1), named(second, &other[2].1)], "another attempt's"),
        (vec![(base.clone(), String::new())], "an empty one"),
        (vec![(base.clone(), own.1.clone())], "the attempt's own"),
    ] {
        let cookies = [vec![own.clone()], cookies].concat();
        assert_eq!(leads_to(&state, &cookies), TARGET, "{case}");
    }
}

/// The cookie's name has only the first characters of `state`; the seal covers all of it.
#[test]
fn a_target_of_an_attempt_with_the_same_first_characters_is_none() {
    let attempts = [1, 2].map(|seed| begun(seed, NOW, TARGET));
    let [one, other] = attempts.each_ref().map(|attempt| attempt.state(0, &ring()));
    let sealed = kept_return_target::seal(&dashboard(2_000), &attempts[1], &one, (&ring(), [6; 24]));
    let headers = headers(&[(CookieNames::return_target(one.text()), sealed)]);
    let found = |attempt, state| kept_return_target::find(attempt, state, &Cookies::parse(&headers), &ring());
    assert_eq!(found(&attempts[0], &one), None);
    assert_eq!(found(&attempts[1], &other), None);
    assert!(found(&attempts[1], &one).is_some());
}

#[test]
fn a_text_that_inflates_to_more_than_the_longest_target_is_none() {
    let attempt = attempt();
    let state = attempt.state(0, &ring());
    for (bytes, found) in
        [(MAX_RETURN_TARGET_BYTES, true), (MAX_RETURN_TARGET_BYTES + 1, false), (50_000_000, false)]
    {
        let sealed = kept_return_target::seal(&"a".repeat(bytes), &attempt, &state, (&ring(), [6; 24]));
        let headers = headers(&[(CookieNames::return_target(state.text()), sealed)]);
        let target = kept_return_target::find(&attempt, &state, &Cookies::parse(&headers), &ring());
        assert_eq!(target.is_some(), found, "{bytes}");
    }
}

fn evicted(cookies: &[(String, String)], budget: CookieBudget) -> Vec<String> {
    let (names, headers) = (names(), headers(cookies));
    let attempt = begun(10_000, NOW, TARGET);
    let new = attempt.set_cookie(&attempt.state(0, &ring()), &ring(), SEAL_NONCE, LIFETIME);
    evict(&Cookies::parse(&headers), &ring(), &names, &new, OLDEST, budget)
}

#[test]
fn an_attempt_goes_with_its_target_and_a_target_without_its_attempt_at_once() {
    let (_, one) = kept(1, &noise(5_000));
    let (_, two) = kept(2, &dashboard(2_000));
    let expiries =
        |cookies: &[(String, String)]| cookies.iter().map(|(name, _)| expiry(name)).collect::<Vec<_>>();
    assert_eq!(evicted(&one, CookieBudget::WHOLE), Vec::<String>::new());
    assert_eq!(evicted(&one[1..], CookieBudget::WHOLE), expiries(&one[1..]));
    let twice = [one.clone(), vec![one[0].clone()]].concat();
    assert_eq!(evicted(&twice, CookieBudget::WHOLE), expiries(&one));
    let both = [one.clone(), two.clone()].concat();
    assert_eq!(evicted(&both, CookieBudget::WHOLE), Vec::<String>::new());
    let none = CookieBudget::left_by(&Headers::default(), &names(), 0, 0);
    let mut all = [expiries(&one), expiries(&two)].concat();
    let mut gone = evicted(&both, none);
    all.sort();
    gone.sort();
    assert_eq!(gone, all);
}

#[test]
fn the_finished_attempt_goes_with_its_target() {
    let (_, cookies) = kept(1, &noise(5_000));
    let mut expected: Vec<String> = cookies.iter().map(|(name, _)| expiry(name)).collect();
    let headers = headers(&cookies);
    let presented = Cookies::parse(&headers);
    let mut gone = evict_for_session(
        &presented,
        &ring(),
        &names(),
        &[],
        Some(&cookies[0].0),
        OLDEST,
        CookieBudget::WHOLE,
    );
    let mut expired = names().expire_attempt(&cookies[0].0, &presented);
    for list in [&mut expected, &mut gone, &mut expired] {
        list.sort();
    }
    assert_eq!(gone, expected);
    assert_eq!(expired, expected);
    assert_eq!(
        names().expire_attempt(&cookies[0].0, &Cookies::parse(&Headers::default())),
        [expiry(&cookies[0].0)]
    );
}

#[test]
fn room_is_what_the_other_fields_of_a_request_leave() {
    let names = names();
    let fields = |fields: &[(&str, &str)]| {
        Headers::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    let left = |headers: &Headers, line| CookieBudget::left_by(headers, &names, line, 10_240);
    let (empty, theirs) = (fields(&[]), "x".repeat(1_000));
    assert_eq!(left(&empty, 2_000), CookieBudget::WHOLE);
    assert_eq!(left(&empty, 4_000), CookieBudget(10_240 - 4_000 - "cookie: ".len()));
    assert_eq!(left(&empty, 11_000), CookieBudget(0));
    let cookie = format!("theme={theirs}; __Host-app={theirs}; __Host-attempt-AAAAAAAA={theirs}");
    let headers = fields(&[("user-agent", "curl"), ("Cookie", &cookie)]);
    let used = 4_000 + "user-agent: curl\r\n".len() + "cookie: ".len() + "theme=; ".len() + 1_000;
    assert_eq!(left(&headers, 4_000), CookieBudget(10_240 - used));
}
