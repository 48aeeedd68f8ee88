//! Holds the options of a local stack.

use super::OwnDocument;
use crate::api_gateway::Behaviour;
use crate::terminal::Terminal;

/// The options of a local stack.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The port of the REST API.
    pub api_gateway_port: u16,
    /// The port of the HTTP API; 0 for none.
    pub http_api_port: u16,
    /// The port of the load balancer; 0 for none.
    pub load_balancer_port: u16,
    /// Whether a streaming function URL replaces the HTTP API.
    pub response_streaming: bool,
    /// The port of the Cognito stand-in.
    pub cognito_port: u16,
    /// The port of the echo upstream.
    pub upstream_port: u16,
    /// The user's own upstream.
    pub upstream: Option<String>,
    /// Whether this process keeps sessions, as a deployment keeps them in its table; otherwise they are in
    /// cookies.
    pub sessions_in_memory: bool,
    /// The user's own configuration, for another provider.
    pub configuration: Option<OwnDocument>,
    /// The names and values of this process's variables that are keys of the configuration.
    pub environment: Vec<(String, String)>,
    /// How the terminal shows requests.
    pub terminal: Terminal,
    /// How the REST API behaves where AWS's documentation is unclear.
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
