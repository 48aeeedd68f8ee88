//! Makes one application: its configuration and the files of its deployment.

mod bearer_issuers;
mod files;
mod other_applications;

use self::bearer_issuers::bearer_issuers;
use self::files::files;
use self::other_applications::leave_out_others;
pub(crate) use self::other_applications::warn_of_requests_without_application;
use relying_party::gate::route::PathPattern;

use crate::OutputFile;
use crate::application::{OTHERS, Plan};
use crate::document::{Node, shown};
use crate::entity::Entities;
use crate::front::Front;
use crate::placeholder::{self, Environment};
use crate::protection::{Protection, SignIn};
use crate::report::Application;
use crate::router::{self, NO_ROUTE, Router, Rule, Table};
use crate::settings::requirement::{CONSUMERS_GROUP, anonymous_of};
use crate::settings::{self, Addresses, Draft, Plugin, signs_in, without_discovery};
use crate::target::Targets;
use crate::validation::make_valid;
use crate::verdicts::Verdicts;
use crate::yaml::{COMMENT, Yaml};

/// The files of an application.
pub(crate) struct ApplicationFiles {
    pub(crate) application: Application,
    pub(crate) files: Vec<OutputFile>,
    /// The warnings at the start of the report.
    pub(crate) first: Vec<String>,
    /// The host of the requests.
    host: Option<String>,
    /// The starts of the paths that are open.
    open: Vec<String>,
    /// The requests that another application has, by the start of their path.
    left_to_others: Vec<(String, String)>,
}

/// Candidates for the prefix of vestibule's own paths; the first one that no route uses is chosen.
const PREFIXES: [&str; 4] = ["/oauth2", "/sign-in", "/vestibule", "/vestibule-sign-in"];

pub(crate) fn make(
    front: Front,
    plan: &Plan<'_>,
    router: &Router<'_>,
    entities: &Entities,
    environment: Environment<'_>,
    verdicts: &mut Verdicts,
) -> ApplicationFiles {
    let nothing = Node {
        id: 0,
        place: crate::document::Place { file: 0, line: 1, column: 1 },
        value: crate::document::Value::Nothing,
    };
    let configs = plan.plugins.iter().filter_map(|index| entities.plugins.get(*index)?.config.as_ref());
    let mut configs = configs.collect::<Vec<_>>().into_iter();
    let config = configs.next().unwrap_or(&nothing);
    let plugin = Plugin { config, others: configs.collect(), callbacks: plan.callbacks.clone(), environment };
    let table = router.table(plan.requested_host.as_deref());
    let mut rules = router::rules(&table, &plan.protections);
    leave_out_others(&mut rules);
    let prefix = prefix(front, plan, &rules);
    let addresses = Addresses::find(&plugin, plan.host.as_deref(), &prefix).at_ports(&plan.ports);
    let mut draft = settings_of_all(&plugin, &addresses, verdicts);
    needs_of_front(front, plan, &mut draft);
    let targets = Targets { entities, environment };
    let url = upstream(front, &mut rules, &targets, &mut draft);
    bearer_issuers(&plugin, plan, &mut draft);
    routes(front, &rules, &targets, (&url, &prefix), &mut draft);
    consumers(&rules, &mut draft);
    warn_of_open_requests(plan, entities, &rules, &mut draft);
    unknown_anonymous(&plugin, entities, &mut draft);
    make_valid(&mut draft, front, plugin.config, verdicts);
    approximations(&table, entities, &mut draft);
    open_beyond(&table, entities, &rules, &mut draft);
    warn_of_closed_requests(&rules, &mut draft);
    if signs_in(&plugin) {
        start_page(&rules, &mut draft);
    }
    files(front, plan, &targets, &rules, &addresses, draft, &plugin)
}

/// Translates the settings of the plugin. Other plugins of the same client have lines of their own in the
/// report, and their weaknesses are reported too.
fn settings_of_all(plugin: &Plugin<'_>, addresses: &Addresses, verdicts: &mut Verdicts) -> Draft {
    let mut draft = settings::translate(plugin, addresses, verdicts);
    for other in &plugin.others {
        settings::unused_secret(other, verdicts);
        let other = Plugin::new(other, plugin.environment);
        let further = settings::translate(&other, addresses, verdicts);
        further.warnings.into_iter().for_each(|warning| draft.warn(warning));
    }
    draft
}

