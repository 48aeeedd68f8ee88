//! The path that the upstream receives, which is the path that is judged.

use percent_encoding::percent_decode_str;

use super::EventRefusal;
use super::json::{Node, Object};

/// Takes what comes before the application's own path off `path`: a base path mapping or the stage.
///
/// `template` is the resource or route path, for example `/{proxy+}`; filled with the path parameters it is
/// what an integration of API Gateway sends on, so that is the answer, once it is sure that both tell of one
/// path. Where there is no template the path itself is, less `stage`.
///
/// # Errors
///
/// [`EventRefusal::PathMismatch`] where the two do not decode to the same path.
pub(super) fn received_by_upstream(
    path: &str,
    template: Option<&str>,
    parameters: Option<&Object<'_>>,
    stage: Option<&str>,
) -> Result<String, EventRefusal> {
    if !path.starts_with('/') {
        return Err(EventRefusal::PathMalformed);
    }
    let filled = match template.filter(|template| template.starts_with('/')) {
        Some(template) => fill(template, parameters)?,
        None => None,
    };
    let Some(filled) = filled else {
        return Ok(without_stage(path, stage).to_owned());
    };
    if !is_same_below_a_base(path, &filled) {
        return Err(EventRefusal::PathMismatch);
    }
    Ok(filled)
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

/// Whether `path` is `filled` below nothing or below a base path. API Gateway gives the two in different
/// spellings, so both are compared decoded once; a slash at the end belongs to no path parameter.
fn is_same_below_a_base(path: &str, filled: &str) -> bool {
    let path: Vec<u8> = percent_decode_str(path.trim_end_matches('/')).collect();
    let filled: Vec<u8> = percent_decode_str(filled.trim_end_matches('/')).collect();
    path.strip_suffix(filled.as_slice()).is_some_and(|base| base.is_empty() || base.starts_with(b"/"))
}

/// Payload formats 2.0 and an HTTP API's 1.0 have the stage in the path unless it is `$default`.
fn without_stage<'p>(path: &'p str, stage: Option<&str>) -> &'p str {
    let Some(stage) = stage.filter(|stage| *stage != "$default" && !stage.is_empty()) else {
        return path;
    };
    match path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}
