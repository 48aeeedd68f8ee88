//! Provider metadata (OpenID Connect Discovery 1.0 sections 3 and 4, RFC 8414).

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::json::parse_object;
use crate::provider_call::{CallKind, ProviderRequest, ProviderResponse};

/// Where a provider's endpoints are. All are `https`, or `http` on loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// `issuer`.
    pub issuer: String,
    /// `authorization_endpoint`.
    pub authorization_endpoint: String,
    /// `token_endpoint`.
    pub token_endpoint: String,
    /// `jwks_uri`.
    pub jwks_uri: String,
    /// `userinfo_endpoint`.
    pub userinfo_endpoint: Option<String>,
    /// `revocation_endpoint`.
    pub revocation_endpoint: Option<String>,
    /// `end_session_endpoint`.
    pub end_session_endpoint: Option<String>,
    /// `authorization_response_iss_parameter_supported`: whether `iss` must be in the callback (RFC 9207 section 3).
    pub authorization_response_iss: bool,
}

/// Why metadata is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryRefusal {
    /// A required endpoint is absent, or one is not `https` or loopback `http`, or has credentials or a fragment.
    ///
    /// `discovery_endpoint` provider 502
    Endpoint(&'static str),
    /// `issuer` is not exactly the configured one: these are somebody else's metadata.
    ///
    /// `discovery_issuer_mismatch` provider 502
    Issuer,
    /// Not a JSON object, duplicate members, wrongly typed members.
    ///
    /// `discovery_malformed` provider 502
    Malformed,
    /// Any status but 200.
    ///
    /// `discovery_unavailable` outage 503
    Unavailable,
}

/// The request for the metadata of `issuer`. Discovery section 4: the path is put after the issuer, whose trailing
/// slash is removed.
pub fn request(issuer: &str) -> ProviderRequest {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    ProviderRequest::fetch(&format!("{issuer}/.well-known/openid-configuration"), CallKind::Discovery)
}

/// Judges the answer to [`request`].
///
/// # Errors
///
/// [`DiscoveryRefusal`].
pub fn judge(response: &ProviderResponse, issuer: &str) -> Result<ProviderMetadata, DiscoveryRefusal> {
    if response.status != 200 {
        return Err(DiscoveryRefusal::Unavailable);
    }
    let document = parse_object(&response.body).map_err(|_| DiscoveryRefusal::Malformed)?;
    // Discovery 4.3: "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix".
    if text(&document, "issuer")? != Some(issuer) {
        return Err(DiscoveryRefusal::Issuer);
    }
    let required = |name| optional_endpoint(&document, name)?.ok_or(DiscoveryRefusal::Endpoint(name));
    Ok(ProviderMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: required("authorization_endpoint")?,
        token_endpoint: required("token_endpoint")?,
        jwks_uri: required("jwks_uri")?,
        userinfo_endpoint: optional_endpoint(&document, "userinfo_endpoint")?,
        revocation_endpoint: optional_endpoint(&document, "revocation_endpoint")?,
        end_session_endpoint: optional_endpoint(&document, "end_session_endpoint")?,
        authorization_response_iss: document.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
    })
}

/// Whether a provider may be reached by this URL: `https`, or `http` where no network is in between; no credentials
/// and no fragment in it.
pub fn is_endpoint(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let secure = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => url.host().is_some_and(|host| is_loopback(&host)),
        _ => false,
    };
    secure && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn optional_endpoint(
    document: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, DiscoveryRefusal> {
    match text(document, name)? {
        None => Ok(None),
        Some(endpoint) if is_endpoint(endpoint) => Ok(Some(endpoint.to_owned())),
        Some(_) => Err(DiscoveryRefusal::Endpoint(name)),
    }
}

fn text<'a>(document: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, DiscoveryRefusal> {
    match document.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(DiscoveryRefusal::Malformed),
    }
}
