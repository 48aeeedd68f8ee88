//! Translates the addresses of the provider and of the application.

use std::collections::HashSet;

use relying_party::configuration::kong::Verdict;
use relying_party::configuration::page_in_sign_out_address;
use relying_party::http::public_url::PublicUrl;
use url::Url;

use crate::placeholder;
use crate::verdicts::Verdicts;
use crate::yaml::Yaml;

use super::callbacks::Callback;
use super::{Draft, Plugin, signs_in};

/// The addresses of one application.
pub(crate) struct Addresses {
    /// Scheme, host and port as the browser uses them.
    pub(crate) public_url: String,
    /// Whether the input names the address; otherwise it is a placeholder.
    pub(crate) is_known: bool,
    pub(crate) auth_prefix: String,
    /// Further addresses of the same host, on other ports.
    ports: Vec<String>,
}

const PREFIX: &str = "/oauth2";

/// The placeholder for an address that the input lacks. It never resolves (RFC 6761 section 6.4).
pub(crate) fn placeholder_host(name: &str) -> String {
    let label: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
        .collect();
    let label = label.trim_matches('-');
    if label.is_empty() { "unnamed.invalid".to_owned() } else { format!("{label}.invalid") }
}

/// An absolute address in which each placeholder became a name that never resolves; and whether it had one.
fn absolute(text: &str) -> (String, bool) {
    let open = placeholder::is_open(text);
    let text = placeholder::replace_all(text, placeholder_host);
    let text = if has_scheme(&text) { text } else { format!("https://{text}") };
    (text, open)
}

/// Whether an address begins with its scheme; its query may contain another address.
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// An absolute address of the application, which users only reach by https.
fn by_https(text: &str) -> String {
    let text = absolute(text).0;
    match text.strip_prefix("http://") {
        Some(rest) => format!("https://{rest}"),
        None => text,
    }
}

/// The address of a page. A path stays a path, below each host; any other text stays unchanged and will be
/// refused.
fn page(text: &str) -> (String, bool) {
    let is_address = has_scheme(text) || placeholder::is_open(text) || origin(text).is_some();
    if text.starts_with('/') || !is_address { (text.to_owned(), false) } else { absolute(text) }
}

pub(crate) fn host_of(text: &str) -> Option<String> {
    let (text, open) = absolute(text);
    let url = Url::parse(&text).ok().filter(|_| !open)?;
    url.host_str().map(str::to_owned)
}

