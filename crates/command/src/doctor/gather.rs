//! Gathers the facts of a deployment; each one after the facts that it depends on.

use std::sync::Arc;

use aws::operator::deployed_facts::{Cause, FactReader};
use aws::operator::deployed_stack::StackFault;
use aws::secrets::Secrets;
use aws::sources::ConfigurationTexts;
use flow::ports::Provider;
use relying_party::configuration::{
    Configuration, ConfiguredEndpoints, ProviderKind, Role, SecretSource, SessionStorage, VARIABLE_PREFIX,
};
use relying_party::http::public_url::PublicUrl;
use relying_party::provider::call::{CallKind, ProviderRequest, ProviderResponse};
use relying_party::provider::discovery;
use relying_party::refusal::reason::Reason;
use relying_party::sealing::KeyId;
use relying_party::session::refresh_policy::RefreshTokenRotation;
use relying_party::token::jwks;
use serde_json::Value;

use super::facts::{
    AddressFacts, Configured, Deployed, Facts, NamedSecret, ProviderFacts, Refused, RolePermissions,
    TargetGroup, Trigger, Unconfigured, known,
};
use super::policy::Policy;
use crate::Operator;
use crate::command_error::CommandError;

/// The variables that name secrets.
const SECRET_VARIABLES: [&str; 2] = ["VESTIBULE_SECRET_ID", "VESTIBULE_CONFIGURATION_SECRET"];

/// The callback with a code as Cognito writes it, and a `state` as long as ours that has not its form.
const CALLBACK: &str = "/callback?code=0f6c1f0a-52a7-4a0e-9c0e-2b4b6a3d7c11\
    &state=Zm9yLXRoZS1kb2N0b3ItYWxvbmUsLW5vLXNpZ24taW4taGFzLWJlZ3VuLXdpdGgtdGhpcw";

/// The number of parts that are read besides the functions.
const PARTS: usize = 5;

impl Operator {
    /// Reads everything.
    pub(super) async fn facts(&self, stack: &str) -> Result<Facts, CommandError> {
        let reader = FactReader::new(Arc::clone(&self.sdk));
        let found = reader.stack(stack).await.map_err(|fault| {
            CommandError::from(match fault.cause {
                Cause::Denied => StackFault::Denied,
                Cause::NotFound => StackFault::NotFound,
                Cause::Unavailable => StackFault::Unavailable,
            })
        })?;
        let mut facts = Facts { stack: found, now: self.clock.now().unix(), ..Facts::default() };
        let mut first = None;
        let functions = functions(&facts);
        self.work.steps(functions.len() + PARTS);
        for (id, role, name) in functions {
            self.work.step(&id);
            let (deployed, read) = Box::pin(self.function(&reader, id, role, name)).await;
            first = first.or(read);
            facts.functions.push(deployed);
            self.work.stepped();
        }
        self.work.step("account and log group");
        facts.account = Some(reader.account().await);
        if let Some(group) = facts.stack.physical("LogGroup") {
            let group = reader.log_group(group).await;
            if let Some(key) = group.as_ref().ok().and_then(|group| group.kms_key.as_deref()) {
                facts.log_key = Some(reader.key(key).await);
            }
            facts.log_group = Some(group);
        }
        self.work.stepped();
        self.work.step("what takes the requests");
        Box::pin(front(&reader, &mut facts, first.as_ref())).await;
        self.work.stepped();
        self.work.step("user pool and table");
        Box::pin(sign_in(&reader, &mut facts, first.as_ref())).await;
        self.work.stepped();
        self.work.step("secrets");
        Box::pin(secrets_of(&reader, &mut facts)).await;
        self.work.stepped();
        self.work.step("provider");
        if let Some(configuration) = &first {
            for public_url in public_urls(configuration) {
                facts.addresses.push(address(&*self.provider, configuration, public_url).await);
            }
            facts.provider = Some(provider(&*self.provider, configuration).await);
        }
        self.work.stepped();
        facts.clock_difference = self.sdk.clock_difference();
        Ok(facts)
    }

