use super::*;

/// Each line tells whether the requirements of the rule on `/closed` or `/shut/` apply.
#[test]
fn a_slash_at_the_end_leads_past_no_rule() {
    let closed = Rule { requirements: group("admins"), ..rule(&["/closed", "/shut/"], &[], Auth::Required) };
    let open = rule(&["/*"], &[], Auth::None);
    let routes = Routes::new(vec![closed, open], Requirements::default());
    for (path, expected) in [
        ("/closed", true),
        ("/closed/", true),
        ("/close%64/", true),
        ("/shut/", true),
        ("/shut", true),
        ("/closed/a", false),
        ("/closed.", false),
        ("/closed%20/", false),
        ("/shut/a", false),
        ("/", false),
        ("/other", false),
    ] {
        let matched = routes.decide(&Method::GET, path).unwrap();
        assert_eq!(matched.auth() == Auth::Required, expected, "{path}");
        assert_eq!(matched.satisfied(&Map::new(), None).is_err(), expected, "{path}");
    }
}

#[test]
fn a_slash_at_the_end_opens_nothing() {
    let rules = vec![
        rule(&["/open", "/ajar/"], &[], Auth::None),
        Rule { requirements: group("staff"), ..rule(&["/*"], &[], Auth::Required) },
    ];
    let routes = Routes::new(rules, Requirements::default());
    for (path, expected) in
        [("/open", Auth::None), ("/open/", Auth::Required), ("/ajar/", Auth::None), ("/ajar", Auth::Required)]
    {
        let matched = routes.decide(&Method::GET, path).unwrap();
        assert_eq!(matched.auth(), expected, "{path}");
        let expected = expected == Auth::Required;
        assert_eq!(matched.satisfied(&Map::new(), None).is_err(), expected, "{path}");
    }
}

/// If both rules have requirements, both apply.
#[test]
fn with_a_slash_what_both_rules_ask_for_is_asked_for() {
    let rules = vec![
        Rule { requirements: group("admins"), ..rule(&["/a"], &[], Auth::Optional) },
        Rule { requirements: group("staff"), ..rule(&["/*"], &[], Auth::Required) },
    ];
    let routes = Routes::new(rules, Requirements::default());
    for (path, groups, expected) in [
        ("/a", &["admins"][..], true),
        ("/a", &["staff"], false),
        ("/a/", &["admins"], false),
        ("/a/", &["staff"], false),
        ("/a/", &["admins", "staff"], true),
        ("/b", &["staff"], true),
    ] {
        let claims = serde_json::json!({"groups": groups});
        let matched = routes.decide(&Method::GET, path).unwrap();
        let met = matched.satisfied(claims.as_object().unwrap(), None).is_ok();
        assert_eq!(met, expected, "{path} {groups:?}");
    }
    assert_eq!(routes.decide(&Method::GET, "/a").unwrap().auth(), Auth::Optional);
    assert_eq!(routes.decide(&Method::GET, "/a/").unwrap().auth(), Auth::Required);
}

#[test]
fn a_rule_that_names_both_spellings_is_believed() {
    let rules = vec![
        rule(&["/a"], &[], Auth::Required),
        rule(&["/a/"], &[], Auth::Optional),
        rule(&["/*"], &[], Auth::None),
    ];
    let routes = Routes::new(rules, Requirements::default());
    assert_eq!(routes.decide(&Method::GET, "/a").unwrap().auth(), Auth::Required);
    assert_eq!(routes.decide(&Method::GET, "/a/").unwrap().auth(), Auth::Optional);
}

#[test]
fn a_slash_at_the_end_keeps_to_the_method() {
    let rules = vec![rule(&["/a"], &[Method::POST], Auth::Required), rule(&["/*"], &[], Auth::None)];
    let routes = Routes::new(rules, Requirements::default());
    assert_eq!(routes.decide(&Method::POST, "/a/").unwrap().auth(), Auth::Required);
    assert_eq!(routes.decide(&Method::GET, "/a/").unwrap().auth(), Auth::None);
}
