//! Hands the event's bytes past the runtime's own deserializer.
//!
//! The runtime would refuse what is no JSON with an error of its own before the function sees it, and parse
//! every good event a second time. So the bytes are set aside and the runtime is given `null`.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use lambda_runtime::tower::Layer;
use lambda_runtime::{LambdaInvocation, Service};

/// Where the bytes of the invocation in hand wait. One is enough: the runtime takes one event at a time.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Bytes>>);

impl Slot {
    /// The bytes that wait; none are left.
    pub(super) fn take(&self) -> Bytes {
        self.swap(Bytes::new())
    }

    fn swap(&self, bytes: Bytes) -> Bytes {
        mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), bytes)
    }
}

/// The layer, and with an inner service the service.
#[derive(Clone)]
pub(super) struct HandOver<S = ()> {
    inner: S,
    slot: Slot,
}

impl HandOver {
    pub(super) fn new(slot: Slot) -> Self {
        Self { inner: (), slot }
    }
}

impl<S> Layer<S> for HandOver {
    type Service = HandOver<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HandOver { inner, slot: self.slot.clone() }
    }
}

impl<S: Service<LambdaInvocation>> Service<LambdaInvocation> for HandOver<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        let event = mem::replace(&mut invocation.body, Bytes::from_static(b"null"));
        self.slot.swap(event);
        self.inner.call(invocation)
    }
}
