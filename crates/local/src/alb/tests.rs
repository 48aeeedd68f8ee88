#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod behaviour;
mod fault;

use super::*;

const ALB: &str = include_str!("../../../../infra/alb.yaml");

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    let mut inputs = Inputs::default();
    let needed = [
        ("CustomDomainName", "app.example.com"),
        ("Domain", "local"),
        ("UpstreamUrl", "http://upstream.internal"),
    ];
    for (name, value) in needed.iter().chain(parameters) {
        inputs.parameters.insert((*name).to_owned(), (*value).to_owned());
    }
    inputs
}

fn rules(text: &str, parameters: &[(&str, &str)]) -> Rules {
    Rules::from_template(text, &inputs(parameters)).unwrap()
}

/// The deployed template with `from` replaced; `from` must occur in it.
fn with(from: &str, to: &str) -> String {
    assert!(ALB.contains(from), "{from}");
    ALB.replacen(from, to, 1)
}

/// The deployed template without a resource.
fn without(resource: &str) -> String {
    let start = ALB.find(&format!("\n  {resource}:\n")).unwrap();
    let body = ALB[start + 1..].lines().skip(1);
    let length: usize = body.take_while(|line| line.starts_with("   ")).map(|line| line.len() + 1).sum();
    let head = format!("  {resource}:\n").len();
    format!("{}{}", &ALB[..=start], &ALB[start + 1 + head + length..])
}

fn to(rules: &Rules, path: &str) -> String {
    rules.function("GET", "app.example.com", path).unwrap().to_owned()
}

#[test]
fn every_path_of_ours_goes_to_its_function_and_the_rest_to_the_proxy() {
    let rules = rules(ALB, &[]);
    for (path, function) in [
        ("/oauth2/login", "LoginFunction"),
        ("/oauth2/callback", "CallbackFunction"),
        ("/oauth2/logout", "LogoutFunction"),
        ("/oauth2/signed-out", "LogoutFunction"),
        ("/oauth2/session", "SessionFunction"),
        ("/oauth2/refresh", "SessionFunction"),
        ("/oauth2/error", "SessionFunction"),
        ("/oauth2/health", "SessionFunction"),
        ("/oauth2", "SessionFunction"),
        ("/oauth2/", "SessionFunction"),
        ("/oauth2/login/", "SessionFunction"),
        ("/oauth2/x/../y", "SessionFunction"),
        ("/", "ProxyFunction"),
        ("/report", "ProxyFunction"),
        ("/oauth2x", "ProxyFunction"),
        ("/OAUTH2/login", "ProxyFunction"),
        ("/oauth2%2flogin", "ProxyFunction"),
        ("//oauth2/login", "ProxyFunction"),
    ] {
        assert_eq!(to(&rules, path), function, "{path}");
    }
    assert_eq!(rules.keeps_and_drops(), (true, true));
}

#[test]
fn another_callback_path_goes_to_the_proxy_as_any_page_of_the_application() {
    let rules = rules(ALB, &[("CallbackPath", "/signed/in")]);
    assert_eq!(to(&rules, "/signed/in"), "ProxyFunction");
    assert_eq!(to(&rules, "/oauth2/callback"), "CallbackFunction");
}

#[test]
fn a_rule_that_the_template_lacks_is_not_there() {
    let rules = rules(&without("LoginRule"), &[]);
    assert_eq!(to(&rules, "/oauth2/login"), "SessionFunction");
    assert_eq!(to(&rules, "/oauth2/callback"), "CallbackFunction");
}

#[test]
fn the_lowest_priority_that_holds_counts() {
    let rules = rules(ALB, &[("SessionRulePriority", "1")]);
    assert_eq!(to(&rules, "/oauth2/login"), "SessionFunction");
}

#[test]
fn the_query_is_no_part_of_the_path() {
    let rules = rules(ALB, &[]);
    for (target, function) in [("/oauth2/login?rd=/", "LoginFunction"), ("/a?/oauth2/login", "ProxyFunction")]
    {
        let request = behaviour::request("GET", target, &[]);
        let Action::Forward(target) = rules.0.action_of(&request) else { panic!("a fixed answer") };
        assert_eq!(target.function, function);
    }
}

