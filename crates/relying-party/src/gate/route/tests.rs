#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ambiguous_path;
mod letter_case;
mod path_decoding;
mod slash_at_the_end;

use percent_encoding::percent_decode_str;
use proptest::prelude::*;

use super::*;
use crate::gate::requirement::{Required, Requirement};
use crate::http::request::Headers;
use crate::token::claims::ClaimPath;

/// Each line has a path, and the rule that applies to it.
#[test]
fn paths_meet_their_rule_and_no_other() {
    for (path, expected) in [
        ("/public", Auth::None),
        ("/public/", Auth::None),
        ("/public/a/b", Auth::None),
        ("/publi%63/a", Auth::None),
        ("/%70ublic", Auth::None),
        ("/publicity", Auth::Required),
        ("/public.css", Auth::Required),
        ("/public%20", Auth::Required),
        ("/public ", Auth::Required),
        ("/Public/a", Auth::Required),
        ("/PUBLIC", Auth::Required),
        ("/a/public/b", Auth::Required),
        ("/public...", Auth::Required),
        ("/public/...", Auth::None),
        ("/public/..a", Auth::None),
        ("/public/a.b", Auth::None),
        ("/public/ü", Auth::None),
        ("/public/%C3%BC", Auth::None),
        ("/exact", Auth::Optional),
        ("/exact/", Auth::Required),
        ("/exact/a", Auth::Required),
        ("/exac%74", Auth::Optional),
        ("/", Auth::Required),
        ("/admin", Auth::Required),
        ("/\u{ff0e}\u{ff0e}/public", Auth::Required),
        ("/\u{2215}public", Auth::Required),
        ("/public*", Auth::Required),
        ("/*", Auth::Required),
    ] {
        assert_eq!(routes().decide(&Method::GET, path).unwrap().auth(), expected, "{path:?}");
    }
}

#[test]
fn a_root_pattern_covers_everything() {
    let routes = Routes::new(vec![rule(&["/*"], &[], Auth::None)], Requirements::default());
    for path in ["/", "/a", "/a/b/"] {
        assert_eq!(routes.decide(&Method::DELETE, path).unwrap().auth(), Auth::None, "{path}");
    }
    let routes = Routes::new(vec![rule(&["/"], &[], Auth::None)], Requirements::default());
    assert_eq!(routes.decide(&Method::GET, "/").unwrap().auth(), Auth::None);
    assert_eq!(routes.decide(&Method::GET, "/a").unwrap().auth(), Auth::Required);
}

#[test]
fn the_first_rule_wins() {
    let rules = vec![rule(&["/a/secret"], &[], Auth::Required), rule(&["/a/*"], &[], Auth::None)];
    let routes = Routes::new(rules, Requirements::default());
    assert_eq!(routes.decide(&Method::GET, "/a/secret").unwrap().auth(), Auth::Required);
    assert_eq!(routes.decide(&Method::GET, "/a/other").unwrap().auth(), Auth::None);
}

#[test]
fn methods() {
    let of = |methods: &[Method], method: Method| {
        let routes = Routes::new(vec![rule(&["/a"], methods, Auth::None)], Requirements::default());
        routes.decide(&method, "/a").unwrap().auth() == Auth::None
    };
    assert!(of(&[], Method::PATCH));
    assert!(of(&[Method::GET], Method::GET));
    assert!(of(&[Method::GET], Method::HEAD));
    assert!(!of(&[Method::HEAD], Method::GET));
    assert!(!of(&[Method::GET], Method::POST));
    assert!(!of(&[Method::GET], Method::OPTIONS));
    assert!(!of(&[Method::GET], Method::from_bytes(b"get").unwrap()));
    assert!(!of(&[Method::GET], Method::from_bytes(b"GETX").unwrap()));
    assert!(of(&[Method::POST, Method::PUT], Method::PUT));
}

