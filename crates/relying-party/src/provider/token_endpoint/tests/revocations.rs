use super::*;
use crate::refusal::log_detail::any_detail;

fn judged(status: u16, body: &str) -> Result<(), TokenEndpointRefusal> {
    read_revocation_response(&ProviderResponse { status, content_type: None, body: body.as_bytes().to_vec() })
}

#[test]
fn status_200_is_enough() {
    assert_eq!(judged(200, ""), Ok(()));
    assert_eq!(judged(200, "anything"), Ok(()));
    assert_eq!(judged(204, ""), Ok(()));
}

#[test]
fn errors_are_told_apart() {
    for (status, body, refusal) in [
        (400, r#"{"error":"invalid_request"}"#, TokenEndpointRefusal::InvalidRequest(any_detail())),
        (400, r#"{"error":"unsupported_token_type"}"#, TokenEndpointRefusal::UnsupportedTokenType),
        (401, r#"{"error":"invalid_client"}"#, TokenEndpointRefusal::InvalidClient),
        (400, "", TokenEndpointRefusal::Malformed(any_detail())),
        (302, "", TokenEndpointRefusal::Malformed(any_detail())),
        (503, "", TokenEndpointRefusal::Unavailable),
    ] {
        assert_eq!(judged(status, body), Err(refusal), "{status} {body}");
    }
}
