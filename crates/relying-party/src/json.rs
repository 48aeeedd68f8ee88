//! Reads JSON objects strictly (RFC 8259). `serde_json` keeps the last of duplicate members, and another
//! reader may keep the first; this module refuses duplicates at every level, and deep nesting too. It also
//! sorts members where the order must be fixed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may nest, including the outermost.
pub const MAX_DEPTH: usize = 32;

/// Why some bytes are not accepted as a JSON object. The caller turns it into its own refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonRefusal {
    /// An object has two members with the same name.
    DuplicateMember,
    /// Not JSON: bad syntax, bytes that are not UTF-8, a number outside the range of a double, or text after
    /// the end.
    Malformed,
    /// JSON, but not an object.
    NotAnObject,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Parses one JSON object with nothing after it. The caller limits the size. A member that is null counts as
/// absent, at every level: providers write null where the specifications leave a member out (OIDC Core
/// section 5.3.2).
///
/// # Errors
///
/// [`JsonRefusal`] for any other bytes.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonRefusal> {
    parse(bytes, Null::IsAbsent)
}

/// Like [`parse_object`], but keeps members that are null, for callers to whom the name alone matters: `crit`
/// in a JOSE header.
///
/// # Errors
///
/// [`JsonRefusal`] for any other bytes.
pub fn parse_every_member(bytes: &[u8]) -> Result<Map<String, Value>, JsonRefusal> {
    parse(bytes, Null::Stays)
}

/// The same value with the members of each object sorted by name. The map of `serde_json` is sorted or has
/// the order of insertion, depending on a feature that any crate of a build may enable.
#[must_use]
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(entries) => entries.iter().map(sorted).collect(),
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> =
                members.iter().map(|(name, value)| (name, sorted(value))).collect();
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn parse(bytes: &[u8], null: Null) -> Result<Map<String, Value>, JsonRefusal> {
    let refusal = Cell::new(None);
    // One check of the whole is cheaper than one for each string.
    let text = std::str::from_utf8(bytes).map_err(|_| JsonRefusal::Malformed)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let strict = Strict { depth: 0, null, refusal: &refusal };
    let value = strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|_| refusal.get().unwrap_or(JsonRefusal::Malformed))?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JsonRefusal::NotAnObject),
    }
}

/// How members that are null are treated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Null {
    IsAbsent,
    Stays,
}

/// Builds a [`Value`] and records why it failed.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    null: Null,
    refusal: &'a Cell<Option<JsonRefusal>>,
}

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(&self, refusal: JsonRefusal) -> E {
        self.refusal.set(Some(refusal));
        E::custom("refused")
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(JsonRefusal::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        let mut has_null = false;
        while let Some(name) = members.next_key::<String>()? {
            let Entry::Vacant(place) = object.entry(name) else {
                return Err(self.refuse(JsonRefusal::DuplicateMember));
            };
            has_null |= place.insert(members.next_value_seed(inner)?).is_null();
        }
        // The member is removed only now, because it still counts as a duplicate.
        if has_null && self.null == Null::IsAbsent {
            object.retain(|_, value| !value.is_null());
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refusal(text: &str) -> JsonRefusal {
        parse_object(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn an_object_is_read_as_serde_json_reads_it() {
        let text =
            r#" {"a": [1, -2, 3.5, 18446744073709551615, "\u00e9\n", null, true], "b": {"c": {}}, "": ""} "#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(parse_object(text.as_bytes()).unwrap()), value);
    }

    #[test]
    fn duplicate_members_are_refused_at_every_level() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":[{"c":1,"c":1}]}]}"#,
            r#"{"":1,"":2}"#,
            r#"{"a":null,"a":null}"#,
            r#"{"a":null,"a":1}"#,
            r#"{"a":1,"a":null}"#,
        ] {
            assert_eq!(refusal(text), JsonRefusal::DuplicateMember, "{text}");
        }
    }

    #[test]
    fn a_member_that_is_null_is_absent_at_every_level() {
        let text = r#"{"a":null,"b":[null,{"c":null,"d":1}],"e":{"f":null}}"#;
        assert_eq!(
            Value::Object(parse_object(text.as_bytes()).unwrap()),
            json!({ "b": [null, { "d": 1 }], "e": {} })
        );
        let every: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(parse_every_member(text.as_bytes()).unwrap()), every);
    }

    #[test]
    fn members_of_one_name_in_different_objects_are_no_duplicates() {
        assert!(parse_object(br#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"A":1}"#).is_ok());
    }

    #[test]
    fn another_value_than_an_object_is_told_apart_from_no_json() {
        for text in ["null", "true", "1", r#""a""#, "[]", "[{}]"] {
            assert_eq!(refusal(text), JsonRefusal::NotAnObject, "{text}");
        }
        for text in ["", " ", "{", "}", "{}}", "{},", "{a:1}", r#"{"a":}"#, r#"{"a":NaN}"#, "\u{feff}{}"] {
            assert_eq!(refusal(text), JsonRefusal::Malformed, "{text}");
        }
    }

    #[test]
    fn a_number_that_no_double_holds_is_malformed() {
        assert_eq!(refusal(r#"{"exp":1e400}"#), JsonRefusal::Malformed);
        assert_eq!(refusal(r#"{"exp":-1e400}"#), JsonRefusal::Malformed);
    }

    #[test]
    fn depth_is_limited_on_the_exact_level() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse_object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        assert_eq!(refusal(&nested(MAX_DEPTH)), JsonRefusal::TooDeep);
        assert_eq!(refusal(&nested(10_000)), JsonRefusal::TooDeep);
        assert_eq!(refusal(&"{\"a\":".repeat(10_000)), JsonRefusal::TooDeep);
        assert_eq!(refusal(&"[".repeat(10_000)), JsonRefusal::TooDeep);
    }

    #[test]
    fn an_object_cut_at_any_length_is_refused() {
        let text = json!({ "a": [1, "b", { "c": null }], "d": "é" }).to_string();
        for length in 0..text.len() {
            let cut = text.as_bytes().get(..length).unwrap();
            assert_eq!(parse_object(cut), Err(JsonRefusal::Malformed), "cut at {length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_object(&bytes);
        }

        #[test]
        fn any_object_of_texts_is_read_back(object in prop::collection::btree_map("\\PC*", "\\PC*", 0..8)) {
            let text = serde_json::to_vec(&object).unwrap();
            let read = parse_object(&text).unwrap();
            prop_assert_eq!(serde_json::to_value(object).unwrap(), Value::Object(read));
        }
    }
}
