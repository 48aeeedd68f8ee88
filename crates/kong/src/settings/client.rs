//! Translates the client, its secrets, and the ways in which requests may authenticate.

use relying_party::configuration::kong::Verdict;

use crate::document::Node;
use crate::placeholder;
use crate::verdicts::Verdicts;
use crate::yaml::Yaml;

use super::{Draft, Plugin};

/// The placeholder for a client that the input does not name. No token is issued for it.
const NO_CLIENT: &str = "name-the-client";

pub(super) fn translate(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    let ids = plugin.list("client_id");
    if let Some(id) = ids.first() {
        if placeholder::is_unnamed(id) {
            draft.need(format!("name the client in `client_id` (is `{id}`)"));
        }
        draft.set("client_id", Yaml::text(id));
    } else {
        let comment = "Needs you: the input names no client, and a bearer token has to be for one.";
        draft.set_with("client_id", Yaml::text(NO_CLIENT), [comment]);
        draft.need("name the client in `client_id`: sign-in, and tokens that are accepted, are for a client");
    }
    for name in ["client_id", "client_secret"] {
        let entries = plugin.config.entries_of(name);
        for entry in entries.iter().skip(1) {
            let text = "one client; a further one is an application of its own";
            verdicts.record(entry, Verdict::NeedsYou, text);
        }
    }
    if ids.len() > 1 {
        draft.need("the plugin has several clients, of which a request picks one; the first is taken");
    }
    let has_secret = secret(plugin, "client_secret", draft);
    authentication(plugin, has_secret, draft, verdicts);
}

/// Translates how the client authenticates at the provider: one way for every endpoint.
fn authentication(plugin: &Plugin<'_>, has_secret: bool, draft: &mut Draft, verdicts: &mut Verdicts) {
    let authentication = plugin.filled("client_auth").or_else(|| plugin.filled("token_endpoint_auth_method"));
    for name in ["token_endpoint_auth_method", "revocation_endpoint_auth_method"] {
        let other = plugin.filled(name);
        let usual = authentication.as_deref().unwrap_or("client_secret_basic");
        if let Some(node) = plugin.config.get(name).filter(|_| other.is_some_and(|other| other != usual)) {
            verdicts.record(
                node,
                Verdict::NeedsYou,
                "differs from `client_auth`, which holds for every endpoint of the provider",
            );
            draft.need(format!("`{name}` differs from `client_auth`, which holds for every endpoint of the provider: choose one that all of them take"));
        }
    }
    match authentication.as_deref() {
        Some("none") if has_secret => {
            draft.need("`client_auth` is `none`, but there is a client secret; the secret is shown");
        }
        Some(known @ ("client_secret_basic" | "client_secret_post" | "none"))
            if has_secret || known == "none" =>
        {
            draft.set("client_auth", Yaml::text(known));
        }
        Some("client_secret_basic" | "client_secret_post") | None => {}
        Some(other) => {
            let other = other.to_owned();
            verdicts.record(plugin.config.get("client_auth"), Verdict::NeedsYou, "`client_secret_basic`, `client_secret_post` or `none`; let the client show a secret at the provider");
            draft.need(format!("the client shows itself by `{other}`, which is not there: give it a secret at the provider, and put it into `client_secret`"));
        }
    }
}

/// Moves a secret to the file for secrets. A placeholder stays one, because a person who knows the input must
/// not know the key.
pub(super) fn secret(plugin: &Plugin<'_>, name: &'static str, draft: &mut Draft) -> bool {
    let first = plugin.config.get(name).and_then(|node| node.entries().first()).and_then(Node::text);
    let Some(text) = first.filter(|text| !text.is_empty()) else {
        if name == "session_secret" {
            draft.absent_secrets.push(name);
        }
        return false;
    };
    if placeholder::is_unfilled_secret(text) {
        draft.absent_secrets.push(name);
        let secret = if name == "client_secret" { "ClientSecretArn" } else { "VESTIBULE_SECRET_ID" };
        draft.need(format!("put `{name}` into the secret that `{secret}` names (was a placeholder)"));
    } else if name == "session_secret" && text.len() < MIN_SEALING_BYTES {
        draft.absent_secrets.push(name);
        draft.need(
            "make a new `session_secret`, as `openssl rand -base64 48` does: Kong's is shorter than 32 bytes",
        );
    } else {
        draft.secrets.push((name.to_owned(), Yaml::text(text)));
    }
    true
}

const MIN_SEALING_BYTES: usize = 32;

