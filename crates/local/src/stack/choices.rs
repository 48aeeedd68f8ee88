//! Holds the options of a local stack.

use clap::{Args, value_parser};

use super::OwnDocument;
use crate::api_gateway::Behaviour;
use crate::terminal::Terminal;

/// The options of a local stack.
#[derive(Args, Clone, Debug)]
pub struct Choices {
    /// Port of the REST API, the first of the three fronts.
    #[arg(long, default_value_t = 8400, value_parser = value_parser!(u16).range(1..))]
    pub api_gateway_port: u16,
    /// Port of the HTTP API, which one function serves; 0 disables it.
    #[arg(long, default_value_t = 8401)]
    pub http_api_port: u16,
    /// Port of the load balancer; 0 disables it.
    #[arg(long, default_value_t = 8402)]
    pub load_balancer_port: u16,
    /// Replace the HTTP API by a function URL, which streams answers.
    #[arg(long)]
    pub response_streaming: bool,
    /// Port of the Cognito stand-in.
    #[arg(long, default_value_t = 8410, value_parser = value_parser!(u16).range(1..))]
    pub cognito_port: u16,
    /// Port of the echo application.
    #[arg(long, default_value_t = 8420, value_parser = value_parser!(u16).range(1..))]
    pub upstream_port: u16,
    /// Keep sessions in memory, as a deployment keeps them in its table, instead of in cookies.
    #[arg(long, visible_alias = "table-sessions", conflicts_with = "config")]
    pub sessions_in_memory: bool,
    /// Protect your own application instead of the echo application.
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// The user's own configuration, for another provider.
    #[arg(skip)]
    pub configuration: Option<OwnDocument>,
    /// The names and values of this process's variables that are keys of the configuration.
    #[arg(skip)]
    pub environment: Vec<(String, String)>,
    /// How the terminal shows requests.
    #[arg(skip)]
    pub terminal: Terminal,
    /// How the REST API behaves where AWS's documentation is unclear.
    #[arg(skip)]
    pub behaviour: Behaviour,
}

impl Choices {
    /// The documented ports and no setting of the user.
    pub fn documented() -> Self {
        Self {
            api_gateway_port: 8400,
            http_api_port: 8401,
            load_balancer_port: 8402,
            response_streaming: false,
            cognito_port: 8410,
            upstream_port: 8420,
            upstream: None,
            sessions_in_memory: false,
            configuration: None,
            environment: Vec::new(),
            terminal: Terminal::default(),
            behaviour: Behaviour::default(),
        }
    }
}
