//! Shows texts from outside in the log: shortened and printable. One that looks like a token is not shown at all,
//! because a token may occur in any field.

/// The longest text that is shown completely, in characters.
const MAX_SHOWN_CHARACTERS: usize = 200;

/// A word this long is probably random: identifiers of clients, keys and tenants are shorter.
const MAX_WORD_CHARACTERS: usize = 64;

/// Base64url of `{"`, with which the JSON parts of a signed token begin.
const BEGINS_JSON: &str = "eyJ";

/// A text from outside, shortened to fit a log line.
pub(crate) fn shown(text: &str) -> String {
    if looks_like_a_token(text) {
        return "(not shown: it looks like a token)".to_owned();
    }
    let printable = |character: char| {
        if character.is_ascii_graphic() || character == ' ' { character } else { '?' }
    };
    let mut shown: String = text.chars().take(MAX_SHOWN_CHARACTERS).map(printable).collect();
    if text.chars().nth(MAX_SHOWN_CHARACTERS).is_some() {
        shown.push_str("...");
    }
    shown
}

fn looks_like_a_token(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+=".contains(byte);
    text.contains(BEGINS_JSON)
        || text.as_bytes().split(|byte| !is_word(byte)).any(|word| word.len() > MAX_WORD_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_clients_keys_and_tenants_are_no_tokens() {
        for text in [
            "4example4client4id4example",
            "api://00000000-0000-0000-0000-000000000000/.default",
            "123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com",
            "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg",
            "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/fronts/50dc6c495c0c9188",
        ] {
            assert_eq!(shown(text), text);
        }
    }
}
