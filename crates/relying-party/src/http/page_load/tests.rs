use super::*;

const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const NAVIGATION: [(&str, &str); 2] = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
const ORIGIN: &str = "https://app.example.com";

fn request(method: &Method, headers: &[(&str, &str)]) -> Request {
    Request {
        method: method.clone(),
        path: "/".to_owned(),
        query: String::new(),
        headers: Headers::new(
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ),
        body: Vec::new(),
        source_ip: None,
        request_id: "1".to_owned(),
        extended_request_id: String::new(),
    }
}

fn get(headers: &[(&str, &str)]) -> Request {
    request(&Method::GET, headers)
}

/// A navigation with one more field.
fn navigation_with(name: &str, value: &str) -> Request {
    let [mode, dest] = NAVIGATION;
    get(&[mode, dest, ("Accept", PAGE), (name, value)])
}

/// Asserts whether it is a page load and whether it is a navigation.
#[track_caller]
fn expect(request: &Request, page_load: bool, navigation: bool) {
    assert_eq!((is_page_load(request), is_navigation(request)), (page_load, navigation), "{request:?}");
}

#[test]
fn a_browser_that_opens_a_page() {
    expect(&get(&NAVIGATION), true, true);
    expect(&navigation_with("Sec-Fetch-Site", "cross-site"), true, true);
    expect(&navigation_with("Sec-Fetch-User", "?1"), true, true);
}

#[test]
fn names_of_fields_in_any_case() {
    for [mode, dest] in [["sec-fetch-mode", "sec-fetch-dest"], ["SEC-FETCH-MODE", "SEC-FETCH-DEST"]] {
        expect(&get(&[(mode, "navigate"), (dest, "document")]), true, true);
        expect(&get(&[(mode, "cors"), (dest, "empty"), ("Accept", PAGE)]), false, false);
    }
}

