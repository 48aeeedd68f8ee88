//! Finishes sign-in at the redirection endpoint.

use std::process::ExitCode;

use lambda::http_function::HttpFunction;
use relying_party::configuration::Role;
use relying_party::http::endpoint::Endpoint;

fn main() -> ExitCode {
    functions::run("callback", Role::Callback, |site| {
        HttpFunction::new("callback", site, &[Endpoint::Callback])
    })
}
