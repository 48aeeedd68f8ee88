//! Route rules: which paths need which sign-in.
//!
//! A path is judged as the upstream will read it. A path that can be read in two ways is refused before any
//! rule is examined, so that no spelling gets past a rule.

mod ambiguous_path;
mod letter_case;
mod preflight;
#[cfg(test)]
mod tests;
mod unreachable_rule;

use std::collections::HashMap;

use http::Method;
use serde_json::{Map, Value};

use crate::gate::requirement::{RequirementRefusal, Requirements};
use crate::gate::route::unreachable_rule::Reached;
use crate::http::request::Request;
use crate::token::claims::ClaimPath;

use self::ambiguous_path::{Reading, unambiguous};
pub(crate) use self::ambiguous_path::{has_escape, has_refused_escape, without_fragments};

/// The route rules, and the rule for paths that none of them matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    rules: Vec<Rule>,
    otherwise: Rule,
    /// Whether a path of any rule has a capital letter.
    has_capitals: bool,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The paths to which it applies. Empty in the rule for paths that no other matches.
    pub paths: Vec<PathPattern>,
    /// The methods to which it applies; empty for every method. `GET` includes `HEAD`.
    pub methods: Vec<Method>,
    /// Whether sign-in is needed.
    pub auth: Auth,
    /// The treatment of a CORS preflight.
    pub preflight: Preflight,
    /// The requirements for a signed-in user: the rule's own, and the global ones for keys that it does not
    /// have. Empty with [`Auth::None`].
    pub requirements: Requirements,
    /// Where `proxy` forwards its requests.
    pub upstream: RouteUpstream,
}

/// Where a rule's requests go, in the terms of Kong's services and routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteUpstream {
    /// The upstream that replaces the common one.
    pub url: Option<String>,
    /// Whether the part of the path that the rule names is removed.
    pub strip_path: bool,
    /// Whether `Host` has the public name instead of the upstream's.
    pub preserve_host: bool,
    /// How the upstream decodes a path.
    pub path_decoding: PathDecoding,
}

/// How an upstream decodes a path, as far as that is configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PathDecoding {
    /// Unknown: it may treat `%23`, `%3F` and `%25` as syntax.
    #[default]
    Any,
    /// Once, after it has split off the query, so that it reads these escapes as ordinary characters.
    Once,
}

/// A path of a rule, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathPattern {
    /// This path only.
    Exact(String),
    /// `/a/*`: `/a` itself and everything below. Stored without the `/*`.
    Below(String),
    /// `/a/*` in a rule with `path_matching: prefix`: every path that begins with `/a`, such as `/a.php`,
    /// like Kong's prefixes.
    Beginning(String),
}

/// Whether sign-in is needed, from the weakest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Auth {
    /// Sign-in is not needed, and credentials are not checked.
    None,
    /// A user with a valid session who meets the global requirements is identified; others are anonymous. An
    /// invalid bearer token is still refused.
    Optional,
    /// Sign-in is required.
    Required,
}

/// The treatment of a CORS preflight (Fetch section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// It is treated like any other request.
    Enforce,
    /// It goes to the upstream without credentials or identity.
    Pass,
}

/// The rules for one request: the matching one, and perhaps others that a slash at the end or another case of
/// letters must not bypass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedRules<'r> {
    /// The first rule that matches, otherwise the one that requires sign-in.
    pub rule: &'r Rule,
    /// The rules that apply to this path with a slash more or less at its end, or in another case. Most
    /// upstreams serve the first as one path, some fronts remove the slash, and many upstreams ignore case, so
    /// the requirements of these rules apply too.
    besides: Vec<&'r Rule>,
    /// Whether the request is a CORS preflight that all these rules let pass to the upstream without
    /// credentials or identity.
    pub passes_preflight: bool,
}

/// No rule is chosen, because the upstream could read the path differently from vestibule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmbiguousPath;

