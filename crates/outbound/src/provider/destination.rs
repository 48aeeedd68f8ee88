//! Decides which destinations a call may have.

use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Returns the URL if a call may go there: `https`, or `http` on loopback, without user and password. The
/// configuration has already checked its own URLs; endpoints from discovery are checked here.
pub(crate) fn parse(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let allowed = match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host_str().is_some_and(is_loopback),
        _ => false,
    };
    (allowed && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Whether `host`, as the URL parser normalises it, is loopback; `0x7f.1` has become `127.0.0.1` already.
fn is_loopback(host: &str) -> bool {
    let without_brackets = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        || without_brackets.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_to_https_or_to_this_machine() {
        for allowed in [
            "https://login.example.com/oauth2/token",
            "http://127.0.0.1:8410/oauth2/token",
            "http://127.9.9.9/",
            "http://[::1]:8410/",
            "http://localhost:8410/",
        ] {
            assert!(parse(allowed).is_some(), "{allowed}");
        }
    }

    #[test]
    fn calls_go_nowhere_else() {
        for refused in [
            "",
            "/oauth2/token",
            "http://login.example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://0.0.0.0/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "https://user@login.example.com/",
            "https://:password@login.example.com/",
        ] {
            assert!(parse(refused).is_none(), "{refused}");
        }
    }
}
