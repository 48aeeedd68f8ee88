//! Input that cannot be read as one configuration is reported with its place, and there is no output.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use kong::{Fault, InputFile, import};

const PLUGIN: &str =
    "  plugins:\n  - name: openid-connect\n    config:\n      issuer: https://id.example.com\n";

fn faults(files: &[&str]) -> Vec<(String, usize, usize, String)> {
    let files = files
        .iter()
        .enumerate()
        .map(|(index, text)| InputFile { name: format!("{index}.yaml"), text: (*text).to_owned() });
    let place = |Fault { file, line, column, problem }| (file, line, column, problem);
    import(files.collect(), |_| None).unwrap_err().into_iter().map(place).collect()
}

#[test]
fn each_is_told_with_its_place() {
    let version = "_format_version: \"3.0\"\n";
    let deep = format!("{version}a: {}", "[".repeat(200));
    let laughs = laughs();
    let large = format!("{version}# {}\n", "x".repeat(9 << 20));
    let paths = format!("{version}routes:\n- paths: [{}]\n", "/a,".repeat(10_001));
    let unbound = format!("{version}services:\n- name: a\n  url: http://a.example.com\n{PLUGIN}");
    let far = format!(
        "{version}services:\n- name: a\n  url: http://a.example.com\n  routes:\n  - name: a\nplugins:\n- name: openid-connect\n  route: b\n  config: {{issuer: https://id.example.com}}\n"
    );
    let twice = format!(
        "{version}services:\n- name: a\n  url: http://a.example.com\n- name: a\n  url: http://b.example.com\n"
    );
    let without =
        format!("{version}services:\n- name: a\n  url: http://a.example.com\n  routes:\n  - name: a\n");
    let method = format!("{without}    methods: [get]\n");
    for (text, line, column, problem) in [
        ("a: [b", 2, 1, "is not readable"),
        ("_format_version: \"3.0\"\nservices:\n- name: a\n   host: b\n", 4, 8, "is not readable"),
        ("{\"data\": [}", 1, 11, "is not readable"),
        ("", 1, 1, "is empty"),
        ("# nothing\n", 1, 1, "is empty"),
        ("a text", 1, 1, "is not a mapping"),
        ("PK\u{3}\u{4}\u{0}", 1, 3, "has a control character"),
        ("_format_version: \"3.0\"\nservices: \u{fffd}", 2, 11, "has a control character"),
        ("_format_version: \"4.0\"\n", 1, 18, "is a format version other than"),
        ("services: []\nplugins: []\n", 1, 1, "has no `_format_version`"),
        ("a: &x\n  b: *x\n", 2, 6, "is an alias of a value that contains it"),
        ("a: *x\n", 1, 4, "is not readable"),
        ("a: 1\na: 2\n", 2, 1, "has `a` twice"),
        ("a: !!binary aGk=\n", 1, 4, "uses a YAML tag"),
        ("? [a]\n: b\n", 1, 3, "has a key that is not a text"),
        ("a: {<<: b}\n", 1, 9, "is merged"),
        (&deep, 2, 52, "is nested too deeply"),
        (&laughs, 6, 20, "has more values than can be read"),
        (&large, 1, 1, "is larger than 8 MiB"),
        (&paths, 3, 3, "has paths beyond the first 10000 of all routes"),
        (&unbound, 6, 5, "is on no route"),
        (&far, 9, 10, "names the route `b`, which none of the files has"),
        (&twice, 5, 3, "is a second service with the name `a`"),
        (&without, 1, 1, "leads to no route with an `openid-connect` plugin"),
        (&method, 6, 5, "has a method that is not written in capital letters"),
        ("{\"hello\": 1}", 1, 1, "is not a service, route, plugin or consumer"),
        ("_format_version: \"3.0\"\nplugins:\n- config: {}\n", 3, 3, "is a plugin without a name"),
        (
            "_format_version: \"3.0\"\nplugins:\n- name: x\n  _config: y\n",
            4,
            12,
            "names `y`, which `_plugin_configs` does not have",
        ),
    ] {
        let (file, found_line, found_column, found) = faults(&[text]).into_iter().next().unwrap();
        let shown: String = text.chars().take(200).collect();
        assert!(found.starts_with(problem), "{shown}\n{found}");
        assert_eq!((file.as_str(), found_line, found_column), ("0.yaml", line, column), "{shown}\n{found}");
    }
}

/// Each line refers to the previous line ten times.
fn laughs() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for line in 1..12 {
        let before = format!("*a{}", line - 1);
        _ = writeln!(text, "a{line}: &a{line} [{}]", vec![before; 10].join(", "));
    }
    text
}

/// Every file is read, so that all faults are reported at once, in their order.
#[test]
fn all_faults_at_once() {
    let found =
        faults(&["a: [", "_format_version: \"9\"\n", "_format_version: \"3.0\"\nconsumers:\n- tags: [a]\n"]);
    let files: Vec<&str> = found.iter().map(|(file, ..)| file.as_str()).collect();
    assert_eq!(files, ["0.yaml", "1.yaml", "2.yaml"], "{found:?}");
}

/// Plugins of one workspace or control plane would protect routes of another, and a name could mean either's entity.
#[test]
fn workspaces_are_imported_one_by_one() {
    let file = |owner: &str, name: &str| {
        format!(
            "_format_version: \"3.0\"\n{owner}\nservices:\n- {{name: {name}, url: \"https://{name}.example.com\"}}\n"
        )
    };
    for (one, other, refused) in [
        ("_workspace: a", "_workspace: b", true),
        ("_workspace: a", "_workspace: a", false),
        ("_workspace: a", "_info: {}", false),
        ("_konnect: {control_plane_name: a}", "_konnect: {control_plane_name: b}", true),
        ("_konnect: {runtime_group_name: a}", "_konnect: {runtime_group_name: a}", false),
    ] {
        let told = faults(&[&file(one, "one"), &file(other, "other")]);
        let is_refused = |(file, _, _, problem): &(String, usize, usize, String)| {
            file == "1.yaml" && problem.starts_with("names another ")
        };
        assert_eq!(told.iter().any(is_refused), refused, "{one} {other}: {told:?}");
    }
}

/// Kong takes a plugin for each model, so the second one is refused for its model, not as a second one.
#[test]
fn each_plugin_on_a_model_is_refused_for_that() {
    let text = "_format_version: \"3.0\"\nservices:\n- name: a\n  url: http://a.example.com\n  routes: [{name: a, paths: [/]}]\n  plugins:\n  - {name: openid-connect, model: {name: m}, config: {issuer: https://id.example.com}}\n  - {name: openid-connect, model: {name: n}, config: {issuer: https://id.example.com}}\n";
    let found: Vec<String> = faults(&[text]).into_iter().map(|(.., problem)| problem).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().all(|problem| problem.starts_with("puts the plugin on one AI model only")),
        "{found:?}"
    );
}

/// A refused text may be a secret, so the message does not repeat it.
#[test]
fn no_value_is_repeated() {
    for text in [
        "client_secret: \"sesame\nx",
        "{\"client_secret\": sesame: x}",
        "- sesame",
        "issuer: sesame\nclient_secret: [sesame\n",
    ] {
        let found = faults(&[text]);
        assert!(found.iter().all(|(.., problem)| !problem.contains("sesame")), "{found:?}");
    }
}
