//! Tests a rotation, step by step.

use relying_party::sealing::rotation::SPREAD_SECONDS;
use serde_json::json;

use crate::deployment::{Deployment, OLD, administer, id};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_rotation_appends_waits_promotes_waits_and_drops() {
    let deployment = Deployment::new("whole-rotation").await;
    let shown = deployment.does(&["keys", "show"]).await;
    assert_eq!((&shown["rotation"], &shown["next"]), (&json!("settled"), &json!("append")));
    assert_eq!(shown["keys"], json!([{ "id": id(OLD), "seals": true }]));

    let appended = deployment.does(&["keys", "append"]).await;
    let secrets = deployment.secrets().await;
    assert_eq!((secrets.len(), secrets[0].as_str(), secrets[1].len()), (2, OLD, 64));
    let new = secrets[1].clone();
    let keys = json!([{ "id": id(OLD), "seals": true }, { "id": id(&new), "seals": false }]);
    assert_eq!((&appended["rotation"], &appended["keys"]), (&json!("appended"), &keys));
    assert_eq!(deployment.refuses(&["keys", "promote"]).await, "too_early");

    deployment.advance(SPREAD_SECONDS + 1);
    let promoted = deployment.does(&["keys", "promote"]).await;
    assert_eq!(promoted["rotation"], "promoted");
    assert_eq!(deployment.secrets().await, [new.as_str(), OLD]);
    assert_eq!(deployment.refuses(&["keys", "drop"]).await, "too_early");

    deployment.advance(SPREAD_SECONDS + DAY + 1);
    deployment.plant(1, &new, DAY).await;
    deployment.plant(2, OLD, -1).await;
    let dropped = deployment.does(&["keys", "drop"]).await;
    assert_eq!(dropped["rotation"], "settled");
    assert_eq!(dropped["keys"], json!([{ "id": id(&new), "seals": true }]));
    assert_eq!(deployment.secrets().await, [new]);
}

#[tokio::test]
async fn the_status_tells_the_next_step_and_its_time() {
    let deployment = Deployment::new("next").await;
    let changed = deployment.does(&["keys", "append"]).await;
    assert_eq!(changed["next"], "promote");
    assert_ne!(changed["next_from"], changed["changed_at"]);
    let output = deployment.run(&["keys", "show"]).await;
    let next = format!("next      `keys promote`, from {} on", changed["next_from"].as_str().unwrap());
    assert!(output.done && output.out.contains(&next), "{}", output.out);
    assert!(output.out.contains(&format!("key       {} seals and opens", id(OLD))), "{}", output.out);
    let refused = deployment.run(&["keys", "promote"]).await;
    let expected = format!(
        "too early: a warm function may not have read the new key yet; from {} on\n",
        changed["next_from"].as_str().unwrap()
    );
    assert_eq!((refused.out.as_str(), refused.err), ("", expected));
}

