//! Input that is not an event, or that no client should send. It never panics and always gives the exact
//! reason.

use proptest::prelude::*;
use relying_party::refusal::reason::Fault;
use serde_json::{Value, json};

use super::{
    http_api_event, load_balancer_event, refusal, request, rest_event, shape_and_request, with, without,
};
use crate::event::request_limits::{
    MAX_EVENT_BYTES, MAX_HEADER_BYTES, MAX_HEADER_FIELDS, MAX_HEADER_NAME_BYTES,
};
use crate::event::{EventRefusal, EventShape, parse_authorizer_event, parse_http_event};

fn refusal_of_bytes(bytes: &[u8]) -> EventRefusal {
    parse_http_event(bytes, "").unwrap_err().refusal
}

#[test]
fn no_json_is_refused() {
    for text in ["", " ", "{", "}", "{\"path\":", "nonsense", "{} {}", "{\"a\":\"\n\"}", "\u{feff}{}"] {
        assert_eq!(refusal_of_bytes(text.as_bytes()), EventRefusal::NotJson, "{text}");
    }
}

#[test]
fn json_that_is_no_object_is_refused() {
    for text in ["null", "7", "true", "\"{}\"", "[]"] {
        assert_eq!(refusal_of_bytes(text.as_bytes()), EventRefusal::WrongType("the event"), "{text}");
    }
}

#[test]
fn invalid_utf_8_is_refused_wherever_it_is() {
    let good = rest_event().to_string();
    for place in ["/orders/7", "theme=dark", "httpMethod", "sourceIp"] {
        let at = good.find(place).unwrap();
        let mut bytes = good.clone().into_bytes();
        *bytes.get_mut(at).unwrap() = 0xff;
        assert_eq!(refusal_of_bytes(&bytes), EventRefusal::NotJson, "{place}");
    }
}

#[test]
fn half_a_surrogate_pair_is_refused() {
    let text = rest_event().to_string().replace("theme=dark", "theme=\\ud800");
    assert_eq!(refusal_of_bytes(text.as_bytes()), EventRefusal::NotJson);
}

#[test]
fn an_event_cut_at_any_length_is_refused() {
    for good in [rest_event(), http_api_event(), load_balancer_event()] {
        let good = good.to_string();
        for length in 0..good.len() {
            let cut = good.as_bytes().get(..length).unwrap();
            assert_eq!(refusal_of_bytes(cut), EventRefusal::NotJson, "{length}");
        }
    }
}

#[test]
fn json_nested_10_000_deep_is_refused() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(refusal_of_bytes(deep.as_bytes()), EventRefusal::NotJson);
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    assert_eq!(refusal_of_bytes(objects.as_bytes()), EventRefusal::NotJson);
    for member in ["/headers", "/requestContext", "/unknown"] {
        let text = with(rest_event(), member, json!("DEEP")).to_string().replace("\"DEEP\"", &deep);
        assert_eq!(refusal_of_bytes(text.as_bytes()), EventRefusal::NotJson, "{member}");
    }
}

#[test]
fn an_event_beyond_the_limit_is_refused() {
    let body = "x".repeat(MAX_EVENT_BYTES);
    assert_eq!(refusal(&with(rest_event(), "/body", json!(body))), EventRefusal::TooLarge);
}

#[test]
fn an_event_of_no_form_is_refused() {
    for event in [
        json!({}),
        json!({"Records": [{"eventSource": "aws:sqs"}]}),
        without(rest_event(), "/httpMethod"),
        with(http_api_event(), "/version", json!("3.0")),
        without(http_api_event(), "/version"),
    ] {
        assert_eq!(refusal(&event), EventRefusal::Unsupported);
    }
}

