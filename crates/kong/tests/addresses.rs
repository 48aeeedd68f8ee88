//! Each function starts with the files of an import, whatever addresses the input has.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kong::{InputFile, import};
use relying_party::configuration::{Configuration, Platform, Role, Sources};
use relying_party::relying_party::RelyingParty;
use serde_json::{Value, json};

const ROLES: [Role; 5] = [Role::Proxy, Role::Login, Role::Callback, Role::Session, Role::Logout];

const NAMES: [&str; 15] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "redirect_uri",
    "login_redirect_uri",
    "logout_redirect_uri",
    "forbidden_redirect_uri",
    "unauthorized_redirect_uri",
    "issuers_allowed",
    "logout_uri_suffix",
    "session_cookie_domain",
    "session_cookie_name",
];

const VALUES: [&str; 26] = [
    "",
    " ",
    "/",
    "//",
    "a",
    "a b",
    "https://",
    "https://:443",
    "https://a.example.com:99999/x",
    "https://user:word@a.example.com/x",
    "https://a.example.com/x?y=z#part",
    "https://a.example.com/../x",
    "https://a.example.com/%2f/x",
    "https://a.example.com//x",
    "https://a.example.com/x;y",
    "https://A.EXAMPLE.com/X",
    "https://1.2.3.4/x",
    "https://[::1]/x",
    "http://localhost:8000/x",
    "http://a.example.com/x",
    "ftp://a.example.com/x",
    "javascript:alert(1)",
    "https://ä.example.com/x",
    "https://a.example.com:443/oauth2/callback",
    "https://shop.example.com/oauth2/x",
    "https://a_b.example.com/x",
];

/// The faults that prevent a function from starting with the written files.
fn faults(document: &Value) -> Vec<String> {
    let input = vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }];
    let Ok(import) = import(input, |_| None) else { return Vec::new() };
    let secrets = json!({ "client_secret": "a secret of a test", "session_secret": "0123456789abcdef-0123456789abcdef" });
    let mut found = Vec::new();
    for file in import.files.iter().filter(|file| file.path.ends_with("/vestibule.yaml")) {
        for role in ROLES {
            let sources = Sources {
                document: Some(&file.text),
                secret_document: Some(&secrets.to_string()),
                ..Sources::default()
            };
            let started = Configuration::from_sources(&sources, role)
                .and_then(|read| read.on(Platform::Lambda))
                .and_then(RelyingParty::new);
            found.extend(started.err().map(|faults| format!("{role:?}: {faults}")));
        }
    }
    found
}

fn document(config: &Value, url: &str, hosts: &Value) -> Value {
    json!({ "_format_version": "3.0", "services": [{ "name": "web", "url": url, "routes": [
        { "name": "web", "paths": ["/x"], "hosts": hosts, "plugins": [{ "name": "openid-connect", "config": config }] },
    ] }] })
}

#[test]
fn each_function_starts_with_what_is_written() {
    let mut wrong = Vec::new();
    let usual = json!({ "issuer": "https://id.example.com", "client_id": ["a"], "client_secret": ["s"] });
    for name in NAMES {
        for value in VALUES {
            let mut config = usual.clone();
            config.as_object_mut().unwrap().insert(name.to_owned(), json!([value]));
            for hosts in [json!([]), json!(["shop.example.com"])] {
                let found = faults(&document(&config, "https://web.example.com", &hosts));
                wrong.extend(found.into_iter().map(|fault| format!("{name}: {value:?}: {fault}")));
            }
        }
    }
    for value in VALUES {
        let found = faults(&document(&usual, value, &json!(["shop.example.com"])));
        wrong.extend(found.into_iter().map(|fault| format!("url: {value:?}: {fault}")));
        let found = faults(&document(&usual, "https://web.example.com", &json!([value])));
        wrong.extend(found.into_iter().map(|fault| format!("hosts: {value:?}: {fault}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
