//! Contains the contracts for every way of keeping sessions, for the tests of every session store: the store's own
//! ([`store`]), and those of whole sites that use it ([`session_contract`](mod@session_contract)) with a simulated provider,
//! clock and browser.
#![expect(missing_docs, reason = "test support: names say what its items are")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "test support: what cannot be set up has failed")]

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
