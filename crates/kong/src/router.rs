//! Turns Kong's routes for one host into rules. The first rule that matches decides as Kong would.
//!
//! Kong distinguishes requests by more than their paths: by regular expressions, headers and server names. If
//! it is unknown which of several routes a request reaches, the rule requires what all of them require.

mod table;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::pattern::{Matched, Region};
use crate::protection::{Protection, SignIn};

use self::table::{Entry, Rank, beginnings};
pub(crate) use self::table::{Router, Table, host_matches};

/// A rule before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) paths: Vec<String>,
    /// Whether its paths also match within a segment, as Kong's plain paths do.
    pub(crate) by_prefix: bool,
    /// Empty if it covers every method.
    pub(crate) methods: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) protection: Protection,
    /// The route that it goes to, and the part of the rule's path that remains after `strip_path`.
    pub(crate) target: Option<(usize, String)>,
    /// Every route that it may reach, in order.
    pub(crate) met: Vec<usize>,
}

/// The reason for closing a path that no route of Kong matches: Kong answers it with 404.
pub(crate) const NO_ROUTE: &str = "no route of Kong leads here";

/// The reason for closing a path that Kong would cut within a segment.
const CUT: &str = "`strip_path` would leave half a segment of it";

/// Makes the rules for the requests to the host of a table.
pub(crate) fn rules(table: &Table<'_>, protections: &BTreeMap<usize, Protection>) -> Vec<Rule> {
    let mut bases: BTreeSet<&str> = table.all().iter().map(|entry| entry.pattern.base()).collect();
    bases.insert("");
    // The longest come first: a rule for a part of another rule's paths precedes it.
    let mut bases: Vec<&str> = bases.into_iter().collect();
    bases.sort_by(|one, other| segments(other).cmp(&segments(one)).then(one.cmp(other)));
    let at = |region: Region<'_>| by_method(table, region, protections);
    let below: BTreeMap<&str, Outcomes> =
        bases.iter().map(|base| (*base, at(Region::Under(&format!("{base}/"))))).collect();
    let longer = longer(table, &below, protections);
    let mut longer_by_depth: BTreeMap<usize, Vec<(&str, &Outcomes)>> = BTreeMap::new();
    for (beginning, outcomes) in &longer {
        longer_by_depth.entry(segments(beginning)).or_default().push((*beginning, outcomes));
    }
    let mut rules: Vec<Rule> = Vec::new();
    for (place, base) in bases.iter().enumerate() {
        let under = format!("{base}/");
        let Some(own) = below.get(base) else { continue };
        let same_above = parent(base, &below).is_some_and(|above| above == own);
        let exact = at(Region::Exact(if base.is_empty() { "/" } else { base }));
        if exact != *own {
            add(&mut rules, if base.is_empty() { "/" } else { base }, exact);
            // A rule for a path also covers the path with a trailing slash, unless that has a rule of its
            // own.
            if !base.is_empty() {
                add(&mut rules, &under, at(Region::Exact(&under)));
            }
        }
        let is_taken = beginnings(base).any(|beginning| longer.contains_key(beginning));
        if !same_above || is_taken {
            add(&mut rules, &format!("{base}/*"), own.clone());
        }
        // These rules follow all paths with the same number of segments, because they may have the same
        // start.
        let is_last = bases.get(place + 1).is_none_or(|next| segments(next) < segments(base));
        let mut of_depth =
            longer_by_depth.get(&segments(base)).filter(|_| is_last).cloned().unwrap_or_default();
        of_depth.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        for (beginning, outcomes) in of_depth {
            let from = rules.len();
            add(&mut rules, &format!("{beginning}/*"), outcomes.clone());
            rules.iter_mut().skip(from).for_each(|rule| rule.by_prefix = true);
        }
    }
    joined(rules)
}

