//! Tests the end of all sign-ins of a user, here and at the user pool, and the report if a part of it fails.

use command::Exit;
use flow::session::store::SessionStore as _;
use serde_json::{Value, json};

use crate::answering::refusal;
use crate::deployment::{CommandOutput, Deployment, OLD};
use crate::faulty::{Faulty, Mode};
use crate::pool::{self, Pool};
use crate::sessions::{hash_at, hash_of, is_there, sign_in, sign_in_as, store};

/// Returns a refresh token of Ada's, as a client of the pool gets one, and the client.
async fn refresh_token(pool: &Pool) -> (String, String) {
    let password = "correct horse battery staple 1A!";
    let given = json!({ "UserPoolId": pool.id, "Username": "ada", "Password": password, "Permanent": true });
    pool::administer("AdminSetUserPassword", given).await;
    let client = json!({ "UserPoolId": pool.id, "ClientName": "other" });
    let client = pool::administer("CreateUserPoolClient", client).await;
    let client = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
    let attempt = json!({
        "UserPoolId": pool.id, "ClientId": client, "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": "ada", "PASSWORD": password },
    });
    let tokens = pool::administer("AdminInitiateAuth", attempt).await;
    (tokens["AuthenticationResult"]["RefreshToken"].as_str().unwrap().to_owned(), client)
}

async fn refreshes((token, client): &(String, String)) -> bool {
    let attempt = json!({
        "ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": { "REFRESH_TOKEN": token },
    });
    pool::asked("InitiateAuth", attempt).await.is_some()
}

/// Returns a deployment and a pool, with one session of Ada's in the table.
async fn signed_in(name: &'static str) -> (Deployment, Pool) {
    let (deployment, pool) = pool::with_ada(name).await;
    sign_in_as(&deployment, 1, hash_at(&pool.issuer, &pool.subject, OLD), 100).await;
    (deployment, pool)
}

async fn revocation_is_there(deployment: &Deployment, pool: &Pool) -> bool {
    let hash = hash_at(&pool.issuer, &pool.subject, OLD);
    store(deployment).revocation(&[hash]).await.unwrap()[0].is_some()
}

#[tokio::test]
async fn all_sessions_of_a_user_are_ended_and_what_began_until_now_holds_no_longer() {
    let deployment = Deployment::new("end-all").await;
    sign_in(&deployment, 1, "ada", OLD, 100).await;
    sign_in(&deployment, 2, "ada", OLD, 10).await;
    sign_in(&deployment, 3, "ben", OLD, 10).await;
    let before = deployment.now();
    let ended = deployment.does(&["sessions", "end-all", "--sub", "ada"]).await;
    assert_eq!(ended["ended"].as_array().unwrap().len(), 2);
    assert_eq!(ended["at_provider"], "not_asked");
    assert_eq!((is_there(&deployment, 1).await, is_there(&deployment, 3).await), (false, true));
    let found = store(&deployment).revocation(&[hash_of("ada", OLD), hash_of("ben", OLD)]).await.unwrap();
    assert!(found[0].unwrap() >= before && found[1].is_none());
    let shown = deployment.does(&["sessions", "revocation", "--sub", "ada"]).await;
    assert_eq!(shown["revocation"], ended["revocation"]);
}

#[tokio::test]
async fn the_user_pools_own_sign_ins_are_ended_too() {
    for (name, by) in [("end-all-pool", "--username"), ("end-all-pool-sub", "--sub")] {
        let (deployment, pool) = signed_in(name).await;
        let token = refresh_token(&pool).await;
        assert!(refreshes(&token).await);
        let who = if by == "--sub" { pool.subject.as_str() } else { "ada" };
        let ended = deployment.does(&["sessions", "end-all", by, who]).await;
        assert_eq!((&ended["at_provider"], &ended["failures"]), (&json!("ended"), &json!([])), "{by}");
        assert!(!refreshes(&token).await, "{by}");
        assert!(!is_there(&deployment, 1).await && revocation_is_there(&deployment, &pool).await, "{by}");
    }
}

#[tokio::test]
async fn the_user_pool_is_left_alone_when_asked_for() {
    let (deployment, pool) = signed_in("end-all-here").await;
    let token = refresh_token(&pool).await;
    let ended = deployment.does(&["sessions", "end-all", "--sub", &pool.subject, "--no-provider"]).await;
    assert_eq!(ended["at_provider"], "not_asked");
    assert!(refreshes(&token).await && !is_there(&deployment, 1).await);
}

