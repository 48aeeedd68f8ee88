//! Finds the applications: each client of a provider on each host becomes one, with a deployment of its own.

mod group;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::document::{Node, shown};
use crate::entity::{AppliedPlugins, Entities, Route};
use crate::placeholder::{self, Environment};
use crate::protection::{Protection, SignIn};
use crate::reading::{Effect, OPENID_CONNECT, oidc};
use crate::router::{Router, host_matches};
use crate::settings::callbacks::{Callback, Callbacks};
use crate::settings::requirement::{self, Anonymous, OtherPlugins};
use crate::settings::{Addresses, Plugin, host_of};
use crate::verdicts::Verdicts;

use self::group::{Clients, Group, groups};

/// An application that will be written.
pub(crate) struct Plan<'e> {
    /// The name of its folder.
    pub(crate) name: String,
    /// The plugins that it replaces. They differ only in settings that belong to a rule.
    pub(crate) plugins: Vec<usize>,
    /// The callbacks of the client, without those of its other applications.
    pub(crate) callbacks: Vec<Callback<'e>>,
    pub(crate) host: Option<String>,
    /// The same host with the ports in its routes, all of which have the same rules.
    pub(crate) ports: Vec<String>,
    /// The host whose requests its rules cover; if no route names one, the host in the plugin's own
    /// addresses.
    pub(crate) requested_host: Option<String>,
    /// The requirement of each route that requests to this host may reach.
    pub(crate) protections: BTreeMap<usize, Protection>,
    /// The names of the settings that make its client several applications.
    pub(crate) differing: Arc<[String]>,
    /// Whether another application uses the same host.
    pub(crate) shares_host: bool,
    /// The plugins on its routes that limit requests.
    pub(crate) limiting: BTreeSet<&'static str>,
    /// The plugins that change requests in Kong, and the routes that pass them on unchanged here.
    pub(crate) changing: BTreeMap<String, BTreeSet<usize>>,
}

/// Plugins that refuse requests because of their number or size, and that have no counterpart here.
const LIMITING: [&str; 8] = [
    "ai-rate-limiting-advanced",
    "bot-detection",
    "graphql-rate-limiting-advanced",
    "rate-limiting",
    "rate-limiting-advanced",
    "request-size-limiting",
    "response-ratelimiting",
    "service-protection",
];

impl Plan<'_> {
    /// The hosts of other routes that a `*` in this application's host also matches.
    pub(crate) fn hosts_of_others(&self, entities: &Entities) -> BTreeSet<String> {
        let Some(own) = self.host.as_deref().filter(|host| host.contains('*')) else {
            return BTreeSet::new();
        };
        let hosts = entities.routes.iter().filter(|route| route.is_http).flat_map(|route| &route.hosts);
        hosts.filter(|host| host.as_str() != own && host_matches(own, host)).cloned().collect()
    }
}

/// The reason for closing a route that belongs to another application.
pub(crate) const OTHERS: &str = "another application has this route";

/// The reason for closing a route if a part of its plugin's settings cannot be read.
const ELSEWHERE: &str = "a part of the plugin's settings is in a Kubernetes secret, and may say who may pass";

/// If a global plugin applies and the files have no route, this adds a route for every path, so that it is
/// protected.
pub(crate) fn add_route_of_everything(entities: &mut Entities) {
    let everywhere = entities.plugins.iter().find(|plugin| {
        plugin.name == OPENID_CONNECT && plugin.enabled && plugin.route.is_none() && plugin.service.is_none()
    });
    let Some(plugin) = everywhere.filter(|_| entities.routes.is_empty()) else { return };
    let everything = Route {
        names: vec!["everything".to_owned()],
        service: (entities.services.len() == 1).then_some(0),
        ..Route::of_every_request(plugin.place)
    };
    entities.routes.push(everything);
}

