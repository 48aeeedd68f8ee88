//! Judges the configuration of a deployment before anything is made or replaced.

use std::process::ExitCode;

fn main() -> ExitCode {
    functions::check()
}
