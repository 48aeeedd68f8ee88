//! Sessions in a table of moto.

use std::sync::Arc;

use aws::session_table::SessionTable;
use conformance::browser::{Browser, Outcome};
use conformance::provider::{RefreshTokenRotation, TOKEN_SECONDS};
use conformance::store::{NOW, row};
use conformance::world::{Setup, Store, World};
use flow::session::store::{RowKey, SessionStore, StoreFault};
use relying_party::session::index::KeyedHash;
use relying_party::session::store_outage::StoreOutage;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::{moto, sdk};

pub(crate) const TABLE: &str = "sessions";

/// The table that all tests of this process share, created as in `infra/template.yaml`.
pub(crate) async fn table() -> SessionTable {
    static CREATED: OnceCell<()> = OnceCell::const_new();
    CREATED
        .get_or_init(|| async {
            let index = |name: &str| {
                json!({
                    "IndexName": name,
                    "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                    "Projection": {
                        "ProjectionType": "INCLUDE",
                        "NonKeyAttributes": ["signed_in_at", "seen_at", "renewed_at", "ttl"],
                    },
                })
            };
            let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
            let attributes = ["session", "user", "provider_session"].map(text);
            let indexes = ["user", "provider_session"].map(index);
            administer(
                "CreateTable",
                json!({
                    "TableName": TABLE,
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "session", "KeyType": "HASH"}],
                    "AttributeDefinitions": attributes,
                    "GlobalSecondaryIndexes": indexes,
                }),
            )
            .await;
        })
        .await;
    SessionTable::new(sdk(moto::url()), TABLE.to_owned())
}

async fn sessions() -> Store {
    Some(Arc::new(table().await))
}

async fn administer(action: &str, body: Value) -> Value {
    moto::administer("dynamodb", &format!("DynamoDB_20120810.{action}"), body).await
}

conformance::store_contract!(table());
conformance::session_contract!(sessions());
conformance::stored_session_contract!(sessions());
conformance::crash_contract!(sessions());
conformance::remember_contract!(sessions());
conformance::stored_remember_contract!(sessions());
conformance::sign_out_everywhere_contract!(sessions());

/// Whether the row can be read after `bend` has changed the stored item.
async fn bent(name: &str, bend: impl FnOnce(&mut Value)) -> Result<bool, StoreFault> {
    let table = table().await;
    let key = RowKey::new(format!("{name:0>64}"));
    table.create(&key, row("sealed")).await.unwrap();
    let found = json!({"TableName": TABLE, "Key": {"session": {"S": key.as_str()}}});
    let mut item = administer("GetItem", found).await["Item"].take();
    bend(&mut item);
    administer("PutItem", json!({"TableName": TABLE, "Item": item})).await;
    table.read(&key).await.map(|row| row.is_some())
}

#[tokio::test]
async fn an_item_is_laid_out_as_documented() {
    let bend = |item: &mut Value| {
        let expected = json!({
            "session": {"S": format!("{:0>64}", "layout")},
            "format": {"N": "1"},
            "content": {"S": "sealed"},
            "generation": {"N": "0"},
            "seen_at": {"N": NOW.unix().to_string()},
            "renewed_at": {"N": NOW.unix().to_string()},
            "ttl": {"N": NOW.plus(86_400).unix().to_string()},
        });
        assert_eq!(*item, expected);
    };
    assert_eq!(bent("layout", bend).await, Ok(true));
}

#[tokio::test]
async fn a_revocation_is_laid_out_as_documented() {
    let table = table().await;
    let hash = KeyedHash::new("0123abcd-layout".to_owned());
    table.raise_revocation(&hash, NOW, NOW.plus(60)).await.unwrap();
    let key = "not-before#0123abcd-layout";
    let found = json!({"TableName": TABLE, "Key": {"session": {"S": key}}});
    let expected = json!({
        "session": {"S": key},
        "format": {"N": "1"},
        "not_before": {"N": NOW.unix().to_string()},
        "ttl": {"N": NOW.plus(60).unix().to_string()},
    });
    assert_eq!(administer("GetItem", found).await["Item"], expected);
}

#[tokio::test]
async fn a_revocation_that_cannot_be_read_lets_nothing_pass() {
    let table = table().await;
    for (name, item) in [
        ("later", json!({"format": {"N": "2"}, "not_before": {"N": "1"}})),
        ("half", json!({"format": {"N": "1"}})),
        ("bent", json!({"format": {"N": "1"}, "not_before": {"S": "1"}})),
    ] {
        let mut item = item;
        item["session"] = json!({"S": format!("not-before#{name}")});
        administer("PutItem", json!({"TableName": TABLE, "Item": item})).await;
        let read = table.revocation(&[KeyedHash::new(name.to_owned())]).await;
        assert_eq!(read, Err(StoreFault::Unavailable(StoreOutage::Unreadable)), "{name}");
    }
}

