//! The key table.

/// One key of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As in the document; the environment variable is `VESTIBULE_` and this in upper case.
    pub name: &'static str,
    /// What holds when the key is absent, as the documentation shows it.
    pub default: &'static str,
    /// What the key means, in Markdown.
    pub documentation: &'static str,
    /// Whether its value must never be shown.
    pub secret: bool,
}

/// Every key there is.
pub const KEYS: &[Key] = &[];
