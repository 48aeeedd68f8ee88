//! Reads the keys about sessions: storage, secrets, limits.

use std::collections::BTreeSet;

use url::Host;

use super::document::Node;
use super::key::{self, Key};
use super::placeholder;
use super::section::{FaultRecorded, Section, list, one_of, seconds, text};
use super::{Remember, SessionConfiguration, SessionStorage};
use crate::http::cookie::CookieNames;
use crate::http::public_url::{PublicUrl, is_loopback};
use crate::secret::Secret;

/// Shorter texts cannot hold the 256 bits from which the sealing keys are derived.
const MIN_SECRET_BYTES: usize = 32;

/// The highest value of any limit: 400 days, to which browsers cap cookies (RFC 6265bis section 5.5).
const MAX_SECONDS: i64 = 400 * 86_400;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    Cookie,
    DynamoDb,
    Memory,
}

/// Reads everything about the session.
pub(super) fn read(
    section: &mut Section,
    public_urls: &[PublicUrl],
) -> Result<SessionConfiguration, FaultRecorded> {
    let storage = storage(section);
    let secrets = section.always(&key::SESSION_SECRET, secrets);
    let cookie_name = section.key(&key::SESSION_COOKIE_NAME, |node| cookie_name(text(node)?));
    let cookie_domain =
        section.key(&key::SESSION_COOKIE_DOMAIN, |node| cookie_domain(&text(node)?, public_urls));
    let limits = limits(section, storage.as_ref().ok());
    let cache_seconds = section.always(&key::SESSION_CACHE_SECONDS, seconds(0, 300));
    let remember = section.always(&key::SESSION_REMEMBER, one_of(&REMEMBER));
    let remember_limits = remember_limits(section);
    let claims = section.key(&key::SESSION_CLAIMS, claims);
    let limits = limits?;
    let secrets = secrets?;
    refuse_samples(section, &secrets, public_urls)?;
    let cache_seconds = cache_seconds?;
    let shortest = limits.idling.unwrap_or(i64::MAX).min(limits.rolling);
    if cache_seconds > shortest && storage != Ok(SessionStorage::Cookie) {
        let problem = "is longer than a session may be idle; write less than the shortest `session_` timeout";
        return Err(section.fault(key::SESSION_CACHE_SECONDS.name, problem));
    }
    let (remember_rolling, remember_absolute) = remember_limits?;
    Ok(SessionConfiguration {
        storage: storage?,
        secrets,
        cookie_name: cookie_name?,
        cookie_domain: cookie_domain?,
        idling: limits.idling,
        rolling: limits.rolling,
        absolute: limits.absolute,
        cache_seconds,
        remember: remember?,
        remember_rolling,
        remember_absolute,
        claims: claims?,
    })
}

const REMEMBER: [(&str, Remember); 3] =
    [("false", Remember::Nobody), ("true", Remember::Everybody), ("ask", Remember::WhoAsks)];

/// The rolling and the absolute limit of remembered sessions.
fn remember_limits(section: &mut Section) -> Result<(i64, i64), FaultRecorded> {
    let rolling_given = section.is_given(&key::SESSION_REMEMBER_ROLLING_TIMEOUT);
    let rolling = section.always(&key::SESSION_REMEMBER_ROLLING_TIMEOUT, seconds(1, MAX_SECONDS));
    let absolute = section.always(&key::SESSION_REMEMBER_ABSOLUTE_TIMEOUT, seconds(1, MAX_SECONDS));
    let (rolling, absolute) = (rolling?, absolute?);
    if rolling_given && rolling > absolute {
        let problem = "is longer than `session_remember_absolute_timeout`";
        return Err(section.fault(key::SESSION_REMEMBER_ROLLING_TIMEOUT.name, problem));
    }
    Ok((rolling.min(absolute), absolute))
}

/// Names of claims; `none` for no claim.
fn claims(node: Node) -> Result<BTreeSet<String>, String> {
    let names: BTreeSet<String> = list(node)?.into_iter().collect();
    let keeps_none = names.contains("none");
    if keeps_none && names.len() > 1 {
        return Err("must be names, or `none` alone".to_owned());
    }
    Ok(if keeps_none { BTreeSet::new() } else { names })
}

