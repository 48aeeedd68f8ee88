#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot continue should stop")]

mod authorize;
mod discovery;
mod faults;
mod logout;
mod mint;
mod refresh;
mod revoke;
mod sign_in;
mod sign_up;
mod token;
mod user_info;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use super::parameters::Parameters;
use super::{AppClient, Endpoint, Fault, IssuerForm, NewUser, Options, Planned, StandIn};

const NOW: i64 = 1_800_000_000;

impl StandIn {
    fn set_issuer_form(&self, form: IssuerForm) {
        self.state().issuer_form = form;
    }

    fn set_fault_times(&self, endpoint: Endpoint, fault: Fault, times: u32) {
        self.plan(Planned { endpoint, fault, times: Some(times) });
    }

    /// As AdminEnableUser and AdminDisableUser do. Returns false if there is no such user.
    fn set_enabled(&self, email: &str, enabled: bool) -> bool {
        self.change(email, |user| user.enabled = enabled)
    }

    fn delete_user(&self, email: &str) -> bool {
        self.state().directory.remove(email)
    }
}
const CALLBACK: &str = "http://localhost:8400/oauth2/callback";
const SIGNED_OUT: &str = "http://localhost:8400/oauth2/signed-out";
const VERIFIER: &str = "verifier-of-forty-three-characters-or-more-0";

/// A stand-in with a clock that tests set, and a browser that talks to it.
struct StandInTest {
    stand_in: StandIn,
    clock: Arc<AtomicI64>,
    cookies: BTreeMap<String, String>,
}

/// A parsed answer.
struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}