/// The outcome of the paths that begin with a plain path and continue its last segment, if the rules around
/// them would give another outcome.
fn longer<'t>(
    table: &'t Table<'_>,
    below: &BTreeMap<&str, Outcomes>,
    protections: &BTreeMap<usize, Protection>,
) -> BTreeMap<&'t str, Outcomes> {
    let strips = |entry: &&Entry<'_>| entry.strips && !entry.pattern.base().is_empty();
    let stripping: HashSet<usize> = table.all().iter().filter(strips).map(|entry| entry.route).collect();
    let cut =
        table.all().iter().filter(|entry| entry.pattern.cuts_a_segment()).map(|entry| entry.pattern.base());
    let cut: BTreeSet<&str> = cut.filter(|base| !base.is_empty()).collect();
    let mut found: BTreeMap<&str, Outcomes> = BTreeMap::new();
    // A shorter start sorts before a longer one.
    for base in cut {
        let outcomes: Outcomes = by_method(table, Region::Longer(base), protections)
            .into_iter()
            .map(|(methods, outcome)| (methods, outcome.in_a_segment(&stripping)))
            .collect();
        let outcomes =
            if all_closed(&outcomes) { outcomes.into_iter().rev().take(1).collect() } else { outcomes };
        // A rule for a shorter start would cover it too.
        let is_taken = beginnings(base).any(|shorter| found.contains_key(shorter));
        let is_said = !is_taken
            && parent(base, below)
                .is_some_and(|around| *around == outcomes || all_closed(around) && all_closed(&outcomes));
        if !is_said {
            found.insert(base, outcomes);
        }
    }
    found
}

fn all_closed(outcomes: &Outcomes) -> bool {
    outcomes.iter().all(|(_, outcome)| outcome.protection.closed.is_some())
}

impl Outcome {
    /// Kong finds the route of a preflight by `OPTIONS`, and here the rule for the method that it asks about may
    /// decide. So it passes only where both lead to the same route.
    fn with_preflight(mut self, of_preflight: &Self) -> Self {
        let passes = of_preflight.protection.preflight_passes && of_preflight.protection.closed.is_none();
        self.protection.preflight_passes &= passes && self.target == of_preflight.target;
        self
    }

    /// Returns the outcome for a path that continues the last segment of a route's path. With `strip_path`
    /// Kong would cut the path within a segment, and the application has no path like the rest.
    fn in_a_segment(self, stripping: &HashSet<usize>) -> Self {
        let strips = self.target.as_ref().is_some_and(|(route, _)| stripping.contains(route));
        if !strips || self.protection.closed.is_some() {
            return self;
        }
        Self { protection: Protection::closed(CUT), ..self }
    }
}

/// The outcomes of requests by their methods; the last one is for every other method.
type Outcomes = Vec<(Vec<String>, Outcome)>;

/// The outcome of the paths that surround those below `base`.
fn parent<'b>(base: &str, below: &'b BTreeMap<&str, Outcomes>) -> Option<&'b Outcomes> {
    let mut above = base;
    while let Some((shorter, _)) = above.rsplit_once('/') {
        if let Some(outcomes) = below.get(shorter) {
            return Some(outcomes);
        }
        above = shorter;
    }
    None
}

fn segments(path: &str) -> usize {
    path.matches('/').count()
}

