//! Finds the placeholders that decK, shells and Kong's vaults substitute, and those that people replace by hand.

use relying_party::configuration::{is_placeholder, is_placeholder_of_secret};

/// A text of the input after substitution of the placeholders that have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filled {
    pub(crate) text: String,
    /// The names of the placeholders without a value.
    pub(crate) open: Vec<String>,
}

/// Looks up a value in the environment that the caller of the importer provides.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Substitutes `$NAME`, `${NAME}` and `${{ env "NAME" }}`. A `{vault://...}` of Kong is never substituted,
/// because it names a secret.
pub(crate) fn fill(text: &str, environment: Environment<'_>) -> Filled {
    let (mut filled, mut open, mut rest) = (String::new(), Vec::new(), text);
    if let Some((_, name)) = vault_reference(text) {
        return Filled { text: text.to_owned(), open: vec![name.to_owned()] };
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

/// Whether `text` has a placeholder of any kind.
pub(crate) fn has_any(text: &str) -> bool {
    !fill(text, &|_| None).open.is_empty()
}

/// Whether an address or a name of the input is incomplete: it has a placeholder, or a `<tenant>` or `{tenant}`
/// to be replaced by hand.
pub(crate) fn is_open(text: &str) -> bool {
    has_any(text) || bracketed(text).is_some()
}

/// Whether nobody has replaced the name of a client or of a provider yet.
pub(crate) fn is_unnamed(text: &str) -> bool {
    is_open(text) || is_placeholder(text)
}

/// The same for a secret, in which any character may occur.
pub(crate) fn is_unfilled_secret(text: &str) -> bool {
    is_open(text) || is_placeholder_of_secret(text)
}

/// Returns the host name in lower case for comparison; one with a placeholder is left unchanged.
pub(crate) fn lower_case(host: &str) -> String {
    if has_any(host) { host.to_owned() } else { host.to_ascii_lowercase() }
}

/// Returns `text` with each placeholder replaced by the result of `replacement` for its name.
pub(crate) fn replace(text: &str, replacement: impl Fn(&str) -> String) -> String {
    if let Some((written, name)) = vault_reference(text) {
        return text.replace(written, &replacement(name));
    }
    fill(text, &|name| Some(replacement(name))).text
}

/// Also replaces each `<name>` and `{name}`, which a regular expression may use for a group.
pub(crate) fn replace_all(text: &str, replacement: impl Fn(&str) -> String) -> String {
    let mut replaced = replace(text, &replacement);
    while let Some((written, name)) = bracketed(&replaced) {
        replaced = replaced.replace(written, &replacement(name));
    }
    replaced
}

/// The first reference to a vault, and the name in it. Kong only resolves one that is the whole value.
fn vault_reference(text: &str) -> Option<(&str, &str)> {
    let from = text.get(text.find("{vault://")?..)?;
    let written = from.split_inclusive('}').next()?;
    let name = written.strip_prefix("{vault://")?.strip_suffix('}')?;
    Some((written, name))
}

/// The first `<name>` or `{name}`, which documents use for a value to be filled in by hand.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let mut rest = text;
    while let Some(start) = rest.find(['<', '{']) {
        rest = rest.get(start..)?;
        let (open, close) = if rest.starts_with('<') { ('<', '>') } else { ('{', '}') };
        let written = rest.split_inclusive(close).next()?;
        let name = written.strip_prefix(open)?;
        if let Some(name) = name.strip_suffix(close).filter(|name| is_placeholder_name(name)) {
            return Some((written, name));
        }
        rest = rest.get(1..)?;
    }
    None
}

fn is_placeholder_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_. ".contains(letter))
}

/// The name of the placeholder at the start of `text`, and its length.
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
    // `$` ends a regular expression, and `$1` is one of its groups.
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
            (
                "https://x.example/{vault://aws/tenant}/v2",
                "https://x.example/{vault://aws/tenant}/v2",
                vec!["aws/tenant"],
            ),
            ("~/a$", "~/a$", vec![]),
            ("$1 costs $5", "$1 costs $5", vec![]),
            ("$host ${x} ${{ y }} $", "$host ${x} ${{ y }} $", vec![]),
        ] {
            let open: Vec<String> = open.into_iter().map(str::to_owned).collect();
            assert_eq!(filled(text), (expected.to_owned(), open), "{text}");
        }
    }

    #[test]
    fn a_placeholder_is_replaced() {
        for (text, expected) in [
            ("https://id.example.com/<tenant-id>/v2.0", "https://id.example.com/x/v2.0"),
            ("https://<domain>/<realm>", "https://x/x"),
            ("<your client id>", "x"),
            ("https://id.example.com/{tenant}/v2.0", "https://id.example.com/x/v2.0"),
            ("{a}<b>{c}", "xxx"),
            ("{1}{}", "{1}{}"),
            ("{vault://env/a}/<b>", "x/x"),
            ("a<b", "a<b"),
            ("<>", "<>"),
            ("<1>", "<1>"),
            ("< <a>", "< x"),
        ] {
            assert_eq!(replace_all(text, |_| "x".to_owned()), expected, "{text}");
            assert_eq!(is_open(text), text != expected, "{text}");
        }
    }
}
