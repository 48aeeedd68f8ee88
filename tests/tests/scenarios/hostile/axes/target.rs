//! Lists methods, paths and queries.

use relying_party::refusal::reason;

use super::{Change, change, short};
use crate::hostile::Live;

pub(super) fn methods() -> Vec<Change> {
    let long = "X".repeat(8_000);
    let odd = ["GET POST", "GET\r\nX-A: b", "GET\0", "G\u{e9}T", "-", "*", "PRI", "M-SEARCH", "GET\u{f8ff}"];
    [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get",
        "", &long,
    ]
    .into_iter()
    .chain(odd)
    .map(|method| {
        let method = method.to_owned();
        change(format!("method {}", short(&method)), move |request| request.method.clone_from(&method))
    })
    .collect()
}

/// Texts that are inserted after, before or in place of a path.
const PATHS: [&str; 50] = [
    "",
    "*",
    "login",
    "//",
    "///",
    "/.",
    "/..",
    "/../..",
    "/%2e%2e/",
    "/%2e%2e%2f",
    "/..;/",
    "/;a=b",
    "/a;b",
    "/%2f",
    "/%5c",
    "/\\",
    "\\",
    "/%00",
    "/\0",
    "/%0d%0aSet-Cookie:%20a=b",
    "/\r\nX: y",
    "/%ff",
    "/%c0%ae",
    "/%u002e",
    "/%",
    "/%2",
    "/%zz",
    "/%25",
    "/%252e%252e",
    "/\u{fffd}",
    "/\u{202e}",
    "/\u{1f600}",
    "/\u{f8ff}",
    "/?",
    "/%3f",
    "/#",
    "/%23",
    "/ ",
    "/+",
    "/<x>",
    "/{proxy+}",
    "/\"'`|^",
    "/%7f",
    "/a:b@c",
    "https://localhost:8400/",
    "/https:/localhost:8400/",
    "?",
    "/%25zz",
    "/%23%3F",
    "/..%23/",
];

pub(super) fn paths(path: &str) -> Vec<Change> {
    let mut paths: Vec<String> = Vec::new();
    for odd in PATHS {
        paths.extend([odd.to_owned(), format!("{path}{odd}"), format!("{odd}{path}")]);
    }
    paths.extend(
        ["/http://evil.example/", "http://evil.example/", "//evil.example/", "/\\evil.example"]
            .map(str::to_owned),
    );
    paths.extend([
        path.to_uppercase(),
        path.replace('o', "%6f"),
        path.replace('/', "%2f"),
        path.replace('/', "//"),
    ]);
    paths.extend([format!("{path}/{}", "a".repeat(8_192)), format!("{path}{}", "/a".repeat(4_096))]);
    paths.extend([format!("{path}/{}", "\u{20ac}".repeat(8_192)), format!("{path}/{}", "a".repeat(70_000))]);
    let set = |text: String| {
        change(format!("path {}", short(&text)), move |request| request.path.clone_from(&text))
    };
    paths.into_iter().map(set).collect()
}

/// The parameters that some endpoint reads.
const PARAMETERS: [&str; 14] = [
    "rd",
    "remember",
    "prompt",
    "login_hint",
    "identity_provider",
    "lang",
    "everywhere",
    "state",
    "code",
    "error",
    "iss",
    "reason",
    "logout_token",
    "id_token_hint",
];

const VALUES: [&str; 27] = [
    "",
    "x",
    "%",
    "%2",
    "%zz",
    "%00",
    "%0d%0aSet-Cookie:%20a=b",
    "%ff%fe",
    "%c0%ae",
    "\u{f8ff}",
    "\r\n",
    "\u{1f600}",
    "//evil.example",
    "https://evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
    "http://localhost:8400@evil.example/",
    "/../..",
    "null",
    "[]",
    "true",
    "99999999999999999999",
    "a.b.c",
    "..",
    "eyJhbGciOiJub25lIn0.e30.",
    "http://xn--/",
    "http://[::ffff:7f00:1%25eth0]/",
];

/// RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6, RFC 9126, RFC 9396, RFC 9449, and an unknown
/// one.
const ERRORS: [&str; 27] = [
    "invalid_request",
    "unauthorized_client",
    "access_denied",
    "unsupported_response_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
    "invalid_client",
    "invalid_grant",
    "unsupported_grant_type",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
    "invalid_token",
    "insufficient_scope",
    "invalid_target",
    "invalid_dpop_proof",
    "use_dpop_nonce",
    "invalid_authorization_details",
    "slow_down",
    "of_nobody",
];

/// Whether the endpoint at `path` reads the parameter; the application may read any.
fn is_read(path: &str, name: &str) -> bool {
    match name {
        "remember" | "prompt" | "login_hint" | "identity_provider" | "lang" => path.ends_with("/login"),
        "everywhere" | "id_token_hint" => path.ends_with("/logout"),
        "state" | "code" | "error" | "iss" => path.ends_with("/callback"),
        "reason" => path.ends_with("/error"),
        "logout_token" => path.ends_with("/backchannel-logout"),
        _ => true,
    }
}

pub(super) fn queries(live: &Live, path: &str) -> Vec<Change> {
    let mut queries: Vec<String> = Vec::new();
    let long = "a".repeat(65_536);
    for name in PARAMETERS {
        if is_read(path, name) {
            queries.extend(VALUES.map(|value| format!("{name}={value}")));
        }
        queries.extend([
            name.to_owned(),
            format!("{name}={long}"),
            format!("{name}=a&{name}=b"),
            format!("{name}=&{name}="),
        ]);
    }
    if path.ends_with("/callback") || path.ends_with("/error") {
        for code in reason::ALL.iter().map(|reason| reason.code) {
            let twice = format!("reason={code}&rd=/a&reason={code}");
            queries.extend([format!("reason={code}"), format!("error={code}"), twice]);
        }
    }
    queries.extend(ERRORS.map(|error| format!("error={error}&error_description=x")));
    queries.extend([
        "&".repeat(9_000),
        "a&".repeat(9_000),
        "a=b&".repeat(3_000),
        format!("{long}=x"),
        "=".repeat(65_536),
    ]);
    queries.extend(["?", "#x", "a=\0", "a=<script>", "a=\"'`"].map(str::to_owned));
    let mut changes: Vec<Change> = queries
        .into_iter()
        .map(|query| {
            change(format!("query {}", short(&query)), move |request| request.query.clone_from(&query))
        })
        .collect();
    // The callback reads the other parameters only if this browser has the attempt of the `state`.
    let (state, attempt) = (live.state.clone(), live.attempt.clone());
    let mut arrivals: Vec<String> = ["code", "error", "iss", "session_state"]
        .into_iter()
        .flat_map(|name| VALUES.map(|value| format!("{name}={value}")))
        .chain(ERRORS.map(|error| format!("error={error}")))
        .collect();
    arrivals.extend([
        String::new(),
        "code=a&code=b".to_owned(),
        format!("code={long}"),
        format!("error={long}"),
    ]);
    arrivals.push("error=access_denied&code=a".to_owned());
    if path.ends_with("/callback") {
        changes.extend(arrivals.into_iter().map(|more| {
            let (state, attempt) = (state.clone(), attempt.clone());
            change(format!("arrival {}", short(&more)), move |request| {
                request.query = format!("state={state}&{more}");
                request.headers.push(("Cookie".to_owned(), attempt.clone()));
            })
        }));
    }
    changes
}
