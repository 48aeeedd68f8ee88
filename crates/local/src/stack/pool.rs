//! Starts the stand-in for a user pool, and writes the configuration for it.

use std::sync::Arc;

use flow::ports::Entropy as _;
use flow::system_ports::SystemEntropy;

use super::{Addresses, Choices, StartFault, fault, log};
use crate::cognito::{AppClient, Mail, Options, StandIn};
use crate::terminal::Terminal;

/// The configuration for functions that sign in at `stand_in`.
pub fn configuration_of(stand_in: &StandIn, public_url: &str) -> String {
    settings_of(stand_in, public_url).to_string()
}

/// The configuration with the chosen options. The echo upstream has a page for administrators, so that there is a page
/// that a user without groups cannot open.
pub(super) fn chosen(stand_in: &StandIn, public_url: &str, choices: &Choices) -> String {
    let mut settings = settings_of(stand_in, public_url);
    if let Some(settings) = settings.as_object_mut() {
        if choices.sessions_in_memory {
            settings.insert("session_storage".to_owned(), "memory".into());
        }
        if choices.upstream.is_none() {
            let rule = serde_json::json!({ "paths": ["/admin/*"], "groups_required": ["admins"] });
            settings.insert("routes".to_owned(), serde_json::json!([rule]));
        }
    }
    settings.to_string()
}

fn settings_of(stand_in: &StandIn, public_url: &str) -> serde_json::Value {
    let options = stand_in.options();
    let client = options.clients.first();
    let id = client.map_or("", |client| &client.client_id);
    let secret = client.and_then(|client| client.client_secret.as_deref()).unwrap_or_default();
    serde_json::json!({
        "provider": "cognito",
        "issuer": stand_in.issuer(),
        "user_pool_id": options.pool_id,
        "user_pool_domain": options.base_url,
        "client_id": id,
        "client_secret": secret,
        "public_url": public_url,
        "session_secret": "for the local stack on loopback and nothing else",
    })
}

/// The stand-in, with the addresses of the fronts registered for its client.
pub(super) fn stand_in(
    base_url: &str,
    addresses: &Addresses,
    terminal: Terminal,
) -> Result<StandIn, StartFault> {
    let clock = || i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs()).unwrap_or(0);
    let log = log(terminal);
    let entropy = move |bytes: &mut [u8]| {
        if SystemEntropy.fill(bytes).is_err() {
            log("this machine provides no random bytes; nothing here is safe");
        }
    };
    let mail = move |mail: &Mail| terminal.mail(mail);
    let client = AppClient::local();
    let fronts = [
        ("http://localhost:8400", Some(&addresses.api_gateway)),
        ("http://localhost:8401", addresses.http_api.as_ref()),
        ("http://localhost:8402", addresses.load_balancer.as_ref()),
    ];
    let with_port = |url: &String| {
        let front = fronts.iter().find_map(|(documented, here)| {
            let rest = url.strip_prefix(documented)?;
            here.map(|here| format!("{here}{rest}"))
        });
        front.unwrap_or_else(|| url.clone())
    };
    let client = AppClient {
        callback_urls: client.callback_urls.iter().map(with_port).collect(),
        logout_urls: client.logout_urls.iter().map(with_port).collect(),
        ..client
    };
    let options = Options {
        base_url: base_url.to_owned(),
        clients: vec![client],
        ..Options::local(Arc::new(clock), Arc::new(entropy), Arc::new(mail))
    };
    StandIn::new(options).map_err(fault)
}
