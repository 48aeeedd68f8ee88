//! Lists the dimensions whose size others choose: clients, the provider, the upstream, and the configuration.

use std::sync::Arc;

use async_trait::async_trait;
use flow::ports::Provider;
use flow::site::{Ports, Site};
use lambda::authorizer_function::AuthorizerFunction;
use lambda::proxy_function::ProxyFunction;
use lambda::{Function, FunctionError, FunctionResponse};
use local::cognito::NewUser;
use relying_party::configuration::{Configuration, Role, Sources};
use relying_party::provider::call::{CallKind, ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::relying_party::RelyingParty;
use relying_party::sign_in::attempt::Attempt;
use relying_party::time::Timestamp;
use serde_json::{Map, Value, json};
use tests::application::Application;
use tests::world::{InProcessProvider, START, SeededEntropy, Setup, StoryFront, World};
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::event::{authorizer, http_api, load_balancer};

/// An item that can occur many times.
pub(crate) struct Dimension {
    pub(crate) name: &'static str,
    /// Ten times this number is below every limit, so that all of it is processed.
    pub(crate) size: usize,
    pub(crate) case: fn(&Runtime, usize) -> Case,
}

/// One event with that many items, and a check of its response: a JSON pointer and the value there.
pub(crate) struct Case {
    pub(crate) function: Arc<dyn Function>,
    pub(crate) event: Value,
    pub(crate) expected: (&'static str, Value),
}

const fn of(name: &'static str, size: usize, case: fn(&Runtime, usize) -> Case) -> Dimension {
    Dimension { name, size, case }
}

pub(crate) const DIMENSIONS: &[Dimension] = &[
    of("header fields", 100, |_, n| forwarded(&fields("x-a", n))),
    of("header fields of a REST API", 100, |_, n| authorized(&named("x-a", n), &Map::new())),
    of("header fields of one name", 100, |_, n| balanced(&json!({"x-a": values(n)}), &json!({}))),
    of("header fields of one name and many values", 100, |_, n| {
        forwarded(&[("x-a".to_owned(), list("a", n, ", "))])
    }),
    of("query parameters", 500, |_, n| balanced(&json!({}), &every(&named("a", n)))),
    of("query parameters of a REST API", 500, |_, n| authorized(&Map::new(), &named("a", n))),
    of("query parameters of one name", 500, |_, n| balanced(&json!({}), &json!({"a": values(n)}))),
    of("query parameters of a callback", 400, |_, n| {
        let query = format!("{}&code=c&state=s", list("a=", n, "&"));
        proxied(&anybody(), &http_api("GET", "/oauth2/callback", &query, &page()), 400)
    }),
    of("return targets of a login", 400, |_, n| {
        proxied(&anybody(), &http_api("GET", "/oauth2/login", &list("rd=/", n, "&"), &page()), 302)
    }),
    of("cookies of the application", 200, |_, n| forwarded(&cookies(&list("c", n, "=1; ")))),
    of("cookies of the application at a login", 200, |_, n| login(&list("c", n, "=1; "))),
    of("cookies of an HTTP API", 100, |_, n| {
        let mut event = http_api("GET", "/a", "", &[]);
        event["cookies"] = values(n);
        proxied(&anybody(), &event, 200)
    }),
    of("attempts that open", 50, |_, n| login_with(n, |index| index)),
    of("attempts that open, of one name", 50, |_, n| login_with(n, |_| 0)),
    of("attempts that do not open", 200, |_, n| login(&attempts(n))),
    of("attempts at a sign-out", 200, |_, n| proxied(&anybody(), &sign_out(&attempts(n), ""), 200)),
    of("session cookies", 200, |_, n| {
        let setup = anybody();
        let name = setup.site().relying_party.cookie_names.session().to_owned();
        proxied(&setup, &http_api("GET", "/a", "", &cookies(&format!("{name}=x; ").repeat(n))), 200)
    }),
    of("parts of a session cookie", 200, |_, n| {
        let setup = anybody();
        let name = setup.site().relying_party.cookie_names.session().to_owned();
        let part = |index| format!("{name}.{}=x; ", index % 100);
        proxied(&setup, &http_api("GET", "/a", "", &cookies(&joined((0..n).map(part)))), 200)
    }),
    of("fields that Connection names", 100, |_, n| {
        let mut headers = fields("x-a", n);
        headers.push(("connection".to_owned(), list("x-a", n, ", ")));
        forwarded(&headers)
    }),
    of("elements of Via", 200, |_, n| forwarded(&[("via".to_owned(), list("1.1 a", n, ", "))])),
    of("elements of X-Forwarded-For", 200, |_, n| {
        forwarded(&[("x-forwarded-for".to_owned(), list("192.0.2.", n, ", "))])
    }),
    of("elements of Accept", 200, |_, n| forwarded(&[("accept".to_owned(), list("text/x", n, ", "))])),
    of("segments of a path", 600, |_, n| {
        let path = format!("/a{}", "/b".repeat(n));
        proxied(&anybody(), &http_api("GET", &path, "", &[]), 200)
    }),
    of("escapes of a path", 600, |_, n| {
        let mut event = load_balancer(&json!({}), &json!({}));
        event["path"] = json!(format!("/a{}", "%20".repeat(n)));
        proxied(&anybody(), &event, 200)
    }),
    of("fields of a form", 200, |_, n| proxied(&anybody(), &sign_out("", &list("a=", n, "&")), 200)),
    of("bytes of a body", 4_000, |_, n| {
        let mut event = http_api("GET", "/a", "", &[]);
        event["body"] = json!("\"\n".repeat(n));
        proxied(&anybody(), &event, 200)
    }),
    of("route rules", 100, |_, n| {
        let mut rules: Vec<Value> = (0..n).map(|index| json!({"paths": [format!("/x{index}/*")]})).collect();
        rules.push(json!({"paths": ["/*"], "auth": "none"}));
        proxied(&proxy().set("routes", rules).build(), &http_api("GET", "/a", "", &[]), 200)
    }),
    of("route rules that match prefixes", 100, |_, n| {
        let rule = |index| json!({"paths": [format!("/{}/*", letters(index))], "path_matching": "prefix"});
        let mut rules: Vec<Value> = (0..n).map(rule).collect();
        rules.push(json!({"paths": ["/*"], "auth": "none"}));
        proxied(&proxy().set("routes", rules).build(), &http_api("GET", "/a", "", &[]), 200)
    }),
    of("paths of a route rule", 100, |_, n| {
        let paths: Vec<String> = (0..=n).map(|index| format!("/x{index}/*")).collect();
        let rules = json!([{"paths": paths, "auth": "required"}, {"paths": ["/*"], "auth": "none"}]);
        proxied(&proxy().set("routes", rules).build(), &http_api("GET", "/a", "", &[]), 200)
    }),
    of("methods of a route rule", 100, |_, n| {
        let methods: Vec<String> = (0..=n).map(letters).collect();
        let rules = json!([{"paths": ["/a"], "methods": methods}, {"paths": ["/*"], "auth": "none"}]);
        proxied(&proxy().set("routes", rules).build(), &http_api("GET", "/a", "", &[]), 200)
    }),
    of("query parameters beside the one that signs out", 400, |_, n| {
        let world = proxy()
            .set("logout_query_arg", "sign-out")
            .set("routes", json!([{"paths": ["/*"], "auth": "optional"}]))
            .build();
        proxied(&world, &http_api("GET", "/a", &list("a", n, "=1&"), &[]), 200)
    }),
    of("route rules at start", 100, |_, n| at_start((0..n).map(|index| format!("/x{index}/*")), "GET")),
    of("route rules of one path at start", 100, |_, n| at_start((0..n).map(|_| "/x/*".to_owned()), "")),
    of("groups of a session and those that are required", 40, groups_of_a_session),
    of("groups of a bearer token and those that are required", 40, |_, n| {
        let (setup, user) = with_groups(n);
        let world = setup.build();
        let token = world.access_token(&user);
        proxied(&world, &http_api("GET", "/a", "", &bearer(&token)), 200)
    }),
    of("rows of bearer_issuers", 40, |_, n| {
        let row = |index| json!({"issuer": format!("https://{index}.example.com"), "audiences": "api"});
        let world = proxy().set("bearer_issuers", (0..=n).map(row).collect::<Value>()).build();
        let token = world.access_token(&NewUser::local_admin());
        proxied(&world, &http_api("GET", "/a", "", &bearer(&token)), 401)
    }),
    of("keys of a provider", 9, |_, n| with_keys(n, |index| format!("key-{index}"))),
    of("keys of a provider, of one id", 9, |_, n| with_keys(n, |_| "key".to_owned())),
    of("header fields of an answer", 100, |_, n| answered(&fields("x-a", n))),
    of("header fields of an answer, of one name", 100, |_, n| {
        answered(&vec![("x-a".to_owned(), "1".to_owned()); n])
    }),
    of("fields that Connection of an answer names", 100, |_, n| {
        let mut headers = fields("x-a", n);
        headers.push(("connection".to_owned(), list("x-a", n, ", ")));
        answered(&headers)
    }),
    of("cookies of an answer", 100, |_, n| {
        answered(&(0..n).map(|index| ("set-cookie".to_owned(), format!("c{index}=1"))).collect::<Vec<_>>())
    }),
    of("cookies of an answer to a load balancer without multi-value headers", 60, |_, n| {
        let cookies = (0..n).map(|index| ("set-cookie".to_owned(), format!("c{index}=1")));
        let mut event = load_balancer(&json!({}), &json!({}));
        for (member, other) in
            [("headers", "multiValueHeaders"), ("queryStringParameters", "multiValueQueryStringParameters")]
        {
            event[member] = event[other].take();
            event.as_object_mut().unwrap().remove(other);
        }
        to(&anybody(), &cookies.collect::<Vec<_>>(), &event, 200)
    }),
    of("links of an answer", 200, |_, n| answered(&[("link".to_owned(), list("</a>; rel=", n, ", "))])),
    of("links of an answer that do not end", 1_000, |_, n| answered(&[("link".to_owned(), "<".repeat(n))])),
    of("addresses of Refresh in an answer", 200, |_, n| {
        answered(&[("refresh".to_owned(), format!("1; url={}", list("/", n, "'")))])
    }),
    of("segments of Location in an answer", 200, |_, n| {
        answered(&[("location".to_owned(), format!("http://upstream.internal/a{}", "/..".repeat(n)))])
    }),
];

/// `a0`, `a1` and so on, each followed by `end`.
fn list(start: &str, n: usize, end: &str) -> String {
    joined((0..n).map(|index| format!("{start}{index}{end}")))
}

fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().concat()
}

/// Cookies of attempts that were never started.
fn attempts(n: usize) -> String {
    joined((0..n).map(|index| format!("__Host-attempt-{index:08}=x; ")))
}

fn fields(start: &str, n: usize) -> Vec<(String, String)> {
    (0..n).map(|index| (format!("{start}{index}"), index.to_string())).collect()
}

fn named(start: &str, n: usize) -> Map<String, Value> {
    fields(start, n).into_iter().map(|(name, value)| (name, json!(value))).collect()
}

fn values(n: usize) -> Value {
    (0..n).map(|index| format!("v{index}=1")).collect()
}

fn every(members: &Map<String, Value>) -> Value {
    members.iter().map(|(name, value)| (name.clone(), json!([value]))).collect::<Map<_, _>>().into()
}

fn cookies(text: &str) -> Vec<(String, String)> {
    vec![("cookie".to_owned(), text.to_owned())]
}

fn bearer(token: &str) -> Vec<(String, String)> {
    vec![("authorization".to_owned(), format!("Bearer {token}"))]
}

/// The headers of a browser that opens a page.
fn page() -> Vec<(String, String)> {
    vec![("accept".to_owned(), "text/html".to_owned())]
}

fn proxy() -> Setup {
    Setup::default().front(StoryFront::HttpApi)
}

/// A deployment that never requires sign-in but identifies signed-in users.
fn anybody() -> World {
    proxy().set("routes", json!([{"paths": ["/*"], "auth": "optional"}])).build()
}

/// An event for the proxy, with an upstream whose response has these header fields.
fn to(world: &World, headers: &[(String, String)], event: &Value, status: u16) -> Case {
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let application = Application::answering(&headers);
    Case {
        function: Arc::new(ProxyFunction::new(world.shared_site(), Arc::new(application))),
        event: event.clone(),
        expected: ("/statusCode", json!(status)),
    }
}

fn proxied(world: &World, event: &Value, status: u16) -> Case {
    to(world, &[], event, status)
}

fn forwarded(headers: &[(String, String)]) -> Case {
    proxied(&anybody(), &http_api("GET", "/a", "", headers), 200)
}

fn balanced(headers: &Value, query: &Value) -> Case {
    proxied(&anybody(), &load_balancer(headers, query), 200)
}

fn answered(headers: &[(String, String)]) -> Case {
    to(&anybody(), headers, &http_api("GET", "/a", "", &[]), 200)
}

fn authorized(headers: &Map<String, Value>, query: &Map<String, Value>) -> Case {
    let open =
        Setup::default().front(StoryFront::Rest).set("routes", json!([{"paths": ["/*"], "auth": "none"}]));
    Case {
        function: Arc::new(AuthorizerFunction::new(open.build().shared_site())),
        event: authorizer(headers, query),
        expected: ("/policyDocument/Statement/0/Effect", json!("Allow")),
    }
}

fn login(cookie: &str) -> Case {
    login_at(&anybody(), cookie)
}

fn login_at(world: &World, cookie: &str) -> Case {
    let headers = [page(), cookies(cookie)].concat();
    proxied(world, &http_api("GET", "/oauth2/login", "", &headers), 302)
}

/// A login with attempts that this deployment started, each with the name that `number` gives.
fn login_with(n: usize, number: fn(usize) -> usize) -> Case {
    let world = anybody();
    let attempt = Attempt::begin([7; 32], Timestamp::from_unix(START), "http://localhost:8400/a".to_owned());
    let cookie = |index| {
        let name = format!("__Host-attempt-{:08}", number(index));
        let sealed = attempt.seal(&world.site().relying_party.ring, &name, [7; 24]);
        format!("{name}={sealed}; ")
    };
    login_at(&world, &joined((0..n).map(cookie)))
}

/// A configuration with a rule for each of these paths; if `method` is empty, each rule has its own method.
fn at_start(paths: impl Iterator<Item = String>, method: &str) -> Case {
    let rules = paths.enumerate().map(|(index, path)| {
        let method = if method.is_empty() { letters(index) } else { method.to_owned() };
        json!({"paths": [path], "methods": [method]})
    });
    let rules: Value = rules.collect();
    let event = json!({
        "provider": "oidc",
        "issuer": "https://id.example.com",
        "client_id": "the-client",
        "client_secret": "the-client-secret",
        "public_url": "https://app.example.com",
        "session_secret": "thirty-two bytes for a session and no less",
        "routes": rules,
    });
    let count = event["routes"].as_array().unwrap().len();
    Case { function: Arc::new(Start), event, expected: ("/rules", json!(count)) }
}

/// A number in capital letters, with a fixed length.
fn letters(number: usize) -> String {
    (0..4).map(|place| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number / 26_usize.pow(place) % 26])).collect()
}

