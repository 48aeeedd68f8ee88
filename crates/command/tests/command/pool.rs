//! A user pool in moto.

use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::moto;

/// A pool with the user Ada.
pub(crate) struct Pool {
    pub(crate) id: String,
    pub(crate) issuer: String,
    /// Ada's `sub`. Her user name is `ada`.
    pub(crate) subject: String,
}

/// Makes a deployment with a new pool.
pub(crate) async fn with_ada(name: &'static str) -> (Deployment, Pool) {
    let mut deployment = Deployment::new(name).await;
    let pool = administer("CreateUserPool", json!({ "PoolName": name })).await;
    let id = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let subject = add_user(&id, "ada").await;
    let issuer = format!("https://cognito-idp.us-east-1.amazonaws.com/{id}");
    for (key, value) in [
        ("VESTIBULE_PROVIDER", "cognito"),
        ("VESTIBULE_USER_POOL_ID", id.as_str()),
        ("VESTIBULE_ISSUER", issuer.as_str()),
    ] {
        deployment.environment.push((key.to_owned(), value.to_owned()));
    }
    (deployment, Pool { id, issuer, subject })
}

/// Adds a user and returns their `sub`.
pub(crate) async fn add_user(pool: &str, name: &str) -> String {
    let email = json!([{ "Name": "email", "Value": format!("{name}@example.com") }]);
    let user = json!({ "UserPoolId": pool, "Username": name, "UserAttributes": email });
    let user = administer("AdminCreateUser", user).await;
    let mut attributes = user["User"]["Attributes"].as_array().unwrap().iter();
    let subject = attributes.find(|found| found["Name"] == "sub").unwrap();
    subject["Value"].as_str().unwrap().to_owned()
}

pub(crate) async fn administer(action: &str, body: Value) -> Value {
    asked(action, body).await.unwrap_or_else(|| panic!("{action} was refused"))
}

pub(crate) async fn asked(action: &str, body: Value) -> Option<Value> {
    moto::asked("cognito-idp", &format!("AWSCognitoIdentityProviderService.{action}"), body).await
}
