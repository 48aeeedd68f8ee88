//! Changes the configuration under a running function. Each kind of setting is in force after the next
//! reading, a faulty text never is, and the replacement of a client secret fails no request.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::path::PathBuf;
use std::sync::Mutex as Shared;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::browser::{Browser, location};
use conformance::clock::TestClock;
use conformance::provider::{CLIENT_ID, ISSUER, RefreshTokenRotation, TOKEN_SECONDS, TestProvider};
use flow::site::ReloadSign;
use lambda::proxy_function::ProxyFunction;
use relying_party::provider::call::{CallKind, ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::sealing::rotation::READ_EVERY_SECONDS;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::*;

/// The provider of the other tests, for a client with this secret.
struct Provided {
    provider: TestProvider,
    client_secret: Shared<&'static str>,
    refused: AtomicUsize,
    /// The credentials that it received.
    shown: Shared<Vec<String>>,
}

#[async_trait]
impl Provider for Provided {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        let credentials = format!("{CLIENT_ID}:{}", *self.client_secret.lock().unwrap());
        let expected = format!("Basic {}", STANDARD.encode(credentials));
        let shown = request.headers.iter().map(|(_, value)| value.expose().to_owned());
        self.shown.lock().unwrap().extend(shown);
        let is_client = request.headers.iter().any(|(_, value)| value.expose() == expected);
        if matches!(request.kind, CallKind::Token { .. } | CallKind::Revocation) && !is_client {
            self.refused.fetch_add(1, Ordering::SeqCst);
            let body = br#"{"error":"invalid_client"}"#.to_vec();
            let content_type = Some("application/json".to_owned());
            return Ok(ProviderResponse { status: 401, content_type, body });
        }
        self.provider.send(request).await
    }
}

/// A function that reads its document from a file.
struct Deployment {
    document: PathBuf,
    settings: Shared<Value>,
    clock: Arc<TestClock>,
    provider: Arc<Provided>,
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.document);
    }
}

impl Deployment {
    fn new(settings: &Value) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let document = env::temp_dir().join(format!("vestibule-in-force-{}-{number}", std::process::id()));
        let clock = Arc::new(TestClock::start());
        let provider = Provided {
            provider: TestProvider::new(Arc::clone(&clock), RefreshTokenRotation::Off),
            client_secret: Shared::new("the-secret-of-the-client"),
            refused: AtomicUsize::new(0),
            shown: Shared::default(),
        };
        let deployment = Self { document, settings: Shared::default(), clock, provider: Arc::new(provider) };
        *deployment.settings.lock().unwrap() = json!({
            "provider": "oidc",
            "issuer": ISSUER,
            "client_id": CLIENT_ID,
            "client_secret": "the-secret-of-the-client",
            "public_url": "https://app.example.com",
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_endpoint": format!("{ISSUER}/keys"),
            "signing_algorithms": "EdDSA",
            "session_storage": "cookie",
            "session_secret": "the key that everybody has had so far",
            "upstream_url": "http://127.0.0.1:9",
            "log_level": "error",
        });
        deployment.set(settings);
        deployment
    }

    /// Changes the document; a setting of `null` is removed.
    fn set(&self, settings: &Value) {
        let mut document = self.settings.lock().unwrap();
        let members = document.as_object_mut().unwrap();
        members.extend(settings.as_object().unwrap().clone());
        members.retain(|_, value| !value.is_null());
        std::fs::write(&self.document, document.to_string()).unwrap();
    }

    fn start(&self) -> Arc<Start> {
        let path = self.document.to_str().unwrap().to_owned();
        Arc::new(Start {
            environment: vec![("VESTIBULE_CONFIG".to_owned(), path)],
            provider: Arc::<Provided>::clone(&self.provider),
            clock: Arc::<TestClock>::clone(&self.clock),
            ..Start::new(Role::Proxy).unwrap()
        })
    }

    async fn site(&self) -> Site {
        let start = self.start();
        let (relying_party, ports) =
            start.parts(&start.texts(ReloadTrigger::TimeOrClient).await.unwrap()).unwrap();
        Site::new(relying_party, ports)
    }

    async fn proxy(&self) -> Reloading<ProxyFunction> {
        let build = |start: &Start, site: Arc<Site>| {
            let upstream = upstream(&site.relying_party.configuration, start.roots.clone())?;
            Ok(ProxyFunction::new(site, upstream))
        };
        let start = self.start();
        let texts = start.texts(ReloadTrigger::TimeOrClient).await.unwrap();
        let (relying_party, ports) = start.parts(&texts).unwrap();
        let site = Arc::new(Site::new(relying_party, ports));
        let function = build(&start, Arc::clone(&site)).unwrap();
        Reloading::new("proxy", site, function, reread(start, texts, build))
    }
}

