#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::token_builder::{CLIENT_ID, ISSUER, NONCE, NOW, TokenBuilder};

const LEEWAY: i64 = 60;

fn good() -> TokenBuilder {
    TokenBuilder::id_token()
}

/// Hands the expectations of a sign-in to `bend`, then checks the token.
fn check_with(
    token: &TokenBuilder,
    bend: impl FnOnce(&mut IdTokenExpectations<'_>),
) -> Result<IdToken, IdTokenRefusal> {
    let issuers = [ISSUER.to_owned()];
    let mut expectations = IdTokenExpectations {
        issuers: &issuers,
        client_id: CLIENT_ID,
        nonce: Some(NONCE),
        access_token: None,
        max_age: None,
        leeway: LEEWAY,
        cognito: true,
        groups_claim: None,
        now: NOW,
    };
    bend(&mut expectations);
    check(token.verified(), &expectations)
}

fn checked(token: &TokenBuilder) -> Result<IdToken, IdTokenRefusal> {
    check_with(token, |_| {})
}

fn refusal(token: &TokenBuilder) -> IdTokenRefusal {
    checked(token).unwrap_err()
}

fn wrong_type(name: &'static str) -> IdTokenRefusal {
    IdTokenRefusal::Claim(ClaimRefusal::WrongType(name))
}

fn missing(name: &'static str) -> IdTokenRefusal {
    IdTokenRefusal::Claim(ClaimRefusal::Missing(name))
}

mod acceptance {
    use super::*;

    #[test]
    fn a_good_token_is_read() {
        let token = checked(&good().claim("sid", "s-1")).unwrap();
        assert_eq!(token.subject, "b2c4a8f0-0000-4000-8000-000000000001");
        assert_eq!(token.issuer, ISSUER);
        assert_eq!(token.username.as_deref(), Some("ada"));
        assert_eq!(token.email.as_deref(), Some("ada@example.com"));
        assert_eq!(token.groups, ["staff", "admins"]);
        assert_eq!(token.auth_time, Some(NOW.plus(-5)));
        assert_eq!(token.sid.as_deref(), Some("s-1"));
        assert_eq!(token.expires_at, NOW.plus(3595));
        assert_eq!(token.claims.get("jti"), Some(&json!("c0ffee")));
    }

    #[test]
    fn what_describes_the_user_may_be_absent_or_null() {
        let names = ["cognito:username", "cognito:groups", "email", "sid"];
        let absent = names.iter().fold(good(), |token, name| token.without_claim(name));
        let null = names.iter().fold(good(), |token, name| token.claim(name, json!(null)));
        for token in [absent, null] {
            let token = checked(&token).unwrap();
            assert_eq!((token.username, token.email, token.sid), (None, None, None));
            assert!(token.groups.is_empty());
        }
    }

    #[test]
    fn names_elsewhere_are_those_of_openid_connect() {
        let token = good()
            .without_claim("token_use")
            .claim("preferred_username", "ada.l")
            .claim("groups", json!(["people"]));
        let token = check_with(&token, |expectations| expectations.cognito = false).unwrap();
        assert_eq!(token.username.as_deref(), Some("ada.l"));
        assert_eq!(token.groups, ["people"]);
    }

    #[test]
    fn groups_come_from_the_configured_claim() {
        let path = ClaimPath::nested(vec!["realm".to_owned(), "roles".to_owned()]).unwrap();
        let token = good().claim("realm", json!({ "roles": ["a"] })).verified();
        let issuers = [ISSUER.to_owned()];
        let expectations = IdTokenExpectations {
            issuers: &issuers,
            client_id: CLIENT_ID,
            nonce: Some(NONCE),
            access_token: None,
            max_age: None,
            leeway: LEEWAY,
            cognito: true,
            groups_claim: Some(&path),
            now: NOW,
        };
        assert_eq!(check(token, &expectations).unwrap().groups, ["a"]);
    }

    #[test]
    fn email_counts_only_when_verified() {
        for (verified, counts) in [
            (json!(true), true),
            (json!("true"), true),
            (json!(false), false),
            (json!("false"), false),
            (json!("True"), false),
            (json!(1), false),
            (json!(null), false),
        ] {
            let token = checked(&good().claim("email_verified", verified.clone())).unwrap();
            assert_eq!(token.email.is_some(), counts, "{verified}");
        }
        assert_eq!(checked(&good().without_claim("email_verified")).unwrap().email, None);
        assert_eq!(checked(&good().claim("email", "")).unwrap().email, None);
    }
}

mod kind {
    use super::*;

    #[test]
    fn token_use_of_an_access_token_is_refused() {
        for token_use in ["access", "ID", "", "refresh"] {
            assert_eq!(refusal(&good().claim("token_use", token_use)), IdTokenRefusal::TokenUse);
        }
    }

    #[test]
    fn token_use_must_be_there_for_cognito() {
        assert_eq!(refusal(&good().without_claim("token_use")), IdTokenRefusal::TokenUse);
    }

    #[test]
    fn token_use_must_be_a_text() {
        assert_eq!(refusal(&good().claim("token_use", json!(["id"]))), wrong_type("token_use"));
    }

    #[test]
    fn typ_of_another_token_is_refused() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt"] {
            assert_eq!(refusal(&good().header("typ", typ)), IdTokenRefusal::TokenUse, "{typ}");
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
        assert_eq!(refusal(&access), IdTokenRefusal::TokenUse);
    }
}

