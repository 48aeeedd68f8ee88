//! Lists the access that the templates grant: who may call a function, what a function may do, and what reaches the
//! application.

use std::collections::BTreeSet;

use local::stack;
use local::template::{Inputs, Kind, Template, Value};
use relying_party::http::endpoint::Endpoint;

use crate::project::text;

const TEMPLATES: [&str; 4] =
    ["infra/alb.yaml", "infra/function-url.yaml", "infra/http-api.yaml", "infra/template.yaml"];

/// Every action that any function may need.
const ACTIONS: [&str; 10] = [
    "cognito-idp:AdminUserGlobalSignOut",
    "dynamodb:BatchGetItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue",
];

/// The actions that Lambda performs with the role of a function in a VPC. They name no resource, because AWS allows no
/// narrower form.
const IN_A_VPC: [&str; 6] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
];

fn template(file: &str, parameters: &[(&str, &str)]) -> Template {
    let text = text(file);
    let mut inputs = Inputs::default();
    let needed = [
        ("CustomDomainName", "app.example.com"),
        ("Domain", "local"),
        ("UpstreamUrl", "http://upstream.internal"),
    ];
    for (name, value) in needed.iter().chain(parameters) {
        if text.contains(&format!("\n  {name}:\n")) {
            inputs.parameters.insert((*name).to_owned(), (*value).to_owned());
        }
    }
    for name in ["LogGroup", "Sessions"] {
        inputs.attributes.insert(format!("{name}.Arn"), format!("the ARN of {name}"));
    }
    inputs.attributes.insert("UserPoolStack.Outputs.UserPoolId".to_owned(), "the pool".to_owned());
    Template::parse(&text, &inputs).unwrap()
}

fn property(template: &Template, resource: &str, name: &str) -> Option<String> {
    template.property(resource, name).unwrap().map(|value| as_text(&value))
}

fn as_text(value: &Value) -> String {
    match &value.kind {
        Kind::Text(text) => text.clone(),
        Kind::List(items) => items.iter().map(as_text).collect::<Vec<_>>().join(","),
        Kind::Map(entries) => entries
            .iter()
            .map(|(key, value)| format!("{key}={}", as_text(value)))
            .collect::<Vec<_>>()
            .join(";"),
    }
}

fn texts(value: &Value) -> Vec<String> {
    match &value.kind {
        Kind::List(items) => items.iter().map(as_text).collect(),
        _ => vec![as_text(value)],
    }
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match &value.kind {
        Kind::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    }
}

fn items(value: &Value) -> &[Value] {
    match &value.kind {
        Kind::List(items) => items,
        _ => panic!("line {}: no list", value.line),
    }
}

#[test]
fn every_permission_names_who_calls() {
    for file in TEMPLATES {
        let template = template(file, &[]);
        let permissions = template.resources_of("AWS::Lambda::Permission").unwrap();
        assert!(!permissions.is_empty(), "{file}");
        for permission in permissions {
            let of = |name: &str| property(&template, &permission, name);
            let source = of("SourceArn").unwrap_or_default();
            let account = source.contains(":123456789012:");
            match of("Principal").unwrap().as_str() {
                "apigateway.amazonaws.com" => {
                    assert!(account && source.contains(":Api/"), "{file} {permission}: {source}");
                }
                "elasticloadbalancing.amazonaws.com" => {
                    assert_eq!(of("SourceAccount").as_deref(), Some("123456789012"), "{file} {permission}");
                    let group = format!("{}TargetGroup", permission.trim_end_matches("Permission"));
                    let own = format!(":targetgroup/{}/*", property(&template, &group, "Name").unwrap());
                    assert!(account && source.ends_with(&own), "{file} {permission}: {source}");
                }
                "*" => {
                    // No other function is public, and this one only through its URL.
                    assert_eq!(
                        (file, of("FunctionName").as_deref()),
                        ("infra/function-url.yaml", Some("ProxyFunction"))
                    );
                    let by_url = of("FunctionUrlAuthType").is_some()
                        || of("InvokedViaFunctionUrl").as_deref() == Some("true");
                    assert!(by_url, "{file} {permission}");
                }
                other => panic!("{file} {permission}: {other} may call"),
            }
        }
    }
}

#[test]
fn only_the_function_url_template_has_a_function_url() {
    for file in TEMPLATES {
        let urls = template(file, &[]).resources_of("AWS::Lambda::Url").unwrap().len();
        assert_eq!(urls, usize::from(file == "infra/function-url.yaml"), "{file}");
    }
}

