//! Runs an upstream that does not handle sign-in and shows the requests that it receives.
//!
//! Its JSON answers have httpbin's shape; a browser gets `/anything` and `/headers` as pages. On a socket
//! ([`Upstream::serve`]) the fronts' own HTTP/1.1 parser shows the request target and the header names byte
//! for byte, because an HTTP library would have changed their case. In process ([`Upstream::router`]) it
//! shows the request that it is given.

mod echo;
mod page;
mod received;
mod socket;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

pub use self::received::Received;

use self::socket::Socket;
use crate::serve::serve;

/// The number of requests that are kept.
const KEPT: usize = 1_000;

/// The upstream. Clones share the recorded requests.
#[derive(Clone, Default)]
pub struct Upstream {
    /// `None` if it keeps no requests.
    record: Option<Arc<Mutex<VecDeque<Received>>>>,
}

impl Upstream {
    /// An upstream that keeps no requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// An upstream that keeps the last 1,000 requests.
    pub(crate) fn recording() -> Self {
        Self { record: Some(Arc::default()) }
    }

    /// The requests received so far, oldest first; empty unless the upstream records them.
    pub fn received(&self) -> Vec<Received> {
        let record = self.record.as_deref();
        record.map_or_else(Vec::new, |record| {
            record.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
        })
    }

    /// Every endpoint and page. An unknown path is 404 with the same JSON as `/anything`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(page::home))
            .route("/pages/relative/", get(page::relative))
            .route("/pages/relative/next", get(page::next))
            .route("/pages/{*rest}", get(page::any))
            .route("/admin/", get(page::administrators))
            .route("/admin/{*rest}", get(page::administrators).options(echo::not_found))
            .route("/anything", any(echo::anything))
            .route("/anything/", any(echo::anything))
            .route("/anything/{*rest}", any(echo::anything))
            .route("/get", get(echo::whole))
            .route("/post", post(echo::whole))
            .route("/headers", get(echo::headers))
            .route("/cookies", get(echo::cookies))
            .route("/status/{code}", any(echo::status))
            .route("/redirect-to", any(echo::redirect_to))
            .route("/bytes/{count}", get(echo::bytes))
            .route("/delay/{seconds}", any(echo::delay))
            .route("/set-cookie", get(echo::set_cookie))
            .route("/response-headers", get(echo::response_headers))
            .fallback(echo::not_found)
            .layer(axum::middleware::from_fn_with_state(self.clone(), received::middleware))
    }

    /// Serves on the listener until `shutdown` completes.
    ///
    /// # Errors
    /// Only errors that the listener itself reports.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        listener.local_addr()?;
        serve(Arc::new(Socket(self.router())), listener, shutdown).await;
        Ok(())
    }

    fn remember(&self, received: &Received) {
        let Some(record) = &self.record else { return };
        let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
        record.push_back(received.clone());
        if record.len() > KEPT {
            record.pop_front();
        }
    }
}
