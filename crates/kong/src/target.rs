//! Finds the addresses of the services behind Kong's routes.

use std::collections::BTreeMap;

use url::Url;

use crate::document::shown;
use crate::entity::{Entities, Service};
use crate::placeholder::{self, Environment};
use crate::router::Rule;
use crate::settings::placeholder_host;

/// Finds the addresses behind routes.
pub(crate) struct Targets<'e> {
    pub(crate) entities: &'e Entities,
    pub(crate) environment: Environment<'e>,
}

impl Targets<'_> {
    /// The address behind a route, and a question to the user if it is incomplete.
    pub(crate) fn of(&self, route: usize) -> (String, Option<String>) {
        let service = self.entities.routes.get(route).and_then(|route| route.service);
        match service.and_then(|index| self.entities.services.get(index)) {
            Some(service) => self.of_service(service),
            None => (
                "https://application.invalid".to_owned(),
                Some("name the application in `upstream_url`: the input has no service for it".to_owned()),
            ),
        }
    }

    fn of_service(&self, service: &Service) -> (String, Option<String>) {
        let label = shown(service.label());
        let behind = self.entities.upstreams.iter().find(|(name, _)| *name == service.host);
        let (host, port, need) = match behind.map(|(_, targets)| targets.as_slice()) {
            Some([target, others @ ..]) => {
                let (host, port) = target.rsplit_once(':').unwrap_or((target, ""));
                let need = format!(
                    "service `{label}` is an upstream of Kong's with {} target(s), of which the first is taken; name a load balancer in `upstream_url`",
                    others.len() + 1
                );
                (host.to_owned(), (!port.is_empty()).then(|| port.to_owned()), Some(need))
            }
            Some([]) => (String::new(), None, None),
            None => (service.host.clone(), service.port.clone(), None),
        };
        let scheme = if matches!(service.protocol.as_str(), "https" | "grpcs" | "tls" | "wss") {
            "https"
        } else {
            "http"
        };
        let open = host.is_empty() || placeholder::has_any(&host);
        let host = match placeholder::replace(&host, placeholder_host) {
            host if host.is_empty() => placeholder_host(service.label()),
            host if open && host.rsplit('.').next() != Some("invalid") => format!("{host}.invalid"),
            host => host,
        };
        let usual = if scheme == "https" { "443" } else { "80" };
        let port = port
            .map(|port| placeholder::fill(&port, self.environment).text)
            .filter(|port| port != usual && port.parse::<u16>().is_ok());
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let path = placeholder::replace(&service.path, placeholder_host);
        let path = path.trim_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        let need = if open {
            Some(format!("name the address of the service `{label}` in `upstream_url`"))
        } else if !matches!(service.protocol.as_str(), "http" | "https") {
            Some(format!("service `{label}` speaks {}, and only HTTP is forwarded", shown(&service.protocol)))
        } else if host.contains(".svc.") || host.rsplit('.').next() == Some("svc") || !host.contains('.') {
            Some(format!(
                "service `{label}` has a name that only its cluster knows; name an address in `upstream_url` that the functions reach"
            ))
        } else {
            need
        };
        let url = format!("{scheme}://{host}{port}{path}");
        if is_address(&url) {
            return (url, need);
        }
        let asked = format!(
            "name the address of the service `{label}` in `upstream_url`: it is none as it is written"
        );
        (format!("{scheme}://{}", placeholder_host(service.label())), Some(asked))
    }

    /// The address for the requests of a rule, with the part of the path that remains after `strip_path`.
    pub(crate) fn of_rule(&self, rule: &Rule) -> Option<(String, bool, bool)> {
        let (route, rest) = rule.outcome.target.as_ref()?;
        let entity = self.entities.routes.get(*route)?;
        let (url, _) = self.of(*route);
        let strips = entity.strip_path
            && !rule.by_prefix
            && rule.paths.iter().any(|path| !path.trim_end_matches("/*").trim_end_matches('/').is_empty());
        let url = if strips && !rest.is_empty() { format!("{url}/{rest}") } else { url };
        Some((url, strips, entity.preserve_host))
    }

    /// The most frequent address of the rules.
    pub(crate) fn usual(&self, rules: &[Rule]) -> Option<(String, Option<String>)> {
        let mut counted: BTreeMap<usize, usize> = BTreeMap::new();
        for rule in rules.iter().filter(|rule| rule.outcome.protection.closed.is_none()) {
            if let Some((route, _)) = &rule.outcome.target {
                *counted.entry(*route).or_default() += 1;
            }
        }
        let route = counted.into_iter().max_by_key(|(route, count)| (*count, std::cmp::Reverse(*route)))?.0;
        Some(self.of(route))
    }
}

/// Whether vestibule's parser accepts the address.
fn is_address(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let url = Url::parse(text).ok().filter(|_| plain && !text.contains(['?', '#', '@']));
    url.is_some_and(|url| url.has_host())
}
