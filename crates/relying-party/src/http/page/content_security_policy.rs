//! Writes the `Content-Security-Policy` of a page.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::STYLE;

/// Allows only our own stylesheet, by its hash. Nothing may frame the page, and forms may be sent only to
/// their intended origins. Browsers apply `form-action` to redirects of the submission too.
pub(super) fn content_security_policy(has_form: bool, form_origins: &[&str]) -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'");
    policy.push_str(if has_form { "; form-action 'self'" } else { "; form-action 'none'" });
    for origin in form_origins.iter().filter(|origin| is_origin(origin)) {
        let _ = write!(policy, " {origin}");
    }
    policy
}

/// Tells whether `text` is safe in a policy: an origin cannot end one directive and begin another.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}
