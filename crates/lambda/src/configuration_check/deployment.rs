//! Checks a deployment's parameters as its functions will read them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use relying_party::configuration::{
    CONFIGURATION_SECRET_VARIABLE, Configuration, Fault, Faults, Platform, Role, Sources, VARIABLE_PREFIX,
    parameter_of, read_client_secret, upstream_url_problem,
};
use relying_party::relying_party::RelyingParty;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The texts of the deployer's secrets. Each is read if its parameter is set.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecretTexts<'a> {
    /// The secret named by `ConfigurationSecret`.
    pub configuration: Option<&'a str>,
    /// The secret named by `ClientSecretArn`.
    pub client: Option<&'a str>,
    /// The secret named by `SessionKeyArn`.
    pub session_key: Option<&'a str>,
}

/// A placeholder for the key that seals sessions. It is not secret: nothing is sealed with it.
const SESSION_KEY: &str = r#"{"session_secret":"made after the check, and only a stand-in here"}"#;

/// The properties of the custom resource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentProperties<'a> {
    /// The release of the template.
    #[serde(default, borrow)]
    release: Cow<'a, str>,
    /// The functions of the deployment.
    #[serde(borrow)]
    roles: Vec<Cow<'a, str>>,
    /// The document that each function reads, with placeholders for values that are created later.
    document: Cow<'a, str>,
    /// The functions' environment variables.
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    configuration: Cow<'a, str>,
    #[serde(default)]
    routes: Cow<'a, str>,
    #[serde(default)]
    configuration_secret: Cow<'a, str>,
    #[serde(default)]
    client_secret_arn: Cow<'a, str>,
    #[serde(default)]
    session_key_arn: Cow<'a, str>,
    #[serde(default)]
    session_table: Cow<'a, str>,
    #[serde(default)]
    region: Cow<'a, str>,
    #[serde(default)]
    domain: Cow<'a, str>,
    #[serde(default)]
    user_pool_id: Cow<'a, str>,
    #[serde(default)]
    client_id: Cow<'a, str>,
    #[serde(default)]
    sign_in_certificate_arn: Cow<'a, str>,
    /// The certificate of a front in the region of the stack.
    #[serde(default)]
    certificate_arn: Cow<'a, str>,
    #[serde(default)]
    passkeys: Cow<'a, str>,
    #[serde(default)]
    resource_server_scopes: Vec<String>,
    /// The address that API Gateway itself calls. The proxy reads it from a variable instead.
    #[serde(default)]
    upstream_url: Cow<'a, str>,
    /// An existing load balancer's listener.
    #[serde(default)]
    listener_arn: Cow<'a, str>,
    /// The priorities of a listener's rules, in the order of [`RULES`].
    #[serde(default)]
    rule_priorities: Vec<String>,
}

/// The longest `WebAuthnRelyingPartyID` in the CloudFormation resource schema of a user pool.
const RELYING_PARTY_ID_LENGTH: usize = 63;

/// The longest sign-in domain (Cognito API reference, CreateUserPoolDomain, `Domain`).
const SIGN_IN_DOMAIN_LENGTH: usize = 63;

/// The largest number of scopes of a resource server that the templates can create.
const SCOPE_SLOTS: usize = 5;

/// The listener rules whose priorities are parameters. The first rule that matches handles a request, and the
/// last two also match the requests of the others.
const RULES: [&str; 5] = ["Login", "Callback", "Logout", "Session", "Proxy"];

/// Names the two forms that [`read_client_secret`] takes.
const CLIENT_SECRET_UNREAD: &str =
    "ClientSecretArn: the secret is neither plain text nor a JSON object with client_secret";

