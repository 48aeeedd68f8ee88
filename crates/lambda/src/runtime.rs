//! Runs the loop of Lambda's Runtime API around a [`Function`].

mod invoke_layer;
mod stream;

use std::env;
use std::fmt::Display;
use std::future::Future;
use std::io;
use std::panic;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header;
use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use relying_party::configuration::{Faults, Warning};
use relying_party::time::Timestamp;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout};

use crate::log::{Level, Log, LogLine, StartLine, write_start_line};
use crate::{Function, FunctionError};
use invoke_layer::{InvokeLayer, Outcome, PendingOutcome};

/// How long the report of a refused start may take; the Runtime API is on this machine.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// `errorType` of a refused start.
const START_ERROR_TYPE: &str = "Runtime.ConfigurationFault";

/// Where the Runtime API is.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Variables that the Lambda service and its emulators set, and the runtime crate panics without.
const SET_BY_LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    RUNTIME_API,
];

/// Runs a function's binary: builds the function once, then answers events until the process is ended.
///
/// `name` is the function's, for the log. `build` refuses with one fault a line: all of them are logged as
/// one JSON line, reported to Lambda as the error of the start, and the process exits with 1. Lambda then
/// starts it anew with the next event, so a corrected configuration needs no more than a deployment.
pub fn main_with<F, B, E, Build>(name: &'static str, build: Build) -> ExitCode
where
    F: Function + 'static,
    E: Display,
    B: Future<Output = Result<F, E>>,
    Build: FnOnce() -> B,
{
    log_panics(name);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            // Nothing can be reported without a runtime.
            log_refused_start(name, &error.to_string());
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let function = match build().await {
            Ok(function) => function,
            Err(faults) => return refuse_to_start(name, &faults.to_string()).await,
        };
        if let Some(faults) = not_in_lambda() {
            return refuse_to_start(name, &faults).await;
        }
        match run(function).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let detail = error.to_string();
                Log::new(Level::Error).write(&LogLine {
                    reason: Some("runtime_api_failed"),
                    fault: Some("outage"),
                    detail: Some(detail.into()),
                    ..LogLine::new(name, "stop", Level::Error, now())
                });
                ExitCode::FAILURE
            }
        }
    })
}

/// Answers events until the Runtime API fails.
///
/// The function is handed the bytes that Lambda sent, JSON or not. A panic of it becomes a failed invocation.
///
/// # Errors
///
/// When the Runtime API cannot be reached.
pub async fn run(function: impl Function + 'static) -> Result<(), lambda_runtime::Error> {
    let pending = PendingOutcome::default();
    let handler = {
        let pending = pending.clone();
        service_fn(move |_: LambdaEvent<()>| {
            let outcome = pending.take();
            async move { answer(outcome) }
        })
    };
    // Not `lambda_runtime::run`: it wraps every invocation in a span that nothing here would read.
    Runtime::new(handler).layer(InvokeLayer::new(Arc::new(function), pending)).run().await
}

/// Logs `faults`, one a line, reports them to Lambda and gives the exit code.
async fn refuse_to_start(name: &str, faults: &str) -> ExitCode {
    let faults = log_refused_start(name, faults);
    if env::var_os(RUNTIME_API).is_some() {
        // Nothing is left to do where neither the log nor Lambda can be reached: the exit code tells.
        let _ = report_start_error(&faults).await;
    }
    ExitCode::FAILURE
}

/// Logs `faults`, one a line, and gives them.
fn log_refused_start(name: &str, faults: &str) -> Vec<String> {
    let faults: Vec<String> =
        faults.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let line = StartLine {
        level: Level::Error,
        at: now(),
        function: name,
        decision: "refuse_to_start",
        fault: "configuration",
        faults: &faults,
    };
    let _ = write_start_line(&mut io::stdout().lock(), &line);
    faults
}

/// Logs each of `warnings` once, as a line of its own, unless `threshold` leaves warnings out.
pub fn warn_at_start(name: &str, threshold: Level, warnings: &[Warning]) {
    for warning in warnings {
        Log::new(threshold).write(&LogLine::without_effect(name, warning, now()));
    }
}

/// Logs that a changed configuration is in force.
pub fn take_configuration(name: &str, threshold: Level) {
    Log::new(threshold).write(&LogLine::new(name, "take_configuration", Level::Info, now()));
}

/// Logs why a configuration that was read anew is not in force, each fault as a line of its own.
pub fn keep_configuration(name: &str, threshold: Level, faults: &Faults) {
    for fault in &faults.0 {
        Log::new(threshold).write(&LogLine::not_taken(name, fault, now()));
    }
}

/// The variables that are missing when somebody starts the program by hand, one a line.
fn not_in_lambda() -> Option<String> {
    let missing: Vec<String> = SET_BY_LAMBDA
        .into_iter()
        .filter(|name| env::var_os(name).is_none())
        .map(|name| format!("{name}: is not set; this program is started by Lambda or its emulator"))
        .collect();
    (!missing.is_empty()).then(|| missing.join("\n"))
}

/// The outcome as the runtime crate takes it.
fn answer(outcome: Outcome) -> Result<Box<RawValue>, Diagnostic> {
    let reply = String::from_utf8(outcome.map_err(diagnostic)?).ok();
    let reply = reply.and_then(|text| RawValue::from_string(text).ok());
    reply.ok_or_else(|| diagnostic(FunctionError::failed("answer_malformed")))
}

/// The end of an invocation on the clock that timeouts are measured by.
fn deadline(end: SystemTime) -> Instant {
    Instant::now() + end.duration_since(SystemTime::now()).unwrap_or_default()
}

fn diagnostic(error: FunctionError) -> Diagnostic {
    Diagnostic { error_type: error.error_type, error_message: error.error_message }
}

/// A panic is logged by its place alone: its message may quote what was being worked on.
fn log_panics(name: &'static str) {
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        Log::new(Level::Error).write(&LogLine {
            reason: Some("panic"),
            fault: Some("bug"),
            detail: place.map(Into::into),
            ..LogLine::new(name, "fail", Level::Error, now())
        });
    }));
}

/// `POST /runtime/init/error` of the Runtime API. The runtime crate keeps its own call of it to itself.
async fn report_start_error(faults: &[String]) -> Result<(), lambda_runtime::Error> {
    let body = serde_json::json!({
        "errorType": START_ERROR_TYPE,
        "errorMessage": format!("vestibule refuses to start: {}", faults.join("; ")),
        "stackTrace": [],
    });
    let request = lambda_runtime_api_client::build_request()
        .method(http::Method::POST)
        .uri("/2018-06-01/runtime/init/error")
        .header(header::CONTENT_TYPE, "application/json")
        .header("lambda-runtime-function-error-type", START_ERROR_TYPE)
        .body(Body::from(body.to_string()))?;
    // Lambda ends the environment once it has answered; until then the report may not have been taken.
    timeout(REPORT_TIMEOUT, PooledClient::builder().build().call(request)).await??;
    Ok(())
}

/// The one reading of the clock that no function's own clock can give: there is no function yet, or no more.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
