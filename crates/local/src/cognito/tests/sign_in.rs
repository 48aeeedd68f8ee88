use super::*;

#[tokio::test]
async fn the_right_password_leads_back_with_code_and_state() {
    let mut test = StandInTest::new();
    let user = NewUser::local_admin();
    let back = test.sign_in(&[], &user.email, &user.password).await;
    assert_eq!(back.callback("state"), "the-state");
    assert_eq!(back.callback("code").len(), 36);
}

#[tokio::test]
async fn a_request_without_state_leads_back_without_one() {
    let mut test = StandInTest::new();
    let user = NewUser::local_admin();
    let back = test.sign_in(&[("state", "")], &user.email, &user.password).await;
    assert!(!back.location().contains("state="));
}

#[tokio::test]
async fn the_address_is_compared_without_case() {
    let user = NewUser::local_admin();
    let back = StandInTest::new().sign_in(&[], &user.email.to_uppercase(), &user.password).await;
    assert_eq!(back.callback("state"), "the-state");
}

async fn refused(test: &mut StandInTest, email: &str, password: &str) {
    let answer = test.sign_in(&[], email, password).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("Incorrect username or password."), "{}", answer.text);
    assert!(!test.cookies.contains_key("cognito"));
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    refused(&mut StandInTest::new(), "admin@example.com", "Loopback-2").await;
}

#[tokio::test]
async fn an_unknown_user_is_refused_in_the_same_words() {
    refused(&mut StandInTest::new(), "nobody@example.com", "Loopback-1").await;
}

#[tokio::test]
async fn a_disabled_user_is_refused_in_the_same_words() {
    let mut test = StandInTest::new();
    assert!(test.stand_in.set_enabled("admin@example.com", false));
    refused(&mut test, "admin@example.com", "Loopback-1").await;
}

#[tokio::test]
async fn a_form_without_its_cookie_is_refused() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/login?{}", query_with(&[]))).await;
    test.cookies.clear();
    test.submit(&page, &[("username", "admin@example.com"), ("password", "Loopback-1")])
        .await
        .is_page("csrf");
}

#[tokio::test]
async fn a_form_with_another_token_is_refused() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/login?{}", query_with(&[]))).await;
    test.cookies.insert("XSRF-TOKEN".to_owned(), "another".to_owned());
    test.submit(&page, &[("username", "admin@example.com"), ("password", "Loopback-1")])
        .await
        .is_page("csrf");
}

#[tokio::test]
async fn a_page_open_for_more_than_five_minutes_is_refused() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/login?{}", query_with(&[]))).await;
    let good = [("username", "admin@example.com"), ("password", "Loopback-1")];
    test.advance(301);
    test.submit(&page, &good).await.is_page("attempt_expired");
    test.advance(-1);
    assert_eq!(test.submit(&page, &good).await.callback("state"), "the-state");
}

#[tokio::test]
async fn two_tabs_can_both_sign_in() {
    let mut test = StandInTest::new();
    let first = test.get(&format!("/login?{}", query_with(&[("state", "one")]))).await;
    let second = test.get(&format!("/login?{}", query_with(&[("state", "two")]))).await;
    let good = [("username", "admin@example.com"), ("password", "Loopback-1")];
    assert_eq!(test.submit(&first, &good).await.callback("state"), "one");
    assert_eq!(test.submit(&second, &good).await.callback("state"), "two");
}

#[tokio::test]
async fn login_refuses_what_authorize_refuses() {
    let mut test = StandInTest::new();
    test.get(&format!("/login?{}", query_with(&[("redirect_uri", "https://evil.example")])))
        .await
        .is_page("redirect_mismatch");
    let answer = test.get(&format!("/login?{}", query_with(&[("scope", "nonsense")]))).await;
    assert_eq!(answer.callback("error"), "invalid_scope");
}

#[tokio::test]
async fn login_hint_fills_the_address_and_is_escaped() {
    let answer = StandInTest::new()
        .get(&format!("/login?{}", query_with(&[("login_hint", "\"><b>@example.com")])))
        .await;
    assert!(answer.text.contains(r#"value="&#34;&#62;&#60;b&#62;@example.com""#), "{}", answer.text);
}

#[tokio::test]
async fn a_sign_on_lasts_one_hour_and_does_not_slide() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    test.advance(3_599);
    assert_ne!(test.get(&authorize_with(&[])).await.callback("code"), "");
    test.advance(1);
    assert!(test.get(&authorize_with(&[])).await.location().starts_with("/login?"));
}

#[tokio::test]
async fn a_silent_sign_in_keeps_the_time_of_the_pool_session() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    test.advance(100);
    let code = test.get(&authorize_with(&[("prompt", "none")])).await.callback("code");
    let tokens = test.token(&exchange(&code)).await.json();
    let id = claims(&tokens, "id_token");
    assert_eq!((&id["auth_time"], &id["iat"]), (&json!(NOW), &json!(NOW + 100)));
}

#[tokio::test]
async fn prompt_login_asks_again_and_opens_a_new_pool_session() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    let before = test.cookies["cognito"].clone();
    test.advance(100);
    let tokens = test.tokens(&[("prompt", "login")]).await;
    assert_ne!(test.cookies["cognito"], before);
    assert_eq!(claims(&tokens, "id_token")["auth_time"], NOW + 100);
}

#[tokio::test]
async fn the_sign_on_of_a_disabled_or_deleted_user_is_none() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    test.stand_in.set_enabled("admin@example.com", false);
    assert!(test.get(&authorize_with(&[])).await.location().starts_with("/login?"));
    test.stand_in.set_enabled("admin@example.com", true);
    test.stand_in.delete_user("admin@example.com");
    assert!(test.get(&authorize_with(&[])).await.location().starts_with("/login?"));
}

#[tokio::test]
async fn the_sign_on_cookie_is_http_only_and_lax() {
    let user = NewUser::local_admin();
    let back = StandInTest::new().sign_in(&[], &user.email, &user.password).await;
    let cookie = back.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn every_page_has_labels_a_language_and_a_policy_that_lets_the_form_lead_back() {
    let mut test = StandInTest::new();
    for path in ["/login", "/signup", "/forgotPassword", "/confirmUser", "/confirmForgotPassword"] {
        let page = test.get(&format!("{path}?{}", query_with(&[]))).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text.contains("<html lang=\"en\">") && !page.text.contains("<script"), "{path}");
        assert!(page.text.contains("Local sign-in (stands in for Amazon Cognito)"), "{path}");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("form-action 'self' http://localhost:8400;"), "{policy}");
        assert_eq!(page.headers["cache-control"], "no-store");
        for input in page.text.split("<input id=\"").skip(1) {
            let id = input.split('"').next().unwrap();
            assert!(page.text.contains(&format!("<label for=\"{id}\">")), "{path}: {id}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_404_page() {
    let answer = StandInTest::new().get("/nowhere").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("<code>not_found</code>"));
}
