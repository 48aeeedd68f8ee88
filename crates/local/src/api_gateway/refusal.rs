//! Builds the responses of API Gateway itself: gateway responses.
//!
//! API Gateway developer guide: "Gateway responses for REST APIs" and "Gateway response types".

use std::collections::BTreeMap;

use super::call::Call;
use super::definition::{GatewayResponse, ResponseType, default_status};
use super::headers::choose;
use super::http_proxy::one_line;
use super::mapping::{ErrorVariables, variable};
use super::request::RawResponse;

/// A reason for API Gateway to answer by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    kind: ResponseType,
    /// The status of a type without a default status.
    status: Option<u16>,
    /// `x-amzn-ErrorType`.
    error_type: &'static str,
    message: Option<String>,
    /// The key of the default body; ACCESS_DENIED spells it `Message`.
    key: &'static str,
    /// Whether gateway responses do not apply: the API is not known yet, or another part of AWS answers.
    fixed: bool,
    /// The text for the log of the local stack; the client does not get it.
    reason: String,
}

impl Refusal {
    fn new(kind: &'static str, error_type: &'static str, message: &str) -> Self {
        Self {
            kind: ResponseType(kind),
            status: None,
            error_type,
            message: Some(message.to_owned()),
            key: "message",
            fixed: false,
            reason: message.to_owned(),
        }
    }

    pub(super) fn access_denied(explicit: bool) -> Self {
        let message = if explicit {
            "User is not authorized to access this resource with an explicit deny"
        } else {
            "User is not authorized to access this resource"
        };
        Self { key: "Message", ..Self::new("ACCESS_DENIED", "AccessDeniedException", message) }
    }

    pub(super) fn unauthorized() -> Self {
        Self::new("UNAUTHORIZED", "UnauthorizedException", "Unauthorized")
    }

    pub(super) fn authorizer_configuration(reason: String) -> Self {
        let refusal = Self::new("AUTHORIZER_CONFIGURATION_ERROR", "AuthorizerConfigurationException", "");
        Self { message: None, reason, ..refusal }
    }

    pub(super) fn authorizer_failure(reason: String) -> Self {
        let refusal = Self::new("AUTHORIZER_FAILURE", "AuthorizerFailureException", "");
        Self { message: None, reason, ..refusal }
    }

    pub(super) fn no_route() -> Self {
        Self::new(
            "MISSING_AUTHENTICATION_TOKEN",
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        )
    }

    /// In practice it cannot be customised ("Important notes").
    pub(super) fn too_large() -> Self {
        Self { fixed: true, ..Self::new("REQUEST_TOO_LARGE", "RequestTooLargeException", "Request Too Long") }
    }

    pub(super) fn integration_failure(reason: String) -> Self {
        let message = "Network error communicating with endpoint";
        Self { reason, ..Self::new("INTEGRATION_FAILURE", "InternalServerErrorException", message) }
    }

    pub(super) fn integration_timeout() -> Self {
        Self::new("INTEGRATION_TIMEOUT", "InternalServerErrorException", "Endpoint request timed out")
    }

    pub(super) fn api_configuration(reason: &str) -> Self {
        let refusal =
            Self::new("API_CONFIGURATION_ERROR", "InternalServerErrorException", "Internal server error");
        Self { reason: reason.to_owned(), ..refusal }
    }

    /// A function that failed or whose response is malformed: 502, as DEFAULT_5XX.
    pub(super) fn bad_function(reason: String) -> Self {
        let refusal = Self::new("DEFAULT_5XX", "InternalServerErrorException", "Internal server error");
        Self { status: Some(502), reason, ..refusal }
    }

    /// A fault of the request that API Gateway's front answers itself.
    pub(super) fn at_the_front(status: u16, error_type: &'static str, message: &str) -> Self {
        Self { status: Some(status), fixed: true, ..Self::new("DEFAULT_4XX", error_type, message) }
    }

    /// The reason, for the log of the local stack.
    pub(super) fn log_text(&self) -> String {
        self.reason.clone()
    }

    /// The response with the API's gateway responses applied.
    pub(super) fn answer(
        &self,
        responses: &BTreeMap<ResponseType, GatewayResponse>,
        call: &Call,
    ) -> RawResponse {
        let own_status = self.status.or_else(|| default_status(self.kind)).unwrap_or(500);
        let custom = if self.fixed { None } else { customisation(responses, self.kind, own_status) };
        let status = custom.and_then(|custom| custom.status).unwrap_or(own_status);
        let error = ErrorVariables { message: self.message.clone(), response_type: self.kind.0 };
        let (content_type, body) = self.body(custom, call, &error);
        let mut headers = vec![
            ("Content-Type".to_owned(), content_type.into_bytes()),
            ("x-amzn-ErrorType".to_owned(), self.error_type.as_bytes().to_vec()),
        ];
        if let Some(custom) = custom {
            for (name, source) in &custom.headers {
                if let Some(value) = variable(source, call, &error) {
                    headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(name));
                    headers.push((name.clone(), one_line(&value)));
                }
            }
        }
        RawResponse { status, headers, body: body.into_bytes() }
    }

    fn body(
        &self,
        custom: Option<&GatewayResponse>,
        call: &Call,
        error: &ErrorVariables,
    ) -> (String, String) {
        let templates = custom.map(|custom| custom.templates.as_slice()).unwrap_or_default();
        if let Some((media_type, template)) = choose(templates, call.own_header("Accept").as_deref()) {
            return (media_type.clone(), template.render(call, error));
        }
        let message = serde_json::Value::from(self.message.clone());
        ("application/json".to_owned(), format!("{{\"{}\":{message}}}", self.key))
    }
}

