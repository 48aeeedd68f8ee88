//! Tests one change to a good configuration of the upstream and the routes.

use super::super::Role;
use super::fault::{ABSOLUTE, EMPTY_LIST, fault, fault_for};

const PROXY_ONLY: &str = "has an effect only in `proxy`: API Gateway maps a fixed set of headers";

#[test]
fn upstream() {
    let key = "upstream_url";
    fault_for(Role::Proxy, "", key, "is required");
    fault("upstream_url: ftp://10.0.0.7", key, "must be an http or https address");
    fault("upstream_url: 10.0.0.7", key, ABSOLUTE);
    fault("upstream_url: http://10.0.0.7/?a", key, "must be an address without a query");
    fault("upstream_url: http://me@10.0.0.7", key, "must be an address without credentials");

    let key = "upstream_access_token_header";
    fault("upstream_access_token_header: x-token", key, PROXY_ONLY);
    fault(
        "upstream_access_token_header: authorization",
        key,
        "must be `authorization:bearer`: a token needs its scheme there",
    );
    fault(
        "upstream_access_token_header: x-token:basic",
        key,
        "must be `authorization:bearer`, `none`, a name or `<name>:bearer`",
    );
    fault("upstream_access_token_header: 'x token'", key, "must be the name of a header");
    for name in [
        "host",
        "cookie",
        "transfer-encoding",
        "x-forwarded-for",
        "X_Vestibule_Sub",
        "sec-fetch-site",
        "connection",
    ] {
        fault(&format!("upstream_access_token_header: {name}"), key, "is a header that cannot be set here");
    }
    for key in ["upstream_id_token_header", "upstream_user_info_header"] {
        fault(&format!("{key}: x-token"), key, PROXY_ONLY);
        fault(&format!("{key}: 'x token'"), key, "must be the name of a header");
        for name in ["authorization", "AUTHORIZATION", "cookie", "x-vestibule-sub"] {
            fault(&format!("{key}: {name}"), key, "is a header that cannot be set here");
        }
    }
    for key in [
        "hide_credentials",
        "logout_revoke",
        "logout_everywhere_at_provider",
        "response_streaming",
        "display_errors",
    ] {
        for text in ["yes", "1", "True", "on"] {
            fault(&format!("{key}: {text}"), key, "must be one of true, false");
        }
    }
    fault("log_level: trace", "log_level", "must be one of error, warn, info, debug");
}

#[test]
fn client_address() {
    let key = "client_address_header";
    let secret = "upstream_url: http://10.0.0.7\nfront_secret_header: 'x-front: sixteen-or-more-bytes'";
    fault("client_address_header: none", key, PROXY_ONLY);
    for (lines, problem) in [
        (
            "upstream_url: http://10.0.0.7\nclient_address_header: x-viewer".to_owned(),
            "needs `front_secret_header`: without it any client could set the header",
        ),
        (
            format!("{secret}\nclient_address_header: X_Front"),
            "is the header of `front_secret_header`; choose another name",
        ),
        (format!("{secret}\nclient_address_header: X-Forwarded-For"), "is a header that cannot be set here"),
        (format!("{secret}\nclient_address_header: 'a b'"), "must be the name of a header"),
    ] {
        fault_for(Role::Proxy, &lines, key, problem);
    }
}

#[test]
fn upstream_headers() {
    let headers = "upstream_headers: [{header: x-a, path: a}]";
    fault(headers, "upstream_headers", PROXY_ONLY);
    for style in ["alb", "kong", "oauth2-proxy"] {
        fault(&format!("upstream_header_style: {style}"), "upstream_header_style", PROXY_ONLY);
    }
    fault(
        "upstream_header_style: traefik",
        "upstream_header_style",
        "must be one of vestibule, alb, kong, oauth2-proxy",
    );

    let row = |rows: &str, key: &str, problem: &str| {
        let lines = format!("upstream_url: http://10.0.0.7\nupstream_headers: [{rows}]");
        fault_for(Role::Proxy, &lines, &format!("upstream_headers{key}"), problem);
    };
    row("{path: a}", "[0].header", "is required");
    row("{header: x-a}", "[0].path", "is required");
    row("{header: x-a, path: a}, {header: X_A, path: b}", "[1].header", "is set already");
    row("{header: authorization, path: a}", "[0].header", "is set already");
    row("{header: x-vestibule-sub, path: a}", "[0].header", "is a header that cannot be set here");
    row("{header: \"x-a\\r\\nb\", path: a}", "[0].header", "holds a control character");
}

