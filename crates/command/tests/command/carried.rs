//! Tests revocations under a dropped key: they are rewritten if their users are known.

use command::Exit;
use flow::session::store::SessionStore as _;
use relying_party::session::index::KeyedHash;
use relying_party::time::Timestamp;
use serde_json::json;

use crate::answering::refusal;
use crate::deployment::{Deployment, OLD, id};
use crate::faulty::{Faulty, Mode};
use crate::pool::{self, Pool};
use crate::sessions::{hash_at, is_there, sign_in_as, store};

const DAY: i64 = 86_400;

/// A deployment in which a key after [`OLD`] seals, and that key.
async fn promoted(deployment: &Deployment) -> String {
    deployment.does(&["keys", "append"]).await;
    deployment.does(&["keys", "promote", "--now"]).await;
    deployment.secrets().await.remove(0)
}

/// Moves the revocation of `subject`, under the key of `secret`, to `ago` seconds ago.
async fn mark(deployment: &Deployment, pool: &Pool, subject: &str, secret: &str, ago: i64) -> Timestamp {
    let (hash, time) = (hash_at(&pool.issuer, subject, secret), deployment.now().plus(-ago));
    store(deployment).raise_revocation(&hash, time, deployment.now().plus(DAY)).await.unwrap();
    time
}

async fn found(deployment: &Deployment, pool: &Pool, subject: &str, secret: &str) -> Option<Timestamp> {
    store(deployment).revocation(&[hash_at(&pool.issuer, subject, secret)]).await.unwrap()[0]
}

#[tokio::test]
async fn a_drop_writes_the_revocations_of_the_pools_users_anew() {
    let (deployment, pool) = pool::with_ada("carried").await;
    let ben = pool::add_user(&pool.id, "ben").await;
    // This needs more than one page of users.
    for number in 0..70 {
        pool::add_user(&pool.id, &format!("user{number}")).await;
    }
    let last = pool::add_user(&pool.id, "zoe").await;
    let new = promoted(&deployment).await;
    let mut expected = Vec::new();
    for (subject, ago) in [(&pool.subject, 100), (&ben, 200), (&last, 300)] {
        expected.push((subject.clone(), mark(&deployment, &pool, subject, OLD, ago).await));
    }
    let output = deployment.run(&["keys", "drop", "--now"]).await;
    assert!(output.done && output.out.contains("rewrote 3 revocations"), "{}{}", output.out, output.err);
    assert_eq!(deployment.secrets().await, [new.as_str()]);
    for (subject, time) in expected {
        assert_eq!(found(&deployment, &pool, &subject, &new).await, Some(time));
        assert_eq!(found(&deployment, &pool, &subject, OLD).await, None);
        let shown = deployment.does(&["sessions", "revocation", "--sub", &subject]).await;
        assert!(shown["revocation"].is_string());
    }
}

/// The deployment had the other form of the pool's issuer before.
#[tokio::test]
async fn a_revocation_under_the_other_form_of_the_issuer_is_found_too() {
    let (deployment, pool) = pool::with_ada("carried-form").await;
    let issuer = pool.issuer.replace("://cognito-idp", "://issuer-cognito-idp");
    assert_ne!(issuer, pool.issuer);
    let other = Pool { issuer, id: pool.id.clone(), subject: pool.subject.clone() };
    let time = mark(&deployment, &other, &pool.subject, OLD, 100).await;
    sign_in_as(&deployment, 1, hash_at(&other.issuer, &pool.subject, OLD), 200).await;
    let ada = ["--sub", pool.subject.as_str()];
    let shown = deployment.does(&[&["sessions", "list"][..], &ada].concat()).await;
    assert_eq!((shown["sessions"].as_array().unwrap().len(), shown["revocation"].is_string()), (1, true));
    let hashes = deployment.does(&[&["sessions", "hash"][..], &ada].concat()).await;
    let expected = [&pool, &other].map(|pool| hash_at(&pool.issuer, &pool.subject, OLD));
    assert_eq!(hashes["hashes"], json!(expected.each_ref().map(KeyedHash::as_str)));

    deployment.does(&[&["sessions", "end-all", "--no-provider"][..], &ada].concat()).await;
    assert!(!is_there(&deployment, 1).await);
    let new = promoted(&deployment).await;
    let output = deployment.run(&["keys", "drop", "--now"]).await;
    assert!(output.done && output.out.contains("rewrote 2 revocations"), "{}{}", output.out, output.err);
    assert_eq!(found(&deployment, &other, &pool.subject, OLD).await, None);
    assert!(found(&deployment, &pool, &pool.subject, &new).await > Some(time));
}

