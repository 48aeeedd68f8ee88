//! Builds the request that an `HTTP_PROXY` integration sends to the upstream.
//!
//! API Gateway developer guide: "Set up HTTP integrations", "Parameter mapping source reference for REST APIs" and
//! "Important notes".

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::API_ID;
use super::behaviour::{Behaviour, EmptyValue, HeaderNames, PathParameters};
use super::call::Call;
use super::definition::{HttpProxy, UriPart};
use super::headers;
use super::request::UpstreamRequest;

/// The characters that the path of a request cannot contain. A decoded slash stays a slash, because the flag exists
/// to show that case.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'|')
    .add(b'\\')
    .add(b'^');

/// Everything but unreserved characters (RFC 3986 section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Builds the request for the upstream.
pub(super) fn request(proxy: &HttpProxy, call: &Call, behaviour: &Behaviour) -> UpstreamRequest {
    UpstreamRequest {
        secure: proxy.secure,
        authority: proxy.authority.clone(),
        method: proxy.method.clone().unwrap_or_else(|| call.method.clone()),
        target: target(proxy, call, behaviour.path_parameters),
        headers: request_headers(proxy, call, behaviour.empty_value),
        body: call.body.clone(),
    }
}

fn target(proxy: &HttpProxy, call: &Call, decoding: PathParameters) -> String {
    let mut target = String::new();
    for part in &proxy.target {
        match part {
            UriPart::Text(text) => target.push_str(text),
            UriPart::Placeholder(name) => {
                let value =
                    proxy.path.get(name).and_then(|source| source.values(call).pop()).unwrap_or_default();
                match decoding {
                    PathParameters::Decoded => target.extend(utf8_percent_encode(&value, PATH)),
                    PathParameters::AsSent => target.push_str(&value),
                }
            }
        }
    }
    // Mapped query parameters are appended to the client's; they do not replace them.
    let mut query: Vec<String> = call.query.iter().filter(|query| !query.is_empty()).cloned().collect();
    for (name, source) in &proxy.query {
        for value in source.values(call) {
            query.push(format!(
                "{}={}",
                utf8_percent_encode(name, QUERY),
                utf8_percent_encode(&value, QUERY)
            ));
        }
    }
    if !query.is_empty() {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&query.join("&"));
    }
    target
}

fn request_headers(proxy: &HttpProxy, call: &Call, empty: EmptyValue) -> Vec<(String, Vec<u8>)> {
    let mut headers = headers::towards_upstream(&call.headers);
    for (name, source) in &proxy.headers {
        let mut values = source.values(call);
        if empty == EmptyValue::NoMapping {
            values.retain(|value| !value.is_empty());
        }
        // If the source is absent there is no mapping, so the client's own header passes.
        if values.is_empty() {
            continue;
        }
        headers.retain(|(existing, _)| !replaces(call.stage_context.header_names, name, existing));
        headers.extend(values.into_iter().map(|value| (name.clone(), one_line(&value))));
    }
    headers.retain(|(name, _)| {
        !name.eq_ignore_ascii_case("x-amzn-trace-id")
            && !name.eq_ignore_ascii_case("x-amzn-apigateway-api-id")
    });
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("user-agent")) {
        headers.push(("User-Agent".to_owned(), format!("AmazonAPIGateway_{API_ID}").into_bytes()));
    }
    headers.push(("X-Amzn-Trace-Id".to_owned(), call.stamp.trace_id().into_bytes()));
    headers.push(("X-Amzn-Apigateway-Api-Id".to_owned(), API_ID.into()));
    headers
}

fn replaces(names: HeaderNames, mapped: &str, existing: &str) -> bool {
    match names {
        HeaderNames::CaseSensitive => mapped == existing,
        HeaderNames::CaseInsensitive => mapped.eq_ignore_ascii_case(existing),
    }
}

