use super::*;

/// A valid exchange with one field replaced, or (empty value) left out.
async fn exchange_with(name: &str, value: &str) -> Answer {
    let mut test = StandInTest::new();
    let code = test.code(&[]).await;
    let form: Vec<_> = exchange(&code)
        .into_iter()
        .map(|field| if field.0 == name { (name, value) } else { field })
        .filter(|(_, value)| !value.is_empty())
        .collect();
    test.token(&form).await
}

fn sorted_names(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_code_gives_three_tokens() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    assert_eq!(
        sorted_names(&tokens),
        ["access_token", "expires_in", "id_token", "refresh_token", "token_type"]
    );
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(refresh_token.split('.').count(), 5);
    assert!((1_700..1_900).contains(&refresh_token.len()), "{}", refresh_token.len());
}

#[tokio::test]
async fn the_id_token_has_exactly_the_claims_of_cognito() {
    let tokens = StandInTest::new().tokens(&[]).await;
    let id = claims(&tokens, "id_token");
    assert_eq!(
        sorted_names(&id),
        [
            "at_hash",
            "aud",
            "auth_time",
            "cognito:groups",
            "cognito:username",
            "email",
            "email_verified",
            "event_id",
            "exp",
            "family_name",
            "given_name",
            "iat",
            "iss",
            "jti",
            "nonce",
            "origin_jti",
            "sub",
            "token_use",
        ]
    );
    assert_eq!(id["aud"], AppClient::local().client_id);
    assert_eq!(id["iss"], "http://127.0.0.1:8410/us-east-1_LocalPool");
    assert_eq!((&id["token_use"], &id["nonce"]), (&json!("id"), &json!("the-nonce")));
    assert_eq!((&id["exp"], &id["iat"], &id["auth_time"]), (&json!(NOW + 3600), &json!(NOW), &json!(NOW)));
    assert_eq!(id["cognito:groups"], json!(["admins"]));
    assert_eq!(id["sub"], id["cognito:username"]);
    let digest = Sha256::digest(tokens["access_token"].as_str().unwrap());
    assert_eq!(id["at_hash"], URL_SAFE_NO_PAD.encode(&digest[..16]));
}

#[tokio::test]
async fn the_access_token_has_exactly_the_claims_of_cognito_and_no_audience() {
    let tokens = StandInTest::new().tokens(&[]).await;
    let access = claims(&tokens, "access_token");
    assert_eq!(
        sorted_names(&access),
        [
            "auth_time",
            "client_id",
            "cognito:groups",
            "event_id",
            "exp",
            "iat",
            "iss",
            "jti",
            "origin_jti",
            "scope",
            "sub",
            "token_use",
            "username",
            "version",
        ]
    );
    assert_eq!((&access["token_use"], &access["version"]), (&json!("access"), &json!(2)));
    assert_eq!(access["client_id"], AppClient::local().client_id);
    assert_eq!(access["scope"], "openid email profile");
    let id = claims(&tokens, "id_token");
    assert_eq!((&access["origin_jti"], &access["event_id"]), (&id["origin_jti"], &id["event_id"]));
    assert_ne!(access["jti"], id["jti"]);
}

#[tokio::test]
async fn a_user_without_groups_has_no_groups_claim() {
    let mut test = StandInTest::new();
    let back = test.sign_in(&[], "guest@example.com", "Loopback-2").await;
    let tokens = test.token(&exchange(&back.callback("code"))).await.json();
    assert_eq!(claims(&tokens, "access_token").get("cognito:groups"), None);
}

#[tokio::test]
async fn scopes_decide_the_attributes_and_openid_alone_opens_all() {
    let only_email = claims(&StandInTest::new().tokens(&[("scope", "openid email")]).await, "id_token");
    assert_eq!((only_email.get("given_name"), &only_email["email"]), (None, &json!("admin@example.com")));
    let only_profile = claims(&StandInTest::new().tokens(&[("scope", "openid profile")]).await, "id_token");
    assert_eq!((only_profile.get("email"), &only_profile["given_name"]), (None, &json!("Local")));
    let all = claims(&StandInTest::new().tokens(&[("scope", "openid")]).await, "id_token");
    assert_eq!((&all["email"], &all["given_name"]), (&json!("admin@example.com"), &json!("Local")));
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let tokens = StandInTest::new().tokens(&[("scope", "aws.cognito.signin.user.admin")]).await;
    assert_eq!(tokens.get("id_token"), None);
}