#[tokio::test]
async fn a_later_revocation_stays_when_an_earlier_one_is_written_anew() {
    let (deployment, pool) = pool::with_ada("carried-later").await;
    let new = promoted(&deployment).await;
    mark(&deployment, &pool, &pool.subject, OLD, 100).await;
    let later = mark(&deployment, &pool, &pool.subject, &new, 10).await;
    deployment.does(&["keys", "drop", "--now"]).await;
    assert_eq!(found(&deployment, &pool, &pool.subject, &new).await, Some(later));
}

#[tokio::test]
async fn a_revocation_of_somebody_unknown_keeps_the_key_and_nothing_is_written() {
    let (deployment, pool) = pool::with_ada("carried-unknown").await;
    let new = promoted(&deployment).await;
    let ada = mark(&deployment, &pool, &pool.subject, OLD, 100).await;
    mark(&deployment, &pool, "deleted", OLD, 100).await;
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "marks_left");
    assert_eq!(found(&deployment, &pool, &pool.subject, &new).await, None);
    assert_eq!(found(&deployment, &pool, &pool.subject, OLD).await, Some(ada));

    let output = deployment.run(&["keys", "drop", "--now", "--forget-revocations"]).await;
    assert!(output.done && output.out.contains("forgot 1 revocations"), "{}{}", output.out, output.err);
    assert_eq!(found(&deployment, &pool, &pool.subject, &new).await, Some(ada));
    assert_eq!(found(&deployment, &pool, "deleted", OLD).await, None);
    let checked = deployment.does(&["keys", "check"]).await;
    assert_eq!(checked["marks_by_key"], json!({}));
}

#[tokio::test]
async fn marks_that_cannot_be_forgotten_are_told_and_a_check_finds_them() {
    let (mut deployment, pool) = pool::with_ada("carried-kept").await;
    promoted(&deployment).await;
    mark(&deployment, &pool, "deleted", OLD, 100).await;
    let (faulty, moto) = (Faulty::start().await, deployment.endpoint.clone());
    faulty.set(Mode::AnswerTo("DeleteItem", refusal(400, "AccessDeniedException")));
    deployment.endpoint.clone_from(&faulty.url);
    let output = deployment.run(&["keys", "drop", "--now", "--forget-revocations"]).await;
    assert!(output.exit == Exit::InPart && output.out.contains("FAILED "), "{}{}", output.out, output.err);
    assert_eq!(deployment.secrets().await.len(), 1);
    deployment.endpoint = moto;
    let output = deployment.run(&["keys", "check", "--json"]).await;
    assert_eq!(output.exit, Exit::Refused);
    let problem = format!("are found by {}, which the ring does not hold", id(OLD));
    assert!(output.json()["problems"][0].as_str().unwrap().contains(&problem), "{}", output.out);
}

#[tokio::test]
async fn a_pool_that_may_not_be_listed_keeps_the_key() {
    let (mut deployment, pool) = pool::with_ada("carried-denied").await;
    promoted(&deployment).await;
    mark(&deployment, &pool, &pool.subject, OLD, 100).await;
    let faulty = Faulty::start().await;
    faulty.set(Mode::AnswerTo("ListUsers", refusal(400, "AccessDeniedException")));
    deployment.endpoint.clone_from(&faulty.url);
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "user_pool_access_denied");
    let output = deployment.run(&["keys", "drop", "--now", "--forget-revocations"]).await;
    assert!(
        output.done && output.out.contains("no revocation was rewritten"),
        "{}{}",
        output.out,
        output.err
    );
}

#[tokio::test]
async fn a_revocation_that_cannot_be_written_anew_keeps_the_key() {
    let (mut deployment, pool) = pool::with_ada("carried-unwritten").await;
    promoted(&deployment).await;
    let time = mark(&deployment, &pool, &pool.subject, OLD, 100).await;
    let faulty = Faulty::start().await;
    faulty.set(Mode::AnswerTo("UpdateItem", refusal(400, "AccessDeniedException")));
    deployment.endpoint.clone_from(&faulty.url);
    assert_eq!(deployment.refuses(&["keys", "drop", "--now"]).await, "session_store_unavailable");
    assert_eq!(found(&deployment, &pool, &pool.subject, OLD).await, Some(time));
}

#[tokio::test]
async fn without_a_user_pool_a_key_is_not_dropped_while_a_revocation_is_found_by_it_alone() {
    let deployment = Deployment::new("marks").await;
    let new = promoted(&deployment).await;
    deployment.plant_mark(OLD, DAY).await;
    deployment.plant_mark(&new, DAY).await;
    assert_eq!(deployment.refuses(&["keys", "drop", "--now", "--end-sessions"]).await, "marks_left");
    let checked = deployment.does(&["keys", "check"]).await;
    assert_eq!(checked["marks_by_key"], json!({ id(OLD): 1 }));
    deployment.does(&["keys", "drop", "--now", "--forget-revocations"]).await;
}
