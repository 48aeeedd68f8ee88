//! Answers of a Lambda authorizer.

use std::collections::BTreeMap;

use relying_party::refusal::Refusal;
use serde::Serialize;

use crate::event::{AuthorizerForm, MethodArn};

/// The largest result, in bytes. API Gateway takes 8 KB; the rest is left for what it counts differently.
pub const MAX_RESULT_BYTES: usize = 7_680;

/// What an authorizer says. Failing, which API Gateway answers with 401 or 500, is
/// [`crate::FunctionError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request passes.
    pub allowed: bool,
    /// `principalId`: the subject, or empty for nobody.
    pub principal: String,
    /// `context`: texts by name for mappings. An empty text is left out, since API Gateway could map nothing
    /// from it and let the client's own header pass.
    pub context: Vec<(String, String)>,
}

/// Why an answer cannot be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerAnswerRefusal {
    /// The result is over [`MAX_RESULT_BYTES`]: the identity, usually its groups, is too large for this front.
    /// `identity_too_large` client 403
    IdentityTooLarge,
}

impl From<AuthorizerAnswerRefusal> for Refusal {
    fn from(refusal: AuthorizerAnswerRefusal) -> Self {
        match refusal {
            AuthorizerAnswerRefusal::IdentityTooLarge => Self::IdentityTooLarge,
        }
    }
}

/// Writes `verdict` in the form of the event that asked.
///
/// # Errors
///
/// When it is too large. Nothing is ever dropped to make it fit.
pub fn render_authorizer(
    form: AuthorizerForm,
    arn: &MethodArn,
    verdict: &Verdict,
) -> Result<Vec<u8>, AuthorizerAnswerRefusal> {
    let rendered = render_for(form, arn.policy_resource(), verdict);
    if rendered.len() > MAX_RESULT_BYTES {
        return Err(AuthorizerAnswerRefusal::IdentityTooLarge);
    }
    Ok(rendered)
}

/// Denies an event whose ARN could not be read: for every resource, and so for the one that was asked about.
pub fn render_denial(form: AuthorizerForm, location: &str) -> Vec<u8> {
    let context = vec![("location".to_owned(), location.to_owned())];
    render_for(form, "*".to_owned(), &Verdict { allowed: false, principal: "nobody".to_owned(), context })
}

fn render_for(form: AuthorizerForm, resource: String, verdict: &Verdict) -> Vec<u8> {
    let context = context_of(verdict);
    let rendered = match form {
        AuthorizerForm::HttpApiV2 => {
            serde_json::to_vec(&SimpleResponse { is_authorized: verdict.allowed, context })
        }
        AuthorizerForm::HttpApiV1 | AuthorizerForm::RestRequest | AuthorizerForm::RestToken => {
            serde_json::to_vec(&policy(resource, verdict, context))
        }
    };
    // Texts under text keys always serialise; were it otherwise, an empty result lets nothing pass.
    rendered.unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SimpleResponse<'a> {
    is_authorized: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyResponse<'a> {
    principal_id: &'a str,
    policy_document: PolicyDocument,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    context: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyDocument {
    version: &'static str,
    statement: [Statement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    action: &'static str,
    effect: &'static str,
    resource: String,
}

fn policy<'a>(
    resource: String,
    verdict: &'a Verdict,
    context: BTreeMap<&'a str, &'a str>,
) -> PolicyResponse<'a> {
    let statement = Statement {
        action: "execute-api:Invoke",
        effect: if verdict.allowed { "Allow" } else { "Deny" },
        resource,
    };
    let principal = verdict.principal.as_str();
    PolicyResponse {
        principal_id: if principal.is_empty() { "anonymous" } else { principal },
        policy_document: PolicyDocument { version: "2012-10-17", statement: [statement] },
        context,
    }
}

