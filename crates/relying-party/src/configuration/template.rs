//! Knows which keys the deployment templates set themselves.

/// The template parameter that sets each key.
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

/// The template parameter that sets `key`. A key has one source, so on a deployment no other may give it.
pub fn parameter_of(key: &str) -> Option<&'static str> {
    PARAMETERS.iter().find(|(known, _)| *known == key).map(|(_, parameter)| *parameter)
}
