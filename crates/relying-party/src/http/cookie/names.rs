//! Names vestibule's cookies.

use sha2::{Digest, Sha256};

use super::chunks::place_in_series;
use super::{Cookies, expire};
use crate::hex;

const HOST: &str = "__Host-";
const SECURE: &str = "__Secure-";
const ATTEMPT: &str = "__Host-attempt-";
const RETURN_TARGET: &str = "__Host-return-";
const ENDED: &str = "-ended";
const STATE_CHARACTERS: usize = 8;
const MAX_BASE_NAME_CHARACTERS: usize = 64;

/// The most cookies that sign-out expires. Vestibule sets 48 at most: 20 attempts with 20 return targets, of
/// which one has a second part (more would exceed the budget), a session in three parts, and four others. The
/// remaining two are further cookies of the session.
const MAX_EXPIRED: usize = 50;

/// The most cookies of another `Domain` that sign-out expires besides: a session in three parts at five of them.
const MAX_EXPIRED_ELSEWHERE: usize = 15;

/// An attempt, and its return target in one or two cookies.
const MAX_EXPIRED_OF_ATTEMPT: usize = 4;

/// Why no cookie names can be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CookieNameFault {
    /// `session_cookie_domain` is no host name.
    #[error("session_cookie_domain is no host name")]
    Domain,
    /// `session_cookie_name` is empty, longer than 64 characters, or has characters other than letters,
    /// digits, `-` and `_`.
    #[error("must have 1 to 64 letters, digits, `-` and `_`")]
    Name,
    /// `session_cookie_name` is the name of another cookie of ours.
    #[error("is the name of another cookie of vestibule")]
    Taken,
}

/// The names of vestibule's cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieNames {
    session_host: String,
    session_secure: String,
    domain: Option<String>,
    /// The host of `public_url` and each parent of it with two labels or more.
    parents: Vec<String>,
}

impl CookieNames {
    /// Counts recent sign-ins of this browser.
    pub(crate) const LANDED: &'static str = "__Host-landed";
    /// Marks a refresh that has just been done, and its page.
    pub(crate) const REFRESHED: &'static str = "__Host-refreshed";

    /// Tells the page after sign-out that all sessions were ended.
    pub const SIGNED_OUT: &'static str = "__Host-signed-out";

