//! Takes the REST API out of a template and checks it. All of it happens before the first request.

mod authorizer;
mod gateway_response;
mod integration;
mod openapi;
mod permission;
mod sam;

use std::collections::BTreeMap;
use std::time::Duration;

use super::mapping::{BodyTemplate, Source};

pub(super) use gateway_response::{ResponseType, default_status, is_header_name};
pub(super) use integration::{METHODS, UriPart};
pub(super) use sam::read;

/// One REST API.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) stage: String,
    pub(super) stage_variables: BTreeMap<String, String>,
    pub(super) binary_media_types: Vec<String>,
    pub(super) gateway_responses: BTreeMap<ResponseType, GatewayResponse>,
    pub(super) resources: Vec<Resource>,
}

/// One path of the API.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// The path as the definition has it, with `{name}` and `{name+}`.
    pub(super) path: String,
    pub(super) id: String,
    pub(super) segments: Vec<Segment>,
    /// Methods by name; `ANY` stands for those that are not listed.
    pub(super) methods: BTreeMap<String, Method>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Static(String),
    Parameter(String),
    Greedy(String),
}

#[derive(Clone, Debug)]
pub(super) struct Method {
    pub(super) line: usize,
    pub(super) authorizer: Option<Authorizer>,
    pub(super) integration: Integration,
}

/// A Lambda authorizer for whole requests, without a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authorizer {
    pub(super) name: String,
    /// The logical id of its function.
    pub(super) function: String,
}

#[derive(Clone, Debug)]
pub(super) enum Integration {
    HttpProxy(HttpProxy),
    /// The logical id of the function.
    AwsProxy {
        function: String,
        timeout: Duration,
    },
}

#[derive(Clone, Debug)]
pub(super) struct HttpProxy {
    /// `None` forwards the method of the client (`ANY`).
    pub(super) method: Option<String>,
    pub(super) secure: bool,
    /// Host and port.
    pub(super) authority: String,
    /// Path and query behind the authority.
    pub(super) target: Vec<UriPart>,
    /// The name in the uri and the source of its value.
    pub(super) path: BTreeMap<String, Source>,
    pub(super) query: Vec<(String, Source)>,
    pub(super) headers: Vec<(String, Source)>,
    pub(super) timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GatewayResponse {
    /// `None` keeps the default status of the type.
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, Source)>,
    /// Templates by media type; if there is none, the default template applies.
    pub(super) templates: Vec<(String, BodyTemplate)>,
}
