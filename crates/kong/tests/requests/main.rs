//! Checks the written configurations against Kong's documentation, request by request.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod changed;
mod compared;
mod formats;
mod imported;
mod opened;

use std::path::Path;

use http::Method;
use kong::InputFile;
use relying_party::configuration::Configuration;
use relying_party::gate::route::Auth;
use serde_json::{Map, Value, json};

/// The response to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The request passes for everybody.
    Open,
    /// The request passes.
    Passes,
    /// A browser without a session has to sign in.
    SignIn,
    /// The user is signed in but not allowed.
    Forbidden,
}
use Answer::{Forbidden, Open, Passes, SignIn};

/// The caller: an anonymous one, or a user in these groups.
type Caller = Option<&'static [&'static str]>;
const NOBODY: Caller = None;
const ANYBODY: Caller = Some(&[]);

fn configuration(folder: &str, application: &str) -> Configuration {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kong").join(folder).join("input");
    let mut paths: Vec<_> = std::fs::read_dir(input).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files = paths
        .into_iter()
        .map(|path| InputFile {
            name: path.display().to_string(),
            text: std::fs::read_to_string(path).unwrap(),
        })
        .collect();
    imported::configuration(files, application)
}

fn answer(configuration: &Configuration, method: &str, path: &str, who: Caller) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let matched = configuration.routes.decide(&method, path).unwrap();
    let claims = |groups: &[&str]| -> Map<String, Value> {
        let mut claims = Map::new();
        for name in ["cognito:groups", "groups"] {
            claims.insert(name.to_owned(), json!(groups));
        }
        claims.insert("realm_access".to_owned(), json!({ "groups": groups }));
        claims
    };
    match (matched.auth(), who) {
        (Auth::None, _) | (Auth::Optional, None) => Open,
        (Auth::Required, None) => SignIn,
        (_, Some(groups)) => match matched.satisfied(&claims(groups), Some("openid email")) {
            Ok(()) => Passes,
            Err(_) => Forbidden,
        },
    }
}

fn holds(configuration: &Configuration, table: &[(&str, &str, Caller, Answer)]) {
    for (method, path, who, expected) in table {
        assert_eq!(answer(configuration, method, path, *who), *expected, "{method} {path} {who:?}");
    }
}

/// The plugin on a route protects that route's paths; a path without a route is refused (Kong: 404).
#[test]
fn one_route() {
    holds(
        &configuration("shared-oidc", "openid-connect1"),
        &[
            ("GET", "/oidc-route", NOBODY, SignIn),
            ("GET", "/oidc-route/get", NOBODY, SignIn),
            ("GET", "/oidc-route/get", ANYBODY, Passes),
            ("DELETE", "/oidc-route/get", ANYBODY, Passes),
            ("GET", "/", ANYBODY, Forbidden),
            ("GET", "/other", NOBODY, SignIn),
            ("GET", "/other", ANYBODY, Forbidden),
        ],
    );
}

/// The plugin of a route takes precedence over its service's, and that over the global one.
#[test]
fn precedence_of_levels() {
    let plugin = |indent: &str, group: &str| {
        format!(
            "{indent}- name: openid-connect\n{indent}  config: {{issuer: https://id.example.com, client_id: [a], client_secret: [s], groups_required: [{group}]}}\n"
        )
    };
    let text = format!(
        "_format_version: \"3.0\"\nservices:\n- name: a\n  url: http://a.example.com\n  plugins:\n{}  routes:\n  - name: a1\n    hosts: [x.example.com]\n    paths: [/a1]\n    plugins:\n{}  - name: a2\n    hosts: [x.example.com]\n    paths: [/a2]\n- name: b\n  url: http://b.example.com\n  routes:\n  - name: b\n    hosts: [x.example.com]\n    paths: [/b]\nplugins:\n{}",
        plugin("  ", "service"),
        plugin("    ", "route"),
        plugin("", "everything")
    );
    let configuration = imported::configuration(vec![InputFile { name: "kong.yaml".to_owned(), text }], "a1");
    let rows = [("/a1", "route"), ("/a2", "service"), ("/b", "everything")];
    for (path, group) in rows {
        for (_, other) in rows {
            let groups: Caller = Some(match other {
                "route" => &["route"],
                "service" => &["service"],
                _ => &["everything"],
            });
            let expected = if group == other { Passes } else { Forbidden };
            assert_eq!(answer(&configuration, "GET", path, groups), expected, "{path} {other}");
        }
        assert_eq!(answer(&configuration, "GET", path, NOBODY), SignIn);
    }
}

