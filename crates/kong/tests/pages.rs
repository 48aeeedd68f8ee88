//! Tests the translation of pages, and of the requests that sign out, in each form that Kong accepts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kong::{InputFile, import};
use serde_json::{Value, json};

/// The value of `name` in the written document, and the whole report.
fn imported(name: &str, config: &Value) -> (Option<String>, String) {
    let mut whole = json!({
        "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
        "client_id": ["1example23456789"],
        "client_secret": ["a secret of a test"],
    });
    whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let document = json!({ "_format_version": "3.0", "services": [{ "name": "web", "url": "http://web.example.com", "routes": [
        { "name": "web", "paths": ["/x"], "hosts": ["shop.example.com"], "plugins": [{ "name": "openid-connect", "config": whole }] },
    ] }] });
    let input = vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }];
    let import = import(input, |_| None).unwrap();
    let ending = |end: &str| import.files.iter().find(|file| file.path.ends_with(end)).unwrap().text.clone();
    let prefix = format!("{name}: ");
    let written =
        ending("vestibule.yaml").lines().find_map(|line| line.strip_prefix(&prefix).map(str::to_owned));
    (written, ending("report.md"))
}

const COGNITO: &str = "https://pool.auth.eu-west-1.amazoncognito.com/logout?client_id=";

/// A path stays a path: after `https://` its first segment would become a host.
#[test]
fn a_page_is_a_path_or_an_address() {
    for name in ["login_redirect_uri", "logout_redirect_uri", "forbidden_redirect_uri"] {
        for (given, written) in [
            ("/home", Some("/home")),
            ("//home", None),
            ("home", None),
            ("https:///home", None),
            ("https:shop.example.com", None),
            ("shop.example.com/home", Some("https://shop.example.com/home")),
            ("https://other.example.com/home", Some("https://other.example.com/home")),
            (
                "shop.example.com/home?next=https://a.example",
                Some("https://shop.example.com/home?next=https://a.example"),
            ),
        ] {
            let (found, report) = imported(name, &json!({ name: [given] }));
            assert_eq!(found.map(|found| found.replace('"', "")).as_deref(), written, "{name}: {given}");
            assert_eq!(
                report.contains("its value is left out"),
                written.is_none(),
                "{name}: {given}\n{report}"
            );
        }
        let (_, report) = imported(name, &json!({ name: ["$PAGE"] }));
        assert!(report.contains(&format!("name `{name}` (was `$PAGE`)")), "{report}");
    }
}

#[test]
fn a_page_is_taken_out_of_cognito_s_address_alone() {
    for (query, written) in [
        ("1example23456789&logout_uri=https://shop.example.com/bye", Some("https://shop.example.com/bye")),
        ("1example23456789&logout_uri=shop.example.com/bye", Some("https://shop.example.com/bye")),
        ("$CLIENT&logout_uri=shop.example.com/bye", Some("https://shop.example.com/bye")),
        ("another&logout_uri=https://shop.example.com/bye", None),
        ("1example23456789", None),
        ("1example23456789&logout_uri=/bye", None),
        ("1example23456789&logout_uri=//bye.example.com", None),
        ("1example23456789&response_type=code&redirect_uri=https://shop.example.com/x/cb", None),
        ("1example23456789&logout_uri=https://a.example&logout_uri=https://b.example", None),
    ] {
        for address in
            [format!("{COGNITO}{query}"), format!("{COGNITO}{query}").replace("https://pool", "pool")]
        {
            let (found, report) =
                imported("logout_redirect_uri", &json!({ "logout_redirect_uri": [address] }));
            assert_eq!(found.as_deref(), written, "{address}");
            assert_eq!(report.contains("its value is left out"), written.is_none(), "{address}\n{report}");
        }
    }
    let own = "https://shop.example.com/logout?logout_uri=https://other.example.com";
    let (found, _) = imported("logout_redirect_uri", &json!({ "logout_redirect_uri": [own] }));
    assert_eq!(found.map(|found| found.replace('"', "")).as_deref(), Some(own));
}

#[test]
fn without_a_method_nothing_on_a_path_signs_out() {
    let config = json!({ "logout_methods": [], "logout_query_arg": "logout", "logout_uri_suffix": "/bye" });
    for name in ["logout_methods", "logout_query_arg", "logout_uri_suffix"] {
        let (found, report) = imported(name, &config);
        assert_eq!(found, None, "{name}");
        assert!(report.contains("without a method no path of the application signs out"), "{report}");
    }
    let (found, report) = imported("logout_query_arg", &json!({ "logout_query_arg": "" }));
    assert_eq!(found, None);
    assert!(report.contains("is empty, so it is not set"), "{report}");
}
