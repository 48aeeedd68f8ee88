//! Holds the choices about a world.

use local::api_gateway::{Behaviour, Endpoint};
use local::cognito::Options;
use relying_party::sealing::Format;
use serde_json::{Map, Value};

use super::{APPLICATION, Front, Spelling, World};

pub struct Setup {
    pub(super) front: Front,
    pub(super) configuration: Map<String, Value>,
    pub(super) behaviour: Behaviour,
    pub(super) spelling: Spelling,
    pub(super) skew: i64,
    pub(super) provider: Vec<ProviderChange>,
    pub(super) processes: Vec<Process>,
}

type ProviderChange = Box<dyn Fn(&mut Options)>;

/// One process of the deployment: what differs from the others.
#[derive(Default)]
pub(super) struct Process {
    pub(super) configuration: Map<String, Value>,
    pub(super) format: Option<Format>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            front: Front::current(),
            configuration: Map::new(),
            behaviour: Behaviour::default(),
            spelling: Spelling::default(),
            skew: 0,
            provider: Vec::new(),
            processes: vec![Process::default()],
        }
    }
}

impl Setup {
    /// Chooses the front; without this it is the one that the story is told over.
    #[must_use]
    pub fn front(mut self, front: Front) -> Self {
        self.front = front;
        self
    }

    /// Sets a configuration key.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.configuration.insert(key.to_owned(), value.into());
        self
    }

    /// Leaves a configuration key out.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        self.set(key, Value::Null)
    }

    /// Sets a key of the latest process only.
    #[must_use]
    pub fn set_here(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.latest().configuration.insert(key.to_owned(), value.into());
        self
    }

    /// The latest process seals in this layout.
    #[must_use]
    pub fn sealing_in(mut self, format: Format) -> Self {
        self.latest().format = Some(format);
        self
    }

    /// One more process before the same provider, the same upstream and the same store.
    #[must_use]
    pub fn another_process(mut self) -> Self {
        self.processes.push(Process::default());
        self
    }

    /// Chooses what AWS leaves open.
    #[must_use]
    pub fn behaviour(mut self, change: impl FnOnce(&mut Behaviour)) -> Self {
        change(&mut self.behaviour);
        self
    }

    /// The address has a path: a REST API's stage; the other fronts pass it on with the rest.
    #[must_use]
    pub fn under_a_stage(self) -> Self {
        self.behaviour(|behaviour| behaviour.endpoint = Endpoint::ExecuteApi)
    }

    /// Chooses how browsers spell header names.
    #[must_use]
    pub fn spelling(mut self, spelling: Spelling) -> Self {
        self.spelling = spelling;
        self
    }

    /// The provider's clock is so many seconds ahead of ours.
    #[must_use]
    pub fn provider_ahead(mut self, seconds: i64) -> Self {
        self.skew = seconds;
        self
    }

    /// Changes what the stand-in is built from.
    #[must_use]
    pub fn provider(mut self, change: impl Fn(&mut Options) + 'static) -> Self {
        self.provider.push(Box::new(change));
        self
    }

    pub fn build(self) -> World {
        World::of(&self)
    }

    pub(super) fn public_url(&self) -> String {
        match self.behaviour.endpoint {
            Endpoint::CustomDomain => APPLICATION.to_owned(),
            Endpoint::ExecuteApi => format!("{APPLICATION}/app"),
        }
    }

    fn latest(&mut self) -> &mut Process {
        self.processes.last_mut().expect("there is always one")
    }
}
