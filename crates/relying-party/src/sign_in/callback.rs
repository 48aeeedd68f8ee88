//! Handles the authorization response (RFC 6749 section 4.1.2) up to a new session.
//!
//! Each step is created from the previous one, so that none can be skipped: [`Exchange`] exists only for a
//! `state` whose attempt cookie was verified, [`Redeemed`] only for a token response to it, and [`SignedIn`]
//! only for a checked ID token.

mod landing;
mod reauthentication;
mod repeated;
mod stray;

pub use landing::Landed;
pub use repeated::{RedirectedBrowsers, redirect_repeated, redirected_browsers};
pub use stray::{Stray, StrayVerdict};

use crate::configuration::{AccessTokenHeader, Configuration};
use crate::http::cookie::{CookieNames, Cookies};
use crate::http::endpoint::Endpoint;
use crate::http::page_load;
use crate::http::request::Request;
use crate::provider::call::{ProviderRequest, ProviderResponse};
use crate::provider::client_authentication::ClientCredentials;
use crate::provider::token_endpoint::{self, Issued, TokenResponse};
use crate::refusal::Refusal;
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;
use crate::secret::Secret;
use crate::session::Session;
use crate::sign_in::attempt::{Attempt, AttemptRefusal};
use crate::sign_in::return_target::ReturnTarget;
use crate::sign_in::state::StateText;
use crate::time::Timestamp;
use crate::token::claims::OtherIssuer;
use crate::token::id_token::{self, IdToken, IdTokenExpectations, IdTokenRefusal};
use crate::token::jwks::KeySet;
use crate::token::jws::UnverifiedToken;
use crate::token::leeway::TimeWithLeeway;

/// Why an authorization response creates no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackRefusal {
    /// There is neither a valid `code` nor an `error`.
    CodeMissing,
    /// `code` is there more than once.
    CodeDuplicate,
    /// `iss` names another issuer (RFC 9207 section 2.4).
    IssuerMismatch(OtherIssuer),
    /// There is no `iss`, although the provider announces it (RFC 9207 section 2.4).
    IssuerMissing,
    /// The token response has no ID token. A person can remove `openid` at the provider's address.
    IdTokenMissing,
    /// The user or the provider's policy refused: `access_denied`.
    ProviderDenied,
    /// The provider has to ask the user: `login_required`, `interaction_required`, `consent_required` or
    /// `account_selection_required`.
    ProviderNeedsInteraction(LogDetail),
    /// The provider failed: `temporarily_unavailable` or `server_error`.
    ProviderFailed(LogDetail),
    /// The provider does not accept the authorization request: any other `error`.
    ProviderRejected(LogDetail),
}

impl CallbackRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::CodeDuplicate => &reason::CODE_DUPLICATE,
            Self::CodeMissing => &reason::CODE_MISSING,
            Self::IdTokenMissing => &reason::ID_TOKEN_MISSING,
            Self::IssuerMissing => &reason::ISSUER_MISSING,
            Self::IssuerMismatch(_) => &reason::ISSUER_MISMATCH,
            Self::ProviderDenied => &reason::PROVIDER_DENIED,
            Self::ProviderFailed(_) => &reason::PROVIDER_FAILED,
            Self::ProviderNeedsInteraction(_) => &reason::PROVIDER_NEEDS_INTERACTION,
            Self::ProviderRejected(_) => &reason::PROVIDER_REJECTED_REQUEST,
        }
    }

    /// RFC 6749 section 4.1.2.1 and OIDC Core section 3.1.2.6.
    pub(crate) fn of_error(error: &str) -> Self {
        let seen = LogDetail::other_text("error", Some(shown_code(error)), []);
        match error {
            "access_denied" => Self::ProviderDenied,
            "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
                Self::ProviderNeedsInteraction(seen)
            }
            "server_error" | "temporarily_unavailable" => Self::ProviderFailed(seen),
            _ => Self::ProviderRejected(seen),
        }
    }
}

/// An error code in the syntax of RFC 6749 and its extensions. Anything else may be invented by the client.
fn shown_code(error: &str) -> &str {
    let is_code = error.len() <= 40 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { error } else { "no code of OAuth" }
}

/// RFC 6749 appendix A.11: `1*VSCHAR`. Some providers fail with a server error on other characters, so a
/// client could make us report an outage.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The kinds of request for the callback.
pub enum Arrival {
    /// The response to an attempt of this browser.
    Exchange(Box<Exchange>),
    /// A response to no attempt that this browser can still finish: a bookmark, the back button, a missing
    /// cookie. [`RelyingParty::stray`] decides once it is known whether there is a session.
    Stray(Stray),
}

/// A code that can be redeemed.
pub struct Exchange {
    attempt: Attempt,
    attempt_cookie: String,
    redirect_uri: String,
    code: Secret,
    names_issuer: bool,
    restarts: u8,
    /// The session begins at this time or later.
    begins: Timestamp,
}

/// A token response with an unchecked ID token.
pub struct Redeemed {
    exchange: Exchange,
    tokens: TokenResponse,
    id_token: Secret,
}