/// Starts an upstream that answers each request with its name; returns its address.
async fn application(name: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") && stream.read_buf(&mut request).await.unwrap() > 0 {}
            let length = name.len();
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{name}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

/// Returns the status of the response to a page load, with its `location` or the message of the body.
async fn answer<F: Function>(function: &Reloading<F>, path: &str, header: (&str, &str)) -> String {
    let response = response(function, path, header).await;
    let said = response.pointer("/headers/location").or_else(|| response.get("body"));
    format!("{} {}", response.get("statusCode").unwrap(), said.and_then(Value::as_str).unwrap_or_default())
}

/// Signs in and returns the status of the callback.
async fn sign_in<F: Function>(function: &Reloading<F>) -> Value {
    let to_provider = response(function, "/oauth2/login", ("x-none", "")).await;
    let location = to_provider.pointer("/headers/location").and_then(Value::as_str).unwrap();
    let parameter = |name: &str| {
        let mut pairs = location.split(['?', '&']).filter_map(|pair| pair.split_once('='));
        pairs.find(|(found, _)| *found == name).unwrap().1
    };
    let attempt = to_provider.pointer("/cookies/0").and_then(Value::as_str).unwrap();
    let cookie = attempt.split_once(';').unwrap().0;
    // This provider uses the nonce as its code.
    let back = format!("/oauth2/callback?code={}&state={}", parameter("nonce"), parameter("state"));
    response(function, &back, ("cookie", cookie)).await.get("statusCode").unwrap().clone()
}

async fn response<F: Function>(function: &Reloading<F>, target: &str, header: (&str, &str)) -> Value {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let event = json!({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document",
            header.0: header.1,
        },
        "requestContext": {"http": {"method": "GET"}, "stage": "$default"},
    });
    let deadline = Instant::now() + std::time::Duration::from_secs(29);
    let response = function.call(event.to_string().as_bytes(), deadline).await.unwrap().whole().unwrap();
    serde_json::from_slice(&response).unwrap()
}

#[tokio::test]
async fn each_kind_of_setting_is_in_force_after_the_next_reading() {
    let (one, two) = (application("one").await, application("two").await);
    let open = json!([{ "paths": "/*", "auth": "none" }]);
    let none = ("x-none", "");
    for (before, after, path, header, was, is) in [
        (
            json!({}),
            json!({"public_url": "https://new.example.com"}),
            "/a",
            none,
            "app.example.com",
            "new.example.com",
        ),
        (json!({}), json!({"client_id": "another"}), "/oauth2/login", none, CLIENT_ID, "client_id=another"),
        (
            json!({}),
            json!({"scopes": ["openid", "read"]}),
            "/oauth2/login",
            none,
            "scope=openid",
            "openid+read",
        ),
        (
            json!({}),
            json!({"redirect_uri": "https://app.example.com/back"}),
            "/oauth2/login",
            none,
            "oauth2%2Fcallback",
            "%2Fback",
        ),
        (json!({}), json!({"auth_prefix": "/sign"}), "/a", none, "/oauth2/login", "/sign/login"),
        (
            json!({}),
            json!({"issuer": "https://id.example.com", "authorization_endpoint": "https://id.example.com/in"}),
            "/oauth2/login",
            none,
            ISSUER,
            "https://id.example.com/in",
        ),
        (json!({"upstream_url": one}), json!({"routes": open}), "/a", none, "302 ", "200 one"),
        (
            json!({"upstream_url": one, "routes": open}),
            json!({"upstream_url": two}),
            "/a",
            none,
            "200 one",
            "200 two",
        ),
        (
            json!({"upstream_url": one, "routes": open}),
            json!({"routes": [{"paths": "/*", "auth": "none", "upstream_url": two}]}),
            "/a",
            none,
            "200 one",
            "200 two",
        ),
        (
            json!({"upstream_url": one, "routes": open}),
            json!({"front_secret_header": "x-front: the-secret-of-what-stands-before-us"}),
            "/a",
            none,
            "200 one",
            "403 ",
        ),
        (
            json!({"upstream_url": one, "routes": open, "front_secret_header": "x-front: the-secret-of-what-stands-before-us"}),
            json!({"front_secret_header": null}),
            "/a",
            none,
            "403 ",
            "200 one",
        ),
        (
            json!({}),
            json!({"auth_methods": ["bearer"], "bearer_issuers": [{"issuer": ISSUER, "audiences": "api"}]}),
            "/a",
            none,
            "302 ",
            "401 ",
        ),
    ] {
        let deployment = Deployment::new(&before);
        let function = deployment.proxy().await;
        let answered = answer(&function, path, header).await.replace("303 ", "302 ");
        assert!(answered.contains(was) && !answered.contains(is), "{before} {after}: {answered}");
        deployment.set(&after);
        let early = answer(&function, path, header).await.replace("303 ", "302 ");
        assert!(early.contains(was), "{before} {after}: {early}");
        deployment.clock.advance(READ_EVERY_SECONDS);
        let answered = answer(&function, path, header).await;
        assert!(answered.contains(is), "{before} {after}: {answered}");
    }
}

