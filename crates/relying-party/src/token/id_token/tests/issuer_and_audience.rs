use super::*;
use crate::refusal::log_detail::any_detail;

#[test]
fn another_issuer_is_refused() {
    for issuer in [
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another".to_owned(),
        format!("{ISSUER}/"),
        ISSUER.to_uppercase(),
        ISSUER.replace("https", "http"),
        format!(" {ISSUER}"),
    ] {
        assert!(matches!(refusal(&good().claim("iss", issuer)), IdTokenRefusal::Issuer(_)));
    }
}

#[test]
fn no_configured_issuer_accepts_nothing() {
    assert!(matches!(check_with(&good(), |e| e.issuers = &[]), Err(IdTokenRefusal::Issuer(_))));
}

#[test]
fn iss_must_be_a_text() {
    assert_eq!(refusal(&good().without_claim("iss")), missing("iss"));
    assert_eq!(refusal(&good().claim("iss", "")), missing("iss"));
    assert_eq!(refusal(&good().claim("iss", json!([ISSUER]))), wrong_type("iss"));
}

#[test]
fn another_audience_is_refused() {
    for audience in
        [json!("another"), json!(["another"]), json!([]), json!(""), json!(format!("{CLIENT_ID} "))]
    {
        assert_eq!(refusal(&good().claim("aud", audience)), IdTokenRefusal::Audience(any_detail()));
    }
    assert_eq!(refusal(&good().without_claim("aud")), IdTokenRefusal::Audience(any_detail()));
}

#[test]
fn aud_of_mixed_types_is_refused() {
    for audience in
        [json!([CLIENT_ID, 5]), json!([CLIENT_ID, null]), json!([[CLIENT_ID]]), json!({ "a": CLIENT_ID })]
    {
        assert_eq!(refusal(&good().claim("aud", audience)), wrong_type("aud"));
    }
}

#[test]
fn aud_as_a_list_of_us_alone_is_fine() {
    assert!(checked(&good().claim("aud", json!([CLIENT_ID]))).is_ok());
}

#[test]
fn several_audiences_need_us_as_authorized_party() {
    let several = good().claim("aud", json!([CLIENT_ID, "api"]));
    assert_eq!(refusal(&several), IdTokenRefusal::AuthorizedParty(any_detail()));
    assert!(checked(&several.clone().claim("azp", CLIENT_ID)).is_ok());
    assert_eq!(refusal(&several.claim("azp", "api")), IdTokenRefusal::AuthorizedParty(any_detail()));
}

#[test]
fn another_authorized_party_is_refused_also_with_one_audience() {
    assert!(checked(&good().claim("azp", CLIENT_ID)).is_ok());
    assert_eq!(refusal(&good().claim("azp", "another")), IdTokenRefusal::AuthorizedParty(any_detail()));
    assert_eq!(refusal(&good().claim("azp", "")), IdTokenRefusal::AuthorizedParty(any_detail()));
    assert_eq!(refusal(&good().claim("azp", json!([CLIENT_ID]))), wrong_type("azp"));
    assert!(checked(&good().claim("azp", json!(null))).is_ok());
}
