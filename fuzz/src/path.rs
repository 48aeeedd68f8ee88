//! Lists the ways in which upstreams read a path.

use percent_encoding::percent_decode;
use url::Url;

/// A way to read a path.
type Reader = fn(&str) -> String;

/// Percent-decoded, with dot segments resolved, with empty segments dropped, with a backslash as a slash, and
/// as browsers do all of it.
const USUAL: [Reader; 5] = [decoded, resolved, single_slashes, slashes, as_browser];
/// The same, and with path parameters removed, as some servers do.
const ALL: [Reader; 6] = [decoded, resolved, single_slashes, slashes, as_browser, without_parameters];

/// Whether any server could read `path` as `closed` or below it.
pub fn could_be_below(path: &str, closed: &str) -> bool {
    readings(path, &ALL).iter().any(|reading| is_below(reading, closed))
}

/// The same without path parameters, for servers that have none.
pub fn is_usually_below(path: &str, closed: &str) -> bool {
    readings(path, &USUAL).iter().any(|reading| is_below(reading, closed))
}

fn readings(path: &str, readers: &[Reader]) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    // Two steps in sequence, because servers stand behind each other.
    for _ in 0..2 {
        let next: Vec<String> = all.iter().flat_map(|one| readers.iter().map(|read| read(one))).collect();
        all.extend(next);
        all.sort_unstable();
        all.dedup();
    }
    all
}

/// Whether `path` is `base` or below it.
pub fn is_below(path: &str, base: &str) -> bool {
    path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Percent-decodes once; bytes that are not UTF-8 are replaced.
pub fn decoded(path: &str) -> String {
    percent_decode(path.as_bytes()).decode_utf8_lossy().into_owned()
}

fn resolved(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

fn single_slashes(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

fn without_parameters(path: &str) -> String {
    let cut = |segment: &str| segment.split([';', '?', '#', '\0']).next().unwrap_or_default().to_owned();
    path.split('/').map(cut).collect::<Vec<_>>().join("/")
}

fn slashes(path: &str) -> String {
    path.replace('\\', "/")
}

fn as_browser(path: &str) -> String {
    // Here a character that would end the path of a URL is part of the path.
    let path = path.replace(' ', "%20").replace('?', "%3f").replace('#', "%23");
    Url::parse(&format!("http://upstream{path}")).map_or_else(|_| path.clone(), |url| url.path().to_owned())
}
