//! Finds the callbacks that belong to each application of a client.

use std::collections::{HashMap, HashSet};

use relying_party::configuration::kong::Verdict;

use crate::document::Node;
use crate::placeholder::{self, Environment};
use crate::verdicts::Verdicts;

use super::host_of;

/// A redirect URI of the input.
#[derive(Clone)]
pub(crate) struct Callback<'p> {
    pub(crate) node: &'p Node,
    /// Its text, in which placeholders are filled in as far as possible.
    pub(crate) text: String,
}

/// The callbacks of the settings of one client, each with its host.
pub(crate) struct Callbacks<'p> {
    all: Vec<(Callback<'p>, Option<String>)>,
}

impl<'p> Callbacks<'p> {
    /// Reads each callback once, however many applications the client has.
    pub(crate) fn of(configs: impl Iterator<Item = &'p Node>, environment: Environment<'_>) -> Self {
        let nodes = configs.filter_map(|config| config.get("redirect_uri")).flat_map(Node::entries);
        let callback = |node: &'p Node| {
            let text = placeholder::fill(node.text().unwrap_or_default(), environment).text;
            let host = host_of(&text);
            (Callback { node, text }, host)
        };
        Self { all: nodes.map(callback).collect() }
    }

    /// Returns all of them.
    pub(crate) fn all(&self) -> Vec<Callback<'p>> {
        self.all.iter().map(|(callback, _)| callback.clone()).collect()
    }

    /// Leaves those out whose host belongs to another application of the client. The report does not ask for
    /// them, because that application keeps its own.
    pub(crate) fn leave_out(&mut self, is_of_others: impl Fn(&str) -> bool, verdicts: &mut Verdicts) {
        self.all.retain(|(callback, host)| {
            let is_others = host.as_deref().is_some_and(&is_of_others);
            if is_others {
                let text = "the application of this host has its own `redirect_uri`";
                verdicts.record(callback.node, Verdict::Mapped, text);
            }
            !is_others
        });
    }

    /// Groups them by the hosts of applications.
    pub(crate) fn by_host(self, hosts: &HashSet<String>) -> ByHost<'p> {
        let mut found = ByHost::default();
        for (place, (callback, host)) in self.all.into_iter().enumerate() {
            let host = host.filter(|host| hosts.contains(host));
            found.of.entry(host).or_default().push((place, callback));
        }
        found
    }
}

/// The callbacks of a client by the hosts of its applications. Those of no application have no host.
#[derive(Default)]
pub(crate) struct ByHost<'p> {
    of: HashMap<Option<String>, Vec<(usize, Callback<'p>)>>,
}

impl<'p> ByHost<'p> {
    /// Returns the callbacks of one application and those of none, in the order of the input.
    pub(crate) fn for_application(&self, host: Option<String>) -> Vec<Callback<'p>> {
        let own = host.is_some().then_some(host);
        let mut found: Vec<&(usize, Callback<'p>)> =
            own.into_iter().chain([None]).filter_map(|host| self.of.get(&host)).flatten().collect();
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, callback)| callback.clone()).collect()
    }
}