    async fn function(
        &self,
        reader: &FactReader,
        id: String,
        role: Role,
        name: String,
    ) -> (Deployed, Option<Configuration>) {
        let function = reader.function(&name).await;
        let mut deployed = Deployed {
            reserved_concurrency: reader.reserved_concurrency(&name).await,
            callers: reader.callers(&name).await.map(|text| Policy::read(&text.unwrap_or_default())),
            function,
            id,
            name,
            permissions: None,
            configuration: None,
        };
        let Ok(function) = &deployed.function else { return (deployed, None) };
        if let Some((_, role)) = function.role.rsplit_once('/') {
            let found = reader.role(role).await;
            deployed.permissions = Some(found.map(|role| RolePermissions {
                policies: role.policies.iter().map(|text| Policy::read(text)).collect(),
                boundary: role.boundary.as_deref().map(Policy::read),
                trust: Policy::read(&role.trust),
            }));
        }
        if function.is_sealed {
            return (deployed, None);
        }
        let read = Box::pin(self.read(&function.environment, role)).await;
        let configured = read.as_ref().map(|read| configured(read, &function.environment));
        deployed.configuration = Some(configured.map_err(Clone::clone));
        (deployed, read.ok())
    }

    /// Reads the configuration of a function with the functions' own reader.
    async fn read(&self, variables: &[(String, String)], role: Role) -> Result<Configuration, Unconfigured> {
        let ours = variables.iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
        let environment: Vec<(String, String)> = ours.cloned().collect();
        let secrets = Secrets::new(Arc::clone(&self.sdk));
        let texts =
            ConfigurationTexts::read_or_unread(&environment, &secrets).await.map_err(Unconfigured::Unread)?;
        Configuration::from_sources(&texts.sources(&environment), role)
            .map_err(|faults| Unconfigured::Faulty(faults.0.iter().map(ToString::to_string).collect()))
    }
}

/// Returns vestibule's functions in the stack: logical ids, roles and names.
fn functions(facts: &Facts) -> Vec<(String, Role, String)> {
    let functions = facts.stack.of_kind("AWS::Lambda::Function");
    functions.filter_map(|one| Some((one.id.clone(), role(&one.id)?, one.physical.clone()))).collect()
}

fn role(id: &str) -> Option<Role> {
    Some(match id {
        "AuthorizerFunction" => Role::Authorizer,
        "LoginFunction" => Role::Login,
        "CallbackFunction" => Role::Callback,
        "SessionFunction" => Role::Session,
        "LogoutFunction" => Role::Logout,
        "ProxyFunction" => Role::Proxy,
        _ => return None,
    })
}

/// Reads the front that receives the browser's requests.
async fn front(reader: &FactReader, facts: &mut Facts, configuration: Option<&Configuration>) {
    let stack = &facts.stack;
    let stage = facts.stage_name().to_owned();
    if let Some(api) = stack.of_kind("AWS::ApiGateway::RestApi").next() {
        facts.rest_api = Some(reader.rest_api(&api.physical).await);
        facts.stage = Some(reader.rest_stage(&api.physical, &stage).await);
    }
    if let Some(api) = stack.of_kind("AWS::ApiGatewayV2::Api").next() {
        facts.http_api = Some(reader.http_api(&api.physical).await);
        facts.stage = Some(reader.http_stage(&api.physical, &stage).await);
    }
    let is_api = facts.rest_api.is_some() || facts.http_api.is_some();
    if let Some(host) = stack.parameter("CustomDomainName").filter(|_| is_api) {
        facts.domain_name = Some(reader.domain_name(host).await);
        facts.mappings = Some(reader.mappings(host).await);
    }
    if stack.of_kind("AWS::Lambda::Url").next().is_some()
        && let Some(function) = stack.physical("ProxyFunction")
    {
        facts.function_url = Some(reader.function_url(function).await);
    }
    if let Some(distribution) = stack.of_kind("AWS::CloudFront::Distribution").next() {
        let secrets = configuration.map(|one| one.front_secrets.as_slice()).unwrap_or_default();
        let secrets: Vec<(&str, &str)> =
            secrets.iter().map(|secret| (secret.name.as_str(), secret.value.expose())).collect();
        facts.distribution = Some(reader.distribution(&distribution.physical, &secrets).await);
    }
    if let Some(listener) = stack.physical("Listener").or_else(|| stack.parameter("ListenerArn")) {
        facts.listener = Some(reader.listener(listener).await);
        if let Some(listener) = known(&facts.listener) {
            facts.load_balancer = Some(reader.load_balancer(&listener.load_balancer).await);
        }
    }
    for group in facts.stack.of_kind("AWS::ElasticLoadBalancingV2::TargetGroup") {
        let found = reader.target_group(&group.physical).await;
        facts.target_groups.push(TargetGroup {
            id: group.id.clone(),
            arn: group.physical.clone(),
            group: found,
        });
    }
    // An IAM certificate has no expiry date in ACM.
    let certificate = facts.stack.parameter("CertificateArn").filter(|arn| arn.contains(":acm:"));
    if let Some(certificate) = certificate {
        facts.certificate = Some(reader.certificate(certificate).await);
    }
}

