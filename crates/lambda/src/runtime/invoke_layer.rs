//! Calls the function before the runtime crate does anything with an event.
//!
//! That crate would refuse an event that is no JSON with an error of its own before the function sees it, and would parse every
//! good event a second time. So this layer hands the bytes to the function, and gives the crate `null` and the result. It sends a
//! streamed reply to the Runtime API by itself: the crate cannot tell the API that a stream broke.

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
pub(super) type Outcome = Result<Vec<u8>, FunctionError>;

/// The outcome of the invocation in hand, until the runtime crate asks for it. There is never a second: the runtime takes one
/// event at a time.
#[derive(Clone, Default)]
pub(super) struct PendingOutcome(Arc<Mutex<Option<Outcome>>>);

impl PendingOutcome {
    /// Takes the outcome.
    pub(super) fn take(&self) -> Outcome {
        self.swap(None).unwrap_or_else(|| Err(FunctionError::failed("internal_error")))
    }

    fn swap(&self, outcome: Option<Outcome>) -> Option<Outcome> {
        mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), outcome)
    }
}

/// The layer, and with an inner service the service.
#[derive(Clone)]
pub(super) struct InvokeLayer<S = ()> {
    inner: S,
    function: Arc<dyn Function>,
    pending: PendingOutcome,
    streams: Streams,
}

impl InvokeLayer {
    pub(super) fn new(function: Arc<dyn Function>, pending: PendingOutcome) -> Self {
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
        // The one that was polled is the one that is called.
        let unpolled = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, unpolled);
        let (function, pending, streams) =
            (Arc::clone(&self.function), self.pending.clone(), self.streams.clone());
        let event = mem::replace(&mut invocation.body, Bytes::from_static(b"null"));
        let deadline = deadline(invocation.context.deadline());
        Box::pin(async move {
            // A task of its own, so that a panic ends this invocation and nothing else.
            let called = tokio::spawn(async move { function.call(&event, deadline).await }).await;
            let outcome = match called {
                Ok(Ok(FunctionResponse::Streamed(reply))) => return streams.send(&invocation, reply).await,
                Ok(Ok(FunctionResponse::Whole(reply))) => Ok(reply),
                Ok(Err(error)) => Err(error),
                Err(_) => Err(FunctionError::failed("internal_error")),
            };
            pending.swap(Some(outcome));
            inner.call(invocation).await
        })
    }
}
