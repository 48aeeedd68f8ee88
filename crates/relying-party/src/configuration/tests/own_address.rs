//! Tests changes to our own addresses and the application's name, and the exact fault that each causes.

use super::fault::{ABSOLUTE, EMPTY, HTTPS, fault};
use super::{faults_of, good};
use crate::configuration::Role;

#[test]
fn public_url() {
    fault("public_url: http://app.example.com", "public_url", HTTPS);
    fault("public_url: app.example.com", "public_url", ABSOLUTE);
    fault(
        "public_url: https://app.example.com/?a",
        "public_url",
        "must be an address without query and fragment",
    );
    fault(
        "public_url: https://app.example.com//a",
        "public_url",
        "must be a path without empty segments or percent signs",
    );
}

#[test]
fn auth_prefix() {
    for prefix in ["oauth2", "/", "/a/", "//a", "/a/../b", "/./a", "/a b", "/a%2fb", "/a?b", "/*"] {
        let problem = "must be a path such as `/oauth2`, without a slash at the end";
        fault(&format!("auth_prefix: '{prefix}'"), "auth_prefix", problem);
    }
}

#[test]
fn redirect_uri() {
    let origin = "does not have the origin of `public_url`";
    let below = "is not below `public_url`";
    let plain = "must be a plain path";
    for (address, problem) in [
        ("https://other.example.com/prod/cb", origin),
        ("http://app.example.com/prod/cb", origin),
        ("https://app.example.com:8443/prod/cb", origin),
        ("https://app.example.com.evil.example/prod/cb", origin),
        ("https://app.example.com/cb", below),
        ("https://app.example.com/production/cb", below),
        ("https://app.example.com/prod", below),
        ("HTTPS://app.example.com/prod/cb", below),
        ("https://app.example.com/prod/../cb", plain),
        ("https://app.example.com/prod//cb", plain),
        ("https://app.example.com/prod/%63b", plain),
        ("https://app.example.com/prod/cb;a", plain),
        ("https://app.example.com/prod/cb?a=b", "must be an address without a query"),
        ("https://app.example.com/prod/cb#a", "must be an address without a fragment"),
        ("https://app.example.com/prod/oauth2/login", "is the path of another endpoint of vestibule"),
        ("/oauth2/callback", ABSOLUTE),
    ] {
        fault(&format!("redirect_uri: '{address}'"), "redirect_uri", problem);
    }
}

#[test]
fn several_hosts_and_their_callbacks() {
    let hosts = "public_url: [https://app.example.com, https://app.example.com:8446]";
    let of = "redirect_uri";
    let many = |text: &str| vec![text; 21].join(", ");
    for (key, lines, problem) in [
        (
            "public_url",
            "public_url: [https://a.example, https://a.example:443]".to_owned(),
            "has a host twice",
        ),
        (
            "public_url",
            "public_url: [https://localhost:1, http://localhost:1]".to_owned(),
            "has a host twice",
        ),
        (
            "public_url",
            "public_url: [https://a.example/x, https://b.example]".to_owned(),
            "has different paths",
        ),
        ("public_url", format!("public_url: [{}]", many("https://a.example")), "has more than 20 entries"),
        ("public_url", "public_url: [https://a.example, 'http://b.example']".to_owned(), HTTPS),
        ("public_url", "public_url: []".to_owned(), "is an empty list"),
        (
            of,
            format!("{hosts}\n{of}: https://app.example.com/cb"),
            "has no address of https://app.example.com:8446",
        ),
        (
            of,
            format!("{hosts}\n{of}: [https://app.example.com/cb, https://app.example.com/cb]"),
            "has an address twice",
        ),
        (
            of,
            format!("{hosts}\n{of}: [https://app.example.com/cb, https://app.example.com:8447/cb]"),
            "does not have the origin",
        ),
        (of, format!("{hosts}\n{of}: [{}]", many("https://app.example.com/cb")), "has more than 20 entries"),
        (
            "login_redirect_uri",
            format!("{hosts}\nlogin_redirect_uri: https://app.example.com:8446/oauth2/login"),
            "is below `auth_prefix`",
        ),
        (
            "token_endpoint",
            format!("{hosts}\ntoken_endpoint: https://app.example.com:8446/oauth2/token"),
            "is below `auth_prefix`",
        ),
        (
            "session_cookie_domain",
            "public_url: [https://a.example.com, https://a.example.org]\nsession_cookie_domain: example.com"
                .to_owned(),
            "is neither the host",
        ),
    ] {
        let found = faults_of(&lines, Role::Proxy);
        let is_told = found.iter().any(|(at, told)| at == key && told.starts_with(problem));
        assert!(is_told, "{lines}: {found:?}");
    }
}

