//! Explains how a request would be answered: runs the real decision for a credential that is only described.

mod own;

use http::Method;
use relying_party::configuration::Configuration;
use relying_party::forwarding::Destination;
use relying_party::gate::front::Front;
use relying_party::gate::requirement::{Required, Requirements};
use relying_party::gate::route::{Auth, MatchedRules, PathPattern, Rule};
use relying_party::gate::{Admission, Credential, GateRefusal, Permit, Verdict};
use relying_party::http::endpoint::{Endpoint, EndpointRefusal, Recipient};
use relying_party::http::request::{Headers, Request};
use relying_party::refusal::Refusal;
use relying_party::refusal::reason::Reason;
use relying_party::relying_party::RelyingParty;
use relying_party::secret::Secret;
use relying_party::session::Session;
use relying_party::time::Timestamp;
use relying_party::token::access_token::{self, AccessToken, AccessTokenRefusal};
use serde_json::{Map, Value, json};

use self::own::Address;
use crate::arguments::{ExplainArguments, FrontKind};
use crate::check::Checked;
use crate::document::OwnDocument;
use crate::file;
use crate::report::{Colour, CommandError, Exit, Report, coloured};

/// A placeholder for a verified token.
const TOKEN: &str = "token";

/// The response to the request.
enum Answer {
    /// An endpoint of vestibule's own.
    Own(Endpoint),
    Pass,
    Redirect {
        location: String,
        reason: &'static Reason,
    },
    Refuse(&'static Reason),
}

/// The rules that decide, if any, and the response.
struct Decision<'r> {
    rules: Option<MatchedRules<'r>>,
    answer: Answer,
}

impl Decision<'_> {
    const fn without_rules(answer: Answer) -> Self {
        Self { rules: None, answer }
    }
}

pub(crate) fn explain(arguments: &ExplainArguments) -> Result<Report, CommandError> {
    let name = arguments.config.display().to_string();
    let document = OwnDocument { text: file::text(&arguments.config)?, name };
    let Checked { document, front, outcome, .. } = Checked::new(document, arguments.deployed);
    let configuration = outcome.map_err(|faults| {
        let lines: Vec<String> = faults.iter().map(|fault| fault.line(&document.name)).collect();
        CommandError::new("configuration", lines.join("\n"))
    })?;
    let relying_party = RelyingParty::new(configuration)
        .map_err(|faults| CommandError::new("configuration", faults.to_string()))?;
    let mut address = Address::new(&arguments.path, front);
    let (relying_party, host) = address.host(relying_party);
    let request = request(arguments, &address);
    let decided = if address.is_outside {
        Decision::without_rules(Answer::Refuse(EndpointRefusal::NotFound.reason()))
    } else {
        decide(&relying_party, &request, front.front(), arguments)
    };
    let asked = ExplainedRequest { arguments, front, path: &address.path, host };
    Ok(report(&relying_party.configuration, &document, &asked, &decided))
}

/// The request and its deployment.
struct ExplainedRequest<'a> {
    arguments: &'a ExplainArguments,
    front: FrontKind,
    path: &'a str,
    /// A note about the host, if a whole URL was given.
    host: Option<String>,
}

fn request(arguments: &ExplainArguments, address: &Address) -> Request {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
    if arguments.bearer {
        add("authorization", &format!("Bearer {TOKEN}"));
    }
    if arguments.preflight {
        add("origin", "https://another.example");
        add("access-control-request-method", arguments.method.as_str());
        add("sec-fetch-mode", "cors");
    } else if !arguments.script && !arguments.bearer {
        add("accept", "text/html");
        add("sec-fetch-mode", "navigate");
        add("sec-fetch-dest", "document");
    }
    Request {
        method: sent_method(arguments),
        path: address.path.clone(),
        query: address.query.clone(),
        headers: Headers::new(fields),
        body: Vec::new(),
        source_ip: None,
        request_id: String::new(),
        extended_request_id: String::new(),
    }
}

/// The method of the request; a preflight asks for another one.
fn sent_method(arguments: &ExplainArguments) -> Method {
    if arguments.preflight { Method::OPTIONS } else { arguments.method.clone() }
}

