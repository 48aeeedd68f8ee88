//! Ranks the paths of the routes for one host as Kong does.

use std::collections::{BTreeSet, HashMap};

use crate::entity::{Entities, Route};
use crate::pattern::{Matched, Pattern, Region};
use crate::placeholder;
use crate::progress::{Count, Progress};

/// The routes of all hosts, prepared once: their paths are parsed, and a host finds its own.
pub(crate) struct Router<'e> {
    entities: &'e Entities,
    paths: Vec<Vec<RoutePath>>,
    by_host: HashMap<&'e str, Vec<usize>>,
    /// The routes without hosts, and those whose hosts have a wildcard or a placeholder.
    of_many_hosts: Vec<usize>,
}

/// A path of a route, in the syntax of format 3.0.
struct RoutePath {
    text: String,
    /// Whether it has a placeholder, so that it may be any path.
    is_open: bool,
    patterns: Vec<Pattern>,
}

/// The paths of the routes for one host, in the order in which Kong tries them.
pub(crate) struct Table<'r> {
    entries: Vec<Entry<'r>>,
    /// By the text with which every match begins: each rule is only compared with those that may match it.
    by_start: HashMap<&'r str, Vec<usize>>,
}

/// One path of one route, and its rank among the others.
pub(super) struct Entry<'r> {
    pub(super) route: usize,
    pub(super) pattern: &'r Pattern,
    pub(super) methods: &'r [String],
    /// Whether the route gets every request that its host, methods and path match.
    pub(super) is_certain: bool,
    /// Whether it is of an expression. Versions of Kong differ in whether these or the other routes come first.
    pub(super) is_expression: bool,
    pub(super) strips: bool,
    pub(super) rank: Rank,
}

/// The first member that differs decides; the greater one comes first (Kong Gateway, "Router flavor:
/// traditional_compatible").
pub(super) type Rank = (usize, bool, usize, bool, i64, usize);

impl<'e> Router<'e> {
    pub(crate) fn new(entities: &'e Entities, watch: &dyn Fn(Progress)) -> Self {
        let mut count = Count::new("routes", entities.routes.len(), watch);
        let parsed = |route: &Route| {
            let paths = paths(route);
            count.one();
            paths
        };
        let mut router = Self {
            entities,
            paths: entities.routes.iter().map(parsed).collect(),
            by_host: HashMap::new(),
            of_many_hosts: Vec::new(),
        };
        for (index, route) in entities.routes.iter().enumerate() {
            if route.hosts.is_empty() || route.hosts.iter().any(|host| is_many(host)) {
                router.of_many_hosts.push(index);
                continue;
            }
            for host in &route.hosts {
                router.by_host.entry(host).or_default().push(index);
            }
        }
        router
    }

    pub(crate) const fn entities(&self) -> &'e Entities {
        self.entities
    }

    /// The routes that accept requests to `host`, in their order, each with whether none of its hosts has a
    /// wildcard.
    pub(crate) fn taking(&self, host: Option<&str>) -> Vec<(usize, bool)> {
        let forms = host.map(|host| [host, without_port(host)]);
        let named = forms.iter().flatten().filter_map(|form| self.by_host.get(form)).flatten();
        let routes: BTreeSet<usize> = named.chain(&self.of_many_hosts).copied().collect();
        let takes = |index: &usize| takes_host(self.entities.routes.get(*index)?, host);
        routes.iter().filter_map(|index| Some((*index, takes(index)?))).collect()
    }

    /// The paths of the routes that accept requests to `host`, or to any host if it is `None`.
    pub(crate) fn table(&self, host: Option<&str>) -> Table<'_> {
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for (index, plain_host) in self.taking(host) {
            let (Some(route), Some(paths)) = (self.entities.routes.get(index), self.paths.get(index)) else {
                continue;
            };
            if !route.is_http {
                continue;
            }
            let may_be_another = host.is_some_and(|host| !route.hosts.is_empty() && !names_host(route, host));
            for RoutePath { text, is_open, patterns } in paths {
                let mut rank = rank(route, plain_host, text, route.paths.is_empty());
                if *is_open || may_be_another {
                    rank.0 = usize::MAX;
                }
                entries.extend(patterns.iter().map(|pattern| Entry {
                    route: index,
                    pattern,
                    methods: &route.methods,
                    is_certain: is_certain(route)
                        && !may_be_another
                        && !is_open
                        && !Pattern::keeps_an_escape(text),
                    is_expression: route.expression.is_some(),
                    strips: route.strip_path,
                    rank,
                }));
            }
        }
        // The sort is stable: entries of equal rank keep their order of creation.
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.rank));
        let mut by_start: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, entry) in entries.iter().enumerate() {
            by_start.entry(entry.pattern.start()).or_default().push(place);
        }
        Table { entries, by_start }
    }
}

fn paths(route: &Route) -> Vec<RoutePath> {
    let everything = ["/".to_owned()];
    let texts = if route.paths.is_empty() { &everything[..] } else { &route.paths };
    let path = |text: &String| {
        let is_open = placeholder::has_any(text);
        let text = if is_open { "/".to_owned() } else { text.clone() };
        RoutePath { patterns: Pattern::parse(&text), text, is_open }
    };
    texts.iter().map(path).collect()
}

