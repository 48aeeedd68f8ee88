//! Decides whether a user has to authenticate again, although the provider has just signed them in.

use super::SignedIn;
use crate::refusal::Refusal;
use crate::sign_in::SignIn;
use crate::token::id_token::IdTokenRefusal;

impl SignedIn {
    /// The same sign-in again, if `refusal` says that the user was signed out everywhere, or authenticated longer ago
    /// than `max_age` allows. The provider relied on a sign-in from before that, so it is told to ask for credentials
    /// (OIDC Core section 3.1.2.1, `prompt`). `None` if this sign-in has been restarted before.
    pub fn reauthentication(&self, refusal: &Refusal) -> Option<SignIn> {
        let exchange = &self.exchange;
        let helps =
            matches!(refusal, Refusal::Revocation(_) | Refusal::IdToken(IdTokenRefusal::AuthTimeTooOld));
        let may = helps && exchange.restarts == 0;
        may.then(|| SignIn {
            return_target: exchange.attempt.return_target().to_owned(),
            restarts: 1,
            client_arguments: vec![("prompt".to_owned(), "login".to_owned())],
            remember: exchange.attempt.remembers(),
        })
    }
}
