//! Evaluates parameter mappings and the simple substitutions of templates.
//!
//! API Gateway developer guide: "Parameter mapping source reference for REST APIs" and "Gateway responses".

use crate::template::Fault;

use super::call::{Call, is_context_variable};

/// Where the value of a mapping comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Static(String),
    Context(String),
    StageVariable(String),
    Path(String),
    Query(String),
    MultiQuery(String),
    Header(String),
    MultiHeader(String),
}

impl Source {
    pub(super) fn parse(text: &str, line: usize) -> Result<Self, Fault> {
        if let Some(quoted) = text.strip_prefix('\'') {
            let inner = quoted.strip_suffix('\'').filter(|inner| !inner.contains('\''));
            return inner
                .map(|inner| Self::Static(inner.to_owned()))
                .ok_or_else(|| Fault::new(line, format!("the quotes of {text} do not match")));
        }
        if let Some(name) = text.strip_prefix("context.") {
            return if is_context_variable(name) {
                Ok(Self::Context(name.to_owned()))
            } else {
                Err(Fault::new(line, format!("`{text}` is not a context variable that is known here")))
            };
        }
        Self::parse_named(text).ok_or_else(|| {
            Fault::new(
                line,
                format!("`{text}` is not a mapping source; put static text in quotes: \"'text'\""),
            )
        })
    }

    fn parse_named(text: &str) -> Option<Self> {
        if let Some(name) = text.strip_prefix("stageVariables.") {
            return named(name).map(Self::StageVariable);
        }
        let (position, name) = text.strip_prefix("method.request.")?.split_once('.')?;
        let name = named(name)?;
        match position {
            "path" => Some(Self::Path(name)),
            "querystring" => Some(Self::Query(name)),
            "multivaluequerystring" => Some(Self::MultiQuery(name)),
            "header" => Some(Self::Header(name)),
            "multivalueheader" => Some(Self::MultiHeader(name)),
            _ => None,
        }
    }

    /// The values in their order; if the source is absent there are none, and the mapping does not apply.
    pub(super) fn values(&self, call: &Call) -> Vec<String> {
        match self {
            Self::Static(text) => vec![text.clone()],
            // "Calling $context.authorizer.claims returns null" (API Gateway developer guide, "Variables for
            // data models, authorizers, mapping templates, and CloudWatch access logging"): only Cognito
            // authorizers set it.
            Self::Context(name) if name == "authorizer.claims" => Vec::new(),
            Self::Context(name) => call.context(name).into_iter().collect(),
            Self::StageVariable(name) => {
                call.stage_context.stage_variables.get(name).cloned().into_iter().collect()
            }
            Self::Path(name) => call.path_parameter(name).into_iter().collect(),
            Self::Query(name) => call.query_values(name).pop().into_iter().collect(),
            Self::MultiQuery(name) => call.query_values(name),
            Self::Header(name) => call.header(name).into_iter().collect(),
            Self::MultiHeader(name) => call.header_values(name),
        }
    }
}

fn named(name: &str) -> Option<String> {
    let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\'');
    valid.then(|| name.to_owned())
}

/// The error that a gateway response describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ErrorVariables {
    /// `$context.error.message`, `null` when there is none.
    pub(super) message: Option<String>,
    /// `$context.error.responseType`.
    pub(super) response_type: &'static str,
}

/// A template without VTL: text with `$context.x`, `$stageVariables.x` and `$method.request.x.y`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BodyTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(Source),
}

impl BodyTemplate {
    /// "Gateway responses support simple variable substitutions only", so a directive or a function is a
    /// fault.
    pub(super) fn parse(text: &str, line: usize) -> Result<Self, Fault> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            parts.push(Part::Text(before.to_owned()));
            let (name, after) = variable_name(after);
            let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
            if !(name.starts_with("context.")
                || name.starts_with("stageVariables.")
                || name.starts_with("method."))
            {
                return Err(Fault::new(line, format!("`${name}` is not a variable of a simple template")));
            }
            parts.push(Part::Variable(Source::parse(name, line)?));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { parts })
    }

    /// Fills the template. AWS inserts values without escaping, so this does too.
    pub(super) fn render(&self, call: &Call, error: &ErrorVariables) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable(source) => variable(source, call, error).unwrap_or_default(),
        });
        parts.collect()
    }
}

