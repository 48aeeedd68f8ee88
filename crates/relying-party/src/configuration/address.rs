//! Checks addresses: which ones may be called, and where a browser may be sent.

use url::Url;

use crate::http::public_url::is_loopback;

/// An address that cannot be intercepted: `https`, or `http` on loopback. The text is returned unchanged.
pub(super) fn secure(text: String) -> Result<String, String> {
    let url = absolute(&text)?;
    if url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url) {
        return Ok(text);
    }
    Err("must be an https address (http on loopback only)".to_owned())
}

/// A secure address without a query.
pub(super) fn secure_without_query(text: String) -> Result<String, String> {
    if text.contains('?') { Err("must be an address without a query".to_owned()) } else { secure(text) }
}

/// The address of the upstream. It may be `http`, for use inside a private network. No slash at the end.
pub(super) fn upstream(text: &str) -> Result<String, String> {
    let url = absolute(text)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must be an http or https address".to_owned());
    }
    if url.query().is_some() {
        return Err("must be an address without a query".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Says why `text` is not the address of an upstream, if it is not.
pub fn upstream_url_problem(text: &str) -> Option<String> {
    upstream(text).err()
}

/// An absolute URL with a host, without credentials or fragment, written in visible ASCII.
pub(super) fn absolute(text: &str) -> Result<Url, String> {
    // The URL parser would drop or rewrite other characters, and the address would differ from the configured
    // one.
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err("must be an address in plain ASCII".to_owned());
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute address".to_owned())?;
    if !url.has_host() {
        return Err("must be an absolute address".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must be an address without credentials".to_owned());
    }
    if url.fragment().is_some() {
        return Err("must be an address without a fragment".to_owned());
    }
    if !has_plain_host(text, url.scheme()) {
        return Err("must be an absolute address".to_owned());
    }
    Ok(url)
}

/// Tells whether `text` has a host in the place where every reader looks for it. The parser also finds one in
/// `https:a.example` and `https:///a.example`; a browser on an https page reads the former as a path.
fn has_plain_host(text: &str, scheme: &str) -> bool {
    let rest = text.get(scheme.len()..).and_then(|rest| rest.strip_prefix("://")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !authority.is_empty()
        && !authority.ends_with(':')
        && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
}
