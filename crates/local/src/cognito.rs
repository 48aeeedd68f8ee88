//! Stands in for an Amazon Cognito user pool, for loopback only.
//!
//! It does what AWS documents for a user pool as an OpenID provider with managed login, keeps everything in
//! memory and signs with public development keys. Where AWS documents nothing, it takes the stricter reading,
//! so that a client that works here does not rely on leniency there.
//!
//! [`StandIn::router`] serves everything in process; [`StandIn::serve`] serves it on a socket. `/_local/` has
//! the mailbox page and the controls that tests use over HTTP.

mod authorization_request;
mod authorize;
mod client_authentication;
mod controls;
mod directory;
mod discovery;
mod fault;
mod forgot_password;
mod keys;
mod logout;
mod mint;
pub(crate) mod options;
mod page;
mod parameters;
mod revoke;
mod sign_in;
mod sign_up;
mod state;
mod token;
mod tokens;
mod user_info;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;

pub use self::fault::{Endpoint, Fault, Planned};
pub use self::keys::KeyFault;
pub use self::mint::{Issued, MintKey, TokenUse};
pub use self::options::{AppClient, Clock, Entropy, IssuerForm, Mail, Mailer, NewUser, Options};

use self::directory::{Password, User};
use self::state::State;

/// The stand-in. Clones share all state.
#[derive(Clone)]
pub struct StandIn {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    state: Mutex<State>,
}

impl StandIn {
    /// A stand-in with the fixed development keys.
    ///
    /// # Errors
    /// [`KeyFault`] if the committed keys cannot be read.
    pub fn new(options: Options) -> Result<Self, KeyFault> {
        let state = Mutex::new(State::new(options.issuer_form)?);
        let users = options.users.clone();
        let stand_in = Self { inner: Arc::new(Inner { options, state }) };
        for user in users {
            stand_in.add_user(user);
        }
        Ok(stand_in)
    }

    /// Returns the router with every endpoint and page.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/oauth2/authorize", get(authorize::answer))
            .route("/oauth2/token", post(token::answer))
            .route("/oauth2/userInfo", get(user_info::answer))
            .route("/oauth2/revoke", post(revoke::answer))
            .route("/login", get(sign_in::show).post(sign_in::submit))
            .route("/signup", get(sign_up::show).post(sign_up::submit))
            .route("/confirmUser", get(sign_up::show_confirm).post(sign_up::submit_confirm))
            .route("/forgotPassword", get(forgot_password::show).post(forgot_password::submit))
            .route(
                "/confirmForgotPassword",
                get(forgot_password::show_confirm).post(forgot_password::submit_confirm),
            )
            .route("/logout", get(logout::answer))
            .route("/{pool}/.well-known/openid-configuration", get(discovery::original))
            .route("/{pool}/.well-known/jwks.json", get(discovery::keys))
            .route("/issuer-cognito-idp/{pool}/.well-known/openid-configuration", get(discovery::updated))
            .route("/issuer-cognito-idp/{pool}/.well-known/jwks.json", get(discovery::keys))
            .route("/", get(controls::start))
            .route("/_local/mailbox", get(controls::mailbox))
            .route("/_local/counters", get(controls::counters))
            .route(
                "/_local/faults",
                get(controls::faults).post(controls::add_fault).delete(controls::clear_faults),
            )
            .route("/_local/keys", post(controls::keys))
            .route("/_local/users", post(controls::user))
            .fallback(page::not_found)
            .layer(axum::middleware::from_fn_with_state(self.clone(), fault::middleware))
            .with_state(self.clone())
    }

    /// Serves on the listener until `shutdown` completes.
    ///
    /// # Errors
    /// Only errors that the listener itself reports.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        crate::socket::serve(self.router(), true, listener, shutdown).await
    }

    /// The options that the stand-in was built from.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// The issuer of new tokens.
    pub fn issuer(&self) -> String {
        self.options().issuer(self.state().issuer_form)
    }

    /// The published keys, as the JWKS endpoint returns them.
    pub fn key_set(&self) -> serde_json::Value {
        self.state().keys.jwks()
    }

    /// Signs with two new keys; the old public keys stay published.
    ///
    /// # Errors
    /// [`KeyFault`] if no key could be made.
    pub fn rotate_keys(&self) -> Result<(), KeyFault> {
        self.state().keys.rotate()
    }

    /// Removes the old public keys from the JWKS.
    pub fn drop_old_keys(&self) {
        self.state().keys.drop_old();
    }

    /// Plans a fault for every later request. Further faults for the same endpoint come after it.
    pub fn set_fault(&self, endpoint: Endpoint, fault: Fault) {
        self.plan(Planned { endpoint, fault, times: None });
    }

    /// Removes every planned fault.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The number of requests to the endpoint.
    pub fn requests(&self, endpoint: Endpoint) -> u64 {
        self.state().counters.get(&endpoint).copied().unwrap_or(0)
    }

    /// Resets the request counters.
    pub fn reset_requests(&self) {
        self.state().counters.clear();
    }

    /// Every message sent, oldest first; only the latest 100 are kept.
    pub fn mailbox(&self) -> Vec<Mail> {
        self.state().mails.iter().cloned().collect()
    }

    /// Adds a confirmed user with a verified address and returns its `sub`. A user with that address is
    /// replaced.
    pub fn add_user(&self, user: NewUser) -> String {
        let sub = user.sub.unwrap_or_else(|| self.uuid());
        let password = Password::new(&user.password, self.random());
        let mut state = self.state();
        state.directory.remove(&user.email);
        state.directory.add(User {
            sub: sub.clone(),
            email: user.email,
            email_verified: true,
            given_name: user.given_name,
            family_name: user.family_name,
            groups: user.groups,
            enabled: true,
            confirmed: true,
            password,
            sign_up_code: None,
            reset_code: None,
        });
        sub
    }

    /// Sets whether the address counts as verified. Returns false if there is no such user.
    pub fn set_email_verified(&self, email: &str, verified: bool) -> bool {
        self.change(email, |user| user.email_verified = verified)
    }

    /// Sets the groups of a user; tokens issued before keep the old groups. Returns false if there is no such
    /// user.
    pub fn set_groups(&self, email: &str, groups: &[&str]) -> bool {
        self.change(email, |user| user.groups = groups.iter().map(|&group| group.to_owned()).collect())
    }

    /// Revokes every refresh token of a user, as AdminUserGlobalSignOut does; the pool session stays.
    /// Returns false if there is no such user.
    pub fn sign_out_everywhere(&self, email: &str) -> bool {
        let mut state = self.state();
        let Some(sub) = state.directory.by_email(email).map(|user| user.sub.clone()) else {
            return false;
        };
        state.revoke_all(&sub);
        true
    }

    fn change(&self, email: &str, change: impl FnOnce(&mut User)) -> bool {
        let mut state = self.state();
        let user = state.directory.by_email(email);
        let found = user.is_some();
        user.map(change);
        found
    }
}
