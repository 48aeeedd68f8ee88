//! Gathers what a deployment is: the functions of a stack, the app client, the user pool, the table. Every call reads.

use std::sync::Arc;

use aws_sdk_cognitoidentityprovider::types::{FeatureType, TimeUnitsType, UserPoolClientType};
use aws_sdk_dynamodb::types::{IndexStatus, KeyType, TableStatus, TimeToLiveStatus};

use crate::{error_kind::ErrorKind, sdk::Sdk};

/// Something that was looked at, or why it could not be seen.
pub type Seen<T> = Result<T, Unseen>;

/// A call that told nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The right that the call needs.
    pub permission: &'static str,
    /// Why it told nothing.
    pub cause: Cause,
}

/// Why a call told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The caller may not.
    Denied,
    /// There is no such thing.
    NotFound,
    /// No answer.
    Unavailable,
}

impl Unseen {
    const fn new(permission: &'static str, kind: ErrorKind) -> Self {
        let cause = match kind {
            ErrorKind::Denied => Cause::Denied,
            ErrorKind::Invalid | ErrorKind::NotFound => Cause::NotFound,
            ErrorKind::Unavailable | ErrorKind::Unconfigured => Cause::Unavailable,
        };
        Self { permission, cause }
    }
}

/// A stack.
#[derive(Clone, Debug, Default)]
pub struct StackFacts {
    /// Its status, as CloudFormation spells it.
    pub status: String,
    /// The parameter `Architecture`.
    pub architecture: Option<String>,
    /// Logical and physical ids of its functions.
    pub functions: Vec<(String, String)>,
}

/// A function, as it is deployed.
#[derive(Clone, Debug, Default)]
pub struct FunctionFacts {
    /// Its variables.
    pub environment: Vec<(String, String)>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Such as `provided.al2023`.
    pub runtime: String,
    /// Seconds.
    pub timeout: i32,
    /// `Active` when it can be called.
    pub state: String,
    /// `Failed` when the last update is not in force.
    pub last_update: String,
}

/// An app client.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct ClientFacts {
    /// Its callback addresses.
    pub callback_urls: Vec<String>,
    /// Its sign-out addresses.
    pub logout_urls: Vec<String>,
    /// Its allowed flows, such as `code`.
    pub flows: Vec<String>,
    /// Its allowed scopes.
    pub scopes: Vec<String>,
    /// The identity providers that sign in for it.
    pub identity_providers: Vec<String>,
    /// The flows of Cognito's API, such as `ALLOW_USER_SRP_AUTH`.
    pub explicit_flows: Vec<String>,
    /// Whether it takes part in OAuth at all.
    pub is_oauth: bool,
    /// Whether its tokens can be revoked.
    pub revokes: bool,
    /// Whether Cognito hides which users exist.
    pub hides_users: bool,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// Whether the secret is the configured one; nothing where no secret is configured.
    pub secret_agrees: Option<bool>,
    /// The seconds for which a rotated refresh token is taken again; nothing without rotation.
    pub rotation_grace: Option<i64>,
    /// Seconds.
    pub access_token_lifetime: i64,
    /// Seconds.
    pub refresh_token_lifetime: i64,
}

/// A user pool.
#[derive(Clone, Debug, Default)]
pub struct PoolFacts {
    /// The prefix of its domain.
    pub domain: Option<String>,
    /// The host name of its own domain.
    pub custom_domain: Option<String>,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct TableFacts {
    /// Whether it can be used.
    pub is_active: bool,
    /// The attribute that is its key; nothing where the key is of two attributes.
    pub key: Option<String>,
    /// Its indexes by name and whether each can be used.
    pub indexes: Vec<(String, bool)>,
}

/// Looks at a deployment.
#[derive(Debug)]
pub struct Looking(Arc<Sdk>);

impl Looking {
    /// Makes it over `sdk`; nothing is asked yet.
    pub const fn new(sdk: Arc<Sdk>) -> Self {
        Self(sdk)
    }

