//! What a user or client must have besides a valid token: scopes, an audience, groups, roles. Kong's lists: one entry
//! is enough, and within an entry all that its spaces separate.

use serde_json::{Map, Value};

use crate::claims::{ClaimPath, texts};

/// Alternatives, one of which must hold: each a set of values that must all be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement(Vec<Vec<String>>);

/// Why a list is no requirement. An empty one would let nobody or everybody in, depending on who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementFault {
    /// The list has no entry.
    Empty,
    /// An entry is empty or only spaces.
    EmptyEntry,
}

/// A requirement and the claim that must meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// The values.
    pub requirement: Requirement,
    /// Where they must be.
    pub claim: ClaimPath,
}

/// Everything that one rule asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// `scopes_required`, usually in `scope`.
    pub scopes: Option<Required>,
    /// `audience_required`, usually in `aud`.
    pub audience: Option<Required>,
    /// `groups_required`, usually in `cognito:groups` or `groups`.
    pub groups: Option<Required>,
    /// `roles_required`, usually in `roles`.
    pub roles: Option<Required>,
}

/// Which requirement is not met. Somebody is signed in and not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementRefusal {
    /// No accepted audience.
    ///
    /// `audience_not_allowed` client 403
    AudienceNotAllowed,
    /// Not in the required groups.
    ///
    /// `group_missing` client 403
    GroupMissing,
    /// Not all of the required scopes.
    ///
    /// `insufficient_scope` client 403
    InsufficientScope,
    /// Not in the required roles.
    ///
    /// `role_missing` client 403
    RoleMissing,
}

impl Requirement {
    /// Reads a list as configured.
    ///
    /// # Errors
    ///
    /// [`RequirementFault`].
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self, RequirementFault> {
        if entries.is_empty() {
            return Err(RequirementFault::Empty);
        }
        let alternatives = entries.iter().map(|entry| {
            let all: Vec<String> = entry.as_ref().split_whitespace().map(str::to_owned).collect();
            if all.is_empty() { Err(RequirementFault::EmptyEntry) } else { Ok(all) }
        });
        alternatives.collect::<Result<_, _>>().map(Self)
    }

    /// Whether `present` has all values of one alternative. Compared exactly, case included.
    pub fn is_met(&self, present: &[&str]) -> bool {
        self.0.iter().any(|all| all.iter().all(|value| present.contains(&value.as_str())))
    }

    /// The alternatives, each with all of its values.
    pub fn alternatives(&self) -> &[Vec<String>] {
        &self.0
    }
}

impl Requirements {
    /// Whether nothing is asked for.
    pub const fn is_empty(&self) -> bool {
        self.scopes.is_none() && self.audience.is_none() && self.groups.is_none() && self.roles.is_none()
    }

    /// Checks them all. `scope` is what the token answer or the access token granted; it stands in for the claim
    /// `scope`, which ID tokens do not have. A claim that is absent or of another type meets nothing.
    ///
    /// # Errors
    ///
    /// The first [`RequirementRefusal`], in the order scopes, audience, groups, roles.
    pub fn satisfied(
        &self,
        claims: &Map<String, Value>,
        scope: Option<&str>,
    ) -> Result<(), RequirementRefusal> {
        let checks = [
            (
                &self.scopes,
                scopes(self.scopes.as_ref(), claims, scope),
                RequirementRefusal::InsufficientScope,
            ),
            (
                &self.audience,
                audiences(self.audience.as_ref(), claims),
                RequirementRefusal::AudienceNotAllowed,
            ),
            (&self.groups, values(self.groups.as_ref(), claims), RequirementRefusal::GroupMissing),
            (&self.roles, values(self.roles.as_ref(), claims), RequirementRefusal::RoleMissing),
        ];
        for (required, present, refusal) in checks {
            if required.as_ref().is_some_and(|required| !required.requirement.is_met(&present)) {
                return Err(refusal);
            }
        }
        Ok(())
    }
}

fn values<'a>(required: Option<&Required>, claims: &'a Map<String, Value>) -> Vec<&'a str> {
    required.and_then(|required| required.claim.find(claims)).and_then(texts).unwrap_or_default()
}

/// Scopes are separated by spaces (RFC 6749 section 3.3), in a text or in the members of a list.
fn scopes<'a>(
    required: Option<&Required>,
    claims: &'a Map<String, Value>,
    granted: Option<&'a str>,
) -> Vec<&'a str> {
    let texts = match granted {
        Some(granted) if required.is_some_and(|required| required.claim.is("scope")) => vec![granted],
        _ => values(required, claims),
    };
    texts.into_iter().flat_map(|text| text.split(' ')).filter(|scope| !scope.is_empty()).collect()
}

/// Cognito's access tokens usually have no `aud`; the client they were issued to stands in for it.
fn audiences<'a>(required: Option<&Required>, claims: &'a Map<String, Value>) -> Vec<&'a str> {
    let usual = required.is_some_and(|required| required.claim.is("aud"));
    if usual && !claims.contains_key("aud") && claims.get("token_use").is_some_and(|kind| kind == "access") {
        return claims.get("client_id").and_then(Value::as_str).into_iter().collect();
    }
    values(required, claims)
}
