//! Tests the commands for the sessions of a user, and their refusals.

use aws::session_table::SessionTable;
use flow::session::store::{Listing, Row, RowKey, SessionStore};
use relying_party::sealing::Ring;
use relying_party::secret::Secret;
use relying_party::session::index::{Indexed, KeyedHash};
use serde_json::{Value, json};

use crate::deployment::{CLIENT_ID, Deployment, OLD, id, sdk};
use crate::pool;

const DAY: i64 = 86_400;
const ADA: &[&str] = &["--sub", "ada"];

pub(crate) fn hash_of(subject: &str, secret: &str) -> KeyedHash {
    hash_at("https://id.example.com", subject, secret)
}

pub(crate) fn hash_at(issuer: &str, subject: &str, secret: &str) -> KeyedHash {
    let ring = Ring::new(&[Secret::new(secret)], CLIENT_ID).unwrap();
    Indexed::User { issuer, subject }.hash(&ring)
}

pub(crate) fn key(row: u8) -> RowKey {
    RowKey::new(format!("{row:064x}"))
}

pub(crate) fn store(deployment: &Deployment) -> SessionTable {
    SessionTable::new(sdk(&deployment.endpoint), deployment.name.to_owned())
}

/// Stores a session of `subject` that began `ago` seconds ago, listed under the key of `secret`.
pub(crate) async fn sign_in(deployment: &Deployment, row: u8, subject: &str, secret: &str, ago: i64) {
    sign_in_as(deployment, row, hash_of(subject, secret), ago).await;
}

pub(crate) async fn sign_in_as(deployment: &Deployment, row: u8, user: KeyedHash, ago: i64) {
    let began = deployment.now().plus(-ago);
    let session = Row {
        content: "sealed".to_owned(),
        generation: 0,
        seen_at: began.plus(1),
        renewed_at: began,
        ends_at: began.plus(DAY),
        lease: None,
        listing: Listing { user: Some(user), provider_session: None, signed_in_at: Some(began) },
    };
    store(deployment).create(&key(row), session).await.unwrap();
}

pub(crate) async fn is_there(deployment: &Deployment, row: u8) -> bool {
    store(deployment).read(&key(row)).await.unwrap().is_some()
}

