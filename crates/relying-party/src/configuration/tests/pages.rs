//! Tests Kong's keys for sign-out on paths of the application and for pages of refusals.

use http::Method;

use super::{faults_of, good};
use crate::configuration::Role;

const HERE: &str = "public_url: https://app.example.com\n";

fn refused(key: &str, lines: &str, problem: &str) {
    let found = faults_of(&format!("{HERE}{lines}"), Role::Proxy);
    let is_told = found.iter().any(|(at, told)| at == key && told.starts_with(problem));
    assert!(is_told, "{lines}: {found:?}");
}

#[test]
fn as_kong_reads_them() {
    let none = good(HERE.trim_end()).logout_requests;
    assert_eq!((none.query_arg, none.uri_suffix), (None, None));
    assert_eq!(none.methods, [Method::POST, Method::DELETE]);
    let configuration = good(&format!(
        "{HERE}logout_query_arg: logout\nlogout_uri_suffix: /log-out\nlogout_methods: [GET]\n\
         forbidden_redirect_uri: [https://portal.example.com/unauthorized]\nunauthorized_redirect_uri: /welcome\n\
         forbidden_error_message: Ask us.\nroutes: '[{{\"paths\": [\"/welcome\"], \"auth\": \"none\"}}]'"
    ));
    let requests = configuration.logout_requests;
    assert_eq!(
        (requests.query_arg.as_deref(), requests.uri_suffix.as_deref()),
        (Some("logout"), Some("/log-out"))
    );
    assert_eq!(requests.methods, [Method::GET]);
    assert_eq!(
        configuration.forbidden_redirect_uri.as_deref(),
        Some("https://portal.example.com/unauthorized")
    );
    assert_eq!(configuration.unauthorized_redirect_uri.as_deref(), Some("https://app.example.com/welcome"));
    assert_eq!(configuration.forbidden_error_message.as_deref(), Some("Ask us."));
}

#[test]
fn a_setting_that_would_sign_out_too_much_is_refused() {
    // Providers send these with a sign-in or a sign-out, and our own pages use them.
    let answered = ["code", "state", "iss", "error", "error_description", "error_uri", "session_state"];
    let further = ["scope", "authuser", "hd", "prompt", "client_info", "sid", "response", "id_token"];
    let own = ["rd", "reason", "callback_path", "everywhere", "remember"];
    for name in answered.into_iter().chain(further).chain(own) {
        refused("logout_query_arg", &format!("logout_query_arg: {name}"), "is a parameter that sign-in uses");
    }
    for name in ["logout=true", "?logout", "a&logout", "log%6fut", "log+out", "#logout", "="] {
        refused(
            "logout_query_arg",
            &format!("logout_query_arg: '{name}'"),
            "must be the name of a parameter alone",
        );
    }
    for name in ["logout", "bye", "Code", "states", "scopes", "log out", "a[]"] {
        let requests = good(&format!("{HERE}logout_query_arg: {name}")).logout_requests;
        assert_eq!(requests.query_arg.as_deref(), Some(name));
    }
    for suffix in
        ["/", "//logout", "/a?b", "/%6c", "/log out", "/a;b", "\\logout", "/../x", ".", "/./x", "/x/."]
    {
        refused(
            "logout_uri_suffix",
            &format!("logout_uri_suffix: '{suffix}'"),
            "must be the suffix of a plain path",
        );
    }
    for method in ["PUT", "get", "HEAD", "OPTIONS"] {
        refused(
            "logout_methods",
            &format!("logout_methods: [{method}]"),
            "must be one or more of DELETE, GET, POST",
        );
    }
    refused(
        "logout_uri_suffix",
        "logout_uri_suffix: /back\nredirect_uri: https://app.example.com/sign-in/back",
        "is also the end of a `redirect_uri`",
    );
}

