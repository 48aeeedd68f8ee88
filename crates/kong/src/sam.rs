//! Writes the parameters of a deployment in the format of `sam deploy --config-file`.

use std::collections::BTreeSet;

use relying_party::configuration::parameter_of;
use serde_json::{Map, Value as Json};
use url::Url;

use crate::front::Front;
use crate::json;
use crate::report::Application;
use crate::settings::{Draft, host_of, without_discovery};
use crate::yaml::{Entry, Yaml, without_comments};

/// The longest value of a parameter (CloudFormation, "Quotas").
const MAX_VALUE: usize = 4_096;

/// The longest text of a secret (AWS Secrets Manager, "Quotas").
const MAX_SECRET: usize = 65_536;

const CLIENT_SECRET: &str = "client_secret";

/// The file for a front, and the configuration that is too long for it.
pub(crate) struct Parameters {
    pub(crate) file: String,
    /// The JSON object for the secret of `ConfigurationSecret`.
    pub(crate) configuration: Option<String>,
}

impl Parameters {
    /// Whether nothing that a deployment reads can hold the configuration.
    pub(crate) fn is_too_long(&self) -> bool {
        self.configuration.as_ref().is_some_and(|text| text.len() > MAX_SECRET)
    }
}

pub(crate) fn parameters(front: Front, application: &Application, draft: &Draft) -> Parameters {
    let mut parameters: Vec<(&str, String)> = Vec::new();
    let text = |key: &str| draft.text(key).map(str::to_owned);
    parameters.extend(text("upstream_url").map(|url| ("UpstreamUrl", url)));
    parameters.push(("SelfSignUp", "false".to_owned()));
    provider(draft, &mut parameters);
    if let Some(Yaml::List(scopes)) = draft.get("scopes") {
        let scopes: Vec<String> =
            scopes.iter().filter_map(|scope| scope.json().as_str().map(str::to_owned)).collect();
        parameters.push(("Scopes", scopes.join(",")));
    }
    parameters.extend(text("session_storage").map(|storage| ("SessionStorage", storage)));
    callbacks(application, &mut parameters);
    // A client that is there already has its own list: register.txt has the page.
    if draft.text("client_id").is_none() {
        parameters.extend(text("logout_redirect_uri").map(|page| ("LogoutUrls", page)));
    }
    // A deployment by the templates listens on 443, even if Kong listens on another port.
    let host = host_of(&application.public_url).unwrap_or_default();
    if host.contains('.') && host.rsplit('.').next() != Some("invalid") {
        parameters.push(("CustomDomainName", host));
        if front == Front::FunctionUrl {
            parameters.push(("CloudFront", "true".to_owned()));
        }
    }
    let configuration = further(draft, &mut parameters);
    let file = file(front, application, draft, &parameters, configuration.as_deref());
    Parameters { file, configuration }
}

/// The text of samconfig.toml.
fn file(
    front: Front,
    application: &Application,
    draft: &Draft,
    parameters: &[(&str, String)],
    configuration: Option<&str>,
) -> String {
    let lines: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("  {},\n", quoted(&format!("{name}={}", of_sam(value)))))
        .collect();
    let secret = match configuration {
        Some(text) if text.len() > MAX_SECRET => {
            "# configuration.json is too long for a parameter, and for a secret too (65536 bytes): make its rules fewer, or deploy its\n# paths as several applications.\n"
        }
        Some(_) => {
            "# configuration.json is too long for a parameter: put it into a secret, and name that in ConfigurationSecret.\n"
        }
        None => "",
    };
    let client = match () {
        () if draft.secrets.iter().any(|(key, _)| key == CLIENT_SECRET) => {
            "# Put secrets.json into a secret, and name that in ClientSecretArn.\n"
        }
        () if draft.absent_secrets.contains(&CLIENT_SECRET) => {
            "# Put the client's secret, which the input does not have, into a secret, and name that in ClientSecretArn.\n"
        }
        () => "",
    };
    let has = |name: &str| parameters.iter().any(|(known, _)| *known == name);
    let domain = if has("UserPoolId") && !has("Domain") {
        "# Add Domain, the sign-in domain of the user pool.\n"
    } else if parameters.iter().any(|(name, value)| *name == "Issuer" && value.contains(".invalid")) {
        "# Issuer was a placeholder: name it, or for a user pool of Cognito write UserPoolId and Domain in its place.\n"
    } else {
        ""
    };
    let host = if has("CustomDomainName") {
        ""
    } else {
        "# Add CustomDomainName, the host name of the application.\n"
    };
    let environment = front.environment();
    let plain = |sentence: &str| sentence.replace('`', "");
    format!(
        "# sam build --config-env {environment}\n\
         # sam deploy --config-file FOLDER/samconfig.toml --config-env {environment}\n\
         # FOLDER is the folder of this file.\n\
         {domain}{host}# Add {}.\n\
         # An application without a public address needs {}.\n\
         {client}# The stack makes the key that seals sessions by itself.\n{secret}\
         version = 0.1\n\n[{environment}.deploy.parameters]\nstack_name = {}\n\
         template_file = \".aws-sam/{}/template.yaml\"\nresolve_s3 = true\ncapabilities = \"CAPABILITY_IAM CAPABILITY_AUTO_EXPAND\"\n\
         parameter_overrides = [\n{}]\n",
        plain(front.parameters()),
        plain(front.network()),
        quoted(&application.name),
        front.build(),
        lines.concat()
    )
}

