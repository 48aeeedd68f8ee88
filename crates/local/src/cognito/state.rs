//! Holds the state of a running stand-in.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;

use super::StandIn;
use super::authorization_request::AuthorizationRequest;
use super::directory::Directory;
use super::fault::{Endpoint, Fault, Planned};
use super::keys::{KeyFault, KeyRing};
use super::options::{IssuerForm, Mail};
use super::parameters::with_query;
use super::tokens::Grant;
use crate::api_gateway::hyphenated;

/// Lifetime of a pool session in seconds; using it does not extend it.
pub(super) const POOL_SESSION_SECONDS: i64 = 3_600;
/// Lifetime of an authorization code in seconds.
pub(super) const CODE_SECONDS: i64 = 300;
/// The time within which a shown form may be submitted, in seconds.
pub(super) const FORM_SECONDS: i64 = 300;
/// The cookie of the pool session.
pub(super) const SIGN_ON_COOKIE: &str = "cognito";
/// The number of shown forms and of messages that are kept.
const KEPT_FORMS: usize = 4_096;
const KEPT_MAILS: usize = 100;

pub(super) struct State {
    pub(super) issuer_form: IssuerForm,
    pub(super) keys: KeyRing,
    pub(super) directory: Directory,
    pub(super) codes: HashMap<String, IssuedCode>,
    pub(super) refresh_tokens: HashMap<String, RefreshToken>,
    /// `origin_jti` of every sign-in whose tokens are revoked.
    pub(super) revoked: HashSet<String>,
    pub(super) pool_sessions: HashMap<String, PoolSession>,
    pub(super) shown_forms: VecDeque<(String, i64)>,
    pub(super) mails: VecDeque<Mail>,
    pub(super) faults: Vec<Planned>,
    pub(super) counters: BTreeMap<Endpoint, u64>,
}

/// A browser that is signed in to the pool.
#[derive(Clone)]
pub(super) struct PoolSession {
    pub(super) sub: String,
    pub(super) auth_time: i64,
}

/// An authorization code that has not been presented yet.
pub(super) struct IssuedCode {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) expires_at: i64,
}

/// A refresh token.
#[derive(Clone)]
pub(super) struct RefreshToken {
    pub(super) grant: Grant,
    pub(super) expires_at: i64,
    /// The time at which a rotated token stops being valid.
    pub(super) retired_at: Option<i64>,
}

impl State {
    pub(super) fn new(issuer_form: IssuerForm) -> Result<Self, KeyFault> {
        Ok(Self {
            issuer_form,
            keys: KeyRing::development()?,
            directory: Directory::default(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            revoked: HashSet::new(),
            pool_sessions: HashMap::new(),
            shown_forms: VecDeque::new(),
            mails: VecDeque::new(),
            faults: Vec::new(),
            counters: BTreeMap::new(),
        })
    }

    /// Revokes one sign-in: its refresh tokens, and its access tokens at userInfo.
    pub(super) fn revoke(&mut self, origin_jti: &str) {
        self.refresh_tokens.retain(|_, token| token.grant.origin_jti != origin_jti);
        self.revoked.insert(origin_jti.to_owned());
    }

    pub(super) fn revoke_all(&mut self, sub: &str) {
        let ended: HashSet<String> = self
            .refresh_tokens
            .values()
            .filter(|token| token.grant.sub == sub)
            .map(|token| token.grant.origin_jti.clone())
            .collect();
        self.refresh_tokens.retain(|_, token| token.grant.sub != sub);
        self.revoked.extend(ended);
    }
}

impl StandIn {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> i64 {
        (self.inner.options.clock)()
    }

