//! Finds the raw query of an event.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::EventRefusal;
use super::fields::{agree, has_control, multiples, singles};
use super::json::Object;
use super::request_limits;

/// All characters except those that may stand in a query unencoded without a meaning (RFC 3986 section 3.4).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b',');

/// The encoding of the query values in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Percent-decoded, as API Gateway sends them.
    Decoded,
    /// As they stood in the query, as a load balancer sends them.
    AsSent,
}

/// Returns `rawQueryString` of payload format 2.0 unchanged.
pub(super) fn raw(event: &Object<'_>) -> Result<String, EventRefusal> {
    checked(event.text("rawQueryString", "rawQueryString")?.unwrap_or_default().to_owned())
}

/// Rebuilds the query from its parameters, in the order of the event.
pub(super) fn rebuilt(event: &Object<'_>, values: Values) -> Result<String, EventRefusal> {
    let single = event.object("queryStringParameters", "queryStringParameters")?;
    let multiple = event
        .object("multiValueQueryStringParameters", "multiValueQueryStringParameters")?
        .filter(|parameters| parameters.iter().next().is_some());
    let single = single.map(|object| singles(object, "queryStringParameters")).transpose()?;
    let multiple = multiple.map(|object| multiples(object, "multiValueQueryStringParameters")).transpose()?;
    let parameters = match (single, multiple) {
        (None, None) => Vec::new(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(single), Some(multiple)) => {
            request_limits::check_query(&multiple)?;
            request_limits::check_query(&single)?;
            if !agree(&multiple, &single, Cow::Borrowed) {
                return Err(EventRefusal::QueryDisagrees);
            }
            multiple
        }
    };
    request_limits::check_query(&parameters)?;
    checked(joined(&parameters, values))
}

fn joined(parameters: &[(&str, &str)], values: Values) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        // Writing to a String does not fail.
        let _ = match values {
            Values::AsSent => write!(query, "{name}={value}"),
            Values::Decoded => write!(
                query,
                "{}={}",
                utf8_percent_encode(name, ENCODED),
                utf8_percent_encode(value, ENCODED)
            ),
        };
    }
    query
}

fn checked(query: String) -> Result<String, EventRefusal> {
    if has_control(&query) {
        return Err(EventRefusal::ControlCharacter);
    }
    Ok(query)
}
