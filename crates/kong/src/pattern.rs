//! Determines which paths a path of Kong matches, as precisely as a rule of vestibule can express it.

use std::cell::RefCell;

use percent_encoding::percent_decode_str;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;
use regex_automata::{Anchored, Input};
use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Hir, HirKind, Look};

/// The most alternatives of a regular expression that become separate paths.
const MAX_ALTERNATIVES: usize = 64;

/// The most bytes of an automaton's states, and of the instructions that it is built from: enough for the
/// expressions of routes.
const MAX_AUTOMATON_BYTES: usize = 1 << 22;

/// A path of a Kong route.
pub(crate) enum Pattern {
    /// Exactly this path.
    Exact(String),
    /// Every path with this prefix, which may end within a segment.
    Prefix(String),
    /// The paths of which a prefix matches a regular expression.
    Regex(Box<Regex>),
}

/// A regular expression that was not replaced by separate paths.
pub(crate) struct Regex {
    /// The segments at the start of every match.
    pub(crate) base: String,
    pub(crate) text: String,
    /// `None` if the expression is in Perl syntax without an automaton, repeats too much, or may match anywhere
    /// in a path.
    automaton: Option<Automaton>,
}

/// Builds its states when they are needed: most paths of other routes need few.
struct Automaton {
    dfa: DFA,
    cache: RefCell<Cache>,
}

/// The paths that a rule of vestibule covers.
#[derive(Clone, Copy)]
pub(crate) enum Region<'p> {
    /// This path.
    Exact(&'p str),
    /// Every path that begins with this text, which ends with a slash.
    Under(&'p str),
    /// Every path that begins with this text and continues with a character other than a slash.
    Longer(&'p str),
}

impl Region<'_> {
    /// The common start of its paths.
    pub(crate) const fn start(&self) -> &str {
        let (Self::Exact(path) | Self::Under(path) | Self::Longer(path)) = self;
        path
    }
}

/// The part of a region that a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matched {
    All,
    None,
    Some,
}

impl Pattern {
    /// Parses a path of a route in format 3.0: a `~` begins a regular expression.
    pub(crate) fn parse(text: &str) -> Vec<Self> {
        match text.strip_prefix('~') {
            None => vec![Self::Prefix(percent_decode_str(text).decode_utf8_lossy().into_owned())],
            Some(regex) => {
                written_out(regex).unwrap_or_else(|| vec![Self::Regex(Box::new(Regex::new(regex)))])
            }
        }
    }

    /// Whether a plain path has an escape that Kong keeps, such as that of a slash (RFC 3986 section 2.2). A
    /// rule of vestibule cannot name such a path.
    pub(crate) fn keeps_an_escape(text: &str) -> bool {
        !Self::is_regex(text)
            && text.split('%').skip(1).any(|escape| {
                let byte = escape.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                byte.is_none_or(|byte| b":/?#[]@!$&'()*+,;=%\\".contains(&byte) || byte.is_ascii_control())
            })
    }

    pub(crate) const fn is_regex(text: &str) -> bool {
        matches!(text.as_bytes(), [b'~', ..])
    }

    /// The path whose rules the pattern affects, without a trailing slash.
    pub(crate) fn base(&self) -> &str {
        match self {
            Self::Exact(path) | Self::Prefix(path) => path.trim_end_matches('/'),
            Self::Regex(regex) => &regex.base,
        }
    }

    /// The text with which every match begins.
    pub(crate) fn start(&self) -> &str {
        match self {
            Self::Exact(path) | Self::Prefix(path) => path,
            Self::Regex(regex) => &regex.base,
        }
    }

    /// Determines which paths of `region` it matches, except those in a region with a longer base.
    pub(crate) fn matched(&self, region: Region<'_>) -> Matched {
        match (self, region) {
            (Self::Exact(exact), Region::Exact(path)) => all(exact == path),
            (Self::Exact(exact), Region::Under(start)) if exact == start => Matched::Some,
            (Self::Exact(_), Region::Under(_) | Region::Longer(_)) => Matched::None,
            (Self::Prefix(prefix), region) => all(region.start().starts_with(prefix.as_str())),
            (Self::Regex(regex), region) => regex.matched(region),
        }
    }

    /// Whether it also matches paths that continue its last segment. A rule of vestibule cannot name them.
    pub(crate) fn cuts_a_segment(&self) -> bool {
        matches!(self, Self::Prefix(prefix) if !prefix.ends_with('/'))
    }
}

