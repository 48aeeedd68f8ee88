//! Contains the contracts for every way of keeping sessions, for the tests of every session store: the
//! store's own ([`store`]), and those of whole sites that use it ([`session_contract`](mod@session_contract))
//! with a simulated provider, clock and browser.
#![expect(missing_docs, reason = "the names of test support explain its items")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails when it cannot be set up")]

pub mod browser;
pub mod clock;
pub mod crash_during_refresh;
pub mod fault_injection;
pub mod list;
pub mod provider;
pub mod remember;
pub mod session_contract;
pub mod sign_out_everywhere;
pub mod store;
pub mod world;

/// Makes a test for each named clause of a module.
#[macro_export]
macro_rules! clauses {
    ($module:path, $store:expr; $($clause:ident)*) => {
        $(
            #[tokio::test]
            async fn $clause() {
                use $module as clauses;
                clauses::$clause($store.await).await;
            }
        )*
    };
}
