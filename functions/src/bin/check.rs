//! Checks the configuration of a deployment before anything is created or replaced.

use std::process::ExitCode;

fn main() -> ExitCode {
    functions::check()
}
