//! Handles headers as API Gateway does, and parses media types.
//!
//! API Gateway developer guide, "Important notes for Amazon API Gateway", the table of header handling.

use relying_party::http::request;

/// The client's headers that an HTTP proxy integration does not pass on. `Host` names the upstream.
const DROPPED_TOWARDS_UPSTREAM: [&str; 14] = [
    "content-encoding",
    "content-length",
    "content-md5",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "www-authenticate",
];

/// The client's headers that a Lambda proxy integration does not pass on.
const DROPPED_TOWARDS_FUNCTION: [&str; 12] = [
    "connection",
    "content-length",
    "content-md5",
    "expect",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

/// Headers of an integration's response that the client does not get. The server sets the length itself.
const DROPPED_TOWARDS_CLIENT: [&str; 9] = [
    "content-length",
    "expect",
    "host",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Headers of an integration's response that the client gets as `x-amzn-Remapped-...`.
const REMAPPED: [&str; 9] = [
    "authorization",
    "connection",
    "content-md5",
    "date",
    "max-forwards",
    "server",
    "user-agent",
    "www-authenticate",
    "x-amzn-requestid",
];

type Headers = Vec<(String, Vec<u8>)>;

/// The client's headers as an HTTP upstream gets them, before any mapping.
pub(super) fn towards_upstream(headers: &[(String, Vec<u8>)]) -> Headers {
    without(headers, &DROPPED_TOWARDS_UPSTREAM)
}

/// The client's headers as a function gets them.
pub(super) fn towards_function(headers: &[(String, Vec<u8>)]) -> Headers {
    without(headers, &DROPPED_TOWARDS_FUNCTION)
}

/// An integration's headers as the client gets them. A response without `Content-Type` becomes `application/json`.
pub(super) fn towards_client(headers: &[(String, Vec<u8>)]) -> Headers {
    let mut kept: Headers = Vec::with_capacity(headers.len());
    for (name, value) in without(headers, &DROPPED_TOWARDS_CLIENT) {
        let remapped = REMAPPED.iter().any(|remapped| name.eq_ignore_ascii_case(remapped));
        kept.push((if remapped { format!("x-amzn-Remapped-{name}") } else { name }, value));
    }
    if !kept.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        kept.push(("Content-Type".to_owned(), b"application/json".to_vec()));
    }
    kept
}

fn without(headers: &[(String, Vec<u8>)], dropped: &[&str]) -> Headers {
    let is_dropped = |name: &str| dropped.iter().any(|dropped| name.eq_ignore_ascii_case(dropped));
    headers.iter().filter(|(name, _)| !is_dropped(name)).cloned().collect()
}

/// Whether a media type, with or without parameters, is one of the binary ones.
pub(super) fn is_binary(media_type: &str, binary_media_types: &[String]) -> bool {
    let essence = request::media_type(media_type).to_ascii_lowercase();
    binary_media_types.iter().any(|binary| binary == "*/*" || *binary == essence)
}

/// The media types of an `Accept` header in their order; weights are ignored.
pub(super) fn accepted(accept: &str) -> Vec<String> {
    let parts = accept.split(',').map(request::media_type);
    parts.filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Chooses the template for a client: the first of its media types that has one; otherwise JSON, otherwise the first
/// template.
pub(super) fn choose<'template, T>(
    templates: &'template [(String, T)],
    accept: Option<&str>,
) -> Option<&'template (String, T)> {
    let wanted = accept.map(accepted).unwrap_or_default();
    let exact = wanted.iter().find_map(|wanted| templates.iter().find(|(kind, _)| kind == wanted));
    exact
        .or_else(|| templates.iter().find(|(kind, _)| kind == "application/json"))
        .or_else(|| templates.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(headers: &[(String, Vec<u8>)]) -> Vec<&str> {
        headers.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn given(names: &[&str]) -> Headers {
        names.iter().map(|name| ((*name).to_owned(), b"x".to_vec())).collect()
    }

    #[test]
    fn the_upstream_gets_what_the_table_lets_pass() {
        let client = given(&[
            "Accept",
            "Authorization",
            "Connection",
            "Content-Encoding",
            "Content-MD5",
            "Date",
            "Expect",
            "HOST",
            "Max-Forwards",
            "Proxy-Authenticate",
            "Server",
            "TE",
            "Transfer-Encoding",
            "Trailer",
            "Upgrade",
            "User-Agent",
            "Via",
            "WWW-Authenticate",
            "cOOkie",
        ]);
        let expected = ["Accept", "Authorization", "Connection", "Date", "User-Agent", "cOOkie"];
        assert_eq!(names(&towards_upstream(&client)), expected);
    }

    #[test]
    fn a_function_gets_what_the_table_lets_pass() {
        let client =
            given(&["Accept", "Connection", "Content-Encoding", "Host", "TE", "Via", "WWW-Authenticate"]);
        assert_eq!(names(&towards_function(&client)), ["Accept", "Content-Encoding", "Host", "Via"]);
    }

    #[test]
    fn the_client_gets_remapped_names() {
        let answer = given(&[
            "Authorization",
            "Connection",
            "Content-MD5",
            "Date",
            "Max-Forwards",
            "Server",
            "User-Agent",
            "WWW-Authenticate",
            "x-amzn-RequestId",
        ]);
        assert!(
            names(&towards_client(&answer))
                .iter()
                .all(|name| { name.starts_with("x-amzn-Remapped-") || *name == "Content-Type" })
        );
    }

    #[test]
    fn the_client_does_not_get_hop_by_hop_headers() {
        let answer = given(&[
            "Host",
            "Transfer-Encoding",
            "Upgrade",
            "Via",
            "Content-Type",
            "Set-Cookie",
            "Set-Cookie",
        ]);
        assert_eq!(names(&towards_client(&answer)), ["Content-Type", "Set-Cookie", "Set-Cookie"]);
    }

    #[test]
    fn an_answer_without_a_type_becomes_json() {
        assert_eq!(towards_client(&[]), [("Content-Type".to_owned(), b"application/json".to_vec())]);
    }

    #[test]
    fn binary_media_types_match_the_essence() {
        let types = ["image/png".to_owned()];
        assert!(is_binary("image/PNG; x=1", &types));
        assert!(!is_binary("image/*", &types));
        assert!(is_binary("anything", &["*/*".to_owned()]));
    }

    #[test]
    fn a_template_is_chosen_by_accept() {
        let templates = [("application/json".to_owned(), 1), ("text/html".to_owned(), 2)];
        let chosen = |accept: Option<&str>| choose(&templates, accept).map(|(_, number)| *number);
        assert_eq!(chosen(Some("text/html,application/xhtml+xml;q=0.9")), Some(2));
        assert_eq!(chosen(Some("*/*")), Some(1));
        assert_eq!(chosen(None), Some(1));
        assert_eq!(chosen(Some("image/png")), Some(1));
    }
}
