use super::*;
use crate::refusal::log_detail::any_detail;

const SUBJECT: &str = "b2c4a8f0-0000-4000-8000-000000000001";

fn earlier() -> EarlierIdToken<'static> {
    EarlierIdToken { issuer: ISSUER, subject: SUBJECT, nonce: Some(NONCE) }
}

fn good() -> TokenBuilder {
    TokenBuilder::id_token().without_claim("nonce")
}

fn checked(token: &TokenBuilder, earlier: &EarlierIdToken<'_>) -> Result<IdToken, IdTokenRefusal> {
    let issuers = [ISSUER.to_owned(), "https://issuer.example/other-form".to_owned()];
    let expectations = IdTokenExpectations {
        issuers: &issuers,
        client_id: CLIENT_ID,
        nonce: None,
        access_token: None,
        cognito: true,
        groups_claim: &ClaimPath::of("cognito:groups"),
        time: TimeWithLeeway { now: NOW, leeway: LEEWAY },
    };
    check_refreshed(token.verified(), &expectations, earlier)
}

fn refusal(token: &TokenBuilder) -> IdTokenRefusal {
    checked(token, &earlier()).unwrap_err()
}

#[test]
fn a_good_refreshed_token_is_read() {
    assert_eq!(checked(&good(), &earlier()).unwrap().subject, SUBJECT);
}

#[test]
fn the_issuer_must_be_the_provider_of_the_sign_in() {
    // Both strings name our provider, and the session has the first.
    assert!(checked(&good().claim("iss", "https://issuer.example/other-form"), &earlier()).is_ok());
    let elsewhere = EarlierIdToken { issuer: "https://elsewhere.example", ..earlier() };
    assert!(matches!(checked(&good(), &elsewhere), Err(IdTokenRefusal::IssuerChanged(_))));
}

#[test]
fn another_subject_is_refused() {
    assert_eq!(refusal(&good().claim("sub", "somebody-else")), IdTokenRefusal::SubjectChanged);
}

#[test]
fn auth_time_may_be_any_time_that_is_over_or_absent() {
    assert!(checked(&good().without_claim("auth_time"), &earlier()).is_ok());
    // `max_age` applied to the sign-in only.
    for auth_time in [-80_000, -6, -4, 0, LEEWAY] {
        let token = good().claim("auth_time", NOW.unix() + auth_time);
        assert!(checked(&token, &earlier()).is_ok(), "{auth_time}");
    }
    let token = good().claim("auth_time", NOW.unix() + LEEWAY + 1);
    assert_eq!(refusal(&token), IdTokenRefusal::FromTheFuture);
}

#[test]
fn a_nonce_must_be_the_earlier_one() {
    assert!(checked(&good().claim("nonce", NONCE), &earlier()).is_ok());
    assert_eq!(refusal(&good().claim("nonce", "another")), IdTokenRefusal::NonceChanged);
    let forgotten = EarlierIdToken { nonce: None, ..earlier() };
    assert_eq!(checked(&good().claim("nonce", NONCE), &forgotten), Err(IdTokenRefusal::NonceChanged));
}

#[test]
fn all_of_the_other_checks_hold_too() {
    for (token, expected) in [
        (good().claim("token_use", "access"), IdTokenRefusal::TokenUse(any_detail())),
        (good().claim("aud", "another"), IdTokenRefusal::Audience(any_detail())),
        (good().claim("azp", "another"), IdTokenRefusal::AuthorizedParty(any_detail())),
        (good().claim("exp", NOW.unix() - LEEWAY), IdTokenRefusal::Expired),
        (good().claim("nbf", NOW.unix() + LEEWAY + 1), IdTokenRefusal::NotYetValid),
        (good().claim("iat", NOW.unix() + LEEWAY + 1), IdTokenRefusal::FromTheFuture),
        (good().without_claim("iat"), missing("iat")),
        (good().without_claim("sub"), missing("sub")),
    ] {
        assert_eq!(refusal(&token), expected);
    }
    let elsewhere = good().claim("iss", "https://attacker.example");
    assert!(matches!(refusal(&elsewhere), IdTokenRefusal::Issuer(_)));
}
