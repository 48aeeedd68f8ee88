//! Compares route rules with the ways in which upstreams read a path. The first line has method and path; the next
//! ones are header fields.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::path::{could_be_below, decoded, is_below};
use fuzz::{fields, relying_party, request};
use http::Method;
use relying_party::gate::front::Front;
use relying_party::gate::route::{Auth, PathDecoding, PathPattern};
use relying_party::http::endpoint::reads_as_below;
use relying_party::relying_party::RelyingParty;
use serde_json::json;

fn deployment() -> &'static RelyingParty {
    static DEPLOYMENT: OnceLock<RelyingParty> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        relying_party(&json!({ "routes": [
            { "paths": ["/admin/*"], "groups_required": ["admins"] },
            { "paths": ["/shared/own", "/sh\u{e4}red"], "methods": ["GET", "POST"] },
            { "paths": ["/api/*"], "methods": ["GET"], "auth": "none", "preflight": "pass" },
            { "paths": ["/api/*"], "auth": "optional" },
            { "paths": ["/exact"], "auth": "required" },
            { "paths": ["/wiki/*"], "auth": "none", "path_decoding": "once" },
            { "paths": ["/*"], "auth": "none", "path_decoding": "once" },
        ] }))
    })
}

/// The deployment without the key.
fn strict() -> &'static RelyingParty {
    static DEPLOYMENT: OnceLock<RelyingParty> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        relying_party(&json!({ "routes": [
            { "paths": ["/admin/*"], "groups_required": ["admins"] },
            { "paths": ["/exact"], "auth": "required" },
            { "paths": ["/*"], "auth": "none" },
        ] }))
    })
}

fuzz::fuzz_target!(|text: &str| {
    let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (method, path) = head.split_once(' ').unwrap_or(("GET", head));
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    let routes = &deployment().configuration.routes;
    let request = request(method.clone(), path, fields(rest));

    let without_the_key = strict().configuration.routes.decide(&method, &request.path);
    let Ok(matched) = routes.decide(&method, &request.path) else {
        assert!(without_the_key.is_err(), "the key refuses nothing");
        assert!(routes.matched(&request).is_err(), "nothing is sent where nothing is decided");
        return;
    };
    let path = request.path.as_str();
    assert!(path.starts_with('/'));
    assert!(
        !could_be_below(path, "/admin") || is_below(&decoded(path), "/admin"),
        "one path in every reading"
    );
    if could_be_below(path, "/admin") {
        assert_eq!(matched.auth(), Auth::Required, "no spelling opens what is closed");
        assert!(matched.satisfied(&serde_json::Map::new(), None).is_err());
    }

    if without_the_key.is_err() {
        // Only rules with the key let the path pass, and decoding it again changes nothing.
        assert_eq!(matched.rule.upstream.path_decoding, PathDecoding::Once);
        assert_eq!(decoded(&decoded(path)), decoded(path));
        for rule in ["/admin", "/api"] {
            assert!(!could_be_below(path, rule), "no other rule is about what somebody reads: {rule}");
        }
        // A path that is literally below it belongs to vestibule, and route rules do not apply to it.
        let imitates = reads_as_below(path, "/oauth2") && !is_below(path, "/oauth2");
        assert!(!imitates || deployment().admit(&request, Front::Proxy).is_err());
    }

    // The first rule that matches path and method, read in the plainest way.
    let plain = decoded(path);
    let fits = |pattern: &PathPattern| match pattern {
        PathPattern::Exact(exact) => plain == *exact,
        PathPattern::Below(base) => is_below(&plain, base),
        PathPattern::Beginning(beginning) => plain.starts_with(beginning.as_str()),
    };
    let covers = |methods: &[Method]| {
        methods.is_empty()
            || methods.contains(&method)
            || method == Method::HEAD && methods.contains(&Method::GET)
    };
    let expected = routes.rules().iter().find(|rule| rule.paths.iter().any(fits) && covers(&rule.methods));
    assert_eq!(Some(matched.rule), expected, "`/*` is the last rule");

    // No case of letters is less strict than the small ones.
    if is_below(&plain.to_ascii_lowercase(), "/admin") {
        assert_eq!(matched.auth(), Auth::Required);
        assert!(matched.satisfied(&serde_json::Map::new(), None).is_err());
    }

    // A slash at the end never makes a path less strict than the rule for the path without it.
    if plain == "/exact/" {
        assert_eq!(matched.auth(), Auth::Required);
    }
    let matched = routes.matched(&request).expect("the path was decided about");
    if matched.passes_preflight {
        assert_eq!(method, Method::OPTIONS);
        assert!(
            request.headers.contains("origin") && request.headers.contains("access-control-request-method")
        );
        assert!(is_below(&plain, "/api"), "one rule lets a preflight pass");
    }
});
