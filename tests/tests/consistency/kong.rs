//! Checks the pages about Kong against the code.

use relying_party::configuration::{Configuration, Role, Sources};

use local::stack::{Choices, OwnDocument, Stack};

use crate::project::{holds, text};

/// A start with the plugin's own settings reports the replacement of each.
#[test]
fn a_parameter_without_counterpart_is_explained() {
    let document = "{\"login_action\": \"redirect\", \"ssl_verify\": false, \"consumer_claim\": [\"email\"]}";
    let faults = read(document, Role::Callback).unwrap_err().to_string();
    for name in ["login_action", "ssl_verify", "consumer_claim"] {
        assert!(faults.contains(&format!("{name}: is not a key here: ")), "{faults}");
    }
}

/// The page about moving shows the local stack's message about these settings.
#[tokio::test]
async fn the_page_shows_what_is_said_of_the_plugins_settings() {
    let name = "docs/kong/plugin.json".to_owned();
    let configuration = Some(OwnDocument { text: text(&name), name });
    let refused = Stack::bind(Choices { configuration, ..Choices::documented() }).await.err().unwrap();
    let shown = format!(
        "```console\n$ cargo run -- --config docs/kong/plugin.json\nvestibule cannot start:\n{refused}\n```\n"
    );
    holds("docs/kong/README.md", "plugin settings", &shown);
}

/// The page of parameters matches the table in the code.
#[test]
fn the_page_has_every_parameter() {
    holds("docs/kong/parameters.md", "parameters", &relying_party::configuration::kong::markdown());
}

fn read(document: &str, role: Role) -> Result<Configuration, relying_party::configuration::Faults> {
    Configuration::from_sources(&Sources { document: Some(document), ..Sources::default() }, role)
}
