//! Tests plugins that change requests and responses in Kong, and with that may keep something from strangers.

use kong::{InputFile, import};

use super::imported;
use super::opened::Passes::{self, Everybody, Nobody, SignedIn};
use super::opened::passes;

/// A gateway whose route `/public` has another plugin than the sign-in, and whose other paths need it.
fn gateway(plugin: &str) -> Vec<InputFile> {
    let text = format!(
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - name: public
    paths: [/public]
    plugins: [{plugin}]
  - name: web
    paths: [/]
    strip_path: false
    plugins: [{{name: openid-connect, config: {CONFIG}}}]
"#
    );
    vec![InputFile { name: "kong.yaml".to_owned(), text }]
}

const CONFIG: &str = "{issuer: https://id.example.com, client_id: [a], client_secret: [s]}";

/// Each transformer with a setting that limits what a stranger can ask for or read.
const TRANSFORMERS: [(&str, &[&str]); 5] = [
    ("request-transformer", &REQUEST),
    ("request-transformer-advanced", &REQUEST),
    ("route-transformer-advanced", &["{path: /health}", "{host: other}", "{port: 81}", "{}"]),
    ("response-transformer", &RESPONSE),
    ("response-transformer-advanced", &RESPONSE),
];

const REQUEST: [&str; 20] = [
    "{replace: {uri: /health}}",
    "{http_method: GET}",
    "{replace: {querystring: [\"public:true\"]}}",
    "{replace: {headers: [\"x-role:guest\"]}}",
    "{replace: {body: [\"role:guest\"]}}",
    "{remove: {querystring: [public]}}",
    "{remove: {headers: [x-role]}}",
    "{remove: {body: [role]}}",
    "{rename: {headers: [\"x-role:x-asked\"]}}",
    "{rename: {querystring: [\"role:asked\"]}}",
    "{rename: {body: [\"role:asked\"]}}",
    "{add: {querystring: [\"public:true\"]}}",
    "{add: {body: [\"public:true\"]}}",
    "{append: {headers: [\"x-role:guest\"]}}",
    "{append: {querystring: [\"role:guest\"]}}",
    "{append: {body: [\"role:guest\"]}}",
    "{add: {headers: [\"x-from:kong\"]}, replace: {uri: /health}}",
    "{add: [\"x-from:kong\"]}",
    "{}",
    "text",
];

const RESPONSE: [&str; 8] = [
    "{remove: {json: [salary]}}",
    "{remove: {headers: [x-token]}}",
    "{replace: {json: [\"salary:0\"]}}",
    "{replace: {body: nothing}}",
    "{rename: {headers: [\"x-token:x-other\"]}}",
    "{allow: {json: [name]}}",
    "{transform: {functions: [\"return function(data) return {} end\"]}}",
    "{}",
];

/// Other plugins that ask another path, another application or a part of the requests only.
const OTHERS: [&str; 6] = [
    "canary",
    "graphql-proxy-cache-advanced",
    "graphql-rate-limiting-advanced",
    "grpc-gateway",
    "grpc-web",
    "jq",
];

fn answer(plugin: &str) -> Passes {
    passes(&imported::configuration(gateway(plugin), "web"), "GET", "/public/admin")
}

