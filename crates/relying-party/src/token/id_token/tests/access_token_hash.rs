use super::*;

/// The RS256 example of OIDC Core appendix A.3.
const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const AT_HASH: &str = "77QmUPtjPfzWtF2AnpK9RQ";

fn with_hash(hash: impl Into<Value>) -> Result<IdToken, IdTokenRefusal> {
    check_with(&good().claim("at_hash", hash), |e| e.access_token = Some(ACCESS_TOKEN))
}

#[test]
fn the_example_of_the_specification_holds() {
    assert!(with_hash(AT_HASH).is_ok());
}

#[test]
fn another_hash_is_refused() {
    for hash in ["", "77QmUPtjPfzWtF2AnpK9RR", "77QmUPtjPfzWtF2AnpK9RQ==", &AT_HASH.to_lowercase()] {
        assert_eq!(with_hash(hash), Err(IdTokenRefusal::AccessTokenHashMismatch));
    }
}

#[test]
fn no_hash_is_fine() {
    assert!(check_with(&good(), |e| e.access_token = Some(ACCESS_TOKEN)).is_ok());
}

#[test]
fn at_hash_must_be_a_text() {
    assert_eq!(with_hash(5), Err(wrong_type("at_hash")));
    assert!(with_hash(json!(null)).is_ok());
}

#[test]
fn every_algorithm_has_a_hash_of_half_its_size() {
    for (algorithm, characters) in [
        (SigningAlgorithm::Rs256, 22),
        (SigningAlgorithm::Es256, 22),
        (SigningAlgorithm::Ps384, 32),
        (SigningAlgorithm::Es384, 32),
        (SigningAlgorithm::Rs512, 43),
        (SigningAlgorithm::EdDsa, 43),
    ] {
        assert_eq!(super::super::access_token_hash::of(ACCESS_TOKEN, algorithm).len(), characters);
    }
}
