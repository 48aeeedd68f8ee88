//! Keeps a return target that is too long for its attempt's cookie in its own cookie, or in several parts.
//!
//! It is compressed separately from anything secret, so that its length reveals nothing else (RFC 7457
//! section 2.6 is about texts that are compressed together). An earlier release that reads such an attempt
//! ends the sign-in at the start page, which is in the attempt's own cookie.

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

/// The sealed `return_target` of `attempt`. It opens for no other attempt.
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

/// The return target of `attempt` in `cookies`; `None` if a part is missing, present twice, or from another
/// attempt.
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

/// The name that the seal authenticates: the cookie, and the attempt's whole `state`. Two states may have the
/// same first characters.
fn place(attempt: &Attempt, state: &StateText) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let random = URL_SAFE_NO_PAD.encode(attempt.state_random());
    format!("{} {random}", CookieNames::return_target(state.text()))
}

/// The compressed content; `None` if it is not shorter than the text.
fn deflated(text: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::with_capacity(text.len());
    content.push(DEFLATED);
    let status =
        Compress::new(Compression::best(), false).compress_vec(text, &mut content, FlushCompress::Finish);
    matches!(status, Ok(Status::StreamEnd)).then_some(content)
}

/// The decompressed content. It stops at the longest possible target.
fn inflated(deflated: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(MAX_RETURN_TARGET_BYTES);
    let mut state = Decompress::new(false);
    let status = state.decompress_vec(deflated, &mut text, FlushDecompress::Finish);
    let whole = state.total_in() == deflated.len() as u64;
    (matches!(status, Ok(Status::StreamEnd)) && whole).then_some(text)
}