impl Routes {
    /// Rules in order, and the requirements for paths that none matches.
    pub fn new(rules: Vec<Rule>, requirements: Requirements) -> Self {
        let otherwise = Rule {
            paths: Vec::new(),
            methods: Vec::new(),
            auth: Auth::Required,
            preflight: Preflight::Enforce,
            requirements,
            upstream: RouteUpstream {
                url: None,
                strip_path: false,
                preserve_host: false,
                path_decoding: PathDecoding::Any,
            },
        };
        let has_capitals = rules.iter().any(Rule::has_capitals);
        Self { rules, otherwise, has_capitals }
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The claims in which any rule looks for groups and roles.
    pub(crate) fn memberships(&self) -> impl Iterator<Item = &ClaimPath> {
        let rules = self.rules.iter().chain([&self.otherwise]);
        let required = rules.flat_map(|rule| [&rule.requirements.groups, &rule.requirements.roles]);
        required.flatten().map(|required| &required.claim)
    }

    /// The paths of rules that no request reaches, because earlier rules answer all of theirs: the index of
    /// the rule, the path, and the index of a rule that answers it. The author of such a rule believes that
    /// it protects something.
    pub(crate) fn never_reached(&self) -> Vec<(usize, String, usize)> {
        let mut found = Vec::new();
        let mut earlier = Reached::default();
        for (place, rule) in self.rules.iter().enumerate() {
            let mut written: HashMap<&PathPattern, usize> = HashMap::with_capacity(rule.paths.len());
            for pattern in &rule.paths {
                *written.entry(pattern).or_default() += 1;
            }
            for pattern in &rule.paths {
                // Each path is examined once, however often it is written.
                let Some(times) = written.remove(pattern) else { continue };
                let repeated = (times > 1).then_some(place);
                if let Some(answering) = earlier.answering(pattern, &rule.methods).or(repeated) {
                    found.push((place, pattern.text(), answering));
                }
            }
            earlier.add(place, rule);
        }
        found
    }

    /// Finds the first rule that matches, otherwise the one that requires sign-in. `path` is the path that
    /// the upstream receives, percent-encoded, without stage and query.
    ///
    /// A rule for an exact path applies to that path only: `/closed` is not `/closed/`. A later rule with
    /// more paths must not open the other one, though. If no rule names `/closed/` itself, a request for it
    /// has to satisfy both rules. The same holds for `/Closed`.
    ///
    /// # Errors
    ///
    /// The path can be read in two ways.
    pub fn decide(&self, method: &Method, path: &str) -> Result<MatchedRules<'_>, AmbiguousPath> {
        self.matched_path(path, |rule| rule.covers_method(method))
    }

    /// Finds the rules for `request`. A CORS preflight that passes is governed by the first rule for the path
    /// and for the method that it asks about, any other request by the first rule for its own method.
    ///
    /// # Errors
    ///
    /// The path can be read in two ways.
    pub fn matched(&self, request: &Request) -> Result<MatchedRules<'_>, AmbiguousPath> {
        match self.preflight_rules(request)? {
            Some(matched) => Ok(matched),
            None => self.decide(&request.method, &request.path),
        }
    }

    /// Finds the rules for `path` among those that `covers` selects. If the path is unambiguous only for an
    /// upstream that decodes once, its rule has to say so, and every other reading has to lead to the same
    /// rule.
    fn matched_path(
        &self,
        path: &str,
        covers: impl Fn(&Rule) -> bool,
    ) -> Result<MatchedRules<'_>, AmbiguousPath> {
        let reading = Reading::of(path)?;
        let matched = self.matched_reading(&reading.decoded, &covers);
        let agrees = |other: &String| self.matched_reading(other, &covers).is(&matched);
        if reading.others.is_empty() || matched.decodes_once() && reading.others.iter().all(agrees) {
            return Ok(matched);
        }
        Err(AmbiguousPath)
    }

    fn matched_reading(&self, path: &str, covers: impl Fn(&Rule) -> bool) -> MatchedRules<'_> {
        let rule = self.first(path, &covers).unwrap_or(&self.otherwise);
        let named = self.named_but_for_a_slash(path, rule, &covers);
        let besides = named.into_iter().chain(self.in_another_case(path, (rule, named), covers)).collect();
        MatchedRules { rule, besides, passes_preflight: false }
    }

    fn first(&self, path: &str, covers: impl Fn(&Rule) -> bool) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.covers_path(path) && covers(rule))
    }

    /// The rule that names `path` with a slash added or removed at its end. `None` if `rule` names `path`
    /// exactly, because then the configuration says what applies to this spelling.
    fn named_but_for_a_slash(
        &self,
        path: &str,
        rule: &Rule,
        covers: impl Fn(&Rule) -> bool,
    ) -> Option<&Rule> {
        if rule.names(path) || path == "/" {
            return None;
        }
        let other = but_for_a_slash(path);
        self.first(&other, covers).filter(|rule| rule.names(&other))
    }
}

