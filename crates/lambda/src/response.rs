//! Writes responses in the form that each front reads.

mod forwarded;
mod size_limit;

use std::collections::BTreeMap;

use http::StatusCode;
use relying_party::http::response::Response;
use serde::Serialize;

use crate::event::EventShape;
use crate::json_text::{push_member, push_name};

pub use forwarded::render_forwarded;
pub use size_limit::limit;

/// Writes `response` for the front that sent an event of `shape`.
///
/// The body is never base64, because every body of vestibule's own is UTF-8 text.
pub fn render(shape: EventShape, response: &Response) -> Vec<u8> {
    write(
        shape,
        &Message {
            status: response.status,
            headers: response.headers.iter().map(|(name, value)| (*name, value.as_str())).collect(),
            set_cookies: &response.set_cookies,
            body: &response.body,
            is_base64_encoded: false,
        },
    )
}

/// The members of a response that all formats have in common.
struct Message<'a> {
    status: StatusCode,
    headers: Vec<(&'a str, &'a str)>,
    set_cookies: &'a [String],
    body: &'a str,
    is_base64_encoded: bool,
}

fn write(shape: EventShape, message: &Message<'_>) -> Vec<u8> {
    let rendered = serde_json::to_vec(&ProxyResponse::of(shape, message));
    // Serialisation of texts and numbers under text keys cannot fail; to an empty response the front answers
    // 502.
    let mut json = rendered.unwrap_or_default();
    if json.pop() != Some(b'}') {
        return Vec::new();
    }
    // The body is nearly all of the response, so it uses the faster writer in json_text.
    push_member(&mut json, "body", message.body);
    push_name(&mut json, "isBase64Encoded");
    json.extend_from_slice(if message.is_base64_encoded { b"true}" } else { b"false}" });
    json
}

/// The members that all formats share, without the body. API Gateway answers 502 if it does not know a
/// member.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProxyResponse<'a> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<&'a str, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cookies: &'a [String],
}

impl<'a> ProxyResponse<'a> {
    fn of(shape: EventShape, message: &Message<'a>) -> Self {
        let (headers, multi_value_headers, cookies) = match shape {
            // API Gateway would merge `headers` with `multiValueHeaders`.
            EventShape::RestV1 | EventShape::Alb { multi_value: true } => {
                (None, Some(every_value(message)), &[][..])
            }
            // Only `cookies` can have several values.
            EventShape::HttpApiV2 => (Some(joined_values(message)), None, message.set_cookies),
            EventShape::Alb { multi_value: false } => (Some(single_values(message)), None, &[][..]),
        };
        let is_alb = matches!(shape, EventShape::Alb { .. });
        Self {
            status_code: message.status.as_u16(),
            status_description: is_alb.then(|| status_description(message.status)),
            headers,
            multi_value_headers,
            cookies,
        }
    }
}

fn every_value<'a>(response: &Message<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut headers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &response.headers {
        headers.entry(name).or_default().push(value);
    }
    for cookie in response.set_cookies {
        headers.entry("set-cookie").or_default().push(cookie);
    }
    headers
}

/// One value for each name; several are joined, as RFC 9110 section 5.3 allows for every field but
/// `Set-Cookie`.
fn joined_values(response: &Message<'_>) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &response.headers {
        headers
            .entry((*name).to_owned())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(value);
            })
            .or_insert_with(|| (*value).to_owned());
    }
    headers
}

/// The values for a target group without multi-value headers, which accepts one for a name. A load balancer keeps
/// the spelling of names, so each further `Set-Cookie` uses another spelling. If two set the same cookie, a
/// browser keeps the later one (RFC 6265 section 5.3), so the spellings sort in the order of the cookies.
fn single_values(response: &Message<'_>) -> BTreeMap<String, String> {
    let mut headers = joined_values(response);
    for (index, cookie) in response.set_cookies.iter().enumerate() {
        headers.insert(spelling_of_set_cookie(response.set_cookies.len() - index - 1), cookie.clone());
    }
    headers
}

/// For example `302 Found`; a load balancer refuses a response whose description does not start with the status.
fn status_description(status: StatusCode) -> String {
    format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or("Status"))
}