fn storage(section: &mut Section) -> Result<SessionStorage, FaultRecorded> {
    let words = [("cookie", Storage::Cookie), ("dynamodb", Storage::DynamoDb), ("memory", Storage::Memory)];
    let storage = section.always(&key::SESSION_STORAGE, one_of(&words));
    let table = section.key(&key::SESSION_TABLE, |node| table_name(text(node)?));
    match (storage?, table?) {
        (Storage::Cookie, _) => Ok(SessionStorage::Cookie),
        (Storage::Memory, _) => Ok(SessionStorage::Memory),
        (Storage::DynamoDb, Some(table)) => Ok(SessionStorage::DynamoDb { table }),
        (Storage::DynamoDb, None) => {
            Err(section.fault(key::SESSION_TABLE.name, "is required with `session_storage: dynamodb`"))
        }
    }
}

/// A table's name or ARN (DynamoDB, "Naming rules").
fn table_name(text: String) -> Result<String, String> {
    let well_formed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte));
    if well_formed { Ok(text) } else { Err("must be a table's name or ARN".to_owned()) }
}

struct Limits {
    idling: Option<i64>,
    rolling: i64,
    absolute: i64,
}

fn limits(section: &mut Section, storage: Option<&SessionStorage>) -> Result<Limits, FaultRecorded> {
    let in_cookie = storage == Some(&SessionStorage::Cookie);
    let idling_given = section.is_given(&key::SESSION_IDLING_TIMEOUT);
    let mut limit = |key: &Key| section.key(key, seconds(1, MAX_SECONDS));
    let idling = limit(&key::SESSION_IDLING_TIMEOUT);
    let rolling = limit(&key::SESSION_ROLLING_TIMEOUT);
    let absolute = limit(&key::SESSION_ABSOLUTE_TIMEOUT);
    if in_cookie && idling_given {
        return Err(
            section.fault(key::SESSION_IDLING_TIMEOUT.name, "cannot be kept in cookie storage; leave it out")
        );
    }
    let (idling, rolling_given, absolute) = (idling?, rolling?, absolute?.unwrap_or(86_400));
    let longest = |default: i64| default.min(absolute);
    let rolling = rolling_given.unwrap_or_else(|| longest(if in_cookie { 86_400 } else { 3_600 }));
    let idling = if in_cookie { None } else { Some(idling.unwrap_or_else(|| longest(3_600))) };
    let mut outcome = Ok(Limits { idling, rolling, absolute });
    for (key, value) in
        [(&key::SESSION_ROLLING_TIMEOUT, Some(rolling)), (&key::SESSION_IDLING_TIMEOUT, idling)]
    {
        if value.is_some_and(|value| value > absolute) {
            outcome = Err(section.fault(key.name, "is longer than `session_absolute_timeout`"));
        }
    }
    outcome
}

pub(super) fn secrets(node: Node) -> Result<Vec<Secret>, String> {
    let texts = list(node)?;
    if texts.iter().any(|text| text.len() < MIN_SECRET_BYTES) {
        return Err(format!(
            "must be texts of at least {MIN_SECRET_BYTES} bytes; a variable with commas is read as several"
        ));
    }
    if texts.iter().enumerate().any(|(index, text)| texts.iter().take(index).any(|other| other == text)) {
        return Err("has the same text twice".to_owned());
    }
    if texts.iter().any(|text| is_monotonous(text)) {
        return Err(MONOTONOUS.to_owned());
    }
    if texts.iter().any(|text| placeholder::is_unfilled(text)) {
        return Err(PLACEHOLDER.to_owned());
    }
    Ok(texts.into_iter().map(Secret::new).collect())
}

pub(super) const MONOTONOUS: &str = "repeats itself or has few different characters, so it can be guessed; use a random text, as `openssl rand -base64 48` makes";

const PLACEHOLDER: &str =
    "is a placeholder, not a secret; use a random text, as `openssl rand -base64 48` makes";

/// Tells whether a text has little entropy for its length: few different bytes, or one piece three or more
/// times. A random text of at least 16 hexadecimal digits does with a probability of one in millions.
pub(super) fn is_monotonous(text: &str) -> bool {
    let bytes = text.as_bytes();
    let different: BTreeSet<u8> = bytes.iter().copied().collect();
    let repeats = |period: usize| bytes.iter().zip(bytes.iter().skip(period)).all(|(one, next)| one == next);
    different.len() < 5 || (1..=bytes.len() / 3).any(repeats)
}

