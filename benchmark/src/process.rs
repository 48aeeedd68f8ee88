//! Runs a function's process and measures its cost.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Environment;
use crate::http::{Request, Watch};
use crate::runtime_api::{Heard, RuntimeApi};

/// The time limit of every operation; after it the benchmark gives up.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(20);

/// A process that waits for events.
pub struct Process {
    child: Child,
    api: RuntimeApi,
    /// The time from the start of the process to its first request for an event.
    pub start_microseconds: f64,
}

/// The options of a process.
pub struct Terms {
    /// Sees streamed responses as they arrive.
    pub watch: Watch,
    /// The time that Lambda allows an invocation; `None` for no limit.
    pub time: Option<Duration>,
    /// The destination of the process's log.
    pub log: Option<File>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { watch: Arc::new(|_| ()), time: None, log: None }
    }
}

/// The average cost of an invocation in a round, in microseconds.
pub struct Invocations {
    /// Processor time of the process, in user and kernel mode.
    pub cpu: f64,
    /// The time from sending the event to the response's last byte.
    pub latency: f64,
    /// The median of that time.
    pub p50: f64,
    /// The peak memory of the process so far.
    pub peak_megabytes: f64,
}

impl Process {
    /// Starts a process and waits until it asks for an event.
    ///
    /// # Errors
    ///
    /// The process does not ask for an event.
    pub fn start(binary: &Path, environment: &Environment) -> Result<Self, String> {
        Self::on_terms(binary, environment, Terms::default())
    }

    /// Starts a process with other options.
    ///
    /// # Errors
    ///
    /// The process does not ask for an event.
    pub fn on_terms(binary: &Path, environment: &Environment, terms: Terms) -> Result<Self, String> {
        let api = RuntimeApi::start(terms.watch, terms.time).map_err(text)?;
        let since = Instant::now();
        let child = Command::new(binary)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_FUNCTION_NAME", "benchmark")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(terms.log.map_or_else(Stdio::null, Stdio::from))
            .stderr(Stdio::null())
            .spawn()
            .map_err(text)?;
        let mut process = Self { child, api, start_microseconds: 0.0 };
        match process.hear()? {
            Heard::Next(at) => process.start_microseconds = microseconds(at - since),
            Heard::Answered(..) => return Err(format!("{} refuses to start", binary.display())),
        }
        Ok(process)
    }

    /// Sends `event` `times` times.
    ///
    /// # Errors
    ///
    /// The process does not answer.
    pub fn invoke(&mut self, event: &[u8], times: usize) -> Result<Invocations, String> {
        let before = self.cpu_microseconds()?;
        let mut latencies = Vec::with_capacity(times);
        for _ in 0..times {
            let since = Instant::now();
            latencies.push(self.answered(event)?.0 - since);
        }
        latencies.sort_unstable();
        let total: Duration = latencies.iter().sum();
        let p50 = latencies.get(times / 2).copied().unwrap_or_default();
        let times = f64::from(u32::try_from(times).map_err(text)?);
        Ok(Invocations {
            cpu: (self.cpu_microseconds()? - before) / times,
            latency: microseconds(total) / times,
            p50: microseconds(p50),
            peak_megabytes: self.peak_megabytes()?,
        })
    }

    /// Sends `event` once. Returns the time of the response, and the time when the first piece of a streamed
    /// body arrived.
    ///
    /// # Errors
    ///
    /// The process does not answer.
    pub fn answered(&mut self, event: &[u8]) -> Result<(Instant, Option<Instant>), String> {
        self.answer(event).map(|(at, answer)| (at, answer.first_chunk))
    }

    /// Sends `event` once. Returns the time of the response, and the request that the Runtime API got.
    ///
    /// # Errors
    ///
    /// The process does not answer.
    pub fn answer(&mut self, event: &[u8]) -> Result<(Instant, Request), String> {
        self.api.events.send(event.to_vec()).map_err(text)?;
        let Heard::Answered(at, answer) = self.hear()? else {
            return Err("an event was not answered".to_owned());
        };
        let Heard::Next(_) = self.hear()? else { return Err("an event was answered twice".to_owned()) };
        Ok((at, answer))
    }

    /// The processor time of all threads: the first figure of `schedstat`, in nanoseconds. `stat` has the same
    /// figures in steps of 10 ms.
    ///
    /// # Errors
    ///
    /// The process has ended.
    pub fn cpu_microseconds(&self) -> Result<f64, String> {
        let mut nanoseconds = 0.0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id())).map_err(text)? {
            let schedstat = fs::read_to_string(task.map_err(text)?.path().join("schedstat")).map_err(text)?;
            let spent = schedstat.split(' ').next().unwrap_or_default();
            nanoseconds += spent.parse::<f64>().map_err(text)?;
        }
        Ok(nanoseconds / 1_000.0)
    }

    /// The peak memory of the process so far.
    ///
    /// # Errors
    ///
    /// The process has ended.
    pub fn peak_megabytes(&self) -> Result<f64, String> {
        self.status_megabytes("VmHWM:")
    }

    /// The current memory of the process.
    ///
    /// # Errors
    ///
    /// The process has ended.
    pub fn resident_megabytes(&self) -> Result<f64, String> {
        self.status_megabytes("VmRSS:")
    }

    fn status_megabytes(&self, name: &str) -> Result<f64, String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).map_err(text)?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().map_err(text)?;
        Ok(kilobytes / 1_024.0)
    }

    fn hear(&self) -> Result<Heard, String> {
        self.api.heard.recv_timeout(DEFAULT_TIMEOUT).map_err(|_| "the function does nothing".to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The size of the deflated program; a zip adds some hundred bytes to it.
///
/// # Errors
///
/// gzip is not installed.
pub fn deflated_megabytes(binary: &Path) -> Result<f64, String> {
    let output = Command::new("gzip").arg("-6").arg("-c").arg(binary).output().map_err(text)?;
    let bytes = u32::try_from(output.stdout.len()).map_err(text)?;
    Ok(f64::from(bytes) / 1_048_576.0)
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