fn needs_of_front(front: Front, plan: &Plan<'_>, draft: &mut Draft) {
    draft.need(format!("add to samconfig.toml what only you know: {}", front.parameters()));
    if plan.shares_host && front.has_fixed_prefix() {
        draft.need("another application is on the same host, and behind this front sign-in is always at `/oauth2`: give each a host of its own, or take `--front http-api`");
    } else if plan.shares_host {
        draft.need("another application is on the same host: a load balancer or CloudFront has to send each path to the right one, and API Gateway takes one `CustomDomainName` only once, so give it to one of the stacks");
    }
}

/// Sets `upstream_url` to the address to which most rules lead, and returns it.
fn upstream(front: Front, rules: &mut [Rule], targets: &Targets<'_>, draft: &mut Draft) -> String {
    let usual = targets.usual(rules);
    if front.has_one_upstream() {
        one_upstream(rules, targets, usual.as_ref().map(|(url, _)| url.as_str()), draft);
    }
    let (url, need) = usual.unwrap_or_else(|| {
        ("https://application.invalid".to_owned(), Some("name the application in `upstream_url`".to_owned()))
    });
    if let Some(need) = need {
        draft.need(need);
    }
    draft.set("upstream_url", Yaml::Text(url.clone()));
    url
}

fn routes(
    front: Front,
    rules: &[Rule],
    targets: &Targets<'_>,
    (usual, prefix): (&str, &str),
    draft: &mut Draft,
) {
    let rows: Vec<Yaml> =
        rules.iter().filter_map(|rule| row(front, rule, targets, usual, prefix, draft)).collect();
    if !rows.is_empty() {
        let comment = "The first that matches decides. Paths that no route of Kong's has are closed.";
        draft.set_with("routes", Yaml::List(rows), [comment]);
    }
}

/// Says how Kong's consumers become a group at the provider.
fn consumers(rules: &[Rule], draft: &mut Draft) {
    if rules.iter().any(|rule| asks_for_consumers(&rule.outcome.protection)) {
        draft.warn(format!("Kong lets in only users that it knows as consumers; here only members of the group `{CONSUMERS_GROUP}` come in"));
        draft.need(format!("make the group `{CONSUMERS_GROUP}` at the provider, and add everybody who was a consumer or an approved developer; or name other groups in `groups_required`"));
    }
}

/// Warns about requests that pass without sign-in, or more often than Kong permits.
fn warn_of_open_requests(plan: &Plan<'_>, entities: &Entities, rules: &[Rule], draft: &mut Draft) {
    let is_open = |rule: &&Rule| {
        let protection = &rule.outcome.protection;
        protection.closed.is_none() && protection.sign_in == SignIn::Optional
    };
    let open: Vec<String> = rules.iter().filter(is_open).map(requests).collect();
    if !open.is_empty() {
        draft.warn(format!("`anonymous` lets people pass who are not signed in, here as in Kong: {}. The application knows them by `x-vestibule-authenticated: false`, and by no header of a consumer", open.join("; ")));
    }
    for name in &plan.limiting {
        draft.warn(format!("`{name}` refuses requests in Kong, and nothing does here until you set it up at AWS; the line of the plugin below says how"));
    }
    let label =
        |route: &usize| entities.routes.get(*route).map(|route| format!("`{}`", shown(route.label())));
    for (name, routes) in &plan.changing {
        let routes: Vec<String> = routes.iter().filter_map(label).collect();
        draft.warn(format!("`{}` changes requests or responses in Kong, and nothing does here: whoever is signed in may reach or read what it kept from them. Let the application do the same, or close the routes: {}", shown(name), routes.join(", ")));
    }
    let others = plan.hosts_of_others(entities);
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|host| format!("`{}`", shown(host))).collect();
        draft.warn(format!("this application has a host with `*`, and no rules for {}, which other routes name: never put one of them into `public_url`, and send its requests to the application of that name", others.join(", ")));
    }
}

/// Asks for a consumer that the input refers to but does not contain.
fn unknown_anonymous(plugin: &Plugin<'_>, entities: &Entities, draft: &mut Draft) {
    let configs = std::iter::once(plugin.config).chain(plugin.others.iter().copied());
    for name in configs.filter_map(anonymous_of) {
        let is_known = entities.consumers.iter().any(|known| known.names.iter().any(|known| known == name));
        if !is_known {
            draft.need(format!("`anonymous`: none of the files has the consumer `{}`, and a plugin on it may refuse requests, so sign-in is required: bring the file that has it, or write `auth: optional`", shown(name)));
        }
    }
}

fn asks_for_consumers(protection: &Protection) -> bool {
    let groups = protection.needs.get("groups_required");
    groups.is_some_and(|need| {
        need.alternatives.iter().all(|all| all.iter().any(|group| group == CONSUMERS_GROUP))
    })
}