/// A line break in a value would end the header. AWS does not document how it handles one, but it does not send it.
pub(super) fn one_line(value: &str) -> Vec<u8> {
    value.bytes().map(|byte| if byte < 0x20 || byte == 0x7f { b' ' } else { byte }).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::api_gateway::fixture::{call, http_proxy};

    fn sent(call: &Call) -> UpstreamRequest {
        request(&http_proxy("/{proxy+}"), call, &Behaviour::default())
    }

    fn with(mut call: Call, headers: &[(&str, &str)]) -> Call {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        call.headers.extend(headers);
        call
    }

    fn values(request: &UpstreamRequest, name: &str) -> Vec<String> {
        let named = request.headers.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect()
    }

    #[test]
    fn any_forwards_the_clients_method_and_query() {
        let request = sent(&call("PATCH", "/a/b?x=1&x=%2F&y"));
        assert_eq!((request.method.as_str(), request.target.as_str()), ("PATCH", "/base/a/b?x=1&x=%2F&y"));
    }

    #[test]
    fn an_encoded_slash_goes_either_way() {
        let call = call("GET", "/a%2Fb%20c%3Fd%25");
        assert_eq!(sent(&call).target, "/base/a/b%20c%3Fd%25");
        let mut raw = call.clone();
        raw.path_parameters = vec![("proxy".to_owned(), "a%2Fb%20c%3Fd%25".to_owned())];
        let proxy = http_proxy("/{proxy+}");
        let behaviour = Behaviour { path_parameters: PathParameters::AsSent, ..Behaviour::default() };
        assert_eq!(request(&proxy, &raw, &behaviour).target, "/base/a%2Fb%20c%3Fd%25");
    }

    #[test]
    fn a_mapping_replaces_the_clients_header_of_its_spelling() {
        let request = sent(&with(call("GET", "/a"), &[("x-sub", "forged"), ("x-sub", "again")]));
        assert_eq!(values(&request, "x-sub"), ["user-1"]);
    }

    #[test]
    fn another_spelling_survives_when_names_are_case_sensitive() {
        let request = sent(&with(call("GET", "/a"), &[("X-SUB", "forged")]));
        assert_eq!(
            (values(&request, "X-SUB"), values(&request, "x-sub")),
            (vec!["forged".to_owned()], vec!["user-1".to_owned()])
        );
    }

    #[test]
    fn another_spelling_is_replaced_when_names_are_not() {
        let mut call = with(call("GET", "/a"), &[("X-SUB", "forged")]);
        call.stage_context.header_names = HeaderNames::CaseInsensitive;
        let request = sent(&call);
        assert!(values(&request, "X-SUB").is_empty());
        assert_eq!(values(&request, "x-sub"), ["user-1"]);
    }

    #[test]
    fn an_absent_source_lets_the_clients_header_pass() {
        let request = sent(&with(call("GET", "/a"), &[("x-absent", "forged")]));
        assert_eq!(values(&request, "x-absent"), ["forged"]);
    }

    #[test]
    fn an_empty_value_goes_either_way() {
        let mut call = with(call("GET", "/a"), &[("x-sub", "forged")]);
        call.principal.iter_mut().for_each(|principal| {
            principal.context.insert("sub".to_owned(), String::new());
        });
        let with = |empty_value: EmptyValue| {
            let behaviour = Behaviour { empty_value, ..Behaviour::default() };
            values(&request(&http_proxy("/{proxy+}"), &call, &behaviour), "x-sub")
        };
        assert_eq!(with(EmptyValue::NoMapping), ["forged"]);
        assert_eq!(with(EmptyValue::EmptyHeader), [""]);
    }

    #[test]
    fn a_mapped_query_parameter_is_appended() {
        let request =
            request(&http_proxy("/items/{id}"), &call("GET", "/items/7?stage=x"), &Behaviour::default());
        assert_eq!(request.target, "/i/7?stage=x&stage=prod");
        assert_eq!(request.method, "GET");
    }

    #[test]
    fn api_gateway_adds_its_two_headers_and_no_forwarding() {
        let request = sent(&with(call("GET", "/a"), &[("x-amzn-trace-id", "Root=forged")]));
        assert!(values(&request, "x-amzn-trace-id").is_empty());
        assert_eq!(values(&request, "X-Amzn-Trace-Id").len(), 1);
        assert_eq!(values(&request, "X-Amzn-Apigateway-Api-Id"), ["local00000"]);
        assert!(
            !request.headers.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("x-forwarded"))
        );
        assert_eq!(values(&request, "Host"), Vec::<String>::new());
    }
}
