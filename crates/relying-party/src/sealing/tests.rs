#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

const CLIENT_ID: &str = "app-client";
const NAME: &str = "__Host-app";
const OLD: &str = "an old secret of thirty-two bytes";
const NEW: &str = "a newer secret, longer than 32 bytes";
const OTHER: &str = "a secret that another process may have";
const CONTENT: &[u8] = b"what we keep";
const TAGGED: &[u8] = b"what we tag";
const ID: [u8; 32] = [9; 32];

const EVERY_PURPOSE: [Purpose; 4] =
    [Purpose::Attempt, Purpose::Session, Purpose::State, Purpose::StoredSession];

fn secrets(texts: &[&str]) -> Vec<Secret> {
    texts.iter().map(|text| Secret::new(*text)).collect()
}

fn ring_of(texts: &[&str]) -> Ring {
    Ring::new(&secrets(texts), CLIENT_ID).unwrap()
}

fn ring() -> Ring {
    ring_of(&[OLD])
}

fn nonce() -> [u8; 24] {
    std::array::from_fn(|position| u8::try_from(position).unwrap())
}

fn sealed_by(ring: &Ring) -> String {
    ring.seal(Purpose::Session, NAME, CONTENT, nonce())
}

fn sealed() -> String {
    sealed_by(&ring())
}

fn bytes_of(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn text_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn open(ring: &Ring, text: &str) -> Result<Vec<u8>, SealRefusal> {
    ring.open(Purpose::Session, NAME, text).map(|content| content.to_vec())
}

fn open_stored(ring: &Ring, id: &[u8; 32], text: &str) -> Result<Vec<u8>, SealRefusal> {
    ring.open_stored(id, text).map(|content| content.to_vec())
}

mod key_id;
mod layout;
mod opening;
mod ring;
mod stored;
mod tag;
