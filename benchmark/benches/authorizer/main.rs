//! The release `authorizer` through a Runtime API on loopback, beside a handler that does nothing.
//!
//! `cargo bench -p benchmark` after `tests/release --build`. It prints and judges nothing: time on a shared machine
//! proves little. See docs/benchmark.md.

#![expect(clippy::print_stdout, reason = "it prints its results")]

mod http;
mod key_set;
mod process;
mod runtime_api;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use process::{Invocations, Process};

/// Invocations before the ones that are measured.
const WARM_UP: usize = 300;
/// Invocations in one round.
const ROUND: usize = 2_000;
/// Rounds; the best counts, for the others were disturbed.
const ROUNDS: usize = 7;
/// Starts; the median counts.
const STARTS: usize = 31;

/// The budgets.
mod budget {
    pub(crate) const START_MICROSECONDS: f64 = 2_000.0;
    pub(crate) const SESSION_MICROSECONDS: f64 = 15.0;
    pub(crate) const BEARER_MICROSECONDS: f64 = 35.0;
    pub(crate) const PEAK_MEGABYTES: f64 = 10.0;
    pub(crate) const ZIP_MEGABYTES: f64 = 4.0;
}

/// What is invoked over and over: a name, the sample, the budget over an empty handler.
const CASES: [(&str, &str, Option<f64>); 4] = [
    ("no credential, script", "authorizer-rest-script", None),
    ("no credential, page load", "authorizer-rest-page", None),
    ("sealed session", "authorizer-rest-session", Some(budget::SESSION_MICROSECONDS)),
    ("bearer seen before", "authorizer-rest-bearer", Some(budget::BEARER_MICROSECONDS)),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("benchmark: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (authorizer, empty) = (binary("authorizer")?, binary("empty")?);
    let environment = environment()?;
    println!("{:<34}{:>12}{:>12}{:>12}", "", "CPU us", "latency us", "peak MB");
    let base = invocations(&empty, &[], &event("authorizer-rest-script")?)?;
    print_case("empty handler", &base);
    for (name, sample, budget) in CASES {
        let measured = invocations(&authorizer, &environment, &event(sample)?)?;
        print_case(name, &measured);
        if let Some(budget) = budget {
            print_budget("  over the empty handler", measured.cpu - base.cpu, budget, "us");
        }
        print_budget("  peak memory", measured.peak_megabytes, budget::PEAK_MEGABYTES, "MB");
    }
    let first = first_bearer(&authorizer, &environment)?;
    println!("{:<34}{:>12.0}{:>12.0}", "bearer first seen, keys fetched", first.cpu, first.latency);
    println!();
    println!("{:<34}{:>12}{:>12}", "start to first /next", "CPU us", "us");
    print_start("empty handler", starts(&empty, &[])?);
    let start = starts(&authorizer, &environment)?;
    print_start("authorizer", start);
    print_budget("  start", start.latency, budget::START_MICROSECONDS, "us");
    println!();
    for function in ["authorizer", "callback", "login", "logout", "session"] {
        let megabytes = process::deflated_megabytes(&binary(function)?)?;
        print_budget(&format!("zip of {function}"), megabytes, budget::ZIP_MEGABYTES, "MB");
    }
    Ok(())
}

/// CPU and time of one thing, microseconds.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    latency: f64,
}

fn invocations(binary: &Path, environment: &[(String, String)], event: &[u8]) -> Result<Invocations, String> {
    let mut process = Process::start(binary, environment)?;
    process.invoke(event, WARM_UP)?;
    let mut best: Option<Invocations> = None;
    for _ in 0..ROUNDS {
        let round = process.invoke(event, ROUND)?;
        if best.as_ref().is_none_or(|best| round.cpu < best.cpu) {
            best = Some(round);
        }
    }
    best.ok_or_else(|| "nothing was measured".to_owned())
}

/// The first bearer token of a process: with the HTTPS client built and the keys fetched from loopback.
fn first_bearer(binary: &Path, environment: &[(String, String)]) -> Result<Cost, String> {
    let event = event("authorizer-rest-bearer")?;
    let mut costs = Vec::new();
    for _ in 0..STARTS {
        let first = Process::start(binary, environment)?.invoke(&event, 1)?;
        costs.push(Cost { cpu: first.cpu, latency: first.latency });
    }
    median(costs)
}

fn starts(binary: &Path, environment: &[(String, String)]) -> Result<Cost, String> {
    let mut costs = Vec::new();
    for _ in 0..STARTS {
        let process = Process::start(binary, environment)?;
        costs.push(Cost { cpu: process.cpu_microseconds()?, latency: process.start_microseconds });
    }
    median(costs)
}

fn median(mut costs: Vec<Cost>) -> Result<Cost, String> {
    let middle = costs.len() / 2;
    let mut cpu: Vec<f64> = costs.iter().map(|cost| cost.cpu).collect();
    cpu.sort_by(f64::total_cmp);
    costs.sort_by(|one, other| one.latency.total_cmp(&other.latency));
    match (cpu.get(middle), costs.get(middle)) {
        (Some(cpu), Some(cost)) => Ok(Cost { cpu: *cpu, latency: cost.latency }),
        _ => Err("nothing was measured".to_owned()),
    }
}

fn print_case(name: &str, measured: &Invocations) {
    println!("{name:<34}{:>12.1}{:>12.1}{:>12.1}", measured.cpu, measured.latency, measured.peak_megabytes);
}

fn print_start(name: &str, cost: Cost) {
    println!("{name:<34}{:>12.0}{:>12.0}", cost.cpu, cost.latency);
}

fn print_budget(name: &str, measured: f64, budget: f64, unit: &str) {
    let word = if measured <= budget { "within" } else { "OVER" };
    println!("{name:<34}{measured:>12.1} {unit}, {word} the budget of {budget} {unit}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn binary(name: &str) -> Result<PathBuf, String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let path = root().join(target).join("lambda").join(name).join("bootstrap");
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is missing: run tests/release --build", path.display()))
    }
}

fn event(sample: &str) -> Result<Vec<u8>, String> {
    let path = root().join("events").join(format!("{sample}.json"));
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// `events/environment.env`, with the keys served here.
fn environment() -> Result<Vec<(String, String)>, String> {
    let path = root().join("events/environment.env");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut variables: Vec<(String, String)> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect();
    let keys = root().join("events/jwks.json");
    let keys = std::fs::read(&keys).map_err(|error| format!("{}: {error}", keys.display()))?;
    variables.push(("VESTIBULE_JWKS_ENDPOINT".to_owned(), key_set::serve(keys)?));
    Ok(variables)
}
