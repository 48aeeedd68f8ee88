//! Reads claims by type (RFC 7519 section 4). A claim of the wrong type is refused and never converted:
//! `"exp": "9"` is not a date. If no check needs the claim, it counts as absent instead, so that it meets no
//! rule, and [`odd`] names it for the log.

use std::fmt;

use serde_json::{Map, Value};

use crate::refusal::printable::shown;
use crate::time::Timestamp;

/// 9999-12-31T23:59:59Z. Later dates are refused, so that no sum of dates can overflow.
const LAST_DATE: i64 = 253_402_300_799;

/// A claim that is missing or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// The claim of this name is absent.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// The claim has another type, or is a date outside the years 1970 to 9999.
    #[error("`{claim}` is {seen}, expected {expected}")]
    WrongType {
        /// Its name.
        claim: &'static str,
        /// The type that it has to have.
        expected: &'static str,
        /// The type that it has.
        seen: &'static str,
    },
}

impl ClaimRefusal {
    /// `value` does not have the type that `claim` requires.
    pub(crate) fn wrong_type(claim: &'static str, expected: &'static str, value: &Value) -> Self {
        Self::WrongType { claim, expected, seen: json_type(value) }
    }
}

/// An issuer other than the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherIssuer {
    /// The expected issuer, or all of them.
    pub expected: String,
    /// The named issuer, shortened to fit a log line.
    pub seen: Option<String>,
}

impl OtherIssuer {
    /// `seen` is none of `expected`.
    pub fn new<'a>(seen: Option<&str>, expected: impl IntoIterator<Item = &'a str>) -> Self {
        let expected: Vec<&str> = expected.into_iter().collect();
        Self { expected: expected.join("` or `"), seen: seen.map(shown) }
    }

    /// Describes a name in a document that is none of `expected`, or not a text.
    pub(crate) fn named<'a>(seen: Option<&Value>, expected: impl IntoIterator<Item = &'a str>) -> Self {
        match seen {
            Some(seen @ Value::String(_)) => Self::new(seen.as_str(), expected),
            seen => Self { seen: seen.map(|seen| json_type(seen).to_owned()), ..Self::new(None, expected) },
        }
    }
}

impl fmt::Display for OtherIssuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.seen {
            Some(seen) => write!(formatter, "`{seen}`, expected `{}`", self.expected),
            None => write!(formatter, "none, expected `{}`", self.expected),
        }
    }
}

/// The names of claim types in the log.
const TEXT: &str = "a string";
const DATE: &str = "a number of seconds since 1970";
const TEXTS: &str = "a string or an array of strings";

/// The path of a claim: member names from the outside in, like Kong's lists for nested claims. A single text
/// is one member name, whatever characters it has (`cognito:groups`, `https://example.com/roles`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// A top-level claim.
    pub fn of(name: impl Into<String>) -> Self {
        Self(vec![name.into()])
    }

    /// A nested claim; `None` when `names` is empty or contains an empty name.
    pub fn nested(names: Vec<String>) -> Option<Self> {
        (!names.is_empty() && names.iter().all(|name| !name.is_empty())).then_some(Self(names))
    }

    /// The member names from the outside in.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Tells whether this is the top-level claim `name`.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.0.as_slice(), [only] if only == name)
    }

    /// Removes the value at this path from the claims.
    pub fn remove(&self, claims: &mut Map<String, Value>) {
        let Some((last, above)) = self.0.split_last() else { return };
        let within = above.iter().try_fold(claims, |object, name| object.get_mut(name)?.as_object_mut());
        if let Some(object) = within {
            object.remove(last);
        }
    }

    /// The value at this path; `None` if a part of the path is missing.
    pub fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter().try_fold(claims.get(first)?, |value, name| value.as_object()?.get(name))
    }
}

/// A text, if the claim is present.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for any other type.
pub fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, ClaimRefusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(ClaimRefusal::wrong_type(name, TEXT, other)),
    }
}

/// A required text that is not empty.
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

/// A NumericDate (RFC 7519 section 2), if the claim is present: a JSON number whose decimals are dropped.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for any other type and for numbers outside the years 1970 to 9999.
pub fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ClaimRefusal> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    match whole_number(value) {
        Some(seconds @ 0..=LAST_DATE) => Ok(Some(Timestamp::from_unix(seconds))),
        _ => Err(ClaimRefusal::wrong_type(name, DATE, value)),
    }
}

/// `auth_time`, if it is a NumericDate (OIDC Core section 2); AD FS sends a text. Only `max_age` needs it.
pub fn auth_time(claims: &Map<String, Value>) -> Option<Timestamp> {
    date(claims, "auth_time").ok().flatten()
}

