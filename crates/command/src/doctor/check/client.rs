//! Checks of the user pool and the app client against the configuration of the functions.

use aws::operator::deployed_facts::{Cause, ClientFacts, PoolFacts};
use aws::operator::deployed_repairs::Repair;

use super::{CLIENT, Check, DEPLOY, Finding, all, check, fixable, gone, has, when};
use crate::doctor::facts::{Configured, Facts, Trigger, known};
use crate::doctor::policy::Policy;

pub(super) const CHECKS: &[Check] = &[
    check!("pool_missing", "nobody can sign in", |facts| gone(&facts.pool, "there is no such user pool")),
    check!("client_missing", "nobody can sign in: invalid_client", |facts| gone(
        &facts.client,
        "there is no such app client"
    )),
    check!(
        client,
        "callback_missing",
        "Cognito shows redirect_mismatch instead of its sign-in page",
        CLIENT,
        |one, configured| {
            let lacks = |uri: &&String| !one.callback_urls.contains(uri);
            let lacking = configured.redirect_uris.iter().filter(lacks);
            all(lacking.map(|uri| format!("{uri} is not registered as a callback URL of the client")))
        }
    ),
    check!(
        client,
        "sign_out_missing",
        "sign-out ends on an error page of Cognito",
        CLIENT,
        |one, configured| {
            let lacks = |uri: &&String| !one.logout_urls.contains(uri);
            let lacking = configured.logout_redirect_uris.iter().filter(lacks);
            all(lacking.map(|uri| format!("{uri} is not registered as a sign-out URL of the client")))
        }
    ),
    check!(client, "oauth_off", "Cognito refuses every sign-in", CLIENT, |one, _| {
        when(!one.is_oauth, "AllowedOAuthFlowsUserPoolClient is off")
    }),
    check!(
        client,
        "code_flow_off",
        "Cognito refuses every sign-in: unauthorized_client",
        CLIENT,
        |one, _| { when(!has(&one.flows, "code"), "the code flow is not allowed") }
    ),
    check!(
        client,
        "implicit_flow_on",
        "tokens may stand in addresses, and so in histories and logs",
        CLIENT,
        |one, _| { when(has(&one.flows, "implicit"), "the implicit flow is allowed") }
    ),
    check!("password_flow_on", "passwords may be tried without the sign-in page", CLIENT, |facts| {
        let is_one = |flow: &&String| flow.contains("USER_PASSWORD_AUTH");
        client(facts, |one, _| {
            all(one.explicit_flows.iter().filter(is_one).map(|flow| format!("{flow} is allowed")))
        })
    }),
    check!(
        client,
        "scope_not_allowed",
        "Cognito refuses every sign-in: invalid_scope",
        CLIENT,
        |one, configured| {
            let lacks = |scope: &&String| !one.scopes.contains(scope);
            let lacking = configured.scopes.iter().filter(lacks);
            all(lacking.map(|scope| format!("the scope {scope} is not allowed")))
        }
    ),
    check!(client, "no_identity_provider", "the sign-in page offers nothing", CLIENT, |one, _| {
        when(one.identity_providers.is_empty(), "the client has no identity provider")
    }),
    check!(client, "client_without_secret", "the token request fails: invalid_client", DEPLOY, |one, _| {
        when(
            !one.has_secret && one.secret_agrees.is_some(),
            "a secret is configured, and the client has none",
        )
    }),
    check!(client, "client_secret_replaced", "the token request fails: invalid_client", DEPLOY, |one, _| {
        when(one.has_secret && one.secret_agrees == Some(false), "the configured secret is not the client's")
    }),
    check!(client, "users_told", "anybody can find out which addresses have an account", CLIENT, |one, _| {
        when(!one.hides_users, "PreventUserExistenceErrors is not ENABLED")
    }),
    check!(
        client,
        "revocation_off",
        "refresh tokens stay valid after sign-out",
        CLIENT,
        |one, configured| { when(configured.revokes && !one.revokes, "EnableTokenRevocation is off") }
    ),
    check!(
        client,
        "rotation_in_cookies",
        "two tabs that refresh at once sign each other out",
        CLIENT,
        |one, configured| {
            when(
                configured.is_cookie && one.rotation_grace.is_some(),
                "refresh tokens rotate, and sessions are in cookies",
            )
        }
    ),
    check!(
        client,
        "rotation_differs",
        "a refresh is repeated that must not be, or not repeated that could be",
        CLIENT,
        |one, configured| {
            let differs = configured.rotation_grace.is_some_and(|grace| grace != one.rotation_grace);
            when(
                differs && !(configured.is_cookie && one.rotation_grace.is_some()),
                "rotation_grace differs from the client's setting",
            )
        }
    ),
    check!(client, "access_token_short", "every request refreshes", CLIENT, |one, configured| {
        let short = one.access_token_lifetime <= configured.refresh_lead.saturating_mul(2);
        when(
            short,
            format!(
                "access tokens live {} s, and are refreshed {} s before",
                one.access_token_lifetime, configured.refresh_lead
            ),
        )
    }),
    check!(client, "refresh_token_short", "sessions end before their limit", CLIENT, |one, configured| {
        let short = one.refresh_token_lifetime < configured.longest_session;
        when(
            short,
            format!(
                "refresh tokens live {} s, sessions {} s",
                one.refresh_token_lifetime, configured.longest_session
            ),
        )
    }),
    check!(
        domains,
        "domain_missing",
        "there is no sign-in page",
        "aws cognito-idp create-user-pool-domain --user-pool-id {pool} --managed-login-version 2 --domain PREFIX",
        |found, _| when(found.is_empty(), "the pool has no domain")
    ),
    check!("domain_differs", "people are sent to a sign-in page that is not there", DEPLOY, |facts| {
        domains(facts, |found, configured| {
            let pool = facts.reference().and_then(|one| one.pool.as_deref()).unwrap_or_default();
            // The id of a pool begins with its region.
            let region = pool.split_once('_').map_or("", |(region, _)| region);
            let is_it = |domain: &&str| {
                let prefixed = ["auth", "auth-fips"].map(|kind| format!("{domain}.{kind}.{region}."));
                configured == *domain || prefixed.iter().any(|host| configured.starts_with(host))
            };
            when(
                !found.is_empty() && !found.iter().any(is_it),
                format!("{configured} is not the domain of the pool"),
            )
        })
    }),
    check!(
        "domain_inactive",
        "the sign-in page is not there yet, or no longer there",
        "aws cognito-idp describe-user-pool-domain --domain {domain}",
        |facts| {
            let Some(domain) = known(&facts.domain) else { return Vec::new() };
            when(domain.status != "ACTIVE", format!("the domain of the pool is {}", domain.status))
        }
    ),
    fixable(
        check!(
            "branding_missing",
            "Cognito shows an error instead of its sign-in page",
            "aws cognito-idp create-managed-login-branding --user-pool-id {pool} --client-id {client} --use-cognito-provided-values",
            |facts| {
                // The classic hosted pages need no style and have none.
                let is_managed = known(&facts.domain).is_some_and(|domain| domain.managed_login_version >= 2);
                when(
                    is_managed && facts.has_branding == Some(Ok(false)),
                    "the client has no style of managed login",
                )
            }
        ),
        |facts, _| {
            let reference = facts.reference()?;
            Some(Repair::Branding { pool: reference.pool.clone()?, client: reference.client_id.clone() })
        },
    ),
    check!("pool_tier", "Cognito has no managed login in this tier", |facts| {
        let is_managed = known(&facts.domain).is_some_and(|domain| domain.managed_login_version >= 2);
        let is_lite = known(&facts.pool).is_some_and(|pool| pool.tier == "LITE");
        when(is_managed && is_lite, "the tier of the user pool is LITE")
    }),
    check!("trigger_missing", "sign-in or sign-up ends on an error page of Cognito", |facts| {
        let is_gone =
            |one: &&Trigger| one.callers.as_ref().is_err_and(|fault| fault.cause == Cause::NotFound);
        let gone = facts.triggers.iter().filter(is_gone);
        all(gone.map(|one| format!("the user pool calls {}, which is not there", one.arn)))
    }),
    check!(
        "trigger_not_allowed",
        "sign-in or sign-up ends on an error page of Cognito",
        "aws lambda add-permission --function-name {name} --statement-id cognito --action lambda:InvokeFunction --principal cognito-idp.amazonaws.com --source-arn {pool_arn}",
        |facts| {
            let is_let = |callers: &Policy| {
                callers.allowing("cognito-idp.amazonaws.com", "lambda:InvokeFunction").next().is_some()
            };
            let shut = facts.triggers.iter().filter(|one| one.callers.as_ref().is_ok_and(|one| !is_let(one)));
            all(shut.map(|one| {
                Finding::of(&one.arn, format!("the user pool may not call its trigger {}", one.arn))
            }))
        }
    ),
    check!("self_sign_up_differs", "anybody can create an account, or nobody can", |facts| {
        own_pool(facts, |pool| {
            let wanted = facts.stack.parameter("SelfSignUp");
            when(
                wanted.is_some_and(|wanted| (wanted == "true") == pool.is_closed),
                "self sign-up differs from the stack's parameter",
            )
        })
    }),
    check!("pool_unprotected", "one call can delete the pool with all its users", |facts| {
        own_pool(facts, |pool| {
            let wanted = facts.stack.parameter("PoolDeletionProtection") == Some("ACTIVE");
            when(wanted && !pool.is_protected, "the user pool is not protected against deletion")
        })
    }),
    check!("password_length", "passwords may be shorter than the stack says", |facts| {
        own_pool(facts, |pool| {
            let wanted: Option<i32> =
                facts.stack.parameter("PasswordLength").and_then(|length| length.parse().ok());
            let short = pool.password_length.zip(wanted).filter(|(found, wanted)| found < wanted);
            all(short.map(|(found, wanted)| {
                format!("passwords have {found} characters at least, the stack says {wanted}")
            }))
        })
    }),
    check!(
        "mfa_without_factor",
        "nobody can sign in: a further factor is asked for, and there is none to set up",
        "aws cognito-idp set-user-pool-mfa-config --user-pool-id {pool} --mfa-configuration ON --software-token-mfa-configuration Enabled=true",
        |facts| {
            let Some(mfa) = known(&facts.mfa) else { return Vec::new() };
            when(
                mfa.mode != "OFF" && mfa.factors.is_empty(),
                format!("further factors are {}, and none is allowed", mfa.mode),
            )
        }
    ),
    check!(
        "mfa_differs",
        "people are asked for another factor than the stack says, or for none",
        "aws cognito-idp set-user-pool-mfa-config --user-pool-id {pool} --mfa-configuration {mfa}",
        |facts| {
            let Some(mfa) = known(&facts.mfa) else { return Vec::new() };
            // The settings of a pool that existed before the stack are its owner's choice.
            let makes_pool = facts.stack.physical("UserPoolStack").is_some();
            let wanted = facts.stack.parameter("Mfa").filter(|wanted| makes_pool && *wanted != mfa.mode);
            all(wanted.map(|wanted| format!("further factors are {}, and the stack says {wanted}", mfa.mode)))
        }
    ),
];

/// Checks the pool only if the stack created it: the settings of another pool are its owner's choice.
fn own_pool(facts: &Facts, find: impl FnOnce(&PoolFacts) -> Vec<Finding>) -> Vec<Finding> {
    let is_own = facts.stack.physical("UserPoolStack").is_some();
    known(&facts.pool).filter(|_| is_own).map(find).unwrap_or_default()
}

fn client(facts: &Facts, find: impl FnOnce(&ClientFacts, &Configured) -> Vec<Finding>) -> Vec<Finding> {
    let found = known(&facts.client).zip(facts.reference());
    found.map(|(client, configured)| find(client, configured)).unwrap_or_default()
}

/// Passes the pool's domains and the configured host to `find`.
fn domains(facts: &Facts, find: impl FnOnce(&[&str], &str) -> Vec<Finding>) -> Vec<Finding> {
    let Some(pool) = known(&facts.pool) else { return Vec::new() };
    let Some(configured) = facts.reference().and_then(|one| one.domain.as_deref()) else { return Vec::new() };
    let found: Vec<&str> =
        [&pool.domain, &pool.custom_domain].into_iter().flatten().map(String::as_str).collect();
    find(&found, configured.trim_start_matches("https://"))
}
