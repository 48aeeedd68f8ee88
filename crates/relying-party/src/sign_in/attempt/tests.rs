#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::{
    http::cookie::{MAX_COOKIES_BYTES, set_session},
    http::request::Headers,
    secret::Secret,
};

const OLD: &str = "an old secret of thirty-two bytes";
const NEW: &str = "a newer secret, longer than 32 bytes";
const TARGET: &str = "https://app.example.com/";
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const LIFETIME: i64 = 900;
const OLDEST: Timestamp = NOW.plus(-LIFETIME);
const SEAL_NONCE: [u8; 24] = [5; 24];

fn ring_of(texts: &[&str]) -> Ring {
    let secrets: Vec<Secret> = texts.iter().map(|text| Secret::new(*text)).collect();
    Ring::new(&secrets, "app-client").unwrap()
}

fn ring() -> Ring {
    ring_of(&[OLD])
}

fn names() -> CookieNames {
    CookieNames::new("app-client", Some("app"), None).unwrap()
}

fn begun(seed: u16, started_at: Timestamp, target: &str) -> Attempt {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&seed.to_be_bytes());
    Attempt::begin(bytes, started_at, target.to_owned())
}

fn attempt() -> Attempt {
    begun(1, NOW, TARGET)
}

/// A return target of this many bytes.
fn long_target(bytes: usize) -> String {
    format!("{TARGET}{}", "x".repeat(bytes - TARGET.len()))
}

fn headers(cookies: &[(String, String)]) -> Headers {
    let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Headers::new(vec![("cookie".to_owned(), pairs.join("; "))])
}

mod derivation;
mod eviction;
mod kept_return_target;
mod landing;
mod sealing;
mod state;

#[test]
fn whether_to_remember_is_kept_and_costs_no_byte() {
    let ring = ring();
    for remember in [true, false] {
        let attempt = begun(1, NOW, TARGET).remembering(remember);
        let sealed = attempt.seal(&ring, "__Host-attempt-x", SEAL_NONCE);
        let opened = Attempt::open(&ring, "__Host-attempt-x", &sealed).unwrap();
        assert_eq!(opened.remembers(), remember);
        assert_eq!(opened.started_at(), attempt.started_at());
        assert_eq!(opened.return_target(), TARGET);
        assert_eq!(
            sealed.len(),
            attempt.remembering(!remember).seal(&ring, "__Host-attempt-x", SEAL_NONCE).len()
        );
    }
}
