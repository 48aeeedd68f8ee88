//! Reads which requests for the application's paths ask for sign-out, and where sign-out leads, with Kong's
//! key names.

use http::Method;
use percent_encoding::percent_decode_str;
use url::Url;

use super::document::Node;
use super::section::{FaultRecorded, Section, list, text};
use super::{address, key};
use crate::http::public_url::PublicUrl;

/// The requests for the application's paths that ask for sign-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRequests {
    /// The query parameter that asks for it, whatever its value.
    pub query_arg: Option<String>,
    /// The suffix of a path that asks for it.
    pub uri_suffix: Option<String>,
    /// The methods that can ask for it.
    pub methods: Vec<Method>,
}

impl LogoutRequests {
    /// Tells whether a request for a path of the application asks for sign-out. Such a request never reaches
    /// the application, so no route rule applies. It is checked like one for `/oauth2/logout`, so another
    /// site cannot sign anybody out. The body is not read, because it is meant for the application.
    pub fn cover(&self, method: &Method, path: &str, query: &str) -> bool {
        self.methods.contains(method) && (self.ends_so(path) || self.has_argument(query))
    }

    /// Tells whether `path` has the configured suffix.
    pub(crate) fn ends_so(&self, path: &str) -> bool {
        self.uri_suffix.as_ref().is_some_and(|suffix| path.ends_with(suffix.as_str()))
    }

    fn has_argument(&self, query: &str) -> bool {
        let Some(argument) = &self.query_arg else { return false };
        url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == argument.as_str())
    }
}

/// Reads `logout_query_arg`, `logout_uri_suffix` and `logout_methods`.
pub(super) fn read_requests(section: &mut Section) -> Result<LogoutRequests, FaultRecorded> {
    let query_arg = section.key(&key::LOGOUT_QUERY_ARG, |node| query_arg(text(node)?));
    let uri_suffix = section.key(&key::LOGOUT_URI_SUFFIX, |node| uri_suffix(text(node)?));
    let methods = section.always(&key::LOGOUT_METHODS, methods);
    Ok(LogoutRequests { query_arg: query_arg?, uri_suffix: uri_suffix?, methods: methods? })
}

/// Parameters of an authorization response and of our own pages. They would sign out a user who signs in.
/// Those of the response are from RFC 6749 sections 4.1.2 and 4.2.2, RFC 9207, OpenID Connect Core section
/// 3.3.2.5, Session Management section 2, Front-Channel Logout section 2 and JARM section 2.3; Google
/// (`authuser`, `hd`, `prompt`) and Entra ID (`client_info`) add more.
const TAKEN_ARGUMENTS: [&str; 23] = [
    "access_token",
    "authuser",
    "callback_path",
    "client_info",
    "code",
    "error",
    "error_description",
    "error_uri",
    "everywhere",
    "expires_in",
    "hd",
    "id_token",
    "iss",
    "prompt",
    "rd",
    "reason",
    "remember",
    "response",
    "scope",
    "session_state",
    "sid",
    "state",
    "token_type",
];

fn query_arg(name: String) -> Result<String, String> {
    if TAKEN_ARGUMENTS.contains(&name.as_str()) {
        return Err("is a parameter that sign-in uses itself".to_owned());
    }
    // `logout=true` is not a name, and no link could have it as one.
    if name.contains(['?', '&', '=', '#', '%', '+']) {
        return Err("must be the name of a parameter alone, such as `logout`".to_owned());
    }
    Ok(name)
}

/// A suffix that every path could have would sign users out on every page.
fn uri_suffix(suffix: String) -> Result<String, String> {
    let fits = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte));
    let names_something = suffix.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if !fits
        || !names_something
        || suffix.contains("//")
        || suffix.split('/').any(|segment| matches!(segment, "." | ".."))
    {
        return Err("must be the suffix of a plain path, such as `/logout`".to_owned());
    }
    Ok(suffix)
}

fn methods(node: Node) -> Result<Vec<Method>, String> {
    let known = [("DELETE", Method::DELETE), ("GET", Method::GET), ("POST", Method::POST)];
    let one = |name: String| {
        let found = known.iter().find(|(word, _)| *word == name).map(|(_, method)| method.clone());
        found.ok_or_else(|| "must be one or more of DELETE, GET, POST".to_owned())
    };
    list(node)?.into_iter().map(one).collect()
}

