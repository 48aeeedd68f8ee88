//! The configuration of one application of an import, as the proxy reads it.

use kong::{InputFile, import};
use relying_party::configuration::{Configuration, Role, Sources};
use serde_json::json;

/// Imports `files` and reads the configuration written for `application`, with placeholders for secrets.
pub(crate) fn configuration(files: Vec<InputFile>, application: &str) -> Configuration {
    let import = import(files, |_| None).unwrap_or_else(|faults| panic!("{faults:?}"));
    let path = format!("{application}/vestibule.yaml");
    let paths: Vec<&str> = import.files.iter().map(|file| file.path.as_str()).collect();
    let document = import.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{paths:?}"));
    let secrets = json!({ "client_secret": "a secret of a test", "session_secret": "0123456789abcdef-0123456789abcdef" });
    let sources = Sources {
        document: Some(&document.text),
        secret_document: Some(&secrets.to_string()),
        ..Sources::default()
    };
    Configuration::from_sources(&sources, Role::Proxy).unwrap_or_else(|faults| panic!("{faults}"))
}
