//! Ranks the paths of the routes for one host as Kong does.

use std::collections::{BTreeSet, HashMap};

use crate::entity::{Entities, Route};
use crate::pattern::{Matched, Pattern, Region};
use crate::placeholder;

/// One path of one route, and its rank among the others.
pub(super) struct Entry {
    pub(super) route: usize,
    pub(super) pattern: Pattern,
    pub(super) methods: Vec<String>,
    /// Whether the route gets every request that its host, methods and path match.
    pub(super) is_certain: bool,
    /// Whether its expression asks for nothing more than these.
    pub(super) is_whole_expression: bool,
    pub(super) strips: bool,
    pub(super) rank: Rank,
}

/// The first member that differs decides; the greater one comes first (Kong Gateway, "Router flavor:
/// traditional_compatible").
pub(super) type Rank = (usize, bool, usize, bool, i64, usize);

/// The paths of all routes, indexed by their text: each rule is only compared with those that may match it.
pub(super) struct Found<'e> {
    pub(super) all: &'e [Entry],
    by_text: HashMap<&'e str, Vec<usize>>,
    expressions: Vec<usize>,
}

impl<'e> Found<'e> {
    pub(super) fn new(all: &'e [Entry]) -> Self {
        let mut found = Self { all, by_text: HashMap::new(), expressions: Vec::new() };
        for (place, entry) in all.iter().enumerate() {
            match &entry.pattern {
                Pattern::Exact(text) | Pattern::Prefix(text) => {
                    found.by_text.entry(text.as_str()).or_default().push(place);
                }
                Pattern::Regex(_) => found.expressions.push(place),
            }
        }
        found
    }

    /// Returns the entries that may match in `region`, in their order: every match of a plain path begins
    /// with that path.
    pub(super) fn near(&self, region: Region<'_>) -> impl Iterator<Item = &'e Entry> {
        let start = region.start();
        let ends = (0..=start.len()).filter_map(|end| self.by_text.get(start.get(..end)?));
        let mut places: Vec<usize> = ends.flatten().chain(&self.expressions).copied().collect();
        places.sort_unstable();
        let all = self.all;
        places.into_iter().filter_map(move |place| all.get(place))
    }
}

/// The routes whose paths rules can only approximate, with the reason.
pub(crate) fn inexact(entities: &Entities, host: Option<&str>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for entry in entries(entities, host) {
        if let Pattern::Regex(regex) = &entry.pattern {
            let below = if regex.base.is_empty() {
                "every path".to_owned()
            } else {
                format!("all below `{}`", regex.base)
            };
            found.push((entry.route, format!("the regular expression `{}` stands for {below}: every request there needs the requirements of all routes there, and sign-in where this route alone is open", regex.text)));
        }
        if !entry.is_certain {
            found.push((entry.route, "it depends on properties that rules cannot check, such as headers, server names, addresses, other protocols or a placeholder in a path: every request to its paths needs its requirements".to_owned()));
        }
    }
    found.dedup();
    found
}

/// The routes that may get some requests to the paths that no other route names, if none gets all of them: Kong
/// answers the others with 404.
pub(crate) fn beyond(entities: &Entities, host: Option<&str>) -> Vec<usize> {
    let entries = entries(entities, host);
    let everywhere = Region::Under("/");
    let matched = |entry: &Entry| entry.pattern.matched(everywhere);
    let is_sure = |entry: &Entry| entry.is_certain && matched(entry) == Matched::All;
    if entries.iter().any(|entry| is_sure(entry) && entry.methods.is_empty()) {
        return Vec::new();
    }
    let may_get = |entry: &&Entry| matched(entry) != Matched::None && !is_sure(entry);
    let mut routes: Vec<usize> = entries.iter().filter(may_get).map(|entry| entry.route).collect();
    let mut seen = BTreeSet::new();
    routes.retain(|route| seen.insert(*route));
    routes
}

pub(super) fn entries(entities: &Entities, host: Option<&str>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (index, route) in entities.routes.iter().enumerate().filter(|(_, route)| route.is_http) {
        let Some(plain_host) = takes_host(route, host) else { continue };
        let may_be_another = host.is_some_and(|host| !route.hosts.is_empty() && !names_host(route, host));
        let everything = ["/".to_owned()];
        for text in if route.paths.is_empty() { &everything[..] } else { &route.paths } {
            let is_open = placeholder::has_any(text);
            let text = if is_open { "/" } else { text };
            for pattern in Pattern::parse(text) {
                let mut rank = rank(route, plain_host, text, route.paths.is_empty());
                if is_open || may_be_another {
                    rank.0 = usize::MAX;
                }
                entries.push(Entry {
                    route: index,
                    pattern,
                    methods: route.methods.clone(),
                    is_certain: !route.depends_on_more
                        && !may_be_another
                        && !is_open
                        && !Pattern::keeps_an_escape(text),
                    is_whole_expression: route.is_whole_expression && !is_open && !may_be_another,
                    strips: route.strip_path,
                    rank,
                });
            }
        }
    }
    // The sort is stable: entries of equal rank keep their order of creation.
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.rank));
    entries
}

/// Whether the route accepts requests to `host`, and if so, whether none of its hosts has a wildcard.
pub(crate) fn takes_host(route: &Route, host: Option<&str>) -> Option<bool> {
    if route.hosts.is_empty() {
        return Some(false);
    }
    let host = host?;
    let plain = route.hosts.iter().all(|pattern| !pattern.contains('*'));
    // A host with an unresolved placeholder may be any host.
    let takes = names_host(route, host) || route.hosts.iter().any(|pattern| placeholder::has_any(pattern));
    takes.then_some(plain)
}

fn names_host(route: &Route, host: &str) -> bool {
    route.hosts.iter().any(|pattern| host_matches(pattern, host))
}

/// A `*` at one end matches any text.
pub(crate) fn host_matches(pattern: &str, host: &str) -> bool {
    let without_port = host.split(':').next().unwrap_or_default();
    pattern == host
        || pattern == without_port
        || pattern.strip_prefix('*').is_some_and(|end| host.ends_with(end) || without_port.ends_with(end))
        || pattern.strip_suffix('*').is_some_and(|start| host.starts_with(start))
}

fn rank(route: &Route, plain_host: bool, path: &str, pathless: bool) -> Rank {
    let given = [!route.hosts.is_empty(), !route.methods.is_empty(), !pathless, route.headers > 0];
    let weight = given.into_iter().filter(|given| *given).count();
    // A route of unknown rank comes first: it may apply, and so only adds requirements to those of the
    // others.
    let weight = if route.has_unknown_rank { usize::MAX } else { weight };
    let regex = Pattern::is_regex(path);
    let priority = if regex { route.regex_priority } else { 0 };
    (weight, plain_host, route.headers, regex, priority, if regex { 0 } else { path.len() })
}
