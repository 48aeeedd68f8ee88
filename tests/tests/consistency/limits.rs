//! Checks that docs/proxy.md lists each limit of the code once, with its number.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::project::{files, holds, text};

/// File, constant, the limited item, and the effect of exceeding it.
const LIMITS: &[(&str, &str, &str, &str)] = &[
    ("lambda/src/event/request_limits.rs", "MAX_EVENT_BYTES", "bytes of an event", "413 `event_too_large`"),
    (
        "lambda/src/event/request_limits.rs",
        "MAX_HEADER_FIELDS",
        "header fields of a request",
        "431 `headers_too_large`",
    ),
    (
        "lambda/src/event/request_limits.rs",
        "MAX_HEADER_BYTES",
        "bytes of all of them, names and values",
        "the same",
    ),
    ("lambda/src/event/request_limits.rs", "MAX_HEADER_NAME_BYTES", "bytes of the name of one", "the same"),
    (
        "lambda/src/event/request_limits.rs",
        "MAX_QUERY_PARAMETERS",
        "query parameters, where the event lists them",
        "414 `query_too_large`",
    ),
    (
        "relying-party/src/forwarding/destination.rs",
        "MAX_TARGET_BYTES",
        "bytes of path and query as the application gets them",
        "414 `target_too_long`",
    ),
    (
        "lambda/src/authorizer_response.rs",
        "MAX_RESULT_BYTES",
        "bytes of an authorizer's result",
        "403 `identity_too_large`",
    ),
    (
        "relying-party/src/gate.rs",
        "MAX_LOCATION_BYTES",
        "bytes of a location that an authorizer hands over",
        "it goes without the address of the page",
    ),
    (
        "relying-party/src/http/cookie.rs",
        "MAX_COOKIES_BYTES",
        "bytes of all our cookies",
        "attempts are expired; a session that is larger by itself is 403 `session_too_large`",
    ),
    (
        "relying-party/src/http/cookie.rs",
        "MAX_COOKIE_BYTES",
        "bytes of one of them, with its attributes",
        "the session is cut into several",
    ),
    (
        "relying-party/src/sign_in/attempt.rs",
        "MAX_ATTEMPTS",
        "sign-in attempts of a browser at once",
        "the oldest are expired",
    ),
    (
        "relying-party/src/sign_in/attempt/eviction.rs",
        "MAX_EVICTIONS",
        "attempts that one answer expires",
        "the rest goes with the next answer",
    ),
    (
        "relying-party/src/sign_in/attempt.rs",
        "MAX_ATTEMPT_COOKIE_BYTES",
        "bytes of an attempt's cookie",
        "none is longer, since the next is limited",
    ),
    (
        "relying-party/src/sign_in/attempt.rs",
        "MAX_INLINE_RETURN_TARGET_BYTES",
        "bytes of the address that sign-in returns to, behind a REST API",
        "`login_redirect_uri` takes its place; elsewhere the address has cookies of its own",
    ),
    (
        "relying-party/src/sign_in/attempt.rs",
        "MAX_RETURN_TARGET_BYTES",
        "bytes of that address behind any other front",
        "`login_redirect_uri` takes its place",
    ),
    (
        "relying-party/src/sign_in.rs",
        "MAX_CLIENT_ARGUMENTS_BYTES",
        "bytes of the arguments that a link to sign-in sets at the provider",
        "what does not fit is left out",
    ),
    (
        "relying-party/src/http/cookie/chunks.rs",
        "MAX_EXPIRED_OF_SESSION",
        "session cookies that an answer other than sign-out expires",
        "the next answer expires the rest",
    ),
    (
        "relying-party/src/http/cookie/names.rs",
        "MAX_EXPIRED",
        "cookies that one sign-out expires",
        "the rest stays, and opens nothing",
    ),
    (
        "relying-party/src/http/cookie/names.rs",
        "MAX_EXPIRED_OF_ATTEMPT",
        "cookies that the end of an attempt expires",
        "the next attempt expires the rest",
    ),
    (
        "relying-party/src/http/cookie/names.rs",
        "MAX_EXPIRED_ELSEWHERE",
        "session cookies of another `Domain` that one sign-out expires",
        "the next sign-out expires the rest",
    ),
    (
        "relying-party/src/sign_in/loop_guard.rs",
        "MAX_LANDINGS",
        "sign-ins in a minute after which no session comes back",
        "400 `sign_in_loop`, or `invalid_grant` where the provider refused the last code",
    ),
    ("relying-party/src/token/jws.rs", "MAX_TOKEN_BYTES", "bytes of a token", "401 `token_too_large`"),
    (
        "relying-party/src/token/jws.rs",
        "MAX_KEY_ID_BYTES",
        "bytes of its `kid`",
        "it is refused as malformed",
    ),
    (
        "relying-party/src/token/id_token.rs",
        "MAX_SUBJECT_BYTES",
        "bytes of `sub` in an ID token",
        "502 `id_token_claim`",
    ),
    (
        "relying-party/src/json.rs",
        "MAX_DEPTH",
        "levels of JSON from a client or the provider",
        "it is refused as malformed",
    ),
    (
        "relying-party/src/token/load_balancer.rs",
        "MAX_BYTES",
        "bytes of `x-amzn-oidc-data`",
        "401 `alb_data_malformed`",
    ),
    (
        "relying-party/src/token/load_balancer/keys.rs",
        "MAX_FETCHES",
        "keys of load balancers that are fetched in 10 seconds",
        "no other is fetched",
    ),
    (
        "relying-party/src/token/load_balancer/keys.rs",
        "MAX_KEYS",
        "keys of load balancers that are kept",
        "the oldest goes",
    ),
    (
        "relying-party/src/provider/discovery/cache.rs",
        "MAX_FAILED_READINGS",
        "readings of metadata that failed in a row, with none kept",
        "the provider is asked again after 10 seconds",
    ),
    ("relying-party/src/token/jwks.rs", "MAX_KEYS", "keys of a provider", "502 `jwks_malformed`"),
    ("relying-party/src/token/jwks/key.rs", "MAX_RSA_BITS", "bits of an RSA key", "the key is skipped"),
    (
        "flow/src/session/cache.rs",
        "MAX_VALUES",
        "sessions that a process caches, and revocations (two of a user with a user pool)",
        "the next is read anew",
    ),
    (
        "flow/src/session/store.rs",
        "MAX_LISTED",
        "sessions of a user that one list has",
        "the list has no more; a revocation refuses those too",
    ),
];

