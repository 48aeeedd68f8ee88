//! Checks that the documented list of refused paths matches the code.

use http::Method;
use relying_party::gate::requirement::Requirements;
use relying_party::gate::route::Routes;

use crate::project::text;

fn is_refused(path: &str) -> bool {
    Routes::new(Vec::new(), Requirements::default()).decide(&Method::GET, path).is_err()
}

/// The cells of the table, without its head.
fn rows() -> Vec<Vec<String>> {
    let document = text("docs/proxy.md");
    let (_, section) = document.split_once("### Paths that are refused\n").unwrap();
    let (section, _) = section.split_once("\nEverything else passes").unwrap();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The texts between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_path_that_the_list_has_is_refused() {
    for row in rows() {
        let samples = quoted(&row[1]);
        assert!(!samples.is_empty(), "{row:?}");
        // The rules do not know the prefix: see `no_spelling_of_our_prefix_reaches_the_upstream`.
        for sample in samples.iter().filter(|_| !row[0].contains("auth_prefix")) {
            assert!(is_refused(sample), "{sample}");
        }
    }
}

#[test]
fn every_letter_for_which_a_path_is_refused_is_in_the_list() {
    let listed: Vec<String> = rows().iter().flat_map(|row| quoted(&row[0])).collect();
    for letter in (0x20..0x7f_u8).filter(|letter| !b"/.%".contains(letter)) {
        let letter = char::from(letter);
        let is_listed = listed.contains(&letter.to_string());
        assert_eq!(is_refused(&format!("/a{letter}b")), is_listed, "{letter}");
    }
    for letter in 0x20..0x7f_u8 {
        let escape = format!("%{letter:02x}");
        // An escaped dot counts as a letter, except in a segment of dots.
        let is_listed = letter != b'.' && listed.contains(&escape);
        assert_eq!(is_refused(&format!("/a{escape}b")), is_listed, "{escape}");
        assert_eq!(is_refused(&format!("/a{}b", escape.to_uppercase())), is_listed, "{escape}");
    }
    let controls = (0..0x20_u8).chain([0x7f]);
    for control in controls {
        assert!(
            is_refused(&format!("/a{}b", char::from(control))) && is_refused(&format!("/a%{control:02x}"))
        );
    }
    for control in '\u{80}'..='\u{9f}' {
        assert!(is_refused(&format!("/a{control}b")), "{control:?}");
    }
}

#[test]
fn a_path_that_the_list_lets_pass_passes() {
    for path in ["/a%20b", "/%C3%A4", "/a+b", "/a:b", "/a@b", "/a=b", "/~a", "/[a]", "/a,b", "/a/", "/%c2%a0"]
    {
        assert!(!is_refused(path), "{path}");
    }
}
