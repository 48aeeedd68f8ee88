//! Runs a function as it is deployed: its configuration is a secret in Secrets Manager, and its client secret comes
//! from Cognito. moto provides both services, AWS's Runtime Interface Emulator provides Lambda.

use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use http::{Request, Response};
use local::cognito::{AppClient, Endpoint, NewUser, StandIn};
use serde_json::{Value, json};
use tests::browser::{Browser, Network, Page};

use crate::deployment::{self, Deployment, Ground};
use crate::moto::{Moto, administer, user_pools};
use crate::network::{self, Loopback};
use crate::process::{Server, built, free_port, root, tool};

/// A network that stops before the callback, so that the test can deliver it to another function.
struct UpToTheCallback(Loopback);

#[async_trait]
impl Network for UpToTheCallback {
    async fn exchange(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        if request.uri().path() == "/oauth2/callback" {
            return Response::new(Vec::new());
        }
        self.0.exchange(request).await
    }
}

/// Creates a client in moto's pool and returns the pool's id and the client.
async fn app_client(moto: &Moto) -> (String, AppClient) {
    let pool = user_pools(&moto.url, "CreateUserPool", json!({ "PoolName": "people" })).await;
    let pool_id = pool["UserPool"]["Id"].as_str().unwrap().to_owned();
    let client = json!({ "UserPoolId": pool_id, "ClientName": "web", "GenerateSecret": true });
    let client = user_pools(&moto.url, "CreateUserPoolClient", client).await;
    let text = |name: &str| client["UserPoolClient"][name].as_str().unwrap().to_owned();
    let (client_id, client_secret) = (text("ClientId"), Some(text("ClientSecret")));
    (pool_id, AppClient { client_id, client_secret, ..AppClient::local() })
}

/// The functions' common document in Secrets Manager. It contains no client secret.
fn document(stand_in: &StandIn, pool_id: &str, public_url: &str) -> Value {
    let mut document = deployment::before(stand_in, public_url);
    document.as_object_mut().unwrap().remove("client_secret");
    document["client_secret_source"] = "cognito".into();
    document["user_pool_id"] = pool_id.into();
    document["session_secret"] = "for the tests on loopback and nothing else".into();
    document
}

fn environment(moto: &Moto, config: &str) -> [(&'static str, String); 5] {
    [
        ("VESTIBULE_CONFIG", config.to_owned()),
        ("AWS_ENDPOINT_URL", moto.url.clone()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "not-a-key".to_owned()),
    ]
}

/// The callback function under the emulator.
struct Emulated {
    _server: Server,
    url: String,
}

impl Emulated {
    fn start(environment: &[(&str, String)]) -> Self {
        let function = built("callback");
        let (front, runtime_api) = (free_port(), free_port());
        let arguments = [
            "--runtime-interface-emulator-address",
            &format!("127.0.0.1:{front}"),
            "--runtime-api-address",
            &format!("127.0.0.1:{runtime_api}"),
            function.to_str().unwrap(),
        ];
        let server = Server::start(&tool("aws-lambda-rie"), &arguments, environment, &root());
        let url = format!("http://127.0.0.1:{front}/2015-03-31/functions/function/invocations");
        Self { _server: server, url }
    }

    async fn invoke(&self, event: &Value) -> Value {
        let text = crate::process::until("an answer of the emulator", || async {
            let request = network::client().post(&self.url).body(event.to_string());
            Some(request.send().await.ok()?.text().await.unwrap())
        })
        .await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

#[tokio::test]
async fn the_callback_finishes_a_sign_in_with_the_secret_that_cognito_has() {
    let moto = Moto::start();
    let (pool_id, client) = app_client(&moto).await;
    let ground = Ground::bind().await;
    let stand_in = deployment::cognito_pool(&ground.url, &pool_id, client).await;
    let secret = document(&stand_in, &pool_id, &ground.url).to_string();
    let stored = json!({ "Name": "vestibule", "SecretString": secret });
    administer(&moto.url, "secretsmanager.CreateSecret", stored).await;
    let settings = deployment::before(&stand_in, &ground.url);
    let mut shared = settings.clone();
    shared["session_secret"] = "for the tests on loopback and nothing else".into();
    let deployment = ground.serve(shared);

    let (browser, page) = signed_in_up_to_the_callback(&deployment).await;
    let callback = Emulated::start(&environment(&moto, "secret:vestibule"));
    let answer = callback.invoke(&event(&browser, &page)).await;
    assert_eq!(answer["statusCode"], 303, "{answer}");
    assert_eq!(answer["headers"]["location"], deployment.at("/get"), "{answer}");
    assert_eq!(stand_in.requests(Endpoint::Token), 1);

    // The other functions accept the session that the callback created.
    for cookie in answer["cookies"].as_array().unwrap() {
        let (name, value) = cookie.as_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
        browser.plant("localhost", name, value);
    }
    let page = browser.open(&deployment.at("/get")).await;
    assert_eq!(page.url.as_str(), deployment.at("/get"), "{}", page.body);
    assert!(page.body.contains(&NewUser::local_admin().email), "{}", page.body);
}

async fn signed_in_up_to_the_callback(deployment: &Deployment) -> (Browser, Page) {
    let clock = Arc::clone(&deployment.clock);
    let now = move || flow::ports::Clock::now(&*clock).unix();
    let browser = Browser::new(Arc::new(UpToTheCallback(Loopback::new())), Arc::new(now));
    let page = browser.open(&deployment.at("/get")).await;
    let user = NewUser::local_admin();
    let fields = [("username", user.email.as_str()), ("password", user.password.as_str())];
    let page = browser.submit(&page, "/login", &fields).await;
    assert_eq!(page.url.path(), "/oauth2/callback", "{}", page.body);
    (browser, page)
}

/// The navigation to the callback as an HTTP API passes it on (payload 2.0).
fn event(browser: &Browser, page: &Page) -> Value {
    let cookies: Vec<String> = browser
        .cookies("localhost")
        .iter()
        .map(|cookie| format!("{}={}", cookie.name, cookie.value))
        .collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": page.url.path(),
        "rawQueryString": page.url.query().unwrap(),
        "cookies": cookies,
        "headers": { "accept": "text/html", "host": "localhost" },
        "requestContext": {
            "apiId": "abcdef1234",
            "domainName": "localhost",
            "http": { "method": "GET", "path": page.url.path(), "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7" },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": false,
    })
}

#[tokio::test]
async fn a_secret_that_is_not_there_stops_the_start_and_is_named() {
    let moto = Moto::start();
    let output = Command::new(built("callback")).envs(environment(&moto, "secret:nowhere")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("VESTIBULE_CONFIG"), "{said}");
    assert!(!said.contains("not-a-key"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}
