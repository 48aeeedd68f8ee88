//! Fuzzes answers of the provider: metadata, tokens, userinfo, a revocation. The first byte selects the kind
//! and the status, the rest is the body.

#![cfg_attr(fuzzing, no_main)]

use fuzz::{ISSUER, object};
use relying_party::provider::call::ProviderResponse;
use relying_party::{provider::discovery, provider::token_endpoint, provider::user_info};
use serde_json::Value;
use url::Url;

const STATUSES: [u16; 8] = [200, 200, 200, 400, 401, 302, 429, 503];

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else { return };
    let status = STATUSES[usize::from(choice / 4) % STATUSES.len()];
    let response = ProviderResponse { status, content_type: None, body: body.to_vec() };
    match choice % 4 {
        0 => metadata(&response),
        1 => tokens(&response),
        2 => person(&response),
        _ => drop(token_endpoint::read_revocation_response(&response)),
    }
});

fn metadata(response: &ProviderResponse) {
    let Ok(metadata) = discovery::read_response(response, &[ISSUER.to_owned()]) else { return };
    assert_eq!(response.status, 200);
    let document = object(&response.body).expect("an object");
    assert_eq!(document.get("issuer").and_then(Value::as_str), Some(ISSUER), "OIDC Discovery section 4.3");
    for endpoint in [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri] {
        assert!(discovery::is_endpoint(endpoint, ISSUER), "{endpoint:?}");
        let url = Url::parse(endpoint).expect("a URL");
        assert!(matches!(url.scheme(), "https" | "http") && url.fragment().is_none(), "{endpoint:?}");
    }
}

fn tokens(response: &ProviderResponse) {
    if let Ok(tokens) = token_endpoint::read_response(response) {
        assert_eq!(response.status, 200);
        let document = object(&response.body).expect("an object");
        assert_eq!(document.get("access_token").and_then(Value::as_str), Some(tokens.access_token.expose()));
    }
}

fn person(response: &ProviderResponse) {
    if let Ok(claims) = user_info::read_response(response, "ada") {
        assert_eq!(response.status, 200);
        assert_eq!(claims.get("sub").and_then(Value::as_str), Some("ada"), "OIDC Core section 5.3.2");
    }
}
