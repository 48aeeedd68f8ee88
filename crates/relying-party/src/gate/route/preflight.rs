//! Finds the rules that let a CORS preflight pass. A browser sends it without credentials, before the actual
//! request.

use http::Method;

use super::{AmbiguousPath, MatchedRules, Preflight, Routes, Rule};
use crate::http::request::{Request, method};

impl Routes {
    /// The rules that let a preflight pass; `None` if the request is no preflight or does not pass.
    pub(super) fn preflight_rules(
        &self,
        request: &Request,
    ) -> Result<Option<MatchedRules<'_>>, AmbiguousPath> {
        let Some(wanted) = preflight_method(request) else {
            return Ok(None);
        };
        let covers = |rule: &Rule| rule.covers_method(&wanted) || rule.covers_method(&Method::OPTIONS);
        let matched = self.matched_path(&request.path, covers)?;
        let passes = |rule: &Rule| rule.preflight == Preflight::Pass;
        let pass = matched.rules().all(passes);
        Ok(pass.then_some(MatchedRules { passes_preflight: true, ..matched }))
    }
}

/// The method that a preflight asks about (Fetch section 3.3.2).
fn preflight_method(request: &Request) -> Option<Method> {
    if request.method != Method::OPTIONS || request.headers.sole("origin").is_none() {
        return None;
    }
    let wanted = request.headers.sole("access-control-request-method")?;
    method(wanted)
}
