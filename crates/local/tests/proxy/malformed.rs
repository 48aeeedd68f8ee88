//! Sends malformed events, and requests that two parsers could read differently, as raw events of each front
//! to the whole proxy. Each is refused with exactly its reason, and the upstream gets none of them. Here the
//! front has passed everything on; requests that a front itself refuses on the wire are in `smuggling`.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::event::{Application, Direct, FORMS, Form, with, without};

/// An event and the refusal that it gets.
type Case = (String, Vec<u8>, &'static str);

async fn assert_refused(form: Form, cases: Vec<Case>) {
    let direct = Direct::new(form, Application::default());
    let mut wrong = Vec::new();
    for (what, event, reason) in cases {
        let before = direct.forwarded();
        let told = direct.tell(&event, Instant::now() + Duration::from_secs(10)).await.reason();
        let forwarded = direct.forwarded() - before;
        if (told.as_str(), forwarded) != (reason, 0) {
            wrong.push(format!("{form:?} {what}: {told}, not {reason}; forwarded: {forwarded}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The valid event; every case here changes one thing in it.
#[tokio::test]
async fn the_good_event_is_forwarded() {
    for form in FORMS {
        let direct = Direct::new(form, Application::default());
        let event = form.event().to_string().into_bytes();
        let told = direct.tell(&event, Instant::now() + Duration::from_secs(10)).await;
        assert_eq!((told.status, direct.forwarded()), (200, 1), "{form:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_event() {
    for form in FORMS {
        let good = form.event().to_string();
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        let mut cases: Vec<Case> = Vec::new();
        let mut refused =
            |what: &str, event: &[u8], reason| cases.push((what.to_owned(), event.to_vec(), reason));
        for text in
            ["", " ", "{", "}", "{} {}", "nonsense", "null", "7", "true", "\"{}\"", "[]", "\u{feff}{}"]
        {
            refused(text, text.as_bytes(), "400 event_malformed");
        }
        for length in 0..good.len() {
            refused("cut", &good.as_bytes()[..length], "400 event_malformed");
        }
        for place in ["/echo", "theme=dark", "192.0.2.7", "text"] {
            let mut bytes = good.clone().into_bytes();
            let at = good.find(place).unwrap();
            bytes[at] = 0xff;
            refused("invalid UTF-8", &bytes, "400 event_malformed");
        }
        let half = good.replace("theme=dark", "theme=\\ud800");
        refused("half a surrogate pair", half.as_bytes(), "400 event_malformed");
        for member in [form.headers(), "/requestContext", "/unknown"] {
            let text = with(form.event(), member, json!("DEEP")).to_string().replace("\"DEEP\"", &deep);
            refused("nested deep", text.as_bytes(), "400 event_malformed");
        }
        let huge = with(form.event(), "/body", json!("x".repeat(8 * 1024 * 1024))).to_string();
        refused("too large", huge.as_bytes(), "413 event_too_large");
        for other in [json!({}), json!({"Records": [{"eventSource": "aws:sqs"}]})] {
            refused("another source", other.to_string().as_bytes(), "400 event_unsupported");
        }
        assert_refused(form, cases).await;
    }
}

/// The members that the proxy relies on, and the JSON types that they may have.
fn members(form: Form) -> Vec<(&'static str, &'static [&'static str])> {
    let mut members: Vec<(&str, &[&str])> = vec![
        (form.method(), &["text"]),
        (form.path(), &["text"]),
        (form.headers(), &["null"]),
        ("/body", &["text", "null"]),
        ("/isBase64Encoded", &["boolean", "null"]),
    ];
    if form == Form::Alb {
        members.extend([
            ("/headers", &["null", "object"] as &[_]),
            ("/queryStringParameters", &["null", "object"]),
            ("/multiValueQueryStringParameters", &["null"]),
        ]);
    } else {
        members.extend([
            ("/cookies", &["null", "list"] as &[_]),
            // Their content is read only if a route has parameters; `$default` has none.
            ("/pathParameters", &["null", "object", "object of numbers"]),
            ("/rawQueryString", &["text", "null"]),
            ("/requestContext", &[]),
            ("/requestContext/http", &[]),
            ("/requestContext/http/sourceIp", &["text", "null"]),
            ("/requestContext/requestId", &["text", "null"]),
            ("/requestContext/stage", &["text", "null"]),
            ("/routeKey", &["text", "null"]),
        ]);
    }
    members
}

#[tokio::test]
async fn members_of_a_wrong_type() {
    let values = [
        ("text", json!("text")),
        ("number", json!(7)),
        ("boolean", json!(false)),
        ("list", json!([])),
        ("object of numbers", json!({"a": 1})),
        ("object", json!({})),
        ("null", Value::Null),
    ];
    for form in FORMS {
        let mut cases: Vec<Case> = Vec::new();
        for (pointer, types) in members(form) {
            for (name, value) in &values {
                // An empty object is valid wherever an object is: all of its fields are optional.
                let is_object_of_its_own =
                    *name == "object" && pointer != form.path() && pointer != form.method();
                if types.contains(name) || is_object_of_its_own && takes_object(pointer) {
                    continue;
                }
                // Without multi-value headers it is a different form of event, which gets a different answer.
                if form == Form::Alb && pointer == form.headers() && value.is_null() {
                    continue;
                }
                let event = with(form.event(), pointer, value.clone()).to_string().into_bytes();
                cases.push((format!("{pointer} is {name}"), event, "400 event_malformed"));
            }
        }
        assert_refused(form, cases).await;
    }
}

fn takes_object(pointer: &str) -> bool {
    !["/body", "/isBase64Encoded", "/cookies", "/requestContext", "/requestContext/http"].contains(&pointer)
        && !["/rawQueryString", "/routeKey"].contains(&pointer)
        && !pointer.starts_with("/requestContext/")
}

#[tokio::test]
async fn members_that_are_missing_or_there_twice() {
    for form in FORMS {
        let mut cases: Vec<Case> = Vec::new();
        let mut missing = vec![form.path()];
        if form == Form::Alb {
            missing.push("/httpMethod");
        } else {
            missing.extend(["/requestContext", "/requestContext/http", form.method()]);
        }
        for pointer in missing {
            let event = without(form.event(), pointer).to_string().into_bytes();
            cases.push((format!("no {pointer}"), event, "400 event_malformed"));
        }
        for pointer in [form.path(), form.headers(), "/body", "/isBase64Encoded", "/requestContext"] {
            let name = &pointer[1..];
            let value = form.event().pointer(pointer).unwrap().to_string();
            let twice = form.event().to_string().replacen('{', &format!("{{\"{name}\":{value},"), 1);
            cases.push((format!("{pointer} twice"), twice.into_bytes(), "400 event_malformed"));
        }
        assert_refused(form, cases).await;
    }
}

/// An event gives one fact in two places, and the two differ.
#[tokio::test]
async fn members_that_disagree() {
    for form in FORMS {
        let cases: Vec<(&str, Value, &str)> = if form == Form::Alb {
            vec![
                (
                    "fields",
                    with(form.event(), "/headers", json!({"accept": "text/html"})),
                    "400 headers_disagree",
                ),
                ("a field more", with(form.event(), "/headers", json!({"x": "1"})), "400 headers_disagree"),
                (
                    "query",
                    with(form.event(), "/queryStringParameters", json!({"a": "c"})),
                    "400 query_disagrees",
                ),
            ]
        } else {
            let path = with(form.event(), "/routeKey", json!("ANY /{proxy+}"));
            vec![
                (
                    "cookies",
                    with(form.event(), "/headers/cookie", json!("theme=light")),
                    "400 headers_disagree",
                ),
                (
                    "path",
                    with(path, "/pathParameters", json!({"proxy": "closed-to-all"})),
                    "400 path_mismatch",
                ),
            ]
        };
        let cases = cases
            .into_iter()
            .map(|(what, event, reason)| (what.to_owned(), event.to_string().into_bytes(), reason));
        assert_refused(form, cases.collect()).await;
    }
}

/// Targets and the refusal of each. A front removes the origin from an absolute target; a front that did not
/// would pass it on like this.
const PATHS: [(&str, &str); 51] = [
    // Absolute, authority and asterisk form (RFC 9112 section 3.2), and targets that are not paths.
    ("http://evil.example/echo", "400 path_malformed"),
    ("https://localhost:8400/echo", "400 path_malformed"),
    ("http:/echo", "400 path_malformed"),
    ("evil.example:443", "400 path_malformed"),
    ("localhost:8400", "400 path_malformed"),
    ("user@evil.example/echo", "400 path_malformed"),
    ("*", "400 path_malformed"),
    ("", "400 path_malformed"),
    ("echo", "400 path_malformed"),
    (" /echo", "400 path_malformed"),
    ("?a=b", "400 path_malformed"),
    // An authority in place of a path, for a recipient that joins it to a base.
    ("//evil.example/echo", "400 ambiguous_path"),
    ("///evil.example/echo", "400 ambiguous_path"),
    ("/\\evil.example/echo", "400 ambiguous_path"),
    ("/%2fevil.example/echo", "400 ambiguous_path"),
    ("/%5cevil.example/echo", "400 ambiguous_path"),
    // Segments that only some recipients resolve (RFC 3986 section 5.2.4).
    ("/.", "400 ambiguous_path"),
    ("/..", "400 ambiguous_path"),
    ("/echo/.", "400 ambiguous_path"),
    ("/echo/..", "400 ambiguous_path"),
    ("/echo/../closed-to-all", "400 ambiguous_path"),
    ("/echo/./closed-to-all", "400 ambiguous_path"),
    ("/echo/%2e%2e/closed-to-all", "400 ambiguous_path"),
    ("/echo/%2E./closed-to-all", "400 ambiguous_path"),
    ("/echo/.%2e/closed-to-all", "400 ambiguous_path"),
    ("/echo/%2e", "400 ambiguous_path"),
    ("/echo/..;/closed-to-all", "400 ambiguous_path"),
    ("/echo/;a=b/x", "400 ambiguous_path"),
    ("/echo%3b", "400 ambiguous_path"),
    ("/echo%3B", "400 ambiguous_path"),
    // Separators that only some recipients recognise.
    ("/echo//closed-to-all", "400 ambiguous_path"),
    ("/echo\\closed-to-all", "400 ambiguous_path"),
    ("/echo%2fclosed-to-all", "400 ambiguous_path"),
    ("/echo%2Fclosed-to-all", "400 ambiguous_path"),
    ("/echo%5cclosed-to-all", "400 ambiguous_path"),
    ("/echo%252fclosed-to-all", "400 ambiguous_path"),
    ("/echo%25", "400 ambiguous_path"),
    ("/echo?a", "400 ambiguous_path"),
    ("/echo#a", "400 ambiguous_path"),
    // Characters that end a text or a line, or that a decoder rejects.
    ("/echo%00", "400 ambiguous_path"),
    ("/echo\u{0}", "400 ambiguous_path"),
    ("/echo%0d%0ax:%20y", "400 ambiguous_path"),
    ("/echo\r\nx: y", "400 ambiguous_path"),
    ("/echo%7f", "400 ambiguous_path"),
    ("/echo\u{85}", "400 ambiguous_path"),
    ("/echo%ff", "400 ambiguous_path"),
    ("/echo%c0%af", "400 ambiguous_path"),
    ("/echo%", "400 ambiguous_path"),
    ("/echo%zz", "400 ambiguous_path"),
    // A path under the prefix is never forwarded, whatever it resolves to.
    ("/oauth2/health/../../echo", "404 not_found"),
    ("/oauth2/%2e%2e/echo", "404 not_found"),
];

#[tokio::test]
async fn targets_that_two_readers_read_in_two_ways() {
    for form in FORMS {
        let cases = PATHS.iter().map(|(path, reason)| {
            let event = with(form.event(), form.path(), json!(path)).to_string().into_bytes();
            (format!("{path:?}"), event, *reason)
        });
        assert_refused(form, cases.collect()).await;
    }
}

/// `Host` values that are neither a name nor an address with a port (RFC 9110 section 7.2).
const HOSTS: [&[&str]; 22] = [
    &[""],
    &["user@localhost:8400"],
    &["user:password@localhost:8400"],
    &["@localhost"],
    &["localhost:"],
    &["localhost:0"],
    &["localhost:65536"],
    &["localhost:99999"],
    &["localhost:-1"],
    &["localhost:+80"],
    &["localhost:0x50"],
    &["localhost:80:80"],
    &["localhost:80@evil.example"],
    &["localhost/echo"],
    &["localhost?a"],
    &["localhost#a"],
    &["localhost\\evil.example"],
    &["local host"],
    &["http://localhost"],
    &["[::1"],
    &["[::1]evil.example"],
    &["localhost", "evil.example"],
];

/// The proxy forwards a request with any valid value under the upstream's own name, because the front has
/// already routed by it.
const GOOD_HOSTS: [&str; 5] =
    ["localhost:8400", "evil.example", "app.example.com:443", "192.0.2.1:80", "[::1]:8400"];

#[tokio::test]
async fn hosts_that_two_readers_read_in_two_ways() {
    for form in FORMS {
        let cases = HOSTS.iter().map(|host| {
            let event = form.with_field("host", host).to_string().into_bytes();
            (format!("{host:?}"), event, "400 host_malformed")
        });
        assert_refused(form, cases.collect()).await;
        for host in GOOD_HOSTS {
            let direct = Direct::new(form, Application::default());
            let event = form.with_field("host", &[host]).to_string().into_bytes();
            let told = direct.tell(&event, Instant::now() + Duration::from_secs(10)).await;
            assert_eq!(
                (told.status, direct.hosts()),
                (200, vec!["upstream.example".to_owned()]),
                "{form:?} {host}"
            );
        }
    }
}

/// Fields, and the refusal of a request with one of them.
const FIELDS: [(&str, &[&str], &str); 28] = [
    ("", &["1"], "400 header_name_malformed"),
    (":path", &["/closed-to-all"], "400 header_name_malformed"),
    (":authority", &["evil.example"], "400 header_name_malformed"),
    ("x y", &["1"], "400 header_name_malformed"),
    ("x:y", &["1"], "400 header_name_malformed"),
    ("transfer-encoding ", &["chunked"], "400 header_name_malformed"),
    ("x\u{e4}", &["1"], "400 header_name_malformed"),
    ("x,y", &["1"], "400 header_name_malformed"),
    ("x\r\ny", &["1"], "400 control_character"),
    ("x\u{0}", &["1"], "400 control_character"),
    ("x", &["1\r\nx-vestibule-sub: claimed"], "400 control_character"),
    ("x", &["1\n claimed"], "400 control_character"),
    ("x", &["1\u{0}"], "400 control_character"),
    ("x", &["\u{7f}"], "400 control_character"),
    ("cookie", &["a=1\r\nx: y"], "400 control_character"),
    ("host", &["localhost\r\nx: y"], "400 control_character"),
    ("authorization", &["Bearer a", "Bearer b"], "400 ambiguous_header"),
    ("content_type", &["text/html"], "400 ambiguous_header"),
    ("x_forwarded_for", &["203.0.113.9"], "400 ambiguous_header"),
    ("x-http-method", &["DELETE"], "400 reserved_header"),
    ("x-http-method-override", &["DELETE"], "400 reserved_header"),
    ("X_Method_Override", &["DELETE"], "400 reserved_header"),
    ("x-original-url", &["/closed-to-all"], "400 reserved_header"),
    ("x-rewrite-url", &["/closed-to-all"], "400 reserved_header"),
    ("upgrade", &["websocket"], "501 websocket_unsupported"),
    ("Upgrade", &["h2c, WebSocket"], "501 websocket_unsupported"),
    ("via", &["1.1 {v}"], "508 request_loop"),
    ("via", &["1.0 elsewhere, HTTP/2 {v}"], "508 request_loop"),
];

#[tokio::test]
async fn fields_that_no_front_should_have_let_pass() {
    for form in FORMS {
        let pseudonym = Direct::new(form, Application::default()).pseudonym().await;
        let mut cases: Vec<Case> = Vec::new();
        for (name, values, reason) in FIELDS {
            let values: Vec<String> = values.iter().map(|value| value.replace("{v}", &pseudonym)).collect();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            // Payload 2.0 has joined several fields into one.
            if values.len() > 1 && form != Form::Alb {
                continue;
            }
            let event = form.with_field(name, &values).to_string().into_bytes();
            cases.push((format!("{name:?}: {values:?}"), event, reason));
        }
        let large = form.with_field("x", &["x".repeat(512 * 1024).as_str()]);
        cases.push(("too large a field".to_owned(), large.to_string().into_bytes(), "431 headers_too_large"));
        assert_refused(form, cases).await;
    }
}

#[tokio::test]
async fn methods_queries_and_bodies() {
    for form in FORMS {
        let mut cases: Vec<(String, Value, &str)> = Vec::new();
        for method in ["", "GE T", "GET\r\n", "G\u{cb}T", "GET /closed-to-all HTTP/1.1\r\n"] {
            let event = with(form.event(), form.method(), json!(method));
            cases.push((format!("{method:?}"), event, "400 method_malformed"));
        }
        for method in ["CONNECT", "TRACE"] {
            let event = with(form.event(), form.method(), json!(method));
            cases.push((method.to_owned(), event, "501 method_not_forwarded"));
        }
        for query in ["a\r\nb", "a\u{0}", "a\u{7f}"] {
            let event = if form == Form::Alb {
                with(form.event(), "/multiValueQueryStringParameters", json!({"a": [query]}))
            } else {
                with(form.event(), "/rawQueryString", json!(query))
            };
            cases.push((format!("{query:?}"), event, "400 control_character"));
        }
        for body in ["dGV4dA", "dGV4dA==\n", "dGV4dB==", "-_8=", "a text"] {
            let event = with(with(form.event(), "/isBase64Encoded", json!(true)), "/body", json!(body));
            cases.push((format!("{body:?}"), event, "400 body_not_base64"));
        }
        let cases =
            cases.into_iter().map(|(what, event, reason)| (what, event.to_string().into_bytes(), reason));
        assert_refused(form, cases.collect()).await;
    }
}
