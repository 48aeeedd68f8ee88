use super::*;

fn logout_with(pairs: &[(&str, &str)]) -> String {
    let query = pairs.iter().fold(Parameters::default(), |query, (name, value)| query.with(name, value));
    format!("/logout?{}", query.encode())
}

fn client_id() -> String {
    AppClient::local().client_id
}

#[tokio::test]
async fn a_registered_logout_uri_ends_the_sign_on_and_is_where_it_leads() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    let stolen = test.cookies.clone();
    let answer = test.get(&logout_with(&[("client_id", &client_id()), ("logout_uri", SIGNED_OUT)])).await;
    assert_eq!(answer.location(), SIGNED_OUT);
    assert!(!test.cookies.contains_key("cognito"));
    test.cookies = stolen;
    assert!(test.get(&authorize_with(&[])).await.location().starts_with("/login?"));
}

#[tokio::test]
async fn a_logout_uri_that_is_not_exactly_registered_is_a_page_and_ends_nothing() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    for uri in ["http://localhost:8400/oauth2/signed-out/", "https://evil.example", CALLBACK] {
        let answer = test.get(&logout_with(&[("client_id", &client_id()), ("logout_uri", uri)])).await;
        answer.is_page("redirect_mismatch");
    }
    assert!(test.cookies.contains_key("cognito"));
}

#[tokio::test]
async fn the_second_form_leads_to_login_with_its_parameters() {
    let mut test = StandInTest::new();
    test.code(&[]).await;
    let pairs =
        [("client_id", &*client_id()), ("redirect_uri", CALLBACK), ("response_type", "code"), ("state", "s")];
    let answer = test.get(&logout_with(&pairs)).await;
    let (path, query) = answer.location().split_once('?').unwrap();
    let query = Parameters::parse(query.as_bytes());
    assert_eq!((path, query.field("redirect_uri"), query.field("state")), ("/login", CALLBACK, "s"));
    assert_eq!(query.field("scope"), "openid email profile aws.cognito.signin.user.admin");
    assert!(!test.cookies.contains_key("cognito"));
    assert_eq!(test.get(answer.location()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn logout_uri_wins_over_redirect_uri() {
    let pairs = [("client_id", &*client_id()), ("redirect_uri", CALLBACK), ("logout_uri", SIGNED_OUT)];
    assert_eq!(StandInTest::new().get(&logout_with(&pairs)).await.location(), SIGNED_OUT);
}

#[tokio::test]
async fn every_other_logout_is_a_page() {
    let id = client_id();
    for (pairs, error) in [
        (vec![("logout_uri", SIGNED_OUT)], "invalid_request"),
        (vec![("client_id", "another"), ("logout_uri", SIGNED_OUT)], "invalid_client"),
        (vec![("client_id", &*id)], "invalid_request"),
        (vec![("client_id", &*id), ("redirect_uri", CALLBACK)], "invalid_request"),
        (
            vec![("client_id", &*id), ("redirect_uri", SIGNED_OUT), ("response_type", "code")],
            "redirect_mismatch",
        ),
        (
            vec![("client_id", &*id), ("logout_uri", SIGNED_OUT), ("logout_uri", SIGNED_OUT)],
            "invalid_request",
        ),
        (vec![("id_token_hint", "x"), ("post_logout_redirect_uri", SIGNED_OUT)], "invalid_request"),
    ] {
        StandInTest::new().get(&logout_with(&pairs)).await.is_page(error);
    }
}

#[tokio::test]
async fn a_post_is_not_allowed() {
    assert_eq!(StandInTest::new().post("/logout", None, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
}
