//! Tests configurations for which a wrong import could open protected paths.

use http::Method;
use kong::{InputFile, import};
use relying_party::configuration::Configuration;
use relying_party::gate::route::Auth;
use relying_party::http::request::{Headers, Request};
use serde_json::{Map, json};

use super::imported;

/// The settings of the plugin, as decK writes them.
const CONFIG: &str = "{issuer: https://id.example.com, client_id: [a], client_secret: [s]}";

/// Whether a request without a session passes, and one of a user without groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passes {
    Everybody,
    SignedIn,
    Nobody,
}
use Passes::{Everybody, Nobody, SignedIn};

fn configuration(input: &str, application: &str) -> Configuration {
    let text = input.replace("CONFIG", CONFIG);
    imported::configuration(vec![InputFile { name: "kong.yaml".to_owned(), text }], application)
}

pub(crate) fn passes(configuration: &Configuration, method: &str, path: &str) -> Passes {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let Ok(matched) = configuration.routes.matched(&request(method, path)) else { return Nobody };
    if matched.passes_preflight || matched.auth() != Auth::Required {
        return Everybody;
    }
    if matched.satisfied(&Map::new(), Some("openid")).is_ok() { SignedIn } else { Nobody }
}

/// A request, which is a CORS preflight if its method is `OPTIONS`.
fn request(method: Method, path: &str) -> Request {
    let asks = [("origin", "https://spa.example.com"), ("access-control-request-method", "GET")];
    let asks = asks.into_iter().filter(|_| method == Method::OPTIONS);
    let headers = asks.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Request {
        method,
        path: path.to_owned(),
        query: String::new(),
        headers: Headers::new(headers),
        body: Vec::new(),
        source_ip: None,
        request_id: String::new(),
        extended_request_id: String::new(),
    }
}

/// For each configuration: the application, and the requests with the users who may pass.
#[test]
fn nothing_is_opened() {
    let mut wrong = Vec::new();
    for (name, input, application, requests) in TABLE {
        let configuration = configuration(input, application);
        for (method, path, expected) in *requests {
            let told = passes(&configuration, method, path);
            if told != *expected {
                wrong.push(format!("{name}: {method} {path} passes {told:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str, Passes)]);

const TABLE: &[Row] = &[
    (
        "a service that is off is not among the routes",
        r#"
_format_version: "3.0"
services:
- {name: web, url: "http://web.example.com"}
- {name: old, url: "http://old.example.com", enabled: false}
routes:
- {name: web, service: {name: web}, paths: [/]}
- {name: old, service: {name: old}, paths: [/admin]}
plugins:
- {name: openid-connect, service: {name: web}, config: CONFIG}
"#,
        "web",
        &[("GET", "/admin", SignedIn), ("GET", "/admin/x", SignedIn), ("GET", "/x", SignedIn)],
    ),
    (
        "nobody knows what a plugin of somebody's own lets pass",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: web, paths: [/], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: own, paths: [/own], plugins: [{name: company-authorizer, config: {}}]}
  - {name: oidc, paths: [/oidc], plugins: [{name: oidc}]}
  - {name: keys, paths: [/keys], plugins: [{name: key-auth}]}
  - {name: hooks, paths: [/hooks], plugins: [{name: standard-webhooks}]}
  - {name: both, paths: [/both], plugins: [{name: openid-connect, config: CONFIG}, {name: company-authorizer}]}
  - {name: limited, paths: [/limited], plugins: [{name: rate-limiting, config: {minute: 5}}, {name: http-log}]}
  - {name: off, paths: [/off], plugins: [{name: company-authorizer, enabled: false}]}
"#,
        "web",
        &[
            ("GET", "/own", Nobody),
            ("GET", "/own/x", Nobody),
            ("GET", "/oidc", Nobody),
            ("GET", "/keys", Nobody),
            ("GET", "/hooks", Nobody),
            ("GET", "/both", Nobody),
            ("GET", "/limited", Everybody),
            ("GET", "/off", Everybody),
            ("GET", "/", SignedIn),
        ],
    ),
    (
        "the groups of an access list are those of consumers, who are known",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: listed, paths: [/listed], plugins: [{name: acl, config: {allow: [partners]}}]}
  plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], consumer_claim: [sub], authenticated_groups_claim: [roles]}}]
"#,
        "web",
        &[("GET", "/listed", Nobody)],
    ),
    (
        "routes for the host of the callback count where the plugin's own name none",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: home, paths: [/]}
  - {name: account, paths: [/account], plugins: [{name: openid-connect, config: {issuer: "https://id.example.com", client_id: [a], client_secret: [s], redirect_uri: ["https://app.example.com/callback"]}}]}
  - {name: admin, hosts: [app.example.com], paths: [/admin], plugins: [{name: key-auth}]}
  - {name: elsewhere, hosts: [other.example.com], paths: [/elsewhere], plugins: [{name: key-auth}]}
"#,
        "account",
        &[
            ("GET", "/admin", Nobody),
            ("GET", "/admin/x", Nobody),
            ("GET", "/account", SignedIn),
            ("GET", "/elsewhere", Everybody),
            ("GET", "/", Everybody),
        ],
    ),
    (
        "of two routes of one rank nobody knows which was made first",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/a]}
  - {name: closed, paths: [/a], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: longer, paths: [/a/open]}
