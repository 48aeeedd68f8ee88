//! The size limits for requests. No front lets larger ones through, so larger ones come from elsewhere. They
//! are refused before anything in them is compared.

use super::EventRefusal;

/// The largest accepted event, in bytes. A synchronous invocation carries at most 6 MB.
pub const MAX_EVENT_BYTES: usize = 8 * 1024 * 1024;

/// The largest total of the names and values of all header fields, in bytes. API Gateway lets 10,240 bytes
/// through and a load balancer 64 KiB.
pub const MAX_HEADER_BYTES: usize = 512 * 1024;

/// The longest name of a header field, in bytes: a load balancer accepts a field of 16 KB.
pub const MAX_HEADER_NAME_BYTES: usize = 16 * 1024;

/// The most header fields of one request.
pub const MAX_HEADER_FIELDS: usize = 2_000;

/// The most query parameters of one request. A load balancer accepts a request line of 16 KB, API Gateway and
/// CloudFront less, and a line of that length has no more parameters.
pub const MAX_QUERY_PARAMETERS: usize = 8 * 1024;

pub(super) fn check_event(bytes: &[u8]) -> Result<(), EventRefusal> {
    if bytes.len() > MAX_EVENT_BYTES { Err(EventRefusal::TooLarge) } else { Ok(()) }
}

pub(super) fn check_headers<'f>(
    fields: impl Iterator<Item = (&'f str, &'f str)>,
) -> Result<(), EventRefusal> {
    let (count, bytes) =
        fields.fold((0, 0), |(count, bytes), (name, value)| (count + 1, bytes + name.len() + value.len()));
    check_header_field_count(count)?;
    if bytes > MAX_HEADER_BYTES { Err(EventRefusal::HeadersTooLarge) } else { Ok(()) }
}

pub(super) const fn check_header_field_count(count: usize) -> Result<(), EventRefusal> {
    if count > MAX_HEADER_FIELDS { Err(EventRefusal::HeadersTooLarge) } else { Ok(()) }
}

pub(super) const fn check_header_name(name: &str) -> Result<(), EventRefusal> {
    if name.len() > MAX_HEADER_NAME_BYTES { Err(EventRefusal::HeadersTooLarge) } else { Ok(()) }
}

pub(super) const fn check_query(parameters: &[(&str, &str)]) -> Result<(), EventRefusal> {
    if parameters.len() > MAX_QUERY_PARAMETERS { Err(EventRefusal::QueryTooLarge) } else { Ok(()) }
}
