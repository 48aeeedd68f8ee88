//! Runs an upstream that does not handle sign-in and shows the requests that it receives.
//!
//! Its JSON answers have httpbin's shape; a browser gets `/anything` and `/headers` as pages. On a socket
//! ([`serve()`]) the fronts' own HTTP/1.1 parser shows the request target and the header names byte for byte,
//! because an HTTP library would have changed their case. In process ([`router()`]) it shows the request that
//! it is given.

mod echo;
mod page;
mod received;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;

use axum::Router;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

use crate::socket;

/// Every endpoint and page. An unknown path is 404 with the same JSON as `/anything`.
pub fn router() -> Router {
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
        .layer(axum::middleware::from_fn(received::middleware))
}

/// Serves on the listener until `shutdown` completes.
///
/// # Errors
/// Only errors that the listener itself reports.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
    socket::serve(router(), false, listener, shutdown).await
}
