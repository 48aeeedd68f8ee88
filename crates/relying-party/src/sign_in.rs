//! Starts sign-in: redirects to the provider's authorization endpoint (RFC 6749 section 4.1.1).

pub mod attempt;
pub mod callback;
pub mod loop_guard;
pub mod return_target;
pub mod state;

use http::StatusCode;
use url::Url;
use url::form_urlencoded::Serializer;

use crate::configuration::Configuration;
use crate::gate::front::Front;
use crate::http::cookie::Cookies;
use crate::http::page_load;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::refusal::Refusal;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;
use crate::sign_in::attempt::{Attempt, AttemptCookie, CookieBudget, MAX_INLINE_RETURN_TARGET_BYTES};
use crate::sign_in::return_target::{
    ADDRESS_DOES_NOT_FIT, ADDRESS_TOO_LONG, ReturnTarget, ReturnTargetRefusal,
};
use crate::sign_in::state::StateText;
use crate::time::Timestamp;

/// The random bytes for one sign-in attempt.
pub struct SignInEntropy {
    /// The seed of state, nonce and code verifier.
    pub seed: [u8; 32],
    /// The nonce with which the attempt is sealed.
    pub nonce: [u8; 24],
    /// The nonce with which a return target with its own cookie is sealed.
    pub return_target_nonce: [u8; 24],
}

/// Why sign-in is not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// The authorization endpoint is not a URL.
    AuthorizationEndpoint,
    /// The browser has already come back from sign-in without cookies.
    CookiesRefused,
    /// `authorization_code` is not among `auth_methods`.
    NotAccepted,
    /// The request is not a page load. Only those are sent to the provider.
    NotAPageLoad,
}

impl SignInRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::AuthorizationEndpoint => &reason::ENDPOINT_UNUSABLE,
            Self::CookiesRefused => &reason::COOKIES_REFUSED,
            Self::NotAccepted => &reason::SIGN_IN_NOT_ACCEPTED,
            Self::NotAPageLoad => &reason::SIGN_IN_NOT_A_PAGE_LOAD,
        }
    }
}

/// The parameters of a redirect to the provider.
pub struct SignIn {
    /// The absolute URL to which the browser returns at the end.
    pub return_target: String,
    /// How often this sign-in was restarted because its cookie was missing.
    pub restarts: u8,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// The arguments that the client passed and may pass.
    pub client_arguments: Vec<(String, String)>,
}

impl SignIn {
    /// A sign-in without a link to `/login`: it has no arguments and no choice about being remembered.
    pub fn unasked(return_target: String, configuration: &Configuration) -> Self {
        let remember = configuration.session.remember.covers_unasked();
        Self { return_target, restarts: 0, remember, client_arguments: Vec::new() }
    }
}

/// The redirect to the provider.
pub struct ProviderRedirect {
    /// The response, with the attempt's cookies.
    pub response: Response,
    /// For the log: why sign-in will not end at the requested page.
    pub dropped_return_target: Option<&'static str>,
}

/// The allowance for the request line of an authorization response: the path, `code`, `state` and the
/// provider's additions.
const CALLBACK_LINE_BYTES: usize = 2_048;

/// The most bytes that a client's arguments add to the address at the provider. With it and the cookies of an
/// attempt the response stays below the 10,240 bytes that API Gateway carries.
const MAX_CLIENT_ARGUMENTS_BYTES: usize = 2_048;

impl RelyingParty {
    /// Reads a request for `/oauth2/login`.
    ///
    /// # Errors
    ///
    /// [`SignInRefusal`].
    pub fn sign_in(&self, request: &Request, front: Front) -> Result<SignIn, Refusal> {
        if !self.configuration.auth_methods.authorization_code {
            return Err(SignInRefusal::NotAccepted.into());
        }
        if !page_load::is_page_load(request) {
            return Err(SignInRefusal::NotAPageLoad.into());
        }
        Ok(SignIn {
            return_target: ReturnTarget::or_default(
                ReturnTarget::requested(request, front, &self.configuration),
                &self.configuration,
            ),
            restarts: 0,
            remember: self.configuration.session.remember.covers(request),
            client_arguments: client_arguments(&self.configuration.authorization_query_args_client, request),
        })
    }

    /// A sign-in that starts and ends at the page of `request`; and for the log, why it ends elsewhere.
    pub fn sign_in_from(&self, request: &Request, front: Front) -> (SignIn, Option<&'static str>) {
        let target = ReturnTarget::of_page(request, front, &self.configuration);
        let dropped_return_target = (target == Err(ReturnTargetRefusal::TooLong)).then_some(ADDRESS_TOO_LONG);
        let return_target = ReturnTarget::or_default(target, &self.configuration);
        (SignIn::unasked(return_target, &self.configuration), dropped_return_target)
    }

