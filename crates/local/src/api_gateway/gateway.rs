//! Handles one request from its arrival to its response.

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::authorizer::{self, Decision};
use super::behaviour::{Endpoint, PathParameters};
use super::call::{Call, Principal};
use super::definition::{Authorizer, HttpProxy, Integration, METHODS};
use super::refusal::Refusal;
use super::request::{RawRequest, RawResponse, decoded, first_value, query_pairs};
use super::{Backends, RestApi, event, headers, http_proxy, proxy_response, route};

/// "Total combined size of header values".
const MAXIMUM_HEADER_VALUES: usize = 10_240;

/// "The maximum length, in characters, of the URL for a regional API".
const MAXIMUM_URL: usize = 10_240;

/// "Method ARN length for authorization".
const MAXIMUM_METHOD_ARN: usize = 1_600;

/// A REST API with the functions and the upstream that it calls.
pub struct Gateway {
    pub(super) api: RestApi,
    pub(super) backends: Backends,
}

impl Gateway {
    /// Answers one request.
    pub async fn handle(&self, request: &RawRequest) -> RawResponse {
        let mut call = self.arrived(request);
        let mut response = match self.routed(request, &mut call).await {
            Ok(response) => response,
            Err(refusal) => {
                // The authorizer logs a denial itself.
                if refusal != Refusal::access_denied(true) {
                    (self.backends.log)(&format!("{} {}: {}", call.method, call.path, refusal.log_text()));
                }
                refusal.answer(&self.api.definition.gateway_responses, &call)
            }
        };
        response.headers.push(("x-amzn-RequestId".to_owned(), call.stamp.request_id().into_bytes()));
        response.headers.push(("x-amz-apigw-id".to_owned(), call.stamp.extended_id().into_bytes()));
        response
    }