/// Returns the applications in the order of their plugins, and the plugins that are on no route.
pub(crate) fn plans<'e>(
    router: &Router<'_>,
    entities: &'e Entities,
    environment: Environment<'_>,
    verdicts: &mut Verdicts,
) -> (Vec<Plan<'e>>, Vec<usize>) {
    let applied = AppliedPlugins::new(entities);
    let mut anonymous = HashMap::new();
    let on_routes: Vec<RoutePlugins<'_>> = (0..entities.routes.len())
        .map(|index| RoutePlugins::new(entities, &applied, index, &mut anonymous))
        .collect();
    let (groups, on_a_route) = groups(entities, &on_routes);
    let mut uses: HashMap<&Option<String>, usize> = HashMap::new();
    for host in groups.iter().flat_map(|group| &group.hosts) {
        *uses.entry(host).or_default() += 1;
    }
    let mut folders = HashSet::new();
    let mut plans: Vec<Plan<'e>> = Vec::new();
    let names: Vec<Option<String>> =
        groups.iter().map(|group| named_host(entities, &group.plugins, environment)).collect();
    let clients = Clients::new(entities, &groups, &names, environment);
    for (group, named) in groups.iter().zip(names) {
        let Group { plugins, hosts, .. } = group;
        let callbacks = clients.callbacks(entities, group, named.as_ref(), environment, verdicts);
        let hosts = joined(router, &own_hosts(hosts, named.as_ref()));
        for same in &hosts {
            let Some(host) = same.first() else { continue };
            let with_port = |host: &&String| same.len() > 1 && host.contains(':');
            let requested_host = host.clone().or_else(|| named.clone());
            let base = base_name(entities, plugins)
                .or_else(|| nameless(entities, plugins, requested_host.as_deref()));
            let more = (hosts.len() > 1).then_some(host.as_deref()).flatten();
            let name = name(&base.unwrap_or_else(|| "application".to_owned()), more, &mut folders);
            let taking = router.taking(requested_host.as_deref());
            let own = Routes { entities, on_each: &on_routes, taking: &taking };
            let plugins = own.ruling(plugins);
            let protections = own.protections(&plugins, environment, verdicts);
            let (limiting, changing) = without_counterpart(&protections, &on_routes);
            plans.push(Plan {
                name,
                differing: clients.differing(entities, group, environment),
                callbacks: callbacks.for_application(requested_host.as_deref().and_then(host_of)),
                plugins,
                host: host.clone(),
                ports: same.iter().flatten().filter(with_port).cloned().collect(),
                limiting,
                changing,
                requested_host,
                protections,
                shares_host: uses.get(host).is_some_and(|uses| *uses > 1),
            });
        }
    }
    (plans, unused(entities, &on_a_route))
}

/// The plugins that sign people in and are on no route.
fn unused(entities: &Entities, on_a_route: &BTreeSet<usize>) -> Vec<usize> {
    let plugins = entities.plugins.iter().enumerate();
    let unused = plugins.filter(|(index, plugin)| {
        plugin.name == OPENID_CONNECT
            && plugin.enabled
            && plugin.is_for_everybody()
            && !on_a_route.contains(index)
    });
    unused.map(|(index, _)| index).collect()
}

