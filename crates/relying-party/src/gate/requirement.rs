//! Checks what a user or client needs besides a valid token: scopes, an audience, groups, roles. The lists
//! have Kong's format: one entry is enough, and an entry needs all of its words, which are separated by
//! spaces. An entry that is itself a list needs all of its members; these are taken literally, so they may
//! contain spaces.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::refusal::reason::{self, Reason};
use crate::token::claims::{ClaimPath, texts};

/// Alternatives of which one must hold. Each is a set of values that must all be present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement(Vec<Vec<String>>);

/// Why a list is not a valid requirement. An empty one could be read as nobody or as everybody.
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
    /// The claim that must have them.
    pub claim: ClaimPath,
}

/// All requirements of one rule.
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

/// The requirement that a signed-in user does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequirementRefusal {
    /// The token has no accepted audience.
    AudienceNotAllowed,
    /// The user is not in the required groups.
    GroupMissing,
    /// The token lacks one of the required scopes.
    InsufficientScope,
    /// The user does not have the required roles.
    RoleMissing,
}

impl RequirementRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::AudienceNotAllowed => &reason::AUDIENCE_NOT_ALLOWED,
            Self::GroupMissing => &reason::GROUP_MISSING,
            Self::InsufficientScope => &reason::INSUFFICIENT_SCOPE,
            Self::RoleMissing => &reason::ROLE_MISSING,
        }
    }
}

impl Requirement {
    /// Builds it from alternatives, whose values are taken literally.
    ///
    /// # Errors
    ///
    /// [`RequirementFault`].
    pub fn of(alternatives: Vec<Vec<String>>) -> Result<Self, RequirementFault> {
        if alternatives.is_empty() {
            return Err(RequirementFault::Empty);
        }
        let nothing = |all: &Vec<String>| all.is_empty() || all.iter().any(|value| value.trim().is_empty());
        if alternatives.iter().any(nothing) {
            return Err(RequirementFault::EmptyEntry);
        }
        Ok(Self(alternatives))
    }

    /// Tells whether `present` has all values of one alternative. The comparison is exact and case-sensitive.
    pub(crate) fn is_met(&self, present: &[&str]) -> bool {
        // A set, because both lists may be long, and comparing each pair would cost their product.
        let present: HashSet<&str> = present.iter().copied().collect();
        self.0.iter().any(|all| all.iter().all(|value| present.contains(value.as_str())))
    }

    /// The alternatives, each with all its values.
    pub fn alternatives(&self) -> &[Vec<String>] {
        &self.0
    }
}

impl Requirements {
    /// Tells whether there is no requirement.
    pub const fn is_empty(&self) -> bool {
        self.scopes.is_none() && self.audience.is_none() && self.groups.is_none() && self.roles.is_none()
    }

    /// The claims that the requirements read.
    pub(crate) fn claim_names(&self) -> impl Iterator<Item = String> + '_ {
        let all = [&self.scopes, &self.audience, &self.groups, &self.roles];
        all.into_iter().flatten().filter_map(|required| required.claim.names().first().cloned())
    }

    /// Checks all requirements. `scope` is the scope that the token response or the access token granted. It
    /// replaces the claim `scope`, which ID tokens do not have. A claim that is absent or of another type
    /// meets nothing.
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

/// The values of an entry in Kong's format.
pub(crate) fn words(entry: &str) -> Vec<String> {
    entry.split_whitespace().map(str::to_owned).collect()
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

/// Cognito's access tokens usually have no `aud`, so the client to which they were issued replaces it.
fn audiences<'a>(required: Option<&Required>, claims: &'a Map<String, Value>) -> Vec<&'a str> {
    let usual = required.is_some_and(|required| required.claim.is("aud"));
    if usual && !claims.contains_key("aud") && claims.get("token_use").is_some_and(|kind| kind == "access") {
        return claims.get("client_id").and_then(Value::as_str).into_iter().collect();
    }
    values(required, claims)
}