/// Decides in the order of the functions behind this front.
fn decide<'r>(
    relying_party: &'r RelyingParty,
    request: &'r Request,
    front: Front,
    arguments: &ExplainArguments,
) -> Decision<'r> {
    match own::recipient(relying_party, request, front) {
        Recipient::Endpoint(endpoint) => {
            return Decision::without_rules(match own::turned_off(relying_party, endpoint) {
                Some(reason) => Answer::Refuse(reason),
                None => Answer::Own(endpoint),
            });
        }
        Recipient::Refused(refusal) => return Decision::without_rules(Answer::Refuse(refusal.reason())),
        Recipient::Upstream => {}
    }
    if front.forwards()
        && let Err(refusal) = relying_party.check_forwardable(request)
    {
        return Decision::without_rules(Answer::Refuse(Refusal::from(refusal).reason()));
    }
    let (rules, answer) = match relying_party.admit(request, front) {
        Ok(admission) => (Some(admission.rules.clone()), answer(relying_party, &admission, front, arguments)),
        Err(refusal) => (None, Answer::Refuse(refusal.reason())),
    };
    let answer = match answer {
        Answer::Pass if front.forwards() => match Destination::of(relying_party, request) {
            Ok(_) => Answer::Pass,
            Err(refusal) => Answer::Refuse(refusal.reason()),
        },
        other => other,
    };
    let answer = match answer {
        Answer::Refuse(reason) => match relying_party.denied_to(request, reason) {
            Some(page) => Answer::Redirect { location: page.to_owned(), reason },
            None => Answer::Refuse(reason),
        },
        other => other,
    };
    Decision { rules, answer }
}

fn answer(
    relying_party: &RelyingParty,
    admission: &Admission<'_>,
    front: Front,
    arguments: &ExplainArguments,
) -> Answer {
    let configuration = &relying_party.configuration;
    let claims = claims(configuration, &arguments.claims);
    let scope = claims.get("scope").and_then(Value::as_str).map(str::to_owned);
    // Behind a load balancer that signs people in, `--as` describes the person whom it names.
    let has_people = configuration.auth_methods.session
        || configuration.load_balancers.is_some() && front == Front::LoadBalancer;
    match admission.credential {
        Credential::NotNeeded | Credential::Preflight => Answer::Pass,
        Credential::Bearer(text) => match token(configuration, claims, scope) {
            Ok(token) => permitted(admission.permit_bearer(token, text)),
            Err(refusal) => Answer::Refuse(refusal.reason()),
        },
        // `--as` describes a session; without it the request has none.
        Credential::Session | Credential::LoadBalancer(_) if !arguments.claims.is_empty() && has_people => {
            permitted(admission.permit_session(session(configuration, claims, scope)))
        }
        Credential::Session | Credential::LoadBalancer(_) => {
            match admission.without_session(GateRefusal::NoSession.into()) {
                Verdict::Forward(_) => Answer::Pass,
                Verdict::Refuse(refusal) => Answer::Refuse(refusal.reason()),
                Verdict::Redirect { location, cause } => {
                    Answer::Redirect { location, reason: cause.reason() }
                }
            }
        }
    }
}

fn permitted(permit: Result<Permit, Refusal>) -> Answer {
    permit.map_or_else(|refusal| Answer::Refuse(refusal.reason()), |_| Answer::Pass)
}

/// The claims of the described user.
fn claims(configuration: &Configuration, given: &[(String, String)]) -> Map<String, Value> {
    let mut claims = Map::new();
    for (name, value) in given {
        let value = if name == "groups" || value.contains(',') {
            value.split(',').map(Value::from).collect()
        } else {
            Value::from(value.as_str())
        };
        insert(&mut claims, &path(configuration, name), value);
    }
    claims
}

/// The path of a claim. `groups` is the claim that holds the groups in the provider's tokens. Where the configuration
/// names a nested claim, its names are joined by dots; in any other name a dot is a letter like any other.
fn path(configuration: &Configuration, name: &str) -> Vec<String> {
    if name == "groups" {
        return configuration.groups_claim().names().to_vec();
    }
    let of_rules = configuration.routes.rules().iter().map(|rule| &rule.requirements);
    let mut claims = of_rules
        .chain([&configuration.requirements])
        .flat_map(requirements)
        .map(|(_, required)| required.claim.names());
    claims.find(|names| names.join(".") == name).map_or_else(|| vec![name.to_owned()], <[String]>::to_vec)
}

