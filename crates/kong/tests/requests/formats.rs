//! Tests other formats than a decK file, with configurations for which a wrong import could open protected
//! paths.

mod http_routes;
mod manifests;

use kong::{InputFile, import};

use super::imported;
use super::opened::Passes::{self, Everybody, Nobody, SignedIn};
use super::opened::passes;

/// A configuration: its files, the application, and the requests with the users who may pass.
type Row =
    (&'static str, &'static [&'static str], &'static str, &'static [(&'static str, &'static str, Passes)]);

fn files(texts: &[&str]) -> Vec<InputFile> {
    let file =
        |(index, text): (usize, &&str)| InputFile { name: format!("{index}.yaml"), text: replaced(text) };
    texts.iter().enumerate().map(file).collect()
}

/// The manifests and settings of most rows.
fn replaced(text: &str) -> String {
    text.replace("CONFIG", "{issuer: https://id.example.com, client_id: [a], client_secret: [s]}").replace(
        "SIGN-IN",
        "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: sign-in}\nplugin: openid-connect\nconfig: {issuer: https://id.example.com, client_id: [a], client_secret: [s]}",
    )
}

#[test]
fn nothing_is_opened() {
    let mut wrong = Vec::new();
    for (name, texts, application, requests) in manifests::TABLE.iter().chain(http_routes::TABLE).chain(TABLE)
    {
        let configuration = imported::configuration(files(texts), application);
        for (method, path, expected) in *requests {
            let told = passes(&configuration, method, path);
            if told != *expected {
                wrong.push(format!("{name}: {method} {path} passes {told:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A text that contradicts itself is refused, not guessed.
#[test]
fn a_contradiction_is_refused() {
    for (texts, problem) in REFUSED {
        let faults =
            import(files(texts), |_| None).map(|import| format!("{:#?}", import.report.first)).unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|told| told.contains(problem)), "{problem}: {told:#?}");
    }
}

const TABLE: &[Row] = &[
    (
        "answers of the Admin API",
        &[
            r#"{"data": [{"id": "s1", "name": "web", "host": "web.example.com", "port": 80, "protocol": "http", "enabled": true, "path": null}], "next": null}"#,
            r#"{"data": [
                {"id": "r1", "name": "closed", "paths": ["/"], "service": {"id": "s1"}, "hosts": null, "protocols": ["http", "https"]},
                {"id": "r2", "name": "open", "paths": ["/open"], "service": {"id": "s1"}},
                {"id": "r3", "name": "listed", "paths": ["/listed"], "service": {"id": "s1"}},
                {"id": "r4", "name": "empty", "paths": ["/empty"], "service": {"id": "s1"}},
                {"id": "r5", "name": "anonymous", "paths": ["/anonymous"], "service": {"id": "s1"}},
                {"id": "r6", "name": "unknown", "paths": ["/unknown"], "service": {"id": "s1"}},
                {"id": "r7", "name": "group", "paths": ["/group"], "service": {"id": "s1"}}
            ]}"#,
            r#"[
                {"id": "p1", "name": "openid-connect", "route": {"id": "r1"}, "service": null, "consumer": null, "enabled": true, "config": CONFIG},
                {"id": "p2", "name": "openid-connect", "route": {"id": "r3"}, "enabled": true, "config": CONFIG},
                {"id": "p3", "name": "acl", "route": {"id": "r3"}, "enabled": true, "config": {"allow": null, "deny": null}},
                {"id": "p4", "name": "openid-connect", "route": {"id": "r4"}, "enabled": true, "config": CONFIG},
                {"id": "p5", "name": "openid-connect", "route": {"id": "r5"}, "enabled": true, "config": {"issuer": "https://id.example.com", "client_id": ["a"], "client_secret": ["s"], "anonymous": "c1"}},
                {"id": "p6", "name": "ip-restriction", "consumer": {"id": "c1"}, "enabled": true, "config": {"allow": ["10.0.0.0/8"]}},
                {"id": "p7", "name": "openid-connect", "route": {"id": "r6"}, "enabled": true, "config": {"issuer": "https://id.example.com", "client_id": ["a"], "client_secret": ["s"], "anonymous": "c9"}},
                {"id": "p8", "name": "openid-connect", "route": {"id": "r7"}, "enabled": true, "config": {"issuer": "https://id.example.com", "client_id": ["a"], "client_secret": ["s"], "anonymous": "c2"}}
            ]"#,
            r#"{"data": [{"id": "c1", "username": "nobody"}, {"id": "c2", "username": "guest"}]}"#,
            r#"{"data": [{"id": "v1", "name": "env", "prefix": "my-env", "config": {"prefix": "KONG_"}}]}"#,
            r#"{"data": [{"id": "u1", "name": "web-upstream", "algorithm": "round-robin", "slots": 10000, "hash_on": "none"}]}"#,
            r#"{"data": [{"id": "b1", "username": "c9", "password": "x", "consumer": {"id": "c2"}}]}"#,
        ],
        "closed",
        &[
            ("GET", "/", SignedIn),
            ("GET", "/open", Everybody),
            ("GET", "/listed", Nobody),
            ("GET", "/empty", SignedIn),
            ("GET", "/anonymous", SignedIn),
            ("GET", "/unknown", SignedIn),
            ("GET", "/group", Everybody),
        ],
    ),
    (
        "ids that are names of others, in an export of the database",
        &[r#"
_format_version: "3.0"
_transform: false
services:
- {id: s1, name: web, host: web.example.com, protocol: http, port: 80, enabled: true}
- {id: s2, name: s1, host: other.example.com, protocol: http, port: 80, enabled: true}
routes:
- {id: r1, name: closed, service: s1, paths: [/], protocols: [http, https]}
- {id: r2, name: r1, service: s1, paths: [/open]}
- {id: r3, name: off, service: s2, paths: [/off]}
plugins:
- {id: p1, name: openid-connect, route: r1, enabled: true, config: CONFIG}
- {id: p2, name: acl, service: s2, enabled: true, config: {allow: [staff]}}
acls: []
"#],
        "closed",
        &[("GET", "/", SignedIn), ("GET", "/open", Everybody), ("GET", "/off", Nobody)],
    ),
    (
        "an export of the database has what is off and what is nothing",
        &[r#"
_format_version: "3.0"
_transform: true
services:
- {id: s1, name: web, host: web.example.com, protocol: http, port: 80, enabled: true, path: null}
- {id: s2, name: gone, host: gone.example.com, protocol: http, port: 80, enabled: false}
routes:
- {id: r1, name: all, service: s1, paths: null, hosts: null, methods: null}
- {id: r2, name: gone, service: s2, paths: [/gone]}
- {id: r3, name: group, service: s1, paths: [/group]}
- {id: r4, name: none, service: s1, paths: [/none]}
plugins:
- {id: p1, name: openid-connect, route: null, service: s1, consumer: null, enabled: true, config: CONFIG}
- {id: p2, name: openid-connect, route: r3, service: null, consumer_group: g1, enabled: true, config: {issuer: "https://id.example.com", client_id: [b], anonymous: c1}}
- {id: p3, name: openid-connect, route: r4, enabled: false, config: {issuer: "https://id.example.com", client_id: [b], anonymous: c1}}
- {id: p4, name: acl, route: r4, enabled: false, config: {allow: [nobody]}}
consumers: [{id: c1, username: guest}]
consumer_groups: [{id: g1, name: some}]
"#],
        "web",
        &[
            ("GET", "/", SignedIn),
            ("GET", "/gone", SignedIn),
            ("GET", "/group", SignedIn),
            ("GET", "/none/x", SignedIn),
            ("DELETE", "/x", SignedIn),
        ],
    ),
    (
        "a portal's anonymous consumer is in no file",
        &[
            r#"{"issuer": "https://id.example.com", "client_id": ["a"], "redirect_uri": ["https://portal.example.com/auth"], "anonymous": "guest"}"#,
        ],
        "portal-example-com",
        &[("GET", "/", SignedIn), ("GET", "/x", SignedIn)],
    ),
    (
        "a portal that knows its developers, or refuses some",
        &[
            r#"{"issuer": "https://id.example.com", "client_id": ["a"], "redirect_uri": ["https://portal.example.com/auth"], "consumer_claim": ["email"], "claims_forbidden": ["suspended"]}"#,
        ],
        "portal-example-com",
        &[("GET", "/", Nobody), ("GET", "/x", Nobody)],
    ),
    (
        "defaults and shared settings of one file hold for all",
        &[
            r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - {name: open, paths: [/]}
  - {name: closed, paths: [/a], plugins: [{name: openid-connect, _config: shared}]}
  - {name: below, paths: [/a/b]}
"#,
            r#"
_format_version: "3.0"
_info: {defaults: {route: {methods: [GET]}}}
_plugin_configs:
  shared: {issuer: https://id.example.com, client_id: [a], client_secret: [s], groups_required: [staff]}
"#,
        ],
        "closed",
        &[("GET", "/a", Nobody), ("GET", "/a/b", Everybody), ("POST", "/a/b", Nobody), ("POST", "/", Nobody)],
    ),
];

/// The report starts with the requests that pass without sign-in, or more often than Kong permits.
#[test]
fn a_setting_that_lets_in_is_told_first() {
    let route = |name: &str, host: &str, plugins: &str| {
        format!("  - {{name: {name}, hosts: ['{host}'], paths: [/], plugins: [{plugins}]}}\n")
    };
    let open =
        "{name: openid-connect, config: {issuer: https://id.example.com, client_id: [a], anonymous: guest}}";
    let text = format!(
        "_format_version: \"3.0\"\nservices:\n- name: web\n  url: http://web.example.com\n  routes:\n{}{}{}consumers: [{{username: guest}}]\n",
        route("open", "open.example.com", &format!("{open}, {{name: rate-limiting, config: {{minute: 5}}}}")),
        route("tenants", "*.example.com", "{name: openid-connect, config: CONFIG}"),
        route("keys", "keys.example.com", "{name: key-auth}")
    );
    let import = import(files(&[&text]), |_| None).unwrap();
    let first = import.report.first.join("\n");
    for told in [
        "open: `anonymous` lets people pass who are not signed in",
        "open: `rate-limiting` refuses requests in Kong",
        "tenants: this application has a host with `*`, and no rules for `keys.example.com`, `open.example.com`",
    ] {
        assert!(first.contains(told), "{told}: {first}");
    }
    // The name does not occur in the input, so that the rules of one host never apply to another.
    let tenants = import.applications.iter().find(|application| application.name == "tenants").unwrap();
    assert_eq!(tenants.public_url, "https://any.example.com.invalid");
}

/// Applications of two imports get stacks with different names.
#[test]
fn applications_without_a_name_differ() {
    let named =
        |text: &str| import(files(&[text]), |_| None).unwrap().applications.first().unwrap().name.clone();
    let portal = |host: &str, client: &str| {
        format!("{{\"issuer\": \"https://id.example.com\", \"client_id\": [\"{client}\"]{host}}}")
    };
    let at = |host: &str| format!(", \"redirect_uri\": [\"https://{host}/auth\"]");
    assert_eq!(named(&portal(&at("a.example.com"), "one")), "a-example-com");
    assert_eq!(named(&portal(&at("b.example.com"), "one")), "b-example-com");
    assert_eq!(named(&portal("", "one")), "one");
    assert_eq!(named(&portal("", "two")), "two");
}

const REFUSED: &[(&[&str], &str)] = &[
    (
        &[
            "_format_version: \"3.0\"\nroutes:\n- {name: a, paths: [/]}\nplugins:\n- {name: openid-connect, config: CONFIG}\n",
            "_format_version: \"3.0\"\nplugins:\n- {name: openid-connect, config: {issuer: \"https://id.example.com\", client_id: [b]}}\n",
        ],
        "1.yaml:3:3: is a second `openid-connect` plugin",
    ),
    (
        &[
            "_format_version: \"3.0\"\nroutes:\n- {name: a, paths: [/]}\nplugins:\n- {name: openid-connect, config: CONFIG}\n",
            "_format_version: \"3.0\"\nroutes:\n- {name: a, paths: [/b]}\n",
        ],
        "1.yaml:3:3: is a second route with the name `a`",
    ),
    (
        &[
            r#"{"issuer": "https://id.example.com", "client_id": ["a"]}"#,
            r#"{"issuer": "https://id.example.com", "client_id": ["b"]}"#,
        ],
        "is a second `openid-connect` plugin",
    ),
    (
        &[
            "_format_version: \"3.0\"\nservices:\n- {id: s1, name: web, host: a.example.com}\nroutes:\n- {id: r1, name: a, service: s9, paths: [/]}\n",
        ],
        "names the service `s9`, which none of the files has",
    ),
    (
        &[
            "SIGN-IN\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: {konghq.com/plugin: sign-in}}\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n",
        ],
        "`konghq.com/plugin` is not an annotation; did you mean `konghq.com/plugins`?",
    ),
    (
        &["_format_version: \"3.0\"\nservice: []\n"],
        "`service` is not a list of entities; did you mean `services`?",
    ),
    (
        &[
            "_format_version: \"3.0\"\nroutes:\n- {name: a, paths: [/]}\nplugins:\n- {name: openid-connect, config: CONFIG}\n- {name: openid-connect, route: a, model: m, config: CONFIG}\n",
        ],
        "puts the plugin on one AI model only",
    ),
    (
        &[
            "_format_version: \"3.0\"\nservices:\n- name: web\n  url: http://web.example.com\n  routes: [{name: a, paths: [/]}]\n  plugins:\n  - {name: openid-connect, model: {name: m}, config: CONFIG}\n  - {name: openid-connect, model: {name: n}, config: CONFIG}\n",
        ],
        "puts the plugin on one AI model only",
    ),
    (
        &[
            "_format_version: \"3.0\"\nservices:\n- name: web\n  url: http://web.example.com\n  routes: [{name: a, paths: [/]}]\n  plugins:\n  - {name: openid-connect, config: CONFIG}\n  - {name: rate-limiting, model: m, config: {}}\n  - {name: rate-limiting, model: m, config: {}}\n",
        ],
        "is a second `rate-limiting` plugin on the same route, service, consumer, model, or everything",
    ),
    (
        &[
            "_format_version: \"3.0\"\nroutes:\n- {name: a, paths: [/], authentication: {required: true}}\nplugins:\n- {name: openid-connect, config: CONFIG}\n",
        ],
        "`authentication` is not a member of a route",
    ),
    (
        &[
            "_format_version: \"3.0\"\nroutes:\n- {name: a, path: [/]}\nplugins:\n- {name: openid-connect, config: CONFIG}\n",
        ],
        "`path` is not a member of a route; did you mean `paths`?",
    ),
    (
        &[r#"
_format_version: "3.0"
services:
- name: web
  url: http://web.example.com
  routes:
  - name: a
    paths: [/]
    plugins:
    - {name: openid-connect, config: CONFIG}
    - {name: acl, config: {allow: [a]}}
    - {name: acl, config: {allow: [b]}}
"#],
        "is a second `acl` plugin on the same",
    ),
    (
        &[
            r#"{"issuer": "https://id.example.com", "client_id": ["a"]}"#,
            "_format_version: \"3.0\"\nservices:\n- {name: web, url: http://web.example.com, routes: [{name: a, paths: [/]}]}\nplugins:\n- {name: openid-connect, config: CONFIG}\n",
        ],
        "is the setting of a developer portal; import it in a command of its own",
    ),
    (
        &[
            "_format_version: \"3.0\"\nservices:\n- name: web\n  url: http://web.example.com\n  routes:\n  - name: a\n    paths: [/]\n    plugin: [{name: openid-connect, config: CONFIG}]\n  - name: b\n    paths: [/b]\n    plugins: [{name: openid-connect, config: CONFIG}]\n",
        ],
        "`plugin` is not a member of a route; did you mean `plugins`?",
    ),
];
