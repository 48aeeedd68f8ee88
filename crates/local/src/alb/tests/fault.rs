//! Breaks a template in one place at a time: each break is a fault at start, with its line.

use super::*;

/// The fault of a template; its line must be the one that holds `at`.
fn fault(text: &str, at: &str) -> String {
    let error = Rules::from_template(text, &inputs(&[])).unwrap_err();
    let [fault] = error.faults.as_slice() else { panic!("{error}") };
    let line = text.lines().nth(fault.line - 1).unwrap();
    assert!(line.contains(at), "line {} is {line:?}: {}", fault.line, fault.message);
    fault.message.clone()
}

#[test]
fn an_unsupported_listener_is_a_fault() {
    assert_eq!(
        fault(&with("      Protocol: HTTPS\n", "      Protocol: HTTP\n"), "Protocol: HTTP"),
        "Listener: `Protocol` `HTTP` is not supported here, only `HTTPS`"
    );
    assert_eq!(
        fault(
            &with(
                "      Protocol: HTTPS\n",
                "      Protocol: HTTPS\n      MutualAuthentication: {Mode: verify}\n"
            ),
            "MutualAuthentication"
        ),
        "Listener: `MutualAuthentication` is not supported here"
    );
    assert_eq!(fault(&without("Listener"), ""), "there is no AWS::ElasticLoadBalancingV2::Listener");
    let second = "          RedirectConfig: {Protocol: HTTPS, Port: '443', StatusCode: HTTP_301}\n";
    let plain = "          RedirectConfig: {Protocol: HTTP, Port: '8080', StatusCode: HTTP_301}\n";
    assert_eq!(
        fault(&with(second, plain), "RedirectListener"),
        "the template must have exactly one serving AWS::ElasticLoadBalancingV2::Listener, but has 2"
    );
    let redirect = "DefaultActions: [{Type: redirect, RedirectConfig: {StatusCode: HTTP_301}}]";
    let default = "DefaultActions: [{Type: forward, TargetGroupArn: !Ref ProxyTargetGroup}]";
    assert_eq!(fault(&with(default, redirect), "redirect"), "the action `redirect` is not supported here");
    let two = "DefaultActions: [{Type: forward, TargetGroupArn: !Ref ProxyTargetGroup}, {Type: forward, TargetGroupArn: !Ref ProxyTargetGroup}]";
    assert_eq!(fault(&with(default, two), "DefaultActions"), "exactly one action is supported here");
    let other = "DefaultActions: [{Type: forward, TargetGroupArn: !Ref ProxyRole}]";
    assert_eq!(
        fault(&with(default, other), "ProxyRole"),
        "`ProxyRole` is not a target group of this template"
    );
}

#[test]
fn an_unsupported_load_balancer_is_a_fault() {
    assert_eq!(
        fault(&with("      Type: application\n", "      Type: network\n"), "Type: network"),
        "LoadBalancer: `Type` `network` is not supported here, only `application`"
    );
    let idle = "{Key: idle_timeout.timeout_seconds, Value: '60'}";
    assert_eq!(
        fault(&with(idle, "{Key: waf.fail_open.enabled, Value: 'true'}"), "waf"),
        "the attribute `waf.fail_open.enabled` is not supported here"
    );
    assert_eq!(
        fault(&with(idle, "{Key: idle_timeout.timeout_seconds, Value: '0'}"), "idle"),
        "`idle_timeout.timeout_seconds` must be 1 to 4000"
    );
    let drop = "drop_invalid_header_fields.enabled, Value: 'true'}";
    assert_eq!(
        fault(&with(drop, "drop_invalid_header_fields.enabled, Value: 'yes'}"), "drop_invalid"),
        "`Value` must be true or false"
    );
}