#[test]
fn no_function_may_do_more_than_it_needs() {
    for file in TEMPLATES {
        for storage in ["cookie", "dynamodb"] {
            for vpc in [false, true] {
                let subnets: &[(&str, &str)] =
                    if vpc { &[("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")] } else { &[] };
                let parameters: Vec<(&str, &str)> =
                    subnets.iter().copied().chain([("SessionStorage", storage)]).collect();
                let template = template(file, &parameters);
                let functions = template.resources_of("AWS::Serverless::Function").unwrap();
                let roles = template.resources_of("AWS::IAM::Role").unwrap();
                // Each function has its own role, and there are no other roles.
                let used: BTreeSet<String> = functions
                    .iter()
                    .map(|function| format!("{}Role", function.trim_end_matches("Function")))
                    .collect();
                assert_eq!(roles.iter().cloned().collect::<BTreeSet<_>>(), used, "{file}");
                for role in roles {
                    check_role(&template, &role, storage == "dynamodb", file);
                }
            }
        }
    }
}

fn check_role(template: &Template, role: &str, stores: bool, file: &str) {
    let trusted = template.property(role, "AssumeRolePolicyDocument").unwrap().unwrap();
    assert!(
        as_text(&trusted).contains("Principal=Service=lambda.amazonaws.com;Action=sts:AssumeRole"),
        "{file} {role}"
    );
    assert!(template.property(role, "ManagedPolicyArns").unwrap().is_none(), "{file} {role}");
    let policies = template.property(role, "Policies").unwrap().unwrap();
    for policy in items(&policies) {
        let statements = member(member(policy, "PolicyDocument").unwrap(), "Statement").unwrap();
        for statement in items(statements) {
            if member(statement, "Effect").map(as_text).as_deref() == Some("Deny") {
                continue;
            }
            let actions = texts(member(statement, "Action").unwrap());
            let resources = texts(member(statement, "Resource").unwrap());
            if resources == ["*"] {
                assert_eq!((role, actions), ("ProxyRole", IN_A_VPC.map(str::to_owned).to_vec()), "{file}");
                continue;
            }
            for action in &actions {
                assert!(ACTIONS.contains(&action.as_str()), "{file} {role}: {action}");
                assert!(
                    stores || !action.starts_with("cognito-idp:"),
                    "{file} {role}: {action} without a table"
                );
                // Behind a load balancer separate functions serve sign-out and the callback.
                let serves_all = role == "ProxyRole" && file != "infra/alb.yaml";
                let may = match action.as_str() {
                    "dynamodb:Query" => serves_all || role == "LogoutRole",
                    "dynamodb:PutItem" => serves_all || role == "CallbackRole",
                    _ => true,
                };
                assert!(may, "{file} {role}: {action}");
            }
            for resource in resources {
                let own = match actions[0].split(':').next().unwrap() {
                    // Only a function that serves sign-out may end sessions of the pool, and only of this
                    // pool.
                    "cognito-idp" => {
                        ["LogoutRole", "ProxyRole"].contains(&role) && resource.contains(":userpool/")
                    }
                    "dynamodb" if stores => resource.starts_with("the ARN of Sessions"),
                    // The table that an update has just removed.
                    "dynamodb" => {
                        let indexes = ["", "/index/user", "/index/provider_session"];
                        indexes
                            .iter()
                            .any(|index| resource.ends_with(&format!(":table/local-Sessions-*{index}")))
                    }
                    "logs" => resource == "the ARN of LogGroup",
                    _ => resource == "SessionKey" || resource.contains(":secret:local/vestibule/"),
                };
                assert!(own, "{file} {role}: {actions:?} on {resource}");
            }
        }
    }
}

/// The policies that stay until the end of an update grant a role no more than its own policy does, but
/// everything that a parameter grants.
#[test]
fn a_named_resource_is_in_reach_to_the_end_of_an_update_and_no_further() {
    let given = [
        ("ConfigurationSecret", "settings"),
        ("SessionKeyArn", SECRET),
        ("SessionTable", "sessions"),
        ("UserPoolId", "eu-central-1_Another"),
        ("ClientId", "given"),
        ("ClientSecretArn", CLIENT_SECRET),
        ("CallbackPath", "/signed-in"),
    ];
    let is_given = |resource: &str| {
        ["settings", SECRET, CLIENT_SECRET, ":table/sessions"].iter().any(|name| resource.contains(name))
    };
    for file in TEMPLATES {
        for storage in ["dynamodb", "cookie"] {
            let parameters: Vec<(&str, &str)> = given
                .into_iter()
                .filter(|(name, _)| storage == "dynamodb" || *name != "SessionTable")
                .chain([("SessionStorage", storage)])
                .collect();
            let template = template(file, &parameters);
            let mut kept = BTreeSet::new();
            for policy in template.resources_of("AWS::IAM::ManagedPolicy").unwrap() {
                let rights = rights(&template.property(&policy, "PolicyDocument").unwrap().unwrap());
                for role in texts(&template.property(&policy, "Roles").unwrap().unwrap()) {
                    kept.extend(rights.iter().map(|right| (role.clone(), right.clone())));
                }
            }
            let own: BTreeSet<(String, (String, String))> = template
                .resources_of("AWS::IAM::Role")
                .unwrap()
                .into_iter()
                .filter(|role| role != "CheckRole")
                .flat_map(|role| {
                    let policies = template.property(&role, "Policies").unwrap().unwrap();
                    let rights = items(&policies)
                        .iter()
                        .flat_map(|policy| rights(member(policy, "PolicyDocument").unwrap()));
                    rights.map(|right| (role.clone(), right)).collect::<Vec<_>>()
                })
                .filter(|(_, (_, resource))| is_given(resource))
                .collect();
            assert_eq!(kept, own, "{file} {storage}");
        }
        assert!(template(file, &[]).resources_of("AWS::IAM::ManagedPolicy").unwrap().is_empty(), "{file}");
    }
}

