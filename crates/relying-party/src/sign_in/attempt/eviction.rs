//! Limits the number and size of a browser's attempts, so that none of its requests becomes too long.

use super::{Attempt, AttemptCookie, AttemptRefusal, MAX_ATTEMPTS};
use crate::{
    http::cookie::{CookieNames, Cookies, MAX_COOKIES_BYTES, cookie_bytes},
    http::request::Headers,
    sealing::Ring,
    time::Timestamp,
};

/// The most cookies that one response expires. A REST API's response has at most 10,240 bytes of header. The
/// next response expires the rest.
pub const MAX_EVICTIONS: usize = 40;

/// The bytes that all cookies of vestibule may have together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CookieBudget(pub(super) usize);

impl CookieBudget {
    /// The maximum.
    pub(crate) const WHOLE: Self = Self(MAX_COOKIES_BYTES);

    /// The bytes that remain in a request of the browser like `request`, with our cookies and a request line
    /// of `line` bytes. The front accepts `most` bytes in all.
    pub(crate) fn left_by(request: &Headers, names: &CookieNames, line: usize, most: usize) -> Self {
        let fields: usize = request
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("cookie"))
            .map(|(name, value)| name.len() + ": ".len() + value.len() + "\r\n".len())
            .sum();
        let cookies = Cookies::parse(request);
        let others: usize = cookies.iter().filter(|(name, _)| !names.is_ours(name)).map(bytes).sum::<usize>()
            + "cookie: ".len();
        Self(MAX_COOKIES_BYTES.min(most.saturating_sub(line + fields + others)))
    }

    /// Tells whether `new` fits once every other attempt is expired.
    pub(crate) fn fits(self, new: &AttemptCookie, cookies: &Cookies<'_>, names: &CookieNames) -> bool {
        kept(cookies, names) + new.bytes <= self.0
    }

    /// Tells whether the cookies that `landing` sets fit once every attempt is expired.
    pub(crate) fn fits_landing(self, landing: &[String], cookies: &Cookies<'_>, names: &CookieNames) -> bool {
        kept_at_landing(cookies, names, landing) + set(landing) <= self.0
    }
}

/// `Set-Cookie` values that make room for a new attempt. Afterwards there are at most [`MAX_ATTEMPTS`]
/// including it, and all our cookies together fit `budget`.
///
/// Attempts that began before `oldest`, and others that can never be finished, are expired in any case. Then,
/// as far as needed, those sealed with an unknown key are, then the oldest. The cookies of an attempt's
/// return target are expired with it.
pub(crate) fn evict(
    cookies: &Cookies<'_>,
    ring: &Ring,
    names: &CookieNames,
    new: &AttemptCookie,
    oldest: Timestamp,
    budget: CookieBudget,
) -> Vec<String> {
    let taken = kept(cookies, names) + new.bytes;
    let limits = Limits { attempts: MAX_ATTEMPTS - 1, taken, bytes: budget.0, evictions: MAX_EVICTIONS };
    let evicted = choose(cookies, ring, CookieNames::attempt_of(&new.name), oldest, limits);
    evicted.into_iter().map(|name| names.expire(name)).collect()
}

/// `Set-Cookie` values that make room for the cookies that `landing` sets: the new session, which replaces
/// the presented one, the time of its sign-in, and the count of landings. The attempt cookie `finished`, if given, is
/// expired too. It and the cookies that `landing` expires count towards [`MAX_EVICTIONS`].
pub(crate) fn evict_for_session(
    cookies: &Cookies<'_>,
    ring: &Ring,
    names: &CookieNames,
    landing: &[String],
    finished: Option<&str>,
    oldest: Timestamp,
    budget: CookieBudget,
) -> Vec<String> {
    let finished_cookies = finished.map(|name| names.expire_attempt(name, cookies)).unwrap_or_default();
    let expired = landing.iter().filter(|cookie| carried(cookie) == 0).count() + finished_cookies.len();
    let limits = Limits {
        attempts: MAX_ATTEMPTS,
        taken: kept_at_landing(cookies, names, landing) + set(landing),
        bytes: budget.0,
        evictions: MAX_EVICTIONS.saturating_sub(expired),
    };
    let evicted = choose(cookies, ring, finished.and_then(CookieNames::attempt_of), oldest, limits);
    evicted.into_iter().map(|name| names.expire(name)).chain(finished_cookies).collect()
}

/// The bytes of our cookies that belong to no attempt.
fn kept(cookies: &Cookies<'_>, names: &CookieNames) -> usize {
    ours(cookies, names).filter(|(name, _)| CookieNames::attempt_of(name).is_none()).map(bytes).sum()
}

