//! Repairs settings of a deployment where the change is reversible and interrupts nobody.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::TimeToLiveSpecification;
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerAttribute, TargetGroupAttribute};
use aws_sdk_lambda::client::Waiters as _;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use crate::operator::deployed_facts::{CallFault, CallResult, FactReader};
use crate::sdk::Sdk;

/// How long a change of a function may take to be in force.
const LONGEST: Duration = Duration::from_secs(30);

/// A change that repairs one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Gives an app client the default style of managed login.
    Branding {
        /// The pool.
        pool: String,
        /// The client.
        client: String,
    },
    /// Enables deletion of expired items in a table.
    TimeToLive {
        /// The table.
        table: String,
    },
    /// Enables multi-value headers for a target group.
    MultiValueHeaders {
        /// The ARN of the target group.
        target_group: String,
    },
    /// Sets an attribute of a load balancer.
    LoadBalancer {
        /// Its ARN.
        arn: String,
        /// The attribute.
        key: &'static str,
        /// Its value.
        value: &'static str,
    },
    /// Sets the timeout of a function.
    Timeout {
        /// The function.
        function: String,
        /// The timeout in seconds.
        seconds: i32,
    },
    /// Sets the memory of a function.
    Memory {
        /// The function.
        function: String,
        /// The memory in MB.
        megabytes: i32,
    },
}

/// Repairs a deployment.
#[derive(Debug)]
pub struct Repairs(FactReader);

impl Repairs {
    /// Makes it over `sdk`; it changes nothing yet.
    pub const fn new(sdk: Arc<Sdk>) -> Self {
        Self(FactReader::new(sdk))
    }

    /// Makes one change.
    ///
    /// # Errors
    ///
    /// [`CallFault`]: the permission that it needs, and the reason why it failed.
    pub async fn make(&self, repair: &Repair) -> CallResult<()> {
        match repair {
            Repair::Branding { pool, client } => Box::pin(self.branding(pool, client)).await,
            Repair::TimeToLive { table } => Box::pin(self.time_to_live(table)).await,
            Repair::MultiValueHeaders { target_group } => {
                Box::pin(self.multi_value_headers(target_group)).await
            }
            Repair::LoadBalancer { arn, key, value } => Box::pin(self.load_balancer(arn, key, value)).await,
            Repair::Timeout { function, seconds } => {
                Box::pin(self.function(function, Some(*seconds), None)).await
            }
            Repair::Memory { function, megabytes } => {
                Box::pin(self.function(function, None, Some(*megabytes))).await
            }
        }
    }

    async fn branding(&self, pool: &str, client: &str) -> CallResult<()> {
        let permission = "cognito-idp:CreateManagedLoginBranding";
        let configuration = self.0.configuration(permission).await?;
        let api = aws_sdk_cognitoidentityprovider::Client::new(configuration);
        let making = api.create_managed_login_branding().user_pool_id(pool).client_id(client);
        match making.use_cognito_provided_values(true).send().await {
            // Somebody else made it in the meantime.
            Err(error) if error.code() == Some("ManagedLoginBrandingExistsException") => Ok(()),
            made => made.map(drop).map_err(CallFault::of(permission)),
        }
    }

    async fn time_to_live(&self, table: &str) -> CallResult<()> {
        let permission = "dynamodb:UpdateTimeToLive";
        let configuration = self.0.configuration(permission).await?;
        let specification = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build();
        let Ok(specification) = specification else { return Err(CallFault::not_found(permission)) };
        let api = aws_sdk_dynamodb::Client::new(configuration);
        let changing = api.update_time_to_live().table_name(table).time_to_live_specification(specification);
        match changing.send().await {
            // DynamoDB refuses to enable what is enabled already.
            Err(error) if error.code() == Some("ValidationException") => {
                let found = Box::pin(self.0.time_to_live(table)).await?;
                if found.as_deref() == Some("ttl") { Ok(()) } else { Err(CallFault::of(permission)(error)) }
            }
            changed => changed.map(drop).map_err(CallFault::of(permission)),
        }
    }

    async fn multi_value_headers(&self, target_group: &str) -> CallResult<()> {
        let permission = "elasticloadbalancing:ModifyTargetGroupAttributes";
        let configuration = self.0.configuration(permission).await?;
        let attribute =
            TargetGroupAttribute::builder().key("lambda.multi_value_headers.enabled").value("true").build();
        let api = aws_sdk_elasticloadbalancingv2::Client::new(configuration);
        let changing = api.modify_target_group_attributes().target_group_arn(target_group);
        changing.attributes(attribute).send().await.map(drop).map_err(CallFault::of(permission))
    }

    async fn load_balancer(&self, arn: &str, key: &str, value: &str) -> CallResult<()> {
        let permission = "elasticloadbalancing:ModifyLoadBalancerAttributes";
        let configuration = self.0.configuration(permission).await?;
        let attribute = LoadBalancerAttribute::builder().key(key).value(value).build();
        let api = aws_sdk_elasticloadbalancingv2::Client::new(configuration);
        let changing = api.modify_load_balancer_attributes().load_balancer_arn(arn).attributes(attribute);
        changing.send().await.map(drop).map_err(CallFault::of(permission))
    }

    async fn function(&self, name: &str, timeout: Option<i32>, memory: Option<i32>) -> CallResult<()> {
        let permission = "lambda:UpdateFunctionConfiguration";
        let configuration = self.0.configuration(permission).await?;
        let api = aws_sdk_lambda::Client::new(configuration);
        let changing = api.update_function_configuration().function_name(name);
        let changing = changing.set_timeout(timeout).set_memory_size(memory);
        changing.send().await.map(drop).map_err(CallFault::of(permission))?;
        // Lambda refuses the next change of a function until this one is in force. The change is made, so a
        // failure to see that is none of the repair.
        drop(Box::pin(api.wait_until_function_updated().function_name(name).wait(LONGEST)).await);
        Ok(())
    }
}
