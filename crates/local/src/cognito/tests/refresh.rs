use super::*;

async fn refresh(test: &StandInTest, token: &str) -> Answer {
    test.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

fn rotating(grace: i64) -> StandInTest {
    StandInTest::with(|options| options.clients[0].rotation = Some(grace))
}

#[tokio::test]
async fn without_rotation_there_is_no_new_refresh_token_and_the_old_one_stays_good() {
    let mut test = StandInTest::new();
    let first = test.tokens(&[]).await;
    for _ in 0..2 {
        let answer = refresh(&test, text(&first, "refresh_token")).await.json();
        assert_eq!(answer.get("refresh_token"), None);
        assert_ne!(answer["access_token"], first["access_token"]);
    }
}

#[tokio::test]
async fn a_refreshed_id_token_keeps_who_and_when_and_has_no_nonce() {
    let mut test = StandInTest::new();
    let first = test.tokens(&[]).await;
    test.advance(3_000);
    let second = refresh(&test, text(&first, "refresh_token")).await.json();
    let (before, after) = (claims(&first, "id_token"), claims(&second, "id_token"));
    for name in ["iss", "sub", "aud", "auth_time", "origin_jti"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_eq!((after.get("nonce"), &after["iat"]), (None, &json!(NOW + 3_000)));
    assert_ne!(before["jti"], after["jti"]);
}

#[tokio::test]
async fn groups_are_those_of_the_refresh() {
    let mut test = StandInTest::new();
    let first = test.tokens(&[]).await;
    test.stand_in.set_groups("admin@example.com", &["readers", "writers"]);
    let second = refresh(&test, text(&first, "refresh_token")).await.json();
    assert_eq!(claims(&second, "access_token")["cognito:groups"], json!(["readers", "writers"]));
}

#[tokio::test]
async fn a_refresh_token_lives_thirty_days() {
    let mut test = StandInTest::new();
    let first = test.tokens(&[]).await;
    test.advance(30 * 86_400 - 1);
    assert_eq!(refresh(&test, text(&first, "refresh_token")).await.status, StatusCode::OK);
    test.advance(1);
    refresh(&test, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn rotation_gives_a_new_token_and_the_old_one_is_good_during_the_grace() {
    let mut test = rotating(30);
    let first = test.tokens(&[]).await;
    let second = refresh(&test, text(&first, "refresh_token")).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    test.advance(29);
    assert_eq!(refresh(&test, text(&first, "refresh_token")).await.status, StatusCode::OK);
    test.advance(1);
    refresh(&test, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
    assert_eq!(refresh(&test, text(&second, "refresh_token")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn rotation_without_grace_kills_the_old_token_at_once() {
    let mut test = rotating(0);
    let first = test.tokens(&[]).await;
    assert_eq!(refresh(&test, text(&first, "refresh_token")).await.status, StatusCode::OK);
    refresh(&test, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_rotated_token_lives_for_the_rest_of_the_first_one() {
    let mut test = rotating(0);
    let first = test.tokens(&[]).await;
    test.advance(20 * 86_400);
    let second = refresh(&test, text(&first, "refresh_token")).await.json();
    test.advance(10 * 86_400);
    refresh(&test, text(&second, "refresh_token")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_unknown_or_missing_refresh_token_is_refused() {
    let test = StandInTest::new();
    refresh(&test, "another").await.is_error(400, "invalid_grant");
    refresh(&test, "").await.is_error(400, "invalid_request");
}

#[tokio::test]
async fn the_refresh_token_of_another_client_is_invalid_grant() {
    let mut test = StandInTest::with(|options| {
        options.clients.push(AppClient { client_id: "another".to_owned(), ..AppClient::local() });
    });
    let first = test.tokens(&[]).await;
    let secret = AppClient::local().client_secret.unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    test.post("/oauth2/token", Some(&basic("another", &secret)), &form).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_disabled_or_signed_out_user_cannot_refresh() {
    let mut test = StandInTest::new();
    let first = test.tokens(&[]).await;
    test.stand_in.set_enabled("admin@example.com", false);
    refresh(&test, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
    test.stand_in.set_enabled("admin@example.com", true);
    assert_eq!(refresh(&test, text(&first, "refresh_token")).await.status, StatusCode::OK);
    assert!(test.stand_in.sign_out_everywhere("admin@example.com"));
    refresh(&test, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
}
