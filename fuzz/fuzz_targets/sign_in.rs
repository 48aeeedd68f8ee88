//! Fuzzes sign-in from the first request to the provider's response at the callback. First line: the query of
//! the request; second line: the query of the callback, in which `STATE` stands for the genuine one; then
//! header fields.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::path::is_below;
use fuzz::{NOW, browser, fields, has_control, relying_party, request};
use http::{Method, StatusCode};
use relying_party::gate::front::Front;
use relying_party::http::cookie::{Cookies, MAX_COOKIE_BYTES};
use relying_party::http::request::Headers;
use relying_party::relying_party::RelyingParty;
use relying_party::sign_in::callback::Arrival;
use relying_party::sign_in::{ProviderRedirect, SignInEntropy};
use relying_party::time::Timestamp;
use serde_json::json;
use url::Url;

const ENDPOINT: &str = "https://id.example.com/authorize?tenant=a";
/// The parameters that vestibule sets itself (OIDC Core section 3.1.2.1, RFC 7636 section 4.3).
const OURS: [&str; 8] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

fn deployment() -> &'static RelyingParty {
    static DEPLOYMENT: OnceLock<RelyingParty> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        relying_party(&json!({ "authorization_query_args_client": ["prompt", "login_hint", "lang"] }))
    })
}

fuzz::fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\n');
    let mut part = || parts.next().unwrap_or_default();
    let (asked, answered, rest) = (part(), part(), part());
    let headers = fields(rest);
    if has_control(asked) || has_control(answered) || headers.iter().any(|(_, value)| has_control(value)) {
        return;
    }
    let deployment = deployment();
    let wanted = request(Method::GET, &format!("/oauth2/login?{asked}"), headers.clone());
    let Ok(sign_in) = deployment.sign_in(&wanted, Front::Proxy) else { return };
    let return_target = sign_in.return_target.clone();
    let cookies = Cookies::parse(&wanted.headers);
    let entropy = SignInEntropy { seed: [5; 32], nonce: [6; 24], return_target_nonce: [7; 24] };
    let now = Timestamp::from_unix(NOW);
    let begun = deployment.redirect_to_provider(sign_in, (&wanted, Front::Proxy), ENDPOINT, &entropy, now);
    let ProviderRedirect { response: answer, dropped_return_target } = begun.expect("the endpoint is a URL");
    assert_eq!(answer.status, StatusCode::FOUND);
    let location = answer.headers.iter().find(|(name, _)| *name == "location").map(|(_, value)| value);
    let location = Url::parse(location.expect("a redirect")).expect("a URL");
    let state = assert_asks(&location);

    // The browser stores the cookies and returns with them.
    let mut jar: Vec<(String, String)> = Vec::new();
    for (name, value) in cookies.iter() {
        jar.retain(|(kept, _)| kept != name);
        jar.push((name.to_owned(), value.to_owned()));
    }
    assert!(answer.set_cookies.iter().all(|text| text.len() <= MAX_COOKIE_BYTES));
    browser::keep(&mut jar, &answer.set_cookies);
    let target = format!("/oauth2/callback?{}", answered.replace("STATE", &state));
    let mut callback = request(Method::GET, &target, Vec::new());
    callback.headers = Headers::new(vec![("cookie".to_owned(), browser::cookie_field(&jar))]);
    match deployment.arrival(&callback, now) {
        Ok(Arrival::Exchange(exchange)) => {
            let kept = exchange.return_target() == return_target;
            assert!(
                kept && dropped_return_target.is_none()
                    || exchange.return_target() == "https://app.example.com/"
            );
            assert_eq!(callback.query_values("state"), [state]);
            assert_eq!(callback.query_values("code").len(), 1);
            assert!(callback.query_values("error").is_empty());
            assert!(
                callback.query_values("iss").iter().all(|issuer| issuer == fuzz::ISSUER),
                "RFC 9207 section 2.4"
            );
        }
        Ok(Arrival::Stray(_)) => {
            let sole = callback.query_values("state");
            assert!(sole != [state], "its cookie was just set");
        }
        Err(refused) => assert!(refused.refusal.reason().status.as_u16() < 600),
    }
    // Without the cookie a browser gets no token.
    callback.headers = Headers::new(Vec::new());
    assert!(!matches!(deployment.arrival(&callback, now), Ok(Arrival::Exchange(_))));

    let url = Url::parse(&return_target).expect("a URL");
    assert_eq!(url.origin().ascii_serialization(), "https://app.example.com");
    assert!(!is_below(url.path(), "/oauth2"));
});

/// Asserts that the request to the provider has vestibule's own parameters once each, whatever the client
/// sent. Returns its `state`.
fn assert_asks(location: &Url) -> String {
    assert_eq!(location.origin().ascii_serialization(), "https://id.example.com");
    assert_eq!((location.path(), location.fragment()), ("/authorize", None));
    let said = |wanted: &str| {
        let pairs = location.query_pairs().filter(|(name, _)| name == wanted);
        pairs.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
    };
    for name in OURS {
        assert_eq!(said(name).len(), 1, "{name}");
    }
    assert_eq!(said("redirect_uri"), ["https://app.example.com/oauth2/callback"]);
    assert_eq!(said("response_type"), ["code"]);
    assert_eq!(said("code_challenge_method"), ["S256"]);
    for (name, _) in location.query_pairs() {
        let known = OURS.contains(&&*name) || ["tenant", "prompt", "login_hint", "lang"].contains(&&*name);
        assert!(known, "a client may not say {name}");
    }
    said("state").remove(0)
}
