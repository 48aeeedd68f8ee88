//! Asks Cargo about the workspace.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::project::root;

/// A member of the workspace.
pub(crate) struct Member {
    pub(crate) name: String,
    /// The crates that it depends on.
    pub(crate) dependencies: BTreeSet<String>,
    /// The further crates that its tests depend on.
    pub(crate) dev_dependencies: BTreeSet<String>,
}

pub(crate) fn members() -> Vec<Member> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps", "--locked"]))
            .unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let of_kind = |package: &Value, dev: bool| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        dependencies
            .filter(|dependency| (dependency["kind"] == "dev") == dev)
            .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let member = |package: &Value| Member {
        name: package["name"].as_str().unwrap().to_owned(),
        dependencies: of_kind(package, false),
        dev_dependencies: of_kind(package, true),
    };
    packages.iter().map(member).collect()
}

/// A crate that is built for this machine, tests included.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Built {
    pub(crate) name: String,
    /// Name, version and, unless it is from the registry, source.
    pub(crate) from: String,
    /// SPDX expression.
    pub(crate) licence: String,
}

/// Runs `cargo tree`, which, unlike the metadata, omits features that are not enabled.
pub(crate) fn built(arguments: &[&str]) -> BTreeSet<Built> {
    let fixed = ["tree", "--locked", "--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"];
    let all: Vec<&str> = fixed.iter().chain(arguments).copied().collect();
    let line = |line: &str| {
        let (from, licence) = line.split_once('|').unwrap();
        Built {
            name: from.split(' ').next().unwrap().to_owned(),
            from: from.to_owned(),
            licence: licence.trim().to_owned(),
        }
    };
    cargo(&all).lines().filter(|line| line.contains('|')).map(line).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
