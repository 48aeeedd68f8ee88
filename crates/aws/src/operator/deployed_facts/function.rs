//! Reads the functions, the policies that allow to call them, and the account's concurrency limits.

use aws_sdk_lambda::Client;

use super::{CallFault, CallResult, FactReader, answered, text};
use crate::error_kind::ErrorKind;

/// A deployed function.
#[derive(Clone, Debug, Default)]
pub struct FunctionFacts {
    /// Its ARN, without a version.
    pub arn: String,
    /// Its environment variables.
    pub environment: Vec<(String, String)>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// For example `provided.al2023`.
    pub runtime: String,
    /// The timeout in seconds.
    pub timeout: i32,
    /// The memory in MB.
    pub memory: i32,
    /// `Active` when it can be called.
    pub state: String,
    /// `Failed` if the last update is not in force.
    pub last_update: String,
    /// The ARN of its role.
    pub role: String,
    /// The log group that it writes to.
    pub log_group: String,
    /// The ARNs of its layers.
    pub layers: Vec<String>,
    /// The subnets of its VPC configuration; empty if it has none.
    pub subnets: Vec<String>,
    /// The security groups of its VPC configuration.
    pub security_groups: Vec<String>,
    /// The hash of its code.
    pub code: String,
    /// Whether Lambda cannot decrypt its environment variables.
    pub is_sealed: bool,
}

/// A function URL.
#[derive(Clone, Debug, Default)]
pub struct UrlFacts {
    /// The URL.
    pub url: String,
    /// `NONE` or `AWS_IAM`.
    pub auth_type: String,
    /// `BUFFERED` or `RESPONSE_STREAM`.
    pub invoke_mode: String,
    /// Whether it answers CORS preflight requests itself.
    pub answers_preflights: bool,
}

/// The Lambda limits of the account in this region.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountFacts {
    /// The limit on concurrent executions of all functions together.
    pub concurrent_executions: i32,
    /// The part of that limit that is not reserved for a function.
    pub unreserved_executions: Option<i32>,
}

impl FactReader {
    /// Reads a function.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn function(&self, name: &str) -> CallResult<FunctionFacts> {
        let permission = "lambda:GetFunctionConfiguration";
        let client = Client::new(self.configuration(permission).await?);
        let found =
            answered(permission, client.get_function_configuration().function_name(name).send()).await?;
        let log_group = found.logging_config().and_then(|logging| logging.log_group());
        Ok(FunctionFacts {
            arn: text(found.function_arn()),
            architecture: text(found.architectures().first()),
            runtime: text(found.runtime()),
            timeout: found.timeout().unwrap_or_default(),
            memory: found.memory_size().unwrap_or_default(),
            state: text(found.state()),
            last_update: text(found.last_update_status()),
            role: text(found.role()),
            log_group: text(log_group),
            layers: found.layers().iter().filter_map(|layer| Some(layer.arn()?.to_owned())).collect(),
            subnets: found.vpc_config().map(|network| network.subnet_ids().to_vec()).unwrap_or_default(),
            security_groups: found
                .vpc_config()
                .map(|network| network.security_group_ids().to_vec())
                .unwrap_or_default(),
            code: text(found.code_sha256()),
            is_sealed: found.environment().is_some_and(|environment| environment.error().is_some()),
            environment: found
                .environment
                .and_then(|environment| environment.variables)
                .unwrap_or_default()
                .into_iter()
                .collect(),
        })
    }

    /// Reads the concurrency that is reserved for a function.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn reserved_concurrency(&self, name: &str) -> CallResult<Option<i32>> {
        let permission = "lambda:GetFunctionConcurrency";
        let client = Client::new(self.configuration(permission).await?);
        let found =
            answered(permission, client.get_function_concurrency().function_name(name).send()).await?;
        Ok(found.reserved_concurrent_executions())
    }

    /// Reads the policy that defines who may call a function; `None` if it has no policy.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn callers(&self, name: &str) -> CallResult<Option<String>> {
        let permission = "lambda:GetPolicy";
        let client = Client::new(self.configuration(permission).await?);
        match Box::pin(client.get_policy().function_name(name).send()).await {
            Ok(found) => Ok(found.policy),
            Err(error) => match ErrorKind::of(&error) {
                ErrorKind::NotFound => Ok(None),
                kind => Err(CallFault::new(permission, kind)),
            },
        }
    }

    /// Reads the URL of a function.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn function_url(&self, name: &str) -> CallResult<UrlFacts> {
        let permission = "lambda:GetFunctionUrlConfig";
        let client = Client::new(self.configuration(permission).await?);
        let found = answered(permission, client.get_function_url_config().function_name(name).send()).await?;
        Ok(UrlFacts {
            url: found.function_url().to_owned(),
            auth_type: found.auth_type().as_str().to_owned(),
            invoke_mode: text(found.invoke_mode()),
            answers_preflights: found.cors().is_some(),
        })
    }

    /// Reads the account's Lambda limits.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn account(&self) -> CallResult<AccountFacts> {
        let permission = "lambda:GetAccountSettings";
        let client = Client::new(self.configuration(permission).await?);
        let found = answered(permission, client.get_account_settings().send()).await?;
        let limit = found.account_limit().ok_or_else(|| CallFault::not_found(permission))?;
        Ok(AccountFacts {
            concurrent_executions: limit.concurrent_executions(),
            unreserved_executions: limit.unreserved_concurrent_executions(),
        })
    }
}