/// The last value of a source, for a gateway response.
pub(super) fn variable(source: &Source, call: &Call, error: &ErrorVariables) -> Option<String> {
    if let Source::Context(name) = source {
        match name.as_str() {
            "error.message" => return Some(error.message.clone().unwrap_or_else(|| "null".to_owned())),
            "error.messageString" => return Some(serde_json::Value::from(error.message.clone()).to_string()),
            "error.responseType" => return Some(error.response_type.to_owned()),
            _ => {}
        }
    }
    source.values(call).pop()
}

fn variable_name(text: &str) -> (&str, &str) {
    let braced = text.starts_with('{');
    let inside =
        |byte: char| byte.is_ascii_alphanumeric() || "._-".contains(byte) || (braced && "{}".contains(byte));
    let mut end = text.find(|byte| !inside(byte)).unwrap_or(text.len());
    if braced {
        end = text.find('}').map_or(end, |close| close + 1);
    }
    let (name, rest) = text.split_at(end);
    // A variable may be the last word of a sentence.
    match name.strip_suffix('.') {
        Some(shorter) => text.split_at(shorter.len()),
        None => (name, rest),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::api_gateway::fixture::call;

    fn source(text: &str) -> Vec<String> {
        let mut call = call("GET", "/a/b?x=1&x=2");
        call.headers.push(("X-One".to_owned(), b"1".to_vec()));
        call.headers.push(("x-one".to_owned(), b"2".to_vec()));
        let context = &mut call.principal.as_mut().unwrap().context;
        context.insert("claims".to_owned(), "those of a Cognito authorizer".to_owned());
        Source::parse(text, 1).unwrap().values(&call)
    }

    fn fault(text: &str) -> String {
        Source::parse(text, 7).unwrap_err().to_string()
    }

    #[test]
    fn every_documented_source_has_its_value() {
        assert_eq!(source("'static'"), ["static"]);
        assert_eq!(source("context.httpMethod"), ["GET"]);
        assert_eq!(source("context.authorizer.sub"), ["user-1"]);
        assert_eq!(source("context.authorizer.principalId"), ["principal"]);
        assert_eq!(source("stageVariables.colour"), ["blue"]);
        assert_eq!(source("method.request.path.proxy"), ["a/b"]);
        assert_eq!(source("method.request.querystring.x"), ["2"]);
        assert_eq!(source("method.request.multivaluequerystring.x"), ["1", "2"]);
        assert_eq!(source("method.request.header.X-One"), ["1"]);
        assert_eq!(source("method.request.header.x-one"), ["2"]);
    }

    #[test]
    fn an_absent_source_has_no_value() {
        assert!(source("context.authorizer.nothing").is_empty());
        assert!(source("context.authorizer.claims").is_empty());
        assert!(source("method.request.header.X-ONE").is_empty());
    }

    #[test]
    fn static_text_without_quotes_is_a_fault() {
        assert_eq!(
            fault("no-store"),
            "line 7: `no-store` is not a mapping source; put static text in quotes: \"'text'\""
        );
    }

    #[test]
    fn quotes_that_do_not_match_are_a_fault() {
        assert_eq!(fault("'no-store"), "line 7: the quotes of 'no-store do not match");
    }

    #[test]
    fn an_unknown_context_variable_is_a_fault() {
        assert_eq!(
            fault("context.nothing"),
            "line 7: `context.nothing` is not a context variable that is known here"
        );
    }

    #[test]
    fn an_unknown_position_is_a_fault() {
        assert!(fault("method.request.cookie.x").contains("is not a mapping source"));
        assert!(fault("method.request.body.x").contains("is not a mapping source"));
    }

    fn rendered(text: &str) -> String {
        let error = ErrorVariables { message: Some("say \"no\"".to_owned()), response_type: "ACCESS_DENIED" };
        BodyTemplate::parse(text, 1).unwrap().render(&call("GET", "/a"), &error)
    }

    #[test]
    fn a_template_fills_variables_without_escaping() {
        assert_eq!(
            rendered("{\"message\":$context.error.messageString}"),
            "{\"message\":\"say \\\"no\\\"\"}"
        );
        assert_eq!(rendered("\"$context.error.message\""), "\"say \"no\"\"");
        assert_eq!(rendered("${context.error.responseType}/$context.stage."), "ACCESS_DENIED/prod.");
        assert_eq!(rendered("[$context.authorizer.nothing]"), "[]");
    }

    #[test]
    fn a_template_with_vtl_is_a_fault() {
        let fault = BodyTemplate::parse("$util.escapeJavaScript(x)", 3).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "line 3: `$util.escapeJavaScript` is not a variable of a simple template"
        );
    }
}
