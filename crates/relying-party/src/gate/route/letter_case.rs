//! Finds the rules for a path in another case. Rules are case-sensitive, but many applications serve `/Admin` as
//! `/admin`.

use super::{Auth, PathPattern, Routes, Rule, but_for_a_slash};

/// The number of bytes that a pattern names of the path, and how few paths it matches beyond them.
type Exactness = (usize, u8);

impl Routes {
    /// The rules that cover `path` only if case is ignored, or then name it except for a slash at its end, where
    /// `named` does not do so in its own case. An earlier rule decides before a later one that is spelled like
    /// it. Left out is a rule that is no more exact than `rule`, which decides about `path` in its own case,
    /// because then the configuration says what applies to this spelling. A rule that asks for nothing opens
    /// nothing here.
    pub(super) fn in_another_case<'r>(
        &'r self,
        path: &str,
        (rule, named): (&'r Rule, Option<&'r Rule>),
        covers: impl Fn(&Rule) -> bool,
    ) -> Vec<&'r Rule> {
        if !self.has_capitals && !has_capitals(path) {
            return Vec::new();
        }
        let other = (path != "/" && !rule.names(path) && named.is_none()).then(|| but_for_a_slash(path));
        let mut deciding: Vec<(&Rule, &PathPattern)> = Vec::new();
        for candidate in self.rules.iter().filter(|candidate| covers(candidate)) {
            let but_for_slash = || candidate.most_exact(other.as_deref()?, PathPattern::names_in_any_case);
            let covering = candidate.most_exact(path, PathPattern::matches_in_any_case);
            let Some(pattern) = covering.or_else(but_for_slash) else { continue };
            if !deciding.iter().any(|(_, earlier)| earlier.is_spelled_like(pattern)) {
                deciding.push((candidate, pattern));
            }
        }
        let own = rule.most_exact(path, PathPattern::matches).map(PathPattern::exactness);
        let applies = |(candidate, pattern): (&'r Rule, &PathPattern)| {
            let is_more_exact = !pattern.matches_in_any_case(path) || Some(pattern.exactness()) > own;
            let asks = candidate.auth != Auth::None && !std::ptr::eq(candidate, rule);
            (asks && is_more_exact).then_some(candidate)
        };
        deciding.into_iter().filter_map(applies).collect()
    }
}

impl Rule {
    pub(super) fn has_capitals(&self) -> bool {
        self.paths.iter().any(|pattern| has_capitals(pattern.path()))
    }

    /// The most exact of its patterns that match; `None` if none does.
    fn most_exact(&self, path: &str, matches: impl Fn(&PathPattern, &str) -> bool) -> Option<&PathPattern> {
        self.paths.iter().filter(|pattern| matches(pattern, path)).max_by_key(|pattern| pattern.exactness())
    }
}

impl PathPattern {
    fn exactness(&self) -> Exactness {
        let kind = match self {
            Self::Beginning(_) => 0,
            Self::Below(_) => 1,
            Self::Exact(_) => 2,
        };
        (self.path().len(), kind)
    }

    fn matches_in_any_case(&self, path: &str) -> bool {
        let own = self.path().as_bytes();
        let Some((start, rest)) = path.as_bytes().split_at_checked(own.len()) else { return false };
        let may_follow = match self {
            Self::Beginning(_) => true,
            Self::Below(_) => rest.first().is_none_or(|byte| *byte == b'/'),
            Self::Exact(_) => rest.is_empty(),
        };
        may_follow && start.eq_ignore_ascii_case(own)
    }

    fn names_in_any_case(&self, path: &str) -> bool {
        matches!(self, Self::Exact(exact) if exact.eq_ignore_ascii_case(path))
    }

    /// Tells whether two patterns are in the same case as far as both go.
    fn is_spelled_like(&self, other: &Self) -> bool {
        self.path().bytes().zip(other.path().bytes()).all(|(own, other)| own == other)
    }
}

fn has_capitals(path: &str) -> bool {
    path.bytes().any(|byte| byte.is_ascii_uppercase())
}
