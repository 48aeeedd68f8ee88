//! Suggests the name that a misspelt one was meant to be.

/// The most wrong letters. With more, one name is as likely as another.
const MOST_EDITS: usize = 2;

/// The one of `names` that is closest to `written`, if one is close enough. An edit is a wrong, missing,
/// superfluous or transposed letter.
pub fn nearest<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (written.chars().count() / 4).clamp(1, MOST_EDITS);
    let edits = |name: &'a str| (strsim::damerau_levenshtein(written, name), name);
    names.into_iter().map(edits).filter(|(edits, _)| *edits <= most).min().map(|(_, name)| name)
}

/// Describes an unknown name, and suggests the intended one.
pub(super) fn unknown<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(written, names).map_or_else(
        || "is not a known key".to_owned(),
        |name| format!("is not a known key; did you mean `{name}`?"),
    )
}
