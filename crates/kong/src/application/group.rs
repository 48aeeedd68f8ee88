//! Groups the plugins on routes by their clients.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::document::{Member, Node, Value};
use crate::entity::Entities;
use crate::placeholder::{self, Environment};
use crate::settings::callbacks::{ByHost, Callbacks};
use crate::settings::{OF_A_RULE, Plugin, has_effect, host_of, without_discovery};
use crate::verdicts::Verdicts;

use super::RoutePlugins;

/// The plugins of one client, and the hosts of their routes.
pub(super) struct Group {
    pub(super) plugins: Vec<usize>,
    pub(super) hosts: BTreeSet<Option<String>>,
    /// The settings that all of the plugins have.
    settings: Settings,
}

/// The values of settings by their names.
type Settings = BTreeMap<String, String>;

/// Groups the plugins on routes by their clients; also returns all of these plugins.
pub(super) fn groups(entities: &Entities, routes: &[RoutePlugins<'_>]) -> (Vec<Group>, BTreeSet<usize>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_settings: HashMap<Settings, usize> = HashMap::new();
    let mut by_plugin: BTreeMap<usize, usize> = BTreeMap::new();
    for (route, on) in entities.routes.iter().zip(routes).filter(|(route, _)| route.is_http) {
        let Some(plugin) = on.ruling else { continue };
        let group = *by_plugin.entry(plugin).or_insert_with(|| {
            let settings = settings(entities, plugin);
            let group = *by_settings.entry(settings.clone()).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Group { plugins: Vec::new(), hosts: BTreeSet::new(), settings });
            }
            groups.iter_mut().skip(group).take(1).for_each(|group| group.plugins.push(plugin));
            group
        });
        let Some(group) = groups.get_mut(group) else { continue };
        if route.hosts.is_empty() {
            group.hosts.insert(None);
        }
        group.hosts.extend(route.hosts.iter().cloned().map(Some));
    }
    (groups, by_plugin.into_keys().collect())
}

/// The provider and the client in the first plugin's settings.
fn client(entities: &Entities, plugins: &[usize], environment: Environment<'_>) -> Option<(String, String)> {
    let config = entities.plugins.get(*plugins.first()?)?.config.as_ref()?;
    let plugin = Plugin::new(config, environment);
    let client = plugin.filled("client_id").filter(|client| !placeholder::is_unnamed(client))?;
    let issuer = plugin.filled("issuer")?;
    Some((without_discovery(&issuer).trim_end_matches('/').to_owned(), client))
}

/// The clients. Several groups have one client if their plugins differ in a setting.
pub(super) struct Clients<'g> {
    known: HashMap<(String, String), Client<'g>>,
}

struct Client<'g> {
    hosts: HashSet<String>,
    /// The settings of its first group.
    settings: &'g Settings,
    /// The names of the settings in which its groups differ.
    differing: BTreeSet<&'g str>,
    /// The same names, which all of its applications share, so that memory is linear in the input.
    shared: Arc<[String]>,
}

impl<'g> Clients<'g> {
    pub(super) fn new(
        entities: &Entities,
        groups: &'g [Group],
        named: &[Option<String>],
        environment: Environment<'_>,
    ) -> Self {
        let mut known: HashMap<_, Client<'_>> = HashMap::new();
        for (group, named) in groups.iter().zip(named) {
            let Some(client) = client(entities, &group.plugins, environment) else { continue };
            let settings = &group.settings;
            let new = || Client {
                hosts: HashSet::new(),
                settings,
                differing: BTreeSet::new(),
                shared: Arc::default(),
            };
            let client = known.entry(client).or_insert_with(new);
            client.hosts.extend(group.names(named.as_ref()));
            client.differing.extend(differing(client.settings, settings));
        }
        for client in known.values_mut() {
            client.shared = client.differing.iter().map(|name| (*name).to_owned()).collect();
        }
        Self { known }
    }

    /// The names of the settings that make the client of a group several applications.
    pub(super) fn differing(
        &self,
        entities: &Entities,
        group: &Group,
        environment: Environment<'_>,
    ) -> Arc<[String]> {
        let client = client(entities, &group.plugins, environment);
        let known = client.and_then(|client| self.known.get(&client));
        known.map(|known| Arc::clone(&known.shared)).unwrap_or_default()
    }

    /// The callbacks of a group, without those on the hosts of the client's other groups.
    pub(super) fn callbacks<'e>(
        &self,
        entities: &'e Entities,
        group: &Group,
        named: Option<&String>,
        environment: Environment<'_>,
        verdicts: &mut Verdicts,
    ) -> ByHost<'e> {
        let configs = group.plugins.iter().filter_map(|index| entities.plugins.get(*index)?.config.as_ref());
        let mut callbacks = Callbacks::of(configs, environment);
        let own = group.names(named);
        let client = client(entities, &group.plugins, environment);
        if let Some(known) = client.and_then(|client| self.known.get(&client)) {
            callbacks.leave_out(|host| known.hosts.contains(host) && !own.contains(host), verdicts);
        }
        callbacks.by_host(&own)
    }
}

impl Group {
    /// The names of its hosts, without ports.
    fn names(&self, named: Option<&String>) -> HashSet<String> {
        let hosts = self.hosts.iter().filter_map(|host| host.as_ref().or(named));
        hosts.filter_map(|host| host_of(host)).collect()
    }
}

/// The names of settings that only one of two has, or that have another value.
fn differing<'g>(one: &'g Settings, other: &'g Settings) -> impl Iterator<Item = &'g str> {
    let in_other = other.iter().filter(|(name, value)| one.get(*name) != Some(value));
    let in_one = one.keys().filter(|name| !other.contains_key(*name));
    in_other.map(|(name, _)| name).chain(in_one).map(String::as_str)
}

/// The settings in which two applications may differ.
fn settings(entities: &Entities, plugin: usize) -> Settings {
    let config = entities.plugins.get(plugin).and_then(|plugin| plugin.config.as_ref());
    let tells_apart = |member: &&Member| {
        let is_set = !matches!(member.node.value, Value::Nothing);
        is_set && !OF_A_RULE.contains(&member.name.as_str()) && acts(&member.name)
    };
    // A single text equals a list with that text.
    let texts = |node: &Node| node.entries().iter().map(canonical).collect::<Vec<_>>().join(",");
    let members = config.map(Node::members).unwrap_or_default().iter().filter(tells_apart);
    members.map(|member| (member.name.clone(), texts(&member.node))).collect()
}

/// Whether a setting has, or may have, an effect here. Kong generates a salt and a secret for each plugin.
fn acts(name: &str) -> bool {
    const BY_ITSELF: [&str; 1] = ["session_secret"];
    const OF_BEARER: [&str; 3] = ["disable_session", "proof_of_possession_mtls", "proof_of_possession_dpop"];
    OF_BEARER.contains(&name) || has_effect(name) && !BY_ITSELF.contains(&name)
}

fn canonical(node: &Node) -> String {
    match &node.value {
        Value::Nothing => "null".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(entries) => format!("[{}]", entries.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Mapping(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|member| format!("{:?}:{}", member.name, canonical(&member.node)))
                .collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
    }
}
