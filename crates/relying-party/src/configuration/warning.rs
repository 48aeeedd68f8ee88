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

/// Keys that have no effect, or not the expected one, if a condition holds.
struct Case {
    keys: &'static [Key],
    problem: &'static str,
    holds: fn(&Configuration, Role) -> bool,
}

const RESERVED: &str = "is in `.invalid`, a reserved domain (RFC 6761 section 6.4): write the real address";
const PLACEHOLDER: &str =
    "seems to be a placeholder, such as `$CLIENT_ID` or `<client id>`: write the real value";
const NOTHING_REQUIRED: &str = "names a claim for which there is no requirement";

const CASES: [Case; 25] = [
    Case {
        keys: &[key::ISSUER],
        problem: RESERVED,
        holds: |configuration, _| is_reserved(&configuration.issuer),
    },
    Case {
        keys: &[key::ISSUER],
        problem: PLACEHOLDER,
        holds: |configuration, _| is_placeholder(&configuration.issuer),
    },
    Case {
        keys: &[key::CLIENT_ID],
        problem: PLACEHOLDER,
        holds: |configuration, _| is_placeholder(&configuration.client.id),
    },
    Case {
        keys: &[key::CLIENT_SECRET],
        problem: PLACEHOLDER,
        holds: |configuration, _| {
            let secret = configuration.client.secret.as_ref();
            secret.is_some_and(|secret| is_placeholder_of_secret(secret.expose()))
        },
    },
    Case {
        keys: &[key::PUBLIC_URL],
        problem: RESERVED,
        holds: |configuration, _| {
            configuration.public_urls().any(|public_url| is_reserved(public_url.url().as_str()))
        },
    },
    Case {
        keys: &[key::UPSTREAM_URL],
        problem: RESERVED,
        holds: |configuration, _| configuration.upstream.url.as_deref().is_some_and(is_reserved),
    },
    Case {
        keys: &[key::BEARER_ISSUERS],
        problem: "has an effect only with `auth_methods: bearer`",
        holds: |configuration, _| !configuration.auth_methods.bearer,
    },
    Case {
        keys: &[key::ALB_SESSION_COOKIE_NAME, key::ALB_KEY_ENDPOINT],
        problem: "has an effect only with `auth_methods: alb`",
        holds: |configuration, _| !configuration.auth_methods.alb,
    },
    Case {
        keys: &[
            key::SCOPES,
            key::MAX_AGE,
            key::AUTHORIZATION_ENDPOINT,
            key::AUTHORIZATION_QUERY_ARGS,
            key::AUTHORIZATION_QUERY_ARGS_CLIENT,
            key::AUTHORIZATION_ROLLING_TIMEOUT,
            key::LOGIN_REDIRECT_URI,
            key::SESSION_REMEMBER,
        ],
        problem: "has an effect only with `auth_methods: authorization_code`",
        holds: |configuration, _| !configuration.auth_methods.authorization_code,
    },
    Case {
        keys: &[
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
        problem: "has an effect only with `auth_methods: session`",
        holds: |configuration, _| !configuration.auth_methods.session,
    },
    Case {
        keys: &[key::SESSION_TABLE],
        problem: "has an effect only with `session_storage: dynamodb`",
        holds: |configuration, _| !matches!(configuration.session.storage, SessionStorage::DynamoDb { .. }),
    },
    Case {
        keys: &[key::SESSION_CACHE_SECONDS],
        problem: "has an effect only on sessions in a store, not with `session_storage: cookie`",
        holds: |configuration, _| configuration.session.storage == SessionStorage::Cookie,
    },
    Case {
        keys: &[key::SESSION_REMEMBER_ROLLING_TIMEOUT, key::SESSION_REMEMBER_ABSOLUTE_TIMEOUT],
        problem: "has an effect only with `session_remember: true` or `ask`",
        holds: |configuration, _| configuration.session.remember == Remember::Nobody,
    },
    Case {
        keys: &[key::REVOCATION_ENDPOINT],
        problem: "has an effect only with `logout_revoke: true`",
        holds: |configuration, _| !configuration.logout_revoke,
    },
    Case {
        keys: &[key::LOGOUT_REVOKE],
        problem: "is `true`, but there is no `revocation_endpoint`, and no discovery looks for one when the other endpoints are given",
        holds: |configuration, _| {
            let endpoints = &configuration.endpoints;
            configuration.logout_revoke && endpoints.is_complete() && endpoints.revocation.is_none()
        },
    },
    Case {
        keys: &[key::USERINFO_ENDPOINT],
        problem: "has no effect with Cognito, whose ID tokens have all claims",
        holds: |configuration, _| configuration.is_cognito() && configuration.auth_methods.session,
    },
    Case {
        keys: &[key::LOGOUT_METHODS],
        problem: "has an effect only with `logout_query_arg` or `logout_uri_suffix`",
        holds: |configuration, _| {
            let requests = &configuration.logout_requests;
            requests.query_arg.is_none() && requests.uri_suffix.is_none()
        },
    },
    Case {
        keys: &[key::LOGOUT_REDIRECT_URI],
        problem: "is Cognito's whole sign-out address; its `logout_uri` is used, which has to be registered at the client",
        holds: |configuration, _| configuration.logout_redirect_uri_unwrapped,
    },
    Case {
        keys: &[key::SCOPES_CLAIM],
        problem: NOTHING_REQUIRED,
        holds: |configuration, role| {
            requires_nothing(configuration, role, |required| required.scopes.is_some())
        },
    },
    Case {
        keys: &[key::AUDIENCE_CLAIM],
        problem: NOTHING_REQUIRED,
        holds: |configuration, role| {
            requires_nothing(configuration, role, |required| required.audience.is_some())
        },
    },
    Case {
        keys: &[key::ROLES_CLAIM],
        problem: NOTHING_REQUIRED,
        holds: |configuration, role| {
            requires_nothing(configuration, role, |required| required.roles.is_some())
        },
    },
    Case {
        keys: &[key::ALB_KEY_ENDPOINT],
        problem: "is for tests only: the server at this address decides who is signed in",
        holds: |configuration, _| configuration.auth_methods.alb && configuration.is_public(),
    },
    Case {
        keys: &[key::AUTHORIZATION_QUERY_ARGS],
        problem: "has `acr_values`, which a person can remove at the provider's address: only `roles_required` with `roles_claim: acr` refuses a weaker sign-in",
        holds: |configuration, role| {
            let asks = configuration.authorization_query_args.iter().any(|(name, _)| name == "acr_values");
            asks && requires_nothing(configuration, role, |required| {
                required.roles.as_ref().is_some_and(|roles| roles.claim.is("acr"))
            })
        },
    },
    Case {
        keys: &[key::AUTHORIZATION_QUERY_ARGS],
        problem: "has `prompt: login`, which a person can remove at the provider's address: only `max_age` refuses an older sign-in",
        holds: |configuration, _| {
            let asks = |(name, value): &(String, String)| {
                name == "prompt" && value.split_ascii_whitespace().any(|word| word == "login")
            };
            configuration.max_age.is_none() && configuration.authorization_query_args.iter().any(asks)
        },
    },
    Case {
        keys: &[key::DISPLAY_ERRORS],
        problem: "is `true` on a public address: each refusal tells its detail to the client",
        holds: |configuration, _| configuration.display_errors && configuration.is_public(),
    },
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
