//! Holds one request while the API handles it, for mappings, templates and events.

use std::collections::BTreeMap;
use std::fmt;

use super::behaviour::HeaderNames;
use super::request::first_value;
use super::request_clock::RequestStamp;
use super::{API_ID, DOMAIN_NAME};

/// A request whose route has been looked up, whether or not one was found.
#[derive(Clone)]
pub(super) struct Call {
    /// The method, after `X-HTTP-Method-Override`.
    pub(super) method: String,
    /// Path without the stage, as sent.
    pub(super) path: String,
    /// The path with the stage, if the address contains it.
    pub(super) full_path: String,
    /// The query as sent, without its question mark.
    pub(super) query: Option<String>,
    /// The decoded query in its original order.
    pub(super) query_pairs: Vec<(String, String)>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    pub(super) source_ip: String,
    pub(super) resource_path: String,
    pub(super) resource_id: String,
    pub(super) path_parameters: Vec<(String, String)>,
    pub(super) principal: Option<Principal>,
    pub(super) stamp: RequestStamp,
    pub(super) stage_context: StageContext,
}

/// The values that are the same for every request of an API.
#[derive(Clone, Debug)]
pub(super) struct StageContext {
    pub(super) region: String,
    pub(super) account_id: String,
    pub(super) stage: String,
    pub(super) stage_variables: BTreeMap<String, String>,
    pub(super) header_names: HeaderNames,
}

/// The authorizer's statement about the caller. Context values are text: "all stringified on read" (API
/// Gateway developer guide, "Output from an API Gateway Lambda authorizer").
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Principal {
    pub(super) id: String,
    pub(super) context: BTreeMap<String, String>,
}

/// Prints names only: the context holds the cookies and the token for the upstream.
impl fmt::Debug for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.context.keys().collect();
        formatter.debug_struct("Principal").field("context", &names).finish_non_exhaustive()
    }
}

impl Call {
    /// The last value of a header in the spelling that the mapping asks for.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.header_values(name).pop()
    }

    pub(super) fn header_values(&self, name: &str) -> Vec<String> {
        let same = |key: &str| match self.stage_context.header_names {
            HeaderNames::CaseSensitive => key == name,
            HeaderNames::CaseInsensitive => key.eq_ignore_ascii_case(name),
        };
        self.headers.iter().filter(|(key, _)| same(key)).map(|(_, value)| text_of(value)).collect()
    }

    /// The first value, whatever the spelling, of a header that API Gateway itself reads (`Accept`,
    /// `Content-Type`).
    pub(super) fn own_header(&self, name: &str) -> Option<String> {
        first_value(&self.headers, name)
    }

    pub(super) fn query_values(&self, name: &str) -> Vec<String> {
        let named = self.query_pairs.iter().filter(|(key, _)| key == name);
        named.map(|(_, value)| value.clone()).collect()
    }

    pub(super) fn path_parameter(&self, name: &str) -> Option<String> {
        let found = self.path_parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    }

    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{method}/{path}`.
    pub(super) fn method_arn(&self) -> String {
        let StageContext { region, account_id, stage, .. } = &self.stage_context;
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        format!("arn:aws:execute-api:{region}:{account_id}:{API_ID}/{stage}/{}/{path}", self.method)
    }

    /// The value of a `$context` variable that is not about an error; `None` if it has no value.
    pub(super) fn context(&self, name: &str) -> Option<String> {
        if let Some(key) = name.strip_prefix("authorizer.") {
            let principal = self.principal.as_ref()?;
            return match key {
                "principalId" => Some(principal.id.clone()),
                key => principal.context.get(key).cloned(),
            };
        }
        let stage = &self.stage_context;
        let text = match name {
            "accountId" => stage.account_id.clone(),
            "apiId" => API_ID.to_owned(),
            "domainName" | "domainPrefix" => DOMAIN_NAME.to_owned(),
            "extendedRequestId" => self.stamp.extended_id(),
            "httpMethod" => self.method.clone(),
            "identity.sourceIp" => self.source_ip.clone(),
            "identity.userAgent" => return self.own_header("User-Agent"),
            "path" => self.full_path.clone(),
            "protocol" => "HTTP/1.1".to_owned(),
            "requestId" => self.stamp.request_id(),
            "requestTime" => self.stamp.request_time(),
            "requestTimeEpoch" => self.stamp.time.as_millis().to_string(),
            "resourceId" => self.resource_id.clone(),
            "resourcePath" => self.resource_path.clone(),
            "stage" => stage.stage.clone(),
            _ => return None,
        };
        Some(text)
    }
}

/// The `$context` variables that mappings and templates may name (API Gateway developer guide, "Variables for data
/// transformations"), limited to those with a value here.
pub(super) fn is_context_variable(name: &str) -> bool {
    const KNOWN: [&str; 19] = [
        "accountId",
        "apiId",
        "domainName",
        "domainPrefix",
        "error.message",
        "error.messageString",
        "error.responseType",
        "extendedRequestId",
        "httpMethod",
        "identity.sourceIp",
        "identity.userAgent",
        "path",
        "protocol",
        "requestId",
        "requestTime",
        "requestTimeEpoch",
        "resourceId",
        "resourcePath",
        "stage",
    ];
    KNOWN.contains(&name) || name.strip_prefix("authorizer.").is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// Header values in events are text; bytes that are not UTF-8 become the replacement character.
pub(super) fn text_of(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}
