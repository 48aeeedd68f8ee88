//! Serves the API on a listener.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::net::TcpListener;

use super::gateway::Gateway;
use super::request::RawRequest;
use super::{Backends, Functions, MissingFunctions, RestApi};
use crate::serve::{RequestHandler, Served, serve};

impl RestApi {
    /// Serves the API on `listener` until `shutdown` completes, and reaches the template's upstreams over
    /// TCP.
    ///
    /// # Errors
    ///
    /// `functions` lacks functions that the API names.
    pub async fn serve(
        self,
        listener: TcpListener,
        functions: Functions,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), MissingFunctions> {
        let gateway = self.with(Backends::new(functions))?;
        gateway.serve(listener, shutdown).await;
        Ok(())
    }
}

impl Gateway {
    /// Serves on `listener` until `shutdown` completes; requests in progress get at most five more seconds.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        serve(Arc::new(self), listener, shutdown).await;
    }
}

#[async_trait]
impl RequestHandler for Gateway {
    async fn answer(&self, request: &RawRequest) -> Served {
        Served::Whole(self.handle(request).await)
    }

    fn log(&self, line: &str) {
        (self.backends.log)(line);
    }

    fn date(&self) -> Option<String> {
        Some(self.backends.clock.next().http_date())
    }
}
