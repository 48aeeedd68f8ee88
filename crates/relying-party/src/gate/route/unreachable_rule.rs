//! Which requests the rules so far answer, kept so that a further rule is compared with a few of them and not with all.

use std::collections::HashMap;

use http::Method;

use super::{PathPattern, Rule};

/// The rules so far, by their paths.
#[derive(Default)]
pub(super) struct Reached<'r> {
    by_pattern: HashMap<&'r PathPattern, First<'r>>,
}

/// The places of the first rules for one path.
#[derive(Default)]
struct First<'r> {
    any: Option<usize>,
    for_every_method: Option<usize>,
    methods: HashMap<&'r Method, usize>,
}

impl<'r> Reached<'r> {
    /// Adds the rule at `place`, which comes after all that were added before.
    pub(super) fn add(&mut self, place: usize, rule: &'r Rule) {
        for pattern in &rule.paths {
            let first = self.by_pattern.entry(pattern).or_default();
            first.any.get_or_insert(place);
            if rule.methods.is_empty() {
                first.for_every_method.get_or_insert(place);
            }
            for method in &rule.methods {
                first.methods.entry(method).or_insert(place);
            }
        }
    }

    /// The place of a rule that answers `pattern`, when the rules so far do so for every one of `methods`, or, where these
    /// are empty, for every method there is.
    pub(super) fn answering(&self, pattern: &PathPattern, methods: &[Method]) -> Option<usize> {
        let covering: Vec<&First<'_>> =
            covering(pattern).filter_map(|pattern| self.by_pattern.get(&pattern)).collect();
        let whole = covering.iter().filter_map(|first| first.for_every_method).min();
        let by_methods = || {
            let answered = |method| covering.iter().any(|first| first.has(method));
            let all = !methods.is_empty() && methods.iter().all(answered);
            covering.iter().filter_map(|first| first.any).min().filter(|_| all)
        };
        whole.or_else(by_methods)
    }
}

impl First<'_> {
    /// As a rule covers a method: `GET` is `HEAD` too.
    fn has(&self, method: &Method) -> bool {
        self.methods.contains_key(method)
            || *method == Method::HEAD && self.methods.contains_key(&Method::GET)
    }
}

/// The patterns that cover every path of `pattern`: itself, those of the paths above, and those that begin as it does. Several
/// patterns never cover one of `/a/*` together that none of them covers alone: infinitely many names are left.
fn covering(pattern: &PathPattern) -> impl Iterator<Item = PathPattern> {
    let path = pattern.path();
    let exact = matches!(pattern, PathPattern::Exact(_)).then(|| pattern.clone());
    let above = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
    let own = (!matches!(pattern, PathPattern::Beginning(_))).then_some(path);
    let below = above.chain(own).map(|base| PathPattern::Below(base.to_owned()));
    let ends = path.char_indices().map(|(end, _)| end).skip(2).chain([path.len()]);
    let beginnings = ends.filter_map(|end| Some(PathPattern::Beginning(path.get(..end)?.to_owned())));
    exact.into_iter().chain(below).chain(beginnings)
}