mod issuer_and_audience {
    use super::*;

    #[test]
    fn another_issuer_is_refused() {
        for issuer in [
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another".to_owned(),
            format!("{ISSUER}/"),
            ISSUER.to_uppercase(),
            ISSUER.replace("https", "http"),
            format!(" {ISSUER}"),
        ] {
            assert_eq!(refusal(&good().claim("iss", issuer)), IdTokenRefusal::Issuer);
        }
    }

    #[test]
    fn no_configured_issuer_accepts_nothing() {
        assert_eq!(check_with(&good(), |e| e.issuers = &[]), Err(IdTokenRefusal::Issuer));
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
            assert_eq!(refusal(&good().claim("aud", audience)), IdTokenRefusal::Audience);
        }
        assert_eq!(refusal(&good().without_claim("aud")), IdTokenRefusal::Audience);
    }

    #[test]
    fn aud_of_mixed_types_is_refused() {
        for audience in [
            json!([CLIENT_ID, 5]),
            json!([CLIENT_ID, null]),
            json!([[CLIENT_ID]]),
            json!({ "a": CLIENT_ID }),
            json!(null),
        ] {
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
        assert_eq!(refusal(&several), IdTokenRefusal::AuthorizedParty);
        assert!(checked(&several.clone().claim("azp", CLIENT_ID)).is_ok());
        assert_eq!(refusal(&several.claim("azp", "api")), IdTokenRefusal::AuthorizedParty);
    }

    #[test]
    fn another_authorized_party_is_refused_also_with_one_audience() {
        assert!(checked(&good().claim("azp", CLIENT_ID)).is_ok());
        assert_eq!(refusal(&good().claim("azp", "another")), IdTokenRefusal::AuthorizedParty);
        assert_eq!(refusal(&good().claim("azp", "")), IdTokenRefusal::AuthorizedParty);
        assert_eq!(refusal(&good().claim("azp", json!([CLIENT_ID]))), wrong_type("azp"));
        assert_eq!(refusal(&good().claim("azp", json!(null))), wrong_type("azp"));
    }
}

mod time {
    use super::*;

    #[test]
    fn exp_ends_with_the_leeway() {
        let at = |exp: i64| checked(&good().claim("exp", NOW.unix() + exp));
        assert_eq!(at(-LEEWAY), Err(IdTokenRefusal::Expired));
        assert!(at(-LEEWAY + 1).is_ok());
    }

    #[test]
    fn exp_without_leeway_ends_on_its_second() {
        let at = |exp: i64| check_with(&good().claim("exp", NOW.unix() + exp), |e| e.leeway = 0);
        assert_eq!(at(0), Err(IdTokenRefusal::Expired));
        assert!(at(1).is_ok());
    }

    #[test]
    fn nbf_begins_with_the_leeway() {
        let at = |nbf: i64| checked(&good().claim("nbf", NOW.unix() + nbf));
        assert_eq!(at(LEEWAY + 1), Err(IdTokenRefusal::NotYetValid));
        assert!(at(LEEWAY).is_ok());
    }

    #[test]
    fn iat_may_be_ahead_by_the_leeway() {
        let at = |iat: i64| checked(&good().claim("iat", NOW.unix() + iat));
        assert_eq!(at(LEEWAY + 1), Err(IdTokenRefusal::FromTheFuture));
        assert!(at(LEEWAY).is_ok());
        assert!(at(-1_000_000).is_ok());
    }

