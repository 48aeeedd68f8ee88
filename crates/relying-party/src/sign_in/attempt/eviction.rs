//! Keeps a browser's attempts few and small, so that none of its requests becomes too long to be answered.

use super::{Attempt, AttemptCookie, AttemptRefusal, MAX_ATTEMPTS};
use crate::{
    http::cookie::{CookieNames, Cookies, MAX_COOKIES_BYTES, cookie_bytes},
    sealing::Ring,
    time::Timestamp,
};

/// The most cookies that one answer expires. A REST API's answer has at most 10,240 bytes of header; what is left
/// over goes with the next answer.
pub const MAX_EVICTIONS: usize = 40;

/// `Set-Cookie` values that make room for a new attempt: afterwards there are at most [`MAX_ATTEMPTS`] with it, and
/// all our cookies together fit [`MAX_COOKIES_BYTES`]. Attempts begun before `oldest`, and others that can
/// never be finished, go at once; then, as far as needed, those under an unknown key, then the oldest.
pub fn evict(
    cookies: &Cookies<'_>,
    ring: &Ring,
    names: &CookieNames,
    new: &AttemptCookie,
    oldest: Timestamp,
) -> Vec<String> {
    let kept: usize =
        ours(cookies, names).filter(|(name, _)| !CookieNames::is_attempt(name)).map(bytes).sum();
    let room = Room { attempts: MAX_ATTEMPTS - 1, taken: kept + new.bytes, evictions: MAX_EVICTIONS };
    choose(cookies, ring, &new.name, oldest, room).into_iter().map(|name| names.expire(name)).collect()
}

/// `Set-Cookie` values that make room for what `landing` sets: the new session, which takes the place of the one that
/// the browser presents, and the count of landings. The attempt cookie `finished` is expired with them, when it is
/// given; it and what `landing` expires count among [`MAX_EVICTIONS`].
pub fn evict_for_session(
    cookies: &Cookies<'_>,
    ring: &Ring,
    names: &CookieNames,
    landing: &[String],
    finished: Option<&str>,
    oldest: Timestamp,
) -> Vec<String> {
    let kept: usize = ours(cookies, names)
        .filter(|(name, _)| !CookieNames::is_attempt(name) && !names.is_session(name))
        .filter(|(name, _)| *name != CookieNames::LANDED)
        .map(bytes)
        .sum();
    let set: usize = landing.iter().map(|cookie| carried(cookie)).sum();
    let expired = landing.iter().filter(|cookie| carried(cookie) == 0).count() + finished.iter().count();
    let room =
        Room { attempts: MAX_ATTEMPTS, taken: kept + set, evictions: MAX_EVICTIONS.saturating_sub(expired) };
    let mut evicted = choose(cookies, ring, finished.unwrap_or_default(), oldest, room);
    evicted.extend(finished);
    evicted.into_iter().map(|name| names.expire(name)).collect()
}

/// The room that is left for so many attempts, in what `taken` leaves of the budget, and for so many `evictions` by this answer.
#[derive(Clone, Copy)]
struct Room {
    attempts: usize,
    taken: usize,
    evictions: usize,
}

/// The order in which attempts are given up, first to last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// Nobody can finish it.
    Nothing,
    /// Another process may be able to finish it.
    Unknown,
    /// Ours, begun then.
    Begun(Timestamp),
}

fn choose<'a>(
    cookies: &Cookies<'a>,
    ring: &Ring,
    except: &str,
    oldest: Timestamp,
    room: Room,
) -> Vec<&'a str> {
    let mut attempts: Vec<(Worth, &'a str, usize)> = cookies
        .iter()
        .filter(|(name, _)| CookieNames::is_attempt(name) && *name != except)
        .map(|(name, value)| (worth(ring, name, value, oldest), name, cookie_bytes(name, value)))
        .collect();
    // Sorted, those of one name stand together: whoever sends thousands has none compared with all the others.
    attempts.sort_unstable_by_key(|(_, name, _)| *name);
    attempts.dedup_by(|again, first| {
        let twice = again.1 == first.1;
        if twice {
            *first = (Worth::Nothing, first.1, first.2 + again.2);
        }
        twice
    });
    attempts.sort();
    let mut count = attempts.len();
    let mut bytes: usize = attempts.iter().map(|(_, _, size)| size).sum();
    let mut evicted = Vec::new();
    for (worth, name, size) in attempts {
        let fits = count <= room.attempts && room.taken + bytes <= MAX_COOKIES_BYTES;
        if evicted.len() == room.evictions || (fits && worth != Worth::Nothing) {
            break;
        }
        count -= 1;
        bytes -= size;
        evicted.push(name);
    }
    evicted
}

fn worth(ring: &Ring, name: &str, value: &str, oldest: Timestamp) -> Worth {
    match Attempt::open(ring, name, value) {
        Ok(attempt) if attempt.started_at() < oldest => Worth::Nothing,
        Ok(attempt) => Worth::Begun(attempt.started_at()),
        Err(AttemptRefusal::NotAuthentic(refusal)) if !refusal.may_expire() => Worth::Unknown,
        Err(_) => Worth::Nothing,
    }
}

fn ours<'a>(cookies: &Cookies<'a>, names: &CookieNames) -> impl Iterator<Item = (&'a str, &'a str)> {
    cookies.iter().filter(|(name, _)| names.is_ours(name))
}

/// Counts the bytes that a `Set-Cookie` value adds to the next request; nothing when it expires the cookie.
fn carried(set_cookie: &str) -> usize {
    let pair = set_cookie.split(';').next().and_then(|pair| pair.split_once('='));
    pair.filter(|(_, value)| !value.is_empty()).map_or(0, bytes)
}

fn bytes((name, value): (&str, &str)) -> usize {
    cookie_bytes(name, value)
}
