//! Knows which keys the templates of a deployment set themselves.

/// The parameter of the templates that sets a key.
const PARAMETERS: [(&str, &str); 20] = [
    ("client_id", "ClientId"),
    ("client_secret", "ClientSecretArn"),
    ("client_secret_source", "ClientSecretArn"),
    ("front_secret_header", "CloudFront"),
    ("groups_required", "GroupsRequired"),
    ("issuer", "Issuer"),
    ("log_level", "LogLevel"),
    ("provider", "Issuer"),
    ("public_url", "CustomDomainName"),
    ("redirect_uri", "CallbackPath"),
    ("response_streaming", "ResponseStreaming"),
    ("rotation_grace", "SessionStorage"),
    ("routes", "Routes"),
    ("scopes", "Scopes"),
    ("session_secret", "SessionKeyArn"),
    ("session_storage", "SessionStorage"),
    ("session_table", "SessionTable"),
    ("upstream_secret_header", "UpstreamSecretHeader"),
    ("upstream_url", "UpstreamUrl"),
    ("user_pool_domain", "Domain"),
];

/// The parameter of the templates that sets `key`. A key has one source, so nobody else may give it on a deployment.
pub fn parameter_of(key: &str) -> Option<&'static str> {
    PARAMETERS.iter().find(|(known, _)| *known == key).map(|(_, parameter)| *parameter)
}
