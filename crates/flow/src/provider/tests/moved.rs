//! Tests that moved endpoints are followed, without asking the provider for them too often.

use relying_party::token::jwks::SOFT_LIFETIME_SECONDS;

use super::*;

/// A client that discovers all endpoints, with the ports that a test controls.
struct Scene {
    provider: Arc<FakeProvider>,
    clock: Arc<FakeClock>,
    client: ProviderClient,
}

impl Scene {
    fn new(settings: &Value) -> Self {
        let provider = Arc::<FakeProvider>::default();
        let clock = Arc::<FakeClock>::default();
        let asking = client(&relying_party(settings), &provider, None);
        let client = ProviderClient { clock: Arc::<FakeClock>::clone(&clock), ..asking };
        provider.answer(METADATA, 200, &metadata());
        Self { provider, clock, client }
    }

    /// A client that has read the metadata longer ago than the cool-down.
    async fn settled(settings: &Value) -> Self {
        let scene = Self::new(settings);
        scene.client.token_endpoint().await.unwrap();
        scene.provider.took_asked();
        scene.clock.advance(60);
        scene
    }

    async fn redeem(&self) -> Result<u16, Refusal> {
        let endpoint = self.client.token_endpoint().await?;
        let client = self.client.client().await?;
        let request =
            |client: &_| token_endpoint::code_request(&endpoint, client, &[], "code", "uri", "verifier");
        Ok(self.client.call_as(&client, request).await?.status)
    }

    async fn has_key(&self, kid: &str) -> bool {
        let token = invented(kid);
        let token = UnverifiedToken::parse(token.id_token.expose()).unwrap();
        self.client.own_keys(token, TokenSource::Client).await.is_ok_and(|keys| keys.has(kid))
    }
}

fn moved(member: &str, path: &str) -> Value {
    let mut moved = metadata();
    moved.as_object_mut().unwrap().insert(member.to_owned(), json!(format!("{ISSUER}{path}")));
    moved
}

fn key(kid: &str) -> Value {
    let mut keys = keys();
    keys.pointer_mut("/keys/0").unwrap().as_object_mut().unwrap().insert("kid".to_owned(), json!(kid));
    keys
}

#[tokio::test]
async fn metadata_that_cannot_be_had_are_asked_for_three_times_in_a_cool_down_and_then_kept() {
    let Scene { provider, clock, client: asking } = Scene::new(&discovering());
    provider.fail(METADATA, ProviderFault::TimedOut);
    for _ in 0..30 {
        assert_eq!(asking.token_endpoint().await, Err(Refusal::from(ProviderFault::TimedOut)));
    }
    assert_eq!(provider.took_asked(), [METADATA; 3]);
    clock.advance(10);
    provider.answer(METADATA, 200, &metadata());
    let settings = relying_party(&discovering());
    for client in [&asking, &client(&settings, &provider, None).with_fetched(&asking)] {
        assert_eq!(client.token_endpoint().await.unwrap(), format!("{ISSUER}/found/token"));
        assert_eq!(client.authorization_endpoint().await.unwrap(), format!("{ISSUER}/found/authorize"));
    }
    assert_eq!(provider.took_asked(), [METADATA]);
}

#[tokio::test]
async fn every_endpoint_is_followed_after_an_hour() {
    let scene = Scene::settled(&discovering()).await;
    let new = json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/new/authorize"),
        "token_endpoint": format!("{ISSUER}/new/token"),
        "jwks_uri": format!("{ISSUER}/new/keys"),
        "end_session_endpoint": format!("{ISSUER}/new/logout"),
        "authorization_response_iss_parameter_supported": true,
    });
    scene.provider.answer(METADATA, 200, &new);
    scene.clock.advance(SOFT_LIFETIME_SECONDS - 61);
    assert_eq!(scene.client.token_endpoint().await.unwrap(), format!("{ISSUER}/found/token"));
    assert_eq!(scene.provider.took_asked(), [""; 0]);
    scene.clock.advance(1);
    let client = &scene.client;
    assert_eq!(client.authorization_endpoint().await.unwrap(), format!("{ISSUER}/new/authorize"));
    assert_eq!(client.token_endpoint().await.unwrap(), format!("{ISSUER}/new/token"));
    assert_eq!(client.jwks_endpoint().await.unwrap(), format!("{ISSUER}/new/keys"));
    assert_eq!(client.end_session_endpoint().await.unwrap(), Some(format!("{ISSUER}/new/logout")));
    assert_eq!(client.revocation_endpoint().await.unwrap(), None);
    assert!(client.announces_iss().await);
    assert_eq!(scene.provider.took_asked(), [METADATA]);
}

