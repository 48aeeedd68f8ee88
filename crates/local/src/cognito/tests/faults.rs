use super::*;

fn keys_of(test: &StandInTest) -> Vec<String> {
    test.stand_in.state().keys.published().map(|key| key.kid().to_owned()).collect()
}

/// The tokens of a code exchange under a fault.
async fn bent(fault: Fault) -> (StandInTest, Value) {
    let mut test = StandInTest::new();
    test.stand_in.set_fault(Endpoint::Token, fault);
    let tokens = test.tokens(&[]).await;
    (test, tokens)
}

async fn jwks(test: &StandInTest) -> Answer {
    let path = "/us-east-1_LocalPool/.well-known/jwks.json";
    test.send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_status_is_answered_as_often_as_planned() {
    let test = StandInTest::new();
    test.stand_in.set_fault_times(Endpoint::Jwks, Fault::Status { status: 503 }, 2);
    for expected in [503, 503, 200] {
        assert_eq!(jwks(&test).await.status.as_u16(), expected);
    }
    assert_eq!(test.stand_in.requests(Endpoint::Jwks), 3);
    assert_eq!(test.stand_in.requests(Endpoint::Token), 0);
}

#[tokio::test]
async fn faults_stay_until_cleared() {
    let test = StandInTest::new();
    test.stand_in.set_fault(Endpoint::Jwks, Fault::Redirect { location: "https://evil.example/".to_owned() });
    assert_eq!(jwks(&test).await.location(), "https://evil.example/");
    assert_eq!(jwks(&test).await.location(), "https://evil.example/");
    test.stand_in.clear_faults();
    assert_eq!(jwks(&test).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_can_be_broken_or_oversized() {
    let test = StandInTest::new();
    test.stand_in.set_fault_times(Endpoint::Jwks, Fault::InvalidJson, 1);
    assert!(serde_json::from_str::<Value>(&jwks(&test).await.text).is_err());
    test.stand_in.set_fault_times(Endpoint::Jwks, Fault::Oversized { bytes: 100_000 }, 1);
    assert_eq!(jwks(&test).await.text.len(), 100_000);
}

#[tokio::test]
async fn a_cut_breaks_the_body_in_process_and_the_connection_on_a_socket() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let test = StandInTest::new();
    test.stand_in.set_fault(Endpoint::Jwks, Fault::Cut);
    let path = "/us-east-1_LocalPool/.well-known/jwks.json";
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = test.stand_in.router().oneshot(request).await.unwrap();
    assert!(axum::body::to_bytes(response.into_body(), 10).await.is_err());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stand_in = test.stand_in.clone();
    let serving = tokio::spawn(async move { stand_in.serve(listener, async { drop(stopped.await) }).await });
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"");
    drop(stop);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_slow_endpoint_still_answers() {
    let test = StandInTest::new();
    test.stand_in.set_fault(Endpoint::Jwks, Fault::Slow { milliseconds: 0 });
    assert_eq!(jwks(&test).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_oauth_error_is_answered_with_400() {
    let test = StandInTest::new();
    test.stand_in.set_fault(Endpoint::Token, Fault::Error { error: "invalid_grant".to_owned() });
    test.token(&exchange("x")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_wrong_signing_key_hides_behind_the_published_kid() {
    let (test, tokens) = bent(Fault::WrongSigningKey).await;
    assert_eq!(part(tokens["id_token"].as_str().unwrap(), 0)["kid"], keys_of(&test)[0]);
    assert_eq!(
        test.user_info(tokens["access_token"].as_str().unwrap()).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn nonce_audience_and_issuer_can_be_wrong() {
    let (_, tokens) = bent(Fault::WrongNonce).await;
    assert_eq!(claims(&tokens, "id_token")["nonce"], "another-nonce");
    let (_, tokens) = bent(Fault::WrongAudience).await;
    assert_eq!(claims(&tokens, "id_token")["aud"], "another-client");
    let (_, tokens) = bent(Fault::WrongIssuer).await;
    assert_eq!(claims(&tokens, "id_token")["iss"], "http://127.0.0.1:8410/us-east-1_AnotherPool");
}

#[tokio::test]
async fn tokens_can_be_expired_and_the_id_token_missing() {
    let (_, tokens) = bent(Fault::Expired).await;
    assert_eq!(claims(&tokens, "id_token")["exp"], NOW - 86_400);
    let (_, tokens) = bent(Fault::NoIdToken).await;
    assert_eq!(tokens.get("id_token"), None);
}

#[tokio::test]
async fn the_way_back_can_carry_an_error_or_lose_its_state() {
    let mut test = StandInTest::new();
    let user = NewUser::local_admin();
    test.stand_in.set_fault_times(
        Endpoint::Authorize,
        Fault::CallbackError { error: "server_error".to_owned() },
        1,
    );
    let back = test.sign_in(&[], &user.email, &user.password).await;
    assert_eq!((back.callback("error"), back.callback("code")), ("server_error".to_owned(), String::new()));
    assert_eq!(back.callback("state"), "the-state");
    test.stand_in.set_fault_times(Endpoint::Authorize, Fault::MissingState, 1);
    let back = test.get(&authorize_with(&[])).await;
    assert_eq!((back.callback("state"), back.callback("code").len()), (String::new(), 36));
}

#[tokio::test]
async fn faults_and_counters_work_over_http() {
    let mut test = StandInTest::new();
    let fault = json!({ "endpoint": "jwks", "fault": "status", "status": 503, "times": 1 });
    assert_eq!(test.post_json("/_local/faults", fault.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(test.get("/_local/faults").await.json(), json!([fault]));
    assert_eq!(jwks(&test).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(test.get("/_local/counters").await.json(), json!({ "jwks": 1 }));
    test.stand_in.set_fault(Endpoint::Jwks, Fault::Cut);
    test.browse(Request::delete("/_local/faults"), String::new()).await;
    assert_eq!(test.get("/_local/faults").await.json(), json!([]));
}

#[tokio::test]
async fn controls_refuse_what_is_no_json_or_does_not_fit() {
    let test = StandInTest::new();
    let form = test.post("/_local/faults", None, &[("endpoint", "jwks"), ("fault", "cut")]).await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let unknown = test.post_json("/_local/faults", json!({ "endpoint": "jwks", "fault": "nonsense" })).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let unknown = test.post_json("/_local/keys", json!({ "action": "nonsense" })).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn keys_and_users_can_be_changed_over_http() {
    let mut test = StandInTest::new();
    let before = keys_of(&test);
    test.post_json("/_local/keys", json!({ "action": "rotate" })).await;
    assert_eq!(keys_of(&test).len(), 4);
    test.post_json("/_local/keys", json!({ "action": "drop_old" })).await;
    assert!(keys_of(&test).iter().all(|kid| !before.contains(kid)));
    let user = json!({ "email": "new@example.com", "password": "Loopback-9", "groups": ["readers"] });
    assert_eq!(test.post_json("/_local/users", user).await.status, StatusCode::NO_CONTENT);
    let back = test.sign_in(&[], "new@example.com", "Loopback-9").await;
    let tokens = test.token(&exchange(&back.callback("code"))).await.json();
    assert_eq!(claims(&tokens, "id_token")["cognito:groups"], json!(["readers"]));
    let nobody = test.post_json("/_local/users", json!({ "email": "nobody@example.com" })).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}
