//! Compares the written rules with a model of Kong's router, over many small gateways.

use kong::{InputFile, import};
use serde_json::{Value, json};

use super::imported;
use super::opened::Passes::{Everybody, Nobody, SignedIn};
use super::opened::passes;

/// A path in Kong's syntax, and the paths that it matches.
type Path = (&'static str, fn(&str) -> bool);

static PATHS: [Path; 14] = [
    ("/", |path| path.starts_with('/')),
    ("/a", |path| path.starts_with("/a")),
    ("/a/", |path| path.starts_with("/a/")),
    ("/ab", |path| path.starts_with("/ab")),
    ("/a/b", |path| path.starts_with("/a/b")),
    ("/a/b/", |path| path.starts_with("/a/b/")),
    ("/abc/d", |path| path.starts_with("/abc/d")),
    ("/b", |path| path.starts_with("/b")),
    ("~/a$", |path| path == "/a"),
    ("~/a/b", |path| path.starts_with("/a/b")),
    ("~/a/\\d+$", |path| path.strip_prefix("/a/").is_some_and(is_number)),
    ("~/ab?$", |path| path == "/a" || path == "/ab"),
    ("~/(a|b)c", |path| path.starts_with("/ac") || path.starts_with("/bc")),
    ("~/a\\d", |path| {
        path.strip_prefix("/a").is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
    }),
];

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

const ASKED: [&str; 25] = [
    "/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/a/bc", "/a/7", "/a/7/x", "/a/x", "/ab", "/ab/", "/ab/c",
    "/abc", "/abc/d", "/abc/de", "/abc/d/e", "/ac", "/ac/x", "/a7", "/a7/x", "/a.php", "/b", "/bc", "/c",
];

struct Route {
    path: &'static Path,
    methods: &'static [&'static str],
    is_closed: bool,
    strips: bool,
    priority: i64,
}

/// A random sequence that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn one_of<T>(&mut self, all: &'static [T]) -> &'static T {
        let place = self.below(all.len());
        all.get(place).unwrap()
    }
}

fn routes(numbers: &mut Numbers) -> Vec<Route> {
    static METHODS: [&[&str]; 4] = [&[], &[], &["GET"], &["POST", "GET"]];
    let mut routes = Vec::new();
    for _ in 0..numbers.below(5) + 2 {
        routes.push(Route {
            path: numbers.one_of(&PATHS),
            methods: numbers.one_of::<&[&str]>(&METHODS),
            is_closed: numbers.below(2) == 0,
            strips: numbers.below(2) == 0,
            priority: i64::try_from(numbers.below(2)).unwrap(),
        });
    }
    // Without such a route there is no application.
    routes.first_mut().unwrap().is_closed = true;
    routes
}

fn document(routes: &[Route]) -> Value {
    let plugin = json!({ "name": "openid-connect", "config": { "issuer": "https://id.example.com", "client_id": ["a"], "client_secret": ["s"] } });
    let route = |(number, route): (usize, &Route)| {
        json!({
            "name": format!("r{number}"),
            "paths": [route.path.0],
            "methods": route.methods,
            "strip_path": route.strips,
            "regex_priority": route.priority,
            "plugins": if route.is_closed { vec![plugin.clone()] } else { Vec::new() },
        })
    };
    let routes: Vec<Value> = routes.iter().enumerate().map(route).collect();
    json!({ "_format_version": "3.0", "services": [{ "name": "web", "url": "http://web.example.com", "routes": routes }] })
}

/// Whether Kong routes a request to a route with sign-in, or may do so: of two routes with the same rank the
/// older one gets it. `None` if no route accepts it.
fn asks(routes: &[Route], method: &str, path: &str) -> Option<bool> {
    let takes =
        |route: &&Route| (route.methods.is_empty() || route.methods.contains(&method)) && route.path.1(path);
    let rank = |route: &Route| {
        let text = route.path.0;
        let is_regex = text.starts_with('~');
        let order = if is_regex { route.priority } else { i64::try_from(text.len()).unwrap() };
        (!route.methods.is_empty(), is_regex, order)
    };
    let taking: Vec<&Route> = routes.iter().filter(takes).collect();
    let first = taking.iter().map(|route| rank(route)).max()?;
    Some(taking.iter().any(|route| rank(route) == first && route.is_closed))
}

#[test]
fn nobody_gets_further_than_in_kong() {
    let mut numbers = Numbers(20_261_128);
    let (mut asked, mut stricter) = (0, 0);
    let mut wrong = Vec::new();
    for _ in 0..300 {
        let routes = routes(&mut numbers);
        let text = document(&routes).to_string();
        let file = InputFile { name: "kong.json".to_owned(), text: text.clone() };
        let first = import(vec![file.clone()], |_| None).unwrap().report.first.join("\n");
        assert!(!first.contains("cannot be written"), "{text}");
        let configuration = imported::configuration(vec![file], "r0");
        for path in ASKED {
            for method in ["GET", "POST", "PUT"] {
                let told = passes(&configuration, method, path);
                asked += 1;
                match asks(&routes, method, path) {
                    // The rule for an expression covers more paths than it matches, and those need sign-in at
                    // least.
                    None if told == Everybody => {
                        wrong.push(format!("{method} {path}: {told:?}, and no route in {text}"));
                    }
                    Some(true) if told == Everybody => {
                        wrong.push(format!("{method} {path}: {told:?} in {text}"));
                    }
                    Some(false) if told != Everybody => stricter += 1,
                    _ => {}
                }
                assert!(matches!(told, Everybody | SignedIn | Nobody));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}: {:#?}", wrong.len(), wrong.iter().take(5).collect::<Vec<_>>());
    // A rule may require more than Kong if regular expressions or partial segments are involved.
    assert!(stricter * 4 < asked, "{stricter} of {asked} are stricter");
}
