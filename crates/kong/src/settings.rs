//! Translates the settings of one `openid-connect` plugin.

mod account;
mod address;
pub(crate) mod callbacks;
mod client;
mod headers;
pub(crate) mod requirement;

use relying_party::configuration::kong::Verdict;
use relying_party::configuration::token_argument_name;

use crate::document::{Node, Value};
use crate::placeholder::{self, Environment};
use crate::verdicts::Verdicts;
use crate::yaml::{Entry, Yaml};

use self::callbacks::Callback;

pub(crate) use self::account::{account, has_effect, unused_secret};
pub(crate) use self::address::{Addresses, host_of, is_cognito, placeholder_host, without_discovery};
pub(crate) use self::client::signs_in;

/// The state of an application's translation.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) entries: Vec<Entry>,
    /// Values that belong in the secret, by their keys.
    pub(crate) secrets: Vec<(String, Yaml)>,
    /// Keys of secrets that the input refers to but does not contain.
    pub(crate) absent_secrets: Vec<&'static str>,
    /// The steps that the user has to take before it works.
    pub(crate) needs: Vec<String>,
    /// Warnings about weaknesses in Kong, and about requests that are less protected or closed here.
    pub(crate) warnings: Vec<String>,
}

impl Draft {
    pub(crate) fn set(&mut self, key: &str, value: Yaml) {
        self.set_with(key, value, [""; 0]);
    }

    /// Sets a key, with comments for the reader.
    pub(crate) fn set_with(
        &mut self,
        key: &str,
        value: Yaml,
        comments: impl IntoIterator<Item = impl Into<String>>,
    ) {
        let comments = comments.into_iter().map(Into::into).collect();
        self.entries.retain(|entry| entry.key != key);
        self.entries.push(Entry { key: key.to_owned(), value, comments });
    }

    pub(crate) fn need(&mut self, text: impl Into<String>) {
        add_once(&mut self.needs, text.into());
    }

    pub(crate) fn warn(&mut self, text: impl Into<String>) {
        add_once(&mut self.warnings, text.into());
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The texts of a list, or a single text.
    pub(crate) fn texts(&self, key: &str) -> Option<Vec<String>> {
        let one = |value: &Yaml| match value {
            Yaml::Text(text) => Some(text.clone()),
            Yaml::List(_) | Yaml::Mapping(_) => None,
        };
        match self.get(key)? {
            Yaml::List(entries) => entries.iter().map(one).collect(),
            value => one(value).map(|text| vec![text]),
        }
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Yaml::Text(text)) => Some(text),
            _ => None,
        }
    }
}

fn add_once(texts: &mut Vec<String>, text: String) {
    if !texts.contains(&text) {
        texts.push(text);
    }
}

/// Keys that are copied as they are.
const COPIED: [&str; 22] = [
    "forbidden_error_message",
    "logout_methods",
    "logout_query_arg",
    "logout_uri_suffix",
    "unauthorized_error_message",
    "upstream_id_token_header",
    "upstream_user_info_header",
    "leeway",
    "max_age",
    "display_errors",
    "hide_credentials",
    "logout_revoke",
    "session_cookie_name",
    "session_cookie_domain",
    "session_rolling_timeout",
    "session_absolute_timeout",
    "session_idling_timeout",
    "session_remember",
    "session_remember_rolling_timeout",
    "session_remember_absolute_timeout",
    "authorization_rolling_timeout",
    "authorization_query_args_client",
];

/// Settings that may differ between the rules of an application.
pub(crate) const OF_A_RULE: [&str; 20] = [
    "anonymous",
    "audience_claim",
    "audience_required",
    "authenticated_groups_claim",
    "by_username_ignore_case",
    "claims_forbidden",
    "consumer_by",
    "consumer_claim",
    "consumer_claims",
    "consumer_groups_claim",
    "consumer_groups_optional",
    "consumer_optional",
    "domains",
    "groups_claim",
    "groups_required",
    "redirect_uri",
    "roles_claim",
    "roles_required",
    "run_on_preflight",
    "scopes_required",
];

/// A plugin's settings, and the environment for its placeholders.
pub(crate) struct Plugin<'p> {
    pub(crate) config: &'p Node,
    /// The settings of the same client on other routes. They differ only in settings that belong to a rule
    /// and in their callbacks.
    pub(crate) others: Vec<&'p Node>,
    /// The callbacks of the client, without those of its other applications.
    pub(crate) callbacks: Vec<Callback<'p>>,
    pub(crate) environment: Environment<'p>,
}

