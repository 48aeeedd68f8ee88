//! Answers of a Lambda authorizer.

use std::collections::BTreeMap;

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
    /// `identity_too_large` configuration 403
    IdentityTooLarge,
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
    let context = context_of(verdict);
    let rendered = match form {
        AuthorizerForm::HttpApiV2 => {
            serde_json::to_vec(&SimpleResponse { is_authorized: verdict.allowed, context })
        }
        AuthorizerForm::HttpApiV1 | AuthorizerForm::RestRequest | AuthorizerForm::RestToken => {
            serde_json::to_vec(&policy(arn, verdict, context))
        }
    };
    // Texts under text keys always serialise; were it otherwise, an empty result lets nothing pass.
    let rendered = rendered.unwrap_or_default();
    if rendered.len() > MAX_RESULT_BYTES {
        return Err(AuthorizerAnswerRefusal::IdentityTooLarge);
    }
    Ok(rendered)
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
    arn: &MethodArn,
    verdict: &'a Verdict,
    context: BTreeMap<&'a str, &'a str>,
) -> PolicyResponse<'a> {
    let statement = Statement {
        action: "execute-api:Invoke",
        effect: if verdict.allowed { "Allow" } else { "Deny" },
        resource: arn.policy_resource(),
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
