//! Who a user of a Cognito user pool is, by the name or the address that people know them by.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::{Client, error::ProvideErrorMetadata as _, types::AttributeType};
use tokio::sync::OnceCell;

use crate::{cause::Cause, sdk::Sdk, user_pool::UserPoolFault};

/// The users of one pool.
#[derive(Debug)]
pub struct UserDirectory {
    sdk: Arc<Sdk>,
    user_pool_id: String,
    client: OnceCell<Client>,
}

impl UserDirectory {
    /// Of this pool, over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>, user_pool_id: String) -> Self {
        Self { sdk, user_pool_id, client: OnceCell::const_new() }
    }

    /// The `sub` of the user who is called `name`; `None` when nobody is. One `AdminGetUser`, which takes user names and,
    /// where the pool signs in with them, addresses; for an address that it does not take one `ListUsers`.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn subject(&self, name: &str) -> Result<Option<String>, UserPoolFault> {
        let client = self.client().await?;
        let found = client.admin_get_user().user_pool_id(&self.user_pool_id).username(name).send().await;
        match found {
            Ok(user) => return Ok(subject_in(user.user_attributes())),
            Err(error) if error.code() == Some("UserNotFoundException") => {}
            Err(error) => return Err(Cause::of(&error).into()),
        }
        // Quotes and backslashes would end the value (API reference of ListUsers, Filter).
        if !name.contains('@') || name.contains(['"', '\\']) {
            return Ok(None);
        }
        let listing = client.list_users().user_pool_id(&self.user_pool_id).limit(2);
        let answer = listing.filter(format!("email = \"{name}\"")).send().await;
        let answer = answer.map_err(|error| Cause::of(&error))?;
        match answer.users() {
            // Two users may have one address; neither is then meant.
            [user] => Ok(subject_in(user.attributes())),
            _ => Ok(None),
        }
    }

    async fn client(&self) -> Result<&Client, Cause> {
        self.client.get_or_try_init(|| async { Ok(Client::new(self.sdk.configuration().await?)) }).await
    }
}

fn subject_in(attributes: &[AttributeType]) -> Option<String> {
    attributes.iter().find(|attribute| attribute.name() == "sub")?.value().map(str::to_owned)
}
