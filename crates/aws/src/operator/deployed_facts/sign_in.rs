//! Reads the user pool and the app client.

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::types::{
    AdminCreateUserConfigType, FeatureType, LambdaConfigType, PasswordPolicyType,
    PreTokenGenerationVersionConfigType, SoftwareTokenMfaConfigType, TimeUnitsType, UserPoolClientType,
};

use super::{CallFault, CallResult, FactReader, answered, text};
use crate::error_kind::ErrorKind;

/// An app client.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct ClientFacts {
    /// Its callback URLs.
    pub callback_urls: Vec<String>,
    /// Its sign-out URLs.
    pub logout_urls: Vec<String>,
    /// Its allowed flows, for example `code`.
    pub flows: Vec<String>,
    /// Its allowed scopes.
    pub scopes: Vec<String>,
    /// The identity providers that it offers.
    pub identity_providers: Vec<String>,
    /// The flows of Cognito's API, for example `ALLOW_USER_SRP_AUTH`.
    pub explicit_flows: Vec<String>,
    /// Whether OAuth is enabled for it.
    pub is_oauth: bool,
    /// Whether its tokens can be revoked.
    pub revokes: bool,
    /// Whether Cognito conceals which users exist.
    pub hides_users: bool,
    /// Whether it has a secret.
    pub has_secret: bool,
    /// Whether the secret equals the configured one; `None` if no secret is configured.
    pub secret_agrees: Option<bool>,
    /// The grace period of refresh token rotation, in seconds; `None` without rotation.
    pub rotation_grace: Option<i64>,
    /// The lifetime of access tokens, in seconds.
    pub access_token_lifetime: i64,
    /// The lifetime of refresh tokens, in seconds.
    pub refresh_token_lifetime: i64,
}

/// A user pool.
#[derive(Clone, Debug, Default)]
pub struct PoolFacts {
    /// The prefix of its Cognito domain.
    pub domain: Option<String>,
    /// The host name of its custom domain.
    pub custom_domain: Option<String>,
    /// Whether deletion protection is active.
    pub is_protected: bool,
    /// Whether only administrators can create users.
    pub is_closed: bool,
    /// `LITE`, `ESSENTIALS` or `PLUS`.
    pub tier: String,
    /// The minimum length of a password.
    pub password_length: Option<i32>,
    /// The ARNs of the functions that it triggers.
    pub triggers: Vec<String>,
}

/// A domain of a user pool.
#[derive(Clone, Debug, Default)]
pub struct DomainFacts {
    /// `ACTIVE` when it serves requests.
    pub status: String,
    /// 2 for managed login, 1 for the classic hosted pages.
    pub managed_login_version: i32,
    /// The ARN of a custom domain's certificate.
    pub certificate: Option<String>,
}

/// The MFA settings of a user pool.
#[derive(Clone, Debug, Default)]
pub struct MfaFacts {
    /// `OFF`, `OPTIONAL` or `ON`.
    pub mode: String,
    /// The allowed factors, for example `SOFTWARE_TOKEN_MFA`.
    pub factors: Vec<String>,
}

fn triggers(all: &LambdaConfigType) -> Vec<String> {
    let generation = all.pre_token_generation_config().map(PreTokenGenerationVersionConfigType::lambda_arn);
    let named = [
        all.pre_sign_up(),
        all.custom_message(),
        all.post_confirmation(),
        all.pre_authentication(),
        all.post_authentication(),
        all.define_auth_challenge(),
        all.create_auth_challenge(),
        all.verify_auth_challenge_response(),
        all.pre_token_generation(),
        all.user_migration(),
        generation,
    ];
    let mut named: Vec<String> = named.into_iter().flatten().map(str::to_owned).collect();
    named.sort();
    named.dedup();
    named
}

