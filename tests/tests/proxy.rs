//! Tests the proxy with sessions: the identity that it forwards, and the cookies that it sets in its response.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::Arc;

use lambda::proxy_function::ProxyFunction;
use local::cognito::{Endpoint, Fault};
use relying_party::forwarding::UpstreamRequest;
use serde_json::{Value, json};
use tests::application::Application;
use tests::invocation::invoke;
use tests::world::{Setup, World};

/// Seconds after which the access token of one hour is inside its lead.
const INTO_THE_LEAD: i64 = 3_560;

/// A world with a signed-in user, and the proxy of the same deployment.
struct SignedIn {
    world: World,
    application: Application,
    proxy: ProxyFunction,
    cookies: Vec<String>,
}

impl SignedIn {
    async fn new(setup: Setup) -> Self {
        Self::by(setup, 0).await
    }

    /// The same, with the sign-in answered by this process of the deployment.
    async fn by(setup: Setup, process: usize) -> Self {
        let world = setup.set("upstream_url", "http://upstream.internal").build();
        world.answer_by(process);
        let browser = world.browser();
        world.sign_in(&browser, "/get").await;
        let cookies = browser.cookies("localhost");
        let cookies = cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        let application =
            Application::answering(&[("cache-control", "public, max-age=60"), ("set-cookie", "app=1")]);
        let proxy = ProxyFunction::new(world.shared_site(), Arc::new(application.clone()));
        Self { world, application, proxy, cookies }
    }

    /// Sends a request with the session's cookies and returns the response.
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Value {
        self.ask_of(&self.proxy, method, path, headers).await
    }

    /// Sends the same to another function.
    async fn ask_of(
        &self,
        function: &dyn lambda::Function,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Value {
        let headers: serde_json::Map<String, Value> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "cookies": self.cookies,
            "headers": headers,
            "requestContext": {"http": {"method": method, "sourceIp": "192.0.2.7"}, "requestId": "r", "stage": "$default"},
            "isBase64Encoded": false,
        });
        serde_json::from_slice(&invoke(function, event.to_string().as_bytes()).await.unwrap()).unwrap()
    }

    async fn page(&self) -> Value {
        self.ask("GET", "/a", &[("accept", "text/html")]).await
    }

    fn forwarded(&self) -> Vec<UpstreamRequest> {
        self.application.received()
    }

    fn last(&self, name: &str) -> Option<String> {
        self.application.last(name)
    }

    /// Stores the session cookie that a response sets; later requests send it.
    fn take(&mut self, answer: &Value) -> bool {
        let name = self.world.session_cookie();
        let set: Vec<String> = strings(&answer["cookies"]);
        let ours: Vec<String> = set
            .iter()
            .filter(|cookie| cookie.starts_with(&name))
            .map(|cookie| cookie.split(';').next().unwrap().to_owned())
            .collect();
        if ours.is_empty() {
            return false;
        }
        self.cookies = ours.into_iter().filter(|cookie| !cookie.ends_with('=')).collect();
        true
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
}

fn stored() -> Setup {
    Setup::default()
        .set("session_storage", "memory")
        .set("session_idling_timeout", 50_000)
        .set("session_rolling_timeout", 50_000)
}

#[tokio::test]
async fn a_session_is_forwarded_with_its_identity_and_without_our_cookies() {
    for setup in [Setup::default(), stored()] {
        let signed_in = SignedIn::new(setup).await;
        let answer = signed_in.page().await;
        assert_eq!(answer["statusCode"], 200, "{answer}");
        assert_eq!(
            (strings(&answer["cookies"]), &answer["headers"]["cache-control"]),
            (vec!["app=1".to_owned()], &json!("public, max-age=60"))
        );
        assert_eq!(signed_in.last("x-vestibule-authenticated").as_deref(), Some("true"));
        assert_eq!(signed_in.last("x-vestibule-email").as_deref(), Some("admin@example.com"));
        assert!(signed_in.last("authorization").unwrap().starts_with("Bearer "));
        assert_eq!(signed_in.last("cookie"), None);
    }
}

