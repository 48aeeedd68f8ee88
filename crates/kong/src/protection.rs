//! Describes the requirements of a request, and combines them if it is unknown which of two routes the
//! request reaches.

use std::collections::BTreeMap;

/// The requirements of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protection {
    pub(crate) sign_in: SignIn,
    /// By configuration key, such as `groups_required`.
    pub(crate) needs: BTreeMap<&'static str, Need>,
    /// The reason for refusing every request, if any.
    pub(crate) closed: Option<String>,
    /// Whether a CORS preflight passes without them.
    pub(crate) preflight_passes: bool,
}

/// Whether sign-in is needed; the weakest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SignIn {
    None,
    Optional,
    Required,
}

/// Required values of a claim: all values of one of the alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) alternatives: Vec<Vec<String>>,
    /// Empty for the key's default claim.
    pub(crate) claim: Vec<String>,
}

impl Protection {
    /// The protection of a route without sign-in.
    pub(crate) const fn none() -> Self {
        Self { sign_in: SignIn::None, needs: BTreeMap::new(), closed: None, preflight_passes: false }
    }

    /// The protection of a route that only requires sign-in.
    pub(crate) const fn sign_in() -> Self {
        Self { sign_in: SignIn::Required, needs: BTreeMap::new(), closed: None, preflight_passes: false }
    }

    /// The protection of a closed route.
    pub(crate) fn closed(reason: &str) -> Self {
        Self { closed: Some(reason.to_owned()), ..Self::sign_in() }
    }

    /// Adds a requirement. One key cannot express two requirements on different claims.
    pub(crate) fn need(&mut self, key: &'static str, need: Need) {
        let mut texts = need.claim.iter().chain(need.alternatives.iter().flatten());
        if texts.any(|text| text.trim().is_empty() || text.chars().any(char::is_control)) {
            self.closed.get_or_insert_with(|| format!("`{key}` asks for what no claim has"));
            return;
        }
        let merged = match self.needs.get(key) {
            None => need,
            Some(earlier) if earlier.claim == need.claim => earlier.and(&need),
            Some(_) => {
                let problem = format!("`{key}` is needed of two claims, which one rule cannot say");
                self.closed.get_or_insert(problem);
                return;
            }
        };
        self.needs.insert(key, merged);
    }

    /// The protection that satisfies both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.sign_in = self.sign_in.max(other.sign_in);
        both.closed = self.closed.clone().or_else(|| other.closed.clone());
        both.preflight_passes = self.preflight_passes && other.preflight_passes;
        for (key, need) in &other.needs {
            both.need(key, need.clone());
        }
        if !both.needs.is_empty() {
            both.sign_in = SignIn::Required;
        }
        both
    }
}

/// The most alternatives, more than anybody writes by hand.
const MAX_ALTERNATIVES: usize = 256;

impl Need {
    fn and(&self, other: &Self) -> Self {
        if self.alternatives == other.alternatives {
            return self.clone();
        }
        let mut alternatives: Vec<Vec<String>> = Vec::new();
        for one in &self.alternatives {
            for two in &other.alternatives {
                let mut all = one.clone();
                all.extend(two.iter().filter(|value| !one.contains(value)).cloned());
                if !alternatives.contains(&all) && alternatives.len() < MAX_ALTERNATIVES {
                    // An alternative that is left out only admits fewer people.
                    alternatives.push(all);
                }
            }
        }
        Self { alternatives, claim: self.claim.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(alternatives: &[&[&str]], claim: &str) -> Protection {
        let mut protection = Protection::sign_in();
        let alternatives =
            alternatives.iter().map(|all| all.iter().map(|value| (*value).to_owned()).collect()).collect();
        let claim = if claim.is_empty() { vec![] } else { vec![claim.to_owned()] };
        protection.need("groups_required", Need { alternatives, claim });
        protection
    }

    #[test]
    fn both_is_never_less_than_either() {
        let (a, b) = (groups(&[&["a"], &["c"]], ""), groups(&[&["b"]], ""));
        assert_eq!(a.and(&b), groups(&[&["a", "b"], &["c", "b"]], ""));
        assert_eq!(a.and(&a), a);
        assert_eq!(Protection::none().and(&a), a);
        assert_eq!(a.and(&Protection::none()), a);
        let optional = Protection { sign_in: SignIn::Optional, ..Protection::none() };
        assert_eq!(Protection::none().and(&optional).sign_in, SignIn::Optional);
        assert!(a.and(&groups(&[&["a"]], "roles")).closed.is_some(), "two claims");
        assert!(Protection::closed("x").and(&Protection::none()).closed.is_some());
        let passes = Protection { preflight_passes: true, ..Protection::sign_in() };
        assert!(!passes.and(&Protection::sign_in()).preflight_passes);
    }
}
