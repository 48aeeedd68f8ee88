//! Reads the manifests of Kong's ingress controller.

mod annotation;
mod http_route;

use relying_party::configuration::kong::Verdict;

use self::annotation::{Settings, annotation, plugin_names};
use crate::document::{Member, Node};
use crate::entity::{Plugin, Route, Service};
use crate::placeholder;

use super::reference::Reference;
use super::{Reading, fields};

/// Manifests by kind, collected until all are read because they refer to each other by name.
#[derive(Default)]
pub(super) struct Manifests {
    plugins: Vec<Node>,
    overrides: Vec<Node>,
    services: Vec<Node>,
    ingresses: Vec<Node>,
    http_routes: Vec<Node>,
    consumers: Vec<Node>,
    /// The ingress classes of Kong besides `kong`.
    classes: Vec<String>,
    /// Whether a path with characters that a plain path lacks is a regular expression, as before format 3.0.
    detects_expressions: bool,
}

/// The controller of Kong's IngressClasses.
const CONTROLLER: &str = "ingress-controllers.konghq.com/kong";

/// The settings that a patch from a Kubernetes secret may change without affecting who may pass.
const PATCHED: [&str; 5] = ["client_id", "client_secret", "issuer", "redis", "session_secret"];

impl Manifests {
    fn service(&self, namespace: &str, name: &str) -> Option<&Node> {
        let same =
            |service: &&Node| metadata(service, "name") == name && self::namespace(service) == namespace;
        self.services.iter().find(same)
    }
}