const fn all(all: bool) -> Matched {
    if all { Matched::All } else { Matched::None }
}

impl Regex {
    fn new(text: &str) -> Self {
        if has_alternatives(text) {
            return Self { base: String::new(), text: text.to_owned(), automaton: None };
        }
        let automaton = Automaton::new(text);
        let mut regex = Self { base: String::new(), text: text.to_owned(), automaton };
        regex.base = regex.find_base();
        regex
    }

    fn matched(&self, region: Region<'_>) -> Matched {
        let start = region.start();
        let is_above = self.base.len() >= start.len() && self.base.starts_with(start);
        let is_one_path = matches!(region, Region::Exact(_));
        let is_own = matches!(region, Region::Longer(_)) && self.base == start;
        if is_above && !is_one_path && !is_own {
            // Every match is at or below the base, which has a region of its own.
            return Matched::None;
        }
        let Some(automaton) = &self.automaton else { return self.perhaps(region) };
        automaton.matched(region).unwrap_or_else(|| self.perhaps(region))
    }

    /// Without an automaton only the start of a match is known.
    fn perhaps(&self, region: Region<'_>) -> Matched {
        if region.start().starts_with(&self.base) { Matched::Some } else { Matched::None }
    }

    /// The literal text at its start, up to the last whole segment.
    fn find_base(&self) -> String {
        let literal = literal_start(&self.text);
        if self.ends_a_segment(&literal) {
            return literal.trim_end_matches('/').to_owned();
        }
        literal.rsplit_once('/').map(|(base, _)| base.to_owned()).unwrap_or_default()
    }

    /// Whether only a slash can follow `literal` in a match.
    fn ends_a_segment(&self, literal: &str) -> bool {
        let Some(automaton) = &self.automaton else { return false };
        let Some((state, false)) = automaton.walk(literal) else { return false };
        let next = automaton.following(state, |byte| byte != b'/');
        next.is_some_and(|next| next.iter().all(LazyStateID::is_dead))
    }
}

impl Automaton {
    fn new(regex: &str) -> Option<Self> {
        // The cache is never cleared: that would make the known states invalid.
        let config = Config::new().cache_capacity(MAX_AUTOMATON_BYTES).minimum_cache_clear_count(Some(0));
        // Repetitions within repetitions multiply: a few characters could take all memory.
        let instructions = thompson::Config::new().nfa_size_limit(Some(MAX_AUTOMATON_BYTES));
        let dfa = DFA::builder().configure(config).thompson(instructions).build(regex).ok()?;
        let cache = RefCell::new(dfa.create_cache());
        Some(Self { dfa, cache })
    }

    /// Determines which paths of `region` it matches; `None` if it has too many states.
    fn matched(&self, region: Region<'_>) -> Option<Matched> {
        let (state, seen) = self.walk(region.start())?;
        if seen {
            return Some(Matched::All);
        }
        let at_end = self.dfa.next_eoi_state(&mut *self.cache.try_borrow_mut().ok()?, state).ok()?.is_match();
        let is_longer = match region {
            Region::Exact(_) => return Some(all(at_end)),
            Region::Under(_) | Region::Longer(_) if state.is_dead() => return Some(Matched::None),
            Region::Under(_) => false,
            Region::Longer(_) => true,
        };
        // The automaton reports a match one byte late.
        let next = self.following(state, |byte| !is_longer || byte != b'/')?;
        Some(match () {
            () if at_end && next.iter().all(LazyStateID::is_match) => Matched::All,
            () if (is_longer || !at_end) && next.iter().all(LazyStateID::is_dead) => Matched::None,
            () => Matched::Some,
        })
    }

    /// Returns the state after `text`, and whether a match ended before its last byte.
    fn walk(&self, text: &str) -> Option<(LazyStateID, bool)> {
        let cache = &mut *self.cache.try_borrow_mut().ok()?;
        let input = Input::new(text).anchored(Anchored::Yes);
        let mut state = self.dfa.start_state_forward(cache, &input).ok()?;
        for byte in text.bytes() {
            state = self.dfa.next_state(cache, state, byte).ok()?;
            if state.is_match() {
                return Some((state, true));
            }
        }
        Some((state, false))
    }

