#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod argument;
mod contradiction;
mod fault;
mod forwarding_fault;
mod good;
mod hostile;
mod own_address;
mod pages;
mod pool;
mod ring_document;
mod session_fault;
mod source;
mod suggestion;
mod table;
mod warning;

use super::{Configuration, Faults, Role, Sources};

/// All required keys, and no others.
const MINIMAL: &str = "\
issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI
client_id: 1example23456789
public_url: https://app.example.com/prod
session_secret: 0123456789abcdef0123456789abcdef
";

fn read(document: &str, role: Role) -> Result<Configuration, Faults> {
    Configuration::from_sources(&Sources { document: Some(document), ..Sources::default() }, role)
}

/// The minimal document with these lines added or replacing its own.
fn with(lines: &str) -> String {
    let key = |line: &str| line.split_once(':').map(|(key, _)| key.to_owned()).unwrap_or_default();
    let changed: Vec<String> = lines.lines().map(key).collect();
    let kept = MINIMAL.lines().filter(|line| !changed.contains(&key(line)));
    kept.chain(lines.lines()).fold(String::new(), |document, line| document + line + "\n")
}

fn good(lines: &str) -> Configuration {
    good_for(lines, Role::Authorizer)
}

fn good_for(lines: &str, role: Role) -> Configuration {
    read(&with(lines), role).unwrap_or_else(|faults| panic!("{lines}\n{faults}"))
}

/// The faults of the minimal document with these variables.
fn faults_of_variables(environment: &[(String, String)]) -> Vec<(String, String)> {
    let kept = MINIMAL.lines().filter(|line| {
        let key = line.split_once(':').map_or("", |(key, _)| key);
        !environment.iter().any(|(name, _)| name.eq_ignore_ascii_case(&format!("VESTIBULE_{key}")))
    });
    let document = kept.fold(String::new(), |document, line| document + line + "\n");
    let sources = Sources { document: Some(&document), environment, ..Sources::default() };
    match Configuration::from_sources(&sources, Role::Authorizer) {
        Ok(_) => Vec::new(),
        Err(Faults(faults)) => faults.into_iter().map(|fault| (fault.key, fault.problem)).collect(),
    }
}

fn faults_of(lines: &str, role: Role) -> Vec<(String, String)> {
    match read(&with(lines), role) {
        Ok(_) => Vec::new(),
        Err(Faults(faults)) => faults.into_iter().map(|fault| (fault.key, fault.problem)).collect(),
    }
}
