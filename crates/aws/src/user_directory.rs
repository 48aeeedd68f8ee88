//! Finds a user of a Cognito user pool by the name or the address that people know them by.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::{Client, error::ProvideErrorMetadata as _, types::AttributeType};
use tokio::sync::OnceCell;

use crate::{error_kind::ErrorKind, sdk::Sdk, user_pool::UserPoolFault};

/// The users of one pool.
#[derive(Debug)]
pub struct UserDirectory {
    sdk: Arc<Sdk>,
    user_pool_id: String,
    client: OnceCell<Client>,
}

/// Somebody, as their pool calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolUser {
    /// `sub` of their tokens.
    pub subject: String,
    /// The name that the pool's administrators' interface takes.
    pub username: String,
}

impl UserDirectory {
    /// Makes the directory of this pool over `sdk`; nothing is built yet.
    pub const fn new(sdk: Arc<Sdk>, user_pool_id: String) -> Self {
        Self { sdk, user_pool_id, client: OnceCell::const_new() }
    }

    /// The user who is called `name`; `None` when nobody is. One `AdminGetUser`, which takes user names and, where the pool
    /// signs in with them, addresses; for an address that it does not take one `ListUsers`.
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

    /// The user whose `sub` is this. One `ListUsers`: `AdminGetUser` and its like take the `sub` of a local user alone, and
    /// not that of one from another provider.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`].
    pub async fn of_subject(&self, subject: &str) -> Result<Option<PoolUser>, UserPoolFault> {
        self.only_one("sub", subject).await
    }

    /// The `sub` of every user, a page at a time: one `ListUsers` for sixty.
    ///
    /// # Errors
    ///
    /// [`UserPoolFault`]; what `each` was given before stays given.
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
        let answer = listing.filter(format!("{attribute} = \"{text}\"")).send().await;
        let answer = answer.map_err(|error| ErrorKind::of(&error))?;
        match answer.users() {
            // Two users may have one address; neither is then meant.
            [user] => Ok(pool_user(user.username(), user.attributes())),
            _ => Ok(None),
        }
    }

    async fn client(&self) -> Result<&Client, ErrorKind> {
        self.client.get_or_try_init(|| async { Ok(Client::new(self.sdk.configuration().await?)) }).await
    }
}

fn pool_user(username: Option<&str>, attributes: &[AttributeType]) -> Option<PoolUser> {
    let subject = value(attributes, "sub")?.to_owned();
    Some(PoolUser { subject, username: username?.to_owned() })
}

fn value<'a>(attributes: &'a [AttributeType], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name() == name)?.value()
}
