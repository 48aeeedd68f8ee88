//! Reads JSON as it was sent: members stay in order, duplicates are kept, strings are borrowed from the
//! event.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::{EventRefusal, request_limits};

/// One JSON value. Parsing recurses within serde_json's limit of 128 levels, so the depth is bounded.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Null,
    Boolean(bool),
    /// A number; no event member that matters is a number.
    Number,
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Object<'a>),
}

/// An object's members in the order of the text.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

/// The initial capacity for the members of an object.
const TYPICAL_MEMBERS: usize = 12;

/// Reads an event, which is one JSON object.
pub(super) fn read_object(bytes: &[u8]) -> Result<Object<'_>, EventRefusal> {
    request_limits::check_event(bytes)?;
    // Checking the whole event at once is cheaper than checking each string.
    let text = std::str::from_utf8(bytes).map_err(|_| EventRefusal::NotJson)?;
    match serde_json::from_str(text) {
        Ok(Node::Object(object)) => Ok(object),
        Ok(_) => Err(EventRefusal::WrongType("the event")),
        // The error itself can quote what a client sent.
        Err(_) => Err(EventRefusal::NotJson),
    }
}

/// Access by name. `member` is the full name for the refusal. Null counts as absent.
impl<'a> Object<'a> {
    /// Every member, in order, duplicates kept.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Node<'a>)> {
        self.0.iter().map(|(name, node)| (name.as_ref(), node))
    }

    /// Whether the member is present, with any value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    pub(super) fn text(&self, name: &str, member: &'static str) -> Result<Option<&str>, EventRefusal> {
        match self.member(name, member)? {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => Err(EventRefusal::WrongType(member)),
        }
    }

    pub(super) fn required_text(&self, name: &str, member: &'static str) -> Result<&str, EventRefusal> {
        self.text(name, member)?.ok_or(EventRefusal::MissingMember(member))
    }

    pub(super) fn boolean(&self, name: &str, member: &'static str) -> Result<Option<bool>, EventRefusal> {
        match self.member(name, member)? {
            None => Ok(None),
            Some(Node::Boolean(boolean)) => Ok(Some(*boolean)),
            Some(_) => Err(EventRefusal::WrongType(member)),
        }
    }

    pub(super) fn list(&self, name: &str, member: &'static str) -> Result<Option<&[Node<'a>]>, EventRefusal> {
        match self.member(name, member)? {
            None => Ok(None),
            Some(Node::List(list)) => Ok(Some(list)),
            Some(_) => Err(EventRefusal::WrongType(member)),
        }
    }

    pub(super) fn object(
        &self,
        name: &str,
        member: &'static str,
    ) -> Result<Option<&Object<'a>>, EventRefusal> {
        match self.member(name, member)? {
            None => Ok(None),
            Some(Node::Object(object)) => Ok(Some(object)),
            Some(_) => Err(EventRefusal::WrongType(member)),
        }
    }

    pub(super) fn required_object(
        &self,
        name: &str,
        member: &'static str,
    ) -> Result<&Object<'a>, EventRefusal> {
        self.object(name, member)?.ok_or(EventRefusal::MissingMember(member))
    }

    fn member(&self, name: &str, member: &'static str) -> Result<Option<&Node<'a>>, EventRefusal> {
        let mut found = self.0.iter().filter(|(key, _)| key == name).map(|(_, node)| node);
        let first = found.next();
        if found.next().is_some() {
            return Err(EventRefusal::DuplicateMember(member));
        }
        Ok(first.filter(|node| !matches!(node, Node::Null)))
    }
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Self::Value, E> {
        Ok(Node::Boolean(boolean))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Node::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Node::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Node::Number)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        // Most lists of an event have one value.
        let mut list = Vec::with_capacity(1);
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::with_capacity(TYPICAL_MEMBERS);
        while let Some((name, node)) = members.next_entry::<Name<'de>, Node<'de>>()? {
            object.push((name.0, node));
        }
        Ok(Node::Object(Object(object)))
    }
}

/// A member's name. A plain `Cow` would always be copied by serde.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}