"#,
        "closed",
        &[("GET", "/a", SignedIn), ("GET", "/a/x", SignedIn), ("GET", "/a/open", Everybody)],
    ),
    (
        "an escaped slash is none",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: closed, paths: [/a], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: open, paths: ["/a%2Fb"]}
  - {name: also, paths: ["/a/c%2f"]}
  - {name: letter, paths: ["/a/%7Ed"]}
"#,
        "closed",
        &[
            ("GET", "/a/b", SignedIn),
            ("GET", "/a/c", SignedIn),
            ("GET", "/a/c/x", SignedIn),
            ("GET", "/a/~d", Everybody),
        ],
    ),
    (
        "a route for other protocols answers what it takes",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/]}
  - {name: closed, paths: [/a], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: unknown, paths: [/b], protocols: ["${{ env \"DECK_PROTOCOL\" }}"], plugins: [{name: key-auth}]}
  - {name: calls, paths: [/c], protocols: [grpc, grpcs], plugins: [{name: key-auth}]}
"#,
        "closed",
        &[("GET", "/", Everybody), ("GET", "/a", SignedIn), ("GET", "/b", Nobody), ("GET", "/c/d", Nobody)],
    ),
    (
        "a host that nothing fills in may be any",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, hosts: [app.example.com], paths: [/]}
  - {name: own, hosts: [app.example.com], paths: [/own], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: keys, hosts: ["${{ env \"DECK_HOST\" }}"], paths: [/admin], plugins: [{name: key-auth}]}
  - {name: free, hosts: ["$OTHER_HOST"], paths: [/own/free]}
"#,
        "own",
        &[
            ("GET", "/", Everybody),
            ("GET", "/own", SignedIn),
            ("GET", "/own/free", SignedIn),
            ("GET", "/admin", Nobody),
            ("GET", "/admin/x", Nobody),
        ],
    ),
    (
        "a path that nothing fills in may be any",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/]}
  - {name: also, paths: [/a]}
  - {name: closed, paths: ["/${{ env \"DECK_PATH\" }}", "$OTHER_PATH"], plugins: [{name: openid-connect, config: CONFIG}]}
