//! Has the contracts that hold wherever sessions are kept, for the tests of every session store: the store's own ([`store`]),
//! and whole sites over it ([`session_contract`](mod@session_contract)) with a provider, a clock and a browser that a test commands.
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

/// Tests of a module's clauses by name.
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
