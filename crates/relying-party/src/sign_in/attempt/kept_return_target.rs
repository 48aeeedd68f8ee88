//! A return target that is too long for its attempt's cookie: in a cookie of its own, in parts where it needs several.
//!
//! It is compressed alone, with nothing secret beside it, so that its length tells nothing but about itself (RFC 7457 section
//! 2.6 is about texts that are compressed together). An earlier release that meets such an attempt ends at the start page,
//! which the attempt's own cookie names.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{Attempt, MAX_RETURN_TARGET_BYTES};
use crate::{
    http::cookie::{CookieNames, Cookies, SessionCookie},
    sealing::{Purpose, Ring},
    sign_in::state::StateText,
};

/// The first byte of the content.
const PLAIN: u8 = 0;
const DEFLATED: u8 = 1;

/// The value that keeps `return_target` for `attempt`, and opens for no other.
pub(super) fn seal(
    return_target: &str,
    attempt: &Attempt,
    state: &StateText,
    (ring, nonce): (&Ring, [u8; 24]),
) -> String {
    let content =
        deflated(return_target.as_bytes()).unwrap_or_else(|| [&[PLAIN], return_target.as_bytes()].concat());
    ring.seal(Purpose::Attempt, &place(attempt, state), &content, nonce)
}

/// The return target that `cookies` keep for `attempt`; none where a part is missing, twice, or another attempt's.
pub(super) fn find(
    attempt: &Attempt,
    state: &StateText,
    cookies: &Cookies<'_>,
    ring: &Ring,
) -> Option<String> {
    let SessionCookie::Whole(value) = SessionCookie::read(cookies, &CookieNames::return_target(state.text()))
    else {
        return None;
    };
    let content = ring.open(Purpose::Attempt, &place(attempt, state), &value).ok()?;
    let text = match content.split_first()? {
        (&PLAIN, plain) => plain.to_vec(),
        (&DEFLATED, deflated) => inflated(deflated)?,
        _ => return None,
    };
    String::from_utf8(text).ok().filter(|text| text.len() <= MAX_RETURN_TARGET_BYTES)
}

/// The place that the seal names: the cookie, and all of the attempt's `state`. The first characters of two may be the same.
fn place(attempt: &Attempt, state: &StateText) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let random = URL_SAFE_NO_PAD.encode(attempt.state_random());
    format!("{} {random}", CookieNames::return_target(state.text()))
}

/// The content, unless it is no shorter than the text.
fn deflated(text: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(text.len());
    content.push(DEFLATED);
    let status =
        Compress::new(Compression::best(), false).compress_vec(text, &mut content, FlushCompress::Finish);
    matches!(status, Ok(Status::StreamEnd)).then_some(content)
}

/// Nothing is written beyond the longest target.
fn inflated(deflated: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(MAX_RETURN_TARGET_BYTES);
    let mut state = Decompress::new(false);
    let status = state.decompress_vec(deflated, &mut text, FlushDecompress::Finish);
    let whole = state.total_in() == deflated.len() as u64;
    (matches!(status, Ok(Status::StreamEnd)) && whole).then_some(text)
}
