//! Tests the attempt in its cookie.

use super::*;

const NAME: &str = "__Host-attempt-AAAAAAAA";

fn sealed() -> String {
    attempt().seal(&ring(), NAME, SEAL_NONCE)
}

fn content(attempt: &Attempt) -> ([u8; 32], Timestamp, String) {
    (*attempt.seed, attempt.started_at(), attempt.return_target().to_owned())
}

fn open_content(bytes: &[u8]) -> Result<Attempt, AttemptRefusal> {
    Attempt::open(&ring(), NAME, &ring().seal(Purpose::Attempt, NAME, bytes, SEAL_NONCE))
}

#[test]
fn a_sealed_attempt_opens_as_it_was() {
    let opened = Attempt::open(&ring(), NAME, &sealed()).unwrap();
    assert_eq!(content(&opened), content(&attempt()));
}

#[test]
fn a_target_of_1024_bytes_fits_the_cookie() {
    let target = long_target(MAX_INLINE_RETURN_TARGET_BYTES);
    let attempt = begun(1, NOW, &target);
    let state = attempt.state(0, &ring());
    let cookie = attempt.set_cookie(&state, &ring(), SEAL_NONCE, LIFETIME);
    let pair = cookie.set_cookies[0].split(';').next().unwrap();
    assert!(pair.len() <= MAX_ATTEMPT_COOKIE_BYTES, "{} bytes", pair.len());
    let (name, value) = pair.split_once('=').unwrap();
    assert_eq!(Attempt::open(&ring(), name, value).unwrap().return_target(), target);
}

#[test]
fn the_cookie_is_named_after_the_state_and_lasts_as_long_as_the_attempt() {
    let state = attempt().state(0, &ring());
    let cookie = attempt().set_cookie(&state, &ring(), SEAL_NONCE, LIFETIME);
    let name = format!("__Host-attempt-{}", state.text().get(..8).unwrap());
    let value = attempt().seal(&ring(), &name, SEAL_NONCE);
    assert_eq!(
        cookie.set_cookies,
        [format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900")]
    );
    assert_eq!(cookie.bytes, name.len() + "=".len() + value.len() + "; ".len());
    assert_eq!(cookie.name, name);
}

#[test]
fn the_target_is_not_readable_in_the_cookie() {
    let bytes = URL_SAFE_NO_PAD.decode(sealed()).unwrap();
    assert!(!bytes.windows(11).any(|window| window == b"app.example"));
}

#[test]
fn another_name_is_not_authentic() {
    let opened = Attempt::open(&ring(), "__Host-attempt-BAAAAAAA", &sealed());
    assert_eq!(opened.unwrap_err(), AttemptRefusal::NotAuthentic(SealRefusal::NotAuthentic));
}

#[test]
fn an_unknown_key_is_told_apart() {
    let opened = Attempt::open(&ring_of(&[NEW]), NAME, &sealed());
    assert_eq!(opened.unwrap_err(), AttemptRefusal::NotAuthentic(SealRefusal::UnknownKey));
}

#[test]
fn a_content_without_its_seed_and_time_is_malformed() {
    for length in 0..SEED_AND_TIME_BYTES {
        assert_eq!(open_content(&vec![0; length]).unwrap_err(), AttemptRefusal::Malformed, "{length} bytes");
    }
    assert_eq!(open_content(&[0; SEED_AND_TIME_BYTES]).unwrap().return_target(), "");
}

#[test]
fn a_target_that_is_no_text_is_malformed() {
    let mut bytes = vec![0; SEED_AND_TIME_BYTES];
    bytes.push(0xff);
    assert_eq!(open_content(&bytes).unwrap_err(), AttemptRefusal::Malformed);
}

#[test]
fn a_time_before_1970_is_kept_as_1970() {
    let opened = Attempt::open(
        &ring(),
        NAME,
        &begun(1, Timestamp::from_unix(-5), TARGET).seal(&ring(), NAME, SEAL_NONCE),
    );
    assert_eq!(opened.unwrap().started_at(), Timestamp::from_unix(0));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_attempt_comes_back(seed: [u8; 32], seconds in 0..1_i64 << 39, remember: bool, target in "\\PC{0,200}") {
        let attempt = Attempt::begin(seed, Timestamp::from_unix(seconds), target).remembering(remember);
        let opened = Attempt::open(&ring(), NAME, &attempt.seal(&ring(), NAME, SEAL_NONCE)).unwrap();
        prop_assert_eq!(content(&opened), content(&attempt));
        prop_assert_eq!(opened.remembers(), remember);
    }

    #[test]
    fn no_content_panics(bytes: Vec<u8>) {
        let malformed = bytes.len() < SEED_AND_TIME_BYTES
            || std::str::from_utf8(&bytes[SEED_AND_TIME_BYTES..]).is_err();
        prop_assert_eq!(open_content(&bytes).is_err(), malformed);
    }

    #[test]
    fn no_value_panics(value: String) {
        prop_assert!(Attempt::open(&ring(), NAME, &value).is_err());
    }
}
