//! Holds the settings of a world.

use local::api_gateway::{Behaviour, Endpoint};
use local::cognito::Options;
use relying_party::sealing::Format;
use serde_json::{Map, Value};

use super::{APPLICATION, Spelling, StoryFront, World};

pub struct Setup {
    pub(super) front: StoryFront,
    pub(super) configuration: Map<String, Value>,
    pub(super) behaviour: Behaviour,
    pub(super) spelling: Spelling,
    pub(super) skew: i64,
    pub(super) provider: Vec<ProviderChange>,
    pub(super) processes: Vec<Process>,
}

type ProviderChange = Box<dyn Fn(&mut Options)>;

/// The settings of one process that differ from the others.
#[derive(Default)]
pub(super) struct Process {
    pub(super) configuration: Map<String, Value>,
    pub(super) format: Option<Format>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            front: StoryFront::current(),
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
    /// Sets the front; the default is the front of the running story.
    #[must_use]
    pub fn front(mut self, front: StoryFront) -> Self {
        self.front = front;
        self
    }

    /// Sets a configuration key.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.configuration.insert(key.to_owned(), value.into());
        self
    }

    /// Removes a configuration key.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        self.set(key, Value::Null)
    }

    /// Sets a configuration key of the latest process only.
    #[must_use]
    pub fn set_here(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.latest().configuration.insert(key.to_owned(), value.into());
        self
    }

    /// Makes the latest process seal in this layout.
    #[must_use]
    pub fn sealing_in(mut self, format: Format) -> Self {
        self.latest().format = Some(format);
        self
    }

    /// Adds a process with the same provider, upstream and store.
    #[must_use]
    pub fn another_process(mut self) -> Self {
        self.processes.push(Process::default());
        self
    }

    /// Changes a behaviour that AWS leaves open.
    #[must_use]
    pub fn behaviour(mut self, change: impl FnOnce(&mut Behaviour)) -> Self {
        change(&mut self.behaviour);
        self
    }

    /// Puts a path into the address: a REST API's stage; the other fronts pass it on with the rest.
    #[must_use]
    pub fn under_a_stage(self) -> Self {
        self.behaviour(|behaviour| behaviour.endpoint = Endpoint::ExecuteApi)
    }

    /// Sets the spelling in which browsers send header names.
    #[must_use]
    pub fn spelling(mut self, spelling: Spelling) -> Self {
        self.spelling = spelling;
        self
    }

    /// Sets the provider's clock this many seconds ahead of vestibule's.
    #[must_use]
    pub fn provider_ahead(mut self, seconds: i64) -> Self {
        self.skew = seconds;
        self
    }

    /// Changes the options of the stand-in.
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