/// The path with a slash added or removed at its end.
fn but_for_a_slash(path: &str) -> String {
    path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned)
}

impl MatchedRules<'_> {
    /// Tells whether both consist of the same rules, not merely of equal requirements.
    fn is(&self, other: &Self) -> bool {
        self.rules().map(std::ptr::from_ref).eq(other.rules().map(std::ptr::from_ref))
    }

    /// Tells whether the upstream of all rules decodes a path once.
    fn decodes_once(&self) -> bool {
        self.rules().all(|rule| rule.upstream.path_decoding == PathDecoding::Once)
    }

    /// The rules that apply: one, or a few.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        std::iter::once(self.rule).chain(self.besides.iter().copied())
    }

    /// Whether sign-in is needed, by the strictest of them.
    pub fn auth(&self) -> Auth {
        self.rules().map(|rule| rule.auth).max().unwrap_or(self.rule.auth)
    }

    /// Checks the requirements of all rules.
    ///
    /// # Errors
    ///
    /// The first requirement that is not met.
    pub fn satisfied(
        &self,
        claims: &Map<String, Value>,
        scope: Option<&str>,
    ) -> Result<(), RequirementRefusal> {
        self.rules().try_for_each(|rule| rule.requirements.satisfied(claims, scope))
    }
}

impl Rule {
    /// The number of segments of `path` that the matching pattern names; the most if several match, as in
    /// Kong; 0 if none does.
    pub(crate) fn matched_segments(&self, path: &str) -> usize {
        let Ok(Reading { decoded: path, .. }) = Reading::of(path) else { return 0 };
        let segments =
            |pattern: &PathPattern| pattern.path().split('/').filter(|segment| !segment.is_empty()).count();
        self.paths.iter().filter(|pattern| pattern.matches(&path)).map(segments).max().unwrap_or(0)
    }

    fn names(&self, path: &str) -> bool {
        self.paths.iter().any(|pattern| matches!(pattern, PathPattern::Exact(exact) if exact == path))
    }

    fn covers_path(&self, path: &str) -> bool {
        self.paths.iter().any(|pattern| pattern.matches(path))
    }

    fn covers_method(&self, method: &Method) -> bool {
        // RFC 9110 section 9.3.2: HEAD is GET without the content.
        self.methods.is_empty()
            || self.methods.contains(method)
            || *method == Method::HEAD && self.methods.contains(&Method::GET)
    }
}

impl PathPattern {
    /// Parses a configured path; `None` for one that no request's path can equal.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, below) = text.strip_suffix("/*").map_or((text, false), |path| (path, true));
        let rooted = if path.is_empty() { "/" } else { path };
        if path.contains(['*', '%']) || unambiguous(rooted).is_err() || below && path.ends_with('/') {
            return None;
        }
        match (below, path.is_empty()) {
            (true, _) => Some(Self::Below(path.to_owned())),
            (false, false) => Some(Self::Exact(path.to_owned())),
            (false, true) => None,
        }
    }

    /// The pattern of all paths that begin like these, even within a segment. `None` for an exact path.
    #[must_use]
    pub fn beginning(self) -> Option<Self> {
        match self {
            Self::Below(base) if base.is_empty() => Some(Self::Below(base)),
            Self::Below(base) | Self::Beginning(base) => Some(Self::Beginning(base)),
            Self::Exact(_) => None,
        }
    }

    /// Tells whether every path of this pattern is at or below `base`.
    pub fn is_within(&self, base: &str) -> bool {
        let below = Self::Below(base.to_owned());
        // `/a.php` begins with `/a`, and is not below it.
        below.matches(self.path()) && !(matches!(self, Self::Beginning(_)) && self.path() == base)
    }

    fn path(&self) -> &str {
        match self {
            Self::Below(path) | Self::Beginning(path) | Self::Exact(path) => path,
        }
    }

    /// The pattern as it is written in a configuration.
    pub fn text(&self) -> String {
        match self {
            Self::Below(base) | Self::Beginning(base) => format!("{base}/*"),
            Self::Exact(path) => path.clone(),
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Below(base) => {
                path.strip_prefix(base.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Beginning(beginning) => path.starts_with(beginning.as_str()),
            Self::Exact(exact) => path == exact,
        }
    }
}