#[cfg(test)]
impl Requirement {
    /// For tests: a list in Kong's format.
    pub(crate) fn parse(entries: &[&str]) -> Result<Self, RequirementFault> {
        Self::of(entries.iter().map(|entry| words(entry)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    fn required(entries: &[&str], claim: &str) -> Required {
        Required { requirement: Requirement::parse(entries).unwrap(), claim: ClaimPath::of(claim) }
    }

    fn claims(value: Value) -> Map<String, Value> {
        let Value::Object(claims) = value else { unreachable!("claims are an object") };
        claims
    }

    fn groups(entries: &[&str], value: &Value) -> Result<(), RequirementRefusal> {
        let requirements =
            Requirements { groups: Some(required(entries, "cognito:groups")), ..Default::default() };
        requirements.satisfied(&claims(json!({ "cognito:groups": value })), None)
    }

    fn scopes(entries: &[&str], claim: Value, granted: Option<&str>) -> Result<(), RequirementRefusal> {
        let requirements = Requirements { scopes: Some(required(entries, "scope")), ..Default::default() };
        requirements.satisfied(&claims(claim), granted)
    }

    #[test]
    fn an_empty_list_is_a_fault() {
        assert_eq!(Requirement::parse(&[]), Err(RequirementFault::Empty));
    }

    #[test]
    fn an_empty_entry_is_a_fault() {
        for entries in [&[""][..], &[" "], &["a", ""], &["\t"]] {
            assert_eq!(Requirement::parse(entries), Err(RequirementFault::EmptyEntry), "{entries:?}");
        }
    }

    #[test]
    fn entries_are_alternatives_and_spaces_join() {
        let requirement = Requirement::parse(&["a b", "c"]).unwrap();
        for (present, met) in [
            (&["a", "b"][..], true),
            (&["b", "x", "a"], true),
            (&["c"], true),
            (&["a"], false),
            (&["b"], false),
            (&["a b"], false),
            (&["A", "B"], false),
            (&[""], false),
            (&[], false),
        ] {
            assert_eq!(requirement.is_met(present), met, "{present:?}");
        }
    }

    #[test]
    fn nothing_required_is_met_by_nothing() {
        assert!(Requirements::default().is_empty());
        assert_eq!(Requirements::default().satisfied(&Map::new(), None), Ok(()));
    }

    #[test]
    fn groups_are_a_list_or_one_text() {
        assert_eq!(groups(&["admins"], &json!(["staff", "admins"])), Ok(()));
        assert_eq!(groups(&["admins"], &json!("admins")), Ok(()));
    }

    #[test]
    fn a_group_that_is_not_there_is_refused() {
        let missing = Err(RequirementRefusal::GroupMissing);
        for value in [
            json!([]),
            json!(["staff"]),
            json!(["ADMINS"]),
            json!(["admins "]),
            json!([["admins"]]),
            json!(["admins", 5]),
            json!("staff admins"),
            json!("staff,admins"),
            json!({ "admins": true }),
            json!(null),
            json!(true),
        ] {
            assert_eq!(groups(&["admins"], &value), missing, "{value}");
        }
        let requirements =
            Requirements { groups: Some(required(&["admins"], "cognito:groups")), ..Default::default() };
        assert_eq!(requirements.satisfied(&Map::new(), None), missing);
    }

    #[test]
    fn an_empty_group_meets_nothing() {
        assert_eq!(groups(&["admins"], &json!([""])), Err(RequirementRefusal::GroupMissing));
        assert_eq!(groups(&["admins"], &json!("")), Err(RequirementRefusal::GroupMissing));
    }

    #[test]
    fn scopes_come_from_what_was_granted() {
        assert_eq!(scopes(&["read write"], json!({}), Some("write read")), Ok(()));
        let missing = Err(RequirementRefusal::InsufficientScope);
        assert_eq!(scopes(&["read write"], json!({}), Some("read")), missing);
        assert_eq!(scopes(&["read"], json!({}), Some("readwrite")), missing);
        assert_eq!(scopes(&["read"], json!({}), Some("")), missing);
        assert_eq!(scopes(&["read"], json!({}), None), missing);
        // The granted scope decides, not a claim of the same name.
        assert_eq!(scopes(&["read"], json!({ "scope": "read" }), Some("openid")), missing);
    }

    #[test]
    fn scopes_come_from_the_claim_where_nothing_was_granted() {
        assert_eq!(scopes(&["read"], json!({ "scope": "openid read" }), None), Ok(()));
        assert_eq!(scopes(&["read"], json!({ "scope": ["openid", "read"] }), None), Ok(()));
        let missing = Err(RequirementRefusal::InsufficientScope);
        assert_eq!(scopes(&["read"], json!({ "scope": { "read": 1 } }), None), missing);
    }

    #[test]
    fn another_scopes_claim_is_read_as_it_says() {
        let requirements = Requirements { scopes: Some(required(&["read"], "scp")), ..Default::default() };
        let with = claims(json!({ "scp": ["read"] }));
        assert_eq!(requirements.satisfied(&with, Some("openid")), Ok(()));
        let missing = Err(RequirementRefusal::InsufficientScope);
        assert_eq!(requirements.satisfied(&Map::new(), Some("read")), missing);
    }

    #[test]
    fn an_audience_is_a_text_or_in_a_list() {
        let requirements = Requirements { audience: Some(required(&["api"], "aud")), ..Default::default() };
        let satisfied = |value| requirements.satisfied(&claims(value), None);
        assert_eq!(satisfied(json!({ "aud": "api" })), Ok(()));
        assert_eq!(satisfied(json!({ "aud": ["web", "api"] })), Ok(()));
        let refused = Err(RequirementRefusal::AudienceNotAllowed);
        for value in [json!({ "aud": "web" }), json!({ "aud": [] }), json!({}), json!({ "client_id": "api" })]
        {
            assert_eq!(satisfied(value), refused);
        }
    }

    #[test]
    fn the_client_stands_in_for_the_audience_of_cognitos_access_tokens_only() {
        let requirements = Requirements { audience: Some(required(&["web"], "aud")), ..Default::default() };
        let satisfied = |value| requirements.satisfied(&claims(value), None);
        assert_eq!(satisfied(json!({ "token_use": "access", "client_id": "web" })), Ok(()));
        let refused = Err(RequirementRefusal::AudienceNotAllowed);
        assert_eq!(satisfied(json!({ "token_use": "access", "client_id": "web", "aud": "api" })), refused);
        assert_eq!(satisfied(json!({ "token_use": "id", "client_id": "web" })), refused);
        assert_eq!(satisfied(json!({ "token_use": "access", "client_id": ["web"] })), refused);
    }

    #[test]
    fn roles_may_be_nested() {
        let path = ClaimPath::nested(vec!["realm_access".to_owned(), "roles".to_owned()]).unwrap();
        let requirement = Requirement::parse(&["editor"]).unwrap();
        let requirements =
            Requirements { roles: Some(Required { requirement, claim: path }), ..Default::default() };
        let satisfied = |value| requirements.satisfied(&claims(value), None);
        assert_eq!(satisfied(json!({ "realm_access": { "roles": ["editor"] } })), Ok(()));
        let missing = Err(RequirementRefusal::RoleMissing);
        for value in [
            json!({ "roles": ["editor"] }),
            json!({ "realm_access": ["editor"] }),
            json!({ "realm_access": { "roles": {} } }),
            json!({ "realm_access.roles": ["editor"] }),
        ] {
            assert_eq!(satisfied(value), missing);
        }
    }

    #[test]
    fn all_of_the_requirements_must_hold() {
        let requirements = Requirements {
            scopes: Some(required(&["read"], "scope")),
            audience: Some(required(&["api"], "aud")),
            groups: Some(required(&["staff"], "groups")),
            roles: Some(required(&["editor"], "roles")),
        };
        let good = json!({ "aud": "api", "groups": ["staff"], "roles": ["editor"] });
        assert_eq!(requirements.satisfied(&claims(good.clone()), Some("read")), Ok(()));
        assert_eq!(
            requirements.satisfied(&claims(good.clone()), Some("")),
            Err(RequirementRefusal::InsufficientScope)
        );
        for (name, refusal) in [
            ("aud", RequirementRefusal::AudienceNotAllowed),
            ("groups", RequirementRefusal::GroupMissing),
            ("roles", RequirementRefusal::RoleMissing),
        ] {
            let mut bent = claims(good.clone());
            bent.remove(name);
            assert_eq!(requirements.satisfied(&bent, Some("read")), Err(refusal));
        }
    }
}