/// A person who signed in.
pub struct SignedIn {
    exchange: Exchange,
    session: Session,
}

impl RelyingParty {
    /// Reads a request for the callback. It checks the state first, then `iss`, then `error`, and `code`
    /// last, so that a client without the attempt's cookie learns nothing and spends no code.
    ///
    /// # Errors
    ///
    /// The fault of the request. `attempt` cookies stay unless [`CallbackRefused::finished`] names one.
    pub fn arrival(&self, request: &Request, now: Timestamp) -> Result<Arrival, CallbackRefused> {
        let state = StateText::parse(&request.query_values("state")).map_err(CallbackRefused::early)?;
        let cookies = Cookies::parse(&request.headers);
        let sealed_for = (&*self.ring, self.configuration.redirect_uris.as_slice());
        let attempt = match Attempt::of_state(&state, &cookies, sealed_for, self.oldest_attempt(now)) {
            Ok(attempt) => attempt,
            Err(cause) if page_load::is_page_load(request) => {
                return Ok(Arrival::Stray(self.stray_of(&state, cause)));
            }
            // For an image or a script a redirect has no use.
            Err(cause) => return Err(CallbackRefused::early(cause)),
        };
        let redirect_uri = self
            .redirect_uri_answered(request, &attempt)
            .ok_or_else(|| CallbackRefused::early(AttemptRefusal::OtherRedirectUri))?;
        let attempt_cookie = CookieNames::attempt(state.text());
        let code = self.code(request).map_err(|refusal| CallbackRefused {
            refusal: refusal.into(),
            finished: Some(attempt_cookie.clone()),
        })?;
        let return_target = ReturnTarget::kept(attempt.return_target(), &self.configuration);
        let return_target = ReturnTarget::or_default(return_target, &self.configuration);
        Ok(Arrival::Exchange(Box::new(Exchange {
            attempt: attempt.returning_to(return_target),
            attempt_cookie,
            redirect_uri,
            code,
            names_issuer: !request.query_values("iss").is_empty(),
            restarts: state.restarts(&self.ring).unwrap_or(0),
            begins: self.sign_in_time(&cookies, now),
        })))
    }

    /// The `redirect_uri` that the token request has to repeat (RFC 6749 section 4.1.3); `None` if the
    /// response arrived at another one than was sent.
    fn redirect_uri_answered(&self, request: &Request, attempt: &Attempt) -> Option<String> {
        let configuration = &self.configuration;
        let address = |path: &str| configuration.public_url.join(path);
        let is_at_own_path =
            request.path == format!("{}{}", configuration.auth_prefix, Endpoint::Callback.path());
        let passed_on = self.application_callbacks().passed_on_from(request).filter(|_| is_at_own_path);
        let path = passed_on.unwrap_or(&request.path);
        let listed = || configuration.callback_paths.iter();
        // The provider redirects to the path below `auth_prefix` only if that is configured. Otherwise an
        // authorizer passed the response on.
        let arrived_at = listed().find(|listed| *listed == path).map(|path| address(path));
        match (attempt.redirect_uri(), arrived_at) {
            (Some(sent), Some(arrived)) => (sent == arrived).then_some(arrived),
            (Some(sent), None) => listed().map(|path| address(path)).find(|listed| listed == sent),
            (None, Some(arrived)) => Some(arrived),
            // The attempt began when there was only one address. An operator who replaces it keeps it as the
            // last one for a while.
            (None, None) => listed().last().map(|path| address(path)),
        }
    }

    fn code(&self, request: &Request) -> Result<Secret, CallbackRefusal> {
        let issuers = request.query_values("iss");
        let own = &self.configuration.issuers;
        if let Some(other) = issuers.iter().find(|issuer| !own.contains(issuer)) {
            let refusal = OtherIssuer::new(Some(other), own.iter().map(String::as_str));
            return Err(CallbackRefusal::IssuerMismatch(refusal));
        }
        if let Some(error) = request.query_values("error").first() {
            return Err(CallbackRefusal::of_error(error));
        }
        let mut codes = request.query_values("code");
        match (codes.pop(), codes.is_empty()) {
            (Some(code), true) if is_code(&code) => Ok(Secret::new(code)),
            (Some(_), false) => Err(CallbackRefusal::CodeDuplicate),
            (Some(_) | None, _) => Err(CallbackRefusal::CodeMissing),
        }
    }
}

/// A refusal of the callback, and the attempt that it ends.
pub struct CallbackRefused {
    /// The refusal.
    pub refusal: Refusal,
    /// The attempt cookie to expire.
    pub finished: Option<String>,
}

impl CallbackRefused {
    fn early(refusal: impl Into<Refusal>) -> Self {
        Self { refusal: refusal.into(), finished: None }
    }
}

impl Exchange {
    /// The name of the attempt's cookie, which is expired once the code is spent.
    pub fn attempt_cookie(&self) -> &str {
        &self.attempt_cookie
    }

