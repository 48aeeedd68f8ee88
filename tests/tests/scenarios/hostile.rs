//! Sends every kind of request that a client can send to every function: no 5xx of vestibule, no error in the
//! log, no panic, and no redirect elsewhere.
//!
//! It changes one part of a valid request at a time, then several parts together. The functions write their
//! log to standard output, so the walk is a separate process of this test, whose output is read.

mod axes;
mod event;
mod odd_event;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::ports::{Entropy as _, Upstream, UpstreamResponse};
use lambda::proxy_function::ProxyFunction;
use lambda::{Function, FunctionError, FunctionResponse};
use local::cognito::NewUser;
use local::stack::functions_of;
use relying_party::forwarding::{UpstreamFault, UpstreamRequest};
use relying_party::http::endpoint::Endpoint;
use relying_party::refusal::reason::Reason;
use serde_json::{Value, json};
use tests::application::Application;
use tests::browser::reason_in;
use tests::invocation::invoke;
use tests::world::{APPLICATION, LOAD_BALANCER_KEYS, PROVIDER, SeededEntropy, Setup, StoryFront, World};
use tokio::time::Instant;
use url::Url;

use axes::Change;
use event::{Request, Shape};

/// Statuses from 500 on that a client may cause, and the reasons.
const ALLOWED: [(u16, &str); 4] = [
    // RFC 9110 section 15.6.2: these are the same for every client. A cache stores a 501 only if it is told to.
    (501, "method_not_forwarded"),
    (501, "websocket_unsupported"),
    (501, "sign_out_everywhere_not_supported"),
    // RFC 5842 section 7.2: a request that claims to have passed through vestibule before is believed.
    (508, "request_loop"),
];

/// The name of the walk that this process runs; absent in the test itself.
const WALK: &str = "VESTIBULE_HOSTILE_WALK";
const STORAGES: [&str; 2] = ["cookie", "memory"];
/// Precedes the name of each request.
const CASE: &str = "case: ";
/// A request whose refusal is an error in the log. It proves that such lines are found.
const CANARY: &str = "a fault of the configuration";

#[test]
fn no_request_ends_in_a_fault_of_ours() {
    if let Ok(storage) = std::env::var(WALK) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(walk(&storage));
        return;
    }
    let start = |storage: &&'static str| {
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "hostile::no_request_ends_in_a_fault_of_ours", "--nocapture"])
            .env(WALK, storage);
        (*storage, test.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    };
    let walks: Vec<_> = STORAGES.iter().map(start).collect();
    let outputs: Vec<(&str, Output)> = std::thread::scope(|scope| {
        let readers: Vec<_> = walks
            .into_iter()
            .map(|(storage, walk)| (storage, scope.spawn(|| walk.wait_with_output().unwrap())))
            .collect();
        readers.into_iter().map(|(storage, reader)| (storage, reader.join().unwrap())).collect()
    });
    for (storage, output) in outputs {
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = errors(&text);
        let cases = text.lines().filter(|line| line.contains(CASE)).count();
        let told = String::from_utf8_lossy(&output.stderr);
        let last = text.lines().rev().find(|line| line.contains(CASE)).unwrap_or_default();
        // Each function logs once that its target group is misconfigured, which is true for one of them.
        let errors =
            errors.into_iter().filter(|error| !error.contains("target_group_without_multi_value_headers"));
        let (canary, others): (Vec<_>, Vec<_>) = errors.partition(|error| error.contains(CANARY));
        assert!(others.is_empty(), "{storage}: errors in the log:\n{}\n{told}", others.join("\n"));
        assert!(output.status.success(), "{storage}, after {last}:\n{told}");
        assert!(cases > 10_000, "{storage}: only {cases} requests");
        assert_eq!(canary.len(), 1, "{storage}: the log is not seen");
    }
}

/// Each line with an error, after the request that caused it.
fn errors(text: &str) -> Vec<String> {
    let mut case = "";
    let mut errors = Vec::new();
    for line in text.lines() {
        if let Some((_, what)) = line.split_once(CASE) {
            case = what;
        }
        if line.contains("\"level\":\"ERROR\"") {
            errors.push(format!("{case}: {line}"));
        }
    }
    errors
}

/// The cookies of a browser that is signed in and has started another sign-in.
struct Live {
    /// The session's cookie.
    session: String,
    /// An attempt's cookie, and its `state`.
    attempt: String,
    state: String,
}

struct Kept {
    name: String,
    value: String,
}

impl Kept {
    fn of(pair: &str) -> Self {
        let (name, value) = pair.split_once('=').unwrap();
        Self { name: name.to_owned(), value: value.to_owned() }
    }
}

