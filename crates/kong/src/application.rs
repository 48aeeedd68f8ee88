//! Finds the applications: each client of a provider on each host becomes one, with a deployment of its own.

use std::collections::{BTreeMap, BTreeSet};

use relying_party::configuration::kong::{Parameter, Verdict};

use crate::document::{Member, Node, Value, shown};
use crate::entity::{Entities, Route};
use crate::placeholder::{self, Environment};
use crate::protection::{Protection, SignIn};
use crate::reading::{HARMLESS, OPENID_CONNECT};
use crate::router::{host_matches, takes_host};
use crate::settings::requirement::{self, Anonymous, Beside};
use crate::settings::{Addresses, OF_A_RULE, Plugin, host_of};
use crate::verdicts::Verdicts;

/// An application that will be written.
pub(crate) struct Plan {
    /// The name of its folder.
    pub(crate) name: String,
    /// The plugins that it replaces. They differ only in settings that belong to a rule.
    pub(crate) plugins: Vec<usize>,
    pub(crate) host: Option<String>,
    /// The same host with the ports in its routes, all of which have the same rules.
    pub(crate) ports: Vec<String>,
    /// The host whose requests its rules cover; if no route names one, the host in the plugin's own
    /// addresses.
    pub(crate) requested_host: Option<String>,
    /// The requirement of each route that requests to this host may reach.
    pub(crate) protections: BTreeMap<usize, Protection>,
    /// Whether another application uses the same host.
    pub(crate) shares_host: bool,
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

impl Plan {
    /// The plugins on its routes that limit requests.
    pub(crate) fn limiting(&self, entities: &Entities) -> BTreeSet<&'static str> {
        let own = self.protections.iter().filter(|(_, protection)| protection.closed.is_none());
        let names = own.flat_map(|(route, _)| entities.plugin_names_on(*route));
        names.filter_map(|name| LIMITING.into_iter().find(|known| *known == name)).collect()
    }

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
    let place = plugin.place;
    entities.routes.push(Route {
        names: vec!["everything".to_owned()],
        place,
        service: (entities.services.len() == 1).then_some(0),
        paths: Vec::new(),
        methods: Vec::new(),
        hosts: Vec::new(),
        headers: 0,
        depends_on_more: false,
        has_unknown_rank: false,
        is_whole_expression: false,
        strip_path: false,
        preserve_host: false,
        regex_priority: 0,
        is_http: true,
        closed: None,
    });
}

/// Returns the applications in the order of their plugins, and the plugins that are on no route.
pub(crate) fn plans(
    entities: &Entities,
    environment: Environment<'_>,
    verdicts: &mut Verdicts,
) -> (Vec<Plan>, Vec<usize>) {
    let ruling: Vec<Option<usize>> =
        (0..entities.routes.len()).map(|index| entities.plugin_on(OPENID_CONNECT, index)).collect();
    let besides: Vec<Beside> = (0..entities.routes.len()).map(|index| beside(entities, index)).collect();
    let mut groups: Vec<(String, Vec<usize>, BTreeSet<Option<String>>)> = Vec::new();
    let mut on_a_route: BTreeSet<usize> = BTreeSet::new();
    for (index, route) in entities.routes.iter().enumerate().filter(|(_, route)| route.is_http) {
        let Some(plugin) = ruling.get(index).copied().flatten() else { continue };
        on_a_route.insert(plugin);
        let identity = identity(entities, plugin);
        let hosts: BTreeSet<Option<String>> = if route.hosts.is_empty() {
            BTreeSet::from([None])
        } else {
            route.hosts.iter().cloned().map(Some).collect()
        };
        match groups.iter_mut().find(|(known, ..)| *known == identity) {
            Some((_, plugins, known)) => {
                if !plugins.contains(&plugin) {
                    plugins.push(plugin);
                }
                known.extend(hosts);
            }
            None => groups.push((identity, vec![plugin], hosts)),
        }
    }
    let is_unused = |(index, plugin): &(usize, &crate::entity::Plugin)| {
        plugin.name == OPENID_CONNECT
            && plugin.enabled
            && plugin.is_for_everybody()
            && !on_a_route.contains(index)
    };
    let unused = entities.plugins.iter().enumerate().filter(is_unused).map(|(index, _)| index).collect();
    let mut plans: Vec<Plan> = Vec::new();
    for (_, plugins, hosts) in &groups {
        let named = named_host(entities, plugins, environment);
        let hosts = joined(entities, &applied(hosts, named.as_ref()));
        for same in &hosts {
            let Some(host) = same.first() else { continue };
            let ports: Vec<String> = same
                .iter()
                .flatten()
                .filter(|_| same.len() > 1)
                .filter(|host| host.contains(':'))
                .cloned()
                .collect();
            let requested_host = host.clone().or_else(|| named.clone());
            let base = base_name(entities, plugins)
                .or_else(|| nameless(entities, plugins, requested_host.as_deref()));
            let more = (hosts.len() > 1).then_some(host.as_deref()).flatten();
            let name = name(&base.unwrap_or_else(|| "application".to_owned()), more, &plans);
            let shares_host = groups.iter().filter(|(.., others)| others.contains(host)).count() > 1;
            let routes =
                Routes { entities, ruling: &ruling, besides: &besides, host: requested_host.as_deref() };
            let protections = routes.protections(plugins, environment, verdicts);
            let (plugins, host) = (plugins.clone(), host.clone());
            plans.push(Plan { name, plugins, host, ports, requested_host, protections, shares_host });
        }
    }
    (plans, unused)
}