    fn arrived(&self, request: &RawRequest) -> Call {
        let (path, query) = match request.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.target.as_str(), None),
        };
        Call {
            method: method(request),
            path: path.to_owned(),
            full_path: path.to_owned(),
            query: query.map(str::to_owned),
            query_pairs: query.map(query_pairs).unwrap_or_default(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            source_ip: request.peer.to_string(),
            resource_path: String::new(),
            resource_id: String::new(),
            path_parameters: Vec::new(),
            principal: None,
            stamp: self.backends.clock.next(),
            stage_context: self.api.stage_context.clone(),
        }
    }

    async fn routed(&self, request: &RawRequest, call: &mut Call) -> Result<RawResponse, Refusal> {
        check_limits(request, call)?;
        if self.api.behaviour.endpoint == Endpoint::ExecuteApi {
            let prefix = format!("/{}", self.api.definition.stage);
            let rest =
                call.path.strip_prefix(&prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            let rest = rest.ok_or_else(|| Refusal::at_the_front(403, "ForbiddenException", "Forbidden"))?;
            call.path = if rest.is_empty() { "/".to_owned() } else { rest.to_owned() };
        }
        if !METHODS.contains(&call.method.as_str()) {
            return Err(Refusal::no_route());
        }
        let resources = &self.api.definition.resources;
        let matched = route::find(resources, &call.path, &call.method, &self.api.behaviour);
        let matched = matched.ok_or_else(Refusal::no_route)?;
        call.resource_path.clone_from(&matched.resource.path);
        call.resource_id.clone_from(&matched.resource.id);
        call.path_parameters = match self.api.behaviour.path_parameters {
            PathParameters::AsSent => matched.parameters,
            PathParameters::Decoded => {
                matched.parameters.into_iter().map(|(name, value)| (name, decoded(&value))).collect()
            }
        };
        if let Some(authorizer) = &matched.method.authorizer {
            call.principal = Some(self.authorized(authorizer, call).await?);
        }
        match &matched.method.integration {
            Integration::HttpProxy(proxy) => self.forwarded(proxy, call).await,
            Integration::AwsProxy { function, timeout } => self.invoked(function, *timeout, call).await,
        }
    }

    /// Asks the authorizer. A Deny leaves its context in the call for the gateway response.
    async fn authorized(&self, authorizer: &Authorizer, call: &mut Call) -> Result<Principal, Refusal> {
        let behaviour = &self.api.behaviour;
        if call.method_arn().len() > MAXIMUM_METHOD_ARN {
            return Err(Refusal::at_the_front(414, "RequestUriTooLongException", "Request URI too long"));
        }
        let event = event::request_authorizer(call, behaviour.empty_maps);
        let function = self.backends.functions.get(&authorizer.function);
        let function = function.ok_or_else(|| {
            Refusal::authorizer_configuration(format!("no function {}", authorizer.function))
        })?;
        let bytes = event.to_string().into_bytes();
        let deadline = Instant::now() + behaviour.authorizer_timeout;
        let Ok(answer) = timeout_at(deadline, function.call(&bytes, deadline)).await else {
            return Err(authorizer::failed(behaviour, "the authorizer took too long".to_owned()));
        };
        let answer = answer.map(|response| response.whole().unwrap_or_default());
        match authorizer::decide(answer, &call.method_arn(), behaviour) {
            Decision::Allow(principal) => Ok(principal),
            Decision::Refuse(refusal) => Err(refusal),
            Decision::Deny(principal, refusal) => {
                call.principal = Some(principal);
                Err(refusal)
            }
        }
    }

    async fn forwarded(&self, proxy: &HttpProxy, call: &Call) -> Result<RawResponse, Refusal> {
        let request = http_proxy::request(proxy, call, &self.api.behaviour);
        match timeout(proxy.timeout, self.backends.upstream.send(request)).await {
            Ok(Ok(response)) => {
                Ok(RawResponse { headers: headers::towards_client(&response.headers), ..response })
            }
            Ok(Err(reason)) => Err(Refusal::integration_failure(reason)),
            Err(_) => Err(Refusal::integration_timeout()),
        }
    }

    async fn invoked(&self, name: &str, limit: Duration, call: &Call) -> Result<RawResponse, Refusal> {
        let types = &self.api.definition.binary_media_types;
        let function = self.backends.functions.get(name);
        let function = function.ok_or_else(|| Refusal::bad_function(format!("no function {name}")))?;
        let bytes = event::proxy(call, types).to_string().into_bytes();
        let deadline = Instant::now() + limit;
        let Ok(answer) = timeout_at(deadline, function.call(&bytes, deadline)).await else {
            return Err(Refusal::integration_timeout());
        };
        let answer =
            answer.map_err(|error| Refusal::bad_function(format!("{name} failed: {}", error.error_type)))?;
        let answer = answer.whole().ok_or_else(|| Refusal::bad_function(format!("{name} streams")))?;
        proxy_response::read(&answer, call.own_header("Accept").as_deref(), types)
    }
}

/// The effective method: a client may override it with `X-HTTP-Method-Override` (API Gateway developer guide,
/// "Important notes").
fn method(request: &RawRequest) -> String {
    match first_value(&request.headers, "x-http-method-override") {
        Some(value) => value.trim().to_ascii_uppercase(),
        None => request.method.clone(),
    }
}

/// The limits of API Gateway developer guide, "Quotas for configuring and running a REST API". AWS does not
/// document the status for a header or a query over its limit.
fn check_limits(request: &RawRequest, call: &Call) -> Result<(), Refusal> {
    if request.target.len() > MAXIMUM_URL {
        return Err(Refusal::at_the_front(414, "RequestUriTooLongException", "Request URI too long"));
    }
    let values: usize = request.headers.iter().map(|(_, value)| value.len()).sum();
    if values > MAXIMUM_HEADER_VALUES {
        return Err(Refusal::at_the_front(431, "BadRequestException", "Request Header Fields Too Large"));
    }
    if request.body.len() > super::http1::MAXIMUM_BODY {
        return Err(Refusal::too_large());
    }
    // "The plain text pipe character (|) is not supported for any request URL query string and must be URL-encoded."
    if call.query.as_deref().is_some_and(|query| query.contains('|')) {
        return Err(Refusal::at_the_front(400, "BadRequestException", "Bad Request"));
    }
    Ok(())
}
