//! `cargo run`: vestibule on loopback, from the deployed template, with a Cognito stand-in and an upstream.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use local::stack::{Addresses, Choices, Stack, seeded_user};

/// vestibule on loopback: API Gateway from the deployed template, a Cognito stand-in, and an upstream to protect.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port of the REST API.
    #[arg(long, default_value_t = 8400)]
    api_gateway_port: u16,
    /// Port of the Cognito stand-in.
    #[arg(long, default_value_t = 8410)]
    cognito_port: u16,
    /// Port of the echo upstream.
    #[arg(long, default_value_t = 8420)]
    upstream_port: u16,
    /// Protect an application of your own instead of the echo upstream.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Sign in at a provider of your own: a configuration document, YAML or JSON.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            complain(&fault);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let configuration = match &arguments.config {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|error| format!("cannot read {}: {error}", path.display()))?,
        ),
        None => None,
    };
    let stack = Stack::bind(Choices {
        api_gateway_port: arguments.api_gateway_port,
        cognito_port: arguments.cognito_port,
        upstream_port: arguments.upstream_port,
        upstream: arguments.upstream,
        configuration,
        ..Choices::documented()
    })
    .await
    .map_err(|fault| fault.to_string())?;
    greet(stack.addresses());
    stack.serve(stop_signal()).await.map_err(|fault| fault.to_string())
}

/// Done on Ctrl-C, or when the process is asked to end.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what a newcomer reads first")]
fn greet(addresses: &Addresses) {
    let Addresses { api_gateway, cognito, upstream } = addresses;
    println!("vestibule on loopback");
    println!();
    println!("  protected application  {api_gateway}/");
    if let Some(cognito) = cognito {
        let user = seeded_user();
        println!("  Cognito stand-in       {cognito}/");
        println!("  its mailbox            {cognito}/_local/mailbox");
        println!("  upstream               {upstream}/");
        println!();
        println!("  user: {}  password: {}", user.email, user.password);
    } else {
        println!("  upstream               {upstream}/");
    }
    println!();
    println!("Try:");
    println!("  curl -i {api_gateway}/get                         an API client without a token: 401");
    println!("  curl -i -H 'Accept: text/html' {api_gateway}/get  a page load: 302 to sign-in");
    println!("  open {api_gateway}/anything/hello?from=browser    in a browser: sign in, and land there");
    println!();
    println!("Ctrl-C stops it.");
}

#[expect(clippy::print_stderr, reason = "the terminal is where somebody looks for it")]
fn complain(fault: &str) {
    eprintln!("vestibule cannot start:\n{fault}");
}
