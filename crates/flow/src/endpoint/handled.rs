//! Holds the answer to a request with all that the log is told about it.

use relying_party::gate::front::Front;
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;

use crate::notes::Notes;

/// An answer and what the log is told.
#[derive(Debug)]
pub struct Handled {
    /// The answer.
    pub response: Response,
    /// The decision in a word or two.
    pub decision: &'static str,
    /// Why, when the request was refused or sent elsewhere.
    pub refusal: Option<Refusal>,
    /// A name for the session, when there is one.
    pub session_hash: Option<String>,
}

impl Handled {
    pub(crate) const fn of(decision: &'static str, response: Response) -> Self {
        Self { response, decision, refusal: None, session_hash: None }
    }

    /// The answer to a request that is refused.
    pub(crate) fn refused(
        relying_party: &RelyingParty,
        notes: &Notes,
        request: &Request,
        refusal: Refusal,
    ) -> Self {
        notes.note_outdated(&refusal);
        Self::of("refuse", relying_party.refused(request, &refusal, None)).because(refusal)
    }

    pub(crate) fn because(mut self, refusal: impl Into<Refusal>) -> Self {
        self.refusal = Some(refusal.into());
        self
    }

    pub(crate) fn named(mut self, session_hash: String) -> Self {
        self.session_hash = Some(session_hash);
        self
    }

    /// The same, short enough for `front` to carry.
    pub(crate) fn fitting(self, front: Front) -> Self {
        Self { response: self.response.fitting(front.max_head_bytes()), ..self }
    }

    /// The same with those of these `Set-Cookie` values that it does not have.
    pub(crate) fn also_setting(mut self, set_cookies: Vec<String>) -> Self {
        let has = |cookie: &String| self.response.set_cookies.contains(cookie);
        let further: Vec<String> = set_cookies.into_iter().filter(|cookie| !has(cookie)).collect();
        self.response.set_cookies.extend(further);
        self
    }

    pub(crate) fn cookies(mut self, set_cookies: impl IntoIterator<Item = String>) -> Self {
        self.response.set_cookies.extend(set_cookies);
        self
    }
}
