//! Tells a page who is signed in, refreshes the session, and explains refusals.

use std::process::ExitCode;

use lambda::http_function::HttpFunction;
use relying_party::configuration::Role;
use relying_party::http::endpoint::Endpoint;

fn main() -> ExitCode {
    functions::run("session", Role::Session, |site| {
        HttpFunction::new("session", site, Endpoint::SERVED_BY_SESSION)
    })
}
