//! Reads the requirement keys, global ones and those of a route.

use super::ProviderKind;
use super::key::{self, Key};
use super::section::{EMPTY_LIST, FaultRecorded, Section, claim_path, list_of};
use crate::gate::requirement::{Required, Requirement, RequirementFault, Requirements, words};
use crate::token::access_token::IssuerKind;
use crate::token::claims::ClaimPath;

/// The claims that hold a user's groups, by the kind of the issuer. With `groups_claim` configured, both are
/// that.
#[derive(Clone, Debug)]
pub struct GroupsClaims {
    cognito: ClaimPath,
    other: ClaimPath,
}

impl GroupsClaims {
    /// The claim in the tokens of an issuer of this kind.
    pub const fn of(&self, kind: IssuerKind) -> &ClaimPath {
        match kind {
            IssuerKind::Cognito => &self.cognito,
            IssuerKind::Other => &self.other,
        }
    }
}

impl Default for GroupsClaims {
    fn default() -> Self {
        Self { cognito: ClaimPath::of("cognito:groups"), other: ClaimPath::of("groups") }
    }
}

impl From<ClaimPath> for GroupsClaims {
    fn from(configured: ClaimPath) -> Self {
        Self { cognito: configured.clone(), other: configured }
    }
}

/// The two keys of a requirement as given.
struct Pair {
    requirement: Option<Requirement>,
    claim: Option<ClaimPath>,
}

/// The claims that apply where no other is configured, and the requirements of routes without their own.
#[derive(Clone)]
pub(super) struct Global {
    pub(super) requirements: Requirements,
    pub(super) groups_claims: GroupsClaims,
    claims: Claims,
}

#[derive(Clone)]
struct Claims {
    scopes: ClaimPath,
    audience: ClaimPath,
    groups: ClaimPath,
    roles: ClaimPath,
}

/// Reads the global keys.
pub(super) fn read(section: &mut Section, provider: Option<&ProviderKind>) -> Result<Global, FaultRecorded> {
    let [scopes, audience, groups, roles] = read_given(section)?;
    let groups_claims = groups.claim.map_or_else(GroupsClaims::default, GroupsClaims::from);
    let kind = provider.map_or(IssuerKind::Other, ProviderKind::issuer_kind);
    let claims = Claims {
        scopes: scopes.claim.unwrap_or_else(|| default_claim(&key::SCOPES_CLAIM)),
        audience: audience.claim.unwrap_or_else(|| default_claim(&key::AUDIENCE_CLAIM)),
        groups: groups_claims.of(kind).clone(),
        roles: roles.claim.unwrap_or_else(|| default_claim(&key::ROLES_CLAIM)),
    };
    let required = |requirement: Option<Requirement>, claim: &ClaimPath| {
        requirement.map(|requirement| Required { requirement, claim: claim.clone() })
    };
    let requirements = Requirements {
        scopes: required(scopes.requirement, &claims.scopes),
        audience: required(audience.requirement, &claims.audience),
        groups: required(groups.requirement, &claims.groups),
        roles: required(roles.requirement, &claims.roles),
    };
    Ok(Global { requirements, groups_claims, claims })
}

impl Global {
    /// The claim in which requirements look for roles where no route names another.
    pub(super) const fn roles_claim(&self) -> &ClaimPath {
        &self.claims.roles
    }

    /// The claims in which requirements look where no route names another. It returns all four, because a
    /// function that creates sessions may not know the requirements of another function.
    pub(super) fn claim_names(&self) -> impl Iterator<Item = String> + '_ {
        let Claims { scopes, audience, groups, roles } = &self.claims;
        [scopes, audience, groups, roles].into_iter().filter_map(|path| path.names().first().cloned())
    }
}