/// The hosts without the place of routes that name none, if other routes name the host of the addresses: a route without
/// hosts takes every host, so the application of that host has it already.
fn applied(hosts: &BTreeSet<Option<String>>, named: Option<&String>) -> BTreeSet<Option<String>> {
    let is_named = named.is_some_and(|named| hosts.contains(&Some(named.clone())));
    hosts.iter().filter(|host| host.is_some() || !is_named).cloned().collect()
}

/// Groups the hosts that differ only in their ports and have the same routes.
fn joined(entities: &Entities, hosts: &BTreeSet<Option<String>>) -> Vec<Vec<Option<String>>> {
    let routes = |host: &Option<String>| -> Vec<Option<bool>> {
        entities.routes.iter().map(|route| takes_host(route, host.as_deref())).collect()
    };
    let name = |host: &Option<String>| {
        let host = host.as_deref().filter(|host| !placeholder::has_any(host))?;
        Some(host.split(':').next().unwrap_or(host).to_owned())
    };
    let mut joined: Vec<Vec<Option<String>>> = Vec::new();
    for host in hosts {
        let is_same = |known: &&mut Vec<Option<String>>| {
            let first = known.first();
            first.is_some_and(|first| {
                host.is_some() && name(first) == name(host) && routes(first) == routes(host)
            })
        };
        match joined.iter_mut().find(is_same) {
            Some(known) => known.push(host.clone()),
            None => joined.push(vec![host.clone()]),
        }
    }
    joined
}

/// Returns the host of the addresses in the first plugin's settings.
fn named_host(entities: &Entities, plugins: &[usize], environment: Environment<'_>) -> Option<String> {
    let config = entities.plugins.get(*plugins.first()?)?.config.as_ref()?;
    let addresses = Addresses::find(&Plugin::new(config, environment), None, "");
    host_of(&addresses.public_url).filter(|_| addresses.is_known)
}

/// The settings in which two applications differ.
fn identity(entities: &Entities, plugin: usize) -> String {
    let Some(config) = entities.plugins.get(plugin).and_then(|plugin| plugin.config.as_ref()) else {
        return String::new();
    };
    let tells_apart = |member: &&Member| {
        let is_set = !matches!(member.node.value, Value::Nothing);
        is_set && !OF_A_RULE.contains(&member.name.as_str()) && acts(&member.name)
    };
    // A single text equals a list with that text.
    let texts = |node: &Node| node.entries().iter().map(canonical).collect::<Vec<_>>().join(",");
    let mut members: Vec<String> = config
        .members()
        .iter()
        .filter(tells_apart)
        .map(|member| format!("{}={}", member.name, texts(&member.node)))
        .collect();
    members.sort();
    members.join("\n")
}