/// A dump of the table, with two users signed in and one signed out everywhere, reveals no user and no token.
#[tokio::test]
async fn a_dump_of_the_table_names_nobody_and_holds_no_token() {
    let world = World::new(sessions().await, Setup::default());
    world.provider.set_subject("subject-of-the-dump");
    world.provider.set_claim("sid", json!("sid-of-the-dump"));
    world.provider.set_claim("email", json!("dump@example.com"));
    world.provider.set_claim("email_verified", json!(true));
    let mut browser = Browser::signed_in(world.site()).await;
    let other = Browser::signed_in(world.site()).await;
    browser.post(world.site(), "/oauth2/logout?everywhere=true").await;
    world.clock.advance(1);
    browser.sign_in(world.site()).await;
    let dump = administer("Scan", json!({"TableName": TABLE})).await;
    assert!(dump["LastEvaluatedKey"].is_null());
    let mut text = dump.to_string();
    for index in ["user", "provider_session"] {
        let scanned = administer("Scan", json!({"TableName": TABLE, "IndexName": index})).await;
        assert!(scanned["Items"].as_array().is_some_and(|items| !items.is_empty()));
        assert!(!scanned.to_string().contains("content"), "{index} has content");
        text.push_str(&scanned.to_string());
    }
    assert!(text.contains(browser.row_key().as_str()) && text.contains("not-before#"));
    for secret in [
        "subject-of-the-dump",
        "sid-of-the-dump",
        "dump@example.com",
        "login.example.com",
        "access-",
        "refresh-",
        "staff",
        browser.session().unwrap(),
        other.session().unwrap(),
    ] {
        assert!(!text.contains(secret), "{secret}");
        // Nor does a hash without a key reveal it.
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
        let hex = relying_party::hex::lowercase(digest.as_ref());
        assert!(!text.contains(&hex), "the hash of {secret}");
    }
}

#[tokio::test]
async fn an_item_of_a_later_format_is_told_apart() {
    let bend = |item: &mut Value| item["format"] = json!({"N": "2"});
    assert_eq!(bent("later format", bend).await, Err(StoreFault::UnknownFormat));
}

#[tokio::test]
async fn an_item_that_is_half_there_is_damaged() {
    let bend = |item: &mut Value| drop(item.as_object_mut().unwrap().remove("content"));
    assert_eq!(bent("half", bend).await, Err(StoreFault::Malformed));
}

#[tokio::test]
async fn an_attribute_of_a_later_release_survives_a_refresh() {
    let table = table().await;
    let key = RowKey::new(format!("{:0>64}", "added"));
    bent("added", |item| item["later"] = json!({"S": "kept"})).await.unwrap();
    let lease = flow::session::store::Lease { owner: [1; 16], until: NOW.plus(20) };
    table.lease(&key, 0, lease, NOW).await.unwrap();
    let next = flow::session::store::Row { generation: 1, ..row("next") };
    table.replace(&key, &[1; 16], next).await.unwrap();
    let found = json!({"TableName": TABLE, "Key": {"session": {"S": key.as_str()}}});
    assert_eq!(administer("GetItem", found).await["Item"]["later"]["S"], "kept");
}

#[tokio::test]
async fn a_table_that_is_not_there_is_said_to_be_missing() {
    let table = SessionTable::new(sdk(moto::url()), "no-such-table".to_owned());
    let key = RowKey::new("0".repeat(64));
    let missing = StoreFault::Unavailable(StoreOutage::Missing);
    assert_eq!(table.read(&key).await, Err(missing));
    assert_eq!(table.create(&key, row("sealed")).await, Err(missing));
    assert_eq!(table.delete(&key).await, Err(missing));
    assert_eq!(table.revocation(&[KeyedHash::new("hash".to_owned())]).await, Err(missing));
}

#[tokio::test]
async fn many_requests_at_many_sites_make_one_token_request() {
    let setup = Setup { sites: 5, rotation: RefreshTokenRotation::On { grace: 0 }, ..Setup::default() };
    let world = World::new(sessions().await, setup);
    let browser = Browser::signed_in(world.site()).await;
    for (round, advance) in (1..).zip([TOKEN_SECONDS - 30, TOKEN_SECONDS + 1, TOKEN_SECONDS - 30]) {
        world.clock.advance(advance);
        let mut requests = JoinSet::new();
        for site in world.sites.iter().flat_map(|site| [site, site]) {
            let (site, browser) = (Arc::clone(site), browser.clone());
            requests.spawn(async move { browser.fetch(&site).await });
        }
        let outcomes = requests.join_all().await;
        assert!(outcomes.iter().all(Outcome::passed), "round {round}: {outcomes:?}");
        assert_eq!(world.provider.refresh_requests(), round);
    }
}
