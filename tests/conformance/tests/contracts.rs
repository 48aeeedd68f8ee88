//! Tests the contracts of session storage in memory and in cookies. The tests for DynamoDB are in its crate.

mod memory {
    use std::sync::Arc;

    use conformance::world::Store;
    use flow::session::memory_store::MemoryStore;

    #[expect(clippy::unused_async, reason = "the other stores are async")]
    async fn store() -> MemoryStore {
        MemoryStore::default()
    }

    #[expect(clippy::unused_async, reason = "the other stores are async")]
    async fn sessions() -> Store {
        Some(Arc::new(MemoryStore::default()))
    }

    conformance::store_contract!(store());
    conformance::session_contract!(sessions());
    conformance::stored_session_contract!(sessions());
    conformance::crash_contract!(sessions());
    conformance::remember_contract!(sessions());
    conformance::stored_remember_contract!(sessions());
    conformance::sign_out_everywhere_contract!(sessions());

    #[tokio::test]
    async fn some_of_more_rows_than_a_list_takes_are_listed() {
        conformance::list::some_of_more_rows_than_a_list_takes_are_listed(&store().await).await;
    }
}

mod cookie {
    use conformance::world::Store;

    #[expect(clippy::unused_async, reason = "the other stores are async")]
    async fn sessions() -> Store {
        None
    }

    conformance::session_contract!(sessions());
    conformance::remember_contract!(sessions());
}