/// The origin of an address of the input.
fn origin(text: &str) -> Option<String> {
    if text.starts_with('/') || !has_scheme(text) && !text.contains(['.', ':']) {
        return None;
    }
    let (text, _) = absolute(text);
    let url = Url::parse(&text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

impl Addresses {
    /// Finds the address of an application on `host`: by its host, or else by the plugin's own addresses.
    pub(crate) fn find(plugin: &Plugin<'_>, host: Option<&str>, auth_prefix: &str) -> Self {
        let auth_prefix = auth_prefix.to_owned();
        let https = |origin: String| origin.replacen("http://", "https://", 1);
        let pages = ["login_redirect_uri", "logout_redirect_uri"].iter().flat_map(|name| plugin.list(name));
        let callbacks = plugin.callbacks.iter().map(|callback| callback.text.clone());
        let texts = callbacks.chain(pages).filter(|text| !is_cognito_logout(text));
        let origins: Vec<String> = texts.filter_map(|text| origin(&text)).map(https).collect();
        let Some(host) = host else {
            // If only the port differs, the port of the pages is used instead of the callback's.
            let same_host =
                |other: &&String| host_of(other) == origins.first().and_then(|first| host_of(first));
            let pages = plugin.filled("login_redirect_uri").and_then(|text| origin(&text)).map(https);
            let found = pages.as_ref().filter(same_host).or(origins.first()).cloned();
            let is_known = found.as_ref().is_some_and(|found| !found.ends_with(".invalid"));
            let public_url = found.unwrap_or_else(|| "https://app.invalid".to_owned());
            return Self { public_url, is_known, auth_prefix, ports: Vec::new() };
        };
        if host.contains('*') || placeholder::has_any(host) {
            // The name must differ from those of other routes.
            let host =
                placeholder::replace(host, placeholder_host).replace("*.", "any.").replace(".*", ".any");
            let host = host.trim_end_matches(".invalid");
            return Self {
                public_url: format!("https://{host}.invalid"),
                is_known: false,
                auth_prefix,
                ports: Vec::new(),
            };
        }
        // Routes name a host without its port; the plugin's addresses include it.
        let same =
            origins.into_iter().find(|origin| host_of(origin).is_some_and(|of_origin| of_origin == host));
        let public_url = same.unwrap_or_else(|| format!("https://{host}"));
        Self { public_url, is_known: true, auth_prefix, ports: Vec::new() }
    }

    /// Adds the hosts with ports that routes name.
    pub(crate) fn at_ports(self, hosts: &[String]) -> Self {
        let own = host_of(&self.public_url);
        let origins = hosts.iter().filter_map(|host| origin(&format!("https://{host}")));
        let ports = origins.filter(|origin| *origin != self.public_url && host_of(origin) == own).collect();
        Self { ports, ..self }
    }

    /// The redirect URI, unless a key names another one.
    pub(crate) fn callback(&self) -> String {
        format!("{}{}/callback", self.public_url, self.auth_prefix)
    }

    pub(crate) fn signed_out(&self) -> String {
        format!("{}{}/signed-out", self.public_url, self.auth_prefix)
    }
}

pub(super) fn issuer(plugin: &Plugin<'_>, draft: &mut Draft) {
    let Some(text) = plugin.filled("issuer") else {
        draft.set_with(
            "issuer",
            Yaml::text("https://issuer.invalid"),
            ["Needs you: the input names no issuer."],
        );
        return draft.need("name the provider in `issuer`");
    };
    let (address, open) = absolute(&text);
    let mut comments = Vec::new();
    if open {
        comments.push(format!("Needs you: was {text}, which nothing filled in."));
        draft.need(format!("name the provider in `issuer` (was `{text}`)"));
    } else if placeholder::is_unnamed(&text) {
        comments.push("Needs you: this seems to be a placeholder.".to_owned());
        draft.need(format!("name the provider in `issuer` (is `{text}`)"));
    }
    let loopback = Url::parse(&address)
        .is_ok_and(|url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")));
    let address = match address.strip_prefix("http://").filter(|_| !loopback) {
        Some(rest) => {
            comments.push("Needs you: was http, by which anybody on the way could sign tokens.".to_owned());
            draft.warn("`issuer` is an http address in Kong; here it is https, and the provider has to name itself so in its tokens");
            draft.need("give the provider an https address, and name it in `issuer`");
            format!("https://{rest}")
        }
        None => address,
    };
    pseudo_issuer(plugin, draft);
    draft.set_with("issuer", Yaml::Text(address.clone()), comments);
    if is_cognito(&address) {
        pool_domain(plugin, draft);
    }
}

/// Kong makes no discovery request to a pseudo issuer, and does not compare it with the issuer in tokens.
fn pseudo_issuer(plugin: &Plugin<'_>, draft: &mut Draft) {
    if plugin.flag("using_pseudo_issuer") != Some(true) {
        return;
    }
    draft.need("`using_pseudo_issuer` is on: check that `issuer` is the one that tokens name");
    let absent: Vec<String> =
        NEEDED.iter().filter(|name| plugin.filled(name).is_none()).map(|name| format!("`{name}`")).collect();
    if !absent.is_empty() {
        draft.need(format!(
            "`using_pseudo_issuer` is on, so that no discovery request is made: name {} too",
            absent.join(" and ")
        ));
    }
}

/// The endpoints that make a discovery request unnecessary.
const NEEDED: [&str; 3] = ["authorization_endpoint", "token_endpoint", "jwks_endpoint"];

/// The issuer of a discovery address; any other text is returned unchanged.
pub(crate) fn without_discovery(text: &str) -> &str {
    text.strip_suffix("/.well-known/openid-configuration").unwrap_or(text)
}

pub(crate) fn is_cognito(issuer: &str) -> bool {
    let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    (host.starts_with("cognito-idp.") || host.starts_with("issuer-cognito-idp."))
        && host.ends_with(".amazonaws.com")
}

/// Finds the pool's domain in the addresses of the input.
fn pool_domain(plugin: &Plugin<'_>, draft: &mut Draft) {
    let names = ["logout_redirect_uri", "end_session_endpoint", "authorization_endpoint", "token_endpoint"];
    let mut hosts = names.iter().flat_map(|name| plugin.list(name)).filter_map(|text| host_of(&text));
    match hosts.find(|host| host.ends_with(".amazoncognito.com")) {
        Some(host) => {
            let comment = "Was in an address of the input. Sign-out builds Cognito's /logout by itself.";
            draft.set_with("user_pool_domain", Yaml::Text(format!("https://{host}")), [comment]);
        }
        None => draft.need("name the user pool's domain in `user_pool_domain`, and in the parameter `Domain`: then no discovery request is made, and sign-out ends the sign-in at Cognito too"),
    }
}

pub(super) fn endpoints(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) {
    let user_info = user_info(plugin, draft, verdicts).then_some("userinfo_endpoint");
    let names = NEEDED.into_iter().chain(user_info).chain(["revocation_endpoint", "end_session_endpoint"]);
    for name in names {
        let Some(text) = plugin.filled(name) else { continue };
        let (address, open) = absolute(&text);
        if open {
            draft.need(format!("name `{name}` (was `{text}`)"));
        } else if placeholder::is_unnamed(&text) {
            draft.need(format!("name `{name}` (is `{text}`)"));
        }
        draft.set(name, Yaml::Text(address));
    }
}

/// Whether to request claims that the ID token lacks. Kong only does so with `search_user_info`, and more
/// claims could admit more people.
fn user_info(plugin: &Plugin<'_>, draft: &mut Draft, verdicts: &mut Verdicts) -> bool {
    let (search, endpoint) = (plugin.config.get("search_user_info"), plugin.config.get("userinfo_endpoint"));
    let searches = plugin.flag("search_user_info") == Some(true);
    if let Some(search) = search.filter(|_| searches && draft.text("issuer").is_some_and(is_cognito)) {
        verdicts.record(search, Verdict::Always, "an ID token of Cognito's has every claim");
        return false;
    }
    match (search, endpoint) {
        (Some(search), None) if searches => {
            verdicts.record(
                search,
                Verdict::NeedsYou,
                "name `userinfo_endpoint`, which discovery tells Kong",
            );
            draft.need("`search_user_info` is on: name `userinfo_endpoint`, which discovery tells Kong");
        }
        (_, Some(endpoint)) if !searches => {
            verdicts.record(
                endpoint,
                Verdict::Always,
                "without `search_user_info` no claims are asked for here",
            );
        }
        _ => {}
    }
    searches
}

/// Whether this is Cognito's own sign-out address, which Kong's users set in place of the page to return to.
fn is_cognito_logout(text: &str) -> bool {
    text.contains(".amazoncognito.com/logout") || text.contains("logout_uri=")
}

pub(super) fn own(plugin: &Plugin<'_>, addresses: &Addresses, draft: &mut Draft, verdicts: &mut Verdicts) {
    let mut comments = vec!["The address that browsers see. Kong takes it from each request.".to_owned()];
    if !addresses.is_known {
        comments.push(
            "Needs you: the input does not say it; this is a placeholder name that does not exist."
                .to_owned(),
        );
        draft.need("name the address that browsers see in `public_url`");
    }
    draft.set_with("public_url", Yaml::Text(addresses.public_url.clone()), comments);
    if addresses.auth_prefix != PREFIX {
        let comment = "New: another application, or a path of this one, has /oauth2 on this host.";
        draft.set_with("auth_prefix", Yaml::Text(addresses.auth_prefix.clone()), [comment]);
        if signs_in(plugin) {
            draft.need(format!(
                "sign-in is at `{}`: on this host, send this path and all paths below it to this application too",
                addresses.auth_prefix
            ));
        }
    }
    redirect(plugin, addresses, draft, verdicts);
    let hosts = draft.texts("public_url").unwrap_or_default();
    let has_port = |host: &String| Url::parse(host).is_ok_and(|url| url.port().is_some());
    if hosts.len() > 1 || hosts.iter().any(has_port) {
        let name = host_of(&addresses.public_url).unwrap_or_default();
        let first = draft.texts("redirect_uri").and_then(|callbacks| callbacks.first().cloned());
        let callback = first.unwrap_or_else(|| addresses.callback());
        let path = callback.strip_prefix(&addresses.public_url).unwrap_or_default();
        draft.need(format!("a deployment by the templates is at `https://{name}`, on port 443: register the callback `https://{name}{path}`, and redirect to it the users who ask for {}", hosts.join(" or ")));
    }
    for name in ["forbidden_redirect_uri", "login_redirect_uri", "unauthorized_redirect_uri"] {
        let Some(text) = plugin.filled(name) else { continue };
        set_page(draft, name, &text);
    }
    logout_page(plugin, addresses, draft, verdicts);
}

fn set_page(draft: &mut Draft, name: &str, text: &str) {
    let (address, open) = page(text);
    if open {
        draft.need(format!("name `{name}` (was `{text}`)"));
    }
    draft.set(name, Yaml::Text(address));
}

/// The page to return to after sign-out, which Kong's users write as a part of Cognito's sign-out address.
fn logout_page(plugin: &Plugin<'_>, addresses: &Addresses, draft: &mut Draft, verdicts: &mut Verdicts) {
    const NAME: &str = "logout_redirect_uri";
    let (Some(text), Some(node)) = (plugin.filled(NAME), plugin.config.get(NAME)) else { return };
    let (whole, _) = page(&text);
    let client = plugin.filled("client_id").filter(|client| !placeholder::is_unnamed(client));
    // A placeholder in the address is assumed to stand for the same client as the one in `client_id`.
    let client = client.filter(|_| !placeholder::is_open(&text));
    let own: Vec<PublicUrl> = PublicUrl::parse(&addresses.public_url).into_iter().collect();
    match page_in_sign_out_address(whole, client.as_deref(), &own) {
        Ok((_, false)) => set_page(draft, NAME, &text),
        Ok((address, true)) => {
            if placeholder::is_open(&text) {
                draft.need(format!("check `{NAME}` and register it (was `{text}`)"));
            } else {
                verdicts.record(
                    node,
                    Verdict::Mapped,
                    "`logout_redirect_uri` is the page inside; sign-out builds Cognito's address by itself",
                );
            }
            let comment = "Was inside Cognito's /logout address, which sign-out builds by itself.".to_owned();
            draft.set_with(NAME, Yaml::Text(address), [comment]);
        }
        Err(problem) => {
            verdicts.replace(node, Verdict::NeedsYou, &format!("`{NAME}` {problem}"));
            draft.need(format!("`{NAME}` {problem}; its value is left out"));
        }
    }
}

/// Keeps the callbacks as they are registered if they are at a host of this application: its own host, or the
/// same name on another port, which then becomes a further host.
fn redirect(plugin: &Plugin<'_>, addresses: &Addresses, draft: &mut Draft, verdicts: &mut Verdicts) {
    let (hosts, kept, others) = own_callbacks(plugin, addresses);
    for other in &others {
        draft.need(format!("`redirect_uri` `{other}` is of another host than `public_url`; name that host in `public_url` too, or register `{}`", addresses.callback()));
    }
    let plain = |text: &str| absolute(text).0.starts_with("http://") && kept.contains(&by_https(text));
    for Callback { text, .. } in plugin.callbacks.iter().filter(|callback| plain(&callback.text)) {
        draft.need(format!(
            "register the callback `{}` at the provider in place of `{}`: people sign in by https only",
            by_https(text),
            absolute(text).0
        ));
    }
    for Callback { node, text } in &plugin.callbacks {
        if plain(text) {
            verdicts.record(*node, Verdict::NeedsYou, "`redirect_uri`, by https: register it so");
        } else if others.contains(&by_https(text)) {
            verdicts.record(
                *node,
                Verdict::NeedsYou,
                "the callback is below `public_url`; register that, or name the host there too",
            );
        }
    }
    if hosts.len() > 1 {
        let comment =
            "The addresses that browsers see: those of the routes, of the callbacks and of the pages.";
        draft.set_with("public_url", Yaml::texts(&hosts), [comment]);
    }
    if !kept.is_empty() {
        redirect_uri(&hosts, &kept, &addresses.auth_prefix, draft);
    }
}

/// The hosts of the application, the callbacks on them, and the other callbacks.
fn own_callbacks(plugin: &Plugin<'_>, addresses: &Addresses) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut seen = HashSet::new();
    let given: Vec<String> = plugin
        .callbacks
        .iter()
        .map(|callback| by_https(&callback.text))
        .filter(|text| seen.insert(text.clone()))
        .collect();
    let own_name = host_of(&addresses.public_url);
    let mut hosts: Vec<String> = vec![addresses.public_url.clone()];
    hosts.extend(addresses.ports.iter().cloned());
    let (kept, others) = given.into_iter().partition(|address| {
        let Some(origin) = origin(address).filter(|origin| origin.starts_with("https://")) else {
            return false;
        };
        let is_own =
            origin == addresses.public_url || host_of(&origin).is_some() && host_of(&origin) == own_name;
        if is_own && !hosts.contains(&origin) {
            hosts.push(origin);
        }
        is_own
    });
    (hosts, kept, others)
}

/// Sets `redirect_uri` to the `kept` callbacks, and to one of vestibule's own for a host without any.
fn redirect_uri(hosts: &[String], kept: &[String], auth_prefix: &str, draft: &mut Draft) {
    let of = |host: &String| {
        let callbacks: Vec<String> =
            kept.iter().filter(|address| address.starts_with(&format!("{host}/"))).cloned().collect();
        if callbacks.is_empty() { vec![format!("{host}{auth_prefix}/callback")] } else { callbacks }
    };
    let callbacks: Vec<String> = hosts.iter().flat_map(of).collect();
    for new in callbacks.iter().filter(|callback| !kept.contains(callback)) {
        draft.need(format!("register the callback `{new}` at the provider too"));
    }
    let comment = "Stays as it is registered at the provider.".to_owned();
    let value = match callbacks.as_slice() {
        [one] => Yaml::text(one),
        several => Yaml::texts(several),
    };
    draft.set_with("redirect_uri", value, [comment]);
}
