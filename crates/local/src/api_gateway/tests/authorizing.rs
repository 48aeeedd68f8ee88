use std::time::Duration;

use super::*;

#[tokio::test]
async fn an_allow_reaches_the_upstream_with_the_mapped_context() {
    let seen = Setting::default().open();
    let response = seen.send("GET", "/a/b?x=1", &[("X-Client", "y")]).await;
    assert_eq!((response.status, text(&response).as_str()), (200, "upstream"));
    let forwarded = seen.forwarded();
    assert_eq!(forwarded.target, "/base/a/b?x=1");
    assert_eq!(forwarded.authority, "127.0.0.1:8420");
    for (name, value) in [("x-sub", "user-1"), ("x-zone", "edge"), ("X-Client", "y")] {
        assert!(forwarded.headers.contains(&(name.to_owned(), value.into())), "{name}");
    }
}

#[tokio::test]
async fn a_deny_redirects_to_the_location_of_the_context() {
    let location = "https://app.example.com/oauth2/login?rd=%2Fa";
    let denied = policy("Deny", &json!({"location": location}));
    let seen = Setting { authorizer: Ok(denied), ..Setting::default() }.open();
    let response = seen.send("GET", "/a", &[]).await;
    assert_eq!(response.status, 302);
    assert_eq!(header(&response, "location").as_deref(), Some(location));
    assert_eq!(header(&response, "cache-control").as_deref(), Some("no-store"));
    assert_eq!(header(&response, "x-amzn-errortype").as_deref(), Some("AccessDeniedException"));
    assert!(seen.log.lock().unwrap().is_empty(), "the authorizer's own line tells it");
    assert!(seen.forwarded.lock().unwrap().is_empty(), "the upstream sees nothing");
}

#[tokio::test]
async fn a_failure_with_unauthorized_is_401_without_context() {
    let seen = Setting { authorizer: Err("Unauthorized".to_owned()), ..Setting::default() }.open();
    let response = seen.send("GET", "/a", &[]).await;
    assert_eq!((response.status, text(&response).as_str()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(header(&response, "www-authenticate").as_deref(), Some("Bearer"));
    assert!(seen.forwarded.lock().unwrap().is_empty(), "the upstream sees nothing");
}

#[tokio::test]
async fn another_failure_is_500_and_stands_in_the_journal() {
    let seen = Setting { authorizer: Err("boom".to_owned()), ..Setting::default() }.open();
    let response = seen.send("GET", "/a?secret=1", &[]).await;
    assert_eq!((response.status, text(&response).as_str()), (500, r#"{"message":null}"#));
    assert_eq!(header(&response, "x-amzn-errortype").as_deref(), Some("AuthorizerConfigurationException"));
    assert_eq!(*seen.log.lock().unwrap(), ["GET /a: the function failed: Error"]);
    assert!(seen.forwarded.lock().unwrap().is_empty(), "the upstream sees nothing");
}

#[tokio::test]
async fn a_method_arn_over_1600_bytes_is_414() {
    let seen = Setting::default().open();
    let response = seen.send("GET", &format!("/{}", "a".repeat(1_600)), &[]).await;
    assert_eq!(response.status, 414);
    assert!(seen.authorized.lock().unwrap().is_empty());
}

#[tokio::test]
async fn routes_without_security_do_not_call_the_authorizer() {
    let seen = Setting::default().open();
    for (method, path) in [("GET", "/oauth2/login"), ("POST", "/oauth2/none")] {
        seen.send(method, path, &[]).await;
    }
    assert!(seen.authorized.lock().unwrap().is_empty());
}

#[tokio::test]
async fn every_upstream_route_and_method_calls_the_authorizer() {
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] {
        let seen = Setting { authorizer: Err("Unauthorized".to_owned()), ..Setting::default() }.open();
        for path in ["/", "/a", "//a", "/oauth2x", "/items"] {
            assert_eq!(seen.send(method, path, &[]).await.status, 401, "{method} {path}");
        }
        assert!(seen.forwarded.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_authorizer_that_takes_too_long_is_a_configuration_error() {
    let behaviour = Behaviour { authorizer_timeout: Duration::ZERO, ..Behaviour::default() };
    let mut seen = Setting { behaviour, ..Setting::default() }.open();
    seen.gateway.backends.functions.insert("AuthorizerFunction".to_owned(), Arc::new(Silent));
    assert_eq!(seen.send("GET", "/a", &[]).await.status, 500);
}

/// A function that never answers.
struct Silent;

#[async_trait]
impl Function for Silent {
    async fn call(&self, _event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_504() {
    let mut seen = Setting::default().open();
    let methods =
        seen.gateway.api.definition.resources.iter_mut().flat_map(|resource| resource.methods.values_mut());
    for method in methods {
        if let Integration::AwsProxy { timeout, .. } = &mut method.integration {
            *timeout = Duration::ZERO;
        }
    }
    seen.gateway.backends.functions.insert("LoginFunction".to_owned(), Arc::new(Silent));
    let response = seen.send("GET", "/oauth2/login", &[]).await;
    assert_eq!(
        (response.status, text(&response).as_str()),
        (504, r#"{"message":"Endpoint request timed out"}"#)
    );
}
