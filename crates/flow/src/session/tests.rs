#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use relying_party::http::request::Headers;
use relying_party::provider::call::ProviderFault;
use relying_party::secret::Secret;
use relying_party::session::refresh_policy::RefreshRefusal;
use serde_json::{Value, json};

use super::*;
use crate::session::memory_store::MemoryStore;
use crate::test_ports::{
    FakeClock, FakeEntropy, FakeProvider, ISSUER, NOW, NoEntropy, client, relying_party,
};

/// Sessions with ports that the test controls.
struct Setting {
    clock: Arc<FakeClock>,
    provider: Arc<FakeProvider>,
    store: Option<Arc<dyn SessionStore>>,
    relying_party: Arc<RelyingParty>,
}

impl Setting {
    fn new(storage: &str, settings: &Value) -> Self {
        let mut settings = settings.clone();
        settings.as_object_mut().unwrap().insert("session_storage".to_owned(), json!(storage));
        let store = (storage == "memory").then(|| Arc::<MemoryStore>::default() as Arc<dyn SessionStore>);
        Self {
            clock: Arc::default(),
            provider: Arc::default(),
            store,
            relying_party: relying_party(&settings),
        }
    }

    /// Another process with the same ports.
    fn sessions(&self) -> Sessions {
        self.sessions_with(Arc::<FakeEntropy>::default())
    }

    fn sessions_with(&self, entropy: Arc<dyn Entropy>) -> Sessions {
        Sessions::new(
            Arc::clone(&self.relying_party),
            Arc::default(),
            Arc::new(client(&self.relying_party, &self.provider, None)),
            Arc::<FakeClock>::clone(&self.clock),
            entropy,
            self.store.clone(),
        )
    }

    /// The request of a browser with this cookie value.
    fn headers(&self, cookie_value: &str) -> Headers {
        let name = self.relying_party.cookie_names.session();
        Headers::new(vec![("cookie".to_owned(), format!("{name}={cookie_value}"))])
    }
}

/// A session that began now, with an access token for five minutes.
fn session() -> Session {
    Session {
        access_token_expires_at: Some(NOW.plus(300)),
        refresh_token: Some(Secret::new("refresh-1")),
        ..Session::bare(ISSUER, "ada", NOW)
    }
}

fn tokens() -> Value {
    json!({"access_token": "access-2", "token_type": "Bearer", "expires_in": 300, "refresh_token": "refresh-2"})
}

async fn refreshed(sessions: &Sessions, headers: &Headers, now: Timestamp) -> Result<Session, Refusal> {
    let cookies = Cookies::parse(headers);
    let (loaded, state) = sessions.live(&cookies, now).await?;
    Ok(sessions.refresh(loaded, state, &cookies, now).await?.0)
}

#[tokio::test]
async fn a_saved_session_is_found_until_it_is_deleted() {
    for storage in ["memory", "cookie"] {
        let setting = Setting::new(storage, &json!({}));
        let sessions = setting.sessions();
        let headers = setting.headers(&sessions.save(&session()).await.unwrap());
        let cookies = Cookies::parse(&headers);
        let loaded = setting.sessions().load(&cookies).await.unwrap().unwrap();
        assert_eq!(loaded.session.subject, "ada", "{storage}");
        sessions.delete(&cookies).await.unwrap();
        let found = sessions.load(&cookies).await.map(|loaded| loaded.is_some());
        // A copied cookie that contains the session is still valid after the deletion.
        let expected = if storage == "memory" { Err(Refusal::SessionNotStored) } else { Ok(true) };
        assert_eq!(found, expected, "{storage}");
        assert!(sessions.load(&Cookies::parse(&Headers::default())).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn without_randomness_no_session_is_saved() {
    for storage in ["memory", "cookie"] {
        let sessions = Setting::new(storage, &json!({})).sessions_with(Arc::new(NoEntropy));
        assert_eq!(sessions.save(&session()).await, Err(Refusal::EntropyUnavailable), "{storage}");
    }
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_goes_on_in_memory_for_the_configured_seconds() {
    let setting = Setting::new("memory", &json!({"session_cache_seconds": "10"}));
    let (here, elsewhere) = (setting.sessions(), setting.sessions());
    let headers = setting.headers(&here.save(&session()).await.unwrap());
    let cookies = Cookies::parse(&headers);
    here.live(&cookies, NOW).await.unwrap();
    elsewhere.delete(&cookies).await.unwrap();
    for (seconds, goes_on) in [(0, true), (9, true), (1, false)] {
        setting.clock.advance(seconds);
        let now = setting.clock.now();
        assert_eq!(here.live_or_cached(&cookies, now).await.is_ok(), goes_on, "{now:?}");
    }
    assert!(elsewhere.live(&cookies, setting.clock.now()).await.is_err());
}

#[tokio::test]
async fn a_revocation_ends_what_began_before_it_and_nothing_later() {
    let setting = Setting::new("memory", &json!({}));
    let sessions = setting.sessions();
    let ada = Indexed::User { issuer: ISSUER, subject: "ada" };
    sessions.write_revocation(sessions.store().unwrap(), ada, NOW).await.unwrap();
    for (subject, signed_in_at, holds) in
        [("ada", NOW, false), ("ada", NOW.plus(1), true), ("ben", NOW, true)]
    {
        let session = Session { subject: subject.to_owned(), signed_in_at, ..session() };
        assert_eq!(sessions.check_not_revoked(&session).await.is_ok(), holds, "{subject} {signed_in_at:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_due_costs_no_request() {
    for storage in ["memory", "cookie"] {
        let setting = Setting::new(storage, &json!({}));
        let sessions = setting.sessions();
        let headers = setting.headers(&sessions.save(&session()).await.unwrap());
        refreshed(&sessions, &headers, NOW).await.unwrap();
        assert!(setting.provider.took_asked().is_empty(), "{storage}");
    }
}

#[tokio::test]
async fn one_of_two_processes_refreshes_and_the_other_takes_its_result() {
    let setting = Setting::new("memory", &json!({}));
    let (one, other) = (setting.sessions(), setting.sessions());
    let headers = setting.headers(&one.save(&session()).await.unwrap());
    setting.provider.answer("/token", 200, &tokens());
    setting.clock.advance(301);
    let now = setting.clock.now();
    let (first, second) = tokio::join!(refreshed(&one, &headers, now), refreshed(&other, &headers, now));
    for session in [first.unwrap(), second.unwrap()] {
        assert_eq!(session.refresh_token.unwrap().expose(), "refresh-2");
    }
    assert_eq!(setting.provider.took_asked(), ["/token"]);
}

#[tokio::test]
async fn a_refusal_of_the_provider_ends_a_stored_session_and_its_outage_does_not() {
    let refused = Refusal::from(RefreshRefusal::Refused);
    let down = Refusal::from(ProviderFault::NotSent);
    for (invalid, expected, stays) in [(true, refused, false), (false, down, true)] {
        let setting = Setting::new("memory", &json!({}));
        let sessions = setting.sessions();
        let headers = setting.headers(&sessions.save(&session()).await.unwrap());
        if invalid {
            setting.provider.answer("/token", 400, &json!({"error": "invalid_grant"}));
        } else {
            setting.provider.fail("/token", ProviderFault::NotSent);
        }
        setting.clock.advance(301);
        assert_eq!(refreshed(&sessions, &headers, setting.clock.now()).await.unwrap_err(), expected);
        assert_eq!(sessions.load(&Cookies::parse(&headers)).await.is_ok(), stays, "{expected:?}");
    }
}
