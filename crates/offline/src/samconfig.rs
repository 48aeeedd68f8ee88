//! Reads the parameters in a file of `sam deploy --config-file`, as far as a configuration is in them.

use std::collections::BTreeMap;

/// The parameters of one environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Its name, such as `http-api`.
    pub(crate) name: String,
    /// The values by the names of their parameters.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Whether some of its parameters are written in a way that is not read here.
    pub(crate) is_partial: bool,
}

/// Reads `parameter_overrides` in the tables `[NAME.deploy.parameters]` and `[NAME.global.parameters]`.
pub(crate) fn environments(text: &str) -> Vec<Environment> {
    let mut found: Vec<Environment> = Vec::new();
    let mut name = String::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        if let Some(table) = line.trim().strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let of_deployment =
                [".deploy.parameters", ".global.parameters"].iter().find_map(|end| table.strip_suffix(end));
            of_deployment.unwrap_or_default().trim_matches(['"', '\'']).clone_into(&mut name);
        }
        let is_overrides =
            line.strip_prefix("parameter_overrides").is_some_and(|rest| rest.trim_start().starts_with('='));
        if name.is_empty() || !is_overrides {
            continue;
        }
        let value = text.get(start..).and_then(|rest| rest.split_once('=')).map_or("", |(_, value)| value);
        let place = found.iter().position(|known| known.name == name).unwrap_or_else(|| {
            found.push(Environment { name: name.clone(), ..Environment::default() });
            found.len() - 1
        });
        if let Some(environment) = found.get_mut(place) {
            let read = strings(value).and_then(|texts| overrides(&texts));
            environment.is_partial |= read.is_none();
            environment.parameters.extend(read.unwrap_or_default());
        }
    }
    found
}

/// The strings of a TOML array, or a single string.
fn strings(value: &str) -> Option<Vec<String>> {
    let value = value.trim_start();
    let Some(mut rest) = value.strip_prefix('[') else { return Some(vec![string(value)?.0]) };
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',');
        if let Some(comment) = rest.strip_prefix('#') {
            rest = comment.split_once('\n')?.1;
        } else if rest.starts_with(']') {
            return Some(found);
        } else {
            let (text, after) = string(rest)?;
            found.push(text);
            rest = after;
        }
    }
}

/// A basic or a literal string of one line at the start of `text`, and the text after it (TOML 1.0.0, "String").
fn string(text: &str) -> Option<(String, &str)> {
    if text.starts_with("\"\"\"") || text.starts_with("'''") {
        return None;
    }
    if let Some(literal) = text.strip_prefix('\'') {
        let (inside, after) = literal.split_once('\'')?;
        return Some((inside.to_owned(), after));
    }
    let end = end_of_quoted(text)?;
    let (quoted, after) = (text.get(..end)?, text.get(end..)?);
    // The escapes are those of JSON, but for `\U` and `\e`.
    Some((serde_json::from_str(quoted).ok()?, after))
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
            ("\"\"\"A=b\"\"\"", None),
            ("[\"A=b\"", None),
            ("\"A\"", None),
            ("1", None),
        ] {
            let text = format!(
                "version = 0.1\n[http-api.deploy.parameters]\nstack_name = \"x\"\nparameter_overrides = {value}\n"
            );
            let found = environments(&text);
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
    fn tables_of_one_environment_belong_together() {
        let text = "[a.build.parameters]\nparameter_overrides = \"X=1\"\n[a.global.parameters]\nparameter_overrides = \"A=1\"\n[a.deploy.parameters]\nparameter_overrides = \"B=2\"\n[b.deploy.parameters]\nparameter_overrides = \"C=3\"\n";
        let found = environments(text);
        let told: Vec<(&str, Vec<String>)> =
            found.iter().map(|environment| (environment.name.as_str(), parameters(environment))).collect();
        assert_eq!(told, [("a", vec!["A=1".to_owned(), "B=2".to_owned()]), ("b", vec!["C=3".to_owned()])]);
    }
}