    /// Begins an attempt: builds the redirect and the attempt's cookie, and makes room for it. A return
    /// target that is too long for the attempt's cookie gets its own cookies, if the browser and `front` can
    /// carry them in this response, the next requests and the authorization response.
    ///
    /// # Errors
    ///
    /// [`SignInRefusal::AuthorizationEndpoint`].
    pub fn redirect_to_provider(
        &self,
        sign_in: SignIn,
        (request, front): (&Request, Front),
        authorization_endpoint: &str,
        entropy: &SignInEntropy,
        now: Timestamp,
    ) -> Result<ProviderRedirect, Refusal> {
        let SignIn { return_target, restarts, remember, client_arguments } = sign_in;
        let is_long = return_target.len() > MAX_INLINE_RETURN_TARGET_BYTES;
        let (inline, long) = if is_long {
            (self.configuration.login_redirect_uri.clone(), Some(return_target))
        } else {
            (return_target, None)
        };
        let several = self.configuration.redirect_uris.len() > 1;
        let redirect_uri = several.then(|| self.configuration.redirect_uri.clone());
        let attempt =
            Attempt::begin(entropy.seed, now, inline).remembering(remember).with_redirect_uri(redirect_uri);
        let state = attempt.state(restarts, &self.ring);
        let location = authorization_url(
            &self.configuration,
            authorization_endpoint,
            &attempt,
            &state,
            &client_arguments,
        )?;
        let lifetime = self.configuration.authorization_rolling_timeout;
        let cookie = attempt.set_cookie(&state, &self.ring, entropy.nonce, lifetime);
        let cookies = Cookies::parse(&request.headers);
        if let Some(target) = &long {
            let sealing = (&*self.ring, entropy.return_target_nonce, lifetime);
            let cookie = cookie.clone().keeping(target, &attempt, &state, sealing);
            let most = front.max_head_bytes();
            let budget =
                CookieBudget::left_by(&request.headers, &self.cookie_names, CALLBACK_LINE_BYTES, most);
            let response = self.with_attempt(location.clone(), &cookie, &cookies, budget, now);
            if budget.fits(&cookie, &cookies, &self.cookie_names) && response.head_bytes() <= most {
                return Ok(ProviderRedirect { response, dropped_return_target: None });
            }
        }
        let response = self.with_attempt(location, &cookie, &cookies, CookieBudget::WHOLE, now);
        Ok(ProviderRedirect { response, dropped_return_target: long.map(|_| ADDRESS_DOES_NOT_FIT) })
    }

    fn with_attempt(
        &self,
        location: String,
        cookie: &AttemptCookie,
        cookies: &Cookies<'_>,
        budget: CookieBudget,
        now: Timestamp,
    ) -> Response {
        let oldest = self.oldest_attempt(now);
        let evicted = attempt::evict(cookies, &self.ring, &self.cookie_names, cookie, oldest, budget);
        Response::redirect(StatusCode::FOUND, location).cookies(evicted).cookies(cookie.set_cookies.clone())
    }

    /// Attempts that began before this time can no longer be finished.
    pub(crate) const fn oldest_attempt(&self, now: Timestamp) -> Timestamp {
        now.plus(-self.configuration.authorization_rolling_timeout)
    }
}

/// OIDC Core section 3.1.2.1 and RFC 7636 section 4.3. Our own arguments are added last, and always.
fn authorization_url(
    configuration: &Configuration,
    endpoint: &str,
    attempt: &Attempt,
    state: &StateText,
    client_arguments: &[(String, String)],
) -> Result<String, Refusal> {
    let mut url = Url::parse(endpoint).map_err(|_| SignInRefusal::AuthorizationEndpoint)?;
    let asked = |name: &str| client_arguments.iter().any(|(asked, _)| asked == name);
    let mut query = url.query_pairs_mut();
    query.extend_pairs(configuration.authorization_query_args.iter().filter(|(name, _)| !asked(name)));
    query.extend_pairs(client_arguments);
    if let Some(max_age) = configuration.max_age {
        query.append_pair("max_age", &max_age.to_string());
    }
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &configuration.client.id)
        .append_pair("redirect_uri", &configuration.redirect_uri)
        .append_pair("scope", &configuration.scopes.join(" "))
        .append_pair("state", state.text())
        .append_pair("nonce", &attempt.nonce())
        .append_pair("code_challenge", &attempt.code_challenge())
        .append_pair("code_challenge_method", "S256");
    drop(query);
    Ok(url.into())
}

/// Another site must not influence how our user signs in, so arguments in its links are ignored. Those that
/// do not fit are left out.
fn client_arguments(allowed: &[String], request: &Request) -> Vec<(String, String)> {
    if page_load::may_be_cross_site(&request.headers) {
        return Vec::new();
    }
    let mut left = MAX_CLIENT_ARGUMENTS_BYTES;
    let fits = |(name, value): &(String, String)| {
        let bytes = Serializer::new(String::new()).append_pair(name, value).finish().len();
        let fits = bytes <= left;
        left -= if fits { bytes } else { 0 };
        fits
    };
    allowed
        .iter()
        .filter_map(|name| match request.query_values(name).as_slice() {
            [value] => Some((name.clone(), value.clone())),
            _ => None,
        })
        .filter(fits)
        .collect()
}
