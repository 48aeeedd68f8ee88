#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::configuration::{Role, Sources};
use crate::provider::client_authentication::ClientAuthentication;
use crate::token::test_tokens::TokenBuilder;

fn client() -> ClientCredentials {
    let secret = Secret::new("s3cret");
    ClientCredentials::new("web", ClientAuthentication::Post, Some(&secret)).unwrap()
}

fn good() -> Value {
    json!({
        "access_token": "a.b.c", "id_token": "d.e.f", "refresh_token": "r+/=", "token_type": "Bearer",
        "expires_in": 3600, "scope": "openid email",
    })
}

fn answer(status: u16, body: &Value) -> ProviderResponse {
    let content_type = Some("application/json;charset=UTF-8".to_owned());
    ProviderResponse { status, content_type, body: body.to_string().into_bytes() }
}

/// Judges a good response with one member changed, or removed when the value is `None`.
fn with(name: &str, value: Option<Value>) -> Result<TokenResponse, TokenEndpointRefusal> {
    let mut body = good();
    let members = body.as_object_mut().unwrap();
    match value {
        Some(value) => members.insert(name.to_owned(), value),
        None => members.remove(name),
    };
    read_response(&answer(200, &body))
}

fn refusal_of(status: u16, body: &Value) -> TokenEndpointRefusal {
    read_response(&answer(status, body)).unwrap_err()
}

#[test]
fn an_answer_without_scope_grants_what_was_expected() {
    let document = "issuer: https://id.example.com\nclient_id: app\nclient_secret: secret\n\
         public_url: https://app.example.com\nsession_secret: 0123456789abcdef0123456789abcdef\n";
    let sources = Sources { document: Some(document), ..Sources::default() };
    let configuration = Configuration::from_sources(&sources, Role::Callback).unwrap();
    let granted = |access_token: &str, scope: Option<&str>| {
        let tokens = TokenResponse {
            access_token: Secret::new(access_token),
            id_token: None,
            refresh_token: None,
            expires_in: None,
            scope: scope.map(str::to_owned),
        };
        tokens.granted_scope(&configuration, Some("openid".to_owned()))
    };
    assert_eq!(granted("opaque", None).as_deref(), Some("openid"));
    assert_eq!(granted("opaque", Some("openid email")).as_deref(), Some("openid email"));
    // A user pool that is configured as a generic provider is recognised all the same.
    let own = TokenBuilder::access_token().claim("scope", "openid email").build();
    assert_eq!(granted(&own, None).as_deref(), Some("openid email"));
    for silent in [
        TokenBuilder::access_token().without_claim("scope"),
        TokenBuilder::access_token().claim("scope", ""),
        TokenBuilder::access_token().claim("scope", 5),
    ] {
        assert_eq!(granted(&silent.build(), None).as_deref(), Some(""));
    }
    let elsewhere = TokenBuilder::access_token().without_claim("token_use").build();
    assert_eq!(granted(&elsewhere, None).as_deref(), Some("openid"));
}

mod answers;
mod requests;
mod revocations;
