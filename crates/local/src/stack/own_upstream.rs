//! Checks the address of the user's own application before any template is read.

use url::Url;

use super::Choices;

/// Reads `--upstream` and returns it as templates expect it: the scheme in lower case, no slash at the end.
///
/// # Errors
///
/// The fault, described with the value that was typed.
pub(super) fn read(upstream: &str, choices: &Choices) -> Result<String, String> {
    let fault = |problem: &str| Err(format!("--upstream: `{upstream}` {problem}"));
    let Some((scheme, rest)) = upstream.split_once("://") else {
        let port_alone = upstream.parse::<u16>().is_ok();
        let address =
            ["http:", "https:"].iter().find_map(|slip| upstream.strip_prefix(slip)).unwrap_or(upstream);
        let host = if port_alone { "localhost:" } else { "" };
        let guess = format!("http://{host}{}", address.trim_start_matches('/'));
        return match Url::parse(&guess) {
            Ok(url) if url.has_host() => {
                fault(&format!("does not begin with `http://`; did you mean {guess}?"))
            }
            _ => fault("is not an address; use one such as http://localhost:3000"),
        };
    };
    if scheme.eq_ignore_ascii_case("https") {
        return fault("is https, but the local API Gateway supports only http");
    }
    if !scheme.eq_ignore_ascii_case("http") {
        return fault("must have the scheme http");
    }
    if rest.is_empty() || rest.starts_with('/') {
        return fault("has no host; use an address such as http://localhost:3000");
    }
    let Ok(url) = Url::parse(upstream) else {
        return fault("is not an address; use one such as http://localhost:3000");
    };
    if !upstream.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return fault("contains a space, a backslash or a non-ASCII character");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fault("has a user name or a password, which are not passed on");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fault("must not have a query or a fragment; the client's query is passed on");
    }
    let fronts = [choices.api_gateway_port, choices.http_api_port, choices.load_balancer_port];
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if is_here && url.port_or_known_default().is_some_and(|port| fronts.contains(&port)) {
        return fault("is an address of this stack itself: requests would loop");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faulty_upstream_is_told_by_its_flag() {
        for (upstream, problem) in [
            ("localhost:3000", "does not begin with `http://`; did you mean http://localhost:3000?"),
            ("127.0.0.1:3000/app", "does not begin with `http://`; did you mean http://127.0.0.1:3000/app?"),
            ("3000", "does not begin with `http://`; did you mean http://localhost:3000?"),
            ("http:/localhost:3000", "did you mean http://localhost:3000?"),
            ("http:localhost:3000", "did you mean http://localhost:3000?"),
            ("//localhost:3000", "did you mean http://localhost:3000?"),
            ("", "is not an address"),
            ("a b", "is not an address"),
            ("http://", "has no host"),
            ("http:///app", "has no host"),
            ("http://localhost:x", "is not an address"),
            ("ftp://x", "must have the scheme http"),
            ("https://x", "supports only http"),
            ("http://x/\\a", "a backslash"),
            ("http://user@x", "a user name"),
            ("http://x/?a=1", "a query"),
            ("http://x/#a", "a fragment"),
            ("http://localhost:8400", "this stack itself"),
            ("http://127.0.0.1:8402/", "this stack itself"),
        ] {
            let said = read(upstream, &Choices::documented()).err().unwrap_or_default();
            assert!(said.starts_with(&format!("--upstream: `{upstream}` ")), "{upstream}: {said}");
            assert!(said.contains(problem), "{upstream}: {said}");
        }
    }

    #[test]
    fn addresses_of_applications() {
        for (upstream, expected) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
            ("http://[::1]:3000/app", "http://[::1]:3000/app"),
            ("http://app/base/", "http://app/base"),
            ("HTTP://App", "http://app"),
        ] {
            assert_eq!(read(upstream, &Choices::documented()).as_deref(), Ok(expected), "{upstream}");
        }
    }
}