/// The paths of the callback on the deployment's own host; those on other hosts are only registered.
fn callbacks(application: &Application, parameters: &mut Vec<(&str, String)>) {
    let own = host_of(&application.public_url);
    let (own, others): (Vec<&String>, Vec<&String>) =
        application.callbacks.iter().partition(|callback| host_of(callback) == own);
    let path = |callback: &&String| Url::parse(callback).ok().map(|url| url.path().to_owned());
    let mut paths: Vec<String> = own.iter().filter_map(path).collect();
    let mut seen = BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    if paths != ["/oauth2/callback"] {
        let names = ["CallbackPath", "SecondCallbackPath"];
        parameters.extend(names.into_iter().zip(paths));
    }
    if !others.is_empty() {
        let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
        parameters.push(("CallbackUrls", others.join(",")));
    }
}

/// The user pool in `issuer`, or another provider, and its client.
fn provider(draft: &Draft, parameters: &mut Vec<(&str, String)>) {
    let Some(issuer) = draft.text("issuer") else { return };
    let issuer = without_discovery(issuer);
    let is_pool = issuer.contains("cognito-idp.") && issuer.contains(".amazonaws.com/");
    match issuer.rsplit('/').next().filter(|_| is_pool) {
        Some(id) => parameters.push(("UserPoolId", id.to_owned())),
        None => parameters.push(("Issuer", issuer.to_owned())),
    }
    let domain =
        draft.text("user_pool_domain").map(|domain| domain.trim_start_matches("https://").to_owned());
    parameters.extend(domain.map(|domain| ("Domain", domain)));
    parameters.extend(draft.text("client_id").map(|client| ("ClientId", client.to_owned())));
}

/// The rules and all further keys, as far as parameters can hold them; returns the rest.
fn further(draft: &Draft, parameters: &mut Vec<(&str, String)>) -> Option<String> {
    let mut keys: Map<String, Json> = draft
        .entries
        .iter()
        .filter(|entry| parameter_of(&entry.key).is_none())
        .map(|Entry { key, value, .. }| (key.clone(), value.json()))
        .collect();
    if let Some(routes) = draft.get("routes").map(|routes| without_comments(routes).json()) {
        let text = document(&routes);
        if text.len() <= MAX_VALUE {
            parameters.push(("Routes", text));
        } else {
            keys.insert("routes".to_owned(), routes);
        }
    }
    if keys.is_empty() {
        return None;
    }
    let keys = Json::Object(keys);
    let text = document(&keys);
    if text.len() <= MAX_VALUE {
        parameters.push(("Configuration", text));
        return None;
    }
    Some(json::text(&keys))
}

/// A JSON document without a backslash before a quotation mark or another backslash. sam treats the first as
/// its own escape, and leaves the second unchanged (`CfnParameterOverridesType` of sam 1.170).
fn document(document: &Json) -> String {
    json::line(document).replace(r"\\", r"\u005c").replace(r#"\""#, r"\u0022")
}

/// Quotes a value as sam reads it, with a backslash before each quotation mark inside.
fn of_sam(value: &str) -> String {
    format!("\"{}\"", value.replace('"', r#"\""#))
}

/// A basic string of TOML, whose escapes are those of JSON.
fn quoted(text: &str) -> String {
    Json::String(text.to_owned()).to_string()
}