/// Reads the user pool and the table.
async fn sign_in(reader: &FactReader, facts: &mut Facts, configuration: Option<&Configuration>) {
    let Some(reference) = facts.reference().cloned() else { return };
    if let Some(pool) = &reference.pool {
        let secret = configuration.and_then(|one| one.client.secret.as_ref());
        let secret = secret.map(relying_party::secret::Secret::expose);
        facts.client = Some(reader.client(pool, &reference.client_id, secret).await);
        facts.pool = Some(reader.pool(pool).await);
        for trigger in known(&facts.pool).map(|pool| pool.triggers.clone()).unwrap_or_default() {
            let callers = match reader.function(&trigger).await {
                Ok(_) => reader.callers(&trigger).await,
                Err(fault) => Err(fault),
            };
            let callers = callers.map(|text| Policy::read(&text.unwrap_or_default()));
            facts.triggers.push(Trigger { arn: trigger, callers });
        }
        facts.mfa = Some(reader.mfa(pool).await);
        facts.has_branding = Some(reader.has_branding(pool, &reference.client_id).await);
        let domain =
            known(&facts.pool).and_then(|pool| pool.custom_domain.clone().or_else(|| pool.domain.clone()));
        if let Some(domain) = domain {
            facts.domain = Some(reader.domain(&domain).await);
        }
        if let Some(certificate) = known(&facts.domain).and_then(|domain| domain.certificate.clone()) {
            facts.sign_in_certificate = Some(reader.certificate(&certificate).await);
        }
    }
    if let Some(table) = &reference.table {
        facts.table = Some(reader.table(table).await);
        facts.time_to_live = Some(reader.time_to_live(table).await);
        if let Some(Ok(found)) = &facts.table {
            facts.table_policy = Some(reader.table_policy(&found.arn).await);
        }
    }
}

/// Reads the metadata of the functions' secrets, each once.
async fn secrets_of(reader: &FactReader, facts: &mut Facts) {
    let mut ids: Vec<String> = facts.configured().flat_map(|(_, one)| one.secrets.clone()).collect();
    ids.sort();
    ids.dedup();
    for id in ids {
        let secret = reader.secret(&id).await;
        let key = match secret.as_ref().ok().and_then(|secret| secret.kms_key.as_deref()) {
            Some(key) => Some(reader.key(key).await),
            None => None,
        };
        facts.secrets.push(NamedSecret { id, secret, key });
    }
}

/// Every address of the application.
fn public_urls(configuration: &Configuration) -> impl Iterator<Item = &PublicUrl> {
    let others = configuration.other_hosts.iter().map(|host| &host.public_url);
    std::iter::once(&configuration.public_url).chain(others)
}

/// Requests the health check, and the callback with a query that vestibule refuses before it does anything.
async fn address(port: &dyn Provider, configuration: &Configuration, public_url: &PublicUrl) -> AddressFacts {
    let own = |path: &str| public_url.join(&format!("{}{path}", configuration.auth_prefix));
    let (url, callback_url) = (own("/health"), own(CALLBACK));
    let answer = port.send(&ProviderRequest::fetch(&url, CallKind::Discovery)).await;
    let callback = port.send(&ProviderRequest::fetch(&callback_url, CallKind::Discovery)).await;
    AddressFacts {
        answer: answer.map(|answer| answer.status),
        callback: callback.map(|answer| (!is_ours(&answer)).then_some(answer.status)),
        url,
        callback_url,
    }
}

/// Whether vestibule refused a request itself: as JSON with its reason.
fn is_ours(answer: &ProviderResponse) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_problem = |kind: &String| kind.starts_with("application/problem+json");
    answer.content_type.as_ref().is_some_and(is_problem) && body.get("reason").is_some_and(Value::is_string)
}

/// Requests the provider's metadata and its keys, as the functions do.
async fn provider(provider: &dyn Provider, configuration: &Configuration) -> ProviderFacts {
    let metadata = match provider.send(&discovery::request(&configuration.issuer)).await {
        Ok(answer) => discovery::read_response(&answer, &configuration.issuers)
            .map_err(|refusal| refused(refusal.reason())),
        Err(fault) => Err(refused(fault.reason())),
    };
    let found = metadata.as_ref().ok().map(|metadata| metadata.jwks_uri.clone());
    let keys = match configuration.endpoints.jwks.clone().or(found) {
        Some(endpoint) => match provider.send(&jwks::request(&endpoint)).await {
            Ok(answer) => jwks::read_response(&answer).map(drop).map_err(|refusal| refused(refusal.reason())),
            Err(fault) => Err(refused(fault.reason())),
        },
        // The address of the keys is unknown; the fault of the metadata is already reported.
        None => Ok(()),
    };
    ProviderFacts { metadata, keys }
}

