//! Lists the providers.

mod hosted;
mod microsoft;
mod own_host;

use serde_json::{Value, json};

use super::Row;

/// All rows.
pub(super) fn all() -> Vec<Row> {
    vec![
        microsoft::entra_v1(),
        microsoft::entra_v2(),
        hosted::auth0(),
        hosted::okta(),
        own_host::keycloak_24(),
        own_host::keycloak_26(),
        hosted::google(),
        microsoft::adfs_2016(),
        microsoft::adfs_2019(),
        own_host::authentik(),
        own_host::zitadel(),
        own_host::ping_federate(),
        hosted::ping_one(),
        hosted::cognito(),
    ]
}

pub(super) fn named(name: &str) -> Row {
    all().into_iter().find(|row| row.name == name).unwrap()
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A key other than the signing key, with a modulus of 2,048 bits.
fn other_key(members: &Value) -> Value {
    let mut key = json!({ "kty": "RSA", "e": "AQAB", "n": format!("{}w", "z".repeat(341)) });
    key.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    key
}
