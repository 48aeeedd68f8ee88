//! Reads the HTTPRoutes of the Gateway API, with their filters.

use crate::document::{Node, Place};
use crate::entity::Plugin;
use crate::placeholder;
use crate::reading::Reading;
use crate::reading::reference::Reference;

use super::Manifests;
use super::annotation::{self, Settings};

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
            let backend = rule.get("backendRefs").map(Node::entries).unwrap_or_default().first();
            let name = backend.and_then(|backend| backend.text_of("name"));
            let port = backend.and_then(|backend| backend.text_of("port"));
            let service = self.backend(manifest, name, port, manifests);
            let matches = rule.get("matches").map(Node::entries).unwrap_or_default();
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
                let of_backend = backend.and_then(|backend| backend.get("filters"));
                for filter in [rule.get("filters"), of_backend].into_iter().flatten().flat_map(Node::entries)
                {
                    self.filter(manifest, filter, manifests);
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
        if filter.get("requestRedirect").is_some() || filter.text_of("type") == Some("RequestRedirect") {
            if let Some(route) = self.entities.routes.last_mut() {
                route.closed =
                    Some("a redirect of the HTTPRoute answers it in Kong, and nothing does here".to_owned());
            }
            return;
        }
        let Some(reference) = filter.get("extensionRef") else { return self.changing_filter(filter) };
        let name = reference.text_of("name").unwrap_or_default();
        let route = Reference::Index(self.entities.routes.len() - 1);
        self.named_plugin(manifest, name, reference, Reference::Unsaid, &route, manifests);
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
