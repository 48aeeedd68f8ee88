//! Tests the ids of keys.

use super::*;

fn id_of(text: &str) -> KeyId {
    KeyId::of(&Secret::new(text))
}

#[test]
fn a_sealed_text_names_the_key_that_sealed_it() {
    let ring = ring_of(&[NEW, OLD]);
    assert_eq!(KeyId::of_sealed(&sealed_by(&ring)), Some(id_of(NEW)));
    assert_eq!(KeyId::of_sealed(&ring.seal_stored(&ID, CONTENT, nonce())), Some(id_of(NEW)));
    let earlier = ring_of(&[OLD]).writing(Format::Version0);
    assert_eq!(KeyId::of_sealed(&sealed_by(&earlier)), Some(id_of(OLD)));
}

#[test]
fn an_id_is_that_of_the_secret_alone() {
    let other_client = Ring::new(&secrets(&[OLD]), "another-client").unwrap();
    assert_eq!(KeyId::of_sealed(&sealed_by(&other_client)), Some(id_of(OLD)));
    assert_ne!(id_of(OLD), id_of(NEW));
}

#[test]
fn an_unsealed_text_names_no_key() {
    for text in ["", "not base64!", "AQ", "fw", &text_of(&[9; 60]), &text_of(&[1; 20])] {
        assert_eq!(KeyId::of_sealed(text), None, "{text}");
    }
}

#[test]
fn an_id_reads_as_it_is_written() {
    let id = id_of(OLD);
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(id.to_string().len(), 8);
    for text in ["", "1234567", "123456789", "1234567g", "+1234567"] {
        assert_eq!(text.parse::<KeyId>(), Err(KeyIdFault), "{text}");
    }
}

proptest! {
    #[test]
    fn every_text_begins_with_one_of_its_keys_prefixes_and_none_of_anothers(nonce: [u8; 24]) {
        let text = ring_of(&[NEW]).seal_stored(&ID, CONTENT, nonce);
        let begins = |id: KeyId| id.sealed_prefixes().iter().filter(|prefix| text.starts_with(*prefix)).count();
        prop_assert_eq!(begins(id_of(NEW)), 1);
        prop_assert_eq!(begins(id_of(OLD)), 0);
    }
}