#[tokio::test]
async fn other_members_of_the_secret_stay() {
    let deployment = Deployment::new("members").await;
    deployment.write(&json!({ "client_secret": "s", "session_secret": [OLD], "leeway": 30 })).await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    let new = deployment.secrets().await.remove(0);
    let found = json!({ "SecretId": "members", "VersionStage": "AWSCURRENT" });
    let found = administer("secretsmanager.GetSecretValue", found).await;
    let found: serde_json::Value = serde_json::from_str(found["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(found, json!({ "client_secret": "s", "session_secret": [new, OLD], "leeway": 30 }));
}

#[tokio::test]
async fn each_step_leaves_the_version_before_and_no_label_of_its_own() {
    let deployment = Deployment::new("labels").await;
    deployment.does(&["keys", "append"]).await;
    let promoted = deployment.does(&["keys", "promote", "--now"]).await;
    let described = administer("secretsmanager.DescribeSecret", json!({ "SecretId": "labels" })).await;
    let labels = described["VersionIdsToStages"].as_object().unwrap();
    assert_eq!(labels[promoted["version"].as_str().unwrap()], json!(["AWSCURRENT"]));
    let mut others: Vec<&str> = labels
        .values()
        .flat_map(|labels| labels.as_array().unwrap())
        .map(|label| label.as_str().unwrap())
        .collect();
    others.sort_unstable();
    assert_eq!(others, ["AWSCURRENT", "AWSPREVIOUS"]);
}

#[tokio::test]
async fn waiting_is_left_out_only_when_asked_for() {
    let deployment = Deployment::new("now").await;
    deployment.does(&["keys", "append"]).await;
    assert_eq!(deployment.refuses(&["keys", "promote"]).await, "too_early");
    deployment.does(&["keys", "promote", "--now"]).await;
    assert_eq!(deployment.refuses(&["keys", "drop"]).await, "too_early");
    deployment.does(&["keys", "drop", "--now"]).await;
    assert_eq!(deployment.secrets().await.len(), 1);
}

#[tokio::test]
async fn a_key_is_not_dropped_while_the_table_has_sessions_under_it() {
    let deployment = Deployment::new("left").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    deployment.plant(1, OLD, DAY).await;
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "sessions_left");
    deployment.advance(SPREAD_SECONDS + DAY - 10);
    deployment.plant(2, OLD, DAY).await;
    deployment.advance(20);
    assert_eq!(deployment.refuses(&["keys", "drop"]).await, "sessions_left");
    deployment.does(&["keys", "drop", "--end-sessions"]).await;
}

#[tokio::test]
async fn the_longest_session_is_the_one_that_is_configured() {
    let mut deployment = Deployment::new("longest").await;
    let longer = ("VESTIBULE_SESSION_ABSOLUTE_TIMEOUT".to_owned(), (7 * DAY).to_string());
    deployment.environment.push(longer);
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    deployment.advance(6 * DAY);
    assert_eq!(deployment.refuses(&["keys", "drop"]).await, "too_early");
    deployment.advance(DAY + SPREAD_SECONDS + 1);
    deployment.does(&["keys", "drop"]).await;
}

#[tokio::test]
async fn keys_by_hand_are_named() {
    let deployment = Deployment::new("by-hand").await;
    let (other, third) = ("a key that somebody put there by hand", "another key that somebody put there");
    deployment.write(&json!({ "session_secret": [OLD, other, third] })).await;
    deployment.write(&json!({ "session_secret": [OLD, other, third], "leeway": 1 })).await;
    for step in ["promote", "drop"] {
        assert_eq!(deployment.refuses(&["keys", step]).await, "key_unclear");
    }
    assert_eq!(deployment.refuses(&["keys", "promote", "--key", &id(other)]).await, "too_early");
    deployment.does(&["keys", "promote", "--key", &id(other), "--now"]).await;
    assert_eq!(deployment.secrets().await, [other, OLD, third]);
    deployment.does(&["keys", "drop", "--key", &id(third), "--now"]).await;
    assert_eq!(deployment.secrets().await, [other, OLD]);
    let shown = deployment.does(&["keys", "show"]).await;
    assert_eq!((&shown["rotation"], &shown["next"]), (&json!("promoted"), &json!("drop")));
}

#[tokio::test]
async fn a_check_counts_the_sessions_by_key_and_is_content_with_known_ones() {
    let deployment = Deployment::new("check").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    let new = deployment.secrets().await.remove(0);
    for (row, secret) in [(1, new.as_str()), (2, OLD), (3, OLD)] {
        deployment.plant(row, secret, DAY).await;
    }
    let checked = deployment.does(&["keys", "check"]).await;
    assert_eq!(checked["sessions_by_key"], json!({ id(OLD): 2 }));
    assert_eq!(checked["problems"], json!([]));
}

#[tokio::test]
async fn a_check_fails_for_sessions_that_no_key_opens() {
    let deployment = Deployment::new("check-lost").await;
    let lost = "a key that was dropped too early by somebody";
    deployment.plant(1, lost, DAY).await;
    deployment.plant_content(2, "no sealed text", DAY).await;
    let output = deployment.run(&["keys", "check", "--json"]).await;
    assert!(!output.done);
    let first = format!("1 sessions are sealed under {}, which the ring does not hold", id(lost));
    assert_eq!(output.json()["problems"], json!([first, "1 sessions name no key of a known layout"]));
}

#[tokio::test]
async fn a_table_of_more_than_one_page_is_read_to_its_end() {
    let deployment = Deployment::new("pages").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    let ring = relying_party::sealing::Ring::new(
        &[relying_party::secret::Secret::new(OLD)],
        crate::deployment::CLIENT_ID,
    )
    .unwrap();
    let content = ring.seal_stored(&[0; 32], &vec![b'x'; 250_000], [0; 24]);
    for row in 0..6 {
        deployment.plant_content(row, &content, DAY).await;
    }
    let checked = deployment.does(&["keys", "check"]).await;
    assert_eq!(checked["sessions_by_key"], json!({ id(OLD): 6 }));
}

#[tokio::test]
async fn sessions_in_cookies_are_not_counted_and_a_drop_waits_for_their_time() {
    let deployment = Deployment::in_cookies("in-cookies").await;
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    assert_eq!(deployment.refuses(&["keys", "drop"]).await, "too_early");
    let output = deployment.run(&["keys", "check"]).await;
    assert!(
        output.done && output.out.contains("sessions are in cookies, which nobody can count"),
        "{}",
        output.out
    );
    deployment.advance(DAY + SPREAD_SECONDS + 1);
    deployment.does(&["keys", "drop"]).await;
}
