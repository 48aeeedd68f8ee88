//! Checks of the table with the sessions.

use aws::deployed_facts::TableFacts;
use aws::deployed_mends::Mend;

use super::{Check, Finding, TAKE_BACK, all, check, gone, when};
use crate::doctor::facts::{Facts, seen};

pub(super) const CHECKS: &[Check] = &[
    check!("table_missing", "nobody gets in: session_store_unavailable", TAKE_BACK, |facts| gone(
        &facts.table,
        "there is no such table"
    )),
    check!(
        "table_inactive",
        "nobody gets in: session_store_unavailable",
        "aws dynamodb describe-table --table-name {table}",
        |facts| { table(facts, |table| when(!table.is_active, || "the table cannot be used".to_owned())) }
    ),
    check!("table_key", "nobody gets in: session_store_unavailable", TAKE_BACK, |facts| {
        table(facts, |table| {
            when(table.key.as_deref() != Some("session"), || {
                "the key is not the attribute session alone".to_owned()
            })
        })
    }),
    check!("user_index_missing", "nobody can sign out everywhere", TAKE_BACK, |facts| index_missing(
        facts, "user"
    )),
    check!("provider_session_index_missing", "the provider's sign-out ends no session", TAKE_BACK, |facts| {
        index_missing(facts, "provider_session")
    }),
    check!(
        "index_inactive",
        "sessions cannot be listed, nor ended everywhere",
        "aws dynamodb describe-table --table-name {table}",
        |facts| {
            table(facts, |table| {
                let inactive = table.indexes.iter().filter(|(_, active)| !active);
                all(inactive.map(|(name, _)| format!("the index {name} cannot be used")))
            })
        }
    ),
    check!(
        "ttl_off",
        "ended sessions are never deleted, and the table grows",
        "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification Enabled=true,AttributeName=ttl",
        fix | facts,
        _ | {
            // A deleted item is gone, and a table that was there before the stack may hold items of others.
            let table = facts.reference()?.table.clone()?;
            (facts.stack.physical("Sessions") == Some(&*table)).then_some(Mend::TimeToLive { table })
        },
        |facts| {
            when(facts.time_to_live == Some(Ok(None)), || "nothing is deleted when it has ended".to_owned())
        }
    ),
    check!(
        "ttl_attribute",
        "ended sessions are never deleted, and the table grows",
        "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification Enabled=false,AttributeName={name}",
        |facts| {
            let name = seen(&facts.time_to_live).and_then(Option::as_ref).filter(|name| *name != "ttl");
            let found =
                name.map(|name| Finding::of(name, format!("time to live is the attribute {name}, not ttl")));
            found.into_iter().collect()
        }
    ),
];

fn table(facts: &Facts, find: impl FnOnce(&TableFacts) -> Vec<Finding>) -> Vec<Finding> {
    facts.session_table().map(find).unwrap_or_default()
}

fn index_missing(facts: &Facts, name: &str) -> Vec<Finding> {
    table(facts, |table| {
        when(!table.indexes.iter().any(|(one, _)| one == name), || format!("there is no index {name}"))
    })
}
