//! Lists the ways to break a good deployment.

use aws::operator::deployed_facts::{
    Cause, CertificateFacts, KeyFacts, LogGroupFacts, OriginSecret, RouteFacts, RuleFacts, SecretFacts,
    SnapshotFacts,
};
use aws::secrets::SecretFault;
use aws::sources::TextFault;

use super::good::{
    self, arn, behind_cloudfront, http_api, load_balancer, not, permissions, rest_api, texts, url_callers,
};
use super::reach::*;
use crate::doctor::facts::{Facts, NamedSecret, Unconfigured};
use crate::doctor::policy::Policy;

/// The only check that finds the fault, the good deployment, and the change that breaks it.
pub(super) type Sabotage = (&'static str, fn() -> Facts, fn(&mut Facts));

pub(super) const SABOTAGES: &[Sabotage] = &[
    // Not seen.
    ("cannot_see", rest_api, |facts| facts.client = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.pool = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.mfa = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.domain = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.has_branding = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.table = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.time_to_live = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.account = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.log_group = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.certificate = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.rest_api = Some(not(Cause::Denied))),
    ("cannot_see", rest_api, |facts| facts.stage = Some(not(Cause::Denied))),
    ("cannot_see", http_api, |facts| facts.http_api = Some(not(Cause::Denied))),
    ("cannot_see", behind_cloudfront, |facts| facts.function_url = Some(not(Cause::Denied))),
    ("cannot_see", behind_cloudfront, |facts| facts.distribution = Some(not(Cause::Denied))),
    ("cannot_see", load_balancer, |facts| facts.listener = Some(not(Cause::Denied))),
    ("cannot_see", load_balancer, |facts| facts.load_balancer = Some(not(Cause::Denied))),
    ("cannot_see", load_balancer, |facts| facts.target_groups.last_mut().unwrap().group = not(Cause::Denied)),
    ("cannot_see", rest_api, |facts| facts.functions.last_mut().unwrap().callers = not(Cause::Denied)),
    ("cannot_see", rest_api, |facts| {
        facts.functions.last_mut().unwrap().permissions = Some(not(Cause::Denied));
    }),
    ("cannot_see", rest_api, |facts| {
        facts.functions.last_mut().unwrap().reserved_concurrency = not(Cause::Denied);
    }),
    ("cannot_see", rest_api, |facts| set_unread(facts, TextFault::Secret(SecretFault::Denied))),
    ("no_answer", rest_api, |facts| facts.table = Some(not(Cause::Unavailable))),
    ("no_answer", rest_api, |facts| set_unread(facts, TextFault::Secret(SecretFault::Unavailable))),
    // The whole.
    ("stack_failed", rest_api, |facts| facts.stack.status = "UPDATE_ROLLBACK_FAILED".to_owned()),
    ("stack_rolled_back", rest_api, |facts| facts.stack.status = "UPDATE_ROLLBACK_COMPLETE".to_owned()),
    ("stack_rolled_back", http_api, |facts| facts.stack.status = "ROLLBACK_COMPLETE".to_owned()),
    ("stack_changing", rest_api, |facts| facts.stack.status = "UPDATE_IN_PROGRESS".to_owned()),
    ("stack_changing", rest_api, |facts| facts.stack.status = "DELETE_IN_PROGRESS".to_owned()),
    ("clock_differs", rest_api, |facts| facts.clock_difference = Some(-61)),
    ("clock_differs", rest_api, |facts| facts.clock_difference = Some(3600)),
    ("concurrency_quota_small", rest_api, |facts| {
        facts.account.as_mut().unwrap().as_mut().unwrap().concurrent_executions = 10;
    }),
    ("log_group_missing", rest_api, |facts| facts.log_group = Some(not(Cause::NotFound))),
    ("log_retention", rest_api, |facts| facts.log_group = Some(Ok(LogGroupFacts::default()))),
    ("log_retention", rest_api, |facts| {
        facts.log_group = Some(Ok(LogGroupFacts { retention: Some(1), kms_key: None }));
    }),
    ("log_key_disabled", rest_api, |facts| facts.log_key = Some(not(Cause::NotFound))),
    ("log_key_disabled", rest_api, |facts| {
        let (arn, state) =
            ("arn:aws:kms:eu-west-1:123456789012:key/k1".to_owned(), "PendingDeletion".to_owned());
        facts.log_key = Some(Ok(KeyFacts { arn, state, policy: String::new() }));
    }),
    ("certificate_missing", rest_api, |facts| facts.certificate = Some(not(Cause::NotFound))),
    ("certificate_not_issued", rest_api, |facts| certificate(facts).status = "PENDING_VALIDATION".to_owned()),
    ("certificate_not_issued", load_balancer, |facts| certificate(facts).status = "REVOKED".to_owned()),
    ("certificate_ends", rest_api, |facts| certificate(facts).ends = Some(1_800_000_000 + 86_400)),
    ("certificate_ends", load_balancer, |facts| {
        certificate(facts).status = "EXPIRED".to_owned();
        certificate(facts).ends = Some(1_700_000_000);
    }),
    ("certificate_name", rest_api, |facts| {
        certificate(facts).names = texts(&["example.com", "*.other.example.com"]);
    }),
    ("certificate_region", rest_api, |facts| {
        domain_name(facts).certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0a0b".to_owned();
        set_parameter(facts, "CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a0b");
    }),
    ("certificate_region", behind_cloudfront, |facts| {
        distribution(facts).certificate =
            Some("arn:aws:acm:eu-west-1:123456789012:certificate/0a0b".to_owned());
        set_parameter(facts, "CertificateArn", "arn:aws:acm:eu-west-1:123456789012:certificate/0a0b");
    }),
    // Functions.
    ("function_missing", rest_api, |facts| drop(facts.functions.pop())),
    ("function_missing", load_balancer, |facts| drop(facts.functions.pop())),
    ("function_missing", http_api, |facts| facts.functions.clear()),
    ("function_gone", rest_api, |facts| facts.functions.last_mut().unwrap().function = not(Cause::NotFound)),
    ("function_inactive", rest_api, |facts| function(facts).state = "Failed".to_owned()),
    ("function_inactive", http_api, |facts| function(facts).state = "Inactive".to_owned()),
    ("function_update_failed", rest_api, |facts| function(facts).last_update = "Failed".to_owned()),
    ("function_architecture", rest_api, |facts| function(facts).architecture = "x86_64".to_owned()),
    ("function_runtime", rest_api, |facts| function(facts).runtime = "provided.al2".to_owned()),
    ("function_timeout", rest_api, |facts| function(facts).timeout = 3),
    ("function_memory", rest_api, |facts| function(facts).memory = 128),
    ("function_stopped", rest_api, |facts| {
        facts.functions.last_mut().unwrap().reserved_concurrency = Ok(Some(0));
    }),
    ("function_concurrency", rest_api, |facts| {
        facts.functions.last_mut().unwrap().reserved_concurrency = Ok(Some(1));
    }),
    ("function_concurrency", http_api, |facts| set_parameter(facts, "ReservedConcurrency", "20")),
    ("function_log_group", rest_api, |facts| function(facts).log_group = "/aws/lambda/app".to_owned()),
    ("secret_missing", rest_api, |facts| set_unread(facts, TextFault::Secret(SecretFault::NotFound))),
    ("secret_missing", rest_api, |facts| set_unread(facts, TextFault::Secret(SecretFault::NotText))),
    ("document_unseen", rest_api, |facts| set_unread(facts, TextFault::Unreadable)),
    ("configuration_faulty", rest_api, |facts| {
        let faults = texts(&["leeway: no number"]);
        facts.functions.last_mut().unwrap().configuration = Some(Err(Unconfigured::Faulty(faults)));
    }),
    ("issuers_differ", rest_api, |facts| last(facts).issuer.push('x')),
    ("clients_differ", rest_api, |facts| last(facts).client_id.push('x')),
    ("addresses_differ", rest_api, |facts| last(facts).public_urls[0].push('x')),
    ("callbacks_differ", rest_api, |facts| last(facts).redirect_uris.clear()),
    ("keys_differ", rest_api, |facts| last(facts).keys = texts(&["2233", "0011"])),
    ("storages_differ", rest_api, |facts| {
        last(facts).table = Some("other".to_owned());
        facts.functions.last_mut().unwrap().permissions = None;
    }),
    // Permissions.
    ("role_secrets", rest_api, |facts| set_permissions(facts, permissions("secretsmanager:GetSecretValue"))),
    ("role_secrets", http_api, |facts| last(facts).secrets.push("given-client".to_owned())),
    ("role_table", rest_api, |facts| set_permissions(facts, permissions("dynamodb:*Item"))),
    ("role_table", http_api, |facts| set_permissions(facts, permissions("dynamodb:*Item"))),
    ("role_index", rest_api, |facts| set_permissions(facts, permissions("dynamodb:Query"))),
    ("role_sign_out", rest_api, |facts| {
        set_permissions(facts, permissions("cognito-idp:AdminUserGlobalSignOut"));
    }),
    ("role_client", rest_api, |facts| {
        set_permissions(facts, permissions("cognito-idp:DescribeUserPoolClient"));
    }),
    ("role_logs", rest_api, |facts| set_permissions(facts, permissions("logs:*"))),
    ("call_not_allowed", rest_api, |facts| set_callers(facts, Policy::default())),
    ("call_not_allowed", http_api, |facts| {
        set_callers(
            facts,
            good::callers("apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:1:other/*"),
        );
    }),
    ("call_not_allowed", load_balancer, |facts| set_callers(facts, Policy::default())),
    ("call_not_allowed", behind_cloudfront, |facts| set_callers(facts, url_callers(None))),
    ("anybody_may_call", behind_cloudfront, |facts| set_callers(facts, url_callers(Some("false")))),
    ("role_boundary", rest_api, |facts| boundary(facts, "secretsmanager:*")),
    ("role_boundary", http_api, |facts| boundary(facts, "dynamodb:Query")),
    ("role_condition", rest_api, |facts| condition(facts, r#"{"StringNotEquals": {"aws:SourceVpce": "v"}}"#)),
    ("role_key", http_api, |facts| sealed(facts, "Enabled", "arn:aws:iam::123456789012:root")),
    ("role_key", http_api, |facts| sealed(facts, "Enabled", "arn:aws:iam::123456789012:role/other")),
    ("key_disabled", http_api, |facts| {
        sealed(facts, "Disabled", "arn:aws:iam::123456789012:role/app-ProxyFunction");
    }),
    ("key_disabled", http_api, |facts| {
        sealed(facts, "", "");
        facts.secrets.last_mut().unwrap().key = Some(not(Cause::NotFound));
    }),
    ("secret_rotated", rest_api, |facts| {
        let secret = Ok(SecretFacts { is_rotated: true, ..SecretFacts::default() });
        facts.secrets.push(NamedSecret { id: "app/vestibule/client".to_owned(), secret, key: None });
    }),
    ("cannot_see", rest_api, |facts| facts.log_key = Some(not(Cause::Denied))),
    ("cannot_see", http_api, |facts| {
        sealed(facts, "Enabled", "*");
        facts.secrets.last_mut().unwrap().key = Some(not(Cause::Denied));
    }),
    ("cannot_see", rest_api, |facts| {
        facts.secrets.push(NamedSecret { id: "app".to_owned(), secret: not(Cause::Denied), key: None });
    }),
    ("cannot_see", rest_api, |facts| {
        *sign_in_domain(facts, "us-east-1") = CertificateFacts::default();
        facts.sign_in_certificate = Some(not(Cause::Denied));
    }),
    ("function_network", rest_api, |facts| function(facts).subnets = texts(&["subnet-1"])),
    ("function_layers", rest_api, |facts| function(facts).layers = texts(&["arn:aws:lambda:::layer:x:1"])),
    ("concurrency_reserved_by_others", rest_api, |facts| {
        facts.account.as_mut().unwrap().as_mut().unwrap().unreserved_executions = Some(99);
    }),
    ("address_differs", rest_api, |facts| {
        facts.stack.outputs = vec![("Url".to_owned(), "https://other.example.com".to_owned())];
    }),
    ("sign_in_certificate_missing", rest_api, |facts| {
        let _ = sign_in_domain(facts, "us-east-1");
        facts.sign_in_certificate = Some(not(Cause::NotFound));
    }),
    ("sign_in_certificate_not_issued", rest_api, |facts| {
        sign_in_domain(facts, "us-east-1").status = "PENDING_VALIDATION".to_owned();
    }),
    ("sign_in_certificate_ends", rest_api, |facts| {
        sign_in_domain(facts, "us-east-1").ends = Some(1_700_000_000);
    }),
    ("sign_in_certificate_name", rest_api, |facts| {
        sign_in_domain(facts, "us-east-1").names = texts(&["example.com"]);
    }),
    ("sign_in_certificate_region", rest_api, |facts| sign_in_domain(facts, "eu-west-1").ends = None),
    ("pool_tier", rest_api, |facts| pool(facts).tier = "LITE".to_owned()),
    ("self_sign_up_differs", rest_api, |facts| pool(facts).is_closed = false),
    ("pool_unprotected", rest_api, |facts| pool(facts).is_protected = false),
    ("password_length", rest_api, |facts| pool(facts).password_length = Some(6)),
    ("index_attributes", rest_api, |facts| index(facts).attributes = Some(Vec::new())),
    ("index_attributes", rest_api, |facts| index(facts).key = Some("other".to_owned())),
    ("table_provisioned", rest_api, |facts| table(facts).provisioned = Some((1, 1))),
    ("stage_stops_paths", rest_api, |facts| stage(facts).stopped = texts(&["~1oauth2~1login/GET"])),
    ("stage_old_deployment", rest_api, |facts| stage(facts).deployment = "d0".to_owned()),
    ("stage_other_snapshot", rest_api, |facts| {
        stage(facts).snapshot = vec![SnapshotFacts {
            path: "/{proxy+}".to_owned(),
            method: "ANY".to_owned(),
            authorization: "NONE".to_owned(),
        }];
    }),
    ("stage_canary", rest_api, |facts| stage(facts).other_share = 10.0),
    ("api_key_required", rest_api, |facts| rest(facts).methods.last_mut().unwrap().needs_key = true),
    ("api_policy", rest_api, |facts| rest(facts).policy = Some("{}".to_owned())),
    ("redirect_missing", rest_api, |facts| {
        rest(facts).gateway_responses.retain(|one| one.kind != "ACCESS_DENIED");
    }),
    ("function_version_pinned", rest_api, |facts| {
        let uri = format!("{}:3/invocations", arn("LoginFunction"));
        rest(facts).methods.first_mut().unwrap().uri = uri;
    }),
    ("function_version_pinned", http_api, |facts| {
        http(facts).integrations.last_mut().unwrap().uri.push_str(":live");
    }),
    ("api_answers_preflights", http_api, |facts| http(facts).answers_preflights = true),
    ("distribution_keeps_errors", behind_cloudfront, |facts| distribution(facts).errors_passed.truncate(5)),
    ("distribution_certificate", behind_cloudfront, |facts| distribution(facts).certificate = None),
    ("distribution_countries", behind_cloudfront, |facts| {
        distribution(facts).countries = "whitelist".to_owned();
    }),
    ("distribution_signed", behind_cloudfront, |facts| distribution(facts).wants_signature = true),
    ("distribution_root", behind_cloudfront, |facts| distribution(facts).root = "index.html".to_owned()),
    ("distribution_logs_cookies", behind_cloudfront, |facts| distribution(facts).logs_cookies = true),
    ("distribution_origin_path", behind_cloudfront, |facts| {
        distribution(facts).origin_path = "/x".to_owned();
    }),
    ("rule_condition", load_balancer, |facts| {
        listener(facts).rules.first_mut().unwrap().other_conditions = texts(&["source-ip"]);
    }),
    ("rule_action", load_balancer, |facts| {
        listener(facts).rules.first_mut().unwrap().actions = texts(&["authenticate-cognito", "forward"]);
    }),
    ("rule_shadowed", load_balancer, |facts| {
        listener(facts).rules.push(RuleFacts {
            arn: "arn:rule/maintenance".to_owned(),
            priority: Some(5),
            actions: texts(&["fixed-response"]),
            ..RuleFacts::default()
        });
    }),
    ("listener_certificate_wanted", load_balancer, |facts| listener(facts).wants_certificate = true),
    ("desync_monitored", load_balancer, |facts| balancer(facts).desync_mitigation = "monitor".to_owned()),
    ("target_unhealthy", load_balancer, |facts| group(facts).is_unhealthy = true),
    // The provider.
    ("issuer_differs", rest_api, |facts| {
        provider(facts).metadata = Err(refused("discovery_issuer_mismatch"));
    }),
    ("discovery_faulty", rest_api, |facts| provider(facts).metadata = Err(refused("provider_unreachable"))),
    ("keys_unreadable", rest_api, |facts| provider(facts).keys = Err(refused("jwks_without_usable_key"))),
    ("endpoints_differ", rest_api, |facts| {
        provider(facts).metadata.as_mut().unwrap().jwks_uri = "https://other.example.com/keys".to_owned();
    }),
    // The user pool and the client.
    ("pool_missing", rest_api, |facts| facts.pool = Some(not(Cause::NotFound))),
    ("client_missing", rest_api, |facts| facts.client = Some(not(Cause::NotFound))),
    ("callback_missing", rest_api, |facts| client(facts).callback_urls.clear()),
    ("callback_missing", rest_api, |facts| {
        client(facts).callback_urls = texts(&["https://app.example.com/oauth2/callback/"]);
    }),
    ("sign_out_missing", rest_api, |facts| client(facts).logout_urls.clear()),
    ("oauth_off", rest_api, |facts| client(facts).is_oauth = false),
    ("code_flow_off", rest_api, |facts| client(facts).flows.clear()),
    ("implicit_flow_on", rest_api, |facts| client(facts).flows.push("implicit".to_owned())),
    ("password_flow_on", rest_api, |facts| {
        client(facts).explicit_flows.push("ALLOW_USER_PASSWORD_AUTH".to_owned());
    }),
    ("scope_not_allowed", rest_api, |facts| client(facts).scopes = texts(&["openid"])),
    ("no_identity_provider", rest_api, |facts| client(facts).identity_providers.clear()),
    ("client_without_secret", rest_api, |facts| {
        client(facts).has_secret = false;
        client(facts).secret_agrees = Some(false);
    }),
    ("client_secret_replaced", rest_api, |facts| client(facts).secret_agrees = Some(false)),
    ("users_told", rest_api, |facts| client(facts).hides_users = false),
    ("revocation_off", rest_api, |facts| client(facts).revokes = false),
    ("rotation_in_cookies", rest_api, |facts| {
        everywhere(facts, |one| {
            one.is_cookie = true;
            one.rotation_grace = Some(None);
        });
    }),
    ("rotation_differs", rest_api, |facts| client(facts).rotation_grace = None),
    ("access_token_short", rest_api, |facts| client(facts).access_token_lifetime = 120),
    ("refresh_token_short", rest_api, |facts| client(facts).refresh_token_lifetime = 3600),
    ("domain_missing", rest_api, |facts| pool(facts).domain = None),
    ("domain_differs", rest_api, |facts| {
        everywhere(facts, |one| {
            one.domain = Some("https://other.auth.eu-west-1.amazoncognito.com".to_owned());
        });
    }),
    ("domain_inactive", rest_api, |facts| {
        facts.domain.as_mut().unwrap().as_mut().unwrap().status = "CREATING".to_owned();
    }),
    ("branding_missing", rest_api, |facts| facts.has_branding = Some(Ok(false))),
    ("mfa_without_factor", rest_api, |facts| mfa(facts).factors.clear()),
    ("mfa_differs", rest_api, |facts| mfa(facts).mode = "OFF".to_owned()),
    // The table.
    ("table_missing", rest_api, |facts| facts.table = Some(not(Cause::NotFound))),
    ("table_inactive", rest_api, |facts| table(facts).is_active = false),
    ("table_key", rest_api, |facts| table(facts).key = Some("id".to_owned())),
    ("user_index_missing", rest_api, |facts| drop(table(facts).indexes.remove(0))),
    ("provider_session_index_missing", rest_api, |facts| drop(table(facts).indexes.pop())),
    ("index_inactive", rest_api, |facts| {
        index(facts).is_active = false;
    }),
    ("ttl_off", rest_api, |facts| facts.time_to_live = Some(Ok(None))),
    ("ttl_attribute", rest_api, |facts| facts.time_to_live = Some(Ok(Some("ends".to_owned())))),
    // An API.
    ("api_missing", rest_api, |facts| facts.rest_api = Some(not(Cause::NotFound))),
    ("api_missing", http_api, |facts| facts.http_api = Some(not(Cause::NotFound))),
    ("stage_missing", rest_api, |facts| facts.stage = Some(not(Cause::NotFound))),
    ("stage_throttles", rest_api, |facts| stage(facts).rate = Some(0.0)),
    ("stage_throttles", http_api, |facts| stage(facts).burst = Some(0)),
    ("stage_keeps_answers", rest_api, |facts| stage(facts).keeps_answers = true),
    ("stage_logs_cookies", rest_api, |facts| stage(facts).logs_cookies = true),
    ("stage_not_deployed", http_api, |facts| stage(facts).deploys_itself = false),
    ("endpoint_type", rest_api, |facts| rest(facts).endpoint_types = texts(&["EDGE"])),
    ("endpoint_open", rest_api, |facts| rest(facts).is_endpoint_off = false),
    ("endpoint_off", http_api, |facts| http(facts).is_endpoint_off = true),
    ("binary_media_types", rest_api, |facts| rest(facts).binary_media_types.clear()),
    ("authorizer_missing", rest_api, |facts| rest(facts).authorizers.clear()),
    ("authorizer_missing", rest_api, |facts| {
        authorizer(facts).uri = "arn:aws:lambda:::function:other".to_owned();
    }),
    ("authorizer_type", rest_api, |facts| authorizer(facts).kind = "TOKEN".to_owned()),
    ("authorizer_kept", rest_api, |facts| authorizer(facts).kept = 300),
    ("authorizer_identity_source", rest_api, |facts| {
        authorizer(facts).identity_source = "method.request.header.Cookie".to_owned();
    }),
    ("path_open", rest_api, |facts| rest(facts).methods.last_mut().unwrap().authorizer = None),
    ("path_open", rest_api, |facts| {
        let mut method = rest(facts).methods.last().unwrap().clone();
        (method.path, method.authorizer) = ("/admin".to_owned(), Some("other".to_owned()));
        rest(facts).methods.push(method);
    }),
    ("path_missing", rest_api, |facts| remove_method(facts, "/")),
    ("path_missing", rest_api, |facts| remove_method(facts, "/oauth2/backchannel-logout")),
    ("path_guarded", rest_api, |facts| {
        rest(facts).methods.first_mut().unwrap().authorizer = Some("z9".to_owned());
    }),
    ("path_of_another_function", rest_api, |facts| {
        rest(facts).methods.first_mut().unwrap().uri = arn("LogoutFunction");
    }),
    ("route_missing", http_api, |facts| http(facts).routes.clear()),
    ("route_authorizer", http_api, |facts| {
        http(facts).routes.last_mut().unwrap().authorization = "JWT".to_owned();
    }),
    ("route_past_vestibule", http_api, |facts| {
        let target = "integrations/i2".to_owned();
        http(facts).routes.push(RouteFacts {
            key: "GET /admin".to_owned(),
            authorization: String::new(),
            target,
        });
    }),
    ("payload_format", http_api, |facts| {
        http(facts).integrations.last_mut().unwrap().payload_format = "1.0".to_owned();
    }),
    // A function URL and CloudFront.
    ("url_missing", behind_cloudfront, |facts| facts.function_url = Some(not(Cause::NotFound))),
    ("url_auth_type", behind_cloudfront, |facts| url(facts).auth_type = "AWS_IAM".to_owned()),
    ("url_invoke_mode", behind_cloudfront, |facts| url(facts).invoke_mode = "RESPONSE_STREAM".to_owned()),
    ("url_invoke_mode", behind_cloudfront, |facts| last(facts).streams = true),
    ("distribution_missing", behind_cloudfront, |facts| facts.distribution = Some(not(Cause::NotFound))),
    ("distribution_off", behind_cloudfront, |facts| distribution(facts).is_enabled = false),
    ("distribution_alias", behind_cloudfront, |facts| distribution(facts).aliases.clear()),
    ("distribution_origin", behind_cloudfront, |facts| distribution(facts).origin.push('x')),
    ("origin_secret", behind_cloudfront, |facts| distribution(facts).secret = OriginSecret::Missing),
    ("origin_secret", behind_cloudfront, |facts| distribution(facts).secret = OriginSecret::Differs),
    ("front_secret_off", behind_cloudfront, |facts| last(facts).asks_for_front_secret = false),
    ("distribution_keeps_answers", behind_cloudfront, |facts| distribution(facts).cache_policy.push('x')),
    ("distribution_drops", behind_cloudfront, |facts| distribution(facts).origin_request_policy.clear()),
    ("distribution_methods", behind_cloudfront, |facts| {
        distribution(facts).methods = texts(&["GET", "HEAD"]);
    }),
    ("distribution_plain", behind_cloudfront, |facts| {
        distribution(facts).viewer_protocol = "allow-all".to_owned();
    }),
    ("distribution_behaviours", behind_cloudfront, |facts| distribution(facts).other_behaviours = 1),
    // A load balancer.
    ("listener_missing", load_balancer, |facts| {
        facts.listener = Some(not(Cause::NotFound));
        facts.load_balancer = None;
    }),
    ("listener_plain", load_balancer, |facts| listener(facts).protocol = "HTTP".to_owned()),
    ("rule_missing", load_balancer, |facts| drop(listener(facts).rules.remove(1))),
    ("rule_order", load_balancer, |facts| listener(facts).rules.last_mut().unwrap().priority = Some(1)),
    ("rule_paths", load_balancer, |facts| {
        listener(facts).rules.first_mut().unwrap().paths = texts(&["/login"]);
    }),
    ("rule_target", load_balancer, |facts| {
        let other = listener(facts).rules.last().unwrap().target_groups.clone();
        listener(facts).rules.first_mut().unwrap().target_groups = other;
    }),
    ("rule_past_vestibule", load_balancer, |facts| {
        listener(facts).rules.push(RuleFacts {
            arn: "arn:rule/other".to_owned(),
            priority: Some(5),
            hosts: texts(&["*.example.com"]),
            paths: texts(&["/admin/*"]),
            target_groups: texts(&["arn:targetgroup/other"]),
            ..RuleFacts::default()
        });
    }),
    ("target_group_type", load_balancer, |facts| group(facts).kind = "ip".to_owned()),
    ("target_missing", load_balancer, |facts| group(facts).targets.clear()),
    ("multi_value_headers_off", load_balancer, |facts| group(facts).multi_value = false),
    ("load_balancer_missing", load_balancer, |facts| facts.load_balancer = Some(not(Cause::NotFound))),
    ("load_balancer_inactive", load_balancer, |facts| balancer(facts).state = "failed".to_owned()),
    ("forwarded_for_mode", load_balancer, |facts| balancer(facts).forwarded_for = "preserve".to_owned()),
    ("invalid_headers_kept", load_balancer, |facts| balancer(facts).drops_invalid_headers = false),
];
