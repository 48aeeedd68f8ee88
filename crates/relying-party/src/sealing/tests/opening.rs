//! Opens sealed texts, and checks that none opens after a change.

use super::*;

#[test]
fn a_sealed_text_opens() {
    assert_eq!(open(&ring(), &sealed()), Ok(CONTENT.to_vec()));
}

#[test]
fn an_empty_content_opens() {
    let text = ring().seal(Purpose::Session, NAME, b"", nonce());
    assert_eq!(open(&ring(), &text), Ok(Vec::new()));
}

#[test]
fn the_content_is_not_readable_in_the_text() {
    let bytes = bytes_of(&sealed());
    assert!(!bytes.windows(CONTENT.len()).any(|window| window == CONTENT));
    assert_eq!(bytes.len(), SEAL_BYTES + CONTENT.len());
}

#[test]
fn another_nonce_gives_another_text() {
    let other = ring().seal(Purpose::Session, NAME, CONTENT, [7; 24]);
    assert_ne!(bytes_of(&sealed())[HEADER_BYTES..], bytes_of(&other)[HEADER_BYTES..]);
}

#[test]
fn every_flipped_bit_is_refused_for_what_it_changed() {
    let good = bytes_of(&sealed());
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let expected = match bit {
            // Version 0 is read too, and has other bytes in the place of the key id.
            0 | 8..40 => SealRefusal::UnknownKey,
            1..8 => SealRefusal::UnknownFormat,
            _ => SealRefusal::NotAuthentic,
        };
        assert_eq!(open(&ring(), &text_of(&bytes)), Err(expected), "bit {bit}");
    }
}

#[test]
fn a_text_cut_short_is_malformed_until_it_could_hold_a_header_and_a_tag() {
    for format in [Format::Version0, Format::Version1] {
        let good = bytes_of(&sealed_by(&ring().writing(format)));
        for length in 0..good.len() {
            let expected =
                if length < SEAL_BYTES { SealRefusal::Malformed } else { SealRefusal::NotAuthentic };
            assert_eq!(open(&ring(), &text_of(&good[..length])), Err(expected), "{format:?}, {length} bytes");
        }
    }
}

#[test]
fn a_text_cut_at_any_character_does_not_open() {
    let good = sealed();
    for length in 0..good.len() {
        let refusal = open(&ring(), good.get(..length).unwrap()).unwrap_err();
        assert!(
            matches!(refusal, SealRefusal::Malformed | SealRefusal::NotAuthentic),
            "{length} characters: {refusal:?}"
        );
    }
}

#[test]
fn a_byte_more_is_not_authentic() {
    let mut bytes = bytes_of(&sealed());
    bytes.push(0);
    assert_eq!(open(&ring(), &text_of(&bytes)), Err(SealRefusal::NotAuthentic));
}

#[test]
fn text_that_is_not_base64url_without_padding_is_malformed() {
    let good = sealed();
    let padded = format!("{good}=");
    let blank = format!(" {good}");
    let standard = good.replacen('A', "+", 1);
    let quoted = format!("\"{good}\"");
    for text in ["", "=", "\u{e9}", "a session", &padded, &blank, &standard, &quoted] {
        assert_eq!(open(&ring(), text), Err(SealRefusal::Malformed), "{text:?}");
    }
}

#[test]
fn bits_beyond_the_last_byte_are_malformed() {
    let good = ring().seal(Purpose::Session, NAME, b"", nonce());
    assert_eq!(good.len() % 4, 0);
    let good = ring().seal(Purpose::Session, NAME, b"a", nonce());
    assert_eq!(good.len() % 4, 2);
    let last = good.chars().last().unwrap();
    let next = char::from(u8::try_from(last).unwrap() + 1);
    let altered = format!("{}{next}", good.strip_suffix(last).unwrap());
    assert_eq!(open(&ring(), &good), Ok(b"a".to_vec()));
    assert_eq!(open(&ring(), &altered), Err(SealRefusal::Malformed));
}

#[test]
fn another_client_id_is_not_authentic() {
    let other = Ring::new(&secrets(&[OLD]), "other-client").unwrap();
    assert_eq!(open(&other, &sealed()), Err(SealRefusal::NotAuthentic));
}

