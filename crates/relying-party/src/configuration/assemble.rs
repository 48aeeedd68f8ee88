//! Builds the checked configuration from the sources.

use std::collections::BTreeSet;

use super::document::Node;
use super::own_address::OwnAddresses;
use super::provider::Provider;
use super::section::{FaultRecorded, Section, flag, one_of, seconds, text};
use super::{
    Client, Configuration, Faults, LogoutRequests, ProviderKind, Role, SecretHeader, SessionConfiguration,
    SessionStorage, SigningAlgorithm, Sources, UpstreamConfiguration, authorization, client, key,
    load_balancer, log_level, logout, own_address, provider, requirement, route, session, source, upstream,
    warning,
};
use crate::gate::route::Routes;
use crate::http::public_url::PublicUrl;
use crate::secret::Secret;
use crate::session::refresh_policy::RefreshTokenRotation;

impl Configuration {
    /// Reads and checks everything.
    ///
    /// # Errors
    ///
    /// All faults together, each with its key.
    pub fn from_sources(sources: &Sources<'_>, role: Role) -> Result<Self, Faults> {
        let (entries, mut faults) = source::merge(sources)?;
        let given: BTreeSet<String> = entries.keys().cloned().collect();
        let mut section = Section::new(entries);
        let configuration = read(&mut section, role);
        let (found, unread) = section.finish();
        debug_assert!(unread.is_empty(), "a key of the table is never read");
        faults.extend(found);
        match configuration {
            Some(configuration) if faults.is_empty() => {
                Ok(Self { warnings: warning::of(&configuration, &given, role), ..configuration })
            }
            _ => {
                faults.sort_by(|one, other| one.key.cmp(&other.key));
                // A page is checked for each host, but reported once.
                let mut reported = BTreeSet::new();
                faults.retain(|fault| reported.insert((fault.key.clone(), fault.problem.clone())));
                Err(Faults(faults))
            }
        }
    }
}

/// Every group is read before the first `?`, so that the faults of all groups are reported.
fn read(section: &mut Section, role: Role) -> Option<Configuration> {
    let provider = provider::read(section).ok();
    let kind = provider.as_ref().map(|provider| &provider.kind);
    let public_urls = own_address::read_public_urls(section).unwrap_or_default();
    let session = session::read(section, &public_urls);
    // With a store every function refreshes by itself; in cookie storage only `session` does.
    let refreshes = session.as_ref().is_ok_and(|session| session.storage != SessionStorage::Cookie);
    let client = client::read(section, kind, client::uses_secret(role, refreshes));
    let client_id = client.as_ref().ok().map(|client| client.id.as_str());
    let user_pool_client = client_id.filter(|_| !matches!(kind, None | Some(ProviderKind::Oidc)));
    let locations = own_address::read(section, &public_urls, user_pool_client);
    let auth_methods = authorization::read_methods(section);
    let methods = auth_methods.as_ref().ok().copied();
    let bearer_issuers = provider::read_bearer_issuers(section, provider.as_ref(), client_id, methods);
    let rows = bearer_issuers.as_deref().unwrap_or_default();
    let load_balancers = load_balancer::read(section, provider.as_ref(), client_id, methods, rows, role);
    let scopes = authorization::read_scopes(section);
    let signing_algorithms = authorization::read_algorithms(section);
    let authorization_query_args = authorization::read_arguments(section);
    let arguments = authorization_query_args.as_deref().unwrap_or_default();
    let authorization_query_args_client = authorization::read_client_arguments(section, arguments);
    let token_post_args = authorization::read_token_arguments(section);
    let global = requirement::read(section, kind);
    let auth_prefix = locations.as_ref().ok().map(|locations| locations.auth_prefix.as_str());
    let own = auth_prefix.map(|auth_prefix| (public_urls.as_slice(), auth_prefix));
    let routes = route::read(section, global.as_ref().ok(), auth_prefix, role);
    let upstream = upstream::read(section, role);
    let (front_secrets, client_address) = upstream::front(section, role);
    contradictions(section, provider.as_ref(), own, signing_algorithms.as_deref().ok());
    secrets_and_headers(section, &session, &client, &upstream, &front_secrets, &routes);
    let application_name =
        section.key(&key::APPLICATION_NAME, |node| shown(node, MAX_APPLICATION_NAME_CHARACTERS));
    let times = times(section);
    let logout_requests = logout::read_requests(section);
    let revoke = section.always(&key::LOGOUT_REVOKE, flag);
    let everywhere = section.always(&key::LOGOUT_EVERYWHERE_AT_PROVIDER, |node| everywhere(node, kind));
    pages(section, &locations, &logout_requests, &routes, &public_urls);
    let [forbidden, unauthorized] = [key::FORBIDDEN_ERROR_MESSAGE, key::UNAUTHORIZED_ERROR_MESSAGE]
        .map(|key| section.key(&key, |node| shown(node, MAX_MESSAGE_CHARACTERS)));
    let response_streaming = section.always(&key::RESPONSE_STREAMING, flag);
    let log_level = section.always(&key::LOG_LEVEL, one_of(&log_level::WORDS));
    let display_errors = section.always(&key::DISPLAY_ERRORS, flag);

    let (provider, locations, global) = (provider?, locations.ok()?, global.ok()?);
    let mut hosts = locations.hosts.into_iter();
    let (first, times) = (hosts.next()?, times.ok()?);
    let (mut session, upstream, routes) = (session.ok()?, upstream.ok()?, routes.ok()?);
    keep_named_claims(&mut session, &global, &routes, &upstream);
    Some(Configuration {
        issuer_forms: provider::forms_of_own(&provider),
        issuer: provider.issuer,
        issuers: provider.issuers,
        provider: provider.kind,
        client: client.ok()?,
        public_url: first.public_url,
        other_hosts: hosts.collect(),
        application_name: application_name.ok()?,
        auth_prefix: locations.auth_prefix,
        redirect_uri: first.redirect_uri,
        redirect_uris: locations.redirect_uris,
        callback_paths: first.callback_paths,
        endpoints: provider.endpoints,
        auth_methods: auth_methods.ok()?,
        load_balancers: load_balancers.ok()?,
        bearer_issuers: bearer_issuers.ok()?,
        scopes: scopes.ok()?,
        signing_algorithms: signing_algorithms.ok()?,
        leeway: times.leeway,
        max_age: times.max_age,
        roles_claim: global.roles_claim().clone(),
        groups_claims: global.groups_claims,
        requirements: global.requirements,
        authorization_query_args: authorization_query_args.ok()?,
        token_post_args: token_post_args.ok()?,
        authorization_query_args_client: authorization_query_args_client.ok()?,
        session,
        authorization_rolling_timeout: times.authorization_rolling_timeout,
        refresh_lead: times.refresh_lead,
        rotation: times.rotation,
        login_redirect_uri: first.login_redirect_uri,
        logout_redirect_uri: first.logout_redirect_uri,
        logout_redirect_uri_unwrapped: locations.logout_redirect_uri_unwrapped,
        logout_requests: logout_requests.ok()?,
        forbidden_redirect_uri: first.forbidden_redirect_uri,
        unauthorized_redirect_uri: first.unauthorized_redirect_uri,
        forbidden_error_message: forbidden.ok()?,
        unauthorized_error_message: unauthorized.ok()?,
        logout_revoke: revoke.ok()?,
        logout_everywhere_at_provider: everywhere.ok()?,
        upstream,
        front_secrets: front_secrets.ok()?,
        client_address: client_address.ok()?,
        routes,
        response_streaming: response_streaming.ok()?,
        log_level: log_level.ok()?,
        display_errors: display_errors.ok()?,
        warnings: Vec::new(),
    })
}

