//! Simulates an OpenID provider in process: it signs ID tokens, rotates refresh tokens, counts requests, and
//! fails on demand.

pub mod shape;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flow::ports::{Clock, Provider, UserSignOut, UserSignOutFault};
use relying_party::provider::call::{CallKind, Grant, ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::time::Timestamp;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::clock::TestClock;
use crate::provider::shape::{Shape, bend, of_now};

pub const ISSUER: &str = "https://login.example.com";
pub const CLIENT_ID: &str = "conformance";
/// The lifetime of an access token in seconds, unless a test sets another one.
pub const TOKEN_SECONDS: i64 = 300;

/// The provider. The nonce of the ID token for a code is the code itself.
pub struct TestProvider {
    clock: Arc<TestClock>,
    key: Mutex<Ed25519KeyPair>,
    state: Mutex<State>,
}

/// The result of token requests for a refresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// The provider answers.
    #[default]
    Well,
    /// No connection is established.
    Down,
    /// The provider answers with 500.
    Failing,
    /// The provider processes the request, but the response is lost.
    Mute,
}

/// The provider's treatment of a used refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokenRotation {
    /// The refresh token does not change.
    Off,
    /// The refresh token is replaced; the old one is accepted for this many more seconds.
    On { grace: i64 },
}

struct State {
    rotation: RefreshTokenRotation,
    mood: Mood,
    keys_down: bool,
    metadata: Option<Value>,
    groups: Vec<String>,
    subject: String,
    claims: Map<String, Value>,
    shape: Option<Arc<Shape>>,
    refusal: Option<ProviderResponse>,
    token_seconds: i64,
    refresh_requests: usize,
    key_requests: usize,
    asked: Vec<String>,
    issued: u64,
    /// Each refresh token's family, and the time at which it was used up.
    tokens: HashMap<String, (u64, Option<Timestamp>)>,
    revoked: HashSet<u64>,
}

impl TestProvider {
    pub fn new(clock: Arc<TestClock>, rotation: RefreshTokenRotation) -> Self {
        let state = State {
            rotation,
            mood: Mood::Well,
            keys_down: false,
            metadata: None,
            groups: vec!["staff".to_owned()],
            subject: "ada".to_owned(),
            claims: Map::new(),
            shape: None,
            refusal: None,
            token_seconds: TOKEN_SECONDS,
            refresh_requests: 0,
            key_requests: 0,
            asked: Vec::new(),
            issued: 0,
            tokens: HashMap::new(),
            revoked: HashSet::new(),
        };
        Self { clock, key: Mutex::new(Ed25519KeyPair::generate().unwrap()), state: Mutex::new(state) }
    }

    pub fn refresh_requests(&self) -> usize {
        self.state().refresh_requests
    }

    /// Whether every refresh token of the first sign-in is revoked.
    pub fn is_revoked(&self) -> bool {
        self.state().revoked.contains(&1)
    }

    /// The number of sign-ins whose refresh tokens are revoked.
    pub fn revoked(&self) -> usize {
        self.state().revoked.len()
    }

    /// Sets the result of later refreshes and revocations.
    pub fn set_mood(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// Sets whether key requests fail.
    pub fn set_keys_down(&self, down: bool) {
        self.state().keys_down = down;
    }

    /// Replaces the signing key under the same `kid`.
    pub fn replace_key(&self) {
        *self.key.lock().unwrap() = Ed25519KeyPair::generate().unwrap();
    }

    /// The number of key requests.
    pub fn key_requests(&self) -> usize {
        self.state().key_requests
    }

    /// The addresses requested so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.state().asked.clone()
    }

    /// Sets the shape of keys, tokens and answers.
    pub fn take_shape(&self, shape: Shape) {
        self.state().shape = Some(Arc::new(shape));
    }

    /// Answers later refreshes with this.
    pub fn refuse_refresh(&self, status: u16, content_type: &str, body: &str) {
        let (content_type, body) = (Some(content_type.to_owned()), body.as_bytes().to_vec());
        self.state().refusal = Some(ProviderResponse { status, content_type, body });
    }

    /// Ends the effect of `refuse_refresh`.
    pub fn refuse_no_refresh(&self) {
        self.state().refusal = None;
    }

    /// Sets the lifetime of later access tokens.
    pub fn set_token_seconds(&self, seconds: i64) {
        self.state().token_seconds = seconds;
    }

