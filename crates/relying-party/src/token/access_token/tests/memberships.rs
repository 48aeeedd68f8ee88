use std::fmt::Write as _;

use super::*;
use crate::configuration::{Configuration, Role, Sources};
use crate::forwarding::identity_header::Identity;
use crate::gate::front::Front;
use crate::gate::requirement::RequirementRefusal;
use crate::http::request::{Headers, Request};
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;

/// Our own user pool and another issuer; `/admin` requires a group and `/shift` a role.
fn relying_party(row: &str) -> RelyingParty {
    configured(row, "")
}

fn configured(row: &str, lines: &str) -> RelyingParty {
    let mut document = format!(
        "issuer: {ISSUER}\nuser_pool_domain: https://login.example.com\nclient_id: {CLIENT_ID}\nclient_auth: none\n\
         public_url: https://app.example.com\nsession_secret: 0123456789abcdef0123456789abcdef\n\
         bearer_issuers:\n- {{issuer: {ISSUER}, client_ids: [{CLIENT_ID}]}}\n\
         - {{issuer: {OTHER_ISSUER}, jwks_endpoint: 'https://login.example.com/keys', audiences: [{API}]{row}}}\n"
    );
    let _ = write!(
        document,
        "{lines}routes:\n- {{paths: [/admin], groups_required: people, groups_claim: groups}}\n\
         - {{paths: [/shift], roles_required: lead, roles_claim: [realm, roles]}}\n"
    );
    let sources = Sources { document: Some(&document), ..Sources::default() };
    RelyingParty::new(Configuration::from_sources(&sources, Role::Authorizer).unwrap()).unwrap()
}

fn permitted(relying_party: &RelyingParty, path: &str, token: &TokenBuilder) -> Result<Identity, Refusal> {
    let verified = token.verified();
    let issuer = verified.claims().get("iss").and_then(Value::as_str);
    let row = select_row(issuer, &relying_party.configuration.bearer_issuers).unwrap();
    let groups_claim = relying_party.configuration.groups_claims.of(row.kind);
    let token = check(verified, row, groups_claim, TimeWithLeeway { now: NOW, leeway: LEEWAY })?;
    let request = Request {
        method: http::Method::GET,
        path: path.to_owned(),
        query: String::new(),
        headers: Headers::default(),
        body: Vec::new(),
        source_ip: None,
        request_id: String::new(),
        extended_request_id: String::new(),
    };
    let admission = relying_party.admit(&request, Front::Other).unwrap();
    Ok(admission.permit_bearer(token, "the.access.token")?.identity.unwrap())
}

fn further() -> TokenBuilder {
    plain().claim("realm", json!({ "roles": ["lead"], "name": "plant" })).claim("roles", json!(["lead"]))
}

#[test]
fn groups_and_roles_of_a_further_issuer_count_only_where_its_row_says_so() {
    for row in ["", ", groups_accepted: false"] {
        let relying_party = relying_party(row);
        for (path, refusal) in
            [("/admin", RequirementRefusal::GroupMissing), ("/shift", RequirementRefusal::RoleMissing)]
        {
            assert_eq!(permitted(&relying_party, path, &further()).unwrap_err(), refusal.into(), "{path}");
        }
        let identity = permitted(&relying_party, "/", &further()).unwrap();
        assert_eq!(identity.groups, Vec::<String>::new());
        assert!(!identity.claims.contains_key("groups") && !identity.claims.contains_key("roles"));
        // The claim from which another rule reads roles is removed too.
        assert_eq!(identity.claims.get("realm"), Some(&json!({ "name": "plant" })));
        assert_eq!(identity.encoded_claims, None, "the claims are not those that were signed");
        let fields = identity.fields();
        assert!(fields.contains(&("issuer", OTHER_ISSUER.to_owned())), "{fields:?}");
        assert!(fields.iter().all(|(name, _)| *name != "groups"));
    }
    let relying_party = relying_party(", groups_accepted: true");
    for path in ["/admin", "/shift", "/"] {
        let identity = permitted(&relying_party, path, &further()).unwrap();
        assert_eq!(identity.groups, ["people"]);
        assert!(identity.encoded_claims.is_some());
    }
}

/// Nothing requires these claims here, but the application reads them.
#[test]
fn configured_claims_of_groups_and_roles_are_removed_even_if_no_rule_requires_them() {
    let lines = "groups_claim: [org, teams]\nroles_claim: [org, duties]\n";
    let relying_party = configured("", lines);
    let claim = json!({ "teams": ["people"], "duties": ["lead"], "name": "plant" });
    let identity = permitted(&relying_party, "/", &further().claim("org", claim)).unwrap();
    assert_eq!(identity.claims.get("org"), Some(&json!({ "name": "plant" })));
    assert_eq!((identity.groups, identity.encoded_claims), (Vec::new(), None));
    for path in ["/admin", "/shift"] {
        assert!(permitted(&relying_party, path, &further()).is_err(), "{path}");
    }
}

#[test]
fn groups_of_the_own_provider_count() {
    let relying_party = relying_party("");
    let identity = permitted(&relying_party, "/", &good()).unwrap();
    assert_eq!((identity.groups, identity.issuer), (vec!["staff".to_owned()], ISSUER.to_owned()));
    // The other form names the same provider, so the application gets the same issuer.
    let other_form = ISSUER.replace("https://", "https://issuer-");
    let identity = permitted(&relying_party, "/", &good().claim("iss", other_form)).unwrap();
    assert_eq!((identity.groups, identity.issuer), (vec!["staff".to_owned()], ISSUER.to_owned()));
}
