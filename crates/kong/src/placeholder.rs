//! Finds the placeholders that decK, shells and Kong's vaults fill in.

/// A text of the input with its placeholders filled in, as far as they can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) text: String,
    /// The names of those that nobody filled in.
    pub(crate) open: Vec<String>,
}

/// Reads values from the environment that the importer was handed.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Fills in `$NAME`, `${NAME}` and `${{ env "NAME" }}`. A `{vault://...}` of Kong's is never filled in: it names a secret.
pub(crate) fn fill(text: &str, environment: Environment<'_>) -> Filled {
    let (mut filled, mut open, mut rest) = (String::new(), Vec::new(), text);
    if is_vault_reference(text) {
        return Filled { text: text.to_owned(), open: vec![vault_name(text)] };
    }
    while let Some(start) = rest.find('$') {
        let (before, from) = rest.split_at(start);
        filled.push_str(before);
        if let Some((name, length)) = placeholder(from) {
            let (written, after) = from.split_at(length);
            if let Some(value) = environment(name).filter(|value| !value.is_empty()) {
                filled.push_str(&value);
            } else {
                filled.push_str(written);
                open.push(name.to_owned());
            }
            rest = after;
        } else {
            filled.push('$');
            rest = from.strip_prefix('$').unwrap_or_default();
        }
    }
    filled.push_str(rest);
    Filled { text: filled, open }
}

/// Tells whether `text` has a placeholder, whoever would fill it in.
pub(crate) fn has_any(text: &str) -> bool {
    !fill(text, &|_| None).open.is_empty()
}

/// The name of a host in lower case, in which it is compared; one with a placeholder stays as it is.
pub(crate) fn lower_case(host: &str) -> String {
    if has_any(host) { host.to_owned() } else { host.to_ascii_lowercase() }
}

/// `text` with each placeholder replaced by what `stand_in` makes of its name.
pub(crate) fn replace(text: &str, stand_in: impl Fn(&str) -> String) -> String {
    if is_vault_reference(text) {
        return stand_in(&vault_name(text));
    }
    fill(text, &|name| Some(stand_in(name))).text
}

fn is_vault_reference(text: &str) -> bool {
    text.starts_with("{vault://") && text.ends_with('}')
}

fn vault_name(text: &str) -> String {
    text.trim_start_matches("{vault://").trim_end_matches('}').to_owned()
}

/// The name of the placeholder that `text` starts with, and how long it is.
fn placeholder(text: &str) -> Option<(&str, usize)> {
    if let Some(inner) = text.strip_prefix("${{") {
        let (inside, _) = inner.split_once("}}")?;
        let name = inside.trim().strip_prefix("env")?.trim().trim_matches(['"', '\'']);
        return is_name(name).then_some((name, inside.len() + "${{}}".len()));
    }
    if let Some(inner) = text.strip_prefix("${") {
        let (name, _) = inner.split_once('}')?;
        return is_name(name).then_some((name, name.len() + "${}".len()));
    }
    let rest = text.strip_prefix('$')?;
    let length = rest.bytes().take_while(|byte| is_letter(*byte)).count();
    let name = rest.get(..length)?;
    // `$` ends a regular expression, `$1` is one of its groups.
    (length > 1 && is_name(name)).then_some((name, length + 1))
}

fn is_name(name: &str) -> bool {
    name.bytes().next().is_some_and(|first| first.is_ascii_uppercase() || first == b'_')
        && name.bytes().all(is_letter)
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> (String, Vec<String>) {
        let Filled { text, open } = fill(text, &|name| (name == "HOST").then(|| "a.example".to_owned()));
        (text, open)
    }

    #[test]
    fn each_way_of_writing_a_placeholder() {
        for (text, expected, open) in [
            ("https://$HOST/x", "https://a.example/x", vec![]),
            ("https://${HOST}/x", "https://a.example/x", vec![]),
            ("${{ env \"HOST\" }}", "a.example", vec![]),
            ("${{env 'HOST'}}:8443", "a.example:8443", vec![]),
            ("$OTHER/$HOST", "$OTHER/a.example", vec!["OTHER"]),
            ("${{ env \"DECK_X\" }}", "${{ env \"DECK_X\" }}", vec!["DECK_X"]),
            ("{vault://aws/oidc/secret}", "{vault://aws/oidc/secret}", vec!["aws/oidc/secret"]),
            ("~/a$", "~/a$", vec![]),
            ("$1 costs $5", "$1 costs $5", vec![]),
            ("$host ${x} ${{ y }} $", "$host ${x} ${{ y }} $", vec![]),
        ] {
            let open: Vec<String> = open.into_iter().map(str::to_owned).collect();
            assert_eq!(filled(text), (expected.to_owned(), open), "{text}");
        }
    }
}
