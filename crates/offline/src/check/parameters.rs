//! Checks the configuration in the parameters of a deployment, in a samconfig.toml beside a document.

use std::path::Path;

use relying_party::configuration::Faults;
use serde_json::{Map, Value};

use crate::arguments::{Deployed, FrontKind};
use crate::document::{LocatedFault, OwnDocument};
use crate::file;
use crate::report::CommandError;
use crate::samconfig::{Environment, environments};

use super::{Checked, ELSEWHERE, contradictions};

/// The longest value of a parameter (CloudFormation, "Quotas").
const MAX_VALUE: usize = 4_096;

/// The parameters whose values are keys.
const KEYS: [(&str, &str); 3] =
    [("Issuer", "issuer"), ("ClientId", "client_id"), ("UpstreamUrl", "upstream_url")];

/// The parameters in the samconfig.toml beside a document that was found below a folder. One that holds no
/// configuration is left out.
pub(super) fn beside(
    argument: &Path,
    path: &Path,
    document: &Checked,
    deployed: Deployed,
) -> Result<Vec<Checked>, CommandError> {
    let Some(own) = path.parent().map(|folder| folder.join("samconfig.toml")) else { return Ok(Vec::new()) };
    if !argument.is_dir() || !own.is_file() {
        return Ok(Vec::new());
    }
    let name = own.display().to_string();
    let environments = match environments(&file::text(&own)?) {
        Ok(environments) => environments,
        Err(fault) => return Ok(vec![unreadable(name, fault, document.front)]),
    };
    let has_any = |environment: &&Environment| {
        environment.is_partial
            || ["Configuration", "Routes"].iter().any(|name| environment.parameters.contains_key(*name))
    };
    Ok(environments
        .iter()
        .filter(has_any)
        .map(|environment| of_environment(environment, &name, document, deployed))
        .collect())
}

fn unreadable(name: String, fault: LocatedFault, front: FrontKind) -> Checked {
    Checked {
        document: OwnDocument { name, text: String::new() },
        front,
        elsewhere: Vec::new(),
        outcome: Err(vec![fault]),
        warnings: Vec::new(),
        others: Vec::new(),
    }
}

fn of_environment(environment: &Environment, file: &str, document: &Checked, deployed: Deployed) -> Checked {
    let front = deployed.front.or_else(|| front(&environment.name)).unwrap_or(document.front);
    let name = format!("{file} [{}]", environment.name);
    let value = |name: &str| environment.parameters.get(name).map(String::as_str).unwrap_or_default();
    let mut others = Vec::new();
    let own = object(value("Configuration"), &mut others);
    let mut keys = own.clone();
    for (parameter, key) in KEYS {
        let given = Some(value(parameter)).filter(|value| !value.is_empty());
        if let Some(given) = given.filter(|_| key != "upstream_url" || front != FrontKind::Rest) {
            keys.insert(key.to_owned(), given.into());
        }
    }
    let host = value("CustomDomainName");
    if !host.is_empty() {
        keys.insert("public_url".to_owned(), format!("https://{host}").into());
    }
    if value("SessionStorage") == "cookie" {
        keys.insert("session_storage".to_owned(), "cookie".into());
    }
    if let Some(routes) = list(value("Routes"), &mut others) {
        keys.insert("routes".to_owned(), routes);
    }
    // The stack sets these. With all of them it is a whole document, in which a parameter may set a key.
    for (key, stand_in) in
        ELSEWHERE.iter().filter(|(key, _)| ["issuer", "client_id", "public_url"].contains(key))
    {
        keys.entry((*key).to_owned()).or_insert_with(|| (*stand_in).into());
    }
    for parameter in ["Configuration", "Routes"] {
        if value(parameter).len() > MAX_VALUE {
            others.push(without_place(format!(
                "{parameter}: has more than the 4,096 characters that a parameter takes"
            )));
        }
    }
    let text = OwnDocument { name: name.clone(), text: Value::Object(keys).to_string() };
    let mut checked = Checked::new(text, Deployed { front: Some(front), part: true });
    let own = OwnDocument { name: name.clone(), text: Value::Object(own).to_string() };
    let twice = own.located(&Faults(contradictions(&own, front, true)), &[]);
    let mut faults: Vec<LocatedFault> = checked.outcome.as_ref().err().cloned().unwrap_or_default();
    faults.extend(
        twice
            .into_iter()
            .filter(|fault| faults.iter().all(|known| known.key != fault.key))
            .collect::<Vec<_>>(),
    );
    faults.extend(others);
    // Nobody has written this document, so it has no places.
    for fault in &mut faults {
        fault.place = None;
    }
    if !faults.is_empty() {
        checked.outcome = Err(faults);
    }
    checked.document.text = String::new();
    checked.others = warnings(environment, &checked, document);
    checked
}

/// Settings that are valid, but hardly meant.
fn warnings(environment: &Environment, checked: &Checked, document: &Checked) -> Vec<LocatedFault> {
    let mut warnings = Vec::new();
    if environment.is_partial {
        let problem = "parameter_overrides: is written in a way that is not read here, so its parameters are not checked";
        warnings.push(without_place(problem.to_owned()));
        return warnings;
    }
    if let (Ok(own), Ok(beside)) = (&checked.outcome, &document.outcome)
        && own.routes != beside.routes
        && environment.parameters.contains_key("Routes")
    {
        let name = &document.document.name;
        warnings.push(without_place(format!(
            "Routes: differ from the rules of {name}; the deployment has those of the parameter"
        )));
    }
    warnings
}

fn without_place(problem: String) -> LocatedFault {
    LocatedFault { place: None, key: None, variable: None, problem }
}

fn object(text: &str, faults: &mut Vec<LocatedFault>) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(keys)) => return keys,
        _ if text.trim().is_empty() => {}
        _ => faults.push(without_place("Configuration: is no JSON object".to_owned())),
    }
    Map::new()
}

fn list(text: &str, faults: &mut Vec<LocatedFault>) -> Option<Value> {
    match serde_json::from_str(text) {
        Ok(routes @ Value::Array(_)) => return Some(routes),
        _ if text.trim().is_empty() => {}
        _ => faults.push(without_place("Routes: is no JSON list".to_owned())),
    }
    None
}

/// The front of an environment with one of our names.
fn front(environment: &str) -> Option<FrontKind> {
    [
        ("default", FrontKind::Rest),
        ("rest-api", FrontKind::Rest),
        ("http-api", FrontKind::HttpApi),
        ("function-url", FrontKind::FunctionUrl),
        ("alb", FrontKind::Alb),
    ]
    .into_iter()
    .find_map(|(name, front)| environment.starts_with(name).then_some(front))
}
