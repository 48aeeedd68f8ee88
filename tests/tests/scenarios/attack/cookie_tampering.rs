//! Tests session cookies that were modified.

use fronts::fronts;
use local::cognito::NewUser;
use tests::world::{Setup, World};

use crate::credentials::session_and_attempt;

/// A world with short sealed sessions.
fn short() -> World {
    Setup::default().set("upstream_access_token_header", "none").build()
}

async fn status(world: &World, cookie: &str) -> u16 {
    let reply = world.send("GET", "/anything", &[("cookie", cookie)]).await;
    reply.status
}

/// Tests thousands of values, so only once with an authorizer and once with the proxy.
#[fronts(rest, alb)]
async fn every_character_counts() {
    for world in [short(), World::with_stored_sessions()] {
        let (session, _) = session_and_attempt(&world).await;
        let name = world.session_cookie();
        assert_eq!(status(&world, &format!("{name}={session}")).await, 200);
        for (index, letter) in session.char_indices() {
            let other = if letter == 'A' { 'B' } else { 'A' };
            let mut changed = session.clone();
            changed.replace_range(index..=index, &other.to_string());
            assert_eq!(status(&world, &format!("{name}={changed}")).await, 401, "character {index}");
        }
    }
}

#[fronts(rest, alb)]
async fn no_shorter_or_longer_text_opens() {
    for world in [short(), World::with_stored_sessions()] {
        let (session, _) = session_and_attempt(&world).await;
        let name = world.session_cookie();
        for length in 0..session.len() {
            let cookie = format!("{name}={}", &session[..length]);
            assert_eq!(status(&world, &cookie).await, 401, "cut to {length}");
        }
        for more in ["A", "AA", "AAAA", "=", "==", ".", "%00", "%3d", "\u{e9}", ","] {
            assert_eq!(status(&world, &format!("{name}={session}{more}")).await, 401, "{more:?}");
            assert_eq!(status(&world, &format!("{name}={more}{session}")).await, 401, "{more:?}");
        }
        assert_eq!(status(&world, &format!("{name}=\"{session}\"")).await, 401, "in quotes");
    }
}

#[fronts(every_front)]
async fn chunks_are_whole_in_order_and_once() {
    let world = World::new();
    let many: Vec<String> = (0..12).map(|number| format!("group-{number:02}-{}", "x".repeat(20))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    world.stand_in.set_groups(&NewUser::local_admin().email, &many);
    let browser = world.browser();
    world.sign_in(&browser, "/oauth2/login").await;
    let cookies = browser.cookies("localhost");
    let name = world.session_cookie();
    let chunk = |index: usize| {
        let wanted = format!("{name}.{index}");
        cookies.iter().find(|cookie| cookie.name == wanted).map(|cookie| cookie.value.clone())
    };
    let (first, second) = (chunk(0).unwrap(), chunk(1).unwrap());
    assert_eq!(chunk(2), None);
    let report = async |cookie: String| {
        let reply = world.send("GET", "/oauth2/session", &[("cookie", &cookie)]).await;
        (reply.status, reply.reason().unwrap_or_default())
    };
    let cases = [
        ("good", format!("{name}.0={first}; {name}.1={second}"), 200, ""),
        ("the other order of fields", format!("{name}.1={second}; {name}.0={first}"), 200, ""),
        ("swapped", format!("{name}.0={second}; {name}.1={first}"), 401, "*"),
        ("the first dropped", format!("{name}.1={second}"), 401, "session_chunk_missing"),
        ("the second dropped", format!("{name}.0={first}"), 401, "*"),
        ("a gap", format!("{name}.0={first}; {name}.2={second}"), 401, "session_chunk_missing"),
        (
            "doubled",
            format!("{name}.0={first}; {name}.1={second}; {name}.1={second}"),
            401,
            "session_cookie_duplicate",
        ),
        ("one too many", format!("{name}.0={first}; {name}.1={second}; {name}.2=A"), 401, "*"),
        ("an empty third", format!("{name}.0={first}; {name}.1={second}; {name}.2="), 200, ""),
        (
            "whole and chunks",
            format!("{name}=x; {name}.0={first}; {name}.1={second}"),
            401,
            "session_cookie_mixed",
        ),
        ("whole though too long", format!("{name}={first}{second}"), 200, ""),
        ("odd index", format!("{name}.00={first}; {name}.01={second}"), 401, "session_missing"),
    ];
    for (what, cookie, status, reason) in cases {
        let seen = report(cookie).await;
        // Half of the value is invalid; its first fault depends on its bytes.
        let reason = if reason == "*" { seen.1.clone() } else { reason.to_owned() };
        assert_eq!(seen, (status, reason), "{what}");
    }
}

#[fronts(every_front)]
async fn a_seal_of_another_client_ring_purpose_or_name_does_not_open() {
    let world = World::new();
    let name = world.session_cookie();
    let (_, attempt) = session_and_attempt(&world).await;
    let other_client = Setup::default()
        .provider(|options| "another0client0of0the0pool".clone_into(&mut options.clients[0].client_id))
        .build();
    let other_ring =
        Setup::default().set("session_secret", "another secret that is long enough for a ring").build();
    let other_name = Setup::default().set("session_cookie_name", "other").build();
    let cases = [
        ("attempt", attempt, "seal_not_authentic"),
        ("another client", session_and_attempt(&other_client).await.0, "seal_not_authentic"),
        ("another ring", session_and_attempt(&other_ring).await.0, "seal_unknown_key"),
        ("another name", session_and_attempt(&other_name).await.0, "seal_not_authentic"),
    ];
    for (what, value, reason) in cases {
        let reply = world.send("GET", "/oauth2/session", &[("cookie", &format!("{name}={value}"))]).await;
        assert_eq!((reply.status, reply.reason().as_deref()), (401, Some(reason)), "{what}");
    }
}

#[fronts(every_front)]
async fn a_session_as_attempt_finishes_no_sign_in() {
    let world = World::new();
    let (session, _) = session_and_attempt(&world).await;
    let browser = world.browser();
    let form = browser.open(&world.url("/get")).await;
    let name = browser.cookies("localhost")[0].name.clone();
    browser.plant("localhost", &name, &session);
    let page = world.fill_in(&browser, &form, &NewUser::local_admin()).await;
    // As without the cookie, sign-in starts over once.
    assert_eq!(page.stops().iter().filter(|stop| stop.contains("/oauth2/callback")).count(), 2);
}
