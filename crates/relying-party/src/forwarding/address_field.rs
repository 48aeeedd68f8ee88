//! Rewrites the addresses in response header fields that have other content too.

/// The value of a `Refresh` field with its address rewritten (HTML, "shared declarative refresh steps"). It
/// consists of a time, a separator, an optional `url=`, and the address with or without quotes.
pub(super) fn in_refresh(value: &str, rewrite: impl Fn(&str) -> String) -> String {
    let is_time =
        |character: char| character.is_ascii_digit() || character == '.' || character.is_ascii_whitespace();
    let after_time = value.trim_start_matches(is_time);
    let separated = after_time.strip_prefix([';', ',']).unwrap_or(after_time).trim_start();
    let written = after_url(separated).unwrap_or(separated);
    let (address, _) = match written.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let quoted = written.trim_start_matches(quote);
            quoted.split_once(quote).unwrap_or((quoted, ""))
        }
        _ => (written, ""),
    };
    if address.is_empty() {
        return value.to_owned();
    }
    let start = value.len() - written.len() + written.find(address).unwrap_or_default();
    let (before, rest) = value.split_at_checked(start).unwrap_or((value, ""));
    format!("{before}{}{}", rewrite(address), rest.strip_prefix(address).unwrap_or_default())
}

fn after_url(text: &str) -> Option<&str> {
    let (name, rest) = text.split_at_checked("url".len())?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    name.eq_ignore_ascii_case("url").then_some(value)
}

/// The value of a `Link` field with the target of each link rewritten (RFC 8288 section 3): the text between
/// `<` and `>` outside of quoted parameters.
pub(super) fn in_link(value: &str, rewrite: impl Fn(&str) -> String) -> String {
    let mut written = String::with_capacity(value.len());
    let (mut rest, mut quoted) = (value, false);
    while let Some(at) = rest.find(if quoted { ['"', '\\'] } else { ['"', '<'] }) {
        let (before, found) = rest.split_at_checked(at).unwrap_or((rest, ""));
        written.push_str(before);
        let mut after = found.chars();
        let mark = after.next();
        written.extend(mark);
        rest = after.as_str();
        match mark {
            Some('"') => quoted = !quoted,
            Some('\\') => {
                written.extend(after.next());
                rest = after.as_str();
            }
            _ => {
                // If this target has no end, no later one has, and searching each would read to the end of
                // the value.
                let Some((address, following)) = rest.split_once('>') else { break };
                written.push_str(&rewrite(address));
                written.push('>');
                rest = following;
            }
        }
    }
    written.push_str(rest);
    written
}
