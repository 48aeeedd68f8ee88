//! Simulates a browser's cookie jar and its parser for `Set-Cookie` (RFC 6265bis section 5.7), limited to names and
//! values.

/// The name and the value of a `Set-Cookie` value, and whether it deletes the cookie. `None` if a browser
/// drops it.
pub fn set_cookie(text: &str) -> Option<(String, String, bool)> {
    if text.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
        return None;
    }
    let mut parts = text.split(';');
    let pair = parts.next().unwrap_or_default();
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let (name, value) = (trim(name), trim(value));
    if name.is_empty() && value.is_empty() {
        return None;
    }
    let expired = parts.any(|attribute| {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        trim(name).eq_ignore_ascii_case("max-age")
            && trim(value).parse::<i64>().is_ok_and(|seconds| seconds <= 0)
    });
    Some((name.to_owned(), value.to_owned(), expired))
}

/// Stores the cookies that the response sets.
pub fn keep(jar: &mut Vec<(String, String)>, set_cookies: &[String]) {
    for text in set_cookies {
        let (name, value, expired) = set_cookie(text).unwrap_or_else(|| panic!("no browser keeps {text:?}"));
        jar.retain(|(kept, _)| *kept != name);
        if !expired {
            jar.push((name, value));
        }
    }
}

/// The `Cookie` field that the browser sends.
pub fn cookie_field(jar: &[(String, String)]) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// The names and values in `Cookie` fields, read in the plainest way: parts between semicolons, the name before the
/// first equals sign.
pub fn cookies(fields: &[String]) -> Vec<(String, String)> {
    let mut cookies = Vec::new();
    for field in fields {
        for part in field.split(';') {
            if let Some(at) = part.find('=') {
                let (name, value) = (trim(&part[..at]), trim(&part[at + 1..]));
                if !name.is_empty() {
                    cookies.push((name.to_owned(), value.to_owned()));
                }
            }
        }
    }
    cookies
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
