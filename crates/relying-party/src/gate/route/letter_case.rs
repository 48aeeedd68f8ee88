//! Finds the rules for a path in another case. Rules are case-sensitive, but many applications serve `/Admin` as
//! `/admin`.

use super::{Auth, PathPattern, Routes, Rule, but_for_a_slash};

/// The number of bytes that a pattern names of the path, and how few paths it matches beyond them.
type Exactness = (usize, u8);

/// A pattern of a rule that is about a path if case is ignored.
struct AboutPath<'r> {
    rule: &'r Rule,
    pattern: &'r PathPattern,
    /// Whether it covers the path; otherwise it names it except for a slash at its end.
    covers: bool,
}

impl Routes {
    /// The rules that cover `path` only if case is ignored, or then name it except for a slash at its end, where
    /// `named` does not do so in its own case. Left out is a pattern that is no more exact than the one of `rule`,
    /// which decides about `path` in its own case, because then the configuration says what applies to this
    /// spelling. A rule that asks for nothing opens nothing here.
    pub(super) fn in_another_case<'r>(
        &'r self,
        path: &str,
        (rule, named): (&'r Rule, Option<&'r Rule>),
        covers_method: impl Fn(&Rule) -> bool,
    ) -> Vec<&'r Rule> {
        if !self.has_capitals && !has_capitals(path) {
            return Vec::new();
        }
        let other = (path != "/" && !rule.names(path) && named.is_none()).then(|| but_for_a_slash(path));
        let own = rule.exactness(path);
        let mut found: Vec<&Rule> = Vec::new();
        for about in self.about(path, other.as_deref(), covers_method) {
            let mut known = [Some(rule), named].into_iter().flatten().chain(found.iter().copied());
            let is_known = known.any(|known| std::ptr::eq(known, about.rule));
            let applies = !about.covers || Some(about.pattern.exactness()) > own;
            if about.rule.auth != Auth::None && applies && !is_known {
                found.push(about.rule);
            }
        }
        found
    }

    /// The patterns that are about `path` in any case, in the order of the rules. An earlier rule decides before a
    /// later one that is spelled like it, but one about `other`, the path but for a slash, never before one that
    /// covers the path.
    fn about(
        &self,
        path: &str,
        other: Option<&str>,
        covers_method: impl Fn(&Rule) -> bool,
    ) -> Vec<AboutPath<'_>> {
        let mut about: Vec<AboutPath<'_>> = Vec::new();
        for rule in self.rules.iter().filter(|rule| covers_method(rule)) {
            for pattern in &rule.paths {
                let covers = pattern.matches_in_any_case(path);
                if !covers && !other.is_some_and(|other| pattern.names_in_any_case(other)) {
                    continue;
                }
                let decides_before = |earlier: &AboutPath<'_>| {
                    !std::ptr::eq(earlier.rule, rule)
                        && (earlier.covers || !covers)
                        && earlier.pattern.is_spelled_like(pattern)
                };
                if !about.iter().any(decides_before) {
                    about.push(AboutPath { rule, pattern, covers });
                }
            }
        }
        about
    }
}

impl Rule {
    pub(super) fn has_capitals(&self) -> bool {
        self.paths.iter().any(|pattern| has_capitals(pattern.path()))
    }

    /// The exactness of its most exact pattern that matches in its own case; `None` if none does.
    fn exactness(&self, path: &str) -> Option<Exactness> {
        self.paths.iter().filter(|pattern| pattern.matches(path)).map(PathPattern::exactness).max()
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
