//! Runs a handler that only reads one item of the session table, with the functions' own client, to measure the share
//! of the read in the cost of a stored session.

use std::env;
use std::sync::Arc;

use aws::Sdk;
use aws::session_table::SessionTable;
use flow::session::store::{RowKey, SessionStore as _};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use outbound::https::{Roots, RootsFault};
use serde_json::value::RawValue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sdk = Sdk::from_environment(Roots::from_file_or_built_in(None).map_err(RootsFault::problem)?);
    let table = Arc::new(SessionTable::new(sdk, "sessions".to_owned()));
    let key = Arc::new(RowKey::new(env::var("BENCHMARK_KEY")?));
    run(service_fn(move |_: LambdaEvent<Box<RawValue>>| {
        let (table, key) = (Arc::clone(&table), Arc::clone(&key));
        async move {
            let row = table.read(&key).await.map_err(|fault| format!("{fault:?}"))?;
            row.map(|_| "{}").ok_or_else(|| Error::from("there is no such item"))
        }
    }))
    .await
}
