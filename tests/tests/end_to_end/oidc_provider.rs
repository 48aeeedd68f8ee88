//! oidc_provider
