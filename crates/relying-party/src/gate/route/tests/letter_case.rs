use super::*;

/// The statuses are those for somebody without a group: whether sign-in is needed, and whether it is enough.
fn outcome(routes: &Routes, path: &str) -> (Auth, bool) {
    let matched = routes.decide(&Method::GET, path).unwrap();
    (matched.auth(), matched.satisfied(&Map::new(), None).is_ok())
}

fn closed(paths: &[&str]) -> Rule {
    Rule { requirements: group("admins"), ..rule(paths, &[], Auth::Required) }
}

#[test]
fn another_case_of_letters_leads_past_no_rule() {
    for paths in [["/admin/*", "/exact"], ["/ADMIN/*", "/Exact"]] {
        for open in [Auth::None, Auth::Optional, Auth::Required] {
            let routes = Routes::new(vec![closed(&paths), rule(&["/*"], &[], open)], Requirements::default());
            for path in [
                "/admin",
                "/admin/",
                "/admin/x",
                "/Admin/x",
                "/ADMIN/x",
                "/aDMIN",
                "/Admin/",
                "/%41dmin/x",
                "/exact",
                "/EXACT",
                "/Exact/",
                "/exact/",
                "/EXACT/",
                "/exacT",
            ] {
                assert_eq!(outcome(&routes, path), (Auth::Required, false), "{paths:?} {path}");
            }
            // Only ASCII letters have another case here: `ſ` and `K` do not match `s` and `k`.
            for path in ["/", "/Administrator", "/x/Admin/x", "/EXACT/x", "/Exact.", "/\u{212a}"] {
                assert_eq!(outcome(&routes, path), (open, true), "{paths:?} {path}");
            }
        }
    }
}

#[test]
fn another_case_of_letters_opens_nothing() {
    let open = rule(&["/open/*", "/exact"], &[], Auth::None);
    let known = rule(&["/known/*"], &[], Auth::Optional);
    let routes = Routes::new(vec![open, known, closed(&["/*"])], Requirements::default());
    for path in ["/Open/x", "/EXACT", "/Exact/", "/Known/x"] {
        assert_eq!(outcome(&routes, path), (Auth::Required, false), "{path}");
    }
    let routes = Routes::new(vec![rule(&["/open/*"], &[], Auth::None)], Requirements::default());
    assert_eq!(outcome(&routes, "/Open/x"), (Auth::Required, true));
}

/// The rule that the application's path has in the case of its own rules decides, and not every later one.
#[test]
fn an_exception_holds_in_another_case_too() {
    let rules =
        vec![rule(&["/app/help"], &[], Auth::Optional), closed(&["/app/*"]), rule(&["/*"], &[], Auth::None)];
    let routes = Routes::new(rules, Requirements::default());
    assert_eq!(outcome(&routes, "/app/help"), (Auth::Optional, true));
    assert_eq!(outcome(&routes, "/App/Help"), (Auth::Optional, true));
    assert_eq!(outcome(&routes, "/App/Helper"), (Auth::Required, false));
}

/// Rules that differ in case do not hide each other: for an application that ignores case both are about one page.
#[test]
fn an_earlier_rule_in_a_third_case_hides_no_later_one() {
    let earlier = [rule(&["/Admin/*"], &[], Auth::None), rule(&["/Admin/*"], &[], Auth::Required)];
    for earlier in earlier {
        let rules = vec![earlier, closed(&["/admin/secret/*"]), rule(&["/*"], &[], Auth::None)];
        let routes = Routes::new(rules, Requirements::default());
        for path in ["/ADMIN/secret/x", "/Admin/secret/x", "/admin/Secret/x", "/admin/secret"] {
            assert_eq!(outcome(&routes, path), (Auth::Required, false), "{path}");
        }
    }
}

/// A rule that names a path but for a slash hides no later rule that covers the path.
#[test]
fn a_slash_and_another_case_together_lead_past_no_rule() {
    for (named, path) in [("/admin", "/admin/"), ("/admin/", "/admin")] {
        for auth in [Auth::None, Auth::Optional, Auth::Required] {
            let rules =
                vec![rule(&[named], &[], auth), closed(&["/admin/*"]), rule(&["/*"], &[], Auth::None)];
            let routes = Routes::new(rules, Requirements::default());
            for path in [path, &path.to_ascii_uppercase(), &path.replace("/a", "/A")] {
                assert_eq!(outcome(&routes, path), (Auth::Required, false), "{named} {path}");
            }
        }
    }
}

/// Each path of a rule counts, whatever its other paths and their order.
#[test]
fn another_path_of_a_rule_hides_none_of_its_paths() {
    for paths in [["/reports/*", "/Reports/*"], ["/Reports/*", "/reports/*"]] {
        let rules = vec![
            rule(&["/Reports/public/*"], &[], Auth::None),
            closed(&paths),
            rule(&["/*"], &[], Auth::None),
        ];
        let routes = Routes::new(rules, Requirements::default());
        assert_eq!(outcome(&routes, "/REPORTS/public/x"), (Auth::Required, false), "{paths:?}");
        assert_eq!(outcome(&routes, "/Reports/public/x"), (Auth::None, true), "{paths:?}");
    }
    let rules = vec![closed(&["/Exact", "/exact/*"]), rule(&["/*"], &[], Auth::None)];
    let routes = Routes::new(rules, Requirements::default());
    assert_eq!(routes.decide(&Method::GET, "/Exact/").unwrap().rules().count(), 2, "each rule once");
}

