//! Evaluates an IAM policy as far as that is possible without the request: effects, actions, resources and
//! principals. It recognises conditions, but does not evaluate them.

use serde_json::Value;

/// A policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy(Vec<Statement>);

/// A statement of a policy.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    is_allow: bool,
    actions: Patterns,
    resources: Patterns,
    principals: Vec<String>,
    conditions: Value,
}

/// The names that a statement covers, or all except those.
#[derive(Clone, Debug)]
struct Patterns {
    texts: Vec<String>,
    is_all_but: bool,
}

impl Patterns {
    fn read(statement: &Value, name: &str, inverse: &str) -> Self {
        match statement.get(inverse) {
            Some(texts) => Self { texts: texts_of(texts), is_all_but: true },
            None => Self { texts: statement.get(name).map(texts_of).unwrap_or_default(), is_all_but: false },
        }
    }

    fn covers(&self, text: &str) -> bool {
        self.texts.iter().any(|pattern| is_match(pattern.as_bytes(), text.as_bytes())) != self.is_all_but
    }
}

impl Policy {
    /// Reads the JSON of a policy; an invalid one has no statements.
    pub(crate) fn read(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(statement) => vec![statement],
            None => Vec::new(),
        };
        Self(statements.into_iter().map(Statement::read).collect())
    }

    /// Whether the policies allow `action` on `resource`, in which `?` stands for an unknown character. A
    /// statement that denies counts only without a condition, one that allows counts with any condition.
    pub(crate) fn allows(policies: &[Self], action: &str, resource: &str) -> bool {
        let all = || policies.iter().flat_map(|policy| &policy.0);
        let covers = |one: &&Statement| one.actions.covers(action) && one.resources.covers(resource);
        let denies = |one: &&Statement| !one.is_allow && one.conditions.is_null();
        !all().filter(denies).any(|one| covers(&one))
            && all().filter(|one| one.is_allow).any(|one| covers(&one))
    }

    /// Whether the result for `action` on `resource` depends on a condition, because the action is only
    /// conditionally allowed, or conditionally denied.
    pub(crate) fn depends(policies: &[Self], action: &str, resource: &str) -> bool {
        let covers = |one: &&Statement| one.actions.covers(action) && one.resources.covers(resource);
        let covering: Vec<&Statement> = policies.iter().flat_map(|policy| &policy.0).filter(covers).collect();
        let is_always_let = covering.iter().any(|one| one.is_allow && !one.has_condition());
        let is_sometimes_denied = covering.iter().any(|one| !one.is_allow && one.has_condition());
        is_sometimes_denied || !is_always_let
    }

    /// Whether the policy denies an action to anybody, with any condition except one that requires TLS.
    pub(crate) fn denies(&self, action: &str) -> bool {
        self.0.iter().any(|one| !one.is_allow && one.actions.covers(action) && !one.is_of_tls())
    }

    /// Returns the statements that allow `action` to `principal`.
    pub(crate) fn allowing(&self, principal: &str, action: &str) -> impl Iterator<Item = &Statement> {
        self.0.iter().filter(move |one| {
            one.is_allow
                && one.actions.covers(action)
                && one.principals.iter().any(|other| other == principal)
        })
    }
}

impl Statement {
    fn read(statement: &Value) -> Self {
        let principals = match statement.get("Principal") {
            Some(Value::Object(kinds)) => kinds.values().flat_map(texts_of).collect(),
            Some(principal) => texts_of(principal),
            None => Vec::new(),
        };
        Self {
            is_allow: statement.get("Effect").and_then(Value::as_str) == Some("Allow"),
            actions: Patterns::read(statement, "Action", "NotAction"),
            resources: Patterns::read(statement, "Resource", "NotResource"),
            principals,
            conditions: statement.get("Condition").cloned().unwrap_or_default(),
        }
    }

    /// Every call of vestibule uses TLS, so a condition on that alone does not count.
    fn has_condition(&self) -> bool {
        self.conditions.is_object() && !self.is_of_tls()
    }

    fn is_of_tls(&self) -> bool {
        let is_it = |keys: &Value| {
            keys.as_object()
                .is_some_and(|keys| keys.keys().all(|key| key.eq_ignore_ascii_case("aws:SecureTransport")))
        };
        self.conditions.as_object().is_some_and(|all| all.values().all(is_it))
    }

