#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::{secret::Secret, sign_in::attempt::Attempt, time::Timestamp};

const OLD: &str = "an old secret of thirty-two bytes";
const NEW: &str = "a newer secret, longer than 32 bytes";
const RESTARTS: u8 = 2;

fn ring_of(texts: &[&str], client_id: &str) -> Ring {
    let secrets: Vec<Secret> = texts.iter().map(|text| Secret::new(*text)).collect();
    Ring::new(&secrets, client_id).unwrap()
}

fn ring() -> Ring {
    ring_of(&[OLD], "app-client")
}

fn attempt(seed: u8) -> Attempt {
    Attempt::begin([seed; 32], Timestamp::from_unix(1_800_000_000), "https://app.example.com/".to_owned())
}

fn issued() -> StateText {
    attempt(1).state(RESTARTS, &ring())
}

fn parse(texts: &[&str]) -> Result<StateText, StateRefusal> {
    let values: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    StateText::parse(&values)
}

fn bytes() -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(issued().text()).unwrap()
}

/// The state with these bytes, after parsing.
fn read(bytes: &[u8]) -> StateText {
    parse(&[&URL_SAFE_NO_PAD.encode(bytes)]).unwrap()
}

#[test]
fn an_issued_state_comes_back_whole() {
    let state = parse(&[issued().text()]).unwrap();
    assert_eq!(state, issued());
    assert_eq!(state.restarts(&ring()), Some(RESTARTS));
    assert!(attempt(1).owns(&state));
}

#[test]
fn every_count_comes_back() {
    for restarts in 0..=u8::MAX {
        let issued = attempt(1).state(restarts, &ring());
        assert_eq!(parse(&[issued.text()]).unwrap().restarts(&ring()), Some(restarts));
    }
}

#[test]
fn a_state_is_66_characters_that_need_no_encoding() {
    let state = issued();
    assert_eq!(state.text().len(), 66);
    assert!(state.text().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
}

#[test]
fn the_random_part_comes_first_so_that_the_cookie_name_is_random() {
    assert_eq!(bytes()[..RANDOM_BYTES], attempt(1).state_random());
}

#[test]
fn no_state_is_missing() {
    assert_eq!(parse(&[]), Err(StateRefusal::Missing));
}

#[test]
fn two_states_are_duplicate_even_when_they_are_equal() {
    assert_eq!(parse(&[issued().text(), "another"]), Err(StateRefusal::Duplicate));
    assert_eq!(parse(&[issued().text(), issued().text()]), Err(StateRefusal::Duplicate));
}

#[test]
fn another_length_is_malformed() {
    for length in (0..STATE_BYTES).chain(STATE_BYTES + 1..STATE_BYTES * 3) {
        let mut bytes = bytes();
        bytes.resize(length, 0);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(parse(&[&text]), Err(StateRefusal::Malformed), "{length} bytes");
    }
}

#[test]
fn an_enormous_text_is_malformed() {
    assert_eq!(parse(&[&"A".repeat(1 << 20)]), Err(StateRefusal::Malformed));
}

#[test]
fn characters_outside_the_alphabet_are_malformed() {
    let good = issued();
    for character in ['+', '/', '=', ' ', '%', '.', '\n', '\u{e9}', '\0'] {
        for position in [0, 30, 65] {
            let altered: String = good
                .text()
                .chars()
                .enumerate()
                .map(|(at, kept)| if at == position { character } else { kept })
                .collect();
            assert_eq!(parse(&[&altered]), Err(StateRefusal::Malformed), "{character:?} at {position}");
        }
    }
}

#[test]
fn padding_is_malformed() {
    let padded = format!("{}==", issued().text());
    assert_eq!(parse(&[&padded]), Err(StateRefusal::Malformed));
}

#[test]
fn bits_beyond_the_last_byte_are_malformed() {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let good = issued();
    let last = good.text().chars().last().unwrap();
    let start = good.text().strip_suffix(last).unwrap();
    // Only two bits of the last character count; its lower four must be zero.
    let value = ALPHABET.find(last).unwrap();
    for bits in 1..16 {
        let altered = format!("{start}{}", char::from(ALPHABET.as_bytes()[value + bits]));
        assert_eq!(parse(&[&altered]), Err(StateRefusal::Malformed), "{bits}");
    }
}

#[test]
fn a_tampered_count_has_no_restarts() {
    for restarts in (0..=u8::MAX).filter(|restarts| *restarts != RESTARTS) {
        let mut bytes = bytes();
        bytes[RANDOM_BYTES] = restarts;
        let state = read(&bytes);
        assert_eq!(state.restarts(&ring()), None, "{restarts}");
        assert!(attempt(1).owns(&state), "the random part is as it was");
    }
}

#[test]
fn every_flipped_bit_has_no_restarts() {
    for bit in 0..STATE_BYTES * 8 {
        let mut bytes = bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&bytes).restarts(&ring()), None, "bit {bit}");
    }
}

#[test]
fn a_foreign_tag_has_no_restarts() {
    assert_eq!(issued().restarts(&ring_of(&[NEW], "app-client")), None);
    assert_eq!(issued().restarts(&ring_of(&[OLD], "other-client")), None);
}

#[test]
fn a_tag_for_another_purpose_has_no_restarts() {
    let mut bytes = bytes();
    bytes.truncate(RANDOM_BYTES + 1);
    let tag = ring().tag(Purpose::Attempt, &bytes);
    bytes.extend_from_slice(&tag);
    assert_eq!(read(&bytes).restarts(&ring()), None);
}

#[test]
fn a_tag_of_an_old_key_is_accepted() {
    assert_eq!(issued().restarts(&ring_of(&[NEW, OLD], "app-client")), Some(RESTARTS));
}

#[test]
fn the_newest_key_makes_the_tag() {
    let state = attempt(1).state(RESTARTS, &ring_of(&[NEW, OLD], "app-client"));
    assert_eq!(state.restarts(&ring_of(&[NEW], "app-client")), Some(RESTARTS));
    assert_eq!(state.restarts(&ring()), None);
}

#[test]
fn every_flipped_bit_of_the_random_part_is_of_another_attempt() {
    for bit in 0..RANDOM_BYTES * 8 {
        let mut bytes = bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(!attempt(1).owns(&read(&bytes)), "bit {bit}");
    }
}

#[test]
fn another_attempt_has_another_state() {
    assert!(!attempt(2).owns(&issued()));
    assert_ne!(issued().text(), attempt(2).state(RESTARTS, &ring()).text());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_none_is_ours(texts in prop::collection::vec(any::<String>(), 0..3)) {
        if let Ok(state) = StateText::parse(&texts) {
            prop_assert_eq!(state.restarts(&ring()), None);
        }
    }

    #[test]
    fn bytes_of_the_right_length_are_read_and_are_not_ours(
        random: [u8; 32],
        rest: [u8; 17],
    ) {
        let state = read(&[&random[..], &rest].concat());
        prop_assert_eq!(state.restarts(&ring()), None);
        prop_assert!(!attempt(1).owns(&state));
    }
}