impl Reading<'_> {
    pub(super) fn manifest(&mut self, document: &Node) {
        let list = match document.text_of("kind").unwrap_or_default() {
            "List" => {
                let items = document.entries_of("items");
                for item in items {
                    self.manifest(item);
                }
                return self.bookkeeping(document, &["apiVersion", "kind", "metadata"]);
            }
            "KongPlugin" | "KongClusterPlugin" => &mut self.manifests.plugins,
            "KongIngress" => &mut self.manifests.overrides,
            "Service" => &mut self.manifests.services,
            "Ingress" => &mut self.manifests.ingresses,
            "HTTPRoute" => &mut self.manifests.http_routes,
            "KongConsumer" => &mut self.manifests.consumers,
            "IngressClass" => {
                if document.at(&["spec", "controller"]).and_then(Node::text) == Some(CONTROLLER) {
                    self.manifests.classes.push(metadata(document, "name").to_owned());
                }
                return self.verdicts.record(document, Verdict::Mapped, "decides which Ingresses are Kong's");
            }
            "IngressClassParameters" => {
                let detects =
                    document.get("spec").and_then(|spec| spec.flag_of("enableLegacyRegexDetection"));
                self.manifests.detects_expressions |= detects == Some(true);
                return self.verdicts.record(
                    document,
                    Verdict::Mapped,
                    "decides which paths are regular expressions",
                );
            }
            "Secret" => {
                self.bookkeeping(document, &["apiVersion", "kind", "metadata", "type"]);
                return self.verdicts.record(
                    document,
                    Verdict::NeedsYou,
                    "put this secret into Secrets Manager; it is not copied",
                );
            }
            _ => {
                return self.verdicts.record(
                    document,
                    Verdict::NeedsYou,
                    "this kind of manifest is not read; look whether you rely on it",
                );
            }
        };
        list.push(document.clone());
        self.bookkeeping(document, &["apiVersion", "kind"]);
    }

    /// Reads a consumer, and the plugins in its annotations.
    fn manifest_consumer(&mut self, document: &Node, manifests: &Manifests) {
        self.consumer(document);
        let label = ["username", "custom_id"].iter().find_map(|name| document.text_of(name));
        for name in plugin_names(document) {
            let before = self.entities.plugins.len();
            self.named_plugin(document, &name, document, Reference::Unsaid, &Reference::Unsaid, manifests);
            for plugin in self.entities.plugins.iter_mut().skip(before) {
                plugin.consumer = label.map(str::to_owned);
            }
        }
        self.say_manifest(document);
    }

    pub(super) fn finish_manifests(&mut self) {
        let manifests = std::mem::take(&mut self.manifests);
        for consumer in &manifests.consumers {
            self.manifest_consumer(consumer, &manifests);
        }
        for ingress in &manifests.ingresses {
            self.ingress(ingress, &manifests);
        }
        for route in &manifests.http_routes {
            self.http_route(route, &manifests);
        }
        for plugin in &manifests.plugins {
            let labels = plugin.at(&["metadata", "labels"]);
            if labels.and_then(|labels| labels.text_of("global")) == Some("true") {
                self.manifest_plugin(plugin, Reference::Unsaid, Reference::Unsaid);
            }
            self.say_manifest(plugin);
        }
        let others =
            [&manifests.overrides, &manifests.services, &manifests.ingresses, &manifests.http_routes];
        for manifest in others.into_iter().flatten() {
            self.say_manifest(manifest);
        }
    }

    fn ingress(&mut self, ingress: &Node, manifests: &Manifests) {
        let settings = self.settings(ingress, manifests);
        let rules = ingress.at(&["spec", "rules"]).map(Node::entries).unwrap_or_default();
        let mut count = 0;
        for rule in rules {
            let hosts: Vec<String> = rule
                .text_of("host")
                .map(|host| placeholder::lower_case(&self.filled(host)))
                .into_iter()
                .collect();
            for path in rule.at(&["http", "paths"]).map(Node::entries).unwrap_or_default() {
                let written = path.text_of("path").unwrap_or("/");
                let paths = settings.paths(written, path.text_of("pathType"));
                let settings = settings.of_path(written, path.text_of("pathType"));
                let Some(backend) = path.get("backend") else {
                    self.fault(path.place, "has no `backend`");
                    continue;
                };
                self.ingress_route(ingress, count, (backend, paths, hosts.clone()), &settings, manifests);
                count += 1;
            }
        }
        if let Some(backend) = ingress.at(&["spec", "defaultBackend"]) {
            let everything = (backend, vec!["/".to_owned()], Vec::new());
            self.ingress_route(ingress, count, everything, &settings, manifests);
            count += 1;
        }
        if count == 0 {
            self.fault(ingress.place, "is an Ingress without paths");
        }
    }

    fn ingress_route(
        &mut self,
        ingress: &Node,
        count: usize,
        (backend, paths, hosts): (&Node, Vec<String>, Vec<String>),
        settings: &Settings,
        manifests: &Manifests,
    ) {
        let port = |path: &[&str]| backend.at(path).and_then(Node::text);
        // Before networking.k8s.io/v1 the members had other names.
        let (name, port) = match backend.get("service") {
            Some(service) => {
                let number = port(&["service", "port", "number"]);
                (service.text_of("name"), number.or_else(|| port(&["service", "port", "name"])))
            }
            None => (backend.text_of("serviceName"), port(&["servicePort"])),
        };
        let Some(name) = name else {
            return self.fault(backend.place, "has no `service` with a name");
        };
        let service = self.backend(ingress, (namespace(ingress), name), port, manifests);
        self.manifest_route(ingress, count, service, paths, hosts, settings);
        self.annotated_plugins(ingress, manifests);
    }

    fn manifest_route(
        &mut self,
        manifest: &Node,
        count: usize,
        service: Reference,
        paths: Vec<String>,
        mut hosts: Vec<String>,
        settings: &Settings,
    ) {
        let (namespace, name) = (namespace(manifest), metadata(manifest, "name"));
        hosts.extend(settings.host_aliases.iter().cloned());
        self.entities.routes.push(Route {
            names: vec![format!("{namespace}.{name}.{count}")],
            paths,
            methods: settings.methods.clone(),
            hosts,
            headers: settings.headers,
            depends_on_more: settings.headers > 0 || settings.depends_on_more,
            has_unknown_rank: settings.depends_on_more,
            strip_path: settings.strip_path,
            preserve_host: settings.preserve_host,
            regex_priority: settings.regex_priority,
            closed: settings.closed.clone(),
            ..Route::of_every_request(manifest.place)
        });
        self.route_references.push(service);
        if annotation(manifest, "rewrite").is_some() {
            self.add_filter("konghq.com/rewrite", manifest.place);
        }
    }

    /// Reads the service behind a path, with the plugins in its annotations.
    fn backend(
        &mut self,
        manifest: &Node,
        (namespace, name): (&str, &str),
        port: Option<&str>,
        manifests: &Manifests,
    ) -> Reference {
        let port = port.unwrap_or("80");
        let label = format!("{namespace}.{name}.{port}");
        let known = self.entities.services.iter().position(|service| service.names.contains(&label));
        if let Some(known) = known {
            return Reference::Index(known);
        }
        let described = manifests.service(namespace, name);
        let annotated = |key: &str| described.and_then(|service| annotation(service, key)).map(str::to_owned);
        let numbered = port.bytes().all(|byte| byte.is_ascii_digit());
        let index = self.entities.services.len();
        self.entities.services.push(Service {
            names: vec![label],
            place: manifest.place,
            protocol: annotated("protocol").unwrap_or_else(|| "http".to_owned()),
            host: format!("{name}.{namespace}.svc.cluster.local"),
            port: if numbered {
                Some(port.to_owned())
            } else {
                described.and_then(|service| named_port(service, port))
            },
            path: annotated("path").unwrap_or_default(),
            is_on: true,
        });
        if let Some(service) = described {
            for name in plugin_names(service) {
                let on = Reference::Index(index);
                self.named_plugin(service, &name, service, on, &Reference::Unsaid, manifests);
            }
        }
        Reference::Index(index)
    }

    fn annotated_plugins(&mut self, manifest: &Node, manifests: &Manifests) {
        let route = Reference::Index(self.entities.routes.len() - 1);
        for name in plugin_names(manifest) {
            self.named_plugin(manifest, &name, manifest, Reference::Unsaid, &route, manifests);
        }
    }

    fn named_plugin(
        &mut self,
        manifest: &Node,
        name: &str,
        place: &Node,
        service: Reference,
        route: &Reference,
        manifests: &Manifests,
    ) {
        let cluster = |plugin: &Node| plugin.text_of("kind") == Some("KongClusterPlugin");
        // A plugin in another namespace is named with its namespace.
        let (of, plain) = name.split_once(':').unwrap_or((namespace(manifest), name));
        let same = |plugin: &&Node| {
            metadata(plugin, "name") == plain && (cluster(plugin) || namespace(plugin) == of)
        };
        // A plugin in the namespace takes precedence over a cluster-wide one.
        let found = manifests.plugins.iter().filter(same).min_by_key(|plugin| cluster(plugin));
        match found {
            Some(plugin) => self.manifest_plugin(plugin, service, route.clone()),
            None => self.fault(
                place.place,
                &format!("names the plugin `{}`, which none of the files has", crate::document::shown(name)),
            ),
        }
    }

    fn manifest_plugin(&mut self, node: &Node, service: Reference, route: Reference) {
        let Some(name) = node.text_of("plugin") else {
            return self.fault(node.place, "is a KongPlugin without `plugin`");
        };
        let instance = node.text_of("instance_name").unwrap_or_else(|| metadata(node, "name"));
        let plugin = Plugin {
            instance: (!instance.is_empty()).then(|| instance.to_owned()),
            enabled: node.flag_of("disabled") != Some(true),
            config: node.get("config").cloned(),
            has_more: has_more(node),
            ..Plugin::named(name, node.place)
        };
        self.add_plugin(node, plugin, service, route);
        self.say_fields(node, "plugin");
    }

    fn say_manifest(&mut self, manifest: &Node) {
        let annotations = manifest.at(&["metadata", "annotations"]).map(Node::members).unwrap_or_default();
        for Member { name, node } in annotations {
            match name.strip_prefix("konghq.com/") {
                Some("plugins" | "override" | "host-aliases" | "regex-prefix") => {
                    self.verdicts.record(
                        node,
                        Verdict::Mapped,
                        "decides which routes there are, and the plugins on them",
                    );
                }
                Some(key) if annotation::misspelled(key).is_some() => {
                    let meant = annotation::misspelled(key).unwrap_or_default();
                    self.fault(
                        node.place,
                        &format!(
                            "`konghq.com/{}` is not an annotation; did you mean `konghq.com/{meant}`?",
                            crate::document::shown(key)
                        ),
                    );
                }
                Some(key) if key.starts_with("headers.") => self.say_more(node),
                Some(key) => {
                    let known = fields::verdict("route", &key.replace('-', "_"))
                        .or_else(|| fields::verdict("service", key));
                    let (verdict, text) = known.unwrap_or((
                        Verdict::NeedsYou,
                        "nothing here reads this annotation; look whether you rely on it",
                    ));
                    self.verdicts.record(node, verdict, text);
                }
                None => self.verdicts.record(node, Verdict::Always, fields::BOOKKEEPING),
            }
        }
        if let Some(route) = manifest.get("route") {
            self.say_fields(route, "route");
        }
        self.record_manifest(manifest);
    }

    fn say_more(&mut self, node: &Node) {
        if let Some((verdict, text)) = fields::verdict("route", "headers") {
            self.verdicts.record(node, verdict, text);
        }
    }

    fn record_manifest(&mut self, manifest: &Node) {
        self.bookkeeping(manifest, &["metadata", "status"]);
        match manifest.text_of("kind").unwrap_or_default() {
            "KongPlugin" | "KongClusterPlugin" => {
                for name in ["configFrom", "configPatches"] {
                    self.verdicts.record(
                        manifest.get(name),
                        Verdict::NeedsYou,
                        "settings are in this Kubernetes secret; bring them as `config`",
                    );
                }
            }
            "Ingress" | "HTTPRoute" => {
                self.verdicts.record(
                    manifest,
                    Verdict::Mapped,
                    "`paths`, `methods` and `upstream_url` of the rules, and the host of `public_url`",
                );
            }
            "Service" => {
                self.verdicts.record(
                    manifest,
                    Verdict::Mapped,
                    "`upstream_url`; it has to be reachable from the VPC of the functions",
                );
            }
            _ => {}
        }
    }
}

/// Whether a part of a plugin's settings is in a Kubernetes secret and may affect who may pass.
fn has_more(plugin: &Node) -> bool {
    let patches = plugin.entries_of("configPatches");
    let is_harmless = |patch: &Node| {
        let first = patch.text_of("path").and_then(|path| path.strip_prefix('/')?.split('/').next());
        first.is_some_and(|name| PATCHED.contains(&name))
    };
    plugin.get("configFrom").is_some() || !patches.iter().all(is_harmless)
}

fn named_port(service: &Node, name: &str) -> Option<String> {
    let ports = service.at(&["spec", "ports"])?.entries();
    let port = ports.iter().find(|port| port.text_of("name") == Some(name))?;
    port.text_of("port").map(str::to_owned)
}

fn metadata<'n>(manifest: &'n Node, name: &str) -> &'n str {
    manifest.at(&["metadata", name]).and_then(Node::text).unwrap_or_default()
}

fn namespace(manifest: &Node) -> &str {
    match metadata(manifest, "namespace") {
        "" => "default",
        namespace => namespace,
    }
}
