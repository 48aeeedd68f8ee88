use super::*;

const BAD_TOKEN: &str = "error=\"invalid_token\", error_description=\"Access token is expired, disabled, or deleted, \
                         or the user has globally signed out.\"";

fn is_bad_token(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["www-authenticate"], BAD_TOKEN);
    assert_eq!(answer.json()["error"], "invalid_token");
}

#[tokio::test]
async fn attributes_are_strings() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let answer = test.user_info(tokens["access_token"].as_str().unwrap()).await;
    let sub = claims(&tokens, "id_token")["sub"].clone();
    assert_eq!(
        answer.json(),
        json!({
            "sub": sub, "username": sub, "email": "admin@example.com", "email_verified": "true",
            "given_name": "Local", "family_name": "Admin",
        })
    );
}

#[tokio::test]
async fn scopes_decide_the_attributes() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[("scope", "openid email")]).await;
    let answer = test.user_info(tokens["access_token"].as_str().unwrap()).await.json();
    assert_eq!((answer.get("given_name"), &answer["email"]), (None, &json!("admin@example.com")));
}

#[tokio::test]
async fn a_request_without_a_bearer_token_is_400() {
    let test = StandInTest::new();
    for authorization in [None, Some("Basic eDp5")] {
        let request = Request::get("/oauth2/userInfo");
        let request =
            authorization.into_iter().fold(request, |request, value| request.header("authorization", value));
        let answer = test.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let challenge = answer.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.starts_with("error=\"invalid_request\""), "{challenge}");
    }
}

#[tokio::test]
async fn an_expired_token_is_401() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    test.advance(3_600);
    is_bad_token(&test.user_info(tokens["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn an_id_token_a_forged_one_and_garbage_are_401() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let good = claims(&tokens, "access_token");
    let forged = test.stand_in.mint(&good, &json!({}), super::super::MintKey::StrangerAsAccess).unwrap();
    for token in [tokens["id_token"].as_str().unwrap(), &forged, "garbage", "a.b.c"] {
        is_bad_token(&test.user_info(token).await);
    }
}

#[tokio::test]
async fn a_token_of_another_use_or_issuer_is_401() {
    let mut test = StandInTest::new();
    let good = claims(&test.tokens(&[]).await, "access_token");
    for (name, value) in [("token_use", "id"), ("iss", "http://127.0.0.1:8410/us-east-1_AnotherPool")] {
        let mut changed = good.clone();
        changed[name] = json!(value);
        let token = test.stand_in.mint(&changed, &json!({}), super::super::MintKey::Access).unwrap();
        is_bad_token(&test.user_info(&token).await);
    }
}

#[tokio::test]
async fn a_token_without_openid_is_401() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[("scope", "aws.cognito.signin.user.admin")]).await;
    is_bad_token(&test.user_info(tokens["access_token"].as_str().unwrap()).await);
}

#[tokio::test]
async fn the_token_of_a_disabled_or_signed_out_user_is_401() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let token = tokens["access_token"].as_str().unwrap();
    test.stand_in.set_enabled("admin@example.com", false);
    is_bad_token(&test.user_info(token).await);
    test.stand_in.set_enabled("admin@example.com", true);
    assert_eq!(test.user_info(token).await.status, StatusCode::OK);
    test.stand_in.sign_out_everywhere("admin@example.com");
    is_bad_token(&test.user_info(token).await);
}