/// Inserts a value at a path, beside the other members of each object on the way.
fn insert(claims: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((name, within)) = path.split_first() else { return };
    if within.is_empty() {
        claims.insert(name.clone(), value);
        return;
    }
    let inner = claims.entry(name.clone()).or_insert_with(|| json!({}));
    if let Value::Object(members) = inner {
        insert(members, within, value);
    }
}

fn subject(claims: &Map<String, Value>) -> String {
    claims.get("sub").and_then(Value::as_str).unwrap_or("somebody").to_owned()
}

fn session(configuration: &Configuration, claims: Map<String, Value>, scope: Option<String>) -> Session {
    let bare = Session::bare(&configuration.issuer, &subject(&claims), Timestamp::from_unix(0));
    Session { scope, claims, access_token: Some(Secret::new(TOKEN)), ..bare }
}

/// A token of the issuer that `--as iss=` names; otherwise of the own issuer, or of the first of
/// `bearer_issuers` if the own one is not among them.
fn token(
    configuration: &Configuration,
    claims: Map<String, Value>,
    scope: Option<String>,
) -> Result<AccessToken, AccessTokenRefusal> {
    let rows = configuration.bearer_issuers.as_slice();
    let row = match claims.get("iss") {
        Some(issuer) => access_token::select_row(issuer.as_str(), rows)?,
        None => match rows.iter().find(|row| row.issuer == configuration.issuer).or(rows.first()) {
            Some(row) => row,
            None => access_token::select_row(None, rows)?,
        },
    };
    Ok(AccessToken {
        issuer: row.issuer.clone(),
        subject: subject(&claims),
        username: None,
        email: None,
        groups: Vec::new(),
        groups_accepted: row.groups_accepted,
        scope,
        client_id: Some(configuration.client.id.clone()),
        issued_at: None,
        auth_time: None,
        expires_at: Timestamp::from_unix(0),
        claims,
        encoded_claims: None,
    })
}

fn report(
    configuration: &Configuration,
    document: &OwnDocument,
    asked: &ExplainedRequest<'_>,
    decided: &Decision<'_>,
) -> Report {
    let ExplainedRequest { arguments, front, path, host } = asked;
    let callback = decided.rules.as_ref().and_then(|_| own::callback(configuration, path));
    let does = match &decided.answer {
        Answer::Own(endpoint) => Some(own::endpoint(configuration, *endpoint, path, *front)),
        Answer::Pass | Answer::Redirect { .. } | Answer::Refuse(_) => None,
    };
    let rules: Vec<Value> = decided
        .rules
        .iter()
        .flat_map(MatchedRules::rules)
        .map(|rule| rule_json(configuration, document, rule))
        .collect();
    let method = sent_method(arguments);
    let mut lines = vec![format!("request   {method} {} by {}", arguments.path, who(arguments))];
    lines.extend(host.iter().map(|host| format!("host      {host}")));
    lines.extend(callback.iter().map(|callback| format!("callback  {callback}")));
    for rule in decided.rules.iter().flat_map(MatchedRules::rules) {
        lines.extend(rule_lines(configuration, document, rule));
    }
    let (line, answer) = described(&decided.answer);
    let does_so = does.as_ref().map(|does| format!(": {does}")).unwrap_or_default();
    lines.push(format!("answer    {line}{does_so}"));
    let json = json!({
        "method": method.as_str(),
        "preflight_for": arguments.preflight.then(|| arguments.method.as_str()),
        "path": arguments.path,
        "host": host,
        "callback": callback,
        "does": does,
        "rules": rules,
        "answer": answer,
    });
    Report { exit: Exit::Done, lines, json }
}