    /// The states that follow for the bytes that `takes` accepts.
    fn following(&self, state: LazyStateID, takes: impl Fn(u8) -> bool) -> Option<Vec<LazyStateID>> {
        let cache = &mut *self.cache.try_borrow_mut().ok()?;
        let bytes = (0..=u8::MAX).filter(|byte| takes(*byte));
        bytes.map(|byte| self.dfa.next_state(cache, state, byte).ok()).collect()
    }
}

/// Expands an expression that stands for only a few texts.
fn written_out(regex: &str) -> Option<Vec<Pattern>> {
    if has_alternatives(regex) {
        return None;
    }
    let hir = regex_syntax::parse(regex).ok()?;
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.clone(),
        _ => vec![hir],
    };
    let is = |part: &Hir, look: Look| matches!(part.kind(), HirKind::Look(found) if *found == look);
    let start = usize::from(parts.first().is_some_and(|part| is(part, Look::Start)));
    let anchored = parts.last().is_some_and(|part| is(part, Look::End));
    let rest = Hir::concat(parts.get(start..parts.len() - usize::from(anchored))?.to_vec());
    if !rest.properties().look_set().is_empty() {
        return None;
    }
    let mut extractor = Extractor::new();
    extractor
        .limit_class(MAX_ALTERNATIVES)
        .limit_repeat(MAX_ALTERNATIVES)
        .limit_total(MAX_ALTERNATIVES)
        .limit_literal_len(1 << 12);
    let literals = extractor.extract(&rest);
    if !literals.is_exact() {
        return None;
    }
    let texts: Option<Vec<String>> = literals
        .literals()?
        .iter()
        .map(|literal| String::from_utf8(literal.as_bytes().to_vec()).ok())
        .collect();
    let pattern = |text| if anchored { Pattern::Exact(text) } else { Pattern::Prefix(text) };
    let texts = texts?;
    texts.iter().all(|text| text.starts_with('/')).then(|| texts.into_iter().map(pattern).collect())
}

/// The literal start of every match; empty if the expression cannot be parsed.
fn literal_start(regex: &str) -> String {
    let Ok(hir) = regex_syntax::parse(regex) else { return String::new() };
    let starts = Extractor::new().kind(ExtractKind::Prefix).extract(&hir);
    let start = starts.longest_common_prefix().unwrap_or_default();
    // A start that ends within a character is dropped.
    std::str::from_utf8(start).map(str::to_owned).unwrap_or_default()
}

/// A regular expression that finds only matches at the start of a path, without its `^`.
pub(crate) fn anchored(regex: &str) -> Option<&str> {
    regex.strip_prefix('^').filter(|rest| !has_alternatives(rest))
}

