//! Compares the JSON Schema for editors with the configuration parser.

use jsonschema::{Validator, draft202012};
use offline::report::Exit;
use relying_party::configuration::{Configuration, Faults, KEYS, Member, Role, Shape, Sources, schema};
use serde_json::{Map, Value, json};

use crate::run;

fn validator() -> Validator {
    draft202012::new(&schema()).unwrap()
}

/// A document with one key.
fn of_key(name: &str, value: &Value) -> Value {
    Value::from(Map::from_iter([(name.to_owned(), value.clone())]))
}

/// The problems that each function reports for a key, in its form or its value.
fn problems_of_roles(document: &Value, name: &str) -> [Vec<String>; 3] {
    let text = document.to_string();
    let sources = Sources { document: Some(&text), ..Sources::default() };
    [Role::Authorizer, Role::Callback, Role::Proxy].map(|role| {
        let Err(Faults(faults)) = Configuration::from_sources(&sources, role) else { return Vec::new() };
        let of_key = |key: &str| key.split(['.', '[']).next() == Some(name);
        faults.into_iter().filter(|fault| of_key(&fault.key)).map(|fault| fault.problem).collect()
    })
}

fn problems(document: &Value, name: &str) -> Vec<String> {
    problems_of_roles(document, name).concat()
}

#[test]
fn it_is_printed_and_is_a_schema() {
    let output = run(&["check", "schema"], false);
    assert_eq!(output.exit, Exit::Done);
    let printed = output.json();
    assert_eq!(printed, schema());
    assert!(jsonschema::meta::is_valid(&printed));
    let properties = printed["properties"].as_object().unwrap();
    assert!(KEYS.iter().all(|key| properties.contains_key(key.name)) && properties.len() == KEYS.len());
}

#[test]
fn good_and_bad_documents() {
    let validator = validator();
    for (document, good) in [
        (json!({}), true),
        (json!({ "issuer": "https://id.example.com", "leeway": 30, "scopes": ["openid", "email"] }), true),
        (json!({ "leeway": "30", "logout_revoke": "false", "client_id": ["one"] }), true),
        (json!({ "session_remember": true, "client_id": 12345 }), true),
        (
            json!({ "routes": [{ "paths": ["/a/*"], "auth": "none" }, { "paths": "/b", "groups_required": [["Domain Users"]] }] }),
            true,
        ),
        (json!({ "routes": "[{\"paths\": [\"/a\"]}]" }), true),
        (json!({ "authorization_query_args": { "audience": "api" } }), true),
        (json!({ "cliend_id": "x" }), false),
        (json!({ "leeway": 301 }), false),
        (json!({ "leeway": -1 }), false),
        (json!({ "leeway": "soon" }), false),
        (json!({ "leeway": 1.5 }), false),
        (json!({ "logout_revoke": "yes" }), false),
        (json!({ "client_id": ["one", "two"] }), false),
        (json!({ "client_id": { "id": "one" } }), false),
        (json!({ "client_id": null }), false),
        (json!({ "scopes": [] }), false),
        (json!({ "session_storage": "redis" }), false),
        (json!({ "routes": [{ "auth": "none" }] }), false),
        (json!({ "routes": [{ "paths": "/a", "auth": "non" }] }), false),
        (json!({ "routes": [{ "paths": "/a", "colour": "red" }] }), false),
        (json!({ "routes": "/a" }), false),
        (json!({ "upstream_headers": [{ "header": "x-name" }] }), false),
        (json!({ "authorization_query_args": ["audience"] }), false),
        (json!([]), false),
    ] {
        assert_eq!(validator.is_valid(&document), good, "{document}");
    }
}

