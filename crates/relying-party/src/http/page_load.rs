//! Distinguishes a person who opens a page from a script, a prefetch and another site (W3C Fetch Metadata).

use http::Method;

use crate::http::request::{Headers, Request};

/// Tells whether a person is opening a page with this request. Only such a request is sent to sign-in.
pub fn is_page_load(request: &Request) -> bool {
    request.method == Method::GET
        && !request.headers.contains("authorization")
        && !is_script(&request.headers)
        && !is_prefetch(&request.headers)
        && is_document(&request.headers)
}

/// Tells whether a refusal of this request is shown as a page. That is so for a navigation with any method,
/// even one that submits a form. Other requests get JSON.
pub(crate) fn is_navigation(request: &Request) -> bool {
    !is_script(&request.headers) && is_document(&request.headers)
}

/// Tells whether a script sent it, judged by `X-Requested-With: XMLHttpRequest`.
pub(crate) fn is_script(headers: &Headers) -> bool {
    headers.values("x-requested-with").any(|value| value.trim().eq_ignore_ascii_case("xmlhttprequest"))
}

/// Tells whether another site may have caused the request, that is, unless the browser says that this site or
/// the person did. A request without such a field may come from anywhere.
pub(crate) fn may_be_cross_site(headers: &Headers) -> bool {
    !matches!(headers.sole("sec-fetch-site"), Some("same-origin" | "same-site" | "none"))
}

/// Tells whether a request that changes something comes from our own pages or, for a GET, from the person
/// directly. `Sec-Fetch-Site` then is `same-origin` (for GET also `none`). Without that field, a POST's
/// `Origin` is `origin`.
///
/// A GET can also come from an image, a frame or a prefetch in user content on our own pages, so it counts
/// only if the browser says that a person opens a document. A request that a service worker passes on does
/// not count: its destination is `empty` for frames and pages alike, and the site that it names is the
/// worker's own.
pub fn is_own_action(request: &Request, origin: &str) -> bool {
    let headers = &request.headers;
    if headers.contains("sec-fetch-site") {
        return match headers.sole("sec-fetch-site") {
            Some("same-origin") => request.method != Method::GET || opens_document(request),
            Some("none") => request.method == Method::GET && opens_document(request),
            _ => false,
        };
    }
    request.method == Method::POST && headers.sole("origin") == Some(origin)
}

fn is_prefetch(headers: &Headers) -> bool {
    let prefetches = |value: &str| {
        let value = value.to_ascii_lowercase();
        value.contains("prefetch") || value.contains("prerender") || value.contains("preview")
    };
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .into_iter()
        .any(|name| headers.values(name).any(prefetches))
}

fn opens_document(request: &Request) -> bool {
    is_page_load(request) && request.headers.sole("sec-fetch-dest") == Some("document")
}

/// No script can set the mode `navigate` (Fetch section 5.4, step 14 of the constructor of `Request`). A
/// service worker that passes a navigation on keeps the mode, but its destination is the empty string, sent
/// as `empty` (W3C Fetch Metadata section 2.1).
fn is_document(headers: &Headers) -> bool {
    if headers.contains("sec-fetch-mode") || headers.contains("sec-fetch-dest") {
        return headers.sole("sec-fetch-mode") == Some("navigate")
            && match headers.sole("sec-fetch-dest") {
                Some(destination) => matches!(destination, "document" | "empty"),
                None => !headers.contains("sec-fetch-dest"),
            };
    }
    headers.values("accept").any(accepts_page)
}

/// Tells whether an `Accept` field names a page's media type, with a weight above 0 (RFC 9110 section
/// 12.5.1).
fn accepts_page(field: &str) -> bool {
    field.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let named =
            ["text/html", "application/xhtml+xml"].iter().any(|page| media_type.eq_ignore_ascii_case(page));
        named && !parts.any(is_weight_of_zero)
    })
}

fn is_weight_of_zero(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0)
    })
}

#[cfg(test)]
mod tests;
