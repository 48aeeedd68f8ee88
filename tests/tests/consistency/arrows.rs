//! Checks the dependencies between crates, and that the crate that decides depends on no crate that does I/O.

use std::collections::BTreeSet;

use crate::cargo::{Built, Member, built, members};
use crate::project::{files, text};

/// The crates that each crate may depend on. A crate that is not listed may depend on none of this workspace.
const ARROWS: &[(&str, &[&str])] = &[
    ("relying-party", &[]),
    ("flow", &["relying-party"]),
    ("lambda", &["flow", "relying-party"]),
    ("outbound", &["flow", "relying-party"]),
    ("aws", &["flow", "outbound", "relying-party"]),
    ("functions", &["aws", "flow", "lambda", "outbound", "relying-party"]),
    ("kong", &["relying-party"]),
    ("offline", &["kong", "relying-party"]),
    ("local", &["flow", "lambda", "offline", "outbound", "relying-party"]),
    ("command", &["aws", "flow", "offline", "outbound", "relying-party"]),
    ("conformance", &["flow", "relying-party"]),
    ("plain-read", &["aws", "flow", "outbound"]),
];

/// The modules that each module of `flow` may use. The flows, which are not listed, use all of them.
const ROOMS_OF_FLOW: &[(&str, &[&str])] = &[
    ("notes", &[]),
    ("ports", &[]),
    ("provider", &["notes", "ports"]),
    ("session", &["notes", "ports", "provider"]),
];

/// The crates that `relying-party` is built from. None of them does I/O by itself.
const DECISIONS: &[&str] = &[
    "askama",
    "base64",
    "chacha20poly1305",
    "flate2",
    "hkdf",
    "hmac",
    "http",
    "jsonwebtoken",
    "percent-encoding",
    "saphyr-parser",
    "secrecy",
    "serde",
    "serde_json",
    "sha2",
    "strsim",
    "subtle",
    "thiserror",
    "time",
    "url",
    "zeroize",
];

#[test]
fn arrows_run_one_way() {
    let members = members();
    let ours: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    for member in &members {
        if member.name == "tests" {
            continue;
        }
        let allowed = allowed(member);
        for dependency in member.dependencies.iter().filter(|name| ours.contains(name.as_str())) {
            assert!(allowed.contains(&dependency.as_str()), "{} must not use {dependency}", member.name);
        }
    }
}

#[test]
fn sessions_and_the_provider_do_not_know_the_flows() {
    for (room, allowed) in ROOMS_OF_FLOW {
        let (file, folder) = (format!("crates/flow/src/{room}.rs"), format!("crates/flow/src/{room}/"));
        let of_room = |path: &String| *path == file || path.starts_with(&folder);
        let files: Vec<String> =
            files().into_iter().filter(|path| of_room(path) && !path.ends_with("/tests.rs")).collect();
        assert!(!files.is_empty(), "{room}");
        for path in files {
            for used in text(&path).split("crate::").skip(1) {
                let used: String = used.chars().take_while(|&c| c.is_ascii_lowercase() || c == '_').collect();
                assert!(used == *room || allowed.contains(&used.as_str()), "{path} must not use {used}");
            }
        }
    }
}

#[test]
fn nothing_depends_on_the_functions() {
    for member in members() {
        assert!(!member.dependencies.contains("functions"), "{}", member.name);
        assert!(!member.dev_dependencies.contains("functions"), "{}", member.name);
    }
}

#[test]
fn nothing_depends_on_tests() {
    for member in members() {
        assert!(!member.dependencies.contains("tests"), "{}", member.name);
        assert!(!member.dev_dependencies.contains("tests"), "{}", member.name);
    }
}

#[test]
fn decisions_need_nothing_that_acts() {
    let members = members();
    let decisions = members.iter().find(|member| member.name == "relying-party").unwrap();
    let expected: BTreeSet<String> = DECISIONS.iter().map(ToString::to_string).collect();
    assert_eq!(decisions.dependencies, expected, "a new dependency of relying-party needs a reason here");
}

/// No runtime, client or SDK is a dependency, not even an indirect one.
#[test]
fn decisions_are_built_without_a_runtime() {
    let built = built(&["--package", "relying-party", "--edges", "normal"]);
    for Built { name, .. } in &built {
        let acts = ["tokio", "hyper", "reqwest", "mio", "socket2", "async-std"].contains(&name.as_str());
        assert!(!acts && !is_sdk(name), "relying-party is built with {name}");
    }
}

/// A newcomer's `cargo run` does not build the AWS SDK.
#[test]
fn the_local_stack_is_built_without_the_sdk() {
    for Built { name, .. } in &built(&["--package", "local", "--edges", "normal,build"]) {
        assert!(!is_sdk(name), "local is built with {name}");
    }
}

/// Functions contain no part of the SDK that only an operator needs.
#[test]
fn functions_are_built_without_what_an_operator_needs() {
    for Built { name, .. } in &built(&["--package", "functions", "--edges", "normal,build"]) {
        let theirs =
            ["aws-sdk-cognitoidentityprovider", "aws-sdk-dynamodb", "aws-sdk-secretsmanager", "aws-sdk-sts"];
        assert!(
            !name.starts_with("aws-sdk-") || theirs.contains(&name.as_str()),
            "functions are built with {name}"
        );
    }
}

/// Only `aws` depends on crates of the SDK.
#[test]
fn one_crate_uses_the_sdk() {
    for member in members().iter().filter(|member| member.name != "aws") {
        for dependency in &member.dependencies {
            assert!(!is_sdk(dependency), "{} uses {dependency}", member.name);
        }
    }
}

/// A function is only a role and a list of endpoints; the crates contain its behaviour.
#[test]
fn functions_are_small() {
    let mains: Vec<String> =
        files().into_iter().filter(|path| path.starts_with("functions/src/bin/")).collect();
    assert!(mains.len() >= 6, "{mains:?}");
    for path in mains {
        assert!(text(&path).lines().count() <= 25, "{path} has logic in main");
    }
}

fn allowed(member: &Member) -> &'static [&'static str] {
    ARROWS.iter().find(|(name, _)| *name == member.name).map_or(&[], |(_, allowed)| allowed)
}

fn is_sdk(name: &str) -> bool {
    name.starts_with("aws-sdk-")
        || name.starts_with("aws-smithy-")
        || name == "aws-config"
        || name == "aws-runtime"
}
