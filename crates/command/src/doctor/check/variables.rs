//! Compares the variables of each function with those that the template gives it.

use super::{Check, Finding, check};
use crate::doctor::facts::Facts;

/// Variables that change a function without being vestibule's: they send its calls elsewhere, make it trust
/// other certificates, or start other code with it.
const POWERFUL: [&str; 6] = [
    "AWS_LAMBDA_EXEC_WRAPPER",
    "HTTPS_PROXY",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "SSL_CERT_FILE",
    "https_proxy",
];

pub(super) const CHECKS: &[Check] = &[
    check!("function_variables", "the function behaves differently from the stack's parameters", |facts| {
        let readable = facts.deployed().filter(|(_, function)| !function.is_sealed);
        let wrong = readable.flat_map(|(one, function)| {
            let expected = expected(facts, &one.id);
            let wrong = expected.into_iter().filter_map(|(variable, wanted)| {
                let found = function.environment.iter().find(|(name, _)| name == variable);
                let found = found.map(|(_, value)| value.as_str());
                let problem = match (found, wanted.as_deref()) {
                    (None, Some(_)) => "is missing",
                    (Some(_), None) => "is set, and the stack does not set it",
                    (Some(found), Some(wanted)) if found != wanted => "is not what the stack says",
                    _ => return None,
                };
                Some(Finding::of(&one.name, format!("{}: {variable} {problem}", one.id)))
            });
            wrong.collect::<Vec<_>>()
        });
        wrong.collect()
    }),
    check!(
        "function_variables_added",
        "its configuration, its connections or its code are others than the template's",
        |facts| {
            let added = facts.deployed().flat_map(|(one, function)| {
                let expected = expected(facts, &one.id);
                let is_unknown = move |name: &str| {
                    let is_ours = name.starts_with("VESTIBULE_") || name.starts_with("AWS_ENDPOINT_URL");
                    (is_ours || POWERFUL.contains(&name)) && expected.iter().all(|(other, _)| *other != name)
                };
                let unknown = function.environment.iter().filter(move |(name, _)| is_unknown(name));
                unknown.map(|(name, _)| Finding::of(&one.name, format!("{} has {name}", one.id)))
            });
            added.collect()
        }
    ),
];

/// The variables that the template gives a function: `None` for one that it does not set with these
/// parameters. The rows are those of the templates; a parameter that the stack does not have leaves its
/// variables out.
fn expected(facts: &Facts, id: &str) -> Vec<(&'static str, Option<String>)> {
    let stack = &facts.stack;
    // `Some("")` if the parameter is empty, `None` if the stack has no such parameter.
    let given = |name: &str| {
        let found = stack.parameters.iter().find(|(parameter, _)| parameter == name);
        found.map(|(_, value)| value.as_str())
    };
    let name = stack.arn.rsplit(':').next().and_then(|rest| rest.split('/').nth(1)).unwrap_or_default();
    let secret = |kind: &str| format!("{name}/vestibule/{kind}");
    let stores = given("SessionStorage") == Some("dynamodb");
    let mut expected = Vec::new();
    if let Some(key) = given("SessionKeyArn") {
        let session = if key.is_empty() { secret("session") } else { key.to_owned() };
        expected.push(("VESTIBULE_SECRET_ID", Some(session)));
    }
    if let Some(named) = given("ConfigurationSecret") {
        let version = stack.parameter("ConfigurationSecretVersion");
        let whole = version.map_or_else(|| named.to_owned(), |version| format!("{named}#{version}"));
        let whole = (!named.is_empty()).then_some(whole);
        expected.push(("VESTIBULE_CONFIGURATION_SECRET", whole));
    }
    if let Some(storage) = given("SessionStorage") {
        expected.push(("VESTIBULE_SESSION_STORAGE", Some(storage.to_owned())));
        let table = stack.parameter("SessionTable").or_else(|| stack.physical("Sessions"));
        expected.push(("VESTIBULE_SESSION_TABLE", table.filter(|_| stores).map(str::to_owned)));
        let document = match id {
            "LoginFunction" => "configuration",
            "AuthorizerFunction" if !stores => "configuration",
            _ => "client",
        };
        expected.push(("VESTIBULE_CONFIG", Some(format!("secret:{}", secret(document)))));
    }
    if let (Some(issuer), Some(client)) = (given("Issuer"), given("ClientId")) {
        let makes_client = issuer.is_empty() && client.is_empty();
        let grace = if stores { "60" } else { "none" };
        expected.push(("VESTIBULE_ROTATION_GRACE", makes_client.then(|| grace.to_owned())));
    }
    if let Some(level) = given("LogLevel") {
        expected.push(("VESTIBULE_LOG_LEVEL", Some(level.to_owned())));
    }
    if id == "ProxyFunction" {
        expected.extend(of_the_proxy(facts));
    }
    expected
}

/// The variables that only the proxy has.
fn of_the_proxy(facts: &Facts) -> Vec<(&'static str, Option<String>)> {
    let stack = &facts.stack;
    let has = |kind| stack.of_kind(kind).next().is_some();
    let mut expected = Vec::new();
    if let Some(upstream) = stack.parameter("UpstreamUrl") {
        expected.push(("VESTIBULE_UPSTREAM_URL", Some(upstream.to_owned())));
    }
    if let Some(streaming) = stack.parameter("ResponseStreaming").filter(|_| has("AWS::Lambda::Url")) {
        // In a network of the account nothing streams.
        let streams = streaming == "true" && stack.parameter("SubnetIds").is_none();
        expected.push(("VESTIBULE_RESPONSE_STREAMING", Some(streams.to_string())));
    }
    if has("AWS::ElasticLoadBalancingV2::TargetGroup") {
        let knows_address = stack.parameter("ListenerArn").is_none()
            || stack.parameter("ListenerForwardedFor") == Some("append");
        expected.push(("VESTIBULE_CLIENT_ADDRESS_HEADER", (!knows_address).then(|| "none".to_owned())));
    }
    expected
}