#[test]
fn the_keys_that_only_the_proxy_needs_are_checked() {
    let proxy = |line: &str, key: &str, problem: &str| {
        fault_for(Role::Proxy, &format!("upstream_url: http://10.0.0.7\n{line}"), key, problem);
    };
    proxy("upstream_ca_bundle: ca.pem", "upstream_ca_bundle", "must be the absolute path of a file");
    let key = "upstream_secret_header";
    proxy("upstream_secret_header: x-secret", key, "must be `<name>: <secret>`");
    for name in ["host", "x-vestibule-sub", "x forwarded", "x-forwarded-for"] {
        let line = format!("upstream_secret_header: '{name}: sixteen-or-more-bytes'");
        let problem = if name.contains(' ') {
            "must be the name of a header"
        } else {
            "is a header that cannot be set here"
        };
        proxy(&line, key, problem);
    }
    let other = "must have another name: clients send `authorization`";
    proxy("upstream_secret_header: 'authorization: sixteen-or-more-bytes'", key, other);
    for value in ["", "fifteen-letters", "sixteen or more bytes", "sixteen-or-more-bytes\u{fc}"] {
        let line = format!("upstream_secret_header: 'x-secret: {value}'");
        proxy(&line, key, "must have a secret of at least 16 visible characters");
    }
    let key = "front_secret_header";
    proxy("front_secret_header: []", key, "is an empty list; leave the key out");
    proxy("front_secret_header: x-secret", key, "must be `<name>: <secret>`");
    proxy("front_secret_header: 'cookie: sixteen-or-more-bytes'", key, "is a header that cannot be set here");
    let short = "front_secret_header: ['x-secret: sixteen-or-more-bytes', 'x-secret: fifteen-letters']";
    proxy(short, key, "must have a secret of at least 16 visible characters");
    let line = "front_secret_header: 'x-secret: sixteen-or-more-bytes'";
    fault_for(
        Role::Authorizer,
        line,
        key,
        "has no effect on the authorizer; set it on the functions that answer requests",
    );
    proxy(
        "routes: [{paths: /a, upstream_url: ftp://x}]",
        "routes[0].upstream_url",
        "must be an http or https address",
    );
    proxy("routes: [{paths: /a, strip_path: maybe}]", "routes[0].strip_path", "must be one of true, false");
    proxy(
        "routes: [{paths: /a, preserve_host: maybe}]",
        "routes[0].preserve_host",
        "must be one of true, false",
    );
    for rule in ["upstream_url: http://10.0.0.7", "strip_path: true", "preserve_host: true"] {
        let key = format!("routes[0].{}", rule.split(':').next().unwrap_or_default());
        let problem = "has an effect only in `proxy`: an API's integration goes to one place";
        fault_for(Role::Authorizer, &format!("routes: [{{paths: /a, {rule}}}]"), &key, problem);
    }
    let key = "routes[0].path_matching";
    proxy("routes: [{paths: [/a/*], path_matching: text}]", key, "must be one of segment, prefix");
    for paths in ["/a", "[/a/*, /b]"] {
        let problem = "is `prefix`, which needs paths that end in `/*`";
        proxy(&format!("routes: [{{paths: {paths}, path_matching: prefix}}]"), key, problem);
    }
    let problem = "is `prefix`, but `strip_path` takes off whole segments";
    proxy("routes: [{paths: [/a/*], path_matching: prefix, strip_path: true}]", key, problem);
    let key = "routes[0].path_decoding";
    proxy("routes: [{paths: /a, path_decoding: twice}]", key, "must be one of any, once");
    let problem =
        "has an effect only in `proxy`: API Gateway decodes a path itself on its way to the integration";
    fault_for(Role::Authorizer, "routes: [{paths: /a, path_decoding: once}]", key, problem);
}

