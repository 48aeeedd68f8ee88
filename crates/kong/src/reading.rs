//! Reads the file formats of Kong's entities into one set of entities.

mod address;
mod declarative;
mod effect;
mod expression;
pub(crate) mod fields;
mod manifest;
pub(crate) mod oidc;
mod reference;

use std::collections::HashMap;

use relying_party::configuration::kong::{Parameter, Verdict};

use crate::document::{Located, Member, Node, Place, Value, shown};
use crate::entity::{Entities, Plugin};
use crate::placeholder::{self, Environment};
use crate::verdicts::Verdicts;

pub(crate) use self::effect::Effect;
use self::reference::Reference;

/// The format versions of decK and `kong config db_export`.
const FORMAT_VERSIONS: [&str; 4] = ["1.1", "2.1", "3.0", "3"];

/// The most routes, and the most plugins. No company's gateway has more.
const MAX_ENTITIES: usize = 5_000;

/// The most paths. Each path is compared with the others too.
const MAX_PATHS: usize = 2 * MAX_ENTITIES;

/// The plugin that the import translates.
pub(crate) const OPENID_CONNECT: &str = "openid-connect";

/// The entities that were read so far.
pub(crate) struct Reading<'e> {
    pub(crate) entities: Entities,
    pub(crate) verdicts: Verdicts,
    pub(crate) faults: Vec<Located>,
    environment: Environment<'e>,
    /// The references between entities, which are resolved after all are read.
    plugin_references: Vec<[Reference; 2]>,
    route_references: Vec<Reference>,
    /// `_info.defaults`, by kind of entity.
    defaults: HashMap<String, Node>,
    /// `_plugin_configs`, by name.
    shared_configs: HashMap<String, Node>,
    /// Whether a path without `~` may be a regular expression, as before format 3.0.
    old_paths: bool,
    manifests: manifest::Manifests,
    /// The workspace and the control plane of the files so far.
    owners: HashMap<&'static str, String>,
    /// Settings of developer portals, which have a plugin but no entity.
    portals: Vec<Place>,
}

impl<'e> Reading<'e> {
    pub(crate) fn new(environment: Environment<'e>) -> Self {
        Self {
            entities: Entities::default(),
            verdicts: Verdicts::default(),
            faults: Vec::new(),
            environment,
            plugin_references: Vec::new(),
            route_references: Vec::new(),
            defaults: HashMap::new(),
            shared_configs: HashMap::new(),
            old_paths: false,
            manifests: manifest::Manifests::default(),
            owners: HashMap::new(),
            portals: Vec::new(),
        }
    }

    /// Reads the entities of one document.
    pub(crate) fn document(&mut self, document: &Node) {
        match &document.value {
            Value::List(entries) => {
                for entry in entries {
                    self.entity(entry);
                }
            }
            Value::Mapping(_) if document.get("kind").is_some() && document.get("apiVersion").is_some() => {
                self.manifest(document);
            }
            Value::Mapping(_) if document.get("_format_version").is_some() => self.declarative(document),
            Value::Mapping(_) if has_entity_lists(document) => {
                self.fault(
                    document.place,
                    "has no `_format_version`; decK and `kong config db_export` write one",
                );
            }
            Value::Mapping(_) => match document.get("data") {
                Some(data) => {
                    for entry in data.entries() {
                        self.entity(entry);
                    }
                }
                None => self.entity(document),
            },
            Value::Nothing | Value::Text(_) => {
                self.fault(document.place, "is not a mapping of Kong's entities");
            }
        }
        self.bookkeeping(document, &["next", "offset"]);
    }

    /// Resolves the references after all documents are read.
    pub(crate) fn finish(mut self) -> Self {
        self.finish_manifests();
        self.refuse_too_many();
        self.connect();
        self.refuse_repeated_names();
        self.refuse_repeated_plugins();
        self.refuse_portals_beside_others();
        self.refuse_other_methods();
        self
    }

