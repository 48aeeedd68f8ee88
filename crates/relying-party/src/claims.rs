//! Typed access to claims (RFC 7519 section 4). A claim of the wrong type is refused, never converted: `"exp": "9"`
//! is no date.

use serde_json::{Map, Value};

use crate::time::Timestamp;

/// 9999-12-31T23:59:59Z. Dates beyond are refused, so that no sum of them can overflow.
const LAST_DATE: i64 = 253_402_300_799;

/// A claim that is not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimRefusal {
    /// The claim of this name is absent.
    Missing(&'static str),
    /// The claim of this name has another type, or is a date outside the years 1970 to 9999.
    WrongType(&'static str),
}

/// Where a claim is: member names from the outside in, as Kong's lists of nested claims have them. A single text is
/// one member name, whatever characters are in it (`cognito:groups`, `https://example.com/roles`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// A member of the claims themselves.
    pub fn of(name: impl Into<String>) -> Self {
        Self(vec![name.into()])
    }

    /// A nested member; `None` when `names` is empty or one of them is.
    pub fn nested(names: Vec<String>) -> Option<Self> {
        (!names.is_empty() && names.iter().all(|name| !name.is_empty())).then_some(Self(names))
    }

    /// The member names from the outside in.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether this is the member `name` of the claims themselves.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.0.as_slice(), [only] if only == name)
    }

    /// The value there, if all of the path is.
    pub fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(claims.get(first)?, |value, name| value.as_object()?.get(name))
    }
}

/// A text, if the claim is there.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for any other type, null included.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, ClaimRefusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ClaimRefusal::WrongType(name)),
    }
}

/// A text that must be there and not be empty.
///
/// # Errors
///
/// [`ClaimRefusal`].
pub fn required_text<'a>(
    claims: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a str, ClaimRefusal> {
    text(claims, name)?.filter(|text| !text.is_empty()).ok_or(ClaimRefusal::Missing(name))
}

/// A NumericDate (RFC 7519 section 2), if the claim is there: a JSON number, whose decimals are dropped.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for any other type and for numbers that are no date of the years 1970 to 9999.
pub fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ClaimRefusal> {
    let number = match claims.get(name) {
        None => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(ClaimRefusal::WrongType(name)),
    };
    let seconds = number.as_i64().or_else(|| number.as_f64().and_then(whole_seconds));
    match seconds {
        Some(seconds @ 0..=LAST_DATE) => Ok(Some(Timestamp::from_unix(seconds))),
        _ => Err(ClaimRefusal::WrongType(name)),
    }
}

/// A NumericDate that must be there.
///
/// # Errors
///
/// [`ClaimRefusal`].
pub fn required_date(claims: &Map<String, Value>, name: &'static str) -> Result<Timestamp, ClaimRefusal> {
    date(claims, name)?.ok_or(ClaimRefusal::Missing(name))
}

/// `aud` (RFC 7519 section 4.1.3): a text or a list of texts; empty when absent.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for anything else, also for a list with one member that is no text.
pub fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, ClaimRefusal> {
    match claims.get("aud") {
        None => Ok(Vec::new()),
        Some(value) => texts(value).ok_or(ClaimRefusal::WrongType("aud")),
    }
}

/// A text as a list of one, or a list of texts; `None` for anything else.
pub fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(values) => values.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// A text that describes the user, if the claim is there. Null counts as absent: OIDC Core section 5.3.2 has providers
/// leave such claims out, and some write null instead.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for any other type.
pub fn description<'a>(
    claims: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, ClaimRefusal> {
    match claims.get(name) {
        Some(Value::Null) => Ok(None),
        _ => text(claims, name),
    }
}

/// `email`, if `email_verified` says true: as a boolean (OIDC Core section 5.1), or as the text that Cognito has in
/// its UserInfo answer and, for mapped attributes, in tokens.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] when `email` is no text.
pub fn verified_email(claims: &Map<String, Value>) -> Result<Option<&str>, ClaimRefusal> {
    let email = description(claims, "email")?.filter(|email| !email.is_empty());
    let verified = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(verified)) => verified == "true",
        _ => false,
    };
    Ok(email.filter(|_| verified))
}