impl FactReader {
    /// Reads an app client. `secret` is the configured one.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn client(&self, pool: &str, client_id: &str, secret: Option<&str>) -> CallResult<ClientFacts> {
        let permission = "cognito-idp:DescribeUserPoolClient";
        let api = Client::new(self.configuration(permission).await?);
        let found = answered(
            permission,
            api.describe_user_pool_client().user_pool_id(pool).client_id(client_id).send(),
        )
        .await?;
        let client = found.user_pool_client().ok_or_else(|| CallFault::not_found(permission))?;
        Ok(client_facts(client, secret))
    }

    /// Reads a user pool.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn pool(&self, pool: &str) -> CallResult<PoolFacts> {
        let permission = "cognito-idp:DescribeUserPool";
        let api = Client::new(self.configuration(permission).await?);
        let found = answered(permission, api.describe_user_pool().user_pool_id(pool).send()).await?;
        let pool = found.user_pool().ok_or_else(|| CallFault::not_found(permission))?;
        Ok(PoolFacts {
            domain: pool.domain().map(str::to_owned),
            custom_domain: pool.custom_domain().map(str::to_owned),
            is_protected: pool.deletion_protection().is_some_and(|mode| mode.as_str() == "ACTIVE"),
            is_closed: pool
                .admin_create_user_config()
                .is_some_and(AdminCreateUserConfigType::allow_admin_create_user_only),
            tier: text(pool.user_pool_tier()),
            triggers: pool.lambda_config().map(triggers).unwrap_or_default(),
            password_length: pool
                .policies()
                .and_then(|policies| policies.password_policy())
                .and_then(PasswordPolicyType::minimum_length),
        })
    }

    /// Reads a domain, by its prefix or its host name.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn domain(&self, domain: &str) -> CallResult<DomainFacts> {
        let permission = "cognito-idp:DescribeUserPoolDomain";
        let api = Client::new(self.configuration(permission).await?);
        let found = answered(permission, api.describe_user_pool_domain().domain(domain).send()).await?;
        // Cognito returns an empty description for a domain that does not exist.
        let described = found.domain_description().filter(|one| one.user_pool_id().is_some());
        let described = described.ok_or_else(|| CallFault::not_found(permission))?;
        Ok(DomainFacts {
            status: text(described.status()),
            managed_login_version: described.managed_login_version().unwrap_or(1),
            // Cognito returns an empty configuration for a prefix domain.
            certificate: described
                .custom_domain_config()
                .map(|one| one.certificate_arn().to_owned())
                .filter(|arn| !arn.is_empty()),
        })
    }

    /// Reads the MFA settings of a user pool.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn mfa(&self, pool: &str) -> CallResult<MfaFacts> {
        let permission = "cognito-idp:GetUserPoolMfaConfig";
        let api = Client::new(self.configuration(permission).await?);
        let found = answered(permission, api.get_user_pool_mfa_config().user_pool_id(pool).send()).await?;
        let software =
            found.software_token_mfa_configuration().is_some_and(SoftwareTokenMfaConfigType::enabled);
        let factors = [
            software.then_some("SOFTWARE_TOKEN_MFA"),
            found.sms_mfa_configuration().and_then(|one| one.sms_configuration()).map(|_| "SMS_MFA"),
            found.email_mfa_configuration().map(|_| "EMAIL_OTP"),
        ];
        Ok(MfaFacts {
            mode: found.mfa_configuration().map_or("OFF", |mode| mode.as_str()).to_owned(),
            factors: factors.into_iter().flatten().map(str::to_owned).collect(),
        })
    }

    /// Reads whether an app client has a style for the sign-in pages.
    ///
    /// # Errors
    ///
    /// [`CallFault`].
    pub async fn has_branding(&self, pool: &str, client_id: &str) -> CallResult<bool> {
        let permission = "cognito-idp:DescribeManagedLoginBrandingByClient";
        let api = Client::new(self.configuration(permission).await?);
        let asking = api.describe_managed_login_branding_by_client().user_pool_id(pool).client_id(client_id);
        match Box::pin(asking.send()).await {
            Ok(_) => Ok(true),
            Err(error) => match ErrorKind::of(&error) {
                ErrorKind::NotFound => Ok(false),
                kind => Err(CallFault::new(permission, kind)),
            },
        }
    }
}

fn client_facts(client: &UserPoolClientType, secret: Option<&str>) -> ClientFacts {
    let units = client.token_validity_units();
    let rotation = client.refresh_token_rotation().filter(|one| *one.feature() == FeatureType::Enabled);
    let grace = rotation.map(|one| i64::from(one.retry_grace_period_seconds().unwrap_or_default()));
    ClientFacts {
        callback_urls: client.callback_urls().to_vec(),
        logout_urls: client.logout_urls().to_vec(),
        flows: client.allowed_o_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect(),
        scopes: client.allowed_o_auth_scopes().to_vec(),
        identity_providers: client.supported_identity_providers().to_vec(),
        explicit_flows: client.explicit_auth_flows().iter().map(|flow| flow.as_str().to_owned()).collect(),
        is_oauth: client.allowed_o_auth_flows_user_pool_client().unwrap_or_default(),
        revokes: client.enable_token_revocation().unwrap_or_default(),
        hides_users: client.prevent_user_existence_errors().is_some_and(|mode| mode.as_str() == "ENABLED"),
        has_secret: client.client_secret().is_some(),
        secret_agrees: secret.map(|secret| client.client_secret() == Some(secret)),
        rotation_grace: grace,
        // The defaults of UserPoolClientType: one hour and thirty days.
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

/// Converts a lifetime to seconds. Without a unit it is in the default unit; 0 stands for the default
/// lifetime.
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
