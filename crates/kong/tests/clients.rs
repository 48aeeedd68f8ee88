//! Imports one client that is on several hosts. Each host is an application, and the client has the addresses of all.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use kong::{Import, InputFile, import};
use serde_json::{Value, json};

fn imported(document: &Value) -> Import {
    import(vec![InputFile { name: "kong.json".to_owned(), text: document.to_string() }], |_| None).unwrap()
}

fn plugin(callbacks: &[&str]) -> Value {
    json!({ "name": "openid-connect", "config": {
        "issuer": "https://id.example.com", "client_id": ["a"], "client_secret": ["s"], "redirect_uri": callbacks,
    } })
}

fn route(host: &str) -> Value {
    json!({ "name": host, "hosts": [format!("{host}.example.com")], "paths": ["/"] })
}

/// One plugin whose list has the callbacks of three hosts.
fn one_plugin(further: &[&str]) -> Value {
    let mut callbacks =
        vec!["https://a.example.com/cb", "https://b.example.com/cb", "https://c.example.com/cb"];
    callbacks.extend(further);
    json!({ "_format_version": "3.0", "services": [{
        "name": "app", "url": "https://app.example.org",
        "routes": [route("a"), route("b"), route("c")], "plugins": [plugin(&callbacks)],
    }] })
}

/// Three plugins of one client, each on a host with its own callback. The third differs in a setting.
fn three_plugins() -> Value {
    let service = |host: &str| {
        let callback = format!("https://{host}.example.com/cb");
        let url = format!("https://{host}.example.org");
        json!({ "name": host, "url": url, "routes": [route(host)], "plugins": [plugin(&[&callback])] })
    };
    let mut document =
        json!({ "_format_version": "3.0", "services": [service("a"), service("b"), service("c")] });
    *document.pointer_mut("/services/2/plugins/0/config/redirect_uri").unwrap() =
        json!(["https://c.example.com/cb", "https://a.example.com/cb"]);
    document.pointer_mut("/services/2/plugins/0/config").unwrap()["max_age"] = json!(60);
    document
}

fn report(import: &Import) -> &str {
    &import.files.iter().find(|file| file.path == "report.md").unwrap().text
}

#[test]
fn each_application_asks_for_its_own_addresses_only() {
    for document in [one_plugin(&[]), three_plugins()] {
        let import = imported(&document);
        assert_eq!(import.applications.len(), 3);
        for (application, host) in import.applications.iter().zip(["a", "b", "c"]) {
            assert_eq!(application.callbacks, [format!("https://{host}.example.com/cb")]);
            let of_others = application.needs.iter().find(|need| need.contains("redirect_uri"));
            assert_eq!(of_others, None, "{}", application.name);
        }
        let asked =
            import.report.settings.iter().find(|setting| {
                setting.name.contains("redirect_uri") && setting.verdict.word() == "needs you"
            });
        assert_eq!(asked, None);
    }
}

#[test]
fn the_report_lists_the_addresses_of_a_shared_client_once() {
    for document in [one_plugin(&[]), three_plugins()] {
        let import = imported(&document);
        let report = report(&import);
        let (_, shared) = report.split_once("\n## Clients of several applications\n").unwrap();
        let shared = shared.split_once("\n## ").unwrap().0;
        for host in ["a", "b", "c"] {
            assert_eq!(shared.matches(&format!("https://{host}.example.com/cb")).count(), 1, "{shared}");
            assert_eq!(shared.matches(&format!("https://{host}.example.com/oauth2/signed-out")).count(), 1);
        }
        assert_eq!(report.matches("remove none of theirs").count(), 3, "{report}");
        let json = import.files.iter().find(|file| file.path == "report.json").unwrap();
        let json: Value = serde_json::from_str(&json.text).unwrap();
        assert_eq!(json.pointer("/clients/0/callbacks").unwrap().as_array().unwrap().len(), 3);
        assert_eq!(json.pointer("/clients/0/applications").unwrap().as_array().unwrap().len(), 3);
    }
}

#[test]
fn a_callback_of_no_application_is_asked_for() {
    let import = imported(&one_plugin(&["https://other.example.com/cb"]));
    for application in &import.applications {
        let asked = application.needs.iter().filter(|need| need.contains("https://other.example.com/cb"));
        assert_eq!(asked.count(), 1, "{}", application.name);
    }
}

