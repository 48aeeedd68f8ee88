//! Runs measurements and prints their results.

use std::path::Path;
use std::process::ExitCode;

use crate::Environment;
use crate::process::{Invocations, Process};

/// Invocations before the measured ones.
const WARM_UP: usize = 300;
/// Rounds; the best one counts, because the others were disturbed.
const ROUNDS: usize = 7;
/// Starts; the median counts.
const STARTS: usize = 31;

/// CPU and elapsed time, in microseconds.
#[derive(Clone, Copy)]
pub struct Cost {
    /// Processor time.
    pub cpu: f64,
    /// Elapsed time.
    pub latency: f64,
}

/// Runs a benchmark. It prints results and fails only if it cannot measure.
pub fn main(run: fn() -> Result<(), String>) -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("benchmark: {fault}");
            ExitCode::FAILURE
        }
    }
}

/// Measures one event repeatedly in a warm process: the round with the least CPU.
///
/// # Errors
///
/// The process fails.
pub fn invocations(
    binary: &Path,
    environment: &Environment,
    event: &[u8],
    round: usize,
) -> Result<Invocations, String> {
    let mut process = Process::start(binary, environment)?;
    process.invoke(event, WARM_UP)?;
    let mut best: Option<Invocations> = None;
    for _ in 0..ROUNDS {
        let measured = process.invoke(event, round)?;
        if best.as_ref().is_none_or(|best| measured.cpu < best.cpu) {
            best = Some(measured);
        }
    }
    best.ok_or_else(|| "nothing was measured".to_owned())
}

/// Measures the first event of a process: the median of several processes.
///
/// # Errors
///
/// The process fails.
pub fn first(binary: &Path, environment: &Environment, event: &[u8]) -> Result<Cost, String> {
    let first = |_| {
        let first = Process::start(binary, environment)?.invoke(event, 1)?;
        Ok(Cost { cpu: first.cpu, latency: first.latency })
    };
    median((0..STARTS).map(first).collect::<Result<_, String>>()?)
}

/// Measures the time until a process asks for its first event: the median of several processes.
///
/// # Errors
///
/// The process fails.
pub fn starts(binary: &Path, environment: &Environment) -> Result<Cost, String> {
    let start = |_| {
        let process = Process::start(binary, environment)?;
        Ok(Cost { cpu: process.cpu_microseconds()?, latency: process.start_microseconds })
    };
    median((0..STARTS).map(start).collect::<Result<_, String>>()?)
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

/// The head of a table of cases.
pub fn print_cases_head() {
    println!("{:<40}{:>12}{:>12}{:>12}{:>12}", "", "CPU us", "mean us", "p50 us", "peak MB");
}

/// A row of a table of cases.
pub fn print_case(name: &str, measured: &Invocations) {
    println!(
        "{name:<40}{:>12.1}{:>12.1}{:>12.1}{:>12.1}",
        measured.cpu, measured.latency, measured.p50, measured.peak_megabytes
    );
}

/// A row with CPU and time.
pub fn print_cost(name: &str, cost: Cost) {
    println!("{name:<40}{:>12.0}{:>12.0}", cost.cpu, cost.latency);
}

/// A figure.
pub fn print_figure(name: &str, measured: f64, unit: &str) {
    println!("{name:<40}{measured:>12.1} {unit}");
}

/// A figure and its budget.
pub fn print_budget(name: &str, measured: f64, budget: f64, unit: &str) {
    let word = if measured <= budget { "within" } else { "OVER" };
    println!("{name:<40}{measured:>12.1} {unit}, {word} the budget of {budget} {unit}");
}