#[test]
fn routes() {
    let path = "must be paths that start with `/`, exact or ending in `/*`, decoded and without `.` or `..` segments, `//`, \
                or any of \\ ; # ? % *";
    let rule = |rule: &str, key: &str, problem: &str| {
        fault(&format!("routes: [{rule}]"), &format!("routes{key}"), problem);
    };
    rule("x", "[0]", "is not a mapping");
    rule("{auth: none}", "[0].paths", "is required");
    rule("{paths: []}", "[0].paths", EMPTY_LIST);
    for text in
        ["public", "/a*", "/*/a", "/a/**", "/a/../b", "/./a", "//a", "/a;b", "/a%20b", "/a?b", "/a#b", "//*"]
    {
        rule(&format!("{{paths: ['{text}']}}"), "[0].paths", path);
    }
    rule("{paths: /a, auth: never}", "[0].auth", "must be one of required, optional, none");
    rule("{paths: /a, preflight: skip}", "[0].preflight", "must be one of enforce, pass");
    rule("{paths: /a, methods: get}", "[0].methods", "must be methods in capital letters");
    rule("{paths: /a, methods: ['*']}", "[0].methods", "must be methods in capital letters");
    rule("{paths: /a, groups_required: []}", "[0].groups_required", EMPTY_LIST);
    rule("{paths: /a, issuer: x}", "[0].issuer", "is not a known key");
    rule("{paths: /a, paths: /b}", "[0].paths", "is given twice");
    rule(
        "{paths: /a, groups_claim: g}",
        "[0].groups_claim",
        "names a claim for which there is no requirement",
    );
    fault("routes: /a", "routes", "must be a list of mappings, in a variable as JSON");
    for key in ["scopes_required", "audience_required", "groups_required", "roles_required"] {
        let rule_with = format!("{{paths: /a, auth: none, {key}: x}}");
        rule(&rule_with, "[0].auth", "is `none`, but the rule has requirements");
        rule(
            &rule_with.replace("none", "optional"),
            "[0].auth",
            "is `optional`, but the rule has requirements, which anonymous requests would bypass",
        );
    }
}

#[test]
fn load_balancers_that_sign_people_in() {
    const ARN: &str =
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/front/0123456789abcdef";
    let upstream = "upstream_url: http://10.0.0.7";
    let on = format!("{upstream}\nauth_methods: alb");
    let good = format!("{on}\nalb_arn: {ARN}");
    fault_for(Role::Proxy, &on, "alb_arn", "is required with `auth_methods: alb`");
    fault_for(
        Role::Proxy,
        &format!("{upstream}\nalb_arn: {ARN}"),
        "alb_arn",
        "has an effect only with `auth_methods: alb`",
    );
    fault(
        &format!("auth_methods: alb\nalb_arn: {ARN}"),
        "auth_methods",
        "may have `alb` in `proxy` only: no load balancer calls an authorizer",
    );
    fault_for(
        Role::Proxy,
        &format!("{on}\nalb_arn: [{ARN}, front]"),
        "alb_arn",
        "must be ARNs such as `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/name/0123456789abcdef`",
    );
    for endpoint in ["https://keys.example.com", "http://127.0.0.1:9/?a"] {
        fault_for(
            Role::Proxy,
            &format!("{good}\nalb_key_endpoint: {endpoint}"),
            "alb_key_endpoint",
            "must be an address on loopback, without a query",
        );
    }
    fault_for(
        Role::Proxy,
        &format!("{good}\nalb_session_cookie_name: a=b"),
        "alb_session_cookie_name",
        "must be the name of a cookie",
    );
}
