//! Defines the form of each key's value.

/// The form of a key's value, as a document writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `true` or `false`.
    Flag,
    /// A mapping of names to texts.
    Mapping,
    /// A list of mappings with these members, or one such mapping.
    Rows(&'static [Member]),
    /// A whole number of seconds, both limits included.
    Seconds {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// A list of some of these words, or one of them.
    SomeOf(&'static [&'static str]),
    /// One text.
    Text,
    /// A list of texts, or one text.
    Texts,
    /// A list of texts that may be empty.
    TextsOrNone,
    /// Like [`Self::Texts`], but an entry may itself be a list of texts.
    Alternatives,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// A member of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Its form.
    pub shape: Shape,
    /// Whether every row has it.
    pub required: bool,
    /// Its meaning, in Markdown.
    pub documentation: &'static str,
}

const fn member(name: &'static str, shape: Shape, documentation: &'static str) -> Member {
    Member { name, shape, required: false, documentation }
}

const fn required(name: &'static str, shape: Shape, documentation: &'static str) -> Member {
    Member { name, shape, required: true, documentation }
}

/// The members of a rule of `routes`.
pub(super) const RULE: &[Member] = &[
    required("paths", Shape::Texts, "Paths, exact or ending in `/*`, decoded."),
    member(
        "methods",
        Shape::Texts,
        "Methods in capital letters; without, every method. `GET` covers `HEAD`.",
    ),
    member(
        "auth",
        Shape::Word(&["required", "optional", "none"]),
        "Whether sign-in is needed; the default is `required`.",
    ),
    member(
        "preflight",
        Shape::Word(&["enforce", "pass"]),
        "With `pass`, a CORS preflight passes without sign-in; only for an application that does nothing else on `OPTIONS`.",
    ),
    member(
        "path_matching",
        Shape::Word(&["segment", "prefix"]),
        "With `prefix`, `/a/*` matches every path that begins with `/a`, such as `/a.php`.",
    ),
    member("scopes_required", Shape::Alternatives, "Replaces the global `scopes_required` here."),
    member("scopes_claim", Shape::Texts, "Replaces the global `scopes_claim` here."),
    member("audience_required", Shape::Alternatives, "Replaces the global `audience_required` here."),
    member("audience_claim", Shape::Texts, "Replaces the global `audience_claim` here."),
    member("groups_required", Shape::Alternatives, "Replaces the global `groups_required` here."),
    member("groups_claim", Shape::Texts, "Replaces the global `groups_claim` here."),
    member("roles_required", Shape::Alternatives, "Replaces the global `roles_required` here."),
    member("roles_claim", Shape::Texts, "Replaces the global `roles_claim` here."),
    member(
        "upstream_url",
        Shape::Text,
        "Another application for these paths. Has an effect only in `proxy`.",
    ),
    member(
        "strip_path",
        Shape::Flag,
        "Whether the part of the path that the rule names is removed. Has an effect only in `proxy`.",
    ),
    member(
        "preserve_host",
        Shape::Flag,
        "Whether the application sees the public name in `Host`. Has an effect only in `proxy`.",
    ),
    member(
        "path_decoding",
        Shape::Word(&["any", "once"]),
        "`once` where the application decodes a path once. Has an effect only in `proxy`.",
    ),
];

/// The members of a row of `bearer_issuers`.
pub(super) const BEARER_ISSUER: &[Member] = &[
    required("issuer", Shape::Text, "The issuer, as `iss` of its tokens."),
    member("jwks_endpoint", Shape::Text, "The address of its keys, instead of discovery."),
    member("audiences", Shape::Texts, "Accepted values of `aud`."),
    member("client_ids", Shape::Texts, "Accepted clients."),
    member("groups_accepted", Shape::Flag, "Whether its groups and roles count."),
];

/// The members of a row of `upstream_headers`.
pub(super) const UPSTREAM_HEADER: &[Member] = &[
    required("header", Shape::Text, "The name of the header."),
    required("path", Shape::Texts, "The claim; a list is a path into nested claims."),
];
