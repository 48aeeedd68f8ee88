//! Checks of the table with the sessions.

use aws::operator::deployed_facts::{IndexFacts, TableFacts};
use aws::operator::deployed_repairs::Repair;

use super::{Check, Finding, all, check, fixable, gone, has, when};
use crate::doctor::facts::{Facts, known};
use crate::doctor::policy::Policy;

/// The attributes of an index entry besides the keys, as in the templates.
const ENTRY: [&str; 4] = ["signed_in_at", "seen_at", "renewed_at", "ttl"];

/// One page with its assets makes as many requests.
const FEW: i64 = 5;

/// The calls of the functions to the table and its indexes.
const ACTIONS: [&str; 6] = [
    "dynamodb:BatchGetItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
];

pub(super) const CHECKS: &[Check] = &[
    check!("table_missing", "nobody gets in: session_store_unavailable", |facts| gone(
        &facts.table,
        "there is no such table"
    )),
    check!(
        table,
        "table_inactive",
        "nobody gets in: session_store_unavailable",
        "aws dynamodb describe-table --table-name {table}",
        |table| when(!table.is_active, "the table cannot be used")
    ),
    check!(table, "table_key", "nobody gets in: session_store_unavailable", |table| {
        when(table.key.as_deref() != Some("session"), "the key is not the attribute session alone")
    }),
    check!("user_index_missing", "nobody can sign out everywhere", |facts| index_missing(facts, "user")),
    check!("provider_session_index_missing", "the provider's sign-out ends no session", |facts| {
        index_missing(facts, "provider_session")
    }),
    check!(
        table,
        "index_inactive",
        "sessions cannot be listed, nor ended everywhere",
        "aws dynamodb describe-table --table-name {table}",
        |table| {
            let inactive = table.indexes.iter().filter(|one| !one.is_active);
            all(inactive.map(|one| format!("the index {} cannot be used", one.name)))
        }
    ),
    check!(table, "index_attributes", "sessions cannot be listed, nor ended everywhere", |table| {
        let ours =
            table.indexes.iter().filter(|one| matches!(one.name.as_str(), "user" | "provider_session"));
        let lacks = |one: &&IndexFacts| {
            let attributes = one.attributes.as_deref();
            attributes.is_some_and(|found| ENTRY.iter().any(|name| !has(found, name)))
        };
        let wrong = ours.filter(|one| one.key.as_ref() != Some(&one.name) || lacks(one));
        all(wrong.map(|one| format!("the index {} has another key or lacks attributes", one.name)))
    }),
    check!(
        "table_provisioned",
        "requests are throttled: session_store_unavailable",
        "aws dynamodb update-table --table-name {table} --billing-mode PAY_PER_REQUEST",
        |facts| {
            table(facts, |table| {
                let few =
                    table.provisioned.filter(|(reads, writes)| is_owned(facts) || reads.min(writes) < &FEW);
                all(few.map(|(reads, writes)| {
                    format!("the table is provisioned for {reads} reads and {writes} writes a second")
                }))
            })
        }
    ),
    check!(
        "table_capped",
        "requests are throttled: session_store_unavailable",
        "aws dynamodb update-table --table-name {table} --on-demand-throughput MaxReadRequestUnits=-1,MaxWriteRequestUnits=-1",
        |facts| {
            table(facts, |table| {
                let most = table.most_on_demand.filter(|most| is_owned(facts) || *most < FEW);
                all(most.map(|most| format!("the table answers {most} requests a second at most")))
            })
        }
    ),
    check!("index_capped", "requests are throttled: session_store_unavailable", |facts| {
        table(facts, |table| {
            let capped = table.indexes.iter().filter_map(|one| Some((&one.name, one.most_on_demand?)));
            let capped = capped.filter(|(_, most)| is_owned(facts) || *most < FEW);
            all(capped.map(|(name, most)| format!("the index {name} takes {most} writes a second at most")))
        })
    }),
    check!(
        "table_replicated",
        "where another region writes too, a session that was ended there lives on here, and refreshes overwrite each other",
        |facts| {
            table(facts, |table| {
                when(
                    is_owned(facts) && !table.replicas.is_empty(),
                    format!("the table has replicas in {}", table.replicas.join(", ")),
                )
            })
        }
    ),
    check!(
        "table_policy",
        "nobody gets in: session_store_unavailable",
        "aws dynamodb get-resource-policy --resource-arn {name}",
        |facts| {
            let Some(Some(policy)) = known(&facts.table_policy) else { return Vec::new() };
            let policy = Policy::read(policy);
            let denied: Vec<&str> = ACTIONS.into_iter().filter(|action| policy.denies(action)).collect();
            let arn = known(&facts.table).map(|table| table.arn.as_str()).unwrap_or_default();
            if denied.is_empty() {
                return Vec::new();
            }
            vec![Finding::of(arn, format!("the policy of the table denies {}", denied.join(", ")))]
        }
    ),
    fixable(
        check!(
            "ttl_off",
            "ended sessions are never deleted, and the table grows",
            "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification Enabled=true,AttributeName=ttl",
            |facts| { when(facts.time_to_live == Some(Ok(None)), "nothing is deleted when it has ended") }
        ),
        |facts, _| {
            // A deleted item cannot be restored, and a table that existed before the stack may hold items of
            // others.
            let table = facts.reference()?.table.clone()?;
            (facts.stack.physical("Sessions") == Some(&*table)).then_some(Repair::TimeToLive { table })
        },
    ),
    check!(
        "ttl_attribute",
        "ended sessions are never deleted, and the table grows",
        "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification Enabled=false,AttributeName={name}",
        |facts| {
            let name = known(&facts.time_to_live).and_then(Option::as_ref).filter(|name| *name != "ttl");
            all(name.map(|name| Finding::of(name, format!("time to live is the attribute {name}, not ttl"))))
        }
    ),
];

/// Whether the stack made the table, which then has the template's settings.
fn is_owned(facts: &Facts) -> bool {
    facts.reference().and_then(|one| one.table.as_deref()) == facts.stack.physical("Sessions")
}

fn table(facts: &Facts, find: impl FnOnce(&TableFacts) -> Vec<Finding>) -> Vec<Finding> {
    known(&facts.table).map(find).unwrap_or_default()
}

fn index_missing(facts: &Facts, name: &str) -> Vec<Finding> {
    table(facts, |table| {
        when(!table.indexes.iter().any(|one| one.name == name), format!("there is no index {name}"))
    })
}
