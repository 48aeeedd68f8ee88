//! Writes an upstream's response in the form that each front reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use relying_party::forwarding::{ForwardedHead, UpstreamFault, is_bodiless};

use super::size_limit::{head_bytes, head_limit, limit};
use super::{Message, write};
use crate::byte_search::{below_space, equal_to, words};
use crate::event::EventShape;
use crate::json_text::escaped;

/// Writes the response to a request by `method` for the front that sent an event of `shape`.
///
/// # Errors
///
/// Fails if the response is larger than the front accepts.
pub fn render_forwarded(
    shape: EventShape,
    method: &Method,
    head: &ForwardedHead,
    body: &[u8],
) -> Result<Vec<u8>, UpstreamFault> {
    let bodiless = is_bodiless(method, head.status);
    let encoded;
    let (text, is_base64_encoded) = if let Some(text) = as_text(shape, body) {
        (text, false)
    } else {
        encoded = STANDARD.encode(body);
        (encoded.as_str(), true)
    };
    let message = Message {
        status: head.status,
        // The front sets the length of the body that it receives. If it receives no body, the upstream's
        // length is kept.
        headers: head
            .headers
            .iter()
            .filter(|(name, _)| bodiless || name != "content-length")
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect(),
        set_cookies: &head.set_cookies,
        body: text,
        is_base64_encoded,
    };
    if head_bytes(head) > head_limit(shape) {
        return Err(UpstreamFault::ResponseTooLarge);
    }
    let response = write(shape, &message);
    if response.len() > limit(shape) { Err(UpstreamFault::ResponseTooLarge) } else { Ok(response) }
}

/// Returns the body if it can be sent as text. A REST API decodes base64 only for media types that are
/// configured as binary, so all text is sent as text there. The other fronts always decode base64, so the
/// shorter form is sent.
fn as_text(shape: EventShape, body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    (shape == EventShape::RestV1 || escaped_length(body) <= body.len().div_ceil(3) * 4).then_some(text)
}

/// Returns the length of `body` as a JSON string, in bytes (RFC 8259 section 7).
fn escaped_length(body: &[u8]) -> usize {
    let more = |word| if escaped(word) == 0 { 0 } else { more_when_escaped(word) };
    body.len() + words(body).map(more).sum::<usize>()
}

/// Returns the extra length of a word in JSON beyond its eight bytes: one for each byte with a letter escape,
/// five for each byte with a numeric escape.
fn more_when_escaped(word: u64) -> usize {
    let letters = [b'"', b'\\', b'\n', b'\r', b'\t', 0x08, 0x0c];
    let by_letter = letters.iter().fold(0, |found, byte| found | equal_to(word, *byte));
    let by_number = below_space(word) & !by_letter;
    (by_letter.count_ones() + 5 * by_number.count_ones()) as usize
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use http::StatusCode;
    use serde_json::Value;

    use super::*;

    const SHAPES: [EventShape; 4] = [
        EventShape::RestV1,
        EventShape::HttpApiV2,
        EventShape::Alb { multi_value: true },
        EventShape::Alb { multi_value: false },
    ];

    fn head(headers: &[(&str, &str)]) -> ForwardedHead {
        ForwardedHead {
            status: StatusCode::OK,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            set_cookies: vec!["a=1".to_owned(), "b=2".to_owned()],
        }
    }

    fn rendered(shape: EventShape, body: &[u8]) -> Value {
        let headers = [("content-length", "9"), ("x", "1"), ("x", "2")];
        serde_json::from_slice(&render_forwarded(shape, &Method::GET, &head(&headers), body).unwrap())
            .unwrap()
    }

    #[test]
    fn text_goes_as_text_and_bytes_in_base64() {
        for shape in SHAPES {
            let text = rendered(shape, "<p>ü\"\n".as_bytes());
            assert_eq!((&text["body"], &text["isBase64Encoded"]), (&"<p>ü\"\n".into(), &false.into()));
            let bytes = rendered(shape, &[0xff, 0]);
            assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&"/wA=".into(), &true.into()));
        }
    }

    #[test]
    fn the_shorter_form_goes_where_both_are_read() {
        assert_eq!(rendered(EventShape::HttpApiV2, &[0; 9])["isBase64Encoded"], true);
        assert_eq!(rendered(EventShape::RestV1, &[0; 9])["isBase64Encoded"], false);
    }

    #[test]
    fn the_length_of_what_is_escaped_is_what_serde_json_makes_of_it() {
        for byte in 0..0x80_u8 {
            for times in [1, 31, 32, 33, 100] {
                let text = char::from(byte).to_string().repeat(times);
                let written = serde_json::to_string(&text).unwrap();
                assert_eq!(escaped_length(text.as_bytes()) + 2, written.len(), "{byte:#x} {times} times");
            }
        }
    }

    #[test]
    fn fields_and_cookies() {
        let v1 = rendered(EventShape::RestV1, b"");
        assert_eq!(v1["multiValueHeaders"]["x"], serde_json::json!(["1", "2"]));
        assert_eq!(v1["multiValueHeaders"]["set-cookie"], serde_json::json!(["a=1", "b=2"]));
        let v2 = rendered(EventShape::HttpApiV2, b"");
        assert_eq!(
            (&v2["headers"]["x"], &v2["cookies"]),
            (&"1, 2".into(), &serde_json::json!(["a=1", "b=2"]))
        );
        assert!(v2["headers"].get("content-length").is_none());
    }

    #[test]
    fn where_there_is_no_body_the_upstream_tells_its_length() {
        for (method, status) in [(Method::HEAD, StatusCode::OK), (Method::GET, StatusCode::NOT_MODIFIED)] {
            let head = ForwardedHead { status, ..head(&[("content-length", "9")]) };
            let response = render_forwarded(EventShape::HttpApiV2, &method, &head, b"").unwrap();
            let response: Value = serde_json::from_slice(&response).unwrap();
            assert_eq!(response["headers"]["content-length"], "9");
        }
    }

    #[test]
    fn a_head_that_a_load_balancer_does_not_take_is_refused() {
        let of = |shape, size: usize| {
            let value = "a".repeat(size);
            render_forwarded(shape, &Method::GET, &head(&[("x", &value)]), b"")
        };
        let alb = EventShape::Alb { multi_value: true };
        assert!(of(alb, 32_000).is_ok());
        assert_eq!(of(alb, 32 * 1024), Err(UpstreamFault::ResponseTooLarge));
        assert!(of(EventShape::HttpApiV2, 32 * 1024).is_ok());
    }

    #[test]
    fn more_than_the_front_takes_is_refused() {
        let alb = EventShape::Alb { multi_value: true };
        let of =
            |shape, size: usize, byte| render_forwarded(shape, &Method::GET, &head(&[]), &vec![byte; size]);
        assert!(of(alb, 1_000_000, b'a').is_ok());
        assert!(of(alb, 786_000, 0xff).is_ok());
        for (size, byte) in [(1024 * 1024, b'a'), (790_000, 0xff)] {
            assert_eq!(of(alb, size, byte), Err(UpstreamFault::ResponseTooLarge));
            assert!(of(EventShape::HttpApiV2, size, byte).is_ok());
        }
        assert_eq!(of(EventShape::HttpApiV2, 6 * 1024 * 1024, b'a'), Err(UpstreamFault::ResponseTooLarge));
    }
}
