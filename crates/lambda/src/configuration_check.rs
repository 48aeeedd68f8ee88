//! The custom resource that judges the configuration of a deployment before CloudFormation makes or replaces anything
//! (CloudFormation user guide, "Custom resource request and response reference").

mod answer;
mod deployment;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use relying_party::json::sorted;
use serde::Deserialize;
use serde_json::Value;

pub use answer::Answer;
pub use deployment::Deployment;

/// A request of CloudFormation to a custom resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomResource {
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

/// The question of a request.
#[derive(Debug)]
pub enum Question<'a> {
    /// Nothing is to be judged: it goes, or it goes back to what was in force.
    Nothing,
    /// May this be deployed?
    Deployment(Box<Deployment<'a>>),
    /// The properties are not those of this version.
    Unreadable,
}

impl CustomResource {
    /// Reads an event; `None` when it is no such request.
    pub fn parse(event: &[u8]) -> Option<Self> {
        serde_json::from_slice(event).ok()
    }

    /// Tells what is asked.
    ///
    /// A deployment that fails goes back by a request with the properties of before. Those were judged when they came into force, and
    /// a no would leave the stack in `UPDATE_ROLLBACK_FAILED`: a secret that became faulty meanwhile is no reason for that.
    pub fn question(&self) -> Question<'_> {
        let in_force = self.request_type == RequestType::Update
            && self.physical_resource_id.as_deref() == Some(&self.id_of_properties());
        if self.request_type == RequestType::Delete || in_force {
            return Question::Nothing;
        }
        Deployment::deserialize(&self.resource_properties)
            .map_or(Question::Unreadable, |deployment| Question::Deployment(Box::new(deployment)))
    }

    /// The answer that these faults make. Without any it is a yes.
    pub fn answer(&self, faults: &[String]) -> Answer {
        // Its id tells which properties are in force. A no leaves it as it is.
        let id = match (self.request_type, &self.physical_resource_id) {
            (RequestType::Delete, Some(id)) => id.clone(),
            (_, Some(id)) if !faults.is_empty() => id.clone(),
            _ => self.id_of_properties(),
        };
        Answer::new(self, &id, faults)
    }

    /// A name of the properties. No secret is in it, and nothing but a judgement too many depends on two having one name.
    fn id_of_properties(&self) -> String {
        let mut hasher = DefaultHasher::new();
        sorted(&self.resource_properties).to_string().hash(&mut hasher);
        format!("configuration-{:016x}", hasher.finish())
    }
}

#[cfg(test)]
mod tests;