#[test]
fn a_page_that_leads_in_a_circle_is_refused() {
    let get = "logout_query_arg: bye\nlogout_uri_suffix: /log-out\nlogout_methods: [GET]\n";
    for key in
        ["login_redirect_uri", "logout_redirect_uri", "forbidden_redirect_uri", "unauthorized_redirect_uri"]
    {
        for page in ["/a?bye", "/a/log-out", "https://app.example.com/log-out", "/a/log%2Dout", "/a?%62ye"] {
            refused(key, &format!("{get}{key}: '{page}'"), "is a page that signs out");
        }
        for page in
            ["/oauth2/error", "/OAuth2/signed-out", "/%6fauth2/login", "https://app.example.com/oauth2%2Fx"]
        {
            refused(key, &format!("{key}: '{page}'"), "is below `auth_prefix`");
        }
    }
    for page in ["/welcome", "https://app.example.com/", "https://app.example.com"] {
        let lines = format!("unauthorized_redirect_uri: {page}");
        refused("unauthorized_redirect_uri", &lines, "is a page that asks for sign-in itself");
    }
    // With another method the page belongs to the application, and pages on other sites are not checked.
    good(&format!("{HERE}logout_uri_suffix: /log-out\nlogout_redirect_uri: /a/log-out"));
    // Our own page after sign-out is not affected.
    good(&format!("{HERE}logout_uri_suffix: out\nlogout_methods: [GET]"));
    good(&format!("{HERE}{get}logout_redirect_uri: https://other.example.com/log-out"));
    good(&format!("{HERE}unauthorized_redirect_uri: https://other.example.com/"));
}

/// Every request for such a page would be refused.
#[test]
fn a_page_whose_path_can_be_read_in_two_ways_is_refused() {
    let open = "routes: '[{\"paths\": [\"/*\"], \"auth\": \"none\"}]'\n";
    for key in
        ["login_redirect_uri", "logout_redirect_uri", "forbidden_redirect_uri", "unauthorized_redirect_uri"]
    {
        let paths = ["/a//b", "/a;b", "/a%2Fb", "/a%5Cb", "/%", "/%zz", "/a%00b", "/a%2523", "/a%FF"];
        for page in paths.map(str::to_owned).into_iter().chain(["https://app.example.com//a".to_owned()]) {
            let found = faults_of(&format!("{HERE}{open}{key}: '{page}'"), Role::Authorizer);
            let expected = "has a path that can be read in two ways, and is refused for that";
            assert_eq!(found, [(key.to_owned(), expected.to_owned())], "{page}");
        }
        good(&format!("{HERE}{open}{key}: 'https://other.example.com/a;b'"));
        good(&format!("{HERE}{open}{key}: '/a%20b?c=//d;e'"));
    }
}

/// The number of hosts makes no difference.
#[test]
fn a_fault_is_told_once() {
    let hosts = "public_url: [https://app.example.com, https://app.example.com:8446]\n";
    let get = "logout_query_arg: bye\nlogout_methods: [GET]\n";
    for (lines, key) in [
        ("forbidden_redirect_uri: /a?bye", "forbidden_redirect_uri"),
        ("login_redirect_uri: /a//b?bye\nlogout_uri_suffix: /b", "login_redirect_uri"),
        (
            "logout_uri_suffix: /callback\nredirect_uri: [https://app.example.com/callback, https://app.example.com:8446/callback]",
            "logout_uri_suffix",
        ),
    ] {
        let mut found = faults_of(&format!("{hosts}{get}{lines}"), Role::Authorizer);
        let all = found.len();
        found.dedup();
        assert!(found.len() == all && found.iter().all(|(at, _)| at == key), "{found:?}");
    }
}

#[test]
fn addresses_and_texts() {
    for key in ["forbidden_redirect_uri", "unauthorized_redirect_uri"] {
        for page in ["javascript:alert(1)", "//evil.example", "start", "https://user@evil.example/"] {
            refused(key, &format!("{key}: '{page}'"), "must be");
        }
        refused(key, &format!("{key}: https://a.example/{}", "a".repeat(1024)), "is longer than 1024 bytes");
        refused(key, &format!("{key}: [https://a.example, https://b.example]"), "must be one text");
    }
    for key in ["forbidden_error_message", "unauthorized_error_message"] {
        good(&format!("{key}: {}", "a".repeat(300)));
        refused(key, &format!("{key}: {}", "a".repeat(301)), "must have at most 300 characters");
        refused(key, &format!("{key}: \"a\\u202eb\""), "must not contain directional formatting characters");
        refused(key, &format!("{key}: \"a\\u0007b\""), "holds a control character");
    }
}

