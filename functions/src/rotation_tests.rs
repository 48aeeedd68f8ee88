//! Rotates the key ring from end to end: the operator's commands change a secret in moto, warm functions read
//! it, and users who are signed in or signing in notice nothing.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails when it cannot be set up")]

#[path = "../../crates/aws/tests/aws/moto.rs"]
mod moto;

use std::sync::Mutex as Shared;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use aws::{Caller, Explicit};
use aws_credential_types::Credentials;
use clap::Parser as _;
use command::{Arguments, Exit, Operator};
use conformance::browser::{Browser, Outcome, location};
use conformance::clock::TestClock;
use conformance::provider::{CLIENT_ID, ISSUER, RefreshTokenRotation, TestProvider};
use flow::ports::Clock;
use lambda::{FunctionError, FunctionResponse};
use relying_party::sealing::rotation::READ_EVERY_SECONDS;
use relying_party::time::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;

/// The longest session in these tests, in seconds.
const LONGEST: i64 = 3_600;

/// The operator's clock, ahead of this machine's, which gives moto its dates.
#[derive(Default)]
struct Ahead(AtomicI64);

#[async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, _: u64) {}
}

/// The browser of the current event, before and after the response.
#[derive(Default)]
struct Sent {
    before: Browser,
    after: Browser,
}

/// Opens `/page` of the application, or an endpoint of vestibule.
struct Visit {
    site: Arc<Site>,
    sent: Arc<Shared<Sent>>,
}

#[async_trait]
impl Function for Visit {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        let mut browser = self.sent.lock().unwrap().before.clone();
        let target = String::from_utf8(event.to_vec()).unwrap();
        let answer = if target == "/page" {
            match browser.open(&self.site).await {
                Outcome::Passed { .. } => "passed".to_owned(),
                other => format!("{other:?}"),
            }
        } else {
            let logged = browser.go(&self.site, &target).await;
            match logged.refusal {
                Some(refusal) if !logged.response.status.is_redirection() => format!("{refusal:?}"),
                _ => location(&logged).to_owned(),
            }
        };
        self.sent.lock().unwrap().after = browser;
        Ok(FunctionResponse::Whole(answer.into_bytes()))
    }
}

struct Deployment {
    name: &'static str,
    storage: &'static str,
    clock: Arc<TestClock>,
    provider: Arc<TestProvider>,
    operators_clock: Arc<Ahead>,
    sent: Arc<Shared<Sent>>,
}

