//! Reads what asks for sign-out on paths of the application, and where sign-out leads, as users of Kong write it.

use http::Method;
use url::Url;

use super::document::Node;
use super::key;
use super::section::{Recorded, Section, list, text};
use crate::http::public_url::PublicUrl;
use crate::sign_out::LogoutRequests;

/// Reads `logout_query_arg`, `logout_uri_suffix` and `logout_methods`.
pub(super) fn read_requests(section: &mut Section) -> Result<LogoutRequests, Recorded> {
    let query_arg = section.key(&key::LOGOUT_QUERY_ARG, |node| query_arg(text(node)?));
    let uri_suffix = section.key(&key::LOGOUT_URI_SUFFIX, |node| uri_suffix(text(node)?));
    let methods = section.always(&key::LOGOUT_METHODS, methods);
    Ok(LogoutRequests { query_arg: query_arg?, uri_suffix: uri_suffix?, methods: methods? })
}

/// Parameters of an authorization response and of our own pages: they would sign out whoever signs in.
const TAKEN_ARGUMENTS: [&str; 7] = ["code", "error", "iss", "rd", "reason", "state", "callback_path"];

fn query_arg(name: String) -> Result<String, String> {
    if TAKEN_ARGUMENTS.contains(&name.as_str()) {
        return Err("is a parameter that sign-in uses itself".to_owned());
    }
    Ok(name)
}

/// A suffix that every path could have would sign out on every page.
fn uri_suffix(suffix: String) -> Result<String, String> {
    let fits = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    let names_something = suffix.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if !fits || !names_something || suffix.contains("//") || suffix.split('/').any(|segment| segment == "..")
    {
        return Err("takes the end of a plain path, such as `/logout`".to_owned());
    }
    Ok(suffix)
}

fn methods(node: Node) -> Result<Vec<Method>, String> {
    let known = [("DELETE", Method::DELETE), ("GET", Method::GET), ("POST", Method::POST)];
    let one = |name: String| {
        let found = known.iter().find(|(word, _)| *word == name).map(|(_, method)| method.clone());
        found.ok_or_else(|| "takes DELETE, GET, POST".to_owned())
    };
    list(node)?.into_iter().map(one).collect()
}

/// Refuses a suffix by which the end of a sign-in would be a sign-out, and pages that would sign out whoever is led there.
pub(super) fn refuse_own_pages(
    section: &mut Section,
    requests: &LogoutRequests,
    callbacks: &[&str],
    pages: &[(&'static str, Option<&String>)],
    public_urls: &[PublicUrl],
) {
    let get = |address: &str| {
        let url = Url::parse(address).ok()?;
        let is_ours = public_urls.iter().any(|own| own.origin() == url.origin().ascii_serialization());
        is_ours.then(|| requests.cover(&Method::GET, url.path(), url.query().unwrap_or_default()))
    };
    if callbacks.iter().any(|callback| requests.ends_so(callback)) {
        let _ =
            section.fault(key::LOGOUT_URI_SUFFIX.name, "is how a `redirect_uri` ends, where people sign in");
    }
    for (name, address) in pages {
        if address.and_then(|address| get(address)) == Some(true) {
            let _ =
                section.fault(name, "is a page that signs out, by `logout_query_arg` or `logout_uri_suffix`");
        }
    }
}

/// The page to return to. Kong's users write Cognito's whole `/logout` address, whose `logout_uri` it is, also without a scheme.
/// Gives whether it was so.
///
/// # Errors
///
/// The address of another client, or one that says no page.
pub(super) fn page_in_sign_out_address(
    address: String,
    client_id: Option<&str>,
    public_urls: &[PublicUrl],
) -> Result<(String, bool), String> {
    let Ok(url) = Url::parse(&address) else { return Ok((address, false)) };
    let value =
        |name: &str| url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned());
    let is_ours = public_urls.iter().any(|own| own.origin() == url.origin().ascii_serialization());
    let (false, "/logout", Some(of_client)) = (is_ours, url.path(), value("client_id")) else {
        return Ok((address, false));
    };
    if client_id.is_some_and(|own| own != of_client) {
        return Err("is Cognito's sign-out address for another client than `client_id`".to_owned());
    }
    match value("logout_uri") {
        Some(page) if page.contains("://") => Ok((page, true)),
        Some(page) if !page.is_empty() => Ok((format!("https://{page}"), true)),
        _ => {
            Err("is Cognito's sign-out address without a `logout_uri`; write the page to return to"
                .to_owned())
        }
    }
}
