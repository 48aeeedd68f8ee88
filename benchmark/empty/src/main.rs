//! Runs a handler that does nothing on the functions' runtime, to measure the cost without their own work.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(|_: LambdaEvent<Box<RawValue>>| async { Ok::<_, Error>("{}") })).await
}
