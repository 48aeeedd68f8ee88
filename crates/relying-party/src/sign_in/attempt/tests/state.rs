//! Tests which attempt belongs to a `state`.

use super::*;

fn state_of(attempt: &Attempt) -> StateText {
    attempt.state(0, &ring())
}

fn cookie_of(attempt: &Attempt) -> (String, String) {
    let name = CookieNames::attempt(state_of(attempt).text());
    let value = attempt.seal(&ring(), &name, SEAL_NONCE);
    (name, value)
}

fn of_state(state: &StateText, cookies: &[(String, String)]) -> Result<Attempt, AttemptRefusal> {
    Attempt::of_state(state, &Cookies::parse(&headers(cookies)), (&ring(), &[]), OLDEST)
}

fn refusal(cookies: &[(String, String)]) -> AttemptRefusal {
    of_state(&state_of(&attempt()), cookies).unwrap_err()
}

#[test]
fn the_attempt_of_the_state_is_found_among_others() {
    let cookies = [cookie_of(&begun(2, NOW, "/")), cookie_of(&attempt()), cookie_of(&begun(3, NOW, "/"))];
    let found = of_state(&state_of(&attempt()), &cookies).unwrap();
    assert_eq!((found.seed, found.return_target), (attempt().seed, TARGET.to_owned()));
}

#[test]
fn no_cookie_is_missing() {
    assert_eq!(refusal(&[]), AttemptRefusal::Missing);
}

#[test]
fn only_other_attempts_is_missing() {
    assert_eq!(refusal(&[cookie_of(&begun(2, NOW, TARGET))]), AttemptRefusal::Missing);
}

#[test]
fn a_name_in_another_case_is_missing() {
    let (name, value) = cookie_of(&attempt());
    assert_eq!(refusal(&[(name.replace("__Host", "__host"), value)]), AttemptRefusal::Missing);
}

#[test]
fn two_cookies_are_duplicate_even_when_they_are_equal() {
    assert_eq!(refusal(&[cookie_of(&attempt()), cookie_of(&attempt())]), AttemptRefusal::Duplicate);
}

#[test]
fn a_forged_cookie_is_not_authentic() {
    let (name, value) = cookie_of(&attempt());
    let mut bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = URL_SAFE_NO_PAD.encode(bytes);
    assert_eq!(refusal(&[(name, forged)]), AttemptRefusal::NotAuthentic(SealRefusal::NotAuthentic));
}

#[test]
fn an_empty_cookie_is_not_authentic() {
    let (name, _) = cookie_of(&attempt());
    assert_eq!(refusal(&[(name, String::new())]), AttemptRefusal::NotAuthentic(SealRefusal::Malformed));
}

#[test]
fn the_cookie_of_another_attempt_under_this_name_is_not_authentic() {
    let (name, _) = cookie_of(&attempt());
    let (_, value) = cookie_of(&begun(2, NOW, TARGET));
    assert_eq!(refusal(&[(name, value)]), AttemptRefusal::NotAuthentic(SealRefusal::NotAuthentic));
}

#[test]
fn a_content_of_no_known_form_is_malformed() {
    let (name, _) = cookie_of(&attempt());
    let value = ring().seal(Purpose::Attempt, &name, b"short", SEAL_NONCE);
    assert_eq!(refusal(&[(name, value)]), AttemptRefusal::Malformed);
}

#[test]
fn an_attempt_begun_at_the_oldest_second_is_good_and_one_before_is_expired() {
    let on_time = begun(1, OLDEST, TARGET);
    assert_eq!(of_state(&state_of(&on_time), &[cookie_of(&on_time)]).unwrap().started_at(), OLDEST);
    let late = begun(1, OLDEST.plus(-1), TARGET);
    assert_eq!(refusal(&[cookie_of(&late)]), AttemptRefusal::Expired);
}

#[test]
fn another_state_with_the_same_first_characters_is_a_mismatch() {
    let state = state_of(&attempt());
    let bytes = URL_SAFE_NO_PAD.decode(state.text()).unwrap();
    // The eight characters in the name are six bytes. After them come the rest of the random part, the count
    // of restarts and the tag.
    for position in 6..bytes.len() {
        let mut altered = bytes.clone();
        altered[position] ^= 1;
        let other = StateText::parse(&[URL_SAFE_NO_PAD.encode(altered)]).unwrap();
        assert_eq!(CookieNames::attempt(other.text()), CookieNames::attempt(state.text()));
        let refusal = of_state(&other, &[cookie_of(&attempt())]).unwrap_err();
        assert_eq!(refusal, AttemptRefusal::StateMismatch, "byte {position}");
    }
}

#[test]
fn an_attempt_under_an_old_key_is_still_found() {
    let newer = ring_of(&[NEW, OLD]);
    let cookies = headers(&[cookie_of(&attempt())]);
    let found = Attempt::of_state(&state_of(&attempt()), &Cookies::parse(&cookies), (&newer, &[]), OLDEST);
    assert_eq!(found.unwrap().seed, attempt().seed);
}

#[test]
fn the_address_of_the_answer_follows_from_the_state_and_is_one_of_those_that_are_served() {
    let [one, other] = ["https://a.example/one", "https://a.example/other"].map(str::to_owned);
    let attempt = attempt().with_redirect_uri(Some(one.clone()));
    let cookies = headers(&[cookie_of(&attempt)]);
    let served = |redirect_uris: &[String]| {
        let cookies = Cookies::parse(&cookies);
        let found = Attempt::of_state(&state_of(&attempt), &cookies, (&ring(), redirect_uris), OLDEST);
        found.map(|found| found.redirect_uri().map(str::to_owned))
    };
    assert_eq!(served(&[other.clone(), one.clone()]), Ok(Some(one.clone())));
    // The list may have become shorter, but it must still contain the address.
    assert_eq!(served(std::slice::from_ref(&one)), Ok(Some(one)));
    assert_eq!(served(&[other]), Err(AttemptRefusal::StateMismatch));
    assert_eq!(served(&[]), Err(AttemptRefusal::StateMismatch));
}

#[test]
fn an_attempt_of_a_time_with_one_address_is_found_when_there_are_several() {
    let (state, cookies) = (state_of(&attempt()), headers(&[cookie_of(&attempt())]));
    let several = ["https://a.example/one", "https://a.example/other"].map(str::to_owned);
    let found = Attempt::of_state(&state, &Cookies::parse(&cookies), (&ring(), &several), OLDEST).unwrap();
    assert_eq!((found.seed.as_slice(), found.redirect_uri()), (attempt().seed.as_slice(), None));
}
