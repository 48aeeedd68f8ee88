//! Names vestibule's cookies.

use sha2::{Digest, Sha256};

use super::{Cookies, expire};
use crate::hex;

const HOST: &str = "__Host-";
const SECURE: &str = "__Secure-";
const ATTEMPT: &str = "__Host-attempt-";
const ATTEMPT_SUFFIX_CHARACTERS: usize = 8;
const MAX_BASE_NAME_CHARACTERS: usize = 64;

/// Says why names cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieNameFault {
    /// `session_cookie_domain` is no host name.
    Domain,
    /// `session_cookie_name` is empty, longer than 64 characters, or has other than letters, digits, `-` and `_`.
    Name,
    /// `session_cookie_name` is the name of another cookie of ours.
    Taken,
}

/// The names under which our cookies are set, and by which they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    session_host: String,
    session_secure: String,
    domain: Option<String>,
}

impl CookieNames {
    /// Counts landings after sign-in.
    pub const LANDED: &'static str = "__Host-landed";
    /// Marks a refresh that was just done, and for which page.
    pub const REFRESHED: &'static str = "__Host-refreshed";

    /// Tells the page after sign-out that it was sign-out everywhere.
    pub const SIGNED_OUT: &'static str = "__Host-signed-out";

    /// Names for the client `client_id`. Without a configured base name it is `session-` and the first 8
    /// hexadecimal digits of the client id's SHA-256, so that two applications on one host stay apart.
    ///
    /// # Errors
    /// When the configured name or domain cannot be used.
    pub fn new(
        client_id: &str,
        session_cookie_name: Option<&str>,
        session_cookie_domain: Option<&str>,
    ) -> Result<Self, CookieNameFault> {
        let base = session_cookie_name.map_or_else(|| default_base_name(client_id), ToOwned::to_owned);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if base.is_empty() || base.len() > MAX_BASE_NAME_CHARACTERS || !base.bytes().all(is_plain) {
            return Err(CookieNameFault::Name);
        }
        if ["landed", "refreshed", "signed-out"].contains(&&*base) || base.starts_with("attempt-") {
            return Err(CookieNameFault::Taken);
        }
        let domain = session_cookie_domain.map(domain_name).transpose()?;
        Ok(Self { session_host: format!("{HOST}{base}"), session_secure: format!("{SECURE}{base}"), domain })
    }

    /// The session cookie: `__Host-`, or `__Secure-` when it has a domain.
    pub fn session(&self) -> &str {
        if self.domain.is_some() { &self.session_secure } else { &self.session_host }
    }

    /// The session cookie's `Domain`.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The cookie of the attempt whose state text is `state`.
    pub fn attempt(state: &str) -> String {
        let mut name = ATTEMPT.to_owned();
        name.extend(state.chars().take(ATTEMPT_SUFFIX_CHARACTERS));
        name
    }

    /// Tells whether `name` is that of an attempt.
    pub fn is_attempt(name: &str) -> bool {
        name.strip_prefix(ATTEMPT).is_some_and(|suffix| {
            suffix.len() == ATTEMPT_SUFFIX_CHARACTERS
                && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
    }

    /// Tells whether `name` is the session cookie or one of its chunks, with or without a domain.
    pub fn is_session(&self, name: &str) -> bool {
        [&self.session_host, &self.session_secure].into_iter().any(|session| {
            name.strip_prefix(session.as_str()).is_some_and(|rest| rest.is_empty() || is_chunk_suffix(rest))
        })
    }

    /// Tells whether `name` is any cookie of ours: the upstream never sees it and sign-out expires it.
    pub fn is_ours(&self, name: &str) -> bool {
        self.is_session(name)
            || Self::is_attempt(name)
            || [Self::LANDED, Self::REFRESHED, Self::SIGNED_OUT].contains(&name)
    }

    /// The `Set-Cookie` value that makes the browser forget our cookie `name`.
    pub fn expire(&self, name: &str) -> String {
        let domain = if name.starts_with(SECURE) { self.domain() } else { None };
        expire(name, domain)
    }

    /// `Set-Cookie` values that make the browser forget every cookie of ours that it presented.
    pub fn expire_all(&self, cookies: &Cookies<'_>) -> Vec<String> {
        let mut names: Vec<&str> =
            cookies.iter().map(|(name, _)| name).filter(|name| self.is_ours(name)).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().map(|name| self.expire(name)).collect()
    }
}

fn default_base_name(client_id: &str) -> String {
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(Sha256::digest(client_id.as_bytes()));
    format!("session-{}", hex::lowercase(&[first, second, third, fourth]))
}

fn is_chunk_suffix(suffix: &str) -> bool {
    suffix.strip_prefix('.').is_some_and(|digits| {
        (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A host name in lower case; a dot before it is dropped as browsers do (RFC 6265 section 5.2.3).
fn domain_name(text: &str) -> Result<String, CookieNameFault> {
    let name = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let plain = name.len() <= 253 && name.split('.').all(is_label);
    plain.then_some(name).ok_or(CookieNameFault::Domain)
}

#[cfg(test)]
mod tests;