#[test]
fn patterns_have_stars_and_question_marks() {
    let login = "Values: [/oauth2/login]";
    for (pattern, path, holds) in [
        ("/a*", "/a", true),
        ("/a*", "/a/b/c", true),
        ("/a*", "/A", false),
        ("*.png", "/img/x.png", true),
        ("*.png", "/img/x.png/y", false),
        ("/a?c", "/abc", true),
        ("/a?c", "/ac", false),
        ("/a?c", "/a/c", true),
        ("/a/*/c", "/a//c", true),
        ("/a/*/c", "/a/c", false),
    ] {
        let rules = rules(&with(login, &format!("Values: ['{pattern}']")), &[]);
        assert_eq!(to(&rules, path) == "LoginFunction", holds, "{pattern} {path}");
    }
}

#[test]
fn hosts_compare_without_case_and_port() {
    let condition = "        - Field: path-pattern\n          PathPatternConfig: {Values: [/oauth2/login]}\n";
    let host = "        - {Field: host-header, HostHeaderConfig: {Values: ['*.Example.com']}}\n";
    let rules = rules(&with(condition, host), &[]);
    for (host, function) in [
        ("app.example.com", "LoginFunction"),
        ("APP.EXAMPLE.COM:443", "LoginFunction"),
        ("example.com", "ProxyFunction"),
        ("app.example.com.evil.test", "ProxyFunction"),
    ] {
        assert_eq!(rules.function("GET", host, "/"), Some(function), "{host}");
    }
}

#[test]
fn every_condition_of_a_rule_must_hold() {
    let condition = "        - Field: path-pattern\n          PathPatternConfig: {Values: [/oauth2/login]}\n";
    let both = format!(
        "{condition}        - {{Field: http-request-method, HttpRequestMethodConfig: {{Values: [GET, HEAD]}}}}\n"
    );
    let rules = rules(&with(condition, &both), &[]);
    for (method, path, function) in [
        ("GET", "/oauth2/login", "LoginFunction"),
        ("HEAD", "/oauth2/login", "LoginFunction"),
        ("POST", "/oauth2/login", "SessionFunction"),
        ("get", "/oauth2/login", "SessionFunction"),
        ("GET", "/other", "ProxyFunction"),
    ] {
        assert_eq!(rules.function(method, "app.example.com", path), Some(function), "{method} {path}");
    }
}

/// "The following target groups cannot be associated with more than one load balancer": a stack that moves to
/// another load balancer needs new target groups, and a stack that stays keeps its own.
#[test]
fn target_groups_go_by_their_load_balancer() {
    let listener = |balancer: &str, listener: &str| {
        format!(
            "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/web/{balancer}/{listener}"
        )
    };
    let (one, two) = ("0123456789abcdef", "fedcba9876543210");
    let names = |parameters: &[(&str, &str)]| -> Vec<String> {
        let template = Template::parse(ALB, &inputs(parameters)).unwrap();
        let groups = template.resources_of("AWS::ElasticLoadBalancingV2::TargetGroup").unwrap();
        let name = |group: &String| {
            template.property(group, "Name").unwrap().unwrap().text("`Name`").unwrap().to_owned()
        };
        groups.iter().map(name).collect()
    };
    let places: Vec<Vec<String>> = [
        names(&[]),
        names(&[("LoadBalancerScheme", "internal")]),
        names(&[("ListenerArn", &listener(one, one))]),
        names(&[("ListenerArn", &listener(two, one))]),
    ]
    .into();
    let mut all: Vec<&String> = places.iter().flatten().collect();
    assert!(all.iter().all(|name| name.len() <= 32), "{all:?}");
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 20, "{all:?}");
    assert_eq!(names(&[("ListenerArn", &listener(one, two))]), places[2]);
}