/// A spelling of `set-cookie` that sorts before `before` others; there are 512. An upper-case letter sorts
/// before the same letter in lower case.
fn spelling_of_set_cookie(before: usize) -> String {
    let mut bits = before.min(511);
    let letters = "set-cookie".chars().rev().map(|letter| {
        if !letter.is_ascii_alphabetic() {
            return letter;
        }
        let upper = bits & 1 == 1;
        bits >>= 1;
        if upper { letter.to_ascii_uppercase() } else { letter }
    });
    letters.collect::<Vec<_>>().into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

    use aws_lambda_events::alb::AlbTargetGroupResponse;
    use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
    use http::StatusCode;
    use relying_party::http::response::Response;

    use super::{render, spelling_of_set_cookie};
    use crate::event::EventShape;

    fn redirect() -> Response {
        Response::redirect(StatusCode::FOUND, "https://front.example/a?b=%22".to_owned())
            .cookies(["a=1; Path=/".to_owned(), "b=2; Path=/".to_owned()])
    }

    fn text(shape: EventShape, response: &Response) -> String {
        String::from_utf8(render(shape, response)).unwrap()
    }

    #[test]
    fn payload_1_has_every_cookie_in_multi_value_headers_and_no_other_member() {
        assert_eq!(
            text(EventShape::RestV1, &redirect()),
            concat!(
                r#"{"statusCode":302,"multiValueHeaders":{"cache-control":["no-store"],"#,
                r#""location":["https://front.example/a?b=%22"],"referrer-policy":["no-referrer"],"#,
                r#""set-cookie":["a=1; Path=/","b=2; Path=/"]},"body":"","isBase64Encoded":false}"#
            )
        );
    }

    #[test]
    fn payload_2_has_every_cookie_in_cookies() {
        assert_eq!(
            text(EventShape::HttpApiV2, &redirect()),
            concat!(
                r#"{"statusCode":302,"headers":{"cache-control":"no-store","#,
                r#""location":"https://front.example/a?b=%22","referrer-policy":"no-referrer"},"#,
                r#""cookies":["a=1; Path=/","b=2; Path=/"],"body":"","isBase64Encoded":false}"#
            )
        );
    }

    #[test]
    fn payload_2_without_cookies_has_no_such_member() {
        assert_eq!(
            text(EventShape::HttpApiV2, &Response::new(StatusCode::NO_CONTENT)),
            r#"{"statusCode":204,"headers":{"cache-control":"no-store"},"body":"","isBase64Encoded":false}"#
        );
    }

    #[test]
    fn a_target_group_with_multi_value_headers_gets_them_and_a_description() {
        assert_eq!(
            text(EventShape::Alb { multi_value: true }, &redirect()),
            concat!(
                r#"{"statusCode":302,"statusDescription":"302 Found","multiValueHeaders":"#,
                r#"{"cache-control":["no-store"],"location":["https://front.example/a?b=%22"],"#,
                r#""referrer-policy":["no-referrer"],"set-cookie":["a=1; Path=/","b=2; Path=/"]},"#,
                r#""body":"","isBase64Encoded":false}"#
            )
        );
    }

    #[test]
    fn a_target_group_without_them_gets_one_value_a_spelling() {
        assert_eq!(
            text(EventShape::Alb { multi_value: false }, &redirect()),
            concat!(
                r#"{"statusCode":302,"statusDescription":"302 Found","headers":{"cache-control":"no-store","#,
                r#""location":"https://front.example/a?b=%22","referrer-policy":"no-referrer","#,
                r#""set-cookiE":"a=1; Path=/","set-cookie":"b=2; Path=/"},"#,
                r#""body":"","isBase64Encoded":false}"#
            )
        );
    }

    #[test]
    fn every_spelling_of_set_cookie_is_another_and_sorted_before_the_next() {
        let spellings: Vec<String> = (0..512).rev().map(spelling_of_set_cookie).collect();
        assert!(spellings.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(spellings.iter().all(|spelling| spelling.eq_ignore_ascii_case("set-cookie")));
    }

    #[test]
    fn the_last_of_several_cookies_of_one_name_is_the_last_in_every_form() {
        let set_cookies: Vec<String> = (0..600).map(|number| format!("a={number}")).collect();
        let response = Response::new(StatusCode::OK).cookies(set_cookies);
        for shape in [
            EventShape::RestV1,
            EventShape::HttpApiV2,
            EventShape::Alb { multi_value: true },
            EventShape::Alb { multi_value: false },
        ] {
            let text = text(shape, &response);
            let place = |cookie: &str| text.find(&format!("\"{cookie}\"")).unwrap();
            assert!(place("a=597") < place("a=598") && place("a=598") < place("a=599"), "{shape:?}");
        }
    }

    #[test]
    fn several_values_of_one_name_are_joined_where_only_one_fits() {
        let response = Response::new(StatusCode::OK)
            .header("vary", "cookie".to_owned())
            .header("vary", "accept".to_owned());
        assert!(text(EventShape::HttpApiV2, &response).contains(r#""vary":"cookie, accept""#));
        assert!(text(EventShape::RestV1, &response).contains(r#""vary":["cookie","accept"]"#));
    }

    #[test]
    fn a_body_is_text_and_never_base64() {
        let response = Response::typed(StatusCode::OK, "text/html; charset=utf-8", "<p>\"ü\"\n".to_owned());
        for shape in [EventShape::RestV1, EventShape::HttpApiV2, EventShape::Alb { multi_value: true }] {
            assert!(text(shape, &response).ends_with(r#""body":"<p>\"ü\"\n","isBase64Encoded":false}"#));
        }
    }

    #[test]
    fn no_member_is_null() {
        for shape in [
            EventShape::RestV1,
            EventShape::HttpApiV2,
            EventShape::Alb { multi_value: true },
            EventShape::Alb { multi_value: false },
        ] {
            assert!(!text(shape, &redirect()).contains("null"));
        }
    }

    #[test]
    fn the_public_types_read_what_is_written() {
        let v1: ApiGatewayProxyResponse =
            serde_json::from_slice(&render(EventShape::RestV1, &redirect())).unwrap();
        assert_eq!(v1.multi_value_headers.get_all("set-cookie").iter().count(), 2);
        let v2: ApiGatewayV2httpResponse =
            serde_json::from_slice(&render(EventShape::HttpApiV2, &redirect())).unwrap();
        assert_eq!((v2.status_code, v2.cookies.len()), (302, 2));
        let alb: AlbTargetGroupResponse =
            serde_json::from_slice(&render(EventShape::Alb { multi_value: true }, &redirect())).unwrap();
        assert_eq!(alb.status_description.as_deref(), Some("302 Found"));
        assert_eq!(alb.multi_value_headers.get_all("set-cookie").iter().count(), 2);
    }
}
