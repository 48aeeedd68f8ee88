//! Keeps one sign-in attempt between the redirect to the provider and the authorization response.

mod eviction;
mod kept_return_target;
mod pkce;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

pub use eviction::MAX_EVICTIONS;
pub(crate) use eviction::{CookieBudget, evict, evict_for_session};

use crate::refusal::reason::{self, Reason};
use crate::{
    http::cookie::{Attributes, CookieNames, Cookies, Presented, cookie_bytes, cut, set_cookie},
    sealing::{Purpose, Ring, SealRefusal},
    sign_in::state::StateText,
    time::Timestamp,
};

/// The most attempts that a browser keeps at once.
pub const MAX_ATTEMPTS: usize = 20;

/// The most bytes of an attempt cookie, `name=value`.
pub const MAX_ATTEMPT_COOKIE_BYTES: usize = 1500;

/// The longest return target in the attempt's own cookie, in bytes. A longer one gets its own cookies.
pub const MAX_INLINE_RETURN_TARGET_BYTES: usize = 1024;

/// The longest return target that is kept, in bytes.
pub const MAX_RETURN_TARGET_BYTES: usize = 8192;

/// A sign-in attempt. State, nonce and PKCE verifier are derived from its seed.
#[derive(Clone)]
pub struct Attempt {
    seed: Zeroizing<[u8; 32]>,
    started_at: Timestamp,
    return_target: String,
    remember: bool,
    /// The address to which the provider redirects, if there are several. `state` depends on it, so no cookie
    /// contains it.
    redirect_uri: Option<String>,
}

/// Why there is no attempt for a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptRefusal {
    /// There is no attempt cookie for this `state`.
    Missing,
    /// There are two attempt cookies for this `state`.
    Duplicate,
    /// The cookie does not open.
    NotAuthentic(SealRefusal),
    /// The cookie opens, but its content has no known format.
    Malformed,
    /// The attempt began too long ago.
    Expired,
    /// The response arrived at another `redirect_uri` than the one that was sent (RFC 6749 section 4.1.3).
    OtherRedirectUri,
    /// The attempt belongs to another `state` with the same first characters.
    StateMismatch,
}

impl AttemptRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::Duplicate => &reason::ATTEMPT_DUPLICATE,
            Self::Expired => &reason::ATTEMPT_EXPIRED,
            Self::Malformed => &reason::ATTEMPT_MALFORMED,
            Self::Missing => &reason::ATTEMPT_MISSING,
            Self::NotAuthentic(_) => &reason::ATTEMPT_NOT_AUTHENTIC,
            Self::OtherRedirectUri => &reason::REDIRECT_URI_OTHER,
            Self::StateMismatch => &reason::STATE_MISMATCH,
        }
    }
}

impl Attempt {
    /// Begins an attempt. `seed` is 32 random bytes; `return_target` is the absolute URL to which the browser
    /// returns at the end. It must not be longer than [`MAX_INLINE_RETURN_TARGET_BYTES`]; for longer ones
    /// there is [`AttemptCookie::keeping`].
    pub fn begin(seed: [u8; 32], now: Timestamp, return_target: String) -> Self {
        debug_assert!(return_target.len() <= MAX_INLINE_RETURN_TARGET_BYTES);
        Self {
            seed: Zeroizing::new(seed),
            started_at: now,
            return_target,
            remember: false,
            redirect_uri: None,
        }
    }

    /// Sets whether the session outlives the browser.
    #[must_use]
    pub fn remembering(self, remember: bool) -> Self {
        Self { remember, ..self }
    }

    /// Sets which of several addresses the response is sent to.
    #[must_use]
    pub(crate) fn with_redirect_uri(self, redirect_uri: Option<String>) -> Self {
        Self { redirect_uri, ..self }
    }