#[test]
fn members_that_decide_have_their_type() {
    let wrong = [json!(7), json!(true), json!([]), json!("text"), json!({"a": 1})];
    for (member, good) in [
        ("version", "text"),
        ("httpMethod", "text"),
        ("path", "text"),
        ("resource", "text"),
        ("body", "text"),
        ("isBase64Encoded", "boolean"),
        ("headers", "object"),
        ("multiValueHeaders", "object"),
        ("queryStringParameters", "object"),
        ("multiValueQueryStringParameters", "object"),
        ("pathParameters", "object"),
        ("requestContext", "object"),
    ] {
        for value in &wrong {
            let fits = match good {
                "text" => value.is_string(),
                "boolean" => value.is_boolean(),
                // An object with wrong values is refused one level below, with the same member name.
                _ => {
                    member == "requestContext" && value.is_object()
                        || member == "pathParameters" && value.is_object()
                }
            };
            if !fits {
                let event = with(rest_event(), &format!("/{member}"), value.clone());
                assert_eq!(refusal(&event), EventRefusal::WrongType(member), "{member} {value}");
            }
        }
    }
}

#[test]
fn members_of_the_context_have_their_type() {
    for (pointer, member) in [
        ("/requestContext/requestId", "requestContext.requestId"),
        ("/requestContext/stage", "requestContext.stage"),
        ("/requestContext/identity", "requestContext.identity"),
        ("/requestContext/identity/sourceIp", "requestContext.identity.sourceIp"),
        ("/requestContext/elb", "requestContext.elb"),
        ("/pathParameters/proxy", "pathParameters"),
    ] {
        let event = with(rest_event(), pointer, json!(7));
        assert_eq!(refusal(&event), EventRefusal::WrongType(member));
    }
}

#[test]
fn header_values_are_texts() {
    for value in [json!(null), json!(7), json!(["a"]), json!({})] {
        let event = with(without(rest_event(), "/multiValueHeaders"), "/headers/Accept", value);
        assert_eq!(refusal(&event), EventRefusal::WrongType("headers"));
    }
    for value in [json!(null), json!("a"), json!([7]), json!([null]), json!([["a"]])] {
        let event = with(rest_event(), "/multiValueHeaders/Accept", value);
        assert_eq!(refusal(&event), EventRefusal::WrongType("multiValueHeaders"));
    }
}

#[test]
fn a_member_that_decides_must_be_there_once() {
    let good = rest_event().to_string();
    for (member, value) in [
        ("path", "\"/\""),
        ("httpMethod", "\"GET\""),
        ("multiValueHeaders", "{}"),
        ("requestContext", "null"),
        ("body", "null"),
    ] {
        let twice = good.replacen('{', &format!("{{\"{member}\":{value},"), 1);
        assert_eq!(refusal_of_bytes(twice.as_bytes()), EventRefusal::DuplicateMember(member));
    }
}

#[test]
fn a_rest_event_has_a_path_and_a_method() {
    assert_eq!(refusal(&without(rest_event(), "/path")), EventRefusal::MissingMember("path"));
    let null = with(rest_event(), "/path", Value::Null);
    assert_eq!(refusal(&null), EventRefusal::MissingMember("path"));
    let null = with(rest_event(), "/httpMethod", Value::Null);
    assert_eq!(refusal(&null), EventRefusal::MissingMember("httpMethod"));
}

#[test]
fn a_method_is_of_capital_letters_on_every_front() {
    let events = [
        (rest_event(), "/httpMethod"),
        (http_api_event(), "/requestContext/http/method"),
        (load_balancer_event(), "/httpMethod"),
    ];
    for (event, member) in events {
        for method in [
            "", "GE T", "GET\r\n", "G\u{cb}T", "get", "Get", "geT", "trace", "connect", "GET1", "G.T", "G_T",
            "*", "-GET", "!", "patch",
        ] {
            let event = with(event.clone(), member, json!(method));
            assert_eq!(refusal(&event), EventRefusal::MethodMalformed, "{member} {method}");
        }
        for method in ["GET", "PATCH", "PROPFIND", "VERSION-CONTROL"] {
            assert_eq!(request(&with(event.clone(), member, json!(method))).method.as_str(), method);
        }
    }
}