#[tokio::test]
async fn users_of_another_issuer_are_not_looked_for_in_the_pool() {
    let (deployment, pool) = signed_in("end-all-elsewhere").await;
    let token = refresh_token(&pool).await;
    let elsewhere = ["--sub", &pool.subject, "--issuer", "https://id.example.com"];
    let ended = deployment.does(&[&["sessions", "end-all"], &elsewhere[..]].concat()).await;
    assert_eq!((&ended["at_provider"], &ended["ended"]), (&json!("not_asked"), &json!([])));
    assert!(refreshes(&token).await);
}

#[tokio::test]
async fn the_other_form_of_the_pools_issuer_names_the_same_users() {
    let (deployment, pool) = signed_in("end-all-form").await;
    let other = pool.issuer.replace("cognito-idp.", "issuer-cognito-idp.");
    let ended = deployment.does(&["sessions", "end-all", "--sub", &pool.subject, "--issuer", &other]).await;
    assert_eq!((&ended["at_provider"], ended["ended"].as_array().unwrap().len()), (&json!("ended"), 1));
    assert!(revocation_is_there(&deployment, &pool).await);
}

/// Returns the output when requests for `operation` get `answer`.
async fn failing(
    deployment: &mut Deployment,
    operation: &'static str,
    answer: String,
    who: &str,
) -> CommandOutput {
    let faulty = Faulty::start().await;
    faulty.set(Mode::AnswerTo(operation, answer));
    deployment.endpoint.clone_from(&faulty.url);
    let output = deployment.run(&["sessions", "end-all", "--sub", who, "--json"]).await;
    assert_eq!(output.exit, Exit::InPart, "{}", output.out);
    let text = deployment.run(&["sessions", "end-all", "--sub", who]).await;
    assert!(text.exit == Exit::InPart && text.out.contains("\nFAILED "), "{}", text.out);
    output
}

fn codes(output: &CommandOutput) -> Vec<(String, String)> {
    let failures = output.json()["failures"].take();
    let text = |failure: &Value, name: &str| failure[name].as_str().unwrap().to_owned();
    failures
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| (text(failure, "what"), text(failure, "code")))
        .collect()
}

#[tokio::test]
async fn a_user_pool_that_fails_is_told_and_the_rest_is_done() {
    for (name, answer, code) in [
        ("end-all-denied", refusal(400, "AccessDeniedException"), "user_pool_access_denied"),
        ("end-all-down", refusal(500, "InternalErrorException"), "user_pool_unavailable"),
    ] {
        let (mut deployment, pool) = signed_in(name).await;
        let output = failing(&mut deployment, "AdminUserGlobalSignOut", answer, &pool.subject).await;
        assert_eq!(output.json()["at_provider"], "failed");
        assert_eq!(codes(&output), [("user_pool".to_owned(), code.to_owned())]);
        assert!(output.out.contains("admin-user-global-sign-out"), "{}", output.out);
        assert!(!is_there(&deployment, 1).await && revocation_is_there(&deployment, &pool).await, "{code}");
    }
}

#[tokio::test]
async fn somebody_whom_the_pool_does_not_have_is_told() {
    let (deployment, _) = signed_in("end-all-nobody").await;
    let output = deployment.run(&["sessions", "end-all", "--sub", "nobody", "--json"]).await;
    assert_eq!(output.exit, Exit::InPart);
    assert_eq!(codes(&output), [("user_pool".to_owned(), "user_not_found".to_owned())]);
}

#[tokio::test]
async fn rows_that_cannot_be_deleted_are_told_and_the_rest_is_done() {
    for (name, operation) in [("end-all-no-delete", "DeleteItem"), ("end-all-no-query", "Query")] {
        let (mut deployment, pool) = signed_in(name).await;
        let token = refresh_token(&pool).await;
        let denied = refusal(400, "AccessDeniedException");
        let output = failing(&mut deployment, operation, denied, &pool.subject).await;
        assert_eq!(codes(&output), [("table".to_owned(), "session_store_unavailable".to_owned())]);
        assert_eq!(output.json()["at_provider"], "ended");
        assert!(!refreshes(&token).await && revocation_is_there(&deployment, &pool).await, "{operation}");
    }
}

#[tokio::test]
async fn without_a_revocation_nothing_is_done() {
    let (mut deployment, pool) = signed_in("end-all-unmarked").await;
    let token = refresh_token(&pool).await;
    let faulty = Faulty::start().await;
    faulty.set(Mode::AnswerTo("UpdateItem", refusal(400, "AccessDeniedException")));
    deployment.endpoint.clone_from(&faulty.url);
    let refused = deployment.refuses(&["sessions", "end-all", "--sub", &pool.subject]).await;
    assert_eq!(refused, "session_store_unavailable");
    faulty.set(Mode::Well);
    assert!(is_there(&deployment, 1).await && refreshes(&token).await);
}