impl Live {
    /// Invented cookies, for a deployment where no user signs in.
    fn of_nobody(world: &World) -> Self {
        let session = format!("{}=garbage", world.session_cookie());
        let attempt = "__Host-attempt-AAAAAAAA=garbage".to_owned();
        Self { session, attempt, state: "A".repeat(66) }
    }

    async fn of(world: &World) -> Self {
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        let state = form.way.iter().flat_map(|url| url.query_pairs()).find(|(name, _)| name == "state");
        let state = state.unwrap().1.into_owned();
        let pair = |part: &str| {
            let kept = browser.cookies("localhost").into_iter().find(|cookie| cookie.name.contains(part));
            kept.map(|cookie| format!("{}={}", cookie.name, cookie.value))
        };
        let attempt = pair("attempt").unwrap();
        world.fill_in(&browser, &form, &NewUser::local_admin()).await;
        Self { session: pair(&world.session_cookie()).unwrap(), attempt, state }
    }
}

/// A function, the forms of its events, and the paths that it serves.
struct Target {
    name: &'static str,
    function: Arc<dyn Function>,
    shapes: &'static [Shape],
    paths: Vec<String>,
}

fn targets(world: &World) -> Vec<Target> {
    let below = |endpoints: &[Endpoint]| -> Vec<String> {
        endpoints.iter().map(|endpoint| format!("/oauth2{}", endpoint.path())).collect()
    };
    let application = || {
        let mut paths = below(&Endpoint::ALL);
        paths.extend(["/app", "/"].map(str::to_owned));
        paths
    };
    if world.front != StoryFront::Rest {
        let shapes: &[Shape] = match world.front {
            StoryFront::FunctionUrl => &[Shape::FunctionUrl],
            _ => &[Shape::Rest, Shape::HttpApi1, Shape::HttpApi2, Shape::Alb, Shape::AlbSingleValue],
        };
        let function = Arc::new(ProxyFunction::new(world.shared_site(), Arc::new(Careful::default())));
        return vec![Target { name: "proxy", function, shapes, paths: application() }];
    }
    let mut functions = functions_of(&world.shared_site());
    let mut target = |name, shapes, paths| {
        let function = functions.remove(name).unwrap();
        Target { name, function, shapes, paths }
    };
    let shapes = &[Shape::Rest, Shape::HttpApi2, Shape::Alb, Shape::AlbSingleValue];
    let authorizers = &[
        Shape::RestAuthorizer,
        Shape::TokenAuthorizer,
        Shape::HttpApi1Authorizer,
        Shape::HttpApi2Authorizer,
        Shape::WebSocketAuthorizer,
    ];
    vec![
        target("LoginFunction", shapes, below(&[Endpoint::Login])),
        target("CallbackFunction", shapes, below(&[Endpoint::Callback])),
        target("SessionFunction", shapes, below(Endpoint::SERVED_BY_SESSION)),
        target("LogoutFunction", shapes, below(Endpoint::SERVED_BY_LOGOUT)),
        target(
            "AuthorizerFunction",
            authorizers,
            vec!["/app".to_owned(), "/".to_owned(), "/oauth2/callback".to_owned()],
        ),
    ]
}

/// An application that accepts every request that can be sent.
#[derive(Default)]
struct Careful(Application);

#[async_trait]
impl Upstream for Careful {
    async fn send(
        &self,
        request: UpstreamRequest,
        until: Instant,
    ) -> Result<UpstreamResponse, UpstreamFault> {
        let uri = format!("{}://{}{}", request.scheme, request.authority, request.target);
        let sent = http::Request::builder().method(&request.method).uri(uri);
        let sent =
            request.headers.iter().fold(sent, |sent, (name, value)| sent.header(name, value.as_bytes()));
        sent.body(()).map_err(|_| UpstreamFault::Unreachable)?;
        self.0.send(request, until).await
    }
}

