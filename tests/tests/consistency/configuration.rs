//! Checks the configuration table, and the variables that the templates set.

use relying_party::configuration::{
    CONFIG_VARIABLE, CONFIGURATION_SECRET_VARIABLE, KEYS, SECRET_ID_VARIABLE, VARIABLE_PREFIX, markdown,
    warnings_markdown,
};

use crate::project::{files, holds, part, text};

const DOCUMENT: &str = "docs/configuration.md";

#[test]
fn the_document_has_the_tables() {
    holds(DOCUMENT, "configuration", &markdown());
    holds(DOCUMENT, "settings without effect", &warnings_markdown());
}

#[test]
fn every_key_is_in_the_document() {
    let table = part(&text(DOCUMENT), "configuration").unwrap();
    for key in KEYS {
        assert!(table.contains(&format!("\n| `{}` |", key.name)), "{} is not in {DOCUMENT}", key.name);
    }
}

/// A variable that no function reads is a fault at start, which would show only on AWS.
#[test]
fn every_variable_in_templates_scripts_and_documents_is_known() {
    for path in files() {
        let concerned = path.starts_with("infra/")
            || path.starts_with("docs/") && !path.ends_with(".png")
            || path.starts_with("events/")
            || matches!(path.as_str(), "README.md" | "ARCHITECTURE.md" | "SECURITY.md" | "CONTRIBUTING.md");
        if !concerned {
            continue;
        }
        for variable in variables(&text(&path)) {
            let known = variable == CONFIG_VARIABLE
                || variable == SECRET_ID_VARIABLE
                || variable == CONFIGURATION_SECRET_VARIABLE
                || KEYS.iter().any(|key| key.variable() == variable);
            assert!(known, "{path} names {variable}, which is not a key");
        }
    }
}

fn variables(text: &str) -> Vec<String> {
    let name = |rest: &str| -> String {
        rest.chars()
            .take_while(|character| character.is_ascii_uppercase() || "_0123456789".contains(*character))
            .collect()
    };
    let named = text.split(VARIABLE_PREFIX).skip(1).map(name);
    // Documents use the bare prefix for all variables.
    named.filter(|name| !name.is_empty()).map(|name| format!("{VARIABLE_PREFIX}{name}")).collect()
}
