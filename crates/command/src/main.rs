//! `vestibule`: the command for operators.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use aws::Sdk;
use clap::Parser;
use command::{Arguments, Operator, Work};
use flow::system_ports::{SystemClock, SystemEntropy};
use outbound::https::Roots;
use outbound::provider::{HttpsProvider, Limits};
use tokio::sync::Notify;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ssl_cert_file = env::var_os("SSL_CERT_FILE");
    let roots = match Roots::from_file_or_built_in(ssl_cert_file.as_deref().map(AsRef::as_ref)) {
        Ok(roots) => roots,
        Err(fault) => {
            drop(writeln!(io::stderr(), "SSL_CERT_FILE: {fault}"));
            return ExitCode::FAILURE;
        }
    };
    let provider = Arc::new(HttpsProvider::new(roots.clone(), Limits::default()));
    let interrupted = Arc::new(Notify::new());
    tokio::spawn(listen(Arc::clone(&interrupted)));
    let operator = Operator {
        sdk: Sdk::of_profile(roots, arguments.profile()),
        environment: env::vars().filter(|(name, _)| name.starts_with("VESTIBULE_")).collect(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        provider,
        work: Arc::new(Work::new(interrupted)),
    };
    operator.run(arguments, &mut io::stdout(), &mut io::stderr()).await.code().into()
}

/// Reports every Ctrl-C. The signal's default action would end a command in the middle of a change.
async fn listen(interrupted: Arc<Notify>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        interrupted.notify_one();
    }
}
