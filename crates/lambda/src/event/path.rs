//! Finds the path that the upstream receives, which is the path that the rules judge.

use percent_encoding::percent_decode_str;

use super::EventRefusal;
use super::json::{Node, Object};

/// The members of an event about the path.
#[derive(Clone, Copy, Default)]
pub(super) struct PathInputs<'e, 'a> {
    /// The path, which may start with a base path mapping or a stage.
    pub(super) path: &'e str,
    /// The resource or route path, for example `/{proxy+}`.
    pub(super) template: Option<&'e str>,
    /// `pathParameters`.
    pub(super) parameters: Option<&'e Object<'a>>,
    /// The stage, where the path may start with it.
    pub(super) stage: Option<&'e str>,
    /// Whether it is sure that the path starts with no base path.
    pub(super) is_without_base: bool,
    /// Whether API Gateway sends the path on, as its greedy path parameter has it; otherwise we do, as it came.
    pub(super) goes_on_by_parameter: bool,
    /// The path of `public_url`, where the front may leave it in the path; else empty.
    pub(super) public_path: &'e str,
}

/// Takes what comes before the application's own path off the path: a base path mapping or the stage, and the path of
/// `public_url` where neither stood in its place.
///
/// The template filled with the path parameters is what an integration of API Gateway sends on. It is decoded once
/// already, so once it is sure that both tell of one path the answer is that path as the client spelled it: an
/// encoded slash must not look like a slash to the route rules. Where there is no template it is the path itself,
/// less the stage.
///
/// # Errors
///
/// [`EventRefusal::PathMismatch`] where the two do not decode to the same path,
/// [`EventRefusal::OutsidePublicUrl`] where the path is none of the application's.
pub(super) fn received_by_upstream(told: PathInputs<'_, '_>) -> Result<String, EventRefusal> {
    if !told.path.starts_with('/') {
        return Err(EventRefusal::PathMalformed);
    }
    let filled = match told.template.filter(|template| template.starts_with('/')) {
        Some(template) => fill(template, told.parameters)?,
        None => None,
    };
    let Some(filled) = filled else {
        let (stage, path) = split_stage(told.path, told.stage);
        return below_public_path(path, stage, told.public_path).map(str::to_owned);
    };
    let base = base_path(told.path, &filled).filter(|base| base.is_empty() || !told.is_without_base);
    // A base path mapping has no character that could be encoded.
    let base = base.as_deref().and_then(|base| std::str::from_utf8(base).ok());
    // The slash after it may be encoded, and what is left would be no path.
    let spelled = base
        .and_then(|base| Some((base, told.path.strip_prefix(base)?)))
        .filter(|(_, below)| below.is_empty() || below.starts_with('/'));
    let (base, spelled) = spelled.ok_or(EventRefusal::PathMismatch)?;
    // A parameter may lack the slash at the end that the client sent. An application that wants one there would redirect
    // to where the browser is already.
    let is_greedy = told.template.is_some_and(|template| template.ends_with("+}"));
    let keeps_slash = is_greedy && !told.goes_on_by_parameter || filled.ends_with('/');
    let path = match spelled.strip_suffix('/') {
        _ if spelled.is_empty() => "/",
        Some(shorter) if !keeps_slash && !shorter.is_empty() && !shorter.ends_with('/') => shorter,
        _ => spelled,
    };
    below_public_path(path, base, told.public_path).map(str::to_owned)
}

/// The template with its parameters put in; `None` when the event lacks one of them.
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

/// Gives the part of `path` before `filled`; `None` where it does not end so. API Gateway gives the two in different
/// spellings, so both are compared decoded once; a slash at the end belongs to no path parameter.
fn base_path(path: &str, filled: &str) -> Option<Vec<u8>> {
    let path: Vec<u8> = percent_decode_str(path.trim_end_matches('/')).collect();
    let filled: Vec<u8> = percent_decode_str(filled.trim_end_matches('/')).collect();
    let base = path.strip_suffix(filled.as_slice())?;
    (base.is_empty() || base.starts_with(b"/")).then(|| base.to_vec())
}

/// Payload formats 2.0 and an HTTP API's 1.0 have the stage in the path unless it is `$default`. Gives the stage's
/// segment, empty where it is not there, and the path below it.
fn split_stage<'p>(path: &'p str, stage: Option<&str>) -> (&'p str, &'p str) {
    let named = stage.filter(|stage| *stage != "$default" && !stage.is_empty());
    let split = named.and_then(|stage| {
        let below = below(path, &format!("/{stage}"))?;
        Some((path.get(..=stage.len())?, below))
    });
    split.unwrap_or(("", path))
}

/// Takes the path of `public_url` off. `taken_off` is the stage or base path that stood before `path`: it may be the
/// path of `public_url` itself, and if it is another, what stands before the front may have put it in that place. Where
/// nothing was taken off, the event has the path that the browser sees.
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

/// Gives the rest of `path` after `base`, on a segment boundary; at least a slash.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    match path.strip_prefix(base)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}
