//! Tests which secrets form a ring, what it opens and what it reveals.

use super::*;

fn fault(texts: &[&str]) -> RingFault {
    Ring::new(&secrets(texts), CLIENT_ID).unwrap_err()
}

#[test]
fn no_secret_is_no_ring() {
    assert_eq!(fault(&[]), RingFault::Empty);
}

#[test]
fn a_secret_of_32_bytes_is_enough_and_of_31_is_too_short() {
    let enough = "x".repeat(MIN_SECRET_BYTES);
    assert!(Ring::new(&secrets(&[&enough]), CLIENT_ID).is_ok());
    let short = "x".repeat(MIN_SECRET_BYTES - 1);
    assert_eq!(fault(&[&short]), RingFault::TooShort { position: 0 });
    assert_eq!(fault(&[""]), RingFault::TooShort { position: 0 });
}

#[test]
fn a_secret_is_measured_in_bytes() {
    let enough = "\u{e9}".repeat(MIN_SECRET_BYTES / 2);
    assert!(Ring::new(&secrets(&[&enough]), CLIENT_ID).is_ok());
}

#[test]
fn the_first_short_secret_is_named() {
    assert_eq!(fault(&[NEW, "short", OLD]), RingFault::TooShort { position: 1 });
    assert_eq!(fault(&[NEW, OLD, "short", "shorter"]), RingFault::TooShort { position: 2 });
}

#[test]
fn an_old_key_still_opens() {
    for texts in [&[NEW, OLD][..], &[NEW, OTHER, OLD], &[OLD, OLD]] {
        assert_eq!(open(&ring_of(texts), &sealed()), Ok(CONTENT.to_vec()), "{} keys", texts.len());
    }
}

#[test]
fn the_first_key_seals() {
    let text = sealed_by(&ring_of(&[NEW, OLD]));
    assert_eq!(open(&ring_of(&[NEW]), &text), Ok(CONTENT.to_vec()));
    assert_eq!(open(&ring_of(&[OLD]), &text), Err(SealRefusal::UnknownKey));
}

#[test]
fn a_key_taken_out_of_the_ring_no_longer_opens() {
    assert_eq!(open(&ring_of(&[NEW, OTHER]), &sealed()), Err(SealRefusal::UnknownKey));
}

#[test]
fn a_forgery_under_an_old_key_id_is_not_authentic() {
    let mut bytes = bytes_of(&sealed());
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(open(&ring_of(&[NEW, OLD]), &text_of(&bytes)), Err(SealRefusal::NotAuthentic));
}

#[test]
fn another_key_whose_id_is_the_same_does_not_hide_ours() {
    let mut ring = ring_of(&[NEW, OLD]);
    ring.sealing.id = ring.others[0].id;
    assert_eq!(open(&ring, &sealed()), Ok(CONTENT.to_vec()));
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(
        format!("{:?}", ring_of(&[NEW, OLD])),
        r#"Ring { client_id: "app-client", format: Version1, keys: 2, .. }"#
    );
}
