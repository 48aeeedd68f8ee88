//! Decides whether a request may pass. The authorizer and the proxy both call this.

use relying_party::gate::front::Front;
use relying_party::gate::{Admission, Credential, GateRefusal, Permit, Verdict};
use relying_party::http::request::Request;
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Fault;
use relying_party::session::refresh::goes_on_unrefreshed;
use relying_party::session::state::{SessionState, TokenState};
use relying_party::session::{Session, SessionRefusal};
use relying_party::time::Timestamp;

use crate::session::session_hash::session_hash;
use crate::session::{LoadedSession, StoredIn};
use crate::site::Site;

/// The verdict about a request, and the parts that the caller adds to the response and to the log line.
#[derive(Debug)]
pub struct Decision {
    /// Whether the request is forwarded, redirected or refused.
    pub verdict: Verdict,
    /// A name for the session in the log, when there is a session.
    pub session_hash: Option<String>,
    /// The cookies that the caller has to set on the response. Empty when the front cannot set cookies
    /// ([`Front::forwards`]).
    pub set_cookies: Vec<String>,
}

impl Site {
    /// Decides whether one request may pass.
    pub async fn authorize(&self, request: &Request, front: Front) -> Decision {
        let admission = match self.relying_party.admit(request, front) {
            Ok(admission) => admission,
            Err(refusal) => return Decision::without_session(Verdict::Refuse(refusal)),
        };
        match admission.credential {
            Credential::NotNeeded => {
                Decision::without_session(Verdict::Forward(Box::new(Permit::anonymous())))
            }
            Credential::Preflight => {
                let permit = Permit { preflight: true, ..Permit::anonymous() };
                Decision::without_session(Verdict::Forward(Box::new(permit)))
            }
            Credential::Bearer(token) => Decision::without_session(
                self.credentials.bearer_verdict(&admission, token).await.unwrap_or_else(Verdict::Refuse),
            ),
            Credential::LoadBalancer(presented) => Decision::without_session(
                self.credentials
                    .load_balancer_verdict(&admission, &presented)
                    .await
                    .unwrap_or_else(Verdict::Refuse),
            ),
            Credential::Session => {
                let decision = self.session_decision(&admission, front).await;
                // If the address is too long to be passed through `/login`, a front that forwards starts the
                // sign-in itself.
                if !front.forwards() {
                    let dropped_return_target = self.relying_party.dropped_return_target(&decision.verdict);
                    self.notes.note(dropped_return_target.map(str::to_owned));
                }
                decision
            }
        }
    }

    async fn session_decision(&self, admission: &Admission<'_>, front: Front) -> Decision {
        let relying_party = &self.relying_party;
        if !relying_party.configuration.auth_methods.session {
            return Decision::without_session(admission.without_session(GateRefusal::NoSession.into()));
        }
        let now = self.now();
        let (loaded, state) = match self.sessions.live_or_cached(&admission.cookies, now).await {
            Ok(live) => live,
            Err(refusal) => {
                let expired = match front {
                    Front::Proxy | Front::FunctionUrl | Front::LoadBalancer => {
                        relying_party.expire_unusable(&refusal, &admission.cookies)
                    }
                    Front::Rest | Front::WebSocket | Front::Other => Vec::new(),
                };
                return Decision::without_session(no_session(admission, refusal)).expiring(expired);
            }
        };
        let session_hash = Some(session_hash(&loaded.session));
        let usable = match loaded.stored_in {
            StoredIn::Cookie if !front.forwards() => without_set_cookie(admission, loaded.session, state),
            StoredIn::Cookie if state.token == TokenState::Fresh && !admission.page_load => {
                Ok(UsableSession::Session(Box::new(loaded.session), Vec::new()))
            }
            StoredIn::Cookie | StoredIn::Store(_) => {
                self.refreshed_or_usable(admission, loaded, state, now).await
            }
        };
        let decision = match usable {
            Ok(UsableSession::Session(session, set_cookies)) => {
                let verdict = permitted(admission.permit_session(*session));
                Decision { set_cookies, ..Decision::without_session(verdict) }
            }
            Ok(UsableSession::AfterRefresh) => {
                Decision::without_session(admission.to_refresh(GateRefusal::RenewalDue.into()))
            }
            Err(refusal) => {
                let expired = if front.forwards() {
                    relying_party.cookies_of_ended(&refusal, &admission.cookies, now)
                } else {
                    Vec::new()
                };
                Decision::without_session(no_session(admission, refusal)).expiring(expired)
            }
        };
        Decision { session_hash, ..decision }
    }