/// Whether a setting has, or may have, an effect here. Kong generates a salt and a secret for each plugin.
fn acts(name: &str) -> bool {
    const BY_ITSELF: [&str; 1] = ["session_secret"];
    const OF_BEARER: [&str; 3] = ["disable_session", "proof_of_possession_mtls", "proof_of_possession_dpop"];
    let verdict = Parameter::find(name).map(|parameter| parameter.verdict);
    let does_nothing = matches!(verdict, Some(Verdict::Always | Verdict::Refused));
    OF_BEARER.contains(&name) || !does_nothing && !BY_ITSELF.contains(&name)
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
fn name(base: &str, host: Option<&str>, earlier: &[Plan]) -> String {
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
    let taken = |name: &str| earlier.iter().any(|plan| plan.name == name);
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(plain)
}

/// The routes with their plugins, as requests to one host reach them.
struct Routes<'e> {
    entities: &'e Entities,
    /// The `openid-connect` plugin that applies to each route.
    ruling: &'e [Option<usize>],
    besides: &'e [Beside],
    host: Option<&'e str>,
}

impl Routes<'_> {
    /// Returns the requirement of every route for the application of `plugins`.
    fn protections(
        &self,
        plugins: &[usize],
        environment: Environment<'_>,
        verdicts: &mut Verdicts,
    ) -> BTreeMap<usize, Protection> {
        let Self { entities, ruling, besides, host } = self;
        let mut found = BTreeMap::new();
        let routes = entities.routes.iter().zip(*ruling).zip(*besides).enumerate();
        for (index, ((route, ruling), beside)) in
            routes.filter(|(_, ((route, _), _))| takes_host(route, *host).is_some())
        {
            let protection = match ruling {
                None => without_sign_in(beside),
                Some(other) if !plugins.contains(other) => Protection::closed(OTHERS),
                Some(own) => self.own(*own, beside, environment, verdicts),
            };
            let closed = route.closed.as_deref().map(Protection::closed);
            found.insert(index, closed.unwrap_or(protection));
        }
        found
    }

    fn own(
        &self,
        plugin: usize,
        beside: &Beside,
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
                requirement::protection(&plugin, beside, self.entities, verdicts)
            }
            None => Protection::sign_in(),
        }
    }
}

/// A route without sign-in is closed, not open, if another plugin protects it in Kong.
fn without_sign_in(beside: &Beside) -> Protection {
    let by_list = beside.acl.is_some().then(|| "acl".to_owned());
    match beside.restricting.first().cloned().or(by_list) {
        Some(other) => Protection::closed(&format!(
            "the plugin `{}` may protect it in Kong, and nothing here does that",
            shown(&other)
        )),
        None => Protection { sign_in: SignIn::None, preflight_passes: false, ..Protection::none() },
    }
}

/// Returns the other plugins on the route that change the meaning of `openid-connect`.
fn beside(entities: &Entities, route: usize) -> Beside {
    let mut beside = Beside::default();
    for name in entities.plugin_names_on(route) {
        let plugin = entities.plugin_on(name, route).and_then(|index| entities.plugins.get(index));
        match name {
            "acl" => {
                match plugin.filter(|plugin| !plugin.has_more).and_then(|plugin| plugin.config.clone()) {
                    Some(config) if has_lists(&config) => beside.acl = Some(config),
                    _ => beside.restricting.push(name.to_owned()),
                }
            }
            "cors" => {
                let config = plugin.and_then(|plugin| plugin.config.as_ref());
                beside.cors = config.is_none_or(|config| config.flag_of("preflight_continue") != Some(true));
            }
            OPENID_CONNECT => {}
            _ if HARMLESS.contains(&name) => {}
            _ => beside.restricting.push(name.to_owned()),
        }
    }
    let anonymous = entities
        .plugin_on(OPENID_CONNECT, route)
        .and_then(|index| entities.plugins.get(index))
        .and_then(|plugin| plugin.config.as_ref())
        .and_then(|config| config.text_of("anonymous"));
    beside.anonymous = anonymous.map_or(Anonymous::Passes, |anonymous| anonymous_on(entities, anonymous));
    beside
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
    let may_refuse = |plugin: &crate::entity::Plugin| {
        plugin.enabled
            && plugin.name != OPENID_CONNECT
            && !HARMLESS.contains(&plugin.name.as_str())
            && is_his(plugin)
    };
    if entities.plugins.iter().any(may_refuse) { Anonymous::Refused } else { Anonymous::Passes }
}
