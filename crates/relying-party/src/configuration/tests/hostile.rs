use proptest::prelude::*;

use super::super::*;
use super::{MINIMAL, read};

#[test]
fn ten_thousand_levels() {
    let depth = 10_000;
    let documents = [
        format!("{{\"routes\": {}{}}}", "[".repeat(depth), "]".repeat(depth)),
        format!("{}1{}", "{\"routes\":".repeat(depth), "}".repeat(depth)),
        format!("routes: {}{}\n", "[".repeat(depth), "]".repeat(depth)),
        format!("routes:\n  {}a\n", "- ".repeat(depth)),
        (0..1_000).fold(String::new(), |document, level| document + &" ".repeat(level) + "a:\n"),
        format!("{}{}", "? ".repeat(depth), "a\n"),
    ];
    for document in documents {
        let Faults(faults) = read(&document, Role::Login).unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(keys, ["VESTIBULE_CONFIG"]);
    }
    let value = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let environment = [("VESTIBULE_ROUTES".to_owned(), value)];
    let sources = Sources { document: Some(MINIMAL), environment: &environment, ..Sources::default() };
    let Faults(faults) = Configuration::from_sources(&sources, Role::Login).unwrap_err();
    assert_eq!(faults.iter().map(|fault| fault.key.as_str()).collect::<Vec<_>>(), ["routes"]);
}

/// A truncated document is a fault or another valid document, and never causes a panic.
#[test]
fn cut_at_every_length() {
    let json =
        "{\"issuer\": \"https://id.example.com\", \"routes\": [{\"paths\": [\"/a/*\"]}], \"leeway\": 60}";
    let yaml = "issuer: 'https://id.example.com'\nroutes:\n- paths: [\"/a/*\"]\n  auth: none\nleeway: 60\n";
    for document in [json, yaml] {
        for end in 0..document.len() {
            let _ = read(document.get(..end).unwrap_or_default(), Role::Authorizer);
        }
    }
}

proptest! {
    #[test]
    fn no_document_panics(document in any::<String>(), secret in any::<String>()) {
        let sources = Sources { document: Some(&document), secret_document: Some(&secret), ..Sources::default() };
        prop_assert!(Configuration::from_sources(&sources, Role::Proxy).is_err());
    }

    #[test]
    fn no_yaml_like_text_panics(document in "([a-z_]{0,6}[-:?&*!|>%@`'\"\\[\\]{},# \n\t]{0,4}){0,30}") {
        let _ = read(&document, Role::Proxy);
    }

    #[test]
    fn no_value_of_any_key_panics(index in 0..KEYS.len(), value in "\\PC{0,40}|[\\[{\",:a-z/*}\\]. ]{0,30}") {
        let name = KEYS.get(index).map(Key::variable).unwrap_or_default();
        let environment = [(name, value)];
        let sources = Sources { document: Some(MINIMAL), environment: &environment, ..Sources::default() };
        for role in [Role::Authorizer, Role::Proxy] {
            let _ = Configuration::from_sources(&sources, role);
        }
    }

    #[test]
    fn no_secret_is_ever_shown(tail in "[a-z\\[{\", ]{0,20}", key in "client_secret|session_secret|routes") {
        let value = format!("hush-hush{tail}");
        let environment = [(format!("VESTIBULE_{}", key.to_ascii_uppercase()), value)];
        let sources = Sources { document: Some(MINIMAL), environment: &environment, ..Sources::default() };
        let shown = match Configuration::from_sources(&sources, Role::Callback) {
            Ok(configuration) => format!("{configuration:?}"),
            Err(faults) => format!("{faults} {faults:?}"),
        };
        prop_assert!(!shown.contains("hush-hush"));
    }
}
