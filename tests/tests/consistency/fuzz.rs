//! Applies the project's rules to `fuzz/`, which is a separate workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::project::{root, text};

const MOST_FILES: usize = 200;
const MOST_BYTES: u64 = 400_000;

#[test]
fn every_target_is_built_and_has_a_corpus_and_a_dictionary() {
    let targets = names("fuzz/fuzz_targets", ".rs");
    assert!(targets.len() >= 14);
    let manifest = text("fuzz/Cargo.toml");
    let replayed = text("tests/tests/corpora/main.rs");
    for target in &targets {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target} is not built");
        assert!(replayed.contains(&format!("mod {target};")), "{target} is not replayed");
    }
    assert_eq!(names("fuzz/dictionaries", ".dict"), targets);
    assert_eq!(names("fuzz/corpus", ""), targets);
    for target in &targets {
        let files: Vec<_> = fs::read_dir(root().join("fuzz/corpus").join(target)).unwrap().collect();
        let bytes: u64 = files.iter().map(|file| file.as_ref().unwrap().metadata().unwrap().len()).sum();
        assert!((1..=MOST_FILES).contains(&files.len()), "{target} has {} files", files.len());
        assert!(bytes <= MOST_BYTES, "{target} has {bytes} bytes");
    }
}

/// The fuzz targets are built with the same versions as the product, from the same registry.
#[test]
fn the_fuzzed_versions_are_the_projects() {
    let ours = versions("Cargo.lock");
    for (name, fuzzed) in versions("fuzz/Cargo.lock") {
        let Some(ours) = ours.get(&name) else { continue };
        let hint = "`cp Cargo.lock fuzz/` and `cargo metadata --manifest-path fuzz/Cargo.toml` write it anew";
        assert!(
            fuzzed.is_subset(ours),
            "{name} is {fuzzed:?} in fuzz/Cargo.lock and {ours:?} in ours: {hint}"
        );
    }
    for line in text("fuzz/Cargo.lock").lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(line, "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
    }
}

fn versions(lock: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in text(lock).split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{key} = \""))).unwrap();
            line.trim_end_matches('"').to_owned()
        };
        versions.entry(value("name")).or_default().insert(value("version"));
    }
    versions
}

/// The names in a folder that end in `end`, without that end.
fn names(folder: &str, end: &str) -> BTreeSet<String> {
    let name = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        name.strip_suffix(end).unwrap_or_else(|| panic!("{folder} has {name}")).to_owned()
    };
    fs::read_dir(root().join(folder)).unwrap().map(|entry| name(&entry.unwrap().path())).collect()
}
