//! Compares the strict reader of JSON objects with `serde_json`: it accepts no more, and refuses only
//! duplicates and depth in addition.

#![cfg_attr(fuzzing, no_main)]

use std::collections::BTreeSet;
use std::fmt;

use relying_party::json::{JsonRefusal, MAX_DEPTH, parse_every_member, parse_object};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

fuzz::fuzz_target!(|bytes: &[u8]| {
    let plain = serde_json::from_slice::<Value>(bytes);
    let seen = serde_json::from_slice::<Seen>(bytes);
    assert_eq!(parse_object(bytes).ok(), parse_every_member(bytes).ok().and_then(|_| fuzz::claims(bytes)));
    match parse_every_member(bytes) {
        Ok(object) => {
            assert_eq!(plain.expect("serde_json reads it too"), Value::Object(object));
            let seen = seen.expect("serde_json reads it too");
            assert!(!seen.duplicate && seen.depth <= MAX_DEPTH);
        }
        Err(JsonRefusal::DuplicateMember) => {}
        Err(JsonRefusal::TooDeep) => assert!(seen.map_or(true, |seen| seen.depth > MAX_DEPTH)),
        Err(JsonRefusal::NotAnObject) => assert!(!plain.expect("JSON").is_object()),
        Err(JsonRefusal::Malformed) => assert!(plain.is_err(), "{plain:?}"),
    }
    // A text that `serde_json` accepts and that has each name once is accepted.
    if let Ok(seen) = serde_json::from_slice::<Seen>(bytes)
        && seen.is_object
    {
        assert_eq!(parse_object(bytes).is_ok(), !seen.duplicate && seen.depth <= MAX_DEPTH);
    }
});

/// The shape of a document.
#[derive(Default)]
struct Seen {
    is_object: bool,
    duplicate: bool,
    depth: usize,
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Seen;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Seen, E> {
        Ok(Seen::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Seen, A::Error> {
        let mut seen = Seen { depth: 1, ..Seen::default() };
        while let Some(element) = elements.next_element::<Seen>()? {
            seen.depth = seen.depth.max(element.depth + 1);
            seen.duplicate |= element.duplicate;
        }
        Ok(seen)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Seen, A::Error> {
        let mut seen = Seen { depth: 1, is_object: true, duplicate: false };
        let mut names = BTreeSet::new();
        while let Some((name, member)) = members.next_entry::<String, Seen>()? {
            seen.depth = seen.depth.max(member.depth + 1);
            seen.duplicate |= member.duplicate | !names.insert(name);
        }
        Ok(seen)
    }
}
