//! Checks the release of Rust.

use crate::project::text;

/// The documents name the release that Cargo requires.
#[test]
fn the_oldest_release_is_the_one_that_is_promised() {
    let manifest = text("Cargo.toml");
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version"));
    let promised = line.unwrap().trim_matches([' ', '=', '"']);
    for document in ["README.md", "CONTRIBUTING.md"] {
        assert!(text(document).contains(&format!("Rust {promised}")), "{document}");
    }
}
