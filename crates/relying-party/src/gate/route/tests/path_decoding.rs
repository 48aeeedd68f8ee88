//! Tests rules whose upstream decodes a path once.

use super::*;

/// The conditions under which a path passes if the application decodes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passes {
    /// It never passes, whatever the rules are.
    Never,
    /// It passes by the rule on all paths, unless another rule applies to one of its readings.
    Unneighboured,
    /// It passes by the rule on all paths, even with other rules.
    Always,
}
use Passes::{Always, Never, Unneighboured};

/// Each line has a path that is refused without the key, and the result with it.
const PATHS: [(&str, Passes); 79] = [
    ("/wiki/C%23", Unneighboured), // a rule is about `/wiki/C`
    ("/wiki/F%23", Always),
    ("/wiki/F%23/talk", Always),
    ("/wiki/F#", Always), // as an HTTP API passes it
    ("/wiki/F#talk/a", Always),
    ("/wiki/%23", Always),
    ("/wiki/%23/talk", Always),
    ("/wiki/Who%3F", Always),
    ("/wiki/Who%3f", Always),
    ("/wiki/Who?", Always),
    ("/wiki/Who%3F%3F", Always),
    ("/wiki/C%3F", Unneighboured),
    ("/wiki/C%3F/", Unneighboured),
    ("/wiki/%43%23", Unneighboured),
    ("/wiki/a%23/C", Always),
    ("/wiki/C/%23", Unneighboured),
    ("/50%25", Always),
    ("/50%25.pdf", Always),
    ("/50%25/a", Always),
    ("/%25", Always),
    ("/%25%25", Always),
    ("/a%25zz", Always),
    ("/a%25%23", Always),
    ("/%C3%BC%23", Always),
    ("/\u{fc}%25", Always),
    // A reader could see a closed path.
    ("/admin%23", Unneighboured),
    ("/admin%23x", Unneighboured),
    ("/admin%3F", Unneighboured),
    ("/admin?", Unneighboured),
    ("/admin#/wiki", Unneighboured),
    ("/admin%23/wiki/a", Unneighboured),
    ("/admin%3Fx/users", Unneighboured),
    ("/%61dmin%23", Unneighboured),
    ("/%23/admin", Unneighboured),
    ("/%3F/%23/admin/users", Unneighboured),
    // The rule of the closed path does not have the key.
    ("/admin/%23", Unneighboured),
    ("/admin/50%25", Unneighboured),
    ("/exact%23", Unneighboured),
    ("/exact/%23", Unneighboured),
    ("/exact%3F/a", Unneighboured),
    // A second decoding reveals something.
    ("/wiki/..%252fadmin", Never),
    ("/wiki/%252e%252e/admin", Never),
    ("/wiki/%252e", Never),
    ("/%2561dmin", Never),
    ("/a%2500", Never),
    ("/a%250a", Never),
    ("/a%255c", Never),
    ("/a%253b", Never),
    ("/a%2523", Never),
    ("/a%2525", Never),
    ("/a%25%32%65", Never),
    ("/%25%36%31dmin", Never),
    ("/%25u002e%25u002e/admin", Never),
    ("/%25U002e", Never),
    // Dot segments, with and without a cut end.
    ("/wiki/%2e%2e/admin", Never),
    ("/wiki/../%23", Never),
    ("/wiki/..%23", Never),
    ("/wiki/..%23/admin", Never),
    ("/wiki/%2e%2e%3F/admin", Never),
    ("/wiki/.%23", Never),
    ("/wiki/..#", Never),
    ("/wiki/.?/a", Never),
    // Spellings that cannot be data.
    ("//%23", Never),
    ("/wiki//%23", Never),
    ("/wiki/%2f%23", Never),
    ("/wiki%2fa", Never),
    ("/wiki/%5c%23", Never),
    ("/wiki\\%23", Never),
    ("/wiki/a;b%23", Never),
    ("/wiki/a%3b%23", Never),
    ("/wiki/%00%23", Never),
    ("/wiki/%0d%0a%23", Never),
    ("/wiki/%c2%85%23", Never),
    ("/wiki/%ff%23", Never),
    ("/wiki/\u{fffd}%23", Never),
    ("/wiki/%c0%ae%c0%ae%23", Never),
    ("/wiki/%", Never),
    ("/wiki/50%/%23", Never), // an HTTP API passes `/50%25` in this form
    ("/wiki/%zz%23", Never),
];

fn once(rule: Rule) -> Rule {
    let upstream = RouteUpstream { path_decoding: PathDecoding::Once, ..RouteUpstream::default() };
    Rule { upstream, ..rule }
}

fn neighbours() -> Vec<Rule> {
    vec![
        rule(&["/admin/*"], &[], Auth::Required),
        rule(&["/wiki/C"], &[], Auth::Required),
        rule(&["/exact", "/exact/"], &[], Auth::Required),
    ]
}

