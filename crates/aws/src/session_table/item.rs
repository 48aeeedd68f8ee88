//! Converts a row to an item of the table and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use flow::session::store::{Lease, List, Listed, Listing, Row, RowKey, StoreFault};
use relying_party::session::index::KeyedHash;
use relying_party::time::Timestamp;

/// The attributes of an item. Any others belong to a later release and are left unchanged.
pub(super) mod attribute {
    /// Hex SHA-256 of the session id: the partition key.
    pub(in super::super) const KEY: &str = "session";
    /// The layout of the item.
    pub(in super::super) const FORMAT: &str = "format";
    /// The sealed session.
    pub(in super::super) const CONTENT: &str = "content";
    /// A counter that each new content increments.
    pub(in super::super) const GENERATION: &str = "generation";
    /// The last recorded use, seconds since 1970.
    pub(in super::super) const SEEN_AT: &str = "seen_at";
    /// The last renewal, seconds since 1970.
    pub(in super::super) const RENEWED_AT: &str = "renewed_at";
    /// When DynamoDB may delete the item, seconds since 1970.
    pub(in super::super) const TTL: &str = "ttl";
    /// The holder of the lease.
    pub(in super::super) const LEASE_OWNER: &str = "lease_owner";
    /// The end of the lease, seconds since 1970.
    pub(in super::super) const LEASE_UNTIL: &str = "lease_until";
    /// Keyed hash of the user: the key of the index with this name. Items of older releases lack it.
    pub(in super::super) const USER: &str = "user";
    /// Keyed hash of the provider's session: the key of the index with this name. It is also absent if the
    /// provider sends no session id.
    pub(in super::super) const PROVIDER_SESSION: &str = "provider_session";
    /// When the session began, seconds since 1970. Items of older releases lack it.
    pub(in super::super) const SIGNED_IN_AT: &str = "signed_in_at";
}

/// The layout that this release writes. If a release changes the meaning of attributes, it writes another
/// number, and an earlier release must already read both.
pub(super) const FORMAT: u64 = 1;
pub(super) type Item = HashMap<String, AttributeValue>;