"#,
        "closed",
        &[("GET", "/", SignedIn), ("GET", "/a", SignedIn), ("GET", "/a/b", SignedIn)],
    ),
    (
        "levels, and plugins that are off",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  plugins:
  - {name: openid-connect, config: CONFIG}
  routes:
  - {name: off, paths: [/off], plugins: [{name: openid-connect, enabled: false, config: CONFIG}]}
  - {name: consumer, paths: [/consumer], plugins: [{name: openid-connect, consumer: somebody, config: {issuer: "https://id.example.com", client_id: [a], anonymous: x}}]}
  - {name: group, paths: [/group], plugins: [{name: openid-connect, consumer_group: some, config: {issuer: "https://id.example.com", client_id: [a], anonymous: x}}]}
- name: other
  url: http://other.example.com
  routes:
  - {name: free, paths: [/free]}
  - {name: free-below, paths: [/off/free]}
consumers: [{username: somebody}]
consumer_groups: [{name: some}]
"#,
        "web",
        &[
            ("GET", "/off", SignedIn),
            ("GET", "/consumer", SignedIn),
            ("GET", "/group/x", SignedIn),
            ("GET", "/free", Everybody),
            ("GET", "/off/free", Everybody),
            ("GET", "/none", Nobody),
        ],
    ),
    (
        "a plain path is the beginning of longer names",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/], strip_path: false}
  - {name: closed, paths: [/admin], strip_path: false, plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: longer, paths: [/administration], strip_path: false}
  - {name: exact, paths: ['~/admin\.txt$'], strip_path: false}
  - {name: below, paths: [/admin-x/], strip_path: false}
  - {name: stripped, paths: [/api/v1], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: methods, paths: [/write], strip_path: false, methods: [POST], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: expression, paths: ['~/numbers/\d+x'], strip_path: false, plugins: [{name: openid-connect, config: CONFIG}]}
"#,
        "closed",
        &[
            ("GET", "/", Everybody),
            ("GET", "/adm", Everybody),
            ("GET", "/admin", SignedIn),
            ("GET", "/admin/", SignedIn),
            ("GET", "/admin/x", SignedIn),
            ("GET", "/admin.php", SignedIn),
            ("GET", "/admin.php/x", SignedIn),
            ("GET", "/administrator", SignedIn),
            ("GET", "/administration", Everybody),
            ("GET", "/administration/x", Everybody),
            ("GET", "/administrations", Everybody),
            ("GET", "/admin.txt", Everybody),
            ("GET", "/admin.txt/x", SignedIn),
            ("GET", "/admin-x/y", Everybody),
            ("GET", "/admin-x", SignedIn),
            ("GET", "/admin-y/y", SignedIn),
            // Kong's paths are case-sensitive. An application that ignores case would open `/admin`.
            ("GET", "/Admin", SignedIn),
            ("GET", "/api/v1", SignedIn),
            ("GET", "/api/v1/x", SignedIn),
            // Kong would forward this to a path that no application has.
            ("GET", "/api/v12", Nobody),
            ("GET", "/api/v2", Everybody),
            ("GET", "/writes", Everybody),
            ("POST", "/writes", SignedIn),
            ("GET", "/numbers/1x", SignedIn),
            ("GET", "/numbers", Everybody),
            ("GET", "/numbersX", Everybody),
        ],
    ),
    (
        "methods, and HEAD beside GET",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: reads, paths: [/a], methods: [GET]}
  - {name: writes, paths: [/a], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: patches, methods: [PATCH]}
"#,
        "writes",
        &[
            ("GET", "/a/b", Everybody),
            ("HEAD", "/a/b", SignedIn),
            ("POST", "/a", SignedIn),
            ("BREW", "/a", SignedIn),
            ("PATCH", "/b", Everybody),
            ("PATCH", "/a", SignedIn),
            ("GET", "/b", Nobody),
        ],
    ),
    (
        "regular expressions first, whatever their spelling",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/]}
  - {name: longest, paths: [/files/private/and/longer]}
  - {name: flags, paths: ["~(?i)/files/private"], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: alternatives, paths: ["~/pub/x[](]|/hidden"], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: priority, paths: ["~/files/private/.*"], regex_priority: -1}
  - {name: slash, paths: ["/slash/"], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: end, paths: ["~/end/(one|two)$"], plugins: [{name: openid-connect, config: CONFIG}]}
"#,
        "flags",
        &[
            ("GET", "/files/private/and/longer", SignedIn),
            ("GET", "/files/private/x", SignedIn),
            ("GET", "/FILES/Private", SignedIn),
            ("GET", "/hidden", SignedIn),
            ("GET", "/slash/x", SignedIn),
            ("GET", "/slash/", SignedIn),
            ("GET", "/end/one", SignedIn),
            ("GET", "/end/two", SignedIn),
        ],
    ),
    (
        "hosts in capital letters, with ports and wildcards",
        r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/]}
  - {name: closed, hosts: [App.Example.COM], paths: [/a], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: wild, hosts: ["*.example.com"], paths: [/b], plugins: [{name: key-auth}]}
  - {name: ends, hosts: ["app.example.*"], paths: [/c], plugins: [{name: key-auth}]}
  - {name: elsewhere, hosts: ["www.example.com"], paths: [/d], plugins: [{name: key-auth}]}
