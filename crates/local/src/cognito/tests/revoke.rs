use super::*;

async fn revoke(test: &StandInTest, form: &[(&str, &str)]) -> Answer {
    let client = AppClient::local();
    test.post("/oauth2/revoke", Some(&basic(&client.client_id, &client.client_secret.unwrap())), form).await
}

#[tokio::test]
async fn a_revoked_refresh_token_is_dead_and_its_access_token_too() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    for _ in 0..2 {
        let answer = revoke(&test, &[("token", token)]).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
    }
    test.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
        .await
        .is_error(400, "invalid_grant");
    assert_eq!(
        test.user_info(tokens["access_token"].as_str().unwrap()).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn another_sign_in_is_left_alone() {
    let mut test = StandInTest::new();
    let first = test.tokens(&[]).await;
    let second = test.tokens(&[("prompt", "login")]).await;
    revoke(&test, &[("token", first["refresh_token"].as_str().unwrap())]).await;
    assert_eq!(test.user_info(second["access_token"].as_str().unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unknown_token_is_200_with_nothing() {
    let answer = revoke(&StandInTest::new(), &[("token", "another")]).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn an_access_token_is_unsupported() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let token = tokens["access_token"].as_str().unwrap();
    revoke(&test, &[("token", token)]).await.is_error(400, "unsupported_token_type");
}

#[tokio::test]
async fn a_missing_token_is_invalid_request() {
    revoke(&StandInTest::new(), &[]).await.is_error(400, "invalid_request");
}

#[tokio::test]
async fn a_client_without_revocation_is_invalid_request() {
    let test = StandInTest::with(|options| options.clients[0].token_revocation = false);
    revoke(&test, &[("token", "x")]).await.is_error(400, "invalid_request");
}

#[tokio::test]
async fn a_wrong_secret_is_401_invalid_client() {
    let test = StandInTest::new();
    let client = AppClient::local();
    let wrong = basic(&client.client_id, "wrong");
    test.post("/oauth2/revoke", Some(&wrong), &[("token", "x")]).await.is_error(401, "invalid_client");
}

#[tokio::test]
async fn a_secret_in_the_body_is_not_documented_and_refused() {
    let client = AppClient::local();
    let secret = client.client_secret.unwrap();
    let form = [("token", "x"), ("client_id", client.client_id.as_str()), ("client_secret", secret.as_str())];
    StandInTest::new().post("/oauth2/revoke", None, &form).await.is_error(401, "invalid_client");
}

#[tokio::test]
async fn the_token_of_another_client_is_left_alone() {
    let mut test = StandInTest::with(|options| {
        options.clients.push(AppClient { client_id: "another".to_owned(), ..AppClient::local() });
    });
    let tokens = test.tokens(&[]).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let secret = AppClient::local().client_secret.unwrap();
    let answer = test.post("/oauth2/revoke", Some(&basic("another", &secret)), &[("token", token)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let refreshed = test.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    assert_eq!(refreshed.status, StatusCode::OK);
}