#[test]
fn an_open_route_closes_where_a_plugin_changes_its_requests() {
    let mut wrong = Vec::new();
    let settings = TRANSFORMERS.iter().flat_map(|(name, all)| all.iter().map(move |config| (*name, *config)));
    for (name, config) in settings.chain(OTHERS.map(|name| (name, "{percentage: 50}"))) {
        for plugin in [format!("{{name: {name}, config: {config}}}"), format!("{{name: {name}}}")] {
            let told = answer(&plugin);
            if told != Nobody {
                wrong.push(format!("{plugin} passes {told:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Such a plugin only adds a header where the client sends none.
#[test]
fn an_open_route_stays_open_where_a_plugin_only_adds_headers() {
    for config in [
        "{add: {headers: [\"x-from:kong\"]}}",
        "{add: {headers: [\"x-from:kong\"], body: [], querystring: null}, dots_in_keys: true, http_method: null, \
         append: {headers: [], body: []}, remove: {headers: []}, rename: {}, replace: {uri: null, headers: []}}",
    ] {
        for name in ["request-transformer", "request-transformer-advanced", "response-transformer"] {
            assert_eq!(answer(&format!("{{name: {name}, config: {config}}}")), Everybody, "{name} {config}");
        }
    }
    assert_eq!(
        answer("{name: request-transformer, enabled: false, config: {replace: {uri: /a}}}"),
        Everybody
    );
}

/// A plugin on one model says nothing about requests of other models, on which a less specific one acts.
#[test]
fn an_open_route_closes_where_a_plugin_is_on_one_model_only() {
    assert_eq!(
        answer("{name: request-transformer, model: m, config: {add: {headers: [\"x-from:kong\"]}}}"),
        Nobody
    );
}

/// Kong takes one plugin of a name for each model, so neither is a second one. None says what holds for all.
#[test]
fn plugins_of_one_name_on_several_models() {
    let on =
        |model: &str, change: &str| format!("{{name: request-transformer{model}, config: {{{change}}}}}");
    let (adds, replaces) = ("add: {headers: [\"x-from:kong\"]}", "replace: {uri: /a}");
    for plugins in [
        [on(", model: m", adds), on(", model: n", adds)],
        [on("", adds), on(", model: m", replaces)],
        [on(", model: {id: m}", replaces), on("", adds)],
    ] {
        assert_eq!(answer(&plugins.join(", ")), Nobody, "{plugins:?}");
    }
    let counts = ", config: {minute: 5}";
    let both =
        format!("{{name: rate-limiting, model: m{counts}}}, {{name: rate-limiting, model: n{counts}}}");
    assert_eq!(answer(&both), Everybody);
}

/// Each of these limits the requests of everybody, so a route without sign-in is not opened by its absence.
#[test]
fn plugins_that_answer_themselves_close_the_route() {
    for name in [
        "request-termination",
        "mocking",
        "pre-function",
        "post-function",
        "redirect",
        "ip-restriction",
        "request-validator",
        "proxy-rewrite",
        "degraphql",
        "aws-lambda",
        "azure-functions",
        "ai-proxy",
        "ai-prompt-guard",
        "forward-proxy",
        "route-by-header",
        "session",
        "xml-threat-protection",
    ] {
        assert_eq!(answer(&format!("{{name: {name}, config: {{status_code: 404}}}}")), Nobody, "{name}");
    }
}

/// decK merges the settings that `_config` names into a plugin's own, at every depth. Its own come first.
#[test]
fn shared_settings_are_merged_at_every_depth() {
    let gateway = |own: &str, shared: &str| {
        let text = format!(
            "_format_version: \"3.0\"\n_plugin_configs:\n  shared: {shared}\nservices:\n- name: web\n  url: http://web.example.com\n  routes:\n  - {{name: closed, paths: [/], plugins: [{{name: openid-connect, config: {{issuer: https://id.example.com, client_id: [a], client_secret: [s]}}}}]}}\n  - {{name: open, paths: [/public], plugins: [{{name: request-transformer, _config: shared{own}}}]}}\n"
        );
        passes(
            &imported::configuration(vec![InputFile { name: "kong.yaml".to_owned(), text }], "closed"),
            "GET",
            "/public",
        )
    };
    let headers = "headers: [\"x-from:kong\"]";
    for (own, shared, expected) in [
        (", config: {add: {HEADERS}}", "{add: {querystring: [\"a:b\"]}}", Nobody),
        (", config: {add: {HEADERS}}", "{replace: {uri: /a}}", Nobody),
        (", config: {add: {HEADERS}}", "{add: {headers: [\"x-from:another\"]}}", Everybody),
        (", config: {add: {HEADERS, querystring: []}}", "{add: {querystring: [\"a:b\"]}}", Everybody),
        (", config: {add: {HEADERS, querystring: null}}", "{add: {querystring: [\"a:b\"]}}", Everybody),
        (", config: {add: {HEADERS}, replace: null}", "{replace: {uri: /a}}", Everybody),
        ("", "{add: {HEADERS}}", Everybody),
        ("", "{replace: {uri: /a}}", Nobody),
    ] {
        let with_headers = |text: &str| text.replace("HEADERS", headers);
        assert_eq!(gateway(&with_headers(own), &with_headers(shared)), expected, "{own} {shared}");
    }
}

/// A filter chain runs code of its own, which may refuse requests.
#[test]
fn a_filter_chain_closes_the_route() {
    let chain = "filter_chains: [{filters: [{name: guard}]}]";
    let off = "filter_chains: [{enabled: false, filters: [{name: guard}]}]";
    let top = "filter_chains: [{route: public, filters: [{name: guard}]}]";
    let of_service = "filter_chains: [{service: {name: web}, filters: [{name: guard}]}]";
    for (on_service, on_route, at_top, expected) in [
        ("", "", "", Everybody),
        (chain, "", "", Nobody),
        ("", chain, "", Nobody),
        ("", off, "", Everybody),
        ("", "", top, Nobody),
        ("", "", of_service, Nobody),
    ] {
        let text = format!(
            r#"
_format_version: "3.0"
{at_top}
services:
- name: web
  url: http://web.example.com
  {on_service}
  routes:
  - name: public
    paths: [/public]
    {on_route}
- name: other
  url: http://other.example.com
  routes:
  - {{name: web, paths: [/], plugins: [{{name: openid-connect, config: {CONFIG}}}]}}
"#
        );
        let files = vec![InputFile { name: "kong.yaml".to_owned(), text }];
        let configuration = imported::configuration(files, "web");
        assert_eq!(passes(&configuration, "GET", "/public/x"), expected, "{on_service} {on_route} {at_top}");
    }
}

fn signed_in(text: &str) -> (Passes, Vec<String>) {
    let files = || vec![InputFile { name: "kong.yaml".to_owned(), text: text.replace("CONFIG", CONFIG) }];
    let told = passes(&imported::configuration(files(), "web"), "GET", "/account/x");
    (told, import(files(), |_| None).unwrap().report.first)
}

#[test]
fn the_report_begins_with_a_change_that_signed_in_people_no_longer_meet() {
    let (told, first) = signed_in(
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  plugins:
  - {name: openid-connect, config: CONFIG}
  routes:
  - {name: account, paths: [/account], plugins: [{name: request-transformer, config: {replace: {uri: /own}}}]}
  - {name: web, paths: [/]}
"#,
    );
    assert_eq!(told, SignedIn);
    let named = |line: &&String| line.contains("`request-transformer`") && line.contains("`account`");
    assert_eq!(first.iter().filter(named).count(), 1, "{first:#?}");
    assert!(!first.iter().any(|line| line.contains("`web`")), "{first:#?}");
}

/// Kong's `cors` answers a preflight before `openid-connect` runs, and other plugins see it too.
#[test]
fn a_preflight_passes_only_where_kong_asks_the_application() {
    let lets_pass =
        "{issuer: https://id.example.com, client_id: [a], client_secret: [s], run_on_preflight: false}";
    let (cors, continuing) = ("{name: cors, config: {}}", "{name: cors, config: {preflight_continue: true}}");
    for (config, beside, expected) in [
        (CONFIG, "", SignedIn),
        (CONFIG, cors, SignedIn),
        (CONFIG, "{name: cors}", SignedIn),
        (CONFIG, continuing, SignedIn),
        (lets_pass, "", Everybody),
        (lets_pass, cors, SignedIn),
        (lets_pass, "{name: cors}", SignedIn),
        (lets_pass, continuing, Everybody),
        (lets_pass, "{name: acl, config: {allow: [staff]}}", Nobody),
        (lets_pass, "{name: request-transformer, config: {replace: {uri: /own}}}", SignedIn),
        (lets_pass, "{name: key-auth}", Nobody),
    ] {
        let plugins = format!("{{name: openid-connect, config: {config}}}, {beside}");
        let text = format!(
            "_format_version: '3.0'\nservices:\n- name: web\n  url: http://web.example.com\n  \
             routes: [{{name: web, paths: [/], plugins: [{plugins}]}}]\n"
        );
        let files = vec![InputFile { name: "kong.yaml".to_owned(), text }];
        let configuration = imported::configuration(files, "web");
        assert_eq!(passes(&configuration, "OPTIONS", "/admin/report"), expected, "{plugins}");
    }
}

/// Kong finds the route of a preflight by `OPTIONS`, not by the method that it asks about.
#[test]
fn a_preflight_passes_only_where_its_own_route_lets_it() {
    let lets_pass =
        "{issuer: https://id.example.com, client_id: [a], client_secret: [s], run_on_preflight: false}";
    let route = |name: &str, methods: &str, config: &str| {
        format!(
            "{{name: {name}, paths: [/a], methods: [{methods}], plugins: [{{name: openid-connect, config: {config}}}]}}"
        )
    };
    for (routes, expected) in [
        (vec![route("web", "'GET'", lets_pass)], Nobody),
        (vec![route("web", "'GET', OPTIONS", lets_pass)], Everybody),
        (vec![route("web", "", lets_pass)], Everybody),
        (vec![route("web", "'GET'", lets_pass), route("other", "", CONFIG)], SignedIn),
        (vec![route("web", "'GET'", lets_pass), route("other", "OPTIONS", CONFIG)], SignedIn),
        (vec![route("web", "'GET'", CONFIG), route("other", "OPTIONS", lets_pass)], SignedIn),
    ] {
        let text = format!(
            "_format_version: '3.0'\nservices:\n- name: web\n  url: http://web.example.com\n  routes: [{}]\n",
            routes.join(", ")
        );
        let files = vec![InputFile { name: "kong.yaml".to_owned(), text }];
        let configuration = imported::configuration(files, "web");
        assert_eq!(passes(&configuration, "OPTIONS", "/a"), expected, "{routes:?}");
        assert_eq!(passes(&configuration, "GET", "/a"), SignedIn, "{routes:?}");
    }
}

/// Kong changes the request of a stranger who passes as the consumer of `anonymous`.
#[test]
fn nobody_passes_as_a_consumer_whose_requests_kong_changes() {
    let anonymous = "{issuer: https://id.example.com, client_id: [a], client_secret: [s], anonymous: guest}";
    for (on_route, on_consumer, expected) in [
        ("", "", Everybody),
        ("{name: request-transformer, config: {replace: {uri: /own}}}", "", SignedIn),
        ("", "{name: request-transformer, config: {replace: {uri: /own}}}", SignedIn),
        ("", "{name: response-transformer, config: {remove: {json: [salary]}}}", SignedIn),
        ("", "{name: request-transformer, config: {add: {headers: [\"x-a:b\"]}}}", Everybody),
    ] {
        let text = format!(
            r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  plugins:
  - {{name: openid-connect, config: {anonymous}}}
  routes:
  - {{name: account, paths: [/account], plugins: [{on_route}]}}
consumers:
- {{username: guest, plugins: [{on_consumer}]}}
"#
        );
        assert_eq!(signed_in(&text).0, expected, "{text}");
    }
}
