//! Supports the fronts that pass whole requests to a function and get JSON back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use relying_party::http::request::media_type;
use serde_json::{Value, json};

use crate::api_gateway::{RawRequest, RawResponse, RequestStamp};

/// Header fields as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

/// A body as an event holds it.
pub(crate) struct Encoded {
    pub(crate) body: String,
    pub(crate) is_base64_encoded: bool,
}

impl Fields {
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn push(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// The fields for the client. The front writes `Content-Length` and the connection's own fields itself.
    pub(crate) fn into_wire(self) -> Result<Vec<(String, Vec<u8>)>, String> {
        let mut wire = Vec::with_capacity(self.0.len());
        for (name, value) in self.0 {
            let valid =
                HeaderName::from_bytes(name.as_bytes()).is_ok() && HeaderValue::from_str(&value).is_ok();
            if !valid && HeaderValue::from_bytes(value.as_bytes()).is_err() {
                return Err("a header is malformed".to_owned());
            }
            let ours = ["connection", "content-length", "transfer-encoding"];
            if !ours.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
                wire.push((name, value.into_bytes()));
            }
        }
        Ok(wire)
    }
}

/// The client's fields with names in lower case, without those of its connection, and with those that fronts add.
/// `X-Forwarded-For` keeps the client's value and appends the client's address.
pub(crate) fn fields_of(request: &RawRequest, stamp: &RequestStamp) -> Fields {
    const DROPPED: [&str; 7] = [
        "connection",
        "expect",
        "te",
        "trailer",
        "transfer-encoding",
        "x-forwarded-port",
        "x-forwarded-proto",
    ];
    let mut fields = Fields::default();
    let mut addresses: Vec<String> = Vec::new();
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        let value = String::from_utf8_lossy(value).into_owned();
        if name == "x-forwarded-for" {
            addresses.push(value);
        } else if !DROPPED.contains(&name.as_str()) && name != "x-amzn-trace-id" {
            fields.push(&name, value);
        }
    }
    addresses.push(request.peer.to_string());
    fields.push("x-amzn-trace-id", stamp.trace_id());
    fields.push("x-forwarded-for", addresses.join(", "));
    fields.push("x-forwarded-port", "443".to_owned());
    fields.push("x-forwarded-proto", "https".to_owned());
    fields
}

/// Plain text if the content type says text and there is no content coding; base64 otherwise.
pub(crate) fn encoded_body(request: &RawRequest, fields: &Fields) -> Encoded {
    const TEXTS: [&str; 3] = ["application/javascript", "application/json", "application/xml"];
    let media_type = media_type(fields.first("content-type").unwrap_or_default()).to_ascii_lowercase();
    let is_text = media_type.starts_with("text/") || TEXTS.contains(&media_type.as_str());
    match std::str::from_utf8(&request.body) {
        Ok(text) if text.is_empty() || is_text && fields.first("content-encoding").is_none() => {
            Encoded { body: text.to_owned(), is_base64_encoded: false }
        }
        _ => Encoded { body: STANDARD.encode(&request.body), is_base64_encoded: true },
    }
}

/// The body of a function's response.
pub(crate) fn response_body(answer: &Value) -> Result<Vec<u8>, String> {
    let body = match answer.get("body") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err("`body` is not a text".to_owned()),
    };
    match answer.get("isBase64Encoded") {
        Some(Value::Bool(true)) => STANDARD.decode(body).map_err(|_| "`body` is not base64".to_owned()),
        None | Some(Value::Bool(false)) => Ok(body.as_bytes().to_vec()),
        Some(_) => Err("`isBase64Encoded` is not a boolean".to_owned()),
    }
}

/// A string of a function's response.
pub(crate) fn text_of(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| "a header value is not a text".to_owned())
}

/// A response of the front itself.
pub(crate) fn failure(status: u16, message: &str) -> RawResponse {
    RawResponse {
        status,
        headers: vec![("Content-Type".to_owned(), b"application/json".to_vec())],
        body: json!({ "message": message }).to_string().into_bytes(),
    }
}
