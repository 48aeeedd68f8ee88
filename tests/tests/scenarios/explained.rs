//! Holds `vestibule check explain` against what the fronts really answer, over configurations and requests.

use std::fs;
use std::path::Path;

use clap::Parser;
use fronts::fronts;
use local::cognito::NewUser;
use offline::Offline;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use relying_party::configuration::{Configuration, Role, Sources};
use serde_json::{Value, json};
use tests::world::{FrontResponse, Setup, StoryFront, World};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Offline,
}

/// A request, as `check explain` and as a client describe it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    method: &'static str,
    target: &'static str,
    who: Caller,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Nobody,
    Script,
    Admin,
    Guest,
    Bearer,
}

const EVERYBODY: [Caller; 5] = [Caller::Nobody, Caller::Script, Caller::Admin, Caller::Guest, Caller::Bearer];

/// The result, in a form that both sides have.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// The application gets the request.
    Passes,
    /// The browser is redirected to this address.
    Redirected(String),
    Refused(String),
    /// One of vestibule's endpoints answers.
    Own,
}

struct People {
    admin: String,
    guest: String,
    bearer: String,
}

impl People {
    /// Signs them in, unless nobody can sign in here.
    async fn of(world: &World) -> Self {
        let name = world.session_cookie();
        let mut cookies = Vec::new();
        for user in [NewUser::local_admin(), NewUser::local_guest()] {
            let browser = world.browser();
            let form = browser.open(&world.url("/oauth2/login?rd=/anything/open")).await;
            if form.url.path() == "/login" {
                world.fill_in(&browser, &form, &user).await;
            }
            let cookie = browser.cookies("localhost").into_iter().find(|cookie| cookie.name == name);
            cookies.push(cookie.map(|cookie| format!("{name}={}", cookie.value)).unwrap_or_default());
        }
        let bearer = format!("Bearer {}", world.access_token(&NewUser::local_admin()));
        let [admin, guest] = <[String; 2]>::try_from(cookies).unwrap();
        Self { admin, guest, bearer }
    }
}

/// The document of the world in a file of its own.
fn file(world: &World, name: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("explained-{name}-{:?}", world.front));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("vestibule.json");
    fs::write(&path, &world.document).unwrap();
    path.to_str().unwrap().to_owned()
}

fn explained(world: &World, file: &str, asked: &Asked) -> Outcome {
    let front = match world.front {
        StoryFront::Rest => "rest",
        StoryFront::HttpApi => "http-api",
        StoryFront::FunctionUrl => "function-url",
        StoryFront::Alb | StoryFront::AlbSingleValue => "alb",
    };
    let issuer = format!("iss={}", world.site().relying_party.configuration.issuer);
    let who: &[&str] = match asked.who {
        Caller::Nobody => &[],
        Caller::Script => &["--script"],
        Caller::Admin => &["--as", "groups=admins", "--as", "scope=openid email profile"],
        Caller::Guest => &["--as", "sub=guest", "--as", "scope=openid email profile"],
        Caller::Bearer => {
            &["--bearer", "--as", &issuer, "--as", "groups=admins", "--as", "scope=openid email profile"]
        }
    };
    let words =
        ["vestibule", "check", "explain", "--front", front, "--config", file, asked.method, asked.target];
    let words = words.iter().chain(who);
    let report = Arguments::try_parse_from(words).unwrap().command.run();
    let json = report.unwrap().json;
    let answer = &json["answer"];
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    match answer["kind"].as_str().unwrap() {
        "pass" => Outcome::Passes,
        "redirect" => Outcome::Redirected(text("location")),
        "refuse" => Outcome::Refused(text("reason")),
        _ => Outcome::Own,
    }
}

