//! Runs the environment of the samples: the Cognito stand-in, always with the same keys, users and time, and the
//! application, which echoes requests.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use local::cognito::{Options, StandIn};
use local::upstream;
use tokio::net::TcpListener;

/// The time of every past event in the samples: 21 November 2026.
pub const SIGNED_IN_AT: i64 = 1_795_219_200;

/// The time of everything that must not expire: the first second of 2100.
pub const FAR: i64 = 4_102_444_800;

/// The stand-in with the fixed development keys, a stopped clock and no randomness.
pub fn stand_in() -> Result<StandIn, String> {
    let entropy = |bytes: &mut [u8]| bytes.fill(0x5a);
    let options = Options::local(Arc::new(|| SIGNED_IN_AT), Arc::new(entropy), Arc::new(|_| {}));
    StandIn::new(options).map_err(|fault| fault.to_string())
}

/// Serves the stand-in on a free port until the process ends, and returns its origin.
pub fn serve() -> Result<String, String> {
    let stand_in = stand_in()?;
    on_a_free_port(move |listener| async move { stand_in.serve(listener, pending()).await })
}

/// Serves the application in the same way, and returns its origin.
pub fn serve_upstream() -> Result<String, String> {
    on_a_free_port(|listener| async move { upstream::serve(listener, pending()).await })
}

/// Runs a server in its own thread, because a test's runtime may end before a function under an emulator does.
fn on_a_free_port<Serving>(
    serve: impl FnOnce(TcpListener) -> Serving + Send + 'static,
) -> Result<String, String>
where
    Serving: Future<Output = io::Result<()>>,
{
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    thread::spawn(move || -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async { serve(TcpListener::from_std(listener)?).await })
    });
    Ok(format!("http://{address}"))
}
