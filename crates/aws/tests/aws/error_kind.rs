//! Tests which fault each kind of failure gives.

use std::sync::Arc;

use aws::{
    client_secret::AppClientSecret,
    secrets::{SecretFault, Secrets},
    user_pool::{UserPoolFault, UserPools},
};
use flow::ports::{ClientSecretFault, ClientSecretSource};

use crate::{
    answering::{Answering, answer, refusal},
    sdk,
};

/// The fault of reading a secret from a service that gives these answers, and the number of requests.
async fn secret_fault(answers: Vec<String>) -> (Option<SecretFault>, usize) {
    let service = Answering::start(answers).await;
    let outcome = Secrets::new(sdk(service.url.clone())).text("configuration").await;
    (outcome.err(), service.requests().len())
}

async fn user_pool_fault(answers: Vec<String>) -> Option<UserPoolFault> {
    let service = Answering::start(answers).await;
    let pools = UserPools::new(sdk(service.url));
    pools.client_secret("us-east-1_LocalPool", "client").await.err()
}

fn good_secret() -> String {
    answer(200, r#"{"Name":"configuration","SecretString":"{\"client_secret\":\"s\"}"}"#)
}

#[tokio::test]
async fn a_secret_is_asked_for_by_its_id_and_its_version() {
    for (id, expected) in [
        ("configuration", r#"{"SecretId":"configuration","VersionStage":"AWSCURRENT"}"#),
        ("configuration#0a1b2c3d", r#"{"SecretId":"configuration","VersionId":"0a1b2c3d"}"#),
    ] {
        let service = Answering::start(vec![good_secret()]).await;
        let secret = Secrets::new(sdk(service.url.clone())).text(id).await.ok().unwrap();
        assert_eq!(secret.expose(), r#"{"client_secret":"s"}"#);
        let requests = service.requests();
        let request = requests.first().unwrap();
        assert!(request.starts_with("POST / HTTP/1.1\r\n"));
        assert!(request.contains("x-amz-target: secretsmanager.GetSecretValue\r\n"));
        assert!(request.ends_with(&format!("\r\n\r\n{expected}")), "{request}");
    }
}

#[tokio::test]
async fn an_app_client_is_asked_for_by_pool_and_id() {
    let found = answer(200, r#"{"UserPoolClient":{"ClientId":"client","ClientSecret":"s"}}"#);
    let service = Answering::start(vec![found]).await;
    let pools = UserPools::new(sdk(service.url.clone()));
    let secret = pools.client_secret("us-east-1_LocalPool", "client").await.ok().unwrap();
    assert_eq!(secret.expose(), "s");
    let requests = service.requests();
    let request = requests.first().unwrap();
    assert!(request.contains("x-amz-target: AWSCognitoIdentityProviderService.DescribeUserPoolClient\r\n"));
    assert!(request.ends_with("{\"UserPoolId\":\"us-east-1_LocalPool\",\"ClientId\":\"client\"}"));
}

#[tokio::test]
async fn a_caller_who_may_not_is_denied_and_asks_once() {
    for code in ["AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"] {
        assert_eq!(secret_fault(vec![refusal(400, code)]).await, (Some(SecretFault::Denied), 1), "{code}");
        assert_eq!(user_pool_fault(vec![refusal(400, code)]).await, Some(UserPoolFault::Denied), "{code}");
    }
    let not_authorized = user_pool_fault(vec![refusal(400, "NotAuthorizedException")]).await;
    assert_eq!(not_authorized, Some(UserPoolFault::Denied));
}

#[tokio::test]
async fn credentials_that_expired_are_denied() {
    let outcome = secret_fault(vec![refusal(400, "ExpiredTokenException")]).await;
    assert_eq!(outcome, (Some(SecretFault::Denied), 1));
}

#[tokio::test]
async fn a_name_that_is_not_there_is_not_found() {
    for code in ["ResourceNotFoundException", "InvalidParameterException"] {
        assert_eq!(secret_fault(vec![refusal(400, code)]).await, (Some(SecretFault::NotFound), 1), "{code}");
        assert_eq!(user_pool_fault(vec![refusal(400, code)]).await, Some(UserPoolFault::NotFound), "{code}");
    }
}

#[tokio::test]
async fn a_secret_whose_key_may_not_be_used_is_denied() {
    let outcome = secret_fault(vec![refusal(400, "DecryptionFailure")]).await;
    assert_eq!(outcome, (Some(SecretFault::Denied), 1));
}

#[tokio::test]
async fn a_binary_secret_is_not_text() {
    let binary = answer(200, r#"{"Name":"configuration","SecretBinary":"AAAA"}"#);
    assert_eq!(secret_fault(vec![binary]).await, (Some(SecretFault::NotText), 1));
}

#[tokio::test]
async fn an_app_client_without_secret_is_told_apart() {
    let public = answer(200, r#"{"UserPoolClient":{"ClientId":"client"}}"#);
    assert_eq!(user_pool_fault(vec![public]).await, Some(UserPoolFault::NoSecret));
    assert_eq!(user_pool_fault(vec![answer(200, "{}")]).await, Some(UserPoolFault::NoSecret));
}

#[tokio::test]
async fn an_outage_is_tried_three_times() {
    let unavailable = (Some(SecretFault::Unavailable), 3);
    assert_eq!(secret_fault(vec![refusal(400, "ThrottlingException")]).await, unavailable);
    assert_eq!(secret_fault(vec![refusal(500, "InternalServiceError")]).await, unavailable);
    assert_eq!(secret_fault(vec![answer(503, "")]).await, unavailable);
    assert_eq!(secret_fault(vec![String::new()]).await, unavailable);
    let throttled = user_pool_fault(vec![refusal(400, "TooManyRequestsException")]).await;
    assert_eq!(throttled, Some(UserPoolFault::Unavailable));
}

#[tokio::test]
async fn an_outage_that_passes_is_not_seen() {
    let answers = vec![String::new(), refusal(500, "InternalServiceError"), good_secret()];
    assert_eq!(secret_fault(answers).await, (None, 3));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable() {
    let outcome = Secrets::new(sdk("http://127.0.0.1:1".to_owned())).text("configuration").await;
    assert_eq!(outcome.err(), Some(SecretFault::Unavailable));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Answering::start(vec![good_secret()]).await;
    let head = format!("HTTP/1.1 307 x\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", target.url);
    assert_eq!(secret_fault(vec![head]).await.0, Some(SecretFault::Unavailable));
    assert_eq!(target.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_response_that_is_not_the_services_is_unavailable() {
    for body in ["<html>", "[]", r#"{"SecretString":7}"#] {
        assert_eq!(secret_fault(vec![answer(200, body)]).await.0, Some(SecretFault::Unavailable), "{body}");
    }
}

#[tokio::test]
async fn an_answer_over_the_limit_is_given_up() {
    let body = format!(r#"{{"SecretString":"{}"}}"#, "0".repeat(5 * 1024 * 1024));
    assert_eq!(secret_fault(vec![answer(200, &body)]).await.0, Some(SecretFault::Unavailable));
}

#[tokio::test]
async fn an_app_client_is_asked_about_at_each_reading() {
    let found = answer(200, r#"{"UserPoolClient":{"ClientSecret":"s"}}"#);
    let service = Answering::start(vec![refusal(400, "AccessDeniedException"), found]).await;
    let pools = Arc::new(UserPools::new(sdk(service.url.clone())));
    let source = AppClientSecret::new(pools, "us-east-1_LocalPool".to_owned(), "client".to_owned());
    assert_eq!(source.read().await.err(), Some(ClientSecretFault));
    assert_eq!(source.read().await.ok().unwrap().expose(), "s");
    assert_eq!(service.requests().len(), 2);
}