#[tokio::test]
async fn the_new_secret_of_what_stands_before_us_is_taken_in_the_very_request_that_shows_it() {
    let front = |secret: &str| format!("x-front: the-{secret}-secret-of-what-stands-before-us");
    let header = |secret: &str| front(secret).split_once(": ").unwrap().1.to_owned();
    let settings = json!({
        "upstream_url": application("one").await,
        "routes": [{ "paths": "/*", "auth": "none" }],
        "front_secret_header": front("old"),
    });
    let deployment = Deployment::new(&settings);
    let function = deployment.proxy().await;
    assert_eq!(answer(&function, "/a", ("x-front", &header("old"))).await, "200 one");
    deployment.set(&json!({ "front_secret_header": front("new") }));
    deployment.clock.advance(COOL_DOWN_SECONDS);
    assert_eq!(answer(&function, "/a", ("x-front", &header("new"))).await, "200 one");
    assert!(answer(&function, "/a", ("x-front", &header("old"))).await.starts_with("403 "));
}

#[tokio::test]
async fn a_faulty_text_is_not_in_force_and_a_good_one_after_it_is() {
    let deployment = Deployment::new(&json!({}));
    let function = deployment.proxy().await;
    let good = std::fs::read_to_string(&deployment.document).unwrap();
    for faulty in [
        String::new(),
        "{".to_owned(),
        "- a".to_owned(),
        good.replace("\"scopes\"", "\"skopes\"").replace("client_id", "cliend_id"),
        good.replace("the key that everybody has had so far", "short"),
        good.replace("https://app.example.com", "app.example.com"),
        good.replace('}', ",\"upstream_ca_bundle\":\"/no/such/file\"}"),
    ] {
        std::fs::write(&deployment.document, &faulty).unwrap();
        deployment.clock.advance(READ_EVERY_SECONDS);
        let answered = answer(&function, "/a", ("x-none", "")).await;
        assert!(answered.contains("app.example.com"), "{faulty}: {answered}");
    }
    std::fs::remove_file(&deployment.document).unwrap();
    deployment.clock.advance(READ_EVERY_SECONDS);
    assert!(answer(&function, "/a", ("x-none", "")).await.contains("app.example.com"));
    deployment.set(&json!({ "public_url": "https://new.example.com" }));
    deployment.clock.advance(READ_EVERY_SECONDS);
    assert!(answer(&function, "/a", ("x-none", "")).await.contains("new.example.com"));
}

#[tokio::test]
async fn a_client_secret_that_was_replaced_is_read_anew_by_the_request_that_needs_it() {
    let replace = |deployment: &Deployment| {
        *deployment.provider.client_secret.lock().unwrap() = "a-secret-that-took-its-place";
        deployment.set(&json!({ "client_secret": "a-secret-that-took-its-place" }));
    };
    for storage in ["cookie", "memory"] {
        let deployment = Deployment::new(&json!({ "session_storage": storage }));
        let site = deployment.site().await;
        let mut ada = Browser::signed_in(&site).await;
        assert_eq!(deployment.provider.refused.load(Ordering::SeqCst), 0);

        replace(&deployment);
        deployment.clock.advance(TOKEN_SECONDS - 30);
        let refreshed = ada.go(&site, "/oauth2/refresh?rd=/page").await;
        assert_eq!(
            location(&refreshed),
            "https://app.example.com/page",
            "{storage}: {:?}",
            refreshed.refusal
        );
        assert!(ada.open(&site).await.passed(), "{storage}");
        assert_eq!(site.take_reload_sign(), Some(ReloadSign::ClientRefused));
        assert!(Browser::signed_in(&site).await.open(&site).await.passed(), "{storage}");
        assert_eq!(deployment.provider.refused.load(Ordering::SeqCst), 1, "{storage}");
        assert_eq!(deployment.provider.provider.refresh_requests(), 1, "{storage}");
    }
}

#[tokio::test]
async fn a_client_secret_that_is_wrong_is_read_anew_once_in_a_cool_down() {
    let deployment = Deployment::new(&json!({}));
    let site = deployment.site().await;
    *deployment.provider.client_secret.lock().unwrap() = "another";
    for refused in 1..=5 {
        let mut browser = Browser::default();
        let logged = browser.land(&site).await;
        assert_eq!(logged.refusal.unwrap().reason().code, "invalid_client");
        assert_eq!(deployment.provider.refused.load(Ordering::SeqCst), refused);
    }
    deployment.set(&json!({ "client_secret": "another" }));
    assert_eq!(Browser::default().land(&site).await.refusal.unwrap().reason().code, "invalid_client");
    deployment.clock.advance(COOL_DOWN_SECONDS);
    assert!(Browser::signed_in(&site).await.open(&site).await.passed());
}