#[test]
fn another_name_is_not_authentic() {
    for name in ["", "__Host-ap", "__Host-app.0", "__host-app", "__Secure-app"] {
        let opened = ring().open(Purpose::Session, name, &sealed());
        assert_eq!(opened.unwrap_err(), SealRefusal::NotAuthentic, "{name:?}");
    }
}

#[test]
fn a_client_id_and_a_name_do_not_run_into_each_other() {
    let longer = Ring::new(&secrets(&[OLD]), "app-client-").unwrap();
    let text = ring().seal(Purpose::Session, "-app", CONTENT, nonce());
    let opened = longer.open(Purpose::Session, "app", &text);
    assert_eq!(opened.unwrap_err(), SealRefusal::NotAuthentic);
    let associated =
        |ring: &Ring, name| ring.associated_data(Format::Version1, [0; 4], Purpose::Session, name);
    assert_ne!(associated(&ring(), "-app"), associated(&longer, "app"));
}

#[test]
fn another_purpose_is_not_authentic() {
    for sealed_for in EVERY_PURPOSE {
        let text = ring().seal(sealed_for, NAME, CONTENT, nonce());
        for opened_for in EVERY_PURPOSE {
            let opened = ring().open(opened_for, NAME, &text).map(|content| content.to_vec());
            let expected =
                if sealed_for == opened_for { Ok(CONTENT.to_vec()) } else { Err(SealRefusal::NotAuthentic) };
            assert_eq!(opened, expected, "{sealed_for:?} as {opened_for:?}");
        }
    }
}

#[test]
fn a_purpose_is_authenticated_and_not_only_a_matter_of_its_key() {
    let associated = |purpose| ring().associated_data(Format::Version1, [0; 4], purpose, NAME);
    for (position, purpose) in EVERY_PURPOSE.into_iter().enumerate() {
        for other in &EVERY_PURPOSE[position + 1..] {
            assert_ne!(associated(purpose), associated(*other), "{purpose:?} and {other:?}");
            let key = &ring().sealing;
            assert_ne!(key.of(purpose), key.of(*other), "{purpose:?} and {other:?}");
        }
    }
}

#[test]
fn a_text_sealed_with_a_newer_key_is_of_an_unknown_key_and_is_left_alone() {
    let refusal = open(&ring(), &sealed_by(&ring_of(&[NEW, OLD]))).unwrap_err();
    assert_eq!(refusal, SealRefusal::UnknownKey);
    assert!(!refusal.may_expire());
}

#[test]
fn a_forgery_under_our_key_id_may_be_expired() {
    let mut bytes = bytes_of(&sealed());
    bytes.truncate(HEADER_BYTES);
    bytes.extend_from_slice(&[0; 64]);
    let refusal = open(&ring(), &text_of(&bytes)).unwrap_err();
    assert_eq!(refusal, SealRefusal::NotAuthentic);
    assert!(refusal.may_expire());
}

#[test]
fn a_text_that_is_not_sealed_may_be_expired() {
    assert!(open(&ring(), "a session").unwrap_err().may_expire());
}

#[test]
fn a_later_format_is_unknown_and_is_left_alone() {
    for version in 2..=u8::MAX {
        let mut bytes = bytes_of(&sealed());
        bytes[0] = version;
        let refusal = open(&ring(), &text_of(&bytes)).unwrap_err();
        assert_eq!(refusal, SealRefusal::UnknownFormat, "version {version}");
        assert!(!refusal.may_expire());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_content_comes_back(
        content: Vec<u8>,
        name in "[A-Za-z_.-]{0,20}",
        nonce: [u8; 24],
        purpose in prop::sample::select(EVERY_PURPOSE.to_vec()),
        format in prop::sample::select(vec![Format::Version0, Format::Version1]),
    ) {
        let ring = ring().writing(format);
        let text = ring.seal(purpose, &name, &content, nonce);
        prop_assert_eq!(ring.open(purpose, &name, &text).unwrap().to_vec(), content);
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(open(&ring(), &text).is_err());
    }

    #[test]
    fn no_bytes_open(mut bytes: Vec<u8>, version in 0..2u8) {
        prop_assert!(open(&ring(), &text_of(&bytes)).is_err());
        bytes.insert(0, version);
        prop_assert!(open(&ring(), &text_of(&bytes)).is_err());
    }
}