fn refused(reason: &Reason) -> Refused {
    Refused { code: reason.code, text: reason.log.to_owned() }
}

fn configured(read: &Configuration, environment: &[(String, String)]) -> Configured {
    let pool = match &read.provider {
        ProviderKind::Cognito(pool) => Some(pool),
        ProviderKind::Oidc => None,
    };
    let table = match &read.session.storage {
        SessionStorage::DynamoDb { table } => Some(table.clone()),
        SessionStorage::Cookie | SessionStorage::Memory => None,
    };
    let others = read.other_hosts.iter().map(|host| &host.logout_redirect_uri);
    let mut logout_redirect_uris: Vec<String> =
        std::iter::once(&read.logout_redirect_uri).chain(others).cloned().collect();
    logout_redirect_uris.dedup();
    Configured {
        issuer: read.issuer.clone(),
        client_id: read.client.id.clone(),
        pool: pool.map(|pool| pool.user_pool_id.clone()),
        domain: pool.and_then(|pool| pool.domain.clone()),
        public_urls: public_urls(read).map(|public_url| public_url.join("/")).collect(),
        redirect_uris: read.redirect_uris.clone(),
        logout_redirect_uris,
        scopes: read.scopes.clone(),
        keys: read.session.secrets.iter().map(|secret| KeyId::of(secret).to_string()).collect(),
        table,
        is_cookie: read.session.storage == SessionStorage::Cookie,
        revokes: read.logout_revoke,
        refresh_lead: read.refresh_lead,
        longest_session: read.session.absolute,
        rotation_grace: match read.rotation {
            RefreshTokenRotation::Off => Some(None),
            RefreshTokenRotation::On { grace } => Some(Some(grace)),
            RefreshTokenRotation::Unknown => None,
        },
        secrets: secrets(read, environment),
        reads_client_from_pool: read.client.secret_source == SecretSource::Cognito,
        ends_sign_ins_at_pool: read.logout_everywhere_at_provider,
        streams: read.response_streaming,
        asks_for_front_secret: !read.front_secrets.is_empty(),
        endpoints: endpoints(&read.endpoints, pool.is_some()),
    }
}

/// Returns the ids of the secrets that a function reads.
fn secrets(read: &Configuration, environment: &[(String, String)]) -> Vec<String> {
    let mut secrets = named_secrets(environment);
    if let SecretSource::Secret(id) = &read.client.secret_source {
        secrets.push(id.clone());
    }
    secrets.sort();
    secrets
}

/// Returns the ids of the secrets that variables name, without the version that may follow a `#`.
fn named_secrets(environment: &[(String, String)]) -> Vec<String> {
    let named = environment.iter().filter_map(|(name, value)| match name.as_str() {
        "VESTIBULE_CONFIG" => value.strip_prefix("secret:"),
        name if SECRET_VARIABLES.contains(&name) => Some(value.as_str()),
        _ => None,
    });
    let ids = named.map(|value| value.split_once('#').map_or(value, |(id, _)| id));
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// Returns the configured endpoints. Those of a user pool's domain are left out: they are compared with the
/// domain.
fn endpoints(endpoints: &ConfiguredEndpoints, is_pool: bool) -> Vec<(&'static str, String)> {
    let jwks = [("jwks_uri", &endpoints.jwks)];
    let others = [
        ("authorization_endpoint", &endpoints.authorization),
        ("token_endpoint", &endpoints.token),
        ("userinfo_endpoint", &endpoints.userinfo),
        ("revocation_endpoint", &endpoints.revocation),
        ("end_session_endpoint", &endpoints.end_session),
    ];
    let others = if is_pool { &[][..] } else { &others };
    let all = jwks.iter().chain(others);
    all.filter_map(|(name, endpoint)| Some((*name, (*endpoint).clone()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_no_part_of_a_secrets_id() {
        let environment = [
            ("VESTIBULE_CONFIG", "secret:app/vestibule/client"),
            ("VESTIBULE_SECRET_ID", "app/vestibule/session"),
            ("VESTIBULE_CONFIGURATION_SECRET", "settings#adb821b0-37ed-4639-a499-ba69f938f465"),
            ("VESTIBULE_SESSION_TABLE", "app-sessions"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let found = named_secrets(&environment);
        assert_eq!(found, ["app/vestibule/client", "app/vestibule/session", "settings"]);
    }
}
