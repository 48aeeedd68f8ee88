//! Tests a row of the table that cannot be opened: a client that presents it is not signed in, and the log has one
//! line with the reason.

use local::cognito::AppClient;
use serde_json::{Value, json};

use crate::deployment::{self, Ground};
use crate::lambda::Process;
use crate::moto::Moto;
use crate::process::built;
use crate::table::{Table, environment, in_cookies};

fn bend(item: &mut Value, name: &str, value: Option<Value>) {
    let attributes = item.as_object_mut().unwrap();
    match value {
        Some(value) => attributes.insert(name.to_owned(), value),
        None => attributes.remove(name),
    };
}

#[tokio::test]
async fn a_row_that_does_not_open_is_one_log_line() {
    let (moto, ground) = (Moto::table(), Ground::bind().await);
    let stand_in = deployment::cognito_pool(&ground.url, "us-east-1_LocalPool", AppClient::local()).await;
    let table = Table::create(&moto, &stand_in.options().clients[0].client_id).await;
    let environment = environment(&stand_in, &moto, &ground.url, 60);
    let session = table.signed_in(&in_cookies(ground, &stand_in)).await;
    let authorizer = Process::start(&built("authorizer"), &environment).await;

    let of_another = table.item([200; 32], &session)["content"].clone();
    let mut expected = Vec::new();
    for (index, (name, value, reason)) in [
        ("content", None, "session_malformed"),
        ("generation", None, "session_malformed"),
        ("lease_owner", Some(json!({ "B": "AAAA" })), "session_malformed"),
        ("format", Some(json!({ "N": "2" })), "session_unknown_version"),
        ("content", Some(json!({ "S": "AAAA" })), "seal_malformed"),
        ("content", Some(of_another), "seal_not_authentic"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = [u8::try_from(index).unwrap() + 1; 32];
        let mut item = table.item(id, &session);
        bend(&mut item, name, value);
        table.plant_item(item).await;
        let said = authorizer.invoke(table.event(id)).await;
        assert_eq!(said.unwrap_err()["errorMessage"], "Unauthorized", "{name} {reason}");
        expected.push(reason);
    }
    let lines: Vec<Value> = authorizer.end().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<&str> = lines.iter().map(|line| line["reason"].as_str().unwrap_or("none")).collect();
    assert_eq!(reasons, expected);
}