#[test]
fn a_client_of_one_application_is_not_shared() {
    let document = json!({ "_format_version": "3.0", "services": [{
        "name": "app", "url": "https://app.example.org",
        "routes": [route("a")], "plugins": [plugin(&["https://a.example.com/cb"])],
    }] });
    assert!(!report(&imported(&document)).contains("Clients of several applications"));
}

/// The report names the settings, never their values.
#[test]
fn the_report_says_why_a_client_is_several_applications() {
    let reasons = |document: &Value| {
        let import = imported(document);
        let lines = report(&import).lines().filter(|line| line.starts_with("- `a` is "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let hosts = "- `a` is 3 applications, because its routes name several hosts.";
    assert_eq!(reasons(&one_plugin(&[])), [hosts]);
    let differing = "- `a` is 3 applications, because its plugins differ in `max_age`. With the same values they would be one on each host.";
    assert_eq!(reasons(&three_plugins()), [differing]);

    // On one host, where nobody signs in: the settings differ, or only one plugin has them.
    let service = |name: &str, config: Value| {
        let mut plugin = plugin(&[]);
        plugin["config"].as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        let routes = json!([{ "name": name, "paths": [format!("/{name}")] }]);
        json!({ "name": name, "url": "https://app.example.org", "routes": routes, "plugins": [plugin] })
    };
    let bearer = |more: Value| {
        let mut config = json!({ "auth_methods": ["bearer"], "groups_required": ["x"], "ssl_verify": true });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let document = json!({ "_format_version": "3.0", "services": [
        service("one", bearer(json!({ "leeway": 5, "session_secret": "private one" }))),
        service("two", bearer(json!({ "leeway": 6, "groups_required": ["y"], "ssl_verify": false }))),
        service("three", bearer(json!({ "leeway": 5, "hide_credentials": true }))),
    ] });
    let differing = "- `a` is 3 applications, because its plugins differ in `hide_credentials`, `leeway`. With the same values they would be one on each host.";
    assert_eq!(reasons(&document), [differing]);
    let import = imported(&document);
    let json = import.files.iter().find(|file| file.path == "report.json").unwrap();
    let json: Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!(json["clients"][0]["differing_settings"], json!(["hide_credentials", "leeway"]));
    assert!(!report(&import).contains("A client has one list of addresses"), "nothing is registered");
}

/// The applications share one list, or many plugins with a setting of their own would need memory for the square of
/// their number.
#[test]
fn a_client_has_one_list_of_the_settings_in_which_its_plugins_differ() {
    for (plugins, end) in [(20, "`s18`, `s19`. With"), (25, "`s18`, `s19` and 5 more. With")] {
        let service = |number: usize| {
            let name = format!("s{number:02}");
            let mut plugin = plugin(&[]);
            plugin["config"][&name] = json!("x");
            let routes = json!([{ "name": name, "paths": [format!("/{name}")] }]);
            json!({ "name": name, "url": "https://app.example.org", "routes": routes, "plugins": [plugin] })
        };
        let services: Vec<Value> = (0..plugins).map(service).collect();
        let import = imported(&json!({ "_format_version": "3.0", "services": services }));
        let line = report(&import).lines().find(|line| line.starts_with("- `a` is ")).unwrap();
        assert!(line.contains(end), "{line}");
        assert_eq!(import.applications.len(), plugins);
        let first = import.applications.first().unwrap();
        assert_eq!(first.differing.len(), plugins);
        let is_shared = |other: &kong::Application| Arc::ptr_eq(&other.differing, &first.differing);
        assert!(import.applications.iter().all(is_shared));
        let json = import.files.iter().find(|file| file.path == "report.json").unwrap();
        let json: Value = serde_json::from_str(&json.text).unwrap();
        let all = json["clients"][0]["differing_settings"].as_array().unwrap();
        assert_eq!(all.len(), plugins);
    }
}

#[test]
fn two_spellings_of_a_provider_are_a_difference() {
    let mut document = three_plugins();
    for (place, issuer) in
        [(0, "https://id.example.com/.well-known/openid-configuration"), (2, "https://id.example.com/")]
    {
        document.pointer_mut(&format!("/services/{place}/plugins/0/config")).unwrap()["issuer"] =
            json!(issuer);
    }
    let text = imported(&document);
    let reason = "- `a` is 3 applications, because its plugins differ in `issuer`, `max_age`.";
    assert!(report(&text).contains(reason), "{}", report(&text));
}