impl<'p> Plugin<'p> {
    /// Makes one without settings of other routes and without callbacks.
    pub(crate) const fn new(config: &'p Node, environment: Environment<'p>) -> Self {
        Self { config, others: Vec::new(), callbacks: Vec::new(), environment }
    }

    /// Returns a text with its placeholders substituted as far as possible.
    pub(crate) fn filled(&self, name: &str) -> Option<String> {
        let node = self.config.get(name)?;
        let first = node.entries().first()?;
        first
            .text()
            .map(|text| placeholder::fill(text, self.environment).text)
            .filter(|text| !text.is_empty())
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let texts = self.config.get(name).map(Node::texts).unwrap_or_default();
        texts.into_iter().map(|text| placeholder::fill(text, self.environment).text).collect()
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.config.flag_of(name)
    }
}

/// Translates everything that applies to the whole application.
pub(crate) fn translate(plugin: &Plugin<'_>, addresses: &Addresses, verdicts: &mut Verdicts) -> Draft {
    let mut draft = Draft::default();
    address::issuer(plugin, &mut draft);
    address::endpoints(plugin, &mut draft, verdicts);
    address::own(plugin, addresses, &mut draft, verdicts);
    client::translate(plugin, &mut draft, verdicts);
    client::methods(plugin, &mut draft, verdicts);
    arguments(plugin, &mut draft);
    token_arguments(plugin, &mut draft, verdicts);
    session(plugin, &mut draft);
    headers::translate(plugin, &mut draft, verdicts);
    for name in COPIED {
        copy(plugin, name, &mut draft);
    }
    no_logout_method(plugin, &mut draft, verdicts);
    warnings(plugin, &mut draft);
    account::ask(plugin, &mut draft);
    draft
}

fn copy(plugin: &Plugin<'_>, name: &str, draft: &mut Draft) {
    let Some(node) = plugin.config.get(name) else { return };
    let value = match &node.value {
        Value::List(_) if !account::ONE.contains(&name) => Yaml::texts(&plugin.list(name)),
        _ => match plugin.filled(name) {
            Some(text) => Yaml::Text(text),
            None => return,
        },
    };
    if value != Yaml::List(Vec::new()) {
        draft.set(name, value);
    }
}

/// If Kong accepts no sign-out method, no request for a path of the application signs out.
fn no_logout_method(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    let methods = plugin.config.get("logout_methods").map(|node| &node.value);
    if !matches!(methods, Some(Value::List(entries)) if entries.is_empty()) {
        return;
    }
    for name in ["logout_methods", "logout_query_arg", "logout_uri_suffix"] {
        draft.entries.retain(|entry| entry.key != name);
        verdicts.record(
            plugin.config.get(name),
            Verdict::Always,
            "without a method no path of the application signs out; `/oauth2/logout` does",
        );
    }
}

fn arguments(plugin: &Plugin<'_>, draft: &mut Draft) {
    let names = plugin.list("authorization_query_args_names");
    let values = plugin.list("authorization_query_args_values");
    let audience = plugin.filled("audience").map(|audience| ("audience".to_owned(), audience));
    let pairs: Vec<(String, Yaml)> = names
        .into_iter()
        .zip(values)
        .chain(audience)
        .map(|(name, value)| (name, Yaml::Text(value)))
        .collect();
    if !pairs.is_empty() {
        let comment = "Was authorization_query_args_names, authorization_query_args_values and audience.";
        draft.set_with("authorization_query_args", Yaml::Mapping(pairs), [comment]);
    }
    let scopes: Vec<String> = plugin.list("scopes").into_iter().filter(|scope| !scope.is_empty()).collect();
    if scopes.is_empty() {
        return;
    }
    let mut comments = Vec::new();
    let has_openid = scopes.iter().any(|scope| scope.split_whitespace().any(|word| word == "openid"));
    let asked: Vec<String> = (!has_openid).then(|| "openid".to_owned()).into_iter().chain(scopes).collect();
    if !has_openid {
        comments.push("`openid` is new: without it there is no ID token.".to_owned());
    }
    draft.set_with("scopes", Yaml::texts(&asked), comments);
}

