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

use crate::log::{Log, LogLevel, LogLine, StartLine, write_start_line};
use crate::{Function, FunctionError};
use invoke_layer::{InvocationResult, InvokeLayer, PendingResult};

/// The timeout for the report of a refused start; the Runtime API is on the same machine.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// `errorType` of a refused start.
const START_ERROR_TYPE: &str = "Runtime.ConfigurationFault";

/// The variable with the address of the Runtime API.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

/// Variables that the Lambda service and its emulators set. The runtime crate panics without them.
const SET_BY_LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    RUNTIME_API,
];

/// Runs a function's binary: builds the function once, then answers events until the process is ended.
///
/// `name` is the function's name in the log. If `build` fails with faults, one per line, all of them are
/// logged as one JSON line and reported to Lambda as an initialisation error, and the process exits with 1.
/// Lambda starts the function again for the next event, so a corrected configuration needs no more than a
/// deployment.
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
            // Without a runtime the fault cannot be reported to Lambda.
            log_refused_start(name, &error.to_string());
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let function = match build().await {
            Ok(function) => function,
            Err(faults) => return refuse_to_start(name, &faults.to_string()).await,
        };
        if let Some(faults) = missing_lambda_variables() {
            return refuse_to_start(name, &faults).await;
        }
        match run(function).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let detail = error.to_string();
                Log::new(LogLevel::Error).write(&LogLine {
                    reason: Some("runtime_api_failed"),
                    fault: Some("outage"),
                    detail: Some(detail.into()),
                    ..LogLine::new(name, "stop", LogLevel::Error, now())
                });
                ExitCode::FAILURE
            }
        }
    })
}

/// Answers events until the Runtime API fails.
///
/// The function receives the bytes that Lambda sent, whether they are JSON or not. A panic in it becomes a
/// failed invocation.
///
/// # Errors
///
/// Fails if the Runtime API cannot be reached.
pub async fn run(function: impl Function + 'static) -> Result<(), lambda_runtime::Error> {
    let pending = PendingResult::default();
    let handler = {
        let pending = pending.clone();
        service_fn(move |_: LambdaEvent<()>| {
            let outcome = pending.take();
            async move { answer(outcome) }
        })
    };
    // `lambda_runtime::run` would wrap every invocation in a tracing span that nothing reads.
    Runtime::new(handler).layer(InvokeLayer::new(Arc::new(function), pending)).run().await
}

/// Logs `faults`, one per line, reports them to Lambda and returns the exit code.
async fn refuse_to_start(name: &str, faults: &str) -> ExitCode {
    let faults = log_refused_start(name, faults);
    if env::var_os(RUNTIME_API).is_some() {
        // If the report fails too, the exit code is the only signal left.
        let _ = report_start_error(&faults).await;
    }
    ExitCode::FAILURE
}

/// Logs `faults`, one per line, and returns them.
fn log_refused_start(name: &str, faults: &str) -> Vec<String> {
    let faults: Vec<String> =
        faults.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let line = StartLine {
        level: LogLevel::Error,
        at: now(),
        function: name,
        decision: "refuse_to_start",
        fault: "configuration",
        faults: &faults,
    };
    let _ = write_start_line(&mut io::stdout().lock(), &line);
    faults
}

/// Logs each of `warnings` as a line, unless `threshold` excludes warnings.
pub fn log_warnings(name: &str, threshold: LogLevel, warnings: &[Warning]) {
    for warning in warnings {
        Log::new(threshold).write(&LogLine::without_effect(name, warning, now()));
    }
}

/// Logs that a changed configuration is in force.
pub fn log_configuration_taken(name: &str, threshold: LogLevel) {
    Log::new(threshold).write(&LogLine::new(name, "take_configuration", LogLevel::Info, now()));
}

/// Logs why a changed configuration is not in force, with a line for each fault.
pub fn log_configuration_kept(name: &str, threshold: LogLevel, faults: &Faults) {
    for fault in &faults.0 {
        Log::new(threshold).write(&LogLine::not_taken(name, fault, now()));
    }
}

/// Returns the variables that are missing, one per line, when somebody starts the program by hand.
fn missing_lambda_variables() -> Option<String> {
    let missing: Vec<String> = SET_BY_LAMBDA
        .into_iter()
        .filter(|name| env::var_os(name).is_none())
        .map(|name| format!("{name}: is not set; this program is started by Lambda or its emulator"))
        .collect();
    (!missing.is_empty()).then(|| missing.join("\n"))
}

/// Converts the outcome to the types of the runtime crate.
fn answer(outcome: InvocationResult) -> Result<Box<RawValue>, Diagnostic> {
    let response = String::from_utf8(outcome.map_err(diagnostic)?).ok();
    let response = response.and_then(|text| RawValue::from_string(text).ok());
    response.ok_or_else(|| diagnostic(FunctionError::failed("answer_malformed")))
}

/// Converts the end of an invocation to the clock that timeouts use.
fn deadline(end: SystemTime) -> Instant {
    Instant::now() + end.duration_since(SystemTime::now()).unwrap_or_default()
}

fn diagnostic(error: FunctionError) -> Diagnostic {
    Diagnostic { error_type: error.error_type, error_message: error.error_message }
}

/// Logs only the location of a panic: its message may quote the data in use.
fn log_panics(name: &'static str) {
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string);
        Log::new(LogLevel::Error).write(&LogLine {
            reason: Some("panic"),
            fault: Some("bug"),
            detail: place.map(Into::into),
            ..LogLine::new(name, "fail", LogLevel::Error, now())
        });
    }));
}

/// Calls `POST /runtime/init/error` of the Runtime API. The runtime crate's own call is private.
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
    // Lambda may end the environment before it has received the report, so this waits for its response.
    timeout(REPORT_TIMEOUT, PooledClient::builder().build().call(request)).await??;
    Ok(())
}

/// Reads the system clock directly because no function with its own clock exists at this point.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