#[test]
fn cognito_s_sign_out_address_is_unwrapped() {
    let address = |query: &str| {
        format!("{HERE}logout_redirect_uri: 'https://pool.auth.eu-west-1.amazoncognito.com/logout?{query}'")
    };
    for (query, page) in [
        (
            "client_id=1example23456789&logout_uri=https%3A%2F%2Fapp.example.com%2Fbye",
            "https://app.example.com/bye",
        ),
        ("client_id=1example23456789&logout_uri=https://other.example.com/", "https://other.example.com/"),
        ("client_id=1example23456789&logout_uri=app.example.com/bye", "https://app.example.com/bye"),
        ("logout_uri=app.example.com&client_id=1example23456789", "https://app.example.com"),
        ("logout_uri=app.example.com:8443/bye", "https://app.example.com:8443/bye"),
    ] {
        let configuration = good(&address(query));
        assert_eq!(configuration.logout_redirect_uri, page);
        let told = configuration.warnings.iter().any(|warning| warning.key == "logout_redirect_uri");
        assert!(told, "{query}: {:?}", configuration.warnings);
    }
    for (query, problem) in [
        (
            "client_id=another&logout_uri=https://app.example.com",
            "is Cognito's sign-out address for another client",
        ),
        ("client_id=1example23456789", "is Cognito's sign-out address without a `logout_uri`"),
        (
            "client_id=1example23456789&redirect_uri=https://a.example",
            "is Cognito's sign-out address without",
        ),
        ("client_id=1example23456789&logout_uri=javascript:alert(1)", "must be an absolute address"),
        ("client_id=1example23456789&logout_uri=http://app.example.com", "must be an https address"),
        ("client_id=1example23456789&logout_uri=app.example.com/oauth2/logout", "is below `auth_prefix`"),
        ("client_id=1example23456789&logout_uri=/bye", "must be an absolute address"),
        ("client_id=1example23456789&logout_uri=//app.example.com", "must be an absolute address"),
        ("client_id=1example23456789&logout_uri=https:/app.example.com", "must be an absolute address"),
        ("client_id=1example23456789&logout_uri=$BYE", "must be an absolute address"),
        (
            "client_id=1example23456789&logout_uri=https://a.example&logout_uri=https://b.example",
            "is Cognito's sign-out address with more than one",
        ),
        (
            "client_id=1example23456789&client_id=another&logout_uri=https://a.example",
            "is Cognito's sign-out address for another client",
        ),
        (
            "client_id=1example23456789&logout_uri=https://a.auth.eu-west-1.amazoncognito.com/logout?client_id=1",
            "is Cognito's sign-out address, whose `logout_uri` is not a page",
        ),
        (
            "client_id=1example23456789&logout_uri=https://a.example#b",
            "must be an address without a fragment",
        ),
        ("", "is Cognito's sign-out address without"),
        ("CLIENT_ID=1example23456789&LOGOUT_URI=https://a.example", "is Cognito's sign-out address without"),
    ] {
        let found = faults_of(&address(query), Role::Proxy);
        assert!(found.iter().any(|(_, told)| told.starts_with(problem)), "{query}: {found:?}");
    }
    // A page of the application and an address of another provider are not sign-out addresses.
    for page in ["https://app.example.com/logout?client_id=a", "https://a.example/logout"] {
        let configuration = good(&format!("{HERE}logout_redirect_uri: '{page}'"));
        assert_eq!(configuration.logout_redirect_uri, page);
        assert!(configuration.warnings.is_empty());
    }
}
