use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use offline::report::Exit;
use serde_json::json;

use crate::{folder, run};

const DECK: &str = "\
_format_version: \"3.0\"
services:
- name: shop
  url: http://shop.internal.example
  routes:
  - name: shop
    hosts: [shop.example.com]
    paths: [/]
  plugins:
  - name: openid-connect
    config:
      issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/openid-configuration
      client_id: [1example23456789]
      client_secret: [nobodyMayReadThisOne]
      redirect_uri: [https://shop.example.com/oauth2/callback]
      ssl_verify: false
";

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_folder_is_written_whole_and_replaced_only_where_somebody_asks() {
    let place = folder("import");
    let input = place.join("kong.yaml");
    fs::write(&input, DECK).unwrap();
    let out = place.join("new/out");
    let [input, out_text] = [&input, &out].map(|path| path.to_str().unwrap());
    let arguments = ["import", "kong", input, "--out", out_text];
    let output = run(&arguments, true);
    assert_eq!(output.exit, Exit::Done, "{}{}", output.out, output.err);
    assert!(!output.out.contains("nobodyMayReadThisOne"), "{}", output.out);
    assert_eq!(output.json()["out"], out_text);
    for file in output.json()["files"].as_array().unwrap() {
        let path = out.join(file.as_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("nobodyMayReadThisOne") {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
    }
    assert_eq!(names(&place.join("new")), ["out"], "nothing else is left");

    // The same input gives the same bytes, and the files of the replaced folder are gone.
    fs::create_dir(out.join("of-before")).unwrap();
    assert_eq!(run(&arguments, true).json()["refused"], "out_not_empty");
    assert!(out.join("of-before").exists(), "a refusal changes nothing");
    let before = fs::read_to_string(out.join("report.json")).unwrap();
    let output = run(&[&arguments[..], &["--force"]].concat(), false);
    assert_eq!(output.exit, Exit::Done, "{}{}", output.out, output.err);
    assert!(output.out.starts_with("read first "), "{}", output.out);
    assert_eq!(fs::read_to_string(out.join("report.json")).unwrap(), before);
    assert!(!out.join("of-before").exists());
    assert_eq!(names(&place.join("new")), ["out"]);

    // The result of an import is a configuration.
    let checked = run(&["check", "--front", "http-api", "--part", out_text], true);
    assert_eq!(checked.exit, Exit::Done, "{}", checked.out);
}

#[test]
fn a_folder_of_somebody_is_never_replaced() {
    let place = folder("import-of-somebody");
    let input = place.join("kong.yaml");
    fs::write(&input, DECK).unwrap();
    fs::create_dir(place.join("empty")).unwrap();
    fs::write(place.join("file"), "mine").unwrap();
    symlink(&place, place.join("link")).unwrap();
    let input = input.to_str().unwrap();
    for (out, done) in [("empty", true), (".", false), ("file", false), ("link", false)] {
        let out = place.join(out);
        let output = run(&["import", "kong", input, "--force", "--out", out.to_str().unwrap()], true);
        assert_eq!(output.exit == Exit::Done, done, "{}: {}", out.display(), output.out);
    }
    assert_eq!(names(&place), ["empty", "file", "kong.yaml", "link"]);
    assert_eq!(run(&["import", "kong", input, "--out", "/"], true).json()["refused"], "out_unusable");
}

#[test]
fn nothing_is_written_for_what_cannot_be_read() {
    let place = folder("import-faulty");
    for (name, bytes, exit) in [
        ("broken.yaml", &b"services: [\n"[..], Exit::Refused),
        ("binary.yaml", &[0xff, 0xfe, 0], Exit::Unreachable),
        ("empty.yaml", b"", Exit::Refused),
    ] {
        let input = place.join(name);
        fs::write(&input, bytes).unwrap();
        let out = place.join("out");
        let arguments = ["import", "kong", input.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let output = run(&arguments, true);
        assert_eq!(output.exit, exit, "{name}: {}", output.out);
        assert!(!out.exists(), "{name}");
        if exit == Exit::Refused {
            let fault = &output.json()["faults"][0];
            assert!(fault["line"].is_u64() && fault["file"] == json!(input), "{fault}");
        }
    }
    assert_eq!(names(&place), ["binary.yaml", "broken.yaml", "empty.yaml"]);
}

/// For a file that is not text, the error names the first invalid byte, and nothing is written.
#[test]
fn a_binary_file_is_told_with_its_place() {
    let place = folder("import-binary");
    let input = place.join("kong.yaml");
    fs::write(&input, b"_format_version: \"3.0\"\n# \xc3\xa9 \xff").unwrap();
    let out = place.join("out");
    let [input, out_text] = [&input, &out].map(|path| path.to_str().unwrap());
    let output = run(&["import", "kong", input, "--out", out_text], false);
    assert_eq!(output.exit, Exit::Unreachable);
    assert!(output.err.contains(&format!("{input}:2:5: is not UTF-8 text")), "{}", output.err);
    assert!(!out.exists());
}

/// A large gateway does not fill the terminal: the report has every line.
#[test]
fn a_long_list_ends_with_the_number_of_the_rest() {
    let place = folder("import-long");
    let route = |route: usize| {
        format!(
            "  - {{name: r{route}, hosts: [shop.example.com], paths: ['~/r{route}/\\d+x'], strip_path: false}}\n"
        )
    };
    let routes = (0..30).map(route).collect::<Vec<_>>().concat();
    let input = place.join("kong.yaml");
    fs::write(&input, DECK.replace("  routes:\n", &format!("  routes:\n{routes}"))).unwrap();
    let out = place.join("out");
    let [input, out_text] = [&input, &out].map(|path| path.to_str().unwrap());
    let arguments = ["import", "kong", input, "--out", out_text];
    let output = run(&arguments, false);
    assert_eq!(output.exit, Exit::Done, "{}{}", output.out, output.err);
    assert_eq!(output.out.matches("needs you").count(), 20, "{}", output.out);
    let more = output.out.lines().find(|line| line.contains(" more ")).unwrap();
    assert!(more.contains("report.md"), "{more}");
    let report = fs::read_to_string(out.join("report.md")).unwrap();
    assert!(report.contains("route `r29`: the regular expression"), "{report}");
}
