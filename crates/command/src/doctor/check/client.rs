//! Checks of the user pool and the app client against the configuration of the functions.

use aws::operator::deployed_facts::{Cause, ClientFacts, PoolFacts};
use aws::operator::deployed_repairs::Repair;

use super::{CLIENT, Check, DEPLOY, Finding, TAKE_BACK, all, check, gone, has, when};
use crate::doctor::facts::{Configured, Facts, Trigger, known};
use crate::doctor::policy::Policy;

pub(super) const CHECKS: &[Check] = &[
    check!("pool_missing", "nobody can sign in", TAKE_BACK, |facts| gone(
        &facts.pool,
        "there is no such user pool"
    )),
    check!("client_missing", "nobody can sign in: invalid_client", TAKE_BACK, |facts| gone(
        &facts.client,
        "there is no such app client"
    )),
    check!(
        "callback_missing",
        "Cognito shows redirect_mismatch instead of its sign-in page",
        CLIENT,
        |facts| {
            client(facts, |client, configured| {
                let lacks = |uri: &&String| !client.callback_urls.contains(uri);
                let lacking = configured.redirect_uris.iter().filter(lacks);
                all(lacking.map(|uri| format!("{uri} is not registered as a callback URL of the client")))
            })
        }
    ),
    check!("sign_out_missing", "sign-out ends on an error page of Cognito", CLIENT, |facts| {
        client(facts, |client, configured| {
            let lacks = |uri: &&String| !client.logout_urls.contains(uri);
            let lacking = configured.logout_redirect_uris.iter().filter(lacks);
            all(lacking.map(|uri| format!("{uri} is not registered as a sign-out URL of the client")))
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
            all(client.explicit_flows.iter().filter(is_one).map(|flow| format!("{flow} is allowed")))
        })
    }),
    check!("scope_not_allowed", "Cognito refuses every sign-in: invalid_scope", CLIENT, |facts| {
        client(facts, |client, configured| {
            let lacks = |scope: &&String| !client.scopes.contains(scope);
            let lacking = configured.scopes.iter().filter(lacks);
            all(lacking.map(|scope| format!("the scope {scope} is not allowed")))
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
    check!("users_told", "anybody can find out which addresses have an account", CLIENT, |facts| {
        client(facts, |client, _| {
            when(!client.hides_users, || "PreventUserExistenceErrors is not ENABLED".to_owned())
        })
    }),
    check!("revocation_off", "refresh tokens stay valid after sign-out", CLIENT, |facts| {
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
                    "rotation_grace differs from the client's setting".to_owned()
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
            let pool = facts.reference().and_then(|one| one.pool.as_deref()).unwrap_or_default();
            // The id of a pool begins with its region.
            let region = pool.split_once('_').map_or("", |(region, _)| region);
            let is_it = |domain: &&str| {
                let prefixed = ["auth", "auth-fips"].map(|kind| format!("{domain}.{kind}.{region}."));
                configured == *domain || prefixed.iter().any(|host| configured.starts_with(host))
            };
            when(!found.is_empty() && !found.iter().any(is_it), || {
                format!("{configured} is not the domain of the pool")
            })
        })
    }),
    check!(
        "domain_inactive",
        "the sign-in page is not there yet, or no longer there",
        "aws cognito-idp describe-user-pool-domain --domain {domain}",
        |facts| {
            let Some(domain) = known(&facts.domain) else { return Vec::new() };
            when(domain.status != "ACTIVE", || format!("the domain of the pool is {}", domain.status))
        }
    ),
    check!(
        "branding_missing",
        "Cognito shows an error instead of its sign-in page",
        "aws cognito-idp create-managed-login-branding --user-pool-id {pool} --client-id {client} --use-cognito-provided-values",
        fix | facts,
        _ | {
            let reference = facts.reference()?;
            Some(Repair::Branding { pool: reference.pool.clone()?, client: reference.client_id.clone() })
        },
        |facts| {
            // The classic hosted pages need no style and have none.
            let is_managed = known(&facts.domain).is_some_and(|domain| domain.managed_login_version >= 2);
            when(is_managed && facts.has_branding == Some(Ok(false)), || {
                "the client has no style of managed login".to_owned()
            })
        }
    ),
    check!("pool_tier", "Cognito has no managed login in this tier", TAKE_BACK, |facts| {
        let is_managed = known(&facts.domain).is_some_and(|domain| domain.managed_login_version >= 2);
        let is_lite = known(&facts.pool).is_some_and(|pool| pool.tier == "LITE");
        when(is_managed && is_lite, || "the tier of the user pool is LITE".to_owned())
    }),
    check!("trigger_missing", "sign-in or sign-up ends on an error page of Cognito", TAKE_BACK, |facts| {
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
            let said = |one: &Trigger| {
                Finding::of(&one.arn, format!("the user pool may not call its trigger {}", one.arn))
            };
            shut.map(said).collect()
        }
    ),
    check!("self_sign_up_differs", "anybody can create an account, or nobody can", TAKE_BACK, |facts| {
        own_pool(facts, |pool| {
            let wanted = facts.stack.parameter("SelfSignUp");
            when(wanted.is_some_and(|wanted| (wanted == "true") == pool.is_closed), || {
                "self sign-up differs from the stack's parameter".to_owned()
            })
        })
    }),
    check!("pool_unprotected", "one call can delete the pool with all its users", TAKE_BACK, |facts| {
        own_pool(facts, |pool| {
            let wanted = facts.stack.parameter("PoolDeletionProtection") == Some("ACTIVE");
            when(wanted && !pool.is_protected, || {
                "the user pool is not protected against deletion".to_owned()
            })
        })
    }),
    check!("password_length", "passwords may be shorter than the stack says", TAKE_BACK, |facts| {
        own_pool(facts, |pool| {
            let wanted: Option<i32> =
                facts.stack.parameter("PasswordLength").and_then(|length| length.parse().ok());
            let short = pool.password_length.zip(wanted).filter(|(found, wanted)| found < wanted);
            all(short.into_iter().map(|(found, wanted)| {
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
            when(mfa.mode != "OFF" && mfa.factors.is_empty(), || {
                format!("further factors are {}, and none is allowed", mfa.mode)
            })
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
            all(wanted
                .into_iter()
                .map(|wanted| format!("further factors are {}, and the stack says {wanted}", mfa.mode)))
        }
    ),
];

/// Checks the pool only if the stack created it: the settings of another pool are its owner's choice.
fn own_pool(facts: &Facts, find: impl FnOnce(&PoolFacts) -> Vec<Finding>) -> Vec<Finding> {
    let is_own = facts.stack.physical("UserPoolStack").is_some();
    known(&facts.pool).filter(|_| is_own).map(find).unwrap_or_default()
}

fn client(facts: &Facts, find: impl FnOnce(&ClientFacts, &Configured) -> Vec<Finding>) -> Vec<Finding> {
    facts
        .app_client()
        .zip(facts.reference())
        .map(|(client, configured)| find(client, configured))
        .unwrap_or_default()
}

/// Passes the pool's domains and the configured host to `find`.
fn domains(facts: &Facts, find: impl FnOnce(&[&str], &str) -> Vec<Finding>) -> Vec<Finding> {
    let Some(pool) = known(&facts.pool) else { return Vec::new() };
    let Some(configured) = facts.reference().and_then(|one| one.domain.as_deref()) else { return Vec::new() };
    let found: Vec<&str> =
        [&pool.domain, &pool.custom_domain].into_iter().flatten().map(String::as_str).collect();
    find(&found, configured.trim_start_matches("https://"))
}
