//! Checks for words that must not be in the project, and for files that are too long.

use crate::project::{files, root};

/// Longer files, and their number of lines. The list may only shrink.
const LONG: &[(&str, usize)] = &[];

const LINES: usize = 500;

#[test]
fn no_source_file_is_too_long() {
    for path in sources() {
        let lines = std::fs::read_to_string(root().join(&path)).unwrap().lines().count();
        let allowed = LONG.iter().find(|(long, _)| *long == path).map_or(LINES, |(_, lines)| *lines);
        assert!(lines <= allowed, "{path} has {lines} lines");
    }
    for (path, lines) in LONG {
        let now = std::fs::read_to_string(root().join(path)).unwrap().lines().count();
        assert_eq!(now, *lines, "{path}: the list of long files may only shrink");
    }
}

#[test]
fn nothing_is_left_to_do() {
    // Spelt in parts, so that this file does not contain them.
    let words = ["TO_DO", "FIX_ME", "XX_X", "HA_CK"].map(|word| word.replace('_', ""));
    for (path, text) in texts() {
        for word in &words {
            let found =
                text.split(|character: char| !character.is_ascii_alphanumeric()).any(|token| token == word);
            assert!(!found, "{path} holds {word}");
        }
    }
}

#[test]
fn no_path_of_one_machine() {
    let places =
        ["ho me", "ro ot", "wo rk", "Us ers", "mnt"].map(|place| format!("/{}/", place.replace(' ', "")));
    for (path, text) in texts() {
        for place in &places {
            // A path follows white space, a quote, a bracket or an equals sign; elsewhere it is part of a URL.
            let starts =
                |at: usize| text.get(..at).and_then(|before| before.chars().last()).is_none_or(is_edge);
            let found = text.match_indices(place.as_str()).any(|(at, _)| starts(at));
            assert!(!found, "{path} holds a path of a machine: {place}");
        }
    }
}

fn is_edge(character: char) -> bool {
    character.is_whitespace() || "\"'`([{=:".contains(character)
}

fn sources() -> Vec<String> {
    let source = |path: &String| {
        path.ends_with(".rs")
            && (path.starts_with("crates/") || path.starts_with("functions/") || path.starts_with("tests/"))
    };
    files().into_iter().filter(source).collect()
}

fn texts() -> Vec<(String, String)> {
    let skipped = ["Cargo.lock", "package-lock.json"];
    let read = |path: String| {
        if skipped.iter().any(|name| path.ends_with(name)) {
            return None;
        }
        // A file that is not text (pictures, odd events) contains no words.
        std::fs::read_to_string(root().join(&path)).ok().map(|text| (path, text))
    };
    files().into_iter().filter_map(read).collect()
}
