//! Fuzzes configurations of Kong Gateway: up to three files, separated by a line `=====`. An import is a valid
//! configuration of vestibule and reveals no secret.

#![cfg_attr(fuzzing, no_main)]

use fuzz::SECRET;
use kong::{Import, InputFile, OutputFile, import};
use relying_party::configuration::{Configuration, Faults, Role, Sources};

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let file =
        |(number, text): (usize, &str)| InputFile { name: format!("{number}.yaml"), text: text.to_owned() };
    let files: Vec<InputFile> = text.splitn(3, "\n=====\n").enumerate().map(file).collect();
    let environment = |name: &str| (name == "HOST").then(|| "host.example.com".to_owned());
    let read = import(files.clone(), environment);
    assert_eq!(read, import(files, environment), "a second run gives the same");
    match read {
        Ok(import) => assert_serves(&import, text),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert!(fault.line > 0 && fault.column > 0 && !fault.problem.is_empty(), "{fault:?}");
            }
        }
    }
});

/// Asserts that the rules of each application can be read, and that its secrets are in the file for them.
fn assert_serves(import: &Import, text: &str) {
    for application in &import.applications {
        let file = |name: &str| {
            let path = format!("{}/{name}", application.name);
            import.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
        };
        let absent = |key: &&str| {
            (
                format!("VESTIBULE_{}", key.to_uppercase()),
                format!("{key} that stands in for one that is not there"),
            )
        };
        let environment: Vec<(String, String)> = application.absent_secrets.iter().map(absent).collect();
        let sources = Sources {
            document: file("vestibule.yaml"),
            secret_document: file("secrets.json"),
            environment: &environment,
            ..Sources::default()
        };
        // An address in the input that no function accepts prevents the start, and the fault names its key. The import
        // writes the rules itself.
        if let Err(Faults(faults)) = Configuration::from_sources(&sources, Role::Proxy) {
            assert!(faults.iter().all(|fault| !fault.key.starts_with("routes")), "{faults:?}");
        }
    }
    // If the input contains the secret only where a secret belongs, only the output's secret files contain
    // it.
    let places = text.matches(&format!("client_secret: [{SECRET}]")).count();
    let others = import.files.iter().filter(|file| !file.secret);
    let told = |file: &OutputFile| file.text.contains(SECRET);
    assert!(places != text.matches(SECRET).count() || !others.clone().any(told), "a secret is told");
}
