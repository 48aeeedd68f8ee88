//! Runs Amazon API Gateway (REST API) on this machine.
//!
//! It reads the API from a SAM template and treats each request as AWS documents: it finds the route, asks
//! the Lambda authorizer, evaluates its policy, maps parameters, calls the upstream or the function and
//! shapes the response, or returns the gateway response. Functions get the JSON that Lambda would pass them.
//! A mistake in the template is a fault at start; [`Behaviour`] decides what AWS does not document.
//!
//! Not supported: caching, throttling, API keys, request validation, VTL, `HTTP`, `AWS` and `MOCK`
//! integrations, streaming, Cognito and TOKEN authorizers, identity sources, definitions of authorizers and
//! gateway responses in OpenAPI. A template that asks for one of them is refused.

mod authorizer;
mod behaviour;
mod call;
mod definition;
mod event;
#[cfg(test)]
mod fixture;
mod gateway;
mod headers;
pub(crate) mod http1;
mod http_proxy;
mod mapping;
mod policy;
mod proxy_response;
mod refusal;
mod request;
mod request_clock;
mod route;
mod serve;
#[cfg(test)]
mod tests;
mod upstream;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lambda::Function;

use crate::template::{Inputs, Template, TemplateError};

pub use behaviour::{
    AuthorizerFault, Behaviour, EmptyMaps, EmptyValue, Endpoint, HeaderNames, PathParameters, RouteMatching,
    TrailingSlash,
};
pub(crate) use event::maps;
pub use gateway::Gateway;
pub use request::{RawRequest, RawResponse, UpstreamRequest};
pub(crate) use request::{first_value, values};
pub(crate) use request_clock::hyphenated;
pub use request_clock::{RequestClock, RequestStamp, SystemRequestClock};
pub use upstream::{TcpUpstream, Upstream};

use call::StageContext;
use definition::{Definition, Integration};

/// The id of the API in ARNs and events.
const API_ID: &str = "local00000";

/// The host name in `requestContext.domainName` and `context.domainName`. Its first label is the whole name.
pub(crate) const DOMAIN_NAME: &str = "localhost";

/// Functions by their logical id in the template.
pub type Functions = BTreeMap<String, Arc<dyn Function>>;

/// The REST API of a template, checked.
#[derive(Clone, Debug)]
pub struct RestApi {
    definition: Definition,
    behaviour: Behaviour,
    stage_context: StageContext,
}

/// The functions and the upstream that an API calls, and its clock.
#[derive(Clone)]
pub struct Backends {
    /// Must hold at least those that [`RestApi::functions`] names.
    pub functions: Functions,
    /// The target of HTTP integrations.
    pub upstream: Arc<dyn Upstream>,
    /// The source of each request's time and ids.
    pub clock: Arc<dyn RequestClock>,
    /// Gets a line with the reason for each gateway response. The line holds no header, body or query.
    pub log: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Backends {
    /// Uses these functions, TCP, the clock of this machine and no log.
    #[must_use]
    pub fn new(functions: Functions) -> Self {
        Self {
            functions,
            upstream: Arc::new(TcpUpstream),
            clock: Arc::new(SystemRequestClock),
            log: Arc::new(|_| {}),
        }
    }
}

/// The API names functions that are missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API calls functions that are not there: {}", .logical_ids.join(", "))]
pub struct MissingFunctions {
    /// Their logical ids.
    pub logical_ids: Vec<String>,
}

impl RestApi {
    /// Reads the only `AWS::Serverless::Api` of `text`.
    ///
    /// # Errors
    ///
    /// Every fault of its definition with its line.
    pub(crate) fn from_template(
        text: &str,
        inputs: &Inputs,
        behaviour: Behaviour,
    ) -> Result<Self, TemplateError> {
        let template = Template::parse(text, inputs)?;
        let definition = definition::read(&template)?;
        let stage_context = StageContext {
            region: inputs.region.clone(),
            account_id: inputs.account_id.clone(),
            stage: definition.stage.clone(),
            stage_variables: definition.stage_variables.clone(),
            header_names: behaviour.header_names,
        };
        Ok(Self { definition, behaviour, stage_context })
    }

    /// The stage's name; with [`Endpoint::ExecuteApi`] it is the first segment of every path.
    #[must_use]
    pub fn stage(&self) -> &str {
        &self.definition.stage
    }

    /// Logical ids of the functions that the API calls.
    #[must_use]
    pub fn functions(&self) -> BTreeSet<String> {
        let methods = self.definition.resources.iter().flat_map(|resource| resource.methods.values());
        let mut functions = BTreeSet::new();
        for method in methods {
            functions.extend(method.authorizer.iter().map(|authorizer| authorizer.function.clone()));
            if let Integration::AwsProxy { function, .. } = &method.integration {
                functions.insert(function.clone());
            }
        }
        functions
    }

    /// The hosts that HTTP integrations reach over TLS; [`TcpUpstream`] cannot connect to them.
    #[must_use]
    pub(crate) fn secure_upstreams(&self) -> BTreeSet<String> {
        let methods = self.definition.resources.iter().flat_map(|resource| resource.methods.values());
        let secure = methods.filter_map(|method| match &method.integration {
            Integration::HttpProxy(proxy) if proxy.secure => Some(proxy.authority.clone()),
            _ => None,
        });
        secure.collect()
    }

    /// Joins the API with the functions and the upstream that it calls.
    ///
    /// # Errors
    ///
    /// `backends` lacks functions that the API names.
    pub fn with(self, backends: Backends) -> Result<Gateway, MissingFunctions> {
        let missing: Vec<String> =
            self.functions().into_iter().filter(|name| !backends.functions.contains_key(name)).collect();
        if missing.is_empty() {
            Ok(Gateway { api: self, backends })
        } else {
            Err(MissingFunctions { logical_ids: missing })
        }
    }
}