#[tokio::test]
async fn a_request_round_the_front_gets_nothing_signed_in_or_not() {
    let secret = "sixteen-or-more-bytes";
    // A story's browser does not go through the front, so it signs in at a process that requires no secret.
    let setup = stored().set_here("front_secret_header", format!("x-origin-secret: {secret}"));
    let signed_in = SignedIn::by(setup.another_process(), 1).await;
    let paths =
        ["/a", "/oauth2/login", "/oauth2/callback", "/oauth2/session", "/oauth2/logout", "/oauth2/error"];
    for (headers, reason) in [
        (vec![], "front_secret_missing"),
        (vec![("x-origin-secret", "something-else-of-it")], "front_secret_wrong"),
    ] {
        for path in paths {
            let answer = signed_in.ask("GET", path, &headers).await;
            assert_eq!(answer["statusCode"], 403, "{path} {answer}");
            assert!(answer["body"].as_str().unwrap().contains(reason), "{path} {answer}");
            assert_eq!(strings(&answer["cookies"]), [""; 0], "{path}");
        }
    }
    assert_eq!(signed_in.forwarded().len(), 0);
    assert_eq!(signed_in.ask("GET", "/oauth2/health", &[]).await["statusCode"], 200);
    let through = [("x-origin-secret", secret)];
    assert_eq!(signed_in.ask("GET", "/a", &through).await["statusCode"], 200);
    assert_eq!(signed_in.last("x-origin-secret"), None);
    assert_eq!(signed_in.ask("GET", "/oauth2/session", &through).await["statusCode"], 200);
}

/// Behind a load balancer each endpoint has its own function.
#[tokio::test]
async fn no_function_of_its_own_is_reached_round_the_front_either() {
    let secret = "sixteen-or-more-bytes";
    // A story's browser does not go through the front, so it signs in at a process that requires no secret.
    let setup = stored().set_here("front_secret_header", format!("x-origin-secret: {secret}"));
    let signed_in = SignedIn::by(setup.another_process(), 1).await;
    let functions = local::stack::functions_of(&signed_in.world.shared_site());
    let through = [("x-origin-secret", secret), ("accept", "text/html")];
    for (name, path, status) in [
        ("LoginFunction", "/oauth2/login", 302),
        ("CallbackFunction", "/oauth2/callback", 400),
        ("SessionFunction", "/oauth2/session", 200),
        ("SessionFunction", "/oauth2/error", 400),
        ("LogoutFunction", "/oauth2/signed-out", 200),
    ] {
        let function = functions[name].as_ref();
        for (headers, reason) in [
            (vec![("accept", "text/html")], "front_secret_missing"),
            (vec![("x-origin-secret", "something-else-of-it")], "front_secret_wrong"),
        ] {
            let answer = signed_in.ask_of(function, "GET", path, &headers).await;
            assert_eq!(answer["statusCode"], 403, "{path} {answer}");
            assert!(answer["body"].as_str().unwrap().contains(reason), "{path} {answer}");
            assert_eq!(strings(&answer["cookies"]), [""; 0], "{path}");
        }
        let answer = signed_in.ask_of(function, "GET", path, &through).await;
        assert_eq!(answer["statusCode"], status, "{path} {answer}");
    }
    let session = functions["SessionFunction"].as_ref();
    assert_eq!(signed_in.ask_of(session, "GET", "/oauth2/health", &[]).await["statusCode"], 200);
}

#[tokio::test]
async fn an_expiring_token_is_refreshed_before_forwarding_whoever_asks() {
    for (method, accept) in [("GET", "text/html"), ("GET", "*/*"), ("POST", "*/*")] {
        let mut signed_in = SignedIn::new(Setup::default()).await;
        signed_in.page().await;
        let before = signed_in.last("authorization");
        signed_in.world.advance(INTO_THE_LEAD);
        let answer = signed_in.ask(method, "/a", &[("accept", accept)]).await;
        assert_eq!(
            (&answer["statusCode"], &answer["headers"]["cache-control"]),
            (&json!(200), &json!("no-store"))
        );
        assert_ne!(signed_in.last("authorization"), before);
        assert_eq!(signed_in.world.requests(Endpoint::Token), 2);
        assert!(signed_in.take(&answer), "{answer}");
        let refreshed = signed_in.last("authorization");
        assert_eq!(signed_in.page().await["statusCode"], 200);
        assert_eq!(
            (signed_in.last("authorization"), signed_in.world.requests(Endpoint::Token)),
            (refreshed, 2)
        );
    }
}

#[tokio::test]
async fn a_stored_session_is_refreshed_without_a_cookie() {
    let signed_in = SignedIn::new(stored()).await;
    signed_in.page().await;
    let before = signed_in.last("authorization");
    signed_in.world.advance(INTO_THE_LEAD);
    assert_eq!(strings(&signed_in.page().await["cookies"]), ["app=1"]);
    assert_ne!(signed_in.last("authorization"), before);
}

