//! Lists the providers that are self-hosted.

use conformance::provider::shape::{ABSENT, AT_HASH, NOW, Shape};
use serde_json::{Value, json};

use super::super::{HINT, Row};
use super::{EVENT, other_key};

/// Token response:
/// <https://keycloak.org/docs-api/21.0.2/javadocs/org/keycloak/representations/AccessTokenResponse.html>
/// (`revocation-policy`, `session_state`, `refresh_expires_in`; all numbers are JSON numbers). Claims, with
/// `session_state` besides `sid`: <https://github.com/keycloak/keycloak/issues/27624>, with an example at
/// <https://github.com/netbirdio/netbird/pull/746>. Logout token: `LogoutToken` and `initLogoutToken` in
/// <https://github.com/keycloak/keycloak>, `typ` in the claims, the second event at
/// <https://github.com/CZ-NIC/pyoidc/issues/887>. Refusals:
/// <https://github.com/keycloak/keycloak/issues/39266> and `TokenManager` in the same repository. Not seen:
/// the metadata and the key set on the wire; a realm has the other key, for encryption, by default.
pub(super) fn keycloak_24() -> Row {
    let response = json!({
        "expires_in": 300, "refresh_expires_in": 1800, "revocation-policy": 0,
        "session_state": "7c126780-0000-4000-8000-c6b805ddb000", "scope": "openid email profile",
    });
    let mut refreshed = response.clone();
    refreshed["refresh_token"] = json!("refresh-2");
    Row {
        name: "Keycloak 24",
        settings: &[("issuer", "https://sso.example.com/realms/acme")],
        metadata: keycloak_metadata(),
        shape: Shape {
            key: json!({
                "kid": "xWU9JP5y-HqVVOea0sSEbMXLxbBoQSIltvKIGN8-xxx", "alg": "RS256", "use": "sig",
                "x5c": ["MIIClzCCAX8CBgGF"], "x5t": "t5f2wRs", "x5t#S256": "B2LDr0QZ",
            }),
            other_keys: vec![
                other_key(
                    &json!({ "kid": "enc", "alg": "RSA-OAEP", "use": "enc", "x5c": ["MIIC"], "x5t": "e" }),
                ),
                other_key(&json!({ "kid": "ec", "kty": "EC", "crv": "P-521", "alg": "ES512", "use": "sig" })),
            ],
            claims: json!({
                "iss": "https://sso.example.com/realms/acme", "sub": "f:1:ada", "typ": "ID", "azp": "conformance",
                "auth_time": NOW, "jti": "8d7a17fa-2c08-4420-ae1b-dbe6b5f7c000", "acr": "1", "at_hash": AT_HASH,
                "session_state": "7c126780-0000-4000-8000-c6b805ddb000", "sid": "7c126780-0000-4000-8000-c6b805ddb000",
                "realm_access": { "roles": ["offline_access", "uma_authorization"] },
                "resource_access": { "account": { "roles": ["view-profile"] } },
                "email_verified": true, "preferred_username": "ada", "email": "ada@example.com", "groups": ["/staff"],
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "&session_state=7c126780-0000-4000-8000-c6b805ddb000&iss=https%3A%2F%2Fsso.example.com%2Frealms%2Facme",
        groups: &["/staff"],
        username: Some("ada"),
        email: Some("ada@example.com"),
        odd: &[],
        seconds: 300,
        sign_out: Some(("https://sso.example.com/realms/acme/protocol/openid-connect/logout", HINT)),
        revocation: Some("https://sso.example.com/realms/acme/protocol/openid-connect/revoke"),
        logout_token: Some((
            Some("JWT"),
            json!({
                "sub": "f:1:ada", "sid": "7c126780-0000-4000-8000-c6b805ddb000", "typ": "Logout",
                "events": { EVENT: {}, "revoke_offline_access": true },
            }),
        )),
        refusals: vec![
            (400, json!({ "error": "invalid_grant", "error_description": "Token is not active" }), true),
            (400, json!({ "error": "invalid_grant", "error_description": "Session not active" }), true),
            (401, json!({ "error": "unauthorized_client", "error_description": "Of the client." }), false),
        ],
    }
}

fn keycloak_metadata() -> Value {
    json!({
        "issuer": "https://sso.example.com/realms/acme",
        "authorization_endpoint": "https://sso.example.com/realms/acme/protocol/openid-connect/auth",
        "token_endpoint": "https://sso.example.com/realms/acme/protocol/openid-connect/token",
        "jwks_uri": "https://sso.example.com/realms/acme/protocol/openid-connect/certs",
        "userinfo_endpoint": "https://sso.example.com/realms/acme/protocol/openid-connect/userinfo",
        "revocation_endpoint": "https://sso.example.com/realms/acme/protocol/openid-connect/revoke",
        "end_session_endpoint": "https://sso.example.com/realms/acme/protocol/openid-connect/logout",
        "check_session_iframe":
            "https://sso.example.com/realms/acme/protocol/openid-connect/login-status-iframe.html",
        "frontchannel_logout_supported": true, "backchannel_logout_supported": true,
        "authorization_response_iss_parameter_supported": true,
        "id_token_signing_alg_values_supported": ["PS384", "RS384", "EdDSA", "ES384", "HS256", "RS256", "none"],
        "mtls_endpoint_aliases": { "token_endpoint": "https://sso.example.com/realms/acme/mtls/token" },
    })
}

/// Like version 24, without `session_state` in tokens (<https://github.com/keycloak/keycloak/pull/28354>) and
/// with a refresh token that does not expire, as `offline_access` gives it. Not seen: `refresh_expires_in` 0
/// and `typ` of the logout token in this version.
pub(super) fn keycloak_26() -> Row {
    let mut row = keycloak_24();
    row.name = "Keycloak 26";
    row.shape.claims["session_state"] = json!(ABSENT);
    for response in [&mut row.shape.response, &mut row.shape.refreshed] {
        response["refresh_expires_in"] = json!(0);
        response["scope"] = json!("openid offline_access email profile");
    }
    row.logout_token = Some((
        Some("logout+jwt"),
        json!({
            "sub": "f:1:ada", "sid": "7c126780-0000-4000-8000-c6b805ddb000", "typ": "Logout", "events": { EVENT: {} },
        }),
    ));
    row
}

/// <https://github.com/goauthentik/authentik>: claims from `authentik/providers/oauth2/id_token.py`, which omits absent
/// claims and makes `sid` a hash; metadata from `views/provider.py`, where the issuer ends in a slash; refusals from
/// `views/token.py`; `tasks.py` shows that it sends logout tokens for a session or a user. Not seen: the members of its
/// logout token, and the key set.
pub(super) fn authentik() -> Row {
    let response = json!({ "expires_in": 300, "scope": "openid email profile offline_access" });
    let mut refreshed = response.clone();
    refreshed["refresh_token"] = json!("refresh-2");
    Row {
        name: "authentik",
        settings: &[
            ("issuer", "https://id.example.com/application/o/app/"),
            ("scopes", "openid email profile offline_access"),
        ],
        metadata: json!({
            "issuer": "https://id.example.com/application/o/app/",
            "authorization_endpoint": "https://id.example.com/application/o/authorize/",
            "token_endpoint": "https://id.example.com/application/o/token/",
            "jwks_uri": "https://id.example.com/application/o/app/jwks/",
            "userinfo_endpoint": "https://id.example.com/application/o/userinfo/",
            "revocation_endpoint": "https://id.example.com/application/o/revoke/",
            "end_session_endpoint": "https://id.example.com/application/o/app/end-session/",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "id_token_signing_alg_values_supported": ["RS256"], "request_parameter_supported": false,
        }),
        shape: Shape {
            key: json!({
                "kid": "3b2b91d5e5b6f9f9d8ac", "alg": "RS256", "use": "sig", "x5c": ["MIIFUzCCAzugAwIB"],
                "x5t": "pQ", "x5t#S256": "Zz",
            }),
            other_keys: vec![other_key(&json!({ "kid": "enc", "alg": "RSA-OAEP-256", "use": "enc" }))],
            claims: json!({
                "iss": "https://id.example.com/application/o/app/", "auth_time": NOW, "amr": ["pwd"],
                "sub": "0d7c46f7b3f0a5fb5f4b5a3f5e9bbd8dd5f8c9a4c0e7a0f0e9b8d7c6a5b4c3d2",
                "acr": "goauthentik.io/providers/oauth2/default", "at_hash": AT_HASH,
                "sid": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
                "email": "ada@example.com", "email_verified": false, "preferred_username": "ada", "nickname": "ada",
                "groups": ["staff"],
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "",
        groups: &["staff"],
        username: Some("ada"),
        email: None,
        odd: &[],
        seconds: 300,
        sign_out: Some(("https://id.example.com/application/o/app/end-session/", HINT)),
        revocation: Some("https://id.example.com/application/o/revoke/"),
        logout_token: Some((
            Some("JWT"),
            json!({
                "sub": "0d7c46f7b3f0a5fb5f4b5a3f5e9bbd8dd5f8c9a4c0e7a0f0e9b8d7c6a5b4c3d2",
                "sid": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c", "events": { EVENT: {} },
            }),
        )),
        refusals: vec![
            (400, json!({ "error": "invalid_grant", "error_description": "Of the token." }), true),
            (400, json!({ "error": "invalid_client", "error_description": "Of the client." }), false),
        ],
    }
}

/// Claims: <https://github.com/holos-run/holos/issues/91>: the audiences are every client of the project and
/// the project itself; there are `azp` and `client_id`, and `locale` is null. The claims in the ID token, and
/// those only in userinfo:
/// <https://github.com/zitadel/zitadel/blob/012fff93bd22b25df0fdd04ef4a2df40639bb82b/docs/docs/apis/openidoauth/claims.md>,
/// where roles are nested objects. It supports back-channel logout:
/// <https://zitadel.com/docs/guides/integrate/back-channel-logout>. Not seen: the logout token, the refresh
/// response, the metadata. An action adds the claim `groups`.
pub(super) fn zitadel() -> Row {
    let response = json!({ "expires_in": 43_199 });
    let mut refreshed = response.clone();
    refreshed["refresh_token"] = json!("refresh-2");
    Row {
        name: "Zitadel",
        settings: &[
            ("issuer", "https://login.example.com"),
            ("userinfo_endpoint", "https://login.example.com/oidc/v1/userinfo"),
            ("scopes", "openid email profile offline_access"),
        ],
        metadata: json!({
            "issuer": "https://login.example.com",
            "authorization_endpoint": "https://login.example.com/oauth/v2/authorize",
            "token_endpoint": "https://login.example.com/oauth/v2/token",
            "jwks_uri": "https://login.example.com/oauth/v2/keys",
            "userinfo_endpoint": "https://login.example.com/oidc/v1/userinfo",
            "revocation_endpoint": "https://login.example.com/oauth/v2/revoke",
            "end_session_endpoint": "https://login.example.com/oidc/v1/end_session",
        }),
        shape: Shape {
            key: json!({ "kid": "257714027772314752", "alg": "RS256", "use": "sig" }),
            other_keys: vec![other_key(
                &json!({ "kid": "257714027772314753", "alg": "RS256", "use": "sig" }),
            )],
            claims: json!({
                "iss": "https://login.example.com", "sub": "257712562366383231", "azp": "conformance",
                "aud": ["257714027772314751@acme", "conformance", "257713952794870157"], "client_id": "conformance",
                "amr": ["mfa", "user"], "auth_time": NOW, "at_hash": AT_HASH, "c_hash": "x0rza4Vnqf0NWeFdv8v0WA",
                "locale": null, "updated_at": 1_710_105_084, "sid": "V1_260887327029658738",
                "urn:zitadel:iam:org:project:roles": { "staff": { "257713952794870157": "acme.example.com" } },
                "groups": ABSENT,
            }),
            response,
            refreshed,
            user_info: json!({
                "sub": "257712562366383231", "email": "ada@example.com", "email_verified": true,
                "preferred_username": "ada@acme.example.com", "locale": null, "groups": ["staff"],
            }),
            ..Shape::default()
        },
        callback: "",
        groups: &["staff"],
        username: Some("ada@acme.example.com"),
        email: Some("ada@example.com"),
        odd: &[],
        seconds: 43_199,
        sign_out: Some(("https://login.example.com/oidc/v1/end_session", HINT)),
        revocation: Some("https://login.example.com/oauth/v2/revoke"),
        logout_token: Some((
            Some("logout+jwt"),
            json!({ "sub": "257712562366383231", "sid": "V1_260887327029658738", "events": { EVENT: {} } }),
        )),
        refusals: vec![(400, json!({ "error": "invalid_grant", "error_description": "Errors.Token" }), true)],
    }
}

/// Metadata: <https://gist.github.com/kukat/ec81476a6e8c988d4ecff666ec48728d>: `version`, and
/// `ping_end_session_endpoint` in place of `end_session_endpoint`; later versions have the standard one too,
/// `/idp/init_logout.openid`, whose parameters are at
/// <https://docs.pingidentity.com/pingfederate/latest/developers_reference_guide/pf_openid_connect_rp_logout_endpoint.html>.
/// Claims: <https://docs.pingidentity.com/r/en-us/developer/wls1601508088262>. `pi.sri`, and an ID token at a
/// refresh only if it is switched on:
/// <https://docs.pingidentity.com/r/en-us/pingfederate-102/help_policymanagementtasklet_policymanagementstate>.
/// Not seen: its key set, token answers and refusals.
pub(super) fn ping_federate() -> Row {
    Row {
        name: "PingFederate",
        settings: &[("issuer", "https://sso.example.com:9031"), ("groups_claim", "memberOf")],
        metadata: json!({
            "version": "3.0", "issuer": "https://sso.example.com:9031",
            "authorization_endpoint": "https://sso.example.com:9031/as/authorization.oauth2",
            "token_endpoint": "https://sso.example.com:9031/as/token.oauth2",
            "jwks_uri": "https://sso.example.com:9031/pf/JWKS",
            "userinfo_endpoint": "https://sso.example.com:9031/idp/userinfo.openid",
            "revocation_endpoint": "https://sso.example.com:9031/as/revoke_token.oauth2",
            "ping_revoked_sris_endpoint": "https://sso.example.com:9031/pf-ws/rest/sessionMgmt/revokedSris",
            "ping_end_session_endpoint": "https://sso.example.com:9031/idp/startSLO.ping",
        }),
        shape: Shape {
            header: json!({ "typ": ABSENT }),
            key: json!({ "kid": "signing-1", "use": "sig" }),
            // No provider is known to publish two keys with one `kid`; this row tests the case.
            other_keys: vec![
                other_key(&json!({ "kid": "signing-1", "use": "sig" })),
                other_key(&json!({ "kid": "ec", "kty": "EC", "crv": "P-521", "use": "sig" })),
            ],
            claims: json!({
                "iss": "https://sso.example.com:9031", "sub": "ada", "jti": "uf90SK4wscFhctUT6Dtvb2", "auth_time": NOW,
                "at_hash": AT_HASH, "pi.sri": "HOBKZkNKnbA4kY0Vq9lWtcLnAeA..", "groups": ABSENT,
                "memberOf": ["CN=Staff,OU=Groups,DC=example,DC=com"],
            }),
            response: json!({ "expires_in": 7199 }),
            refreshed: json!({ "expires_in": 7199, "id_token": ABSENT }),
            ..Shape::default()
        },
        callback: "",
        groups: &["CN=Staff,OU=Groups,DC=example,DC=com"],
        username: None,
        email: None,
        odd: &[],
        seconds: 7199,
        sign_out: None,
        revocation: Some("https://sso.example.com:9031/as/revoke_token.oauth2"),
        logout_token: None,
        refusals: vec![(
            400,
            json!({ "error": "invalid_grant", "error_description": "unknown, invalid, or expired refresh token" }),
            true,
        )],
    }
}