#[test]
fn preflights() {
    let pass = Rule { preflight: Preflight::Pass, ..rule(&["/api/*"], &[Method::PUT], Auth::Required) };
    let rules = vec![rule(&["/api/internal"], &[], Auth::Required), pass];
    let routes = Routes::new(rules, Requirements::default());
    let asks = [("origin", "https://spa.example.com"), ("access-control-request-method", "PUT")];
    let passes = |method: Method, path: &str, headers: &[(&str, &str)]| {
        routes.matched(&request(method, path, headers)).unwrap().passes_preflight
    };
    assert!(passes(Method::OPTIONS, "/api/a", &asks));
    assert!(!passes(Method::PUT, "/api/a", &asks), "no preflight");
    assert!(!passes(Method::OPTIONS, "/other", &asks), "no rule");
    assert!(!passes(Method::OPTIONS, "/api/internal", &asks), "an earlier rule");
    assert!(!passes(Method::OPTIONS, "/api/a", &[("origin", "https://spa.example.com")]), "asks nothing");
    assert!(!passes(Method::OPTIONS, "/api/a", &[("access-control-request-method", "PUT")]), "no origin");
    let other = [("origin", "https://spa.example.com"), ("access-control-request-method", "DELETE")];
    assert!(!passes(Method::OPTIONS, "/api/a", &other), "another method's rule");
    let slash = passes_with_a_rule_on("/api/a", &asks);
    assert!(!slash, "a rule on the same path without the slash");
    let twice = [asks[0], asks[1], ("Access-Control-Request-Method", "GET")];
    assert!(!passes(Method::OPTIONS, "/api/a", &twice), "asks twice");
    let odd = request(Method::OPTIONS, "/api/../a", &asks);
    assert_eq!(routes.matched(&odd), Err(AmbiguousPath));
}

#[test]
fn one_rule_decides_about_a_request_and_where_it_goes() {
    let to = |name: &str, rule: Rule| Rule {
        upstream: RouteUpstream { url: Some(format!("http://{name}.internal")), ..RouteUpstream::default() },
        ..rule
    };
    let passing = |rule: Rule| Rule { preflight: Preflight::Pass, ..rule };
    let rules = vec![
        to("named", rule(&["/api/a"], &[Method::PUT], Auth::Required)),
        to("enforcing", rule(&["/api/closed/*"], &[Method::PUT], Auth::Required)),
        to("passing", passing(rule(&["/api/*"], &[Method::PUT], Auth::Required))),
        to("options", rule(&["/api/*"], &[Method::OPTIONS], Auth::Optional)),
    ];
    let routes = Routes::new(rules, Requirements::default());
    let asks = [("origin", "https://spa.example.com"), ("access-control-request-method", "PUT")];
    for (method, path, headers, passes, auth, upstream) in [
        (Method::OPTIONS, "/api/b", &asks[..], true, Auth::Required, "passing"),
        (Method::PUT, "/api/b", &asks, false, Auth::Required, "passing"),
        // If the rule that would let the preflight pass does not apply, it is an ordinary OPTIONS request.
        (Method::OPTIONS, "/api/a/", &asks, false, Auth::Optional, "options"),
        (Method::OPTIONS, "/api/closed/x", &asks, false, Auth::Optional, "options"),
        (Method::OPTIONS, "/api/b", &asks[..1], false, Auth::Optional, "options"),
    ] {
        let matched = routes.matched(&request(method.clone(), path, headers)).unwrap();
        let address = matched.rule.upstream.url.as_deref().unwrap();
        assert_eq!(
            (matched.passes_preflight, matched.auth(), address),
            (passes, auth, format!("http://{upstream}.internal").as_str()),
            "{method} {path}"
        );
    }
}

/// With `prefix` a pattern matches within a segment too; with `segment`, the default, it does not.
#[test]
fn patterns_by_prefix() {
    let by_prefix = |text: &str| PathPattern::parse(text).and_then(PathPattern::beginning);
    for (text, matching, others) in [
        ("/a/*", vec!["/a", "/a/", "/a/b", "/a.php", "/ab/c", "/aé"], vec!["/", "/A", "/b/a", "/é"]),
        ("/a/b/*", vec!["/a/b", "/a/bc"], vec!["/a", "/ab/b", "/a/c"]),
        ("/*", vec!["/", "/x"], vec![]),
    ] {
        let pattern = by_prefix(text).unwrap();
        assert!(matching.iter().all(|path| pattern.matches(path)), "{text}");
        assert!(!others.iter().any(|path| pattern.matches(path)), "{text}");
        assert_eq!(pattern.text(), text);
    }
    assert_eq!(by_prefix("/a"), None, "an exact path has no others");
    for (text, base, within) in
        [("/oauth2/*", "/oauth2", false), ("/oauth2/x/*", "/oauth2", true), ("/oauth/*", "/oauth2", false)]
    {
        assert_eq!(by_prefix(text).unwrap().is_within(base), within, "{text} {base}");
    }
}