fn who(arguments: &ExplainArguments) -> String {
    let claims: Vec<String> =
        arguments.claims.iter().map(|(name, value)| format!("{name}={value}")).collect();
    match (arguments.bearer, claims.is_empty()) {
        (true, true) => "an access token".to_owned(),
        (true, false) => format!("an access token ({})", claims.join(" ")),
        (false, false) => format!("somebody signed in ({})", claims.join(" ")),
        (false, true) if arguments.preflight => {
            format!("a browser, as the CORS preflight of {}", arguments.method)
        }
        (false, true) if arguments.script => "a script that is not signed in".to_owned(),
        (false, true) => "a browser that is not signed in".to_owned(),
    }
}

fn described(answer: &Answer) -> (String, Value) {
    match answer {
        Answer::Own(endpoint) => (
            format!("{} by vestibule itself", coloured(Colour::Green, "answered")),
            json!({ "kind": "own", "endpoint": endpoint.path() }),
        ),
        Answer::Pass => {
            (format!("{} to the application", coloured(Colour::Green, "passes")), json!({ "kind": "pass" }))
        }
        Answer::Redirect { location, reason } => (
            format!("{} to {location} ({})", coloured(Colour::Yellow, "302"), reason.code),
            json!({ "kind": "redirect", "status": 302, "location": location, "reason": reason.code }),
        ),
        Answer::Refuse(reason) => {
            let status = reason.status.as_u16();
            (
                format!(
                    "{} {}: {}",
                    coloured(Colour::Red, &status.to_string()),
                    reason.code,
                    reason.sentence
                ),
                json!({ "kind": "refuse", "status": status, "reason": reason.code }),
            )
        }
    }
}

/// The index of the rule; `None` for the default that applies if no rule matches.
fn index(configuration: &Configuration, rule: &Rule) -> Option<usize> {
    configuration.routes.rules().iter().position(|other| std::ptr::eq(other, rule))
}

fn rule_lines(configuration: &Configuration, document: &OwnDocument, rule: &Rule) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match index(configuration, rule) {
        None => "rule      none matches, so sign-in is required".to_owned(),
        Some(index) => {
            let place = document
                .place_of(&format!("routes[{index}]"))
                .map(|place| format!(" at {}:{}:{}", document.name, place.line, place.column))
                .unwrap_or_default();
            let methods = methods(rule);
            let methods = if methods.is_empty() { "every method".to_owned() } else { methods.join(", ") };
            format!(
                "rule      routes[{index}]{place}: {}; {methods}; auth {}",
                paths(rule).join(", "),
                auth(rule)
            )
        }
    });
    for (name, required) in requirements(&rule.requirements) {
        let alternatives: Vec<String> =
            required.requirement.alternatives().iter().map(|all| all.join(" and ")).collect();
        let claim = required.claim.names().join(".");
        lines.push(format!("requires  {name}: {} (claim {claim})", alternatives.join(", or ")));
    }
    lines
}

fn rule_json(configuration: &Configuration, document: &OwnDocument, rule: &Rule) -> Value {
    let index = index(configuration, rule);
    let place = index.and_then(|index| document.place_of(&format!("routes[{index}]")));
    let required: Map<String, Value> = requirements(&rule.requirements)
        .map(|(name, required)| {
            let requirement = json!({
                "alternatives": required.requirement.alternatives(),
                "claim": required.claim.names(),
            });
            (name.to_owned(), requirement)
        })
        .collect();
    json!({
        "index": index,
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "paths": paths(rule),
        "methods": methods(rule),
        "auth": auth(rule),
        "required": required,
    })
}

fn requirements(all: &Requirements) -> impl Iterator<Item = (&'static str, &Required)> {
    [("scopes", &all.scopes), ("audience", &all.audience), ("groups", &all.groups), ("roles", &all.roles)]
        .into_iter()
        .filter_map(|(name, required)| Some((name, required.as_ref()?)))
}

fn paths(rule: &Rule) -> Vec<String> {
    let path = |pattern: &PathPattern| match pattern {
        PathPattern::Beginning(beginning) => format!("{beginning}... (by prefix)"),
        _ => pattern.text(),
    };
    rule.paths.iter().map(path).collect()
}

fn methods(rule: &Rule) -> Vec<&str> {
    rule.methods.iter().map(Method::as_str).collect()
}

const fn auth(rule: &Rule) -> &'static str {
    match rule.auth {
        Auth::None => "none",
        Auth::Optional => "optional",
        Auth::Required => "required",
    }
}
