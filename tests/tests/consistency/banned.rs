//! Checks that the bans of `relying-party` take effect: clippy rejects exactly the lines of a crate that
//! breaks each of them.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::project::{root, text};

const FIXTURE: &str = "tests/fixtures/banned";

#[test]
fn clippy_refuses_every_line() {
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--offline", "--locked", "--message-format=json", "--manifest-path"])
        .arg(root().join(FIXTURE).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(env!("CARGO_TARGET_TMPDIR"))
        .args(["--", "-D", "clippy::disallowed_methods", "-D", "clippy::disallowed_types"])
        .env("CLIPPY_CONF_DIR", root().join("crates/relying-party"))
        .output()
        .unwrap();
    assert!(!output.status.success(), "the fixture passes clippy");
    let refused: BTreeSet<u64> =
        String::from_utf8(output.stdout).unwrap().lines().filter_map(refused_line).collect();
    let source = text(&format!("{FIXTURE}/src/lib.rs"));
    let expected: BTreeSet<u64> = (1..)
        .zip(source.lines())
        .filter(|(_, line)| line.ends_with("// banned"))
        .map(|(number, _)| number)
        .collect();
    assert_eq!(refused, expected, "{}", String::from_utf8_lossy(&output.stderr));
}

/// The fixture uses each entry for the standard library, so none of them is misspelt.
#[test]
fn the_fixture_breaks_every_ban() {
    let source = text(&format!("{FIXTURE}/src/lib.rs"));
    for path in entries(&text("crates/relying-party/clippy.toml")) {
        if path.starts_with("std::") && !path.ends_with("::elapsed") {
            assert!(source.contains(&path), "{FIXTURE} does not use {path}");
        }
    }
}

/// A member's `clippy.toml` replaces the root's, so `relying-party` must repeat the root's bans.
#[test]
fn the_bans_of_the_root_are_repeated() {
    let own: BTreeSet<String> = entries(&text("crates/relying-party/clippy.toml")).collect();
    for path in entries(&text("clippy.toml")) {
        assert!(own.contains(&path), "{path} is missing in crates/relying-party/clippy.toml");
    }
}

fn refused_line(line: &str) -> Option<u64> {
    let message: Value = serde_json::from_str(line).ok()?;
    let message = message.get("message")?;
    let code = message.get("code")?.get("code")?.as_str()?;
    let banned = ["clippy::disallowed_methods", "clippy::disallowed_types"].contains(&code);
    banned.then(|| message["spans"][0]["line_start"].as_u64().unwrap())
}

fn entries(document: &str) -> impl Iterator<Item = String> {
    let paths: Vec<String> = document
        .lines()
        .filter_map(|line| line.trim().strip_prefix("{ path = \""))
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    paths.into_iter()
}