#[test]
fn every_mode_with_every_destination() {
    for mode in ["navigate", "cors", "no-cors", "same-origin", "websocket", "", "Navigate", "navigate "] {
        for dest in [
            "document", "empty", "iframe", "frame", "embed", "object", "image", "script", "style", "",
            "Document",
        ] {
            let page = mode == "navigate" && ["document", "empty"].contains(&dest);
            expect(&get(&[("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest), ("Accept", PAGE)]), page, page);
        }
    }
}

#[test]
fn fetch_metadata_decides_over_accept() {
    let [mode, dest] = NAVIGATION;
    expect(&get(&[mode, dest, ("Accept", "application/json")]), true, true);
    expect(&get(&[("Sec-Fetch-Mode", "cors"), dest, ("Accept", PAGE)]), false, false);
    expect(&get(&[mode, ("Sec-Fetch-Dest", "iframe"), ("Accept", PAGE)]), false, false);
}

#[test]
fn half_of_the_fetch_metadata() {
    let [mode, dest] = NAVIGATION;
    expect(&get(&[mode, ("Accept", PAGE)]), true, true);
    expect(&get(&[dest, ("Accept", PAGE)]), false, false);
}

#[test]
fn a_service_worker_passes_a_page_load_on() {
    let [mode, _] = NAVIGATION;
    let empty = ("Sec-Fetch-Dest", "empty");
    expect(&get(&[mode, empty, ("Accept", PAGE)]), true, true);
    expect(&get(&[mode, empty]), true, true);
    expect(&request(&Method::POST, &[mode, empty]), false, true);
    // Requests of a page's script, and a worker's own request.
    for script in ["cors", "no-cors", "same-origin"] {
        expect(&get(&[("Sec-Fetch-Mode", script), empty, ("Accept", PAGE)]), false, false);
    }
}

#[test]
fn fetch_metadata_twice() {
    let [mode, dest] = NAVIGATION;
    expect(&get(&[mode, mode, dest, ("Accept", PAGE)]), false, false);
    expect(&get(&[mode, dest, dest, ("Accept", PAGE)]), false, false);
    expect(&get(&[("Sec-Fetch-Mode", "cors"), mode, dest, ("Accept", PAGE)]), false, false);
}

#[test]
fn no_fetch_metadata_and_an_accept_that_names_a_page() {
    for accept in [
        PAGE,
        "text/html",
        "TEXT/HTML",
        "application/xhtml+xml",
        "application/json, text/html",
        "text/html;q=0.1",
        "text/html;q=0.001",
        "text/html; charset=utf-8; q=0.5",
        "application/json,text/html ; q=1",
        "text/html;level=0",
        "text/html;q=0, application/xhtml+xml",
    ] {
        expect(&get(&[("Accept", accept)]), true, true);
    }
}

#[test]
fn no_fetch_metadata_and_an_accept_that_names_no_page() {
    for accept in [
        "",
        "*/*",
        "text/*",
        "application/json",
        "application/xml",
        "text/htmlx",
        "text/html-fragment",
        "text/plain;x=text/html",
        "text/html;q=0",
        "text/html;q=0.0",
        "text/html;q=0.000",
        "text/html; Q = 0",
        "text/html;charset=utf-8;q=0",
        "text/html;q=-1",
    ] {
        expect(&get(&[("Accept", accept)]), false, false);
    }
    expect(&get(&[]), false, false);
}

#[test]
fn accept_over_several_fields() {
    expect(&get(&[("Accept", "application/json"), ("accept", "text/html")]), true, true);
    expect(&get(&[("Accept", "application/json"), ("accept", "*/*")]), false, false);
}

#[test]
fn another_method_is_a_navigation_and_no_page_load() {
    for method in [
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::TRACE,
    ] {
        expect(&request(&method, &NAVIGATION), false, true);
        expect(&request(&method, &[("Accept", PAGE)]), false, true);
    }
}

#[test]
fn an_authorization_field_of_any_kind() {
    for value in ["Bearer a", "Basic YTpi", ""] {
        expect(&navigation_with("Authorization", value), false, true);
        expect(&navigation_with("aUTHORIZATION", value), false, true);
    }
}

#[test]
fn a_script_that_says_so() {
    for value in ["XMLHttpRequest", "xmlhttprequest", " XMLHttpRequest "] {
        let request = navigation_with("X-Requested-With", value);
        assert!(is_script(&request.headers), "{value:?}");
        expect(&request, false, false);
    }
    let twice = [("X-Requested-With", "a"), ("x-requested-with", "XMLHttpRequest"), ("Accept", PAGE)];
    expect(&get(&twice), false, false);
}

#[test]
fn another_x_requested_with_is_no_script() {
    // Web views send the name of their application there.
    for value in ["com.example.browser", "", "fetch"] {
        let request = navigation_with("X-Requested-With", value);
        assert!(!is_script(&request.headers), "{value:?}");
        expect(&request, true, true);
    }
}

#[test]
fn a_prefetch_is_a_navigation_and_no_page_load() {
    for (name, value) in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Purpose", "prefetch;anonymous-client-ip"),
        ("sec-purpose", "PREFETCH"),
        ("Purpose", "prefetch"),
        ("Purpose", "prerender"),
        ("Purpose", "preview"),
        ("X-Purpose", "preview"),
        ("X-Purpose", "Preview"),
        ("X-Moz", "prefetch"),
    ] {
        expect(&navigation_with(name, value), false, true);
    }
}

#[test]
fn a_prefetch_said_in_the_second_of_two_fields() {
    let [mode, dest] = NAVIGATION;
    expect(&get(&[mode, dest, ("Purpose", "x"), ("Purpose", "prefetch")]), false, true);
    expect(&get(&[mode, dest, ("Sec-Purpose", ""), ("Purpose", "prefetch")]), false, true);
}

#[test]
fn another_purpose_is_no_prefetch() {
    for (name, value) in [("Purpose", "navigation"), ("Sec-Purpose", ""), ("X-Prefetch", "prefetch")] {
        expect(&navigation_with(name, value), true, true);
    }
}

/// Variants of one kind of request: the fields, and whether it remains a navigation and a page load with
/// them.
struct Choice {
    fields: &'static [(&'static str, &'static str)],
    navigation: bool,
    page_load: bool,
}

const fn choice(
    fields: &'static [(&'static str, &'static str)],
    navigation: bool,
    page_load: bool,
) -> Choice {
    Choice { fields, navigation, page_load }
}

const DOCUMENTS: [Choice; 8] = [
    choice(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], true, true),
    choice(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Accept", "*/*")], true, true),
    choice(&[("Accept", PAGE)], true, true),
    choice(&[("Accept", "*/*")], false, false),
    choice(&[], false, false),
    choice(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Accept", PAGE)], false, false),
    choice(&[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Accept", PAGE)], false, false),
    choice(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "empty"), ("Accept", PAGE)], true, true),
];
const AUTHORIZATIONS: [Choice; 2] =
    [choice(&[], true, true), choice(&[("Authorization", "Bearer a")], true, false)];
const SCRIPTS: [Choice; 3] = [
    choice(&[], true, true),
    choice(&[("X-Requested-With", "com.example.browser")], true, true),
    choice(&[("X-Requested-With", "XMLHttpRequest")], false, false),
];
const PURPOSES: [Choice; 4] = [
    choice(&[], true, true),
    choice(&[("Purpose", "prefetch")], true, false),
    choice(&[("Sec-Purpose", "prefetch;prerender")], true, false),
    choice(&[("X-Moz", "prefetch")], true, false),
];

#[test]
fn one_thing_that_speaks_against_it_is_enough_in_every_combination() {
    for method in [Method::GET, Method::HEAD, Method::POST] {
        for document in &DOCUMENTS {
            for authorization in &AUTHORIZATIONS {
                for script in &SCRIPTS {
                    for purpose in &PURPOSES {
                        let choices = [document, authorization, script, purpose];
                        let fields: Vec<_> =
                            choices.iter().flat_map(|choice| choice.fields).copied().collect();
                        let page_load = choices.iter().all(|choice| choice.page_load);
                        let navigation = choices.iter().all(|choice| choice.navigation);
                        expect(&request(&method, &fields), page_load && method == Method::GET, navigation);
                    }
                }
            }
        }
    }
}

#[test]
fn perhaps_caused_by_another_site() {
    for (values, expected) in [
        (&["cross-site"][..], true),
        (&["Cross-Site"], true),
        (&["same-origin", "cross-site"], true),
        (&["same-site"], false),
        (&["same-origin"], false),
        (&["none"], false),
        (&["none", "none"], true),
        (&["Same-Origin"], true),
        (&[""], true),
        (&[], true),
    ] {
        let fields: Vec<_> = values.iter().map(|value| ("Sec-Fetch-Site", *value)).collect();
        assert_eq!(may_be_cross_site(&get(&fields).headers), expected, "{values:?}");
    }
}

mod own_action;
