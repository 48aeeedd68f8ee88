//! Reads an Application Load Balancer.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{Action, ForwardActionConfig, Rule};

use super::{CallFault, CallResult, FactReader, answered, text, texts};

const LISTENER: &str = "elasticloadbalancing:DescribeListeners, DescribeRules";
const TARGET_GROUP: &str =
    "elasticloadbalancing:DescribeTargetGroups, DescribeTargetGroupAttributes, DescribeTargetHealth";
const LOAD_BALANCER: &str = "elasticloadbalancing:DescribeLoadBalancers, DescribeLoadBalancerAttributes";

/// A listener with its rules.
#[derive(Clone, Debug, Default)]
pub struct ListenerFacts {
    /// The ARN of its load balancer.
    pub load_balancer: String,
    /// `HTTPS` or `HTTP`.
    pub protocol: String,
    /// The ARNs of its certificates.
    pub certificates: Vec<String>,
    /// Its rules, the default one last.
    pub rules: Vec<RuleFacts>,
    /// Whether clients must present a certificate (mutual TLS).
    pub wants_certificate: bool,
}

/// A rule of a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFacts {
    /// Its ARN.
    pub arn: String,
    /// Its priority; `None` for the default rule, which comes last.
    pub priority: Option<u32>,
    /// The hosts of its condition; empty if it matches all.
    pub hosts: Vec<String>,
    /// The paths of its condition; empty if it matches all.
    pub paths: Vec<String>,
    /// The target groups that it forwards to; empty if it answers by itself.
    pub target_groups: Vec<String>,
    /// The fields of its other conditions, for example `source-ip`.
    pub other_conditions: Vec<String>,
    /// The types of its actions, for example `forward`.
    pub actions: Vec<String>,
    /// Whether it rewrites the host or the path of a request.
    pub rewrites: bool,
}

/// A target group.
#[derive(Clone, Debug, Default)]
pub struct TargetGroupFacts {
    /// `lambda`, `instance`, `ip`, `alb`.
    pub kind: String,
    /// Whether it passes all values of a repeated header or parameter.
    pub multi_value: bool,
    /// The ids of its targets; for a function, the ARN.
    pub targets: Vec<String>,
    /// Whether a target fails its health check.
    pub is_unhealthy: bool,
}

/// A load balancer.
#[derive(Clone, Debug, Default)]
pub struct LoadBalancerFacts {
    /// `active` when it can be used.
    pub state: String,
    /// The treatment of `X-Forwarded-For`: `append`, `preserve` or `remove`.
    pub forwarded_for: String,
    /// Whether it removes headers with invalid names.
    pub drops_invalid_headers: bool,
    /// The treatment of requests that two servers may parse differently: `monitor`, `defensive` or
    /// `strictest`.
    pub desync_mitigation: String,
    /// The idle timeout in seconds.
    pub idle_timeout: i32,
}