/// Kong takes the values from a vault, too, so that they go where secrets go. An argument that cannot be sent is
/// left out, and the others are kept.
fn token_arguments(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    let entries = |name: &str| plugin.config.entries_of(name);
    let (names, values) = (entries("token_post_args_names"), entries("token_post_args_values"));
    let mut pairs: Vec<(String, Yaml)> = Vec::new();
    for (name_node, value_node) in names.iter().zip(values) {
        let name = placeholder::fill(name_node.text().unwrap_or_default(), plugin.environment).text;
        // As with every secret, a placeholder is not filled in.
        let value = value_node.text().unwrap_or_default().to_owned();
        let problem = if placeholder::is_open(&name) || placeholder::is_open(&value) {
            "was a placeholder, so this argument is left out; put it into the secret that `ConfigurationSecret` names"
        } else if value.is_empty() {
            "is an argument without a value, so it is left out"
        } else if pairs.iter().any(|(known, _)| *known == name) {
            "is a second value of one argument, so it is left out: the token request has each once"
        } else if token_argument_name(&name).is_err() {
            "belongs to the protocol, or is no name of an argument (letters, digits, `-`, `.`, `_`), so this argument is left out"
        } else {
            pairs.push((name, Yaml::Text(value)));
            continue;
        };
        verdicts.record(name_node, Verdict::NeedsYou, problem);
        verdicts.record(value_node, Verdict::NeedsYou, problem);
        draft.need("`token_post_args`: an argument of the input is left out; the lines of `token_post_args_names` in the last table say which and why");
    }
    if pairs.is_empty() {
        return;
    }
    draft.secrets.push(("token_post_args".to_owned(), Yaml::Mapping(pairs)));
    draft.need("put `token_post_args` of secrets.json into the secret that `ConfigurationSecret` names");
}

/// Kong's stores become the table. Kong's cookie stays a cookie unless it has a limit that requires a table.
fn session(plugin: &Plugin<'_>, draft: &mut Draft) {
    let storage = plugin.filled("session_storage").unwrap_or_else(|| "cookie".to_owned());
    let idles = plugin.config.get("session_idling_timeout").is_some();
    if storage == "cookie" && !idles {
        let comment = "As in Kong. With `dynamodb` sessions are refreshed unseen and end at sign-out wherever their cookie is.";
        draft.set_with("session_storage", Yaml::text("cookie"), [comment]);
        if client::has_sessions(plugin) {
            draft.warn("sessions in cookies have no idle limit here, and Kong's end after 900 s without a request: take `session_storage: dynamodb` (`SessionStorage=dynamodb`) to keep such a limit");
        }
    } else {
        let why =
            if storage == "cookie" { "A cookie keeps no idle limit." } else { "Was a store of Kong's." };
        draft.set_with("session_storage", Yaml::text("dynamodb"), [why]);
        let comment = "The stack's own table takes its place in a deployment.";
        draft.set_with("session_table", Yaml::text("vestibule-sessions"), [comment]);
    }
    client::secret(plugin, "session_secret", draft);
}

/// Warns about weaknesses, in Kong or here.
fn warnings(plugin: &Plugin<'_>, draft: &mut Draft) {
    for name in
        ["ssl_verify", "verify_claims", "verify_nonce", "verify_signature", "tls_client_auth_ssl_verify"]
    {
        if plugin.flag(name) == Some(false) {
            draft.warn(format!("`{name}` is off in Kong, so anybody on the way, or with a token of another, could pass as somebody else; here it is always on"));
        }
    }
    if !plugin.list("ignore_signature").is_empty() {
        draft.warn("`ignore_signature` lets unsigned tokens pass in Kong; here every signature is verified");
    }
    if plugin.flag("session_cookie_secure") == Some(false) {
        draft.warn("`session_cookie_secure` is off in Kong, so the session crosses the network in the clear; here it never does");
    }
    let places = plugin.list("bearer_token_param_type");
    let open: Vec<&str> = places.iter().map(String::as_str).filter(|place| *place != "header").collect();
    if !open.is_empty() {
        draft.warn(format!("bearer tokens are read from {} in Kong, where logs and other pages see them; here they are read from `Authorization` only", open.join(" and ")));
    }
    if plugin.list("auth_methods").iter().any(|method| method == "password") {
        draft.warn("`password` hands people's passwords to the gateway; here they type them at the provider, and clients that sent `Authorization: Basic` get 401");
    }
    if !plugin.list("session_bind").is_empty() {
        draft.warn("`session_bind` has no counterpart: a copied session cookie works from another address or browser until it ends");
    }
    if plugin.flag("enable_hs_signatures") == Some(true) {
        draft.warn("`enable_hs_signatures` accepts tokens that anybody with the client secret can make; here they are refused");
    }
}
