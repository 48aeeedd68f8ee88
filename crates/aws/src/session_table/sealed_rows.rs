//! Finds the keys that the rows of a session table are sealed under. A sealed text names its key, so nothing
//! is opened.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_dynamodb::Client;
use flow::session::store::StoreFault;
use relying_party::{sealing::KeyId, time::Timestamp};

use super::{
    item::{Item, Reading, attribute, number, text},
    revocation_item::{self, RevocationItem},
};
use crate::{error_kind::ErrorKind, sdk::Sdk};

/// The rows of a session table that belong to another key than the current sealing key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedRows {
    /// Live sessions, by the id of their key.
    pub by_key: BTreeMap<KeyId, u64>,
    /// Live sessions whose content names no key of a known layout.
    pub unreadable: u64,
    /// Revocations and used logout tokens. They are found by a keyed hash.
    pub marks: Vec<RevocationItem>,
    /// The number of items that were read.
    pub read: u64,
}

impl SealedRows {
    /// Reads the whole table consistently. Rows that are sealed under `sealing` or ended before `now` are
    /// left out. `tell` is called after each page with the number of items read.
    ///
    /// # Errors
    ///
    /// Fails if the table cannot be read.
    pub async fn scan(
        sdk: &Arc<Sdk>,
        table: &str,
        sealing: KeyId,
        now: Timestamp,
        show_count: impl Fn(u64),
    ) -> Result<Self, StoreFault> {
        let mut scan = Client::new(sdk.configuration().await?)
            .scan()
            .table_name(table)
            .consistent_read(true)
            .projection_expression("#key, #content, #format, #not_before, #ttl")
            .filter_expression(
                "#ttl > :now AND NOT (begins_with(#content, :sealed0) OR begins_with(#content, :sealed1) \
                 OR begins_with(#content, :sealed2) OR begins_with(#content, :sealed3))",
            )
            .expression_attribute_names("#key", attribute::KEY)
            .expression_attribute_names("#content", attribute::CONTENT)
            .expression_attribute_values(":now", number(now.unix()));
        for name in revocation_item::REVOCATION_ATTRIBUTES {
            scan = scan.expression_attribute_names(format!("#{name}"), name);
        }
        for (index, prefix) in sealing.sealed_prefixes().iter().enumerate() {
            scan = scan.expression_attribute_values(format!(":sealed{index}"), text(prefix));
        }
        let mut pages = scan.into_paginator().send();
        let mut rows = Self::default();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ErrorKind::of(&error))?;
            rows.read += u64::try_from(page.scanned_count()).unwrap_or_default();
            page.items().iter().for_each(|item| rows.count(item, sealing));
            show_count(rows.read);
        }
        Ok(rows)
    }

    fn count(&mut self, item: &Item, sealing: KeyId) {
        if let Some(mark) = RevocationItem::of(item) {
            self.marks.extend((mark.key_id != sealing).then_some(mark));
            return;
        }
        let content = Reading(item).text(attribute::CONTENT);
        match content.as_deref().and_then(KeyId::of_sealed) {
            // A row of the previous layout has another prefix.
            Some(id) if id == sealing => {}
            Some(id) => *self.by_key.entry(id).or_default() += 1,
            None => self.unreadable += 1,
        }
    }

    /// The number of marks for each key.
    pub fn marks_by_key(&self) -> BTreeMap<KeyId, u64> {
        self.marks.iter().fold(BTreeMap::new(), |mut counted, mark| {
            *counted.entry(mark.key_id).or_default() += 1;
            counted
        })
    }
}