const MAX_APPLICATION_NAME_CHARACTERS: usize = 60;

/// The longest configured text that replaces one of ours on a page.
const MAX_MESSAGE_CHARACTERS: usize = 300;

/// A text that pages show, in titles and buttons beside other words. Directional formatting characters would
/// reorder those too (Unicode UAX #9).
fn shown(node: Node, most: usize) -> Result<String, String> {
    let name = text(node)?;
    if name.chars().count() > most {
        return Err(format!("must have at most {most} characters"));
    }
    let is_mark = |c| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.contains(is_mark) {
        Err("must not contain directional formatting characters".to_owned())
    } else {
        Ok(name)
    }
}

/// Refuses pages of the application that nobody could reach when redirected there.
fn pages(
    section: &mut Section,
    locations: &Read<OwnAddresses>,
    requests: &Read<LogoutRequests>,
    routes: &Read<Routes>,
    public_urls: &[PublicUrl],
) {
    let (Ok(locations), Ok(requests)) = (locations, requests) else { return };
    for host in &locations.hosts {
        let pages = [
            (key::LOGIN_REDIRECT_URI.name, Some(&host.login_redirect_uri)),
            (key::LOGOUT_REDIRECT_URI.name, Some(&host.logout_redirect_uri)),
            (key::FORBIDDEN_REDIRECT_URI.name, host.forbidden_redirect_uri.as_ref()),
            (key::UNAUTHORIZED_REDIRECT_URI.name, host.unauthorized_redirect_uri.as_ref()),
        ];
        // Paths below `auth_prefix` are always vestibule's own, whatever their suffix.
        let own = format!("{}/", locations.auth_prefix);
        let callbacks: Vec<&str> =
            host.callback_paths.iter().map(String::as_str).filter(|path| !path.starts_with(&own)).collect();
        let own = host.public_url.join(&own);
        let pages = pages.map(|(name, page)| (name, page.filter(|page| !page.starts_with(&own))));
        logout::refuse_own_pages(section, requests, &callbacks, &pages, public_urls);
        if let Ok(routes) = routes {
            for page in pages {
                own_address::refuse_ambiguous_page(section, page, &locations.hosts, routes);
            }
        }
    }
    if let Ok(routes) = routes {
        own_address::refuse_closed_page(section, &locations.hosts, routes);
    }
}

