//! Translates the issuers and audiences whose bearer tokens are accepted.

use crate::application::Plan;
use crate::document::shown;
use crate::placeholder;
use crate::settings::{Draft, Plugin, is_cognito, without_discovery};
use crate::yaml::Yaml;

/// The issuers and audiences of bearer tokens, if the input has more than the client's own.
pub(super) fn bearer_issuers(plugin: &Plugin<'_>, plan: &Plan<'_>, draft: &mut Draft) {
    let accepted = |name: &str| {
        draft
            .get("auth_methods")
            .is_some_and(|methods| matches!(methods, Yaml::List(all) if all.contains(&Yaml::text(name))))
    };
    if !accepted("bearer") {
        return;
    }
    let needs = plan.protections.values().filter_map(|protection| protection.needs.get("audience_required"));
    let mut audiences: Vec<String> =
        needs.flat_map(|need| need.alternatives.iter().flatten().cloned()).collect();
    audiences.sort();
    audiences.dedup();
    let further = plugin.list("issuers_allowed");
    if audiences.is_empty() && further.is_empty() {
        return;
    }
    let (Some(issuer), Some(client)) =
        (draft.text("issuer").map(str::to_owned), draft.text("client_id").map(str::to_owned))
    else {
        return;
    };
    let own = without_discovery(&issuer).to_owned();
    let all: Vec<String> = std::iter::once(client.clone())
        .chain(audiences.iter().filter(|audience| **audience != client).cloned())
        .collect();
    let row = |issuer: &str| {
        let mut members = vec![("issuer".to_owned(), Yaml::text(issuer))];
        if is_cognito(issuer) {
            members.push(("client_ids".to_owned(), Yaml::texts(&all)));
        } else {
            members.push(("audiences".to_owned(), Yaml::texts(&all)));
            members.push(("client_ids".to_owned(), Yaml::texts(&[&client])));
        }
        Yaml::Mapping(members)
    };
    // Kong refuses the tokens of its own issuer, too, where the list does not have it.
    let given = plugin.filled("issuer");
    // It compares texts, so that a spelling with or without a slash at the end is another issuer's.
    let is_own = |other: &String| Some(other) == given.as_ref() || *other == own;
    let mut rows = Vec::new();
    if further.is_empty() || further.iter().any(is_own) {
        rows.push(row(&own));
    }
    for other in further.iter().filter(|other| !is_own(other)) {
        let is_metadata = without_discovery(other) != other;
        if is_metadata {
            draft.need(format!(
                "`issuers_allowed` has `{}`, the address of a provider's metadata, which no token names; add the issuer to `bearer_issuers`",
                shown(other)
            ));
        } else if other.starts_with("https://") && !placeholder::is_open(other) {
            let is_spelling = other.trim_end_matches('/') == own.trim_end_matches('/');
            if plugin.flag("verify_claims") != Some(false) && !is_spelling {
                draft.warn("tokens of a further issuer in `issuers_allowed` are accepted here; Kong compares the issuer with `issuer` too, unless `verify_claims` is off");
            }
            rows.push(row(other));
        } else {
            draft.need(format!(
                "`issuers_allowed` has `{}`, which is not an https address; add its issuer to `bearer_issuers`",
                shown(other)
            ));
        }
    }
    if rows.is_empty() {
        // No token names this issuer.
        rows.push(row("https://issuer.invalid"));
    }
    if audiences.is_empty() {
        draft.need("`bearer_issuers`: name the audiences whose tokens are for this application; Kong accepted any of the issuer's");
    }
    if plugin.config.get("extra_jwks_uris").is_some() {
        draft.need("`extra_jwks_uris`: give each further issuer in `bearer_issuers` its own `jwks_endpoint`, or leave it to discovery");
    }
    draft.set_with(
        "bearer_issuers",
        Yaml::List(rows),
        ["Was issuers_allowed, extra_jwks_uris and audience_required."],
    );
}