/// For two rules, by prefix or not: whether a request can reach the second.
#[test]
fn rules_by_prefix_that_are_never_reached() {
    for (first, by_prefix, second, second_by_prefix, reached) in [
        ("/a/*", true, "/a/*", false, false),
        ("/a/*", true, "/a", false, false),
        ("/a/*", true, "/a.php", false, false),
        ("/a/*", true, "/ab/*", false, false),
        ("/a/*", true, "/ab/*", true, false),
        ("/a/*", true, "/a/*", true, false),
        ("/a/*", true, "/b/*", false, true),
        ("/a/*", true, "/*", false, true),
        ("/a/*", false, "/a/*", true, true),
        ("/a/*", false, "/a.php", false, true),
        ("/a/*", false, "/a/b/*", true, false),
        ("/ab/*", true, "/a/*", true, true),
        ("/*", false, "/a/*", true, false),
        ("/ü/*", true, "/über", false, false),
    ] {
        let pattern = |text: &str, by_prefix: bool| {
            let pattern = PathPattern::parse(text).unwrap();
            if by_prefix { pattern.beginning().unwrap() } else { pattern }
        };
        let of = |paths: PathPattern| Rule { paths: vec![paths], ..rule(&["/x"], &[], Auth::Required) };
        let rules = vec![of(pattern(first, by_prefix)), of(pattern(second, second_by_prefix))];
        let routes = Routes::new(rules, Requirements::default());
        assert_eq!(
            routes.never_reached().is_empty(),
            reached,
            "{first} {by_prefix}, {second} {second_by_prefix}"
        );
    }
}

#[test]
fn patterns() {
    let exact = |path: &str| Some(PathPattern::Exact(path.to_owned()));
    let below = |path: &str| Some(PathPattern::Below(path.to_owned()));
    for (text, pattern) in [
        ("/", exact("/")),
        ("/a", exact("/a")),
        ("/a/", exact("/a/")),
        ("/a/*", below("/a")),
        ("/*", below("")),
        ("/ü", exact("/ü")),
        ("", None),
        ("*", None),
        ("a", None),
        ("a/*", None),
        ("/a*", None),
        ("/a/**", None),
        ("/a/*/b", None),
        ("//*", None),
        ("/a//*", None),
        ("/../*", None),
        ("/a%20b", None),
        ("/a?b", None),
        ("/a;b/*", None),
    ] {
        assert_eq!(PathPattern::parse(text), pattern, "{text}");
    }
}

proptest! {
    #[test]
    fn no_path_panics(path in any::<String>(), bytes in "(/|%[0-9a-fA-F]{0,2}|[.;#?\\\\a-z]){0,20}") {
        let _ = routes().decide(&Method::GET, &path);
        let _ = routes().decide(&Method::GET, &bytes);
    }

    /// An accepted path is read in one way, however often it is decoded.
    #[test]
    fn accepted_paths_are_stable(path in "/(/|%[0-9a-f]{2}|[.a-z]){0,12}") {
        if let Ok(decoded) = unambiguous(&path) {
            prop_assert_eq!(unambiguous(&decoded), Ok(decoded.clone()));
            let url = url::Url::parse(&format!("https://h{path}")).unwrap();
            let resolved = percent_decode_str(url.path()).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(resolved, decoded);
        }
    }
}

/// Tells whether a preflight of `path` with a slash at its end passes, if a rule on `path` enforces and a
/// general rule passes.
fn passes_with_a_rule_on(path: &str, asks: &[(&str, &str)]) -> bool {
    let pass = Rule { preflight: Preflight::Pass, ..rule(&["/*"], &[], Auth::Required) };
    let routes = Routes::new(vec![rule(&[path], &[], Auth::Required), pass], Requirements::default());
    routes.matched(&request(Method::OPTIONS, &format!("{path}/"), asks)).unwrap().passes_preflight
}

fn group(name: &str) -> Requirements {
    let required =
        Required { requirement: Requirement::parse(&[name]).unwrap(), claim: ClaimPath::of("groups") };
    Requirements { groups: Some(required), ..Requirements::default() }
}

fn routes() -> Routes {
    let rules = vec![rule(&["/public/*"], &[], Auth::None), rule(&["/exact"], &[], Auth::Optional)];
    Routes::new(rules, Requirements::default())
}

fn rule(paths: &[&str], methods: &[Method], auth: Auth) -> Rule {
    Rule {
        paths: paths.iter().map(|path| PathPattern::parse(path).unwrap()).collect(),
        methods: methods.to_vec(),
        auth,
        preflight: Preflight::Enforce,
        upstream: RouteUpstream::default(),
        requirements: Requirements::default(),
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request {
        method,
        path: path.to_owned(),
        query: String::new(),
        headers: Headers::new(headers),
        body: Vec::new(),
        source_ip: None,
        request_id: String::new(),
        extended_request_id: String::new(),
    }
}
