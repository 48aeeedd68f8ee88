//! Translates the headers for the application.

use relying_party::configuration::kong::Verdict;

use crate::verdicts::Verdicts;
use crate::yaml::Yaml;

use super::{Draft, Plugin};

pub(super) fn translate(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    token_header(plugin, draft, verdicts);
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for row in plugin.config.entries_of("upstream_headers") {
        if let Some(header) = row.text_of("header") {
            rows.push((header.to_owned(), row.texts_of("path")));
        }
    }
    let (claims, names) = (plugin.list("upstream_headers_claims"), plugin.list("upstream_headers_names"));
    rows.extend(names.into_iter().zip(claims.into_iter().map(|claim| vec![claim])));
    let rows: Vec<Yaml> = rows
        .into_iter()
        .map(|(header, path)| {
            Yaml::Mapping(vec![
                ("header".to_owned(), Yaml::Text(header.to_ascii_lowercase())),
                ("path".to_owned(), Yaml::texts(&path)),
            ])
        })
        .collect();
    if !rows.is_empty() {
        draft.set("upstream_headers", Yaml::List(rows));
    }
}

/// Kong's value is a header name, optionally with `:bearer` or `:basic`; a value that is not a name disables
/// the header.
fn token_header(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    let Some(node) = plugin.config.get("upstream_access_token_header") else { return };
    let text = node.text().unwrap_or_default().to_ascii_lowercase();
    let (ours, explanation) = match text.as_str() {
        "" | "nil" | "null" => ("none".to_owned(), Some("`upstream_access_token_header: none`")),
        "authorization" | "authorization:basic" => (
            "authorization:bearer".to_owned(),
            Some("`upstream_access_token_header`: a token needs its scheme there"),
        ),
        other => (other.strip_suffix(":basic").unwrap_or(other).to_owned(), None),
    };
    if let Some(explanation) = explanation {
        verdicts.record(node, Verdict::Mapped, explanation);
    }
    draft.set("upstream_access_token_header", Yaml::Text(ours));
}