/// Whether the expression has top-level alternatives. Kong prepends `^`, which binds only to the first one,
/// so its router finds the others anywhere in a path.
fn has_alternatives(regex: &str) -> bool {
    matches!(ast::parse::Parser::new().parse(regex), Ok(Ast::Alternation(_)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    /// For each pattern, its bases and the part of each region that it matches.
    #[test]
    fn patterns_and_regions() {
        use Matched::{All, None, Some};
        for (text, bases, regions) in [
            (
                "/a",
                vec!["/a"],
                vec![
                    (Region::Exact("/a"), All),
                    (Region::Under("/a/"), All),
                    (Region::Exact("/ab"), All),
                    (Region::Longer("/a"), All),
                    (Region::Longer("/ab"), All),
                    (Region::Longer("/b"), None),
                    (Region::Exact("/"), None),
                ],
            ),
            ("/a/", vec!["/a"], vec![(Region::Exact("/a"), None), (Region::Under("/a/"), All)]),
            ("/a%20b", vec!["/a b"], vec![(Region::Exact("/a b"), All)]),
            (
                "~/a$",
                vec!["/a"],
                vec![(Region::Exact("/a"), All), (Region::Under("/a/"), None), (Region::Longer("/a"), None)],
            ),
            ("~/a/?$", vec!["/a", "/a"], vec![]),
            ("~/(a|b)/c$", vec!["/a/c", "/b/c"], vec![]),
            (
                "~/a/x|/admin",
                vec![""],
                vec![
                    (Region::Under("/a/"), Some),
                    (Region::Under("/b/"), Some),
                    (Region::Exact("/b/admin"), Some),
                ],
            ),
            ("~/a[](]\\d+|/b", vec![""], vec![(Region::Under("/b/"), Some), (Region::Under("/c/"), Some)]),
            ("~/a[](]/\\d+/b", vec![""], vec![(Region::Under("/a(/"), Some), (Region::Under("/c/"), None)]),
            (
                "~(?i)/admin/\\d+",
                vec![""],
                vec![(Region::Under("/ADMIN/"), Some), (Region::Under("/x/"), None)],
            ),
            ("~/über/\\d+", vec!["/über"], vec![(Region::Under("/über/"), Some)]),
            ("~/v[12]/x", vec!["/v1/x", "/v2/x"], vec![]),
            (
                "~/v\\d+/x$",
                vec![""],
                vec![
                    (Region::Under("/"), Some),
                    (Region::Under("/v1/"), Some),
                    (Region::Under("/w/"), None),
                    (Region::Exact("/v1/x"), All),
                    (Region::Exact("/v1/xy"), None),
                ],
            ),
            (
                "~/api/v\\d+/x",
                vec!["/api"],
                vec![
                    (Region::Under("/"), None),
                    (Region::Under("/api/"), Some),
                    (Region::Under("/api/v1/"), Some),
                    (Region::Under("/api/v1/x/"), All),
                    (Region::Under("/api/w/"), None),
                ],
            ),
            (
                "~/foo(/|$)(.*)",
                vec!["/foo"],
                vec![
                    (Region::Exact("/foo"), All),
                    (Region::Under("/foo/"), All),
                    (Region::Longer("/foo"), None),
                    (Region::Exact("/foobar"), None),
                ],
            ),
            ("~/(?=a)b", vec![""], vec![(Region::Under("/"), Some), (Region::Exact("/b"), Some)]),
            (
                "~/u/(?<id>\\d+)$",
                vec!["/u"],
                vec![
                    (Region::Under("/u/"), Some),
                    (Region::Exact("/u/7"), All),
                    (Region::Exact("/u/x"), None),
                ],
            ),
        ] {
            let patterns = Pattern::parse(text);
            assert_eq!(patterns.iter().map(Pattern::base).collect::<Vec<_>>(), bases, "{text}");
            for (region, expected) in regions {
                let path = region.start();
                assert_eq!(
                    patterns.first().map(|pattern| pattern.matched(region)),
                    Option::Some(expected),
                    "{text} {path}"
                );
            }
        }
    }

    /// An expression with more states than the limit: what it matches is not known, and "no match" is never said.
    #[test]
    fn too_many_states() {
        // Whether a path matches depends on a letter far before its end, so most letters lead to a state of their own.
        let text = "~/(a|b)*a(a|b){900}$";
        let mut random = 1_u32;
        let mut letters = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if random >> 31 == 0 { 'a' } else { 'b' }
        };
        let start: String = (0..10_000).map(|_| letters()).collect();
        let end: String = (0..900).map(|_| letters()).collect();
        let matching = format!("/{start}a{end}");
        let other = format!("/{start}b{end}");
        for path in [&matching, &other] {
            for region in [Region::Exact(path), Region::Longer(path)] {
                // A new automaton each time: the states of an earlier path would count too.
                let [pattern] = &*Pattern::parse(text) else { panic!("{text}") };
                assert_eq!(pattern.matched(region), Matched::Some, "{path}");
                // The short path needs a few states only. Those that are there already may still say what it is.
                assert_ne!(pattern.matched(Region::Exact(&format!("/a{end}"))), Matched::None);
            }
        }
        let [pattern] = &*Pattern::parse(text) else { panic!("{text}") };
        assert_eq!(pattern.matched(Region::Exact(&format!("/a{end}"))), Matched::All);
        assert_eq!(pattern.matched(Region::Exact(&format!("/b{end}"))), Matched::None);
    }

    /// An expression whose automaton would not fit into memory: only the start of its matches is known.
    #[test]
    fn too_long_an_expression() {
        let [pattern] = &*Pattern::parse(r"~/a/(?:(?:(?:\w{999}){999}){999}){999}/b") else { panic!() };
        assert_eq!(pattern.base(), "/a");
        assert_eq!(pattern.matched(Region::Exact("/a/x/b")), Matched::Some);
        assert_eq!(pattern.matched(Region::Under("/a/x/")), Matched::Some);
        assert_eq!(pattern.matched(Region::Under("/c/")), Matched::None);
    }
}
