//! Imports of Kong's configurations: ten times as many entities of one kind cost at most about ten times as much.

use std::env;
use std::hint::black_box;
use std::thread;

use kong::{Import, InputFile};
use serde_json::{Value, json};

use crate::{SHARE, SHARES, assert_installed, counts_of, superlinear};

/// The kind of entities, their number, and a configuration with that many beside a few others.
struct Kind {
    name: &'static str,
    size: usize,
    document: fn(usize) -> Value,
}

/// The applications are fewer, because each is validated as a function would do it.
const KINDS: [Kind; 11] = [
    Kind { name: "routes", size: 3, document: routes },
    Kind { name: "routes of one path", size: 3, document: routes_of_one_path },
    Kind { name: "routes with expressions", size: 3, document: expressions },
    Kind { name: "paths of a route", size: 3, document: paths },
    Kind { name: "services", size: 3, document: services },
    Kind { name: "hosts", size: 1, document: hosts },
    Kind { name: "plugins of one client", size: 3, document: plugins },
    Kind { name: "clients of one host", size: 1, document: clients },
    Kind { name: "groups", size: 3, document: groups },
    Kind { name: "callbacks", size: 3, document: callbacks },
    Kind { name: "consumers", size: 3, document: consumers },
];

#[test]
fn ten_times_as_many_entities_cost_at_most_thirteen_times_as_much() {
    assert_installed();
    let faults_of = |share| {
        let kinds = || KINDS.iter().skip(share).step_by(SHARES);
        let counts = counts_of("import::the_dimensions_run_under_valgrind", share, 3 * kinds().count());
        superlinear(kinds().map(|kind| (kind.name, kind.size)), &counts)
    };
    let faults = thread::scope(|scope| {
        let counting: Vec<_> = (0..SHARES).map(|share| scope.spawn(move || faults_of(share))).collect();
        counting.into_iter().map(|thread| thread.join().unwrap()).collect::<String>()
    });
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
#[ignore = "the other test runs it under valgrind"]
fn the_dimensions_run_under_valgrind() {
    let Ok(share) = env::var(SHARE) else { return };
    for Kind { name, size, document } in KINDS.iter().skip(share.parse().unwrap()).step_by(SHARES) {
        for number in [0, *size, 10 * size] {
            let text = document(number).to_string();
            let files = vec![InputFile { name: "kong.json".to_owned(), text }];
            let import = written_after(files);
            assert!(import.report.settings.len() > number, "{number} {name}");
        }
    }
}

/// Valgrind identifies these two functions by name, as those of the other test.
#[inline(never)]
fn written_after(files: Vec<InputFile>) -> Import {
    black_box(answer_counted(files))
}

#[inline(never)]
fn answer_counted(files: Vec<InputFile>) -> Import {
    kong::import(files, |_| None).unwrap()
}

fn sign_in(more: &Value) -> Value {
    let mut config =
        json!({ "issuer": "https://id.example.com", "client_id": ["web"], "client_secret": ["a secret"] });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "name": "openid-connect", "config": config })
}

fn service(name: &str, routes: &[Value], plugins: &[Value]) -> Value {
    json!({ "name": name, "url": format!("https://{name}.example.org"), "routes": routes, "plugins": plugins })
}

/// A service with sign-in, and others beside it.
fn gateway(first: Value, others: Vec<Value>) -> Value {
    let services: Vec<Value> = std::iter::once(first).chain(others).collect();
    json!({ "_format_version": "3.0", "services": services })
}

fn route(number: usize, more: &Value) -> Value {
    let mut route = json!({ "name": format!("route-{number}") });
    route.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    route
}

/// The service `web` with the route `/start` and further routes.
fn web(further: impl Iterator<Item = Value>) -> Value {
    let start = json!({ "name": "start", "hosts": ["web.example.com"], "paths": ["/start"] });
    let routes: Vec<Value> = std::iter::once(start).chain(further).collect();
    service("web", &routes, &[sign_in(&json!({}))])
}

fn routes(number: usize) -> Value {
    gateway(web((0..number).map(|at| route(at, &json!({ "paths": [format!("/path-{at}/x")] })))), Vec::new())
}

fn routes_of_one_path(number: usize) -> Value {
    gateway(web((0..number).map(|at| route(at, &json!({ "paths": ["/path"] })))), Vec::new())
}

fn expressions(number: usize) -> Value {
    let expression =
        |at| json!({ "expression": format!("http.path ^= \"/path-{at}\" && http.method == \"GET\"") });
    gateway(web((0..number).map(|at| route(at, &expression(at)))), Vec::new())
}

fn paths(number: usize) -> Value {
    let paths: Vec<String> = (0..=number).map(|at| format!("/path-{at}")).collect();
    gateway(web(std::iter::once(route(0, &json!({ "paths": paths })))), Vec::new())
}

fn services(number: usize) -> Value {
    let other =
        |at| service(&format!("s{at}"), &[route(at, &json!({ "paths": [format!("/path-{at}")] }))], &[]);
    gateway(web(std::iter::empty()), (0..number).map(other).collect())
}

fn hosts(number: usize) -> Value {
    let host = |at| json!({ "hosts": [format!("host-{at}.example.com")], "paths": ["/"] });
    gateway(web((0..number).map(|at| route(at, &host(at)))), Vec::new())
}

fn plugins(number: usize) -> Value {
    let other = |at: usize| {
        let requires = sign_in(&json!({ "groups_required": [format!("group-{at}")] }));
        service(&format!("s{at}"), &[route(at, &json!({ "paths": [format!("/path-{at}")] }))], &[requires])
    };
    gateway(web(std::iter::empty()), (0..number).map(other).collect())
}

fn clients(number: usize) -> Value {
    let other = |at: usize| {
        let client = sign_in(&json!({ "client_id": [format!("client-{at}")] }));
        service(&format!("s{at}"), &[route(at, &json!({ "paths": [format!("/path-{at}")] }))], &[client])
    };
    gateway(web(std::iter::empty()), (0..number).map(other).collect())
}

/// The only route has the values of a setting.
fn only(config: &Value) -> Value {
    let route = route(0, &json!({ "hosts": ["web.example.com"], "paths": ["/"] }));
    gateway(service("web", &[route], &[sign_in(config)]), Vec::new())
}

fn groups(number: usize) -> Value {
    let groups: Vec<String> = (0..=number).map(|at| format!("group-{at}")).collect();
    only(&json!({ "groups_required": groups }))
}

fn callbacks(number: usize) -> Value {
    let callbacks: Vec<String> =
        (0..=number).map(|at| format!("https://web.example.com/back-{at}")).collect();
    only(&json!({ "redirect_uri": callbacks }))
}

fn consumers(number: usize) -> Value {
    let mut document = only(&json!({ "consumer_claim": ["sub"], "anonymous": "consumer-0" }));
    document["consumers"] = (0..=number)
        .map(|at| json!({ "username": format!("consumer-{at}"), "acls": [{ "group": "a" }] }))
        .collect();
    document
}
