//! Tests access tokens that moto and cognito-local, two imitations of Cognito, issue for a user pool.
//!
//! Both differ from Cognito: they sign ID and access tokens with one fixed key, whose `kid` is `dummy` in moto and
//! `CognitoLocal` in cognito-local. moto's issuer is the one on AWS, so its keys are found only by `jwks_endpoint`;
//! cognito-local's issuer is its own address, with the host `localhost` or the configured one.

use http::Method;
use serde_json::{Value, json};

use crate::deployment::{Deployment, Ground};
use crate::moto::{Moto, user_pools};
use crate::process::{self, Server, free_port, tool};

/// A deployment's verdict on a bearer token: the `sub` that the upstream gets, or the reason of the refusal. The
/// authorizer decides, and `/oauth2/session`, where a script reads the reason, must agree.
pub(crate) async fn present(deployment: &Deployment, token: &str) -> Result<String, String> {
    let browser = deployment.browser();
    let credential = format!("Bearer {token}");
    let headers = [("authorization", credential.as_str())];
    let answer = browser.fetch(&deployment.url, Method::GET, "/headers", &headers).await;
    let report = browser.fetch(&deployment.url, Method::GET, "/oauth2/session", &headers).await;
    assert_eq!(answer.status, report.status, "{} {}", answer.body, report.body);
    if answer.status == 200 {
        let subject = report.json()["sub"].as_str().unwrap().to_owned();
        let headers = answer.json()["headers"].to_string().to_ascii_lowercase();
        assert!(
            headers.contains(&format!(r#""x-vestibule-sub":"{}""#, subject.to_ascii_lowercase())),
            "{headers}"
        );
        return Ok(subject);
    }
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    Err(report.json()["reason"].as_str().unwrap().to_owned())
}

/// A pool with a client and a user who has just signed in.
struct Pool {
    id: String,
    client_id: String,
    subject: String,
    access_token: String,
    id_token: String,
}

impl Pool {
    async fn new(url: &str, name: &str) -> Self {
        let pool = user_pools(url, "CreateUserPool", json!({ "PoolName": name })).await;
        let id = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
        let client = json!({
            "UserPoolId": id, "ClientName": name,
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        });
        let client = user_pools(url, "CreateUserPoolClient", client).await;
        let client_id = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
        let user = json!({ "UserPoolId": id, "Username": "ada@example.com" });
        let with = |more: Value| {
            let mut user = user.clone();
            user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            user
        };
        let attributes = json!([{ "Name": "email", "Value": "ada@example.com" }]);
        let created = with(json!({ "MessageAction": "SUPPRESS", "UserAttributes": attributes }));
        user_pools(url, "AdminCreateUser", created).await;
        let password = with(json!({ "Password": "Loopback-1", "Permanent": true }));
        user_pools(url, "AdminSetUserPassword", password).await;
        let stored = user_pools(url, "AdminGetUser", user).await;
        let subject = stored["UserAttributes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|attribute| attribute["Name"] == "sub")
            .map(|attribute| attribute["Value"].as_str().unwrap().to_owned())
            .unwrap();
        let sign_in = json!({
            "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client_id,
            "AuthParameters": { "USERNAME": "ada@example.com", "PASSWORD": "Loopback-1" },
        });
        let tokens = user_pools(url, "InitiateAuth", sign_in).await;
        let token = |name: &str| tokens["AuthenticationResult"][name].as_str().unwrap().to_owned();
        let (access_token, id_token) = (token("AccessToken"), token("IdToken"));
        Self { id, client_id, subject, access_token, id_token }
    }
}

/// A deployment for `pool`. No user signs in here, so the domain is never called.
async fn before(pool: &Pool, issuer: &str, jwks_endpoint: &str) -> Deployment {
    Ground::bind().await.serve(json!({
        "provider": "cognito",
        "issuer": issuer,
        "user_pool_id": pool.id,
        "user_pool_domain": "http://127.0.0.1:9",
        "jwks_endpoint": jwks_endpoint,
        "client_id": pool.client_id,
        "client_auth": "none",
    }))
}

async fn only_its_own_access_tokens_pass(deployment: &Deployment, own: &Pool, other: &Pool) {
    assert_eq!(present(deployment, &own.access_token).await, Ok(own.subject.clone()));
    assert_eq!(present(deployment, &other.access_token).await, Err("access_token_issuer".to_owned()));
    assert_eq!(present(deployment, &own.id_token).await, Err("not_an_access_token".to_owned()));
    deployment.clock.forward(86_400 + 61);
    assert_eq!(present(deployment, &own.access_token).await, Err("access_token_expired".to_owned()));
}

async fn another_client_is_refused(url: &str, own: &Pool, issuer: &str, jwks_endpoint: &str) {
    let client = json!({ "UserPoolId": own.id, "ClientName": "another" });
    let client = user_pools(url, "CreateUserPoolClient", client).await;
    let client_id = client["UserPoolClient"]["ClientId"].as_str().unwrap().to_owned();
    let another = Pool {
        client_id,
        id: own.id.clone(),
        subject: String::new(),
        access_token: String::new(),
        id_token: String::new(),
    };
    let deployment = before(&another, issuer, jwks_endpoint).await;
    assert_eq!(present(&deployment, &own.access_token).await, Err("access_token_client".to_owned()));
}

#[tokio::test]
async fn access_tokens_of_moto() {
    let moto = Moto::start();
    let (own, other) = (Pool::new(&moto.url, "own").await, Pool::new(&moto.url, "other").await);
    let issuer = format!("https://cognito-idp.us-east-1.amazonaws.com/{}", own.id);
    let jwks_endpoint = format!("{}/{}/.well-known/jwks.json", moto.url, own.id);
    another_client_is_refused(&moto.url, &own, &issuer, &jwks_endpoint).await;
    let deployment = before(&own, &issuer, &jwks_endpoint).await;
    only_its_own_access_tokens_pass(&deployment, &own, &other).await;
}

#[tokio::test]
async fn access_tokens_of_cognito_local() {
    let folder = process::fresh_folder("cognito-local");
    let script = tool("node/node_modules/cognito-local/lib/bin/start.js");
    let environment = [("HOST", "127.0.0.1".to_owned()), ("PORT", free_port().to_string())];
    let node = process::program("node");
    let server = Server::start(&node, &[script.to_str().unwrap()], &environment, &folder);
    // The line ends in a terminal escape sequence.
    let line = server.after("running on ");
    let url = line.split('\u{1b}').next().unwrap();

    let (own, other) = (Pool::new(url, "own").await, Pool::new(url, "other").await);
    let issuer = format!("{url}/{}", own.id);
    let jwks_endpoint = format!("{issuer}/.well-known/jwks.json");
    another_client_is_refused(url, &own, &issuer, &jwks_endpoint).await;
    let deployment = before(&own, &issuer, &jwks_endpoint).await;
    only_its_own_access_tokens_pass(&deployment, &own, &other).await;
    drop(server);
    std::fs::remove_dir_all(folder).unwrap();
}
