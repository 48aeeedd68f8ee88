//! Resolves references between entities.

use std::collections::HashMap;

use crate::document::{Node, Place, Value, shown};

use super::Reading;

/// A reference of an entity to its service or route.
#[derive(Clone)]
pub(super) enum Reference {
    /// The referenced entity stands inside the entity itself.
    Index(usize),
    Named(String, Place),
    Unsaid,
}

impl Reference {
    /// Reads a name, an id, or a mapping with one of them.
    pub(super) fn of(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Self::Unsaid };
        let name = match &node.value {
            Value::Mapping(_) => node.text_of("id").or_else(|| node.text_of("name")),
            _ => node.text(),
        };
        name.map_or(Self::Unsaid, |name| Self::Named(name.to_owned(), node.place))
    }
}

/// Maps each name to its index in the list.
fn by_name<'a>(names: impl Iterator<Item = &'a Vec<String>>) -> HashMap<String, usize> {
    let pairs =
        names.enumerate().flat_map(|(index, names)| names.iter().map(move |name| (name.clone(), index)));
    let mut found = HashMap::new();
    for (name, index) in pairs {
        found.entry(name).or_insert(index);
    }
    found
}

impl Reading<'_> {
    pub(super) fn connect(&mut self) {
        let services = by_name(self.entities.services.iter().map(|service| &service.names));
        let routes = by_name(self.entities.routes.iter().map(|route| &route.names));
        for (index, reference) in std::mem::take(&mut self.route_references).into_iter().enumerate() {
            let service = self.find(&reference, &services, "service");
            if let Some(route) = self.entities.routes.get_mut(index) {
                route.service = service;
                let is_on = service.and_then(|index| self.entities.services.get(index));
                route.is_http &= is_on.is_none_or(|service| service.is_on);
            }
        }
        for (index, [service, route]) in std::mem::take(&mut self.plugin_references).into_iter().enumerate() {
            let (service, route) =
                (self.find(&service, &services, "service"), self.find(&route, &routes, "route"));
            if let Some(plugin) = self.entities.plugins.get_mut(index) {
                (plugin.service, plugin.route) = (service, route);
            }
        }
    }

    fn find(&mut self, reference: &Reference, names: &HashMap<String, usize>, kind: &str) -> Option<usize> {
        match reference {
            Reference::Index(index) => Some(*index),
            Reference::Unsaid => None,
            Reference::Named(name, place) => {
                let found = names.get(name).copied();
                if found.is_none() {
                    let name = shown(name);
                    self.fault(*place, &format!("names the {kind} `{name}`, which none of the files has; bring the file that has it too"));
                }
                found
            }
        }
    }
}