async fn answered(world: &World, people: &People, asked: &Asked) -> Outcome {
    let page = [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let headers = match asked.who {
        Caller::Nobody => page.to_vec(),
        Caller::Script => vec![("accept", "*/*")],
        Caller::Admin => page.into_iter().chain([("cookie", people.admin.as_str())]).collect(),
        Caller::Guest => page.into_iter().chain([("cookie", people.guest.as_str())]).collect(),
        Caller::Bearer => vec![("authorization", people.bearer.as_str())],
    };
    world.upstream.forget();
    let reply = world.send(asked.method, asked.target, &headers).await;
    if !world.received().is_empty() {
        return Outcome::Passes;
    }
    let path = asked.target.split('?').next().unwrap();
    let reason = reply.reason().filter(|reason| reason != "redirected");
    let reason = reason.map(|reason| reason.split('&').next().unwrap().to_owned());
    // An answer of an endpoint itself is not explained, except that there is no such endpoint.
    let no_endpoint =
        ["not_found", "method_not_allowed", "ambiguous_path", "path_mismatch", "sign_in_not_accepted"];
    let is_spelling = world.front == StoryFront::HttpApi && path.starts_with("/%6fauth2");
    let is_ours = path.starts_with("/oauth2")
        || is_spelling
        || asks_for_sign_out(world, asked.method, asked.target, &reply);
    match reason {
        Some(reason) if !is_ours || no_endpoint.contains(&reason.as_str()) => Outcome::Refused(reason),
        None if !is_ours && reply.status == 302 => Outcome::Redirected(reply.location().to_owned()),
        _ => Outcome::Own,
    }
}

/// An authorizer redirects such a request; the proxy answers it.
fn asks_for_sign_out(world: &World, method: &str, target: &str, reply: &FrontResponse) -> bool {
    let configuration = &world.site().relying_party.configuration;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asks = configuration.logout_requests.cover(&method.parse().unwrap(), path, query);
    asks && !reply.location().contains("/oauth2/login?")
}

/// Tells whether both say the same, as far as a REST API lets vestibule say it. A script there gets a fixed text
/// for every 401. A path that the API decodes to another one is refused before the rules, for the same cause.
fn is_same(front: StoryFront, explained: &Outcome, answered: &Outcome) -> bool {
    let (Outcome::Refused(told), Outcome::Refused(met)) = (explained, answered) else {
        return explained == answered;
    };
    let by_authorizer = match met.as_str() {
        "unauthorized" => front.status_of(told) == 401,
        "path_mismatch" => told == "ambiguous_path",
        _ => false,
    };
    told == met || front == StoryFront::Rest && by_authorizer
}

async fn hold_together(name: &str, setup: Setup, requests: impl IntoIterator<Item = Asked>) -> Vec<String> {
    let world = setup.build();
    let people = People::of(&world).await;
    let file = file(&world, name);
    let mut differences = Vec::new();
    for asked in requests {
        // Nobody can sign in where that is off.
        let is_somebody = matches!(asked.who, Caller::Admin | Caller::Guest) && people.admin.is_empty();
        let asked = if is_somebody { Asked { who: Caller::Nobody, ..asked } } else { asked };
        let (told, met) = (explained(&world, &file, &asked), answered(&world, &people, &asked).await);
        if !is_same(world.front, &told, &met) {
            differences.push(format!("{name} {asked:?}: explained {told:?}, answered {met:?}"));
        }
    }
    differences
}

const PATHS: [&str; 40] = [
    "/",
    "/get",
    "/anything/a",
    "/anything/a/",
    "/anything/a.php",
    "/anything/a/b",
    "/anything/a/b/c",
    "/anything/A",
    "/anything/%61",
    "/anything/a%20b",
    "/anything/%C3%A4",
    "/anything/a%2fb",
    "/anything/a%252fb",
    "/anything/a%25b",
    "/anything/a%23b",
    "/anything/a%3fb",
    "/anything/a;b",
    "/anything/a//b",
    "/anything/a/../b",
    "/anything/a/./b",
    "/anything/a%ff",
    "/anything/open",
    "/anything/open/",
    "/anything/open?x=1",
    "/anything/account",
    "/anything/account?code=a&state=b",
    "/anything/Account?state=b",
    "/get?logout=",
    "/get?logout=true&x=1",
    "/get?Logout=1",
    "/anything/log-out",
    "/anything/log-out/",
    "/oauth2",
    "/oauth2/",
    "/oauth2/nothing",
    "/OAUTH2/login",
    "/%6fauth2/login",
    "/oauth2/login",
    "/oauth2/session",
    "/oauth2/health",
];

/// Generated for each front.
const CONFIGURATIONS: usize = 10;

const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"];

/// Every other path, with a client and a method that differ from one configuration and front to the next.
fn requests(configuration: usize, front: StoryFront) -> impl Iterator<Item = Asked> {
    let turn = configuration + front as usize;
    PATHS.into_iter().enumerate().skip(turn % 2).step_by(2).map(move |(index, target)| {
        let method = if index % 4 < 2 { "GET" } else { METHODS[(index / 4 + turn) % METHODS.len()] };
        Asked { method, target, who: EVERYBODY[(index / 2 + turn) % EVERYBODY.len()] }
    })
}

fn configurations() -> Vec<(&'static str, Vec<(&'static str, Value)>)> {
    let open = json!([{"paths": ["/anything/open"], "auth": "none"}, {"paths": ["/*"], "groups_required": "admins"}]);
    vec![
        ("bare", vec![]),
        (
            "overlapping",
            vec![(
                "routes",
                json!([
                    {"paths": ["/anything/a"], "methods": ["POST"], "auth": "none"},
                    {"paths": ["/anything/a"], "groups_required": ["admins"]},
                    {"paths": ["/anything/a/b/*"], "auth": "optional"},
                    {"paths": ["/anything/a/*"], "path_matching": "prefix", "groups_required": ["staff", "admins eu"]},
                    {"paths": ["/anything/*"], "methods": ["GET"], "auth": "none"},
                ]),
            )],
        ),
        ("groups", vec![("groups_required", json!(["admins"])), ("routes", open.clone())]),
        (
            "scopes",
            vec![("scopes_required", json!(["email", "write"])), ("audience_required", json!("nobody"))],
        ),
        (
            "decoding",
            vec![(
                "routes",
                json!([
                    {"paths": ["/anything/*"], "path_decoding": "once", "groups_required": "admins"},
                    {"paths": ["/*"], "auth": "optional"},
                ]),
            )],
        ),
        ("forbidden", vec![("forbidden_redirect_uri", json!("/anything/open")), ("routes", open.clone())]),
        (
            "forbidden elsewhere",
            vec![
                ("forbidden_redirect_uri", json!("https://help.example.com/denied?from=app")),
                ("routes", open.clone()),
            ],
        ),
        (
            "unauthorized",
            vec![
                ("unauthorized_redirect_uri", json!("/anything/open")),
                ("auth_methods", json!(["session", "bearer"])),
                ("routes", open.clone()),
            ],
        ),
        ("bearer alone", vec![("auth_methods", json!("bearer"))]),
        (
            "session alone",
            vec![
                ("auth_methods", json!("authorization_code")),
                ("login_redirect_uri", json!("https://other.example.com/in")),
            ],
        ),
        (
            "sign-out",
            vec![
                ("logout_query_arg", json!("logout")),
                ("logout_uri_suffix", json!("/log-out")),
                ("logout_methods", json!(["GET", "DELETE"])),
                ("logout_redirect_uri", json!("https://other.example.com/out")),
                ("routes", open.clone()),
            ],
        ),
        ("callback", vec![("redirect_uri", json!("http://localhost:8400/anything/account"))]),
        (
            "open callback",
            vec![
                (
                    "redirect_uri",
                    json!(["http://localhost:8400/anything/account", "http://localhost:8400/anything/a"]),
                ),
                ("routes", json!([{"paths": ["/anything/*"], "auth": "none"}])),
            ],
        ),
        (
            "own issuer is not accepted",
            vec![(
                "bearer_issuers",
                json!([{"issuer": "https://id.example.com", "jwks_endpoint": "https://id.example.com/jwks", "audiences": ["api"]}]),
            )],
        ),
    ]
}

