//! Wraps the ports of a site: it can fail operations of the store, and stop a flow before or after any single step.

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use flow::ports::Provider;
use flow::session::store::{Lease, List, Listed, Row, RowKey, SessionStore, StoreFault, Use, Written};
use relying_party::provider::call::{ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::session::index::KeyedHash;
use relying_party::session::store_outage::StoreOutage;
use relying_party::time::Timestamp;
use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Read,
    Create,
    RecordUse,
    Lease,
    Replace,
    Release,
    End,
    Delete,
    Rows,
    Revocation,
    MoveRevocation,
    Remember,
}

/// The way in which an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The operation is not done, and the caller gets an error.
    NotDone(StoreFault),
    /// The operation is done, but the response is lost.
    Unheard,
    /// Another process was first, so a condition is not met.
    Lost,
}

/// Stands between a site and its store and provider.
pub struct FaultInjector {
    store: Option<Arc<dyn SessionStore>>,
    provider: Arc<dyn Provider>,
    failures: Mutex<HashMap<Operation, Failure>>,
    operations: Mutex<HashMap<Operation, usize>>,
    revocations: AtomicUsize,
    provider_requests: AtomicUsize,
    steps: AtomicUsize,
    stop_at: AtomicUsize,
    stopped: Notify,
    go_on: Notify,
}

impl FaultInjector {
    /// Passes everything on.
    pub fn new(store: Option<Arc<dyn SessionStore>>, provider: Arc<dyn Provider>) -> Self {
        Self {
            store,
            provider,
            failures: Mutex::default(),
            operations: Mutex::default(),
            revocations: AtomicUsize::new(0),
            provider_requests: AtomicUsize::new(0),
            steps: AtomicUsize::new(0),
            stop_at: AtomicUsize::new(usize::MAX),
            stopped: Notify::new(),
            go_on: Notify::new(),
        }
    }

    /// Makes `operation` fail in this way; `None` ends the failure.
    pub fn fail(&self, operation: Operation, failure: Option<Failure>) {
        let mut failures = self.failures.lock().unwrap();
        match failure {
            Some(failure) => failures.insert(operation, failure),
            None => failures.remove(&operation),
        };
    }

    /// The number of calls to the store for `operation`.
    pub fn count(&self, operation: Operation) -> usize {
        self.operations.lock().unwrap().get(&operation).copied().unwrap_or_default()
    }

    /// The number of requested revocations: one [`Operation::Revocation`] requests several.
    pub fn revocations(&self) -> usize {
        self.revocations.load(Ordering::SeqCst)
    }

    /// The numbers of reads from the store, writes to it, and requests to the provider.
    pub fn costs(&self) -> [usize; 3] {
        let operations = self.operations.lock().unwrap();
        let (mut reads, mut writes) = (0, 0);
        for (operation, count) in &*operations {
            match operation {
                Operation::Read | Operation::Rows | Operation::Revocation => reads += count,
                Operation::Create
                | Operation::RecordUse
                | Operation::Lease
                | Operation::Replace
                | Operation::Release
                | Operation::End
                | Operation::Delete
                | Operation::MoveRevocation
                | Operation::Remember => writes += count,
            }
        }
        [reads, writes, self.provider_requests.load(Ordering::SeqCst)]
    }

    /// Stops the flow at the step `number` from now: each call has one step before it and one after.
    pub fn stop_at(&self, number: usize) {
        self.steps.store(0, Ordering::SeqCst);
        self.stop_at.store(number, Ordering::SeqCst);
    }

    /// Waits until the flow has stopped.
    pub async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// Resumes the stopped flow.
    pub fn go_on(&self) {
        self.go_on.notify_one();
    }

    async fn step(&self) {
        if self.steps.fetch_add(1, Ordering::SeqCst) == self.stop_at.load(Ordering::SeqCst) {
            self.stopped.notify_one();
            self.go_on.notified().await;
        }
    }

    fn store(&self) -> &dyn SessionStore {
        self.store.as_deref().unwrap()
    }

