//! Reads `routes`.

use http::Method;

use super::key;
use super::requirement::{self, Global};
use super::section::{FaultRecorded, Section, flag, list, one_of, text};
use super::{Role, address};
use crate::gate::requirement::Requirements;
use crate::gate::route::{Auth, PathDecoding, PathPattern, Preflight, RouteUpstream, Routes, Rule};
use crate::http::request;

/// Reads the route rules.
pub(super) fn read(
    section: &mut Section,
    global: Option<&Global>,
    auth_prefix: Option<&str>,
    role: Role,
) -> Result<Routes, FaultRecorded> {
    let rows = section.rows(key::ROUTES.name)?.unwrap_or_default();
    let (mut rules, mut places) = (Vec::new(), Vec::new());
    let mut recorded = None;
    for (place, mut row) in rows.into_iter().enumerate() {
        match read_rule(&mut row, global, role) {
            Ok(read) => {
                rules.push(read);
                places.push(place);
            }
            Err(fault) => recorded = Some(fault),
        }
        section.absorb(row);
    }
    let requirements = global.map(|global| global.requirements.clone()).unwrap_or_default();
    let routes = Routes::new(rules, requirements);
    // The faults of the readable rules are reported together with those of the others.
    refuse_unused_paths(section, (&routes, &places), auth_prefix)?;
    recorded.map_or(Ok(routes), Err)
}

/// A path that another rule or vestibule itself answers first is not protected by its rule, however strict
/// that is. `places` has the place of each rule in the document.
fn refuse_unused_paths(
    section: &mut Section,
    (routes, places): (&Routes, &[usize]),
    auth_prefix: Option<&str>,
) -> Result<(), FaultRecorded> {
    let mut outcome = Ok(());
    let place_of = |rule: usize| places.get(rule).copied().unwrap_or(rule);
    for (rule, path, answering) in routes.never_reached() {
        let (place, answering) = (place_of(rule), place_of(answering));
        let problem = if place == answering {
            format!("has `{path}` twice; write it once")
        } else {
            format!(
                "has `{path}`, which `routes[{answering}]` answers first; put this rule before it or leave the path out"
            )
        };
        outcome = Err(section.fault(&format!("{}[{place}].paths", key::ROUTES.name), &problem));
    }
    for (rule, place) in routes.rules().iter().zip(places) {
        let own = |pattern: &&PathPattern| auth_prefix.is_some_and(|prefix| pattern.is_within(prefix));
        if let Some(pattern) = rule.paths.iter().find(own) {
            let problem = format!(
                "has `{}`, which is below `auth_prefix`, where route rules do not apply; leave the path out",
                pattern.text()
            );
            outcome = Err(section.fault(&format!("{}[{place}].paths", key::ROUTES.name), &problem));
        }
    }
    outcome
}

fn read_rule(row: &mut Section, global: Option<&Global>, role: Role) -> Result<Rule, FaultRecorded> {
    let paths = row.read("paths", |node| {
        list(node)?
            .iter()
            .map(|path| {
                PathPattern::parse(path).ok_or_else(|| {
                    "must be paths that start with `/`, exact or ending in `/*`, decoded and without `.` or `..` segments, \
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
    let by_prefix = row.read("path_matching", one_of(&[("segment", false), ("prefix", true)]));
    let requirements = requirement::read_route(row, global);
    let upstream = read_upstream(row, role);
    let (paths, methods, auth, preflight, by_prefix, requirements, upstream) =
        (paths?, methods?, auth?, preflight?, by_prefix?, requirements?, upstream?);

    let Some(mut paths) = paths else {
        return Err(row.fault("paths", "is required"));
    };
    if by_prefix == Some(true) {
        paths = beginnings(row, paths, upstream.strip_path)?;
    }
    let auth = auth.unwrap_or(Auth::Required);
    let unmet_by_anonymous = match auth {
        Auth::None => Some("is `none`, but the rule has requirements"),
        // A signed-in user who does not meet them would be refused, while an anonymous one would pass.
        Auth::Optional => {
            Some("is `optional`, but the rule has requirements, which anonymous requests would bypass")
        }
        Auth::Required => None,
    };
    if let Some(fault) = unmet_by_anonymous.filter(|_| requirements.is_some()) {
        return Err(row.fault("auth", fault));
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
        upstream,
    })
}

/// Lets the paths of a rule match in the middle of a segment too.
fn beginnings(
    row: &mut Section,
    paths: Vec<PathPattern>,
    strip_path: bool,
) -> Result<Vec<PathPattern>, FaultRecorded> {
    if strip_path {
        return Err(row.fault("path_matching", "is `prefix`, but `strip_path` takes off whole segments"));
    }
    let beginnings: Option<Vec<PathPattern>> = paths.into_iter().map(PathPattern::beginning).collect();
    beginnings.ok_or_else(|| row.fault("path_matching", "is `prefix`, which needs paths that end in `/*`"))
}

/// Reads where the rule's requests go. API Gateway's integration has a single destination, which the
/// authorizer cannot change.
fn read_upstream(row: &mut Section, role: Role) -> Result<RouteUpstream, FaultRecorded> {
    let url = row.read("upstream_url", |node| address::upstream(&text(node)?));
    let strip_path = row.read("strip_path", flag);
    let preserve_host = row.read("preserve_host", flag);
    let path_decoding =
        row.read("path_decoding", one_of(&[("any", PathDecoding::Any), ("once", PathDecoding::Once)]));
    let (url, strip_path, preserve_host, path_decoding) = (url?, strip_path?, preserve_host?, path_decoding?);
    if role == Role::Authorizer {
        if path_decoding == Some(PathDecoding::Once) {
            // AWS does not document how a REST API encodes a path parameter again.
            return Err(row.fault(
                "path_decoding",
                "has an effect only in `proxy`: API Gateway decodes a path itself on its way to the integration",
            ));
        }
        let given = [
            ("upstream_url", url.is_some()),
            ("strip_path", strip_path.is_some()),
            ("preserve_host", preserve_host.is_some()),
        ];
        if let Some((name, _)) = given.into_iter().find(|(_, given)| *given) {
            return Err(
                row.fault(name, "has an effect only in `proxy`: an API's integration goes to one place")
            );
        }
    }
    Ok(RouteUpstream {
        url,
        strip_path: strip_path.unwrap_or_default(),
        preserve_host: preserve_host.unwrap_or_default(),
        path_decoding: path_decoding.unwrap_or_default(),
    })
}

/// A lower-case method would never match: [`request::method`].
fn method(name: &str) -> Result<Method, String> {
    request::method(name).ok_or_else(|| "must be methods in capital letters".to_owned())
}