/// Reads a configuration, as a function does when it starts.
struct Start;

#[async_trait]
impl Function for Start {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        let document = std::str::from_utf8(event).unwrap();
        let sources = Sources { document: Some(document), ..Sources::default() };
        let configuration = Configuration::from_sources(&sources, Role::Callback).unwrap();
        let rules = configuration.routes.rules().len();
        Ok(FunctionResponse::Whole(json!({"rules": rules}).to_string().into_bytes()))
    }
}

/// A script's sign-out request.
fn sign_out(cookie: &str, form: &str) -> Value {
    let headers = [
        ("cookie", cookie),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut event = http_api("POST", "/oauth2/logout", "", &headers);
    event["body"] = json!(form);
    event
}

/// A user in `n` groups and one more; only the last of as many required groups is that one.
fn with_groups(n: usize) -> (Setup, NewUser) {
    let of = |kind: &str| -> Vec<String> {
        (0..n).map(|index| format!("{kind}{index}")).chain(["last".to_owned()]).collect()
    };
    let user = NewUser { groups: of("has"), ..NewUser::local_admin() };
    let users = vec![user.clone()];
    let setup = proxy().set("session_storage", "memory").set("groups_required", of("needs")).provider(
        move |options| {
            options.groups.extend(user.groups.clone());
            options.users.clone_from(&users);
        },
    );
    let user = NewUser::local_admin();
    (setup, user)
}

fn groups_of_a_session(runtime: &Runtime, n: usize) -> Case {
    let (setup, user) = with_groups(n);
    let world = setup.build();
    let cookie = runtime.block_on(async {
        let browser = world.browser();
        world.sign_in_as(&browser, "/a", &user).await;
        let cookies = browser.cookies("localhost");
        joined(cookies.iter().map(|cookie| format!("{}={}; ", cookie.name, cookie.value)))
    });
    proxied(&world, &http_api("GET", "/a", "", &cookies(&cookie)), 200)
}

/// The first bearer token of a process, when the provider publishes `n` other keys before the token's key.
fn with_keys(n: usize, kid: fn(usize) -> String) -> Case {
    let world = proxy().build();
    let mut keys = world.stand_in.key_set();
    let list = keys["keys"].as_array_mut().unwrap();
    let mut others: Vec<Value> = Vec::new();
    for index in 0..n {
        let mut other = list[0].clone();
        let modulus = other["n"].as_str().unwrap();
        other["n"] = json!(format!("{}{index:03}B", &modulus[..modulus.len() - 4]));
        other["kid"] = json!(kid(index));
        others.push(other);
    }
    others.append(list);
    *list = others;
    let token = world.access_token(&NewUser::local_admin());
    let provider = WithKeys { stand_in: world.provider.clone(), keys: keys.to_string() };
    let ports = Ports {
        provider: Arc::new(provider),
        clock: Arc::new(world.clock.clone()),
        entropy: Arc::new(SeededEntropy::new(1)),
        sessions: None,
        client_secret: None,
        user_sign_out: None,
    };
    let relying_party = RelyingParty::new(world.site().relying_party.configuration.clone()).unwrap();
    let site = Arc::new(Site::new(relying_party, ports));
    Case {
        function: Arc::new(ProxyFunction::new(site, Arc::new(Application::default()))),
        event: http_api("GET", "/a", "", &bearer(&token)),
        expected: ("/statusCode", json!(200)),
    }
}

/// The stand-in with a given set of keys.
struct WithKeys {
    stand_in: InProcessProvider,
    keys: String,
}

#[async_trait]
impl Provider for WithKeys {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        if request.kind != CallKind::Jwks {
            return self.stand_in.send(request).await;
        }
        let content_type = Some("application/json".to_owned());
        Ok(ProviderResponse { status: 200, content_type, body: self.keys.clone().into_bytes() })
    }
}
