//! Writes the parameters of a deployment as `sam deploy --config-file` takes them.

use crate::report::Application;
use crate::settings::Draft;
use crate::yaml::without_comments;

/// The file for the front that most need: an HTTP API.
pub(crate) fn parameters(application: &Application, draft: &Draft) -> String {
    let mut parameters: Vec<(&str, String)> = Vec::new();
    let text = |key: &str| draft.text(key).map(str::to_owned);
    parameters.extend(text("upstream_url").map(|url| ("UpstreamUrl", url)));
    if let Some(routes) = draft.get("routes") {
        parameters.push(("Routes", without_comments(routes).json().to_string()));
    }
    parameters.extend(text("session_storage").map(|storage| ("SessionStorage", storage)));
    if let Some((pool, domain)) = pool(draft) {
        parameters.push(("UserPoolId", pool));
        parameters.extend(domain.map(|domain| ("Domain", domain.trim_start_matches("https://").to_owned())));
    }
    let own = application
        .callback
        .strip_prefix(&application.public_url)
        .filter(|path| !path.ends_with("/callback") || !path.starts_with("/oauth2"));
    parameters.extend(own.map(|path| ("CallbackPath", path.to_owned())));
    let host = application.public_url.trim_start_matches("https://");
    if !host.contains(':') && !host.ends_with(".invalid") {
        parameters.push(("CustomDomainName", host.to_owned()));
    }
    let lines: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("  {},\n", quoted(&format!("{name}={}", quoted(value)))))
        .collect();
    format!(
        "# sam deploy --config-file FOLDER/samconfig.toml --config-env http-api, after sam build --config-env http-api.\n\
         # A CustomDomainName needs CertificateArn. The stack makes the client and the session key by itself.\n\
         version = 0.1\n\n[http-api.deploy.parameters]\nstack_name = {}\n\
         template_file = \".aws-sam/http-api/template.yaml\"\ncapabilities = \"CAPABILITY_IAM CAPABILITY_AUTO_EXPAND\"\n\
         parameter_overrides = [\n{}]\n",
        quoted(&application.name),
        lines.concat()
    )
}

/// The pool that `issuer` names, and its domain.
fn pool(draft: &Draft) -> Option<(String, Option<String>)> {
    let issuer = draft.text("issuer")?;
    let issuer = issuer.strip_suffix("/.well-known/openid-configuration").unwrap_or(issuer);
    let is_pool = issuer.contains("cognito-idp.") && issuer.contains(".amazonaws.com/");
    let id = issuer.rsplit('/').next().filter(|_| is_pool)?;
    Some((id.to_owned(), draft.text("user_pool_domain").map(str::to_owned)))
}

/// A basic string of TOML, which escapes as JSON does.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
