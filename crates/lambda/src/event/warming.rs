//! Recognises events that carry no request and only keep a function warm.

use serde_json::Value;

/// Whether `event` only warms: it is exactly `{"vestibule":"warm"}`, or the default event of a scheduled rule
/// of EventBridge or of an EventBridge Scheduler schedule. It is called only for events that are not
/// requests, so no front's event can be mistaken for one.
pub(crate) fn warms(event: &[u8]) -> bool {
    let Ok(Value::Object(event)) = serde_json::from_slice(event) else {
        return false;
    };
    let text = |name| event.get(name).and_then(Value::as_str);
    (event.len() == 1 && text("vestibule") == Some("warm"))
        || (matches!(text("source"), Some("aws.events" | "aws.scheduler"))
            && text("detail-type") == Some("Scheduled Event"))
}

#[cfg(test)]
mod tests {
    use super::warms;

    #[test]
    fn only_the_events_that_warm_do() {
        for (event, expected) in [
            (r#"{"vestibule":"warm"}"#, true),
            (r#" { "vestibule" : "warm" } "#, true),
            (r#"{"source":"aws.events","detail-type":"Scheduled Event","detail":{},"version":"0"}"#, true),
            (
                r#"{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}","version":"0"}"#,
                true,
            ),
            (r#"{"source":"aws.scheduler","detail-type":"Other"}"#, false),
            (r#"{"source":"aws.schedulers","detail-type":"Scheduled Event"}"#, false),
            (r#"{"vestibule":"warm","path":"/"}"#, false),
            (r#"{"vestibule":"WARM"}"#, false),
            (r#"{"vestibule":["warm"]}"#, false),
            (r#"["warm"]"#, false),
            (r#""warm""#, false),
            (r#"{"source":"aws.s3","detail-type":"Scheduled Event"}"#, false),
            (r#"{"source":"aws.events","detail-type":"Object Created"}"#, false),
            (r#"{"key1":"value1","key2":"value2","key3":"value3"}"#, false),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(warms(event.as_bytes()), expected, "{event}");
        }
    }
}
