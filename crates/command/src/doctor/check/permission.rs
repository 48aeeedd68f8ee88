//! Checks of the permissions that the templates give each function's role, and of the permissions to call the
//! functions.

use super::{Check, Finding, all, check, is_gone};
use crate::doctor::facts::{Configured, Deployed, Facts, NamedSecret, RolePermissions, known};
use crate::doctor::policy::{Policy, Statement, is_match};

pub(super) const CHECKS: &[Check] = &[
    check!("role_missing", "the function does not start", |facts| {
        let gone = facts.functions.iter().filter(|one| is_gone(&one.permissions));
        all(gone.map(|one| Finding::of(&one.name, format!("the role of {} is not there", one.id))))
    }),
    check!("role_trust", "the function does not start", |facts| {
        let is_let = |permissions: &RolePermissions| {
            permissions.trust.allowing("lambda.amazonaws.com", "sts:AssumeRole").next().is_some()
        };
        let wrong =
            facts.functions.iter().filter(|one| known(&one.permissions).is_some_and(|one| !is_let(one)));
        all(wrong.map(|one| Finding::of(&one.name, format!("Lambda may not assume the role of {}", one.id))))
    }),
    check!(
        "secret_policy",
        "the function does not start: the secret itself refuses to be read",
        "aws secretsmanager get-resource-policy --secret-id {name}",
        |facts| {
            let denies = |one: &&NamedSecret| {
                let policy = one.secret.as_ref().ok().and_then(|secret| secret.policy.as_deref());
                policy.is_some_and(|policy| Policy::read(policy).denies("secretsmanager:GetSecretValue"))
            };
            let denying = facts.secrets.iter().filter(denies);
            all(denying.map(|one| {
                Finding::of(&one.id, format!("the policy of the secret {} denies reading", one.id))
            }))
        }
    ),
    check!("role_secrets", "the function does not start", |facts| lacking(facts, secrets)),
    check!("role_table", "nobody gets in: session_store_unavailable", |facts| lacking(facts, table)),
    check!("role_index", "nobody can sign out everywhere", |facts| lacking(facts, indexes)),
    check!("role_sign_out", "sign-out everywhere leaves the sign-ins at Cognito", |facts| lacking(
        facts, sign_out
    )),
    check!("role_client", "the token request fails: the client's secret cannot be read", |facts| {
        lacking(facts, client)
    }),
    check!("role_logs", "nothing is logged", |facts| lacking(facts, logs)),
    check!("role_boundary", "the function may not do what its own policies allow", |facts| {
        let is_taken = |permissions: &RolePermissions, action: &str, resource: &str| {
            let boundary = permissions.boundary.as_ref();
            boundary.is_some_and(|one| !Policy::allows(std::slice::from_ref(one), action, resource))
        };
        taken(facts, is_taken, "the permissions boundary of the role leaves it out")
    }),
    check!("role_condition", "the function may do it at some times, and at others not", |facts| {
        let is_taken = |permissions: &RolePermissions, action: &str, resource: &str| {
            Policy::depends(&permissions.policies, action, resource)
        };
        taken(facts, is_taken, "a condition decides")
    }),
    check!("role_key", "the function does not start: it cannot open its secret", |facts| {
        let mut findings = Vec::new();
        for (Needs { deployed, configured, .. }, permissions) in needs(facts) {
            let Ok(function) = &deployed.function else { continue };
            let read = facts.secrets.iter().filter(|one| configured.secrets.contains(&one.id));
            for key in read.filter_map(|one| known(&one.key)) {
                let policy = Policy::read(&key.policy);
                let lets = |who: &str| policy.allowing(who, "kms:Decrypt").next().is_some();
                // A key policy that allows the account delegates the decision to the policies of roles.
                let account = key.arn.split(':').nth(4).unwrap_or_default();
                let partition = key.arn.split(':').nth(1).unwrap_or_default();
                let is_left =
                    [account, &format!("arn:{partition}:iam::{account}:root")].into_iter().any(&lets);
                let is_allowed = is_left && Policy::allows(&permissions.policies, "kms:Decrypt", &key.arn);
                if !is_allowed && !lets(&function.role) && !lets("*") {
                    findings.push(Finding::of(
                        &deployed.name,
                        format!("{} may not kms:Decrypt with {}", deployed.id, key.arn),
                    ));
                }
            }
        }
        findings
    }),
    check!("call_not_allowed", "the addresses of this function answer 5xx", |facts| {
        let uncalled = facts.functions.iter().filter_map(|one| {
            // A function that does not exist has no policy either.
            let callers = one.callers.as_ref().ok().filter(|_| one.function.is_ok())?;
            let caller = caller(facts, &one.id)?;
            (!caller.is_allowed_by(callers)).then(|| {
                Finding::of(&one.name, format!("{} may not be called by {}", one.id, caller.principal()))
            })
        });
        uncalled.collect()
    }),
    check!(
        "anybody_may_call",
        "any AWS account can invoke the function directly, with any event",
        "aws lambda remove-permission --function-name {name} --statement-id SID",
        |facts| {
            let is_open = |statement: &Statement| {
                let by_url = statement.condition("lambda:InvokedViaFunctionUrl");
                by_url.is_none_or(|values| values != ["true"])
                    && statement.condition("aws:SourceArn").is_none()
            };
            let open = facts.functions.iter().filter(|one| {
                one.callers
                    .as_ref()
                    .is_ok_and(|callers| callers.allowing("*", "lambda:InvokeFunction").any(is_open))
            });
            open.map(|one| Finding::of(&one.name, format!("anybody may call {}", one.id))).collect()
        }
    ),
];

