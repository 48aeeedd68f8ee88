//! Lists the clients that serve several applications.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::document::shown;
use crate::report::{Application, cell};

/// The applications of each client that has more than one, in their order.
pub(crate) fn shared(applications: &[Application]) -> Vec<Vec<&Application>> {
    let mut by_client: HashMap<&(String, String), usize> = HashMap::new();
    let mut found: Vec<Vec<&Application>> = Vec::new();
    for application in applications {
        let Some(client) = &application.client else { continue };
        let place = *by_client.entry(client).or_insert(found.len());
        if place == found.len() {
            found.push(Vec::new());
        }
        found.iter_mut().skip(place).take(1).for_each(|known| known.push(application));
    }
    found.retain(|known| known.len() > 1);
    found
}

/// The applications whose addresses are to be registered at a client of several.
pub(crate) fn with_addresses<'a>(shared: &[Vec<&'a Application>]) -> impl Iterator<Item = &'a Application> {
    let signs_in = |application: &&&Application| !application.callbacks.is_empty();
    let clients = shared.iter().filter(move |known| known.iter().filter(signs_in).count() > 1);
    clients.flatten().filter(signs_in).copied()
}

/// The most settings that a line names; `report.json` names all.
const MAX_SETTINGS: usize = 20;

/// Says why a client has several applications.
fn reason(applications: &[&Application]) -> Option<String> {
    let first = applications.first()?;
    let (_, client) = first.client.as_ref()?;
    let named = first.differing.iter().take(MAX_SETTINGS);
    let mut settings = named.map(|name| format!("`{}`", shown(name))).collect::<Vec<_>>().join(", ");
    let others = first.differing.len().saturating_sub(MAX_SETTINGS);
    if others > 0 {
        _ = write!(settings, " and {others} more");
    }
    let reason = if settings.is_empty() {
        "its routes name several hosts".to_owned()
    } else {
        format!("its plugins differ in {settings}. With the same values they would be one on each host")
    };
    Some(format!("- `{}` is {} applications, because {reason}.\n", cell(client), applications.len()))
}

/// Adds the reason for the applications of each client, and their addresses, once.
pub(crate) fn add_to(text: &mut String, shared: &[Vec<&Application>]) {
    if shared.is_empty() {
        return;
    }
    text.push_str("\n## Clients of several applications\n\n");
    text.extend(shared.iter().filter_map(|applications| reason(applications)));
    if with_addresses(shared).next().is_none() {
        return;
    }
    text.push_str("\nA client has one list of addresses for all of its applications, and whoever sets the list at Cognito replaces all of it. Keep the addresses of Kong and of the applications that have moved, and add those of the next one. No deployment by `samconfig.toml` changes the list, because the client exists already.\n\n");
    text.push_str("| client | application | callbacks | sign-out |\n|---|---|---|---|\n");
    for application in with_addresses(shared) {
        let client = application.client.as_ref().map_or("", |(_, client)| client.as_str());
        let callbacks: Vec<String> =
            application.callbacks.iter().map(|callback| format!("`{}`", cell(callback))).collect();
        _ = writeln!(
            text,
            "| `{}` | `{}` | {} | `{}` |",
            cell(client),
            application.name,
            callbacks.join(" "),
            cell(&application.signed_out)
        );
    }
}

/// The same for a program.
pub(crate) fn json(shared: &[Vec<&Application>]) -> Json {
    let client = |applications: &Vec<&Application>| {
        let names: Vec<&str> = applications.iter().map(|application| application.name.as_str()).collect();
        let callbacks: Vec<&String> =
            applications.iter().flat_map(|application| &application.callbacks).collect();
        let signs_in = applications.iter().filter(|application| !application.callbacks.is_empty());
        let signed_out: Vec<&str> = signs_in.map(|application| application.signed_out.as_str()).collect();
        let client = applications.iter().find_map(|application| application.client.as_ref());
        json!({
            "issuer": client.map(|(issuer, _)| issuer),
            "client_id": client.map(|(_, client)| client),
            "applications": names,
            "differing_settings": applications.first().map(|application| application.differing.as_ref()),
            "callbacks": callbacks,
            "signed_out": signed_out,
        })
    };
    Json::Array(shared.iter().map(client).collect())
}