#[tokio::test]
async fn without_a_nonce_there_is_no_nonce_claim() {
    let tokens = StandInTest::new().tokens(&[("nonce", "")]).await;
    assert_eq!(claims(&tokens, "id_token").get("nonce"), None);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let mut test = StandInTest::new();
    let code = test.code(&[]).await;
    assert_eq!(test.token(&exchange(&code)).await.status, StatusCode::OK);
    test.token(&exchange(&code)).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    for (after, status) in [(299, 200), (300, 400)] {
        let mut test = StandInTest::new();
        let code = test.code(&[]).await;
        test.advance(after);
        assert_eq!(test.token(&exchange(&code)).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn an_unknown_code_is_invalid_grant() {
    exchange_with("code", "another").await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn another_redirect_uri_is_invalid_grant() {
    exchange_with("redirect_uri", "http://localhost:8401/oauth2/callback")
        .await
        .is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_wrong_or_missing_verifier_is_invalid_grant() {
    exchange_with("code_verifier", "another").await.is_error(400, "invalid_grant");
    exchange_with("code_verifier", "").await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_invalid_grant() {
    let mut test = StandInTest::new();
    let code = test.code(&[("code_challenge", ""), ("code_challenge_method", "")]).await;
    test.token(&exchange(&code)).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_missing_field_is_invalid_request() {
    for name in ["grant_type", "code", "redirect_uri"] {
        exchange_with(name, "").await.is_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn other_grants_are_refused() {
    exchange_with("grant_type", "password").await.is_error(400, "unsupported_grant_type");
    exchange_with("grant_type", "client_credentials").await.is_error(400, "unauthorized_client");
}

#[tokio::test]
async fn another_content_type_is_invalid_request() {
    let test = StandInTest::new();
    for content_type in ["application/json", "text/plain"] {
        let request = Request::post("/oauth2/token").header("content-type", content_type);
        let answer = test.send(request.body(Body::from("grant_type=refresh_token")).unwrap()).await;
        answer.is_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn a_get_is_not_allowed() {
    assert_eq!(StandInTest::new().get("/oauth2/token").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_secret_may_come_in_the_body() {
    let mut test = StandInTest::new();
    let code = test.code(&[]).await;
    let client = AppClient::local();
    let secret = client.client_secret.unwrap();
    let own = [("client_id", client.client_id.as_str()), ("client_secret", secret.as_str())];
    let answer = test.post("/oauth2/token", None, &[&exchange(&code)[..], &own].concat()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn a_client_that_does_not_authenticate_is_invalid_client_and_spends_no_code() {
    let mut test = StandInTest::new();
    let code = test.code(&[]).await;
    let client_id = AppClient::local().client_id;
    let named = [&exchange(&code)[..], &[("client_id", &client_id)]].concat();
    let wrong = [&named[..], &[("client_secret", "wrong")]].concat();
    for (authorization, form) in [
        (Some(basic(&client_id, "wrong")), exchange(&code).to_vec()),
        (Some(basic("another", "wrong")), exchange(&code).to_vec()),
        (Some("Basic !".to_owned()), exchange(&code).to_vec()),
        (Some("Bearer x".to_owned()), exchange(&code).to_vec()),
        (None, named),
        (None, wrong),
    ] {
        test.post("/oauth2/token", authorization.as_deref(), &form).await.is_error(400, "invalid_client");
    }
    assert_eq!(test.token(&exchange(&code)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn two_ways_to_authenticate_are_invalid_request() {
    let answer = StandInTest::new().token(&[("grant_type", "refresh_token"), ("client_secret", "x")]).await;
    answer.is_error(400, "invalid_request");
}

#[tokio::test]
async fn a_public_client_names_itself_and_has_no_secret() {
    let mut test = StandInTest::with(|options| options.clients[0].client_secret = None);
    let client_id = AppClient::local().client_id;
    let code = test.code(&[]).await;
    let with_secret = [&exchange(&code)[..], &[("client_id", &client_id), ("client_secret", "x")]].concat();
    test.post("/oauth2/token", None, &with_secret).await.is_error(400, "invalid_client");
    let form = [&exchange(&code)[..], &[("client_id", &client_id)]].concat();
    assert_eq!(test.post("/oauth2/token", None, &form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_code_of_another_client_is_invalid_grant() {
    let mut test = StandInTest::with(|options| {
        let another = AppClient { client_id: "another".to_owned(), ..AppClient::local() };
        options.clients.push(another);
    });
    let code = test.code(&[]).await;
    let secret = AppClient::local().client_secret.unwrap();
    let answer = test.post("/oauth2/token", Some(&basic("another", &secret)), &exchange(&code)).await;
    answer.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn the_code_of_a_user_disabled_since_is_invalid_grant() {
    let mut test = StandInTest::new();
    let code = test.code(&[]).await;
    test.stand_in.set_enabled("admin@example.com", false);
    test.token(&exchange(&code)).await.is_error(400, "invalid_grant");
}