/// Adds the claims that requirements and headers use to those that a session keeps.
fn keep_named_claims(
    session: &mut SessionConfiguration,
    global: &requirement::Global,
    routes: &Routes,
    upstream: &UpstreamConfiguration,
) {
    if let Some(claims) = &mut session.claims {
        claims.extend(global.claim_names());
        claims.extend(routes.rules().iter().flat_map(|rule| rule.requirements.claim_names()));
        claims.extend(upstream.headers.iter().filter_map(|header| header.path.names().first().cloned()));
    }
}

/// The times that belong to neither the session nor the keys.
struct Times {
    leeway: i64,
    max_age: Option<i64>,
    authorization_rolling_timeout: i64,
    refresh_lead: i64,
    rotation: RefreshTokenRotation,
}

fn times(section: &mut Section) -> Read<Times> {
    let leeway = section.always(&key::LEEWAY, seconds(0, 300));
    let max_age = section.key(&key::MAX_AGE, seconds(0, 400 * 86_400));
    let authorization_rolling_timeout =
        section.always(&key::AUTHORIZATION_ROLLING_TIMEOUT, seconds(30, 3_600));
    let refresh_lead = section.always(&key::REFRESH_LEAD, seconds(0, 3_600));
    let rotation = section.key(&key::ROTATION_GRACE, rotation);
    Ok(Times {
        leeway: leeway?,
        max_age: max_age?,
        authorization_rolling_timeout: authorization_rolling_timeout?,
        refresh_lead: refresh_lead?,
        rotation: rotation?.unwrap_or(RefreshTokenRotation::Unknown),
    })
}

fn everywhere(node: Node, provider: Option<&ProviderKind>) -> Result<bool, String> {
    let everywhere = flag(node)?;
    if everywhere && provider == Some(&ProviderKind::Oidc) {
        return Err("has an effect only with `provider: cognito`".to_owned());
    }
    Ok(everywhere)
}

type Read<T> = Result<T, FaultRecorded>;

/// Refuses a header with two purposes, a secret with two purposes, and certificates that are not used.
fn secrets_and_headers(
    section: &mut Section,
    session: &Read<SessionConfiguration>,
    client: &Read<Client>,
    upstream: &Read<UpstreamConfiguration>,
    front: &Read<Vec<SecretHeader>>,
    routes: &Read<Routes>,
) {
    // A key that could not be read has its own fault already.
    let (Ok(upstream), Ok(front), Ok(routes)) = (upstream, front, routes) else { return };
    upstream::refuse_names_taken_twice(section, upstream, front);
    upstream::refuse_unused_bundle(section, upstream, routes);
    let (Ok(session), Ok(client)) = (session, client) else { return };
    let front = front.iter().map(|header| (key::FRONT_SECRET_HEADER.name, &header.value));
    let others: Vec<(&'static str, &Secret)> = front
        .chain(client.secret.iter().map(|secret| (key::CLIENT_SECRET.name, secret)))
        .chain(upstream.secret_header.iter().map(|header| (key::UPSTREAM_SECRET_HEADER.name, &header.value)))
        .collect();
    session::refuse_shared_secret(section, &session.secrets, &others);
}

/// Finds values that are valid alone but contradict each other.
fn contradictions(
    section: &mut Section,
    provider: Option<&Provider>,
    own: Option<(&[PublicUrl], &str)>,
    algorithms: Option<&[SigningAlgorithm]>,
) {
    let Some(provider) = provider else { return };
    if let Some((public_urls, auth_prefix)) = own {
        own_address::refuse_own_endpoints(section, &provider.endpoints, public_urls, auth_prefix);
    }
    let pool = matches!(provider.kind, ProviderKind::Cognito(_));
    if pool && algorithms.is_some_and(|algorithms| !algorithms.contains(&SigningAlgorithm::Rs256)) {
        let problem = "needs `RS256`, with which user pools sign";
        let _ = section.fault(key::SIGNING_ALGORITHMS.name, problem);
    }
}

/// `none`, or a number of seconds. Providers with a grace period keep it within a day.
fn rotation(node: Node) -> Result<RefreshTokenRotation, String> {
    let text = text(node)?;
    if text == "none" {
        return Ok(RefreshTokenRotation::Off);
    }
    let problem = |problem| format!("{problem}, or `none` where refresh tokens are not replaced");
    seconds(0, 86_400)(Node::Text(text)).map(|grace| RefreshTokenRotation::On { grace }).map_err(problem)
}
