//! Fuzzes the upstream's responses, parsed as the client library parses them, and the response that each
//! front gets. The first byte selects the deployment; head and body follow.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fuzz::{browser, has_control, relying_party, request};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use lambda::event::EventShape;
use lambda::response::{limit, render_forwarded};
use relying_party::forwarding::{Destination, ForwardedHead, UpstreamResponseHead};
use relying_party::relying_party::RelyingParty;
use serde_json::{Value, json};

const SHAPES: [EventShape; 4] = [
    EventShape::RestV1,
    EventShape::HttpApiV2,
    EventShape::Alb { multi_value: true },
    EventShape::Alb { multi_value: false },
];

/// Fields that belong to one connection (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [&str; 6] =
    ["connection", "keep-alive", "proxy-authenticate", "te", "transfer-encoding", "upgrade"];

/// A deployment, and the requested path.
struct Way {
    deployment: RelyingParty,
    path: &'static str,
}

fn ways() -> &'static [Way] {
    static WAYS: OnceLock<Vec<Way>> = OnceLock::new();
    WAYS.get_or_init(|| {
        let way = |public: &str, upstream: &str, routes: serde_json::Value, path| Way {
            deployment: relying_party(
                &json!({ "public_url": public, "upstream_url": upstream, "routes": routes, "session_cookie_name": "s" }),
            ),
            path,
        };
        let strip = json!([{ "paths": ["/wiki/*"], "strip_path": true }]);
        let keep = json!([{ "paths": ["/*"], "preserve_host": true }]);
        vec![
            way("https://app.example.com", "http://up.internal:8080", json!([]), "/a/b"),
            way("https://app.example.com/prod", "http://up.internal", json!([]), "/a/b"),
            way("https://app.example.com", "http://up.internal/base", json!([]), "/a/b"),
            way("https://app.example.com", "http://up.internal/base", strip, "/wiki/b"),
            way("https://app.example.com", "https://up.internal", keep, "/a/b"),
        ]
    })
}

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, head)) = bytes.split_first() else { return };
    let Some((answer, body)) = received(head) else { return };
    let ways = ways();
    let way = &ways[usize::from(*choice) % ways.len()];
    let Ok(destination) = Destination::of(&way.deployment, &request(Method::GET, way.path, Vec::new()))
    else {
        panic!("there is an upstream");
    };
    let Ok(mut forwarded) = way.deployment.forwarded_head(answer.clone(), &destination) else { return };
    assert_eq!(forwarded.status, answer.status);
    assert!(!forwarded.status.is_informational());
    assert_fields(&forwarded);
    for shape in SHAPES {
        assert_rendered(shape, &forwarded, body);
    }

    // A response with a cookie of vestibule must not be cached.
    forwarded.set(vec!["__Host-s=v; Path=/; Secure; HttpOnly; SameSite=Lax".to_owned()]);
    let kept = |wanted: &str| {
        let named = forwarded.headers.iter().filter(|(name, _)| name == wanted);
        named.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(kept("cache-control"), ["no-store"]);
    assert!(kept("expires").is_empty());
});

/// Parses the response as the client library does: only such responses get this far.
fn received(bytes: &[u8]) -> Option<(UpstreamResponseHead, &[u8])> {
    let mut storage = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut storage);
    let httparse::Status::Complete(end) = parsed.parse(bytes).ok()? else { return None };
    let field = |field: &httparse::Header<'_>| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name.as_str().to_owned(), HeaderValue::from_bytes(field.value).ok()?.as_bytes().to_vec()))
    };
    let headers = parsed.headers.iter().map(field).collect::<Option<Vec<_>>>()?;
    let head = UpstreamResponseHead { status: StatusCode::from_u16(parsed.code?).ok()?, headers };
    Some((head, &bytes[end..]))
}

fn assert_fields(forwarded: &ForwardedHead) {
    for (name, value) in &forwarded.headers {
        assert!(fuzz::is_token(name) && !has_control(value), "{name:?}: {value:?}");
        assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()));
        assert!(!HOP_BY_HOP.contains(&name.as_str()), "{name}");
        assert_ne!(name.replace('_', "-"), "set-cookie");
    }
    for text in &forwarded.set_cookies {
        assert!(!has_control(text));
        let Some((name, value, _)) = browser::set_cookie(text) else { continue };
        // Without a name the browser sends only the value, and the recipient reads a name from it.
        let name =
            if name.is_empty() { value.split('=').next().unwrap_or_default().trim() } else { name.as_str() };
        // Browsers compare a cookie name's prefix without regard to case, and the rest of the name exactly.
        let spelled =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let is = |prefix: &str, rest: &[&str]| spelled(prefix) && rest.contains(&&name[prefix.len()..]);
        let ours = is("__Host-", &["s", "s.0", "landed", "refreshed"]) || is("__Secure-", &["s", "s.0"]);
        assert!(!ours, "the upstream sets {text:?}");
    }
}

/// Asserts that Lambda's response is JSON for exactly this response of the upstream.
fn assert_rendered(shape: EventShape, head: &ForwardedHead, body: &[u8]) {
    let Ok(reply) = render_forwarded(shape, &Method::GET, head, body) else { return };
    assert!(reply.len() <= limit(shape));
    let reply: Value = serde_json::from_slice(&reply).expect("JSON");
    assert_eq!(reply["statusCode"], head.status.as_u16());
    let text = reply["body"].as_str().expect("a body");
    let sent = if reply["isBase64Encoded"] == true {
        STANDARD.decode(text).expect("base64")
    } else {
        text.as_bytes().to_vec()
    };
    assert_eq!(sent, body);

    let mut told: Vec<(String, String)> = Vec::new();
    for (member, is_list) in [("headers", false), ("multiValueHeaders", true), ("cookies", true)] {
        match &reply[member] {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let values =
                        if is_list { value.as_array().expect("a list").clone() } else { vec![value.clone()] };
                    told.extend(values.iter().map(|value| {
                        (name.to_ascii_lowercase(), value.as_str().expect("a text").to_owned())
                    }));
                }
            }
            Value::Array(cookies) => {
                told.extend(
                    cookies
                        .iter()
                        .map(|value| ("set-cookie".to_owned(), value.as_str().expect("a text").to_owned())),
                );
            }
            _ => {}
        }
    }
    let values = |all: &[(String, String)], name: &str| {
        all.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values(&told, "set-cookie"), head.set_cookies, "each cookie goes by itself");
    for (name, _) in head.headers.iter().filter(|(name, _)| name != "content-length") {
        assert_eq!(values(&told, name).join(", "), values(&head.headers, name).join(", "), "{name}");
    }
    for (name, _) in &told {
        assert!(
            name == "set-cookie" || head.headers.iter().any(|(field, _)| field == name),
            "{name} is invented"
        );
    }
}