    /// The names for the client `client_id`. Without a configured base name it is `session-` and the first 8
    /// hexadecimal digits of the client id's SHA-256, so that two applications on one host have different
    /// cookies.
    ///
    /// # Errors
    ///
    /// The configured name or domain cannot be used.
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
        let marks = ["landed", "refreshed", "signed-out"];
        let is_taken = marks.contains(&&*base) || base.starts_with("attempt-") || base.starts_with("return-");
        if is_taken || base.ends_with(ENDED) {
            return Err(CookieNameFault::Taken);
        }
        let domain = session_cookie_domain.map(domain_name).transpose()?;
        let (session_host, session_secure) = (format!("{HOST}{base}"), format!("{SECURE}{base}"));
        Ok(Self { session_host, session_secure, domain, parents: Vec::new() })
    }

    /// The same names at `host`, the domain name in `public_url`.
    #[must_use]
    pub fn at(self, host: Option<&str>) -> Self {
        let host = host.unwrap_or_default();
        let starts = std::iter::once(0).chain(host.match_indices('.').map(|(dot, _)| dot + 1));
        let parents = starts.filter_map(|start| host.get(start..)).filter(|parent| parent.contains('.'));
        Self { parents: parents.map(ToOwned::to_owned).collect(), ..self }
    }

    /// The session cookie: `__Host-`, or `__Secure-` when it has a domain.
    pub fn session(&self) -> &str {
        if self.domain.is_some() { &self.session_secure } else { &self.session_host }
    }

    /// The cookie with the time at which the sessions of this browser ended last. It has the prefix of the
    /// session cookie, so that no other host can set it where none can set the session cookie.
    pub(crate) fn last_end(&self) -> String {
        [self.session(), ENDED].concat()
    }

    /// Tells whether `name` is that of [`Self::last_end`].
    pub(crate) fn is_last_end(&self, name: &str) -> bool {
        name.strip_prefix(self.session()) == Some(ENDED)
    }

    /// The session cookie's `Domain`.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The cookie of the attempt with this `state`.
    pub fn attempt(state: &str) -> String {
        of_state(ATTEMPT, state)
    }

    /// The cookie for that attempt's return target if it is too long for the attempt's own cookie, or the
    /// prefix of the names of its parts.
    pub fn return_target(state: &str) -> String {
        of_state(RETURN_TARGET, state)
    }

    /// Tells whether `name` is that of an attempt's cookie.
    pub(crate) fn is_attempt(name: &str) -> bool {
        name.strip_prefix(ATTEMPT).and_then(state_characters).is_some_and(|(_, rest)| rest.is_empty())
    }

    /// The first characters of the `state` in `name`, if that is the cookie of an attempt, of its return
    /// target, or of a part of the latter.
    pub(crate) fn attempt_of(name: &str) -> Option<&str> {
        if Self::is_attempt(name) {
            return name.strip_prefix(ATTEMPT);
        }
        let (state, rest) = name.strip_prefix(RETURN_TARGET).and_then(state_characters)?;
        (rest.is_empty() || is_chunk_suffix(rest)).then_some(state)
    }

    /// Tells whether `name` is the session cookie or one of its chunks, with or without a domain.
    pub fn is_session(&self, name: &str) -> bool {
        self.after_session(name).is_some_and(|rest| rest.is_empty() || is_chunk_suffix(rest))
    }

    /// The text after the session cookie's name, with or without a domain.
    fn after_session<'n>(&self, name: &'n str) -> Option<&'n str> {
        let mut sessions = [&self.session_host, &self.session_secure].into_iter();
        sessions.find_map(|session| name.strip_prefix(session.as_str()))
    }

    /// Tells whether `name` is any cookie of vestibule. The upstream never receives those, and sign-out
    /// expires them.
    pub fn is_ours(&self, name: &str) -> bool {
        self.after_session(name).is_some_and(|rest| rest.is_empty() || is_chunk_suffix(rest) || rest == ENDED)
            || Self::attempt_of(name).is_some()
            || [Self::LANDED, Self::REFRESHED, Self::SIGNED_OUT].contains(&name)
    }

    /// Tells whether a `Set-Cookie` value of the upstream sets one of these cookies. Browsers compare name
    /// prefixes case-insensitively, and a value without `=` may be the name (RFC 6265bis section 5.7).
    pub(crate) fn are_set_by(&self, set_cookie: &str) -> bool {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name =
            if name.trim().is_empty() { value.split('=').next().unwrap_or_default() } else { name }.trim();
        let spelled = ["__Host-", "__Secure-"].into_iter().find_map(|prefix| {
            let (start, rest) = name.split_at_checked(prefix.len())?;
            start.eq_ignore_ascii_case(prefix).then(|| format!("{prefix}{rest}"))
        });
        self.is_ours(spelled.as_deref().unwrap_or(name))
    }

    /// The `Set-Cookie` value that makes the browser delete our cookie `name`.
    pub fn expire(&self, name: &str) -> String {
        let domain = if name.starts_with(SECURE) { self.domain() } else { None };
        expire(name, domain)
    }

    /// `Set-Cookie` values that delete `name` with every other `Domain` that it can have at this host, and without
    /// one. A browser keeps a cookie of each `Domain`, so one stays after `session_cookie_domain` has changed.
    pub(super) fn expire_elsewhere<'n>(&'n self, name: &'n str) -> impl Iterator<Item = String> + 'n {
        let parents = self.parents.iter().map(String::as_str).map(Some);
        let domains = std::iter::once(None).chain(parents).filter(|domain| *domain != self.domain());
        let domains = name.starts_with(SECURE).then_some(domains);
        domains.into_iter().flatten().map(|domain| expire(name, domain))
    }

    /// `Set-Cookie` values that expire the attempt `name` and the presented cookies of its return target.
    pub fn expire_attempt(&self, name: &str, cookies: &Cookies<'_>) -> Vec<String> {
        let of_attempt = Self::attempt_of(name);
        let mut names: Vec<&str> = cookies
            .iter()
            .map(|(presented, _)| presented)
            .filter(|presented| of_attempt.is_some() && Self::attempt_of(presented) == of_attempt)
            .collect();
        names.push(name);
        self.expired(names, MAX_EXPIRED_OF_ATTEMPT)
    }

    /// `Set-Cookie` values that expire every presented cookie of vestibule, the session first and with every
    /// `Domain`. If there are more than vestibule ever sets, the rest stays: they open nothing, and the response
    /// must not grow with the request.
    pub fn expire_all(&self, cookies: &Cookies<'_>) -> Vec<String> {
        let ours = cookies.iter().map(|(name, _)| name).filter(|name| self.is_ours(name));
        self.expired(ours.collect(), MAX_EXPIRED)
    }

    fn expired(&self, mut names: Vec<&str>, most: usize) -> Vec<String> {
        let place = |name: &str| place_in_series(self.session(), name);
        names.sort_unstable_by_key(|name| (Self::attempt_of(name).is_some(), place(name), *name));
        names.dedup();
        let elsewhere = names.iter().flat_map(|name| self.expire_elsewhere(name)).take(MAX_EXPIRED_ELSEWHERE);
        elsewhere.chain(names.iter().take(most).map(|name| self.expire(name))).collect()
    }
}

fn of_state(start: &str, state: &str) -> String {
    let mut name = start.to_owned();
    name.extend(state.chars().take(STATE_CHARACTERS));
    name
}

/// The first characters of a `state`, and the text after them.
fn state_characters(text: &str) -> Option<(&str, &str)> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.split_at_checked(STATE_CHARACTERS).filter(|(state, _)| state.bytes().all(is_base64url))
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

/// A host name in lower case. A leading dot is removed, as browsers do (RFC 6265 section 5.2.3).
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
