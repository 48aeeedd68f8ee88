use offline::report::Exit;
use serde_json::{Value, json};

use crate::{MINIMAL, file, run};

const ROUTES: &str = "\
routes:
  - paths: /public/*
    auth: none
  - paths: /admin/*
    groups_required: [admins, staff eu]
  - paths: /api/*
    methods: [POST]
    scopes_required: write
  - paths: /shop/*
    auth: optional
  - paths: /closed
    groups_required: nobody
";

fn explained(document: &str, arguments: &[&str]) -> Value {
    let path = file("explain", document);
    let output = run(&[&["check", "explain", "--config", &path], arguments].concat(), true);
    assert_eq!(output.exit, Exit::Done, "{}{}", output.out, output.err);
    output.json()
}

/// One test, because all cases use the same document.
#[test]
fn the_rule_and_the_answer() {
    let document = format!("{MINIMAL}{ROUTES}");
    for (arguments, rule, answer) in [
        ("GET /public/x", json!(0), "pass"),
        ("GET /admin/x", json!(1), "302 session_missing"),
        ("GET /admin/x --script", json!(1), "401 session_missing"),
        ("GET /admin/x --as sub=ada", json!(1), "403 group_missing"),
        ("GET /admin/x --as groups=staff", json!(1), "403 group_missing"),
        ("GET /admin/x --as groups=staff,eu", json!(1), "pass"),
        ("GET /admin/x --as groups=admins", json!(1), "pass"),
        ("GET /admin/x --bearer --as groups=admins", json!(1), "pass"),
        ("POST /api/x --bearer --as scope=read", json!(2), "403 insufficient_scope"),
        ("POST /api/x --bearer --as scope=write", json!(2), "pass"),
        ("GET /api/x --bearer", Value::Null, "pass"),
        ("GET /shop/x", json!(3), "pass"),
        ("GET /shop/x --anonymous", json!(3), "pass"),
        // Most applications treat both paths as one, so both rules apply.
        ("GET /closed/ --as sub=ada", Value::Null, "403 group_missing"),
        // Many applications ignore case, so both rules apply here too.
        ("GET /Admin/x --as sub=ada", Value::Null, "403 group_missing"),
        ("GET /elsewhere --as sub=ada", Value::Null, "pass"),
        ("GET /oauth2/login", Value::Null, "own"),
        ("POST /oauth2/login", Value::Null, "405 method_not_allowed"),
        ("GET /oauth2/nothing", Value::Null, "404 not_found"),
        ("GET /admin%2fx --as groups=admins", Value::Null, "400 ambiguous_path"),
        ("GET /public/x?a=b", json!(0), "pass"),
    ] {
        let told = explained(&document, &arguments.split(' ').collect::<Vec<_>>());
        let met = &told["answer"];
        let met = match met["status"].as_u64() {
            Some(status) => format!("{status} {}", met["reason"].as_str().unwrap()),
            None => met["kind"].as_str().unwrap().to_owned(),
        };
        assert_eq!((&told["rules"][0]["index"], met.as_str()), (&rule, answer), "{arguments}: {told}");
    }
    let told = explained(&document, &["GET", "/closed/", "--as", "sub=ada"]);
    assert_eq!(told["rules"][1]["index"], 4, "{told}");
    let told = explained(&document, &["GET", "/Admin/x"]);
    assert_eq!(told["rules"][1]["index"], 1, "{told}");
    let told = explained(&document, &["GET", "/admin/x"]);
    let rule = &told["rules"][0];
    assert_eq!((&rule["line"], &rule["auth"]), (&json!(7), &json!("required")));
    assert_eq!(
        rule["required"]["groups"],
        json!({ "alternatives": [["admins"], ["staff", "eu"]], "claim": ["cognito:groups"] })
    );
    assert_eq!(told["answer"]["location"], "https://app.example.com/oauth2/login?rd=%2Fadmin%2Fx");

    // `groups` goes to the claim in which the provider's tokens have them, and bearer tokens and sessions can
    // be disabled as credentials.
    let nested = format!("{document}groups_claim: [realm, roles]\n");
    assert_eq!(explained(&nested, &["GET", "/admin/x", "--as", "groups=admins"])["answer"]["kind"], "pass");
    let bearer_alone = format!("{document}auth_methods: bearer\n");
    let told = explained(&bearer_alone, &["GET", "/admin/x", "--as", "groups=admins"]);
    assert_eq!(told["answer"]["status"], 401, "{told}");
    let session_alone = format!("{document}auth_methods: authorization_code\n");
    let told = explained(&session_alone, &["GET", "/admin/x", "--bearer"]);
    assert_eq!(told["answer"]["reason"], "bearer_not_accepted", "{told}");

    let path = file("explain-faulty", &format!("{MINIMAL}leeway: x\n"));
    let output = run(&["check", "explain", "--config", &path, "GET", "/"], false);
    assert!(output.exit == Exit::Refused && output.err.contains(":4:1: leeway: "), "{}", output.err);
}

#[test]
fn people_read_the_rule_and_the_answer() {
    let path = file("explain-text", &format!("{MINIMAL}{ROUTES}"));
    let output =
        run(&["check", "explain", "--config", &path, "GET", "/admin/x", "--as", "groups=staff"], false);
    let lines: Vec<&str> = output.out.lines().collect();
    assert_eq!(lines[0], "request   GET /admin/x by somebody signed in (groups=staff)");
    assert_eq!(lines[1], format!("rule      routes[1] at {path}:7:5: /admin/*; every method; auth required"));
    assert_eq!(lines[2], "requires  groups: admins, or staff and eu (claim cognito:groups)");
    assert!(lines[3].starts_with("answer    403 group_missing: "), "{}", output.out);
}

/// Endpoints, callbacks on a path of the application, sign-out by query and by path, and several hosts.
#[test]
fn vestibule_answers_its_own_paths_itself() {
    let document = "issuer: https://id.example.com\nclient_id: app\n\
        public_url: [https://a.example.com, https://b.example.com:8443]\n\
        redirect_uri: [https://a.example.com/page/back, https://b.example.com:8443/oauth2/callback]\n\
        logout_query_arg: logout\nlogout_uri_suffix: /log-out\nlogout_methods: [GET]\n\
        upstream_url: https://web.example.com\n";
    let path = file("explain-own", document);
    for (arguments, lines) in [
        (
            "GET /oauth2/login",
            vec![
                "answered by vestibule itself: starts sign-in at https://id.example.com, which answers at https://a.example.com/page/back",
            ],
        ),
        (
            "GET https://b.example.com:8443/oauth2/login",
            vec![
                "host      b.example.com:8443, which is public_url[1]",
                "which answers at https://b.example.com:8443/oauth2/callback",
            ],
        ),
        (
            "GET https://b.example.com:8443/oauth2/callback",
            vec!["the answer of https://id.example.com to a sign-in"],
        ),
        (
            "GET /page/back",
            vec![
                "callback  the answer of https://id.example.com",
                "302 to https://a.example.com/oauth2/login",
            ],
        ),
        (
            "GET https://c.example.com/x",
            vec!["which no public_url has, so that a.example.com answers in its place"],
        ),
        ("GET /x?logout", vec!["asks for sign-out: signs out"]),
        ("GET /x?logout --front rest", vec!["a page load is sent to /oauth2/logout, which signs out"]),
        (
            "GET /x/log-out",
            vec!["asks for sign-out: signs out", "returns to https://a.example.com/oauth2/signed-out"],
        ),
        ("POST /x?logout", vec!["401"]),
        ("GET /oauth2/logout", vec!["answered by vestibule itself: signs out"]),
    ] {
        let arguments: Vec<&str> =
            ["check", "explain", "--config", &path].into_iter().chain(arguments.split(' ')).collect();
        let output = run(&arguments, false);
        assert_eq!(output.exit, Exit::Done, "{arguments:?}: {}{}", output.out, output.err);
        for line in lines {
            assert!(output.out.contains(line), "{arguments:?}: {line}: {}", output.out);
        }
    }
}

/// A refused page load is redirected where that is configured, in the place of the refusal.
#[test]
fn a_refusal_that_is_a_redirect() {
    let document = format!(
        "{MINIMAL}{ROUTES}forbidden_redirect_uri: https://help.example.com/denied\nunauthorized_redirect_uri: /public/in\n\
         auth_methods: [session, bearer]\n"
    );
    for (arguments, answer) in [
        (
            "GET /admin/x --as sub=ada",
            json!(["redirect", "https://help.example.com/denied", "group_missing"]),
        ),
        ("GET /admin/x", json!(["redirect", "https://app.example.com/public/in", "session_missing"])),
        ("GET /admin/x --script", json!(["refuse", null, "session_missing"])),
        ("GET /admin/x --bearer --as sub=ada", json!(["refuse", null, "group_missing"])),
        ("GET /oauth2/login", json!(["refuse", null, "sign_in_not_accepted"])),
    ] {
        let told = explained(&document, &arguments.split(' ').collect::<Vec<_>>());
        let told = &told["answer"];
        assert_eq!(json!([told["kind"], told["location"], told["reason"]]), answer, "{arguments}");
    }
}

/// `--as iss=` names one of the issuers that `bearer_issuers` accepts. The groups of another issuer do not count,
/// unless the configuration says so.
#[test]
fn the_issuer_of_an_access_token() {
    let rows = "bearer_issuers:\n  - {issuer: https://a.example.com, audiences: api}\n  \
        - {issuer: https://b.example.com, audiences: api, groups_accepted: true}\n";
    let document = format!("{MINIMAL}{ROUTES}{rows}groups_claim: groups\n");
    for (issuer, path, answer) in [
        ("https://a.example.com", "/x", "pass"),
        ("https://a.example.com", "/admin/x", "group_missing"),
        ("https://b.example.com", "/admin/x", "pass"),
        ("https://c.example.com", "/x", "access_token_issuer"),
        ("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "/x", "access_token_issuer"),
    ] {
        let issuer = format!("iss={issuer}");
        let told = explained(&document, &["GET", path, "--bearer", "--as", &issuer, "--as", "groups=admins"]);
        let told = &told["answer"];
        let met = told["reason"].as_str().or(told["kind"].as_str()).unwrap();
        assert_eq!(met, answer, "{issuer} {path}");
    }
    let told = explained(&document, &["GET", "/x", "--bearer"]);
    assert_eq!(told["answer"]["kind"], "pass", "without `iss` it is an issuer that is accepted: {told}");
}

/// A whole URL is read as a browser reads it, and belongs to vestibule only below `public_url`.
#[test]
fn a_whole_address() {
    let document = MINIMAL.replace("https://app.example.com", "https://app.example.com/shop");
    for (address, location) in [
        ("https://app.example.com/shop", "https://app.example.com/shop/oauth2/login?rd=%2Fshop%2F"),
        ("https://app.example.com/shop/", "https://app.example.com/shop/oauth2/login?rd=%2Fshop%2F"),
        (
            "https://App.Example.com:443/shop/a/../\u{e4}?x=1#part",
            "https://app.example.com/shop/oauth2/login?rd=%2Fshop%2F%25C3%25A4%3Fx%3D1",
        ),
        ("https://app.example.com/shopping", ""),
        ("https://app.example.com/", ""),
        ("https://app.example.com", ""),
    ] {
        let told = explained(&document, &["GET", address, "--front", "rest"]);
        assert_eq!(told["answer"]["location"].as_str().unwrap_or_default(), location, "{address}: {told}");
        if location.is_empty() {
            assert_eq!(told["answer"]["reason"], "not_found", "{address}");
            assert!(told["host"].as_str().unwrap().ends_with("is not below /shop"), "{told}");
        }
    }
}

/// The fronts differ in what they pass on.
#[test]
fn each_front_has_its_own_answer() {
    let document =
        format!("{MINIMAL}routes:\n  - {{paths: /a/*, auth: none}}\nupstream_url: https://web.example.com\n");
    let rest = MINIMAL.to_owned();
    for (document, front, arguments, answer) in [
        // An HTTP API decodes the path before it calls the function.
        (&document, "http-api", "GET /a%2fb", "pass"),
        (&document, "http-api", "GET /a/50%25", "ambiguous_path"),
        (&document, "http-api", "POST /%6fauth2/login", "method_not_allowed"),
        (&document, "alb", "GET /a%2fb", "ambiguous_path"),
        (&document, "function-url", "GET /a%2fb", "ambiguous_path"),
        (&document, "function-url", "GET /OAUTH2/login", "not_found"),
        // The authorizer is asked for every path that is not exactly below the prefix.
        (&rest, "rest", "GET /OAUTH2/login", "ambiguous_path"),
        (&rest, "rest", "GET /oauth2/nothing", "not_found"),
        (&rest, "rest", "GET /oauth2", "not_found"),
        // The proxy forwards none of these.
        (&document, "alb", "TRACE /a/b", "method_not_forwarded"),
        (&document, "alb", "CONNECT /a/b", "method_not_forwarded"),
        (&document, "http-api", "POST /oauth2/backchannel-logout", "backchannel_logout_not_supported"),
    ] {
        let arguments: Vec<&str> = arguments.split(' ').chain(["--front", front]).collect();
        let told = explained(document, &arguments);
        let told = &told["answer"];
        let met = told["reason"].as_str().or(told["kind"].as_str()).unwrap();
        assert_eq!(met, answer, "{arguments:?}");
    }
}

/// A nested claim is given with dots, where the document names it. Elsewhere a dot belongs to the name.
#[test]
fn nested_claims() {
    let document = format!(
        "{MINIMAL}roles_required: [editor]\nroles_claim: [resource_access, web, roles]\nroutes:\n\
         - {{paths: /a/*, roles_required: [admin], roles_claim: [realm_access, roles]}}\n\
         - {{paths: /b/*, groups_required: [staff], groups_claim: [\"https://example.com/groups\"]}}\n\
         - {{paths: /c/*, roles_required: [admin], roles_claim: [realm_access, roles], groups_required: [staff], groups_claim: [realm_access, groups]}}\n"
    );
    for (arguments, answer) in [
        ("/a/x --as realm_access.roles=admin", "pass"),
        ("/a/x --bearer --as realm_access.roles=user,admin", "pass"),
        ("/a/x --as realm_access.roles=user", "role_missing"),
        ("/a/x --as roles=admin", "role_missing"),
        ("/a/x --as resource_access.web.roles=admin", "role_missing"),
        ("/x --as resource_access.web.roles=editor", "pass"),
        ("/b/x --as https://example.com/groups=staff --as resource_access.web.roles=editor", "pass"),
        ("/c/x --as realm_access.roles=admin --as realm_access.groups=staff", "pass"),
        ("/c/x --as realm_access.roles=admin", "group_missing"),
        ("/c/x --as realm_access=x --as realm_access.groups=staff", "group_missing"),
    ] {
        let arguments: Vec<&str> = std::iter::once("GET").chain(arguments.split(' ')).collect();
        let told = explained(&document, &arguments);
        let told = &told["answer"];
        assert_eq!(told["reason"].as_str().or(told["kind"].as_str()), Some(answer), "{arguments:?}");
    }
}

/// A preflight is `OPTIONS` without a credential, and passes only where the rule says so.
#[test]
fn preflights() {
    let document = format!(
        "{MINIMAL}routes:\n- {{paths: /api/*, preflight: pass}}\n- {{paths: /put/*, methods: [PUT], preflight: pass}}\n"
    );
    for (arguments, answer) in [
        ("PUT /api/x --preflight", "pass"),
        ("PUT /put/x --preflight", "pass"),
        ("GET /put/x --preflight", "session_missing"),
        ("PUT /x --preflight", "session_missing"),
        ("OPTIONS /api/x --script", "session_missing"),
    ] {
        let told = explained(&document, &arguments.split(' ').collect::<Vec<_>>());
        let told = &told["answer"];
        assert_eq!(told["reason"].as_str().or(told["kind"].as_str()), Some(answer), "{arguments}");
    }
    let told = explained(&document, &["PUT", "/api/x", "--preflight"]);
    assert_eq!((&told["method"], &told["preflight_for"]), (&json!("OPTIONS"), &json!("PUT")));
    let path = file("explain-preflight", &document);
    let output = run(&["check", "explain", "--config", &path, "PUT", "/api/x", "--preflight"], false);
    let first = "request   OPTIONS /api/x by a browser, as the CORS preflight of PUT\n";
    assert!(output.out.starts_with(first), "{}", output.out);
}