impl Deployment {
    async fn new(name: &'static str, storage: &'static str) -> Self {
        let secret = json!({ "session_secret": "the key that everybody has had so far" }).to_string();
        administer("secretsmanager.CreateSecret", json!({ "Name": name, "SecretString": secret })).await;
        let key = json!([{ "AttributeName": "session", "KeyType": "HASH" }]);
        let attributes = json!([{ "AttributeName": "session", "AttributeType": "S" }]);
        let table = json!({
            "TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key,
            "AttributeDefinitions": attributes,
        });
        administer("DynamoDB_20120810.CreateTable", table).await;
        let clock = Arc::new(TestClock::start());
        let provider = Arc::new(TestProvider::new(Arc::clone(&clock), RefreshTokenRotation::Off));
        Self { name, storage, clock, provider, operators_clock: Arc::default(), sent: Arc::default() }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let document = json!({
            "provider": "oidc",
            "issuer": ISSUER,
            "client_id": CLIENT_ID,
            "client_secret": "not-a-secret",
            "public_url": "https://app.example.com",
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_endpoint": format!("{ISSUER}/keys"),
            "signing_algorithms": "EdDSA",
            "session_storage": self.storage,
            "session_table": self.name,
            "session_absolute_timeout": LONGEST.to_string(),
        });
        [("VESTIBULE_CONFIG", document.to_string()), ("VESTIBULE_SECRET_ID", self.name.to_owned())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// Starts a function.
    async fn start(&self) -> Reloading<Visit> {
        let start = Arc::new(Start {
            role: Role::Callback,
            roots: Roots::built_in(),
            sdk: sdk(),
            environment: self.environment(),
            provider: Arc::<TestProvider>::clone(&self.provider),
            clock: Arc::<TestClock>::clone(&self.clock),
            entropy: Arc::new(SystemEntropy),
            last_reading: Mutex::default(),
        });
        let texts = start.texts(ReloadTrigger::TimeOrClient).await.unwrap();
        let (relying_party, ports) = start.parts(&texts).unwrap();
        let site = Arc::new(Site::new(relying_party, ports));
        let sent = Arc::clone(&self.sent);
        let build = move |_: &Start, site| Ok(Visit { site, sent: Arc::clone(&sent) });
        let function = build(&start, Arc::clone(&site)).unwrap();
        Reloading::new("callback", site, function, reread(start, texts, build))
    }

    /// Returns the response of the function to the browser.
    async fn ask(&self, function: &Reloading<Visit>, browser: &mut Browser, target: &str) -> String {
        self.sent.lock().unwrap().before = browser.clone();
        let deadline = Instant::now() + std::time::Duration::from_secs(29);
        let answer = function.call(target.as_bytes(), deadline).await.unwrap().whole().unwrap();
        *browser = self.sent.lock().unwrap().after.clone();
        String::from_utf8(answer).unwrap()
    }

    /// Begins a sign-in; returns the address to which the provider redirects the browser.
    async fn begin(&self, function: &Reloading<Visit>, browser: &mut Browser) -> String {
        let to_provider = self.ask(function, browser, "/oauth2/login").await;
        let to_provider = url_of(&to_provider);
        let parameter =
            |name| to_provider.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap();
        format!("/oauth2/callback?code={}&state={}", parameter("nonce"), parameter("state"))
    }

    /// Finishes a sign-in.
    async fn finish(&self, function: &Reloading<Visit>, browser: &mut Browser, back: &str) {
        assert_eq!(self.ask(function, browser, back).await, "https://app.example.com/");
        assert!(browser.session().is_some());
    }

    /// Opens a page, with a refresh if the session is in the cookie and its token has expired.
    async fn visit(&self, function: &Reloading<Visit>, browser: &mut Browser) {
        let mut answer = self.ask(function, browser, "/page").await;
        if answer.starts_with("Refresh") {
            // Each page is a new one, because this browser keeps the mark that prevents redirect loops.
            let page = format!("/page/{}", self.clock.now().unix());
            let refreshed = self.ask(function, browser, &format!("/oauth2/refresh?rd={page}")).await;
            assert_eq!(refreshed, format!("https://app.example.com{page}"));
            answer = self.ask(function, browser, "/page").await;
        }
        assert_eq!(answer, "passed");
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.operators_clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn operator(&self, arguments: &[&str]) {
        let operator = Operator {
            sdk: sdk(),
            environment: self.environment(),
            clock: Arc::<Ahead>::clone(&self.operators_clock),
            entropy: Arc::new(SystemEntropy),
            provider: Arc::new(outbound::provider::HttpsProvider::new(
                Roots::built_in(),
                outbound::provider::Limits::default(),
            )),
            work: Arc::new(command::Work::new(Arc::default())),
        };
        let arguments = Arguments::try_parse_from(["vestibule", "keys"].iter().chain(arguments));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = operator.run(arguments.unwrap(), &mut out, &mut err).await;
        assert_eq!(exit, Exit::Done, "{}", String::from_utf8_lossy(&err));
    }
}

fn sdk() -> Arc<Sdk> {
    let credentials = Credentials::new("AKIDEXAMPLE", "not-a-key", None, None, "tests");
    let (endpoint_url, region) = (moto::url(), "us-east-1".to_owned());
    // The time limits of a person: a busy machine must not fail the test.
    let explicit = Explicit { endpoint_url, region, credentials, caller: Caller::Person };
    Sdk::explicit(Roots::built_in(), explicit)
}

async fn administer(target: &str, body: Value) -> Value {
    let service = if target.starts_with("secretsmanager") { "secretsmanager" } else { "dynamodb" };
    moto::administer(service, target, body).await
}

/// Returns the parameters of a URL's query; their values need no decoding.
fn url_of(url: &str) -> Vec<(String, String)> {
    let (_, query) = url.split_once('?').unwrap_or_else(|| panic!("{url}"));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn a_rotation(name: &'static str, storage: &'static str) {
    let deployment = Deployment::new(name, storage).await;
    let (warm, idle) = (deployment.start().await, deployment.start().await);
    let (mut ada, mut ben, mut cleo, mut dan) =
        (Browser::default(), Browser::default(), Browser::default(), Browser::default());
    let back = deployment.begin(&warm, &mut ada).await;
    deployment.finish(&warm, &mut ada, &back).await;

    deployment.operator(&["append"]).await;
    deployment.advance(READ_EVERY_SECONDS);
    deployment.visit(&warm, &mut ada).await;
    // Ben's sign-in spans the change of the ring: one function begins it under the old key, another finishes
    // it under the new one.
    let bens_way_back = deployment.begin(&warm, &mut ben).await;

    deployment.advance(90);
    deployment.operator(&["promote"]).await;
    let fresh = deployment.start().await;
    deployment.finish(&fresh, &mut ben, &bens_way_back).await;
    let back = deployment.begin(&fresh, &mut cleo).await;
    // `warm` has known the new key since it was appended, but does not seal with it yet.
    deployment.finish(&warm, &mut cleo, &back).await;
    let back = deployment.begin(&fresh, &mut dan).await;
    deployment.finish(&fresh, &mut dan, &back).await;
    // `idle` has received no event so far and sees the new key first in Dan's cookie.
    for function in [&idle, &warm, &fresh] {
        for browser in [&mut dan, &mut ben, &mut cleo, &mut ada] {
            deployment.visit(function, browser).await;
        }
    }

    // Nobody is asked to sign in until Ada's session reaches its own limit.
    let signed_in_for = READ_EVERY_SECONDS + 90;
    let (step, mut left) = (200, LONGEST - signed_in_for);
    // The real clock advances too, so the remaining time must be longer than this loop takes on a busy
    // machine.
    while left > 2 * step {
        deployment.advance(step);
        left -= step;
        for (function, browser) in
            [(&warm, &mut ada), (&idle, &mut ben), (&fresh, &mut cleo), (&warm, &mut dan)]
        {
            deployment.visit(function, browser).await;
        }
    }
    deployment.advance(left);
    let answer = deployment.ask(&warm, &mut ada, "/page").await;
    assert_eq!(answer, "SignIn(\"session_absolute_timeout\")");
    let back = deployment.begin(&warm, &mut ada).await;
    deployment.finish(&warm, &mut ada, &back).await;

    // Cleo signed in under the old key after the promotion, so the drop waits for her session too.
    deployment.advance(signed_in_for + 360);
    deployment.operator(&["drop"]).await;
    deployment.visit(&warm, &mut ada).await;
    deployment.advance(READ_EVERY_SECONDS);
    for function in [&warm, &idle, &fresh] {
        deployment.visit(function, &mut ada).await;
    }
    let reborn = deployment.start().await;
    deployment.visit(&reborn, &mut ada).await;
}

#[tokio::test]
async fn a_rotation_signs_nobody_out_whose_session_is_in_the_cookie() {
    Box::pin(a_rotation("rotation-cookie", "cookie")).await;
}

#[tokio::test]
async fn a_rotation_signs_nobody_out_whose_session_is_in_the_table() {
    Box::pin(a_rotation("rotation-table", "dynamodb")).await;
}
