//! Warns of valid settings that have no effect because of another one. They are not faults: several functions
//! may share a document, and another source may enable again what one setting disables.

use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;

use url::Url;

use super::key::{self, Key};
use super::placeholder::{is_placeholder, is_placeholder_of_secret};
use super::{Configuration, Remember, Role, SessionStorage};
use crate::gate::requirement::Requirements;

/// A setting that does not have the effect that its author expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The key.
    pub key: &'static str,
    /// Why.
    pub problem: &'static str,
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.key, self.problem)
    }
}

type Condition = fn(&Configuration, Role) -> bool;

/// Keys that have no effect, or not the expected one, if a condition holds.
struct Case {
    keys: &'static [Key],
    problem: &'static str,
    holds: Condition,
}

const fn case(keys: &'static [Key], problem: &'static str, holds: Condition) -> Case {
    Case { keys, problem, holds }
}

const RESERVED: &str = "is in `.invalid`, a reserved domain (RFC 6761 section 6.4): write the real address";
const PLACEHOLDER: &str =
    "seems to be a placeholder, such as `$CLIENT_ID` or `<client id>`: write the real value";
const NOTHING_REQUIRED: &str = "names a claim for which there is no requirement";

const CASES: [Case; 25] = [
    case(&[key::ISSUER], RESERVED, |configuration, _| is_reserved(&configuration.issuer)),
    case(&[key::ISSUER], PLACEHOLDER, |configuration, _| is_placeholder(&configuration.issuer)),
    case(&[key::CLIENT_ID], PLACEHOLDER, |configuration, _| is_placeholder(&configuration.client.id)),
    case(&[key::CLIENT_SECRET], PLACEHOLDER, |configuration, _| {
        let secret = configuration.client.secret.as_ref();
        secret.is_some_and(|secret| is_placeholder_of_secret(secret.expose()))
    }),
    case(&[key::PUBLIC_URL], RESERVED, |configuration, _| {
        configuration.public_urls().any(|public_url| is_reserved(public_url.url().as_str()))
    }),
    case(&[key::UPSTREAM_URL], RESERVED, |configuration, _| {
        configuration.upstream.url.as_deref().is_some_and(is_reserved)
    }),
    case(&[key::BEARER_ISSUERS], "has an effect only with `auth_methods: bearer`", |configuration, _| {
        !configuration.auth_methods.bearer
    }),
    case(
        &[key::ALB_SESSION_COOKIE_NAME, key::ALB_KEY_ENDPOINT],
        "has an effect only with `auth_methods: alb`",
        |configuration, _| !configuration.auth_methods.alb,
    ),
    case(
        &[
            key::SCOPES,
            key::MAX_AGE,
            key::AUTHORIZATION_ENDPOINT,
            key::AUTHORIZATION_QUERY_ARGS,
            key::AUTHORIZATION_QUERY_ARGS_CLIENT,
            key::AUTHORIZATION_ROLLING_TIMEOUT,
            key::LOGIN_REDIRECT_URI,
            key::SESSION_REMEMBER,
        ],
        "has an effect only with `auth_methods: authorization_code`",
        |configuration, _| !configuration.auth_methods.authorization_code,
    ),
    case(
        &[
            key::SESSION_COOKIE_NAME,
            key::SESSION_COOKIE_DOMAIN,
            key::SESSION_IDLING_TIMEOUT,
            key::SESSION_ROLLING_TIMEOUT,
            key::SESSION_ABSOLUTE_TIMEOUT,
            key::SESSION_CLAIMS,
            key::REFRESH_LEAD,
            key::ROTATION_GRACE,
            key::LOGOUT_REVOKE,
            key::TOKEN_POST_ARGS,
            key::UPSTREAM_ID_TOKEN_HEADER,
            key::USERINFO_ENDPOINT,
        ],
        "has an effect only with `auth_methods: session`",
        |configuration, _| !configuration.auth_methods.session,
    ),
    case(&[key::SESSION_TABLE], "has an effect only with `session_storage: dynamodb`", |configuration, _| {
        !matches!(configuration.session.storage, SessionStorage::DynamoDb { .. })
    }),
    case(
        &[key::SESSION_CACHE_SECONDS],
        "has an effect only on sessions in a store, not with `session_storage: cookie`",
        |configuration, _| configuration.session.storage == SessionStorage::Cookie,
    ),
    case(
        &[key::SESSION_REMEMBER_ROLLING_TIMEOUT, key::SESSION_REMEMBER_ABSOLUTE_TIMEOUT],
        "has an effect only with `session_remember: true` or `ask`",
        |configuration, _| configuration.session.remember == Remember::Nobody,
    ),
    case(&[key::REVOCATION_ENDPOINT], "has an effect only with `logout_revoke: true`", |configuration, _| {
        !configuration.logout_revoke
    }),
    case(
        &[key::LOGOUT_REVOKE],
        "is `true`, but there is no `revocation_endpoint`, and no discovery looks for one when the other endpoints are given",
        |configuration, _| {
            let endpoints = &configuration.endpoints;
            configuration.logout_revoke && endpoints.is_complete() && endpoints.revocation.is_none()
        },
    ),
    case(
        &[key::USERINFO_ENDPOINT],
        "has no effect with Cognito, whose ID tokens have all claims",
        |configuration, _| configuration.is_cognito() && configuration.auth_methods.session,
    ),
    case(
        &[key::LOGOUT_METHODS],
        "has an effect only with `logout_query_arg` or `logout_uri_suffix`",
        |configuration, _| {
            let requests = &configuration.logout_requests;
            requests.query_arg.is_none() && requests.uri_suffix.is_none()
        },
    ),
    case(
        &[key::LOGOUT_REDIRECT_URI],
        "is Cognito's whole sign-out address; its `logout_uri` is used, which has to be registered at the client",
        |configuration, _| configuration.logout_redirect_uri_unwrapped,
    ),
    case(&[key::SCOPES_CLAIM], NOTHING_REQUIRED, |configuration, role| {
        requires_nothing(configuration, role, |required| required.scopes.is_some())
    }),
    case(&[key::AUDIENCE_CLAIM], NOTHING_REQUIRED, |configuration, role| {
        requires_nothing(configuration, role, |required| required.audience.is_some())
    }),
    case(&[key::ROLES_CLAIM], NOTHING_REQUIRED, |configuration, role| {
        requires_nothing(configuration, role, |required| required.roles.is_some())
    }),
    case(
        &[key::ALB_KEY_ENDPOINT],
        "is for tests only: the server at this address decides who is signed in",
        |configuration, _| configuration.auth_methods.alb && configuration.is_public(),
    ),
    case(
        &[key::AUTHORIZATION_QUERY_ARGS],
        "has `acr_values`, which a person can remove at the provider's address: only `roles_required` with `roles_claim: acr` refuses a weaker sign-in",
        |configuration, role| {
            let asks = configuration.authorization_query_args.iter().any(|(name, _)| name == "acr_values");
            asks && requires_nothing(configuration, role, |required| {
                required.roles.as_ref().is_some_and(|roles| roles.claim.is("acr"))
            })
        },
    ),
    case(
        &[key::AUTHORIZATION_QUERY_ARGS],
        "has `prompt: login`, which a person can remove at the provider's address: only `max_age` refuses an older sign-in",
        |configuration, _| {
            let asks = |(name, value): &(String, String)| {
                name == "prompt" && value.split_ascii_whitespace().any(|word| word == "login")
            };
            configuration.max_age.is_none() && configuration.authorization_query_args.iter().any(asks)
        },
    ),
    case(
        &[key::DISPLAY_ERRORS],
        "is `true` on a public address: each refusal tells its detail to the client",
        |configuration, _| configuration.display_errors && configuration.is_public(),
    ),
];

