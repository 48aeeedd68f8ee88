use std::sync::LazyLock;

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
fn a_claim_about_the_user_may_be_absent_or_null() {
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
    static GROUPS: LazyLock<ClaimPath> = LazyLock::new(|| ClaimPath::of("groups"));
    // `token_use` has a meaning in Amazon Cognito only. From other providers it may have any value.
    for token_use in [json!(null), json!(5), json!("access"), json!({ "a": 1 })] {
        let token = good()
            .claim("token_use", token_use)
            .claim("preferred_username", "ada.l")
            .claim("groups", json!(["people"]));
        let token = check_with(&token, |expectations| {
            (expectations.cognito, expectations.groups_claim) = (false, &GROUPS);
        });
        let token = token.unwrap();
        assert_eq!(token.username.as_deref(), Some("ada.l"));
        assert_eq!(token.groups, ["people"]);
    }
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
        cognito: true,
        groups_claim: &path,
        time: TimeWithLeeway { now: NOW, leeway: LEEWAY },
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