#[test]
fn control_characters_in_headers_are_refused() {
    for byte in (0_u8..0x20).chain([0x7f]).filter(|byte| *byte != b'\t') {
        let value = format!("a{}b", char::from(byte));
        let event = with(without(rest_event(), "/headers"), "/multiValueHeaders/X", json!([value]));
        assert_eq!(refusal(&event), EventRefusal::ControlCharacter, "{byte}");
        let event =
            with(without(rest_event(), "/headers"), &format!("/multiValueHeaders/{value}"), json!(["a"]));
        assert_eq!(refusal(&event), EventRefusal::ControlCharacter, "{byte}");
    }
    let tab = with(without(rest_event(), "/headers"), "/multiValueHeaders/X", json!(["a\tb"]));
    assert_eq!(request(&tab).headers.sole("x"), Some("a\tb"));
}

#[test]
fn header_names_are_tokens() {
    for name in ["", "a b", "a:b", "(a)", "ä", "a,b", "a\"b"] {
        let event =
            with(without(rest_event(), "/headers"), &format!("/multiValueHeaders/{name}"), json!(["1"]));
        assert_eq!(refusal(&event), EventRefusal::HeaderNameMalformed, "{name}");
    }
}

#[test]
fn headers_of_10_kilobytes_are_read() {
    let value = "v".repeat(10_240);
    let event = with(without(rest_event(), "/headers"), "/multiValueHeaders/X", json!([value]));
    assert_eq!(request(&event).headers.sole("x").map(str::len), Some(10_240));
}

#[test]
fn three_hundred_cookies_are_read() {
    let cookies: Vec<String> = (0..300).map(|number| format!("c{number}=v{number}")).collect();
    let v1 = with(without(rest_event(), "/headers"), "/multiValueHeaders/Cookie", json!(cookies));
    assert_eq!(request(&v1).headers.values("cookie").count(), 300);
    let v2 = request(&with(http_api_event(), "/cookies", json!(cookies)));
    assert_eq!(v2.headers.sole("cookie"), Some(cookies.join("; ").as_str()));
}

#[test]
fn a_token_of_100_kilobytes_is_left_to_whoever_judges_tokens() {
    let value = format!("Bearer {}", "t".repeat(100_000));
    let event = with(http_api_event(), "/headers/authorization", json!(value));
    assert_eq!(request(&event).headers.sole("authorization"), Some(value.as_str()));
}

#[test]
fn headers_beyond_every_limit_are_refused() {
    let event = with(http_api_event(), "/headers/x", json!("v".repeat(MAX_HEADER_BYTES)));
    assert_eq!(refusal(&event), EventRefusal::HeadersTooLarge);
    let event =
        with(http_api_event(), &format!("/headers/{}", "x".repeat(MAX_HEADER_NAME_BYTES + 1)), json!("v"));
    assert_eq!(refusal(&event), EventRefusal::HeadersTooLarge);
    let event =
        with(http_api_event(), &format!("/headers/{}", "x".repeat(MAX_HEADER_NAME_BYTES)), json!("v"));
    assert_eq!(request(&event).headers.iter().filter(|(name, _)| name.len() > 100).count(), 1);
    let many = vec!["v"; MAX_HEADER_FIELDS + 1];
    let event = with(without(rest_event(), "/headers"), "/multiValueHeaders/X", json!(many));
    assert_eq!(refusal(&event), EventRefusal::HeadersTooLarge);
}

