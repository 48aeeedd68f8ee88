//! Runs function processes behind a test Runtime API, any number side by side.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::process::lines_of;

/// One process, which handles one event at a time, as on Lambda. It ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    events: mpsc::UnboundedSender<Invocation>,
    log: Receiver<String>,
}

/// The outcome of an invocation: the response of the process or its error.
pub(crate) type InvocationResult = Result<Value, Value>;

struct Invocation {
    event: String,
    answer: oneshot::Sender<InvocationResult>,
}

/// The events of one process, and the callers that wait for its responses.
struct Queue {
    events: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    waiting: Mutex<Option<oneshot::Sender<InvocationResult>>>,
}

impl Process {
    pub(crate) async fn start(binary: &Path, environment: &[(String, String)]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, coming) = mpsc::unbounded_channel();
        let queue = Arc::new(Queue { events: Mutex::new(coming), waiting: Mutex::default() });
        let api = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .with_state(queue);
        tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
        let mut child = Command::new(binary)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("AWS_LAMBDA_FUNCTION_NAME", "function")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let log = lines_of(child.stdout.take().unwrap());
        Self { child, events, log }
    }

    /// Sends an event; the response comes after those to earlier events.
    pub(crate) fn invoke(&self, event: String) -> impl Future<Output = InvocationResult> + use<> {
        let (answer, coming) = oneshot::channel();
        self.events.send(Invocation { event, answer }).unwrap_or_else(|_| panic!("the Runtime API is gone"));
        async move { coming.await.unwrap() }
    }

    /// Ends the process and returns the lines logged since the last call of `log`.
    pub(crate) fn end(mut self) -> Vec<String> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The output is closed, so these are all lines.
        self.log.iter().collect()
    }

    /// The lines logged since the last call.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.try_iter().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn next(State(queue): State<Arc<Queue>>) -> impl IntoResponse {
    let Some(invocation) = queue.events.lock().await.recv().await else {
        // No more events will come: the process is about to be ended.
        return std::future::pending().await;
    };
    *queue.waiting.lock().await = Some(invocation.answer);
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:function"),
    ];
    (headers, invocation.event)
}

async fn answered(State(queue): State<Arc<Queue>>, body: Bytes) -> StatusCode {
    tell(&queue, Ok(serde_json::from_slice(&body).unwrap())).await
}

async fn failed(State(queue): State<Arc<Queue>>, body: Bytes) -> StatusCode {
    tell(&queue, Err(serde_json::from_slice(&body).unwrap())).await
}

async fn tell(queue: &Queue, said: InvocationResult) -> StatusCode {
    let waiting = queue.waiting.lock().await.take();
    // A test that no longer waits has already failed.
    drop(waiting.map(|waiting| waiting.send(said)));
    StatusCode::ACCEPTED
}