#[test]
fn an_unsupported_rule_is_a_fault() {
    let login = "Values: [/oauth2/login]";
    let condition = "        - Field: path-pattern\n          PathPatternConfig: {Values: [/oauth2/login]}\n";
    let query = "        - {Field: query-string, QueryStringConfig: {Values: [{Value: a}]}}\n";
    assert_eq!(
        fault(&with(condition, query), "query-string"),
        "the condition `query-string` is not supported here"
    );
    assert_eq!(
        fault(&with(login, "Values: [/a, /b, /c, /d, /e, /f]"), "Conditions"),
        "LoginRule: a rule has 1 to 5 values, this has 6"
    );
    assert_eq!(
        fault(&with(login, "Values: []"), "Conditions"),
        "LoginRule: a rule has 1 to 5 values, this has 0"
    );
    assert_eq!(fault(&with(login, "Values: ['']"), "Values"), "a value has 1 to 128 characters");
    assert_eq!(
        fault(&with(login, "Values: [/a], Regex: [/b]"), "Regex"),
        "a condition: `Regex` is not supported here"
    );
    assert_eq!(
        fault(&with("Priority: !Ref LoginRulePriority", "Priority: 0"), "Priority"),
        "`Priority` must be 1 to 50000"
    );
    let line = ALB.lines().position(|line| line == "  LoginRule:").unwrap() + 1;
    assert_eq!(
        fault(&with("Priority: !Ref CallbackRulePriority", "Priority: 101"), "CallbackRule"),
        format!("CallbackRule: the rule at line {line} has priority 101 already")
    );
    let own = "ListenerArn: !If [OwnsListener, !Ref Listener, !Ref ListenerArn]";
    assert_eq!(
        fault(
            &with(own, "ListenerArn: arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/x"),
            "ListenerArn"
        ),
        "LoginRule: the rule belongs to no listener of this template"
    );
    let actions = "      Actions: [{Type: forward, TargetGroupArn: !Ref LoginTargetGroup}]\n";
    assert_eq!(fault(&with(actions, ""), "LoginRule"), "LoginRule lacks `Actions`");
    let transforms = format!("{actions}      Transforms: [{{Type: url-rewrite}}]\n");
    assert_eq!(
        fault(&with(actions, &transforms), "Transforms"),
        "LoginRule: `Transforms` is not supported here"
    );
}

#[test]
fn an_unsupported_target_group_is_a_fault() {
    let targets = "Targets: [{Id: !GetAtt ProxyFunction.Arn}]";
    assert_eq!(
        fault(
            &with(targets, "Targets: [{Id: !GetAtt ProxyFunction.Arn}, {Id: !GetAtt LoginFunction.Arn}]"),
            "Targets"
        ),
        "ProxyTargetGroup: a target group has exactly one function"
    );
    assert_eq!(
        fault(&with(targets, "Targets: [{Id: !Ref ProxyRole}]"), "ProxyRole"),
        "`ProxyRole` is not a function of this template"
    );
    assert_eq!(
        fault(&with("      TargetType: lambda\n", "      TargetType: ip\n"), "TargetType"),
        "ProxyTargetGroup: `TargetType` `ip` is not supported here, only `lambda`"
    );
    assert_eq!(
        fault(&with("      HealthCheckEnabled: false\n", "      HealthCheckEnabled: true\n"), "HealthCheck"),
        "ProxyTargetGroup: `HealthCheckEnabled` `true` is not supported here, only `false`"
    );
    assert_eq!(
        fault(&with("lambda.multi_value_headers.enabled", "stickiness.enabled"), "stickiness"),
        "the attribute `stickiness.enabled` is not supported here"
    );
    assert_eq!(
        fault(&with("        - proxy-${Id}-${Place}\n", "        - proxy_${Id}-${Place}\n"), "Name"),
        "`proxy_00000000-internet-facing` is not a name of a target group"
    );
}

#[test]
fn a_function_that_the_load_balancer_may_not_call_is_a_fault() {
    let denied = "ProxyTargetGroup: the load balancer has no permission to invoke ProxyFunction";
    for (from, to) in [
        (
            "      Principal: elasticloadbalancing.amazonaws.com\n",
            "      Principal: apigateway.amazonaws.com\n",
        ),
        ("      Action: lambda:InvokeFunction\n", "      Action: lambda:GetFunction\n"),
        ("      SourceAccount: !Ref AWS::AccountId\n", "      SourceAccount: '210987654321'\n"),
        ("targetgroup/proxy-${Id}-${Place}/*", "targetgroup/login-${Id}-${Place}/*"),
        ("      FunctionName: !Ref ProxyFunction\n", "      FunctionName: !Ref LoginFunction\n"),
    ] {
        assert_eq!(fault(&with(from, to), "ProxyTargetGroup"), denied, "{to}");
    }
    assert_eq!(
        fault(&with("    DependsOn: ProxyPermission\n", ""), "ProxyTargetGroup"),
        "ProxyTargetGroup must depend on ProxyPermission"
    );
}

#[test]
fn a_function_that_is_not_there_is_a_fault() {
    let fault = LoadBalancer::with(rules(ALB, &[]), Functions::new(), Arc::new(|_| ())).err().unwrap();
    assert_eq!(fault.message, "a rule forwards to LoginFunction, which does not exist");
}
