//! Tests the cookies that vestibule adds to answers of the application.
#![expect(clippy::unwrap_used, reason = "a test fails when it cannot be set up")]

use std::sync::Arc;

use conformance::browser::Browser;
use conformance::provider::TOKEN_SECONDS;
use conformance::world::{Setup, World};
use flow::session::memory_store::MemoryStore;
use relying_party::gate::Verdict;
use relying_party::gate::front::Front;

const OPTIONAL: &str = r#"[{"paths": ["/open"], "auth": "optional"}]"#;

/// The application may answer late, when the browser has another session, which `Set-Cookie` would delete.
#[tokio::test]
async fn an_answer_of_the_application_expires_no_session() {
    for stored in [false, true] {
        let store = stored.then(|| Arc::new(MemoryStore::default()) as Arc<_>);
        let world = World::new(store, Setup { settings: &[("routes", OPTIONAL)], ..Setup::default() });
        let unopenable = {
            let mut browser = Browser::signed_in(world.site()).await;
            let tampered = browser.session().unwrap().replace(char::is_alphanumeric, "A");
            browser.set_session(&tampered);
            browser
        };
        let ended = Browser::signed_in(world.site()).await;
        world.clock.advance(TOKEN_SECONDS - 30);
        world.provider.refuse_refresh(400, "application/json", r#"{"error": "invalid_grant"}"#);
        for browser in [unopenable, ended] {
            for front in [Front::Proxy, Front::FunctionUrl, Front::LoadBalancer] {
                let decision = browser.open_behind_at(world.site(), "/open", front).await;
                assert!(matches!(&decision.verdict, Verdict::Forward(permit) if permit.identity.is_none()));
                assert_eq!(decision.set_cookies, Vec::<String>::new(), "{front:?}");
            }
        }
        // Vestibule's own answer expires it.
        let decision = {
            let mut browser = Browser::signed_in(world.site()).await;
            browser.set_session("A");
            browser.open_behind_at(world.site(), "/page", Front::Proxy).await
        };
        assert!(matches!(decision.verdict, Verdict::Redirect { .. }));
        assert_eq!(decision.set_cookies.len(), 1);
    }
}
