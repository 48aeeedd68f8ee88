//! Reads the keys about load balancers that sign people in.

use url::Url;

use super::provider::{self, Provider};
use super::section::{FaultRecorded, Section, list, text};
use super::{AuthMethods, Role, address, key};
use crate::http::public_url::is_loopback;
use crate::token::access_token::{BearerIssuer, IssuerKind};
use crate::token::load_balancer::{LoadBalancerArn, TrustedLoadBalancers};

const ARN: &str = "must be ARNs such as `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/name/0123456789abcdef`";

/// Reads which load balancers are trusted.
pub(super) fn read(
    section: &mut Section,
    provider: Option<&Provider>,
    client_id: Option<&str>,
    methods: Option<AuthMethods>,
    bearer_issuers: &[BearerIssuer],
    role: Role,
) -> Result<Option<TrustedLoadBalancers>, FaultRecorded> {
    let arns = section.key(&key::ALB_ARN, |node| {
        list(node)?.iter().map(|arn| LoadBalancerArn::parse(arn).ok_or_else(|| ARN.to_owned())).collect()
    });
    let session_cookie = section.always(&key::ALB_SESSION_COOKIE_NAME, |node| cookie_name(text(node)?));
    let key_endpoint = section.key(&key::ALB_KEY_ENDPOINT, |node| loopback(&text(node)?));
    let (arns, session_cookie, key_endpoint): (Option<Vec<_>>, _, _) =
        (arns?, session_cookie?, key_endpoint?);
    let (Some(provider), Some(client_id), Some(methods)) = (provider, client_id, methods) else {
        // The missing key has its own fault already.
        return Ok(None);
    };
    if !methods.alb {
        return match arns {
            Some(_) => Err(section.fault(key::ALB_ARN.name, "has an effect only with `auth_methods: alb`")),
            None => Ok(None),
        };
    }
    if role == Role::Authorizer {
        return Err(section.fault(
            key::AUTH_METHODS.name,
            "may have `alb` in `proxy` only: no load balancer calls an authorizer",
        ));
    }
    let Some(arns) = arns else {
        return Err(section.fault(key::ALB_ARN.name, "is required with `auth_methods: alb`"));
    };
    let issuers = provider::forms(&provider.issuer);
    // An access token of another provider may have any form, so only a user pool's is verified.
    let is_own = |row: &&BearerIssuer| row.kind == IssuerKind::Cognito && issuers.contains(&row.issuer);
    let own: Vec<BearerIssuer> = bearer_issuers.iter().filter(is_own).cloned().collect();
    let access_tokens = if own.is_empty() { provider::own_pool_rows(provider, client_id) } else { own };
    Ok(Some(TrustedLoadBalancers { arns, issuers, access_tokens, key_endpoint, session_cookie }))
}

/// "The name of the cookie used to maintain session information" (API reference, `AuthenticateCognitoActionConfig`).
fn cookie_name(text: String) -> Result<String, String> {
    let token = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if token { Ok(text) } else { Err("must be the name of a cookie".to_owned()) }
}

/// The keys decide whose headers are trusted, so they come from AWS or from this machine only.
fn loopback(text: &str) -> Result<String, String> {
    let url: Url = address::absolute(text)?;
    if is_loopback(&url) && url.query().is_none() {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err("must be an address on loopback, without a query".to_owned())
    }
}
