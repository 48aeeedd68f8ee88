//! Finds the resource of a path: static segments take precedence over parameters, and parameters over
//! `{proxy+}`.
//!
//! API Gateway developer guide, "Set up a proxy integration with a proxy resource". The resource is chosen first, then
//! its method; if the resource lacks the method, a less specific resource is not tried.

use super::behaviour::{Behaviour, RouteMatching, TrailingSlash};
use super::definition::{Method, Resource, Segment};
use super::request::decoded;

/// A route that was found.
#[derive(Debug)]
pub(super) struct Matched<'api> {
    pub(super) resource: &'api Resource,
    pub(super) method: &'api Method,
    /// Path parameters as the client sent them.
    pub(super) parameters: Vec<(String, String)>,
}

/// The route of `path` and `method`; `None` is MISSING_AUTHENTICATION_TOKEN.
pub(super) fn find<'api>(
    resources: &'api [Resource],
    path: &str,
    method: &str,
    behaviour: &Behaviour,
) -> Option<Matched<'api>> {
    let wanted = Wanted::new(path, behaviour);
    let found = resources.iter().filter_map(|resource| Some((resource, wanted.matched(&resource.segments)?)));
    let (resource, (_, parameters)) = found.min_by(|(_, left), (_, right)| left.0.cmp(&right.0))?;
    let method = resource.methods.get(method).or_else(|| resource.methods.get("ANY"))?;
    Some(Matched { resource, method, parameters })
}

/// One rank for each of a pattern's segments (0 static, 1 parameter, 2 greedy; the smallest wins), and the values of its
/// parameters.
type Found = (Vec<u8>, Vec<(String, String)>);

struct Wanted<'path> {
    segments: Vec<&'path str>,
    /// The text that `{proxy+}` gets after its last segment.
    tail: &'static str,
    matching: RouteMatching,
}

impl<'path> Wanted<'path> {
    fn new(path: &'path str, behaviour: &Behaviour) -> Self {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let mut segments: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split('/').collect() };
        let mut tail = "";
        if segments.len() > 1 && segments.last() == Some(&"") {
            segments.pop();
            if behaviour.trailing_slash == TrailingSlash::Kept {
                tail = "/";
            }
        }
        Self { segments, tail, matching: behaviour.route_matching }
    }

    fn matched(&self, pattern: &[Segment]) -> Option<Found> {
        let mut ranks = Vec::new();
        let mut parameters = Vec::new();
        for (index, segment) in pattern.iter().enumerate() {
            let part = *self.segments.get(index)?;
            match segment {
                Segment::Static(text) if self.same(text, part) => ranks.push(0),
                Segment::Static(_) => return None,
                Segment::Parameter(_) if part.is_empty() => return None,
                Segment::Parameter(name) => {
                    ranks.push(1);
                    parameters.push((name.clone(), part.to_owned()));
                }
                Segment::Greedy(name) => {
                    ranks.push(2);
                    let rest = self.segments.get(index..)?.join("/");
                    parameters.push((name.clone(), format!("{rest}{}", self.tail)));
                    return Some((ranks, parameters));
                }
            }
        }
        (self.segments.len() == pattern.len()).then_some((ranks, parameters))
    }

    fn same(&self, text: &str, part: &str) -> bool {
        match self.matching {
            RouteMatching::AsSent => text == part,
            RouteMatching::Decoded => text == decoded(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_gateway::fixture::definition;

    fn route(method: &str, path: &str, behaviour: &Behaviour) -> String {
        let definition = definition();
        match find(&definition.resources, path, method, behaviour) {
            Some(matched) => {
                let values: Vec<String> = matched.parameters.iter().map(|(_, value)| value.clone()).collect();
                format!("{} {}", matched.resource.path, values.join(",")).trim_end().to_owned()
            }
            None => "none".to_owned(),
        }
    }

    fn routed(path: &str) -> String {
        route("GET", path, &Behaviour::default())
    }

    #[test]
    fn a_static_path_goes_before_the_proxy() {
        assert_eq!(routed("/oauth2/login"), "/oauth2/login");
        assert_eq!(routed("/oauth2/other/deep"), "/oauth2/{proxy+} other/deep");
        assert_eq!(routed("/oauth2x"), "/{proxy+} oauth2x");
    }

    #[test]
    fn the_proxy_does_not_match_the_root() {
        assert_eq!(routed("/"), "/");
    }

    #[test]
    fn a_named_parameter_goes_between_static_and_greedy() {
        assert_eq!(routed("/items/7"), "/items/{id} 7");
        assert_eq!(routed("/items/7/x"), "/{proxy+} items/7/x");
    }

    #[test]
    fn a_resource_without_the_method_hands_over_to_no_other() {
        assert_eq!(route("DELETE", "/items/7", &Behaviour::default()), "none");
    }

    #[test]
    fn a_slash_at_the_end_does_not_change_the_route() {
        assert_eq!(routed("/oauth2/login/"), "/oauth2/login");
        assert_eq!(routed("/a/b/"), "/{proxy+} a/b/");
        let dropped = Behaviour { trailing_slash: TrailingSlash::Dropped, ..Behaviour::default() };
        assert_eq!(route("GET", "/a/b/", &dropped), "/{proxy+} a/b");
    }

    #[test]
    fn a_step_towards_a_longer_route_is_no_route() {
        assert_eq!(routed("/items"), "/{proxy+} items");
    }

    #[test]
    fn an_encoded_segment_goes_either_way() {
        assert_eq!(routed("/oauth2/%6Cogin"), "/oauth2/{proxy+} %6Cogin");
        let decoded = Behaviour { route_matching: RouteMatching::Decoded, ..Behaviour::default() };
        assert_eq!(route("GET", "/oauth2/%6Cogin", &decoded), "/oauth2/login");
    }

    #[test]
    fn an_empty_segment_is_no_parameter() {
        assert_eq!(routed("//oauth2/login"), "/{proxy+} /oauth2/login");
        assert_eq!(routed("/items//"), "/{proxy+} items//");
    }
}
