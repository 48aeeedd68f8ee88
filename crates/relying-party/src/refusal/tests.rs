//! Tests that the log tells what was wrong: for every refused token the claim, and the actual and the
//! required type or issuer.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::json;

use super::reason::Fault;
use super::response::{NOT_ABOUT_THE_PERSON, NOT_REFRESHED};
use super::*;
use crate::token::claims::{ClaimRefusal, OtherIssuer};

fn other_issuer() -> OtherIssuer {
    OtherIssuer::new(Some("https://evil.example"), ["https://id.example.com", "https://id.example.com/"])
}

/// Tells whether the detail contains each of these words.
pub(super) fn says(refusal: impl Into<Refusal>, words: &[&str]) {
    let refusal = refusal.into();
    let detail = refusal.detail();
    for word in words {
        assert!(detail.contains(word), "{refusal:?} does not name {word}: {detail}");
    }
    assert!(detail.starts_with(refusal.reason().log), "{detail}");
}

#[test]
fn a_claim_is_named_with_the_type_that_it_has_and_has_to_have() {
    let claim = ClaimRefusal::wrong_type("exp", "a number of seconds since 1970", &json!("soon"));
    let words = ["`exp` is a string, expected a number of seconds since 1970"];
    says(AccessTokenRefusal::Claim(claim), &words);
    says(IdTokenRefusal::Claim(claim), &words);
    says(LoadBalancerRefusal::Claim(claim), &words);
    says(LogoutTokenRefusal::Claim(claim), &words);
    let missing = ClaimRefusal::Missing("sub");
    says(AccessTokenRefusal::Claim(missing), &["`sub` is missing"]);
    says(IdTokenRefusal::Claim(missing), &["`sub` is missing"]);
    says(LoadBalancerRefusal::Claim(missing), &["`sub` is missing"]);
    says(LogoutTokenRefusal::Claim(missing), &["`sub` is missing"]);
}

#[test]
fn an_issuer_is_named_with_the_one_that_is_expected() {
    let words =
        ["iss", "`https://evil.example`, expected `https://id.example.com` or `https://id.example.com/`"];
    says(AccessTokenRefusal::UnknownIssuer(other_issuer()), &words);
    says(DiscoveryRefusal::Issuer(other_issuer()), &words);
    says(IdTokenRefusal::Issuer(other_issuer()), &words);
    says(IdTokenRefusal::IssuerChanged(other_issuer()), &words);
    says(LoadBalancerRefusal::Issuer(other_issuer()), &words);
    says(LogoutTokenRefusal::Issuer(other_issuer()), &words);
    let nobody = OtherIssuer::new(None, ["https://id.example.com"]);
    says(AccessTokenRefusal::UnknownIssuer(nobody), &["none, expected `https://id.example.com`"]);
    let long = OtherIssuer::new(Some(&"/x".repeat(10_000)), ["https://id.example.com"]);
    assert!(Refusal::from(AccessTokenRefusal::UnknownIssuer(long)).detail().len() < 400);
}

#[test]
fn every_other_refusal_of_a_token_names_the_claim() {
    let table: [(Refusal, &[&str]); 23] = [
        (AccessTokenRefusal::Expired.into(), &["exp"]),
        (AccessTokenRefusal::FromTheFuture.into(), &["iat"]),
        (AccessTokenRefusal::NotYetValid.into(), &["nbf"]),
        (IdTokenRefusal::AccessTokenHashMismatch.into(), &["at_hash"]),
        (IdTokenRefusal::AuthTimeTooOld.into(), &["auth_time", "max_age"]),
        (IdTokenRefusal::Expired.into(), &["exp"]),
        (IdTokenRefusal::FromTheFuture.into(), &["iat", "auth_time"]),
        (IdTokenRefusal::NonceChanged.into(), &["nonce"]),
        (IdTokenRefusal::NonceMismatch.into(), &["nonce"]),
        (IdTokenRefusal::NotYetValid.into(), &["nbf"]),
        (IdTokenRefusal::SubjectChanged.into(), &["sub"]),
        (LoadBalancerRefusal::Expired.into(), &["exp"]),
        (LoadBalancerRefusal::KeyUnknown.into(), &["kid"]),
        (LogoutTokenRefusal::Expired.into(), &["exp"]),
        (LogoutTokenRefusal::Nonce.into(), &["nonce"]),
        (LogoutTokenRefusal::Replayed.into(), &["jti"]),
        (LogoutTokenRefusal::Subject.into(), &["sub", "sid"]),
        (Refusal::Bearer(JwsRefusal::KeyAmbiguous), &["kid"]),
        (Refusal::Bearer(JwsRefusal::UnknownKey { kid: Some("new".to_owned()) }), &["`kid` is `new`"]),
        (JwksRefusal::KeyUnknown { kid: Some("new".to_owned()) }.into(), &["`kid` is `new`"]),
        (JwksRefusal::KeyUnknown { kid: None }.into(), &["`kid` is missing"]),
        (Refusal::Bearer(JwsRefusal::SignatureInvalid), &["signature", "kid"]),
        (CallbackRefusal::IssuerMissing.into(), &["iss"]),
    ];
    for (refusal, words) in table {
        says(refusal, words);
    }
}

mod inputs;

/// The client learns nothing about the store, and the log has one sentence for each remedy.
#[test]
fn the_log_tells_the_outages_of_the_session_store_apart() {
    let details = StoreOutage::ALL.map(|outage| {
        let refusal = Refusal::SessionStoreUnavailable(outage);
        assert_eq!(*refusal.reason(), reason::SESSION_STORE_UNAVAILABLE);
        says(refusal.clone(), &[&outage.to_string()]);
        refusal.detail().into_owned()
    });
    assert_eq!(HashSet::from(details).len(), StoreOutage::ALL.len());
}

/// A new 403 belongs in one of the two lists: may another account have access?
#[test]
fn each_forbidden_reason_says_whether_another_account_helps() {
    let about_the_person = [
        reason::AUDIENCE_NOT_ALLOWED,
        reason::GROUP_MISSING,
        reason::IDENTITY_TOO_LARGE,
        reason::INSUFFICIENT_SCOPE,
        reason::PROVIDER_DENIED,
        reason::ROLE_MISSING,
        reason::SESSION_TOO_LARGE,
    ];
    let forbidden = reason::ALL.iter().filter(|reason| reason.status == StatusCode::FORBIDDEN);
    for reason in forbidden {
        assert_ne!(
            NOT_ABOUT_THE_PERSON.contains(reason),
            about_the_person.contains(reason),
            "{}",
            reason.code
        );
    }
}

/// A new outage belongs in one of the two lists: does another sign-in help, because it works without the
/// session that is not refreshed?
#[test]
fn each_outage_says_whether_another_sign_in_goes_on() {
    let others = [
        reason::ALB_KEY_UNAVAILABLE,
        reason::ENTROPY_UNAVAILABLE,
        reason::PROVIDER_SIGN_OUT_FAILED,
        reason::REFRESH_IN_PROGRESS,
        reason::SESSION_STORE_UNAVAILABLE,
    ];
    let is_outage =
        |reason: &&Reason| reason.fault == Fault::Outage && reason.status == StatusCode::SERVICE_UNAVAILABLE;
    let outages: Vec<Reason> = reason::ALL.iter().filter(is_outage).copied().collect();
    for reason in &outages {
        assert_ne!(NOT_REFRESHED.contains(reason), others.contains(reason), "{}", reason.code);
    }
    assert_eq!(outages.len(), NOT_REFRESHED.len() + others.len());
}
