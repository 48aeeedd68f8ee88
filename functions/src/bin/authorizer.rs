//! Authorizes requests for API Gateway: allows them, redirects them to sign-in, or answers 401.

use std::process::ExitCode;

use lambda::authorizer_function::AuthorizerFunction;
use relying_party::configuration::Role;

fn main() -> ExitCode {
    functions::run("authorizer", Role::Authorizer, AuthorizerFunction::new)
}
