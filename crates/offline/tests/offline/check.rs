use std::fs;
use std::os::unix::fs::symlink;

use offline::report::Exit;
use serde_json::{Value, json};

use crate::{MINIMAL, file, folder, run};

fn faults(found: &Value) -> Vec<(u64, u64, String)> {
    let faults = found["files"][0]["faults"].as_array().unwrap().iter();
    faults
        .map(|fault| {
            let number = |name: &str| fault[name].as_u64().unwrap_or(0);
            (number("line"), number("column"), fault["key"].as_str().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn every_fault_has_its_place_and_what_the_key_means() {
    let text = format!(
        "{MINIMAL}leeway: 301\nroutes:\n  - paths: [/a/*]\n    auth: non\n  - paths: [/a/b, /c]\n    colour: red\ncliend_secret: x\n"
    );
    let path = file("every-fault", &text);
    let output = run(&["check", &path], true);
    assert_eq!(output.exit, Exit::Refused);
    let found = output.json();
    assert_eq!(
        faults(&found),
        [
            (4, 1, "leeway".to_owned()),
            (7, 5, "routes[0].auth".to_owned()),
            (9, 5, "routes[1].colour".to_owned()),
            (10, 1, "cliend_secret".to_owned()),
        ]
    );
    let documentation = found["files"][0]["faults"][0]["documentation"].as_str().unwrap();
    assert_eq!(documentation, "leeway: Allowed clock difference, seconds, at most 300. Default: `60`.");
    let text = run(&["check", &path], false).out;
    assert!(text.contains(&format!("{path}:4:1: leeway: must be a whole number")), "{text}");
    assert!(text.contains("\n        leeway: Allowed clock difference"), "{text}");
    assert!(!text.contains('\x1b'), "no terminal, no colours: {text}");
}

/// The settings of the template are checked with the document: a key has only one source, and routes are
/// known.
#[test]
fn a_value_that_the_template_sets_is_judged_too() {
    let whole = |more: &str| format!("{MINIMAL}{more}\n");
    for (name, text, arguments, told) in [
        (
            "prefix",
            whole("auth_prefix: /sign-in"),
            "--front rest",
            Some("auth_prefix: must be `/oauth2`, because"),
        ),
        (
            "prefix",
            whole("auth_prefix: /sign-in"),
            "--front alb",
            Some("auth_prefix: must be `/oauth2`, because"),
        ),
        (
            "prefix",
            whole("auth_prefix: /sign-in\nupstream_url: https://a.example.com"),
            "--front http-api",
            None,
        ),
        ("prefix", whole("auth_prefix: /oauth2"), "--front rest", None),
        (
            "streams",
            whole("response_streaming: true\nupstream_url: https://a.example.com"),
            "--front http-api",
            Some("only a function URL streams"),
        ),
        (
            "streams",
            whole("response_streaming: true\nupstream_url: https://a.example.com"),
            "--front function-url",
            None,
        ),
        (
            "twice",
            "scopes: [openid]\n".to_owned(),
            "--part --front rest",
            Some("scopes: is set by the template's parameter `Scopes`"),
        ),
        (
            "stored",
            "session_table: mine\n".to_owned(),
            "--part --front rest",
            Some("session_table: is set by the template's parameter `SessionTable`"),
        ),
        // The template keeps sessions in a table, which has a limit that a cookie does not have.
        ("idle", "session_idling_timeout: 600\n".to_owned(), "--part --front rest", None),
        ("idle", whole("session_idling_timeout: 600"), "--front rest", Some("session_idling_timeout: ")),
    ] {
        let path = file(&format!("template-{name}"), &text);
        let arguments: Vec<&str> =
            ["check"].into_iter().chain(arguments.split(' ')).chain([path.as_str()]).collect();
        let output = run(&arguments, false);
        assert_eq!(
            output.exit,
            if told.is_some() { Exit::Refused } else { Exit::Done },
            "{arguments:?}: {}",
            output.out
        );
        assert!(told.is_none_or(|told| output.out.contains(told)), "{arguments:?}: {}", output.out);
    }
}

#[test]
fn a_rule_that_no_request_gets_to_is_a_fault() {
    let path = file("dead-rule", &format!("{MINIMAL}routes:\n  - paths: /a/*\n  - paths: [/b, /a/x]\n"));
    let found = run(&["check", &path], true).json();
    assert_eq!(faults(&found), [(6, 5, "routes[1].paths".to_owned())]);
    assert!(
        found["files"][0]["faults"][0]["problem"].as_str().unwrap().contains("`routes[0]` answers first")
    );
}

#[test]
fn a_value_that_a_deployment_gives_is_not_missed() {
    let minimal = file("minimal", MINIMAL);
    let output = run(&["check", &minimal], true);
    assert_eq!(
        (output.exit, output.json()["files"][0]["from_elsewhere"].clone()),
        (Exit::Done, json!(["session_secret"]))
    );

    let part = file("part", "leeway: 30\nclient_auth: client_secret_post\n");
    let output = run(&["check", &part], true);
    assert_eq!(output.exit, Exit::Refused, "{}", output.out);
    let output = run(&["check", "--part", "--front", "alb", &part], true);
    assert_eq!(output.exit, Exit::Done, "{}", output.out);
    let elsewhere = output.json()["files"][0]["from_elsewhere"].clone();
    assert_eq!(
        elsewhere,
        json!(["client_id", "client_secret", "issuer", "public_url", "session_secret", "upstream_url"])
    );
    // A key that is present but wrong is not assumed to come from elsewhere.
    let wrong = file("part-wrong", "client_id: ''\nsession_secret: short\n");
    let found = run(&["check", "--part", &wrong], true).json();
    assert_eq!(faults(&found), [(1, 1, "client_id".to_owned()), (2, 1, "session_secret".to_owned())]);
}

#[test]
fn a_front_decides_what_is_a_fault() {
    let document = format!("{MINIMAL}upstream_url: https://inside.example.com\nupstream_header_style: alb\n");
    let path = file("front", &document);
    for (front, exit) in
        [("rest", Exit::Refused), ("http-api", Exit::Done), ("function-url", Exit::Done), ("alb", Exit::Done)]
    {
        let output = run(&["check", "--front", front, &path], true);
        assert_eq!(
            (output.exit, &output.json()["files"][0]["front"]),
            (exit, &json!(front)),
            "{}",
            output.out
        );
    }
    assert_eq!(run(&["check", &path], true).json()["files"][0]["front"], "http-api");
    let rest = file("front-rest", MINIMAL);
    assert_eq!(run(&["check", &rest], true).json()["files"][0]["front"], "rest");
    let memory = file("front-memory", &format!("{MINIMAL}session_storage: memory\n"));
    assert_eq!(run(&["check", &memory], true).exit, Exit::Refused, "processes of Lambda share no memory");
}

#[test]
fn a_setting_that_does_nothing_fails_where_somebody_asks_for_it() {
    let path = file("warning", &format!("{MINIMAL}session_table: sessions\n"));
    let output = run(&["check", &path], true);
    assert_eq!(output.exit, Exit::Done);
    assert_eq!(output.json()["files"][0]["warnings"][0]["line"], 4);
    assert_eq!(run(&["check", "--strict", &path], true).exit, Exit::Refused);
}

#[test]
fn a_folder_is_looked_through_and_links_are_not_followed() {
    let folder = folder("fleet");
    for (name, text) in [("b", MINIMAL), ("a", "leeway: x\n")] {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("vestibule.yaml"), text).unwrap();
        fs::write(folder.join(name).join("other.yaml"), "not ours: 1\n").unwrap();
    }
    symlink(&folder, folder.join("a/loop")).unwrap();
    let output = run(&["check", folder.to_str().unwrap()], true);
    let found = output.json();
    let files: Vec<&str> =
        found["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(output.exit, Exit::Refused);
    assert!(files.len() == 2 && files[0].ends_with("a/vestibule.yaml"), "{files:?}");
}

#[test]
fn documents_that_cannot_be_read() {
    let many = format!("a: [{}]\n", "1, ".repeat(400_000));
    let deep = format!("a: {}\n", "[".repeat(10_000));
    for (name, text, exit, said_to_be) in [
        ("broken", "issuer: [a\n", Exit::Refused, ":2:1: is not readable as YAML"),
        ("broken-json", "{\n  \"issuer\": }\n", Exit::Refused, ":2:13: is not readable as JSON"),
        ("anchor", "a: &x 1\nb: *x\n", Exit::Refused, "uses a YAML anchor in line 1"),
        ("list", "- a\n", Exit::Refused, "is not a mapping"),
        ("several", "a: 1\n---\nb: 1\n", Exit::Refused, "contains several YAML documents"),
        ("deep", deep.as_str(), Exit::Refused, ":1:259: is not readable as YAML"),
        ("many", many.as_str(), Exit::Unreachable, "is longer than 1 MiB"),
    ] {
        let output = run(&["check", &file(name, text)], false);
        assert_eq!(output.exit, exit, "{name}: {}{}", output.out, output.err);
        assert!(
            format!("{}{}", output.out, output.err).contains(said_to_be),
            "{name}: {}{}",
            output.out,
            output.err
        );
    }
    let binary = folder("binary").join("vestibule.yaml");
    fs::write(&binary, [0xff, 0xfe, 0]).unwrap();
    let output = run(&["check", binary.to_str().unwrap()], true);
    assert_eq!((output.exit, &output.json()["refused"]), (Exit::Unreachable, &json!("file_unreadable")));
    let nothing = folder("nothing");
    for path in [nothing.clone(), nothing.join("not-there.yaml")] {
        assert_eq!(run(&["check", path.to_str().unwrap()], true).exit, Exit::Unreachable);
    }
}

/// No fault contains the value of a secret.
#[test]
fn no_secret_is_shown() {
    let secret = "bm9ib2R5IHNob3VsZCBzZWUgdGhpcw-and-control\\u0007";
    let text = format!("{MINIMAL}session_secret: \"{secret}\"\nclient_secret: \"{secret}\"\n");
    for as_json in [true, false] {
        let output = run(&["check", &file("secret", &text)], as_json);
        assert!(output.exit == Exit::Refused && !output.out.contains("bm9ib2R5"), "{}", output.out);
    }
}

/// The parameters that are deployed, beside the document that a person reads.
#[test]
fn the_parameters_beside_a_document_are_checked() {
    let document = format!("{MINIMAL}upstream_url: https://app.example.net\nroutes:\n- paths: [/a]\n");
    let parameters = |list: &[(&str, &str)]| {
        let quoted = |(name, value): &(&str, &str)| {
            json!(format!("{name}=\"{}\"", value.replace('"', "\\\""))).to_string()
        };
        let lines: Vec<String> = list.iter().map(quoted).collect();
        format!("[http-api.deploy.parameters]\nparameter_overrides = [\n{},\n]\n", lines.join(",\n"))
    };
    let routes = r#"[{"paths":["/a"]}]"#;
    for (name, list, exit, told) in [
        (
            "good",
            vec![("Routes", routes), ("Configuration", r#"{"leeway":"5"}"#)],
            Exit::Done,
            "no fault, as http-api",
        ),
        ("none", vec![("Architecture", "x86_64")], Exit::Done, ""),
        (
            "value",
            vec![("Configuration", r#"{"leeway":301}"#)],
            Exit::Refused,
            "leeway: must be a whole number",
        ),
        ("key", vec![("Configuration", r#"{"colour":"red"}"#)], Exit::Refused, "colour: is not a known key"),
        (
            "twice",
            vec![("Configuration", r#"{"scopes":["openid"]}"#)],
            Exit::Refused,
            "scopes: is set by the template's parameter `Scopes`",
        ),
        (
            "rule",
            vec![("Routes", r#"[{"paths":["/a"],"auth":"non"}]"#)],
            Exit::Refused,
            "routes[0].auth: must be",
        ),
        ("json", vec![("Configuration", "{leeway")], Exit::Refused, "Configuration: is no JSON object"),
        ("list", vec![("Routes", "{}")], Exit::Refused, "Routes: is no JSON list"),
        (
            "differs",
            vec![("Routes", r#"[{"paths":["/b"]}]"#)],
            Exit::Refused,
            "Routes: differ from the rules of",
        ),
        (
            "long",
            vec![("Configuration", &format!(r#"{{"forbidden_error_message":"{}"}}"#, "x".repeat(4096)))],
            Exit::Refused,
            "Configuration: has more than",
        ),
    ] {
        let folder = folder(&format!("parameters-{name}"));
        fs::write(folder.join("vestibule.yaml"), &document).unwrap();
        fs::write(folder.join("samconfig.toml"), parameters(&list)).unwrap();
        let output = run(&["check", "--strict", folder.to_str().unwrap()], false);
        assert_eq!(output.exit, exit, "{name}: {}", output.out);
        let of_parameters: Vec<&str> =
            output.out.lines().filter(|line| line.contains("samconfig.toml [http-api]")).collect();
        assert_eq!(of_parameters.is_empty(), told.is_empty(), "{name}: {}", output.out);
        assert!(
            of_parameters.iter().any(|line| line.contains(told)) || told.is_empty(),
            "{name}: {}",
            output.out
        );
        let file = folder.join("vestibule.yaml");
        let alone = run(&["check", "--strict", file.to_str().unwrap()], false);
        assert_eq!(alone.exit, Exit::Done, "a file that is named is checked alone: {}", alone.out);
    }
}

/// An import writes both, and both are good.
#[test]
fn the_parameters_of_an_import_have_no_fault() {
    let text = r#"_format_version: "3.0"
services:
- name: shop
  url: https://shop.example.org
  routes: [{name: shop, hosts: [shop.example.com], paths: [/a, "~/b/\\d+"]}, {name: other, hosts: [shop.example.com], paths: [/c]}]
  plugins:
  - name: openid-connect
    config: {issuer: "https://id.example.com", client_id: [shop], client_secret: [s], groups_required: ["a b", 'c\d"e']}
"#;
    for front in ["rest", "http-api", "function-url", "alb"] {
        let folder = folder(&format!("imported-parameters-{front}"));
        let (input, out) = (folder.join("kong.yaml"), folder.join("out"));
        fs::write(&input, text).unwrap();
        let (input, out) = (input.to_str().unwrap(), out.to_str().unwrap());
        assert_eq!(run(&["import", "kong", input, "--out", out, "--front", front], false).exit, Exit::Done);
        let output = run(&["check", out], false);
        assert_eq!(output.exit, Exit::Done, "{front}: {}", output.out);
        assert!(output.out.contains("samconfig.toml ["), "{front}: {}", output.out);
        assert!(!output.out.contains("differ"), "{front}: {}", output.out);
    }
}
