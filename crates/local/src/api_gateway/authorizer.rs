//! Reads the response of a Lambda authorizer.
//!
//! API Gateway developer guide: "Output from an API Gateway Lambda authorizer"; Service Quotas, "AWS Lambda authorizer
//! result size".

use std::collections::BTreeMap;

use lambda::FunctionError;
use serde_json::{Map, Value};

use super::behaviour::{AuthorizerFault, Behaviour};
use super::call::Principal;
use super::policy::{self, Verdict};
use super::refusal::Refusal;

/// The maximum size of a result, 8 KB.
const MAXIMUM_RESULT: usize = 8_192;

/// An authorizer's decision about one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Allow(Principal),
    /// The gateway response may refer to the context.
    Deny(Principal, Refusal),
    /// There is no context.
    Refuse(Refusal),
}

/// Reads the function's response or its failure.
pub(super) fn decide(
    answer: Result<Vec<u8>, FunctionError>,
    method_arn: &str,
    behaviour: &Behaviour,
) -> Decision {
    let bytes = match answer {
        Ok(bytes) => bytes,
        Err(error) if error.error_message == "Unauthorized" => {
            return Decision::Refuse(Refusal::unauthorized());
        }
        Err(error) => {
            return Decision::Refuse(failed(behaviour, format!("the function failed: {}", error.error_type)));
        }
    };
    match read(&bytes).and_then(|(principal, policy)| Ok((principal, policy::evaluate(&policy, method_arn)?)))
    {
        Ok((principal, Verdict::Allow)) => Decision::Allow(principal),
        Ok((principal, verdict)) => {
            Decision::Deny(principal, Refusal::access_denied(verdict == Verdict::ExplicitDeny))
        }
        Err(reason) => Decision::Refuse(Refusal::authorizer_configuration(reason)),
    }
}

/// The refusal for an authorizer that failed or took too long.
pub(super) fn failed(behaviour: &Behaviour, reason: String) -> Refusal {
    match behaviour.authorizer_fault {
        AuthorizerFault::Configuration => Refusal::authorizer_configuration(reason),
        AuthorizerFault::Failure => Refusal::authorizer_failure(reason),
    }
}

fn read(bytes: &[u8]) -> Result<(Principal, Value), String> {
    if bytes.len() > MAXIMUM_RESULT {
        return Err(format!("the result has {} bytes, 8192 are allowed", bytes.len()));
    }
    let mut result: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|_| "the result is not a JSON object".to_owned())?;
    let id =
        result.get("principalId").and_then(Value::as_str).ok_or("the result has no principalId")?.to_owned();
    let policy =
        result.remove("policyDocument").filter(Value::is_object).ok_or("the result has no policyDocument")?;
    // AWS does not document this case; here such a result is AUTHORIZER_CONFIGURATION_ERROR.
    for name in ["context", "usageIdentifierKey"] {
        if result.get(name).is_some_and(Value::is_null) {
            return Err(format!("the result has {name}: null"));
        }
    }
    let context = match result.get("context") {
        None => BTreeMap::new(),
        Some(Value::Object(members)) => context(members)?,
        Some(_) => return Err("the context is not an object".to_owned()),
    };
    Ok((Principal { id, context }, policy))
}

