//! Calls the function before the runtime crate processes an event.
//!
//! That crate would refuse an event that is not JSON with an error of its own, and would parse every good
//! event a second time. This layer therefore passes the bytes to the function, and gives the crate `null` and
//! the result. It sends a streamed response to the Runtime API itself, because the crate cannot report that a
//! stream broke.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use lambda_runtime::tower::Layer;
use lambda_runtime::{Error, LambdaInvocation, Service};

use super::deadline;
use super::stream::Streams;
use crate::{Function, FunctionError, FunctionResponse};

/// The response of the function, or its error.
pub(super) type InvocationResult = Result<Vec<u8>, FunctionError>;

/// The outcome of the current invocation, until the runtime crate takes it. The runtime handles one event at
/// a time, so there is only one.
#[derive(Clone, Default)]
pub(super) struct PendingResult(Arc<Mutex<Option<InvocationResult>>>);

impl PendingResult {
    /// Takes the outcome.
    pub(super) fn take(&self) -> InvocationResult {
        self.swap(None).unwrap_or_else(|| Err(FunctionError::failed("internal_error")))
    }

    fn swap(&self, outcome: Option<InvocationResult>) -> Option<InvocationResult> {
        mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), outcome)
    }
}

/// The layer; with an inner service, the service.
#[derive(Clone)]
pub(super) struct InvokeLayer<S = ()> {
    inner: S,
    function: Arc<dyn Function>,
    pending: PendingResult,
    streams: Streams,
}

impl InvokeLayer {
    pub(super) fn new(function: Arc<dyn Function>, pending: PendingResult) -> Self {
        Self { inner: (), function, pending, streams: Streams::default() }
    }
}

impl<S> Layer<S> for InvokeLayer {
    type Service = InvokeLayer<S>;

    fn layer(&self, inner: S) -> Self::Service {
        InvokeLayer {
            inner,
            function: Arc::clone(&self.function),
            pending: self.pending.clone(),
            streams: self.streams.clone(),
        }
    }
}

impl<S> Service<LambdaInvocation> for InvokeLayer<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error> + Clone + 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut invocation: LambdaInvocation) -> Self::Future {
        // The clone that was polled must be the one that is called.
        let unpolled = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, unpolled);
        let (function, pending, streams) =
            (Arc::clone(&self.function), self.pending.clone(), self.streams.clone());
        let event = mem::replace(&mut invocation.body, Bytes::from_static(b"null"));
        let deadline = deadline(invocation.context.deadline());
        Box::pin(async move {
            // A separate task, so that a panic fails only this invocation.
            let called = tokio::spawn(async move { function.call(&event, deadline).await }).await;
            let outcome = match called {
                Ok(Ok(FunctionResponse::Streamed(response))) => {
                    return streams.send(&invocation, response).await;
                }
                Ok(Ok(FunctionResponse::Whole(response))) => Ok(response),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(FunctionError::failed("internal_error")),
            };
            pending.swap(Some(outcome));
            inner.call(invocation).await
        })
    }
}
