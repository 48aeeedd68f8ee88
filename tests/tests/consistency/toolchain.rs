//! The release of Rust.

use crate::project::text;

/// `rust-toolchain.toml` names the oldest release that builds the code, so what is promised is what is checked.
#[test]
fn the_toolchain_is_the_one_that_is_promised() {
    let promised = value("Cargo.toml", "rust-version");
    assert_eq!(value("rust-toolchain.toml", "channel"), format!("{promised}.0"));
    for document in ["README.md", "CONTRIBUTING.md"] {
        assert!(text(document).contains(&format!("Rust {promised}")), "{document}");
    }
}

fn value(path: &str, key: &str) -> String {
    let text = text(path);
    let line = text.lines().find_map(|line| line.strip_prefix(key));
    line.unwrap_or_else(|| panic!("{path} has no {key}")).trim_matches([' ', '=', '"']).to_owned()
}