fn set(setup: Setup, keys: Vec<(&'static str, Value)>) -> Setup {
    let setup = setup.provider(|options| {
        for path in ["account", "a"] {
            options.clients[0].callback_urls.push(format!("http://localhost:8400/anything/{path}"));
        }
    });
    keys.into_iter().fold(setup, |setup, (key, value)| setup.set(key, value))
}

#[fronts(every_front)]
async fn every_kind_of_configuration_is_explained_as_it_is_answered() {
    let front = StoryFront::current();
    let mut differences = Vec::new();
    for (index, (name, keys)) in configurations().into_iter().enumerate() {
        // An API with an authorizer decodes paths itself.
        if name == "decoding" && !front.is_proxy() {
            continue;
        }
        differences.extend(hold_together(name, set(Setup::default(), keys), requests(index, front)).await);
    }
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}

fn rule(front: StoryFront) -> impl Strategy<Value = Value> {
    let paths = vec![
        "/*",
        "/anything/*",
        "/anything/a",
        "/anything/a/",
        "/anything/a/*",
        "/anything/a/b/*",
        "/anything/open",
    ];
    let keys = (
        subsequence(paths, 1..3),
        subsequence(METHODS.to_vec(), 0..3),
        select(vec!["required", "required", "optional", "none"]),
        select(vec!["segment", "prefix"]),
        select(vec!["any", "once"]),
        select(vec![
            Value::Null,
            Value::Null,
            json!("admins"),
            json!(["staff", "admins eu"]),
            json!(["staff", "admins"]),
        ]),
    );
    keys.prop_map(move |(paths, methods, auth, matching, decoding, groups)| {
        let mut rule = json!({"paths": paths, "auth": auth, "path_matching": matching});
        if front.is_proxy() {
            rule["path_decoding"] = decoding.into();
        }
        if !methods.is_empty() {
            rule["methods"] = json!(methods);
        }
        if auth == "required" && !groups.is_null() {
            rule["groups_required"] = groups;
        }
        rule
    })
}

/// Tells whether a function would start with these rules.
fn is_sound(front: StoryFront, rules: &[Value]) -> bool {
    let mut document = json!({
        "issuer": "https://id.example.com",
        "client_id": "application",
        "client_auth": "none",
        "public_url": "https://app.example.com",
        "session_secret": "a text of at least thirty-two bytes",
        "routes": rules,
    });
    if front.is_proxy() {
        document["upstream_url"] = "https://web.example.com".into();
    }
    let role = if front.is_proxy() { Role::Proxy } else { Role::Authorizer };
    let document = document.to_string();
    let sources = Sources { document: Some(&document), ..Sources::default() };
    Configuration::from_sources(&sources, role).is_ok()
}

#[fronts(every_front)]
async fn generated_rules_are_explained_as_they_are_answered() {
    let front = StoryFront::current();
    let mut runner = TestRunner::deterministic();
    let rules = proptest::collection::vec(rule(front), 1..5);
    let mut differences = Vec::new();
    let mut configurations = 0;
    while configurations < CONFIGURATIONS {
        let rules = rules.new_tree(&mut runner).unwrap().current();
        if !is_sound(front, &rules) {
            continue;
        }
        configurations += 1;
        let name = json!(rules).to_string();
        let asked = (select(&METHODS[..]), select(&PATHS[..]), select(&EVERYBODY[..]));
        let asked = asked.prop_map(|(method, target, who)| Asked { method, target, who });
        let asked = proptest::collection::vec(asked, 20).new_tree(&mut runner).unwrap().current();
        let setup = Setup::default().set("routes", rules);
        for difference in hold_together("generated", setup, asked).await {
            differences.push(format!("{difference}: {name}"));
        }
    }
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}