/// The groups at `path`: a text or a list of texts, empty when absent.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for anything else: a group that is silently lost may be the one that denies.
pub fn groups(claims: &Map<String, Value>, path: &ClaimPath) -> Result<Vec<String>, ClaimRefusal> {
    match path.find(claims) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(value) => {
            let groups = texts(value).ok_or(ClaimRefusal::WrongType("groups"))?;
            Ok(groups.into_iter().map(str::to_owned).collect())
        }
    }
}

fn whole_seconds(seconds: f64) -> Option<i64> {
    let seconds = seconds.floor();
    #[expect(clippy::cast_precision_loss, reason = "the bound is far below 2^53")]
    let in_range = (0.0..=LAST_DATE as f64).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    in_range.then_some(seconds as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Map<String, Value> {
        let Value::Object(claims) = value else { unreachable!("claims are an object") };
        claims
    }

    fn path(names: &[&str]) -> Option<ClaimPath> {
        ClaimPath::nested(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_single_name_is_one_member_whatever_is_in_it() {
        let with =
            claims(json!({ "cognito:groups": 1, "a.b": 2, "https://example.com/roles": 3, "a": { "b": 4 } }));
        for (name, value) in [("cognito:groups", 1), ("a.b", 2), ("https://example.com/roles", 3)] {
            assert_eq!(ClaimPath::of(name).find(&with), Some(&json!(value)));
        }
        assert_eq!(path(&["a", "b"]).and_then(|path| path.find(&with).cloned()), Some(json!(4)));
    }

    #[test]
    fn a_path_without_a_name_is_none() {
        assert_eq!(path(&[]), None);
        assert_eq!(path(&[""]), None);
        assert_eq!(path(&["a", ""]), None);
    }

    #[test]
    fn a_path_through_what_is_no_object_finds_nothing() {
        let with = claims(json!({ "a": ["b"], "c": "d", "e": null }));
        for names in [["a", "b"], ["a", "0"], ["c", "d"], ["e", "f"], ["x", "y"]] {
            assert_eq!(path(&names).and_then(|path| path.find(&with).cloned()), None);
        }
    }

    #[test]
    fn dates_are_whole_numbers_or_finite_decimals_of_our_era() {
        let read = |text: &str| {
            let value = serde_json::from_str(text).unwrap_or(Value::Null);
            date(&claims(json!({ "exp": value })), "exp").ok().flatten().map(Timestamp::unix)
        };
        for (text, seconds) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("1800000000", Some(1_800_000_000)),
            ("1800000000.999", Some(1_800_000_000)),
            ("1.8e9", Some(1_800_000_000)),
            ("253402300799", Some(253_402_300_799)),
            ("253402300799.5", Some(253_402_300_799)),
            ("253402300800", None),
            ("-1", None),
            ("-0.1", None),
            ("9223372036854775808", None),
            ("1e308", None),
            ("1e400", None),
            ("\"1800000000\"", None),
            ("null", None),
            ("[1800000000]", None),
        ] {
            assert_eq!(read(text), seconds, "{text}");
        }
    }

    #[test]
    fn an_audience_is_a_text_or_a_list_of_texts() {
        assert_eq!(audiences(&claims(json!({}))), Ok(vec![]));
        assert_eq!(audiences(&claims(json!({ "aud": "a" }))), Ok(vec!["a"]));
        assert_eq!(audiences(&claims(json!({ "aud": ["a", "b"] }))), Ok(vec!["a", "b"]));
        for value in [json!(null), json!(5), json!({}), json!(["a", 5]), json!([["a"]])] {
            let wrong = Err(ClaimRefusal::WrongType("aud"));
            assert_eq!(audiences(&claims(json!({ "aud": value }))), wrong);
        }
    }
}
