//! `MOCK`: an answer without any backend (API Gateway developer guide, "Mock integrations for REST APIs").

use super::call::Call;
use super::definition::{Mock, status_of_json};
use super::headers;
use super::refusal::Refusal;
use super::request::RawResponse;

/// What the mock answers. Its request template gives the status that chooses the response.
pub(super) fn answer(mock: &Mock, call: &Call) -> Result<RawResponse, Refusal> {
    let content_type = call.own_header("Content-Type").unwrap_or_else(|| "application/json".to_owned());
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let status = match mock.statuses.get(&essence) {
        Some(status) => *status,
        // The body itself takes the place of the template's output.
        None if mock.passes_through => {
            let status = status_of_json(&call.body);
            status.ok_or_else(|| Refusal::api_configuration("the request gave the mock no statusCode"))?
        }
        None => return Err(Refusal::unsupported_media_type()),
    };
    let chosen = mock.answers.get(&status).or(mock.default_answer.as_ref());
    let chosen = chosen.ok_or_else(|| Refusal::api_configuration("no response of the mock matches"))?;
    let template = headers::choose(&chosen.templates, call.own_header("Accept").as_deref());
    let (media_type, body) = match template {
        Some((media_type, template)) => (media_type.clone(), template.render(call, None)),
        None => ("application/json".to_owned(), String::new()),
    };
    let mut named = vec![("Content-Type".to_owned(), media_type.into_bytes())];
    for (name, source) in &chosen.headers {
        if let Some(value) = source.values(call).pop() {
            named.retain(|(existing, _)| !existing.eq_ignore_ascii_case(name));
            named.push((name.clone(), value.into_bytes()));
        }
    }
    Ok(RawResponse { status: chosen.status, headers: named, body: body.into_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_gateway::fixture::{call, mock};

    #[test]
    fn the_request_template_chooses_the_response() -> Result<(), Refusal> {
        let answer = answer(&mock(), &call("GET", "/mock"))?;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header_values("cache-control"), [b"no-store"]);
        assert_eq!(answer.body, br#"{"reason":"not_found"}"#);
        Ok(())
    }

    #[test]
    fn another_media_type_passes_its_body_through() {
        let mut call = call("POST", "/mock");
        call.headers.push(("Content-Type".to_owned(), b"text/plain".to_vec()));
        call.body = b"hello".to_vec();
        let expected = Refusal::api_configuration("the request gave the mock no statusCode");
        assert_eq!(answer(&mock(), &call), Err(expected));
        let never = Mock { passes_through: false, ..mock() };
        assert_eq!(answer(&never, &call), Err(Refusal::unsupported_media_type()));
    }
}