#[tokio::test]
async fn faulty_new_metadata_are_not_taken_over_and_the_log_says_why() {
    let without_keys = {
        let mut document = metadata();
        document.as_object_mut().unwrap().remove("jwks_uri");
        document
    };
    let mut of_another = moved("token_endpoint", "/stolen");
    of_another.as_object_mut().unwrap().insert("issuer".to_owned(), json!("https://attacker.example"));
    let mut plain = metadata();
    plain
        .as_object_mut()
        .unwrap()
        .insert("token_endpoint".to_owned(), json!("http://login.example.com/token"));
    for (status, document, code) in [
        (200, of_another, "discovery_issuer_mismatch"),
        (200, without_keys, "discovery_endpoint"),
        (200, plain, "discovery_endpoint"),
        (200, json!([]), "discovery_malformed"),
        (404, metadata(), "discovery_unavailable"),
        (500, metadata(), "discovery_unavailable"),
    ] {
        let scene = Scene::settled(&discovering()).await;
        scene.provider.answer(METADATA, status, &document);
        scene.clock.advance(SOFT_LIFETIME_SECONDS);
        for _ in 0..3 {
            assert_eq!(scene.client.token_endpoint().await.unwrap(), format!("{ISSUER}/found/token"));
        }
        assert_eq!(scene.provider.took_asked(), [METADATA], "{code}");
        let note = scene.client.notes.take_notes().unwrap();
        assert!(scene.client.notes.take_warning() && note.contains(code), "{note}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_is_gone_is_looked_for_at_once() {
    type Answer = Result<u16, ProviderFault>;
    let gone: [Answer; 5] =
        [Ok(404), Ok(405), Ok(410), Err(ProviderFault::NotSent), Err(ProviderFault::Redirected)];
    for answer in gone {
        let scene = Scene::settled(&discovering()).await;
        match answer {
            Ok(status) => scene.provider.answer("/found/token", status, &json!({})),
            Err(fault) => scene.provider.fail("/found/token", fault),
        }
        scene.provider.answer("/new", 200, &json!({}));
        scene.provider.answer(METADATA, 200, &moved("token_endpoint", "/new"));
        assert_eq!(scene.redeem().await, Ok(200), "{answer:?}");
        assert_eq!(scene.provider.took_asked(), ["/found/token", METADATA, "/new"]);
        assert_eq!(scene.redeem().await, Ok(200));
        assert_eq!(scene.provider.took_asked(), ["/new"]);
    }
}

#[tokio::test]
async fn a_token_request_that_may_have_been_acted_on_is_not_sent_again() {
    for answer in
        [Ok(400), Ok(401), Ok(403), Ok(500), Err(ProviderFault::TimedOut), Err(ProviderFault::Broken)]
    {
        let scene = Scene::settled(&discovering()).await;
        scene.provider.answer(METADATA, 200, &moved("token_endpoint", "/new"));
        match answer {
            Ok(status) => scene.provider.answer("/found/token", status, &json!({})),
            Err(fault) => scene.provider.fail("/found/token", fault),
        }
        drop(scene.redeem().await);
        assert_eq!(scene.provider.took_asked(), ["/found/token"], "{answer:?}");
        // After an endpoint that did not answer, the next request looks for the new one.
        let next = if answer.is_err() { "/new" } else { "/found/token" };
        assert_eq!(scene.client.token_endpoint().await.unwrap(), format!("{ISSUER}{next}"), "{answer:?}");
    }
}

#[tokio::test]
async fn codes_that_the_provider_answers_with_404_read_the_metadata_once_in_a_cool_down() {
    let scene = Scene::settled(&discovering()).await;
    scene.provider.answer("/found/token", 404, &json!({}));
    let mut readings = 0;
    for _ in 0..30 {
        assert_eq!(scene.redeem().await, Ok(404));
        readings += scene.provider.took_asked().iter().filter(|path| *path == METADATA).count();
        scene.clock.advance(1);
    }
    assert_eq!(readings, 3);
}

#[tokio::test]
async fn keys_are_followed_where_the_old_address_lacks_the_wanted_one() {
    let old: [Result<Value, ProviderFault>; 3] =
        [Ok(key("1")), Ok(json!("gone")), Err(ProviderFault::NotSent)];
    for old in old {
        let scene = Scene::settled(&discovering()).await;
        scene.provider.answer("/found/keys", 200, &key("1"));
        assert!(scene.has_key("1").await);
        scene.clock.advance(60);
        scene.provider.took_asked();
        match &old {
            Ok(body) => scene.provider.answer("/found/keys", 200, body),
            Err(fault) => scene.provider.fail("/found/keys", *fault),
        }
        scene.provider.answer(METADATA, 200, &moved("jwks_uri", "/new/keys"));
        scene.provider.answer("/new/keys", 200, &key("2"));
        assert!(scene.has_key("2").await, "{old:?}");
        assert_eq!(scene.provider.took_asked(), ["/found/keys", METADATA, "/new/keys"]);
    }
}

#[tokio::test]
async fn invented_key_ids_read_the_metadata_once_in_a_cool_down() {
    let scene = Scene::settled(&discovering()).await;
    scene.provider.answer("/found/keys", 200, &key("1"));
    let mut readings = 0;
    for number in 0..30 {
        assert!(!scene.has_key(&format!("invented-{number}")).await);
        readings += scene.provider.took_asked().iter().filter(|path| *path == METADATA).count();
        scene.clock.advance(1);
    }
    assert_eq!(readings, 3);
}

#[tokio::test]
async fn configured_endpoints_stay_where_they_are() {
    let scene = Scene::new(&json!({}));
    scene.provider.answer("/token", 404, &json!({}));
    scene.provider.answer("/keys", 200, &key("1"));
    for _ in 0..3 {
        scene.clock.advance(SOFT_LIFETIME_SECONDS);
        assert_eq!(scene.redeem().await, Ok(404));
        assert!(!scene.has_key("2").await);
    }
    assert!(!scene.provider.took_asked().contains(&METADATA.to_owned()));
}
