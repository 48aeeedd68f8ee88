//! Finds the rules for a path in another case. Rules are case-sensitive, but many applications serve `/Admin` as
//! `/admin`.

use super::{Auth, PathPattern, Routes, Rule, but_for_a_slash};

/// The number of bytes that a pattern names of the path, and how few paths it matches beyond them.
type Exactness = (usize, u8);

impl Routes {
    /// The rule that covers `path` if case is ignored, and the one that then names it except for a slash at its
    /// end. Neither is returned if `rule`, which covers `path` in its own case, does so as exactly, because
    /// then the configuration says what applies to this spelling. A rule that asks for nothing opens nothing
    /// here.
    pub(super) fn in_another_case<'r>(
        &'r self,
        path: &str,
        (rule, named): (&'r Rule, Option<&'r Rule>),
        covers: impl Fn(&Rule) -> bool,
    ) -> [Option<&'r Rule>; 2] {
        if !self.has_capitals && !has_capitals(path) {
            return [None, None];
        }
        let first = |path: &str| self.rules.iter().find(|rule| rule.covers_in_any_case(path) && covers(rule));
        let asks = |other: &&Rule| other.auth != Auth::None && !std::ptr::eq(*other, rule);
        let alike = first(path);
        let covering = alike.filter(|alike| {
            let own = rule.exactness(path, PathPattern::matches);
            alike.exactness(path, PathPattern::matches_in_any_case) > own
        });
        let is_named = |rule: &Rule| rule.names_in_any_case(path);
        let named = if path == "/" || named.is_some() || rule.names(path) || alike.is_some_and(is_named) {
            None
        } else {
            let other = but_for_a_slash(path);
            first(&other).filter(|rule| rule.names_in_any_case(&other))
        };
        [covering.filter(asks), named.filter(asks)]
    }
}

impl Rule {
    pub(super) fn has_capitals(&self) -> bool {
        self.paths.iter().any(|pattern| has_capitals(pattern.path()))
    }

    fn covers_in_any_case(&self, path: &str) -> bool {
        self.paths.iter().any(|pattern| pattern.matches_in_any_case(path))
    }

    fn names_in_any_case(&self, path: &str) -> bool {
        let names = |pattern: &PathPattern| matches!(pattern, PathPattern::Exact(exact) if exact.eq_ignore_ascii_case(path));
        self.paths.iter().any(names)
    }

    /// The exactness of its most exact pattern that matches; `None` if none does.
    fn exactness(&self, path: &str, matches: impl Fn(&PathPattern, &str) -> bool) -> Option<Exactness> {
        self.paths.iter().filter(|pattern| matches(pattern, path)).map(PathPattern::exactness).max()
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
}

fn has_capitals(path: &str) -> bool {
    path.bytes().any(|byte| byte.is_ascii_uppercase())
}
