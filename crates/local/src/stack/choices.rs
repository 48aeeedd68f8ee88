//! Holds the choices of somebody who starts the stack.

use super::OwnDocument;
use crate::api_gateway::Behaviour;
use crate::terminal::Terminal;

/// The choices.
#[derive(Clone, Debug)]
pub struct Choices {
    /// The port of the REST API.
    pub api_gateway_port: u16,
    /// The port of the HTTP API; 0 for none.
    pub http_api_port: u16,
    /// The port of the load balancer; 0 for none.
    pub load_balancer_port: u16,
    /// Whether the HTTP API is a function URL that streams.
    pub response_streaming: bool,
    /// The port of the Cognito stand-in.
    pub cognito_port: u16,
    /// The port of the echo upstream.
    pub upstream_port: u16,
    /// An upstream of the user's own.
    pub upstream: Option<String>,
    /// Whether sessions are kept in this process, as a deployment keeps them in its table; in cookies otherwise.
    pub sessions_in_memory: bool,
    /// A configuration of the user's own, for another provider.
    pub configuration: Option<OwnDocument>,
    /// The variables of this process that are keys of the configuration, name and value.
    pub environment: Vec<(String, String)>,
    /// How the terminal shows what happens.
    pub terminal: Terminal,
    /// How the REST API behaves where AWS is not clear.
    pub behaviour: Behaviour,
}

impl Choices {
    /// The documented ports, nothing of the user's own.
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