const ADMINS: Caller = Some(&["admins"]);
const STAFF: Caller = Some(&["staff"]);
const BOTH: Caller = Some(&["staff", "admins"]);
const EXPORTERS: Caller = Some(&["exporters"]);

/// Tests a dozen services on several hosts: the longest path comes first, regular expressions come before
/// plain paths; methods, `acl`, routes that other plugins protect, and the routes of other applications.
#[test]
fn the_fleet() {
    holds(
        &configuration("fleet", "front-account-www-example-com"),
        &[
            ("GET", "/", NOBODY, Open),
            ("GET", "/anything", NOBODY, Open),
            ("GET", "/account", NOBODY, SignIn),
            ("GET", "/account/", NOBODY, SignIn),
            ("GET", "/account/me", ANYBODY, Passes),
            ("GET", "/health", NOBODY, Open),
            ("GET", "/orders", ANYBODY, Passes),
            ("GET", "/orders/admin", ANYBODY, Forbidden),
            ("GET", "/orders/admin", ADMINS, Passes),
            ("GET", "/orders/admin/x", Some(&["staff"]), Forbidden),
            ("GET", "/orders/admin/x", Some(&["staff", "orders"]), Passes),
            ("GET", "/orders/7/export", NOBODY, SignIn),
            ("GET", "/orders/7/export", ANYBODY, Forbidden),
            ("GET", "/orders/7/export", EXPORTERS, Passes),
            ("GET", "/search", NOBODY, Open),
            ("PUT", "/search", NOBODY, SignIn),
            ("PUT", "/search/1", ANYBODY, Forbidden),
            ("DELETE", "/search/1", ADMINS, Passes),
            ("POST", "/search", NOBODY, Open),
            ("GET", "/chat", ANYBODY, Forbidden),
            ("GET", "/chat", Some(&["chatters"]), Passes),
            ("GET", "/chat/bots", Some(&["chatters"]), Forbidden),
            ("GET", "/media/film", Some(&["admins"]), Forbidden),
            ("GET", "/media/public/film", NOBODY, Open),
            ("GET", "/media/public", NOBODY, SignIn),
            ("GET", "/legacy/page", ANYBODY, Forbidden),
            ("GET", "/legacy/page", Some(&["consumers"]), Passes),
            ("GET", "/legacy/static/a.css", NOBODY, Open),
            // A request to the application `billing`.
            ("GET", "/billing", ADMINS, Forbidden),
            ("POST", "/billing/hook", ADMINS, Forbidden),
        ],
    );
    holds(
        &configuration("fleet", "billing"),
        &[
            ("GET", "/billing", NOBODY, SignIn),
            ("GET", "/billing/invoice", ANYBODY, Passes),
            // Kong requires an API key here, which has no counterpart.
            ("POST", "/billing/hook", ANYBODY, Forbidden),
            ("GET", "/account", ANYBODY, Forbidden),
        ],
    );
    holds(
        &configuration("fleet", "reports"),
        &[
            ("GET", "/reports", ANYBODY, Passes),
            // A header distinguishes two routes, so the rule requires what both require.
            ("GET", "/reports/raw", ANYBODY, Forbidden),
            ("GET", "/reports/raw", Some(&["analysts"]), Passes),
            ("GET", "/models", ANYBODY, Forbidden),
            ("GET", "/models", Some(&["science"]), Passes),
            ("GET", "/models/v1", NOBODY, Open),
            ("GET", "/status/admin", ADMINS, Forbidden),
        ],
    );
    // The anonymous consumer may pass everywhere.
    holds(
        &configuration("fleet", "wiki"),
        &[("GET", "/", NOBODY, Open), ("GET", "/edit/x", NOBODY, Open), ("GET", "/edit/x", ANYBODY, Passes)],
    );
}