/// Refuses a suffix that would turn the end of a sign-in into a sign-out, and pages that would sign out a
/// user who is redirected there.
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
        // An HTTP API passes paths decoded.
        let path = percent_decode_str(url.path()).decode_utf8_lossy();
        is_ours.then(|| requests.cover(&Method::GET, &path, url.query().unwrap_or_default()))
    };
    if callbacks.iter().any(|callback| requests.ends_so(callback)) {
        let _ = section.fault(
            key::LOGOUT_URI_SUFFIX.name,
            "is also the end of a `redirect_uri`, so the end of a sign-in would be a sign-out",
        );
    }
    for (name, address) in pages {
        if address.and_then(|address| get(address)) == Some(true) {
            let _ =
                section.fault(name, "is a page that signs out, by `logout_query_arg` or `logout_uri_suffix`");
        }
    }
}

/// Returns the page to return to, and whether it was part of a sign-out address. Users of Kong write
/// Cognito's whole `/logout` address; its `logout_uri` is the page, possibly without a scheme.
///
/// # Errors
///
/// The address belongs to another client, or does not name exactly one page.
pub fn page_in_sign_out_address(
    address: String,
    client_id: Option<&str>,
    public_urls: &[PublicUrl],
) -> Result<(String, bool), String> {
    let Some(url) = Url::parse(&address).ok().filter(|url| is_sign_out_address(url, public_urls)) else {
        return Ok((address, false));
    };
    address::absolute(&address)?;
    let values = |name: &str| {
        let named = url.query_pairs().filter(|(found, _)| found == name);
        named.map(|(_, value)| value.into_owned()).collect::<Vec<_>>()
    };
    if client_id.is_some_and(|own| values("client_id").iter().any(|of_client| of_client != own)) {
        return Err("is Cognito's sign-out address for another client than `client_id`".to_owned());
    }
    let page = match values("logout_uri").as_slice() {
        [page] if page.contains("://") => page.clone(),
        [page] if !page.is_empty() => format!("https://{page}"),
        [] | [_] => {
            return Err("is Cognito's sign-out address without a `logout_uri`; write the page to return to"
                .to_owned());
        }
        _ => return Err("is Cognito's sign-out address with more than one `logout_uri`".to_owned()),
    };
    let is_nested = Url::parse(&page).is_ok_and(|page| is_sign_out_address(&page, public_urls));
    if is_nested {
        return Err("is Cognito's sign-out address, whose `logout_uri` is not a page to return to".to_owned());
    }
    Ok((page, true))
}

/// Tells whether `url` is Cognito's sign-out endpoint, judged by its query or the pool's domain, and not one
/// of our pages.
fn is_sign_out_address(url: &Url, public_urls: &[PublicUrl]) -> bool {
    let is_ours = public_urls.iter().any(|own| own.origin() == url.origin().ascii_serialization());
    let of_a_pool = || url.host_str().is_some_and(|host| host.ends_with(".amazoncognito.com"));
    let says_so = || url.query_pairs().any(|(name, _)| name == "client_id" || name == "logout_uri");
    !is_ours && url.path().trim_end_matches('/') == "/logout" && (of_a_pool() || says_so())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_by_its_method_and_by_query_or_path() {
        let requests = LogoutRequests {
            query_arg: Some("logout".to_owned()),
            uri_suffix: Some("/log-out".to_owned()),
            methods: vec![Method::GET, Method::DELETE],
        };
        for (method, path, query, asks) in [
            (Method::GET, "/", "logout", true),
            (Method::GET, "/a/b", "x=1&logout=true", true),
            (Method::GET, "/a", "logout=false", true),
            (Method::GET, "/a", "%6cogout", true),
            (Method::DELETE, "/a/log-out", "", true),
            (Method::POST, "/a/log-out", "logout", false),
            (Method::HEAD, "/", "logout", false),
            (Method::OPTIONS, "/", "logout", false),
            (Method::GET, "/log-out", "", true),
            (Method::GET, "/a-log-out", "", false),
            (Method::GET, "/log-out/", "", false),
            (Method::GET, "/Log-Out", "", false),
            (Method::GET, "/%6cog-out", "", false),
            (Method::GET, "/a", "Logout", false),
            (Method::GET, "/a", "x=logout", false),
            (Method::GET, "/a", "logout2", false),
            (Method::GET, "/a", "", false),
        ] {
            assert_eq!(requests.cover(&method, path, query), asks, "{method} {path}?{query}");
        }
        let none = LogoutRequests { query_arg: None, uri_suffix: None, ..requests };
        assert!(!none.cover(&Method::GET, "/log-out", "logout&="));
    }
}
