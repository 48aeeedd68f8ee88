//! Checks that the workflows of `.github` run everything that `tests/run` runs, and that their actions cannot
//! change by themselves.

use crate::project::{files, text};

#[test]
fn each_step_of_the_tests_is_run() {
    let list = |source: &str, begin: &str, end: &str| {
        let (list, _) = source.split_once(begin).unwrap().1.split_once(end).unwrap();
        list.replace(['"', ','], " ").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let steps = list(&text("tests/run"), "\nsteps=(tools ", ")");
    assert_eq!(list(&text(".github/workflows/checks.yaml"), "steps: [", "]"), steps);
}

/// The owner of an action can move a tag, but not a commit.
#[test]
fn each_action_is_pinned_to_a_commit() {
    let workflows = files().into_iter().filter(|path| path.starts_with(".github/workflows/"));
    let uses: Vec<String> = workflows
        .flat_map(|path| text(&path).lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| Some(line.split_once("uses: ")?.1.to_owned()))
        .collect();
    assert!(!uses.is_empty());
    for action in uses {
        let commit = action.split(['@', ' ']).nth(1).unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
    }
}
