//! Reads the header fields of an event.

use std::borrow::Cow;
use std::collections::BTreeSet;

use relying_party::http::request::{Headers, is_field_name};

use super::json::{Node, Object};
use super::{EventRefusal, request_limits};
use crate::byte_search::{below_space, equal_to, words};

/// Reads the fields of `multiValueHeaders`, or of `headers` if that is the only map. The two are never
/// merged: both describe the same request, and if they differ, it is unknown which of them the upstream
/// receives.
pub(super) fn from_maps(event: &Object<'_>) -> Result<Headers, EventRefusal> {
    let single = event.object("headers", "headers")?;
    let multiple = multi_value_headers(event)?;
    let headers = match (single, multiple) {
        (None, None) => Vec::new(),
        (Some(single), None) => singles(single, "headers")?,
        (None, Some(multiple)) => multiples(multiple, "multiValueHeaders")?,
        (Some(single), Some(multiple)) => {
            let all = multiples(multiple, "multiValueHeaders")?;
            let last = singles(single, "headers")?;
            request_limits::check_headers(all.iter().copied())?;
            request_limits::check_headers(last.iter().copied())?;
            if !agree(&all, &last, |name| Cow::Owned(name.to_ascii_lowercase())) {
                return Err(EventRefusal::HeadersDisagree);
            }
            all
        }
    };
    let headers = Headers::new(owned(headers));
    check(&headers)?;
    Ok(headers)
}

/// Reads `multiValueHeaders`. An empty map counts as absent: no request comes without a field, and tools that
/// write events leave it empty beside `headers`.
pub(super) fn multi_value_headers<'e, 'a>(
    event: &'e Object<'a>,
) -> Result<Option<&'e Object<'a>>, EventRefusal> {
    let headers = event.object("multiValueHeaders", "multiValueHeaders")?;
    Ok(headers.filter(|headers| headers.iter().next().is_some()))
}

/// Reads the fields of payload format 2.0: `headers`, in which several fields of one name are joined by a
/// comma already, and `cookies`, which become one `cookie` field (RFC 6265 section 5.4).
pub(super) fn from_v2(event: &Object<'_>) -> Result<Headers, EventRefusal> {
    let mut headers = match event.object("headers", "headers")? {
        Some(headers) => singles(headers, "headers")?,
        None => Vec::new(),
    };
    let cookies = cookies(event)?;
    request_limits::check_headers(headers.iter().copied())?;
    request_limits::check_header_field_count(cookies.len())?;
    if !cookies.is_empty() {
        let (own, rest): (Vec<_>, Vec<_>) =
            headers.into_iter().partition(|(name, _)| name.eq_ignore_ascii_case("cookie"));
        let values: Vec<&str> = own.iter().map(|(_, value)| *value).collect();
        if !values.is_empty() && !pieces(&values).eq(pieces(&cookies)) {
            return Err(EventRefusal::HeadersDisagree);
        }
        headers = rest;
    }
    let mut headers = owned(headers);
    if !cookies.is_empty() {
        headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    let headers = Headers::new(headers);
    check(&headers)?;
    Ok(headers)
}

/// Refuses fields that no front may pass on: names that are not tokens, control characters (RFC 9110 section
/// 5.5), sizes over the limits.
pub(super) fn check(headers: &Headers) -> Result<(), EventRefusal> {
    request_limits::check_headers(headers.iter())?;
    for (name, value) in headers.iter() {
        request_limits::check_header_name(name)?;
        if has_control(name) || has_control(value) {
            return Err(EventRefusal::ControlCharacter);
        }
        if !is_field_name(name) {
            return Err(EventRefusal::HeaderNameMalformed);
        }
    }
    Ok(())
}

/// Whether every value in `last` is one of the values that `all` has for that name. `key` normalises names
/// for the comparison. The work does not grow with the product of both lists.
pub(super) fn agree<'e>(
    all: &[(&'e str, &'e str)],
    last: &[(&'e str, &'e str)],
    key: impl Fn(&'e str) -> Cow<'e, str>,
) -> bool {
    let known: BTreeSet<(Cow<'e, str>, &str)> = all.iter().map(|(name, value)| (key(name), *value)).collect();
    last.iter().all(|(name, value)| known.contains(&(key(name), *value)))
}

/// Reads the members of an object of strings.
pub(super) fn singles<'e>(
    object: &'e Object<'_>,
    member: &'static str,
) -> Result<Vec<(&'e str, &'e str)>, EventRefusal> {
    object.iter().map(|(name, node)| Ok((name, text(node, member)?))).collect()
}

/// Reads the members of an object of lists of strings.
pub(super) fn multiples<'e>(
    object: &'e Object<'_>,
    member: &'static str,
) -> Result<Vec<(&'e str, &'e str)>, EventRefusal> {
    let mut fields = Vec::new();
    for (name, node) in object.iter() {
        let Node::List(values) = node else {
            return Err(EventRefusal::WrongType(member));
        };
        for value in values {
            fields.push((name, text(value, member)?));
        }
    }
    Ok(fields)
}

/// Whether a text has a control character other than a tab, which a field value may hold.
pub(super) fn has_control(text: &str) -> bool {
    let control = |word| below_space(word) | equal_to(word, 0x7f);
    words(text.as_bytes()).any(|word| control(word) & !equal_to(word, b'\t') != 0)
}

fn owned(fields: Vec<(&str, &str)>) -> Vec<(String, String)> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn text<'e>(node: &'e Node<'_>, member: &'static str) -> Result<&'e str, EventRefusal> {
    match node {
        Node::Text(text) => Ok(text.as_ref()),
        _ => Err(EventRefusal::WrongType(member)),
    }
}

fn cookies<'e>(event: &'e Object<'_>) -> Result<Vec<&'e str>, EventRefusal> {
    let list = event.list("cookies", "cookies")?.unwrap_or_default();
    list.iter().map(|node| text(node, "cookies")).collect()
}

/// Splits cookies, whether they were joined by `;` within a field or by `,` between fields.
fn pieces<'a>(texts: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    texts.iter().flat_map(|text| text.split([';', ','])).map(str::trim).filter(|piece| !piece.is_empty())
}
