//! Fuzzes configuration documents for every role. The first byte selects the form of the text: the document,
//! the secret, or environment variables line by line.

#![cfg_attr(fuzzing, no_main)]

use fuzz::SECRET;
use relying_party::configuration::{
    CONFIG_VARIABLE, CONFIGURATION_SECRET_VARIABLE, Configuration, Faults, KEYS, Role, SECRET_ID_VARIABLE,
    Sources,
};
use relying_party::relying_party::RelyingParty;

const ROLES: [Role; 6] =
    [Role::Authorizer, Role::Login, Role::Callback, Role::Session, Role::Logout, Role::Proxy];

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let line = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment: Vec<(String, String)> = text.lines().filter_map(line).collect();
    let sources = match choice % 4 {
        0 => Sources { document: Some(text), ..Sources::default() },
        1 => Sources { secret_document: Some(text), ..Sources::default() },
        2 => Sources { configuration_secret: Some(text), ..Sources::default() },
        _ => Sources { environment: &environment, ..Sources::default() },
    };
    let role = ROLES[usize::from(choice / 4) % ROLES.len()];

    let read = Configuration::from_sources(&sources, role);
    let again = Configuration::from_sources(&sources, role);
    match (read, again) {
        (Ok(configuration), Ok(again)) => {
            assert_eq!(format!("{configuration:?}"), format!("{again:?}"), "reading is stable");
            assert!(!configuration.signing_algorithms.is_empty());
            assert!(configuration.auth_prefix.starts_with('/') && configuration.auth_prefix.len() > 1);
            assert!(!configuration.auth_prefix.ends_with('/'));
            let session = &configuration.session;
            assert!(session.absolute > 0 && session.rolling > 0 && configuration.leeway >= 0);
            assert_addresses(&configuration);
            let deployment = RelyingParty::new(configuration);
            assert!(deployment.is_ok(), "what is accepted can be served: {:?}", deployment.err());
            assert!(!format!("{deployment:?}").contains(SECRET));
        }
        (Err(faults), Err(again)) => {
            assert_eq!(faults, again, "reading is stable");
            assert_named(&faults, text);
        }
        _ => panic!("the same text was read in two ways"),
    }
});

/// Asserts that every host has its own callback, and that no page for a refusal is one of vestibule's own or
/// has a scheme that browsers do not trust.
fn assert_addresses(configuration: &Configuration) {
    let hosts = std::iter::once(configuration.clone())
        .chain(configuration.other_hosts.iter().map(|host| configuration.at(host)));
    for host in hosts {
        let own = format!("{}{}", host.public_url.origin(), host.public_url.path());
        assert!(host.redirect_uri.starts_with(&format!("{own}/")), "{}", host.redirect_uri);
        assert!(host.redirect_uris.contains(&host.redirect_uri));
        let pages = [&host.forbidden_redirect_uri, &host.unauthorized_redirect_uri];
        for page in pages.into_iter().flatten() {
            assert!(page.starts_with("https:") || page.starts_with("http:"), "{page}");
            assert!(!page.starts_with(&format!("{own}{}/", host.auth_prefix)), "{page}");
        }
    }
}

/// Asserts that each fault names a key, a part of one, a source, or the text in place of a key.
fn assert_named(faults: &Faults, text: &str) {
    assert!(!faults.0.is_empty());
    for fault in &faults.0 {
        let key = fault.key.split(['[', '.']).next().unwrap_or_default();
        let known = KEYS.iter().any(|known| known.name == key || known.variable() == fault.key)
            || [CONFIG_VARIABLE, CONFIGURATION_SECRET_VARIABLE, SECRET_ID_VARIABLE].contains(&key);
        // An unknown name may contain escapes or extend over several lines.
        let told = text.contains(&fault.key)
            || fault.problem.contains("is not a k")
            || fault.problem == "is given twice";
        assert!(known || told, "{fault:?}");
        assert!(!fault.problem.is_empty(), "{fault:?}");
        // A fault may quote the value of a key that is not a secret.
        let elsewhere =
            text.matches(SECRET).count() != text.matches(&format!("session_secret: {SECRET}")).count();
        assert!(elsewhere || !fault.problem.contains(SECRET), "{fault:?}");
    }
}
