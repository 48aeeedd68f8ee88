//! Tests a TOKEN authorizer. It sees one header field, so it supports bearer tokens only, and no route rules,
//! because its policy covers the stage.

use lambda::authorizer_function::AuthorizerFunction;
use local::cognito::NewUser;
use serde_json::{Value, json};
use tests::invocation::invoke;
use tests::world::{Setup, World};

/// The policy for the token of the administrator, or the error.
async fn policy(world: &World) -> Result<Value, String> {
    let token = world.access_token(&NewUser::local_admin());
    let event = json!({
        "type": "TOKEN",
        "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/prod/GET/a",
        "authorizationToken": format!("Bearer {token}"),
    });
    let authorizer = AuthorizerFunction::new(world.shared_site());
    match invoke(&authorizer, event.to_string().as_bytes()).await {
        Ok(policy) => Ok(serde_json::from_slice(&policy).unwrap()),
        Err(error) => Err(error.error_message),
    }
}

/// The effect of the policy.
async fn outcome(world: &World) -> Result<String, String> {
    let effect = |policy: Value| policy["policyDocument"]["Statement"][0]["Effect"].as_str().unwrap().into();
    policy(world).await.map(effect)
}

/// The event does not show which spelling the client used. The mapping of the other spelling would leave the client's
/// field as it is.
#[tokio::test]
async fn the_client_s_own_authorization_passes_in_neither_spelling() {
    let hidden = Setup::default().set("upstream_access_token_header", "none").build();
    for (world, starts) in [(World::new(), "Bearer "), (hidden, "-")] {
        let context = policy(&world).await.unwrap()["context"].clone();
        assert!(context["authorization"].as_str().unwrap().starts_with(starts), "{context}");
        assert_eq!(context["authorizationLowerCase"], context["authorization"]);
    }
}

#[tokio::test]
async fn a_bearer_token_passes_and_any_route_rule_is_a_fault() {
    assert_eq!(outcome(&World::new()).await, Ok("Allow".to_owned()));
    let closed = json!({ "paths": ["/a"], "groups_required": ["nobody"] });
    let open = json!({ "paths": ["/open/*"], "auth": "none" });
    for rules in [json!([{ "paths": ["/*"] }]), json!([open]), json!([closed]), json!([closed, open])] {
        let ruled = Setup::default().set("routes", rules.clone()).build();
        assert_eq!(
            outcome(&ruled).await,
            Err("vestibule: token_authorizer_with_routes".to_owned()),
            "{rules}"
        );
    }
}
