//! Reads the entities of decK, `kong config db_export` and the Admin API.

use std::collections::hash_map::Entry;

use relying_party::configuration::kong::Verdict;

use crate::document::{Member, Node, Value, shown};
use crate::entity::{Consumer, Expression, Names, Plugin, Route, Service};
use crate::placeholder;

use super::address::Address;
use super::expression::{self, Requests};
use super::oidc::OIDC;
use super::reference::Reference;
use super::{FORMAT_VERSIONS, OPENID_CONNECT, Reading, fields, with_present_names};

impl Reading<'_> {
    /// Reads a whole file.
    pub(super) fn declarative(&mut self, document: &Node) {
        let version = document.text_of("_format_version").unwrap_or_default();
        if !FORMAT_VERSIONS.contains(&version) {
            let place = document.get("_format_version").map_or(document.place, |node| node.place);
            return self.fault(place, "is a format version other than 1.1, 2.1 and 3.0");
        }
        self.old_paths = !version.starts_with('3');
        self.refuse_another_owner(document);
        self.bookkeeping(
            document,
            &["_format_version", "_transform", "_konnect", "_workspace", "_comment", "_ignore"],
        );
        self.lists(document);
    }

    /// A plugin does nothing in another workspace or control plane, where an entity may have the same name. decK
    /// refuses such files together too.
    fn refuse_another_owner(&mut self, document: &Node) {
        for (kind, path) in [
            ("workspace", &["_workspace"] as &[&str]),
            ("control plane", &["_konnect", "control_plane_name"]),
            ("control plane", &["_konnect", "runtime_group_name"]),
        ] {
            let Some(node) = document.at(path) else { continue };
            let Some(name) = node.text() else { continue };
            let known = self.owners.entry(kind).or_insert_with(|| name.to_owned());
            if known != name {
                self.fault(
                    node.place,
                    &format!("names another {kind} than an earlier file; import the files of each {kind} in a command of its own"),
                );
            }
        }
    }

    /// Merges the members of one file that apply to the entities of all files, as decK does.
    pub(crate) fn shared(&mut self, document: &Node) {
        if let Some(info) = document.get("_info") {
            for Member { name, node } in info.at(&["defaults"]).map(Node::members).unwrap_or_default() {
                merge(self.defaults.entry(name.clone()), node);
                self.verdicts.record(
                    node,
                    Verdict::Mapped,
                    "holds for each entity that has no value of its own",
                );
            }
            self.verdicts.record(info, Verdict::Always, fields::BOOKKEEPING);
        }
        for Member { name, node } in document.get("_plugin_configs").map(Node::members).unwrap_or_default() {
            merge(self.shared_configs.entry(name.clone()), node);
            self.verdicts.record(
                node,
                Verdict::Mapped,
                "the settings of each plugin that names them with `_config`",
            );
        }
    }

    fn lists(&mut self, document: &Node) {
        let entries = |name: &str| document.entries_of(name);
        for node in entries("services") {
            self.service(node);
        }
        for node in entries("routes") {
            self.route(node, Reference::Unsaid);
        }
        for node in entries("upstreams") {
            self.upstream(node);
        }
        for node in entries("targets") {
            self.target(node);
        }
        for node in entries("consumers") {
            self.consumer(node);
        }
        for node in entries("acls") {
            self.acl(node);
        }
        for node in entries("consumer_groups") {
            self.consumer_group(node);
        }
        for node in entries("plugins") {
            self.plugin(node, Reference::Unsaid, Reference::Unsaid);
        }
        for node in entries("filter_chains") {
            self.filter_chain(node, Reference::of(node.get("service")), Reference::of(node.get("route")));
        }
        for Member { name, node } in document.members() {
            if let Some(problem) = fields::misspelled_list(name) {
                self.fault(node.place, &problem);
            }
            let (verdict, text) = match name.as_str() {
                "certificates" | "snis" => {
                    (Verdict::Mapped, "a certificate of ACM and `CustomDomainName` take its place")
                }
                "ca_certificates" => (
                    Verdict::NeedsYou,
                    "name a PEM file in `upstream_ca_bundle` where an application needs it",
                ),
                "cloned_plugins" => (
                    Verdict::NeedsYou,
                    "a plugin of this name is not known here; each route that has it is closed until you decide",
                ),
                "vaults" => (Verdict::NeedsYou, fields::VAULT),
                "rbac_roles" | "filter_chains" | "licenses" | "keys" | "key_sets" | "partials" => {
                    (Verdict::NeedsYou, "this kind of entity has no counterpart")
                }
                name if name.ends_with("_credentials") || name.ends_with("_secrets") => {
                    (Verdict::Refused, fields::CREDENTIAL)
                }
                _ => continue,
            };
            self.verdicts.record(node, verdict, text);
        }
    }

    /// Records the verdict for each member from the table of its kind. A nested structure that the kind does
    /// not have, or a misspelled name, is a fault, as in decK, because the intended member may protect
    /// something.
    pub(super) fn say_fields(&mut self, node: &Node, kind: &str) {
        for Member { name, node } in node.members() {
            if let Some((verdict, text)) = fields::verdict(kind, name) {
                self.verdicts.record(node, verdict, text);
            } else if let Some(problem) = fields::misspelled(kind, name, node) {
                self.fault(node.place, &problem);
            }
        }
    }

    pub(super) fn service(&mut self, node: &Node) {
        let kind = "service";
        let url = self.filled_of(node, kind, "url").and_then(|text| Address::parse(&text));
        let part = |name: &str| self.filled_of(node, kind, name);
        let Address { scheme, host, port, path } = url.unwrap_or_else(|| Address {
            scheme: part("protocol").unwrap_or_else(|| "http".to_owned()),
            host: part("host").unwrap_or_default(),
            port: part("port"),
            path: part("path").unwrap_or_default(),
        });
        let service = Service {
            names: names(node),
            place: node.place,
            protocol: scheme,
            host,
            port,
            path,
            is_on: self.flag(node, kind, "enabled") != Some(false),
        };
        if !matches!(node.value, Value::Mapping(_)) {
            return self.fault(node.place, "is not a service");
        }
        let index = self.entities.services.len();
        self.entities.services.push(service);
        let nested = |name: &str| node.entries_of(name);
        for route in nested("routes") {
            self.route(route, Reference::Index(index));
        }
        for plugin in nested("plugins") {
            self.plugin(plugin, Reference::Index(index), Reference::Unsaid);
        }
        for chain in nested("filter_chains") {
            self.filter_chain(chain, Reference::Index(index), Reference::Unsaid);
        }
        self.say_fields(node, kind);
    }

    pub(super) fn route(&mut self, node: &Node, service: Reference) {
        let kind = "route";
        if !matches!(node.value, Value::Mapping(_)) {
            return self.fault(node.place, "is not a route");
        }
        let service = match service {
            Reference::Unsaid => Reference::of(node.get("service")),
            given => given,
        };
        let paths = self.field(node, kind, "paths").map(Node::entries).unwrap_or_default();
        let paths = paths.iter().filter_map(|path| self.route_path(path)).collect();
        let hosts = self.filled_list(node, kind, "hosts");
        let hosts = hosts.iter().map(|host| placeholder::lower_case(host)).collect();
        let methods = self.filled_list(node, kind, "methods");
        let own = Requests { paths, methods, hosts, is_exact: true };
        let has_lists = own.has_lists();
        let requests = self.requests(node, own);
        let protocols = self.filled_list(node, kind, "protocols");
        let more = ["snis", "sources", "destinations", "expression"];
        let is_given = |name: &&str| node.get(name).is_some();
        let is_stream = |name: &String| matches!(name.as_str(), "tcp" | "tls" | "tls_passthrough" | "udp");
        let is_for_others =
            !protocols.is_empty() && !protocols.iter().any(|name| name == "http" || name == "https");
        let priority = self.filled_of(node, kind, "regex_priority");
        let regex_priority = priority.as_ref().and_then(|text| text.parse().ok());
        let headers = node.get("headers").map_or(0, |headers| headers.members().len());
        let expression = node.get("expression").map(|_| Expression {
            is_whole: requests.is_exact
                && !has_lists
                && headers == 0
                && !is_for_others
                && more.iter().filter(|name| is_given(name)).count() == 1,
            priority: self.expression_priority(node),
        });
        let route = Route {
            names: names(node),
            place: node.place,
            service: None,
            paths: requests.paths,
            methods: requests.methods,
            hosts: requests.hosts,
            headers,
            has_unknown_rank: more.iter().any(is_given) || priority.is_some() && regex_priority.is_none(),
            expression,
            depends_on_more: headers > 0 || is_for_others || more.iter().any(is_given),
            strip_path: self.flag(node, kind, "strip_path").unwrap_or(true),
            preserve_host: self.flag(node, kind, "preserve_host").unwrap_or(false),
            regex_priority: regex_priority.unwrap_or(0),
            is_http: protocols.is_empty() || !protocols.iter().all(is_stream),
            closed: None,
        };
        let index = self.entities.routes.len();
        self.entities.routes.push(route);
        self.route_references.push(service);
        let nested = node.entries_of("plugins");
        for plugin in nested {
            self.plugin(plugin, Reference::Unsaid, Reference::Index(index));
        }
        for chain in node.entries_of("filter_chains") {
            self.filter_chain(chain, Reference::Unsaid, Reference::Index(index));
        }
        self.say_fields(node, kind);
    }

    /// The `priority` of an expression, 0 by default.
    fn expression_priority(&mut self, node: &Node) -> Option<i64> {
        if self.field(node, "route", "priority").is_none() {
            return Some(0);
        }
        let text = self.filled_of(node, "route", "priority")?;
        // YAML 1.1 reads a number with a leading zero as octal.
        if text.len() > 1 && text.starts_with('0') {
            return None;
        }
        let priority = text.parse().ok()?;
        self.verdicts.record(node.get("priority"), Verdict::Mapped, "the order of the rules for expressions");
        Some(priority)
    }

    /// The requests of a route: those of its own lists, those of its expression, or, if it has both, any of these.
    fn requests(&mut self, node: &Node, own: Requests) -> Requests {
        let Some(text) = self.filled_of(node, "route", "expression") else { return own };
        let read = expression::read(&text);
        if read.is_exact
            && let Some(expression) = node.get("expression")
        {
            self.verdicts.record(
                expression,
                Verdict::Mapped,
                "`paths` and `methods` of a rule, and `public_url`",
            );
        }
        if own.has_lists() { own.or(read) } else { read }
    }

    pub(super) fn plugin(&mut self, node: &Node, service: Reference, route: Reference) {
        let Some(name) = node.text_of("name") else {
            return self.fault(node.place, "is a plugin without a name");
        };
        let own = |reference, member: &str| match reference {
            Reference::Unsaid => Reference::of(node.get(member)),
            given => given,
        };
        let (service, route) = (own(service, "service"), own(route, "route"));
        let model = node.get("model").filter(|model| !matches!(model.value, Value::Nothing));
        if let Some(model) = model {
            // For requests of other models a plugin that is less specific may ask for more.
            if matches!(name, OPENID_CONNECT | "acl") && node.flag_of("enabled") != Some(false) {
                self.fault(
                    model.place,
                    "puts the plugin on one AI model only; no rule tells requests apart by their model, so name one plugin for all models here",
                );
            }
        }
        let plugin = Plugin {
            instance: node.text_of("instance_name").map(str::to_owned),
            enabled: node.flag_of("enabled") != Some(false),
            consumer: reference_name(node.get("consumer")),
            consumer_group: reference_name(node.get("consumer_group")),
            model: reference_name(model),
            config: self.config(node),
            // For requests of other models a plugin that is less specific acts.
            has_more: model.is_some(),
            ..Plugin::named(name, node.place)
        };
        self.add_plugin(node, plugin, service, route);
        self.say_fields(node, "plugin");
    }

    pub(super) fn add_plugin(
        &mut self,
        node: &Node,
        mut plugin: Plugin,
        service: Reference,
        route: Reference,
    ) {
        if plugin.name == OPENID_CONNECT {
            plugin.config = plugin.config.map(with_present_names);
        }
        if let Some(config) = node.get("config").filter(|_| plugin.name != OPENID_CONNECT || !plugin.enabled)
        {
            let (verdict, text) = if plugin.enabled {
                if plugin.name == OIDC {
                    self.say_oidc(config);
                }
                for (name, text) in fields::OF_ACCESS_LISTS.iter().filter(|_| plugin.name == "acl") {
                    config
                        .get(name)
                        .into_iter()
                        .for_each(|node| self.verdicts.record(node, Verdict::Always, text));
                }
                fields::other_plugin(&plugin.name)
            } else {
                (Verdict::Always, "the plugin is off")
            };
            self.verdicts.record(config, verdict, text);
        }
        self.entities.plugins.push(plugin);
        self.plugin_references.push([service, route]);
    }

    /// Reads a chain of filters in WebAssembly, which may refuse requests like a plugin that is unknown.
    fn filter_chain(&mut self, node: &Node, service: Reference, route: Reference) {
        self.entities.plugins.push(Plugin {
            enabled: node.flag_of("enabled") != Some(false),
            has_more: true,
            ..Plugin::named("filter_chains", node.place)
        });
        self.plugin_references.push([service, route]);
    }

    /// A plugin's settings, merged with the `_plugin_configs` that it names, as decK does
    /// (`mergePluginConfig` of go-database-reconciler 1.36). Older versions left out what a mapping of its own lacks.
    fn config(&mut self, node: &Node) -> Option<Node> {
        let own = node.get("config").cloned();
        let Some(shared) = node.get("_config") else { return own };
        let name = shared.text().unwrap_or_default();
        let Some(base) = self.shared_configs.get(name).cloned() else {
            self.fault(
                shared.place,
                &format!("names `{}`, which `_plugin_configs` does not have", shown(name)),
            );
            return own;
        };
        let Some(mut own) = own else { return Some(base) };
        own.fill_from(&base);
        Some(own)
    }

    pub(super) fn consumer(&mut self, node: &Node) {
        let names: Names = ["username", "custom_id", "id"]
            .iter()
            .filter_map(|name| node.text_of(name))
            .map(str::to_owned)
            .collect();
        let Some(label) = names.first().cloned() else {
            return self.fault(node.place, "is a consumer without `username` and `custom_id`");
        };
        for plugin in node.entries_of("plugins") {
            self.plugin(plugin, Reference::Unsaid, Reference::Unsaid);
            if let Some(plugin) = self.entities.plugins.last_mut() {
                plugin.consumer = Some(label.clone());
            }
        }
        self.entities.consumers.push(Consumer { names });
        self.say_fields(node, "consumer");
    }

    pub(super) fn acl(&mut self, node: &Node) {
        if reference_name(node.get("consumer")).is_none() || node.text_of("group").is_none() {
            return self.fault(node.place, "is no `{consumer, group}`");
        }
        self.bookkeeping(node, &["id", "created_at", "tags"]);
        self.verdicts.record(node, Verdict::NeedsYou, "make a group of this name at the provider and put the user into it; `groups_required` asks for it");
    }

    fn consumer_group(&mut self, node: &Node) {
        let Some(name) = node.text_of("name") else { return };
        self.entities.consumer_groups.push(name.to_owned());
        for plugin in node.entries_of("plugins") {
            self.plugin(plugin, Reference::Unsaid, Reference::Unsaid);
            if let Some(plugin) = self.entities.plugins.last_mut() {
                plugin.consumer_group = Some(name.to_owned());
            }
        }
        self.bookkeeping(node, &["id", "created_at", "tags"]);
        self.verdicts.record(
            node,
            Verdict::NeedsYou,
            "make a group of this name at the provider and put the users into it",
        );
    }

    pub(super) fn upstream(&mut self, node: &Node) {
        let Some(name) = node.text_of("name") else { return };
        let targets = node.entries_of("targets");
        let targets = targets
            .iter()
            .filter_map(|target| target.text_of("target"))
            .map(|text| self.filled(text))
            .collect();
        self.entities.upstreams.push((name.to_owned(), targets));
        for Member { name, node } in node.members() {
            if name == "targets" {
                self.verdicts.record(node, Verdict::Mapped, "`upstream_url` names the first; a load balancer before several of them takes Kong's place");
            }
        }
        self.verdicts.record(
            node,
            Verdict::NeedsYou,
            "a load balancer before the application spreads the requests and looks after its health",
        );
    }

    pub(super) fn target(&mut self, node: &Node) {
        let (Some(upstream), Some(target)) = (reference_name(node.get("upstream")), node.text_of("target"))
        else {
            return;
        };
        let target = self.filled(target);
        match self.entities.upstreams.iter_mut().find(|(name, _)| *name == upstream) {
            Some((_, targets)) => targets.push(target),
            None => self.entities.upstreams.push((upstream, vec![target])),
        }
        self.verdicts.record(
            node,
            Verdict::Mapped,
            "`upstream_url` names the first; a load balancer before several of them takes Kong's place",
        );
    }
}

/// The value of an earlier file takes precedence.
fn merge(earlier: Entry<'_, String, Node>, node: &Node) {
    let whole = earlier.or_insert_with(|| node.clone());
    if let Value::Mapping(members) = &mut whole.value {
        let new =
            node.members().iter().filter(|member| members.iter().all(|known| known.name != member.name));
        let new: Vec<Member> = new.cloned().collect();
        members.extend(new);
    }
}

fn names(node: &Node) -> Names {
    ["name", "id"].iter().filter_map(|name| node.text_of(name)).map(str::to_owned).collect()
}

fn reference_name(node: Option<&Node>) -> Option<String> {
    let node = node?;
    let inner = ["username", "id", "name", "custom_id"].iter().find_map(|name| node.text_of(name));
    inner.or_else(|| node.text()).map(str::to_owned)
}
