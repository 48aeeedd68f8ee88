//! Lists changes that somebody makes by hand after a deployment.

use aws::operator::deployed_facts::{Cause, RuleFacts};

use super::good::{self, behind_cloudfront, http_api, load_balancer, not, rest_api, texts};
use super::reach::*;
use super::sabotages::Sabotage;
use crate::doctor::facts::Facts;

pub(super) const BY_HAND: &[Sabotage] = &[
    ("function_variables", http_api, |facts| set_variable(facts, "VESTIBULE_LOG_LEVEL", Some("DEBUG"))),
    ("function_variables", http_api, |facts| {
        set_variable(facts, "VESTIBULE_UPSTREAM_URL", Some("https://other.example.com"));
    }),
    ("function_variables", rest_api, |facts| set_variable(facts, "VESTIBULE_SECRET_ID", Some("other"))),
    ("function_variables", rest_api, |facts| set_variable(facts, "VESTIBULE_SESSION_TABLE", Some("other"))),
    ("function_variables", rest_api, |facts| set_variable(facts, "VESTIBULE_SESSION_STORAGE", None)),
    ("function_variables", rest_api, |facts| set_variable(facts, "VESTIBULE_ROTATION_GRACE", Some("0"))),
    ("function_variables", load_balancer, |facts| set_variable(facts, "VESTIBULE_CONFIG", Some("{}"))),
    ("function_variables", load_balancer, |facts| {
        set_variable(facts, "VESTIBULE_CONFIGURATION_SECRET", Some("other"));
    }),
    ("function_variables", load_balancer, |facts| {
        set_variable(facts, "VESTIBULE_CLIENT_ADDRESS_HEADER", Some("none"));
    }),
    ("function_variables_added", rest_api, |facts| {
        set_variable(facts, "VESTIBULE_GROUPS_REQUIRED", Some("staff"));
    }),
    ("function_variables_added", rest_api, |facts| {
        set_variable(facts, "AWS_ENDPOINT_URL_DYNAMODB", Some("https://other.example.com"));
    }),
    ("domain_differs", rest_api, |facts| {
        everywhere(facts, |one| {
            one.domain = Some("https://example.auth.us-east-1.amazoncognito.com".to_owned());
        });
    }),
    ("function_variables_added", http_api, |facts| set_variable(facts, "LD_PRELOAD", Some("/opt/x.so"))),
    // A table.
    ("cannot_see", rest_api, |facts| facts.table_policy = Some(not(Cause::Denied))),
    ("table_policy", rest_api, |facts| {
        let policy = r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}}"#;
        facts.table_policy = Some(Ok(Some(policy.to_owned())));
    }),
    ("table_capped", rest_api, |facts| table(facts).most_on_demand = Some(1)),
    ("index_capped", rest_api, |facts| index(facts).most_on_demand = Some(1)),
    ("table_replicated", rest_api, |facts| table(facts).replicas = texts(&["us-east-1"])),
    // A function.
    ("function_sealed", rest_api, |facts| {
        function(facts).is_sealed = true;
        function(facts).environment.clear();
    }),
    ("function_code", rest_api, |facts| function(facts).code = "the hash of LoginFunction".to_owned()),
    ("function_network", http_api, |facts| {
        set_parameter(facts, "SubnetIds", "subnet-1, subnet-2");
        function(facts).subnets = texts(&["subnet-1"]);
    }),
    ("function_network", http_api, |facts| function(facts).security_groups = texts(&["sg-1"])),
    ("function_network", http_api, |facts| {
        set_parameter(facts, "SecurityGroupIds", "sg-1");
    }),
    ("call_not_allowed", rest_api, |facts| {
        let other = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/another/*";
        set_callers(facts, good::callers("apigateway.amazonaws.com", other));
    }),
    ("call_not_allowed", http_api, |facts| {
        let some = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/*/GET/*";
        set_callers(facts, good::callers("apigateway.amazonaws.com", some));
    }),
    // An address.
    ("cannot_see", rest_api, |facts| facts.domain_name = Some(not(Cause::Denied))),
    ("domain_certificate", rest_api, |facts| domain_name(facts).certificate = "another".to_owned()),
    ("domain_certificate_wanted", rest_api, |facts| domain_name(facts).wants_certificate = true),
    ("domain_mapping", rest_api, |facts| {
        facts.mappings.as_mut().unwrap().as_mut().unwrap().first_mut().unwrap().stage = "old".to_owned();
    }),
    ("header_not_replaced", rest_api, |facts| {
        rest(facts).methods.last_mut().unwrap().mappings.retain(|(name, _)| !name.ends_with(".cookie"));
    }),
    ("header_not_replaced", rest_api, |facts| {
        let mappings = &mut rest(facts).methods.last_mut().unwrap().mappings;
        let address = mappings.iter_mut().find(|(name, _)| name.ends_with("X-Forwarded-For")).unwrap();
        address.1 = "method.request.header.X-Forwarded-For".to_owned();
    }),
    ("own_answer_differs", rest_api, |facts| {
        rest(facts).gateway_responses.last_mut().unwrap().status = "200".to_owned();
    }),
    ("path_integration", rest_api, |facts| {
        rest(facts).methods.first_mut().unwrap().integration = "AWS".to_owned();
    }),
    ("path_integration", rest_api, |facts| {
        rest(facts).methods.last_mut().unwrap().integration = "HTTP".to_owned();
    }),
    ("url_answers_preflights", behind_cloudfront, |facts| url(facts).answers_preflights = true),
    ("distribution_code", behind_cloudfront, |facts| distribution(facts).runs_code = true),
    ("distribution_origin", behind_cloudfront, |facts| {
        distribution(facts).origin_protocol = "http-only".to_owned();
    }),
    // A load balancer.
    ("rule_paths", load_balancer, |facts| {
        listener(facts).rules.get_mut(2).unwrap().paths = texts(&["/oauth2/logout"]);
    }),
    ("rule_paths", load_balancer, |facts| {
        listener(facts).rules.last_mut().unwrap().paths = texts(&["/"]);
    }),
    ("rule_rewrites", load_balancer, |facts| listener(facts).rules.first_mut().unwrap().rewrites = true),
    ("listener_certificate", load_balancer, |facts| listener(facts).certificates.clear()),
    ("rule_shadowed", load_balancer, |facts| {
        listener(facts).rules.push(RuleFacts {
            arn: "arn:rule/another".to_owned(),
            priority: Some(5),
            paths: texts(&["/oauth2/refresh"]),
            actions: texts(&["fixed-response"]),
            ..RuleFacts::default()
        });
    }),
    ("rule_shadowed", load_balancer, |facts| {
        listener(facts).rules.push(RuleFacts {
            arn: "arn:rule/another".to_owned(),
            priority: Some(5),
            other_conditions: texts(&["query-string"]),
            actions: texts(&["redirect"]),
            ..RuleFacts::default()
        });
    }),
];

/// Sets or removes a variable of the last function.
fn set_variable(facts: &mut Facts, name: &str, value: Option<&str>) {
    let environment = &mut function(facts).environment;
    environment.retain(|(other, _)| other != name);
    environment.extend(value.map(|value| (name.to_owned(), value.to_owned())));
}
