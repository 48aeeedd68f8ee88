//! Reads the HTTPRoutes of the Gateway API, with their filters.

use std::collections::BTreeSet;

use crate::document::{Node, Place};
use crate::entity::Plugin;
use crate::placeholder;
use crate::reading::Reading;
use crate::reading::reference::Reference;

use super::annotation::{self, Settings};
use super::{Manifests, namespace};

impl Reading<'_> {
    pub(super) fn http_route(&mut self, manifest: &Node, manifests: &Manifests) {
        let settings = self.settings(manifest, manifests);
        let hosts: Vec<String> = manifest
            .at(&["spec", "hostnames"])
            .map(Node::texts)
            .unwrap_or_default()
            .into_iter()
            .map(|host| placeholder::lower_case(&self.filled(host)))
            .collect();
        let mut count = 0;
        for rule in manifest.at(&["spec", "rules"]).map(Node::entries).unwrap_or_default() {
            let backends = rule.entries_of("backendRefs");
            let service = self.first_backend(manifest, backends, manifests);
            let differ = plugins_differ(manifest, backends, manifests);
            let matches = rule.entries_of("matches");
            let everything = [None];
            let given: Vec<Option<&Node>> = matches.iter().map(Some).collect();
            for condition in if given.is_empty() { &everything[..] } else { &given } {
                let member = |path: &[&str]| condition.and_then(|condition| condition.at(path));
                let written = member(&["path", "value"]).and_then(Node::text).unwrap_or("/");
                let kind = match member(&["path", "type"]).and_then(Node::text) {
                    Some("Exact") => Some("Exact"),
                    Some("RegularExpression") => None,
                    _ => Some("Prefix"),
                };
                let paths = if kind.is_none() {
                    vec![format!("~{written}")]
                } else {
                    annotation::paths(written, kind)
                };
                let headers = member(&["headers"]).map_or(0, |headers| headers.entries().len());
                let more = headers + member(&["queryParams"]).map_or(0, |more| more.entries().len());
                let method = member(&["method"]).and_then(Node::text).map(str::to_owned);
                let methods = method.map_or_else(|| settings.methods.clone(), |method| vec![method]);
                let settings = Settings { methods, headers: settings.headers + more, ..settings.clone() };
                self.manifest_route(manifest, count, service.clone(), paths, hosts.clone(), &settings);
                self.annotated_plugins(manifest, manifests);
                for filter in rule.entries_of("filters") {
                    self.filter(manifest, filter, manifests);
                }
                for backend in backends {
                    for filter in backend.entries_of("filters") {
                        self.filter_of_backend(filter);
                    }
                }
                if differ {
                    self.close("its backends have different plugins in their annotations, and no rule tells requests apart by their backend");
                }
                count += 1;
            }
        }
        if count == 0 {
            self.fault(manifest.place, "is an HTTPRoute without rules");
        }
    }

    /// Reads a filter of an HTTPRoute's rule: it may name a plugin, answer in place of the application, or change the
    /// request.
    fn filter(&mut self, manifest: &Node, filter: &Node, manifests: &Manifests) {
        if redirects(filter) {
            return self.close(REDIRECT);
        }
        let Some(reference) = filter.get("extensionRef") else { return self.changing_filter(filter) };
        let name = reference.text_of("name").unwrap_or_default();
        let route = Reference::Index(self.entities.routes.len() - 1);
        self.named_plugin(manifest, name, reference, Reference::Unsaid, &route, manifests);
    }

    /// Reads a filter of one backend, of which some controllers take no notice. A plugin that it names is not put on
    /// the route, where it would take the place of the plugin of the service.
    fn filter_of_backend(&mut self, filter: &Node) {
        if redirects(filter) {
            self.close(REDIRECT);
        } else if filter.get("extensionRef").is_some() || filter.text_of("type") == Some("ExtensionRef") {
            self.close(
                "a filter of one backend names a plugin, and no rule tells requests apart by their backend",
            );
        } else {
            self.changing_filter(filter);
        }
    }

    /// Closes the last route.
    fn close(&mut self, why: &str) {
        if let Some(route) = self.entities.routes.last_mut() {
            route.closed.get_or_insert_with(|| why.to_owned());
        }
    }

    /// Reads the service of the first backend.
    fn first_backend(&mut self, manifest: &Node, backends: &[Node], manifests: &Manifests) -> Reference {
        let Some(backend) = backends.first() else { return Reference::Unsaid };
        let Some(name) = backend.text_of("name") else { return Reference::Unsaid };
        let namespace = backend.text_of("namespace").unwrap_or(namespace(manifest));
        self.backend(manifest, (namespace, name), backend.text_of("port"), manifests)
    }

    /// Reads a filter of which the controller makes a plugin, or that it may not know.
    fn changing_filter(&mut self, filter: &Node) {
        let names = || filter.members().iter().map(|member| member.name.as_str());
        if names().any(|name| name == "requestMirror")
            && names().all(|name| name == "type" || name == "requestMirror")
        {
            return;
        }
        let kind = filter.text_of("type").or_else(|| names().next()).unwrap_or_default();
        self.add_filter(&format!("filters.{kind}"), filter.place);
    }

    /// Adds the plugin that the controller makes for the last route, under the name of its source.
    pub(super) fn add_filter(&mut self, name: &str, place: Place) {
        let Some(route) = self.entities.routes.len().checked_sub(1) else { return };
        let earlier = self.entities.plugins.iter().zip(&self.plugin_references).rev();
        let mut on_route =
            earlier.take_while(|(_, [_, on])| matches!(on, Reference::Index(on) if *on == route));
        if on_route.any(|(plugin, _)| plugin.name == name) {
            return;
        }
        self.entities.plugins.push(Plugin { has_more: true, ..Plugin::named(name, place) });
        self.plugin_references.push([Reference::Unsaid, Reference::Index(route)]);
    }
}

const REDIRECT: &str = "a redirect of the HTTPRoute answers it in Kong, and nothing does here";

fn redirects(filter: &Node) -> bool {
    filter.get("requestRedirect").is_some() || filter.text_of("type") == Some("RequestRedirect")
}

/// Whether the services of a rule have different plugins. Some controllers make no route of such a rule, and others
/// put all of the plugins on it.
fn plugins_differ(manifest: &Node, backends: &[Node], manifests: &Manifests) -> bool {
    let names = |backend: &Node| {
        let namespace = backend.text_of("namespace").unwrap_or(namespace(manifest));
        let described = backend.text_of("name").and_then(|name| manifests.service(namespace, name));
        let plugins = described.map(annotation::plugin_names).unwrap_or_default();
        plugins.into_iter().map(|plugin| (namespace.to_owned(), plugin)).collect::<BTreeSet<_>>()
    };
    let mut all = backends.iter().filter(|_| backends.len() > 1).map(names);
    let first = all.next();
    all.any(|other| Some(other) != first)
}