/// The item of `row` under `key`.
pub(super) fn of(key: &RowKey, row: &Row) -> Item {
    [(attribute::KEY, text(key.as_str())), (attribute::FORMAT, number(FORMAT))]
        .into_iter()
        .chain(state(row))
        .chain(row.lease.iter().flat_map(lease))
        .chain(listing(&row.listing))
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The attributes that each new content replaces.
pub(super) fn state(row: &Row) -> [(&'static str, AttributeValue); 5] {
    [
        (attribute::CONTENT, text(&row.content)),
        (attribute::GENERATION, number(row.generation)),
        (attribute::SEEN_AT, number(row.seen_at.unix())),
        (attribute::RENEWED_AT, number(row.renewed_at.unix())),
        (attribute::TTL, number(row.ends_at.unix())),
    ]
}

/// The attributes of a lease.
pub(super) fn lease(lease: &Lease) -> [(&'static str, AttributeValue); 2] {
    [(attribute::LEASE_OWNER, binary(&lease.owner)), (attribute::LEASE_UNTIL, number(lease.until.unix()))]
}

/// The attributes of a listing. Absent ones are left out, because an index accepts no empty key.
pub(super) fn listing(listing: &Listing) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    [
        listing.user.as_ref().map(|user| (attribute::USER, text(user.as_str()))),
        listing.provider_session.as_ref().map(|sid| (attribute::PROVIDER_SESSION, text(sid.as_str()))),
        listing.signed_in_at.map(|time| (attribute::SIGNED_IN_AT, number(time.unix()))),
    ]
    .into_iter()
    .flatten()
}

/// The attribute by which a list finds its items. The index has the same name.
pub(super) const fn listed_by(list: List) -> &'static str {
    match list {
        List::User => attribute::USER,
        List::ProviderSession => attribute::PROVIDER_SESSION,
    }
}

/// Reads an entry of an index; returns `None` if it lacks a required attribute.
pub(super) fn listed(item: &Item) -> Option<Listed> {
    let reading = Reading(item);
    Some(Listed {
        key: RowKey::new(reading.text(attribute::KEY)?),
        signed_in_at: reading.time(attribute::SIGNED_IN_AT),
        seen_at: reading.time(attribute::SEEN_AT)?,
        renewed_at: reading.time(attribute::RENEWED_AT)?,
        ends_at: reading.time(attribute::TTL)?,
    })
}

/// Reads the row of an item.
pub(super) fn row(item: &Item) -> Result<Row, StoreFault> {
    let reading = Reading(item);
    match reading.number::<u64>(attribute::FORMAT) {
        Some(FORMAT) => {
            Ok(Row { lease: reading.lease()?, ..reading.free_row().ok_or(StoreFault::Malformed)? })
        }
        Some(_) => Err(StoreFault::UnknownFormat),
        None => Err(StoreFault::Malformed),
    }
}

pub(super) fn binary(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(super) fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

pub(super) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Reads an item attribute by attribute. Each method returns `None` if the attribute is missing or has
/// another type.
pub(super) struct Reading<'a>(pub(super) &'a Item);

impl Reading<'_> {
    fn free_row(&self) -> Option<Row> {
        Some(Row {
            content: self.text(attribute::CONTENT)?,
            generation: self.number(attribute::GENERATION)?,
            seen_at: self.time(attribute::SEEN_AT)?,
            renewed_at: self.time(attribute::RENEWED_AT)?,
            ends_at: self.time(attribute::TTL)?,
            lease: None,
            listing: self.listing(),
        })
    }

    /// An attribute that is absent or of another type lists nothing: only the content determines whose
    /// session it is.
    fn listing(&self) -> Listing {
        Listing {
            user: self.text(attribute::USER).map(KeyedHash::new),
            provider_session: self.text(attribute::PROVIDER_SESSION).map(KeyedHash::new),
            signed_in_at: self.time(attribute::SIGNED_IN_AT),
        }
    }

    /// An incomplete lease is damage, because nobody could release it.
    fn lease(&self) -> Result<Option<Lease>, StoreFault> {
        let is_there = |name| self.0.contains_key(name);
        if !is_there(attribute::LEASE_OWNER) && !is_there(attribute::LEASE_UNTIL) {
            return Ok(None);
        }
        let owner = self.0.get(attribute::LEASE_OWNER).and_then(|owner| owner.as_b().ok());
        let owner = owner.and_then(|owner| owner.as_ref().try_into().ok());
        match (owner, self.time(attribute::LEASE_UNTIL)) {
            (Some(owner), Some(until)) => Ok(Some(Lease { owner, until })),
            _ => Err(StoreFault::Malformed),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_s().ok().cloned()
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name)?.as_n().ok()?.parse().ok()
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.number(name).map(Timestamp::from_unix)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

    use super::*;

    /// The attributes that are required to read a leased row.
    const NEEDED: [&str; 7] = [
        attribute::CONTENT,
        attribute::GENERATION,
        attribute::SEEN_AT,
        attribute::RENEWED_AT,
        attribute::TTL,
        attribute::LEASE_OWNER,
        attribute::LEASE_UNTIL,
    ];

    fn leased() -> Row {
        Row {
            content: "sealed".to_owned(),
            generation: 7,
            seen_at: Timestamp::from_unix(1_800_000_100),
            renewed_at: Timestamp::from_unix(1_800_000_000),
            ends_at: Timestamp::from_unix(1_800_086_400),
            lease: Some(Lease { owner: [9; 16], until: Timestamp::from_unix(1_800_000_120) }),
            listing: Listing {
                user: Some(KeyedHash::new("user".to_owned())),
                provider_session: Some(KeyedHash::new("sid".to_owned())),
                signed_in_at: Some(Timestamp::from_unix(1_800_000_000)),
            },
        }
    }

    fn item_of(row: &Row) -> Item {
        of(&RowKey::new("ab".repeat(32)), row)
    }

    /// Reads a good item with one attribute changed or removed.
    fn bent(name: &str, value: Option<AttributeValue>) -> Result<Row, StoreFault> {
        let mut item = item_of(&leased());
        assert!(item.contains_key(name), "{name}");
        match value {
            Some(value) => item.insert(name.to_owned(), value),
            None => item.remove(name),
        };
        row(&item)
    }

    #[test]
    fn a_row_comes_back_as_it_was() {
        let free = Row { lease: None, ..leased() };
        assert_eq!(row(&item_of(&leased())), Ok(leased()));
        assert_eq!(row(&item_of(&free)), Ok(free));
    }

    #[test]
    fn a_later_format_is_told_apart_from_damage() {
        assert_eq!(bent(attribute::FORMAT, Some(number(2))), Err(StoreFault::UnknownFormat));
        assert_eq!(bent(attribute::FORMAT, Some(text("1"))), Err(StoreFault::Malformed));
        assert_eq!(bent(attribute::FORMAT, None), Err(StoreFault::Malformed));
    }

    #[test]
    fn an_item_that_lacks_an_attribute_is_damaged() {
        for name in NEEDED {
            assert_eq!(bent(name, None), Err(StoreFault::Malformed), "{name}");
        }
    }

    #[test]
    fn an_attribute_of_another_type_is_damage() {
        for name in NEEDED {
            assert_eq!(bent(name, Some(AttributeValue::Bool(true))), Err(StoreFault::Malformed), "{name}");
        }
    }

    #[test]
    fn numbers_that_are_not_whole_seconds_are_damage() {
        for value in ["1.5", "1e9", "-", "99999999999999999999"] {
            let bent = bent(attribute::SEEN_AT, Some(AttributeValue::N(value.to_owned())));
            assert_eq!(bent, Err(StoreFault::Malformed), "{value}");
        }
        assert_eq!(bent(attribute::GENERATION, Some(number(-1))), Err(StoreFault::Malformed));
    }

    #[test]
    fn an_owner_of_another_length_is_damage() {
        assert_eq!(bent(attribute::LEASE_OWNER, Some(binary(&[9; 15]))), Err(StoreFault::Malformed));
    }

    #[test]
    fn an_item_of_a_release_without_lists_is_a_row_that_no_list_has() {
        let mut item = item_of(&leased());
        for name in [attribute::USER, attribute::PROVIDER_SESSION, attribute::SIGNED_IN_AT] {
            assert!(item.remove(name).is_some(), "{name}");
        }
        let unlisted = Row { listing: Listing::default(), ..leased() };
        assert_eq!(row(&item), Ok(unlisted.clone()));
        assert_eq!(item_of(&unlisted), item);
    }

    #[test]
    fn a_list_needs_the_times_and_the_key_and_no_content() {
        let mut item = item_of(&leased());
        item.remove(attribute::CONTENT);
        let entry = listed(&item).unwrap();
        assert_eq!((entry.key.as_str(), entry.ends_at), ("ab".repeat(32).as_str(), leased().ends_at));
        assert_eq!(entry.signed_in_at, leased().listing.signed_in_at);
        for name in [attribute::KEY, attribute::SEEN_AT, attribute::RENEWED_AT, attribute::TTL] {
            let mut bent = item.clone();
            bent.insert(name.to_owned(), AttributeValue::Bool(true));
            assert_eq!(listed(&bent), None, "{name}");
        }
    }

    #[test]
    fn attributes_of_a_later_release_are_left_alone() {
        let mut item = item_of(&leased());
        item.insert("later".to_owned(), AttributeValue::Bool(true));
        assert_eq!(row(&item).unwrap(), leased());
    }
}