/// The plugins on open routes that limit requests, and those that change them, with their routes.
fn without_counterpart(
    protections: &BTreeMap<usize, Protection>,
    on_routes: &[RoutePlugins<'_>],
) -> (BTreeSet<&'static str>, BTreeMap<String, BTreeSet<usize>>) {
    let mut limiting = BTreeSet::new();
    let mut changing: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (route, _) in protections.iter().filter(|(_, protection)| protection.closed.is_none()) {
        let Some(on) = on_routes.get(*route) else { continue };
        limiting.extend(on.limiting.iter().copied());
        for name in &on.others.changing {
            changing.entry(name.clone()).or_default().insert(*route);
        }
    }
    (limiting, changing)
}

/// The hosts without the place of routes that name none, if other routes name the host of the addresses: a
/// route without hosts takes every host, so the application of that host has it already.
fn own_hosts(hosts: &BTreeSet<Option<String>>, named: Option<&String>) -> BTreeSet<Option<String>> {
    let is_named = named.is_some_and(|named| hosts.contains(&Some(named.clone())));
    hosts.iter().filter(|host| host.is_some() || !is_named).cloned().collect()
}

/// Groups the hosts that differ only in their ports and have the same routes.
fn joined(router: &Router<'_>, hosts: &BTreeSet<Option<String>>) -> Vec<Vec<Option<String>>> {
    let name = |host: &Option<String>| {
        let host = host.as_deref().filter(|host| !placeholder::has_any(host))?;
        Some(host.split(':').next().unwrap_or(host).to_owned())
    };
    let taking = |host: &Option<String>| router.taking(host.as_deref());
    let mut joined: Vec<Vec<Option<String>>> = Vec::new();
    let mut by_name: HashMap<Option<String>, Vec<usize>> = HashMap::new();
    for host in hosts {
        let of_name = by_name.entry(name(host)).or_default();
        let is_same = |known: &&usize| {
            let first = joined.get(**known).and_then(|known| known.first());
            host.is_some() && first.is_some_and(|first| taking(first) == taking(host))
        };
        let same = of_name.iter().find(is_same).copied();
        if let Some(known) = same.and_then(|same| joined.get_mut(same)) {
            known.push(host.clone());
        } else {
            of_name.push(joined.len());
            joined.push(vec![host.clone()]);
        }
    }
    joined
}

/// Returns the host of the addresses in the first plugin's settings.
fn named_host(entities: &Entities, plugins: &[usize], environment: Environment<'_>) -> Option<String> {
    let config = entities.plugins.get(*plugins.first()?)?.config.as_ref()?;
    let callbacks = Callbacks::of(std::iter::once(config), environment).all();
    let plugin = Plugin { callbacks, ..Plugin::new(config, environment) };
    let addresses = Addresses::find(&plugin, None, "");
    host_of(&addresses.public_url).filter(|_| addresses.is_known)
}

/// The name that the configuration gives to the plugin, its service or its route.
fn base_name(entities: &Entities, plugins: &[usize]) -> Option<String> {
    let first = plugins.first().and_then(|index| entities.plugins.get(*index))?;
    let service = first.service.and_then(|index| entities.services.get(index));
    let route = first.route.and_then(|index| entities.routes.get(index));
    let service = service.map(|service| service.label().to_owned());
    first.instance.clone().or(service).or_else(|| route.map(|route| route.label().to_owned()))
}

/// The part of the name that distinguishes the application from those of other imports, whose stacks need
/// other names.
fn nameless(entities: &Entities, plugins: &[usize], host: Option<&str>) -> Option<String> {
    let config = entities.plugins.get(*plugins.first()?)?.config.as_ref()?;
    let client = || config.get("client_id").and_then(|ids| ids.entries().first()).and_then(Node::text);
    host.or_else(client).map(str::to_owned)
}

/// Makes a folder name that no earlier application has.
fn name(base: &str, host: Option<&str>, taken: &mut HashSet<String>) -> String {
    let whole = host.map_or_else(|| base.to_owned(), |host| format!("{base}-{host}"));
    let letters: String = whole
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
        .take(60)
        .collect();
    let letters = letters.trim_matches('-');
    let plain = if letters.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        letters.to_owned()
    } else {
        // The name of a stack has to begin with a letter.
        format!("application-{letters}").trim_end_matches('-').to_owned()
    };
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    let names = std::iter::once(plain.clone()).chain(numbered);
    let mut free = names.filter(|name| taken.insert(name.clone()));
    free.next().unwrap_or(plain)
}

/// The plugins on a route.
struct RoutePlugins<'e> {
    /// The `openid-connect` plugin that applies to it.
    ruling: Option<usize>,
    others: OtherPlugins<'e>,
    limiting: Vec<&'static str>,
}

/// The routes with their plugins, as requests to one host reach them.
struct Routes<'e> {
    entities: &'e Entities,
    on_each: &'e [RoutePlugins<'e>],
    /// The routes that accept these requests.
    taking: &'e [(usize, bool)],
}

impl Routes<'_> {
    /// Returns those of the plugins that apply to a route that accepts these requests.
    fn ruling(&self, plugins: &[usize]) -> Vec<usize> {
        let on = |(index, _): &(usize, bool)| self.on_each.get(*index).and_then(|on| on.ruling);
        let ruling: HashSet<usize> = self.taking.iter().filter_map(on).collect();
        let found: Vec<usize> = plugins.iter().copied().filter(|plugin| ruling.contains(plugin)).collect();
        if found.is_empty() { plugins.to_vec() } else { found }
    }

    /// Returns the requirement of every route for the application of `plugins`.
    fn protections(
        &self,
        plugins: &[usize],
        environment: Environment<'_>,
        verdicts: &mut Verdicts,
    ) -> BTreeMap<usize, Protection> {
        let plugins: HashSet<usize> = plugins.iter().copied().collect();
        let mut found = BTreeMap::new();
        for (index, _) in self.taking {
            let (Some(route), Some(on)) = (self.entities.routes.get(*index), self.on_each.get(*index)) else {
                continue;
            };
            let protection = match on.ruling {
                None => without_sign_in(&on.others),
                Some(other) if !plugins.contains(&other) => Protection::closed(OTHERS),
                Some(own) => self.own(own, &on.others, environment, verdicts),
            };
            let closed = route.closed.as_deref().map(Protection::closed);
            found.insert(*index, closed.unwrap_or(protection));
        }
        found
    }

    fn own(
        &self,
        plugin: usize,
        others: &OtherPlugins<'_>,
        environment: Environment<'_>,
        verdicts: &mut Verdicts,
    ) -> Protection {
        let Some(plugin) = self.entities.plugins.get(plugin) else { return Protection::sign_in() };
        if plugin.has_more {
            return Protection::closed(ELSEWHERE);
        }
        match &plugin.config {
            Some(config) => {
                let plugin = Plugin::new(config, environment);
                requirement::protection(&plugin, others, self.entities, verdicts)
            }
            None => Protection::sign_in(),
        }
    }
}

