//! Tests that state, nonce and PKCE verifier depend on the seed only.

use super::*;

#[test]
fn the_same_seed_derives_the_same_whatever_else_is_kept() {
    let other = begun(1, OLDEST, "https://app.example.com/elsewhere");
    assert_eq!(attempt().state_random(), other.state_random());
    assert_eq!(attempt().nonce(), other.nonce());
    assert_eq!(*attempt().code_verifier(), *other.code_verifier());
}

/// Another implementation of HKDF (RFC 5869) made these values. An attempt that began before an update can be
/// finished after it.
#[test]
fn the_derived_values_stay_as_they_are() {
    let attempt = Attempt::begin([1; 32], NOW, TARGET.to_owned());
    assert_eq!(URL_SAFE_NO_PAD.encode(attempt.state_random()), "-RiUMe1qNoP0jjmMsxSK6BAySKGnOkCzWag7ODpNGsk");
    assert_eq!(attempt.nonce(), "yfUDB-dqCjJ1ll_Boejq-jF0eRTJNWeO_2WjwAOVzGU");
    assert_eq!(*attempt.code_verifier(), "W76HCy46c69t0sILUM0GY1kt5jIx50f9XalRRvQLZVM");
    assert_eq!(attempt.code_challenge(), "6dU6GZPOHfLUFQcHMw3Hp7_XYwuFWDJ-aX132MY5lSo");
}

#[test]
fn another_seed_derives_all_of_it_anew() {
    for bit in 0..256 {
        let mut seed = [1; 32];
        seed[bit / 8] ^= 1 << (bit % 8);
        let other = Attempt::begin(seed, NOW, TARGET.to_owned());
        let attempt = Attempt::begin([1; 32], NOW, TARGET.to_owned());
        assert_ne!(attempt.state_random(), other.state_random(), "bit {bit}");
        assert_ne!(attempt.nonce(), other.nonce(), "bit {bit}");
        assert_ne!(*attempt.code_verifier(), *other.code_verifier(), "bit {bit}");
    }
}

#[test]
fn the_open_values_are_neither_seed_nor_verifier() {
    let attempt = attempt();
    let verifier = attempt.code_verifier().to_string();
    let derived = [
        URL_SAFE_NO_PAD.encode(*attempt.seed),
        URL_SAFE_NO_PAD.encode(attempt.state_random()),
        attempt.nonce(),
        verifier,
        attempt.code_challenge(),
    ];
    for (position, text) in derived.iter().enumerate() {
        assert_eq!(text.len(), 43);
        assert!(!derived[position + 1..].contains(text), "{position}");
    }
}

#[test]
fn the_challenge_is_the_sha_256_of_the_verifier() {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, attempt().code_verifier().as_bytes());
    assert_eq!(attempt().code_challenge(), URL_SAFE_NO_PAD.encode(digest));
}

#[test]
fn the_verifier_is_of_the_alphabet_of_rfc_7636() {
    let verifier = attempt().code_verifier();
    assert!(verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
}

#[test]
fn debug_shows_neither_seed_nor_target() {
    assert_eq!(format!("{:?}", attempt()), "Attempt { started_at: Timestamp(1800000000), .. }");
}