/// Values of each form; every key accepts some of them.
fn samples() -> Vec<Value> {
    vec![
        json!("x"),
        json!("true"),
        json!("https://id.example.com"),
        json!(["https://id.example.com"]),
        json!("/a"),
        json!(["openid"]),
        json!(["openid", "email"]),
        json!([["two words"]]),
        json!([["a", "b"], "c"]),
        json!([]),
        json!({}),
        json!([{}]),
        json!(""),
        json!(null),
        json!(true),
        json!(false),
        json!([true]),
        json!(0),
        json!(45),
        json!("45"),
        json!([45]),
        json!(400 * 86_400 + 1),
        json!(-1),
        json!({ "a": "b" }),
        json!({ "a": 1 }),
        json!({ "a": ["b"] }),
        json!("{\"a\": \"b\"}"),
        json!({ "paths": "/a" }),
        json!([{ "paths": ["/a"], "methods": "GET", "auth": "optional", "path_decoding": "any" }]),
        json!([{ "paths": ["/a/*"], "path_matching": "prefix" }]),
        json!([{ "paths": ["/a"], "strip_path": "true", "roles_required": "a b", "roles_claim": ["a", "b"] }]),
        json!([{ "header": "x-team", "path": ["a", "b"] }]),
        json!([{ "issuer": "https://id.example.com", "audiences": "a", "groups_accepted": false }]),
        json!("RS256"),
        json!(["RS256", "ES256"]),
        json!("kL9s2Vw7kL9s2Vw8-of-nobody-and-of-32-bytes"),
        json!("x-front: kL9s2Vw7kL9s2Vw8"),
        json!(["x-front: kL9s2Vw7kL9s2Vw8", "x-front: kL9s2Vw7kL9s2Vw9"]),
    ]
}

/// An editor must not mark a valid value as wrong.
#[test]
fn no_value_that_works_is_refused() {
    let validator = validator();
    let words = KEYS.iter().flat_map(|key| match key.shape {
        Shape::Word(words) | Shape::SomeOf(words) => words,
        _ => &[],
    });
    let values: Vec<Value> = samples().into_iter().chain(words.map(|word| json!(word))).collect();
    let mut without = Vec::new();
    for key in KEYS {
        let mut accepted = 0;
        for value in &values {
            let document = of_key(key.name, value);
            if problems_of_roles(&document, key.name).iter().any(Vec::is_empty) {
                accepted += 1;
                assert!(validator.is_valid(&document), "{document} works and the schema refuses it");
            }
        }
        if accepted == 0 {
            without.push(key.name);
        }
    }
    // These keys are only valid together with another key.
    assert_eq!(without, ["alb_arn", "alb_key_endpoint", "session_idling_timeout"]);
}

#[test]
fn the_schemas_limits_of_numbers_and_words_hold() {
    for key in KEYS {
        let output = |value: Value| problems(&of_key(key.name, &value), key.name).join("; ");
        match key.shape {
            Shape::Seconds { least, most } => {
                for (seconds, within) in [(least - 1, false), (least, true), (most, true), (most + 1, false)]
                {
                    let whole = output(json!(seconds)).contains("must be a whole number of seconds");
                    assert_eq!(whole, !within, "{}: {seconds}", key.name);
                }
            }
            Shape::Word(words) | Shape::SomeOf(words) => {
                for word in words {
                    assert!(!output(json!(word)).contains("must be"), "{}: {word}", key.name);
                }
                assert!(output(json!("of-nobody")).contains("must be"), "{}", key.name);
            }
            _ => {}
        }
    }
}

#[test]
fn rows_have_exactly_the_members_that_are_read() {
    for key in KEYS {
        let Shape::Rows(members) = key.shape else { continue };
        for Member { name, .. } in members {
            let row = of_key(key.name, &json!([of_key(name, &json!("x"))]));
            let unknown =
                problems(&row, key.name).iter().any(|problem| problem.contains("is not a known key"));
            assert!(!unknown, "{}: {name} is not read", key.name);
        }
        // The parser suggests a known member for a misspelled name, so a member that is missing in the table
        // would show.
        let named = schema()["properties"][key.name].to_string();
        for candidate in [
            "paths",
            "methods",
            "auth",
            "preflight",
            "path_matching",
            "scopes_required",
            "scopes_claim",
            "audience_required",
            "audience_claim",
            "groups_required",
            "groups_claim",
            "roles_required",
            "roles_claim",
            "upstream_url",
            "strip_path",
            "preserve_host",
            "path_decoding",
            "issuer",
            "jwks_endpoint",
            "audiences",
            "client_ids",
            "groups_accepted",
            "header",
            "path",
        ] {
            let row = of_key(key.name, &json!([of_key(candidate, &json!("x"))]));
            let read = !problems(&row, key.name).iter().any(|problem| problem.contains("is not a known key"));
            assert_eq!(named.contains(&format!("\"{candidate}\":")), read, "{}: {candidate}", key.name);
        }
    }
}
