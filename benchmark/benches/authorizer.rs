//! Compares the release `authorizer` with a handler that does nothing, both with a Runtime API on loopback.
//!
//! Run `cargo bench -p benchmark --bench authorizer` after `tests/release --build`. It prints results without judging
//! them, because times on a shared machine prove little. See docs/benchmark.md.

#![expect(clippy::print_stdout, reason = "it prints its results")]

use std::process::ExitCode;

use benchmark::process::deflated_megabytes;
use benchmark::report::{
    first, invocations, print_budget, print_case, print_cases_head, print_cost, print_figure, starts,
};
use benchmark::{binary, environment, event};

/// Invocations in one round.
const ROUND: usize = 2_000;
mod budget {
    pub(crate) const START_MICROSECONDS: f64 = 2_000.0;
    pub(crate) const SESSION_MICROSECONDS: f64 = 15.0;
    pub(crate) const BEARER_MICROSECONDS: f64 = 35.0;
    pub(crate) const PEAK_MEGABYTES: f64 = 10.0;
    pub(crate) const ZIP_MEGABYTES: f64 = 4.0;
}

/// One benchmark: a name, the sample, and the budget above an empty handler.
const CASES: [(&str, &str, Option<f64>); 4] = [
    ("no credential, script", "authorizer/rest-script", None),
    ("no credential, page load", "authorizer/rest-page", None),
    ("sealed session", "authorizer/rest-session", Some(budget::SESSION_MICROSECONDS)),
    ("bearer seen before", "authorizer/rest-bearer", Some(budget::BEARER_MICROSECONDS)),
];

fn main() -> ExitCode {
    benchmark::report::main(run)
}

fn run() -> Result<(), String> {
    let (authorizer, empty) = (binary("authorizer")?, binary("empty")?);
    let (environment, nothing) = (environment(&[])?, Vec::new());
    print_cases_head();
    for (name, sample, budget) in CASES {
        let event = event(sample)?;
        // The same event, so that the runtime's cost to transport it is subtracted.
        let base = invocations(&empty, &nothing, &event, ROUND)?;
        print_case(&format!("empty handler, event of: {name}"), &base);
        let measured = invocations(&authorizer, &environment, &event, ROUND)?;
        print_case(name, &measured);
        match budget {
            Some(budget) => print_budget("  over the empty handler", measured.cpu - base.cpu, budget, "us"),
            None => print_figure("  over the empty handler", measured.cpu - base.cpu, "us"),
        }
        print_budget("  peak memory", measured.peak_megabytes, budget::PEAK_MEGABYTES, "MB");
    }
    println!();
    println!("{:<40}{:>12}{:>12}", "", "CPU us", "us");
    let bearer = event("authorizer/rest-bearer")?;
    print_cost("bearer first seen, keys fetched", first(&authorizer, &environment, &bearer)?);
    print_cost("start of the empty handler", starts(&empty, &nothing)?);
    let start = starts(&authorizer, &environment)?;
    print_cost("start of authorizer", start);
    print_budget("  start", start.latency, budget::START_MICROSECONDS, "us");
    println!();
    for function in ["authorizer", "callback", "login", "logout", "proxy", "session"] {
        let megabytes = deflated_megabytes(&binary(function)?)?;
        print_budget(&format!("zip of {function}"), megabytes, budget::ZIP_MEGABYTES, "MB");
    }
    Ok(())
}
