//! Compares the facts of a deployment with what it has to be. Each check is a function from facts to what is wrong.

use aws::deployed_facts::{Cause, ClientFacts, TableFacts, Unseen};

use super::facts::{Configured, Deployed, Facts};

/// One row of the table.
pub(crate) struct Check {
    /// A name that stays.
    pub(crate) name: &'static str,
    /// What is wrong then leads to.
    pub(crate) leads_to: &'static str,
    /// The command that mends it, with `{stack}`, `{pool}`, `{client}` and `{table}` to be filled in.
    pub(crate) mend: &'static str,
    /// Whether that command disturbs nobody.
    pub(crate) is_safe: bool,
    /// Every place where it is wrong, in words.
    pub(crate) find: fn(&Facts) -> Vec<String>,
}

const CLIENT: &str = "aws cognito-idp update-user-pool-client --user-pool-id {pool} --client-id {client} --cli-input-json file://client.json";
const DEPLOY: &str = "sam deploy --stack-name {stack}";
const EVENTS: &str = "aws cloudformation describe-stack-events --stack-name {stack}";
const SECRETS: &str = "vestibule keys show --stack {stack}";
const TTL: &str = "aws dynamodb update-time-to-live --table-name {table} --time-to-live-specification Enabled=true,AttributeName=ttl";

macro_rules! check {
    ($name:literal, $leads_to:literal, $mend:expr, $find:expr) => {
        Check { name: $name, leads_to: $leads_to, mend: $mend, is_safe: false, find: $find }
    };
    ($name:literal, $leads_to:literal, safe $mend:expr, $find:expr) => {
        Check { name: $name, leads_to: $leads_to, mend: $mend, is_safe: true, find: $find }
    };
}