#[test]
fn login_and_logout_targets() {
    for key in ["login_redirect_uri", "logout_redirect_uri"] {
        fault(&format!("{key}: http://app.example.com"), key, HTTPS);
        fault(&format!("{key}: javascript:alert(1)"), key, ABSOLUTE);
        fault(&format!("{key}: start"), key, ABSOLUTE);
        fault(&format!("{key}: //evil.example/x"), key, "must be a plain path or an absolute address");
        fault(&format!("{key}: /a/../b"), key, "must be a plain path or an absolute address");
        fault(&format!("{key}: '/\\evil.example'"), key, "must be an address in plain ASCII");
    }
}

/// Browsers read the first of these as a path, and parsers as a host. Others have an impossible host.
#[test]
fn an_address_has_its_host_where_every_reader_looks_for_it() {
    for rest in [
        ":other.example.com/x",
        ":/other.example.com/x",
        ":///other.example.com/x",
        ":////other.example.com",
        "://other%2eexample.com",
        "://$HOST/x",
        "://*.example.com",
        "://",
        ":///",
    ] {
        for key in [
            "login_redirect_uri",
            "logout_redirect_uri",
            "forbidden_redirect_uri",
            "unauthorized_redirect_uri",
            "redirect_uri",
            "public_url",
            "issuer",
            "token_endpoint",
        ] {
            fault(&format!("{key}: 'https{rest}'"), key, ABSOLUTE);
        }
    }
}

/// Attempts without another return target keep this address in their cookie, which browsers drop when it is
/// too long.
#[test]
fn a_login_target_fits_the_cookie_of_an_attempt() {
    let start = "https://app.example.com/";
    let of = |bytes: usize| format!("login_redirect_uri: {start}{}", "a".repeat(bytes - start.len()));
    good(&of(1024));
    fault(&of(1025), "login_redirect_uri", "is longer than 1024 bytes");
    let path = |bytes: usize| format!("login_redirect_uri: /{}", "a".repeat(bytes));
    fault(&path(1024), "login_redirect_uri", "is longer than 1024 bytes");
    good(&format!("logout_redirect_uri: {start}{}", "a".repeat(2000)));
}

#[test]
fn the_name_of_the_application() {
    let marks = "must not contain directional formatting characters";
    for (name, problem) in [
        ("x".repeat(61).as_str(), "must have at most 60 characters"),
        (r#""a\nb""#, "holds a control character"),
        (r#""a\u202Eb""#, marks),
        (r#""a\u2066b""#, marks),
        ("''", EMPTY),
    ] {
        fault(&format!("application_name: {name}"), "application_name", problem);
    }
    for name in ["é".repeat(60), "Reports & <more>".to_owned(), "0123".to_owned()] {
        let configuration = good(&format!("application_name: {name}"));
        assert_eq!(configuration.application_name, Some(name));
    }
}

#[test]
fn each_host_has_its_own_addresses() {
    let configuration = good(
        "public_url: [https://app.example.com, https://app.example.com:8446]\nlogin_redirect_uri: /start\n\
         redirect_uri: [https://app.example.com:8446/cb, https://app.example.com/new, https://app.example.com/old]",
    );
    assert_eq!(configuration.redirect_uri, "https://app.example.com/new");
    assert_eq!(configuration.callback_paths, ["/new", "/old"]);
    assert_eq!(configuration.login_redirect_uri, "https://app.example.com/start");
    let [other] = configuration.other_hosts.as_slice() else { panic!("one other host") };
    let other = configuration.at(other);
    assert_eq!(other.redirect_uri, "https://app.example.com:8446/cb");
    assert_eq!(other.callback_paths, ["/cb"]);
    assert_eq!(other.login_redirect_uri, "https://app.example.com:8446/start");
    assert_eq!(other.logout_redirect_uri, "https://app.example.com:8446/oauth2/signed-out");
    let all =
        ["https://app.example.com/new", "https://app.example.com/old", "https://app.example.com:8446/cb"];
    assert_eq!(configuration.redirect_uris, all);
    assert_eq!(other.redirect_uris, all);
    // An address on another site is the same for every host.
    let elsewhere =
        good("public_url: [https://a.example, https://b.example]\nlogin_redirect_uri: https://c.example/");
    let [other] = elsewhere.other_hosts.as_slice() else { panic!("one other host") };
    assert_eq!(elsewhere.at(other).login_redirect_uri, "https://c.example/");
    assert_eq!(
        elsewhere.redirect_uris,
        ["https://a.example/oauth2/callback", "https://b.example/oauth2/callback"]
    );
}
