use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn a_good_token_is_read() {
    let token = cognito(&good()).unwrap();
    assert_eq!(token.issuer, ISSUER);
    assert_eq!(token.subject, "b2c4a8f0-0000-4000-8000-000000000001");
    assert_eq!(token.username.as_deref(), Some("ada"));
    assert_eq!(token.email, None);
    assert_eq!(token.groups, ["staff"]);
    assert_eq!(token.scope.as_deref(), Some("openid email"));
    assert_eq!(token.client_id.as_deref(), Some(CLIENT_ID));
    assert_eq!(token.issued_at, Some(NOW.plus(-5)));
    assert_eq!(token.auth_time, Some(NOW.plus(-5)));
    assert_eq!(token.expires_at, NOW.plus(3595));
}

#[test]
fn a_token_of_a_client_without_a_user_is_read() {
    let token = ["username", "cognito:groups", "auth_time"]
        .iter()
        .fold(good(), |token, name| token.without_claim(name))
        .claim("sub", CLIENT_ID);
    let token = cognito(&token).unwrap();
    assert_eq!((token.subject.as_str(), token.username), (CLIENT_ID, None));
}

#[test]
fn an_id_token_is_refused() {
    let id_token = TokenBuilder::id_token();
    assert_eq!(cognito(&id_token), Err(AccessTokenRefusal::TokenUse(any_detail())));
    let bent = id_token.without_claim("nonce").claim("client_id", CLIENT_ID);
    assert_eq!(cognito(&bent), Err(AccessTokenRefusal::TokenUse(any_detail())));
}

#[test]
fn token_use_must_be_access() {
    for token_use in ["id", "", "Access", "refresh"] {
        assert_eq!(
            cognito(&good().claim("token_use", token_use)),
            Err(AccessTokenRefusal::TokenUse(any_detail()))
        );
    }
    assert_eq!(cognito(&good().without_claim("token_use")), Err(AccessTokenRefusal::TokenUse(any_detail())));
    assert_eq!(cognito(&good().claim("token_use", json!(["access"]))), Err(wrong_type("token_use")));
}

#[test]
fn another_client_is_refused() {
    for client in ["somebody-elses", &CLIENT_ID.to_uppercase(), &format!("{CLIENT_ID} ")] {
        assert_eq!(
            cognito(&good().claim("client_id", client)),
            Err(AccessTokenRefusal::Client(any_detail()))
        );
    }
    assert_eq!(cognito(&good().without_claim("client_id")), Err(missing("client_id")));
    assert_eq!(cognito(&good().claim("client_id", json!([CLIENT_ID]))), Err(wrong_type("client_id")));
}

#[test]
fn azp_does_not_stand_in_for_client_id() {
    let token = good().without_claim("client_id").claim("azp", CLIENT_ID);
    assert_eq!(cognito(&token), Err(missing("client_id")));
}

#[test]
fn a_token_bound_to_another_resource_is_refused() {
    assert_eq!(
        cognito(&good().claim("aud", "https://elsewhere.example")),
        Err(AccessTokenRefusal::Audience(any_detail()))
    );
    assert_eq!(cognito(&good().claim("aud", json!([5]))), Err(wrong_type("aud")));
}

#[test]
fn a_token_bound_to_a_client_of_ours_is_read() {
    assert!(cognito(&good().claim("aud", CLIENT_ID)).is_ok());
}

#[test]
fn a_row_with_audiences_and_clients_asks_for_both() {
    let row = BearerIssuer { audiences: texts(&[API]), ..cognito_row() };
    assert!(check_with(&good().claim("aud", API), &row).is_ok());
    assert_eq!(check_with(&good(), &row), Err(AccessTokenRefusal::Audience(any_detail())));
    assert_eq!(
        check_with(&good().claim("aud", CLIENT_ID), &row),
        Err(AccessTokenRefusal::Audience(any_detail()))
    );
    let foreign = good().claim("aud", API).claim("client_id", "somebody-elses");
    assert_eq!(check_with(&foreign, &row), Err(AccessTokenRefusal::Client(any_detail())));
}

#[test]
fn a_row_with_audiences_alone_takes_any_client() {
    let row = BearerIssuer { audiences: texts(&[API]), client_ids: Vec::new(), ..cognito_row() };
    assert!(check_with(&good().claim("aud", API).claim("client_id", "any"), &row).is_ok());
    assert_eq!(check_with(&good(), &row), Err(AccessTokenRefusal::Audience(any_detail())));
}
