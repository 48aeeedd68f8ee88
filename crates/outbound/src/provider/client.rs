//! Sends one call to the provider, with its attempts and limits, and follows no redirect.

use std::sync::OnceLock;

use async_trait::async_trait;
use flow::ports::Provider;
use http::{HeaderMap, HeaderValue, header};
use relying_party::{
    provider::call::{ProviderFault, ProviderRequest, ProviderResponse},
    secret::Secret,
};
use reqwest::{Client, Response};

use crate::https::{self, Roots};
use crate::provider::destination;
use crate::provider::limits::{CallLimits, Limits};

const USER_AGENT: &str = concat!("vestibule/", env!("CARGO_PKG_VERSION"));

/// The provider over HTTPS. Creating it is cheap; the first call builds the client.
#[derive(Debug)]
pub struct HttpsProvider {
    roots: Roots,
    limits: Limits,
    client: OnceLock<Client>,
}

impl HttpsProvider {
    /// Makes a provider whose certificate must lead to one of `roots`.
    pub const fn new(roots: Roots, limits: Limits) -> Self {
        Self { roots, limits, client: OnceLock::new() }
    }

    /// Makes one attempt.
    async fn call(
        &self,
        request: &ProviderRequest,
        limits: CallLimits,
    ) -> Result<ProviderResponse, ProviderFault> {
        let url = destination::parse(&request.url).ok_or(ProviderFault::NotSent)?;
        let headers = header_fields(request).ok_or(ProviderFault::NotSent)?;
        let mut call = self.client()?.request(request.method.clone(), url).headers(headers);
        if let Some(form) = &request.form {
            call = call.body(form.expose().to_owned());
        }
        let response = call.send().await.map_err(|error| fault(&error))?;
        if response.status().is_redirection() {
            return Err(ProviderFault::Redirected);
        }
        let status = response.status().as_u16();
        let content_type = content_type(&response);
        let body = body(response, limits.max_bytes).await?;
        Ok(ProviderResponse { status, content_type, body })
    }

    fn client(&self) -> Result<&Client, ProviderFault> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = https::client(&self.roots)
            .ok()
            .and_then(|builder| {
                builder
                    .connect_timeout(self.limits.connect)
                    .pool_max_idle_per_host(0)
                    .user_agent(USER_AGENT)
                    .build()
                    .ok()
            })
            .ok_or(ProviderFault::NotSent)?;
        Ok(self.client.get_or_init(|| client))
    }
}

#[async_trait]
impl Provider for HttpsProvider {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        let limits = (self.limits.call)(request.kind);
        let tries = async {
            let mut tries_left = request.kind.max_attempts();
            loop {
                tries_left = tries_left.saturating_sub(1);
                let attempt = tokio::time::timeout(limits.attempt, self.call(request, limits)).await;
                let outcome = attempt.unwrap_or(Err(ProviderFault::TimedOut));
                if tries_left == 0 || !request.kind.may_repeat(&outcome) {
                    return outcome;
                }
            }
        };
        tokio::time::timeout(limits.total, tries).await.unwrap_or(Err(ProviderFault::TimedOut))
    }
}

/// Returns the header fields of every call, overridden by those of this one; `None` if a value is not a valid
/// field value.
fn header_fields(request: &ProviderRequest) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    fields.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if request.form.is_some() {
        fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    }
    for (name, value) in &request.headers {
        fields.insert(*name, sensitive(value)?);
    }
    Some(fields)
}

fn sensitive(value: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Reduces an error to its kind, because errors of the client contain the URL.
fn fault(error: &reqwest::Error) -> ProviderFault {
    // A connect error covers name resolution, TCP and TLS. The request is only written after all three.
    if error.is_connect() {
        return ProviderFault::NotSent;
    }
    if error.is_timeout() {
        return ProviderFault::TimedOut;
    }
    ProviderFault::Broken
}

fn content_type(response: &Response) -> Option<String> {
    let value = response.headers().get(header::CONTENT_TYPE)?;
    value.to_str().ok().map(str::to_owned)
}

/// Reads the body, and stops as soon as it is known to be larger than `max_bytes`.
async fn body(mut response: Response, max_bytes: usize) -> Result<Vec<u8>, ProviderFault> {
    let announced = response.content_length().unwrap_or(0);
    if usize::try_from(announced).map_or(true, |announced| announced > max_bytes) {
        return Err(ProviderFault::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if chunk.len() > max_bytes.saturating_sub(body.len()) {
            return Err(ProviderFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