/// Keys from our own documents and samples, which are public.
const SAMPLES: [&str; 2] = [
    "an example of at least 32 bytes that is in public and seals nothing",
    "for the local stack on loopback and nothing else",
];

/// Accepts a sample key on loopback only.
fn refuse_samples(
    section: &mut Section,
    secrets: &[Secret],
    public_urls: &[PublicUrl],
) -> Result<(), FaultRecorded> {
    let public = public_urls.iter().any(|public_url| !is_loopback(public_url.url()));
    if public && secrets.iter().any(|secret| SAMPLES.contains(&secret.expose())) {
        let problem =
            "is a sample that everybody can read; use a random text, as `openssl rand -base64 48` makes";
        return Err(section.fault(key::SESSION_SECRET.name, problem));
    }
    Ok(())
}

/// Refuses a ring key that is also used as another secret, because anyone who knows that secret could forge
/// sessions.
pub(super) fn refuse_shared_secret(
    section: &mut Section,
    secrets: &[Secret],
    others: &[(&'static str, &Secret)],
) {
    let is_ours = |other: &Secret| secrets.iter().any(|secret| secret.expose() == other.expose());
    if let Some((key, _)) = others.iter().find(|(_, other)| is_ours(other)) {
        let problem = format!("is also the value of `{key}`, which others know; use a separate text");
        let _ = section.fault(key::SESSION_SECRET.name, &problem);
    }
}

/// AWS domains below which every customer gets a host. A cookie for one would be sent to all of those.
const SHARED_DOMAINS: [&str; 6] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazoncognito.com",
    "awsapprunner.com",
    "cloudfront.net",
    "on.aws",
];

/// Second levels below which countries register domains, as in `co.uk`.
const REGISTRIES: [&str; 7] = ["ac", "co", "com", "edu", "gov", "net", "org"];

/// Tells whether hosts below `domain` may belong to others, who would get the cookie, or the browser would
/// reject it (RFC 6265 section 5.3).
fn is_shared(domain: &str) -> bool {
    let below =
        |zone: &str| domain == zone || domain.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
    let labels: Vec<&str> = domain.split('.').collect();
    let registry =
        matches!(labels.as_slice(), [second, country] if country.len() == 2 && REGISTRIES.contains(second));
    registry || SHARED_DOMAINS.iter().any(|zone| below(zone))
}

/// A cookie name with room for our prefixes and chunk numbers that differs from our other cookies.
fn cookie_name(text: String) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("__") {
        return Err("gets its `__Host-` or `__Secure-` prefix automatically; leave the prefix out".to_owned());
    }
    let is_mark = ["landed", "refreshed", "signed-out"].contains(&lower.as_str());
    if is_mark || lower.starts_with("attempt-") || lower.ends_with("-ended") {
        return Err("is the name of another cookie of vestibule".to_owned());
    }
    if lower.rsplit_once('.').is_some_and(|(_, end)| end.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("ends like the number of a chunk".to_owned());
    }
    CookieNames::new("", Some(&text), None)
        .map_err(|_| "must be at most 64 letters, digits, `-` and `_`".to_owned())?;
    Ok(text)
}

/// A domain that may be set for cookies on the host of every `public_url` (RFC 6265 section 5.1.3).
fn cookie_domain(text: &str, public_urls: &[PublicUrl]) -> Result<String, String> {
    let domain = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
    let labels_fit = domain.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if !labels_fit || CookieNames::new("", None, Some(&domain)).is_err() {
        return Err("must be a domain name".to_owned());
    }
    for public_url in public_urls {
        fits_host(&domain, public_url)?;
    }
    Ok(domain)
}

fn fits_host(domain: &str, public_url: &PublicUrl) -> Result<(), String> {
    let Some(Host::Domain(host)) = public_url.url().host() else {
        return Err("cannot be set for an address without a domain name".to_owned());
    };
    if host != domain && !host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')) {
        return Err("is neither the host of `public_url` nor a parent of it".to_owned());
    }
    if !domain.contains('.') && domain != "localhost" {
        return Err("is a top-level domain, which browsers refuse".to_owned());
    }
    if host != domain && is_shared(domain) {
        return Err("is a domain that other customers share; use the host of `public_url`".to_owned());
    }
    Ok(())
}