/// The client secret of a request and the configuration that is taken over after it come from the same
/// reading.
#[tokio::test]
async fn one_reading_in_a_cool_down_serves_the_client_secret_and_the_configuration() {
    let deployment = Deployment::new(&json!({}));
    let start = deployment.start();
    let in_use = Mutex::new(start.texts(ReloadTrigger::TimeOrClient).await.unwrap());
    let (relying_party, ports) = start.parts(&*in_use.lock().await).unwrap();
    let source = ports.client_secret.clone().unwrap();
    let site = Site::new(relying_party, ports);
    let build = |_: &Start, site: Arc<Site>| Ok(site.relying_party.configuration.public_url.join("/"));
    let taken_over = async || {
        let read = start.read_anew(&in_use, (&site, ReloadTrigger::TimeOrClient), &build).await.unwrap();
        read.map(|(_, public_url)| public_url)
    };
    deployment.clock.advance(COOL_DOWN_SECONDS);
    assert!(source.read().await.is_ok());
    deployment.set(&json!({ "public_url": "https://new.example.com" }));
    assert_eq!(taken_over().await, None);
    deployment.clock.advance(COOL_DOWN_SECONDS);
    assert_eq!(taken_over().await.as_deref(), Some("https://new.example.com/"));
    assert_eq!(source.read().await.unwrap().expose(), "the-secret-of-the-client");
}

#[tokio::test]
async fn the_secret_of_another_client_or_provider_is_not_shown_to_the_one_before() {
    let elsewhere = "https://id.example.com";
    for change in [
        json!({"client_id": "another"}),
        json!({"issuer": elsewhere}),
        json!({"token_endpoint": format!("{elsewhere}/token")}),
        json!({"revocation_endpoint": format!("{elsewhere}/revoke")}),
    ] {
        let deployment = Deployment::new(&json!({}));
        let site = deployment.site().await;
        *deployment.provider.client_secret.lock().unwrap() = "nobody-s";
        deployment.set(&change);
        deployment.set(&json!({ "client_secret": "a-secret-of-somebody-else" }));
        deployment.clock.advance(COOL_DOWN_SECONDS);
        assert_eq!(Browser::default().land(&site).await.refusal.unwrap().reason().code, "invalid_client");
        assert_eq!(site.take_reload_sign(), Some(ReloadSign::ClientRefused), "{change}");
        let theirs = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:a-secret-of-somebody-else")));
        assert!(!deployment.provider.shown.lock().unwrap().contains(&theirs), "{change}");
    }
}

/// An invented key id causes a reading of the texts just before the client secret is replaced.
#[tokio::test]
async fn an_invention_of_strangers_does_not_hold_off_a_sign_of_the_provider() {
    let elsewhere = Deployment::new(&json!({"session_secret": "a key that this deployment has never had"}));
    let site = elsewhere.site().await;
    let forged = Browser::signed_in(&site).await;
    let forged = format!("{}={}", site.relying_party.cookie_names.session(), forged.session().unwrap());
    let deployment = Deployment::new(&json!({}));
    let function = deployment.proxy().await;
    deployment.clock.advance(COOL_DOWN_SECONDS);
    answer(&function, "/a", ("cookie", &forged)).await;
    *deployment.provider.client_secret.lock().unwrap() = "a-secret-that-took-its-place";
    let replaced = json!({"client_secret": "a-secret-that-took-its-place", "log_level": "warn"});
    deployment.set(&replaced);
    deployment.clock.advance(1);
    answer(&function, "/a", ("cookie", &forged)).await;
    assert_eq!(sign_in(&function).await, 303);
    assert_eq!(deployment.provider.refused.load(Ordering::SeqCst), 1);
    // The configuration that was read is in force completely, although a stranger continues to send invented
    // key ids.
    deployment.set(&json!({"public_url": "https://new.example.com"}));
    assert_eq!(sign_in(&function).await, 303);
    assert_eq!(deployment.provider.refused.load(Ordering::SeqCst), 1);
    // Readings caused by the provider have a cool-down too.
    *deployment.provider.client_secret.lock().unwrap() = "another-one";
    deployment.set(&json!({"client_secret": "another-one"}));
    deployment.clock.advance(COOL_DOWN_SECONDS - 1);
    answer(&function, "/a", ("cookie", &forged)).await;
    assert_ne!(sign_in(&function).await, 303);
    deployment.clock.advance(1);
    answer(&function, "/a", ("cookie", &forged)).await;
    assert_eq!(sign_in(&function).await, 303);
    assert!(answer(&function, "/a", ("x-none", "")).await.contains("new.example.com"));
}