async fn walk(storage: &str) {
    let mut faults = Vec::new();
    let mut wanderer = Wanderer(SeededEntropy::new(7));
    for front in [StoryFront::Rest, StoryFront::HttpApi, StoryFront::FunctionUrl] {
        let setup = Setup::default().front(front).set("session_storage", storage);
        let setup = setup.set(
            "authorization_query_args_client",
            json!(["prompt", "login_hint", "identity_provider", "lang"]),
        );
        let world = setup.build();
        for target in targets(&world) {
            let mut walker = Walker {
                world: &world,
                live: Live::of(&world).await,
                target: &target,
                storage,
                faults: &mut faults,
            };
            for path in &target.paths {
                let session = world.send("GET", "/oauth2/session", &[("cookie", &walker.live.session)]).await;
                assert_eq!(session.status, 200, "{session:?}");
                walker.walk(path, &mut wanderer).await;
            }
        }
    }
    let world = behind_a_load_balancer(storage);
    let (said, unsaid) = axes::load_balancer_headers(&world);
    for (data, status) in [(said, 200), (unsaid, 401)] {
        let headers = [("x-amzn-oidc-data", data.as_str()), ("accept", "a/b")];
        assert_eq!(world.send("GET", "/get", &headers).await.status, status);
    }
    for target in targets(&world) {
        let live = Live::of_nobody(&world);
        let mut walker = Walker { world: &world, live, target: &target, storage, faults: &mut faults };
        for path in &target.paths {
            walker.walk(path, &mut wanderer).await;
        }
    }
    let ruled = Setup::default().set("routes", serde_json::json!([{"paths": ["/a"]}])).build();
    odd_event::walk(&world, &mut faults).await;
    say(CANARY);
    let authorizer = &functions_of(&ruled.shared_site())["AuthorizerFunction"];
    let _ = invoke(authorizer.as_ref(), &Shape::TokenAuthorizer.event(&good("GET", "/a"))).await;
    assert!(faults.is_empty(), "{} of ours:\n{}", faults.len(), faults.join("\n"));
}

/// Accepts only the load balancer's JWT; with one of the storages there is also an optional rule.
fn behind_a_load_balancer(storage: &str) -> World {
    let setup = Setup::default()
        .front(StoryFront::Alb)
        .set("auth_methods", "alb")
        .set("alb_arn", axes::LOAD_BALANCER)
        .set("alb_key_endpoint", LOAD_BALANCER_KEYS);
    let optional = serde_json::json!([{"paths": ["/app"], "auth": "optional"}]);
    let world = if storage == "memory" { setup.set("routes", optional).build() } else { setup.build() };
    world.provider.set_load_balancer_key(axes::load_balancer_key());
    world
}

/// Numbers that are the same in every run.
struct Wanderer(SeededEntropy);

impl Wanderer {
    fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes).unwrap();
        usize::from_le_bytes(bytes) % end
    }
}

struct Walker<'a> {
    world: &'a World,
    live: Live,
    target: &'a Target,
    storage: &'a str,
    faults: &'a mut Vec<String>,
}

impl Walker<'_> {
    async fn walk(&mut self, path: &str, wanderer: &mut Wanderer) {
        let axes = axes::all(self.world, &self.live, path);
        // Each change is signed in with one storage and anonymous with the other, in a page load or a script's
        // request.
        let offset = usize::from(self.storage == "memory");
        for (turn, change) in axes.iter().flatten().enumerate() {
            let shape = self.target.shapes[turn % self.target.shapes.len()];
            let [page, script, signed_in_page, signed_in_script] = self.starts(path);
            let start = match (turn + offset) % 4 {
                0 => page,
                1 => signed_in_page,
                2 => script,
                _ => signed_in_script,
            };
            self.ask(shape, start, &[change]).await;
        }
        for _ in 0..60 {
            let shape = self.target.shapes[wanderer.below(self.target.shapes.len())];
            let starts = self.starts(path);
            let start = starts[wanderer.below(starts.len())].clone();
            let mut changes: Vec<&Change> = Vec::new();
            for axis in &axes {
                if wanderer.below(3) == 0 {
                    changes.push(&axis[wanderer.below(axis.len())]);
                }
            }
            self.ask(shape, start, &changes).await;
        }
    }

    /// A page load and a script's request, each with and without a session.
    fn starts(&self, path: &str) -> [Request; 4] {
        let page = good("GET", path);
        let mut script = good("POST", path);
        script.headers = fields(&[
            ("Host", "localhost:8400"),
            ("Origin", APPLICATION),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/json"),
        ]);
        "script".clone_into(&mut script.what);
        let signed_in = |request: &Request| {
            let mut request = request.clone();
            request.what.push_str(", signed in");
            request.headers.push(("Cookie".to_owned(), self.live.session.clone()));
            request
        };
        let (signed_in_page, signed_in_script) = (signed_in(&page), signed_in(&script));
        [page, script, signed_in_page, signed_in_script]
    }

    async fn ask(&mut self, shape: Shape, mut request: Request, changes: &[&Change]) {
        for change in changes {
            request.what.push_str(", ");
            request.what.push_str(&change.what);
            (change.apply)(&mut request);
        }
        let what = format!(
            "{} {shape:?} {}: {}",
            self.target.name,
            request.path.get(..40).unwrap_or(&request.path).escape_debug(),
            request.what
        );
        say(&what);
        let event = shape.event(&request);
        let until = Instant::now() + Duration::from_secs(20);
        let told = match self.target.function.call(&event, until).await {
            Ok(FunctionResponse::Whole(bytes)) => {
                ClientResponse::of(shape, &serde_json::from_slice(&bytes).unwrap())
            }
            Ok(FunctionResponse::Streamed(mut reply)) => {
                let mut body = Vec::new();
                while let Ok(Some(bytes)) = reply.body.chunk().await {
                    body.extend(bytes);
                }
                let cookies = reply.cookies.into_iter().map(|cookie| ("set-cookie".to_owned(), cookie));
                ClientResponse {
                    status: reply.status.as_u16(),
                    headers: reply.headers.into_iter().chain(cookies).collect(),
                    body: String::from_utf8_lossy(&body).into_owned(),
                }
            }
            Err(error) => ClientResponse::of_error(&error),
        };
        self.faults.extend(told.faults().into_iter().map(|fault| format!("{what}: {fault}")));
        let signed_out = self.world.site().relying_party.configuration.auth_methods.session
            && request.what.contains("signed in")
            && request.path.ends_with("/logout")
            && told.headers.iter().any(|(name, _)| name == "set-cookie");
        if self.storage == "memory" && signed_out {
            // After a sign-out everywhere the user has to sign in at a later time.
            self.world.advance(1);
            self.live = Live::of(self.world).await;
        }
    }
}

