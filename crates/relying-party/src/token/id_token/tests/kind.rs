use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn token_use_of_an_access_token_is_refused() {
    for token_use in ["access", "ID", "", "refresh"] {
        assert_eq!(refusal(&good().claim("token_use", token_use)), IdTokenRefusal::TokenUse(any_detail()));
    }
}

#[test]
fn token_use_must_be_there_for_cognito() {
    assert_eq!(refusal(&good().without_claim("token_use")), IdTokenRefusal::TokenUse(any_detail()));
}

#[test]
fn token_use_must_be_a_text() {
    assert_eq!(refusal(&good().claim("token_use", json!(["id"]))), wrong_type("token_use"));
}

#[test]
fn typ_of_another_token_is_refused() {
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt"] {
        assert_eq!(refusal(&good().header("typ", typ)), IdTokenRefusal::TokenUse(any_detail()), "{typ}");
    }
}

#[test]
fn typ_of_a_plain_token_is_fine() {
    for typ in ["JWT", "jwt", "application/jwt"] {
        assert!(checked(&good().header("typ", typ)).is_ok(), "{typ}");
    }
}

#[test]
fn cognitos_access_token_is_refused() {
    let access = TokenBuilder::access_token().claim("aud", CLIENT_ID).claim("nonce", NONCE);
    assert_eq!(refusal(&access), IdTokenRefusal::TokenUse(any_detail()));
}
