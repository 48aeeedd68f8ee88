//! Tests which part reports a late response, when, and how. The runtime's clock is paused and advances only while every
//! task is idle, so no test here really waits or measures time.

use std::time::Duration;

use relying_party::forwarding::UpstreamFault;
use tokio::time::Instant;

use crate::event::{Application, Direct, EventOutcome, FORMS, Form};

/// The response, and the time from the event to the response, if Lambda ends the function after `timeout`.
async fn after(form: Form, application: Application, timeout: Duration) -> (EventOutcome, Duration) {
    let direct = Direct::new(form, application);
    let since = Instant::now();
    let told = direct.tell(form.event().to_string().as_bytes(), since + timeout).await;
    assert_eq!(direct.forwarded(), 1);
    (told, since.elapsed())
}

fn no_head() -> Application {
    Application { has_no_head: true, ..Application::default() }
}

fn no_end(media_type: &str) -> Application {
    let fields = vec![("content-type", media_type.to_owned())];
    Application { fields, pieces: vec!["first"], has_no_end: true, ..Application::default() }
}

/// The proxy answers half a second before the end of the function's time. Behind an HTTP API it leaves half a second
/// more of the 30 s after which the API answers 503 without a reason.
#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_a_504_before_anybody_else_gives_up() {
    for (timeout, others, http_api) in
        [(10_000, 9_500, 9_500), (29_000, 28_500, 28_500), (900_000, 899_500, 29_000)]
    {
        for form in FORMS {
            let (told, elapsed) = after(form, no_head(), Duration::from_millis(timeout)).await;
            assert_eq!(told.reason(), "504 upstream_timed_out", "{form:?} {timeout}");
            let expected = if form == Form::HttpApi { http_api } else { others };
            assert_eq!(rounded(elapsed), expected, "{form:?} {timeout}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_a_504_where_nothing_of_it_was_sent() {
    for (form, expected) in [(Form::Alb, 59_500), (Form::HttpApi, 29_000)] {
        for media_type in ["text/plain", "text/event-stream"] {
            let (told, elapsed) = after(form, no_end(media_type), Duration::from_mins(1)).await;
            assert_eq!(told.reason(), "504 upstream_timed_out", "{form:?}");
            assert_eq!(rounded(elapsed), expected, "{form:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_does_not_end_breaks_off_before_the_end_of_the_functions_time() {
    let (told, elapsed) = after(Form::FunctionUrl, no_end("text/plain"), Duration::from_mins(15)).await;
    let broken = EventOutcome { status: 200, body: "first".to_owned(), fault: Some(UpstreamFault::TimedOut) };
    assert_eq!((told, rounded(elapsed)), (broken, 899_500));
}

/// A browser reconnects by itself when an event stream ends (HTML Living Standard, "Server-sent events"), but a broken
/// stream would be an error for the browser and for the function.
#[tokio::test(start_paused = true)]
async fn an_event_stream_ends_as_a_whole_one_before_the_end_of_the_functions_time() {
    for media_type in ["text/event-stream", "Text/Event-Stream; charset=utf-8"] {
        let (told, elapsed) = after(Form::FunctionUrl, no_end(media_type), Duration::from_mins(15)).await;
        let whole = EventOutcome { status: 200, body: "first".to_owned(), fault: None };
        assert_eq!((told, rounded(elapsed)), (whole, 899_500));
    }
}

/// In milliseconds, rounded to ten: the runtime's timers fire up to one millisecond late.
fn rounded(elapsed: Duration) -> u128 {
    elapsed.as_millis() / 10 * 10
}
