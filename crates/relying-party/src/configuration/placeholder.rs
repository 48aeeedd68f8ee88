//! Finds the values that templates and guides write for somebody to replace.

/// Words that templates and guides write as placeholders for a secret. A random text has one with a
/// probability of one in billions.
const OF_A_SECRET: [&str; 8] = [
    "changeme",
    "change-me",
    "change_me",
    "placeholder",
    "replace-me",
    "replace_me",
    "your-secret",
    "your_secret",
];

/// Tells whether a secret is a placeholder: an unfilled variable, the address of a stored secret, or one of the
/// words above.
pub(super) fn is_unfilled(secret: &str) -> bool {
    let lower = secret.trim().to_ascii_lowercase();
    let is_between = |start: &str, end: &str| lower.starts_with(start) && lower.ends_with(end);
    ["${", "$(", "{{", "<", "%", "arn:aws", "secret:"]
        .into_iter()
        .zip(["}", ")", "}}", ">", "%", "", ""])
        .any(|(start, end)| is_between(start, end))
        || OF_A_SECRET.iter().any(|word| lower.contains(word))
}

/// Words of a name that stands for a value: `todo`, `YOUR_CLIENT_ID`.
const WORDS: [&str; 6] = ["changeme", "fixme", "placeholder", "tbd", "todo", "your"];

/// Pairs of words with the same meaning: `replace-me`, `insert_here`.
const PAIRS: [(&str, &str); 4] =
    [("change", "me"), ("insert", "here"), ("replace", "me"), ("replace", "with")];

/// Ends of a name that says which value belongs there: `COGNITO_CLIENT_ID`, `my-client-secret`, `clientid`.
const NAMES: [&str; 5] = ["clientid", "clientsecret", "poolid", "tenantid", "userpoolid"];

/// Tells whether a client id or an address seems to be a placeholder: an unfilled variable, or a name that says
/// which value belongs there. A value that the provider made is one with a probability of one in millions.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('$') || is_wrapped(text) || is_placeholder_of_secret(text)
}

/// The same for a secret, which may have any character.
pub fn is_placeholder_of_secret(text: &str) -> bool {
    let has_words = |text: &str| text.contains(|letter: char| letter.is_ascii_alphanumeric());
    is_unfilled(text) || !text.is_empty() && !has_words(text) || text.split('/').any(names_a_value)
}

/// Whether these words are the name of a value.
fn names_a_value(text: &str) -> bool {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_one = |word: &&str| {
        WORDS.contains(word)
            || NAMES.contains(word)
            || is_yours(word)
            || word.len() > 2 && word.bytes().all(|byte| byte == b'x')
    };
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let ends_so = match words.as_slice() {
        [.., one, two] => NAMES.iter().any(|name| name.strip_prefix(one) == Some(two)),
        _ => false,
    };
    words.iter().any(is_one) || ends_so || pairs.any(|(one, two)| PAIRS.contains(&(one, two)))
}

/// Whether it is a word such as `yourdomain`.
fn is_yours(word: &str) -> bool {
    let rest = word.strip_prefix("your").unwrap_or_default();
    ["account", "app", "client", "domain", "issuer", "pool", "region", "secret", "tenant", "userpool"]
        .iter()
        .any(|name| rest.starts_with(name))
}

/// Whether the text has a name in the brackets, or all of it between the marks, that templates use.
fn is_wrapped(text: &str) -> bool {
    let between = |mark: &str| {
        let name = text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        name.is_some_and(|name| !name.is_empty())
    };
    let has = |start: char, end: char| {
        text.split_once(start)
            .and_then(|(_, rest)| rest.split_once(end))
            .is_some_and(|(name, _)| !name.is_empty())
    };
    has('<', '>') || has('{', '}') || ["__", "@", "%"].into_iter().any(between)
}

#[cfg(test)]
mod tests {
    use super::{is_placeholder, is_placeholder_of_secret};

    #[test]
    fn a_value_from_a_guide_is_a_placeholder() {
        for text in [
            "<your-client-id>",
            "<client id>",
            "YOUR_CLIENT_ID",
            "your-client-id",
            "yourClientId",
            "COGNITO_CLIENT_ID",
            "my-client-id",
            "client-id",
            "clientId",
            "CLIENT_SECRET",
            "the client secret",
            "$CLIENT_ID",
            "${CLIENT_ID}",
            "{{ .Values.client }}",
            "#{client}#",
            "{client}",
            "__CLIENT__",
            "%CLIENT%",
            "@client@",
            "xxxxxxxx",
            "Xxxx-Xxxx",
            "...",
            "***",
            "todo",
            "replace-me",
            "REPLACE_WITH_ID",
            "insert id here, insert here",
            "changeme",
            "https://your-domain.example.com/",
            "https://YOUR_DOMAIN/oauth2/default",
            "https://yourtenant.eu.auth0.com/",
            "https://cognito-idp.{region}.amazonaws.com/{pool}",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_xxxxxxx",
            "https://cognito-idp.REGION.amazonaws.com/USER_POOL_ID",
            "https://login.example.com/<tenant>/v2.0",
            "https://sts.windows.net/TENANT_ID/",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn values_of_providers() {
        for text in [
            "",
            "a",
            "1example23456789",
            "djc98u3jiedmi283eu928",
            "7kp1v5xxh2q9r3s0t4u6w8y2a1",
            "0oa1b2c3d4e5f6g7h8i9",
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            "123456789012-abc123def456.apps.googleusercontent.com",
            "kong-oidc",
            "PORTAL_WEB",
            "our-shop",
            "yourself-service",
            "client",
            "client-idp",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xYz",
            "https://id.example.com/realms/shop",
            "https://dev-12345678.okta.com/oauth2/default",
            "https://xx.example.com/",
            "client id of the shop",
            "https://id.example.com/%7Ea",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_secret_may_have_any_character() {
        for text in
            ["$CLIENT_SECRET of the client secret", "YOUR_CLIENT_SECRET", "changeme", "xxx", "${SECRET}"]
        {
            assert!(is_placeholder_of_secret(text), "{text}");
        }
        for text in ["", "s", "$x{b}<a>", "@a@", "Qk8~x.<b>{c}_-9", "of the client secrets of tests"] {
            assert!(!is_placeholder_of_secret(text), "{text}");
        }
    }
}
