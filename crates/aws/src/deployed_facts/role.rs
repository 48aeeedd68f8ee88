//! Reads what the role of a function may do.

use aws_sdk_iam::Client;
use percent_encoding::percent_decode_str;

use super::{Looking, Seen, Unseen};

const PERMISSION: &str =
    "iam:ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicy, GetPolicyVersion";

impl Looking {
    /// Reads the policies of a role, its own and those that are attached, each as the JSON that it is.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn role_policies(&self, role: &str) -> Seen<Vec<String>> {
        let client = Client::new(self.configuration(PERMISSION).await?);
        let mut policies = Vec::new();
        let own = Box::pin(client.list_role_policies().role_name(role).send()).await;
        for name in own.map_err(Unseen::of(PERMISSION))?.policy_names() {
            let asking = client.get_role_policy().role_name(role).policy_name(name);
            let found = Box::pin(asking.send()).await.map_err(Unseen::of(PERMISSION))?;
            policies.push(decoded(found.policy_document()));
        }
        let attached = Box::pin(client.list_attached_role_policies().role_name(role).send()).await;
        let attached = attached.map_err(Unseen::of(PERMISSION))?;
        for arn in attached.attached_policies().iter().filter_map(|policy| policy.policy_arn()) {
            let policy = Box::pin(client.get_policy().policy_arn(arn).send()).await;
            let policy = policy.map_err(Unseen::of(PERMISSION))?;
            let Some(version) = policy.policy().and_then(|policy| policy.default_version_id()) else {
                continue;
            };
            let asking = client.get_policy_version().policy_arn(arn).version_id(version);
            let found = Box::pin(asking.send()).await.map_err(Unseen::of(PERMISSION))?;
            policies.extend(found.policy_version().and_then(|version| version.document()).map(decoded));
        }
        Ok(policies)
    }
}

/// IAM API reference, GetRolePolicy: "Policies returned by this operation are URL-encoded compliant with RFC 3986".
fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8_lossy().into_owned()
}
