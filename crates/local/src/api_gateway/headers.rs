//! Handles headers as API Gateway does, and parses media types.
//!
//! API Gateway developer guide, "Important notes for Amazon API Gateway", the table of header handling.

use relying_party::http::request;

use Handling::{Dropped, Kept, Remapped};

/// How a header is handled.
#[derive(Clone, Copy)]
enum Handling {
    Kept,
    Dropped,
    /// It gets the name `x-amzn-Remapped-...`.
    Remapped,
}

/// The handling of a client's header towards an HTTP upstream and towards a function, and that of an integration's header
/// towards the client. `Host` names the upstream. The server sets the length of a response itself.
const HEADERS: [Row; 19] = [
    ("authorization", Kept, Kept, Remapped),
    ("connection", Kept, Dropped, Remapped),
    ("content-encoding", Dropped, Kept, Kept),
    ("content-length", Dropped, Dropped, Dropped),
    ("content-md5", Dropped, Dropped, Remapped),
    ("date", Kept, Kept, Remapped),
    ("expect", Dropped, Dropped, Dropped),
    ("host", Dropped, Kept, Dropped),
    ("max-forwards", Dropped, Dropped, Remapped),
    ("proxy-authenticate", Dropped, Dropped, Dropped),
    ("server", Dropped, Dropped, Remapped),
    ("te", Dropped, Dropped, Dropped),
    ("trailer", Dropped, Dropped, Dropped),
    ("transfer-encoding", Dropped, Dropped, Dropped),
    ("upgrade", Dropped, Dropped, Dropped),
    ("user-agent", Kept, Kept, Remapped),
    ("via", Dropped, Kept, Dropped),
    ("www-authenticate", Dropped, Dropped, Remapped),
    ("x-amzn-requestid", Kept, Kept, Remapped),
];

type Row = (&'static str, Handling, Handling, Handling);
type Headers = Vec<(String, Vec<u8>)>;

/// The client's headers as an HTTP upstream gets them, before any mapping.
pub(super) fn towards_upstream(headers: &[(String, Vec<u8>)]) -> Headers {
    passed(headers, |(_, upstream, ..)| *upstream)
}

/// The client's headers as a function gets them.
pub(super) fn towards_function(headers: &[(String, Vec<u8>)]) -> Headers {
    passed(headers, |(_, _, function, _)| *function)
}

/// An integration's headers as the client gets them. A response without `Content-Type` becomes `application/json`.
pub(super) fn towards_client(headers: &[(String, Vec<u8>)]) -> Headers {
    let mut kept = passed(headers, |(.., client)| *client);
    if !kept.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        kept.push(("Content-Type".to_owned(), b"application/json".to_vec()));
    }
    kept
}

fn passed(headers: &[(String, Vec<u8>)], handling: fn(&Row) -> Handling) -> Headers {
    let passed = headers.iter().filter_map(|(name, value)| {
        let row = HEADERS.iter().find(|(known, ..)| name.eq_ignore_ascii_case(known));
        let name = match row.map_or(Kept, handling) {
            Kept => name.clone(),
            Dropped => return None,
            Remapped => format!("x-amzn-Remapped-{name}"),
        };
        Some((name, value.clone()))
    });
    passed.collect()
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
