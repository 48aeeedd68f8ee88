//! Finds every fault of documents.

use std::collections::BTreeSet;

use relying_party::configuration::{
    Configuration, Default, Fault, Faults, KEYS, Key, Platform, Role, Sources, Warning, parameter_of,
    schema as schema_of_keys,
};
use serde_json::{Value, json};

use crate::arguments::{CheckArguments, Deployed, FrontKind};
use crate::document::{LocatedFault, OwnDocument};
use crate::file;
use crate::report::{Colour, CommandError, Exit, Report, coloured};

mod parameters;

/// Keys that a document may leave to another source, each with a placeholder value.
const ELSEWHERE: [(&str, &str); 6] = [
    ("session_secret", "of 32 bytes and more and nobody's own: kL9s2Vw7"),
    ("client_secret", "a client secret that stands for the own one"),
    ("issuer", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_StandsFor"),
    ("client_id", "client-that-stands-for-the-own"),
    ("public_url", "https://stands-for-the-own.example"),
    ("upstream_url", "https://stands-for-the-application.example"),
];

/// The keys that a template always sets, in addition to the ones that the deployer must set.
const GIVEN: [(&str, &str); 2] = [("session_storage", "dynamodb"), ("session_table", "table-of-the-stack")];

/// The start of a fault that reports a missing key.
const MISSING: &str = "is required";

/// A document with the result of checking it.
pub(crate) struct Checked {
    pub(crate) document: OwnDocument,
    pub(crate) front: FrontKind,
    /// The keys that were assumed to come from another source.
    elsewhere: Vec<&'static str>,
    /// The configuration of the function that makes the access decisions, or every fault of all functions.
    pub(crate) outcome: Result<Configuration, Vec<LocatedFault>>,
    warnings: Vec<Warning>,
    /// Warnings about a file of parameters.
    others: Vec<LocatedFault>,
}

/// The JSON Schema of a document.
pub(crate) fn schema() -> Report {
    let schema = schema_of_keys();
    Report { exit: Exit::Done, lines: vec![format!("{schema:#}")], json: schema }
}

/// Checks all documents.
pub(crate) fn check(arguments: &CheckArguments) -> Result<Report, CommandError> {
    let mut checked = Vec::new();
    for argument in &arguments.paths {
        for path in file::documents(argument)? {
            let document = OwnDocument { text: file::text(&path)?, name: path.display().to_string() };
            let document = Checked::new(document, arguments.deployed);
            let parameters = parameters::beside(argument, &path, &document, arguments.deployed)?;
            checked.push(document);
            checked.extend(parameters);
        }
    }
    let faults: usize = checked.iter().map(Checked::faults).map(<[LocatedFault]>::len).sum();
    let warnings: usize = checked.iter().map(|checked| checked.warnings().len()).sum();
    let exit = if faults > 0 || arguments.strict && warnings > 0 { Exit::Refused } else { Exit::Done };
    let lines = checked.iter().flat_map(|checked| checked.lines(arguments.strict)).collect();
    let json = json!({
        "files": checked.iter().map(Checked::json).collect::<Vec<_>>(),
        "faults": faults,
        "warnings": warnings,
    });
    Ok(Report { exit, lines, json })
}

impl Checked {
    /// Reads a document as each function behind its front reads it.
    pub(crate) fn new(document: OwnDocument, deployed: Deployed) -> Self {
        let has = |key: &str| document.place_of(key).is_some();
        let front =
            deployed.front.unwrap_or(if has("upstream_url") { FrontKind::HttpApi } else { FrontKind::Rest });
        let mut elsewhere: BTreeSet<&'static str> = BTreeSet::new();
        // A missing value may hide further faults, so a placeholder takes its place and the document is read
        // again.
        let (outcome, warnings) = loop {
            let stores = GIVEN.iter().any(|(name, _)| has(name));
            let given = (deployed.part && !stores).then_some(GIVEN).into_iter().flatten();
            let (outcome, warnings) = read(&document.text, front, &elsewhere, given);
            let Err(faults) = &outcome else { break (outcome, warnings) };
            let missing = faults.iter().filter(|fault| fault.problem.starts_with(MISSING));
            let missing: Vec<&'static str> = missing
                .filter_map(|fault| key_of(&fault.key))
                .filter(|key| (key.secret || deployed.part) && !has(key.name))
                .filter_map(|key| ELSEWHERE.iter().find(|(name, _)| *name == key.name))
                .map(|(name, _)| *name)
                .filter(|name| !elsewhere.contains(name))
                .collect();
            if missing.is_empty() {
                break (outcome, warnings);
            }
            elsewhere.extend(missing);
        };
        let contradictions = contradictions(&document, front, deployed.part);
        let outcome = match outcome {
            Ok(read) if contradictions.is_empty() => Ok(read),
            outcome => {
                let others = outcome.err().unwrap_or_default();
                let others = others.into_iter().filter(|other| {
                    // A key that contradicts the template is reported once.
                    contradictions.iter().all(|fault| key_of(&fault.key) != key_of(&other.key))
                });
                let faults: Vec<Fault> = others.chain(contradictions.iter().cloned()).collect();
                Err(document.located(&Faults(faults), &[]))
            }
        };
        Self {
            document,
            front,
            elsewhere: elsewhere.into_iter().collect(),
            outcome,
            warnings,
            others: Vec::new(),
        }
    }

    fn faults(&self) -> &[LocatedFault] {
        self.outcome.as_ref().err().map_or(&[], Vec::as_slice)
    }

    fn lines(&self, strict: bool) -> Vec<String> {
        let name = &self.document.name;
        let mut lines = Vec::new();
        let mut documented = BTreeSet::new();
        for fault in self.faults() {
            lines.push(format!("{} {}", coloured(Colour::Red, "fault  "), fault.line(name)));
            let text = fault.key.as_deref().and_then(documentation);
            // The documentation of `routes` is long, and several rules may be faulty.
            let text = text.filter(|text| documented.insert(text.clone()));
            lines.extend(text.map(|text| format!("        {text}")));
        }
        for fault in self.warnings() {
            lines.push(format!("{} {}", coloured(Colour::Yellow, "warning"), fault.line(name)));
        }
        let front = self.front.name();
        if self.faults().is_empty() && strict && !self.warnings.is_empty() {
            let failed = coloured(Colour::Red, "failed ");
            lines.push(format!("{failed} {name}: --strict takes no warning, as {front}"));
        } else if self.faults().is_empty() {
            lines.push(format!("{} {name}: no fault, as {front}", coloured(Colour::Green, "ok     ")));
        }
        if !self.elsewhere.is_empty() {
            lines.push(format!(
                "        not in it, and taken to come from elsewhere: {}",
                self.elsewhere.join(", ")
            ));
        }
        lines
    }

    fn warnings(&self) -> Vec<LocatedFault> {
        let warnings = self.warnings.iter();
        let faults = warnings
            .map(|warning| Fault { key: warning.key.to_owned(), problem: warning.problem.to_owned() });
        let mut located = self.document.located(&Faults(faults.collect()), &[]);
        located.extend(self.others.iter().cloned());
        located
    }

    fn json(&self) -> Value {
        json!({
            "file": self.document.name,
            "front": self.front.name(),
            "faults": self.faults().iter().map(json_of).collect::<Vec<_>>(),
            "warnings": self.warnings().iter().map(json_of).collect::<Vec<_>>(),
            "from_elsewhere": self.elsewhere,
        })
    }
}

/// The configuration of the first function, which makes the access decisions, or the faults of all functions.
fn read(
    text: &str,
    front: FrontKind,
    elsewhere: &BTreeSet<&'static str>,
    given: impl Iterator<Item = (&'static str, &'static str)>,
) -> (Result<Configuration, Vec<Fault>>, Vec<Warning>) {
    let environment: Vec<(String, String)> = ELSEWHERE
        .iter()
        .copied()
        .filter(|(name, _)| elsewhere.contains(name))
        .chain(given)
        .filter_map(|(name, value)| Some((key_of(name)?.variable(), value.to_owned())))
        .collect();
    let sources = Sources { document: Some(text), environment: &environment, ..Sources::default() };
    let (mut first, mut faults, mut warnings) = (None, Vec::<Fault>::new(), Vec::<Warning>::new());
    for role in front.roles() {
        match Configuration::from_sources(&sources, *role).and_then(|read| read.on(Platform::Lambda)) {
            Ok(configuration) => {
                // Only the function that checks access knows the requirements of all rules.
                if matches!(role, Role::Authorizer | Role::Proxy) {
                    warnings.clone_from(&configuration.warnings);
                }
                first.get_or_insert(configuration);
            }
            Err(Faults(found)) => {
                let new: Vec<Fault> = found.into_iter().filter(|fault| !faults.contains(fault)).collect();
                faults.extend(new);
            }
        }
    }
    match first {
        Some(configuration) if faults.is_empty() => (Ok(configuration), warnings),
        _ => (Err(faults), warnings),
    }
}

/// Faults that no function would notice, but that the template of this front would cause.
fn contradictions(document: &OwnDocument, front: FrontKind, part: bool) -> Vec<Fault> {
    let has = |key: &&Key| document.place_of(key.name).is_some();
    let given = KEYS.iter().filter(has);
    let fault = |key: &Key, problem: String| Fault { key: key.name.to_owned(), problem };
    // A document with all required keys is not partial: it is deployed as a whole.
    let is_whole = ["issuer", "client_id", "public_url"].iter().all(|name| document.place_of(name).is_some());
    let twice = given.clone().filter(|_| part && !is_whole).filter_map(|key| {
        let parameter = parameter_of(key.name)?;
        Some(fault(key, format!("is set by the template's parameter `{parameter}`; a key has one source")))
    });
    let fixed = given.filter_map(|key| {
        let value = document.text_of(key.name)?;
        Some(fault(key, front.fixed(key.name, &value)?.to_owned()))
    });
    twice.chain(fixed).collect()
}

fn key_of(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| name.split(['.', '[']).next() == Some(key.name))
}

/// The documentation of a key, with its default.
fn documentation(name: &str) -> Option<String> {
    let key = key_of(name)?;
    let default = match key.default {
        Default::Derived(how) => format!(" Default: {how}."),
        Default::Value(text) => format!(" Default: `{text}`."),
        Default::Nothing | Default::Required => String::new(),
    };
    Some(format!("{}: {}{default}", key.name, key.documentation))
}

fn json_of(fault: &LocatedFault) -> Value {
    json!({
        "line": fault.place.map(|place| place.line),
        "column": fault.place.map(|place| place.column),
        "key": fault.key,
        "problem": fault.problem,
        "documentation": fault.key.as_deref().and_then(documentation),
    })
}