    #[test]
    fn auth_time_may_be_ahead_by_the_leeway() {
        let at = |auth_time: i64| checked(&good().claim("auth_time", NOW.unix() + auth_time));
        assert_eq!(at(LEEWAY + 1), Err(IdTokenRefusal::FromTheFuture));
        assert!(at(LEEWAY).is_ok());
    }

    #[test]
    fn auth_time_is_compared_with_max_age() {
        let at = |auth_time: i64| {
            check_with(&good().claim("auth_time", NOW.unix() + auth_time), |e| e.max_age = Some(300))
        };
        assert_eq!(at(-300 - LEEWAY - 1), Err(IdTokenRefusal::AuthTimeTooOld));
        assert!(at(-300 - LEEWAY).is_ok());
    }

    #[test]
    fn auth_time_must_be_there_with_max_age() {
        let without = good().without_claim("auth_time");
        assert_eq!(check_with(&without, |e| e.max_age = Some(300)), Err(missing("auth_time")));
        assert!(checked(&without).is_ok());
    }

    #[test]
    fn exp_and_iat_must_be_there() {
        assert_eq!(refusal(&good().without_claim("exp")), missing("exp"));
        assert_eq!(refusal(&good().without_claim("iat")), missing("iat"));
    }

    #[test]
    fn dates_that_are_none_are_refused() {
        for name in ["exp", "iat", "nbf", "auth_time"] {
            for date in [
                json!(NOW.unix().to_string()),
                json!("2030-01-01T00:00:00Z"),
                json!(null),
                json!(true),
                json!([NOW.unix()]),
                json!(-1),
                json!(-0.5),
                json!(i64::MIN),
                json!(i64::MAX),
                json!(u64::MAX),
                json!(1e300),
                json!(-1e300),
                json!(253_402_300_800_i64),
            ] {
                assert_eq!(refusal(&good().claim(name, date.clone())), wrong_type(name), "{name}: {date}");
            }
        }
    }

    #[test]
    fn dates_with_decimals_are_read() {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let exp = NOW.unix() as f64 + 100.75;
        assert_eq!(checked(&good().claim("exp", exp)).unwrap().expires_at, NOW.plus(100));
        let text = good().claims_text().replace(&(NOW.unix() + 3595).to_string(), "1.9e9");
        assert_eq!(
            checked(&good().raw_claims(text)).unwrap().expires_at,
            Timestamp::from_unix(1_900_000_000)
        );
    }

    #[test]
    fn a_date_of_decimals_counts_from_its_whole_second() {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let exp = (NOW.unix() - LEEWAY) as f64 + 0.9;
        assert_eq!(refusal(&good().claim("exp", exp)), IdTokenRefusal::Expired);
    }

    #[test]
    fn an_extreme_clock_overflows_nothing() {
        for now in [i64::MIN, -1, 0, i64::MAX] {
            let result = check_with(&good(), |e| {
                e.now = Timestamp::from_unix(now);
                e.leeway = i64::MAX;
                e.max_age = Some(i64::MAX);
            });
            let _ = result;
        }
    }
}

