//! The Cognito stand-in of the samples: always the same keys, users and time.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use local::cognito::{Options, StandIn};

/// The time of everything in the samples that has a past: 21 November 2026.
pub const SIGNED_IN_AT: i64 = 1_795_219_200;

/// The time of everything that must not end: the first second of 2100.
pub const FAR: i64 = 4_102_444_800;

/// The stand-in with the fixed development keys, a clock that stands still and randomness that is none.
///
/// # Errors
///
/// Keys that cannot be read.
pub fn stand_in() -> Result<StandIn, String> {
    let entropy = |bytes: &mut [u8]| bytes.fill(0x5a);
    let options = Options::local(Arc::new(|| SIGNED_IN_AT), Arc::new(entropy), Arc::new(|_| {}));
    StandIn::new(options).map_err(|fault| fault.to_string())
}

/// Serves the stand-in on a free port until the process ends, and gives its origin.
///
/// # Errors
///
/// No port, or no stand-in.
pub fn serve() -> Result<String, String> {
    let stand_in = stand_in()?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    thread::spawn(move || -> Result<(), std::io::Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            stand_in.serve(listener, std::future::pending()).await
        })
    });
    Ok(format!("http://{address}"))
}
