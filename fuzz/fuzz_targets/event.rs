//! Fuzzes Lambda events of every front, and the decision about the request in one.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use fuzz::path::{could_be_below, decoded, is_below};
use fuzz::{has_control, is_token, object, relying_party};
use http::StatusCode;
use lambda::event::{AuthorizerForm, EventRefusal, parse_authorizer_event, parse_http_event};
use relying_party::forwarding::Destination;
use relying_party::gate::front::Front;
use relying_party::gate::route::Auth;
use relying_party::http::request::Request;
use relying_party::refusal::reason::{Fault, Reason};
use relying_party::relying_party::RelyingParty;
use serde_json::json;

fn deployment() -> &'static RelyingParty {
    static DEPLOYMENT: OnceLock<RelyingParty> = OnceLock::new();
    DEPLOYMENT.get_or_init(|| {
        relying_party(&json!({ "routes": [
            { "paths": ["/admin/*"], "groups_required": ["admins"] },
            { "paths": ["/*"], "auth": "none", "preflight": "pass", "path_decoding": "once" },
        ] }))
    })
}

fuzz::fuzz_target!(|bytes: &[u8]| {
    for public_path in ["", "/prod"] {
        match parse_http_event(bytes, public_path) {
            Ok(event) => {
                assert!(object(bytes).is_some(), "it is one object");
                let front = event.front_of_proxy();
                assert_sound(&event.request);
                assert_decided(&event.request, front);
            }
            Err(refused) => {
                assert_refused(&refused.refusal);
                assert_id(&refused.request_id);
                if let Some(request) = &refused.request {
                    assert_eq!(refused.refusal, EventRefusal::OutsidePublicUrl);
                    assert_sound(request);
                }
            }
        }
    }
    match parse_authorizer_event(bytes) {
        Ok(event) => {
            assert_sound(&event.request);
            assert!(event.request.body.is_empty());
            let resource = event.arn.policy_resource();
            assert!(resource.len() <= 512 && resource.ends_with("/*"));
            assert_eq!(resource.matches('*').count(), 1, "{resource}");
            assert!(event.arn.request_resource().len() < 512);
            assert!(event.arn.connect_resource().len() <= 512);
            assert_eq!(event.form == AuthorizerForm::WebSocket, event.arn.is_connect());
            assert_decided(&event.request, Front::Rest);
            assert_decided(&event.request, Front::Other);
            assert_decided(&event.request, Front::WebSocket);
        }
        Err(refused) => {
            assert_refused(&refused.refusal);
            assert_id(&refused.request_id);
        }
    }
});

fn assert_refused(refusal: &EventRefusal) {
    assert_ours(refusal.reason());
}

/// Asserts that no request causes a 5xx by vestibule or an ERROR line in the log.
fn assert_ours(reason: &Reason) {
    assert!(
        reason.status.is_client_error() || reason.status == StatusCode::NOT_IMPLEMENTED,
        "{}",
        reason.code
    );
    assert_ne!(reason.fault, Fault::Bug, "{}", reason.code);
}

fn assert_id(id: &str) {
    assert!(id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
}

fn assert_sound(request: &Request) {
    assert!(request.path.starts_with('/'));
    assert!(is_token(request.method.as_str()));
    assert!(!has_control(&request.query));
    assert_id(&request.request_id);
    for (name, value) in request.headers.iter() {
        assert!(is_token(name) && !has_control(value), "{name:?}: {value:?}");
    }
}

fn assert_decided(request: &Request, front: Front) {
    let deployment = deployment();
    let (path, closed) = (request.path.as_str(), "/admin");
    if let Ok(matched) = deployment.configuration.routes.decide(&request.method, path) {
        assert!(
            !could_be_below(path, closed) || is_below(&decoded(path), closed),
            "one path in every reading"
        );
        assert!(matched.auth() == Auth::Required || !could_be_below(path, closed));
    }
    if let Err(refusal) = deployment.admit(request, front) {
        assert_ours(refusal.reason());
    }
    if front.forwards() {
        if let Err(refusal) = Destination::of(deployment, request) {
            assert_ours(refusal.reason());
        }
        if let Err(refusal) = deployment.sign_in(request, front) {
            assert_ours(refusal.reason());
        }
    }
}
