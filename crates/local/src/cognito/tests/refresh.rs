use super::*;

async fn refresh(world: &World, token: &str) -> Answer {
    world.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

fn rotating(grace: i64) -> World {
    World::with(|options| options.clients[0].rotation = Some(grace))
}

#[tokio::test]
async fn without_rotation_there_is_no_new_refresh_token_and_the_old_one_stays_good() {
    let mut world = World::new();
    let first = world.tokens(&[]).await;
    for _ in 0..2 {
        let answer = refresh(&world, text(&first, "refresh_token")).await.json();
        assert_eq!(answer.get("refresh_token"), None);
        assert_ne!(answer["access_token"], first["access_token"]);
    }
}

#[tokio::test]
async fn a_refreshed_id_token_keeps_who_and_when_and_has_no_nonce() {
    let mut world = World::new();
    let first = world.tokens(&[]).await;
    world.advance(3_000);
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    let (before, after) = (claims(&first, "id_token"), claims(&second, "id_token"));
    for name in ["iss", "sub", "aud", "auth_time", "origin_jti"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_eq!((after.get("nonce"), &after["iat"]), (None, &json!(NOW + 3_000)));
    assert_ne!(before["jti"], after["jti"]);
}

#[tokio::test]
async fn groups_are_those_of_the_refresh() {
    let mut world = World::new();
    let first = world.tokens(&[]).await;
    world.stand_in.set_groups("admin@example.com", &["readers", "writers"]);
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_eq!(claims(&second, "access_token")["cognito:groups"], json!(["readers", "writers"]));
}

#[tokio::test]
async fn a_refresh_token_lives_thirty_days() {
    let mut world = World::new();
    let first = world.tokens(&[]).await;
    world.advance(30 * 86_400 - 1);
    assert_eq!(refresh(&world, text(&first, "refresh_token")).await.status, StatusCode::OK);
    world.advance(1);
    refresh(&world, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn rotation_gives_a_new_token_and_the_old_one_is_good_during_the_grace() {
    let mut world = rotating(30);
    let first = world.tokens(&[]).await;
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    world.advance(29);
    assert_eq!(refresh(&world, text(&first, "refresh_token")).await.status, StatusCode::OK);
    world.advance(1);
    refresh(&world, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
    assert_eq!(refresh(&world, text(&second, "refresh_token")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn rotation_without_grace_kills_the_old_token_at_once() {
    let mut world = rotating(0);
    let first = world.tokens(&[]).await;
    assert_eq!(refresh(&world, text(&first, "refresh_token")).await.status, StatusCode::OK);
    refresh(&world, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_rotated_token_lives_for_the_rest_of_the_first_one() {
    let mut world = rotating(0);
    let first = world.tokens(&[]).await;
    world.advance(20 * 86_400);
    let second = refresh(&world, text(&first, "refresh_token")).await.json();
    world.advance(10 * 86_400);
    refresh(&world, text(&second, "refresh_token")).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn an_unknown_or_missing_refresh_token_is_refused() {
    let world = World::new();
    refresh(&world, "another").await.is_error(400, "invalid_grant");
    refresh(&world, "").await.is_error(400, "invalid_request");
}

#[tokio::test]
async fn the_refresh_token_of_another_client_is_invalid_grant() {
    let mut world = World::with(|options| {
        options.clients.push(AppClient { client_id: "another".to_owned(), ..AppClient::local() });
    });
    let first = world.tokens(&[]).await;
    let secret = AppClient::local().client_secret.unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    world.post("/oauth2/token", Some(&basic("another", &secret)), &form).await.is_error(400, "invalid_grant");
}

#[tokio::test]
async fn a_disabled_or_signed_out_user_cannot_refresh() {
    let mut world = World::new();
    let first = world.tokens(&[]).await;
    world.stand_in.set_enabled("admin@example.com", false);
    refresh(&world, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
    world.stand_in.set_enabled("admin@example.com", true);
    assert_eq!(refresh(&world, text(&first, "refresh_token")).await.status, StatusCode::OK);
    assert!(world.stand_in.sign_out_everywhere("admin@example.com"));
    refresh(&world, text(&first, "refresh_token")).await.is_error(400, "invalid_grant");
}
