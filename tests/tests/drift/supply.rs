//! What `deny.toml` says about crates of others, held without the tool that reads it.

use std::collections::BTreeSet;

use crate::cargo::{Built, built};
use crate::project::text;

const ALL: &[&str] = &["--workspace", "--edges", "normal,build,dev"];

#[test]
fn every_licence_is_allowed() {
    let allowed = strings("licenses", "allow");
    for Built { from, licence, .. } in outside() {
        let satisfied = Expression::of(&licence).satisfied(&allowed);
        assert!(satisfied, "{from} is under {licence:?}, which deny.toml does not allow");
    }
}

#[test]
fn every_crate_is_from_the_registry() {
    // Cargo names where a crate is from only when that is not the registry.
    for Built { from, .. } in outside() {
        let plain = from.split(" (").skip(1).all(|note| note == "proc-macro)" || note == "*)");
        assert!(plain, "{from}");
    }
    let lock = text("Cargo.lock");
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        assert_eq!(line, "source = \"registry+https://github.com/rust-lang/crates.io-index\"");
    }
}

#[test]
fn no_banned_crate_is_built() {
    let banned = strings("bans", "deny");
    assert!(banned.contains("openssl"));
    for Built { name, from, .. } in outside() {
        assert!(!banned.contains(&name), "{from} is banned by deny.toml");
    }
}

#[test]
fn licence_expressions() {
    let allowed: BTreeSet<String> = ["MIT", "ISC"].map(str::to_owned).into();
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("", false),
        ("MIT OR GPL-3.0", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("ISC AND (GPL-3.0 OR MIT)", true),
        ("(MIT OR ISC) AND GPL-3.0", false),
        ("MIT WITH exception", false),
        // AND binds closer than OR.
        ("MIT OR ISC AND GPL-3.0", true),
        ("GPL-3.0 OR ISC AND GPL-3.0", false),
    ] {
        assert_eq!(Expression::of(expression).satisfied(&allowed), expected, "{expression}");
    }
}

fn outside() -> BTreeSet<Built> {
    let outside: BTreeSet<Built> =
        built(ALL).into_iter().filter(|built| !built.from.contains(" (/")).collect();
    assert!(outside.len() > 100);
    outside
}

/// The texts in a list of `deny.toml`: of tables, those that are called `name`.
fn strings(section: &str, key: &str) -> BTreeSet<String> {
    let document = text("deny.toml");
    let section =
        document.split(&format!("[{section}]\n")).nth(1).unwrap().split("\n[").next().unwrap().to_owned();
    let list = section.split(&format!("{key} = [\n")).nth(1).unwrap().split("\n]").next().unwrap().to_owned();
    let entry = |line: &str| {
        let line = line.trim().trim_start_matches("{ name = ");
        line.starts_with('"').then(|| line.split('"').nth(1).unwrap().to_owned())
    };
    list.lines().filter_map(entry).collect()
}

/// An SPDX licence expression, as tokens.
struct Expression(Vec<String>);

impl Expression {
    fn of(text: &str) -> Self {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        Self(spaced.split_whitespace().map(str::to_owned).collect())
    }

    fn satisfied(&self, allowed: &BTreeSet<String>) -> bool {
        let mut tokens = self.0.as_slice();
        let satisfied = any_of(&mut tokens, allowed);
        satisfied && tokens.is_empty()
    }
}

fn any_of(tokens: &mut &[String], allowed: &BTreeSet<String>) -> bool {
    let mut satisfied = all_of(tokens, allowed);
    while take(tokens, "OR") {
        satisfied |= all_of(tokens, allowed);
    }
    satisfied
}

fn all_of(tokens: &mut &[String], allowed: &BTreeSet<String>) -> bool {
    let mut satisfied = one(tokens, allowed);
    while take(tokens, "AND") {
        satisfied &= one(tokens, allowed);
    }
    satisfied
}

fn one(tokens: &mut &[String], allowed: &BTreeSet<String>) -> bool {
    if take(tokens, "(") {
        let satisfied = any_of(tokens, allowed);
        return take(tokens, ")") && satisfied;
    }
    let Some((name, rest)) = tokens.split_first() else { return false };
    *tokens = rest;
    if take(tokens, "WITH") {
        let Some((exception, rest)) = tokens.split_first() else { return false };
        *tokens = rest;
        return allowed.contains(&format!("{name} WITH {exception}"));
    }
    allowed.contains(name)
}

fn take(tokens: &mut &[String], word: &str) -> bool {
    match tokens.split_first() {
        Some((first, rest)) if first == word => {
            *tokens = rest;
            true
        }
        _ => false,
    }
}