/// Behind a REST API every request goes to one application, with the path of the browser's request.
fn one_upstream(rules: &mut [Rule], targets: &Targets<'_>, usual: Option<&str>, draft: &mut Draft) {
    for rule in rules.iter_mut().filter(|rule| rule.outcome.protection.closed.is_none()) {
        let Some((url, strips, _)) = targets.of_rule(rule) else { continue };
        let service = rule.outcome.target.as_ref().map(|(route, _)| targets.of(*route).0);
        if service.is_some_and(|service| Some(service.as_str()) != usual) {
            let why =
                format!("behind a REST API every request goes to one application, and this goes to {url}");
            rule.outcome.protection = Protection::closed(&why);
        } else if strips {
            draft.need(format!("`strip_path` of {}: behind a REST API the application gets the path that the browser asks for; let it answer there, or take another `--front`", requests(rule)));
        }
    }
}

fn prefix(front: Front, plan: &Plan<'_>, rules: &[Rule]) -> String {
    let is_free = |prefix: &&str| {
        let patterns = rules.iter().flat_map(|rule| &rule.paths).filter_map(|path| PathPattern::parse(path));
        patterns.into_iter().all(|pattern| !pattern.is_within(prefix))
    };
    if front.has_fixed_prefix() {
        return "/oauth2".to_owned();
    }
    let free = PREFIXES.iter().copied().find(is_free).unwrap_or("/oauth2");
    if plan.shares_host { format!("{free}-{}", plan.name) } else { free.to_owned() }
}

/// Writes one row of `routes`; returns `None` if no request could match it.
fn row(
    front: Front,
    rule: &Rule,
    targets: &Targets<'_>,
    usual: &str,
    prefix: &str,
    draft: &mut Draft,
) -> Option<Yaml> {
    let is_possible =
        |path: &&String| PathPattern::parse(path).is_some_and(|pattern| !pattern.is_within(prefix));
    let paths: Vec<&String> = rule.paths.iter().filter(is_possible).collect();
    if paths.is_empty() {
        return None;
    }
    let protection = &rule.outcome.protection;
    let mut members = vec![(COMMENT.to_owned(), Yaml::Text(comment(rule, targets.entities)))];
    let mut add = |name: &str, value: Yaml| members.push((name.to_owned(), value));
    add("paths", Yaml::texts(&paths));
    if rule.by_prefix {
        add("path_matching", Yaml::text("prefix"));
    }
    if !rule.methods.is_empty() {
        add("methods", Yaml::texts(&rule.methods));
    }
    if protection.closed.is_some() {
        add("groups_required", Yaml::List(vec![Yaml::texts(&[NO_ROUTE])]));
        return Some(Yaml::Mapping(members));
    }
    match protection.sign_in {
        SignIn::None => add("auth", Yaml::text("none")),
        SignIn::Optional => add("auth", Yaml::text("optional")),
        SignIn::Required => {}
    }
    for (key, need) in &protection.needs {
        add(key, Yaml::List(need.alternatives.iter().map(|all| Yaml::texts(all)).collect()));
        if !need.claim.is_empty() {
            add(&key.replace("_required", "_claim"), Yaml::texts(&need.claim));
        }
    }
    if protection.preflight_passes && protection.sign_in != SignIn::None {
        add("preflight", Yaml::text("pass"));
    }
    let target = targets.of_rule(rule).filter(|_| !front.has_one_upstream());
    if let Some((url, strips, preserves_host)) = target {
        if url != usual {
            add("upstream_url", Yaml::Text(url));
        }
        if strips {
            add("strip_path", Yaml::text("true"));
        }
        if preserves_host {
            add("preserve_host", Yaml::text("true"));
        }
    }
    if let Some((route, _)) = &rule.outcome.target
        && let Some(need) = targets.of(*route).1
    {
        draft.need(need);
    }
    Some(Yaml::Mapping(members))
}

fn comment(rule: &Rule, entities: &Entities) -> String {
    let labels: Vec<String> = rule
        .outcome
        .met
        .iter()
        .filter_map(|index| entities.routes.get(*index))
        .map(|route| shown(route.label()))
        .collect();
    let of = match labels.as_slice() {
        [] => String::new(),
        [one] => format!("Route {one}. "),
        several => format!("Routes {}: what all of them ask for. ", several.join(", ")),
    };
    match &rule.outcome.protection.closed {
        Some(reason) if reason == NO_ROUTE => format!("{of}Closed: no route of Kong's is here."),
        Some(reason) => format!("{of}Closed: {reason}."),
        None => of.trim_end().to_owned(),
    }
}

