//! Checks updates of a stack. An update changes the variables of a function and the texts that it reads one
//! after the other, in either order, and a function that starts in between must start successfully.

use local::template::{Inputs, Kind, Template, Value};
use relying_party::configuration::{Configuration, Platform, Role, Sources};

use crate::project::text;
use crate::templates::entries;

const CERTIFICATE: (&str, &str) =
    ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-0000-0000-000000000000");

const RING: &str = r#"{"session_secret":"the key that everybody has had so far"}"#;

/// The text of the deployer's own secret.
const OWN: &str = r#"{"max_age":3600}"#;

/// Parameters that differ from a stack's first deployment.
type Changed = &'static [(&'static str, &'static str)];

/// The parameters that an update changes, in both directions, on every front.
const SHARED: [Changed; 23] = [
    &[],
    &[("UpstreamUrl", "https://another.example.com")],
    &[("Routes", r#"[{"paths":["/public/*"],"auth":"none"}]"#)],
    &[("GroupsRequired", "staff,admins")],
    &[("SessionStorage", "cookie")],
    &[("SessionStorage", "cookie"), ("UserPoolId", "eu-central-1_Another")],
    &[("UserPoolId", "eu-central-1_Another"), ("Domain", "auth.example.com")],
    &[("CallbackPath", "/signed-in")],
    &[("SecondCallbackPath", "/signed-in")],
    &[("CallbackPath", "/signed-in"), ("SecondCallbackPath", "/oauth2/callback")],
    &[("CustomDomainName", "another.example.com"), CERTIFICATE],
    &[("LogLevel", "debug")],
    &[("Configuration", r#"{"leeway":30}"#)],
    &[("SessionTable", "sessions")],
    &[("Scopes", "openid,email")],
    &[("ClientType", "public")],
    &[("SessionKeyArn", SECRET)],
    &[("ConfigurationSecret", "settings")],
    &[
        ("ConfigurationSecret", "settings"),
        ("ConfigurationSecretVersion", "0a1b2c3d-0000-0000-0000-000000000000"),
    ],
    &[("UserPoolId", "eu-central-1_Another"), ("ClientId", "given"), ("ClientSecretArn", SECRET)],
    &[("UserPoolId", "eu-central-1_Another"), ("ClientId", "given")],
    &[
        ("Issuer", "https://login.example.com"),
        ("ClientId", "given"),
        ("ClientSecretArn", SECRET),
        ("Domain", ""),
    ],
    &[
        ("Issuer", "https://login.example.com"),
        ("ClientId", "given"),
        ("Domain", ""),
        ("SessionStorage", "cookie"),
    ],
];

const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:given-AbCdEf";

/// The further parameters of one front that an update changes.
const FRONTS: [(&str, &[Changed]); 4] = [
    (
        "infra/alb.yaml",
        &[
            &[("UpstreamSecretHeader", "x-front:0123456789abcdef")],
            &[("CustomDomainName", "another.example.com"), ("KeptDomainName", "app.example.com")],
            &[("ListenerArn", "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/web/0/0")],
            &[
                (
                    "ListenerArn",
                    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/web/0/0",
                ),
                ("ListenerForwardedFor", "append"),
            ],
        ],
    ),
    (
        "infra/function-url.yaml",
        &[
            &[("UpstreamSecretHeader", "x-front:0123456789abcdef")],
            &[("ResponseStreaming", "false")],
            &[("CloudFront", "true")],
            &[("CloudFront", "true"), ("CustomDomainName", "another.example.com"), CERTIFICATE],
        ],
    ),
    (
        "infra/http-api.yaml",
        &[
            &[("UpstreamSecretHeader", "x-front:0123456789abcdef")],
            &[("CustomDomainName", "another.example.com"), CERTIFICATE, ("KeepEndpoint", "true")],
        ],
    ),
    ("infra/template.yaml", &[&[("StageName", "another")], &[("ResponseStreaming", "true")]]),
];

#[test]
fn no_order_of_an_update_leaves_a_function_that_refuses_to_start() {
    for (file, more) in FRONTS {
        let states: Vec<(Changed, Template)> =
            SHARED.iter().chain(more).map(|changed| (*changed, template(file, changed))).collect();
        for (variables, with_variables) in &states {
            for (texts, with_texts) in &states {
                let functions = with_variables.resources_of("AWS::Serverless::Function").unwrap();
                // This function reads no configuration.
                for function in functions.into_iter().filter(|function| function != "CheckFunction") {
                    starts(with_variables, with_texts, &function).unwrap_or_else(|fault| {
                        panic!("{file} {function}: {variables:?} with the texts of {texts:?}: {fault}")
                    });
                }
            }
        }
    }
}

/// Parameters that affect no variable and no text of a function.
const ELSEWHERE: &[&str] = &[
    "AccessTokenMinutes",
    "CallbackUrls",
    "CheckAgain",
    "LogoutUrls",
    "Mfa",
    "Passkeys",
    "PasswordLength",
    "ReadAttributes",
    "RefreshTokenDays",
    "ResourceServer",
    "ResourceServerScopes",
    "SenderAddress",
    "SenderArn",
    "SignInCertificateArn",
    "SignInHostedZoneId",
    "SupportedIdentityProviders",
    "WriteAttributes",
    "Architecture",
    "ClientCidr",
    "ClientIpv6Cidr",
    "ClientName",
    "EndpointAccessMode",
    "FrontSecretVersion",
    "TlsPolicy",
    "CloudFrontReadTimeout",
    "HostedZoneId",
    "IpAddressType",
    "LoadBalancerScheme",
    "LoadBalancerSubnetIds",
    "LogRetentionDays",
    "MemorySize",
    "PoolDeletionProtection",
    "PoolName",
    "ReservedConcurrency",
    "SecurityGroupIds",
    "SelfSignUp",
    "SubnetIds",
    "Timeout",
    "VpcId",
    "VpcLinkId",
    "VpcLinkTarget",
    "LoginRulePriority",
    "CallbackRulePriority",
    "LogoutRulePriority",
    "SessionRulePriority",
    "ProxyRulePriority",
];

#[test]
fn every_parameter_is_updated_here_or_reaches_no_function() {
    for (file, more) in FRONTS {
        let updated: Vec<&str> =
            SHARED.iter().chain(more).copied().flatten().map(|(name, _)| *name).collect();
        for (name, _) in entries(&text(file), "Parameters") {
            let is_known = updated.contains(&name.as_str()) || ELSEWHERE.contains(&name.as_str());
            assert!(is_known, "{file}: what does an update of {name} mean to a running function?");
        }
    }
}

/// The check fails for a function whose texts do not fit its variables.
#[test]
fn a_function_that_refuses_to_start_is_noticed() {
    let stack = template("infra/http-api.yaml", &[]);
    let faulty = template("infra/http-api.yaml", &[("Domain", "sign in")]);
    assert!(starts(&stack, &stack, "ProxyFunction").is_ok());
    assert!(starts(&stack, &faulty, "ProxyFunction").is_err());
}

fn template(file: &str, changed: &[(&str, &str)]) -> Template {
    let own = match file {
        "infra/alb.yaml" => vec![("CustomDomainName", "app.example.com"), CERTIFICATE],
        _ => Vec::new(),
    };
    let always =
        [("UpstreamUrl", "https://application.example.com"), ("Domain", "sign-in"), ("SelfSignUp", "true")];
    let parameters = always
        .iter()
        .chain(&own)
        .chain(changed)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let attributes = [
        ("Api", "a1b2c3d4e5"),
        ("Client", "1example23456789"),
        ("Client.ClientSecret", "the-secret-of-the-client"),
        ("Distribution.DomainName", "d111111abcdef8.cloudfront.net"),
        ("FunctionUrl.FunctionUrl", "https://a1b2c3d4e5.lambda-url.eu-central-1.on.aws/"),
        ("UserPoolStack.Outputs.UserPoolId", "eu-central-1_Example"),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let inputs = Inputs { parameters: parameters.collect(), attributes, ..Inputs::default() };
    Template::parse(&text(file), &inputs).unwrap_or_else(|fault| panic!("{file} {changed:?}: {fault}"))
}

/// Reads the configuration of a function with the variables of one state of a stack and the texts of another.
fn starts(with_variables: &Template, with_texts: &Template, function: &str) -> Result<(), String> {
    let role = match function {
        "AuthorizerFunction" => Role::Authorizer,
        "LoginFunction" => Role::Login,
        "CallbackFunction" => Role::Callback,
        "SessionFunction" => Role::Session,
        "LogoutFunction" => Role::Logout,
        "ProxyFunction" => Role::Proxy,
        _ => panic!("{function} has no role here"),
    };
    let globals = with_variables.globals("Function").unwrap();
    let own = with_variables.property(function, "Environment").unwrap();
    let shared = globals.as_ref().and_then(|globals| entry(globals, "Environment"));
    let environment: Vec<(String, String)> = shared
        .into_iter()
        .chain(own.as_ref())
        .filter_map(|each| entry(each, "Variables"))
        .flat_map(texts)
        .collect();
    let name = |variable: &str| {
        environment.iter().find(|(name, _)| name == variable).map(|(_, value)| value.as_str())
    };
    let secret = match name("VESTIBULE_CONFIG") {
        Some("secret:local/vestibule/client") => "ClientSecret",
        Some("secret:local/vestibule/configuration") => "PublicConfiguration",
        other => panic!("{function} reads {other:?}"),
    };
    let document = with_texts.property(secret, "SecretString").unwrap().unwrap();
    let Kind::Text(document) = document.kind else { panic!("{secret} is not a text") };
    let sources = Sources {
        document: Some(&document),
        secret_document: Some(RING),
        configuration_secret: name("VESTIBULE_CONFIGURATION_SECRET").map(|_| OWN),
        environment: &environment,
    };
    let configuration =
        Configuration::from_sources(&sources, role).and_then(|read| read.on(Platform::Lambda));
    configuration.map(drop).map_err(|faults| format!("{faults}\n{document}\n{environment:?}"))
}

fn entry<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let Kind::Map(entries) = &value.kind else { return None };
    entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

fn texts(value: &Value) -> Vec<(String, String)> {
    let Kind::Map(entries) = &value.kind else { panic!("variables are a map") };
    entries
        .iter()
        .map(|(name, value)| match &value.kind {
            Kind::Text(text) => (name.clone(), text.clone()),
            _ => panic!("{name} is not a text"),
        })
        .collect()
}
