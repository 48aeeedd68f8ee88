//! Recognises header names that clients must not send, in every spelling that an upstream could take for the
//! real name.

pub mod trusted_header;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::trusted_header::is_claim;

use crate::configuration::{AccessTokenHeader, HeaderStyle, UpstreamConfiguration};
use crate::gate::front::Front;
use crate::http::request::{Headers, is_field_name};
use crate::refusal::reason::{self, Reason};

/// The names that only vestibule may set in one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedHeaders(Vec<String>);

/// Why a request's header fields are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservedHeaderRefusal {
    /// Two fields of one name conflict, `Authorization` is present twice, a name is invalid, or a name is
    /// spelled so that a REST API would leave the field besides ours. The upstream might read the other one.
    Ambiguous {
        /// The name in canonical form.
        name: String,
    },
    /// A header that only vestibule may set, or one with which a framework would assume another user, method,
    /// path or host than was checked.
    Reserved {
        /// The name in canonical form.
        name: String,
    },
}

impl ReservedHeaderRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Ambiguous { .. } => &reason::AMBIGUOUS_HEADER,
            Self::Reserved { .. } => &reason::RESERVED_HEADER,
        }
    }
}

/// The form in which names are compared. CGI and many frameworks read `_` and other bytes as `-`.
pub fn canonical(name: &str) -> String {
    let mut canonical = String::with_capacity(name.len());
    canonical.extend(
        name.bytes().map(|byte| {
            if byte.is_ascii_alphanumeric() { char::from(byte.to_ascii_lowercase()) } else { '-' }
        }),
    );
    canonical
}

/// Checks for fields that no front may forward, whether it removes or refuses reserved names: method and
/// address overrides, two `Authorization`, conflicting copies, and on REST unusual spellings.
///
/// # Errors
///
/// The first field that could be read in two ways.
pub(crate) fn check_ambiguous(headers: &Headers, front: Front) -> Result<(), ReservedHeaderRefusal> {
    check_fields(headers, front, |_| false)
}

impl ReservedHeaders {
    /// The names that `upstream` sets, and `x-vestibule-*`. `authorization` is not among them, because
    /// clients send it.
    pub fn of(upstream: &UpstreamConfiguration) -> Self {
        let styled: &[&str] = match upstream.header_style {
            HeaderStyle::Alb => &["x-amzn-oidc-accesstoken", "x-amzn-oidc-data", "x-amzn-oidc-identity"],
            HeaderStyle::Kong => &[
                "x-anonymous-consumer",
                "x-authenticated-groups",
                "x-authenticated-scope",
                "x-authenticated-userid",
                "x-consumer-custom-id",
                "x-consumer-groups",
                "x-consumer-id",
                "x-consumer-username",
                "x-credential-identifier",
            ],
            HeaderStyle::OAuth2Proxy => &[
                "x-auth-request-access-token",
                "x-auth-request-email",
                "x-auth-request-groups",
                "x-auth-request-preferred-username",
                "x-auth-request-user",
                "x-forwarded-access-token",
                "x-forwarded-email",
                "x-forwarded-groups",
                "x-forwarded-preferred-username",
                "x-forwarded-user",
            ],
            HeaderStyle::Vestibule => &[],
        };
        let mut names: Vec<String> = styled.iter().map(|name| (*name).to_owned()).collect();
        names.extend(upstream.headers.iter().map(|header| canonical(&header.name)));
        names.extend(upstream.secret_header.iter().map(|header| canonical(&header.name)));
        names.extend(
            [&upstream.id_token_header, &upstream.user_info_header]
                .into_iter()
                .flatten()
                .map(|name| canonical(name)),
        );
        if let AccessTokenHeader::Named { name, .. } = &upstream.access_token_header {
            names.push(canonical(name));
        }
        Self(names)
    }

