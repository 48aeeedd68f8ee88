use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn another_nonce_is_refused() {
    for nonce in ["another", "", &NONCE.to_lowercase(), &format!("{NONCE} ")] {
        assert_eq!(refusal(&good().claim("nonce", nonce)), IdTokenRefusal::NonceMismatch);
    }
}

#[test]
fn no_nonce_is_refused() {
    assert_eq!(refusal(&good().without_claim("nonce")), IdTokenRefusal::NonceMismatch);
}

#[test]
fn nonce_must_be_a_text() {
    assert_eq!(refusal(&good().claim("nonce", json!([NONCE]))), wrong_type("nonce"));
    assert_eq!(refusal(&good().claim("nonce", json!(null))), IdTokenRefusal::NonceMismatch);
}

#[test]
fn a_forgotten_expectation_accepts_nothing() {
    assert_eq!(check_with(&good(), |e| e.nonce = None), Err(IdTokenRefusal::NonceMismatch));
    let without = good().without_claim("nonce");
    assert_eq!(check_with(&without, |e| e.nonce = None), Err(IdTokenRefusal::NonceMismatch));
}

#[test]
fn nonce_twice_does_not_even_parse() {
    use crate::token::jws::{JwsRefusal, UnverifiedToken};

    let claims = good().claims_text().replacen('{', &format!(r#"{{"nonce":"{NONCE}","#), 1);
    let token = good().raw_claims(claims).build();
    assert_eq!(UnverifiedToken::parse(&token).err(), Some(JwsRefusal::DuplicateMember(any_detail())));
}
