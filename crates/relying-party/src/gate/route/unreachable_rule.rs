//! Indexes the requests that the rules so far answer, so that the next rule is compared with only a few of
//! them.

use std::collections::HashMap;

use http::Method;

use super::{PathPattern, Rule};

/// The rules so far, by path.
#[derive(Default)]
pub(super) struct Reached<'r> {
    by_pattern: HashMap<&'r PathPattern, First<'r>>,
}

/// The indexes of the first rules for one path.
#[derive(Default)]
struct First<'r> {
    any: Option<usize>,
    for_every_method: Option<usize>,
    methods: HashMap<&'r Method, usize>,
}

impl<'r> Reached<'r> {
    /// Adds the rule at index `place`, which comes after all rules added before.
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

    /// The index of a rule that answers `pattern`, if the rules so far answer it for every one of `methods`.
    /// Empty `methods` stand for all methods.
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
    /// A rule for `GET` also covers `HEAD`.
    fn has(&self, method: &Method) -> bool {
        self.methods.contains_key(method)
            || *method == Method::HEAD && self.methods.contains_key(&Method::GET)
    }
}

/// The patterns that cover every path of `pattern`: itself, those of the paths above, and the prefixes of it.
/// Several patterns cannot cover `/a/*` jointly unless one covers it alone, because it has infinitely many
/// paths.
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