/// A route with a server name may get any request, so every request needs what it requires. So may one with an
/// expression whose paths cannot be read.
#[test]
fn a_condition_that_rules_do_not_see_opens_nothing() {
    for condition in [
        "expression: 'http.path contains \"/admin\"'",
        "expression: 'lower(http.path) ^= \"/admin\"'",
        "expression: 'http.path ^= \"/admin\"'\n    paths: [/]",
        "snis: [x.example.com]\n    paths: [/]",
        "headers: {x-y: [z]}\n    paths: [/]",
    ] {
        let text = format!(
            "_format_version: \"3.0\"\nservices:\n- name: a\n  url: http://a.example.com\n  routes:\n  - name: open\n    paths: [/]\n  - name: longer\n    paths: [/a]\n    strip_path: false\n  - name: closed\n    {condition}\n    plugins:\n    - name: openid-connect\n      config: {{issuer: https://id.example.com, client_id: [a], client_secret: [s], groups_required: [admins]}}\n"
        );
        let configuration =
            imported::configuration(vec![InputFile { name: "kong.yaml".to_owned(), text }], "closed");
        for path in ["/", "/admin", "/a", "/a/b"] {
            let table = [
                ("GET", path, NOBODY, SignIn),
                ("GET", path, ANYBODY, Forbidden),
                ("GET", path, ADMINS, Passes),
            ];
            holds(&configuration, &table);
        }
    }
}

/// Kong answers 404 for a path that no expression matches.
#[test]
fn the_paths_of_expressions_are_all_there_is() {
    let text = r#"
_format_version: "3.0"
services:
- name: shop
  url: http://shop.example.com
  plugins:
  - name: openid-connect
    config: {issuer: https://id.example.com, client_id: [a], client_secret: [s], redirect_uri: ["https://shop.example.com/cb"]}
  routes:
  - {name: prefix, expression: 'http.path ^= "/orders" && http.method == "GET"', priority: 100, strip_path: false}
  - {name: exact, expression: '(http.host == "shop.example.com") && (http.path == "/one" || http.path ~ "^/re/\\d+$")', strip_path: false}
  - {name: header, expression: 'http.path ^= "/beta" && http.headers.x_beta == "1"', strip_path: false}
"#;
    let file = InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() };
    let import = kong::import(vec![file], |_| None).unwrap();
    assert!(!import.report.first.iter().any(|line| line.contains("404")), "{:?}", import.report.first);
    let file = InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() };
    let configuration = imported::configuration(vec![file], "shop");
    holds(
        &configuration,
        &[
            ("GET", "/orders", NOBODY, SignIn),
            ("GET", "/orders/7", ANYBODY, Passes),
            ("POST", "/orders/7", ANYBODY, Forbidden),
            ("GET", "/one", ANYBODY, Passes),
            ("GET", "/one/more", ANYBODY, Forbidden),
            ("GET", "/re/5", ANYBODY, Passes),
            ("GET", "/beta", ANYBODY, Passes),
            ("GET", "/", ANYBODY, Forbidden),
            ("GET", "/nothing", ANYBODY, Forbidden),
        ],
    );
}

