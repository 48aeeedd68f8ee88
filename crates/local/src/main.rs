//! `cargo run`: vestibule on loopback, from the deployed template, with a Cognito stand-in and an upstream.

mod progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use local::api_gateway::Behaviour;
use local::stack::{Addresses, Choices, OwnDocument, Stack, seeded_users};
use local::terminal::Terminal;
use offline::{Offline, report};
use relying_party::configuration::VARIABLE_PREFIX;

use self::progress::Line;

const EXAMPLES: &str = "Examples:
  cargo run                                            an echo application behind sign-in
  cargo run -- --upstream http://127.0.0.1:3000        your application behind sign-in
  cargo run -- --config my-pool.yaml                   sign-in at your own provider
  cargo run -- import kong kong.yaml                   import the configuration of Kong Gateway
  cargo run -- check my-pool.yaml                      every fault of a configuration";

/// Runs vestibule on this machine: API Gateway from the deployed template, a Cognito stand-in, and an
/// application to protect.
#[derive(Parser)]
#[command(name = "vestibule", bin_name = "cargo run --", version, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// A command to run instead of starting the stack.
    #[command(subcommand)]
    command: Option<Offline>,
    /// Print one JSON object (for the commands).
    #[arg(long, global = true, hide_short_help = true)]
    json: bool,
    #[command(flatten)]
    choices: Choices,
    /// Sign in at your own provider. The file is a configuration document in YAML or JSON.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to show each request: a short line, in colours on a terminal, or the log line that the functions
    /// write on AWS.
    #[arg(long, value_enum, value_name = "FORM", default_value = "text")]
    log: LogForm,
    #[command(flatten)]
    behaviour: Behaviour,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogForm {
    Text,
    Json,
}

impl LogForm {
    fn terminal(self) -> Terminal {
        match self {
            Self::Json => Terminal::Json,
            Self::Text if report::in_colour() => Terminal::Colour,
            Self::Text => Terminal::Plain,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if let Some(command) = arguments.command.take() {
        let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
        let line = Line::new(!arguments.json);
        let watch = line.clone();
        let outcome = command.run_until(move |at| watch.show(at), tokio::signal::ctrl_c()).await;
        line.clear();
        return report::write_outcome(outcome, arguments.json, &mut out, &mut err).code().into();
    }
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            complain(&fault);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let configuration = match &arguments.config {
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("--config: cannot read {name}: {error}"))?;
            Some(OwnDocument { name, text })
        }
        None => None,
    };
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
        .collect();
    let choices = Choices {
        configuration,
        environment,
        terminal: arguments.log.terminal(),
        behaviour: arguments.behaviour,
        ..arguments.choices
    };
    let stack = Stack::bind(choices).await.map_err(|fault| fault.to_string())?;
    greet(&stack);
    stack.serve(stop_signal()).await.map_err(|fault| fault.to_string())
}

/// Completes on Ctrl-C, or when the process gets a termination signal.
#[cfg(unix)]
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

/// Completes on Ctrl-C.
#[cfg(not(unix))]
async fn stop_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

#[expect(clippy::print_stdout, reason = "a newcomer reads this first")]
fn greet(stack: &Stack) {
    let Addresses { api_gateway, http_api, load_balancer, cognito, upstream } = stack.addresses();
    println!("vestibule on loopback");
    println!();
    println!("  through a REST API        {api_gateway}/");
    if let Some(http_api) = http_api {
        println!("  through an HTTP API       {http_api}/");
    }
    if let Some(load_balancer) = load_balancer {
        println!("  through a load balancer   {load_balancer}/");
    }
    println!("  the application directly  {upstream}/");
    if let Some(cognito) = cognito {
        println!("  Cognito stand-in          {cognito}/");
        println!("  its mailbox               {cognito}/_local/mailbox");
        println!();
        for user in seeded_users() {
            let groups = if user.groups.is_empty() { "no group".to_owned() } else { user.groups.join(", ") };
            println!("  user: {}  password: {}  groups: {groups}", user.email, user.password);
        }
    } else {
        println!();
        println!("Callback URLs to register at your provider:");
        for callback in stack.callbacks() {
            println!("  {callback}");
        }
        println!("Sign-out URLs to register there:");
        for page in stack.signed_out_pages() {
            println!("  {page}");
        }
    }
    println!();
    for warning in stack.warnings() {
        println!("Warning: {warning}");
    }
    println!("Try:");
    println!("  curl -i {api_gateway}/get                         an API client without a token: 401");
    println!("  curl -i -H 'Accept: text/html' {api_gateway}/get  a page load: 302 to sign-in");
    println!("  {api_gateway}/                                    in a browser: sign in, and look around");
    println!();
    println!("Ctrl-C stops it.");
}

#[expect(clippy::print_stderr, reason = "the user reads it in the terminal")]
fn complain(fault: &str) {
    eprintln!("vestibule cannot start:\n{fault}");
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Arguments;

    #[test]
    fn flags_start_the_stack_and_commands_do_something_else() {
        for (arguments, offline) in [
            (&["--upstream", "http://127.0.0.1:3000"][..], false),
            (&[], false),
            (&["check", "my.yaml"], true),
            (&["check", "explain", "GET", "/x", "--json"], true),
        ] {
            let parsed = Arguments::try_parse_from(["local"].iter().chain(arguments));
            assert_eq!(parsed.map(|parsed| parsed.command.is_some()).ok(), Some(offline), "{arguments:?}");
        }
        let both = Arguments::try_parse_from(["local", "--upstream", "http://127.0.0.1:1", "check"]);
        assert!(both.is_err(), "a stack that is not started has no upstream");
    }

    #[test]
    fn the_short_help_has_examples_and_leaves_the_flags_of_experts_to_the_long_one() {
        let mut command = Arguments::command();
        let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
        for help in [&short, &long] {
            assert!(help.contains("Usage: cargo run -- [OPTIONS]"), "{help}");
            assert!(help.contains("cargo run -- --upstream http://127.0.0.1:3000"), "{help}");
            assert!(help.contains("--table-sessions"), "{help}");
        }
        assert!(long.contains("--trailing-slash") && !short.contains("--trailing-slash"), "{short}");
    }
}
