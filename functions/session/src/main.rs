//! What a page may ask: who am I, renew; and what explains a refusal.

use std::process::ExitCode;

use lambda::http_function::HttpFunction;
use relying_party::configuration::Role;
use relying_party::http::endpoint::Endpoint;

fn main() -> ExitCode {
    deployed::run("session", Role::Session, |site| {
        HttpFunction::new("session", site, Endpoint::SERVED_BY_SESSION)
    })
}
