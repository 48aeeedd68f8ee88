//! Refuses answers that almost match an accepted shape: each case changes one thing in a provider's row.

use conformance::browser::Browser;
use conformance::provider::shape::ABSENT;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Row, rows};

enum Bent {
    Header(&'static str, Value),
    Claim(&'static str, Value),
    Response(&'static str, Value),
    Metadata(&'static str, Value),
    Keys(Value),
    Callback(&'static str),
}

impl Bent {
    fn of(self, mut row: Row) -> Row {
        match self {
            Self::Header(name, value) => row.shape.header[name] = value,
            Self::Claim(name, value) => row.shape.claims[name] = value,
            Self::Response(name, value) => row.shape.response[name] = value,
            Self::Metadata(name, value) => row.metadata[name] = value,
            Self::Keys(keys) => row.shape.keys = Some(keys),
            Self::Callback(query) => row.callback = query,
        }
        if row.shape.header.is_null() {
            row.shape.header = json!({});
        }
        row
    }
}

fn cases() -> Vec<(&'static str, Bent, u16, &'static str)> {
    use Bent::{Callback, Claim, Header, Keys, Metadata, Response};
    let tenant_of_nobody = "https://login.microsoftonline.com/{tenantid}/v2.0";
    vec![
        ("Entra ID, version 2.0", Claim("nonce", json!(ABSENT)), 400, "nonce_mismatch"),
        ("Entra ID, version 2.0", Claim("nonce", json!("another")), 400, "nonce_mismatch"),
        ("Entra ID, version 2.0", Claim("exp", json!(null)), 502, "id_token_claim"),
        ("Entra ID, version 1.0", Claim("exp", json!("1900003600")), 502, "id_token_claim"),
        ("Entra ID, version 2.0", Claim("exp", json!(ABSENT)), 502, "id_token_claim"),
        ("Entra ID, version 2.0", Claim("iat", json!("1900000000")), 502, "id_token_claim"),
        // A token of another tenant, for each address that does not belong to one tenant.
        (
            "Entra ID, version 2.0",
            Claim("iss", json!("https://login.microsoftonline.com/other/v2.0")),
            502,
            "id_token_issuer",
        ),
        ("Entra ID, version 2.0", Claim("iss", json!(tenant_of_nobody)), 502, "id_token_issuer"),
        (
            "Entra ID, version 2.0",
            Metadata("issuer", json!(tenant_of_nobody)),
            502,
            "discovery_issuer_mismatch",
        ),
        (
            "Entra ID, version 1.0",
            Claim("iss", json!("https://sts.windows.net/7fe81447-da57-4385-becb-6de57f21477e")),
            502,
            "id_token_issuer",
        ),
        ("Entra ID, version 2.0", Metadata("token_endpoint", json!("")), 502, "discovery_endpoint"),
        ("Entra ID, version 2.0", Metadata("jwks_uri", json!(null)), 502, "discovery_endpoint"),
        // Some Google libraries accept the text without a scheme, but it is not the issuer in the metadata.
        ("Google", Claim("iss", json!("accounts.google.com")), 502, "id_token_issuer"),
        ("Google", Claim("azp", json!("another")), 502, "id_token_authorized_party"),
        ("Google", Claim("at_hash", json!("x0rza4Vnqf0NWeFdv8v0WA")), 502, "at_hash_mismatch"),
        ("Google", Response("id_token", json!(ABSENT)), 400, "id_token_missing"),
        ("Zitadel", Claim("azp", json!(ABSENT)), 502, "id_token_authorized_party"),
        ("Zitadel", Claim("aud", json!(["257714027772314751@acme"])), 502, "id_token_audience"),
        ("Okta", Response("token_type", json!("DPoP")), 502, "token_type_unsupported"),
        ("Okta", Response("expires_in", json!("an hour")), 502, "token_response_malformed"),
        ("Okta", Response("access_token", json!(ABSENT)), 502, "token_response_malformed"),
        ("Okta", Claim("sub", json!(5)), 502, "id_token_claim"),
        // Without a signing key authentik signs with the client secret, and its key set is empty.
        ("authentik", Header("alg", json!("HS256")), 502, "id_token_unverified"),
        ("authentik", Keys(json!({})), 502, "jwks_malformed"),
        ("authentik", Keys(json!({ "keys": [] })), 502, "jwks_without_usable_key"),
        ("Keycloak 26", Header("typ", json!("logout+jwt")), 502, "id_token_use"),
        ("Keycloak 26", Callback(""), 400, "issuer_missing"),
        (
            "Keycloak 26",
            Callback("&iss=https%3A%2F%2Fsso.example.com%2Frealms%2Fother"),
            400,
            "issuer_mismatch",
        ),
        ("Amazon Cognito", Claim("token_use", json!("access")), 502, "id_token_use"),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_claims_that_sign_in_needs_stay_strict_for_every_provider() {
    for (name, bent, status, reason) in cases() {
        let row = bent.of(rows::named(name));
        for store in super::stores() {
            let world = row.world(store);
            let mut browser = Browser::default();
            let to_provider = browser.go(world.site(), "/oauth2/login").await;
            let logged = match to_provider.response.status {
                StatusCode::FOUND => browser.land_from_with(world.site(), &to_provider, row.callback).await,
                _ => to_provider,
            };
            let refused = logged.refusal.as_ref().map(|refusal| refusal.reason().code);
            assert_eq!(
                (refused, logged.response.status.as_u16()),
                (Some(reason), status),
                "{name}: {:?}",
                logged.refusal
            );
            assert_eq!(browser.session(), None, "{name} {reason}");
        }
    }
}
