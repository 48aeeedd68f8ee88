use serde_json::json;

use super::*;

fn claims(value: Value) -> Map<String, Value> {
    let Value::Object(claims) = value else { unreachable!("claims are an object") };
    claims
}

fn path(names: &[&str]) -> Option<ClaimPath> {
    ClaimPath::nested(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn a_single_name_is_one_member_whatever_is_in_it() {
    let with =
        claims(json!({ "cognito:groups": 1, "a.b": 2, "https://example.com/roles": 3, "a": { "b": 4 } }));
    for (name, value) in [("cognito:groups", 1), ("a.b", 2), ("https://example.com/roles", 3)] {
        assert_eq!(ClaimPath::of(name).find(&with), Some(&json!(value)));
    }
    assert_eq!(path(&["a", "b"]).and_then(|path| path.find(&with).cloned()), Some(json!(4)));
}

#[test]
fn a_path_without_a_name_is_none() {
    assert_eq!(path(&[]), None);
    assert_eq!(path(&[""]), None);
    assert_eq!(path(&["a", ""]), None);
}

#[test]
fn a_path_through_what_is_no_object_finds_nothing() {
    let with = claims(json!({ "a": ["b"], "c": "d", "e": null }));
    for names in [["a", "b"], ["a", "0"], ["c", "d"], ["e", "f"], ["x", "y"]] {
        assert_eq!(path(&names).and_then(|path| path.find(&with).cloned()), None);
    }
}

#[test]
fn dates_are_whole_numbers_or_finite_decimals_of_our_era() {
    let read = |text: &str| {
        let value = serde_json::from_str(text).unwrap_or(Value::Null);
        date(&claims(json!({ "exp": value })), "exp").ok().flatten().map(Timestamp::unix)
    };
    for (text, seconds) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("1800000000", Some(1_800_000_000)),
        ("1800000000.999", Some(1_800_000_000)),
        ("1.8e9", Some(1_800_000_000)),
        ("253402300799", Some(253_402_300_799)),
        ("253402300799.5", Some(253_402_300_799)),
        ("253402300800", None),
        ("-1", None),
        ("-0.1", None),
        ("9223372036854775808", None),
        ("1e308", None),
        ("1e400", None),
        ("\"1800000000\"", None),
        ("null", None),
        ("[1800000000]", None),
    ] {
        assert_eq!(read(text), seconds, "{text}");
    }
}

#[test]
fn an_audience_is_a_text_or_a_list_of_texts() {
    assert_eq!(audiences(&claims(json!({}))), Ok(vec![]));
    assert_eq!(audiences(&claims(json!({ "aud": "a" }))), Ok(vec!["a"]));
    assert_eq!(audiences(&claims(json!({ "aud": ["a", "b"] }))), Ok(vec!["a", "b"]));
    for value in [json!(null), json!(5), json!({}), json!(["a", 5]), json!([["a"]])] {
        let with = claims(json!({ "aud": value }));
        let refused = audiences(&with).map_err(ClaimRefusal::untyped);
        assert_eq!(refused, Err(ClaimRefusal::untyped_wrong("aud")), "{with:?}");
    }
}

#[test]
fn an_odd_claim_is_named_and_counts_as_absent() {
    let groups = ClaimPath::of("groups");
    for (name, value, named) in [
        (
            "groups",
            json!([{ "id": 1 }]),
            "an array of other values, expected a string or an array of strings",
        ),
        ("groups", json!(["a", 5]), "an array of other values, expected a string or an array of strings"),
        ("groups", json!({ "a": 1 }), "an object, expected a string or an array of strings"),
        ("scope", json!(5), "a number, expected a string or an array of strings"),
        ("username", json!(5), "a number, expected a string"),
        ("cognito:username", json!(true), "a boolean, expected a string"),
        ("preferred_username", json!({}), "an object, expected a string"),
        ("email", json!(["a"]), "an array of strings, expected a string"),
        ("sid", json!(7), "a number, expected a string"),
        ("auth_time", json!("2020-03-14T18:52:01Z"), "a string, expected a number of seconds since 1970"),
    ] {
        let with = claims(json!({ "sub": "ada", "email_verified": true, name: value }));
        assert_eq!(
            odd("ID token", &with, &groups),
            Some(format!("ID token: `{name}` is {named}: counts as absent"))
        );
        assert_eq!((super::groups(&with, &groups), scope(&with)), (vec![], None));
        assert_eq!((verified_email(&with), auth_time(&with)), (None, None));
        assert!(!DESCRIPTIONS.contains(&name) || description(&with, name).is_none());
    }
    for (value, named) in [(json!("True"), "a string"), (json!(1), "a number")] {
        let with = claims(json!({ "email": "ada@example.com", "email_verified": value }));
        let expected = format!("ID token: `email_verified` is {named}, expected a boolean: counts as absent");
        assert_eq!((odd("ID token", &with, &groups), verified_email(&with)), (Some(expected), None));
    }
    for value in [json!(true), json!(false), json!("true"), json!("false")] {
        assert_eq!(odd("ID token", &claims(json!({ "email_verified": value })), &groups), None);
    }
    let plain = json!({
        "groups": ["a"], "scope": "openid", "username": "ada", "email": "a@b", "sid": "s", "auth_time": 1,
    });
    assert_eq!(odd("ID token", &claims(plain), &groups), None);
}
