//! Checks that the translated configurations of Kong's plugin are valid configurations of vestibule.

use relying_party::configuration::{Configuration, ProviderKind, Role, Sources};

use local::stack::{Choices, OwnDocument, Stack};

use crate::project::{holds, text};

const ROLES: [Role; 5] = [Role::Authorizer, Role::Callback, Role::Login, Role::Logout, Role::Session];

#[test]
fn the_plugin_on_a_route() {
    for role in ROLES {
        let configuration = translated("docs/kong/oidc.yaml", role);
        assert!(!configuration.auth_methods.bearer && configuration.auth_methods.session);
        assert!(matches!(configuration.provider, ProviderKind::Cognito(_)));
        assert!(configuration.endpoints.is_complete(), "no discovery request");
    }
}

#[test]
fn the_developer_portal() {
    for role in ROLES {
        let configuration = translated("docs/kong/dev-portal.yaml", role);
        assert_eq!(configuration.leeway, 100);
        assert_eq!(configuration.redirect_uri, "https://portal.example.com:8446/default/auth");
        assert_eq!(configuration.callback_paths, ["/auth"]);
        assert!(matches!(configuration.provider, ProviderKind::Cognito(_)));
        assert!(configuration.endpoints.is_complete(), "no discovery request");
    }
}

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

const SAMPLE: &str = "an example of at least 32 bytes that is in public and seals nothing";

/// The translation, unchanged except for the key, which a sample cannot contain.
fn translated(path: &str, role: Role) -> Configuration {
    let document = text(path).replace(SAMPLE, "0123456789abcdef0123456789abcdef");
    read(&document, role).unwrap_or_else(|faults| panic!("{path}:\n{faults}"))
}

/// An unchanged translation contains a key that is public.
#[test]
fn the_key_of_a_translation_is_refused() {
    for path in ["docs/kong/oidc.yaml", "docs/kong/dev-portal.yaml"] {
        let faults = read(&text(path), Role::Callback).unwrap_err().to_string();
        assert!(
            faults.starts_with("session_secret: is a sample that everybody can read"),
            "{path}: {faults}"
        );
    }
}

fn read(document: &str, role: Role) -> Result<Configuration, relying_party::configuration::Faults> {
    Configuration::from_sources(&Sources { document: Some(document), ..Sources::default() }, role)
}