/// Returns the hashes that `list` shows for Ada.
async fn listed(deployment: &Deployment) -> Vec<String> {
    let shown = deployment.does(&[&["sessions", "list"], ADA].concat()).await;
    assert_eq!(shown["complete"], true);
    let hashes = shown["sessions"].as_array().unwrap().iter();
    hashes.map(|session| session["session"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_users_sessions_are_listed_oldest_first_and_nobody_elses() {
    let deployment = Deployment::new("list").await;
    sign_in(&deployment, 1, "ada", OLD, 100).await;
    sign_in(&deployment, 2, "ada", OLD, 200).await;
    sign_in(&deployment, 3, "ben", OLD, 300).await;
    assert_eq!(listed(&deployment).await, [key(2).as_str(), key(1).as_str()]);
    let shown = deployment.does(&["sessions", "list", "--sub", "ada"]).await;
    assert_eq!(shown["user"], json!({ "iss": "https://id.example.com", "sub": "ada" }));
    let mut names: Vec<&String> = shown["sessions"][0].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["ends_at", "renewed_at", "seen_at", "session", "signed_in_at"]);
    let output = deployment.run(&["sessions", "list", "--sub", "ada"]).await;
    assert!(
        output.done && output.out.contains(key(1).as_str()) && !output.out.contains("sealed"),
        "{}",
        output.out
    );
}

#[tokio::test]
async fn sessions_from_before_a_rotation_are_listed_too() {
    let deployment = Deployment::new("list-rotated").await;
    sign_in(&deployment, 1, "ada", OLD, 100).await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    let new = deployment.secrets().await.remove(0);
    sign_in(&deployment, 2, "ada", &new, 50).await;
    assert_eq!(listed(&deployment).await, [key(1).as_str(), key(2).as_str()]);
    let hashes = deployment.does(&["sessions", "hash", "--sub", "ada"]).await;
    assert_eq!(hashes["hashes"], json!([hash_of("ada", &new).as_str(), hash_of("ada", OLD).as_str()]));
    assert!(hashes["hashes"][0].as_str().unwrap().starts_with(&id(&new)));
}

#[tokio::test]
async fn one_session_is_ended_and_the_others_stay() {
    let deployment = Deployment::new("end-one").await;
    sign_in(&deployment, 1, "ada", OLD, 100).await;
    sign_in(&deployment, 2, "ada", OLD, 100).await;
    deployment.does(&["sessions", "end", key(1).as_str()]).await;
    assert_eq!((is_there(&deployment, 1).await, is_there(&deployment, 2).await), (false, true));
    assert_eq!(deployment.refuses(&["sessions", "end", key(1).as_str()]).await, "session_not_stored");
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_ended_all_the_same() {
    let deployment = Deployment::new("end-damaged").await;
    deployment.plant_content(7, "half an item", DAY).await;
    deployment.does(&["sessions", "end", &format!("{:064}", 7)]).await;
    assert!(!is_there(&deployment, 7).await);
}

#[tokio::test]
async fn a_revocation_is_set_and_never_goes_back() {
    let deployment = Deployment::new("revocation").await;
    let now = deployment.now().unix();
    let at = |time: i64| time.to_string();
    let moving = ["sessions", "revocation", "--sub", "ada", "--at"];
    let shown = deployment.does(&["sessions", "revocation", "--sub", "ada"]).await;
    assert_eq!(shown["revocation"], Value::Null);
    deployment.does(&[&moving[..], &[&at(now - 100)]].concat()).await;
    let found = store(&deployment).revocation(&[hash_of("ada", OLD)]).await.unwrap();
    assert_eq!(found[0].unwrap().unix(), now - 100);
    for (time, code) in [(now - 200, "revocation_is_later"), (now + 1_000, "in_the_future")] {
        assert_eq!(deployment.refuses(&[&moving[..], &[&at(time)]].concat()).await, code);
    }
}

#[tokio::test]
async fn a_revocation_outlives_the_longest_refresh() {
    let deployment = Deployment::new("kept").await;
    deployment.does(&["sessions", "end-all", "--sub", "ada"]).await;
    let key = json!({ "session": { "S": format!("not-before#{}", hash_of("ada", OLD).as_str()) } });
    let item = json!({ "TableName": "kept", "Key": key });
    let item = crate::deployment::administer("DynamoDB_20120810.GetItem", item).await;
    let ends: i64 = item["Item"]["ttl"]["N"].as_str().unwrap().parse().unwrap();
    assert!(ends >= deployment.now().plus(3_650 * DAY).unix());
}

#[tokio::test]
async fn a_user_is_looked_up_by_name_and_by_address() {
    let (deployment, pool) = pool::with_ada("look-up").await;
    for name in ["ada", "ada@example.com"] {
        let shown = deployment.does(&["sessions", "list", "--username", name]).await;
        assert_eq!(shown["user"]["sub"], json!(pool.subject), "{name}");
    }
    for name in ["nobody", "nobody@example.com", "a\"@example.com"] {
        let refused = deployment.refuses(&["sessions", "list", "--username", name]).await;
        assert_eq!(refused, "user_not_found", "{name}");
    }
}

#[tokio::test]
async fn without_a_user_pool_nobody_is_looked_up() {
    let deployment = Deployment::new("no-pool").await;
    assert_eq!(deployment.refuses(&["sessions", "list", "--username", "ada"]).await, "no_user_pool");
}

#[tokio::test]
async fn sessions_in_cookies_cannot_be_listed() {
    let deployment = Deployment::in_cookies("cookies-not-listed").await;
    for command in ["list", "end-all", "revocation", "hash"] {
        let refused = deployment.refuses(&["sessions", command, "--sub", "ada"]).await;
        assert_eq!(refused, "sessions_not_stored", "{command}");
    }
}

#[tokio::test]
async fn a_table_that_is_not_there_is_told() {
    let mut deployment = Deployment::new("sessions-tableless").await;
    deployment.environment.push(("VESTIBULE_SESSION_TABLE".to_owned(), "no-such-table".to_owned()));
    for command in ["list", "end-all", "revocation"] {
        let refused = deployment.refuses(&["sessions", command, "--sub", "ada"]).await;
        assert_eq!(refused, "session_store_unavailable", "{command}");
    }
    assert_eq!(deployment.refuses(&["sessions", "end", key(1).as_str()]).await, "session_store_unavailable");
}

#[tokio::test]
async fn the_issuer_is_part_of_who_is_meant() {
    let deployment = Deployment::new("issuer").await;
    sign_in(&deployment, 1, "ada", OLD, 10).await;
    let elsewhere = ["sessions", "list", "--sub", "ada", "--issuer", "https://other.example.com"];
    assert_eq!(deployment.does(&elsewhere).await["sessions"], json!([]));
}
