//! Holds Kong's entities, regardless of the file format.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::document::{Node, Place};

/// The entities of all files.
#[derive(Default)]
pub(crate) struct Entities {
    pub(crate) services: Vec<Service>,
    pub(crate) routes: Vec<Route>,
    pub(crate) plugins: Vec<Plugin>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) consumer_groups: Vec<String>,
    /// The names of upstreams, and the addresses of each.
    pub(crate) upstreams: Vec<(String, Vec<String>)>,
}

/// The names and ids by which other entities refer to an entity.
pub(crate) type Names = Vec<String>;

pub(crate) struct Service {
    pub(crate) names: Names,
    pub(crate) place: Place,
    pub(crate) protocol: String,
    pub(crate) host: String,
    pub(crate) port: Option<String>,
    pub(crate) path: String,
    pub(crate) is_on: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each member is one of Kong's and has its name")]
pub(crate) struct Route {
    pub(crate) names: Names,
    pub(crate) place: Place,
    pub(crate) service: Option<usize>,
    /// In the syntax of format 3.0: a `~` begins a regular expression.
    pub(crate) paths: Vec<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) hosts: Vec<String>,
    /// The number of headers that a request must match.
    pub(crate) headers: usize,
    /// Whether the route also depends on something other than host, path and method: headers, server names,
    /// addresses, an expression.
    pub(crate) depends_on_more: bool,
    /// Whether it depends on something whose rank in Kong is unknown: an expression, server names, addresses.
    pub(crate) has_unknown_rank: bool,
    pub(crate) expression: Option<Expression>,
    pub(crate) strip_path: bool,
    pub(crate) preserve_host: bool,
    pub(crate) regex_priority: i64,
    /// Whether Kong routes HTTP requests to it: the route accepts HTTP and its service is enabled.
    pub(crate) is_http: bool,
    /// The reason for closing it regardless of its plugins, if any.
    pub(crate) closed: Option<String>,
}

/// A route's expression, whose paths, methods and hosts the route has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expression {
    /// Whether the expression has no other condition than these.
    pub(crate) is_whole: bool,
    /// The expression with the greater priority is tried first; `None` if it is unknown.
    pub(crate) priority: Option<i64>,
}

/// A plugin and the entities it is on. Without any of them it is global.
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) instance: Option<String>,
    pub(crate) place: Place,
    pub(crate) enabled: bool,
    pub(crate) service: Option<usize>,
    pub(crate) route: Option<usize>,
    pub(crate) consumer: Option<String>,
    pub(crate) consumer_group: Option<String>,
    /// The AI model whose requests alone it is for.
    pub(crate) model: Option<String>,
    pub(crate) config: Option<Node>,
    /// Whether a part of the settings is elsewhere, which may restrict access.
    pub(crate) has_more: bool,
}

pub(crate) struct Consumer {
    pub(crate) names: Names,
}

impl Service {
    pub(crate) fn label(&self) -> &str {
        self.names.first().map_or("a service without a name", String::as_str)
    }
}

impl Route {
    /// A route that takes every request, and belongs to no service.
    pub(crate) fn of_every_request(place: Place) -> Self {
        Self {
            names: Vec::new(),
            place,
            service: None,
            paths: Vec::new(),
            methods: Vec::new(),
            hosts: Vec::new(),
            headers: 0,
            depends_on_more: false,
            has_unknown_rank: false,
            expression: None,
            strip_path: false,
            preserve_host: false,
            regex_priority: 0,
            is_http: true,
            closed: None,
        }
    }

    pub(crate) fn label(&self) -> &str {
        self.names.first().map_or("a route without a name", String::as_str)
    }
}

impl Plugin {
    /// A plugin that is on, without settings and on no entity.
    pub(crate) fn named(name: &str, place: Place) -> Self {
        Self {
            name: name.to_owned(),
            instance: None,
            place,
            enabled: true,
            service: None,
            route: None,
            consumer: None,
            consumer_group: None,
            model: None,
            config: None,
            has_more: false,
        }
    }

    /// Whether it applies to all requests, and not only to those of a consumer or a consumer group.
    pub(crate) const fn is_for_everybody(&self) -> bool {
        self.consumer.is_none() && self.consumer_group.is_none()
    }
}

/// The plugins that apply to each route.
pub(crate) struct AppliedPlugins<'e> {
    entities: &'e Entities,
    on: HashMap<Level, BTreeMap<&'e str, usize>>,
}

/// The route and the service that a plugin is on.
type Level = (Option<usize>, Option<usize>);

impl<'e> AppliedPlugins<'e> {
    pub(crate) fn new(entities: &'e Entities) -> Self {
        let mut on: HashMap<_, BTreeMap<&str, usize>> = HashMap::new();
        let applies = |plugin: &&Plugin| plugin.enabled && plugin.is_for_everybody();
        for (index, plugin) in entities.plugins.iter().enumerate().filter(|(_, plugin)| applies(plugin)) {
            // Kong refuses two on the same entity; here the first one counts.
            on.entry((plugin.route, plugin.service)).or_default().entry(&plugin.name).or_insert(index);
        }
        Self { entities, on }
    }

    /// The plugin `name` that applies to `route`: the most specific one of route and service, route, service,
    /// global (Kong Gateway, "Plugin precedence").
    pub(crate) fn plugin_on(&self, name: &str, route: usize) -> Option<usize> {
        self.levels(route).find_map(|plugins| plugins.get(name).copied())
    }

    /// The names of all plugins that apply to `route`.
    pub(crate) fn names_on(&self, route: usize) -> BTreeSet<&'e str> {
        self.levels(route).flat_map(BTreeMap::keys).copied().collect()
    }

    /// The plugins on `route`, the most specific level first.
    fn levels(&self, route: usize) -> impl Iterator<Item = &BTreeMap<&'e str, usize>> {
        let service = self.entities.routes.get(route).and_then(|route| route.service);
        let of_service = |route| service.map(|service| (route, Some(service)));
        let levels =
            [of_service(Some(route)), Some((Some(route), None)), of_service(None), Some((None, None))];
        levels.into_iter().flatten().filter_map(|level| self.on.get(&level))
    }
}