fn say(what: &str) {
    writeln!(std::io::stdout().lock(), "{CASE}{what}").unwrap();
}

fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn good(method: &str, path: &str) -> Request {
    let headers = [
        ("Host", "localhost:8400"),
        ("Accept", "text/html"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ];
    Request {
        what: "page".to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: fields(&headers),
        body: String::new(),
        is_base64: false,
    }
}

/// The response that the client would get.
struct ClientResponse {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl ClientResponse {
    fn of(shape: Shape, answer: &Value) -> Self {
        if shape.is_authorizer() {
            return Self::of_authorizer(answer);
        }
        let mut headers = Vec::new();
        for (name, value) in ["headers", "multiValueHeaders"]
            .iter()
            .flat_map(|name| answer[name].as_object().into_iter().flatten())
        {
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            headers.extend(
                values.iter().map(|value| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned())),
            );
        }
        for cookie in answer["cookies"].as_array().into_iter().flatten() {
            headers.push(("set-cookie".to_owned(), cookie.as_str().unwrap().to_owned()));
        }
        let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
        Self { status, headers, body: answer["body"].as_str().unwrap_or_default().to_owned() }
    }

    /// A denial redirects to the error page, which answers with the status of its reason.
    fn of_authorizer(answer: &Value) -> Self {
        let effect = &answer["policyDocument"]["Statement"][0]["Effect"];
        let allowed = effect == "Allow" || answer["isAuthorized"] == true;
        let location = answer["context"]["location"].as_str().unwrap_or_default();
        let reason = location.split_once("reason=").map(|(_, rest)| rest.split('&').next().unwrap());
        let status = match reason {
            _ if allowed => 200,
            Some(reason) => Reason::named(reason).unwrap().status.as_u16(),
            // A handshake is not redirected.
            None => 403,
        };
        let headers = if location.is_empty() { Vec::new() } else { fields(&[("location", location)]) };
        Self { status, headers, body: String::new() }
    }

    /// API Gateway's response when an authorizer fails.
    fn of_error(error: &FunctionError) -> Self {
        let status = if error.error_message == "Unauthorized" { 401 } else { 503 };
        Self { status, headers: Vec::new(), body: error.error_message.clone() }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let reason = reason_in(&self.body).unwrap_or_default();
        if self.status >= 500 && !ALLOWED.contains(&(self.status, reason.as_str())) {
            faults.push(format!("{} {reason}", self.status));
        }
        for (name, value) in &self.headers {
            if value.contains(['\r', '\n', '\0']) {
                faults.push(format!("{name} has more than a line: {value:?}"));
            }
            if name == "location" && !is_known(value) {
                faults.push(format!("leads to {value:?}"));
            }
        }
        faults
    }
}

/// Whether an address belongs to the application or the provider.
fn is_known(location: &str) -> bool {
    let origin = Url::parse(location).map(|url| url.origin().ascii_serialization());
    origin.is_ok_and(|origin| [APPLICATION, PROVIDER].contains(&origin.as_str()))
}
