//! Reads which paths, methods and hosts the expression of a route may match.
//!
//! Rules tell requests apart by these only. Every other condition makes an expression match fewer requests,
//! so leaving that out never leaves out a request that it matches.

use std::mem;

use crate::pattern;
use crate::placeholder;

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 32;

/// The most paths, methods or hosts of one expression.
const MAX_ALTERNATIVES: usize = 256;

/// The requests that an expression may match. An empty list stands for every value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Requests {
    /// In the syntax of a route's `paths` in format 3.0.
    pub(super) paths: Vec<String>,
    pub(super) methods: Vec<String>,
    pub(super) hosts: Vec<String>,
    /// Whether it matches all of them.
    pub(super) is_exact: bool,
}

/// Reads an expression. One that cannot be read may match every request.
pub(super) fn read(text: &str) -> Requests {
    if placeholder::has_any(text) {
        return Requests::default();
    }
    let mut parser = Parser { rest: text };
    let read = parser.expression(0).filter(|_| parser.rest.trim_start().is_empty());
    read.unwrap_or_default()
}

impl Requests {
    pub(super) const fn has_lists(&self) -> bool {
        !self.paths.is_empty() || !self.methods.is_empty() || !self.hosts.is_empty()
    }

    const fn every() -> Self {
        Self { paths: Vec::new(), methods: Vec::new(), hosts: Vec::new(), is_exact: true }
    }

    /// The requests that may match both.
    fn and(self, other: Self) -> Self {
        let mut is_exact = self.is_exact && other.is_exact;
        let mut both = |one: Vec<String>, other: Vec<String>| {
            is_exact &= one.is_empty() || other.is_empty() || one == other;
            if one.is_empty() { other } else { one }
        };
        Self {
            paths: both(self.paths, other.paths),
            methods: both(self.methods, other.methods),
            hosts: both(self.hosts, other.hosts),
            is_exact,
        }
    }

    /// The requests that may match one of the two.
    pub(super) fn or(self, other: Self) -> Self {
        let (mut differences, mut is_short) = (0, true);
        let mut either = |mut one: Vec<String>, other: Vec<String>| {
            differences += usize::from(one != other);
            if one.is_empty() || other.is_empty() {
                return Vec::new();
            }
            for text in other {
                if !one.contains(&text) {
                    one.push(text);
                }
            }
            is_short &= one.len() <= MAX_ALTERNATIVES;
            if one.len() <= MAX_ALTERNATIVES { one } else { Vec::new() }
        };
        let paths = either(self.paths, other.paths);
        let methods = either(self.methods, other.methods);
        let hosts = either(self.hosts, other.hosts);
        let is_exact = self.is_exact && other.is_exact && differences <= 1 && is_short;
        Self { paths, methods, hosts, is_exact }
    }
}

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let after = rest.strip_prefix(token);
        self.rest = after.unwrap_or(rest);
        after.is_some()
    }

    /// Reads terms that are joined by `&&` or `||`. If both operators occur at one level, each term may decide
    /// alone, which is right whichever of the two binds more tightly.
    fn expression(&mut self, depth: usize) -> Option<Requests> {
        let mut terms = vec![self.term(depth)?];
        let (mut has_and, mut has_or) = (false, false);
        loop {
            if self.take("&&") {
                has_and = true;
            } else if self.take("||") {
                has_or = true;
            } else {
                break;
            }
            terms.push(self.term(depth)?);
        }
        let mut joined =
            terms.into_iter().reduce(|one, other| if has_or { one.or(other) } else { one.and(other) })?;
        joined.is_exact &= !(has_and && has_or);
        Some(joined)
    }

    fn term(&mut self, depth: usize) -> Option<Requests> {
        if depth > MAX_DEPTH {
            return None;
        }
        let is_negated = self.take("!");
        if self.take("(") {
            let inner = self.expression(depth + 1)?;
            return self.take(")").then(|| if is_negated { Requests::default() } else { inner });
        }
        if is_negated { None } else { self.predicate() }
    }

    fn predicate(&mut self) -> Option<Requests> {
        let field = self.field()?;
        let operator = self.operator()?;
        Some(requests(field, operator, &self.value()?))
    }

    /// The name of a field, or a function of one.
    fn field(&mut self) -> Option<&'t str> {
        let text = self.rest.trim_start();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-[]*()".contains(&byte);
        let length = text.bytes().take_while(|byte| is_name(*byte)).count();
        let (name, rest) = text.split_at_checked(length)?;
        self.rest = rest;
        let opened = name.matches('(').count();
        let starts = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
        (starts && opened == name.matches(')').count()).then_some(name)
    }

    fn operator(&mut self) -> Option<&'static str> {
        let operators = ["==", "!=", "~", "^=", "=^", ">=", "<=", ">", "<", "contains", "not in", "in"];
        operators.into_iter().find(|operator| self.take(operator))
    }

    fn value(&mut self) -> Option<String> {
        if self.take("r#\"") {
            let (text, rest) = self.rest.split_once("\"#")?;
            self.rest = rest;
            return Some(text.to_owned());
        }
        if self.take("\"") {
            return self.quoted();
        }
        let is_end = |letter: char| letter.is_whitespace() || "()&|!\"".contains(letter);
        let text = self.rest.trim_start();
        let (value, rest) = text.split_at_checked(text.find(is_end).unwrap_or(text.len()))?;
        self.rest = rest;
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The rest of a text in quotation marks.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut letters = mem::take(&mut self.rest).chars();
        loop {
            match letters.next()? {
                '"' => break,
                '\\' => text.push(match letters.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    letter @ ('"' | '\\') => letter,
                    _ => return None,
                }),
                letter => text.push(letter),
            }
        }
        self.rest = letters.as_str();
        Some(text)
    }
}

fn requests(field: &str, operator: &str, value: &str) -> Requests {
    let is_path = value.starts_with('/') && !value.contains(['%', '?', '#', '\\']) && is_plain(value);
    let is_host = !value.is_empty() && is_plain(value) && !value.contains(['*', ':', '/', '%']);
    let is_method = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_uppercase());
    let one = |value: String| vec![value];
    // Kong compares with case, so an expression with capital letters may match no request at all.
    let host = value.to_ascii_lowercase();
    let is_exact = host == value;
    match (field, operator) {
        ("http.path", "==") if is_path => {
            Requests { paths: one(format!("~{}$", regex_syntax::escape(value))), ..Requests::every() }
        }
        ("http.path", "^=") if is_path => Requests { paths: one(value.to_owned()), ..Requests::every() },
        ("http.path", "~") => match pattern::anchored(value) {
            Some(regex) => Requests { paths: one(format!("~{regex}")), ..Requests::every() },
            None => Requests::default(),
        },
        ("http.method", "==") if is_method => {
            Requests { methods: one(value.to_owned()), ..Requests::every() }
        }
        ("http.host", "==") if is_host => Requests { hosts: one(host), is_exact, ..Requests::every() },
        ("http.host", "=^") if is_host && value.starts_with('.') => {
            Requests { hosts: one(format!("*{host}")), is_exact, ..Requests::every() }
        }
        // `net.protocol` among others: behind a load balancer that ends TLS it may be `http` for every request.
        _ => Requests::default(),
    }
}

fn is_plain(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
#[path = "expression/tests.rs"]
mod tests;
