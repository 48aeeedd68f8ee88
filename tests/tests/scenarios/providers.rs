//! Simulates other providers: each sends its own claims in their real types through sign-in, a page load,
//! refreshes and both kinds of sign-out. The addresses at the rows are the sources; "Not seen" lists the
//! parts without a source.

mod neighbours;
mod rows;

use std::sync::Arc;

use conformance::browser::{Browser, Outcome, location, tell};
use conformance::provider::CLIENT_ID;
use conformance::provider::shape::{ABSENT, Shape};
use conformance::world::{PUBLIC_URL, Setup, Store, World};
use flow::ports::Clock;
use flow::session::memory_store::MemoryStore;
use http::StatusCode;
use relying_party::gate::Verdict;
use serde_json::{Value, json};
use url::Url;

/// One provider: its configuration and its responses.
struct Row {
    name: &'static str,
    /// The configuration besides client and secret.
    settings: &'static [(&'static str, &'static str)],
    /// Its metadata; `null` if no discovery request is made.
    metadata: Value,
    shape: Shape,
    /// The parameters of the callback's query besides `code` and `state`.
    callback: &'static str,
    groups: &'static [&'static str],
    username: Option<&'static str>,
    /// Present only if the provider says that it is verified.
    email: Option<&'static str>,
    /// The oddities that the log must name at sign-in; there must be no others.
    odd: &'static [&'static str],
    /// The lifetime of its access token in seconds.
    seconds: i64,
    /// The endpoint that ends the provider's own session, and its parameters.
    sign_out: Option<(&'static str, &'static [&'static str])>,
    /// The endpoint that revokes refresh tokens.
    revocation: Option<&'static str>,
    /// The type and claims of its logout token, besides those that every logout token has.
    logout_token: Option<(Option<&'static str>, Value)>,
    /// Refusals of a refresh: status, body, whether the session ends at once.
    refusals: Vec<(u16, Value, bool)>,
}

const HINT: &[&str] = &["client_id", "id_token_hint", "post_logout_redirect_uri"];

impl Row {
    fn world(&self, store: Store) -> World {
        const OPEN: &[(&str, &str)] = &[
            ("authorization_endpoint", ""),
            ("token_endpoint", ""),
            ("jwks_endpoint", ""),
            ("revocation_endpoint", ""),
            ("end_session_endpoint", ""),
            ("groups_claim", ""),
            ("signing_algorithms", "RS256"),
            ("session_rolling_timeout", "400000"),
            ("session_absolute_timeout", "900000"),
        ];
        const STORED: &[(&str, &str)] = &[("session_idling_timeout", "400000")];
        let stored = if store.is_some() { STORED } else { &[] };
        let settings = [OPEN, stored, self.settings].concat();
        let rotation = conformance::provider::RefreshTokenRotation::Off;
        let world = World::new(store, Setup { settings: &settings, rotation, ..Setup::default() });
        world.provider.take_shape(self.shape.clone());
        if !self.metadata.is_null() {
            world.provider.set_metadata(&self.metadata);
        }
        world
    }

    async fn sign_in(&self, world: &World) -> Browser {
        let mut browser = Browser::default();
        let to_provider = browser.go(world.site(), "/oauth2/login").await;
        assert_eq!(
            to_provider.response.status,
            StatusCode::FOUND,
            "{}: {:?}",
            self.name,
            to_provider.refusal
        );
        let landed = browser.land_from_with(world.site(), &to_provider, self.callback).await;
        assert_eq!(landed.response.status, StatusCode::SEE_OTHER, "{}: {:?}", self.name, landed.refusal);
        browser
    }

    /// A time shortly before the access token expires, when it is due for a refresh.
    const fn in_lead(&self) -> i64 {
        self.seconds - 30
    }
}

fn stores() -> [Store; 2] {
    [None, Some(Arc::new(MemoryStore::default()))]
}

fn passed(row: &Row, token: &str) -> Outcome {
    Outcome::Passed {
        groups: row.groups.iter().map(|group| (*group).to_owned()).collect(),
        access_token: Some(token.to_owned()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_of_each_provider_signs_in_stays_and_signs_out() {
    for row in rows::all() {
        for store in stores() {
            let world = row.world(store);
            let mut browser = row.sign_in(&world).await;
            let note = world.site().take_notes().unwrap_or_default();
            assert_eq!(row.odd.is_empty(), note.is_empty(), "{}: {note}", row.name);
            assert!(row.odd.iter().all(|odd| note.contains(odd)), "{}: {note}", row.name);
            assert_eq!(browser.open(world.site()).await, passed(&row, "access-2"), "{}", row.name);
            let verdict = browser.open_at(world.site(), "/page").await.verdict;
            let Verdict::Forward(permit) = verdict else { unreachable!("it passed a moment ago") };
            let identity = permit.identity.unwrap();
            assert_eq!(identity.username.as_deref(), row.username, "{}", row.name);
            assert_eq!(identity.email.as_deref(), row.email, "{}", row.name);
            // The second refresh uses the result of the first.
            for token in ["access-3", "access-4"] {
                world.clock.advance(row.in_lead());
                let refreshed = browser.post(world.site(), "/oauth2/refresh").await;
                assert_eq!(
                    refreshed.response.status,
                    StatusCode::OK,
                    "{} {token}: {:?}",
                    row.name,
                    refreshed.refusal
                );
                assert_eq!(browser.open(world.site()).await, passed(&row, token), "{}", row.name);
            }
            signs_out(&row, &world, &mut browser).await;
        }
    }
}

async fn signs_out(row: &Row, world: &World, browser: &mut Browser) {
    let asked = world.provider.asked().len();
    let out = browser.go(world.site(), "/oauth2/logout").await;
    assert_eq!((out.response.status, &out.refusal), (StatusCode::FOUND, &None), "{}", row.name);
    let mut asked = world.provider.asked().into_iter().skip(asked);
    assert_eq!(
        asked.find(|url| Some(url.as_str()) == row.revocation).as_deref(),
        row.revocation,
        "{}",
        row.name
    );
    assert_eq!(world.provider.is_revoked(), row.revocation.is_some(), "{}", row.name);
    let led_to = Url::parse(location(&out)).unwrap();
    let signed_out = format!("{PUBLIC_URL}/oauth2/signed-out");
    match row.sign_out {
        None => assert_eq!(led_to.as_str(), signed_out, "{}", row.name),
        Some((endpoint, names)) => {
            let (address, _) = led_to.as_str().split_once('?').unwrap();
            assert_eq!(address, endpoint, "{}", row.name);
            let pairs: Vec<(String, String)> = led_to.query_pairs().into_owned().collect();
            let mut found: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found, names, "{}", row.name);
            for (name, value) in &pairs {
                match name.as_str() {
                    "client_id" => assert_eq!(value, CLIENT_ID, "{}", row.name),
                    "id_token_hint" => assert_eq!(value.split('.').count(), 3, "{}", row.name),
                    _ => assert_eq!(*value, signed_out, "{}", row.name),
                }
            }
        }
    }
    assert_eq!(browser.open(world.site()).await, Outcome::SignIn("session_missing"), "{}", row.name);
}

#[tokio::test(start_paused = true)]
async fn the_provider_s_logout_token_ends_the_session_and_nobody_else_s() {
    let mut taken = 0;
    for row in rows::all() {
        let world = row.world(Some(Arc::new(MemoryStore::default())));
        let ours = row.sign_in(&world).await;
        world.clock.advance(10);
        let mut claims = json!({ "iss": row.issuer(), "aud": CLIENT_ID, "iat": world.clock.now().unix() });
        let (typ, own) = row.logout_token.clone().unwrap_or((None, json!({})));
        claims.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        claims["exp"] = json!(world.clock.now().unix() + 120);
        claims["jti"] = json!(row.name);
        let told = tell(world.site(), &format!("logout_token={}", world.provider.signed(typ, &claims))).await;
        if row.logout_token.is_none() {
            // The provider sends no logout token. A token with neither user nor session ends nothing, and a user
            // pool has no such endpoint.
            let pool = row.settings.contains(&("provider", "cognito"));
            let expected = if pool { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST };
            assert_eq!(told.response.status, expected, "{}", row.name);
            assert!(ours.open(world.site()).await.passed(), "{}", row.name);
            continue;
        }
        taken += 1;
        assert_eq!(told.response.status, StatusCode::OK, "{}: {:?}", row.name, told.refusal);
        assert!(matches!(ours.open(world.site()).await, Outcome::SignIn(_)), "{}", row.name);
        // A user who signs in later stays signed in, and sending the same token again has no effect.
        world.clock.advance(1);
        world.provider.set_subject("ben");
        let later = Row { shape: row.of_another_session(), ..row };
        world.provider.take_shape(later.shape.clone());
        let ben = later.sign_in(&world).await;
        let again =
            tell(world.site(), &format!("logout_token={}", world.provider.signed(typ, &claims))).await;
        assert_eq!(again.response.status, StatusCode::BAD_REQUEST, "{}", later.name);
        assert!(ben.open(world.site()).await.passed(), "{}", later.name);
    }
    assert!(taken >= 5, "{taken}");
}

impl Row {
    fn issuer(&self) -> &str {
        self.shape.claims["iss"].as_str().unwrap()
    }

    /// The shape of the provider's tokens for another user.
    fn of_another_session(&self) -> Shape {
        let mut shape = self.shape.clone();
        for name in ["sid", "sub"] {
            if shape.claims.get(name).is_some() {
                shape.claims[name] = json!(format!("another {name}"));
            }
            if shape.user_info.get(name).is_some() {
                shape.user_info[name] = json!(format!("another {name}"));
            }
        }
        shape
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_the_provider_refuses_ends_in_sign_in_and_never_in_an_error() {
    let mut held = 0;
    for row in rows::all() {
        for (status, body, ends) in &row.refusals {
            for store in stores() {
                let world = row.world(store);
                let mut browser = row.sign_in(&world).await;
                world.clock.advance(row.in_lead());
                world.provider.refuse_refresh(*status, "application/json", &body.to_string());
                let refreshed = browser.post(world.site(), "/oauth2/refresh").await;
                let cell = format!("{} {body} {}", row.name, world.store.is_some());
                if *ends {
                    assert_eq!(refreshed.response.status, StatusCode::UNAUTHORIZED, "{cell}");
                    assert_eq!(refreshed.refusal.unwrap().reason().code, "refresh_refused", "{cell}");
                    assert_eq!(browser.session(), None, "{cell}");
                    continue;
                }
                assert_eq!(refreshed.response.status, StatusCode::OK, "{cell}: {:?}", refreshed.refusal);
                assert_eq!(browser.open(world.site()).await, passed(&row, "access-2"), "{cell}");
                assert_eq!(world.provider.refresh_requests(), 1, "{cell}");
                world.clock.advance(31);
                assert!(matches!(browser.open(world.site()).await, Outcome::SignIn(_)), "{cell}");
                held += 1;
            }
        }
    }
    assert!(held > 0);
}

/// If the claim that a rule needs is not a list of texts, the rule refuses the user, but the claim itself is
/// no fault.
#[tokio::test(start_paused = true)]
async fn groups_in_a_shape_that_a_rule_cannot_read_are_no_groups() {
    for row in rows::all() {
        for value in [
            json!({ "staff": { "1": "acme.example.com" } }),
            json!([{ "name": "staff" }]),
            json!(5),
            json!(null),
            json!(ABSENT),
        ] {
            let settings = [row.settings, &[("groups_required", "staff")]].concat();
            let world_of = Row { settings: settings.leak(), ..rows::named(row.name) };
            let claim = world_of.groups_claim().to_owned();
            let mut shape = world_of.shape.clone();
            shape.claims[claim.as_str()] = value.clone();
            if !shape.user_info.is_null() {
                shape.user_info[claim.as_str()] = value.clone();
            }
            let row = Row { shape, ..world_of };
            for store in stores() {
                let world = row.world(store);
                let browser = row.sign_in(&world).await;
                let note = world.site().take_notes().unwrap_or_default();
                // `null` counts as absent.
                let named = value != ABSENT && !value.is_null();
                assert_eq!(note.contains(&format!("`{claim}`")), named, "{} {value}: {note}", row.name);
                assert_eq!(
                    browser.open(world.site()).await,
                    Outcome::Refused("group_missing"),
                    "{} {value}",
                    row.name
                );
            }
        }
    }
}

impl Row {
    fn groups_claim(&self) -> &'static str {
        let set = self.settings.iter().find(|(key, _)| *key == "groups_claim");
        let cognito = self.settings.contains(&("provider", "cognito"));
        set.map_or(if cognito { "cognito:groups" } else { "groups" }, |(_, claim)| claim)
    }
}