    /// Reads one entity in the form of the Admin API; its members show its kind.
    fn entity(&mut self, node: &Node) {
        let has = |name: &str| node.members().iter().any(|member| member.name == name);
        if has("prefix") && has("config") {
            self.verdicts.record(node, Verdict::NeedsYou, fields::VAULT);
        } else if has("hash_on") || has("slots") {
            self.upstream(node);
        } else if has("consumer") && (has("password") || has("key") || has("secret")) {
            self.verdicts.record(node, Verdict::Refused, fields::CREDENTIAL);
        } else if has("config") && has("name") {
            self.plugin(node, Reference::Unsaid, Reference::Unsaid);
        } else if has("paths") || has("strip_path") || has("expression") || has("hosts") && !has("host") {
            self.route(node, Reference::Unsaid);
        } else if has("host") || has("url") && !has("issuer") {
            self.service(node);
        } else if has("username") || has("custom_id") {
            self.consumer(node);
        } else if has("group") && has("consumer") {
            self.acl(node);
        } else if has("target") && has("upstream") {
            self.target(node);
        } else if has("issuer") {
            self.portal(node);
        } else {
            self.fault(node.place, "is not a service, route, plugin or consumer of Kong, nor the settings of its `openid-connect` plugin");
        }
    }

    /// Reads plugin settings without an entity, as a developer portal has them: they protect everything at
    /// one address.
    fn portal(&mut self, node: &Node) {
        self.portals.push(node.place);
        let config = Some(with_present_names(node.clone()));
        let plugin = Plugin { config, ..Plugin::named(OPENID_CONNECT, node.place) };
        self.entities.plugins.push(plugin);
        self.plugin_references.push([Reference::Unsaid, Reference::Unsaid]);
    }

    pub(crate) fn fault(&mut self, place: Place, problem: &str) {
        self.faults.push(Located::at(place, problem));
    }

    fn bookkeeping(&mut self, node: &Node, names: &[&str]) {
        for Member { name, node } in node.members() {
            if names.contains(&name.as_str()) {
                self.verdicts.record(node, Verdict::Always, fields::BOOKKEEPING);
            }
        }
    }

    /// Substitutes placeholders in a text that is not secret.
    fn filled(&self, text: &str) -> String {
        placeholder::fill(text, self.environment).text
    }

    fn filled_of(&self, node: &Node, kind: &str, name: &str) -> Option<String> {
        self.field(node, kind, name).and_then(Node::text).map(|text| self.filled(text))
    }

    fn filled_list(&self, node: &Node, kind: &str, name: &str) -> Vec<String> {
        let texts = self.field(node, kind, name).map(Node::texts).unwrap_or_default();
        texts.into_iter().map(|text| self.filled(text)).collect()
    }

    /// A member of an entity, or its default in `_info.defaults`.
    fn field<'n>(&'n self, node: &'n Node, kind: &str, name: &str) -> Option<&'n Node> {
        let given = node.members().iter().any(|member| member.name == name);
        let default = || self.defaults.get(kind).and_then(|defaults| defaults.get(name));
        if given { node.get(name) } else { default() }
    }