/// A customised type inherits nothing; a type that is not customised uses all of DEFAULT_4XX or DEFAULT_5XX.
fn customisation(
    responses: &BTreeMap<ResponseType, GatewayResponse>,
    kind: ResponseType,
    status: u16,
) -> Option<&GatewayResponse> {
    let fallback = ResponseType(if status < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" });
    responses.get(&kind).or_else(|| responses.get(&fallback))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::api_gateway::fixture::{api_with, call};

    fn answered(refusal: &Refusal, yaml: &str, accept: Option<&str>) -> RawResponse {
        let definition = api_with(yaml).unwrap();
        let mut call = call("GET", "/a?x=1");
        if let Some(accept) = accept {
            call.headers.push(("accept".to_owned(), accept.as_bytes().to_vec()));
        }
        refusal.answer(&definition.gateway_responses, &call)
    }

    fn plain(refusal: &Refusal, yaml: &str) -> (u16, String) {
        let answer = answered(refusal, yaml, None);
        (answer.status, String::from_utf8(answer.body).unwrap())
    }

    fn header(answer: &RawResponse, name: &str) -> Option<String> {
        answer.header_values(name).first().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    #[test]
    fn defaults_are_those_of_aws() {
        let denied = plain(&Refusal::access_denied(true), "{}");
        assert_eq!(denied.0, 403);
        assert!(denied.1.starts_with("{\"Message\":"), "{}", denied.1);
        assert_eq!(plain(&Refusal::unauthorized(), "{}"), (401, "{\"message\":\"Unauthorized\"}".to_owned()));
        let broken = Refusal::authorizer_configuration("why".to_owned());
        assert_eq!(plain(&broken, "{}"), (500, "{\"message\":null}".to_owned()));
        assert_eq!(plain(&Refusal::no_route(), "{}").0, 403);
        assert_eq!(plain(&Refusal::integration_failure(String::new()), "{}").0, 504);
        assert_eq!(plain(&Refusal::integration_timeout(), "{}").0, 504);
        assert_eq!(plain(&Refusal::bad_function(String::new()), "{}").0, 502);
    }

    #[test]
    fn every_gateway_response_has_its_error_type() {
        let answer = answered(&Refusal::unauthorized(), "{}", None);
        assert_eq!(header(&answer, "x-amzn-ErrorType").as_deref(), Some("UnauthorizedException"));
    }

    #[test]
    fn access_denied_redirects_to_the_authorizers_location() {
        let yaml = "{ACCESS_DENIED: {StatusCode: 302, ResponseParameters: {Headers: \
            {Location: context.authorizer.sub, Cache-Control: \"'no-store'\"}}}}";
        let answer = answered(&Refusal::access_denied(true), yaml, None);
        assert_eq!(answer.status, 302);
        assert_eq!(header(&answer, "location").as_deref(), Some("user-1"));
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-store"));
    }

    #[test]
    fn a_header_whose_source_is_absent_is_left_out() {
        let yaml = "{ACCESS_DENIED: {ResponseParameters: {Headers: {Location: context.authorizer.nothing}}}}";
        let denied = Refusal::access_denied(true);
        assert_eq!(header(&answered(&denied, yaml, None), "location"), None);
    }

    #[test]
    fn a_default_applies_to_what_is_not_customised_and_only_there() {
        let yaml = "{DEFAULT_4XX: {ResponseParameters: {Headers: {X-A: \"'1'\"}}, \
            ResponseTemplates: {application/json: '{\"m\":$context.error.messageString}'}}, \
            UNAUTHORIZED: {ResponseParameters: {Headers: {X-B: \"'2'\"}}}}";
        let inherited = answered(&Refusal::no_route(), yaml, None);
        assert_eq!(inherited.status, 403);
        assert_eq!(header(&inherited, "x-a").as_deref(), Some("1"));
        assert_eq!(inherited.body, b"{\"m\":\"Missing Authentication Token\"}");
        let own = answered(&Refusal::unauthorized(), yaml, None);
        assert_eq!(header(&own, "x-a"), None);
        assert_eq!(own.body, b"{\"message\":\"Unauthorized\"}");
    }

    #[test]
    fn a_status_of_a_default_replaces_every_status() {
        let yaml = "{DEFAULT_5XX: {StatusCode: '599'}}";
        assert_eq!(plain(&Refusal::integration_timeout(), yaml).0, 599);
        assert_eq!(plain(&Refusal::unauthorized(), yaml).0, 401);
    }

    #[test]
    fn a_template_is_chosen_by_accept() {
        let yaml = "{UNAUTHORIZED: {ResponseTemplates: {text/html: '<p>no</p>', application/json: '{}'}}}";
        let page = answered(&Refusal::unauthorized(), yaml, Some("text/html, */*"));
        assert_eq!(header(&page, "content-type").as_deref(), Some("text/html"));
        assert_eq!(page.body, b"<p>no</p>");
        let json = answered(&Refusal::unauthorized(), yaml, Some("*/*"));
        assert_eq!(json.body, b"{}");
    }

    #[test]
    fn a_line_break_in_a_value_ends_no_header() {
        assert_eq!(one_line("a\r\nSet-Cookie: x"), b"a  Set-Cookie: x");
    }
}
