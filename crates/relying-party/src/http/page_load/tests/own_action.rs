use super::*;

/// A method, its fields, and whether the request counts as an action of our own pages.
type OwnAction<'a> = (Method, &'a [(&'a str, &'a str)], bool);

#[track_caller]
fn own_actions(cases: &[OwnAction<'_>]) {
    for (method, headers, own) in cases {
        assert_eq!(is_own_action(&request(method, headers), ORIGIN), *own, "{method} {headers:?}");
    }
}

#[test]
fn an_action_of_our_own_pages_by_sec_fetch_site() {
    own_actions(&[
        (Method::POST, &[("Sec-Fetch-Site", "same-origin")], true),
        (Method::POST, &[("sec-fetch-site", "same-origin"), ("Origin", ORIGIN)], true),
    ]);
}

#[test]
fn a_get_is_an_action_only_where_a_person_opens_a_document() {
    for site in ["same-origin", "none"] {
        let site = ("Sec-Fetch-Site", site);
        let of = |mode, dest| vec![site, ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)];
        let with = |field| [of("navigate", "document"), vec![field]].concat();
        for (fields, own) in [
            (of("navigate", "document"), true),
            (with(("Accept", "*/*")), true),
            // An image, a script, a style and a frame in user content on our own page.
            (of("no-cors", "image"), false),
            (of("cors", "script"), false),
            (of("no-cors", "style"), false),
            (of("cors", "empty"), false),
            (of("navigate", "iframe"), false),
            (of("navigate", "frame"), false),
            (of("navigate", "object"), false),
            (of("navigate", "embed"), false),
            // A service worker sends the same for a page and a frame, whatever caused the request.
            (of("navigate", "empty"), false),
            (vec![site], false),
            (vec![site, ("Accept", PAGE)], false),
            (vec![site, ("Sec-Fetch-Mode", "navigate"), ("Accept", PAGE)], false),
            (with(("Sec-Purpose", "prefetch")), false),
            (with(("Sec-Purpose", "prefetch;prerender")), false),
            (with(("Purpose", "prefetch")), false),
            (with(("X-Requested-With", "XMLHttpRequest")), false),
            (with(("Authorization", "Bearer a")), false),
            (with(("Sec-Fetch-Dest", "document")), false),
        ] {
            own_actions(&[(Method::GET, &fields, own)]);
        }
    }
}

#[test]
fn an_action_of_another_site_by_sec_fetch_site() {
    for site in ["cross-site", "same-site", "", "Same-Origin", "same-origin ", "same-origin, none", "null"] {
        for method in [Method::GET, Method::POST] {
            own_actions(&[
                (method.clone(), &[("Sec-Fetch-Site", site)], false),
                (method.clone(), &[("Sec-Fetch-Site", site), ("Origin", ORIGIN)], false),
            ]);
        }
    }
}

#[test]
fn an_action_that_nobody_caused_may_only_be_a_get() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::HEAD] {
        own_actions(&[
            (method.clone(), &[("Sec-Fetch-Site", "none")], false),
            (method.clone(), &[("Sec-Fetch-Site", "none"), ("Origin", ORIGIN)], false),
        ]);
    }
}

#[test]
fn sec_fetch_site_twice() {
    own_actions(&[
        (Method::POST, &[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-origin")], false),
        (Method::POST, &[("Sec-Fetch-Site", "same-origin"), ("sec-fetch-site", "cross-site")], false),
        (Method::GET, &[("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "none"), ("Origin", ORIGIN)], false),
    ]);
}

#[test]
fn a_post_of_our_own_pages_by_origin() {
    own_actions(&[(Method::POST, &[("Origin", ORIGIN)], true), (Method::POST, &[("origin", ORIGIN)], true)]);
}

#[test]
fn a_post_with_another_origin() {
    for origin in [
        "",
        "null",
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:444",
        "https://app.example.com/",
        "https://APP.example.com",
        "https://app.example.com.evil.example",
        "https://app.example.com https://evil.example",
    ] {
        own_actions(&[(Method::POST, &[("Origin", origin)], false)]);
    }
}

#[test]
fn a_post_with_two_origins() {
    own_actions(&[
        (Method::POST, &[("Origin", ORIGIN), ("Origin", ORIGIN)], false),
        (Method::POST, &[("Origin", ORIGIN), ("Origin", "https://evil.example")], false),
    ]);
}

#[test]
fn a_post_that_says_nothing_of_where_it_comes_from() {
    own_actions(&[
        (Method::POST, &[], false),
        (Method::POST, &[("Referer", "https://app.example.com/")], false),
        (Method::POST, &[("Cookie", "a=b")], false),
    ]);
}

#[test]
fn origin_vouches_for_no_other_method() {
    for method in [Method::GET, Method::PUT, Method::HEAD, Method::DELETE] {
        own_actions(&[(method, &[("Origin", ORIGIN)], false)]);
    }
    own_actions(&[(Method::GET, &[], false)]);
}
