//! Reads the listener of a template: CloudFormation, `AWS::ElasticLoadBalancingV2::*`. If a part cannot be read, or AWS
//! would reject it, that is a fault with its line.

use std::time::Duration;

use crate::template::{Fault, Permission, Template, TemplateError, Value, faultless};

use super::rule::{Action, Condition, Definition, Rule, Target};

/// "Each rule can have up to" this many values in all of its conditions.
const MAXIMUM_VALUES: usize = 5;

const IDLE_TIMEOUT: Duration = Duration::from_mins(1);

/// Reads the only listener.
pub(super) fn read(template: &Template) -> Result<Definition, TemplateError> {
    let mut faults = Vec::new();
    let definition =
        Reader { template, permissions: Vec::new(), listener: String::new() }.definition(&mut faults);
    faultless(definition, faults)
}

struct Reader<'template> {
    template: &'template Template,
    permissions: Vec<Permission>,
    listener: String,
}

impl Reader<'_> {
    fn definition(mut self, faults: &mut Vec<Fault>) -> Result<Definition, Fault> {
        let template = self.template;
        self.permissions = template.permissions()?;
        self.listener = self.serving_listener()?;
        let known = ["DefaultActions", "LoadBalancerArn", "Protocol"];
        let harmless = ["AlpnPolicy", "Certificates", "Port", "SslPolicy"];
        template.only(&self.listener, &known, &harmless)?;
        template.expect(&self.listener, "Protocol", "HTTPS")?;
        let (drops_invalid_fields, idle_timeout) = self.load_balancer()?;
        let default = self.action(&template.needed(&self.listener, "DefaultActions")?)?;
        let mut rules: Vec<Rule> = Vec::new();
        for name in template.resources_of("AWS::ElasticLoadBalancingV2::ListenerRule")? {
            match self.rule(&name) {
                Ok(rule) => match rules.iter().find(|other| other.priority == rule.priority) {
                    Some(other) => faults.push(Fault::new(
                        rule.line,
                        format!(
                            "{name}: the rule at line {} has priority {} already",
                            other.line, rule.priority
                        ),
                    )),
                    None => rules.push(rule),
                },
                Err(fault) => faults.push(fault),
            }
        }
        rules.sort_by_key(|rule| rule.priority);
        Ok(Definition { rules, default, drops_invalid_fields, idle_timeout })
    }

    /// The only listener, apart from those that merely redirect to HTTPS.
    fn serving_listener(&self) -> Result<String, Fault> {
        const KIND: &str = "AWS::ElasticLoadBalancingV2::Listener";
        let mut serving = Vec::new();
        for name in self.template.resources_of(KIND)? {
            if !self.redirects_to_https(&name)? {
                serving.push(name);
            }
        }
        match serving.as_slice() {
            [name] => Ok(name.clone()),
            [] => Err(Fault::new(1, format!("there is no {KIND}"))),
            [_, second, ..] => Err(Fault::new(
                self.template.line_of(second),
                format!("the template must have exactly one serving {KIND}, but has {}", serving.len()),
            )),
        }
    }

    fn redirects_to_https(&self, name: &str) -> Result<bool, Fault> {
        let actions = self.template.needed(name, "DefaultActions")?;
        let [action] = actions.list("actions")? else { return Ok(false) };
        let Some(redirect) = action.entry("RedirectConfig") else { return Ok(false) };
        redirect.only("a redirect", &["Port", "Protocol", "StatusCode"], &[])?;
        Ok(redirect.optional_text("Protocol")? == Some("HTTPS"))
    }

    fn load_balancer(&self) -> Result<(bool, Duration), Fault> {
        let template = self.template;
        let named = template.needed(&self.listener, "LoadBalancerArn")?;
        let name = template.sole("AWS::ElasticLoadBalancingV2::LoadBalancer")?;
        if named.text("`LoadBalancerArn`")? != name {
            return Err(named.fault("the listener belongs to no load balancer of this template"));
        }
        let harmless =
            ["IpAddressType", "Name", "Scheme", "SecurityGroups", "SubnetMappings", "Subnets", "Tags"];
        template.only(&name, &["LoadBalancerAttributes", "Type"], &harmless)?;
        template.expect(&name, "Type", "application")?;
        let (mut drops, mut idle) = (false, IDLE_TIMEOUT);
        for (key, value) in attributes(template.property(&name, "LoadBalancerAttributes")?.as_ref())? {
            let text = value.text("`Value`")?;
            match key.as_str() {
                "routing.http.drop_invalid_header_fields.enabled" => drops = flag(&value)?,
                "idle_timeout.timeout_seconds" => {
                    let seconds = text.parse::<u64>().ok().filter(|seconds| (1..=4000).contains(seconds));
                    idle = seconds
                        .map(Duration::from_secs)
                        .ok_or_else(|| value.fault("`idle_timeout.timeout_seconds` must be 1 to 4000"))?;
                }
                "routing.http.xff_header_processing.mode" if text == "append" => {}
                "deletion_protection.enabled"
                | "routing.http.desync_mitigation_mode"
                | "routing.http2.enabled" => {}
                _ if key.starts_with("access_logs.") || key.starts_with("connection_logs.") => {}
                _ => return Err(value.fault(format!("the attribute `{key}` is not supported here"))),
            }
        }
        Ok((drops, idle))
    }

    fn rule(&self, name: &str) -> Result<Rule, Fault> {
        let template = self.template;
        template.only(name, &["Actions", "Conditions", "ListenerArn", "Priority"], &[])?;
        let listener = template.needed(name, "ListenerArn")?;
        if listener.text("`ListenerArn`")? != self.listener {
            return Err(listener.fault(format!("{name}: the rule belongs to no listener of this template")));
        }
        let priority = template.needed(name, "Priority")?;
        let number =
            priority.text("`Priority`")?.parse::<u32>().ok().filter(|number| (1..=50_000).contains(number));
        let listed = template.needed(name, "Conditions")?;
        let conditions: Vec<Condition> =
            listed.list("`Conditions`")?.iter().map(condition).collect::<Result<_, Fault>>()?;
        let values: usize = conditions.iter().map(|condition| condition.values().len()).sum();
        if values == 0 || values > MAXIMUM_VALUES {
            return Err(
                listed.fault(format!("{name}: a rule has 1 to {MAXIMUM_VALUES} values, this has {values}"))
            );
        }
        Ok(Rule {
            priority: number.ok_or_else(|| priority.fault("`Priority` must be 1 to 50000"))?,
            line: template.line_of(name),
            conditions,
            action: self.action(&template.needed(name, "Actions")?)?,
        })
    }

    fn action(&self, actions: &Value) -> Result<Action, Fault> {
        let [action] = actions.list("actions")? else {
            return Err(actions.fault("exactly one action is supported here"));
        };
        match action.required("Type", "an action")?.text("`Type`")? {
            "forward" => {
                action.only("a forward action", &["TargetGroupArn", "Type"], &["Order"])?;
                self.target(action.required("TargetGroupArn", "a forward action")?).map(Action::Forward)
            }
            "fixed-response" => {
                action.only("a fixed response", &["FixedResponseConfig", "Type"], &["Order"])?;
                let config = action.required("FixedResponseConfig", "a fixed response")?;
                config.only("a fixed response", &["ContentType", "MessageBody", "StatusCode"], &[])?;
                let status = config.required("StatusCode", "a fixed response")?;
                let number = status.text("`StatusCode`")?.parse::<u16>().ok();
                let number = number.filter(|number| matches!(number / 100, 2 | 4 | 5));
                Ok(Action::Fixed {
                    status: number.ok_or_else(|| status.fault("`StatusCode` must be 2xx, 4xx or 5xx"))?,
                    content_type: config.optional_text("ContentType")?.unwrap_or("text/plain").to_owned(),
                    body: config.optional_text("MessageBody")?.unwrap_or_default().to_owned(),
                })
            }
            other => Err(action.fault(format!("the action `{other}` is not supported here"))),
        }
    }

    fn target(&self, group: &Value) -> Result<Target, Fault> {
        let template = self.template;
        let name = group.text("`TargetGroupArn`")?;
        let groups = template.resources_of("AWS::ElasticLoadBalancingV2::TargetGroup")?;
        if !groups.iter().any(|known| known == name) {
            return Err(group.fault(format!("`{name}` is not a target group of this template")));
        }
        let known = ["HealthCheckEnabled", "Name", "TargetGroupAttributes", "TargetType", "Targets"];
        template.only(name, &known, &["Tags"])?;
        template.expect(name, "TargetType", "lambda")?;
        if template.property(name, "HealthCheckEnabled")?.is_some() {
            template.expect(name, "HealthCheckEnabled", "false")?;
        }
        let targets = template.needed(name, "Targets")?;
        let [target] = targets.list("`Targets`")? else {
            return Err(targets.fault(format!("{name}: a target group has exactly one function")));
        };
        let function = template.function(target.required("Id", "a target")?)?;
        let mut multi_value = false;
        for (key, value) in attributes(template.property(name, "TargetGroupAttributes")?.as_ref())? {
            match key.as_str() {
                "lambda.multi_value_headers.enabled" => multi_value = flag(&value)?,
                _ => return Err(value.fault(format!("the attribute `{key}` is not supported here"))),
            }
        }
        let group_name = match template.property(name, "Name")? {
            Some(value) => group_name(&value)?.to_owned(),
            None => name.to_owned(),
        };
        let arn = template.load_balancing_arn(&format!("targetgroup/{group_name}/0123456789abcdef"));
        self.check_permission(name, &function, &arn)?;
        Ok(Target { arn, timeout: template.timeout(&function)?, function, multi_value })
    }

    /// CloudFormation registers the function when it creates the target group; that fails unless the permission exists
    /// by then.
    fn check_permission(&self, group: &str, function: &str, arn: &str) -> Result<(), Fault> {
        let template = self.template;
        let line = template.line_of(group);
        let mut permissions = self.permissions.iter();
        let service = "elasticloadbalancing.amazonaws.com";
        let Some(permission) = permissions.find(|permission| permission.lets(service, function, arn)) else {
            return Err(Fault::new(
                line,
                format!("{group}: the load balancer has no permission to invoke {function}"),
            ));
        };
        if template.depends_on(group).contains(&permission.name) {
            return Ok(());
        }
        Err(Fault::new(line, format!("{group} must depend on {}", permission.name)))
    }
}