/// The outcome for each method that a route names, and for all others.
fn by_method(table: &Table<'_>, region: Region<'_>, protections: &BTreeMap<usize, Protection>) -> Outcomes {
    let candidates: Vec<(&Entry<'_>, Matched)> = table
        .near(region)
        .map(|entry| (entry, entry.pattern.matched(region)))
        .filter(|(_, matched)| *matched != Matched::None)
        .collect();
    let mut methods: BTreeSet<&str> =
        candidates.iter().flat_map(|(entry, _)| entry.methods).map(String::as_str).collect();
    if methods.contains("GET") {
        methods.insert("HEAD");
    }
    let path = region.start();
    let of_preflight = outcome(&candidates, Some("OPTIONS"), path, protections);
    let others = outcome(&candidates, None, path, protections).with_preflight(&of_preflight);
    let mut named: Vec<(Vec<String>, Outcome)> = Vec::new();
    for method in methods {
        let outcome = outcome(&candidates, Some(method), path, protections).with_preflight(&of_preflight);
        match named.iter_mut().find(|(_, known)| *known == outcome) {
            Some((methods, _)) => methods.push(method.to_owned()),
            None => named.push((vec![method.to_owned()], outcome)),
        }
    }
    // `HEAD` comes before `GET`, which covers it.
    named.sort_by_key(|(methods, _)| !methods.iter().any(|method| method == "HEAD"));
    named.retain(|(_, outcome)| *outcome != others);
    let get_is_named = |named: &[(Vec<String>, Outcome)]| {
        named.iter().any(|(methods, _)| methods.iter().any(|method| method == "GET"))
    };
    let head_is_named = |named: &[(Vec<String>, Outcome)]| {
        named.iter().any(|(methods, _)| methods.iter().any(|method| method == "HEAD"))
    };
    if get_is_named(&named) && !head_is_named(&named) {
        named.insert(0, (vec!["HEAD".to_owned()], others.clone()));
    }
    named.push((Vec::new(), others));
    named
}

fn outcome(
    candidates: &[(&Entry<'_>, Matched)],
    method: Option<&str>,
    path: &str,
    protections: &BTreeMap<usize, Protection>,
) -> Outcome {
    let takes = |entry: &Entry<'_>| {
        entry.methods.is_empty()
            || method.is_some_and(|method| entry.methods.iter().any(|taken| taken == method))
    };
    let mut met: Vec<(&Entry<'_>, bool)> = Vec::new();
    let (mut by_expression, mut by_lists): (Option<Rank>, Option<Rank>) = (None, None);
    for (entry, matched) in candidates.iter().filter(|(entry, _)| takes(entry)) {
        let decided = if entry.is_expression { &mut by_expression } else { &mut by_lists };
        // Kong prefers the older of two routes with the same rank, and the input does not show which one is
        // older.
        if decided.is_some_and(|rank| rank != entry.rank) {
            continue;
        }
        let certain = *matched == Matched::All && entry.is_certain;
        met.push((entry, certain));
        *decided = decided.or(certain.then_some(entry.rank));
    }
    let decided = by_expression.or(by_lists);
    let own = |entry: &Entry<'_>| {
        protections.get(&entry.route).cloned().unwrap_or_else(|| Protection::closed(NO_ROUTE))
    };
    let mut all = met.iter().map(|(entry, _)| own(entry)).reduce(|one, other| one.and(&other));
    if let Some(all) = all.as_mut().filter(|_| decided.is_none()) {
        // Kong accepts only some of these requests and answers the others with 404, so they are not open to
        // everybody here.
        all.sign_in = SignIn::Required;
    }
    // A rule on a header is for few requests; the target is the route that certainly gets the others.
    let gets = |(entry, certain): &&(&Entry<'_>, bool)| *certain || entry.is_certain;
    let surely = met.iter().find(gets).or(met.first());
    let target = surely.map(|(entry, _)| (entry.route, rest(entry, path)));
    let mut met: Vec<usize> = met.iter().map(|(entry, _)| entry.route).collect();
    met.dedup();
    Outcome { protection: all.unwrap_or_else(|| Protection::closed(NO_ROUTE)), target, met }
}

/// The part of the rule's path beyond the route's own path, which `strip_path` does not remove.
fn rest(entry: &Entry<'_>, path: &str) -> String {
    let rest = path.strip_prefix(entry.pattern.base()).unwrap_or_default();
    if entry.strips { rest.trim_matches('/').to_owned() } else { String::new() }
}

fn add(rules: &mut Vec<Rule>, path: &str, outcomes: Outcomes) {
    let rule = |(methods, outcome)| Rule { paths: vec![path.to_owned()], by_prefix: false, methods, outcome };
    rules.extend(outcomes.into_iter().map(rule));
}

/// Joins adjacent rules that differ only in their paths.
fn joined(rules: Vec<Rule>) -> Vec<Rule> {
    let mut joined: Vec<Rule> = Vec::new();
    for rule in rules {
        match joined.last_mut() {
            Some(last)
                if last.methods == rule.methods
                    && last.outcome == rule.outcome
                    && last.by_prefix == rule.by_prefix =>
            {
                last.paths.extend(rule.paths);
            }
            _ => joined.push(rule),
        }
    }
    joined
}
