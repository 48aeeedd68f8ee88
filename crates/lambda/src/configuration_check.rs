//! The custom resource that judges the configuration of a deployment before CloudFormation makes or replaces anything
//! (CloudFormation user guide, "Custom resource request and response reference").

mod answer;
mod deployment;

use relying_party::hex;
use relying_party::json::sorted;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use answer::Answer;
pub use deployment::{Deployment, Texts};

/// The physical ids begin so.
const ID_PREFIX: &str = "configuration-";

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
    /// Nothing is to be judged: it goes.
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
    pub fn question(&self) -> Question<'_> {
        if self.request_type == RequestType::Delete {
            return Question::Nothing;
        }
        Deployment::deserialize(&self.resource_properties)
            .map_or(Question::Unreadable, |deployment| Question::Deployment(Box::new(deployment)))
    }

    /// Whether these properties are in force, or were before those that are.
    ///
    /// A deployment that fails goes back by an update with the properties of before, and nothing in the request says so. The id may
    /// be that of before, or the one that the failed update got. A no would leave the stack in `UPDATE_ROLLBACK_FAILED`, so it is
    /// never said to what was in force: a secret that became faulty meanwhile is no reason for that.
    pub fn goes_back(&self) -> bool {
        let (now, before) = self.judged();
        let asked = Some(self.name_of_properties());
        self.request_type == RequestType::Update
            && (asked.as_deref() == now || before.is_some() && asked.as_deref() == before)
    }

    /// The answer that these faults make. Without any it is a yes, and so it is to what was in force.
    pub fn answer(&self, faults: &[String]) -> Answer {
        let faults = if self.goes_back() { &[] } else { faults };
        // Its id tells which properties are in force, and which were before. A no leaves it as it is.
        let id = match (self.request_type, &self.physical_resource_id) {
            (RequestType::Delete, Some(id)) => id.clone(),
            (_, Some(id)) if !faults.is_empty() => id.clone(),
            _ => self.next_id(),
        };
        Answer::new(self, &id, faults)
    }

    fn next_id(&self) -> String {
        let asked = self.name_of_properties();
        match self.judged() {
            (Some(now), _) if now != asked => format!("{ID_PREFIX}{asked}-{now}"),
            (Some(_), Some(before)) => format!("{ID_PREFIX}{asked}-{before}"),
            _ => format!("{ID_PREFIX}{asked}"),
        }
    }

    /// The names of the properties in force, and of those before.
    fn judged(&self) -> (Option<&str>, Option<&str>) {
        let names = self.physical_resource_id.as_deref().and_then(|id| id.strip_prefix(ID_PREFIX));
        let mut names = names.unwrap_or_default().split('-').filter(|name| !name.is_empty());
        (names.next(), names.next())
    }

    /// A name of the properties. No secret is in it, and a judgement too few is all that two with one name would cost. Every
    /// release gives the same name to the same properties: another name would have the properties in force judged.
    fn name_of_properties(&self) -> String {
        let digest: [u8; 32] = Sha256::digest(sorted(&self.resource_properties).to_string()).into();
        let (name, _) = digest.split_at(8);
        hex::lowercase(name)
    }
}

#[cfg(test)]
mod tests;
