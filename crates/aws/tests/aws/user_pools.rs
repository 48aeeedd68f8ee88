//! App clients against moto.

use aws::user_pool::{UserPoolFault, UserPools};
use serde_json::{Value, json};

use crate::{moto, sdk};

async fn administer(action: &str, body: Value) -> Value {
    moto::administer("cognito-idp", &format!("AWSCognitoIdentityProviderService.{action}"), body).await
}

async fn pool() -> String {
    let created = administer("CreateUserPool", json!({"PoolName": "pool"})).await;
    created["UserPool"]["Id"].as_str().unwrap().to_owned()
}

/// The id and the secret of a new app client.
async fn client(pool: &str, generate_secret: bool) -> (String, Option<String>) {
    let body = json!({"UserPoolId": pool, "ClientName": "client", "GenerateSecret": generate_secret});
    let created = administer("CreateUserPoolClient", body).await;
    let client = &created["UserPoolClient"];
    let id = client["ClientId"].as_str().unwrap().to_owned();
    (id, client["ClientSecret"].as_str().map(str::to_owned))
}

async fn secret(pool: &str, client: &str) -> Result<String, UserPoolFault> {
    let secret = UserPools::new(sdk(moto::url())).client_secret(pool, client).await?;
    Ok(secret.expose().to_owned())
}

#[tokio::test]
async fn the_secret_of_an_app_client_is_read() {
    let pool = pool().await;
    let (client, generated) = client(&pool, true).await;
    assert_eq!(secret(&pool, &client).await, Ok(generated.unwrap()));
}

#[tokio::test]
async fn an_app_client_without_secret_has_none() {
    let pool = pool().await;
    let (client, _) = client(&pool, false).await;
    assert_eq!(secret(&pool, &client).await, Err(UserPoolFault::NoSecret));
}

#[tokio::test]
async fn an_app_client_that_is_not_there_is_not_found() {
    assert_eq!(secret(&pool().await, "nosuchclient").await, Err(UserPoolFault::NotFound));
}

#[tokio::test]
async fn a_pool_that_is_not_there_is_not_found() {
    assert_eq!(secret("us-east-1_NoSuchPool", "client").await, Err(UserPoolFault::NotFound));
}