/// The replacement of each authentication method of Kong.
const METHODS: [(&str, &[&str], Verdict, &str); 9] = [
    ("authorization_code", &["session", "authorization_code"], Verdict::Kept, "`auth_methods`"),
    ("bearer", &["bearer"], Verdict::Kept, "`auth_methods`"),
    (
        "client_credentials",
        &["bearer"],
        Verdict::Refused,
        "a machine asks the provider for a token itself and sends it in `Authorization`",
    ),
    (
        "introspection",
        &["bearer"],
        Verdict::Refused,
        "access tokens are verified here, not introspected: they have to be JWTs",
    ),
    ("kong_oauth2", &[], Verdict::Refused, "tokens of Kong's own OAuth 2.0 plugin are not accepted"),
    (
        "password",
        &["session", "authorization_code"],
        Verdict::Refused,
        "people type their password at the provider",
    ),
    (
        "refresh_token",
        &["bearer"],
        Verdict::Refused,
        "a client refreshes its token at the provider and sends the new one",
    ),
    ("session", &["session"], Verdict::Kept, "`auth_methods`"),
    ("userinfo", &["bearer"], Verdict::Refused, "access tokens are verified here: they have to be JWTs"),
];

/// Kong keeps no session for the grants that are named.
fn sessions(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    let given = plugin.config.entries_of("disable_session");
    let is_sign_in = |node: &&Node| matches!(node.text(), Some("authorization_code" | "session"));
    for node in given.iter().filter(is_sign_in) {
        verdicts.record(node, Verdict::NeedsYou, "a sign-in always makes a session; name `bearer` alone in `auth_methods` where there is to be none");
        draft.need("`disable_session`: a sign-in always makes a session; name `bearer` alone in `auth_methods` where there is to be none");
    }
}

/// Warns if Kong takes no access tokens, or asks the provider about each.
fn warn_of_bearer_tokens(given: &[Node], draft: &mut Draft) {
    let among = |names: &[&str]| {
        let given = given.iter().filter_map(Node::text).filter(|name| names.contains(name));
        given.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
    };
    if given.is_empty() || !among(&["bearer"]).is_empty() {
        return;
    }
    let asks = among(&["introspection", "userinfo"]);
    if asks.is_empty() {
        let grants = among(&["client_credentials", "refresh_token"]);
        draft.warn(format!("{grants} takes no access token in Kong, but has one issued for each request; here every access token of the client passes, also that of a user"));
    } else {
        draft.warn(format!("{asks} asks the provider about each token in Kong; here a token that has been revoked passes until it ends"));
    }
}

/// Whether people sign in, or everybody brings an access token.
pub(crate) fn signs_in(plugin: &Plugin<'_>) -> bool {
    accepts(plugin, "authorization_code")
}

/// Whether a session is accepted, which another application of the client may have begun.
pub(super) fn has_sessions(plugin: &Plugin<'_>) -> bool {
    accepts(plugin, "session")
}

/// Whether a method of Kong's that is given becomes `method` here.
fn accepts(plugin: &Plugin<'_>, method: &str) -> bool {
    let given = plugin.list("auth_methods");
    let ours = |name: &String| METHODS.iter().find(|(known, ..)| known == name).map(|(_, ours, ..)| *ours);
    given.is_empty() || given.iter().filter_map(ours).any(|ours| ours.contains(&method))
}

pub(super) fn methods(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    sessions(plugin, draft, verdicts);
    let given = plugin.config.entries_of("auth_methods");
    let mut methods: Vec<&str> = Vec::new();
    for node in given {
        let known = METHODS.iter().find(|(name, ..)| node.text() == Some(name));
        let Some((_, ours, verdict, text)) = known else { continue };
        verdicts.record(node, *verdict, text);
        methods.extend(ours.iter().filter(|ours| !methods.contains(ours)).copied().collect::<Vec<_>>());
    }
    let mut comments = Vec::new();
    if given.is_empty() {
        methods = vec!["session", "authorization_code", "bearer"];
        comments.push("Kong accepts nine methods when none is named; these are ours.".to_owned());
    }
    let bound: Vec<&str> = ["proof_of_possession_mtls", "proof_of_possession_dpop"]
        .into_iter()
        .filter(|name| plugin.filled(name).is_some_and(|mode| mode == "strict"))
        .collect();
    if !bound.is_empty() && methods.contains(&"bearer") {
        methods.retain(|method| *method != "bearer");
        comments.push("Bearer tokens are left out: Kong takes only those that are bound to a key, and nothing here checks that.".to_owned());
        draft.warn(format!(
            "`{}` is strict in Kong; nothing here checks whose token it is, so bearer tokens are refused",
            bound.join("`, `")
        ));
        draft.need("decide whether bearer tokens that are not bound to a key may pass; then add `bearer` to `auth_methods`");
    }
    if methods.contains(&"bearer") {
        warn_of_bearer_tokens(given, draft);
    }
    if methods.is_empty() {
        methods.push("session");
        comments
            .push("Needs you: no method of Kong's that was named is here, so nobody can come in.".to_owned());
        draft.need("no accepted method is left in `auth_methods`; name `authorization_code` or `bearer`");
    }
    draft.set_with("auth_methods", Yaml::texts(&methods), comments);
}
