//! Tests sessions in a store, which need both the ring and the id.

use super::*;

const STORED: &str = "AQPBkwIAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhdVaOCfkch0wKsZC0RxOvQQTJPf0SGz36r3Zeb_";

#[test]
fn a_stored_session_opens_with_ring_and_id_and_stays_what_it_is() {
    assert_eq!(ring().seal_stored(&ID, CONTENT, nonce()), STORED);
    assert_eq!(open_stored(&ring(), &ID, STORED), Ok(CONTENT.to_vec()));
}

#[test]
fn another_id_is_not_authentic() {
    for bit in 0..ID.len() * 8 {
        let mut id = ID;
        id[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(open_stored(&ring(), &id, STORED), Err(SealRefusal::NotAuthentic), "bit {bit}");
    }
}

#[test]
fn another_ring_is_of_an_unknown_key() {
    assert_eq!(open_stored(&ring_of(&[OTHER]), &ID, STORED), Err(SealRefusal::UnknownKey));
}

#[test]
fn another_ring_that_calls_its_key_the_same_is_not_authentic() {
    let mut other = ring_of(&[OTHER]);
    other.sealing.id = ring().sealing.id;
    assert_eq!(open_stored(&other, &ID, STORED), Err(SealRefusal::NotAuthentic));
}

#[test]
fn another_client_id_is_not_authentic() {
    let other = Ring::new(&secrets(&[OLD]), "other-client").unwrap();
    assert_eq!(open_stored(&other, &ID, STORED), Err(SealRefusal::NotAuthentic));
}

#[test]
fn an_old_key_still_opens() {
    assert_eq!(open_stored(&ring_of(&[NEW, OLD]), &ID, STORED), Ok(CONTENT.to_vec()));
}

#[test]
fn the_ring_alone_does_not_open_it() {
    let opened = ring().open(Purpose::StoredSession, "", STORED);
    assert_eq!(opened.unwrap_err(), SealRefusal::NotAuthentic);
}

#[test]
fn a_text_sealed_without_an_id_does_not_open_with_one() {
    let text = ring().seal(Purpose::StoredSession, "", CONTENT, nonce());
    assert_eq!(open_stored(&ring(), &ID, &text), Err(SealRefusal::NotAuthentic));
}

#[test]
fn a_session_of_a_cookie_is_no_stored_session() {
    assert_eq!(open_stored(&ring(), &ID, &sealed()), Err(SealRefusal::NotAuthentic));
}

#[test]
fn version_0_opens() {
    let text = ring().writing(Format::Version0).seal_stored(&ID, CONTENT, nonce());
    assert_eq!(open_stored(&ring(), &ID, &text), Ok(CONTENT.to_vec()));
}