/// Reports the routes that rules can only approximate.
fn approximations(table: &Table<'_>, entities: &Entities, draft: &mut Draft) {
    let label =
        |route: usize| entities.routes.get(route).map_or_else(String::new, |route| shown(route.label()));
    for (route, why) in table.inexact() {
        draft.need(format!("route `{}`: {why}", label(route)));
        if entities.routes.get(route).is_some_and(|route| route.strip_path) && why.starts_with("the regular")
        {
            draft.need(format!(
                "route `{}`: `strip_path` removes the text that its regular expression matches; here it removes whole segments",
                label(route)
            ));
        }
    }
}

/// Warns about paths that pass for everybody who is signed in, and that Kong may answer with 404.
fn open_beyond(table: &Table<'_>, entities: &Entities, rules: &[Rule], draft: &mut Draft) {
    let is_everywhere = |rule: &&Rule| rule.paths.iter().any(|path| path == "/*") && !rule.by_prefix;
    if !rules.iter().filter(is_everywhere).any(|rule| rule.outcome.protection.closed.is_none()) {
        return;
    }
    let label = |route: usize| entities.routes.get(route).map(|route| format!("`{}`", shown(route.label())));
    let routes: Vec<String> = table.beyond().into_iter().filter_map(label).collect();
    if !routes.is_empty() {
        draft.warn(format!("whoever is signed in, and has what these routes ask for, gets every path that no other rule names, also where Kong answers 404: it cannot be told which paths belong to {}. Put a rule for each of their paths before the last one, and close that", routes.join(", ")));
    }
}

fn warn_of_closed_requests(rules: &[Rule], draft: &mut Draft) {
    for rule in rules {
        let Some(reason) = rule.outcome.protection.closed.as_ref().filter(|reason| *reason != NO_ROUTE)
        else {
            continue;
        };
        if reason != OTHERS && !rule.by_prefix {
            draft.warn(format!("{} is closed to everybody until you decide: {reason}", requests(rule)));
        }
    }
    if !rules.is_empty() && rules.iter().all(|rule| rule.outcome.protection.closed.is_some()) {
        draft.warn("every path of this application is closed to everybody");
    }
}

/// Asks for a page for people who sign in without having asked for one, if `/` is closed.
fn start_page(rules: &[Rule], draft: &mut Draft) {
    let is_of_start = |rule: &&Rule| {
        rule.paths.iter().any(|path| path == "/" || path == "/*")
            && (rule.methods.is_empty() || rule.methods.iter().any(|method| method == "GET"))
    };
    let is_closed =
        rules.iter().find(is_of_start).is_some_and(|rule| rule.outcome.protection.closed.is_some());
    if is_closed && draft.get("login_redirect_uri").is_none() {
        draft.need("`/` is closed, and whoever signs in from the page after sign-out goes there: name a page of the application in `login_redirect_uri`");
    }
}

fn requests(rule: &Rule) -> String {
    let by_prefix = |path: &String| format!("paths that begin with `{}`", path.trim_end_matches("/*"));
    let by_segment = |path: &String| format!("`{path}`");
    let paths: Vec<String> = rule
        .paths
        .iter()
        .map(|path| if rule.by_prefix { by_prefix(path) } else { by_segment(path) })
        .collect();
    let methods =
        if rule.methods.is_empty() { String::new() } else { format!("{} ", rule.methods.join(", ")) };
    format!("{methods}{}", paths.join(", "))
}

fn needs(protection: &Protection) -> String {
    if let Some(reason) = &protection.closed {
        return format!("closed: {reason}");
    }
    let sign_in = match protection.sign_in {
        SignIn::None => "nothing",
        SignIn::Optional => "nothing; who is signed in is known",
        SignIn::Required => "sign-in",
    };
    let more = protection.needs.iter().map(|(key, need)| {
        let alternatives: Vec<String> = need.alternatives.iter().map(|all| all.join(" and ")).collect();
        format!("{key}: {}", alternatives.join(" or "))
    });
    std::iter::once(sign_in.to_owned()).chain(more).collect::<Vec<_>>().join("; ")
}

/// The provider and its client, if the input has both.
fn client_of(draft: &Draft) -> Option<(String, String)> {
    let issuer = draft.text("issuer")?;
    let issuer = without_discovery(issuer);
    let client = draft.text("client_id").filter(|client| !placeholder::is_unnamed(client))?;
    Some((issuer.trim_end_matches('/').to_owned(), client.to_owned()))
}