    /// Looks at a stack.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn stack(&self, name: &str) -> Seen<StackFacts> {
        let unseen = |kind| Unseen::new("cloudformation:DescribeStacks, DescribeStackResources", kind);
        let client = aws_sdk_cloudformation::Client::new(self.0.configuration().await.map_err(unseen)?);
        let stacks = Box::pin(client.describe_stacks().stack_name(name).send()).await;
        let stacks = stacks.map_err(|error| unseen(ErrorKind::of(&error)))?;
        let stack = stacks.stacks().first().ok_or_else(|| unseen(ErrorKind::NotFound))?;
        let found = Box::pin(client.describe_stack_resources().stack_name(name).send()).await;
        let found = found.map_err(|error| unseen(ErrorKind::of(&error)))?;
        let functions = found
            .stack_resources()
            .iter()
            .filter(|resource| resource.resource_type() == Some("AWS::Lambda::Function"))
            .filter_map(|resource| {
                Some((
                    resource.logical_resource_id()?.to_owned(),
                    resource.physical_resource_id()?.to_owned(),
                ))
            })
            .collect();
        let architecture = stack.parameters().iter().find(|one| one.parameter_key() == Some("Architecture"));
        Ok(StackFacts {
            status: stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default(),
            architecture: architecture.and_then(|one| one.parameter_value()).map(str::to_owned),
            functions,
        })
    }

    /// Looks at a function.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn function(&self, name: &str) -> Seen<FunctionFacts> {
        let unseen = |kind| Unseen::new("lambda:GetFunctionConfiguration", kind);
        let client = aws_sdk_lambda::Client::new(self.0.configuration().await.map_err(unseen)?);
        let found = Box::pin(client.get_function_configuration().function_name(name).send()).await;
        let found = found.map_err(|error| unseen(ErrorKind::of(&error)))?;
        let architecture = found.architectures().first().map(|one| one.as_str().to_owned());
        let state = found.state().map(|state| state.as_str().to_owned());
        Ok(FunctionFacts {
            architecture: architecture.unwrap_or_default(),
            runtime: found.runtime().map(|runtime| runtime.as_str().to_owned()).unwrap_or_default(),
            timeout: found.timeout().unwrap_or_default(),
            state: state.unwrap_or_default(),
            last_update: found
                .last_update_status()
                .map(|status| status.as_str().to_owned())
                .unwrap_or_default(),
            environment: found
                .environment
                .and_then(|environment| environment.variables)
                .unwrap_or_default()
                .into_iter()
                .collect(),
        })
    }

    /// Looks for the executions that are reserved for a function.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn reserved_concurrency(&self, name: &str) -> Seen<Option<i32>> {
        let unseen = |kind| Unseen::new("lambda:GetFunctionConcurrency", kind);
        let client = aws_sdk_lambda::Client::new(self.0.configuration().await.map_err(unseen)?);
        let found = Box::pin(client.get_function_concurrency().function_name(name).send()).await;
        Ok(found.map_err(|error| unseen(ErrorKind::of(&error)))?.reserved_concurrent_executions())
    }

    /// Looks at an app client. `secret` is the configured one.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn client(&self, pool: &str, client_id: &str, secret: Option<&str>) -> Seen<ClientFacts> {
        let unseen = |kind| Unseen::new("cognito-idp:DescribeUserPoolClient", kind);
        let configuration = self.0.configuration().await.map_err(unseen)?;
        let api = aws_sdk_cognitoidentityprovider::Client::new(configuration);
        let found = Box::pin(api.describe_user_pool_client().user_pool_id(pool).client_id(client_id).send())
            .await
            .map_err(|error| unseen(ErrorKind::of(&error)))?;
        let client = found.user_pool_client().ok_or_else(|| unseen(ErrorKind::NotFound))?;
        Ok(client_facts(client, secret))
    }

    /// Looks at a user pool.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn pool(&self, pool: &str) -> Seen<PoolFacts> {
        let unseen = |kind| Unseen::new("cognito-idp:DescribeUserPool", kind);
        let configuration = self.0.configuration().await.map_err(unseen)?;
        let api = aws_sdk_cognitoidentityprovider::Client::new(configuration);
        let found = Box::pin(api.describe_user_pool().user_pool_id(pool).send()).await;
        let found = found.map_err(|error| unseen(ErrorKind::of(&error)))?;
        let pool = found.user_pool().ok_or_else(|| unseen(ErrorKind::NotFound))?;
        Ok(PoolFacts {
            domain: pool.domain().map(str::to_owned),
            custom_domain: pool.custom_domain().map(str::to_owned),
        })
    }

    /// Looks whether an app client has a style of the sign-in pages.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn has_branding(&self, pool: &str, client_id: &str) -> Seen<bool> {
        let unseen = |kind| Unseen::new("cognito-idp:DescribeManagedLoginBrandingByClient", kind);
        let configuration = self.0.configuration().await.map_err(unseen)?;
        let api = aws_sdk_cognitoidentityprovider::Client::new(configuration);
        let asking = api.describe_managed_login_branding_by_client().user_pool_id(pool).client_id(client_id);
        match Box::pin(asking.send()).await {
            Ok(_) => Ok(true),
            Err(error) => match ErrorKind::of(&error) {
                ErrorKind::NotFound => Ok(false),
                kind => Err(unseen(kind)),
            },
        }
    }

    /// Looks at a table.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn table(&self, name: &str) -> Seen<TableFacts> {
        let unseen = |kind| Unseen::new("dynamodb:DescribeTable", kind);
        let client = aws_sdk_dynamodb::Client::new(self.0.configuration().await.map_err(unseen)?);
        let found = Box::pin(client.describe_table().table_name(name).send()).await;
        let found = found.map_err(|error| unseen(ErrorKind::of(&error)))?;
        let table = found.table().ok_or_else(|| unseen(ErrorKind::NotFound))?;
        let key = match table.key_schema() {
            [one] if *one.key_type() == KeyType::Hash => Some(one.attribute_name().to_owned()),
            _ => None,
        };
        let indexes = table.global_secondary_indexes().iter().filter_map(|index| {
            Some((index.index_name()?.to_owned(), index.index_status() == Some(&IndexStatus::Active)))
        });
        let status = table.table_status();
        Ok(TableFacts {
            is_active: matches!(status, Some(TableStatus::Active | TableStatus::Updating)),
            key,
            indexes: indexes.collect(),
        })
    }

    /// Looks for the attribute by which the table deletes what has ended.
    ///
    /// # Errors
    ///
    /// [`Unseen`].
    pub async fn time_to_live(&self, name: &str) -> Seen<Option<String>> {
        let unseen = |kind| Unseen::new("dynamodb:DescribeTimeToLive", kind);
        let client = aws_sdk_dynamodb::Client::new(self.0.configuration().await.map_err(unseen)?);
        let found = Box::pin(client.describe_time_to_live().table_name(name).send()).await;
        let found = found.map_err(|error| unseen(ErrorKind::of(&error)))?;
        let found = found.time_to_live_description.filter(|one| {
            let status = one.time_to_live_status();
            matches!(status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
        });
        Ok(found.and_then(|one| one.attribute_name))
    }
}

