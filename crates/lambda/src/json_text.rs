//! Writes JSON strings (RFC 8259 section 7), for responses that are mostly one long string: a token, a page,
//! a file.
//!
//! `serde_json` checks one byte after the other. This module looks for characters to escape in eight bytes at
//! a time, and copies each stretch without any as a whole.

use crate::byte_search::{below_space, equal_to, first, words};

/// Appends `text` in quotes, escaped as `serde_json` does.
pub(crate) fn push_text(json: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    json.reserve(bytes.len() + 2);
    json.push(b'"');
    // The bytes that are not copied yet, and the index of the first one.
    let (mut rest, mut begin) = (bytes, 0);
    for (index, word) in words(bytes).enumerate() {
        let mut found = escaped(word);
        while found != 0 {
            let place = index * 8 + first(found);
            let Some((clean, [byte, after @ ..])) = rest.split_at_checked(place - begin) else { break };
            json.extend_from_slice(clean);
            push_escaped(json, *byte);
            (rest, begin) = (after, place + 1);
            found &= found - 1;
        }
    }
    json.extend_from_slice(rest);
    json.push(b'"');
}

/// Finds the bytes of a word that have to be escaped (RFC 8259 section 7). Bytes of characters beyond ASCII
/// never have to.
pub(crate) const fn escaped(word: u64) -> u64 {
    below_space(word) | equal_to(word, b'"') | equal_to(word, b'\\')
}

/// Appends `"name":"text"`, after a comma where `json` already has a member.
pub(crate) fn push_member(json: &mut Vec<u8>, name: &str, text: &str) {
    push_name(json, name);
    push_text(json, text);
}

/// Appends `"name":`, after a comma where `json` already has a member.
pub(crate) fn push_name(json: &mut Vec<u8>, name: &str) {
    if json.last().is_some_and(|last| *last != b'{') {
        json.push(b',');
    }
    push_text(json, name);
    json.push(b':');
}

/// Appends the escape of a byte that [`escaped`] finds.
fn push_escaped(json: &mut Vec<u8>, byte: u8) {
    let letter = match byte {
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        0..0x20 => {
            json.extend_from_slice(if byte < 0x10 { b"\\u000" } else { b"\\u001" });
            let digit = byte & 0xf;
            json.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
            return;
        }
        _ => byte,
    };
    json.extend_from_slice(&[b'\\', letter]);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::{push_member, push_text};

    fn pushed(text: &str) -> String {
        let mut json = Vec::new();
        push_text(&mut json, text);
        String::from_utf8(json).unwrap()
    }

    #[test]
    fn every_character_up_to_0x200_is_written_as_serde_json_writes_it() {
        for character in (0..0x200).filter_map(char::from_u32) {
            let text = character.to_string();
            assert_eq!(pushed(&text), serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn an_escape_is_found_at_every_place_of_a_long_text() {
        for place in 0..200 {
            for character in ["\"", "\u{1f}", "ü", "\u{1f600}"] {
                let mut text = "x".repeat(200);
                text.insert_str(place, character);
                assert_eq!(pushed(&text), serde_json::to_string(&text).unwrap());
            }
        }
    }

    #[test]
    fn members_are_told_apart_by_commas() {
        let mut json = b"{".to_vec();
        push_member(&mut json, "a", "1");
        push_member(&mut json, "b\"", "");
        json.push(b'}');
        assert_eq!(String::from_utf8(json).unwrap(), r#"{"a":"1","b\"":""}"#);
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(text in ".*") {
            prop_assert_eq!(pushed(&text), serde_json::to_string(&text).unwrap());
        }
    }
}
