//! Checks that no cost is superlinear: ten times as many items of any dimension that others choose cost at
//! most about ten times as much.
//!
//! It counts instructions and measures no time. The test runs itself under valgrind, which counts only the work of a
//! function on one event.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod dimensions;
mod event;
mod import;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use lambda::{FunctionError, FunctionResponse};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::dimensions::{DIMENSIONS, Dimension};

/// More than ten, because sorting costs a logarithmic factor, and growing lists are copied.
const MOST: u64 = 13;

/// The number of processes that share the dimensions.
const SHARES: usize = 2;

/// The variable that tells a process its share.
const SHARE: &str = "LINEAR_SHARE";

#[test]
fn ten_times_as_much_costs_at_most_thirteen_times_as_much() {
    assert_installed();
    let faults = thread::scope(|scope| {
        let counting: Vec<_> = (0..SHARES).map(|share| scope.spawn(move || faults_of(share))).collect();
        counting.into_iter().map(|thread| thread.join().unwrap()).collect::<String>()
    });
    assert!(faults.is_empty(), "\n{faults}");
}

fn assert_installed() {
    let installed = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    assert!(installed.is_ok_and(|status| status.success()), "valgrind is missing: run tests/tools first");
}

/// The dimensions of a share and the sizes of each, in the order of counting.
fn counted(share: usize) -> impl Iterator<Item = (&'static Dimension, [usize; 3])> {
    let dimensions = DIMENSIONS.iter().skip(share).step_by(SHARES);
    dimensions.map(|dimension| (dimension, [0, dimension.size, 10 * dimension.size]))
}

fn faults_of(share: usize) -> String {
    let dimensions = counted(share).map(|(dimension, _)| (dimension.name, dimension.size));
    let counts = counts_of("the_dimensions_run_under_valgrind", share, 3 * counted(share).count());
    superlinear(dimensions, &counts)
}

/// The dimensions of which ten times as much costs too much, with the instructions for none, some and ten times as
/// many.
fn superlinear(dimensions: impl Iterator<Item = (&'static str, usize)>, counts: &[u64]) -> String {
    let mut faults = String::new();
    for ((name, size), counts) in dimensions.zip(counts.chunks_exact(3)) {
        let nothing = counts[0];
        let (some, ten_times) = (counts[1].saturating_sub(nothing), counts[2].saturating_sub(nothing));
        if nothing == 0 || some == 0 || ten_times > MOST * some {
            writeln!(
                faults,
                "{name}: {nothing} without, {some} more for {size}, {ten_times} for ten times as many"
            )
            .unwrap();
        }
    }
    faults
}

/// The instructions of each call in `test`: valgrind writes a file each time the function whose calls it counts
/// returns.
fn counts_of(test: &str, share: usize, calls: usize) -> Vec<u64> {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("linear-{}-{share}", test.replace("::", "-")));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("counted");
    let child = Command::new("valgrind")
        .args(["--tool=callgrind", "--dump-line=no", "--toggle-collect=*answer_counted*"])
        .args(["--dump-after=*written_after*", &format!("--callgrind-out-file={}", file.display())])
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(SHARE, share.to_string())
        .output()
        .unwrap();
    let said = [child.stdout, child.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(child.status.success(), "{}", said.concat());
    let counts = (1..=calls).map(|number| {
        let counted = fs::read_to_string(format!("{}.{number}", file.display())).unwrap();
        let total = counted.lines().find_map(|line| line.strip_prefix("totals: ")).unwrap();
        total.trim().parse().unwrap()
    });
    let counts = counts.collect();
    fs::remove_dir_all(&folder).unwrap();
    counts
}

#[test]
#[ignore = "the other test runs it under valgrind"]
fn the_dimensions_run_under_valgrind() {
    let Ok(share) = env::var(SHARE) else { return };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    for (dimension, sizes) in counted(share.parse().unwrap()) {
        for size in sizes {
            let case = (dimension.case)(&runtime, size);
            let event = case.event.to_string();
            let deadline = Instant::now() + Duration::from_secs(29);
            let answer = written_after(&runtime, case.function.call(event.as_bytes(), deadline)).unwrap();
            let answer: Value = serde_json::from_slice(&answer.whole().unwrap()).unwrap();
            let (member, expected) = &case.expected;
            assert_eq!(answer.pointer(member), Some(expected), "{} of {size}: {answer}", dimension.name);
        }
    }
}

type Answer<'f> = Pin<Box<dyn Future<Output = Result<FunctionResponse, FunctionError>> + Send + 'f>>;

/// Valgrind identifies these two functions by name. It counts while `answer_counted` runs, and writes the count when
/// `written_after` returns.
#[inline(never)]
fn written_after(runtime: &Runtime, answer: Answer<'_>) -> Result<FunctionResponse, FunctionError> {
    black_box(answer_counted(runtime, answer))
}

#[inline(never)]
fn answer_counted(runtime: &Runtime, answer: Answer<'_>) -> Result<FunctionResponse, FunctionError> {
    runtime.block_on(answer)
}
