//! JSON texts (RFC 8259 section 7), for answers that are mostly one long text: a token, a page, a file.
//!
//! `serde_json` looks at one byte after the other. Here a stretch without anything to escape is found and copied as a
//! whole, which the compiler makes a few instructions of.

/// How many bytes are looked at in one go; where one of them is escaped, how many then.
const STRETCH: usize = 64;
const SHORT_STRETCH: usize = 16;

/// Appends `text` in quotes, escaped as `serde_json` does it.
pub(crate) fn push_text(json: &mut Vec<u8>, text: &str) {
    json.reserve(text.len() + 2);
    json.push(b'"');
    for stretch in text.as_bytes().chunks(STRETCH) {
        if !has_escaped(stretch) {
            json.extend_from_slice(stretch);
            continue;
        }
        for stretch in stretch.chunks(SHORT_STRETCH) {
            push_stretch(json, stretch);
        }
    }
    json.push(b'"');
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

/// Bytes of characters beyond ASCII are never escaped, so a stretch may end in the middle of one.
fn push_stretch(json: &mut Vec<u8>, mut stretch: &[u8]) {
    if has_escaped(stretch) {
        while let Some(place) = stretch.iter().position(|byte| is_escaped(*byte)) {
            let (clean, rest) = stretch.split_at(place);
            json.extend_from_slice(clean);
            let Some((escaped, rest)) = rest.split_first() else { break };
            push_escaped(json, *escaped);
            stretch = rest;
        }
    }
    json.extend_from_slice(stretch);
}

/// No way out before the end: the compiler can look at many bytes at once only then.
fn has_escaped(stretch: &[u8]) -> bool {
    stretch.iter().fold(false, |found, byte| found | is_escaped(*byte))
}

#[expect(clippy::needless_bitwise_bool, reason = "no branch for a byte: many are looked at at once")]
const fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// `byte` is one that [`is_escaped`] names.
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
