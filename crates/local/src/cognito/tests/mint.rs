use super::super::{MintKey, TokenUse};
use super::*;

fn minted(header: &Value, key: MintKey) -> Value {
    let token = StandInTest::new().stand_in.mint(&json!({ "a": 1 }), header, key).unwrap();
    part(&token, 0)
}

#[tokio::test]
async fn issued_tokens_are_good_everywhere() {
    let test = StandInTest::new();
    let issued = test.stand_in.issue(&AppClient::local().client_id, "admin@example.com").unwrap();
    assert_eq!(test.user_info(&issued.access_token).await.status, StatusCode::OK);
    let answer =
        test.token(&[("grant_type", "refresh_token"), ("refresh_token", &issued.refresh_token)]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn changed_claims_are_signed_as_they_are() {
    let test = StandInTest::new();
    let client_id = AppClient::local().client_id;
    let mut claims = test.stand_in.claims(&client_id, "admin@example.com", TokenUse::Access).unwrap();
    claims["exp"] = json!("soon");
    let token = test.stand_in.mint(&claims, &json!({}), MintKey::Access).unwrap();
    assert_eq!(part(&token, 1)["exp"], "soon");
}

#[test]
fn the_header_goes_with_the_key() {
    assert_eq!(minted(&json!({}), MintKey::None)["alg"], "none");
    assert_eq!(minted(&json!({}), MintKey::HmacOfIdKey)["alg"], "HS256");
    assert_eq!(minted(&json!({}), MintKey::Id)["kid"], minted(&json!({}), MintKey::StrangerAsId)["kid"]);
    assert_ne!(minted(&json!({}), MintKey::Id)["kid"], minted(&json!({}), MintKey::Access)["kid"]);
    assert_ne!(
        minted(&json!({}), MintKey::Stranger)["kid"],
        minted(&json!({}), MintKey::StrangerAsAccess)["kid"]
    );
}

#[test]
fn header_members_are_replaced_added_and_taken_away() {
    let header = minted(&json!({ "kid": null, "typ": "at+jwt", "alg": "PS256" }), MintKey::Access);
    assert_eq!(header, json!({ "typ": "at+jwt", "alg": "PS256" }));
}

#[test]
fn an_unsigned_token_has_an_empty_signature() {
    let token = StandInTest::new().stand_in.mint(&json!({}), &json!({}), MintKey::None).unwrap();
    assert!(token.ends_with('.'));
}

#[test]
fn raw_text_is_signed_as_it_is() {
    let token =
        StandInTest::new().stand_in.mint_raw("{}", r#"{"sub":"a","sub":"b"}"#, MintKey::Access).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert_eq!(claims, br#"{"sub":"a","sub":"b"}"#);
}

#[test]
fn the_same_token_is_minted_on_every_machine() {
    let mint = || StandInTest::new().stand_in.mint(&json!({ "a": 1 }), &json!({}), MintKey::Access).unwrap();
    assert_eq!(mint(), mint());
}
