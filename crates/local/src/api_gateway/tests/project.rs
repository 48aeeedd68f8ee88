//! Tests the API of this project's own template.

use super::*;

const TEMPLATE: &str = include_str!("../../../../../infra/template.yaml");

fn opened(behaviour: Behaviour, authorizer: &Result<Value, String>) -> Seen {
    let mut inputs = Inputs::default();
    for (name, value) in [("UpstreamUrl", "http://127.0.0.1:8420"), ("Domain", "example")] {
        inputs.parameters.insert(name.to_owned(), value.to_owned());
    }
    let api = RestApi::from_template(TEMPLATE, &inputs, behaviour).unwrap();
    assert!(api.open_routes().is_empty(), "{:?}", api.open_routes());
    let mut seen = Setting::default().open();
    let answer = Ok(json!({"statusCode": 200}));
    for name in api.functions() {
        let function = if name == "AuthorizerFunction" {
            function(authorizer, &seen.authorized)
        } else {
            function(&answer, &seen.invoked)
        };
        seen.gateway.backends.functions.insert(name, function);
    }
    seen.gateway = api.with(seen.gateway.backends.clone()).unwrap();
    seen
}

#[tokio::test]
async fn the_prefix_is_ours_and_the_rest_goes_to_the_authorizer() {
    let seen = opened(Behaviour::default(), &Err("Unauthorized".to_owned()));
    for path in ["/oauth2", "/oauth2/", "/oauth2/login", "/oauth2/callback", "/oauth2/health", "/oauth2/a/b"]
    {
        for method in ["GET", "POST", "OPTIONS", "DELETE"] {
            assert_eq!(seen.send(method, path, &[]).await.status, 200, "{method} {path}");
        }
    }
    assert!(seen.authorized.lock().unwrap().is_empty());
    for path in ["/", "/a", "/oauth2x", "//oauth2/login", "/OAUTH2/login", "/%6Fauth2/login"] {
        for method in ["GET", "POST", "OPTIONS", "DELETE"] {
            assert_eq!(seen.send(method, path, &[]).await.status, 401, "{method} {path}");
        }
    }
    assert!(seen.forwarded.lock().unwrap().is_empty());
}

#[tokio::test]
async fn each_outcome_of_the_authorizer_has_its_answer() {
    let location = "https://app.example.com/oauth2/login?rd=%2F";
    let deny = Ok(policy("Deny", &json!({"location": location})));
    let seen = opened(Behaviour::default(), &deny);
    let response = seen.send("GET", "/a", &[]).await;
    assert_eq!((response.status, header(&response, "location").as_deref()), (302, Some(location)));
    for (fault, failure) in [
        (AuthorizerFault::Configuration, Err("boom".to_owned())),
        (AuthorizerFault::Failure, Err("boom".to_owned())),
        (AuthorizerFault::Configuration, Ok(json!({}))),
    ] {
        let behaviour = Behaviour { authorizer_fault: fault, ..Behaviour::default() };
        let response = opened(behaviour, &failure).send("GET", "/a", &[]).await;
        assert_eq!(response.status, 503, "{fault:?}");
        assert_eq!(header(&response, "retry-after").as_deref(), Some("5"), "{fault:?}");
    }
    for failure in [deny, Err("Unauthorized".to_owned()), Err("boom".to_owned())] {
        let response = opened(Behaviour::default(), &failure).send("GET", "/a", &[]).await;
        assert_eq!(header(&response, "cache-control").as_deref(), Some("no-store"));
    }
}

#[tokio::test]
async fn the_upstream_gets_the_identity_and_no_forgery_of_a_mapped_spelling() {
    for (spelling, key) in [("Cookie", "cookie"), ("cookie", "cookieLowerCase")] {
        let context = json!({"authenticated": "true", "sub": "user-1", key: "theme=dark"});
        let allowed = Ok(policy("Allow", &context));
        for names in [HeaderNames::CaseSensitive, HeaderNames::CaseInsensitive] {
            let seen = opened(Behaviour { header_names: names, ..Behaviour::default() }, &allowed);
            let forged = [(spelling, "session=secret"), ("x-vestibule-sub", "forged")];
            seen.send("GET", "/a", &forged).await;
            let forwarded = seen.forwarded();
            let values = |name: &str| -> Vec<String> {
                let named = forwarded.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
                named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
            };
            assert_eq!(values("x-vestibule-sub"), ["user-1"], "{names:?}");
            assert_eq!(values("cookie"), ["theme=dark"], "{spelling} {names:?}");
        }
    }
}
