//! Strict reading of JSON objects (RFC 8259). `serde_json` keeps the last of duplicate members, which two readers
//! may see differently; here duplicates are refused at every level, and so is deep nesting.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may nest, the outermost included.
pub const MAX_DEPTH: usize = 32;

/// Why some bytes are no JSON object that we read. Whoever reads turns it into a refusal of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonRefusal {
    /// One object has two members of one name.
    DuplicateMember,
    /// Not JSON: syntax, bytes that are no UTF-8, a number beyond what a double holds, something after the end.
    Malformed,
    /// JSON, but no object.
    NotAnObject,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Reads one JSON object and nothing after it. The caller limits the size.
///
/// # Errors
///
/// [`JsonRefusal`] when the bytes are anything else.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonRefusal> {
    let refusal = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let strict = Strict { depth: 0, refusal: &refusal };
    let value = strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|_| refusal.get().unwrap_or(JsonRefusal::Malformed))?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(JsonRefusal::NotAnObject),
    }
}

/// Builds a [`Value`] and notes why it gave up.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
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
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.refuse(JsonRefusal::DuplicateMember));
            }
            let value = members.next_value_seed(inner)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
