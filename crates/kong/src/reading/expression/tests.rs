use super::{Requests, read};

fn paths(text: &str) -> Vec<String> {
    read(text).paths
}

#[test]
fn paths_are_read() {
    let table: &[(&str, &[&str])] = &[
        (r#"http.path ^= "/orders""#, &["/orders"]),
        (r#"http.path == "/a.b""#, &[r"~/a\.b$"]),
        (r##"http.path ~ r#"^/re/\d+$"#"##, &[r"~/re/\d+$"]),
        (r#"http.path ~ "^/re/\\d+""#, &[r"~/re/\d+"]),
        (r#"(http.path ^= "/a") || http.path ^= "/b""#, &["/a", "/b"]),
        (r#"http.path^="/a"&&http.method=="GET""#, &["/a"]),
        (r#"http.headers.x_y == "z" && (http.path ^= "/a" || http.path ^= "/b")"#, &["/a", "/b"]),
        (r#"http.path ^= "/a" && !(http.path ^= "/a/b")"#, &["/a"]),
        (r#"http.path ^= "/a" && net.src.ip in 10.0.0.0/8"#, &["/a"]),
    ];
    for (text, expected) in table {
        assert_eq!(paths(text), *expected, "{text}");
    }
}

/// None of these says which paths it leaves out.
#[test]
fn every_path_may_match_what_is_not_read() {
    for text in [
        "",
        "(",
        "http.path",
        r#"http.path ^= "/a"#,
        r#"http.path ^= "/a" http.path ^= "/b""#,
        r#"http.path ^= "/a" &&"#,
        r#"!(http.path ^= "/a")"#,
        r#"http.path != "/a""#,
        r#"http.path ^= """#,
        r#"http.path ^= "a""#,
        r#"http.path ^= "/%61""#,
        r#"http.path ^= "$PLACE""#,
        r#"http.path contains "/a""#,
        r#"http.path =^ ".php""#,
        r#"http.path ~ "/a""#,
        r#"http.path ~ "^/a|/b""#,
        r#"lower(http.path) ^= "/a""#,
        r#"http.path ^= "/a" || http.method == "GET""#,
        r#"http.method == "GET" && http.path ^= "/a" || http.host == "b""#,
        r#"any(http.headers.x) == "y""#,
        &format!("{}http.path ^= \"/a\"{}", "(".repeat(40), ")".repeat(40)),
    ] {
        assert_eq!(paths(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn methods_and_hosts_are_read() {
    let requests = read(
        r#"(http.method == "GET" || http.method == "POST") && (http.host == "a.example.com" || http.host =^ ".b.example")"#,
    );
    let hosts = ["a.example.com", "*.b.example"].map(str::to_owned).to_vec();
    let methods = ["GET", "POST"].map(str::to_owned).to_vec();
    assert_eq!(requests, Requests { paths: Vec::new(), methods, hosts, is_exact: true });
}

/// Only an expression that is nothing but lists for path, method and host matches all that it may match.
#[test]
fn further_conditions_of_an_expression_are_known() {
    let is_exact = |text: &str| read(text).is_exact;
    assert!(is_exact(r#"http.path ^= "/a" && http.method == "GET""#));
    assert!(!is_exact(r#"http.path ^= "/a" && http.headers.x_y == "z""#));
    assert!(!is_exact(r#"http.path ^= "/a" && http.path ~ "^/a/b""#));
    assert!(!is_exact(r#"http.path ^= "/a" && http.host == "A.example.com""#));
    assert!(!is_exact(r#"http.path ^= "/a" && http.host =^ ".B.example""#));
    assert!(!is_exact(r#"http.path ^= "/a" && net.protocol == "https""#));
    assert!(!is_exact(
        r#"(http.path ^= "/a" && http.method == "GET") || (http.path ^= "/b" && http.method == "PUT")"#
    ));
    assert!(!is_exact(r#"http.path ^= "/a" || http.path ^= "/b" && http.method == "PUT""#));
}
