#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relying_party::secret::Secret;
use relying_party::token::jws::JwsRefusal;
use serde_json::{Value, json};

use super::*;
use crate::ports::ClientSecretFault;
use crate::test_ports::{FakeClock, FakeProvider, ISSUER, client, relying_party};

mod moved;

fn discovering() -> Value {
    json!({"authorization_endpoint": null, "token_endpoint": null, "jwks_endpoint": null, "revocation_endpoint": null})
}

fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/found/authorize"),
        "token_endpoint": format!("{ISSUER}/found/token"),
        "jwks_uri": format!("{ISSUER}/found/keys"),
        "revocation_endpoint": format!("{ISSUER}/found/revoke"),
    })
}

const METADATA: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn configured_endpoints_are_not_looked_for() {
    let provider = Arc::<FakeProvider>::default();
    let client = client(&relying_party(&json!({})), &provider, None);
    assert_eq!(client.token_endpoint().await.unwrap(), format!("{ISSUER}/token"));
    assert_eq!(client.revocation_endpoint().await.unwrap().unwrap(), format!("{ISSUER}/revoke"));
    assert_eq!(client.end_session_endpoint().await.unwrap(), None);
    assert!(provider.took_asked().is_empty());
}

/// A source that returns this secret, or fails.
struct Source(Option<&'static str>);

#[async_trait]
impl ClientSecretSource for Source {
    async fn read(&self) -> Result<Secret, ClientSecretFault> {
        self.0.map(Secret::new).ok_or(ClientSecretFault)
    }
}

#[tokio::test]
async fn a_client_whose_secret_cannot_be_read_is_none() {
    let provider = Arc::<FakeProvider>::default();
    for (secret, expected) in [(Some("read"), Ok(())), (None, Err(Refusal::ClientSecretUnavailable))] {
        let settings = relying_party(&json!({ "client_secret": null }));
        let client = client(&settings, &provider, Some(Arc::new(Source(secret))));
        assert_eq!(client.client().await.map(drop), expected);
    }
}

/// A token with an invalid signature.
fn invented(kid: &str) -> Issued {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let (header, claims) = (part(json!({"alg": "EdDSA", "kid": kid})), part(json!({"iss": ISSUER})));
    let signature = URL_SAFE_NO_PAD.encode([1; 64]);
    Issued {
        id_token: Secret::new(format!("{header}.{claims}.{signature}")),
        access_token: Secret::new("access"),
    }
}

fn keys() -> Value {
    // The key of RFC 8037, appendix A.2.
    json!({"keys": [{"kid": "1", "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})
}

#[tokio::test]
async fn userinfo_is_asked_of_a_token_that_passed_its_check_and_of_no_other() {
    let provider = Arc::<FakeProvider>::default();
    let settings = json!({"userinfo_endpoint": format!("{ISSUER}/userinfo")});
    let client = client(&relying_party(&settings), &provider, None);
    provider.answer("/keys", 200, &keys());
    provider.answer("/userinfo", 200, &json!({"sub": "ada"}));
    for (check, expected) in [(Err(Refusal::Internal), Err(Refusal::Internal)), (Ok(0), Ok(200))] {
        let passes = check.is_ok();
        let complete = |before: u16, response: &ProviderResponse| Ok(before + response.status);
        assert_eq!(client.verify_and_complete(&invented("1"), |_| check, complete).await, expected);
        assert_eq!(provider.took_asked().contains(&"/userinfo".to_owned()), passes);
    }
}

#[tokio::test]
async fn a_key_that_the_provider_does_not_have_refuses_its_token_unchecked() {
    let provider = Arc::<FakeProvider>::default();
    let client = client(&relying_party(&json!({})), &provider, None);
    provider.answer("/keys", 200, &keys());
    let check = |_: &KeySet| -> Result<(), Refusal> { panic!("there is no key to check it with") };
    let refused = client.verify_and_complete(&invented("2"), check, |(), _| Ok(())).await;
    let unknown = JwsRefusal::UnknownKey { kid: Some("2".to_owned()) };
    assert_eq!(refused, Err(Refusal::IdTokenUnverified(unknown)));
}
