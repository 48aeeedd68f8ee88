//! Binds ports, and names the flag that chose one.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::{Choices, StartFault};

pub(super) async fn listen_unless_0(flag: &str, port: u16) -> Result<Option<TcpListener>, StartFault> {
    if port == 0 { Ok(None) } else { listen(flag, port).await.map(Some) }
}

pub(super) async fn listen(flag: &str, port: u16) -> Result<TcpListener, StartFault> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .map_err(|error| StartFault(format!("{flag}: port {port}: {}", cause(flag, &error))))
}

fn cause(flag: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "another process is listening there, perhaps an earlier stack; stop it, or choose another port with {flag}"
        ),
        _ => error.to_string(),
    }
}

/// Refuses a port that two flags name: otherwise the second bind would fail and blame another process.
pub(super) fn given_twice(choices: &Choices) -> Result<(), StartFault> {
    let stand_in = choices.configuration.is_none().then_some(choices.cognito_port);
    let echo = choices.upstream.is_none().then_some(choices.upstream_port);
    let ports = [
        ("--api-gateway-port", Some(choices.api_gateway_port)),
        ("--http-api-port", Some(choices.http_api_port)),
        ("--load-balancer-port", Some(choices.load_balancer_port)),
        ("--cognito-port", stand_in),
        ("--upstream-port", echo),
    ];
    let mut seen: BTreeMap<u16, &str> = BTreeMap::new();
    for (flag, port) in ports {
        let Some(port) = port.filter(|port| *port != 0) else { continue };
        if let Some(earlier) = seen.insert(port, flag) {
            return Err(StartFault(format!("{flag}: port {port} is already used by {earlier}")));
        }
    }
    Ok(())
}
