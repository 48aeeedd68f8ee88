//! The plugin `oidc` of others is named, and its routes stay closed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kong::{InputFile, import};
use relying_party::configuration::kong::Verdict;
use serde_json::{Value, json};

/// The settings of a published sample.
fn oidc() -> Value {
    json!({ "name": "oidc", "config": {
        "client_id": "shop",
        "client_secret": "a secret of a test",
        "discovery": "https://id.example.com/.well-known/openid-configuration",
        "scope": "openid email",
        "redirect_uri_path": "/callback",
        "logout_path": "/logout",
        "bearer_only": "no",
        "session_secret": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "filters": "/public",
        "ssl_verify": "no",
        "own": "of a fork",
    } })
}

fn file(document: &Value) -> Vec<InputFile> {
    vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }]
}

fn service(name: &str, plugins: &Value) -> Value {
    json!({
        "name": name, "url": format!("https://{name}.example.org"), "plugins": plugins,
        "routes": [{ "name": name, "paths": [format!("/{name}")] }],
    })
}

#[test]
fn its_routes_are_closed_with_a_line_on_each_setting() {
    let sign_in = json!({ "name": "openid-connect", "config": {
        "issuer": "https://id.example.com", "client_id": ["shop"], "client_secret": ["s"],
    } });
    let document = json!({ "_format_version": "3.0", "services": [
        service("own", &json!([sign_in])), service("old", &json!([oidc()])),
        service("both", &json!([oidc(), sign_in])),
    ] });
    let import = import(file(&document), |_| None).unwrap();
    for path in ["`/old/*`", "`/both/*`"] {
        let closed = import.report.first.iter().find(|line| line.starts_with(path)).unwrap();
        assert!(closed.contains("is closed") && closed.contains("`oidc` (nokia/kong-oidc)"), "{closed}");
    }
    for (name, text) in [
        ("client_id", "`client_id`"),
        ("discovery", "`issuer`"),
        ("scope", "`scopes`"),
        ("redirect_uri_path", "`redirect_uri`"),
        ("logout_path", "`logout_uri_suffix`"),
        ("bearer_only", "`auth_methods`"),
        ("session_secret", "`session_secret`"),
        ("filters", "without sign-in"),
        ("own", "is not known here"),
    ] {
        let name = format!("services[1].plugins[0].config.{name}");
        let setting = import.report.settings.iter().find(|setting| setting.name == name).unwrap();
        assert_eq!(setting.verdict, Verdict::NeedsYou, "{name}");
        assert!(setting.text.contains(text), "{name}: {}", setting.text);
    }
    assert!(import.files.iter().all(|file| !file.text.contains("a secret of a test")));
}

#[test]
fn alone_it_is_a_fault_that_names_it() {
    let document = json!({ "_format_version": "3.0", "services": [service("old", &json!([oidc()]))] });
    let faults = import(file(&document), |_| None).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let problem = &faults.first().unwrap().problem;
    assert!(problem.starts_with("is the plugin `oidc` (nokia/kong-oidc)"), "{problem}");
}
