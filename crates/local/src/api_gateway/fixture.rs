//! Provides a small API for the tests of these modules.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use crate::template::{Inputs, Template, TemplateError};

use super::behaviour::{Behaviour, HeaderNames};
use super::call::{Call, Principal, StageContext};
use super::definition::{self, Definition, HttpProxy, Integration};
use super::request::{RawResponse, decoded, query_pairs, values};
use super::request_clock::RequestStamp;
use super::route;

const TEXT: &str = include_str!("fixture.yaml");

pub(super) const GATEWAY_RESPONSES: &str = "{ACCESS_DENIED: {StatusCode: 302, ResponseParameters: {Headers: \
    {Location: context.authorizer.location, Cache-Control: \"'no-store'\"}}}, \
    UNAUTHORIZED: {ResponseParameters: {Headers: {WWW-Authenticate: \"'Bearer'\"}}}}";

/// The template with these gateway responses.
pub(super) fn text_with(gateway_responses: &str) -> String {
    TEXT.replace("GATEWAY_RESPONSES", gateway_responses)
}

pub(super) fn text() -> String {
    text_with(GATEWAY_RESPONSES)
}

pub(super) fn api_with(gateway_responses: &str) -> Result<Definition, TemplateError> {
    read(&text_with(gateway_responses))
}

pub(super) fn read(text: &str) -> Result<Definition, TemplateError> {
    definition::read(&Template::parse(text, &Inputs::default())?)
}

pub(super) fn definition() -> Definition {
    read(&text()).unwrap()
}

fn integration(path: &str) -> Integration {
    let definition = definition();
    let resource = definition.resources.iter().find(|resource| resource.path == path).unwrap();
    resource.methods.values().next().unwrap().integration.clone()
}

pub(super) fn http_proxy(path: &str) -> HttpProxy {
    let Integration::HttpProxy(proxy) = integration(path) else { panic!("{path} has another integration") };
    proxy
}

pub(super) fn stamp() -> RequestStamp {
    RequestStamp {
        time: Duration::from_secs(1_700_000_000),
        id: "0123456789abcdef0123456789abcdef".to_owned(),
    }
}

/// A call whose route is known, with a principal.
pub(super) fn call(method: &str, target: &str) -> Call {
    let definition = definition();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let matched = route::find(&definition.resources, path, method, &Behaviour::default()).unwrap();
    let parameters = matched.parameters.into_iter().map(|(name, value)| (name, decoded(&value)));
    Call {
        method: method.to_owned(),
        path: path.to_owned(),
        full_path: path.to_owned(),
        query: query.map(str::to_owned),
        query_pairs: query.map(query_pairs).unwrap_or_default(),
        headers: vec![("Host".to_owned(), b"localhost:8400".to_vec())],
        body: Vec::new(),
        source_ip: "127.0.0.1".to_owned(),
        resource_path: matched.resource.path.clone(),
        resource_id: matched.resource.id.clone(),
        path_parameters: parameters.collect(),
        principal: Some(Principal {
            id: "principal".to_owned(),
            context: BTreeMap::from([("sub".to_owned(), "user-1".to_owned())]),
        }),
        stamp: stamp(),
        stage_context: StageContext {
            region: "eu-central-1".to_owned(),
            account_id: "123456789012".to_owned(),
            stage: definition.stage,
            stage_variables: definition.stage_variables,
            header_names: HeaderNames::CaseSensitive,
        },
    }
}

impl RawResponse {
    /// The values of the header `name`, whatever its spelling.
    pub(crate) fn header_values<'answer>(&'answer self, name: &str) -> Vec<&'answer [u8]> {
        values(&self.headers, name).collect()
    }
}
