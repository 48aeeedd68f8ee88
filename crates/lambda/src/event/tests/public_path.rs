//! The path of `public_url`, for fronts that leave it in the path and fronts that do not.

use relying_party::refusal::reason;
use serde_json::{Value, json};

use super::{http_api_event, load_balancer_event, rest_event, with, without};
use crate::event::{EventRefusal, parse_http_event};

fn path(event: &Value, public_path: &str) -> Result<String, EventRefusal> {
    let parsed = parse_http_event(event.to_string().as_bytes(), public_path);
    parsed.map(|parsed| parsed.request.path).map_err(|refused| refused.refusal)
}

/// An HTTP API's payload 1.0.
fn http_api_v1_event() -> Value {
    let event = with(load_balancer_event(), "/version", json!("1.0"));
    let event = with(event, "/requestContext", json!({"stage": "$default", "requestId": "r"}));
    with(event, "/resource", json!("$default"))
}

/// Each front that passes on the path that the browser sees, with the event's member that holds it.
fn fronts() -> [(Value, &'static str); 3] {
    [(load_balancer_event(), "/path"), (http_api_event(), "/rawPath"), (http_api_v1_event(), "/path")]
}

#[test]
fn it_is_taken_off_on_a_segment_boundary() {
    for (event, pointer) in fronts() {
        for (told, expected) in [
            ("/app", "/"),
            ("/app/", "/"),
            ("/app/get", "/get"),
            ("/app/app/get", "/app/get"),
            ("/app//get", "//get"),
            ("/app/../get", "/../get"),
        ] {
            let event = with(event.clone(), pointer, json!(told));
            assert_eq!(path(&event, "/app").as_deref(), Ok(expected), "{told}");
            assert_eq!(path(&event, "").as_deref(), Ok(told));
        }
        let event = with(event, pointer, json!("/a/b/get"));
        assert_eq!(path(&event, "/a/b").as_deref(), Ok("/get"));
    }
}

#[test]
fn a_path_outside_of_it_is_not_found() {
    for (event, pointer) in fronts() {
        for told in ["/", "/get", "/application", "/App/get", "/%61pp/get", "//app/get", "/oauth2/login"] {
            let event = with(event.clone(), pointer, json!(told));
            let refused = parse_http_event(event.to_string().as_bytes(), "/app").unwrap_err();
            assert_eq!(refused.refusal, EventRefusal::OutsidePublicUrl, "{told}");
            assert_eq!(refused.refusal.reason().code, reason::NOT_FOUND.code);
            assert_eq!(refused.request.unwrap().path, told);
        }
    }
}

#[test]
fn a_stage_may_be_it() {
    let v2 = with(http_api_event(), "/requestContext/stage", json!("app"));
    let v1 = with(http_api_v1_event(), "/requestContext/stage", json!("app"));
    for (event, pointer) in [(v2, "/rawPath"), (v1, "/path")] {
        for (told, expected) in [("/app", "/"), ("/app/get", "/get"), ("/app/app/get", "/app/get")] {
            let event = with(event.clone(), pointer, json!(told));
            assert_eq!(path(&event, "/app").as_deref(), Ok(expected), "{told}");
        }
        let event = with(event, pointer, json!("/get"));
        assert_eq!(path(&event, "/app"), Err(EventRefusal::OutsidePublicUrl));
    }
}

/// CloudFront before a stage: the origin path prepends the stage to the path that the browser sees.
#[test]
fn a_stage_may_stand_before_it_or_in_its_place() {
    let event = with(http_api_event(), "/requestContext/stage", json!("prod"));
    for (told, expected) in [("/prod/app/get", "/get"), ("/prod/app", "/"), ("/prod/get", "/get")] {
        let event = with(event.clone(), "/rawPath", json!(told));
        assert_eq!(path(&event, "/app").as_deref(), Ok(expected), "{told}");
    }
}

#[test]
fn a_route_with_a_parameter_leaves_it_in_the_path_too() {
    let event = with(http_api_event(), "/routeKey", json!("ANY /{proxy+}"));
    for (told, parameter, expected) in [
        ("/app/get", "app/get", Ok("/get")),
        ("/app/get", "get", Ok("/get")),
        ("/app", "app", Ok("/")),
        ("/get", "get", Err(EventRefusal::OutsidePublicUrl)),
    ] {
        let event = with(event.clone(), "/rawPath", json!(told));
        let event = with(event, "/pathParameters", json!({"proxy": parameter}));
        assert_eq!(path(&event, "/app"), expected.map(str::to_owned), "{told} {parameter}");
    }
}

#[test]
fn a_rest_api_has_taken_it_off() {
    let event = rest_event();
    let expected = path(&event, "");
    assert!(expected.is_ok());
    assert_eq!(path(&event, "/app"), expected);
    assert_eq!(path(&without(event, "/pathParameters"), "/app"), expected);
}
