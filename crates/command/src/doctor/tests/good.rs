//! Good deployments, one for each front.

use aws::operator::deployed_facts::{
    AccountFacts, AuthorizerFacts, CallFault, CallResult, Cause, CertificateFacts, ClientFacts,
    DistributionFacts, DomainFacts, DomainNameFacts, FunctionFacts, GatewayResponseFacts, HttpApiFacts,
    IndexFacts, IntegrationFacts, ListenerFacts, LoadBalancerFacts, LogGroupFacts, MappingFacts, MethodFacts,
    MfaFacts, OriginSecret, PoolFacts, Resource, RestApiFacts, RouteFacts, RuleFacts, StackFacts, StageFacts,
    TableFacts, TargetGroupFacts, UrlFacts,
};
use relying_party::provider::discovery::ProviderMetadata;
use serde_json::json;

use crate::doctor::check::{HEADERS, OUR_PATHS};
use crate::doctor::facts::{
    AddressFacts, Configured, Deployed, Facts, ProviderFacts, RolePermissions, TargetGroup,
};
use crate::doctor::policy::Policy;

pub(super) const ACCOUNT: &str = "eu-west-1:123456789012";
pub(super) const ISSUER: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
const STEPS: [&str; 4] = ["LoginFunction", "CallbackFunction", "SessionFunction", "LogoutFunction"];

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub(super) fn not<T>(cause: Cause) -> CallResult<T> {
    Err(CallFault { permission: "service:Call", cause })
}

fn resource(id: &str, kind: &str, physical: &str) -> Resource {
    Resource { id: id.to_owned(), kind: kind.to_owned(), physical: physical.to_owned() }
}

pub(super) fn arn(id: &str) -> String {
    format!("arn:aws:lambda:{ACCOUNT}:function:app-{id}")
}

fn index(name: &str) -> IndexFacts {
    let attributes = texts(&["signed_in_at", "seen_at", "renewed_at", "ttl"]);
    IndexFacts {
        name: name.to_owned(),
        is_active: true,
        key: Some(name.to_owned()),
        attributes: Some(attributes),
        most_on_demand: None,
    }
}

fn configured() -> Configured {
    Configured {
        issuer: ISSUER.to_owned(),
        client_id: "app".to_owned(),
        pool: Some("eu-west-1_AbCdEfGhI".to_owned()),
        domain: Some("https://example.auth.eu-west-1.amazoncognito.com".to_owned()),
        public_urls: texts(&["https://app.example.com/"]),
        redirect_uris: texts(&["https://app.example.com/oauth2/callback"]),
        logout_redirect_uris: texts(&["https://app.example.com/oauth2/signed-out"]),
        scopes: texts(&["openid", "email"]),
        keys: texts(&["0011"]),
        table: Some("sessions".to_owned()),
        is_cookie: false,
        revokes: true,
        refresh_lead: 60,
        longest_session: 86_400,
        rotation_grace: Some(Some(60)),
        secrets: texts(&["app/vestibule/client", "app/vestibule/session"]),
        reads_client_from_pool: true,
        ends_sign_ins_at_pool: true,
        streams: false,
        asks_for_front_secret: false,
        endpoints: vec![("jwks_uri", format!("{ISSUER}/.well-known/jwks.json"))],
    }
}

/// The permissions of a role, each as a separate statement, except `without`.
pub(super) fn permissions(without: &str) -> Policy {
    let statements = [
        ("secretsmanager:GetSecretValue", format!("arn:aws:secretsmanager:{ACCOUNT}:secret:app/vestibule/*")),
        ("dynamodb:*Item", format!("arn:aws:dynamodb:{ACCOUNT}:table/sessions")),
        ("dynamodb:Query", format!("arn:aws:dynamodb:{ACCOUNT}:table/sessions/index/*")),
        (
            "cognito-idp:AdminUserGlobalSignOut",
            format!("arn:aws:cognito-idp:{ACCOUNT}:userpool/eu-west-1_AbCdEfGhI"),
        ),
        ("cognito-idp:DescribeUserPoolClient", "*".to_owned()),
        ("logs:*", format!("arn:aws:logs:{ACCOUNT}:log-group:/vestibule/app:*")),
    ];
    let kept = statements.into_iter().filter(|(action, _)| *action != without);
    let kept: Vec<_> = kept
        .map(|(action, resource)| json!({ "Effect": "Allow", "Action": action, "Resource": resource }))
        .collect();
    Policy::read(&json!({ "Statement": kept }).to_string())
}