"#,
        "closed",
        &[("GET", "/a", SignedIn), ("GET", "/b", Nobody), ("GET", "/c", Nobody), ("GET", "/d", Everybody)],
    ),
    (
        "expressions, server names and sources of the old format",
        r#"
_format_version: "1.1"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/]}
  - {name: closed, paths: ["/a(b|c)+/x"], plugins: [{name: openid-connect, config: CONFIG}]}
  - {name: sources, paths: [/s], sources: [{ip: 10.0.0.0/8}], plugins: [{name: key-auth}]}
"#,
        "closed",
        &[("GET", "/ab/x", SignedIn), ("GET", "/abcb/x/y", SignedIn), ("GET", "/s", Nobody)],
    ),
];

/// Names and secrets that try to escape from the folder or a comment, or to get into a report.
#[test]
fn names_and_secrets_stay_where_they_belong() {
    let secrets = [
        "token_post_args_values",
        "token_headers_values",
        "session_secret",
        "client_secret",
        "session_redis_password",
        "session_storage_password",
        "http_proxy_authorization",
        "https_proxy_authorization",
        "introspection_headers_values",
        "introspection_post_args_values",
        "userinfo_headers_values",
        "discovery_headers_values",
        "client_jwk",
        "session_redis_username",
        "cluster_cache_redis",
    ];
    let mut config = json!({ "issuer": "https://id.example.com", "client_id": ["a"] });
    for name in secrets {
        let value = match name {
            "client_jwk" => json!([{ "kty": "oct", "k": "SECRETVALUE-k", "alg": "HS256" }]),
            "cluster_cache_redis" => json!({ "password": "SECRETVALUE-redis", "host": "r" }),
            _ => json!([format!("SECRETVALUE-{name}-of-thirty-two-bytes")]),
        };
        config.as_object_mut().unwrap().insert(name.to_owned(), value);
    }
    for name in [
        "../../x",
        "/etc/x",
        "..",
        "a\nroutes: [{paths: [\"/*\"], auth: none}]",
        "a\"\nparameter_overrides = \"x",
        "a\u{2028}b",
        "a\rauth: none",
        "a\u{85}auth: none",
    ] {
        let document = json!({
            "_format_version": "3.0",
            "services": [{ "name": name, "url": "http://user:SECRETVALUE-url@web.example.com/", "routes": [
                { "name": name, "paths": ["/a"], "plugins": [{ "name": "openid-connect", "instance_name": name, "config": config }] },
                { "name": format!("{name}-key"), "paths": ["/b"], "plugins": [{ "name": format!("{name}-key"), "config": {"key": "SECRETVALUE-other"} }] },
            ] }],
            "consumers": [{ "username": name, "keyauth_credentials": [{ "key": "SECRETVALUE-consumer" }], "basicauth_credentials": [{"username": "u", "password": "SECRETVALUE-basic"}] }],
        });
        let import =
            import(vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }], |_| None)
                .unwrap_or_else(|faults| panic!("{name:?}: {faults:?}"));
        for file in &import.files {
            let plain = file.path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./".contains(&byte));
            assert!(plain && !file.path.contains("..") && !file.path.starts_with('/'), "{}", file.path);
            let told: Vec<&str> = file.text.lines().filter(|line| line.contains("SECRETVALUE")).collect();
            assert!(file.secret || told.is_empty(), "{name:?} {}: {told:#?}", file.path);
            let broken = file.text.lines().any(|line| {
                line.starts_with("routes: [")
                    || line.starts_with("auth: none")
                    || line.starts_with("parameter_overrides = \"x")
            });
            assert!(!broken, "{name:?} {}", file.path);
            assert!(
                file.secret || !file.text.contains(['\u{2028}', '\u{85}', '\r']),
                "{name:?} {}",
                file.path
            );
        }
    }
}
