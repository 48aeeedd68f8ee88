//! Lists the providers that are hosted services.

use conformance::provider::shape::{ABSENT, AT_HASH, NOW, Shape};
use serde_json::{Value, json};

use super::super::{HINT, Row};
use super::{EVENT, other_key};

/// Answers:
/// <https://github.com/auth0/docs-v2/blob/main/main/docs/api/authentication/refresh-token/refresh-token.mdx>:
/// 403 for a refresh token that is invalid or expired; `invalid_grant` with this text:
/// <https://github.com/auth0/Auth0.swift/issues/819>. Logout token:
/// <https://github.com/auth0/docs-v2/blob/main/main/docs/authenticate/login/logout/back-channel-logout.mdx>;
/// its issuer ends in a slash, and it has `trace_id`. The metadata have `end_session_endpoint` in tenants
/// created since November 2023 and where it is switched on:
/// <https://github.com/auth0/docs-v2/blob/main/main/docs/authenticate/login/logout/log-users-out-of-auth0.mdx>.
/// With `client_id` the return addresses of the application apply, otherwise those of the tenant:
/// <https://github.com/auth0/docs-v2/blob/main/main/docs/api/authentication/logout/oidc-logout.mdx>. Not
/// seen: a whole metadata document, the type of `updated_at` (here a date as text), and whether the response
/// to a refresh has an ID token.
pub(super) fn auth0() -> Row {
    let response = json!({ "expires_in": 86_400, "scope": "openid profile email offline_access" });
    let mut refreshed = response.clone();
    refreshed["id_token"] = json!(ABSENT);
    Row {
        name: "Auth0",
        settings: &[
            ("issuer", "https://acme.eu.auth0.com/.well-known/openid-configuration"),
            ("groups_claim", "https://app.example.com/roles"),
            ("scopes", "openid email profile offline_access"),
        ],
        metadata: json!({
            "issuer": "https://acme.eu.auth0.com/",
            "authorization_endpoint": "https://acme.eu.auth0.com/authorize",
            "token_endpoint": "https://acme.eu.auth0.com/oauth/token",
            "jwks_uri": "https://acme.eu.auth0.com/.well-known/jwks.json",
            "userinfo_endpoint": "https://acme.eu.auth0.com/userinfo",
            "revocation_endpoint": "https://acme.eu.auth0.com/oauth/revoke",
            "end_session_endpoint": "https://acme.eu.auth0.com/oidc/logout",
            "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
            "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
        }),
        shape: Shape {
            key: json!({
                "kid": "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg", "alg": "RS256", "use": "sig",
                "x5t": "NjVBRjY5MDlCMUIwNzU4RTA2QzZFMDQ4QzQ2MDAyQjVDNjk1RTM2Qg",
                "x5c": ["MIIC+DCCAeCgAwIBAgIJBIGjYW6hFpn2MA0GCSqGSIb3DQEBBQUA"],
            }),
            other_keys: vec![other_key(&json!({ "kid": "next", "alg": "RS256", "use": "sig" }))],
            claims: json!({
                "iss": "https://acme.eu.auth0.com/", "sub": "auth0|602e93db83fa6f00749a23e6",
                "nickname": "ada", "name": "ada@example.com", "picture": "https://s.gravatar.com/avatar/1.png",
                "updated_at": "2026-01-15T09:30:00.000Z", "email": "ada@example.com", "email_verified": true,
                "sid": "375UIp_ID5mCTClIeBEHpXfGwq51tF_L", "https://app.example.com/roles": ["staff"],
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "",
        groups: &["staff"],
        username: None,
        email: Some("ada@example.com"),
        odd: &[],
        seconds: 86_400,
        sign_out: Some(("https://acme.eu.auth0.com/oidc/logout", HINT)),
        revocation: Some("https://acme.eu.auth0.com/oauth/revoke"),
        logout_token: Some((
            Some("logout+jwt"),
            json!({
                "sub": "auth0|602e93db83fa6f00749a23e6", "sid": "375UIp_ID5mCTClIeBEHpXfGwq51tF_L",
                "trace_id": "81b336a94a4a5707", "events": { EVENT: {} },
            }),
        )),
        refusals: vec![
            (
                403,
                json!({ "error": "invalid_grant", "error_description": "Unknown or invalid refresh token." }),
                true,
            ),
            (403, json!({ "error": "access_denied", "error_description": "Of a rule or an action." }), false),
            (401, json!({ "error": "login_required", "error_description": "Of the tenant." }), false),
            (403, json!({ "error": "mfa_required", "mfa_token": "Fe26.2**" }), false),
        ],
    }
}

/// Claims:
/// <https://github.com/okta/okta-developer-docs/blob/master/packages/%40okta/vuepress-site/docs/guides/customize-tokens-groups-claim/main/index.md>:
/// `ver` is a number, and there are `amr` and `idp`. Answers, including a refresh with an ID token and the
/// same refresh token:
/// <https://github.com/okta/okta-developer-docs/blob/master/packages/%40okta/vuepress-site/docs/guides/refresh-tokens/main/index.md>.
/// The refusal of a refresh: <https://github.com/okta/okta-react-native/issues/287>. Not seen: the metadata,
/// header and keys (neither address has them), and the body of a 401.
pub(super) fn okta() -> Row {
    let response = json!({ "expires_in": 3600, "scope": "offline_access openid" });
    let mut refreshed = response.clone();
    refreshed["refresh_token"] = json!("refresh-2");
    Row {
        name: "Okta",
        settings: &[
            ("issuer", "https://acme.okta.com/oauth2/default"),
            ("scopes", "openid email profile groups offline_access"),
        ],
        metadata: json!({
            "issuer": "https://acme.okta.com/oauth2/default",
            "authorization_endpoint": "https://acme.okta.com/oauth2/default/v1/authorize",
            "token_endpoint": "https://acme.okta.com/oauth2/default/v1/token",
            "jwks_uri": "https://acme.okta.com/oauth2/default/v1/keys",
            "revocation_endpoint": "https://acme.okta.com/oauth2/default/v1/revoke",
            "end_session_endpoint": "https://acme.okta.com/oauth2/default/v1/logout",
            "id_token_signing_alg_values_supported": ["RS256"],
        }),
        shape: Shape {
            header: json!({ "typ": ABSENT }),
            key: json!({ "kid": "U5R8cHbGw445Qbq8zVO1PcCpXL8yG6IcovVa3laCoxM", "alg": "RS256", "use": "sig" }),
            claims: json!({
                "iss": "https://acme.okta.com/oauth2/default", "sub": "00uixa271s6x7qt8I0h7", "ver": 1,
                "jti": "ID.ewMNfSvcpuqyS93OgVeCN3F2LseqROkyYjz7DNb9yhs", "amr": ["pwd", "mfa", "kba"],
                "idp": "00oixa26ycdNcX0VT0h7", "auth_time": NOW, "at_hash": AT_HASH,
                "preferred_username": "ada@example.com", "email": "ada@example.com", "email_verified": true,
                "groups": ["Everyone", "staff"],
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "",
        groups: &["Everyone", "staff"],
        username: Some("ada@example.com"),
        email: Some("ada@example.com"),
        odd: &[],
        seconds: 3600,
        sign_out: Some(("https://acme.okta.com/oauth2/default/v1/logout", HINT)),
        revocation: Some("https://acme.okta.com/oauth2/default/v1/revoke"),
        logout_token: None,
        refusals: vec![
            (
                400,
                json!({
                    "error": "invalid_grant", "error_description": "The refresh token is invalid or expired.",
                }),
                true,
            ),
            (401, json!({ "error": "invalid_client", "error_description": "Of the client." }), false),
            (400, json!({ "error": "access_denied", "error_description": "Of a policy." }), false),
        ],
    }
}

/// Metadata and keys:
/// <https://github.com/panva/wellknown/blob/e88dd5e2d1c5cf40ee6358147c7b1117c4049a50/issuers/google/google.mjs>:
/// there is no `end_session_endpoint`. Claims:
/// <https://js.electronforge.io/interfaces/_electron_forge_publisher_gcs.InternalOptions.TokenPayload.html>,
/// which repeats Google's reference. Only a request with `access_type=offline` gets a refresh token:
/// <https://cloud.google.com/nodejs/docs/reference/google-auth-library/latest/google-auth-library/credentialrequest>.
/// Not seen: the response to a refresh, here without ID token and refresh token, and the body of its refusal.
pub(super) fn google() -> Row {
    let scope = "openid https://www.googleapis.com/auth/userinfo.email";
    Row {
        name: "Google",
        settings: &[
            ("issuer", "https://accounts.google.com"),
            (
                "authorization_query_args",
                r#"{"access_type": "offline", "prompt": "consent", "hd": "example.com"}"#,
            ),
        ],
        metadata: json!({
            "issuer": "https://accounts.google.com",
            "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
            "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
            "token_endpoint": "https://oauth2.googleapis.com/token",
            "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
            "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }),
        shape: Shape {
            key: json!({ "kid": "73e25f9789119c7875d58087a78ac23f5ef2eda3", "alg": "RS256", "use": "sig" }),
            other_keys: vec![other_key(
                &json!({ "kid": "c88d809f4db943df53da7accfd47764d05ba391f", "alg": "RS256", "use": "sig" }),
            )],
            claims: json!({
                "iss": "https://accounts.google.com", "azp": "conformance", "sub": "110169484474386276334",
                "hd": "example.com", "email": "ada@example.com", "email_verified": true, "at_hash": AT_HASH,
                "name": "Ada Lovelace", "picture": "https://lh3.googleusercontent.com/a/1", "groups": ABSENT,
            }),
            response: json!({ "expires_in": 3599, "scope": scope }),
            refreshed: json!({ "expires_in": 3599, "scope": scope, "id_token": ABSENT }),
            ..Shape::default()
        },
        callback: "&scope=email%20openid&authuser=0&hd=example.com&prompt=consent",
        groups: &[],
        username: None,
        email: Some("ada@example.com"),
        odd: &[],
        seconds: 3599,
        sign_out: None,
        revocation: Some("https://oauth2.googleapis.com/revoke"),
        logout_token: None,
        refusals: vec![(
            400,
            json!({ "error": "invalid_grant", "error_description": "Token has been expired or revoked." }),
            true,
        )],
    }
}

/// Metadata:
/// <https://developer.pingidentity.com/pingone-api/auth/openid-connect-oauth-2/discovery-openid-configuration.md>.
/// Claims, `kid` and `x5t` in the header:
/// <https://developer.pingidentity.com/pingone-api/foundations/authentication-concepts/access-tokens-and-id-tokens/token-claims.html>.
/// Sign-out: <https://developer.pingidentity.com/pingone-api/auth/openid-connect-oauth-2/signoff.md>. Not
/// seen: answers in full, and a group claim, which an administrator maps.
pub(super) fn ping_one() -> Row {
    let response =
        json!({ "expires_in": 3600, "scope": "openid profile email", "refresh_token": "refresh-2" });
    Row {
        name: "PingOne",
        settings: &[("issuer", "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as")],
        metadata: json!({
            "issuer": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as",
            "authorization_endpoint": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/authorize",
            "token_endpoint": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/token",
            "jwks_uri": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/jwks",
            "userinfo_endpoint": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/userinfo",
            "revocation_endpoint": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/revoke",
            "end_session_endpoint": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/signoff",
        }),
        shape: Shape {
            header: json!({ "x5t": "9wCq", "typ": ABSENT }),
            key: json!({ "kid": "default", "use": "sig", "alg": "RS256", "x5t": "9wCq", "x5c": ["MIIDRDCC"] }),
            claims: json!({
                "iss": "https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as", "acr": "Single_Factor",
                "amr": ["pwd"], "auth_time": NOW, "at_hash": AT_HASH, "sid": "7b9a1c0e-0000-4000-8000-000000000001",
                "env": "abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6", "org": "1f2e3d4c-0000-4000-8000-000000000001",
                "preferred_username": "ada", "email": "ada@example.com", "updated_at": 1_710_105_084,
            }),
            refreshed: response,
            response: json!({ "expires_in": 3600, "scope": "openid profile email" }),
            ..Shape::default()
        },
        callback: "",
        groups: &["staff"],
        username: Some("ada"),
        email: None,
        odd: &[],
        seconds: 3600,
        sign_out: Some(("https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/signoff", HINT)),
        revocation: Some("https://auth.pingone.eu/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as/revoke"),
        logout_token: None,
        refusals: vec![(
            400,
            json!({ "error": "invalid_grant", "error_description": "Of the token." }),
            true,
        )],
    }
}

/// Endpoints: <https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html>;
/// `origin_jti`: <https://repost.aws/knowledge-center/cognito-revoke-refresh-tokens>; revocation:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>. Sign-out has
/// Cognito's own form, `/logout` with `logout_uri`. Not seen: `email_verified` as text in the ID token of a
/// federated user; vestibule accepts it.
pub(super) fn cognito() -> Row {
    Row {
        name: "Amazon Cognito",
        settings: &[
            ("provider", "cognito"),
            ("issuer", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"),
            ("user_pool_domain", "https://acme.auth.eu-west-1.amazoncognito.com"),
        ],
        metadata: Value::Null,
        shape: Shape {
            header: json!({ "typ": ABSENT }),
            key: json!({ "kid": "abcdefghijklmno=", "alg": "RS256", "use": "sig" }),
            other_keys: vec![other_key(&json!({ "kid": "zyxwvutsrqponml=", "alg": "RS256", "use": "sig" }))],
            claims: json!({
                "iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI", "token_use": "id",
                "sub": "b2c4a8f0-0000-4000-8000-000000000001", "auth_time": NOW, "at_hash": AT_HASH,
                "origin_jti": "9c0a7e2d-0000-4000-8000-000000000001", "jti": "1d2f3a4b-0000-4000-8000-000000000001",
                "event_id": "5f6a7b8c-0000-4000-8000-000000000001", "cognito:username": "corporate_ada",
                "cognito:groups": ["staff"], "cognito:roles": [], "email": "ada@example.com", "email_verified": "true",
                "identities": [{ "userId": "ada", "providerName": "corporate", "primary": "true",
                    "dateCreated": "1700000000000" }],
                "groups": ABSENT,
            }),
            response: json!({ "expires_in": 3600 }),
            refreshed: json!({ "expires_in": 3600 }),
            ..Shape::default()
        },
        callback: "",
        groups: &["staff"],
        username: Some("corporate_ada"),
        email: Some("ada@example.com"),
        odd: &[],
        seconds: 3600,
        sign_out: Some((
            "https://acme.auth.eu-west-1.amazoncognito.com/logout",
            &["client_id", "logout_uri"],
        )),
        revocation: Some("https://acme.auth.eu-west-1.amazoncognito.com/oauth2/revoke"),
        logout_token: None,
        refusals: vec![(400, json!({ "error": "invalid_grant" }), true)],
    }
}