const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key-AbCdEf";
const CLIENT_SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:client-AbCdEf";

/// Pairs each action that a policy allows with each resource.
fn rights(document: &Value) -> Vec<(String, String)> {
    items(member(document, "Statement").unwrap())
        .iter()
        .filter(|statement| member(statement, "Effect").map(as_text).as_deref() == Some("Allow"))
        .flat_map(|statement| {
            let resources = texts(member(statement, "Resource").unwrap());
            let actions = texts(member(statement, "Action").unwrap());
            actions.into_iter().flat_map(move |action| {
                resources
                    .clone()
                    .into_iter()
                    .map(move |resource| (action.clone(), resource))
                    .collect::<Vec<_>>()
            })
        })
        .collect()
}

/// Behind a load balancer the proxy serves a callback if no rule routes that path to the function `callback`.
#[test]
fn the_proxy_behind_a_load_balancer_stores_sessions_where_the_callback_is_elsewhere() {
    let parameters = |callback, second| [("CallbackPath", callback), ("SecondCallbackPath", second)];
    for (callback, second, expected) in [
        ("/oauth2/callback", "", false),
        ("/oauth2/callback", "/oauth2/callback", false),
        ("/signed-in", "", true),
        ("/signed-in", "/oauth2/callback", true),
        ("/oauth2/callback", "/signed-in", true),
    ] {
        let template = template("infra/alb.yaml", &parameters(callback, second));
        let policies = as_text(&template.property("ProxyRole", "Policies").unwrap().unwrap());
        assert_eq!(policies.contains("dynamodb:PutItem"), expected, "{callback} {second}");
    }
}

/// If sessions are in the cookie, the authorizer never reads the client's secret.
#[test]
fn the_authorizer_reads_the_client_s_secret_where_it_refreshes_sessions_alone() {
    for (storage, expected) in [("dynamodb", vec!["AuthorizerClientPolicy"]), ("cookie", Vec::new())] {
        for file in TEMPLATES {
            let template = template(file, &[("SessionStorage", storage)]);
            let policies = template.resources_of("AWS::IAM::Policy").unwrap();
            let is_rest = file == "infra/template.yaml";
            assert_eq!(policies, if is_rest { expected.clone() } else { Vec::new() }, "{file} {storage}");
            let role = as_text(
                &template
                    .property(if is_rest { "AuthorizerRole" } else { "ProxyRole" }, "Policies")
                    .unwrap()
                    .unwrap(),
            );
            assert_eq!(role.contains("/vestibule/client-"), !is_rest, "{file} {storage}");
        }
    }
    let template = template("infra/template.yaml", &[]);
    let policy = |name| as_text(&template.property("AuthorizerClientPolicy", name).unwrap().unwrap());
    assert_eq!(policy("Roles"), "AuthorizerRole");
    assert!(
        policy("PolicyDocument").contains("Effect=Allow;Action=secretsmanager:GetSecretValue;Resource=arn:")
    );
    assert!(policy("PolicyDocument").contains(":secret:local/vestibule/client-??????"));
}

#[test]
fn in_a_vpc_the_function_s_own_code_may_not_touch_the_network() {
    for file in ["infra/alb.yaml", "infra/function-url.yaml", "infra/http-api.yaml"] {
        let template = template(file, &[("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")]);
        let policies = as_text(&template.property("ProxyRole", "Policies").unwrap().unwrap());
        let denied = "Effect=Deny;Action=ec2:*;Resource=*;Condition=Null=lambda:SourceFunctionArn=false";
        assert!(policies.contains(denied), "{file}: {policies}");
        assert!(template.property("ProxyFunction", "VpcConfig").unwrap().is_some(), "{file}");
    }
}