    async fn pass<T>(
        &self,
        operation: Operation,
        lost: Option<T>,
        call: impl Future<Output = Result<T, StoreFault>> + Send,
    ) -> Result<T, StoreFault> {
        *self.operations.lock().unwrap().entry(operation).or_default() += 1;
        self.step().await;
        let failure = self.failures.lock().unwrap().get(&operation).copied();
        let answer = match failure {
            None => call.await,
            Some(Failure::NotDone(fault)) => Err(fault),
            Some(Failure::Unheard) => call.await.and(Err(StoreFault::Unavailable(StoreOutage::Unanswered))),
            Some(Failure::Lost) => match lost {
                Some(lost) => Ok(lost),
                None => pending().await,
            },
        };
        self.step().await;
        answer
    }
}

#[async_trait]
impl SessionStore for FaultInjector {
    async fn read(&self, key: &RowKey) -> Result<Option<Row>, StoreFault> {
        self.pass(Operation::Read, Some(None), self.store().read(key)).await
    }

    async fn create(&self, key: &RowKey, row: Row) -> Result<Written, StoreFault> {
        self.pass(Operation::Create, Some(Written::Lost), self.store().create(key, row)).await
    }

    async fn record_use(&self, key: &RowKey, generation: u64, used: Use) -> Result<Written, StoreFault> {
        let call = self.store().record_use(key, generation, used);
        self.pass(Operation::RecordUse, Some(Written::Lost), call).await
    }

    async fn lease(
        &self,
        key: &RowKey,
        generation: u64,
        lease: Lease,
        now: Timestamp,
    ) -> Result<Written, StoreFault> {
        let call = self.store().lease(key, generation, lease, now);
        self.pass(Operation::Lease, Some(Written::Lost), call).await
    }

    async fn replace(&self, key: &RowKey, owner: &[u8; 16], row: Row) -> Result<Written, StoreFault> {
        self.pass(Operation::Replace, Some(Written::Lost), self.store().replace(key, owner, row)).await
    }

    async fn release(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault> {
        self.pass(Operation::Release, Some(Written::Lost), self.store().release(key, owner)).await
    }

    async fn end(&self, key: &RowKey, owner: &[u8; 16]) -> Result<Written, StoreFault> {
        self.pass(Operation::End, Some(Written::Lost), self.store().end(key, owner)).await
    }

    async fn delete(&self, key: &RowKey) -> Result<(), StoreFault> {
        self.pass(Operation::Delete, None, self.store().delete(key)).await
    }

    /// [`Failure::Lost`] means a list that is not up to date.
    async fn rows(&self, list: List, hash: &KeyedHash) -> Result<Vec<Listed>, StoreFault> {
        self.pass(Operation::Rows, Some(Vec::new()), self.store().rows(list, hash)).await
    }

    async fn revocation(&self, hashes: &[KeyedHash]) -> Result<Vec<Option<Timestamp>>, StoreFault> {
        self.revocations.fetch_add(hashes.len(), Ordering::SeqCst);
        self.pass(Operation::Revocation, None, self.store().revocation(hashes)).await
    }

    async fn raise_revocation(
        &self,
        hash: &KeyedHash,
        time: Timestamp,
        ends_at: Timestamp,
    ) -> Result<(), StoreFault> {
        let call = self.store().raise_revocation(hash, time, ends_at);
        self.pass(Operation::MoveRevocation, None, call).await
    }

    async fn record_seen(
        &self,
        hash: &KeyedHash,
        by: &[u8; 16],
        ends_at: Timestamp,
    ) -> Result<Written, StoreFault> {
        let call = self.store().record_seen(hash, by, ends_at);
        self.pass(Operation::Remember, Some(Written::Lost), call).await
    }
}

#[async_trait]
impl Provider for FaultInjector {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        self.provider_requests.fetch_add(1, Ordering::SeqCst);
        self.step().await;
        let answer = self.provider.send(request).await;
        self.step().await;
        answer
    }
}