impl StandInTest {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = Arc::new(AtomicI64::new(NOW));
        let counter = AtomicU64::new(0);
        let read = Arc::clone(&clock);
        let entropy = move |buffer: &mut [u8]| {
            for chunk in buffer.chunks_mut(32) {
                let block = Sha256::digest(counter.fetch_add(1, Ordering::Relaxed).to_be_bytes());
                chunk.copy_from_slice(&block[..chunk.len()]);
            }
        };
        let mut options = Options::local(
            Arc::new(move || read.load(Ordering::Relaxed)),
            Arc::new(entropy),
            Arc::new(|_| {}),
        );
        change(&mut options);
        Self { stand_in: StandIn::new(options).unwrap(), clock, cookies: BTreeMap::new() }
    }

    fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response: Response<Body> = self.stand_in.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Sends a request as a browser does: it stores cookies and sends them.
    async fn browse(&mut self, request: http::request::Builder, body: String) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let answer = self.send(request.body(Body::from(body)).unwrap()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    async fn get(&mut self, target: &str) -> Answer {
        self.browse(Request::get(target), String::new()).await
    }

    /// Submits the form of a page, including its hidden fields.
    async fn submit(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let hidden = ["_csrf", "attempt"].map(|name| (name, page.hidden(name)));
        let hidden = hidden.iter().fold(Parameters::default(), |form, (name, value)| form.with(name, value));
        let form = fields.iter().fold(hidden, |form, (name, value)| form.with(name, value));
        self.browse(Request::post(page.action()), form.encode()).await
    }

    /// Goes from `/oauth2/authorize` over the sign-in page to the redirect back.
    async fn sign_in(&mut self, parameters: &[(&str, &str)], email: &str, password: &str) -> Answer {
        let authorize = self.get(&authorize_with(parameters)).await;
        let page = self.get(authorize.location()).await;
        self.submit(&page, &[("username", email), ("password", password)]).await
    }

    /// Signs the seeded user in and returns the code.
    async fn code(&mut self, parameters: &[(&str, &str)]) -> String {
        let user = NewUser::local_admin();
        let back = self.sign_in(parameters, &user.email, &user.password).await;
        back.callback("code")
    }

    /// Sends a token request of the local client with its secret in Basic.
    async fn token(&self, form: &[(&str, &str)]) -> Answer {
        let client = AppClient::local();
        self.post("/oauth2/token", Some(&basic(&client.client_id, &client.client_secret.unwrap())), form)
            .await
    }

    /// Signs the seeded user in and returns the tokens.
    async fn tokens(&mut self, parameters: &[(&str, &str)]) -> Value {
        let code = self.code(parameters).await;
        let answer = self.token(&exchange(&code)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    async fn post(&self, path: &str, authorization: Option<&str>, form: &[(&str, &str)]) -> Answer {
        let body =
            form.iter().fold(Parameters::default(), |form, (name, value)| form.with(name, value)).encode();
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request =
            authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn post_json(&self, path: &str, body: Value) -> Answer {
        let request = Request::post(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn user_info(&self, token: &str) -> Answer {
        let request = Request::get("/oauth2/userInfo").header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    fn last_code(&self) -> String {
        self.stand_in.mailbox().last().unwrap().code.clone()
    }
}

impl Answer {
    fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::FOUND, "{}", self.text);
        self.headers["location"].to_str().unwrap()
    }

    /// A parameter of the redirect to the callback.
    fn callback(&self, name: &str) -> String {
        let (callback, query) = self.location().split_once('?').unwrap();
        assert_eq!(callback, CALLBACK);
        Parameters::parse(query.as_bytes()).field(name).to_owned()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn hidden(&self, name: &str) -> String {
        between(&self.text, &format!("name=\"{name}\" value=\""), "\"")
    }

    fn action(&self) -> String {
        between(&self.text, "action=\"", "\"").replace("&#38;", "&")
    }

    /// Asserts a refusal by a page that names this error.
    fn is_page(&self, error: &str) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST);
        assert!(self.text.contains(&format!("<code>{error}</code>")), "{}", self.text);
        assert!(self.headers.get("location").is_none());
    }

    /// Asserts the error JSON of RFC 6749 and nothing else.
    fn is_error(&self, status: u16, error: &str) {
        assert_eq!(
            (self.status.as_u16(), self.text.as_str()),
            (status, json!({ "error": error }).to_string().as_str())
        );
        assert_eq!(self.headers["content-type"], "application/json;charset=UTF-8");
    }
}

/// A valid request with parameters replaced, added, or (empty value) left out.
fn authorize_with(changes: &[(&str, &str)]) -> String {
    format!("/oauth2/authorize?{}", query_with(changes))
}

fn query_with(changes: &[(&str, &str)]) -> String {
    let client_id = AppClient::local().client_id;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let good = [
        ("response_type", "code"),
        ("client_id", &client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email profile"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let good = good.iter().fold(Parameters::default(), |query, (name, value)| query.with(name, value));
    let query = changes.iter().fold(good, |query, (name, value)| {
        let query = query.without(name);
        if value.is_empty() { query } else { query.with(name, value) }
    });
    query.encode()
}

fn exchange(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")))
}

fn between(text: &str, before: &str, after: &str) -> String {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic_with(text));
    rest.split_once(after).unwrap().0.to_owned()
}

#[expect(clippy::panic, reason = "a test that cannot continue should stop")]
fn panic_with(text: &str) -> ! {
    panic!("not in the page: {text}")
}

/// A part of a JWT, unverified: 0 the header, 1 the claims.
fn part(token: &str, part: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(part).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn claims(tokens: &Value, name: &str) -> Value {
    part(tokens[name].as_str().unwrap(), 1)
}

#[test]
fn the_local_secret_has_the_alphabet_and_length_of_aws() {
    let secret = AppClient::local().client_secret.unwrap();
    assert!((24..=64).contains(&secret.len()), "{}", secret.len());
    assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    assert_eq!(AppClient::local().client_id.len(), 26);
}

#[test]
fn secrets_and_passwords_are_not_in_debug() {
    let shown = format!("{:?} {:?}", AppClient::local(), NewUser::local_admin());
    assert!(!shown.contains("secret6") && !shown.contains("Loopback"), "{shown}");
}