/// A route without sign-in is closed, not open, if another plugin protects it in Kong.
fn without_sign_in(others: &OtherPlugins<'_>) -> Protection {
    let by_list = others.acl.is_some().then(|| "acl".to_owned());
    if others.restricting.iter().any(|name| name == oidc::OIDC) {
        return Protection::closed(oidc::CLOSED);
    }
    if let Some(other) = others.restricting.first().cloned().or(by_list) {
        return Protection::closed(&format!(
            "the plugin `{}` may protect it in Kong, and nothing here does that",
            shown(&other)
        ));
    }
    if let Some(other) = others.changing.first() {
        return Protection::closed(&format!(
            "the plugin `{}` changes requests or responses in Kong, which may protect something, and nothing here does that",
            shown(other)
        ));
    }
    Protection { sign_in: SignIn::None, preflight_passes: false, ..Protection::none() }
}

impl<'e> RoutePlugins<'e> {
    fn new(
        entities: &'e Entities,
        applied: &AppliedPlugins<'e>,
        route: usize,
        anonymous: &mut HashMap<&'e str, Anonymous>,
    ) -> Self {
        let names = applied.names_on(route);
        let plugin_on =
            |name: &str| applied.plugin_on(name, route).and_then(|index| entities.plugins.get(index));
        let ruling = applied.plugin_on(OPENID_CONNECT, route);
        let config = plugin_on(OPENID_CONNECT).and_then(|plugin| plugin.config.as_ref());
        let consumer = config.and_then(requirement::anonymous_of);
        let mut others = OtherPlugins {
            anonymous: consumer.map_or(Anonymous::Passes, |consumer| {
                *anonymous.entry(consumer).or_insert_with(|| anonymous_on(entities, consumer))
            }),
            ..OtherPlugins::default()
        };
        for name in &names {
            others.add(name, plugin_on(name));
        }
        let limiting = LIMITING.into_iter().filter(|name| names.contains(name)).collect();
        Self { ruling, others, limiting }
    }
}

impl<'e> OtherPlugins<'e> {
    /// Adds another plugin on the route, if it changes the meaning of `openid-connect`.
    fn add(&mut self, name: &str, plugin: Option<&'e crate::entity::Plugin>) {
        let config = plugin.and_then(|plugin| plugin.config.as_ref());
        match name {
            "acl" => match config.filter(|_| plugin.is_some_and(|plugin| !plugin.has_more)) {
                Some(config) if has_lists(config) => self.acl = Some(config),
                _ => self.restricting.push(name.to_owned()),
            },
            "cors" => {
                let config = config.filter(|_| plugin.is_some_and(|plugin| !plugin.has_more));
                self.cors_answers =
                    config.and_then(|config| config.flag_of("preflight_continue")) != Some(true);
            }
            OPENID_CONNECT => {}
            _ => match Effect::of(name, plugin) {
                Effect::Nothing => {}
                Effect::Changes => self.changing.push(name.to_owned()),
                Effect::Restricts => self.restricting.push(name.to_owned()),
            },
        }
    }
}

/// Whether an `acl` plugin names groups, as Kong requires.
fn has_lists(config: &Node) -> bool {
    ["allow", "deny", "whitelist", "blacklist"].iter().any(|name| !config.texts_of(name).is_empty())
}

/// The outcome of requests as this consumer: Kong treats requests without a session as requests of this
/// consumer.
fn anonymous_on(entities: &Entities, consumer: &str) -> Anonymous {
    let Some(known) = entities.consumers.iter().find(|known| known.names.iter().any(|name| name == consumer))
    else {
        return Anonymous::Unknown;
    };
    let is_his = |plugin: &crate::entity::Plugin| {
        plugin.consumer.as_ref().is_some_and(|name| known.names.contains(name))
            || plugin.consumer_group.is_some()
    };
    let protects = |plugin: &crate::entity::Plugin| {
        plugin.enabled
            && plugin.name != OPENID_CONNECT
            && Effect::of(&plugin.name, Some(plugin)) != Effect::Nothing
            && is_his(plugin)
    };
    if entities.plugins.iter().any(protects) { Anonymous::Refused } else { Anonymous::Passes }
}