/// Reads the keys of one route. Each one given replaces the global one; the others stay. `None` when it has
/// none.
pub(super) fn read_route(
    row: &mut Section,
    global: Option<&Global>,
) -> Result<Option<Requirements>, FaultRecorded> {
    let given = read_given(row)?;
    if given.iter().all(Pair::is_empty) {
        return Ok(None);
    }
    let [scopes, audience, groups, roles] = given;
    let Some(global) = global else {
        // The global keys have their own faults. The result still says that this rule has requirements.
        return Ok(Some(Requirements::default()));
    };
    let Global { requirements, claims, .. } = global;
    let scopes = replace(row, &key::SCOPES_CLAIM, scopes, requirements.scopes.as_ref(), &claims.scopes);
    let audience =
        replace(row, &key::AUDIENCE_CLAIM, audience, requirements.audience.as_ref(), &claims.audience);
    let groups = replace(row, &key::GROUPS_CLAIM, groups, requirements.groups.as_ref(), &claims.groups);
    let roles = replace(row, &key::ROLES_CLAIM, roles, requirements.roles.as_ref(), &claims.roles);
    Ok(Some(Requirements { scopes: scopes?, audience: audience?, groups: groups?, roles: roles? }))
}

impl Pair {
    const fn is_empty(&self) -> bool {
        self.requirement.is_none() && self.claim.is_none()
    }
}

/// The pairs for scopes, audience, groups and roles.
fn read_given(section: &mut Section) -> Result<[Pair; 4], FaultRecorded> {
    let scopes = pair(section, &key::SCOPES_REQUIRED, &key::SCOPES_CLAIM);
    let audience = pair(section, &key::AUDIENCE_REQUIRED, &key::AUDIENCE_CLAIM);
    let groups = pair(section, &key::GROUPS_REQUIRED, &key::GROUPS_CLAIM);
    let roles = pair(section, &key::ROLES_REQUIRED, &key::ROLES_CLAIM);
    Ok([scopes?, audience?, groups?, roles?])
}

/// No default is applied here, because a route without the key must be told from one that repeats the
/// default.
fn pair(section: &mut Section, required: &Key, claim: &Key) -> Result<Pair, FaultRecorded> {
    let requirement = section.read(required.name, |node| {
        let whole = |values: Vec<String>| {
            if required.name == key::SCOPES_REQUIRED.name && values.iter().any(|scope| scope.contains(' ')) {
                // RFC 6749 section 3.3.
                return Err("has a scope with a space, which no scope can have".to_owned());
            }
            Ok(values)
        };
        Requirement::of(list_of(node, |entry| no_pattern(&entry), whole)?).map_err(|fault| match fault {
            RequirementFault::Empty => EMPTY_LIST.to_owned(),
            RequirementFault::EmptyEntry => "has an empty entry".to_owned(),
        })
    });
    let claim = section.read(claim.name, claim_path);
    Ok(Pair { requirement: requirement?, claim: claim? })
}

/// An entry in Kong's format. Values are compared literally, so `*` would not do what its author expects.
fn no_pattern(entry: &str) -> Result<Vec<String>, String> {
    let values = words(entry);
    if values.iter().any(|value| value == "*") {
        return Err(
            "has `*`; patterns are not supported. Leave the key out, or write `[\"*\"]` for a value that is literally `*`"
                .to_owned(),
        );
    }
    Ok(values)
}

fn replace(
    row: &mut Section,
    claim_key: &Key,
    given: Pair,
    global: Option<&Required>,
    global_claim: &ClaimPath,
) -> Result<Option<Required>, FaultRecorded> {
    let has_claim = given.claim.is_some();
    let claim = given.claim.unwrap_or_else(|| global_claim.clone());
    match (given.requirement, global) {
        (Some(requirement), _) => Ok(Some(Required { requirement, claim })),
        (None, Some(global)) => Ok(Some(Required { requirement: global.requirement.clone(), claim })),
        (None, None) if has_claim => {
            Err(row.fault(claim_key.name, "names a claim for which there is no requirement"))
        }
        (None, None) => Ok(None),
    }
}

fn default_claim(key: &Key) -> ClaimPath {
    match key.default {
        key::Default::Value(name) => ClaimPath::of(name),
        key::Default::Derived(_) | key::Default::Nothing | key::Default::Required => ClaimPath::of(""),
    }
}
