//! Writes the responses of a Lambda authorizer.

use relying_party::refusal::Refusal;

use crate::event::{AuthorizerForm, MethodArn};
use crate::json_text::{push_member, push_name};

/// The largest result, in bytes. API Gateway accepts 8 KB; the difference is a margin for other ways of
/// counting.
pub const MAX_RESULT_BYTES: usize = 7_680;

/// The response of an authorizer. A failure, which API Gateway answers with 401 or 500, is a
/// [`crate::FunctionError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizerResponse {
    /// Whether the request passes.
    pub allowed: bool,
    /// `principalId`: the subject; `anonymous` without an identity, `nobody` in a denial.
    pub principal: String,
    /// `context`: texts by name for mappings. Empty texts are left out: API Gateway could map nothing from
    /// them and would let the client's own header pass.
    pub context: Vec<(&'static str, String)>,
}

/// Writes `response` in the form that matches the event.
///
/// # Errors
///
/// [`Refusal::IdentityTooLarge`] if the result is over [`MAX_RESULT_BYTES`]: the identity, usually its groups, is
/// too large for this front. Nothing is dropped to make it fit.
pub(crate) fn render_authorizer(
    form: AuthorizerForm,
    arn: &MethodArn,
    response: &AuthorizerResponse,
) -> Result<Vec<u8>, Refusal> {
    let resource = match form {
        AuthorizerForm::WebSocket => arn.connect_resource(),
        // Its event has no path, so it decides about the whole stage, and no route rule is accepted beside it.
        AuthorizerForm::RestToken => arn.policy_resource(),
        _ if !response.allowed => arn.policy_resource(),
        AuthorizerForm::HttpApiV1 | AuthorizerForm::HttpApiV2 | AuthorizerForm::RestRequest => {
            arn.request_resource()
        }
    };
    let rendered = render_for(form, &resource, response);
    if rendered.len() <= MAX_RESULT_BYTES {
        return Ok(rendered);
    }
    // Whether an identity fits does not depend on the length of a path.
    let rendered = render_for(form, &arn.policy_resource(), response);
    if form == AuthorizerForm::WebSocket || rendered.len() > MAX_RESULT_BYTES {
        return Err(Refusal::IdentityTooLarge);
    }
    Ok(rendered)
}

/// Denies an event whose ARN could not be read. The policy covers every resource and so the one in question.
pub(crate) fn render_denial(form: AuthorizerForm, location: &str) -> Vec<u8> {
    let context = vec![("location", location.to_owned())];
    render_for(form, "*", &AuthorizerResponse { allowed: false, principal: "nobody".to_owned(), context })
}

fn render_for(form: AuthorizerForm, resource: &str, response: &AuthorizerResponse) -> Vec<u8> {
    let values: usize = response.context.iter().map(|(_, value)| value.len()).sum();
    let mut json = Vec::with_capacity(values + ROOM_AROUND_CONTEXT);
    json.push(b'{');
    match form {
        AuthorizerForm::HttpApiV2 => {
            push_name(&mut json, "isAuthorized");
            json.extend_from_slice(if response.allowed { b"true" } else { b"false" });
        }
        AuthorizerForm::HttpApiV1
        | AuthorizerForm::RestRequest
        | AuthorizerForm::RestToken
        | AuthorizerForm::WebSocket => {
            push_policy(&mut json, resource, response);
        }
    }
    push_context(&mut json, &response.context);
    json.push(b'}');
    json
}

/// An estimate of the bytes of a result without the values of its context, so that the buffer does not grow.
const ROOM_AROUND_CONTEXT: usize = 512;

fn push_policy(json: &mut Vec<u8>, resource: &str, response: &AuthorizerResponse) {
    let principal = response.principal.as_str();
    push_member(json, "principalId", if principal.is_empty() { "anonymous" } else { principal });
    json.extend_from_slice(br#","policyDocument":{"Version":"2012-10-17","Statement":[{"#);
    push_member(json, "Action", "execute-api:Invoke");
    push_member(json, "Effect", if response.allowed { "Allow" } else { "Deny" });
    push_member(json, "Resource", resource);
    json.extend_from_slice(b"}]}");
}

fn push_context(json: &mut Vec<u8>, context: &[(&'static str, String)]) {
    let mut values = context.iter().filter(|(_, value)| !value.is_empty()).peekable();
    if values.peek().is_none() {
        return;
    }
    push_name(json, "context");
    json.push(b'{');
    for (name, value) in values {
        push_member(json, name, value);
    }
    json.push(b'}');
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerPolicy;

    use super::{AuthorizerResponse, MAX_RESULT_BYTES, Refusal, render_authorizer, render_denial};
    use crate::event::{AuthorizerForm, MethodArn};

    fn arn() -> MethodArn {
        MethodArn::parse("arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7")
            .unwrap()
    }

    fn allow(context: &[(&'static str, &str)]) -> AuthorizerResponse {
        AuthorizerResponse {
            allowed: true,
            principal: "6f9619ff".to_owned(),
            context: context.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
        }
    }

    fn text(form: AuthorizerForm, response: &AuthorizerResponse) -> String {
        String::from_utf8(render_authorizer(form, &arn(), response).unwrap()).unwrap()
    }

    const POLICIES: [AuthorizerForm; 3] =
        [AuthorizerForm::RestRequest, AuthorizerForm::RestToken, AuthorizerForm::HttpApiV1];

    #[test]
    fn allow_is_a_policy_for_the_request_alone_with_context() {
        for (form, resource) in [
            (AuthorizerForm::RestRequest, "?ET/orders/7"),
            (AuthorizerForm::HttpApiV1, "?ET/orders/7"),
            (AuthorizerForm::RestToken, "*"),
        ] {
            let stage = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod";
            let expected = [
                r#"{"principalId":"6f9619ff","policyDocument":{"Version":"2012-10-17","Statement":"#,
                r#"[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":""#,
                stage,
                "/",
                resource,
                r#""}]},"context":{"sub":"6f9619ff"}}"#,
            ];
            assert_eq!(text(form, &allow(&[("sub", "6f9619ff"), ("email", "")])), expected.concat());
        }
    }

    #[test]
    fn an_identity_fits_whatever_the_length_of_the_path() {
        let short = text(AuthorizerForm::RestToken, &allow(&[("groups", "g")])).len() - 1;
        let groups = "g".repeat(MAX_RESULT_BYTES - short);
        let rendered = text(AuthorizerForm::RestRequest, &allow(&[("groups", &groups)]));
        assert_eq!(rendered.len(), MAX_RESULT_BYTES);
        assert!(rendered.contains("/prod/*\""));
    }

    #[test]
    fn deny_without_context_has_no_null_and_a_principal() {
        let deny = AuthorizerResponse { allowed: false, principal: String::new(), context: Vec::new() };
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
        let rest = text(AuthorizerForm::RestToken, &allow(&[("groups", "g")])).len() - 1;
        let fits = "g".repeat(MAX_RESULT_BYTES - rest);
        assert_eq!(text(AuthorizerForm::RestRequest, &allow(&[("groups", &fits)])).len(), MAX_RESULT_BYTES);
        let over = format!("{fits}g");
        assert_eq!(
            render_authorizer(AuthorizerForm::RestRequest, &arn(), &allow(&[("groups", &over)])),
            Err(Refusal::IdentityTooLarge)
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