/// Like [`kept`], without the session's cookies and others that `landing` sets again.
fn kept_at_landing(cookies: &Cookies<'_>, names: &CookieNames, landing: &[String]) -> usize {
    let is_set = |name: &str| landing.iter().any(|set| set.split('=').next() == Some(name));
    ours(cookies, names)
        .filter(|(name, _)| CookieNames::attempt_of(name).is_none() && !names.is_session(name))
        .filter(|(name, _)| !is_set(name))
        .map(bytes)
        .sum()
}

fn set(landing: &[String]) -> usize {
    landing.iter().map(|cookie| carried(cookie)).sum()
}

/// The limits for the remaining cookies: the number of attempts, the `bytes` of which `taken` are used, and
/// the number of `evictions` in this response.
#[derive(Clone, Copy)]
struct Limits {
    attempts: usize,
    taken: usize,
    bytes: usize,
    evictions: usize,
}

/// The order in which attempts are evicted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EvictionOrder {
    /// It cannot be finished.
    Unusable,
    /// Another process may be able to finish it.
    Unknown,
    /// It can be finished here and began at this time.
    Begun(Timestamp),
}

/// A presented attempt: its cookies, each name once.
struct Pending<'a> {
    order: EvictionOrder,
    names: Vec<&'a str>,
    bytes: usize,
}

fn choose<'a>(
    cookies: &Cookies<'a>,
    ring: &Ring,
    except: Option<&str>,
    oldest: Timestamp,
    limits: Limits,
) -> Vec<&'a str> {
    let mut attempts = pending(cookies, ring, except, oldest);
    attempts.sort_by(|one, other| (one.order, &one.names).cmp(&(other.order, &other.names)));
    let mut count = attempts.len();
    let mut bytes: usize = attempts.iter().map(|attempt| attempt.bytes).sum();
    let mut evicted = Vec::new();
    for attempt in attempts {
        let fits = count <= limits.attempts && limits.taken + bytes <= limits.bytes;
        if evicted.len() >= limits.evictions || (fits && attempt.order != EvictionOrder::Unusable) {
            break;
        }
        count -= 1;
        bytes -= attempt.bytes;
        evicted.extend(attempt.names);
    }
    evicted.truncate(limits.evictions);
    evicted
}

/// The attempts in `cookies`, without `except`. One whose own cookie is missing or present twice has no
/// value.
fn pending<'a>(
    cookies: &Cookies<'a>,
    ring: &Ring,
    except: Option<&str>,
    oldest: Timestamp,
) -> Vec<Pending<'a>> {
    let mut presented: Vec<(&'a str, &'a str, &'a str)> = cookies
        .iter()
        .filter_map(|(name, value)| CookieNames::attempt_of(name).map(|state| (state, name, value)))
        .filter(|(state, ..)| Some(*state) != except)
        .collect();
    // Sorting puts the cookies of one attempt together, so that thousands of them need not all be compared.
    presented.sort_unstable();
    let of_one = |one: &(&str, &str, &str), next: &(&str, &str, &str)| one.0 == next.0;
    presented
        .chunk_by(of_one)
        .map(|cookies| {
            let mut own = cookies.iter().filter(|(_, name, _)| CookieNames::is_attempt(name));
            let order = match (own.next(), own.next()) {
                (Some((_, name, value)), None) => order(ring, name, value, oldest),
                _ => EvictionOrder::Unusable,
            };
            let mut names: Vec<&str> = cookies.iter().map(|(_, name, _)| *name).collect();
            names.dedup();
            let bytes = cookies.iter().map(|(_, name, value)| cookie_bytes(name, value)).sum();
            Pending { order, names, bytes }
        })
        .collect()
}

fn order(ring: &Ring, name: &str, value: &str, oldest: Timestamp) -> EvictionOrder {
    match Attempt::open(ring, name, value) {
        Ok(attempt) if attempt.started_at() < oldest => EvictionOrder::Unusable,
        Ok(attempt) => EvictionOrder::Begun(attempt.started_at()),
        Err(AttemptRefusal::NotAuthentic(refusal)) if !refusal.may_expire() => EvictionOrder::Unknown,
        Err(_) => EvictionOrder::Unusable,
    }
}

fn ours<'a>(cookies: &Cookies<'a>, names: &CookieNames) -> impl Iterator<Item = (&'a str, &'a str)> {
    cookies.iter().filter(|(name, _)| names.is_ours(name))
}

/// The bytes that a `Set-Cookie` value adds to the next request; 0 when it expires the cookie.
fn carried(set_cookie: &str) -> usize {
    let pair = set_cookie.split(';').next().and_then(|pair| pair.split_once('='));
    pair.filter(|(_, value)| !value.is_empty()).map_or(0, bytes)
}

fn bytes((name, value): (&str, &str)) -> usize {
    cookie_bytes(name, value)
}