/// Limits of a configuration, of the log, or of requests to AWS.
const OTHERS: &[&str] = &[
    "lambda/src/configuration_check/response.rs MAX_BODY_BYTES",
    "lambda/src/event/method_arn.rs MAX_RESOURCE",
    "lambda/src/log.rs MAX_PATH_CHARACTERS",
    "flow/src/notes.rs MAX_NOTE_BYTES",
    "relying-party/src/configuration/assemble.rs MAX_APPLICATION_NAME_CHARACTERS",
    "relying-party/src/configuration/assemble.rs MAX_MESSAGE_CHARACTERS",
    "relying-party/src/configuration/document.rs MAX_DEPTH",
    "relying-party/src/configuration/own_address.rs MAX_ADDRESSES",
    "relying-party/src/configuration/session.rs MAX_SECONDS",
    "relying-party/src/http/cookie/names.rs MAX_BASE_NAME_CHARACTERS",
    "relying-party/src/refusal/printable.rs MAX_SHOWN_CHARACTERS",
    "relying-party/src/refusal/log_detail.rs MAX_SHOWN_MEMBERS",
    "relying-party/src/refusal/printable.rs MAX_WORD_CHARACTERS",
];

#[test]
fn the_limits_are_those_of_the_code() {
    let mut table = String::from("| limit | | beyond |\n|---|---|---|");
    for (file, name, what, beyond) in LIMITS {
        write!(table, "\n| {what} | {} | {beyond} |", with_commas(number(file, name))).unwrap();
    }
    holds("docs/proxy.md", "limits", &table);
}

#[test]
fn every_limit_of_the_code_is_listed_once() {
    let listed = LIMITS.iter().map(|(file, name, ..)| format!("{file} {name}"));
    let listed: Vec<String> = listed.chain(OTHERS.iter().map(|other| (*other).to_owned())).collect();
    let distinct: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(distinct.len(), listed.len());
    let mut found = BTreeSet::new();
    for path in files() {
        let Some(file) = path.strip_prefix("crates/") else { continue };
        let is_ours =
            ["flow/src/", "lambda/src/", "relying-party/src/"].iter().any(|start| file.starts_with(start));
        if !is_ours || !file.ends_with(".rs") || file.contains("/tests") {
            continue;
        }
        for line in text(&path).lines() {
            if let Some((_, rest)) = line.split_once("const MAX_") {
                let (name, _) = rest.split_once(':').unwrap();
                found.insert(format!("{file} MAX_{name}"));
            }
        }
    }
    assert_eq!(found, distinct);
}

/// The value of a constant: numbers and their product.
fn number(file: &str, name: &str) -> u64 {
    let source = text(&format!("crates/{file}"));
    let (_, rest) =
        source.split_once(&format!("const {name}: ")).unwrap_or_else(|| panic!("{file} has no {name}"));
    let (_, value) = rest.split_once(" = ").unwrap();
    let (value, _) = value.split_once(';').unwrap();
    value.split(" * ").map(|factor| factor.replace('_', "").parse::<u64>().unwrap()).product()
}

fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}
