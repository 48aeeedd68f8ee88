//! The custom resource that checks the configuration of a deployment before CloudFormation creates or
//! replaces anything (CloudFormation user guide, "Custom resource request and response reference").

mod deployment;
mod response;

use relying_party::hex;
use relying_party::json::sorted;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use deployment::{DeploymentProperties, SecretTexts};
pub use response::CustomResourceResponse;

/// The prefix of the physical ids.
const ID_PREFIX: &str = "configuration-";

/// A request from CloudFormation to a custom resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomResourceRequest {
    request_type: RequestType,
    #[serde(rename = "ResponseURL")]
    response_url: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    physical_resource_id: Option<String>,
    #[serde(default)]
    resource_properties: Value,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
enum RequestType {
    Create,
    Update,
    Delete,
}

/// The check that a request asks for.
#[derive(Debug)]
pub enum RequestedCheck<'a> {
    /// The resource is being deleted; there is nothing to check.
    Nothing,
    /// Checks whether this may be deployed.
    Deployment(Box<DeploymentProperties<'a>>),
    /// The properties do not match this version.
    Unreadable,
}

impl CustomResourceRequest {
    /// Reads an event; returns `None` if it is not such a request.
    pub fn parse(event: &[u8]) -> Option<Self> {
        serde_json::from_slice(event).ok()
    }

    /// Returns the check that the request asks for.
    pub fn requested_check(&self) -> RequestedCheck<'_> {
        if self.request_type == RequestType::Delete {
            return RequestedCheck::Nothing;
        }
        DeploymentProperties::deserialize(&self.resource_properties)
            .map_or(RequestedCheck::Unreadable, |deployment| RequestedCheck::Deployment(Box::new(deployment)))
    }

    /// Whether these properties are in force, or were in force just before the current ones.
    ///
    /// CloudFormation rolls a failed deployment back by an update with the previous properties, and nothing
    /// in the request marks it as a rollback. Its id may be the previous one or the one that the failed
    /// update returned. A refusal would leave the stack in `UPDATE_ROLLBACK_FAILED`, so properties that were
    /// in force are always accepted, even if a secret has become faulty since.
    pub fn is_rollback(&self) -> bool {
        let (now, before) = self.digests_in_id();
        let asked = Some(self.properties_digest());
        self.request_type == RequestType::Update
            && (asked.as_deref() == now || before.is_some() && asked.as_deref() == before)
    }

    /// Returns the response for these faults. It is a success if there are none, or if the properties were in
    /// force before.
    pub fn response(&self, faults: &[String]) -> CustomResourceResponse {
        let faults = if self.is_rollback() { &[] } else { faults };
        // The id records which properties are in force and which were before. A refusal leaves it unchanged.
        let id = match (self.request_type, &self.physical_resource_id) {
            (RequestType::Delete, Some(id)) => id.clone(),
            (_, Some(id)) if !faults.is_empty() => id.clone(),
            _ => self.next_id(),
        };
        CustomResourceResponse::new(self, &id, faults)
    }

    fn next_id(&self) -> String {
        let asked = self.properties_digest();
        match self.digests_in_id() {
            (Some(now), _) if now != asked => format!("{ID_PREFIX}{asked}-{now}"),
            (Some(_), Some(before)) => format!("{ID_PREFIX}{asked}-{before}"),
            _ => format!("{ID_PREFIX}{asked}"),
        }
    }

    /// The digests of the properties in force, and of the previous ones.
    fn digests_in_id(&self) -> (Option<&str>, Option<&str>) {
        let names = self.physical_resource_id.as_deref().and_then(|id| id.strip_prefix(ID_PREFIX));
        let mut names = names.unwrap_or_default().split('-').filter(|name| !name.is_empty());
        (names.next(), names.next())
    }

    /// A digest of the properties. It covers no secret; a collision would only skip one check. Every release
    /// must give the same digest to the same properties, because another digest would have the properties in
    /// force checked again.
    fn properties_digest(&self) -> String {
        let digest: [u8; 32] = Sha256::digest(sorted(&self.resource_properties).to_string()).into();
        let (name, _) = digest.split_at(8);
        hex::lowercase(name)
    }
}

#[cfg(test)]
mod tests;
