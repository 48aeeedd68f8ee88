use super::*;

/// The error and state that the callback gets for a request with one change.
async fn told(changes: &[(&str, &str)]) -> (String, String) {
    let answer = StandInTest::new().get(&authorize_with(changes)).await;
    assert_eq!(answer.callback("code"), "");
    (answer.callback("error"), answer.callback("state"))
}

async fn error(changes: &[(&str, &str)]) -> String {
    let (error, state) = told(changes).await;
    assert_eq!(state, "the-state", "the state comes back with every error");
    error
}

#[tokio::test]
async fn a_good_request_leads_to_login_with_the_same_parameters() {
    let answer = StandInTest::new().get(&authorize_with(&[])).await;
    assert_eq!(answer.location(), format!("/login?{}", query_with(&[])));
}

#[tokio::test]
async fn an_unknown_client_is_a_page() {
    StandInTest::new().get(&authorize_with(&[("client_id", "another")])).await.is_page("invalid_client");
}

#[tokio::test]
async fn a_missing_client_is_a_page() {
    StandInTest::new().get(&authorize_with(&[("client_id", "")])).await.is_page("invalid_request");
}

#[tokio::test]
async fn a_repeated_client_is_a_page() {
    let target = authorize_with(&[]) + "&client_id=another";
    StandInTest::new().get(&target).await.is_page("invalid_request");
}

#[tokio::test]
async fn a_redirect_uri_that_is_not_exactly_registered_is_a_page() {
    for uri in [
        "http://localhost:8400/oauth2/callback/",
        "http://localhost:8400/oauth2/callback?a=1",
        "http://localhost:8400/oauth2/Callback",
        "https://localhost:8400/oauth2/callback",
        "http://127.0.0.1:8400/oauth2/callback",
        "http://localhost:8400/oauth2/callback#",
    ] {
        StandInTest::new().get(&authorize_with(&[("redirect_uri", uri)])).await.is_page("redirect_mismatch");
    }
}

#[tokio::test]
async fn a_repeated_redirect_uri_is_a_page() {
    let target = format!("{}&redirect_uri={CALLBACK}", authorize_with(&[]));
    StandInTest::new().get(&target).await.is_page("redirect_mismatch");
}

#[tokio::test]
async fn a_missing_redirect_uri_is_the_default_one_or_a_page() {
    StandInTest::new().get(&authorize_with(&[("redirect_uri", "")])).await.is_page("invalid_request");
    let mut test =
        StandInTest::with(|options| options.clients[0].default_redirect_uri = Some(CALLBACK.to_owned()));
    let answer = test.get(&authorize_with(&[("redirect_uri", ""), ("prompt", "none")])).await;
    assert_eq!(answer.callback("error"), "login_required");
}

#[tokio::test]
async fn a_json_state_is_refused_and_not_echoed() {
    for state in [r#"{"a":1}"#, r#"["a"]"#, r#""a""#] {
        assert_eq!(told(&[("state", state)]).await, ("invalid_request".to_owned(), String::new()));
    }
}

#[tokio::test]
async fn a_state_of_digits_is_no_json_string() {
    let answer = StandInTest::new().get(&authorize_with(&[("state", "12345")])).await;
    assert!(answer.location().starts_with("/login?"));
}

#[tokio::test]
async fn response_type_must_be_code() {
    assert_eq!(error(&[("response_type", "")]).await, "invalid_request");
    assert_eq!(error(&[("response_type", "id_token")]).await, "invalid_request");
    assert_eq!(error(&[("response_type", "token")]).await, "unauthorized_client");
}

#[tokio::test]
async fn an_unknown_scope_is_invalid_scope() {
    assert_eq!(error(&[("scope", "openid nonsense")]).await, "invalid_scope");
}

#[tokio::test]
async fn email_without_openid_is_invalid_scope() {
    assert_eq!(error(&[("scope", "email")]).await, "invalid_scope");
}

#[tokio::test]
async fn a_known_scope_that_is_not_the_clients_is_ignored() {
    let tokens = StandInTest::new().tokens(&[("scope", "openid phone email")]).await;
    assert_eq!(claims(&tokens, "access_token")["scope"], "openid email");
}

#[tokio::test]
async fn no_scope_is_every_scope_of_the_client() {
    let tokens = StandInTest::new().tokens(&[("scope", "")]).await;
    assert_eq!(
        claims(&tokens, "access_token")["scope"],
        "openid email profile aws.cognito.signin.user.admin"
    );
}

#[tokio::test]
async fn only_s256_with_a_well_formed_challenge_is_taken() {
    assert_eq!(error(&[("code_challenge_method", "plain")]).await, "invalid_request");
    assert_eq!(error(&[("code_challenge_method", "")]).await, "invalid_request");
    assert_eq!(error(&[("code_challenge", "")]).await, "invalid_request");
    assert_eq!(error(&[("code_challenge", "short")]).await, "invalid_request");
}

#[tokio::test]
async fn a_repeated_parameter_is_invalid_request() {
    let answer = StandInTest::new().get(&(authorize_with(&[]) + "&nonce=another")).await;
    assert_eq!(answer.callback("error"), "invalid_request");
}

#[tokio::test]
async fn prompt_none_without_a_sign_on_is_login_required() {
    assert_eq!(error(&[("prompt", "none")]).await, "login_required");
}

#[tokio::test]
async fn prompt_none_with_another_value_or_an_unknown_one_is_invalid_request() {
    assert_eq!(error(&[("prompt", "none login")]).await, "invalid_request");
    assert_eq!(error(&[("prompt", "create")]).await, "invalid_request");
}

#[tokio::test]
async fn another_identity_provider_is_refused_and_cognito_itself_is_not() {
    assert_eq!(error(&[("identity_provider", "Google")]).await, "invalid_request");
    assert_eq!(error(&[("idp_identifier", "example.com")]).await, "invalid_request");
    let answer = StandInTest::new().get(&authorize_with(&[("identity_provider", "COGNITO")])).await;
    assert!(answer.location().starts_with("/login?"));
}

#[tokio::test]
async fn a_resource_must_be_a_url_and_becomes_the_audience() {
    assert_eq!(error(&[("resource", "http://api.example.com")]).await, "invalid_request");
    assert_eq!(error(&[("resource", "api")]).await, "invalid_request");
    let tokens = StandInTest::new().tokens(&[("resource", "https://api.example.com")]).await;
    assert_eq!(claims(&tokens, "access_token")["aud"], "https://api.example.com");
}

#[tokio::test]
async fn a_post_is_not_allowed() {
    let answer = StandInTest::new().post("/oauth2/authorize", None, &[]).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
