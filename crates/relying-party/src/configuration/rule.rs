//! `routes`.

use http::Method;

use super::key;
use super::requirement::{self, Global};
use super::section::{Recorded, Section, list, one_of};
use crate::requirement::Requirements;
use crate::route::{Auth, PathPattern, Preflight, Routes, Rule};

/// Reads the route rules.
pub(super) fn read(section: &mut Section, global: Option<&Global>) -> Result<Routes, Recorded> {
    let rows = section.rows(key::ROUTES.name)?.unwrap_or_default();
    let mut rules = Vec::new();
    let mut recorded = None;
    for mut row in rows {
        match read_rule(&mut row, global) {
            Ok(rule) => rules.push(rule),
            Err(fault) => recorded = Some(fault),
        }
        section.absorb(row);
    }
    let requirements = global.map(|global| global.requirements.clone()).unwrap_or_default();
    recorded.map_or(Ok(Routes::new(rules, requirements)), Err)
}

fn read_rule(row: &mut Section, global: Option<&Global>) -> Result<Rule, Recorded> {
    let paths = row.read("paths", |node| {
        list(node)?
            .iter()
            .map(|path| {
                PathPattern::parse(path).ok_or_else(|| {
                    "takes paths that start with `/`, exact or ending in `/*`, decoded and without `.` or `..` segments, \
                     `//`, or any of \\ ; # ? % *"
                        .to_owned()
                })
            })
            .collect::<Result<Vec<_>, _>>()
    });
    let methods = row
        .read("methods", |node| list(node)?.iter().map(|name| method(name)).collect::<Result<Vec<_>, _>>());
    let auth = row.read(
        "auth",
        one_of(&[("required", Auth::Required), ("optional", Auth::Optional), ("none", Auth::None)]),
    );
    let preflight =
        row.read("preflight", one_of(&[("enforce", Preflight::Enforce), ("pass", Preflight::Pass)]));
    let requirements = requirement::read_route(row, global);
    let (paths, methods, auth, preflight, requirements) =
        (paths?, methods?, auth?, preflight?, requirements?);

    let Some(paths) = paths else {
        return Err(row.fault("paths", "is required"));
    };
    let auth = auth.unwrap_or(Auth::Required);
    if auth == Auth::None && requirements.is_some() {
        return Err(row.fault("auth", "is `none`, but the rule has requirements"));
    }
    let requirements = match (auth, requirements) {
        (Auth::None, _) => Requirements::default(),
        (_, Some(requirements)) => requirements,
        (_, None) => global.map(|global| global.requirements.clone()).unwrap_or_default(),
    };
    Ok(Rule {
        paths,
        methods: methods.unwrap_or_default(),
        auth,
        preflight: preflight.unwrap_or(Preflight::Enforce),
        requirements,
    })
}

/// Methods are compared by case (RFC 9110 section 9.1), so a lower-case one would never match.
fn method(name: &str) -> Result<Method, String> {
    let upper_case = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    match Method::from_bytes(name.as_bytes()) {
        Ok(method) if upper_case => Ok(method),
        _ => Err("takes methods in capital letters".to_owned()),
    }
}
