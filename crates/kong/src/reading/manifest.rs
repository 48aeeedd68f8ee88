//! Reads the manifests of Kong's ingress controller.

use relying_party::configuration::kong::Verdict;

use crate::document::{Member, Node};
use crate::entity::{Plugin, Route, Service};

use super::reference::Reference;
use super::{Reading, fields};

/// Manifests by kind, until all are read: they refer to each other by name.
#[derive(Default)]
pub(super) struct Manifests {
    plugins: Vec<Node>,
    overrides: Vec<Node>,
    services: Vec<Node>,
    ingresses: Vec<Node>,
    http_routes: Vec<Node>,
}

/// What a manifest's annotations say of its routes.
struct Settings {
    methods: Vec<String>,
    strip_path: bool,
    preserve_host: bool,
    regex_priority: i64,
}

impl Reading<'_> {
    pub(super) fn manifest(&mut self, document: &Node) {
        let list = match document.text_of("kind").unwrap_or_default() {
            "List" => {
                let items = document.get("items").map(Node::entries).unwrap_or_default();
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
            "KongConsumer" => return self.manifest_consumer(document),
            "Secret" => {
                self.bookkeeping(document, &["apiVersion", "kind", "metadata", "type"]);
                return self.ledger.say(
                    document,
                    Verdict::NeedsYou,
                    "put this secret into Secrets Manager; it is not copied",
                );
            }
            _ => {
                return self.ledger.say(
                    document,
                    Verdict::NeedsYou,
                    "this kind of manifest is not read; look whether you rely on it",
                );
            }
        };
        list.push(document.clone());
        self.bookkeeping(document, &["apiVersion", "kind"]);
    }

    fn manifest_consumer(&mut self, document: &Node) {
        self.bookkeeping(document, &["apiVersion", "kind", "metadata"]);
        self.consumer(document);
    }

    pub(super) fn finish_manifests(&mut self) {
        let manifests = std::mem::take(&mut self.manifests);
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
        let settings = settings(ingress, manifests);
        let rules = ingress.at(&["spec", "rules"]).map(Node::entries).unwrap_or_default();
        let mut count = 0;
        for rule in rules {
            let hosts: Vec<String> =
                rule.text_of("host").map(|host| self.filled(host).to_ascii_lowercase()).into_iter().collect();
            for path in rule.at(&["http", "paths"]).map(Node::entries).unwrap_or_default() {
                let Some(backend) = path.at(&["backend", "service"]) else {
                    self.fault(path.place, "has no `backend.service`");
                    continue;
                };
                let port = backend
                    .at(&["port", "number"])
                    .or_else(|| backend.at(&["port", "name"]))
                    .and_then(Node::text);
                let service = self.backend(ingress, backend.text_of("name"), port, manifests);
                let written = path.text_of("path").unwrap_or("/");
                let paths = paths(written, path.text_of("pathType"));
                self.manifest_route(ingress, count, service, paths, hosts.clone(), 0, &settings);
                self.annotated_plugins(ingress, manifests);
                count += 1;
            }
        }
        if count == 0 {
            self.fault(ingress.place, "is an Ingress without paths");
        }
    }

    fn http_route(&mut self, manifest: &Node, manifests: &Manifests) {
        let settings = settings(manifest, manifests);
        let hosts: Vec<String> = manifest
            .at(&["spec", "hostnames"])
            .map(Node::texts)
            .unwrap_or_default()
            .into_iter()
            .map(str::to_ascii_lowercase)
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
                let paths = if kind.is_none() { vec![format!("~{written}")] } else { paths(written, kind) };
                let headers = member(&["headers"]).map_or(0, |headers| headers.entries().len());
                let more = headers + member(&["queryParams"]).map_or(0, |more| more.entries().len());
                let method = member(&["method"]).and_then(Node::text).map(str::to_owned);
                let methods = method.map_or_else(|| settings.methods.clone(), |method| vec![method]);
                let settings = Settings { methods, ..settings };
                self.manifest_route(manifest, count, service.clone(), paths, hosts.clone(), more, &settings);
                self.annotated_plugins(manifest, manifests);
                for filter in rule.get("filters").map(Node::entries).unwrap_or_default() {
                    self.filter_plugin(manifest, filter, manifests);
                }
                count += 1;
            }
        }
        if count == 0 {
            self.fault(manifest.place, "is an HTTPRoute without rules");
        }
    }

    /// An `ExtensionRef` of an HTTPRoute's rule that names a plugin.
    fn filter_plugin(&mut self, manifest: &Node, filter: &Node, manifests: &Manifests) {
        let Some(reference) = filter.get("extensionRef") else { return };
        let name = reference.text_of("name").unwrap_or_default();
        let route = Reference::Index(self.entities.routes.len() - 1);
        self.named_plugin(manifest, name, reference, Reference::Unsaid, &route, manifests);
    }

    #[expect(clippy::too_many_arguments, reason = "each is a member of the route that is made")]
    fn manifest_route(
        &mut self,
        manifest: &Node,
        count: usize,
        service: Reference,
        paths: Vec<String>,
        hosts: Vec<String>,
        headers: usize,
        settings: &Settings,
    ) {
        let (namespace, name) = (namespace(manifest), metadata(manifest, "name"));
        self.entities.routes.push(Route {
            names: vec![format!("{namespace}.{name}.{count}")],
            place: manifest.place,
            service: None,
            paths,
            methods: settings.methods.clone(),
            hosts,
            headers,
            depends_on_more: headers > 0,
            has_unknown_rank: false,
            strip_path: settings.strip_path,
            preserve_host: settings.preserve_host,
            regex_priority: settings.regex_priority,
            is_http: true,
        });
        self.route_references.push(service);
    }

    /// The service behind a path, with the plugins of its own annotations.
    fn backend(
        &mut self,
        manifest: &Node,
        name: Option<&str>,
        port: Option<&str>,
        manifests: &Manifests,
    ) -> Reference {
        let Some(name) = name else { return Reference::Unsaid };
        let namespace = namespace(manifest);
        let port = port.unwrap_or("80");
        let label = format!("{namespace}.{name}.{port}");
        let known = self.entities.services.iter().position(|service| service.names.contains(&label));
        if let Some(known) = known {
            return Reference::Index(known);
        }
        let same =
            |service: &&Node| metadata(service, "name") == name && self::namespace(service) == namespace;
        let described = manifests.services.iter().find(same);
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
            let names = annotation(service, "plugins").unwrap_or_default().to_owned();
            for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                self.named_plugin(
                    service,
                    name,
                    service,
                    Reference::Index(index),
                    &Reference::Unsaid,
                    manifests,
                );
            }
        }
        Reference::Index(index)
    }

    fn annotated_plugins(&mut self, manifest: &Node, manifests: &Manifests) {
        let names = annotation(manifest, "plugins").unwrap_or_default().to_owned();
        let route = Reference::Index(self.entities.routes.len() - 1);
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            self.named_plugin(manifest, name, manifest, Reference::Unsaid, &route, manifests);
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
        let same = |plugin: &&Node| {
            metadata(plugin, "name") == name && (cluster(plugin) || namespace(plugin) == namespace(manifest))
        };
        // One of the namespace comes before one of the cluster.
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
        let plugin = Plugin {
            name: name.to_owned(),
            instance: node
                .text_of("instance_name")
                .or_else(|| node.at(&["metadata", "name"]).and_then(Node::text))
                .map(str::to_owned),
            place: node.place,
            enabled: node.flag_of("disabled") != Some(true),
            service: None,
            route: None,
            consumer: None,
            consumer_group: None,
            config: node.get("config").cloned(),
        };
        self.add_plugin(node, plugin, service, route);
        self.say_fields(node, "plugin");
    }

    fn say_manifest(&mut self, manifest: &Node) {
        let annotations = manifest.at(&["metadata", "annotations"]).map(Node::members).unwrap_or_default();
        for Member { name, node } in annotations {
            match name.strip_prefix("konghq.com/") {
                Some("plugins") => {
                    self.ledger.say(node, Verdict::Mapped, "decides which routes the plugin is on");
                }
                Some(key) => {
                    let known = fields::verdict("route", &key.replace('-', "_"))
                        .or_else(|| fields::verdict("service", key));
                    let (verdict, text) = known.unwrap_or((
                        Verdict::NeedsYou,
                        "nothing here reads this annotation; look whether you rely on it",
                    ));
                    self.ledger.say(node, verdict, text);
                }
                None => self.ledger.say(node, Verdict::Always, fields::BOOKKEEPING),
            }
        }
        if let Some(route) = manifest.get("route") {
            self.say_fields(route, "route");
        }
        self.ledger_manifest(manifest);
    }

    fn ledger_manifest(&mut self, manifest: &Node) {
        self.bookkeeping(manifest, &["metadata", "status"]);
        match manifest.text_of("kind").unwrap_or_default() {
            "KongPlugin" | "KongClusterPlugin" => {
                if let Some(source) = manifest.get("configFrom") {
                    self.ledger.say(
                        source,
                        Verdict::NeedsYou,
                        "the settings are in this Kubernetes secret; bring them as `config`",
                    );
                }
            }
            "Ingress" | "HTTPRoute" => {
                self.ledger.say(
                    manifest,
                    Verdict::Mapped,
                    "`paths`, `methods` and `upstream_url` of the rules, and the host of `public_url`",
                );
            }
            "Service" => {
                self.ledger.say(
                    manifest,
                    Verdict::Mapped,
                    "`upstream_url`; it has to be reachable from the VPC of the functions",
                );
            }
            _ => {}
        }
    }
}