    /// Adds these names.
    #[must_use]
    pub fn and<'n>(mut self, names: impl Iterator<Item = &'n str>) -> Self {
        self.0.extend(names.map(canonical));
        self
    }

    /// Tells whether `name`, in any spelling, is one that only vestibule may set.
    pub fn contains(&self, name: &str) -> bool {
        self.holds(&canonical(name))
    }

    /// Checks for every field that the authorizer refuses because it cannot remove it. A front that
    /// [forwards](Front::forwards) can.
    ///
    /// # Errors
    ///
    /// The first field that is reserved or could be read in two ways.
    pub fn check(&self, headers: &Headers, front: Front) -> Result<(), ReservedHeaderRefusal> {
        if front.forwards() {
            return check_ambiguous(headers, front);
        }
        check_fields(headers, front, |canonical| self.holds(canonical) || is_claim(canonical))
    }

    /// Also recognises the name that CGI gives one of these: see [`trusted_header`].
    fn holds(&self, canonical: &str) -> bool {
        let is_ours = |canonical: &str| {
            canonical == "x-vestibule"
                || canonical.starts_with("x-vestibule-")
                || self.0.iter().any(|name| name == canonical)
        };
        is_ours(canonical) || canonical.strip_prefix("http-").is_some_and(is_ours)
    }
}

/// Names that make a framework see another method or path than the one that was checked. No client sends them
/// by accident, so they are refused even where they could be removed.
const OVERRIDES: [&str; 5] =
    ["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];

/// Fields with a single value. With two of them it would be unclear which one counts (RFC 9110 section 5.3).
const SINGLE: [&str; 18] = [
    "access-control-request-method",
    "content-length",
    "content-type",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "origin",
    "range",
    "referer",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-fetch-site",
    "user-agent",
    "x-amzn-oidc-accesstoken",
    "x-amzn-oidc-data",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-requested-with",
];

/// The headers that a REST API's mappings overwrite: in exactly this spelling, or in lower case.
const MAPPED: [&str; 6] = [
    "Authorization",
    "Cf-Access-Authenticated-User-Email",
    "Cookie",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
];

fn check_fields(
    headers: &Headers,
    front: Front,
    is_reserved: impl Fn(&str) -> bool,
) -> Result<(), ReservedHeaderRefusal> {
    let mut seen: BTreeMap<String, Seen<'_>> = BTreeMap::new();
    for (name, value) in headers.iter() {
        let canonical = canonical(name);
        let called = canonical.strip_prefix("http-").unwrap_or(&canonical);
        if is_reserved(&canonical) || OVERRIDES.contains(&called) {
            return Err(ReservedHeaderRefusal::Reserved { name: canonical });
        }
        let conflict = seen.get_mut(&canonical).is_some_and(|earlier| {
            // A mapping overwrites only one of the two.
            front == Front::Rest && canonical == "cookie" && earlier.spelling != name
                || earlier.conflicts(&canonical, name, value)
        });
        if !is_field_name(name) || conflict || front == Front::Rest && is_misspelled(&canonical, name) {
            return Err(ReservedHeaderRefusal::Ambiguous { name: canonical });
        }
        seen.entry(canonical).or_insert(Seen { spelling: name, value, one_spelling: true, one_value: true });
    }
    Ok(())
}

fn is_misspelled(canonical: &str, name: &str) -> bool {
    // This header names a user, and no mapping replaces its name in CGI.
    canonical == "http-cf-access-authenticated-user-email"
        || MAPPED.iter().any(|mapped| {
            mapped.eq_ignore_ascii_case(canonical) && name != *mapped && name != mapped.to_ascii_lowercase()
        })
}

/// The fields of one name seen so far, summarised by the first. Comparing each pair would cost the square of
/// their number.
struct Seen<'h> {
    spelling: &'h str,
    value: &'h str,
    /// Whether all are spelled like the first.
    one_spelling: bool,
    /// Whether all have the same value as the first.
    one_value: bool,
}

impl Seen<'_> {
    /// Several fields of one name are one list (RFC 9110 section 5.3), and so is `Cookie` over HTTP/2. They
    /// conflict if the name has a single value, or if the spellings differ, which no ordinary client does.
    /// Without a conflict all have one spelling or one value.
    fn conflicts(&mut self, canonical: &str, spelling: &str, value: &str) -> bool {
        self.one_spelling &= spelling == self.spelling;
        self.one_value &= value == self.value;
        let has_one_value = SINGLE.contains(&canonical) || !self.one_spelling;
        canonical == "authorization" || has_one_value && !self.one_value
    }
}