pub(super) fn trusting(principal: &str) -> Policy {
    let statement =
        json!({ "Effect": "Allow", "Principal": { "Service": principal }, "Action": "sts:AssumeRole" });
    Policy::read(&json!({ "Statement": [statement] }).to_string())
}

pub(super) fn callers(principal: &str, source: &str) -> Policy {
    let statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": principal },
        "Action": "lambda:InvokeFunction",
        "Resource": "*",
        "Condition": { "ArnLike": { "AWS:SourceArn": source } },
    });
    Policy::read(&json!({ "Statement": [statement] }).to_string())
}

pub(super) fn url_callers(invoked_by: Option<&str>) -> Policy {
    let statement = |action, condition| json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition });
    let mut statements = vec![statement(
        "lambda:InvokeFunctionUrl",
        json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } }),
    )];
    statements.extend(invoked_by.map(|by| {
        statement("lambda:InvokeFunction", json!({ "Bool": { "lambda:InvokedViaFunctionUrl": by } }))
    }));
    Policy::read(&json!({ "Statement": statements }).to_string())
}

/// The variables of a function with these parameters, as the templates set them.
fn variables(id: &str) -> Vec<(String, String)> {
    let document = if id == "LoginFunction" { "configuration" } else { "client" };
    let mut variables = vec![
        ("VESTIBULE_SECRET_ID", "app/vestibule/session".to_owned()),
        ("VESTIBULE_SESSION_STORAGE", "dynamodb".to_owned()),
        ("VESTIBULE_SESSION_TABLE", "sessions".to_owned()),
        ("VESTIBULE_ROTATION_GRACE", "60".to_owned()),
        ("VESTIBULE_LOG_LEVEL", "INFO".to_owned()),
        ("VESTIBULE_CONFIG", format!("secret:app/vestibule/{document}")),
    ];
    if id == "ProxyFunction" {
        variables.push(("VESTIBULE_UPSTREAM_URL", "https://upstream.example.com".to_owned()));
    }
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn deployed(id: &str, callers: Policy) -> Deployed {
    Deployed {
        id: id.to_owned(),
        name: format!("app-{id}"),
        function: Ok(FunctionFacts {
            arn: arn(id),
            environment: variables(id),
            architecture: "arm64".to_owned(),
            runtime: "provided.al2023".to_owned(),
            timeout: 10,
            memory: 256,
            state: "Active".to_owned(),
            last_update: "Successful".to_owned(),
            role: format!("arn:aws:iam::123456789012:role/app-{id}"),
            log_group: "/vestibule/app".to_owned(),
            code: format!("the hash of {id}"),
            ..FunctionFacts::default()
        }),
        reserved_concurrency: Ok(None),
        callers: Ok(callers),
        permissions: Some(Ok(RolePermissions {
            policies: vec![permissions("")],
            boundary: None,
            trust: trusting("lambda.amazonaws.com"),
        })),
        configuration: Some(Ok(configured())),
    }
}

/// The facts that are the same for every front.
fn common(resources: Vec<Resource>, parameters: &[(&str, &str)]) -> Facts {
    let parameters = [
        ("Architecture", "arm64"),
        ("MemorySize", "256"),
        ("ReservedConcurrency", "-1"),
        ("Mfa", "OPTIONAL"),
        ("SelfSignUp", "false"),
        ("PoolDeletionProtection", "ACTIVE"),
        ("PasswordLength", "12"),
        ("LogLevel", "INFO"),
        ("SessionStorage", "dynamodb"),
        ("SessionTable", ""),
        ("SessionKeyArn", ""),
        ("ConfigurationSecret", ""),
        ("Issuer", ""),
        ("ClientId", ""),
        ("LogRetentionDays", "30"),
        ("UpstreamUrl", "https://upstream.example.com"),
    ]
    .iter()
    .chain(parameters);
    let own = [
        resource("LogGroup", "AWS::Logs::LogGroup", "/vestibule/app"),
        resource("UserPoolStack", "AWS::CloudFormation::Stack", "app-UserPoolStack"),
        resource("Sessions", "AWS::DynamoDB::Table", "sessions"),
    ];
    let stack = StackFacts {
        status: "UPDATE_COMPLETE".to_owned(),
        parameters: parameters.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        resources: own.into_iter().chain(resources).collect(),
        arn: format!("arn:aws:cloudformation:{ACCOUNT}:stack/app/0f0e"),
        outputs: vec![("Url".to_owned(), "https://app.example.com".to_owned())],
    };
    let mut facts = Facts { stack, now: 1_800_000_000, ..Facts::default() };
    facts.account = Some(Ok(AccountFacts { concurrent_executions: 1000, unreserved_executions: Some(900) }));
    facts.log_group = Some(Ok(LogGroupFacts { retention: Some(30), kms_key: None }));
    facts.client = Some(Ok(ClientFacts {
        callback_urls: texts(&["https://app.example.com/oauth2/callback"]),
        logout_urls: texts(&["https://app.example.com/oauth2/signed-out"]),
        flows: texts(&["code"]),
        scopes: texts(&["openid", "email", "profile"]),
        identity_providers: texts(&["COGNITO"]),
        explicit_flows: texts(&["ALLOW_USER_SRP_AUTH"]),
        is_oauth: true,
        revokes: true,
        hides_users: true,
        has_secret: true,
        secret_agrees: Some(true),
        rotation_grace: Some(60),
        access_token_lifetime: 3600,
        refresh_token_lifetime: 30 * 86_400,
    }));
    facts.pool = Some(Ok(PoolFacts {
        domain: Some("example".to_owned()),
        is_protected: true,
        is_closed: true,
        tier: "ESSENTIALS".to_owned(),
        password_length: Some(12),
        custom_domain: None,
        triggers: Vec::new(),
    }));
    facts.mfa = Some(Ok(MfaFacts { mode: "OPTIONAL".to_owned(), factors: texts(&["SOFTWARE_TOKEN_MFA"]) }));
    facts.domain =
        Some(Ok(DomainFacts { status: "ACTIVE".to_owned(), managed_login_version: 2, certificate: None }));
    facts.has_branding = Some(Ok(true));
    facts.table = Some(Ok(TableFacts {
        is_active: true,
        key: Some("session".to_owned()),
        indexes: ["user", "provider_session"].map(index).into(),
        arn: format!("arn:aws:dynamodb:{ACCOUNT}:table/sessions"),
        ..TableFacts::default()
    }));
    facts.table_policy = Some(Ok(None));
    facts.time_to_live = Some(Ok(Some("ttl".to_owned())));
    facts.provider = Some(ProviderFacts {
        metadata: Ok(ProviderMetadata {
            issuer: ISSUER.to_owned(),
            authorization_endpoint: "https://example.auth.eu-west-1.amazoncognito.com/oauth2/authorize"
                .to_owned(),
            token_endpoint: "https://example.auth.eu-west-1.amazoncognito.com/oauth2/token".to_owned(),
            jwks_uri: format!("{ISSUER}/.well-known/jwks.json"),
            userinfo_endpoint: None,
            revocation_endpoint: None,
            end_session_endpoint: None,
            authorization_response_iss: false,
            odd: None,
        }),
        keys: Ok(()),
    });
    facts.clock_difference = Some(-1);
    facts.addresses = vec![AddressFacts {
        url: "https://app.example.com/oauth2/health".to_owned(),
        answer: Ok(200),
        callback_url: "https://app.example.com/oauth2/callback?code=c&state=s".to_owned(),
        callback: Ok(None),
    }];
    facts
}

fn mappings() -> Vec<(String, String)> {
    let named =
        |(header, source): (&str, &str)| (format!("integration.request.header.{header}"), source.to_owned());
    HEADERS.into_iter().map(named).collect()
}

fn domain() -> [(&'static str, &'static str); 2] {
    [
        ("CustomDomainName", "app.example.com"),
        ("CertificateArn", "arn:aws:acm:eu-west-1:123456789012:certificate/0a0b"),
    ]
}

fn certificate() -> CertificateFacts {
    let names = texts(&["example.com", "*.example.com"]);
    CertificateFacts { status: "ISSUED".to_owned(), names, ends: Some(1_800_000_000 + 90 * 86_400) }
}

pub(super) fn rest_api() -> Facts {
    let mut parameters = domain().to_vec();
    parameters.push(("StageName", "app"));
    let mut facts = common(
        vec![
            resource("Api", "AWS::ApiGateway::RestApi", "a1b2c3"),
            resource("ApiDeployment0", "AWS::ApiGateway::Deployment", "d1"),
        ],
        &parameters,
    );
    let api = callers("apigateway.amazonaws.com", &format!("arn:aws:execute-api:{ACCOUNT}:a1b2c3/app/*"));
    facts.functions.push(deployed("AuthorizerFunction", api.clone()));
    facts.functions.extend(STEPS.map(|id| deployed(id, api.clone())));
    let uri = |id: &str| {
        format!("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations", arn(id))
    };
    let method = |path: &str, authorizer: Option<&str>, uri: String| MethodFacts {
        path: path.to_owned(),
        method: "ANY".to_owned(),
        authorizer: authorizer.map(str::to_owned),
        uri,
        authorization: authorizer.map_or("NONE", |_| "CUSTOM").to_owned(),
        integration: authorizer.map_or("AWS_PROXY", |_| "HTTP_PROXY").to_owned(),
        needs_key: false,
        timeout: Some(29_000),
        mappings: mappings(),
    };
    let mut methods: Vec<MethodFacts> =
        OUR_PATHS.iter().map(|(path, id)| method(path, None, uri(id))).collect();
    let theirs = ["/", "/{proxy+}"];
    methods.extend(theirs.map(|path| method(path, Some("z9"), "https://upstream.example.com/".to_owned())));
    facts.rest_api = Some(Ok(RestApiFacts {
        endpoint_types: texts(&["REGIONAL"]),
        is_endpoint_off: true,
        binary_media_types: texts(&["*/*"]),
        authorizers: vec![AuthorizerFacts {
            id: "z9".to_owned(),
            kind: "REQUEST".to_owned(),
            uri: uri("AuthorizerFunction"),
            identity_source: String::new(),
            kept: 0,
        }],
        methods,
        policy: None,
        gateway_responses: [
            ("ACCESS_DENIED", "302", "context.authorizer.location"),
            ("UNAUTHORIZED", "401", ""),
            ("AUTHORIZER_FAILURE", "503", ""),
            ("AUTHORIZER_CONFIGURATION_ERROR", "503", ""),
        ]
        .map(|(kind, status, location)| GatewayResponseFacts {
            kind: kind.to_owned(),
            status: status.to_owned(),
            location: location.to_owned(),
        })
        .into(),
    }));
    facts.domain_name = Some(Ok(DomainNameFacts {
        certificate: "arn:aws:acm:eu-west-1:123456789012:certificate/0a0b".to_owned(),
        wants_certificate: false,
    }));
    facts.mappings = Some(Ok(vec![MappingFacts {
        api: "a1b2c3".to_owned(),
        stage: "app".to_owned(),
        key: String::new(),
    }]));
    facts.stage = Some(Ok(StageFacts { deployment: "d1".to_owned(), ..StageFacts::default() }));
    facts.certificate = Some(Ok(certificate()));
    facts
}

pub(super) fn http_api() -> Facts {
    let resources = vec![
        resource("Api", "AWS::ApiGatewayV2::Api", "a1b2c3"),
        resource("ProxyFunction", "AWS::Lambda::Function", "app-ProxyFunction"),
    ];
    let mut facts = common(resources, &[]);
    let api = callers("apigateway.amazonaws.com", &format!("arn:aws:execute-api:{ACCOUNT}:a1b2c3/*/*"));
    facts.functions.push(deployed("ProxyFunction", api));
    facts.http_api = Some(Ok(HttpApiFacts {
        is_endpoint_off: false,
        routes: vec![RouteFacts {
            key: "$default".to_owned(),
            authorization: "NONE".to_owned(),
            target: "integrations/i1".to_owned(),
        }],
        integrations: vec![IntegrationFacts {
            id: "i1".to_owned(),
            uri: arn("ProxyFunction"),
            payload_format: "2.0".to_owned(),
            timeout: Some(30_000),
            mappings: Vec::new(),
        }],
        answers_preflights: false,
    }));
    facts.stage = Some(Ok(StageFacts { deploys_itself: true, ..StageFacts::default() }));
    facts
}

pub(super) fn behind_cloudfront() -> Facts {
    let resources = vec![
        resource("FunctionUrl", "AWS::Lambda::Url", &arn("ProxyFunction")),
        resource("ProxyFunction", "AWS::Lambda::Function", "app-ProxyFunction"),
        resource("Distribution", "AWS::CloudFront::Distribution", "E1"),
    ];
    let parameters = [
        ("CustomDomainName", "app.example.com"),
        ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a0b"),
    ];
    let mut facts = common(resources, &parameters);
    facts.functions.push(deployed("ProxyFunction", url_callers(Some("true"))));
    facts.functions.iter_mut().for_each(|one| {
        if let Some(Ok(configured)) = &mut one.configuration {
            configured.asks_for_front_secret = true;
        }
    });
    facts.function_url = Some(Ok(UrlFacts {
        url: "https://abc.lambda-url.eu-west-1.on.aws/".to_owned(),
        auth_type: "NONE".to_owned(),
        invoke_mode: "BUFFERED".to_owned(),
        answers_preflights: false,
    }));
    facts.distribution = Some(Ok(DistributionFacts {
        is_enabled: true,
        aliases: texts(&["app.example.com"]),
        origin: "abc.lambda-url.eu-west-1.on.aws".to_owned(),
        secret: OriginSecret::Same,
        methods: texts(&["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]),
        cache_policy: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad".to_owned(),
        origin_request_policy: "b689b0a8-53d0-40ab-baf2-68738e2966ac".to_owned(),
        viewer_protocol: "redirect-to-https".to_owned(),
        errors_passed: vec![400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504],
        certificate: Some("arn:aws:acm:us-east-1:123456789012:certificate/0a0b".to_owned()),
        countries: "none".to_owned(),
        origin_protocol: "https-only".to_owned(),
        ..DistributionFacts::default()
    }));
    facts.certificate = Some(Ok(certificate()));
    facts
}

pub(super) fn load_balancer() -> Facts {
    const GROUPS: [(&str, &[&str]); 5] = [
        ("Login", &["/oauth2/login"]),
        ("Callback", &["/oauth2/callback"]),
        ("Logout", &["/oauth2/backchannel-logout", "/oauth2/logout", "/oauth2/signed-out"]),
        ("Session", &["/oauth2", "/oauth2/*"]),
        ("Proxy", &["*"]),
    ];
    let balancer = format!("arn:aws:elasticloadbalancing:{ACCOUNT}:loadbalancer/app/app/1");
    let mut resources = vec![
        resource("LoadBalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", &balancer),
        resource("Listener", "AWS::ElasticLoadBalancingV2::Listener", "arn:listener"),
    ];
    let group = |id: &str| format!("arn:aws:elasticloadbalancing:{ACCOUNT}:targetgroup/{id}-0f0e/1");
    for (id, _) in GROUPS {
        let kind = "AWS::ElasticLoadBalancingV2::TargetGroup";
        resources.push(resource(&format!("{id}TargetGroup"), kind, &group(id)));
        let kind = "AWS::ElasticLoadBalancingV2::ListenerRule";
        resources.push(resource(&format!("{id}Rule"), kind, &format!("arn:rule/{id}")));
    }
    let mut facts = common(resources, &domain());
    let rule = |priority: u32, (id, paths): (&str, &[&str])| RuleFacts {
        arn: format!("arn:rule/{id}"),
        priority: Some(priority),
        hosts: Vec::new(),
        paths: texts(paths),
        target_groups: vec![group(id)],
        other_conditions: Vec::new(),
        actions: texts(&["forward"]),
        rewrites: false,
    };
    facts.listener = Some(Ok(ListenerFacts {
        load_balancer: balancer,
        protocol: "HTTPS".to_owned(),
        certificates: texts(&["arn:aws:acm:eu-west-1:123456789012:certificate/0a0b"]),
        rules: (101..).zip(GROUPS).map(|(priority, one)| rule(priority, one)).collect(),
        ..ListenerFacts::default()
    }));
    facts.load_balancer = Some(Ok(LoadBalancerFacts {
        state: "active".to_owned(),
        forwarded_for: "append".to_owned(),
        drops_invalid_headers: true,
        desync_mitigation: "strictest".to_owned(),
        idle_timeout: 60,
    }));
    for (id, _) in GROUPS {
        let function = format!("{id}Function");
        let source = format!("arn:aws:elasticloadbalancing:{ACCOUNT}:targetgroup/{id}-0f0e/*");
        facts.functions.push(deployed(&function, callers("elasticloadbalancing.amazonaws.com", &source)));
        facts.target_groups.push(TargetGroup {
            id: format!("{id}TargetGroup"),
            arn: group(id),
            group: Ok(TargetGroupFacts {
                kind: "lambda".to_owned(),
                multi_value: true,
                targets: vec![arn(&function)],
                is_unhealthy: false,
            }),
        });
    }
    facts.certificate = Some(Ok(certificate()));
    facts
}
