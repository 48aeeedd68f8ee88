//! Reads the settings of routes in the annotations of a manifest.

use relying_party::configuration::nearest;

use crate::document::{Node, shown};
use crate::reading::Reading;

use super::{Manifests, metadata, namespace};

/// The settings of annotations, and of a KongIngress that they name. The controller's defaults differ from
/// those of the gateway.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each member is one annotation")]
pub(super) struct Settings {
    pub(super) methods: Vec<String>,
    pub(super) host_aliases: Vec<String>,
    /// The number of headers that a request must match.
    pub(super) headers: usize,
    /// Whether the route depends on something that rules do not see and that some controllers may ignore.
    pub(super) depends_on_more: bool,
    pub(super) strip_path: bool,
    pub(super) preserve_host: bool,
    pub(super) regex_priority: i64,
    /// The reason for closing the route, if any.
    pub(super) closed: Option<String>,
    /// The prefix that marks a regular expression.
    pub(super) regex_prefix: String,
    pub(super) detects_expressions: bool,
}

impl Settings {
    /// The Kong paths that the controller makes from an Ingress path.
    pub(super) fn paths(&self, written: &str, kind: Option<&str>) -> Vec<String> {
        let mut path = written.to_owned();
        while path.contains("//") {
            path = path.replace("//", "/");
        }
        if path.is_empty() {
            path.push('/');
        }
        if matches!(kind, Some("Exact" | "Prefix")) {
            let mut plain = paths(&path, kind);
            plain.extend(self.expression_in(&path, kind));
            return plain;
        }
        let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~/%".contains(&letter);
        vec![match path.strip_prefix(&self.regex_prefix) {
            Some(regex) => format!("~{regex}"),
            None if self.detects_expressions && !path.bytes().all(plain) => format!("~{path}"),
            None => path,
        }]
    }
}

impl Settings {
    /// The regular expression that some routers make of an `Exact` or `Prefix` path that begins with the
    /// prefix for expressions.
    fn expression_in(&self, path: &str, kind: Option<&str>) -> Option<String> {
        let is_plain = matches!(kind, Some("Exact" | "Prefix"));
        let expression = path.strip_prefix(&self.regex_prefix).filter(|_| is_plain)?;
        Some(format!("~{}", expression.trim_end_matches('/')))
    }

    /// The settings of one path. If the path may be an expression, it is unknown which requests it matches.
    pub(super) fn of_path(&self, written: &str, kind: Option<&str>) -> Self {
        let may_be_another = self.expression_in(written, kind).is_some();
        let settings = self.clone();
        Self { depends_on_more: settings.depends_on_more || may_be_another, ..settings }
    }
}

/// The Kong paths of an `Exact` or `Prefix` path.
pub(super) fn paths(written: &str, kind: Option<&str>) -> Vec<String> {
    let base = written.trim_matches('/');
    match kind {
        Some("Exact") => vec![format!("~/{}$", regex_syntax::escape(written.trim_start_matches('/')))],
        _ if base.is_empty() => vec!["/".to_owned()],
        _ => vec![format!("~/{}$", regex_syntax::escape(base)), format!("/{base}/")],
    }
}

/// Annotations that decide who may pass. A misspelled one was meant to protect something.
const DECIDING: [&str; 8] =
    ["headers", "host-aliases", "methods", "override", "plugins", "protocols", "regex-prefix", "snis"];

/// The annotation that a misspelled name means.
pub(super) fn misspelled(key: &str) -> Option<&'static str> {
    let is_one = DECIDING.contains(&key) || key == "protocol";
    if is_one { None } else { nearest(key, DECIDING) }
}

pub(super) fn annotation<'n>(manifest: &'n Node, key: &str) -> Option<&'n str> {
    manifest.at(&["metadata", "annotations"])?.text_of(&format!("konghq.com/{key}"))
}