impl FactReader {
    /// Reads a listener and its rules.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn listener(&self, arn: &str) -> CallResult<ListenerFacts> {
        let client = Client::new(self.configuration(LISTENER).await?);
        let found = answered(LISTENER, client.describe_listeners().listener_arns(arn).send()).await?;
        let listener = found.listeners().first().ok_or_else(|| CallFault::not_found(LISTENER))?;
        let mut rules = Vec::new();
        let mut marker = None;
        loop {
            let asking = client.describe_rules().listener_arn(arn).set_marker(marker);
            let found = answered(LISTENER, asking.send()).await?;
            rules.extend(found.rules().iter().map(rule));
            marker = found.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                break;
            }
        }
        rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
        let certificates = listener.certificates().iter().filter_map(|one| one.certificate_arn());
        Ok(ListenerFacts {
            load_balancer: text(listener.load_balancer_arn()),
            protocol: text(listener.protocol()),
            certificates: certificates.map(str::to_owned).collect(),
            rules,
            wants_certificate: listener
                .mutual_authentication()
                .is_some_and(|one| one.mode().is_some_and(|mode| mode == "verify")),
        })
    }

    /// Reads a target group.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn target_group(&self, arn: &str) -> CallResult<TargetGroupFacts> {
        let client = Client::new(self.configuration(TARGET_GROUP).await?);
        let found =
            answered(TARGET_GROUP, client.describe_target_groups().target_group_arns(arn).send()).await?;
        let group = found.target_groups().first().ok_or_else(|| CallFault::not_found(TARGET_GROUP))?;
        let attributes = client.describe_target_group_attributes().target_group_arn(arn);
        let attributes = answered(TARGET_GROUP, attributes.send()).await?;
        let targets =
            answered(TARGET_GROUP, client.describe_target_health().target_group_arn(arn).send()).await?;
        let targets = targets.target_health_descriptions().iter();
        let multi_value = |one: &&aws_sdk_elasticloadbalancingv2::types::TargetGroupAttribute| {
            one.key() == Some("lambda.multi_value_headers.enabled")
        };
        Ok(TargetGroupFacts {
            kind: text(group.target_type()),
            multi_value: attributes.attributes().iter().find(multi_value).and_then(|one| one.value())
                == Some("true"),
            is_unhealthy: targets.clone().any(|one| {
                one.target_health()
                    .and_then(|health| health.state())
                    .is_some_and(|state| state.as_str() == "unhealthy")
            }),
            targets: targets.filter_map(|one| Some(one.target()?.id()?.to_owned())).collect(),
        })
    }

    /// Reads a load balancer.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn load_balancer(&self, arn: &str) -> CallResult<LoadBalancerFacts> {
        let client = Client::new(self.configuration(LOAD_BALANCER).await?);
        let found =
            answered(LOAD_BALANCER, client.describe_load_balancers().load_balancer_arns(arn).send()).await?;
        let balancer = found.load_balancers().first().ok_or_else(|| CallFault::not_found(LOAD_BALANCER))?;
        let attributes = client.describe_load_balancer_attributes().load_balancer_arn(arn);
        let attributes = answered(LOAD_BALANCER, attributes.send()).await?;
        let attribute = |key: &str| {
            let found = attributes.attributes().iter().find(|one| one.key() == Some(key));
            found.and_then(|one| one.value())
        };
        Ok(LoadBalancerFacts {
            state: text(balancer.state().and_then(|state| state.code())),
            // User guide for Application Load Balancers, "HTTP headers": "The default is append".
            forwarded_for: attribute("routing.http.xff_header_processing.mode")
                .unwrap_or("append")
                .to_owned(),
            drops_invalid_headers: attribute("routing.http.drop_invalid_header_fields.enabled")
                == Some("true"),
            // User guide, "Desync mitigation mode": "The default is the defensive mode".
            desync_mitigation: attribute("routing.http.desync_mitigation_mode")
                .unwrap_or("defensive")
                .to_owned(),
            // User guide, "Connection idle timeout": "By default [...] 60 seconds".
            idle_timeout: attribute("idle_timeout.timeout_seconds")
                .and_then(|seconds| seconds.parse().ok())
                .unwrap_or(60),
        })
    }
}

fn rule(rule: &Rule) -> RuleFacts {
    let values = |field: &str| {
        let conditions = rule.conditions().iter().filter(|one| one.field() == Some(field));
        let values = conditions.flat_map(|one| {
            let hosts = one.host_header_config().map(|config| texts(config.values()));
            let paths = one.path_pattern_config().map(|config| texts(config.values()));
            hosts.or(paths).unwrap_or_else(|| texts(one.values()))
        });
        values.collect()
    };
    RuleFacts {
        arn: text(rule.rule_arn()),
        priority: rule.priority().and_then(|priority| priority.parse().ok()),
        hosts: values("host-header"),
        paths: values("path-pattern"),
        target_groups: rule.actions().iter().flat_map(target_groups).collect(),
        other_conditions: rule
            .conditions()
            .iter()
            .filter_map(|one| one.field())
            .filter(|field| !matches!(*field, "host-header" | "path-pattern"))
            .map(str::to_owned)
            .collect(),
        actions: rule.actions().iter().map(|action| text(action.r#type())).collect(),
        rewrites: !rule.transforms().is_empty(),
    }
}

fn target_groups(action: &Action) -> Vec<String> {
    if let Some(arn) = action.target_group_arn() {
        return vec![arn.to_owned()];
    }
    let groups = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    groups.iter().filter_map(|group| group.target_group_arn()).map(str::to_owned).collect()
}