/// Every check, in the order in which findings are told.
pub(crate) const CHECKS: &[Check] = &[
    check!(
        "cannot_see",
        "nobody knows whether it is well",
        "allow it, or ask again as somebody who may",
        |facts| unseen(facts, Cause::Denied)
    ),
    check!("no_answer", "nobody knows whether it is well", "ask again", |facts| unseen(
        facts,
        Cause::Unavailable
    )),
    check!("stack_failed", "functions, secrets and pool may be of different deployments", EVENTS, |facts| {
        when(facts.stack.status.contains("FAILED"), || format!("the stack is {}", facts.stack.status))
    }),
    check!("function_missing", "the addresses of this function answer 5xx", DEPLOY, missing_functions),
    check!("function_gone", "the addresses of this function answer 5xx", DEPLOY, |facts| {
        let gone =
            |one: &&Deployed| one.function.as_ref().is_err_and(|unseen| unseen.cause == Cause::NotFound);
        facts
            .functions
            .iter()
            .filter(gone)
            .map(|one| format!("{} is in the stack, but not in Lambda", one.id))
            .collect()
    }),
    check!("function_inactive", "requests wait or fail", EVENTS, |facts| {
        each(
            facts,
            |function| function.state == "Failed" || function.state == "Inactive",
            |function| format!("is {}", function.state),
        )
    }),
    check!("function_update_failed", "an older version answers", DEPLOY, |facts| {
        each(facts, |function| function.last_update == "Failed", |_| "was not updated".to_owned())
    }),
    check!("function_architecture", "the function does not start: exec format error", DEPLOY, |facts| {
        let Some(wanted) = &facts.stack.architecture else { return Vec::new() };
        each(
            facts,
            |function| function.architecture != *wanted,
            |function| format!("is for {}, the stack for {wanted}", function.architecture),
        )
    }),
    check!("function_runtime", "the function does not start", DEPLOY, |facts| {
        each(
            facts,
            |function| function.runtime != "provided.al2023",
            |function| format!("runs on {}", function.runtime),
        )
    }),
    check!("function_timeout", "a slow answer of the provider ends sign-in with a 5xx", DEPLOY, |facts| {
        each(
            facts,
            |function| function.timeout < 10,
            |function| format!("may take {} s, and has to have 10", function.timeout),
        )
    }),
    check!(
        "function_stopped",
        "every request is throttled",
        "aws lambda delete-function-concurrency --function-name NAME",
        |facts| {
            let stopped = |one: &&Deployed| one.reserved_concurrency == Ok(Some(0));
            facts
                .functions
                .iter()
                .filter(stopped)
                .map(|one| format!("{} ({}) has a reserved concurrency of 0", one.id, one.name))
                .collect()
        }
    ),
    check!("configuration_faulty", "the function does not start", DEPLOY, |facts| {
        let faults = |one: &Deployed| match &one.configuration {
            Some(Err(faults)) => faults.iter().map(|fault| format!("{}: {fault}", one.id)).collect(),
            _ => Vec::new(),
        };
        facts.functions.iter().flat_map(faults).collect()
    }),
    check!("issuers_differ", "one function refuses the sessions of another", DEPLOY, |facts| differing(
        facts,
        |one| &one.issuer
    )),
    check!("clients_differ", "one function refuses the sessions of another", DEPLOY, |facts| differing(
        facts,
        |one| &one.client_id
    )),
    check!("addresses_differ", "sign-in ends at another address than it began", DEPLOY, |facts| differing(
        facts,
        |one| &one.public_url
    )),
    check!("callbacks_differ", "the provider refuses the code", DEPLOY, |facts| differing(facts, |one| &one
        .redirect_uris)),
    check!(
        "keys_differ",
        "one function does not open what another sealed: people sign in again and again",
        SECRETS,
        |facts| differing(facts, |one| &one.keys)
    ),
    check!("storages_differ", "one function does not find the sessions of another", DEPLOY, |facts| {
        differing(facts, |one| (&one.table, one.is_cookie))
    }),
    check!("pool_missing", "nobody can sign in", DEPLOY, |facts| absent(
        facts.pool.as_ref().and_then(|pool| pool.as_ref().err()),
        "there is no such user pool"
    )),
    check!("client_missing", "nobody can sign in: invalid_client", DEPLOY, |facts| absent(
        facts.client.as_ref().and_then(|client| client.as_ref().err()),
        "there is no such app client"
    )),
    check!(
        "callback_missing",
        "Cognito shows redirect_mismatch in place of its sign-in page",
        CLIENT,
        |facts| {
            client(facts, |client, configured| {
                let lacks = |uri: &&String| !client.callback_urls.contains(uri);
                configured
                    .redirect_uris
                    .iter()
                    .filter(lacks)
                    .map(|uri| format!("{uri} is no callback address of the client"))
                    .collect()
            })
        }
    ),
    check!("sign_out_missing", "sign-out ends on an error page of Cognito", CLIENT, |facts| {
        client(facts, |client, configured| {
            let uri = &configured.logout_redirect_uri;
            when(!client.logout_urls.contains(uri), || format!("{uri} is no sign-out address of the client"))
        })
    }),
    check!("oauth_off", "Cognito refuses every sign-in", CLIENT, |facts| {
        client(facts, |client, _| {
            when(!client.is_oauth, || "AllowedOAuthFlowsUserPoolClient is off".to_owned())
        })
    }),
    check!("code_flow_off", "Cognito refuses every sign-in: unauthorized_client", CLIENT, |facts| {
        client(facts, |client, _| {
            when(!has(&client.flows, "code"), || "the code flow is not allowed".to_owned())
        })
    }),
    check!(
        "implicit_flow_on",
        "tokens may stand in addresses, and so in histories and logs",
        CLIENT,
        |facts| {
            client(facts, |client, _| {
                when(has(&client.flows, "implicit"), || "the implicit flow is allowed".to_owned())
            })
        }
    ),
    check!("password_flow_on", "passwords may be tried without the sign-in page", CLIENT, |facts| {
        let is_one = |flow: &&String| flow.contains("USER_PASSWORD_AUTH");
        client(facts, |client, _| {
            client.explicit_flows.iter().filter(is_one).map(|flow| format!("{flow} is allowed")).collect()
        })
    }),
    check!("scope_not_allowed", "Cognito refuses every sign-in: invalid_scope", CLIENT, |facts| {
        client(facts, |client, configured| {
            let lacks = |scope: &&String| !client.scopes.contains(scope);
            configured
                .scopes
                .iter()
                .filter(lacks)
                .map(|scope| format!("the scope {scope} is not allowed"))
                .collect()
        })
    }),
    check!("no_identity_provider", "the sign-in page offers nothing", CLIENT, |facts| {
        client(facts, |client, _| {
            when(client.identity_providers.is_empty(), || "the client has no identity provider".to_owned())
        })
    }),
    check!("client_without_secret", "the token request fails: invalid_client", DEPLOY, |facts| {
        client(facts, |client, _| {
            when(!client.has_secret && client.secret_agrees.is_some(), || {
                "a secret is configured, and the client has none".to_owned()
            })
        })
    }),
    check!("client_secret_replaced", "the token request fails: invalid_client", DEPLOY, |facts| {
        client(facts, |client, _| {
            when(client.has_secret && client.secret_agrees == Some(false), || {
                "the configured secret is not the client's".to_owned()
            })
        })
    }),
    check!("users_told", "anybody learns which addresses have an account", CLIENT, |facts| {
        client(facts, |client, _| {
            when(!client.hides_users, || "PreventUserExistenceErrors is not ENABLED".to_owned())
        })
    }),
    check!("revocation_off", "refresh tokens live on after sign-out", CLIENT, |facts| {
        client(facts, |client, configured| {
            when(configured.revokes && !client.revokes, || "EnableTokenRevocation is off".to_owned())
        })
    }),
    check!("rotation_in_cookies", "two tabs that refresh at once sign each other out", CLIENT, |facts| {
        client(facts, |client, configured| {
            when(configured.is_cookie && client.rotation_grace.is_some(), || {
                "refresh tokens rotate, and sessions are in cookies".to_owned()
            })
        })
    }),
    check!(
        "rotation_differs",
        "a refresh is repeated that must not be, or not repeated that could be",
        CLIENT,
        |facts| {
            client(facts, |client, configured| {
                let differs = configured.rotation_grace.is_some_and(|grace| grace != client.rotation_grace);
                when(differs && !(configured.is_cookie && client.rotation_grace.is_some()), || {
                    "rotation_grace is not what the client has".to_owned()
                })
            })
        }
    ),
    check!("access_token_short", "every request refreshes", CLIENT, |facts| {
        client(facts, |client, configured| {
            let short = client.access_token_lifetime <= configured.refresh_lead.saturating_mul(2);
            when(short, || {
                format!(
                    "access tokens live {} s, and are refreshed {} s before",
                    client.access_token_lifetime, configured.refresh_lead
                )
            })
        })
    }),
    check!("refresh_token_short", "sessions end before their limit", CLIENT, |facts| {
        client(facts, |client, configured| {
            let short = client.refresh_token_lifetime < configured.longest_session;
            when(short, || {
                format!(
                    "refresh tokens live {} s, sessions {} s",
                    client.refresh_token_lifetime, configured.longest_session
                )
            })
        })
    }),
    check!(
        "domain_missing",
        "there is no sign-in page",
        "aws cognito-idp create-user-pool-domain --user-pool-id {pool} --managed-login-version 2 --domain PREFIX",
        |facts| { domains(facts, |found, _| when(found.is_empty(), || "the pool has no domain".to_owned())) }
    ),
    check!("domain_differs", "people are sent to a sign-in page that is not there", DEPLOY, |facts| {
        domains(facts, |found, configured| {
            let is_it = |domain: &&str| {
                configured == *domain
                    || (!domain.contains('.') && configured.starts_with(&format!("{domain}.auth")))
            };
            when(!found.is_empty() && !found.iter().any(is_it), || {
                format!("{configured} is not the domain of the pool")
            })
        })
    }),
    check!("branding_missing", "Cognito shows an error in place of its sign-in page", safe "aws cognito-idp create-managed-login-branding --user-pool-id {pool} --client-id {client} --use-cognito-provided-values", |facts| {
        when(facts.has_branding == Some(Ok(false)), || "the client has no style of managed login".to_owned())
    }),
    check!("table_missing", "nobody gets in: session_store_unavailable", DEPLOY, |facts| absent(
        facts.table.as_ref().and_then(|table| table.as_ref().err()),
        "there is no such table"
    )),
    check!(
        "table_inactive",
        "nobody gets in: session_store_unavailable",
        "aws dynamodb describe-table --table-name {table}",
        |facts| { table(facts, |table| when(!table.is_active, || "the table cannot be used".to_owned())) }
    ),
    check!("table_key", "nobody gets in: session_store_unavailable", DEPLOY, |facts| {
        table(facts, |table| {
            when(table.key.as_deref() != Some("session"), || {
                "the key is not the attribute session alone".to_owned()
            })
        })
    }),
    check!("user_index_missing", "nobody can sign out everywhere", DEPLOY, |facts| index_missing(
        facts, "user"
    )),
    check!("provider_session_index_missing", "the provider's sign-out ends no session", DEPLOY, |facts| {
        index_missing(facts, "provider_session")
    }),
    check!(
        "index_inactive",
        "sessions cannot be listed, nor ended everywhere",
        "aws dynamodb describe-table --table-name {table}",
        |facts| {
            table(facts, |table| {
                table
                    .indexes
                    .iter()
                    .filter(|(_, active)| !active)
                    .map(|(name, _)| format!("the index {name} cannot be used"))
                    .collect()
            })
        }
    ),
    check!("ttl_off", "ended sessions are never deleted, and the table grows", safe TTL, |facts| {
        when(facts.time_to_live == Some(Ok(None)), || "nothing is deleted when it has ended".to_owned())
    }),
    check!("ttl_attribute", "ended sessions are never deleted, and the table grows", DEPLOY, |facts| {
        match &facts.time_to_live {
            Some(Ok(Some(name))) if name != "ttl" => {
                vec![format!("time to live is the attribute {name}, not ttl")]
            }
            _ => Vec::new(),
        }
    }),
];