    pub(super) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.inner.options.entropy)(&mut bytes);
        bytes
    }

    /// 32 random bytes in base64url.
    pub(super) fn random_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.random::<32>())
    }

    /// A random UUID (RFC 9562 version 4).
    pub(super) fn uuid(&self) -> String {
        let number = u128::from_be_bytes(self.random());
        let number = number & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
        hyphenated(&format!("{number:032x}"))
    }

    /// A six-digit code.
    pub(super) fn digits(&self) -> String {
        format!("{:06}", u64::from_be_bytes(self.random()) % 1_000_000)
    }

    pub(super) fn send(&self, to: &str, subject: &str, code: &str) {
        let mail =
            Mail { to: to.to_owned(), subject: subject.to_owned(), code: code.to_owned(), at: self.now() };
        (self.inner.options.mail)(&mail);
        let mut state = self.state();
        state.mails.push_back(mail);
        if state.mails.len() > KEPT_MAILS {
            state.mails.pop_front();
        }
    }

    pub(super) fn count(&self, endpoint: Endpoint) {
        *self.state().counters.entry(endpoint).or_default() += 1;
    }

    pub(super) fn plan(&self, planned: Planned) {
        if planned.times != Some(0) {
            self.state().faults.push(planned);
        }
    }

    /// The first planned fault of this kind; the call uses it up once.
    pub(super) fn take_fault(&self, endpoint: Endpoint, kind: fn(&Fault) -> bool) -> Option<Fault> {
        let mut state = self.state();
        let found =
            state.faults.iter().position(|planned| planned.endpoint == endpoint && kind(&planned.fault))?;
        let planned = state.faults.get_mut(found)?;
        let fault = planned.fault.clone();
        planned.times = planned.times.map(|times| times.saturating_sub(1));
        if planned.times == Some(0) {
            state.faults.remove(found);
        }
        Some(fault)
    }

    /// The valid pool session of the browser, if its user may still sign in.
    pub(super) fn pool_session(&self, headers: &HeaderMap) -> Option<PoolSession> {
        let id = cookie(headers, SIGN_ON_COOKIE)?;
        let now = self.now();
        let state = self.state();
        let pool_session = state.pool_sessions.get(&id)?;
        let active = state.directory.by_sub(&pool_session.sub).is_some_and(super::directory::User::active);
        (active && now < pool_session.auth_time + POOL_SESSION_SECONDS).then(|| pool_session.clone())
    }

    /// Opens a pool session and returns its `Set-Cookie`.
    pub(super) fn open_pool_session(&self, sub: &str) -> (PoolSession, String) {
        let pool_session = PoolSession { sub: sub.to_owned(), auth_time: self.now() };
        let id = self.random_text();
        let cookie =
            format!("{SIGN_ON_COOKIE}={id}; Path=/; Max-Age={POOL_SESSION_SECONDS}; HttpOnly; SameSite=Lax");
        let mut state = self.state();
        state
            .pool_sessions
            .retain(|_, other| pool_session.auth_time < other.auth_time + POOL_SESSION_SECONDS);
        state.pool_sessions.insert(id, pool_session.clone());
        drop(state);
        (pool_session, cookie)
    }

    /// The redirect back to the client with a new code, unless a planned fault changes it.
    pub(super) fn redirect_with_code(
        &self,
        request: &AuthorizationRequest,
        pool_session: &PoolSession,
    ) -> String {
        let mut state = request.state.as_deref();
        match self.take_fault(Endpoint::Authorize, Fault::is_callback) {
            Some(Fault::CallbackError { error }) => {
                let mut pairs = vec![("error", error.as_str())];
                pairs.extend(state.map(|state| ("state", state)));
                return with_query(&request.redirect_uri, &pairs);
            }
            Some(Fault::MissingState) => state = None,
            _ => {}
        }
        let code = self.issue_code(request, pool_session);
        let mut pairs = vec![("code", code.as_str())];
        pairs.extend(state.map(|state| ("state", state)));
        with_query(&request.redirect_uri, &pairs)
    }

    fn issue_code(&self, request: &AuthorizationRequest, pool_session: &PoolSession) -> String {
        let code = self.uuid();
        let issued = IssuedCode {
            grant: Grant {
                client_id: request.client_id.clone(),
                sub: pool_session.sub.clone(),
                scopes: request.scopes.clone(),
                auth_time: pool_session.auth_time,
                origin_jti: self.uuid(),
                event_id: self.uuid(),
                resource: request.resource.clone(),
            },
            redirect_uri: request.redirect_uri.clone(),
            nonce: request.nonce.clone(),
            code_challenge: request.code_challenge.clone(),
            expires_at: self.now() + CODE_SECONDS,
        };
        let now = self.now();
        let mut state = self.state();
        state.codes.retain(|_, code| now < code.expires_at);
        state.codes.insert(code.clone(), issued);
        code
    }

    /// Records that a form was shown.
    pub(super) fn record_form(&self) -> String {
        let form = self.random_text();
        let now = self.now();
        let mut state = self.state();
        state.shown_forms.push_back((form.clone(), now));
        if state.shown_forms.len() > KEPT_FORMS {
            state.shown_forms.pop_front();
        }
        form
    }

    /// Whether this belongs to a form that was shown at most five minutes ago.
    pub(super) fn form_is_fresh(&self, form: &str) -> bool {
        let now = self.now();
        self.state().shown_forms.iter().any(|(id, shown)| id == form && now <= shown + FORM_SECONDS)
    }
}

/// The value of the cookie with this name; `None` if there are two.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers
        .get_all(http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned());
    let first = values.next();
    first.filter(|_| values.next().is_none())
}