/// The `priority` of an expression decides, the greater one first (Kong Gateway, "Expressions router"). Two of one
/// priority, and one whose priority is a placeholder or octal in YAML 1.1, may both get a request. One that asks for
/// more than its path does not hide those after it.
#[test]
fn the_priority_of_expressions_decides() {
    let plugin = |group: &str| {
        format!(
            "plugins: [{{name: openid-connect, config: {{issuer: https://id.example.com, client_id: [a], client_secret: [s], groups_required: [{group}]}}}}]"
        )
    };
    let text = format!(
        "_format_version: \"3.0\"\nservices:\n- name: shop\n  url: http://shop.example.com\n  routes:\n  - {{name: all, expression: 'http.path ^= \"/\"', priority: 1, {}}}\n  - {{name: admin, expression: 'http.path ^= \"/admin\"', priority: 50, {}}}\n  - {{name: open, expression: 'http.path ^= \"/admin/open\"', priority: 10}}\n  - {{name: first, expression: 'http.path ^= \"/admin/first\"', priority: 70368744177663}}\n  - {{name: one, expression: 'http.path == \"/same\"', priority: 7, {}}}\n  - {{name: two, expression: 'http.path == \"/same\"', priority: 7, {}}}\n  - {{name: unknown, expression: 'http.path ^= \"/unknown\"', priority: $PRIORITY, {}}}\n  - {{name: part, expression: 'http.path ^= \"/part\" && http.headers.x == \"y\"', priority: 60, {}}}\n  - {{name: guarded, expression: 'http.path ^= \"/octal\"', priority: 70, {}}}\n  - {{name: octal, expression: 'http.path ^= \"/octal\"', priority: 0100}}\n  - {{name: tls, expression: 'net.protocol == \"https\" && http.path ^= \"/tls\"', priority: 90}}\n",
        plugin("staff"),
        plugin("admins"),
        plugin("staff"),
        plugin("admins"),
        plugin("admins"),
        plugin("admins"),
        plugin("admins"),
    );
    let configuration =
        imported::configuration(vec![InputFile { name: "kong.yaml".to_owned(), text }], "all");
    holds(
        &configuration,
        &[
            ("GET", "/", STAFF, Passes),
            ("GET", "/", ADMINS, Forbidden),
            ("GET", "/admin", ADMINS, Passes),
            ("GET", "/admin", STAFF, Forbidden),
            ("GET", "/admin/open", NOBODY, SignIn),
            ("GET", "/admin/open", ADMINS, Passes),
            ("GET", "/admin/first", NOBODY, Open),
            ("GET", "/same", STAFF, Forbidden),
            ("GET", "/same", ADMINS, Forbidden),
            ("GET", "/same", BOTH, Passes),
            ("GET", "/unknown", ADMINS, Forbidden),
            ("GET", "/unknown", BOTH, Passes),
            ("GET", "/part", ADMINS, Forbidden),
            ("GET", "/part", STAFF, Forbidden),
            ("GET", "/part", BOTH, Passes),
            ("GET", "/octal", NOBODY, SignIn),
            ("GET", "/octal", ADMINS, Passes),
            ("GET", "/tls", NOBODY, SignIn),
            ("GET", "/tls", STAFF, Passes),
        ],
    );
}

/// A request goes to the service of an expression that says all about it, and else to that of the plain path
/// around it.
#[test]
fn a_whole_expression_has_its_own_application() {
    let text = r#"
_format_version: "3.0"
services:
- {name: web, url: "http://web.example.com", routes: [{name: web, paths: [/], strip_path: false}]}
- {name: orders, url: "http://orders.example.com", routes: [{name: orders, expression: 'http.path ^= "/orders"', strip_path: false}]}
- {name: beta, url: "http://beta.example.com", routes: [{name: beta, expression: 'http.path ^= "/beta" && http.headers.x == "y"', strip_path: false}]}
plugins:
- {name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s]}}
"#;
    let import =
        kong::import(vec![InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() }], |_| None);
    let import = import.unwrap();
    let target = |requests: &str| {
        let routes = &import.applications.first().unwrap().routes;
        let placed = routes.iter().find(|placed| placed.requests.contains(requests)).unwrap();
        placed.target.clone()
    };
    assert_eq!(target("`/orders/*`"), "orders, http://orders.example.com");
    assert_eq!(target("`/beta/*`"), "web, http://web.example.com");
    assert_eq!(target("`/*`"), "web, http://web.example.com");
}