/// The names in the plugins annotation, without duplicates. The annotation's former name counts too.
pub(super) fn plugin_names(manifest: &Node) -> Vec<String> {
    let annotations = manifest.at(&["metadata", "annotations"]);
    let former = annotations.and_then(|annotations| annotations.text_of("plugins.konghq.com"));
    let mut names: Vec<String> = Vec::new();
    for name in annotation(manifest, "plugins").or(former).unwrap_or_default().split(',').map(str::trim) {
        if !name.is_empty() && names.iter().all(|known| known != name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Whether `name` is a host name, which may have a wildcard at one end.
fn is_host(name: &str) -> bool {
    let name = name.strip_prefix("*.").unwrap_or(name);
    let name = name.strip_suffix(".*").unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(is_label)
}

impl Reading<'_> {
    pub(super) fn settings(&mut self, manifest: &Node, manifests: &Manifests) -> Settings {
        let name = annotation(manifest, "override").unwrap_or_else(|| metadata(manifest, "name"));
        let same = |other: &&Node| metadata(other, "name") == name && namespace(other) == namespace(manifest);
        let route = manifests.overrides.iter().find(same).and_then(|other| other.get("route"));
        let setting = |key: &str, member: &str| {
            annotation(manifest, key).or_else(|| route.and_then(|route| route.text_of(member)))
        };
        let flag =
            |key: &str, member: &str| setting(key, member).map(|text| text.eq_ignore_ascii_case("true"));
        // Newer controllers ignore KongIngress, so its routes may also get any other request.
        let tells_apart = |name: &&str| route.is_some_and(|route| route.get(name).is_some());
        let depends = ["methods", "headers", "snis", "protocols"].iter().any(tells_apart);
        let protocols = list(annotation(manifest, "protocols"));
        let is_for_others =
            !protocols.is_empty() && !protocols.iter().any(|name| name == "http" || name == "https");
        let headers = manifest.at(&["metadata", "annotations"]).map(Node::members).unwrap_or_default();
        Settings {
            methods: list(annotation(manifest, "methods")),
            host_aliases: self.host_aliases(manifest),
            headers: headers.iter().filter(|member| member.name.starts_with("konghq.com/headers.")).count(),
            depends_on_more: depends
                || is_for_others
                || annotation(manifest, "snis").is_some_and(|names| !names.is_empty())
                || foreign_class(manifest, manifests).is_some(),
            strip_path: flag("strip-path", "strip_path").unwrap_or(false),
            preserve_host: flag("preserve-host", "preserve_host").unwrap_or(true),
            regex_priority: setting("regex-priority", "regex_priority")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
            closed: foreign_class(manifest, manifests),
            regex_prefix: annotation(manifest, "regex-prefix").unwrap_or("/~").to_owned(),
            detects_expressions: manifests.detects_expressions,
        }
    }

    fn host_aliases(&mut self, manifest: &Node) -> Vec<String> {
        let aliases: Vec<String> = list(annotation(manifest, "host-aliases"));
        if !aliases.iter().all(|alias| is_host(alias)) {
            self.fault(manifest.place, "has a host alias that is the name of no host");
        }
        aliases.iter().map(|alias| alias.to_ascii_lowercase()).collect()
    }
}

fn list(text: Option<&str>) -> Vec<String> {
    let entries = text.unwrap_or_default().split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// The reason why an Ingress may belong to another controller: its class is not `kong`, no IngressClass
/// assigns it to Kong, and it has no annotation of Kong.
fn foreign_class(manifest: &Node, manifests: &Manifests) -> Option<String> {
    let annotations = manifest.at(&["metadata", "annotations"]);
    let former = annotations.and_then(|annotations| annotations.text_of("kubernetes.io/ingress.class"));
    let class = manifest.at(&["spec", "ingressClassName"]).and_then(Node::text).or(former)?;
    let members = annotations.map(Node::members).unwrap_or_default();
    let is_kongs = class == "kong"
        || manifests.classes.iter().any(|known| known == class)
        || members.iter().any(|member| member.name.starts_with("konghq.com/"));
    (!is_kongs).then(|| {
        format!("no file says that the ingress class `{}` is Kong's; bring its IngressClass, or leave the Ingress out", shown(class))
    })
}