/// A required NumericDate.
///
/// # Errors
///
/// [`ClaimRefusal`].
pub(crate) fn required_date(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Timestamp, ClaimRefusal> {
    date(claims, name)?.ok_or(ClaimRefusal::Missing(name))
}

/// `aud` (RFC 7519 section 4.1.3): a text or a list of texts; empty when absent.
///
/// # Errors
///
/// [`ClaimRefusal::WrongType`] for anything else, including a list with a member that is not a text.
pub fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, ClaimRefusal> {
    match claims.get("aud") {
        None => Ok(Vec::new()),
        Some(value) => texts(value).ok_or_else(|| ClaimRefusal::wrong_type("aud", TEXTS, value)),
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

/// A text that describes the user; `None` if the claim is absent or of another type.
pub fn description<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// `email`, if `email_verified` is true. It may be a boolean (OIDC Core section 5.1), or the text that
/// Cognito sends in its UserInfo response and, for mapped attributes, in tokens.
pub(crate) fn verified_email(claims: &Map<String, Value>) -> Option<&str> {
    let verified = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(verified)) => verified == "true",
        _ => false,
    };
    description(claims, "email").filter(|email| verified && !email.is_empty())
}

/// The groups at `path`: a text or a list of texts. Anything else gives no groups. In a list with a malformed
/// entry, the valid ones might grant access that the malformed one denies.
pub fn groups(claims: &Map<String, Value>, path: &ClaimPath) -> Vec<String> {
    let groups = path.find(claims).and_then(texts).unwrap_or_default();
    groups.into_iter().map(str::to_owned).collect()
}

/// `scope` (RFC 8693 section 4.2). Some providers send a list.
pub fn scope(claims: &Map<String, Value>) -> Option<String> {
    Some(texts(claims.get("scope")?)?.join(" "))
}

/// Names the claims of a `token` that have a wrong type and therefore count as absent, for the log. `None`
/// when there are none.
pub fn odd(token: &str, claims: &Map<String, Value>, groups_claim: &ClaimPath) -> Option<String> {
    let of_text = DESCRIPTIONS.iter().filter_map(|name| {
        let value = claims.get(*name).filter(|value| !value.is_string())?;
        Some(ClaimRefusal::wrong_type(name, TEXT, value).to_string())
    });
    let scope = claims.get("scope").filter(|value| texts(value).is_none());
    let scope = scope.map(|value| ClaimRefusal::wrong_type("scope", TEXTS, value).to_string());
    let groups = groups_claim.find(claims).filter(|value| texts(value).is_none());
    let groups = groups.map(|value| {
        format!("`{}` is {}, expected {TEXTS}", groups_claim.names().join("."), json_type(value))
    });
    let verified = claims.get("email_verified").filter(|value| !says_whether(value));
    let verified =
        verified.map(|value| ClaimRefusal::wrong_type("email_verified", "a boolean", value).to_string());
    let auth_time = date(claims, "auth_time").err().map(|refusal| refusal.to_string());
    let all: Vec<String> = of_text.chain(verified).chain(scope).chain(groups).chain(auth_time).collect();
    (!all.is_empty()).then(|| format!("{token}: {}: counts as absent", all.join("; ")))
}

/// Tells whether [`verified_email`] can read this value of `email_verified`.
fn says_whether(value: &Value) -> bool {
    value.is_boolean() || matches!(value.as_str(), Some("true" | "false"))
}

/// Claims that describe the user or the provider's session. Each is a text.
const DESCRIPTIONS: [&str; 5] = ["cognito:username", "email", "preferred_username", "sid", "username"];

/// The name of a value's type in the log.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(values) if values.iter().all(Value::is_string) => "an array of strings",
        Value::Array(_) => "an array of other values",
        Value::Object(_) => "an object",
    }
}

/// A number of seconds without its decimals. A decimal number is in the range of dates.
pub(crate) fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().and_then(whole_seconds))
}

fn whole_seconds(seconds: f64) -> Option<i64> {
    let seconds = seconds.floor();
    #[expect(clippy::cast_precision_loss, reason = "the bound is far below 2^53")]
    let in_range = (0.0..=LAST_DATE as f64).contains(&seconds);
    #[expect(clippy::cast_possible_truncation, reason = "the number is whole and in range")]
    in_range.then_some(seconds as i64)
}

#[cfg(test)]
impl ClaimRefusal {
    /// The refusal of a claim with a wrong type, without naming the type.
    pub(crate) const fn untyped_wrong(claim: &'static str) -> Self {
        Self::WrongType { claim, expected: "", seen: "" }
    }

    /// The same refusal without the types.
    pub(crate) const fn untyped(self) -> Self {
        match self {
            Self::WrongType { claim, .. } => Self::untyped_wrong(claim),
            Self::Missing(_) => self,
        }
    }
}

#[cfg(test)]
mod tests;
