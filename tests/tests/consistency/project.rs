//! Reads the files of the project.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The text of a file; `path` is relative to the root.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of the project, relative to the root: the files that git tracks, and those that it does not
/// ignore.
pub(crate) fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(listed.status.success(), "git ls-files");
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().filter(|path| root().join(path).is_file()).map(str::to_owned).collect()
}

/// The text between the two marks of a generated part, or `None` if there are no marks.
pub(crate) fn part(document: &str, name: &str) -> Option<String> {
    let (_, rest) = document.split_once(&begin(name))?;
    let (part, _) = rest.split_once(&end(name))?;
    Some(part.to_owned())
}

/// Fails if the part `name` of the file is not `expected`; with `BLESS=1` it writes the part instead.
pub(crate) fn holds(path: &str, name: &str, expected: &str) {
    let document = text(path);
    let part = part(&document, name).unwrap_or_else(|| panic!("{path} has no part {name}"));
    let expected = format!("\n\n{}\n\n", expected.trim_end());
    if part == expected {
        return;
    }
    assert!(
        std::env::var_os("BLESS").is_some(),
        "{path} is behind the code: BLESS=1 cargo test -p tests --test consistency writes its part `{name}`"
    );
    let around = |text: &str| format!("{}{text}{}", begin(name), end(name));
    std::fs::write(root().join(path), document.replacen(&around(&part), &around(&expected), 1)).unwrap();
}

fn begin(name: &str) -> String {
    format!("<!-- begin {name}, written from the code -->")
}

fn end(name: &str) -> String {
    format!("<!-- end {name} -->")
}
