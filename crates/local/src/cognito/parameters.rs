//! Reads query and form parameters in their order.

use url::form_urlencoded;

/// Decoded `application/x-www-form-urlencoded` pairs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Parameters(Vec<(String, String)>);

/// The request contains a parameter more than once (RFC 6749 section 3.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Repeated;

impl Parameters {
    pub(super) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value, `None` if absent or empty (RFC 6749 section 3.1 treats both alike).
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            return Err(Repeated);
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// The first value, empty if absent: for a form's own fields.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(key, _)| key != name);
        self
    }

    pub(super) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// `uri` with the pairs added to its query.
pub(super) fn with_query(uri: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    match (uri.contains('?'), query.is_empty()) {
        (_, true) => uri.to_owned(),
        (true, false) => format!("{uri}&{query}"),
        (false, false) => format!("{uri}?{query}"),
    }
}