impl DeploymentProperties<'_> {
    /// The secret with the deployer's own configuration keys.
    pub fn configuration_secret(&self) -> Option<&str> {
        given(&self.configuration_secret)
    }

    /// The secret with the client secret.
    pub fn client_secret(&self) -> Option<&str> {
        given(&self.client_secret_arn)
    }

    /// The secret with the key that seals sessions.
    pub fn session_key(&self) -> Option<&str> {
        given(&self.session_key_arn)
    }

    /// The existing table for the sessions.
    pub fn session_table(&self) -> Option<&str> {
        given(&self.session_table)
    }

    /// Returns every fault as a sentence that names the parameter.
    pub fn faults(&self, secrets: SecretTexts<'_>) -> Vec<String> {
        if !["", env!("CARGO_PKG_VERSION")].contains(&&*self.release) {
            return vec![format!(
                "the template is of release {}, and the function `check` was built from another: run `sam build`",
                self.release
            )];
        }
        let texts = self.unreadable_texts(secrets);
        if !texts.is_empty() {
            return texts;
        }
        let mut faults = self.contradictions();
        let own = [
            ("Configuration", keys(&self.configuration)),
            ("ConfigurationSecret", keys(secrets.configuration.unwrap_or_default())),
        ];
        for role in &self.roles {
            let Some(role) = role_of(role) else {
                faults.push(format!("`{role}` is not a function of this version"));
                continue;
            };
            for fault in self.faults_of(role, secrets) {
                let sentence = sentence(&fault, &own);
                if !faults.contains(&sentence) {
                    faults.push(sentence);
                }
            }
        }
        faults
    }

    /// Checks the texts one by one: within the document their lines and columns would differ.
    fn unreadable_texts(&self, secrets: SecretTexts<'_>) -> Vec<String> {
        let unparsed = |parameter: &str, kind: &str, error: &serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            format!("{parameter} is not {kind}: parsing failed at line {line}, column {column}")
        };
        let object = |parameter: &str, text: Option<&str>| {
            let error = serde_json::from_str::<Map<String, Value>>(text?).err()?;
            Some(unparsed(parameter, "a JSON object", &error))
        };
        let list = |text: &str| serde_json::from_str::<Vec<Value>>(text).err();
        let unread = |text| read_client_secret(text).is_none().then(|| CLIENT_SECRET_UNREAD.to_owned());
        [
            object("Configuration", given(&self.configuration)),
            given(&self.routes).and_then(list).map(|error| unparsed("Routes", "a JSON list", &error)),
            object("ConfigurationSecret", secrets.configuration),
            secrets.client.and_then(unread),
            object("SessionKeyArn", secrets.session_key),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Finds faults that no function would notice, but on which an AWS service would fail in the middle of
    /// the deployment.
    fn contradictions(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let pool_region = self.user_pool_id.split_once('_').map(|(region, _)| region);
        if let Some(pool_region) =
            pool_region.filter(|region| *region != self.region && self.client_id.is_empty())
        {
            faults.push(format!(
                "UserPoolId is a pool of {pool_region}, and a client can be made in {} only: it needs ClientId",
                self.region
            ));
        }
        let is_host = self.domain.contains('.');
        // The ARN of an IAM certificate has no region.
        let region_of = |arn: &str| {
            arn.split(':').nth(3).and_then(given).filter(|region| *region != self.region).map(str::to_owned)
        };
        if let Some(certificate_region) = region_of(&self.certificate_arn) {
            faults.push(format!(
                "CertificateArn is a certificate of {certificate_region}, and this front needs one of {} only",
                self.region
            ));
        }
        if let Some(listener_region) = region_of(&self.listener_arn) {
            faults.push(format!(
                "ListenerArn is a listener of {listener_region}, and calls functions of that region only"
            ));
        }
        // The host name that user-pool.yaml uses in that case, the same as the pool's domain.
        let relying_party_id = if is_host {
            self.domain.len()
        } else {
            let auth = if self.region.starts_with("us-gov-") { "auth-fips" } else { "auth" };
            format!("{}.{auth}.{}.amazoncognito.com", self.domain, self.region).len()
        };
        let makes_pool = self.user_pool_id.is_empty() && !self.domain.is_empty();
        if makes_pool && is_host && self.domain.len() > SIGN_IN_DOMAIN_LENGTH {
            faults.push(format!(
                "Domain: the host name of a sign-in domain has at most {SIGN_IN_DOMAIN_LENGTH} characters, and this one {}",
                self.domain.len()
            ));
        } else if makes_pool && self.passkeys == "true" && relying_party_id > RELYING_PARTY_ID_LENGTH {
            faults.push(format!(
                "Domain: with Passkeys the host name of the sign-in domain has at most {RELYING_PARTY_ID_LENGTH} characters, and this one {relying_party_id}"
            ));
        }
        if self.resource_server_scopes.len() > SCOPE_SLOTS {
            faults.push(format!("ResourceServerScopes must have at most {SCOPE_SLOTS} names"));
        }
        if let Some(problem) = given(&self.upstream_url).and_then(upstream_url_problem) {
            faults.push(format!("UpstreamUrl {problem}"));
        }
        faults.extend(self.priorities_that_clash());
        if self.user_pool_id.is_empty() && !self.domain.is_empty() {
            if is_host && self.sign_in_certificate_arn.is_empty() {
                faults.push("Domain is a host name: it needs SignInCertificateArn, or UserPoolId of the pool that has it".to_owned());
            }
            if !is_host && !self.sign_in_certificate_arn.is_empty() {
                faults
                    .push("SignInCertificateArn is for a host name in Domain, which has a prefix".to_owned());
            }
        }
        faults
    }

    /// Finds listener rules that share a priority, or a general rule that comes before a special one.
    fn priorities_that_clash(&self) -> Vec<String> {
        let priorities: Vec<(&str, u32)> = RULES
            .into_iter()
            .zip(&self.rule_priorities)
            .filter_map(|(rule, priority)| Some((rule, priority.parse().ok()?)))
            .collect();
        let mut faults = Vec::new();
        for (number, (later, priority)) in priorities.iter().enumerate() {
            for (earlier, before) in priorities.iter().take(number) {
                if before == priority {
                    faults.push(format!(
                        "{earlier}RulePriority and {later}RulePriority are both {priority}; a listener has each priority once"
                    ));
                } else if before > priority && ["Session", "Proxy"].contains(later) {
                    faults.push(format!(
                        "{later}RulePriority must be larger than {earlier}RulePriority: its rule would take the requests of that one"
                    ));
                }
            }
        }
        faults
    }

    fn faults_of(&self, role: Role, secrets: SecretTexts<'_>) -> Vec<Fault> {
        let environment: Vec<(String, String)> =
            self.variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let sources = Sources {
            document: Some(&self.document),
            secret_document: Some(secrets.session_key.unwrap_or(SESSION_KEY)),
            configuration_secret: secrets.configuration,
            environment: &environment,
        };
        let read = Configuration::from_sources(&sources, role)
            .and_then(|configuration| configuration.on(Platform::Lambda))
            .and_then(RelyingParty::new);
        match read {
            Ok(_) => Vec::new(),
            Err(Faults(faults)) => faults,
        }
    }
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Words a fault with the name of the parameter that caused it.
fn sentence(fault: &Fault, own: &[(&str, BTreeSet<String>)]) -> String {
    let Fault { key, problem } = fault;
    let root = key.split(['.', '[']).next().unwrap_or_default();
    let name = root.strip_prefix(VARIABLE_PREFIX).map_or_else(|| root.to_owned(), str::to_ascii_lowercase);
    let set_by = parameter_of(&name);
    let written: Vec<&str> =
        own.iter().filter(|(_, keys)| keys.contains(root)).map(|(parameter, _)| *parameter).collect();
    match (&*written, set_by) {
        ([one, other, ..], _) => format!("{one} and {other} both set `{root}`; a key has one source"),
        ([parameter], Some(set_by)) if problem.starts_with("is given elsewhere") => {
            format!("{parameter}: `{root}` is set by the parameter {set_by}")
        }
        ([parameter], None) if problem.starts_with("is given elsewhere") => {
            format!("{parameter}: `{root}` is set by the template")
        }
        ([parameter], _) => format!("{parameter}: `{key}` {problem}"),
        ([], _) if key == CONFIGURATION_SECRET_VARIABLE => format!("ConfigurationSecret {problem}"),
        ([], Some(parameter)) => format!("{parameter}: `{key}` {problem}"),
        ([], None) => format!("`{key}` {problem}"),
    }
}

/// The names in a JSON object.
fn keys(text: &str) -> BTreeSet<String> {
    serde_json::from_str::<Map<String, Value>>(text)
        .unwrap_or_default()
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

fn role_of(name: &str) -> Option<Role> {
    match name {
        "authorizer" => Some(Role::Authorizer),
        "login" => Some(Role::Login),
        "callback" => Some(Role::Callback),
        "session" => Some(Role::Session),
        "logout" => Some(Role::Logout),
        "proxy" => Some(Role::Proxy),
        _ => None,
    }
}
