//! Suggests the name that was meant by a misspelt one.

/// As many letters may be wrong; with more another name is as likely as any.
const MOST_EDITS: usize = 2;

/// The one of `names` that `written` is nearest to, if it is near to any: a letter that is wrong, missing, too many or in
/// another's place.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (written.chars().count() / 4).clamp(1, MOST_EDITS);
    let edits = |name: &'a str| (strsim::damerau_levenshtein(written, name), name);
    names.into_iter().map(edits).filter(|(edits, _)| *edits <= most).min().map(|(_, name)| name)
}

/// Describes an unknown name, and suggests the name that was meant.
pub(super) fn unknown<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, names).map_or_else(
        || "is no known key".to_owned(),
        |name| format!("is no known key; did you mean `{name}`?"),
    )
}