#[tokio::test]
async fn a_token_that_holds_is_used_while_the_provider_is_down() {
    let signed_in = SignedIn::new(Setup::default()).await;
    signed_in.page().await;
    let before = signed_in.last("authorization");
    signed_in.world.advance(INTO_THE_LEAD);
    signed_in.world.stand_in.set_fault(Endpoint::Token, Fault::Status { status: 503 });
    let answer = signed_in.page().await;
    assert_eq!((&answer["statusCode"], strings(&answer["cookies"])), (&json!(200), vec!["app=1".to_owned()]));
    assert_eq!(signed_in.last("authorization"), before);
}

#[tokio::test]
async fn a_session_past_three_quarters_is_sealed_anew_on_a_page_load() {
    let mut signed_in = SignedIn::new(Setup::default().set("session_rolling_timeout", 2_000)).await;
    signed_in.world.advance(1_600);
    let script = signed_in.ask("GET", "/a", &[("accept", "*/*")]).await;
    assert!(!signed_in.take(&script), "{script}");
    let page = signed_in.page().await;
    assert_eq!(page["statusCode"], 200);
    assert!(signed_in.take(&page), "{page}");
    assert_eq!(signed_in.world.requests(Endpoint::Token), 1);
    signed_in.world.advance(1_000);
    assert_eq!(signed_in.page().await["statusCode"], 200);
}

#[tokio::test]
async fn a_cookie_that_does_not_open_is_expired_and_opens_nothing() {
    let mut signed_in = SignedIn::new(Setup::default()).await;
    let name = signed_in.world.session_cookie();
    for cookie in &mut signed_in.cookies {
        let last = if cookie.ends_with('A') { 'B' } else { 'A' };
        cookie.pop();
        cookie.push(last);
    }
    let answer = signed_in.ask("GET", "/a", &[("accept", "*/*")]).await;
    assert_eq!(answer["statusCode"], 401);
    let expired = strings(&answer["cookies"]);
    assert!(
        expired.iter().any(|cookie| cookie.starts_with(&name) && cookie.contains("Max-Age=0")),
        "{answer}"
    );
    let answer = signed_in.page().await;
    assert_eq!(answer["statusCode"], 302);
    assert!(answer["headers"]["location"].as_str().unwrap().contains("/oauth2/login?rd="), "{answer}");
    assert!(signed_in.forwarded().is_empty());
}

#[tokio::test]
async fn a_user_who_may_not_is_told_who_is_signed_in() {
    let signed_in =
        SignedIn::new(Setup::default().set("groups_required", json!(["nobody-is-in-this"]))).await;
    let page = signed_in.page().await;
    assert_eq!(page["statusCode"], 403);
    let body = page["body"].as_str().unwrap();
    assert!(body.contains("admin@example.com") && body.contains("/oauth2/logout"), "{body}");
    let script = signed_in.ask("POST", "/a", &[("accept", "application/json")]).await;
    assert_eq!(script["statusCode"], 403);
    assert!(script["body"].as_str().unwrap().contains("\"group_missing\""));
    assert!(signed_in.forwarded().is_empty());
}

#[tokio::test]
async fn a_bearer_token_decides_alone() {
    let mut signed_in = SignedIn::new(Setup::default()).await;
    let token = signed_in.world.access_token(&local::cognito::NewUser::local_admin());
    let good = format!("Bearer {token}");
    signed_in.cookies.clear();
    assert_eq!(signed_in.ask("GET", "/a", &[("authorization", &good)]).await["statusCode"], 200);
    assert_eq!(signed_in.last("authorization"), Some(good));
    let answer = signed_in.ask("GET", "/a", &[("authorization", "Bearer x.y.z")]).await;
    assert_eq!(answer["statusCode"], 401);
    assert!(answer["headers"]["www-authenticate"].as_str().unwrap().contains("invalid_token"));
    assert_eq!(signed_in.forwarded().len(), 1);
}

#[tokio::test]
async fn every_endpoint_is_served_here_too() {
    let signed_in = SignedIn::new(Setup::default()).await;
    for (path, status) in [
        ("/oauth2/health", 200),
        ("/oauth2/session", 200),
        ("/oauth2/signed-out", 200),
        ("/oauth2/login", 302),
        ("/oauth2/logout", 200),
        ("/oauth2/callback", 400),
        ("/oauth2/error", 400),
        ("/oauth2", 404),
    ] {
        let answer = signed_in.ask("GET", path, &[("accept", "text/html")]).await;
        assert_eq!(answer["statusCode"], status, "{path} {answer}");
    }
    assert!(signed_in.forwarded().is_empty());
}
