//! Validates and forwards requests behind a load balancer, an HTTP API or a function URL. If it is the only
//! function, it serves every endpoint too.

use std::process::ExitCode;

use lambda::proxy_function::ProxyFunction;

fn main() -> ExitCode {
    functions::run_before_upstream("proxy", ProxyFunction::new)
}