#[test]
fn counts_are_limited_before_maps_are_compared() {
    let names: Vec<String> = (0..60_000).map(|number| format!("p{number}")).collect();
    let single: Value =
        names.iter().map(|name| (name.clone(), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    let several: Value =
        names.iter().map(|name| (name.clone(), json!(["w"]))).collect::<serde_json::Map<_, _>>().into();
    let event = with(rest_event(), "/queryStringParameters", single.clone());
    let event = with(event, "/multiValueQueryStringParameters", several.clone());
    assert_eq!(refusal(&event), EventRefusal::QueryTooLarge);
    let event = with(with(rest_event(), "/headers", single), "/multiValueHeaders", several);
    assert_eq!(refusal(&event), EventRefusal::HeadersTooLarge);
    let cookies = with(http_api_event(), "/cookies", json!(vec!["a=1"; MAX_HEADER_FIELDS + 1]));
    assert_eq!(refusal(&cookies), EventRefusal::HeadersTooLarge);
}

#[test]
fn a_refused_event_is_answered_in_its_own_shape_under_its_own_id() {
    for (event, shape, request_id) in [
        (rest_event(), EventShape::RestV1, "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
        (http_api_event(), EventShape::HttpApiV2, "JKJaXmPLvHcESHA="),
        (load_balancer_event(), EventShape::Alb { multi_value: true }, ""),
    ] {
        let refused =
            parse_http_event(with(event, "/body", json!(7)).to_string().as_bytes(), "").unwrap_err();
        assert_eq!(refused.refusal, EventRefusal::WrongType("body"));
        assert_eq!((refused.shape, refused.request_id.as_str()), (shape, request_id));
    }
}

#[test]
fn no_refusal_shows_what_the_client_sent() {
    let event = with(without(rest_event(), "/headers"), "/multiValueHeaders/Cookie", json!(["hidden\u{0}"]));
    let refused = parse_http_event(event.to_string().as_bytes(), "").unwrap_err();
    let shown = format!("{refused:?}");
    assert!(!shown.contains("hidden"), "{shown}");
}

#[test]
fn nothing_here_is_a_server_error_and_only_the_wrong_trigger_is_no_clients_fault() {
    for refusal in [
        EventRefusal::BodyNotBase64,
        EventRefusal::ControlCharacter,
        EventRefusal::DuplicateMember("path"),
        EventRefusal::HeadersDisagree,
        EventRefusal::HeaderNameMalformed,
        EventRefusal::HeadersTooLarge,
        EventRefusal::MethodMalformed,
        EventRefusal::MissingMember("path"),
        EventRefusal::NotJson,
        EventRefusal::PathMismatch,
        EventRefusal::PathMalformed,
        EventRefusal::QueryDisagrees,
        EventRefusal::QueryTooLarge,
        EventRefusal::TooLarge,
        EventRefusal::WrongType("path"),
    ] {
        let reason = refusal.reason();
        assert_eq!(reason.fault, Fault::Client, "{refusal:?}");
        assert!(reason.status.is_client_error(), "{refusal:?}");
    }
    let reason = EventRefusal::Unsupported.reason();
    assert_eq!((reason.fault, reason.status.as_u16()), (Fault::Configuration, 400));
}

/// Arbitrary JSON, with the member names of events among its members.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "(2\\.0|1\\.0|REQUEST|TOKEN|GET|/|/\\{proxy\\+\\})".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..10)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(version|httpMethod|path|resource|headers|multiValueHeaders|cookies|rawPath|rawQueryString)",
        "(requestContext|http|method|elb|identity|sourceIp|requestId|stage|body|isBase64Encoded|type)",
        "(queryStringParameters|multiValueQueryStringParameters|pathParameters|proxy|methodArn|routeArn)",
        ".{0,6}",
    ]
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(event in any_json()) {
        let _ = parse_http_event(event.to_string().as_bytes(), "");
        let _ = parse_authorizer_event(event.to_string().as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(parse_http_event(&bytes, "").is_err());
    }

    #[test]
    fn a_good_event_with_any_member_changed_is_read_or_refused(member in name(), value in any_json()) {
        for good in [rest_event(), http_api_event(), load_balancer_event()] {
            let mut event = good;
            event.as_object_mut().unwrap().insert(member.clone(), value.clone());
            let _ = parse_http_event(event.to_string().as_bytes(), "");
            let _ = parse_authorizer_event(event.to_string().as_bytes());
        }
    }

    #[test]
    fn any_path_that_is_read_starts_at_the_root(path in "[/a-z%.2f;]{0,12}", proxy in "[/a-z%.2f;]{0,12}") {
        let event = with(rest_event(), "/path", json!(path));
        let event = with(event, "/pathParameters/proxy", json!(proxy));
        if let Ok(parsed) = parse_http_event(event.to_string().as_bytes(), "") {
            prop_assert!(parsed.request.path.starts_with('/'));
        }
    }
}

#[test]
fn unknown_members_are_no_fault() {
    let event = with(rest_event(), "/requestContext/somethingNew", json!({"a": [1, 2.5, null]}));
    assert_eq!(shape_and_request(&event).0, EventShape::RestV1);
}