    fn flag(&self, node: &Node, kind: &str, name: &str) -> Option<bool> {
        match self.filled_of(node, kind, name)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Before format 3.0 a path is a regular expression if it has characters that a plain path lacks.
    fn route_path(&self, node: &Node) -> Option<String> {
        let text = self.filled(node.text()?);
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte));
        Some(if self.old_paths && !plain { format!("~{text}") } else { text })
    }

    /// Each route is compared with the others, so their number is limited.
    fn refuse_too_many(&mut self) {
        let routes = self.entities.routes.get(MAX_ENTITIES).map(|route| (route.place, "routes"));
        let plugins = self.entities.plugins.get(MAX_ENTITIES).map(|plugin| (plugin.place, "plugins"));
        for (place, kind) in [routes, plugins].into_iter().flatten() {
            self.fault(place, &format!("has more than {MAX_ENTITIES} {kind}; bring a part"));
        }
        let mut paths = 0;
        let last = self.entities.routes.iter().find(|route| {
            paths += route.paths.len();
            paths > MAX_PATHS
        });
        if let Some(place) = last.map(|route| route.place) {
            self.fault(place, &format!("has paths beyond the first {MAX_PATHS} of all routes; bring a part"));
        }
    }

    /// Kong only accepts methods in capital letters.
    fn refuse_other_methods(&mut self) {
        let is_method = |name: &String| {
            (1..=20).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_uppercase())
        };
        let odd = |route: &&crate::entity::Route| !route.methods.iter().all(is_method);
        let places: Vec<Place> = self.entities.routes.iter().filter(odd).map(|route| route.place).collect();
        for place in places {
            self.fault(place, "has a method that is not written in capital letters");
        }
    }

    /// Kong permits one plugin of a name on an entity, or one for each AI model. With two, it would be unknown which
    /// one applies.
    fn refuse_repeated_plugins(&mut self) {
        let mut seen: HashMap<_, HashMap<_, usize>> = HashMap::new();
        let mut faults = Vec::new();
        for (index, plugin) in self.entities.plugins.iter().enumerate().filter(|(_, plugin)| plugin.enabled) {
            let on = (&plugin.name, plugin.service, plugin.route, &plugin.consumer, &plugin.consumer_group);
            let models = seen.entry(on).or_default();
            if models.insert(&plugin.model, index).is_some() {
                let name = shown(&plugin.name);
                faults.push(Located::at(
                    plugin.place,
                    &format!(
                        "is a second `{name}` plugin on the same route, service, consumer, model, or everything"
                    ),
                ));
            }
        }
        let several = seen.into_values().filter(|models| models.len() > 1);
        let of_models: Vec<usize> = several.flat_map(HashMap::into_values).collect();
        self.faults.extend(faults);
        // None of several says what holds for the requests of every model.
        for index in of_models {
            if let Some(plugin) = self.entities.plugins.get_mut(index) {
                plugin.has_more = true;
            }
        }
    }

    /// A portal has an address of its own, which is not among a gateway's routes.
    fn refuse_portals_beside_others(&mut self) {
        let others = self.entities.plugins.len() + self.entities.routes.len() + self.entities.services.len();
        if others > 1 {
            for place in std::mem::take(&mut self.portals) {
                self.fault(place, "is the setting of a developer portal; import it in a command of its own");
            }
        }
    }

    /// If two entities of one kind share a name, references to it are ambiguous.
    fn refuse_repeated_names(&mut self) {
        let services = self.entities.services.iter().map(|service| (&service.names, service.place));
        let routes = self.entities.routes.iter().map(|route| (&route.names, route.place));
        let mut repeated = twice("service", services);
        repeated.extend(twice("route", routes));
        self.faults.extend(repeated);
    }
}

fn twice<'a>(kind: &str, entities: impl Iterator<Item = (&'a Vec<String>, Place)>) -> Vec<Located> {
    let mut seen = HashMap::new();
    let mut faults = Vec::new();
    for (names, place) in entities {
        let Some(name) = names.first() else { continue };
        if seen.insert(name.clone(), place).is_some() {
            faults.push(Located::at(place, &format!("is a second {kind} with the name `{}`", shown(name))));
        }
    }
    faults
}

/// Gives keys of earlier versions of the plugin their present names. If a plugin has both, the present one counts.
fn with_present_names(mut config: Node) -> Node {
    let present = |name: &str| Parameter::key_of(name).filter(|key| config.get(key).is_none());
    let names: Vec<Option<&str>> = config.members().iter().map(|member| present(&member.name)).collect();
    let Value::Mapping(members) = &mut config.value else { return config };
    for (member, name) in members.iter_mut().zip(names) {
        if let Some(name) = name {
            name.clone_into(&mut member.name);
        }
    }
    // A present name without a value does not hide the value under the former name.
    members.sort_by_key(|member| matches!(member.node.value, Value::Nothing));
    config
}

fn has_entity_lists(document: &Node) -> bool {
    ["services", "routes", "plugins", "consumers"].iter().any(|name| document.get(name).is_some())
}
