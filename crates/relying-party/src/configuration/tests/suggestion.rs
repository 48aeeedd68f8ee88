use super::super::*;
use super::fault::fault;
use super::{MINIMAL, faults_of};

#[test]
fn a_slip_in_a_key_is_told_with_the_key_that_was_meant() {
    for (written, meant) in
        [("cliend_id", "client_id"), ("route", "routes"), ("login_redirect_url", "login_redirect_uri")]
    {
        fault(&format!("{written}: x"), written, &format!("is not a known key; did you mean `{meant}`?"));
    }
    for key in KEYS {
        for slip in slips(key.name).into_iter().filter(|slip| KEYS.iter().all(|key| key.name != slip)) {
            let faults = faults_of(&format!("{slip}: x"), Role::Login);
            let (_, problem) = faults.iter().find(|(at, _)| *at == slip).unwrap();
            assert!(problem.contains(&format!("`{}`", key.name)), "{slip}: {problem}");
        }
    }
    for written in ["colour", "x", "id", "password", "client", "session"] {
        fault(&format!("{written}: x"), written, "is not a known key");
    }
}

/// The name with its third letter missing, doubled, replaced, and swapped with the next one.
fn slips(name: &str) -> [String; 4] {
    let (before, rest) = name.split_at(2);
    let (letter, after) = rest.split_at(1);
    let (next, end) = after.split_at(1.min(after.len()));
    [
        format!("{before}{after}"),
        format!("{before}{letter}{letter}{after}"),
        format!("{before}z{after}"),
        format!("{before}{next}{letter}{end}"),
    ]
}

#[test]
fn a_slip_within_a_list_is_told_with_the_names_of_its_entries() {
    for (line, key, meant) in [
        ("routes: [{path: /a, paths: /b}]", "routes[0].path", "paths"),
        ("routes: [{paths: /b}, {paths: /a, method: GET}]", "routes[1].method", "methods"),
        ("routes: [{paths: /b, group_required: a}]", "routes[0].group_required", "groups_required"),
        (
            "bearer_issuers: [{issuer: https://id.example.com, audiences: a, client_id: a}]",
            "bearer_issuers[0].client_id",
            "client_ids",
        ),
        ("routes: '[{\"paths\": \"/b\", \"auths\": \"none\"}]'", "routes[0].auths", "auth"),
    ] {
        let problem = format!("is not a known key; did you mean `{meant}`?");
        assert_eq!(
            faults_of(line, Role::Proxy).iter().find(|(at, _)| at == key).map(|(_, problem)| problem),
            Some(&problem),
            "{line}"
        );
    }
    let row = faults_of(
        "upstream_url: https://10.0.0.7\nupstream_headers: [{header: x-a, paths: email}]",
        Role::Proxy,
    );
    assert!(
        row.iter().any(|(key, problem)| key == "upstream_headers[0].paths" && problem.contains("`path`")),
        "{row:?}"
    );
}

#[test]
fn a_slip_in_a_variable_is_told_with_the_variable_that_was_meant() {
    for (written, meant) in [
        ("VESTIBULE_CLIEND_ID", "VESTIBULE_CLIENT_ID"),
        ("VESTIBULE_ROUTE", "VESTIBULE_ROUTES"),
        ("VESTIBULE_client_id", "VESTIBULE_CLIENT_ID"),
    ] {
        let environment = vec![(written.to_owned(), "x".to_owned())];
        let sources = Sources { document: Some(MINIMAL), environment: &environment, ..Sources::default() };
        let Faults(faults) = Configuration::from_sources(&sources, Role::Login).unwrap_err();
        let problem = format!("is not a known variable; did you mean `{meant}`?");
        assert_eq!(faults, [Fault { key: written.to_owned(), problem }]);
    }
}