fn condition(value: &Value) -> Result<Condition, Fault> {
    let values = |config: &str| -> Result<Vec<String>, Fault> {
        value.only("a condition", &["Field", config], &[])?;
        let config = value.required(config, "a condition")?;
        config.only("a condition", &["Values"], &[])?;
        let values = config.required("Values", "a condition")?.list("`Values`")?;
        values.iter().map(|value| value_of(value).map(str::to_owned)).collect()
    };
    match value.required("Field", "a condition")?.text("`Field`")? {
        "host-header" => values("HostHeaderConfig").map(Condition::Host),
        "http-request-method" => values("HttpRequestMethodConfig").map(Condition::Method),
        "path-pattern" => values("PathPatternConfig").map(Condition::Path),
        other => Err(value.fault(format!("the condition `{other}` is not supported here"))),
    }
}

impl Condition {
    fn values(&self) -> &[String] {
        match self {
            Self::Host(values) | Self::Method(values) | Self::Path(values) => values,
        }
    }
}

/// "The maximum size of each string is 128 characters."
fn value_of(value: &Value) -> Result<&str, Fault> {
    let text = value.text("a value")?;
    if text.is_empty() || text.len() > 128 {
        return Err(value.fault("a value has 1 to 128 characters"));
    }
    Ok(text)
}

/// "At most 32 characters, alphanumeric or hyphens, and not a hyphen at either end."
fn group_name(value: &Value) -> Result<&str, Fault> {
    let name = value.text("`Name`")?;
    let sound = !name.is_empty()
        && name.len() <= 32
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if sound { Ok(name) } else { Err(value.fault(format!("`{name}` is not a name of a target group"))) }
}

fn attributes(listed: Option<&Value>) -> Result<Vec<(String, Value)>, Fault> {
    let Some(listed) = listed else { return Ok(Vec::new()) };
    let attribute = |attribute: &Value| -> Result<(String, Value), Fault> {
        let key = attribute.required("Key", "an attribute")?.text("`Key`")?;
        Ok((key.to_owned(), attribute.required("Value", "an attribute")?.clone()))
    };
    listed.list("attributes")?.iter().map(attribute).collect()
}

fn flag(value: &Value) -> Result<bool, Fault> {
    match value.text("`Value`")? {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(value.fault("`Value` must be true or false")),
    }
}