/// Finds the given settings that have no effect.
pub(super) fn of(configuration: &Configuration, given: &BTreeSet<String>, role: Role) -> Vec<Warning> {
    CASES
        .iter()
        .filter(|case| (case.holds)(configuration, role))
        .flat_map(|case| case.keys.iter().map(|key| Warning { key: key.name, problem: case.problem }))
        .filter(|warning| given.contains(warning.key))
        .collect()
}

/// Tells whether the host of `address` is in the reserved domain `.invalid`.
fn is_reserved(address: &str) -> bool {
    Url::parse(address).is_ok_and(|address| {
        address.host_str().is_some_and(|host| host.rsplit('.').next() == Some("invalid"))
    })
}

/// Tells whether no rule has such a requirement. False for functions that check no requests, since others may
/// have one.
fn requires_nothing(configuration: &Configuration, role: Role, asks: fn(&Requirements) -> bool) -> bool {
    let by_rule = configuration.routes.rules().iter().map(|rule| &rule.requirements);
    matches!(role, Role::Authorizer | Role::Proxy) && !by_rule.chain([&configuration.requirements]).any(asks)
}

/// The cases as a Markdown table, for docs/configuration.md.
pub fn warnings_markdown() -> String {
    let mut table = String::from("| keys | warning |\n|---|---|\n");
    for case in &CASES {
        let names: Vec<String> = case.keys.iter().map(|key| format!("`{}`", key.name)).collect();
        let _ = writeln!(table, "| {} | {} |", names.join(", "), case.problem);
    }
    table
}
