//! Evaluates the policy that a Lambda authorizer returns.
//!
//! API Gateway developer guide, "Output from an API Gateway Lambda authorizer". An element that this program
//! cannot evaluate (`Condition`, `NotAction`, `NotResource`) is a configuration error and never an allow.

use std::slice;

use serde_json::Value;

use crate::pattern::matches_pattern;

/// The decision of a policy about one method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allow,
    /// A statement denies it.
    ExplicitDeny,
    /// No statement allows it.
    ImplicitDeny,
}

/// The maximum length of a Resource in characters.
const MAXIMUM_RESOURCE: usize = 512;

/// Evaluates `policy` for `execute-api:Invoke` on `method_arn`.
pub(super) fn evaluate(policy: &Value, method_arn: &str) -> Result<Verdict, String> {
    if let Some(version) = policy.get("Version")
        && !matches!(version.as_str(), Some("2012-10-17" | "2008-10-17"))
    {
        return Err("the policy has an unknown Version".to_owned());
    }
    let mut verdict = Verdict::ImplicitDeny;
    for statement in one_or_many(policy.get("Statement").ok_or("the policy has no Statement")?) {
        match applied(statement, method_arn)? {
            Some("Deny") => verdict = Verdict::ExplicitDeny,
            Some(_) if verdict == Verdict::ImplicitDeny => verdict = Verdict::Allow,
            _ => {}
        }
    }
    Ok(verdict)
}

/// The effect of a statement if it applies to this call. A statement that does not apply is checked too.
fn applied<'policy>(statement: &'policy Value, method_arn: &str) -> Result<Option<&'policy str>, String> {
    let members = statement.as_object().ok_or("a statement is not an object")?;
    for name in members.keys() {
        if !matches!(name.as_str(), "Sid" | "Effect" | "Action" | "Resource") {
            return Err(format!("a statement has `{name}`, which is not supported here"));
        }
    }
    let effect =
        members.get("Effect").and_then(Value::as_str).filter(|effect| matches!(*effect, "Allow" | "Deny"));
    let effect = effect.ok_or("the Effect of a statement must be Allow or Deny")?;
    let actions = texts(members.get("Action"), "Action")?;
    let resources = texts(members.get("Resource"), "Resource")?;
    if resources.iter().any(|resource| resource.chars().count() > MAXIMUM_RESOURCE) {
        return Err("a Resource has more than 512 characters".to_owned());
    }
    let invokes =
        actions.iter().any(|action| matches_pattern(&action.to_ascii_lowercase(), "execute-api:invoke"));
    let concerns = resources.iter().any(|resource| matches_pattern(resource, method_arn));
    Ok((invokes && concerns).then_some(effect))
}

fn texts<'policy>(value: Option<&'policy Value>, name: &str) -> Result<Vec<&'policy str>, String> {
    let value = value.ok_or_else(|| format!("a statement has no {name}"))?;
    let texts: Option<Vec<&str>> = one_or_many(value).iter().map(Value::as_str).collect();
    texts
        .filter(|texts| !texts.is_empty())
        .ok_or_else(|| format!("{name} is neither a text nor a list of texts"))
}

fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| slice::from_ref(value), Vec::as_slice)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:api/prod/GET/a/b";

    fn statement(effect: &str, action: &Value, resource: &Value) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource})
    }

    fn verdict(statements: &Value) -> Result<Verdict, String> {
        evaluate(&json!({"Version": "2012-10-17", "Statement": statements}), ARN)
    }

    fn allow_on(resource: &str) -> Verdict {
        let good = statement("Allow", &json!("execute-api:Invoke"), &json!(resource));
        verdict(&json!([good])).unwrap_or(Verdict::ImplicitDeny)
    }

    #[test]
    fn wildcards_match_across_slashes() {
        assert_eq!(allow_on("*"), Verdict::Allow);
        assert_eq!(allow_on("arn:aws:execute-api:eu-central-1:123456789012:api/prod/*/*"), Verdict::Allow);
        assert_eq!(allow_on("arn:aws:execute-api:*:*:api/prod/GE?/a/b"), Verdict::Allow);
        assert_eq!(allow_on(ARN), Verdict::Allow);
    }

    #[test]
    fn another_method_is_not_allowed() {
        assert_eq!(
            allow_on("arn:aws:execute-api:eu-central-1:123456789012:api/prod/POST/*"),
            Verdict::ImplicitDeny
        );
    }

    #[test]
    fn a_deny_beats_an_allow_in_any_order() {
        let allow = statement("Allow", &json!(["execute-api:*"]), &json!(["*"]));
        let deny = statement("Deny", &json!("*"), &json!("*"));
        assert_eq!(verdict(&json!([allow, deny])), Ok(Verdict::ExplicitDeny));
        assert_eq!(verdict(&json!([deny, allow])), Ok(Verdict::ExplicitDeny));
    }

    #[test]
    fn a_single_statement_needs_no_list() {
        assert_eq!(
            verdict(&statement("Allow", &json!("execute-api:Invoke"), &json!("*"))),
            Ok(Verdict::Allow)
        );
    }

    #[test]
    fn another_action_allows_nothing() {
        let other = statement("Allow", &json!("s3:GetObject"), &json!("*"));
        assert_eq!(verdict(&json!([other])), Ok(Verdict::ImplicitDeny));
    }

    #[test]
    fn no_statement_allows_nothing() {
        assert_eq!(verdict(&json!([])), Ok(Verdict::ImplicitDeny));
    }

    #[test]
    fn a_resource_over_512_characters_is_an_error() {
        let long = statement("Allow", &json!("execute-api:Invoke"), &json!(format!("*{}", "x".repeat(512))));
        assert_eq!(verdict(&json!([long])), Err("a Resource has more than 512 characters".to_owned()));
        let fits = statement("Allow", &json!("execute-api:Invoke"), &json!(format!("*{}", "x".repeat(511))));
        assert_eq!(verdict(&json!([fits])), Ok(Verdict::ImplicitDeny));
    }

    #[test]
    fn a_policy_that_cannot_be_evaluated_is_an_error() {
        let mut condition = statement("Allow", &json!("*"), &json!("*"));
        condition["Condition"] = json!({});
        assert_eq!(
            verdict(&json!([condition])),
            Err("a statement has `Condition`, which is not supported here".to_owned())
        );
    }

    #[test]
    fn a_malformed_statement_is_an_error() {
        assert!(verdict(&json!([{"Effect": "Maybe", "Action": "*", "Resource": "*"}])).is_err());
        assert!(verdict(&json!([{"Effect": "Allow", "Action": 1, "Resource": "*"}])).is_err());
        assert!(verdict(&json!([{"Effect": "Allow", "Action": "*"}])).is_err());
        assert!(verdict(&json!(["x"])).is_err());
        assert!(evaluate(&json!({"Version": "2012-10-17"}), ARN).is_err());
        assert!(evaluate(&json!({"Version": "2020-01-01", "Statement": []}), ARN).is_err());
    }
}