/// Only the proxy gets the application's address, and no other resource could lead there.
#[test]
fn nothing_but_the_proxy_knows_where_the_application_is() {
    for file in ["infra/alb.yaml", "infra/function-url.yaml", "infra/http-api.yaml"] {
        let text = text(file);
        let resources = text.split("\nResources:\n").nth(1).unwrap().split("\nOutputs:\n").next().unwrap();
        let mut owner = "";
        let mut found = 0;
        for line in resources.lines() {
            if let Some(name) = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#'])) {
                owner = name.trim_end_matches(':');
            }
            if line.contains("UpstreamUrl") {
                // The check validates the address but does not connect to it.
                assert!(["ConfigurationCheck", "ProxyFunction"].contains(&owner), "{file}: {line}");
                found += 1;
            }
        }
        assert_eq!(found, 2, "{file}");
    }
}

#[test]
fn every_request_of_an_http_api_and_a_function_url_goes_to_the_proxy() {
    for url in [false, true] {
        let deployed = stack::http_api("http://upstream.internal", url).unwrap();
        assert_eq!((deployed.function(), deployed.streams()), ("ProxyFunction", url));
    }
}

#[test]
fn every_endpoint_goes_to_its_function_behind_a_load_balancer() {
    let rules = stack::load_balancer_rules("http://upstream.internal").unwrap();
    for endpoint in Endpoint::ALL {
        let function = match endpoint {
            Endpoint::Callback => "CallbackFunction",
            Endpoint::Login => "LoginFunction",
            other if Endpoint::SERVED_BY_LOGOUT.contains(&other) => "LogoutFunction",
            other => {
                assert!(Endpoint::SERVED_BY_SESSION.contains(&other), "{other:?}");
                "SessionFunction"
            }
        };
        for method in ["GET", "POST", "DELETE"] {
            let path = format!("/oauth2{}", endpoint.path());
            assert_eq!(rules.function(method, "app.example.com", &path), Some(function), "{method} {path}");
        }
    }
    assert_eq!(rules.keeps_and_drops(), (true, true));
}

/// The configuration contains the key `front_secret_header` exactly if CloudFront sends the header.
#[test]
fn cloudfront_sends_what_the_proxy_asks_for() {
    let attributes = [
        ("Client.ClientSecret", "s"),
        ("ClientAddressFunction.FunctionARN", "a"),
        ("Distribution.DomainName", "d.example.com"),
        ("FunctionUrl.FunctionUrl", "https://f.example.com/"),
        ("UserPoolStack.Outputs.UserPoolId", "p"),
    ];
    for (cloudfront, asks) in [("true", true), ("false", false)] {
        let text = text("infra/function-url.yaml");
        let mut inputs = Inputs::default();
        for (name, value) in [("Domain", "local"), ("UpstreamUrl", "http://u"), ("CloudFront", cloudfront)] {
            inputs.parameters.insert(name.to_owned(), value.to_owned());
        }
        inputs.attributes.extend(attributes.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let template = Template::parse(&text, &inputs).unwrap();
        let secret = property(&template, "ClientSecret", "SecretString").unwrap();
        let configuration: serde_json::Value = serde_json::from_str(&secret).unwrap();
        let reference = "{{resolve:secretsmanager:FrontSecret:SecretString:secret::}}";
        let wanted = asks.then(|| format!("x-origin-secret: {reference}"));
        assert_eq!(
            configuration.get("front_secret_header").and_then(|text| text.as_str()),
            wanted.as_deref()
        );
        let names_client = asks.then_some("x-client-address");
        assert_eq!(configuration.get("client_address_header").and_then(|text| text.as_str()), names_client);
        let host = if asks { "https://d.example.com" } else { "https://f.example.com" };
        assert_eq!(configuration.get("public_url").unwrap(), host);
        assert_eq!(template.resources_of("AWS::CloudFront::Distribution").unwrap().len(), usize::from(asks));
        let distribution = property(&template, "Distribution", "DistributionConfig").unwrap();
        assert!(
            distribution.contains(&format!("HeaderName=x-origin-secret;HeaderValue={reference}")),
            "{distribution}"
        );
        let function = property(&template, "ClientAddressFunction", "FunctionCode").unwrap();
        assert!(function.contains("headers['x-client-address'] = {value: event.viewer.ip};"), "{function}");
        assert!(distribution.contains("EventType=viewer-request;FunctionARN=a"), "{distribution}");
        // The ids of CachingDisabled and AllViewerExceptHostHeader.
        assert!(distribution.contains("CachePolicyId=4135ea2d-6df8-44a3-9df3-4b5a84be39ad"));
        assert!(distribution.contains("OriginRequestPolicyId=b689b0a8-53d0-40ab-baf2-68738e2966ac"));
    }
}
