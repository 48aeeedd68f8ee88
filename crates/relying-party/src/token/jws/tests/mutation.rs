use super::*;

/// A small token, so that every byte can be tried.
fn small() -> String {
    TokenBuilder::new(json!({ "iss": ISSUER })).build()
}

#[test]
fn a_token_cut_at_any_length_is_refused() {
    let token = small();
    for length in 0..token.len() {
        assert!(read(token.get(..length).unwrap()).is_err(), "cut at {length}");
    }
}

#[test]
fn a_token_with_any_bit_flipped_is_refused() {
    let token = small();
    let keys = key_set();
    for index in 0..token.len() {
        for bit in 0..8 {
            let mut bytes = token.clone().into_bytes();
            *bytes.get_mut(index).unwrap() ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let result = UnverifiedToken::parse(&text).and_then(|token| token.verify(&keys, RS256));
            assert!(result.is_err(), "byte {index} bit {bit}");
        }
    }
}

#[test]
fn a_token_without_any_one_byte_is_refused() {
    let token = small();
    for index in 0..token.len() {
        let mut text = token.clone();
        text.remove(index);
        assert!(read(&text).is_err(), "without {index}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn a_mutated_token_never_verifies(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..6)
    ) {
        let token = small();
        let mut bytes = token.clone().into_bytes();
        for (index, kind, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = index.index(bytes.len());
            match kind {
                0 => *bytes.get_mut(at).unwrap() = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if text != token {
            prop_assert!(read(&text).is_err());
        }
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC*") {
        prop_assert!(read(&text).is_err());
    }

    #[test]
    fn any_header_and_claims_are_refused_without_a_panic(
        header in prop::collection::vec(any::<u8>(), 0..60),
        claims in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let token = format!("{}.{}.AAAA", base64url(&header), base64url(&claims));
        prop_assert!(read(&token).is_err());
    }
}