/// What annotations, and a KongIngress that they name, say. The controller's defaults are not those of the gateway.
fn settings(manifest: &Node, manifests: &Manifests) -> Settings {
    let name = annotation(manifest, "override").unwrap_or_else(|| metadata(manifest, "name"));
    let same = |other: &&Node| metadata(other, "name") == name && namespace(other) == namespace(manifest);
    let route = manifests.overrides.iter().find(same).and_then(|other| other.get("route"));
    let said = |key: &str, member: &str| {
        annotation(manifest, key).or_else(|| route.and_then(|route| route.text_of(member))).map(str::to_owned)
    };
    let methods = annotation(manifest, "methods")
        .map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    Settings {
        methods: methods.unwrap_or_else(|| route.map(|route| route.texts_of("methods")).unwrap_or_default()),
        strip_path: said("strip-path", "strip_path").is_some_and(|text| text == "true"),
        preserve_host: said("preserve-host", "preserve_host").is_none_or(|text| text == "true"),
        regex_priority: said("regex-priority", "regex_priority")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0),
    }
}

/// Kong's paths of an Ingress' path, as the controller makes them.
fn paths(written: &str, kind: Option<&str>) -> Vec<String> {
    let plain = regex_syntax::escape(written);
    match kind {
        Some("Exact") => vec![format!("~{plain}$")],
        Some("Prefix") if written == "/" => vec!["/".to_owned()],
        Some("Prefix") => {
            let base = written.trim_end_matches('/');
            vec![format!("~{}$", regex_syntax::escape(base)), format!("{base}/")]
        }
        // The controller takes what follows `/~` as a regular expression.
        _ => vec![written.strip_prefix("/~").map_or_else(|| written.to_owned(), |regex| format!("~{regex}"))],
    }
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

fn annotation<'n>(manifest: &'n Node, key: &str) -> Option<&'n str> {
    manifest.at(&["metadata", "annotations"])?.text_of(&format!("konghq.com/{key}"))
}
