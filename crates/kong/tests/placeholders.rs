//! A value that a guide left for somebody to replace is never taken for the real one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use kong::{Import, InputFile, import};
use relying_party::configuration::kong::Verdict;
use serde_json::{Value, json};

fn imported(member: &str, value: &Value) -> Import {
    let mut config = json!({
        "issuer": "https://id.example.com",
        "client_id": ["shop"],
        "client_secret": ["3fT0mRkqXn2hJ8cLw7ZsVb1y"],
        "session_secret": "4fT0mRkqXn2hJ8cLw7ZsVb1yEoGdPu5A",
    });
    config.as_object_mut().unwrap().insert(member.to_owned(), value.clone());
    let text = json!({ "_format_version": "3.0", "services": [{
        "name": "shop", "url": "https://shop.example.org",
        "routes": [{ "name": "shop", "hosts": ["shop.example.com"], "paths": ["/"] }],
        "plugins": [{ "name": "openid-connect", "config": config }],
    }] })
    .to_string();
    import(vec![InputFile { name: "kong.json".to_owned(), text }], |_| None).unwrap()
}

fn verdict(import: &Import, member: &str) -> Verdict {
    let setting = import.report.settings.iter().find(|setting| setting.name.contains(member)).unwrap();
    setting.verdict
}

/// The steps that name the member.
fn needs<'i>(import: &'i Import, member: &str) -> Vec<&'i str> {
    let quoted = format!("`{member}`");
    let needs = import.applications.iter().flat_map(|application| &application.needs);
    needs.map(String::as_str).filter(|need| need.contains(&quoted)).collect()
}

#[test]
fn names_of_the_client_and_the_provider() {
    for (member, values) in [
        (
            "client_id",
            [
                "<your-client-id>",
                "YOUR_CLIENT_ID",
                "my-client-id",
                "{client}",
                "xxxxxxxx",
                "{{ .Values.id }}",
            ],
        ),
        (
            "issuer",
            [
                "https://YOUR_DOMAIN/",
                "https://cognito-idp.{region}.amazonaws.com/{userPoolId}",
                "https://cognito-idp.REGION.amazonaws.com/USER_POOL_ID",
                "https://<tenant>.example.com",
                "https://your-tenant.example.com/.well-known/openid-configuration",
                "https://id.example.com/{{ .Values.realm }}",
            ],
        ),
        (
            "token_endpoint",
            [
                "https://YOUR_DOMAIN/token",
                "https://your-domain.example.com/token",
                "https://<domain>/token",
                "https://{domain}/token",
                "https://id.example.com/<tenant>/token",
                "https://id.example.com/TENANT_ID/token",
            ],
        ),
    ] {
        for value in values {
            for value in [json!(value), json!([value])] {
                let import = imported(member, &value);
                assert!(!needs(&import, member).is_empty(), "{member} {value}");
                assert_eq!(verdict(&import, member), Verdict::NeedsYou, "{member} {value}");
            }
        }
        let real = imported("leeway", &json!(5));
        assert!(needs(&real, member).is_empty(), "{member}");
    }
}

/// Nothing that everybody can read becomes the key that seals sessions.
#[test]
fn secrets() {
    for (member, values) in [
        ("client_secret", ["<secret>", "YOUR_CLIENT_SECRET", "changeme", "***"]),
        (
            "session_secret",
            [
                "<a secret of thirty-two bytes or more>",
                "YOUR_SESSION_SECRET_OF_THIRTY_TWO_BYTES_OR_MORE",
                "changeme-changeme-changeme-changeme-now",
                "replace with a secret of thirty-two bytes",
            ],
        ),
    ] {
        for value in values {
            let import = imported(member, &json!(value));
            assert_eq!(needs(&import, member).len(), 1, "{member} {value}");
            assert_eq!(verdict(&import, member), Verdict::NeedsYou, "{member} {value}");
            let absent = import.applications.iter().flat_map(|application| &application.absent_secrets);
            assert_eq!(absent.copied().collect::<Vec<_>>(), [member], "{value}");
            assert!(import.files.iter().all(|file| !file.text.contains(value)), "{value}");
        }
    }
}

/// Two plugins with the same placeholder need not be of one client.
#[test]
fn a_placeholder_is_no_client_in_common() {
    let service = |name: &str| {
        json!({
            "name": name, "url": format!("https://{name}.example.org"),
            "routes": [{ "name": name, "hosts": [format!("{name}.example.com")], "paths": ["/"] }],
            "plugins": [{ "name": "openid-connect", "config": {
                "issuer": "https://id.example.com", "client_id": ["YOUR_CLIENT_ID"],
            } }],
        })
    };
    let text = json!({ "_format_version": "3.0", "services": [service("a"), service("b")] }).to_string();
    let import = import(vec![InputFile { name: "kong.json".to_owned(), text }], |_| None).unwrap();
    let report = &import.files.iter().find(|file| file.path == "report.md").unwrap().text;
    assert!(!report.contains("Clients of several applications"), "{report}");
}

/// A variable in the address of an application does not close what the routes say.
#[test]
fn a_variable_in_the_address_of_an_application() {
    let text = json!({ "_format_version": "3.0", "services": [{
        "name": "shop", "url": "https://shop-${STAGE}.example.org:8443/base",
        "routes": [{ "name": "shop", "hosts": ["shop.example.com"], "paths": ["/a"], "strip_path": false }],
        "plugins": [{ "name": "openid-connect", "config": {
            "issuer": "https://id.example.com", "client_id": ["shop"], "client_secret": ["s"],
        } }],
    }] })
    .to_string();
    let files = || vec![InputFile { name: "kong.json".to_owned(), text: text.clone() }];
    for (stage, url) in [
        (None, "https://shop-stage.invalid.example.org.invalid:8443/base"),
        (Some("prod"), "https://shop-prod.example.org:8443/base"),
    ] {
        let import = import(files(), |_| stage.map(str::to_owned)).unwrap();
        let document = import.files.iter().find(|file| file.path == "shop/vestibule.yaml").unwrap();
        assert!(document.text.contains(&format!("upstream_url: {url}\n")), "{}", document.text);
        assert!(document.text.contains("\"/a/*\""), "{}", document.text);
        assert_eq!(needs(&import, "upstream_url").len(), usize::from(stage.is_none()));
    }
}