fn client_facts(client: &UserPoolClientType, secret: Option<&str>) -> ClientFacts {
    let units = client.token_validity_units();
    let rotation = client.refresh_token_rotation().filter(|one| *one.feature() == FeatureType::Enabled);
    let grace = rotation.map(|one| i64::from(one.retry_grace_period_seconds().unwrap_or_default()));
    let texts = |texts: &[String]| texts.to_vec();
    ClientFacts {
        callback_urls: texts(client.callback_urls()),
        logout_urls: texts(client.logout_urls()),
        flows: client.allowed_o_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect(),
        scopes: texts(client.allowed_o_auth_scopes()),
        identity_providers: texts(client.supported_identity_providers()),
        explicit_flows: client.explicit_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect(),
        is_oauth: client.allowed_o_auth_flows_user_pool_client().unwrap_or_default(),
        revokes: client.enable_token_revocation().unwrap_or_default(),
        hides_users: client.prevent_user_existence_errors().is_some_and(|mode| mode.as_str() == "ENABLED"),
        has_secret: client.client_secret().is_some(),
        secret_agrees: secret.map(|secret| client.client_secret() == Some(secret)),
        rotation_grace: grace,
        // The defaults of UserPoolClientType: an hour, and thirty days.
        access_token_lifetime: lifetime(
            client.access_token_validity().unwrap_or_default(),
            units.and_then(|units| units.access_token()),
            3600,
        ),
        refresh_token_lifetime: lifetime(
            client.refresh_token_validity(),
            units.and_then(|units| units.refresh_token()),
            86_400,
        ),
    }
}

/// A lifetime in seconds. Without a unit it is of the default unit; 0 is the default lifetime.
fn lifetime(count: i32, unit: Option<&TimeUnitsType>, default_unit: i64) -> i64 {
    let count = i64::from(count);
    if count == 0 {
        return if default_unit == 86_400 { 30 * 86_400 } else { default_unit };
    }
    let unit = match unit {
        Some(TimeUnitsType::Seconds) => 1,
        Some(TimeUnitsType::Minutes) => 60,
        Some(TimeUnitsType::Hours) => 3600,
        Some(TimeUnitsType::Days) => 86_400,
        _ => default_unit,
    };
    count.saturating_mul(unit)
}
