//! Answers of ours in the form that each front reads.

use std::collections::BTreeMap;

use relying_party::answer::Answer;
use serde::Serialize;

use crate::event::EventShape;

/// Writes `answer` for the front that sent an event of `shape`.
///
/// The body is never base64: every body of ours is UTF-8 text.
pub fn render(shape: EventShape, answer: &Answer) -> Vec<u8> {
    let rendered = match shape {
        EventShape::RestV1 => serde_json::to_vec(&payload_v1(answer)),
        EventShape::HttpApiV2 => serde_json::to_vec(&payload_v2(answer)),
        EventShape::Alb { multi_value: true } => serde_json::to_vec(&target_group_multi_value(answer)),
        EventShape::Alb { multi_value: false } => serde_json::to_vec(&target_group(answer)),
    };
    // Texts and numbers under text keys always serialise; an empty reply is a 502 of the front.
    rendered.unwrap_or_default()
}

/// What all formats have in common; API Gateway answers 502 to a member that it does not know.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<&'a str, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<&'a [String]>,
    body: &'a str,
    is_base64_encoded: bool,
}

impl<'a> Reply<'a> {
    fn new(answer: &'a Answer) -> Self {
        Self {
            status_code: answer.status.as_u16(),
            status_description: None,
            headers: None,
            multi_value_headers: None,
            cookies: None,
            body: &answer.body,
            is_base64_encoded: false,
        }
    }
}

/// Payload format 1.0. Only `multiValueHeaders`: API Gateway would merge it with `headers`.
fn payload_v1(answer: &Answer) -> Reply<'_> {
    Reply { multi_value_headers: Some(every_value(answer)), ..Reply::new(answer) }
}

/// Payload format 2.0, in which only `cookies` can be several.
fn payload_v2(answer: &Answer) -> Reply<'_> {
    let cookies = (!answer.set_cookies.is_empty()).then_some(answer.set_cookies.as_slice());
    Reply { headers: Some(joined_values(answer)), cookies, ..Reply::new(answer) }
}

fn target_group_multi_value(answer: &Answer) -> Reply<'_> {
    Reply {
        status_description: Some(status_description(answer)),
        multi_value_headers: Some(every_value(answer)),
        ..Reply::new(answer)
    }
}

/// A target group without multi-value headers: one value a name. A load balancer passes names on as they are
/// spelled, so each further `Set-Cookie` goes under another spelling of the name.
fn target_group(answer: &Answer) -> Reply<'_> {
    let mut headers = joined_values(answer);
    for (index, cookie) in answer.set_cookies.iter().enumerate() {
        headers.insert(spelling_of_set_cookie(index), cookie.clone());
    }
    Reply {
        status_description: Some(status_description(answer)),
        headers: Some(headers),
        ..Reply::new(answer)
    }
}

fn every_value(answer: &Answer) -> BTreeMap<&str, Vec<&str>> {
    let mut headers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in &answer.headers {
        headers.entry(name).or_default().push(value);
    }
    for cookie in &answer.set_cookies {
        headers.entry("set-cookie").or_default().push(cookie);
    }
    headers
}

/// One value a name, several joined as RFC 9110 section 5.3 allows for every field but `Set-Cookie`.
fn joined_values(answer: &Answer) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &answer.headers {
        headers
            .entry((*name).to_owned())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    headers
}

/// `302 Found`; a load balancer refuses a reply whose description does not start with the status.
fn status_description(answer: &Answer) -> String {
    let status = answer.status;
    format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or("Status"))
}

/// The nine letters of `set-cookie` in lower or upper case, by the bits of `index`.
fn spelling_of_set_cookie(index: usize) -> String {
    let mut bits = index;
    "set-cookie"
        .chars()
        .map(|letter| {
            if !letter.is_ascii_alphabetic() {
                return letter;
            }
            let upper = bits & 1 == 1;
            bits >>= 1;
            if upper { letter.to_ascii_uppercase() } else { letter }
        })
        .collect()
}