/// A function whose permissions are known, with its configuration.
struct Needs<'a> {
    facts: &'a Facts,
    deployed: &'a Deployed,
    configured: &'a Configured,
}

impl Needs<'_> {
    /// Secrets Manager appends a hyphen and six characters to the name.
    fn secret(&self, id: &str) -> String {
        if id.starts_with("arn:") {
            return id.to_owned();
        }
        self.facts.arn("secretsmanager", &format!("secret:{id}-??????"))
    }

    /// Whether the function ends sessions when a user signs out everywhere.
    fn ends_sessions(&self) -> bool {
        self.deployed.id == "LogoutFunction" || self.is_whole()
    }

    /// Whether the function does everything by itself.
    fn is_whole(&self) -> bool {
        self.deployed.id == "ProxyFunction"
            && !self.facts.functions.iter().any(|one| one.id == "LoginFunction")
    }
}

/// Returns the functions whose permissions and configurations are known.
fn needs(facts: &Facts) -> impl Iterator<Item = (Needs<'_>, &RolePermissions)> {
    facts.functions.iter().filter_map(move |deployed| {
        let configured = known(&deployed.configuration)?;
        Some((Needs { facts, deployed, configured }, known(&deployed.permissions)?))
    })
}

/// An action, and the ARN of its resource.
type RequiredPermission = (&'static str, String);

/// Every permission that a function needs.
const NEEDED: [fn(&Needs<'_>) -> Vec<RequiredPermission>; 6] =
    [secrets, table, indexes, sign_out, client, logs];

fn secrets(needs: &Needs<'_>) -> Vec<RequiredPermission> {
    needs.configured.secrets.iter().map(|id| ("secretsmanager:GetSecretValue", needs.secret(id))).collect()
}

fn table(needs: &Needs<'_>) -> Vec<RequiredPermission> {
    let Some(table) = &needs.configured.table else { return Vec::new() };
    let arn = needs.facts.arn("dynamodb", &format!("table/{table}"));
    table_actions(needs).iter().map(|action| (*action, arn.clone())).collect()
}

fn indexes(needs: &Needs<'_>) -> Vec<RequiredPermission> {
    let Some(table) = needs.configured.table.as_ref().filter(|_| needs.ends_sessions()) else {
        return Vec::new();
    };
    let index = |name| needs.facts.arn("dynamodb", &format!("table/{table}/index/{name}"));
    ["user", "provider_session"].map(|name| ("dynamodb:Query", index(name))).into()
}

fn sign_out(needs: &Needs<'_>) -> Vec<RequiredPermission> {
    let is_needed =
        needs.ends_sessions() && needs.configured.ends_sign_ins_at_pool && !needs.configured.is_cookie;
    let pool = needs.configured.pool.as_ref().filter(|_| is_needed);
    pool.map(|pool| ("cognito-idp:AdminUserGlobalSignOut", needs.facts.pool_arn(pool))).into_iter().collect()
}

fn client(needs: &Needs<'_>) -> Vec<RequiredPermission> {
    let pool = needs.configured.pool.as_ref().filter(|_| needs.configured.reads_client_from_pool);
    pool.map(|pool| ("cognito-idp:DescribeUserPoolClient", needs.facts.pool_arn(pool))).into_iter().collect()
}

fn logs(needs: &Needs<'_>) -> Vec<RequiredPermission> {
    let Some(group) = needs.facts.stack.physical("LogGroup") else { return Vec::new() };
    let streams = needs.facts.arn("logs", &format!("log-group:{group}:log-stream:x"));
    ["logs:CreateLogStream", "logs:PutLogEvents"].map(|action| (action, streams.clone())).into()
}

/// The calls of each function to the table.
fn table_actions(needs: &Needs<'_>) -> &'static [&'static str] {
    match needs.deployed.id.as_str() {
        "LoginFunction" => &["dynamodb:BatchGetItem", "dynamodb:GetItem"],
        "CallbackFunction" => {
            &["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"]
        }
        _ if needs.is_whole() => &[
            "dynamodb:BatchGetItem",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ],
        _ => &["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
    }
}

/// Finds each needed permission that is missing.
fn lacking(facts: &Facts, needed: impl Fn(&Needs<'_>) -> Vec<RequiredPermission>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (needs, permissions) in needs(facts) {
        let Deployed { id, name, .. } = needs.deployed;
        for (action, resource) in needed(&needs) {
            if !Policy::allows(&permissions.policies, action, &resource) {
                findings.push(Finding::of(name, format!("{id} may not {action} on {resource}")));
            }
        }
    }
    findings
}

/// Finds each permission that the role's own policies grant but that another policy may deny.
fn taken(facts: &Facts, is_taken: impl Fn(&RolePermissions, &str, &str) -> bool, by: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (needs, permissions) in needs(facts) {
        let Deployed { id, name, .. } = needs.deployed;
        for (action, resource) in NEEDED.iter().flat_map(|needed| needed(&needs)) {
            if Policy::allows(&permissions.policies, action, &resource)
                && is_taken(permissions, action, &resource)
            {
                findings.push(Finding::of(name, format!("{by}: {id} and {action} on {resource}")));
            }
        }
    }
    findings
}

/// The service that calls a function.
enum Caller<'a> {
    /// An API that asks an authorizer, by its id.
    Asking(&'a str),
    /// An API that hands a request over, by the ARN of that request.
    Api(String),
    TargetGroup(&'a str),
    Url,
}

impl Caller<'_> {
    const fn principal(&self) -> &'static str {
        match self {
            Self::Asking(_) | Self::Api(_) => "apigateway.amazonaws.com",
            Self::TargetGroup(_) => "elasticloadbalancing.amazonaws.com",
            Self::Url => "its URL",
        }
    }

    fn is_allowed_by(&self, callers: &Policy) -> bool {
        let lets = |is_it: &dyn Fn(&str) -> bool| {
            callers.allowing(self.principal(), "lambda:InvokeFunction").any(|statement| {
                let sources = statement.condition("aws:SourceArn");
                sources.is_none_or(|sources| sources.iter().any(|source| is_it(source)))
            })
        };
        match self {
            Self::Asking(id) => lets(&|source| source.contains(*id)),
            Self::Api(arn) => lets(&|source| is_match(source.as_bytes(), arn.as_bytes())),
            Self::TargetGroup(arn) => {
                let group = arn.rsplit_once('/').map_or(*arn, |(group, _)| group);
                lets(&|source| source.contains(group))
            }
            // Lambda developer guide, "Control access to Lambda function URLs": both are needed since October
            // 2025.
            Self::Url => ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"]
                .into_iter()
                .all(|action| callers.allowing("*", action).next().is_some()),
        }
    }
}

fn caller<'a>(facts: &'a Facts, id: &str) -> Option<Caller<'a>> {
    if let Some(api) = facts.api() {
        if id == "AuthorizerFunction" {
            return Some(Caller::Asking(&api.physical));
        }
        // A permission for all methods and paths covers a request with any names.
        let request = format!("{}/{}/METHOD/path", api.physical, facts.stage_name());
        return Some(Caller::Api(facts.arn("execute-api", &request)));
    }
    let group = id.replace("Function", "TargetGroup");
    if let Some(group) = facts.target_groups.iter().find(|one| one.id == group) {
        return Some(Caller::TargetGroup(&group.arn));
    }
    (id == "ProxyFunction" && facts.function_url.is_some()).then_some(Caller::Url)
}
