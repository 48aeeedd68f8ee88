use super::*;

/// Each line has raw paths as a front passes them.
#[test]
fn ambiguous_paths() {
    for path in [
        "",
        "*",
        "public",
        "https://evil.example/x", // not a path
        "/public/../admin",
        "/public/..",
        "/..",
        "/.",
        "/./admin",
        "/public/.",
        "/public/./x", // dot segments
        "/public/%2e%2e/admin",
        "/public/%2E%2e/admin",
        "/public/.%2e/admin",
        "/public/%2e./admin", // once encoded
        "/%2e",
        "/public/%2e/x",
        "/public/%2E", //
        "/public/%252e%252e/admin",
        "/public/%25",
        "/%2525",
        "/%25%32%65", // twice encoded
        "//admin",
        "/public//admin",
        "/admin//",
        "/public///",
        "//", // empty segments
        "/public%2fadmin",
        "/public%2Fadmin",
        "/%2fadmin",
        "/public/..%2fadmin",
        "/public/%2f%2fadmin", // slash
        "/public\\admin",
        "/public/..\\admin",
        "/public%5cadmin",
        "/public%5Cadmin",
        "/%5c..%5cadmin", // backslash
        "/public;/../admin",
        "/public;x=y",
        "/admin;.css",
        "/;",
        "/public%3badmin",
        "/public%3B",
        "/..;/admin", // parameters
        "/public#/admin",
        "/admin#",
        "/public%23/admin",
        "/%23", // fragment
        "/public?x",
        "/admin?/public/x",
        "/public%3f",
        "/public%3F/admin", // query
        "/public\0",
        "/public%00",
        "/public%00.css",
        "/%0a",
        "/public%0d%0ax",
        "/public\tx",
        "/public%09",
        "/public\n", // control bytes
        "/public%7f",
        "/public\u{7f}",
        "/public\u{85}",
        "/public%c2%85", //
        "/public%",
        "/public%2",
        "/public%zz",
        "/public%2g",
        "/public%u002f",
        "/%-1",
        "/% 41", // broken escapes
        "/public%ff",
        "/public%c0%ae%c0%ae/admin",
        "/%c0%af",
        "/%e0%80%af",
        "/%ed%a0%80",
        "/%f4%90%80%80",
        "/public%c3", // bad UTF-8
        "/public\u{fffd}",
        "/public%ef%bf%bd/admin", // and its replacement character
    ] {
        assert_eq!(routes().decide(&Method::GET, path), Err(AmbiguousPath), "{path:?}");
    }
}
