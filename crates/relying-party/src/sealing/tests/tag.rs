//! Tests tags over public bytes.

use super::*;

const TAG: [u8; TAG_BYTES] = 0xdc1d_efcf_7bba_d437_6c42_970c_2509_bc0f_u128.to_be_bytes();

fn verifies(ring: &Ring, tag: &[u8]) -> bool {
    ring.verify_tag(Purpose::State, TAGGED, tag)
}

#[test]
fn a_tag_is_verified_and_stays_what_it_is() {
    assert_eq!(ring().tag(Purpose::State, TAGGED), TAG);
    assert!(verifies(&ring(), &TAG));
}

#[test]
fn every_flipped_bit_is_refused() {
    for bit in 0..TAG_BYTES * 8 {
        let mut tag = TAG;
        tag[bit / 8] ^= 1 << (bit % 8);
        assert!(!verifies(&ring(), &tag), "bit {bit}");
    }
}

#[test]
fn a_tag_of_another_length_is_refused() {
    for length in 0..TAG_BYTES {
        assert!(!verifies(&ring(), &TAG[..length]), "{length} bytes");
    }
    assert!(!verifies(&ring(), &[&TAG[..], &[0]].concat()));
}

#[test]
fn a_tag_over_other_bytes_is_refused() {
    for bytes in [&b""[..], b"what we ta", b"what we tag ", b"What we tag"] {
        assert!(!ring().verify_tag(Purpose::State, bytes, &TAG), "{bytes:?}");
    }
}

#[test]
fn a_tag_for_another_purpose_is_refused() {
    for purpose in
        [Purpose::Attempt, Purpose::Session, Purpose::StoredSession, Purpose::StoredIndex, Purpose::SessionId]
    {
        assert!(!ring().verify_tag(purpose, TAGGED, &TAG), "{purpose:?}");
    }
}

#[test]
fn a_tag_of_another_client_is_refused() {
    assert!(!verifies(&Ring::new(&secrets(&[OLD]), "other-client").unwrap(), &TAG));
}

#[test]
fn a_tag_of_an_unknown_key_is_refused() {
    assert!(!verifies(&ring_of(&[NEW, OTHER]), &TAG));
}

#[test]
fn a_tag_of_any_key_of_the_ring_is_verified_and_the_first_makes_it() {
    let ring = ring_of(&[NEW, OLD, OTHER]);
    for text in [NEW, OLD, OTHER] {
        assert!(verifies(&ring, &ring_of(&[text]).tag(Purpose::State, TAGGED)), "{text}");
    }
    assert_eq!(ring.tag(Purpose::State, TAGGED), ring_of(&[NEW]).tag(Purpose::State, TAGGED));
}
