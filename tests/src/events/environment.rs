//! Reads `events/environment.env`, the configuration of every sample.

use std::fs;

use super::sample::directory;

pub fn documented() -> Result<Vec<(String, String)>, String> {
    let text = fs::read_to_string(directory().join("environment.env")).map_err(|error| error.to_string())?;
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (name, value) = line.split_once('=').ok_or_else(|| format!("environment.env: {line}"))?;
            Ok((name.to_owned(), value.trim_matches('\'').to_owned()))
        })
        .collect()
}

/// The same with the called endpoints at `provider`, an origin, instead of the documented port, and the application at
/// `upstream`. The issuer does not change, because the tokens contain it.
pub fn before(provider: &str, upstream: &str) -> Result<Vec<(String, String)>, String> {
    let mut variables = documented()?;
    variables.push(("VESTIBULE_UPSTREAM_URL".to_owned(), upstream.to_owned()));
    for (name, path) in [
        ("VESTIBULE_JWKS_ENDPOINT", "/us-east-1_LocalPool/.well-known/jwks.json"),
        ("VESTIBULE_REVOCATION_ENDPOINT", "/oauth2/revoke"),
        ("VESTIBULE_TOKEN_ENDPOINT", "/oauth2/token"),
    ] {
        variables.push((name.to_owned(), format!("{provider}{path}")));
    }
    Ok(variables)
}
