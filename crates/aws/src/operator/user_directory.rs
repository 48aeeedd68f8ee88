//! Finds a user of a Cognito user pool by user name or address.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::{Client, error::ProvideErrorMetadata as _, types::AttributeType};

use crate::{error_kind::ErrorKind, sdk::Sdk, user_pool::UserPoolFault};

/// The users of one pool.
#[derive(Debug)]
pub struct UserDirectory {
    sdk: Arc<Sdk>,
    user_pool_id: String,
}

/// A user of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolUser {
    /// The `sub` of the user's tokens.
    pub subject: String,
    /// The user name that the administrators' API takes.
    pub username: String,
}

impl UserDirectory {
    /// Makes the directory of this pool over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>, user_pool_id: String) -> Self {
        Self { sdk, user_pool_id }
    }

    /// Returns the user with this `name`, or `None` if there is none. Calls `AdminGetUser` once, which takes
    /// user names and, if the pool allows sign-in with them, addresses. For an address that it does not take,
    /// calls `ListUsers` once.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn called(&self, name: &str) -> Result<Option<PoolUser>, UserPoolFault> {
        let client = self.client().await?;
        let found = client.admin_get_user().user_pool_id(&self.user_pool_id).username(name).send().await;
        match found {
            Ok(user) => return Ok(pool_user(Some(user.username()), user.user_attributes())),
            Err(error) if error.code() == Some("UserNotFoundException") => {}
            Err(error) => return Err(ErrorKind::of(&error).into()),
        }
        if name.contains('@') { self.only_one("email", name).await } else { Ok(None) }
    }

    /// Returns the user with this `sub`. Calls `ListUsers` once: `AdminGetUser` and similar calls accept the
    /// `sub` of a local user, but not that of a federated user.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn of_subject(&self, subject: &str) -> Result<Option<PoolUser>, UserPoolFault> {
        self.only_one("sub", subject).await
    }

    /// Passes the `sub` of every user to `each`, page by page: one `ListUsers` for sixty users.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`]; `each` may already have received some users.
    pub async fn each_subject(&self, mut each: impl FnMut(&str)) -> Result<(), UserPoolFault> {
        let listing = self.client().await?.list_users().user_pool_id(&self.user_pool_id);
        let mut pages = listing.attributes_to_get("sub").into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| ErrorKind::of(&error))?;
            page.users().iter().filter_map(|user| value(user.attributes(), "sub")).for_each(&mut each);
        }
        Ok(())
    }

    async fn only_one(&self, attribute: &str, text: &str) -> Result<Option<PoolUser>, UserPoolFault> {
        // Quotes and backslashes would end the value (API reference of ListUsers, Filter).
        if text.contains(['"', '\\']) {
            return Ok(None);
        }
        let listing = self.client().await?.list_users().user_pool_id(&self.user_pool_id).limit(2);
        let response = listing.filter(format!("{attribute} = \"{text}\"")).send().await;
        let response = response.map_err(|error| ErrorKind::of(&error))?;
        match response.users() {
            // If two users share an address, it identifies neither.
            [user] => Ok(pool_user(user.username(), user.attributes())),
            _ => Ok(None),
        }
    }

    async fn client(&self) -> Result<Client, ErrorKind> {
        Ok(Client::new(self.sdk.configuration().await?))
    }
}

fn pool_user(username: Option<&str>, attributes: &[AttributeType]) -> Option<PoolUser> {
    let subject = value(attributes, "sub")?.to_owned();
    Some(PoolUser { subject, username: username?.to_owned() })
}

fn value<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name() == name)?.value()
}