mod nonce {
    use super::*;

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
        assert_eq!(refusal(&good().claim("nonce", json!(null))), wrong_type("nonce"));
    }

    #[test]
    fn a_forgotten_expectation_accepts_nothing() {
        assert_eq!(check_with(&good(), |e| e.nonce = None), Err(IdTokenRefusal::NonceMismatch));
        let without = good().without_claim("nonce");
        assert_eq!(check_with(&without, |e| e.nonce = None), Err(IdTokenRefusal::NonceMismatch));
    }

    #[test]
    fn nonce_twice_does_not_even_parse() {
        use crate::jws::{JwsRefusal, UnverifiedToken};

        let claims = good().claims_text().replacen('{', &format!(r#"{{"nonce":"{NONCE}","#), 1);
        let token = good().raw_claims(claims).build();
        assert_eq!(UnverifiedToken::parse(&token).err(), Some(JwsRefusal::DuplicateMember));
    }
}

mod access_token_hash {
    use super::*;

    /// RS256, the example of OIDC Core appendix A.3.
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
        assert_eq!(with_hash(json!(null)), Err(wrong_type("at_hash")));
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
}

mod subject {
    use super::*;

    #[test]
    fn sub_must_be_a_text_of_at_most_255_bytes() {
        assert_eq!(refusal(&good().without_claim("sub")), missing("sub"));
        assert_eq!(refusal(&good().claim("sub", "")), missing("sub"));
        assert_eq!(refusal(&good().claim("sub", 5)), wrong_type("sub"));
        assert!(checked(&good().claim("sub", "s".repeat(255))).is_ok());
        assert_eq!(refusal(&good().claim("sub", "s".repeat(256))), wrong_type("sub"));
    }

    #[test]
    fn wrongly_typed_descriptions_are_refused() {
        assert_eq!(refusal(&good().claim("cognito:username", 5)), wrong_type("cognito:username"));
        assert_eq!(refusal(&good().claim("email", json!(["a"]))), wrong_type("email"));
        assert_eq!(refusal(&good().claim("sid", json!({}))), wrong_type("sid"));
        assert_eq!(refusal(&good().claim("cognito:groups", json!(["a", 5]))), wrong_type("groups"));
        assert_eq!(refusal(&good().claim("cognito:groups", json!({ "a": 1 }))), wrong_type("groups"));
    }
}

mod refreshed {
    use super::*;

    const SUBJECT: &str = "b2c4a8f0-0000-4000-8000-000000000001";

    fn earlier() -> EarlierIdToken<'static> {
        EarlierIdToken { issuer: ISSUER, subject: SUBJECT, auth_time: Some(NOW.plus(-5)), nonce: Some(NONCE) }
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
            max_age: Some(1),
            leeway: LEEWAY,
            cognito: true,
            groups_claim: None,
            now: NOW,
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
    fn another_form_of_the_issuer_is_another_issuer() {
        let token = good().claim("iss", "https://issuer.example/other-form");
        assert_eq!(refusal(&token), IdTokenRefusal::IssuerChanged);
    }

    #[test]
    fn another_subject_is_refused() {
        assert_eq!(refusal(&good().claim("sub", "somebody-else")), IdTokenRefusal::SubjectChanged);
    }

    #[test]
    fn another_auth_time_is_refused() {
        for auth_time in [-6, -4, 0] {
            let token = good().claim("auth_time", NOW.unix() + auth_time);
            assert_eq!(refusal(&token), IdTokenRefusal::AuthTimeChanged);
        }
    }

    #[test]
    fn auth_time_may_be_absent_or_new() {
        assert!(checked(&good().without_claim("auth_time"), &earlier()).is_ok());
        assert!(checked(&good(), &EarlierIdToken { auth_time: None, ..earlier() }).is_ok());
    }

    #[test]
    fn max_age_was_for_the_sign_in() {
        let long_ago = EarlierIdToken { auth_time: Some(NOW.plus(-80_000)), ..earlier() };
        let token = good().claim("auth_time", NOW.unix() - 80_000);
        assert!(checked(&token, &long_ago).is_ok());
    }

    #[test]
    fn a_nonce_must_be_the_earlier_one() {
        assert!(checked(&good().claim("nonce", NONCE), &earlier()).is_ok());
        assert_eq!(refusal(&good().claim("nonce", "another")), IdTokenRefusal::NonceMismatch);
        let forgotten = EarlierIdToken { nonce: None, ..earlier() };
        assert_eq!(checked(&good().claim("nonce", NONCE), &forgotten), Err(IdTokenRefusal::NonceMismatch));
    }

    #[test]
    fn all_of_the_other_checks_hold_too() {
        for (token, expected) in [
            (good().claim("token_use", "access"), IdTokenRefusal::TokenUse),
            (good().claim("iss", "https://attacker.example"), IdTokenRefusal::Issuer),
            (good().claim("aud", "another"), IdTokenRefusal::Audience),
            (good().claim("azp", "another"), IdTokenRefusal::AuthorizedParty),
            (good().claim("exp", NOW.unix() - LEEWAY), IdTokenRefusal::Expired),
            (good().claim("nbf", NOW.unix() + LEEWAY + 1), IdTokenRefusal::NotYetValid),
            (good().claim("iat", NOW.unix() + LEEWAY + 1), IdTokenRefusal::FromTheFuture),
            (good().without_claim("iat"), missing("iat")),
            (good().without_claim("sub"), missing("sub")),
        ] {
            assert_eq!(refusal(&token), expected);
        }
    }
}
