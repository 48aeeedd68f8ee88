//! Imports each folder of tests/kong and compares the output with the stored one. `BLESS=1` rewrites it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kong::{Import, InputFile, import};
use relying_party::configuration::{Configuration, Role, Sources};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kong");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.join("input").is_dir());
    folders.sort();
    assert!(folders.len() >= 40, "{} folders", folders.len());
    folders
}

fn inputs(folder: &Path) -> Vec<InputFile> {
    texts(&folder.join("input")).into_iter().map(|(name, text)| InputFile { name, text }).collect()
}

/// Every file below `folder`, by its path.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(texts(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else {
            found.insert(name, fs::read_to_string(path).unwrap());
        }
    }
    found
}

fn imported(folder: &Path) -> Import {
    let environment: BTreeMap<String, String> = fs::read_to_string(folder.join("environment"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let lookup = |name: &str| environment.get(name).cloned();
    let import =
        import(inputs(folder), lookup).unwrap_or_else(|faults| panic!("{}: {faults:?}", folder.display()));
    assert_eq!(
        import,
        self::import(inputs(folder), lookup).unwrap(),
        "a second run differs: {}",
        folder.display()
    );
    import
}

#[test]
fn each_folder_becomes_what_is_there() {
    let mut behind = Vec::new();
    for folder in folders() {
        let output = folder.join("output");
        let made: BTreeMap<String, String> =
            imported(&folder).files.into_iter().map(|file| (file.path, file.text)).collect();
        if made == texts(&output) {
            continue;
        }
        if std::env::var_os("BLESS").is_none() {
            behind.push(folder.file_name().unwrap().to_str().unwrap().to_owned());
            continue;
        }
        let _ = fs::remove_dir_all(&output);
        for (path, text) in made {
            let path = output.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    assert!(behind.is_empty(), "BLESS=1 cargo test -p kong --test golden rewrites {behind:?}");
}

/// Each function accepts each imported document.
#[test]
fn each_document_is_a_configuration() {
    for folder in folders() {
        let import = imported(&folder);
        for application in &import.applications {
            configuration(&import, &application.name)
                .unwrap_or_else(|faults| panic!("{}/{}: {faults}", folder.display(), application.name));
        }
    }
}

fn configuration(
    import: &Import,
    application: &str,
) -> Result<Configuration, relying_party::configuration::Faults> {
    let text = |name: &str| {
        let path = format!("{application}/{name}");
        import.files.iter().find(|file| file.path == path).map(|file| file.text.clone())
    };
    let absent = &import.applications.iter().find(|one| one.name == application).unwrap().absent_secrets;
    let environment: Vec<(String, String)> = absent
        .iter()
        .map(|key| {
            (
                format!("VESTIBULE_{}", key.to_uppercase()),
                format!("{key} of a test that nobody else has anywhere"),
            )
        })
        .collect();
    let (document, secrets) = (text("vestibule.yaml").unwrap(), text("secrets.json"));
    let sources = Sources {
        document: Some(&document),
        secret_document: secrets.as_deref(),
        environment: &environment,
        ..Sources::default()
    };
    Configuration::from_sources(&sources, Role::Proxy)
}

/// Nothing is dropped silently: each value of the input has a line in the report.
#[test]
fn each_value_has_a_line() {
    for folder in folders() {
        let import = imported(&folder);
        let unread: Vec<&str> = import
            .report
            .settings
            .iter()
            .filter(|setting| setting.text.starts_with("nothing here reads this setting"))
            .map(|setting| setting.name.as_str())
            .collect();
        assert!(unread.is_empty(), "{}: {unread:?}", folder.display());
        for InputFile { name, text } in inputs(&folder) {
            let values = import.report.settings.iter().filter(|setting| setting.file == name).count();
            assert!(
                values >= scalars(&text),
                "{}/{name}: {values} lines for {}",
                folder.display(),
                scalars(&text)
            );
        }
    }
}

/// A lower bound that does not depend on the importer's parser: lines of YAML or JSON that end in a value.
fn scalars(text: &str) -> usize {
    let is_value = |line: &&str| {
        let line = line.trim().trim_end_matches(',');
        !line.starts_with('#')
            && !line.starts_with("---")
            && !line.is_empty()
            && !line.ends_with([':', '{', '[', '}', ']'])
            && !line.contains(": *")
            && !line.contains(": &")
            && !line.contains("<<")
    };
    text.lines().filter(is_value).count()
}

/// Secrets are only in the file for secrets.
#[test]
fn no_secret_is_told() {
    for folder in folders() {
        let import = imported(&folder);
        for file in &import.files {
            assert_eq!(file.secret, file.path.ends_with("/secrets.json"), "{}", file.path);
            let told = file.text.contains("example-secret") && !file.secret;
            assert!(!told, "{}: {} tells a secret", folder.display(), file.path);
        }
    }
}

/// A text that is truncated, or has parts removed or changed, gives an import or faults, but never a panic.
#[test]
fn damaged_input_is_told_of() {
    let letters = ["", "[", "{", "-", ":", "*", "~", "$", "\"", "\u{0}", "%", "/", " ", "é"];
    let (mut imports, mut refusals) = (0, 0);
    for folder in folders() {
        let files = inputs(&folder);
        for (number, file) in files.iter().enumerate() {
            let places: Vec<usize> = file.text.char_indices().map(|(place, _)| place).collect();
            for (step, place) in places.iter().step_by(places.len() / 40 + 1).enumerate() {
                let (before, after) = file.text.split_at(*place);
                let rest: String = after.chars().skip(step % 3).collect();
                let text = match step % 4 {
                    0 => before.to_owned(),
                    _ => format!("{before}{}{rest}", letters.get(step % letters.len()).unwrap()),
                };
                let mut damaged = files.clone();
                damaged.get_mut(number).unwrap().text = text;
                match import(damaged, |_| None) {
                    Ok(_) => imports += 1,
                    Err(faults) => {
                        refusals += 1;
                        assert!(
                            !faults.is_empty()
                                && faults.iter().all(|fault| fault.line > 0 && fault.column > 0)
                        );
                    }
                }
            }
        }
    }
    assert!(imports > 100 && refusals > 100, "{imports} imports, {refusals} refusals");
}