    /// Checks that `iss` is present if the provider's metadata announce it. A present one has been compared
    /// already.
    ///
    /// # Errors
    ///
    /// [`CallbackRefusal::IssuerMissing`].
    pub const fn check_issuer(&self, provider_names_itself: bool) -> Result<(), CallbackRefusal> {
        if provider_names_itself && !self.names_issuer { Err(CallbackRefusal::IssuerMissing) } else { Ok(()) }
    }

    /// The page for which the attempt began.
    pub fn return_target(&self) -> &str {
        self.attempt.return_target()
    }

    /// The token request (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    pub fn token_request(
        &self,
        endpoint: &str,
        client: &ClientCredentials,
        arguments: &[(String, Secret)],
    ) -> ProviderRequest {
        token_endpoint::code_request(
            endpoint,
            client,
            arguments,
            self.code.expose(),
            &self.redirect_uri,
            &self.attempt.code_verifier(),
        )
    }

    /// Takes the response to the token request.
    ///
    /// # Errors
    ///
    /// The provider's refusal or malformed response.
    pub fn redeemed(self, response: &ProviderResponse) -> Result<Redeemed, Refusal> {
        let mut tokens = token_endpoint::read_code_response(response)?;
        let id_token = tokens.id_token.take().ok_or(CallbackRefusal::IdTokenMissing)?;
        Ok(Redeemed { exchange: self, tokens, id_token })
    }
}

impl Redeemed {
    /// The tokens that identify the user.
    pub fn issued(&self) -> Issued {
        Issued { id_token: self.id_token.clone(), access_token: self.tokens.access_token.clone() }
    }

    /// Checks the ID token (OIDC Core section 3.1.3.7) and builds the session.
    ///
    /// # Errors
    ///
    /// The first check that fails.
    pub fn signed_in(
        self,
        relying_party: &RelyingParty,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<SignedIn, Refusal> {
        let configuration = &relying_party.configuration;
        let verified = UnverifiedToken::parse(self.id_token.expose())
            .and_then(|token| token.verify(keys, &configuration.signing_algorithms))
            .map_err(Refusal::IdTokenUnverified)?;
        let nonce = self.exchange.attempt.nonce();
        let expectations = IdTokenExpectations {
            nonce: Some(&nonce),
            access_token: Some(self.tokens.access_token.expose()),
            ..IdTokenExpectations::of(&relying_party.configuration, now)
        };
        let id_token = id_token::check(verified, &expectations)?;
        let session = relying_party.new_session(id_token, self.tokens, self.id_token, now);
        let signed_in_at = self.exchange.begins.max(now);
        let session = Session { remembered: self.exchange.attempt.remembers(), signed_in_at, ..session };
        Ok(SignedIn { exchange: self.exchange, session })
    }
}

impl SignedIn {
    /// Adds the claims of the userinfo endpoint.
    ///
    /// # Errors
    ///
    /// The response is not about this person.
    pub fn with_user_info(
        self,
        relying_party: &RelyingParty,
        response: &ProviderResponse,
    ) -> Result<Self, Refusal> {
        Ok(Self { session: self.session.with_user_info(response, &relying_party.configuration)?, ..self })
    }

    /// Checks that the person authenticated as recently as `max_age` demands.
    ///
    /// # Errors
    ///
    /// [`IdTokenRefusal::AuthTimeTooOld`]; [`SignedIn::reauthentication`] lets them authenticate again.
    pub fn check_max_age(&self, configuration: &Configuration, now: Timestamp) -> Result<(), IdTokenRefusal> {
        let Some(max_age) = configuration.max_age else { return Ok(()) };
        let time = TimeWithLeeway { now, leeway: configuration.leeway };
        id_token::check_max_age(self.session.auth_time, max_age, time)
    }

    /// The name of the finished attempt's cookie.
    pub fn attempt_cookie(&self) -> &str {
        &self.exchange.attempt_cookie
    }

    /// The session to be saved.
    pub const fn session(&self) -> &Session {
        &self.session
    }
}

impl RelyingParty {
    fn new_session(&self, id_token: IdToken, tokens: TokenResponse, hint: Secret, now: Timestamp) -> Session {
        let configuration = &self.configuration;
        let expires_at = tokens.expires_in.map(|seconds| now.plus(seconds));
        let nonce = id_token.claims.get("nonce").and_then(|nonce| nonce.as_str()).map(str::to_owned);
        Session {
            username: id_token.username,
            email: id_token.email,
            groups: id_token.groups,
            scope: tokens.granted_scope(configuration, Some(configuration.scopes.join(" "))),
            claims: configuration.kept_claims(id_token.claims),
            access_token: (configuration.upstream.access_token_header != AccessTokenHeader::None)
                .then_some(tokens.access_token),
            access_token_expires_at: expires_at,
            refresh_token: tokens.refresh_token,
            id_token: configuration.keeps_id_token().then_some(hint),
            sid: id_token.sid,
            auth_time: id_token.auth_time,
            nonce,
            ..Session::bare(&configuration.one_form(&id_token.issuer), &id_token.subject, now)
        }
    }
}