fn when(is_wrong: bool, text: impl FnOnce() -> String) -> Vec<String> {
    if is_wrong { vec![text()] } else { Vec::new() }
}

fn has(texts: &[String], text: &str) -> bool {
    texts.iter().any(|one| one == text)
}

fn each(
    facts: &Facts,
    is_wrong: impl Fn(&aws::deployed_facts::FunctionFacts) -> bool,
    text: impl Fn(&aws::deployed_facts::FunctionFacts) -> String,
) -> Vec<String> {
    let wrong = facts.deployed().filter(|(_, function)| is_wrong(function));
    wrong.map(|(deployed, function)| format!("{} {}", deployed.id, text(function))).collect()
}

fn differing<'a, T: PartialEq>(facts: &'a Facts, member: impl Fn(&'a Configured) -> T) -> Vec<String> {
    let Some(reference) = facts.reference() else { return Vec::new() };
    let others = facts.configured().filter(|(_, one)| member(one) != member(reference));
    others.map(|(id, _)| format!("{id} has another configuration than the first function")).collect()
}

fn client(facts: &Facts, find: impl FnOnce(&ClientFacts, &Configured) -> Vec<String>) -> Vec<String> {
    facts
        .app_client()
        .zip(facts.reference())
        .map(|(client, configured)| find(client, configured))
        .unwrap_or_default()
}