/// "You can't set a JSON object or array as a valid value of any key"; every other value becomes text when it
/// is read.
fn context(members: &Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let mut context = BTreeMap::new();
    for (name, value) in members {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return Err(format!("the context's `{name}` is not a text, number or boolean")),
        };
        context.insert(name.clone(), text);
    }
    Ok(context)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:eu-central-1:123456789012:api/prod/GET/a";

    fn good() -> Value {
        json!({
            "principalId": "p",
            "policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}]},
            "context": {"text": "x", "number": 1, "truth": true},
        })
    }

    fn decision(result: &Value, behaviour: &Behaviour) -> Decision {
        decide(Ok(result.to_string().into_bytes()), ARN, behaviour)
    }

    fn reason(result: &Value) -> String {
        match decision(result, &Behaviour::default()) {
            Decision::Refuse(refusal) => refusal.log_text(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_allow_has_its_context_as_text() {
        let context = [("number", "1"), ("text", "x"), ("truth", "true")];
        let context = context.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let principal = Principal { id: "p".to_owned(), context };
        assert_eq!(decision(&good(), &Behaviour::default()), Decision::Allow(principal));
    }

    #[test]
    fn a_deny_keeps_its_context() {
        let mut result = good();
        result["policyDocument"]["Statement"][0]["Effect"] = json!("Deny");
        match decision(&result, &Behaviour::default()) {
            Decision::Deny(principal, refusal) => {
                assert_eq!(principal.context.get("text").map(String::as_str), Some("x"));
                assert_eq!(refusal, Refusal::access_denied(true));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_matching_statement_is_access_denied_too() {
        let mut result = good();
        result["policyDocument"]["Statement"] = json!([]);
        match decision(&result, &Behaviour::default()) {
            Decision::Deny(_, refusal) => assert_eq!(refusal, Refusal::access_denied(false)),
            other => panic!("{other:?}"),
        }
    }

    fn function_error(message: &str, behaviour: &Behaviour) -> Decision {
        let error = FunctionError { error_type: "E".to_owned(), error_message: message.to_owned() };
        decide(Err(error), ARN, behaviour)
    }

    #[test]
    fn exactly_unauthorized_is_401() {
        let behaviour = Behaviour::default();
        assert_eq!(function_error("Unauthorized", &behaviour), Decision::Refuse(Refusal::unauthorized()));
        for other in ["unauthorized", "Unauthorized ", "Unauthorized: no"] {
            let expected = Refusal::authorizer_configuration("the function failed: E".to_owned());
            assert_eq!(function_error(other, &behaviour), Decision::Refuse(expected), "{other}");
        }
    }

    #[test]
    fn another_error_can_be_authorizer_failure() {
        let behaviour = Behaviour { authorizer_fault: AuthorizerFault::Failure, ..Behaviour::default() };
        let expected = Refusal::authorizer_failure("the function failed: E".to_owned());
        assert_eq!(function_error("boom", &behaviour), Decision::Refuse(expected));
    }

    #[test]
    fn a_context_with_an_object_or_a_list_is_a_configuration_error() {
        for wrong in [json!({}), json!([]), Value::Null] {
            let mut result = good();
            result["context"]["text"] = wrong;
            assert_eq!(reason(&result), "the context's `text` is not a text, number or boolean");
        }
    }

    #[test]
    fn a_result_over_8_kb_is_a_configuration_error() {
        let mut result = good();
        let length = |result: &Value| result.to_string().len();
        result["context"]["text"] = json!("x".repeat(MAXIMUM_RESULT - length(&good()) + 1));
        assert_eq!(length(&result), MAXIMUM_RESULT);
        assert!(matches!(decision(&result, &Behaviour::default()), Decision::Allow(_)));
        result["context"]["text"] = json!("x".repeat(MAXIMUM_RESULT - length(&good()) + 2));
        assert_eq!(reason(&result), "the result has 8193 bytes, 8192 are allowed");
    }

    #[test]
    fn a_required_member_must_be_there() {
        for (name, expected) in [
            ("principalId", "the result has no principalId"),
            ("policyDocument", "the result has no policyDocument"),
        ] {
            let mut result = good();
            result[name] = Value::Null;
            assert_eq!(reason(&result), expected);
        }
        assert_eq!(reason(&json!("text")), "the result is not a JSON object");
    }

    #[test]
    fn explicit_nulls_are_refused() {
        for name in ["context", "usageIdentifierKey"] {
            let mut result = good();
            result[name] = Value::Null;
            assert_eq!(reason(&result), format!("the result has {name}: null"));
        }
    }
}