    /// The attempt for `state`. Its cookie is present and opens, it began at `oldest` or later, and `state`
    /// is derived from its seed, possibly with one of `redirect_uris`. If its return target has its own
    /// cookies and they are incomplete, sign-in ends at the start page.
    ///
    /// # Errors
    ///
    /// The first condition that does not hold.
    pub(crate) fn of_state(
        state: &StateText,
        cookies: &Cookies<'_>,
        (ring, redirect_uris): (&Ring, &[String]),
        oldest: Timestamp,
    ) -> Result<Self, AttemptRefusal> {
        let name = CookieNames::attempt(state.text());
        let value = match cookies.sole(&name) {
            Presented::Absent => return Err(AttemptRefusal::Missing),
            Presented::Several => return Err(AttemptRefusal::Duplicate),
            Presented::One(value) => value,
        };
        let attempt = Self::open(ring, &name, value)?;
        if attempt.started_at < oldest {
            return Err(AttemptRefusal::Expired);
        }
        // The random part identifies the attempt. The tag shows that the whole `state` is unchanged (RFC 6749
        // section 4.1.2).
        if state.restarts(ring).is_none() {
            return Err(AttemptRefusal::StateMismatch);
        }
        let mut attempt = attempt.giving(state, redirect_uris).ok_or(AttemptRefusal::StateMismatch)?;
        if let Some(target) = kept_return_target::find(&attempt, state, cookies, ring) {
            attempt.return_target = target;
        }
        Ok(attempt)
    }

    /// Tells whether this browser has begun an attempt for `state`, however long ago. It counts even if only
    /// another process can open its cookie, if the cookie is present twice, or if its format is that of
    /// another release.
    pub(crate) fn is_begun_for(
        state: &StateText,
        cookies: &Cookies<'_>,
        sealed_for: (&Ring, &[String]),
    ) -> bool {
        match Self::of_state(state, cookies, sealed_for, Timestamp::from_unix(0)) {
            Ok(_) | Err(AttemptRefusal::Duplicate | AttemptRefusal::Malformed) => true,
            Err(AttemptRefusal::NotAuthentic(refusal)) => !refusal.may_expire(),
            Err(_) => false,
        }
    }

    /// Sets the address to which the browser returns at the end.
    #[must_use]
    pub(crate) fn returning_to(self, return_target: String) -> Self {
        Self { return_target, ..self }
    }

    /// Adds the `redirect_uri` with which this seed gives `state`; `None` if none does.
    fn giving(self, state: &StateText, redirect_uris: &[String]) -> Option<Self> {
        if self.owns(state) {
            return Some(self);
        }
        redirect_uris
            .iter()
            .map(|redirect_uri| self.clone().with_redirect_uri(Some(redirect_uri.clone())))
            .find(|attempt| attempt.owns(state))
    }

