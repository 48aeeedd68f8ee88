//! Reads the parameters in a file of `sam deploy --config-file`, as far as a configuration is in them.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::document::{LocatedFault, Place};

/// The parameters of one environment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Its name, such as `http-api`.
    pub(crate) name: String,
    /// The values by the names of their parameters.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Whether some of its parameters are written in a way that is not read here.
    pub(crate) is_partial: bool,
}

/// Reads `parameter_overrides` in the tables `[NAME.deploy.parameters]` and `[NAME.global.parameters]`.
///
/// # Errors
///
/// The text is not TOML.
pub(crate) fn environments(text: &str) -> Result<Vec<Environment>, LocatedFault> {
    let document: Table = text.parse().map_err(|error| not_toml(text, &error))?;
    let environments = document.iter().filter_map(|(name, commands)| {
        let of_command = |command: &str| commands.get(command)?.get("parameters")?.get("parameter_overrides");
        // A key of a command replaces the same key of all commands (`SamConfig.get_all` of sam 1.170).
        let value = of_command("deploy").or_else(|| of_command("global"))?;
        let read = strings(value).and_then(|texts| overrides(&texts));
        let is_partial = read.is_none();
        Some(Environment { name: name.clone(), parameters: read.unwrap_or_default(), is_partial })
    });
    Ok(environments.collect())
}

fn not_toml(text: &str, error: &toml::de::Error) -> LocatedFault {
    let before = error.span().and_then(|span| text.get(..span.start));
    let place = before.map(|before| Place {
        line: before.matches('\n').count() + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
    });
    let problem = format!("is not readable as TOML: {}", error.message());
    LocatedFault { place, key: None, variable: None, problem }
}

/// The strings of an array, or a single string.
fn strings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(texts) => texts.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The end of a text in quotation marks, in which a backslash protects the next character.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_protected = false;
    let inside = text.strip_prefix('"')?;
    for (place, letter) in inside.char_indices() {
        match letter {
            _ if is_protected => is_protected = false,
            '\\' => is_protected = true,
            '"' => return Some(place + 2),
            _ => {}
        }
    }
    None
}

/// The parameters `Name=value` and `Name="value"` in texts, as sam reads them.
fn overrides(texts: &[String]) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for text in texts {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (name, value) = rest.split_once('=')?;
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || name == "ParameterKey" {
                return None;
            }
            let (value, after) = if value.starts_with('"') {
                let end = end_of_quoted(value)?;
                let inside = value.get(1..end.checked_sub(1)?)?;
                (inside.replace("\\\"", "\""), value.get(end..)?)
            } else {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                (value.get(..end)?.to_owned(), value.get(end..)?)
            };
            found.insert(name.to_owned(), value);
            rest = after.trim_start();
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot continue should stop")]

    use super::{Environment, environments};

    fn parameters(environment: &Environment) -> Vec<String> {
        environment.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn each_way_of_writing_parameters() {
        for (value, expected) in [
            ("\"A=b C=d\"", Some(vec!["A=b", "C=d"])),
            ("'A=\"b c\" C=d'", Some(vec!["A=b c", "C=d"])),
            (
                "[\n  \"A=\\\"b\\\"\", # a comment ]\n  'C=\"{\\\"d\\\":1}\"',\n]",
                Some(vec!["A=b", "C={\"d\":1}"]),
            ),
            ("[]", Some(vec![])),
            ("\"ParameterKey=A,ParameterValue=b\"", None),
            ("\"\"\"\nA=b\nC=d\"\"\"", Some(vec!["A=b", "C=d"])),
            ("\"A\"", None),
            ("1", None),
        ] {
            let text = format!(
                "version = 0.1\n[http-api.deploy.parameters]\nstack_name = \"x\"\nparameter_overrides = {value}\n"
            );
            let found = environments(&text).unwrap();
            let told: Vec<(&str, bool, Vec<String>)> = found
                .iter()
                .map(|environment| {
                    (environment.name.as_str(), environment.is_partial, parameters(environment))
                })
                .collect();
            let is_partial = expected.is_none();
            let expected = expected.unwrap_or_default().into_iter().map(str::to_owned).collect();
            assert_eq!(told, [("http-api", is_partial, expected)], "{value}");
        }
    }

    #[test]
    fn the_parameters_of_the_command_replace_those_of_all_commands() {
        let text = "[a.build.parameters]\nparameter_overrides = \"X=1\"\n[a.global.parameters]\nparameter_overrides = \"A=1\"\n[a.deploy.parameters]\nparameter_overrides = \"B=2\"\n[b.deploy.parameters]\nparameter_overrides = \"C=3\"\n[c.global.parameters]\nparameter_overrides = \"D=4\"\n";
        let found = environments(text).unwrap();
        let told: Vec<(&str, Vec<String>)> =
            found.iter().map(|environment| (environment.name.as_str(), parameters(environment))).collect();
        assert_eq!(
            told,
            [("a", vec!["B=2".to_owned()]), ("b", vec!["C=3".to_owned()]), ("c", vec!["D=4".to_owned()])]
        );
    }

    #[test]
    fn a_fault_of_toml_has_a_place() {
        let fault = environments("version = 0.1\n[a.deploy.parameters\n").unwrap_err();
        assert_eq!(fault.place.map(|place| place.line), Some(2));
        assert!(fault.problem.starts_with("is not readable as TOML: "), "{}", fault.problem);
    }
}
