//! Edits the secret of `VESTIBULE_SECRET_ID` for a rotation: it changes the ring and leaves everything else
//! as it was.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::document::{self, Node};
use super::key::{SECRET_ID_VARIABLE, SESSION_SECRET};
use super::{Fault, Faults, session};
use crate::sealing::{KeyId, Ring, RingFault};
use crate::secret::Secret;

/// The JSON document of the secret, its members in order.
#[derive(Clone)]
pub struct RingDocument {
    ring: Vec<Secret>,
    /// Every member, byte for byte. Only that of the ring is rewritten.
    members: Vec<(String, Box<RawValue>)>,
}

impl RingDocument {
    /// Parses the text of the secret. The ring is read as the functions read it.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object or has a name twice, or the ring is missing or invalid.
    pub fn parse(text: &str) -> Result<Self, Faults> {
        let fault = |key: &str, problem: &str| Faults(vec![Fault::new(key, problem)]);
        let unreadable = |problem: &str| fault(SECRET_ID_VARIABLE, problem);
        let nodes = document::parse_json_object(text).map_err(|error| unreadable(&error.to_string()))?;
        let repeated = document::repeated_names(&nodes, "");
        if !repeated.is_empty() {
            return Err(Faults(repeated));
        }
        let ring = nodes.into_iter().find(|(name, _)| name == SESSION_SECRET.name);
        let ring = ring.map_or(Node::Nothing, |(_, node)| node);
        let ring = session::secrets(ring).map_err(|problem| fault(SESSION_SECRET.name, &problem))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let members =
            deserializer.deserialize_map(Members).map_err(|_| unreadable("is not readable as JSON"))?;
        Ok(Self { ring, members })
    }

    /// The ids of the ring's keys. The first one seals.
    pub fn key_ids(&self) -> Vec<KeyId> {
        self.ring.iter().map(KeyId::of).collect()
    }

    /// The ring as the functions of `client_id` derive it.
    ///
    /// # Errors
    ///
    /// Those of [`Ring::new`].
    pub fn ring(&self, client_id: &str) -> Result<Ring, RingFault> {
        Ring::new(&self.ring, client_id)
    }

    /// Adds a key at the end, where it opens but does not seal yet.
    #[must_use]
    pub fn appending(&self, secret: Secret) -> Self {
        let mut next = self.clone();
        next.ring.push(secret);
        next
    }

    /// Moves the key `id` to the front, where it seals.
    #[must_use]
    pub fn promoting(&self, id: KeyId) -> Self {
        let (first, others): (Vec<Secret>, Vec<Secret>) =
            self.ring.iter().cloned().partition(|secret| KeyId::of(secret) == id);
        Self { ring: first.into_iter().chain(others).collect(), members: self.members.clone() }
    }

    /// Removes the keys `ids`.
    #[must_use]
    pub fn dropping(&self, ids: &[KeyId]) -> Self {
        let stays = |secret: &&Secret| !ids.contains(&KeyId::of(secret));
        Self { ring: self.ring.iter().filter(stays).cloned().collect(), members: self.members.clone() }
    }

    /// The JSON text, with the ring as a list. It is as secret as the ring.
    pub fn text(&self) -> Secret {
        let member = |name: &str, value: &str| format!("{}:{value}", serde_json::Value::from(name));
        let ring: Vec<&str> = self.ring.iter().map(Secret::expose).collect();
        let ring = serde_json::Value::from(ring).to_string();
        let members: Vec<String> = self
            .members
            .iter()
            .map(|(name, raw)| member(name, if name == SESSION_SECRET.name { &ring } else { raw.get() }))
            .collect();
        Secret::new(format!("{{{}}}", members.join(",")))
    }
}

impl fmt::Debug for RingDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RingDocument").field(&self.key_ids()).finish()
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