    /// The `redirect_uri` that was sent; `None` if there was only one when the attempt began.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.redirect_uri.as_deref()
    }

    /// The address to which the browser returns at the end.
    pub fn return_target(&self) -> &str {
        &self.return_target
    }

    /// Whether the session outlives the browser.
    pub const fn remembers(&self) -> bool {
        self.remember
    }

    /// When it began.
    pub const fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// Its `state`, after `restarts` restarts.
    pub fn state(&self, restarts: u8, ring: &Ring) -> StateText {
        StateText::issue(self.state_random(), restarts, ring)
    }

    /// Tells whether `state` is its own, in constant time.
    pub fn owns(&self, state: &StateText) -> bool {
        state.has_random(&self.state_random())
    }

    /// The random part of `state` (RFC 6749 section 10.12). It differs for each `redirect_uri`.
    pub(crate) fn state_random(&self) -> [u8; 32] {
        let Some(redirect_uri) = &self.redirect_uri else { return *self.derive(b"state") };
        *self.derive(format!("state of {redirect_uri}").as_bytes())
    }

    /// The `nonce` of the authorization request (OpenID Connect Core section 3.1.2.1).
    pub fn nonce(&self) -> String {
        URL_SAFE_NO_PAD.encode(*self.derive(b"nonce"))
    }

    /// The `Set-Cookie` value that stores this attempt for `state` and for `lifetime` seconds, and the length
    /// of its `name=value`.
    pub fn set_cookie(
        &self,
        state: &StateText,
        ring: &Ring,
        nonce: [u8; 24],
        lifetime: i64,
    ) -> AttemptCookie {
        let name = CookieNames::attempt(state.text());
        let value = self.seal(ring, &name, nonce);
        let attributes = Attributes { max_age: Some(lifetime), domain: None };
        AttemptCookie {
            bytes: cookie_bytes(&name, &value),
            set_cookies: vec![set_cookie(&name, &value, attributes)],
            name,
        }
    }

    /// The sealed content, for the cookie `name`.
    pub fn seal(&self, ring: &Ring, name: &str, nonce: [u8; 24]) -> String {
        let mut content = Zeroizing::new(Vec::with_capacity(SEED_AND_TIME_BYTES + self.return_target.len()));
        content.extend_from_slice(&*self.seed);
        content.extend_from_slice(&seconds_to_bytes(self.started_at, self.remember));
        content.extend_from_slice(self.return_target.as_bytes());
        ring.seal(Purpose::Attempt, name, &content, nonce)
    }

    /// Opens the value of the cookie `name`.
    ///
    /// # Errors
    ///
    /// It does not open, or its content has no known format.
    pub fn open(ring: &Ring, name: &str, value: &str) -> Result<Self, AttemptRefusal> {
        let content = ring.open(Purpose::Attempt, name, value).map_err(AttemptRefusal::NotAuthentic)?;
        Self::decode(&content).ok_or(AttemptRefusal::Malformed)
    }

    fn decode(content: &[u8]) -> Option<Self> {
        let (seed, rest) = content.split_first_chunk::<32>()?;
        let (seconds, target) = rest.split_first_chunk::<TIME_BYTES>()?;
        let return_target = std::str::from_utf8(target).ok()?.to_owned();
        let (started_at, remember) = seconds_from_bytes(*seconds);
        Some(Self { seed: Zeroizing::new(*seed), started_at, return_target, remember, redirect_uri: None })
    }

    fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut output = Zeroizing::new([0; 32]);
        let expanded =
            Hkdf::<Sha256>::new(Some(b"vestibule attempt"), &*self.seed).expand(label, &mut *output);
        debug_assert!(expanded.is_ok());
        output
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Attempt").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}

/// An attempt's cookie, ready to be set.
#[derive(Clone, PartialEq, Eq)]
pub struct AttemptCookie {
    /// Its name.
    pub name: String,
    /// The bytes that its cookies, with those of its return target, add to a `Cookie` field.
    pub bytes: usize,
    /// The `Set-Cookie` values of the attempt and of its return target.
    pub set_cookies: Vec<String>,
}

impl AttemptCookie {
    /// Adds cookies for a return target that is too long for the attempt's own.
    #[must_use]
    pub fn keeping(
        mut self,
        return_target: &str,
        attempt: &Attempt,
        state: &StateText,
        (ring, nonce, lifetime): (&Ring, [u8; 24], i64),
    ) -> Self {
        let value = kept_return_target::seal(return_target, attempt, state, (ring, nonce));
        let attributes = Attributes { max_age: Some(lifetime), domain: None };
        for (name, part) in cut(&CookieNames::return_target(state.text()), &value, attributes) {
            self.bytes += cookie_bytes(&name, part);
            self.set_cookies.push(set_cookie(&name, part, attributes));
        }
        self
    }
}

const TIME_BYTES: usize = 5;
const SEED_AND_TIME_BYTES: usize = 32 + TIME_BYTES;

/// The bit of the time that tells whether the session outlives the browser. An earlier release takes such an
/// attempt for a recent one and creates a session that ends with the browser.
const REMEMBER: u8 = 0x80;

/// Five bytes without that bit last until the year 19390 and leave room for a return target of 1,024 bytes.
fn seconds_to_bytes(time: Timestamp, remember: bool) -> [u8; TIME_BYTES] {
    let [_, _, _, first, rest @ ..] = time.unix().max(0).to_be_bytes();
    let [second, third, fourth, fifth] = rest;
    let first = if remember { first | REMEMBER } else { first & !REMEMBER };
    [first, second, third, fourth, fifth]
}

fn seconds_from_bytes(bytes: [u8; TIME_BYTES]) -> (Timestamp, bool) {
    let [first, rest @ ..] = bytes;
    let seconds =
        rest.into_iter().fold(i64::from(first & !REMEMBER), |seconds, byte| seconds << 8 | i64::from(byte));
    (Timestamp::from_unix(seconds), first & REMEMBER != 0)
}

#[cfg(test)]
mod tests;