    /// Publishes metadata with these members besides the required ones.
    pub fn set_metadata(&self, members: &Value) {
        let mut metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
        });
        metadata.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.state().metadata = Some(metadata);
    }

    /// Sets the groups in later tokens.
    pub fn set_groups(&self, groups: &[&str]) {
        self.state().groups = groups.iter().map(|group| (*group).to_owned()).collect();
    }

    /// Sets the subject of later tokens.
    pub fn set_subject(&self, subject: &str) {
        subject.clone_into(&mut self.state().subject);
    }

    /// Adds a claim to later ID tokens.
    pub fn set_claim(&self, name: &str, value: Value) {
        self.state().claims.insert(name.to_owned(), value);
    }

    /// Removes a claim from later ID tokens.
    pub fn remove_claim(&self, name: &str) {
        self.state().claims.remove(name);
    }

    pub fn signed<'a>(&self, typ: impl Into<Option<&'a str>>, claims: &Value) -> String {
        if let Some(shape) = self.state().shape.clone() {
            return compact(&shape.header_of(typ), claims, shape::sign);
        }
        self.signed_with_ed25519(typ, claims)
    }

    fn signed_with_ed25519<'a>(&self, typ: impl Into<Option<&'a str>>, claims: &Value) -> String {
        let header = match typ.into() {
            Some(typ) => json!({ "alg": "EdDSA", "kid": "1", "typ": typ }),
            None => json!({ "alg": "EdDSA", "kid": "1" }),
        };
        compact(&header, claims, |message| self.key.lock().unwrap().sign(message).as_ref().to_vec())
    }

    pub fn access_token(&self, seconds: i64) -> String {
        let now = self.clock.now().unix();
        let claims = json!({
            "iss": ISSUER, "aud": CLIENT_ID, "sub": self.state().subject, "client_id": CLIENT_ID,
            "auth_time": now - seconds, "iat": now, "exp": now + TOKEN_SECONDS,
        });
        self.signed("at+jwt", &claims)
    }

    /// The claims of a logout token issued now.
    pub fn logout_claims(&self, jti: &str) -> Value {
        let now = self.clock.now().unix();
        json!({
            "iss": ISSUER, "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": jti,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        })
    }

    /// Ends all sessions, as an administrator would.
    pub fn revoke_all(&self) {
        let mut state = self.state();
        state.revoked = state.tokens.values().map(|(family, _)| *family).collect();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn keys(&self) -> Result<ProviderResponse, ProviderFault> {
        let down = {
            let mut state = self.state();
            state.key_requests += 1;
            state.keys_down
        };
        if down {
            return Err(ProviderFault::NotSent);
        }
        if let Some(shape) = &self.state().shape {
            return Ok(answer(200, &shape.key_set()));
        }
        let x = URL_SAFE_NO_PAD.encode(self.key.lock().unwrap().public_key().as_ref());
        Ok(answer(200, &json!({ "keys": [{ "kid": "1", "kty": "OKP", "crv": "Ed25519", "x": x }] })))
    }

    fn code(&self, code: &str) -> ProviderResponse {
        let family = {
            let mut state = self.state();
            state.issued += 1;
            state.issued
        };
        self.tokens(family, Some(code))
    }

    fn refresh(&self, presented: &str) -> Result<ProviderResponse, ProviderFault> {
        let now = self.clock.now();
        let family = {
            let mut state = self.state();
            state.refresh_requests += 1;
            match state.mood {
                Mood::Down => return Err(ProviderFault::NotSent),
                Mood::Failing => return Ok(answer(500, &json!({}))),
                Mood::Mute | Mood::Well => {}
            }
            if let Some(refusal) = state.refusal.clone() {
                return Ok(refusal);
            }
            match state.redeem(presented, now) {
                Some(family) => family,
                None => return Ok(answer(400, &json!({ "error": "invalid_grant" }))),
            }
        };
        let response = self.tokens(family, None);
        if self.state().mood == Mood::Mute { Err(ProviderFault::TimedOut) } else { Ok(response) }
    }

    fn revoke(&self, token: &str) -> Result<ProviderResponse, ProviderFault> {
        let mut state = self.state();
        if state.mood == Mood::Down {
            return Err(ProviderFault::NotSent);
        }
        if let Some((family, _)) = state.tokens.get(token).copied() {
            state.revoked.insert(family);
        }
        Ok(answer(200, &json!({})))
    }

    fn tokens(&self, family: u64, nonce: Option<&str>) -> ProviderResponse {
        let mut state = self.state();
        state.issued += 1;
        let serial = state.issued;
        let access_token = format!("access-{serial}");
        let mut body = json!({
            "token_type": "Bearer",
            "access_token": access_token,
            "id_token": self.id_token(&state, nonce, &access_token),
            "expires_in": state.token_seconds,
        });
        if nonce.is_some() || state.rotation != RefreshTokenRotation::Off {
            let refresh_token = format!("refresh-{serial}");
            state.tokens.insert(refresh_token.clone(), (family, None));
            body.as_object_mut().unwrap().insert("refresh_token".to_owned(), json!(refresh_token));
        }
        if let Some(shape) = &state.shape {
            let own = if nonce.is_some() { &shape.response } else { &shape.refreshed };
            bend(&mut body, &of_now(own, self.clock.now().unix(), &access_token));
        }
        answer(200, &body)
    }

    fn user_info(&self) -> ProviderResponse {
        let state = self.state();
        let shape = state.shape.as_ref().filter(|shape| !shape.user_info.is_null());
        let mut claims = json!({ "sub": state.subject });
        let Some(shape) = shape else { panic!("userinfo was not to be asked for") };
        bend(&mut claims, &shape.user_info);
        answer(200, &claims)
    }

    fn id_token(&self, state: &State, nonce: Option<&str>, access_token: &str) -> String {
        let now = self.clock.now().unix();
        let mut claims = json!({
            "iss": ISSUER, "aud": CLIENT_ID, "sub": state.subject, "groups": state.groups,
            "iat": now, "exp": now + TOKEN_SECONDS,
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(state.claims.clone());
        if let Some(nonce) = nonce {
            members.insert("nonce".to_owned(), json!(nonce));
        }
        match &state.shape {
            Some(shape) => {
                bend(&mut claims, &of_now(&shape.claims, now, access_token));
                compact(&shape.header_of_id_token(), &claims, shape::sign)
            }
            None => self.signed_with_ed25519("JWT", &claims),
        }
    }
}

impl State {
    fn redeem(&mut self, presented: &str, now: Timestamp) -> Option<u64> {
        let rotation = self.rotation;
        let (family, spent_at) = self.tokens.get_mut(presented)?;
        if self.revoked.contains(family) {
            return None;
        }
        if let RefreshTokenRotation::On { grace } = rotation {
            match *spent_at {
                Some(since) if now.since(since) >= grace => return None,
                Some(_) => {}
                None => *spent_at = Some(now),
            }
        }
        Some(*family)
    }
}

#[async_trait]
impl Provider for TestProvider {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        // Takes as long as a real provider, so that other requests arrive in the meantime.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let form: HashMap<String, String> = request
            .form
            .as_ref()
            .map(|form| form_urlencoded::parse(form.expose().as_bytes()).into_owned().collect())
            .unwrap_or_default();
        self.state().asked.push(request.url.clone());
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        match request.kind {
            CallKind::Jwks => self.keys(),
            CallKind::Token { grant: Grant::AuthorizationCode } => Ok(self.code(field("code"))),
            CallKind::Token { grant: Grant::RefreshToken { .. } } => self.refresh(field("refresh_token")),
            CallKind::Revocation => self.revoke(field("token")),
            CallKind::Discovery => match &self.state().metadata {
                Some(metadata) => Ok(answer(200, metadata)),
                None => panic!("metadata were not to be asked for"),
            },
            CallKind::UserInfo => Ok(self.user_info()),
        }
    }
}

#[async_trait]
impl UserSignOut for TestProvider {
    async fn sign_out(&self, username: &str) -> Result<(), UserSignOutFault> {
        if self.state().mood == Mood::Down || username != self.state().subject {
            return Err(UserSignOutFault);
        }
        self.revoke_all();
        Ok(())
    }
}

/// The compact form of a signed token (RFC 7515 section 7.1).
fn compact(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn answer(status: u16, body: &Value) -> ProviderResponse {
    ProviderResponse {
        status,
        content_type: Some("application/json".to_owned()),
        body: body.to_string().into_bytes(),
    }
}