fn table(facts: &Facts, find: impl FnOnce(&TableFacts) -> Vec<String>) -> Vec<String> {
    facts.session_table().map(find).unwrap_or_default()
}

fn index_missing(facts: &Facts, name: &str) -> Vec<String> {
    table(facts, |table| {
        when(!table.indexes.iter().any(|(one, _)| one == name), || format!("there is no index {name}"))
    })
}

/// The domains of the pool, and the host that is configured.
fn domains(facts: &Facts, find: impl FnOnce(&[&str], &str) -> Vec<String>) -> Vec<String> {
    let Some(Ok(pool)) = &facts.pool else { return Vec::new() };
    let Some(configured) = facts.reference().and_then(|one| one.domain.as_deref()) else { return Vec::new() };
    let found: Vec<&str> =
        [&pool.domain, &pool.custom_domain].into_iter().flatten().map(String::as_str).collect();
    find(&found, configured.trim_start_matches("https://"))
}

fn absent(unseen: Option<&Unseen>, text: &str) -> Vec<String> {
    when(unseen.is_some_and(|unseen| unseen.cause == Cause::NotFound), || text.to_owned())
}

/// A REST API's stack, and a load balancer's, have a function for each step of sign-in beside the one that decides.
fn missing_functions(facts: &Facts) -> Vec<String> {
    let has = |id: &str| facts.functions.iter().any(|one| one.id == id);
    let steps = ["LoginFunction", "CallbackFunction", "SessionFunction", "LogoutFunction"];
    if !has("AuthorizerFunction") && !steps.into_iter().any(has) {
        return when(!has("ProxyFunction"), || "the stack has no function of vestibule".to_owned());
    }
    let missing = steps.into_iter().filter(|id| !has(id)).map(|id| format!("{id} is not in the stack"));
    let decides = has("AuthorizerFunction") || has("ProxyFunction");
    missing.chain(when(!decides, || "nothing in the stack decides who passes".to_owned())).collect()
}

fn unseen(facts: &Facts, cause: Cause) -> Vec<String> {
    let functions = facts
        .functions
        .iter()
        .flat_map(|one| [one.function.as_ref().err(), one.reserved_concurrency.as_ref().err()]);
    let others = [
        facts.client.as_ref().and_then(|one| one.as_ref().err()),
        facts.pool.as_ref().and_then(|one| one.as_ref().err()),
        facts.has_branding.as_ref().and_then(|one| one.as_ref().err()),
        facts.table.as_ref().and_then(|one| one.as_ref().err()),
        facts.time_to_live.as_ref().and_then(|one| one.as_ref().err()),
    ];
    let mut needed: Vec<String> = functions
        .chain(others)
        .flatten()
        .filter(|unseen| unseen.cause == cause)
        .map(|unseen| format!("needs {}", unseen.permission))
        .collect();
    needed.sort();
    needed.dedup();
    needed
}