fn context_of(verdict: &Verdict) -> BTreeMap<&str, &str> {
    verdict
        .context
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerPolicy;

    use super::{AuthorizerAnswerRefusal, MAX_RESULT_BYTES, Verdict, render_authorizer, render_denial};
    use crate::event::{AuthorizerForm, MethodArn};

    fn arn() -> MethodArn {
        MethodArn::parse("arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7")
            .unwrap()
    }

    fn allow(context: &[(&str, &str)]) -> Verdict {
        Verdict {
            allowed: true,
            principal: "6f9619ff".to_owned(),
            context: context.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn text(form: AuthorizerForm, verdict: &Verdict) -> String {
        String::from_utf8(render_authorizer(form, &arn(), verdict).unwrap()).unwrap()
    }

    const POLICIES: [AuthorizerForm; 3] =
        [AuthorizerForm::RestRequest, AuthorizerForm::RestToken, AuthorizerForm::HttpApiV1];

    #[test]
    fn allow_is_a_policy_over_the_stage_with_context() {
        for form in POLICIES {
            assert_eq!(
                text(form, &allow(&[("sub", "6f9619ff"), ("email", "")])),
                concat!(
                    r#"{"principalId":"6f9619ff","policyDocument":{"Version":"2012-10-17","Statement":"#,
                    r#"[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"#,
                    r#""arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*"}]},"#,
                    r#""context":{"sub":"6f9619ff"}}"#
                )
            );
        }
    }

    #[test]
    fn deny_without_context_has_no_null_and_a_principal() {
        let deny = Verdict { allowed: false, principal: String::new(), context: Vec::new() };
        for form in POLICIES {
            assert_eq!(
                text(form, &deny),
                concat!(
                    r#"{"principalId":"anonymous","policyDocument":{"Version":"2012-10-17","Statement":"#,
                    r#"[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":"#,
                    r#""arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*"}]}}"#
                )
            );
        }
        assert_eq!(text(AuthorizerForm::HttpApiV2, &deny), r#"{"isAuthorized":false}"#);
    }

    #[test]
    fn a_denial_without_a_readable_arn_is_for_every_resource() {
        let denial = String::from_utf8(render_denial(
            AuthorizerForm::RestRequest,
            "https://front.example/oauth2/error?reason=event_malformed",
        ));
        assert_eq!(
            denial.unwrap(),
            concat!(
                r#"{"principalId":"nobody","policyDocument":{"Version":"2012-10-17","Statement":"#,
                r#"[{"Action":"execute-api:Invoke","Effect":"Deny","Resource":"*"}]},"#,
                r#""context":{"location":"https://front.example/oauth2/error?reason=event_malformed"}}"#
            )
        );
    }

    #[test]
    fn an_http_api_of_format_2_gets_a_simple_response() {
        assert_eq!(
            text(AuthorizerForm::HttpApiV2, &allow(&[("sub", "6f9619ff"), ("email", "")])),
            r#"{"isAuthorized":true,"context":{"sub":"6f9619ff"}}"#
        );
    }

    #[test]
    fn a_result_at_the_limit_is_given_and_one_byte_more_is_refused() {
        let rest = text(AuthorizerForm::RestRequest, &allow(&[("groups", "g")])).len() - 1;
        let fits = "g".repeat(MAX_RESULT_BYTES - rest);
        assert_eq!(text(AuthorizerForm::RestRequest, &allow(&[("groups", &fits)])).len(), MAX_RESULT_BYTES);
        let over = format!("{fits}g");
        assert_eq!(
            render_authorizer(AuthorizerForm::RestRequest, &arn(), &allow(&[("groups", &over)])),
            Err(AuthorizerAnswerRefusal::IdentityTooLarge)
        );
    }

    #[test]
    fn the_public_type_reads_the_policy() {
        let text = text(AuthorizerForm::RestRequest, &allow(&[]));
        let response: serde_json::Value = serde_json::from_str(&text).unwrap();
        let document = response.get("policyDocument").unwrap().clone();
        let policy: ApiGatewayCustomAuthorizerPolicy = serde_json::from_value(document).unwrap();
        assert_eq!(policy.version.as_deref(), Some("2012-10-17"));
        assert_eq!(policy.statement.len(), 1);
    }
}