#[test]
fn a_rule_that_names_a_spelling_as_exactly_is_believed() {
    let rules = vec![
        closed(&["/admin/*", "/exact"]),
        rule(&["/Admin/*", "/EXACT", "/exact/*"], &[], Auth::None),
        rule(&["/ADMIN/public/*"], &[], Auth::Optional),
        rule(&["/*"], &[], Auth::None),
    ];
    let routes = Routes::new(rules, Requirements::default());
    for (path, expected) in [
        ("/admin/x", (Auth::Required, false)),
        ("/Admin/x", (Auth::None, true)),
        ("/Admin", (Auth::None, true)),
        ("/ADMIN/public/x", (Auth::Optional, true)),
        ("/ADMIN/x", (Auth::Required, false)),
        ("/EXACT", (Auth::None, true)),
        ("/EXACT/", (Auth::None, true)),
        ("/Exact", (Auth::Required, false)),
        // A rule with more paths is less exact than one on this path alone.
        ("/exact", (Auth::Required, false)),
        ("/exact/x", (Auth::None, true)),
    ] {
        assert_eq!(outcome(&routes, path), expected, "{path}");
    }
}

/// A pattern that matches within a segment is less exact than one with the same text that does not.
#[test]
fn prefixes_count_in_another_case_too() {
    let prefix = |path: &str| PathPattern::parse(path).unwrap().beginning().unwrap();
    let beginning = Rule { paths: vec![prefix("/admin/*")], ..closed(&[]) };
    let open = Rule { paths: vec![prefix("/Admin/*")], ..rule(&[], &[], Auth::None) };
    let below = rule(&["/ADMIN/*"], &[], Auth::None);
    let routes = Routes::new(vec![beginning, open, below], Requirements::default());
    for (path, expected) in [
        ("/ADMIN.php", (Auth::Required, false)),
        ("/Admin.php", (Auth::None, true)),
        ("/ADMIN/x", (Auth::None, true)),
        ("/adMIN/x", (Auth::Required, false)),
    ] {
        assert_eq!(outcome(&routes, path), expected, "{path}");
    }
}

#[test]
fn another_case_keeps_to_the_method() {
    let posting = Rule { methods: vec![Method::POST], ..closed(&["/a/*"]) };
    let routes = Routes::new(vec![posting, rule(&["/*"], &[], Auth::None)], Requirements::default());
    assert_eq!(routes.decide(&Method::POST, "/A/x").unwrap().auth(), Auth::Required);
    assert_eq!(routes.decide(&Method::GET, "/A/x").unwrap().auth(), Auth::None);
}

/// A rule about some of these paths, in small letters. A digit is the same in every case.
fn any_rule() -> impl Strategy<Value = Rule> {
    const PATHS: [&str; 10] = ["/a", "/a/", "/a/*", "/a/b", "/a/b/*", "/1/*", "/1/a", "/1/a/*", "/b/*", "/*"];
    let chosen = proptest::sample::subsequence(&PATHS[..], 1..3);
    let auth = proptest::sample::select(&[Auth::None, Auth::Optional, Auth::Required][..]);
    (chosen, auth, any::<bool>(), any::<bool>()).prop_map(|(paths, auth, needs_group, is_prefix)| {
        let mut made = rule(&paths, &[], auth);
        if needs_group && auth == Auth::Required {
            made.requirements = group("admins");
        }
        if is_prefix {
            made.paths =
                made.paths.into_iter().map(|path| path.clone().beginning().unwrap_or(path)).collect();
        }
        made
    })
}

proptest! {
    /// Where all rules are in small letters, every spelling of a path meets each rule that asks for something and
    /// that the path meets in small letters.
    #[test]
    fn no_spelling_asks_for_less_than_small_letters(
        rules in proptest::collection::vec(any_rule(), 1..5),
        path in proptest::sample::select(&["/a", "/a/", "/a/b", "/a/b/", "/a/bc", "/1/a", "/1/a/", "/1", "/b/x"][..]),
        capitals in proptest::collection::vec(any::<bool>(), 6),
    ) {
        let routes = Routes::new(rules, Requirements::default());
        let spelled: String = path.chars().zip(capitals)
            .map(|(letter, capital)| if capital { letter.to_ascii_uppercase() } else { letter })
            .collect();
        let small = routes.decide(&Method::GET, path).unwrap();
        let other = routes.decide(&Method::GET, &spelled).unwrap();
        for asking in small.rules().filter(|rule| rule.auth != Auth::None) {
            prop_assert!(other.rules().any(|rule| std::ptr::eq(rule, asking)), "{spelled}: {asking:?}");
        }
    }

    /// No spelling of a path asks for less than every rule that an application without case could mean.
    #[test]
    fn a_closed_path_is_closed_in_every_case(capitals in proptest::collection::vec(any::<bool>(), 12)) {
        let spelled: String = "/admin/users".chars().zip(capitals)
            .map(|(letter, capital)| if capital { letter.to_ascii_uppercase() } else { letter })
            .collect();
        let routes =
            Routes::new(vec![closed(&["/admin/*"]), rule(&["/*"], &[], Auth::None)], Requirements::default());
        prop_assert_eq!(outcome(&routes, &spelled), (Auth::Required, false));
    }
}
