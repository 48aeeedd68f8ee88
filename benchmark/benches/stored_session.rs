//! Measures a stored session in the release `authorizer`, from memory and from the table, and a plain read of the
//! same item with the same client. The table is a server on loopback that always returns one item, so only
//! vestibule's side of the call is measured.
//!
//! Run `cargo bench -p benchmark --bench stored_session` after `tests/release --build`. See docs/benchmark.md.

#![expect(clippy::print_stdout, reason = "it prints its results")]

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use benchmark::origin::{Response, serve, whole};
use benchmark::report::{
    first, invocations, print_budget, print_case, print_cases_head, print_cost, print_figure, starts,
};
use benchmark::{binary, environment, event, file};

/// Invocations in one round.
const ROUND: usize = 1_000;

/// The memory budget of a process that contains an SDK client, MB.
const PEAK_MEGABYTES: f64 = 16.0;

/// The budget of a start in microseconds. No client is built at the start.
const START_MICROSECONDS: f64 = 2_000.0;

fn main() -> ExitCode {
    benchmark::report::main(run)
}

fn run() -> Result<(), String> {
    let stored = Stored::read()?;
    let table = format!("http://{}", serve(stored.table())?);
    let common = [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "no-secret"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", table.as_str()),
        ("BENCHMARK_KEY", stored.key.as_str()),
        ("VESTIBULE_SESSION_STORAGE", "dynamodb"),
        ("VESTIBULE_SESSION_TABLE", "sessions"),
    ];
    let with =
        |seconds| environment(&[&common[..], &[("VESTIBULE_SESSION_CACHE_SECONDS", seconds)]].concat());
    let (reading, remembering) = (with("0")?, with("300")?);
    let (authorizer, plain, empty) = (binary("authorizer")?, binary("plain-read")?, binary("empty")?);
    let event = stored.event()?;

    print_cases_head();
    let base = invocations(&empty, &Vec::new(), &event, ROUND)?;
    print_case("empty handler", &base);
    let memory = invocations(&authorizer, &remembering, &event, ROUND)?;
    print_case("stored session from memory", &memory);
    print_figure("  over the empty handler", memory.cpu - base.cpu, "us");
    let read = invocations(&plain, &reading, &event, ROUND)?;
    print_case("plain read of the item", &read);
    let table = invocations(&authorizer, &reading, &event, ROUND)?;
    print_case("stored session from the table", &table);
    print_figure("  over the plain read", table.cpu - read.cpu, "us");
    print_budget("  peak memory", table.peak_megabytes, PEAK_MEGABYTES, "MB");

    println!();
    println!("{:<40}{:>12}{:>12}", "", "CPU us", "us");
    let start = starts(&authorizer, &reading)?;
    print_cost("start of authorizer, no client yet", start);
    print_budget("  start", start.latency, START_MICROSECONDS, "us");
    print_cost("first stored session, client built", first(&authorizer, &reading, &event)?);
    print_cost("first plain read, client built", first(&plain, &reading, &event)?);
    Ok(())
}

/// A session in a table, from `benchmark/stored_session.env`.
struct Stored {
    cookie: String,
    key: String,
    item: String,
}

impl Stored {
    fn read() -> Result<Self, String> {
        let text =
            String::from_utf8(file("benchmark/stored_session.env")?).map_err(|error| error.to_string())?;
        let value = |name: &str| {
            let lines = text.lines().filter_map(|line| line.split_once('='));
            let mut values = lines.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
            values.next().ok_or_else(|| format!("benchmark/stored_session.env has no {name}"))
        };
        Ok(Self { cookie: value("COOKIE")?, key: value("KEY")?, item: value("ITEM")? })
    }

    /// A table that contains only this item.
    fn table(&self) -> Response {
        const JSON: &str = "application/x-amz-json-1.0";
        let found = whole(JSON, format!("{{\"Item\":{}}}", self.item).as_bytes());
        let missing = whole(JSON, b"{}");
        let key = self.key.clone().into_bytes();
        Arc::new(move |request, stream| {
            let asked = request.body.windows(key.len()).any(|bytes| bytes == key);
            stream.write_all(if asked { &found } else { &missing })
        })
    }

    /// A page load with the session's cookie.
    fn event(&self) -> Result<Vec<u8>, String> {
        let sample =
            String::from_utf8(event("authorizer/rest-session")?).map_err(|error| error.to_string())?;
        let sealed = sample.split("theme=dark; ").nth(1).and_then(|rest| rest.split('"').next());
        let sealed = sealed.ok_or("the sample has no session cookie")?;
        Ok(sample.replace(sealed, &self.cookie).into_bytes())
    }
}