    /// Refreshes the session if that is due. If the refresh fails because the provider issues no tokens now,
    /// a session that still holds is used.
    async fn refreshed_or_usable(
        &self,
        admission: &Admission<'_>,
        loaded: LoadedSession,
        state: SessionState,
        now: Timestamp,
    ) -> Result<UsableSession, Refusal> {
        let fallback = (state.token == TokenState::Due { usable: true }).then(|| loaded.session.clone());
        match (self.sessions.refresh(loaded, state, &admission.cookies, now).await, fallback) {
            (Ok((session, set_cookies)), _) => Ok(UsableSession::Session(Box::new(session), set_cookies)),
            (Err(refusal), Some(session)) if goes_on_unrefreshed(&refusal) => {
                Ok(UsableSession::Session(Box::new(session), Vec::new()))
            }
            (Err(refusal), _) => Err(refusal),
        }
    }
}

impl Decision {
    /// A refusal before any credential was examined.
    pub const fn refused(refusal: Refusal) -> Self {
        Self::without_session(Verdict::Refuse(refusal))
    }

    /// A redirect before any credential was examined.
    pub const fn redirected(location: String, cause: Refusal) -> Self {
        Self::without_session(Verdict::Redirect { location, cause })
    }

    const fn without_session(verdict: Verdict) -> Self {
        Self { verdict, session_hash: None, set_cookies: Vec::new() }
    }

    /// Expires session cookies, unless the request is forwarded without a session. The upstream may take long, and the
    /// browser may have signed in meanwhile: its response would delete the new session.
    fn expiring(self, expired: Vec<String>) -> Self {
        let set_cookies = if matches!(self.verdict, Verdict::Forward(_)) { Vec::new() } else { expired };
        Self { set_cookies, ..self }
    }
}

/// Answers a request that has no usable session. If it is known that there is none, the browser is sent to
/// sign in. If it cannot be known, the request is refused as an outage; a sign-in could only loop.
fn no_session(admission: &Admission<'_>, refusal: Refusal) -> Verdict {
    match refusal.reason().fault {
        Fault::Client | Fault::Bug => admission.without_session(refusal),
        Fault::Provider | Fault::Configuration | Fault::Outage => Verdict::Refuse(refusal),
    }
}

fn permitted(permit: Result<Permit, Refusal>) -> Verdict {
    permit.map_or_else(Verdict::Refuse, |permit| Verdict::Forward(Box::new(permit)))
}

/// Handles a session cookie where no cookie can be set. A page load is redirected to an endpoint that can set
/// one. Any other request uses the access token while it is valid.
fn without_set_cookie(
    admission: &Admission<'_>,
    session: Session,
    state: SessionState,
) -> Result<UsableSession, Refusal> {
    let due = state.renewal_due || state.token != TokenState::Fresh;
    match state.token {
        _ if due && admission.page_load => Ok(UsableSession::AfterRefresh),
        TokenState::Due { usable: false } => Err(SessionRefusal::AccessTokenExpired.into()),
        TokenState::Due { usable: true } | TokenState::Fresh => {
            Ok(UsableSession::Session(Box::new(session), Vec::new()))
        }
    }
}

/// The session with which a request can go on.
enum UsableSession {
    /// The session, and the `Set-Cookie` values that store its present state.
    Session(Box<Session>, Vec<String>),
    /// The browser has to be sent to an endpoint that can set cookies first.
    AfterRefresh,
}