    /// Returns the values of a condition key, for any operator; `None` if there is no such condition.
    pub(crate) fn condition(&self, key: &str) -> Option<Vec<String>> {
        let operators = self.conditions.as_object()?;
        operators.values().find_map(|keys| {
            let (_, values) = keys.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
            Some(texts_of(values))
        })
    }
}

fn texts_of(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(text) => vec![text.to_string()],
        Value::Array(items) => items.iter().flat_map(texts_of).collect(),
        _ => Vec::new(),
    }
}

/// Whether a text matches a pattern with `*` and `?`, ignoring case. A `?` in the text stands for any
/// character.
pub(crate) fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    // The positions after the last `*`, from which matching continues after a mismatch.
    let (mut at, mut read) = (0, 0);
    let mut star = None;
    while let Some(byte) = text.get(read) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(one) if *one == b'?' || *byte == b'?' || one.eq_ignore_ascii_case(byte) => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    read = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Policy, is_match};

    #[test]
    fn patterns_are_those_of_iam() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("dynamodb:*Item", "dynamodb:GetItem", true),
            ("dynamodb:*Item", "dynamodb:GetItems", false),
            ("dynamodb:getitem", "dynamodb:GetItem", true),
            ("arn:*:secret:app/client-??????", "arn:aws:secret:app/client-??????", true),
            ("arn:aws:secret:app/client-aB3dEf", "arn:aws:secret:app/client-??????", true),
            ("arn:aws:secret:app/client-aB3dE", "arn:aws:secret:app/client-??????", false),
            ("arn:aws:secret:app/other-??????", "arn:aws:secret:app/client-??????", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-d", false),
            ("", "a", false),
            ("a", "", false),
        ] {
            assert_eq!(is_match(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_condition_decides_but_not_one_of_tls() {
        let always = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        let with = |effect: &str, key: &str| {
            format!(
                r#"{{"Statement": {{"Effect": "{effect}", "Action": "*", "Resource": "*", "Condition": {{"Bool": {{"{key}": "false"}}}}}}}}"#
            )
        };
        for (policies, expected) in [
            (vec![always.to_owned()], false),
            (vec![with("Allow", "aws:ViaAWSService")], true),
            (vec![always.to_owned(), with("Allow", "aws:ViaAWSService")], false),
            (vec![always.to_owned(), with("Deny", "aws:ViaAWSService")], true),
            (vec![always.to_owned(), with("Deny", "aws:securetransport")], false),
        ] {
            let read: Vec<Policy> = policies.iter().map(|text| Policy::read(text)).collect();
            assert_eq!(Policy::depends(&read, "s:Get", "arn:a"), expected, "{policies:?}");
        }
    }

    #[test]
    fn statements_allow_and_deny() {
        let allow =
            r#"{"Statement": {"Effect": "Allow", "Action": ["s:Get*", "s:Put"], "Resource": "arn:a"}}"#;
        let deny = r#"{"Statement": [{"Effect": "Deny", "Action": "s:GetSecret", "Resource": "*"}]}"#;
        let sometimes = r#"{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Null": {"a": "b"}}}]}"#;
        let all_but = r#"{"Statement": [{"Effect": "Allow", "NotAction": "s:Put", "Resource": "*"}]}"#;
        for (policies, action, resource, expected) in [
            (&[allow][..], "s:GetThing", "arn:a", true),
            (&[allow], "s:Put", "arn:a", true),
            (&[allow], "s:Delete", "arn:a", false),
            (&[allow], "s:GetThing", "arn:b", false),
            (&[allow, deny], "s:GetSecret", "arn:a", false),
            (&[allow, deny], "s:GetThing", "arn:a", true),
            (&[allow, sometimes], "s:GetThing", "arn:a", true),
            (&[all_but], "s:Put", "arn:a", false),
            (&[all_but], "s:Get", "arn:a", true),
            (&[], "s:Get", "arn:a", false),
            (&["no JSON", "[]", "{\"Statement\": 3}"], "s:Get", "arn:a", false),
        ] {
            let read: Vec<Policy> = policies.iter().map(|text| Policy::read(text)).collect();
            assert_eq!(Policy::allows(&read, action, resource), expected, "{policies:?} {action}");
        }
    }
}
