//! Finds the path that the upstream receives, which is also the path that the route rules match.

use percent_encoding::percent_decode_str;

use super::EventRefusal;
use super::json::{Node, Object};

/// The members of an event that concern the path.
#[derive(Clone, Copy, Default)]
pub(super) struct PathInputs<'e, 'a> {
    /// The path, which may start with a base path mapping or a stage.
    pub(super) path: &'e str,
    /// The resource or route path, for example `/{proxy+}`.
    pub(super) template: Option<&'e str>,
    /// `pathParameters`.
    pub(super) parameters: Option<&'e Object<'a>>,
    /// The stage, if the path may start with it.
    pub(super) stage: Option<&'e str>,
    /// Whether the path is known to start with no base path.
    pub(super) is_without_base: bool,
    /// Whether API Gateway forwards the path, built from its greedy path parameter. Otherwise vestibule
    /// forwards it as it came.
    pub(super) goes_on_by_parameter: bool,
    /// The path of `public_url` if the front may leave it in the path, else empty.
    pub(super) public_path: &'e str,
}

/// Removes the prefix before the application's own path: a base path mapping or the stage, and the path of
/// `public_url` unless one of them stood in its place.
///
/// An integration of API Gateway forwards the template filled with the path parameters, which are decoded
/// once. If both describe the same path, this function returns that path in the client's spelling, because an
/// encoded slash must not look like a slash to the route rules. If there is no template, it returns the path
/// itself without the stage.
///
/// # Errors
///
/// [`EventRefusal::PathMismatch`] if the two do not decode to the same path,
/// [`EventRefusal::OutsidePublicUrl`] if the path is not one of the application's.
pub(super) fn received_by_upstream(inputs: PathInputs<'_, '_>) -> Result<String, EventRefusal> {
    if !inputs.path.starts_with('/') {
        return Err(EventRefusal::PathMalformed);
    }
    let filled = match inputs.template.filter(|template| template.starts_with('/')) {
        Some(template) => fill(template, inputs.parameters)?,
        None => None,
    };
    let Some(filled) = filled else {
        let (stage, path) = split_stage(inputs.path, inputs.stage);
        return below_public_path(path, stage, inputs.public_path).map(str::to_owned);
    };
    let base = base_path(inputs.path, &filled).filter(|base| base.is_empty() || !inputs.is_without_base);
    // A base path mapping has no character that could be encoded.
    let base = base.as_deref().and_then(|base| std::str::from_utf8(base).ok());
    // If the slash after it is encoded, the rest is not a path.
    let spelled = base
        .and_then(|base| Some((base, inputs.path.strip_prefix(base)?)))
        .filter(|(_, below)| below.is_empty() || below.starts_with('/'));
    let (base, spelled) = spelled.ok_or(EventRefusal::PathMismatch)?;
    // The parameter may lack a trailing slash that the client sent. An application that requires the slash
    // would then redirect the browser to the address where it already is.
    let is_greedy = inputs.template.is_some_and(|template| template.ends_with("+}"));
    let keeps_slash = is_greedy && !inputs.goes_on_by_parameter || filled.ends_with('/');
    let path = match spelled.strip_suffix('/') {
        _ if spelled.is_empty() => "/",
        Some(shorter) if !keeps_slash && !shorter.is_empty() && !shorter.ends_with('/') => shorter,
        _ => spelled,
    };
    below_public_path(path, base, inputs.public_path).map(str::to_owned)
}

/// Fills the template with the parameters; returns `None` if the event lacks one of them.
fn fill(template: &str, parameters: Option<&Object<'_>>) -> Result<Option<String>, EventRefusal> {
    let mut filled = String::new();
    for segment in template.split('/').skip(1) {
        filled.push('/');
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            filled.push_str(segment);
            continue;
        };
        match parameter(parameters, name.trim_end_matches('+'))? {
            Some(value) => filled.push_str(value),
            None => return Ok(None),
        }
    }
    Ok(Some(filled))
}

fn parameter<'e>(parameters: Option<&'e Object<'_>>, name: &str) -> Result<Option<&'e str>, EventRefusal> {
    let mut found = parameters.into_iter().flat_map(Object::iter).filter(|(key, _)| *key == name);
    match (found.next(), found.next()) {
        (None | Some((_, Node::Null)), None) => Ok(None),
        (Some((_, Node::Text(text))), None) => Ok(Some(text)),
        (_, Some(_)) => Err(EventRefusal::DuplicateMember("pathParameters")),
        _ => Err(EventRefusal::WrongType("pathParameters")),
    }
}

/// Returns the part of `path` before `filled`, or `None` if `path` does not end with it. API Gateway spells
/// the two differently, so both are decoded once before the comparison. A trailing slash belongs to no path
/// parameter.
fn base_path(path: &str, filled: &str) -> Option<Vec<u8>> {
    let path: Vec<u8> = percent_decode_str(path.trim_end_matches('/')).collect();
    let filled: Vec<u8> = percent_decode_str(filled.trim_end_matches('/')).collect();
    let base = path.strip_suffix(filled.as_slice())?;
    (base.is_empty() || base.starts_with(b"/")).then(|| base.to_vec())
}

/// Splits the path into the stage's segment, which is empty if it is absent, and the path below it. Payload
/// format 2.0 and 1.0 of an HTTP API have the stage in the path unless it is `$default`.
fn split_stage<'p>(path: &'p str, stage: Option<&str>) -> (&'p str, &'p str) {
    let named = stage.filter(|stage| *stage != "$default" && !stage.is_empty());
    let split = named.and_then(|stage| {
        let below = below(path, &format!("/{stage}"))?;
        Some((path.get(..=stage.len())?, below))
    });
    split.unwrap_or(("", path))
}

/// Removes the path of `public_url`. `taken_off` is the stage or base path that stood before `path`. It may
/// be the path of `public_url` itself; if it differs, a proxy before the front may have put it in that place.
/// If nothing was taken off, the event has the path that the browser sees.
fn below_public_path<'p>(path: &'p str, taken_off: &str, public_path: &str) -> Result<&'p str, EventRefusal> {
    if public_path.is_empty() || taken_off == public_path {
        return Ok(path);
    }
    match below(path, public_path) {
        Some(below) => Ok(below),
        None if !taken_off.is_empty() => Ok(path),
        None => Err(EventRefusal::OutsidePublicUrl),
    }
}

/// Returns the rest of `path` after `base` if it ends at a segment boundary; at least a slash.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    match path.strip_prefix(base)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}
