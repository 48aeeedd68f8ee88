//! Ends the session here and at the provider.

use std::process::ExitCode;

use lambda::http_function::HttpFunction;
use relying_party::configuration::Role;
use relying_party::http::endpoint::Endpoint;

fn main() -> ExitCode {
    functions::run("logout", Role::Logout, |site| {
        HttpFunction::new("logout", site, Endpoint::SERVED_BY_LOGOUT)
    })
}