fn decided(rules: Vec<Rule>, path: &str) -> Option<Auth> {
    let routes = Routes::new(rules, Requirements::default());
    let matched = routes.decide(&Method::GET, path);
    assert_eq!(
        matched.clone().ok(),
        routes.matched(&request(Method::GET, path, &[])).ok(),
        "nothing else decides: {path}"
    );
    matched.ok().map(|matched| matched.auth())
}

#[test]
fn a_path_that_is_read_once_passes_where_nobody_could_read_it_as_another_rules() {
    let open = || rule(&["/*"], &[], Auth::None);
    let beside = |last: Rule, mut rules: Vec<Rule>| {
        rules.push(last);
        rules
    };
    for (path, passes) in PATHS {
        assert_eq!(decided(vec![open()], path), None, "{path}: without the key");
        assert_eq!(decided(vec![], path), None, "{path}: without a rule");
        let alone = decided(vec![once(open())], path);
        assert_eq!(alone, (passes != Never).then_some(Auth::None), "{path}: alone");
        let closed = decided(beside(once(open()), neighbours()), path);
        assert_eq!(closed, (passes == Always).then_some(Auth::None), "{path}: beside closed neighbours");
        // Open neighbours and those with the key still count as other rules.
        let lenient = neighbours().into_iter().map(|rule| Rule { auth: Auth::None, ..rule }).collect();
        let below = decided(beside(once(open()), lenient), path);
        assert_eq!(below, closed, "{path}: beside open neighbours");
    }
}

/// For a path that does not need the key, it changes nothing.
#[test]
fn the_key_changes_no_path_that_everybody_reads_in_one_way() {
    for path in ["/", "/admin", "/admin/a", "/wiki/C", "/wiki/%43", "/a%20b", "/%C3%BC", "/exact/", "/wiki/"]
    {
        let with = |last: Rule| {
            let mut rules = neighbours();
            rules.push(last);
            decided(rules, path)
        };
        let open = || rule(&["/*"], &[], Auth::None);
        assert_eq!(with(once(open())), with(open()), "{path}");
        assert!(with(open()).is_some(), "{path}");
    }
}

#[test]
fn every_method_is_held_to_the_rules_of_its_own() {
    let writing = rule(&["/a"], &[Method::POST], Auth::Required);
    let open = once(rule(&["/*"], &[], Auth::None));
    let routes = Routes::new(vec![writing, open], Requirements::default());
    for (method, path, expected) in [
        (Method::GET, "/a%23", Some(Auth::None)),
        (Method::POST, "/a%23", None),
        (Method::POST, "/a/%23", None), // a rule names it except for the slash
        (Method::POST, "/b%23", Some(Auth::None)),
    ] {
        let decided = routes.decide(&method, path).ok().map(|matched| matched.auth());
        assert_eq!(decided, expected, "{method} {path}");
    }
}

#[test]
fn a_preflight_passes_by_one_rule_in_every_reading() {
    let pass = |rule: Rule| Rule { preflight: Preflight::Pass, ..rule };
    let rules =
        vec![rule(&["/admin/*"], &[], Auth::Required), pass(once(rule(&["/*"], &[], Auth::Required)))];
    let routes = Routes::new(rules, Requirements::default());
    let asks = [("origin", "https://spa.example.com"), ("access-control-request-method", "PUT")];
    let passes = |path: &str| {
        routes.matched(&request(Method::OPTIONS, path, &asks)).map(|matched| matched.passes_preflight)
    };
    assert_eq!(passes("/wiki/C%23"), Ok(true));
    for path in ["/admin%23", "/admin/%23", "/%23/admin", "/a%252f"] {
        assert_eq!(passes(path), Err(AmbiguousPath), "{path}");
    }
}

#[test]
fn a_rule_counts_the_segments_of_such_a_path() {
    let rule = once(rule(&["/wiki/*"], &[], Auth::None));
    for (path, segments) in [("/wiki/C%23", 1), ("/wiki/a#b/c", 1), ("/a%23", 0), ("/wiki/%2561", 0)] {
        assert_eq!(rule.matched_segments(path), segments, "{path}");
    }
}

proptest! {
    /// An accepted path has no closed reading: cut at `#` or `?`, decoded again, or without empty segments.
    #[test]
    fn no_reading_of_a_path_that_passes_is_closed(path in "(/|%2[35]|%3f|#|%61|%41|a|dmin|admin|[.?%25]){1,8}") {
        let path = format!("/{path}");
        let mut rules = neighbours();
        rules.push(once(rule(&["/*"], &[], Auth::None)));
        if decided(rules, &path) == Some(Auth::None) {
            let read = percent_decode_str(&path).decode_utf8_lossy().into_owned();
            let again = percent_decode_str(&read).decode_utf8_lossy().into_owned();
            prop_assert_eq!(&again, &read);
            for reading in [read.split(['#', '?']).next().unwrap().to_owned(), without_fragments(&read), read.clone()] {
                let mut segments = reading.split('/').filter(|segment| !segment.is_empty());
                prop_assert_ne!(segments.next(), Some("admin"));
                let has_dots = reading.split('/').any(|segment| [".", ".."].contains(&segment));
                prop_assert!(!has_dots);
            }
        }
    }
}
