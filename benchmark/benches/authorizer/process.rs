//! A function's process, and what it costs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::runtime_api::{Heard, RuntimeApi};

/// How long anything may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process that waits for events.
pub(crate) struct Process {
    child: Child,
    api: RuntimeApi,
    /// From the start of the process to its first request for an event.
    pub(crate) start_microseconds: f64,
}

/// What an invocation costs, on average over a round; microseconds.
pub(crate) struct Invocations {
    /// Processor time of the process, in and out of the kernel.
    pub(crate) cpu: f64,
    /// From the event's last byte to the answer's.
    pub(crate) latency: f64,
    /// The most memory that the process has had so far.
    pub(crate) peak_megabytes: f64,
}

impl Process {
    pub(crate) fn start(binary: &Path, environment: &[(String, String)]) -> Result<Self, String> {
        let api = RuntimeApi::start().map_err(text)?;
        let since = Instant::now();
        let child = Command::new(binary)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_FUNCTION_NAME", "benchmark")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(text)?;
        let mut process = Self { child, api, start_microseconds: 0.0 };
        match process.hear()? {
            Heard::Next(at) => process.start_microseconds = microseconds(at - since),
            Heard::Answered(_) => return Err(format!("{} refuses to start", binary.display())),
        }
        Ok(process)
    }

    /// Hands over `event` `times` times.
    pub(crate) fn invoke(&mut self, event: &[u8], times: usize) -> Result<Invocations, String> {
        let before = self.cpu_microseconds()?;
        let mut latency = Duration::ZERO;
        for _ in 0..times {
            let since = Instant::now();
            self.api.events.send(event.to_vec()).map_err(text)?;
            let Heard::Answered(at) = self.hear()? else {
                return Err("an event was not answered".to_owned());
            };
            latency += at - since;
            let Heard::Next(_) = self.hear()? else { return Err("an event was answered twice".to_owned()) };
        }
        let times = f64::from(u32::try_from(times).map_err(text)?);
        Ok(Invocations {
            cpu: (self.cpu_microseconds()? - before) / times,
            latency: microseconds(latency) / times,
            peak_megabytes: self.peak_megabytes()?,
        })
    }

    /// The time that all threads have had a processor: the first figure of `schedstat`, nanoseconds. The figures of
    /// `stat` are the same in steps of 10 ms.
    pub(crate) fn cpu_microseconds(&self) -> Result<f64, String> {
        let mut nanoseconds = 0.0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id())).map_err(text)? {
            let schedstat = fs::read_to_string(task.map_err(text)?.path().join("schedstat")).map_err(text)?;
            let spent = schedstat.split(' ').next().unwrap_or_default();
            nanoseconds += spent.parse::<f64>().map_err(text)?;
        }
        Ok(nanoseconds / 1_000.0)
    }

    fn peak_megabytes(&self) -> Result<f64, String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).map_err(text)?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().map_err(text)?;
        Ok(kilobytes / 1_024.0)
    }

    fn hear(&self) -> Result<Heard, String> {
        self.api.heard.recv_timeout(PATIENCE).map_err(|_| "the function does nothing".to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The size of the program deflated, as it is in a zip: that adds some hundred bytes around it.
pub(crate) fn deflated_megabytes(binary: &Path) -> Result<f64, String> {
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