/// A route without hosts takes every host, that of the callback too.
#[test]
fn routes_without_hosts_are_of_the_application_of_the_callback() {
    let text = r#"
_format_version: "3.0"
services:
- name: shop
  url: http://shop.example.com
  plugins:
  - name: openid-connect
    config: {issuer: https://id.example.com, client_id: [a], client_secret: [s], redirect_uri: ["https://shop.example.com/cb"]}
  routes:
  - {name: named, hosts: [shop.example.com], paths: [/named]}
  - {name: nameless, paths: [/nameless]}
"#;
    let file = || InputFile { name: "kong.yaml".to_owned(), text: text.to_owned() };
    let import = kong::import(vec![file()], |_| None).unwrap();
    let names: Vec<&str> = import.applications.iter().map(|application| application.name.as_str()).collect();
    assert_eq!(names, ["shop"]);
    holds(
        &imported::configuration(vec![file()], "shop"),
        &[
            ("GET", "/named", ANYBODY, Passes),
            ("GET", "/nameless", ANYBODY, Passes),
            ("GET", "/other", ANYBODY, Forbidden),
        ],
    );
}

/// If an expression may match any path, the first lines of the report say so.
#[test]
fn an_open_part_of_an_expression_is_told_first() {
    for expression in [r#"http.path contains "/a""#, r#"http.headers.x == "y""#, "$EXPRESSION"] {
        let text = format!(
            "_format_version: \"3.0\"\nservices:\n- name: a\n  url: http://a.example.com\n  routes:\n  - name: odd\n    expression: '{expression}'\n    plugins:\n    - name: openid-connect\n      config: {{issuer: https://id.example.com, client_id: [a], client_secret: [s]}}\n"
        );
        let import = kong::import(vec![InputFile { name: "kong.yaml".to_owned(), text }], |_| None).unwrap();
        let says = |line: &String| line.contains("404") && line.contains("`odd`");
        assert!(import.report.first.iter().any(says), "{:?}", import.report.first);
    }
}

/// The entries are alternatives, the words in an entry are all required, and the claim is nested.
#[test]
fn requirements() {
    holds(
        &configuration("format-db-export", "wiki"),
        &[
            ("GET", "/", NOBODY, SignIn),
            ("GET", "/", ANYBODY, Forbidden),
            ("GET", "/", Some(&["staff"]), Forbidden),
            ("GET", "/", Some(&["staff", "wiki"]), Passes),
            ("GET", "/", ADMINS, Passes),
        ],
    );
}

/// The example with claims accepts either scope; the one with an access list requires one of its groups.
#[test]
fn examples() {
    holds(
        &configuration("example-claims-based-auth", "shop"),
        &[("GET", "/shop", NOBODY, SignIn), ("GET", "/shop", ANYBODY, Passes)],
    );
    holds(&configuration("example-acl-auth", "shop"), &[("GET", "/shop", ADMINS, Forbidden)]);
    holds(
        &configuration("example-consumer-auth", "shop"),
        &[("GET", "/shop", ANYBODY, Forbidden), ("GET", "/shop", Some(&["consumers"]), Passes)],
    );
    holds(
        &configuration("format-kubernetes", "sign-in"),
        &[
            ("GET", "/basket", NOBODY, SignIn),
            ("GET", "/basket/1", ANYBODY, Passes),
            ("GET", "/status", NOBODY, SignIn),
            ("GET", "/status/x", NOBODY, Open),
            ("GET", "/v1/items", NOBODY, SignIn),
            ("GET", "/v3/items", NOBODY, Open),
            ("GET", "/orders/1", NOBODY, SignIn),
            ("POST", "/orders-summary", NOBODY, SignIn),
            ("GET", "/", NOBODY, Open),
        ],
    );
    holds(
        &configuration("format-several-files", "web-admin"),
        &[
            ("GET", "/", NOBODY, Open),
            ("GET", "/health", NOBODY, Open),
            ("GET", "/admin", ANYBODY, Forbidden),
            ("GET", "/admin/x", ADMINS, Passes),
        ],
    );
}
