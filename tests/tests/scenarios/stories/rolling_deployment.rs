//! Tests two releases, or two rings, that answer in turn.

use fronts::fronts;
use relying_party::sealing::Format;
use serde_json::json;
use tests::world::{Setup, World};

use super::{assert_upstream, our_cookies, session_reason};

const OLD: &str = "the secret of the earlier deployment is long enough";
const NEW: &str = "the secret of the later deployment is long enough";

fn two_formats(storage: &str) -> World {
    Setup::default()
        .set("session_storage", storage)
        .sealing_in(Format::Version0)
        .another_process()
        .sealing_in(Format::Version1)
        .build()
}

/// A ring is rotated in two steps: first every process can open texts of the new secret, then the new secret
/// seals.
fn two_rings(storage: &str) -> World {
    Setup::default()
        .set("session_storage", storage)
        .set_here("session_secret", json!([OLD, NEW]))
        .another_process()
        .set_here("session_secret", json!([NEW, OLD]))
        .build()
}

/// One process has the setting and one does not: neither signs a user out.
#[fronts(every_front)]
async fn a_remembered_session_goes_back_and_forth() {
    for storage in ["cookie", "memory"] {
        let world = Setup::default()
            .set("session_storage", storage)
            .set_here("session_remember", "true")
            .another_process()
            .set_here("session_remember", "false")
            .build();
        for (signs_in, other) in [(0, 1), (1, 0)] {
            world.answer_by(signs_in);
            let browser = world.browser();
            world.sign_in(&browser, "/get").await;
            for process in [other, signs_in] {
                world.answer_by(process);
                assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
                let report = world.fetch(&browser, "/oauth2/session").await.json();
                assert_eq!(report["remembered"], json!(signs_in == 0 && process == 0), "{storage}");
            }
        }
    }
}

#[fronts(every_front)]
async fn a_session_goes_back_and_forth() {
    for storage in ["cookie", "memory"] {
        for world in [two_formats(storage), two_rings(storage)] {
            for (signs_in, other) in [(0, 1), (1, 0)] {
                world.answer_by(signs_in);
                let browser = world.browser();
                world.sign_in(&browser, "/get").await;
                world.answer_by(other);
                assert_upstream(&browser.open(&world.url("/get")).await, "http://localhost:8400/get");
                world.answer_by(signs_in);
                assert_eq!(session_reason(&world, &browser).await, None);
            }
        }
    }
}

#[fronts(every_front)]
async fn an_attempt_that_one_began_the_other_finishes() {
    for world in [two_formats("cookie"), two_rings("cookie"), two_formats("memory"), two_rings("memory")] {
        for (begins, finishes) in [(0, 1), (1, 0)] {
            world.answer_by(begins);
            let browser = world.browser();
            let form = browser.open(&world.url("/get")).await;
            world.answer_by(finishes);
            let page = world.fill_in(&browser, &form, &local::cognito::NewUser::local_admin()).await;
            assert_upstream(&page, "http://localhost:8400/get");
        }
    }
}

#[fronts(every_front)]
async fn a_cookie_under_a_key_that_is_not_here_yet_is_no_session_and_stays() {
    let world = Setup::default()
        .set_here("session_secret", OLD)
        .another_process()
        .set_here("session_secret", json!([NEW, OLD]))
        .build();
    world.answer_by(1);
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    let held = our_cookies(&browser);
    world.answer_by(0);
    assert_eq!(session_reason(&world, &browser).await.as_deref(), Some("seal_unknown_key"));
    browser.open(&world.url("/oauth2/login")).await;
    assert!(held.iter().all(|name| our_cookies(&browser).contains(name)), "nothing was expired");
    world.answer_by(1);
    assert_eq!(session_reason(&world, &browser).await, None);
}
