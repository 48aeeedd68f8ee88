//! Provides a Runtime API on loopback, a function's process, and the output format of results. It has no
//! dependencies, so that `cargo bench` builds it quickly.

#![expect(clippy::print_stdout, reason = "benchmarks print their results")]

pub mod http;
pub mod origin;
pub mod process;
pub mod report;
pub mod runtime_api;

use std::path::{Path, PathBuf};

/// Variables of a process.
pub type Environment = Vec<(String, String)>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The release binary of a function.
///
/// # Errors
///
/// It has not been built.
pub fn binary(name: &str) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let path = root().join(target).join("lambda").join(name).join("bootstrap");
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is missing: run tests/release --build", path.display()))
    }
}

/// A file of the project.
///
/// # Errors
///
/// It cannot be read.
pub fn file(path: &str) -> Result<Vec<u8>, String> {
    let path = root().join(path);
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A sample event.
///
/// # Errors
///
/// It cannot be read.
pub fn event(sample: &str) -> Result<Vec<u8>, String> {
    file(&format!("events/{sample}.json"))
}

/// `events/environment.env`, with the keys served by this process, and `more`.
///
/// # Errors
///
/// The file cannot be read, or no server can be started.
pub fn environment(more: &[(&str, &str)]) -> Result<Environment, String> {
    let text = String::from_utf8(file("events/environment.env")?).map_err(|error| error.to_string())?;
    let mut variables: Environment = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect();
    let keys = origin::serve(origin::fixed("application/json", &file("events/jwks.json")?))?;
    variables.push(("VESTIBULE_JWKS_ENDPOINT".to_owned(), format!("http://{keys}/jwks.json")));
    variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Ok(variables)
}
