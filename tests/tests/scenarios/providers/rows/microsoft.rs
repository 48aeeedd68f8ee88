//! Lists Microsoft's providers.

use conformance::provider::shape::{ABSENT, AT_HASH, NOW, Shape};
use serde_json::{Value, json};

use super::super::{HINT, Row};
use super::other_key;

/// <https://github.com/MicrosoftDocs/azure-docs/blob/2348be450b91b501d74ad4e80bea41979d49100e/articles/active-directory/azuread-dev/v1-protocols-oauth-code.md>
/// has the token answer with its numbers as text, the claims of the ID token and the refusals. The issuer of
/// the tokens is `sts.windows.net`, but the metadata are at `login.microsoftonline.com`
/// (<https://www.powershellgallery.com/packages/AadSupport/0.3.3/Content/functions%5CGet-AadOpenIdConnectConfiguration.ps1>),
/// so the endpoints are configured by hand. Not seen: whether the response to a refresh has an ID token; here
/// it has none.
pub(super) fn entra_v1() -> Row {
    let response = json!({
        "expires_in": "3600", "ext_expires_in": "3600", "expires_on": "1900003600", "revocation": "1900000000",
        "resource": "00000003-0000-0000-c000-000000000000", "scope": "User.Read",
    });
    let mut refreshed = response.clone();
    refreshed["id_token"] = json!(ABSENT);
    Row {
        name: "Entra ID, version 1.0",
        settings: &[
            ("issuer", "https://sts.windows.net/7fe81447-da57-4385-becb-6de57f21477e/"),
            (
                "authorization_endpoint",
                "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/authorize",
            ),
            (
                "token_endpoint",
                "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/token",
            ),
            ("jwks_endpoint", "https://login.microsoftonline.com/common/discovery/keys"),
            (
                "end_session_endpoint",
                "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/logout",
            ),
        ],
        metadata: Value::Null,
        shape: Shape {
            header: json!({ "x5t": "NGTFvdK-fythEuLwjpwAJOM9n-A" }),
            key: json!({
                "kid": "NGTFvdK-fythEuLwjpwAJOM9n-A", "x5t": "NGTFvdK-fythEuLwjpwAJOM9n-A", "use": "sig",
                "x5c": ["MIIC/TCCAeWgAwIBAgIIUd7j/OIahkYwDQYJKoZIhvcNAQELBQAw"],
            }),
            other_keys: vec![other_key(&json!({ "kid": "older", "x5t": "older", "use": "sig" }))],
            claims: json!({
                "iss": "https://sts.windows.net/7fe81447-da57-4385-becb-6de57f21477e/",
                "tid": "7fe81447-da57-4385-becb-6de57f21477e", "oid": "68389ae2-62fa-4b18-91fe-53dd109d74f5",
                "upn": "ada@contoso.com", "unique_name": "ada@contoso.com", "ver": "1.0", "nbf": NOW,
                "family_name": "Lovelace", "given_name": "Ada", "amr": ["pwd", "mfa"],
                "groups": ["0a53a0d9-1b11-4a0f-8f3d-1f8d2a2f0001"],
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "&session_state=7B29111D-C220-4263-99AB-6F6E135D75EF",
        groups: &["0a53a0d9-1b11-4a0f-8f3d-1f8d2a2f0001"],
        username: None,
        email: None,
        odd: &[],
        seconds: 3600,
        sign_out: Some((
            "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/logout",
            HINT,
        )),
        revocation: None,
        logout_token: None,
        refusals: vec![
            (400, aadsts("invalid_grant", 70_008), true),
            (400, aadsts("interaction_required", 50_076), false),
        ],
    }
}

/// An error of Entra ID. The numbers are in the responses of the pages beside the rows, and in
/// <https://github.com/Azure/azure-sdk-for-python/issues/26729>.
fn aadsts(error: &str, code: u32) -> Value {
    json!({
        "error": error, "error_codes": [code], "timestamp": "2026-04-11 18:00:12Z",
        "error_description": format!("AADSTS{code}: Told to a person.\r\nTrace ID: 3939d04c\r\nTimestamp: 2026-04-11 18:00:12Z"),
        "trace_id": "3939d04c-d7ba-42bf-9cb7-1e5854cdce9e", "correlation_id": "a8125194-2dc8-4078-90ba-7b6592a7f231",
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"), "suberror": "bad_token",
    })
}

/// Metadata and keys:
/// <https://github.com/panva/wellknown/blob/e88dd5e2d1c5cf40ee6358147c7b1117c4049a50/issuers/entra-common/entra-common.mjs>,
/// with the tenant in place of `common`: there is no `revocation_endpoint`, a region is `null`, keys have
/// `issuer` and no `alg`. Answers:
/// <https://github.com/MicrosoftDocs/entra-docs/blob/0c1ac842ddc96d49ce2897f751c6298dc524b9a5/docs/identity-platform/v2-oauth2-auth-code-flow.md>,
/// where a refresh has an ID token and a new refresh token, and `interaction_required` and `consent_required`
/// are refusals of a token request. `ext_expires_in`:
/// <https://learn.microsoft.com/pl-pl/javascript/api/@azure/msal-common/serverauthorizationtokenresponse?view=msal-js-latest>.
/// Not seen: a current example of the ID token's claims; these are the names in the metadata's
/// `claims_supported`.
pub(super) fn entra_v2() -> Row {
    let response = json!({ "expires_in": 3599, "ext_expires_in": 3599, "scope": "openid profile email" });
    let mut refreshed = response.clone();
    refreshed["refresh_token"] = json!("refresh-2");
    Row {
        name: "Entra ID, version 2.0",
        settings: &[
            ("issuer", "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/v2.0"),
            ("scopes", "openid email profile offline_access"),
        ],
        metadata: json!({
            "issuer": "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/v2.0",
            "authorization_endpoint":
                "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/v2.0/authorize",
            "token_endpoint": "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/v2.0/token",
            "jwks_uri": "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/discovery/v2.0/keys",
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "end_session_endpoint":
                "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/v2.0/logout",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
            "http_logout_supported": true, "frontchannel_logout_supported": true, "tenant_region_scope": null,
            "request_uri_parameter_supported": false, "rbac_url": "https://pas.windows.net",
        }),
        shape: Shape {
            key: json!({
                "kid": "Mc7l3Iz93g7uwgNeEmmw_WYGPko", "x5t": "Mc7l3Iz93g7uwgNeEmmw_WYGPko", "use": "sig",
                "x5c": ["MIIC/TCCAeWgAwIBAgIIImlMG8V10AswDQYJKoZIhvcNAQELBQAw"],
                "issuer": "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/v2.0",
            }),
            other_keys: vec![other_key(&json!({ "kid": "iw1BXXcybk07kmtIeeJeIYqas18", "use": "sig" }))],
            claims: json!({
                "iss": "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/v2.0",
                "tid": "7fe81447-da57-4385-becb-6de57f21477e", "oid": "68389ae2-62fa-4b18-91fe-53dd109d74f5",
                "ver": "2.0", "nbf": NOW, "name": "Ada Lovelace", "preferred_username": "ada@contoso.com",
                "email": "ada@contoso.com", "rh": "0.ARoA", "uti": "fqiBqXLPj0eQa82S", "at_hash": AT_HASH,
                "groups": ["0a53a0d9-1b11-4a0f-8f3d-1f8d2a2f0001"], "roles": ["Reader"],
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "&session_state=7b29111d-c220-4263-99ab-6f6e135d75ef",
        groups: &["0a53a0d9-1b11-4a0f-8f3d-1f8d2a2f0001"],
        username: Some("ada@contoso.com"),
        email: None,
        odd: &[],
        seconds: 3599,
        sign_out: Some((
            "https://login.microsoftonline.com/7fe81447-da57-4385-becb-6de57f21477e/oauth2/v2.0/logout",
            HINT,
        )),
        revocation: None,
        logout_token: None,
        refusals: vec![
            (400, aadsts("invalid_grant", 700_082), true),
            (400, aadsts("interaction_required", 50_076), false),
            (400, aadsts("consent_required", 65_001), false),
            (401, aadsts("invalid_client", 7_000_215), false),
        ],
    }
}

/// Metadata:
/// <https://learn.microsoft.com/windows-server/identity/ad-fs/development/ad-fs-logout-openid-connect>, where
/// addresses end in slashes and `access_token_issuer` differs. Tokens name their key by `x5t` only, and
/// `auth_time` in the access token is a date as text:
/// <https://github.com/DuendeArchive/IdentityServer4/issues/812>. `pwd_exp` is a text, and `sid` is that of
/// the Windows account and not of a session: <https://github.com/rustdesk/rustdesk-server-pro/issues/860>.
/// Names of claims:
/// <https://docs.microsoft.com/en-us/openspecs/windows_protocols/ms-oidce/55c0a84d-48e7-4043-91f8-9ebd0a51ab68>.
/// Not seen: whether `auth_time` in the ID token is such a text, the key set, and the responses beyond RFC
/// 6749. A rule of the administrator issues the groups, here one as a text.
pub(super) fn adfs_2016() -> Row {
    let response = json!({
        "token_type": "bearer", "expires_in": 3600, "resource": "urn:microsoft:userinfo", "scope": "openid",
        "refresh_token_expires_in": 28_799,
    });
    let mut refreshed = response.clone();
    refreshed["id_token"] = json!(ABSENT);
    Row {
        name: "AD FS 2016",
        settings: &[("issuer", "https://fs.example.com/adfs")],
        metadata: json!({
            "issuer": "https://fs.example.com/adfs",
            "authorization_endpoint": "https://fs.example.com/adfs/oauth2/authorize/",
            "token_endpoint": "https://fs.example.com/adfs/oauth2/token/",
            "jwks_uri": "https://fs.example.com/adfs/discovery/keys",
            "userinfo_endpoint": "https://fs.example.com/adfs/userinfo",
            "end_session_endpoint": "https://fs.example.com/adfs/oauth2/logout",
            "access_token_issuer": "http://fs.example.com/adfs/services/trust",
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "client_secret_basic", "private_key_jwt", "windows_client_authentication"],
            "id_token_signing_alg_values_supported": ["RS256"], "subject_types_supported": ["pairwise"],
        }),
        shape: Shape {
            header: json!({ "kid": ABSENT, "x5t": "jeeQjLUao_5jJgqW1jVLeYl8Gik" }),
            key: json!({
                "kid": "jeeQjLUao_5jJgqW1jVLeYl8Gik", "x5t": "jeeQjLUao_5jJgqW1jVLeYl8Gik", "use": "sig", "alg": "RS256",
                "x5c": ["MIIC2jCCAcKgAwIBAgIQ"],
            }),
            // The next certificate, published weeks before it signs.
            other_keys: vec![other_key(
                &json!({ "kid": "next", "x5t": "next", "use": "sig", "alg": "RS256" }),
            )],
            claims: json!({
                "iss": "https://fs.example.com/adfs", "auth_time": "2026-01-15T08:27:46.918Z", "nbf": NOW,
                "unique_name": "EXAMPLE\\ada", "upn": "ada@example.com", "sid": "S-1-5-21-1004336348-1177238915-500",
                "pwd_exp": "00000000", "pwd_url": "https://fs.example.com/adfs/portal/updatepassword/",
                "apptype": "Confidential", "ver": "1.0", "groups": "staff",
            }),
            response,
            refreshed,
            ..Shape::default()
        },
        callback: "&client-request-id=8ccc8a38-7f59-4d0e-4900-0080000000ea",
        groups: &["staff"],
        username: None,
        email: None,
        odd: &["`auth_time` is a string"],
        seconds: 3600,
        sign_out: Some(("https://fs.example.com/adfs/oauth2/logout", HINT)),
        revocation: None,
        logout_token: None,
        refusals: vec![(
            400,
            json!({ "error": "invalid_grant", "error_description": "MSIS9615: Told to a person." }),
            true,
        )],
    }
}

/// Like AD FS 2016, with `kid` besides `x5t`. Not seen: the first version with it.
pub(super) fn adfs_2019() -> Row {
    let mut row = adfs_2016();
    row.name = "AD FS 2019";
    row.shape.header = json!({ "x5t": "jeeQjLUao_5jJgqW1jVLeYl8Gik" });
    row.shape.other_keys =
        vec![other_key(&json!({ "kid": "next", "x5t": "next", "use": "sig", "alg": "RS256" }))];
    row
}
