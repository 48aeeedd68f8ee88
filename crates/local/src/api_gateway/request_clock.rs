//! Gives a request its time and its ids.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::UtcDateTime;

/// Time and ids of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestStamp {
    /// Since 1970, UTC.
    pub time: Duration,
    /// 32 hexadecimal digits that identify the request.
    pub id: String,
}

/// Gives each request its stamp; tests have their own implementation.
pub trait RequestClock: Send + Sync {
    /// The stamp of the next request.
    fn next(&self) -> RequestStamp;
}

/// The clock and the randomness of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRequestClock;

impl RequestClock for SystemRequestClock {
    fn next(&self) -> RequestStamp {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut bytes = [0_u8; 16];
        if getrandom::fill(&mut bytes).is_err() {
            // An id only names a request in a log, so the time is good enough without randomness.
            bytes = time.as_nanos().to_be_bytes();
        }
        RequestStamp { time, id: format!("{:032x}", u128::from_be_bytes(bytes)) }
    }
}

impl RequestStamp {
    /// `requestId` in the form of a UUID.
    pub(crate) fn request_id(&self) -> String {
        hyphenated(&self.id)
    }

    /// `extendedRequestId` and the header `x-amz-apigw-id`.
    pub(crate) fn extended_id(&self) -> String {
        format!("{}=", self.id.get(..15).unwrap_or(&self.id))
    }

    /// A new root for `X-Amzn-Trace-Id`.
    pub(crate) fn trace_id(&self) -> String {
        format!("Root=1-{:08x}-{}", self.time.as_secs(), self.id.get(..24).unwrap_or(&self.id))
    }

    /// `requestTime` in the common log format: `09/Apr/2015:12:34:56 +0000`.
    pub(crate) fn request_time(&self) -> String {
        let at = self.date_time();
        let (day, month, year) = (at.day(), at.month(), at.year());
        let (hour, minute, second) = at.as_hms();
        format!("{day:02}/{month:.3}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
    }

    /// The `Date` of a response: RFC 9110 section 5.6.7.
    pub(crate) fn http_date(&self) -> String {
        let at = self.date_time();
        let (weekday, day, month, year) = (at.weekday(), at.day(), at.month(), at.year());
        let (hour, minute, second) = at.as_hms();
        format!("{weekday:.3}, {day:02} {month:.3} {year} {hour:02}:{minute:02}:{second:02} GMT")
    }

    fn date_time(&self) -> UtcDateTime {
        let seconds = i64::try_from(self.time.as_secs()).unwrap_or(i64::MAX);
        UtcDateTime::from_unix_timestamp(seconds).unwrap_or(UtcDateTime::MAX)
    }
}

/// The 32 hexadecimal digits of a UUID with its hyphens (RFC 9562 section 4).
pub(crate) fn hyphenated(digits: &str) -> String {
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> RequestStamp {
        RequestStamp { time: Duration::from_secs(seconds), id: "0123456789abcdef0123456789abcdef".to_owned() }
    }

    #[test]
    fn times_are_written_as_aws_and_http_write_them() {
        assert_eq!(at(1_428_582_896).request_time(), "09/Apr/2015:12:34:56 +0000");
        assert_eq!(at(784_111_777).http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(1_709_164_800).request_time(), "29/Feb/2024:00:00:00 +0000");
        assert_eq!(at(1_735_689_599).request_time(), "31/Dec/2024:23:59:59 +0000");
    }

    #[test]
    fn ids_have_the_forms_of_aws() {
        assert_eq!(at(0).request_id(), "01234567-89ab-cdef-0123-456789abcdef");
        assert_eq!(at(1).trace_id(), "Root=1-00000001-0123456789abcdef01234567");
    }
}
