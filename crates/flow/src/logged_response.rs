//! Holds the response to a request together with the facts that are logged about it.

use relying_party::gate::front::Front;
use relying_party::http::request::Request;
use relying_party::http::response::Response;
use relying_party::refusal::Refusal;
use relying_party::relying_party::RelyingParty;

use crate::notes::Notes;

/// A response and the facts that are logged about it.
#[derive(Debug)]
pub struct LoggedResponse {
    /// The response.
    pub response: Response,
    /// The decision in a word or two.
    pub decision: &'static str,
    /// Why, when the request was refused or sent elsewhere.
    pub refusal: Option<Refusal>,
    /// A name for the session in the log, when there is a session.
    pub session_hash: Option<String>,
}

impl LoggedResponse {
    pub(crate) const fn of(decision: &'static str, response: Response) -> Self {
        Self { response, decision, refusal: None, session_hash: None }
    }

    /// The response to a refused request.
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

    /// Shortens the response to a size that `front` can carry.
    pub(crate) fn fitting(self, front: Front) -> Self {
        Self { response: self.response.fitting(front.max_head_bytes()), ..self }
    }

    /// Adds those of these `Set-Cookie` values that the response does not have yet.
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