impl Table<'_> {
    pub(super) fn all(&self) -> &[Entry<'_>] {
        &self.entries
    }

    /// Returns the entries that may match in `region`, in their order.
    pub(super) fn near(&self, region: Region<'_>) -> impl Iterator<Item = &Entry<'_>> {
        let found = beginnings(region.start()).filter_map(|start| self.by_start.get(start));
        let mut places: Vec<usize> = found.flatten().copied().collect();
        places.sort_unstable();
        places.into_iter().filter_map(|place| self.entries.get(place))
    }

    /// The routes whose paths rules can only approximate, with the reason.
    pub(crate) fn inexact(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for entry in &self.entries {
            if let Pattern::Regex(regex) = entry.pattern {
                let below = if regex.base.is_empty() {
                    "every path".to_owned()
                } else {
                    format!("all below `{}`", regex.base)
                };
                found.push((entry.route, format!("the regular expression `{}` is taken for {below}: every request there needs the requirements of all routes there, and sign-in where only this route is open", regex.text)));
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
    pub(crate) fn beyond(&self) -> Vec<usize> {
        let everywhere = Region::Under("/");
        let matched = |entry: &Entry<'_>| entry.pattern.matched(everywhere);
        let is_sure = |entry: &Entry<'_>| entry.is_certain && matched(entry) == Matched::All;
        if self.entries.iter().any(|entry| is_sure(entry) && entry.methods.is_empty()) {
            return Vec::new();
        }
        let may_get = |entry: &&Entry<'_>| matched(entry) != Matched::None && !is_sure(entry);
        let mut routes: Vec<usize> = self.entries.iter().filter(may_get).map(|entry| entry.route).collect();
        let mut seen = BTreeSet::new();
        routes.retain(|route| seen.insert(*route));
        routes
    }
}

/// The beginnings of a text, from the empty one to the text itself.
pub(super) fn beginnings(text: &str) -> impl Iterator<Item = &str> {
    (0..=text.len()).filter_map(|end| text.get(..end))
}

/// Whether a host of a route stands for more than one name.
fn is_many(host: &str) -> bool {
    host.contains('*') || placeholder::has_any(host)
}

/// Whether the route accepts requests to `host`, and if so, whether none of its hosts has a wildcard.
fn takes_host(route: &Route, host: Option<&str>) -> Option<bool> {
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
    let without_port = without_port(host);
    pattern == host
        || pattern == without_port
        || pattern.strip_prefix('*').is_some_and(|end| host.ends_with(end) || without_port.ends_with(end))
        || pattern.strip_suffix('*').is_some_and(|start| host.starts_with(start))
}

fn without_port(host: &str) -> &str {
    host.split(':').next().unwrap_or_default()
}

/// Whether the route gets every request that its host, methods and paths match, unless another comes first.
fn is_certain(route: &Route) -> bool {
    match route.expression {
        Some(expression) => expression.is_whole && expression.priority.is_some(),
        None => !route.depends_on_more,
    }
}

fn rank(route: &Route, plain_host: bool, path: &str, pathless: bool) -> Rank {
    if let Some(expression) = route.expression {
        // One of unknown priority comes first: it may apply, and so only adds requirements.
        return (usize::MAX, false, 0, false, expression.priority.unwrap_or(i64::MAX), 0);
    }
    let given = [!route.hosts.is_empty(), !route.methods.is_empty(), !pathless, route.headers > 0];
    let weight = given.into_iter().filter(|given| *given).count();
    // A route of unknown rank comes first: it may apply, and so only adds requirements to those of the
    // others.
    let weight = if route.has_unknown_rank { usize::MAX } else { weight };
    let regex = Pattern::is_regex(path);
    let priority = if regex { route.regex_priority } else { 0 };
    (weight, plain_host, route.headers, regex, priority, if regex { 0 } else { path.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Place;

    fn route(number: usize) -> Route {
        Route {
            paths: vec![format!("~/{number}/\\d+/items"), format!("/{number}/plain")],
            hosts: vec![format!("{number}.example.com")],
            ..Route::of_every_request(Place { file: 0, line: 1, column: 1 })
        }
    }

    /// The number of comparisons decides how long the import of thousands of routes takes.
    #[test]
    fn a_path_is_compared_with_those_that_may_match_it() {
        let of_one_host = |number| Route { hosts: Vec::new(), ..route(number) };
        let entities = Entities { routes: (0..100).map(of_one_host).collect(), ..Entities::default() };
        let router = Router::new(&entities, &|_| {});
        let table = router.table(None);
        let compared = |path| table.near(Region::Under(path)).count();
        assert_eq!([compared("/7/"), compared("/7/plain/x/"), compared("/x/")], [1, 2, 0]);
    }

    /// Each host looks at the routes that name it, and at those that stand for many hosts.
    #[test]
    fn a_host_takes_its_own_routes() {
        let mut all: Vec<Route> = (0..100).map(route).collect();
        let hosts = ["*.example.com", "7.example.*", "$NAME", "7.example.com:8443"];
        all.extend(hosts.map(|host| Route { hosts: vec![host.to_owned()], ..route(0) }));
        all.push(Route { hosts: Vec::new(), ..route(0) });
        let entities = Entities { routes: all, ..Entities::default() };
        let router = Router::new(&entities, &|_| {});
        let taking = |host| router.taking(Some(host)).into_iter().map(|(route, _)| route).collect::<Vec<_>>();
        assert_eq!(taking("7.example.com"), [7, 100, 101, 102, 104]);
        assert_eq!(taking("7.example.com:8443"), [7, 100, 101, 102, 103, 104]);
        assert_eq!(taking("other.example.org"), [102, 104]);
        assert_eq!(router.taking(None), [(104, false)]);
    }
}
