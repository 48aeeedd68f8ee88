//! Reads the permissions of a function's role.

use aws_sdk_iam::Client;
use percent_encoding::percent_decode_str;

use super::{CallResult, FactReader, answered};

const PERMISSION: &str =
    "iam:GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy, GetPolicyVersion";

/// The permissions of a role.
#[derive(Clone, Debug, Default)]
pub struct RoleFacts {
    /// Its policies as JSON, both inline and attached.
    pub policies: Vec<String>,
    /// Its permissions boundary as JSON.
    pub boundary: Option<String>,
    /// Its trust policy as JSON.
    pub trust: String,
}

impl FactReader {
    /// Reads the policies of a role and its permissions boundary.
    ///
    /// # Errors
    ///
    /// [`CallFault`](super::CallFault).
    pub async fn role(&self, role: &str) -> CallResult<RoleFacts> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let mut policies = Vec::new();
        let own = answered(PERMISSION, client.list_role_policies().role_name(role).send()).await?;
        for name in own.policy_names() {
            let asking = client.get_role_policy().role_name(role).policy_name(name);
            let found = answered(PERMISSION, asking.send()).await?;
            policies.push(decoded(found.policy_document()));
        }
        let attached =
            answered(PERMISSION, client.list_attached_role_policies().role_name(role).send()).await?;
        for arn in attached.attached_policies().iter().filter_map(|policy| policy.policy_arn()) {
            policies.extend(Box::pin(policy(&client, arn)).await?);
        }
        let found = answered(PERMISSION, client.get_role().role_name(role).send()).await?;
        let trust = found.role().and_then(|role| role.assume_role_policy_document()).map(decoded);
        let boundary = found.role().and_then(|role| role.permissions_boundary());
        let boundary = match boundary.and_then(|boundary| boundary.permissions_boundary_arn()) {
            Some(arn) => Box::pin(policy(&client, arn)).await?,
            None => None,
        };
        Ok(RoleFacts { policies, boundary, trust: trust.unwrap_or_default() })
    }
}

/// Returns the JSON of a managed policy's default version.
async fn policy(client: &Client, arn: &str) -> CallResult<Option<String>> {
    let policy = answered(PERMISSION, client.get_policy().policy_arn(arn).send()).await?;
    let Some(version) = policy.policy().and_then(|policy| policy.default_version_id()) else {
        return Ok(None);
    };
    let asking = client.get_policy_version().policy_arn(arn).version_id(version);
    let found = answered(PERMISSION, asking.send()).await?;
    Ok(found.policy_version().and_then(|version| version.document()).map(decoded))
}

/// IAM API reference, GetRolePolicy: "Policies returned by this operation are URL-encoded compliant with RFC 3986".
fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8_lossy().into_owned()
}
