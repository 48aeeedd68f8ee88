//! Warns once per process when a load balancer's target group lacks `lambda.multi_value_headers.enabled`.

use std::sync::atomic::{AtomicBool, Ordering};

use relying_party::refusal::reason;
use relying_party::time::Timestamp;

use crate::event::EventShape;
use crate::log::{LogLevel, LogLine};

/// Whether the missing setting has been logged.
///
/// Such events are accepted: the upstream gets exactly the fields that this function sees, so nothing passes
/// unchecked. But the load balancer keeps only the last of several fields with one name, cookies among them,
/// and only the operator can change that.
#[derive(Debug, Default)]
pub(crate) struct TargetGroup {
    is_logged: AtomicBool,
}

impl TargetGroup {
    /// Returns the log line of `function` at the first such event of the process.
    pub(crate) fn error_line<'a>(
        &self,
        shape: EventShape,
        function: &'a str,
        request_id: &'a str,
        at: Timestamp,
    ) -> Option<LogLine<'a>> {
        let lacks_it = shape == EventShape::Alb { multi_value: false };
        if !lacks_it || self.is_logged.swap(true, Ordering::Relaxed) {
            return None;
        }
        let line = LogLine { request_id, ..LogLine::new(function, "misconfigured", LogLevel::Error, at) };
        Some(line.because(&reason::TARGET_GROUP_WITHOUT_MULTI_VALUE_HEADERS))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    const AT: Timestamp = Timestamp::from_unix(1_795_292_567);

    #[test]
    fn the_first_event_without_multi_value_headers_is_logged_once() {
        let target_group = TargetGroup::default();
        let error_line = |shape| target_group.error_line(shape, "proxy", "Root=1-2-3", AT);
        for shape in [EventShape::Alb { multi_value: true }, EventShape::HttpApiV2, EventShape::RestV1] {
            assert_eq!(error_line(shape), None);
        }
        let line = error_line(EventShape::Alb { multi_value: false }).unwrap();
        assert_eq!((line.level, line.function, line.request_id), (LogLevel::Error, "proxy", "Root=1-2-3"));
        assert_eq!(line.reason, Some("target_group_without_multi_value_headers"));
        assert_eq!(error_line(EventShape::Alb { multi_value: false }), None);
    }
}
