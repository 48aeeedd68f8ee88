//! App clients against moto.

use std::sync::Arc;

use aws::Caller;
use aws::user_pool::{PoolSignOut, UserPoolFault, UserPools};
use flow::ports::{UserSignOut, UserSignOutFault};
use serde_json::{Value, json};

use crate::answering::{Answering, answer, refusal};
use crate::{moto, sdk, sdk_of};

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

#[tokio::test]
async fn a_user_is_signed_out_of_the_pool() {
    let pool = pool().await;
    administer("AdminCreateUser", json!({"UserPoolId": pool, "Username": "ada"})).await;
    let user_pools = UserPools::new(sdk(moto::url()));
    assert_eq!(user_pools.sign_out(&pool, "ada").await, Ok(()));
    assert_eq!(user_pools.sign_out(&pool, "ben").await, Err(UserPoolFault::NotFound));
}

#[tokio::test]
async fn a_sign_out_names_the_user_and_the_pool_and_is_done_or_fails() {
    for (answered, expected) in [
        (answer(200, "{}"), Ok(())),
        (refusal(400, "AccessDeniedException"), Err(UserSignOutFault)),
        (refusal(400, "UserNotFoundException"), Err(UserSignOutFault)),
        (refusal(500, "InternalErrorException"), Err(UserSignOutFault)),
        (String::new(), Err(UserSignOutFault)),
    ] {
        let service = Answering::start(vec![answered.clone()]).await;
        let user_pools = Arc::new(UserPools::new(sdk(service.url.clone())));
        let pool = PoolSignOut::new(user_pools, "eu-west-1_AbCdEfGhI".to_owned());
        assert_eq!(pool.sign_out("ada").await, expected, "{answered}");
        let requests = service.requests();
        let request = requests.first().unwrap();
        assert!(request.contains("AWSCognitoIdentityProviderService.AdminUserGlobalSignOut"), "{request}");
        let body = r#"{"UserPoolId":"eu-west-1_AbCdEfGhI","Username":"ada"}"#;
        assert!(request.ends_with(body), "{request}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_that_never_answers_is_given_up_after_three_seconds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let before = tokio::time::Instant::now();
    let user_pools = UserPools::new(sdk_of(Caller::Function, url));
    assert_eq!(user_pools.sign_out("eu-west-1_AbCdEfGhI", "ada").await, Err(UserPoolFault::Unavailable));
    assert!(before.elapsed().as_millis() <= 3_100, "{:?}", before.elapsed());
}
