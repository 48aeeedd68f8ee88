//! Serves discovery and keys for each of the two issuers of the pool.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::StandIn;
use super::options::IssuerForm;
use super::token::json_response;

/// Discovery of the original issuer.
pub(super) async fn original(State(stand_in): State<StandIn>, Path(pool): Path<String>) -> Response {
    document(&stand_in, &pool, IssuerForm::Original)
}

/// Discovery of the updated issuer.
pub(super) async fn updated(State(stand_in): State<StandIn>, Path(pool): Path<String>) -> Response {
    document(&stand_in, &pool, IssuerForm::Updated)
}

/// Keys of both issuers.
pub(super) async fn keys(State(stand_in): State<StandIn>, Path(pool): Path<String>) -> Response {
    if pool != stand_in.options().pool_id {
        return unknown_pool(&pool);
    }
    cacheable(&stand_in.state().keys.jwks())
}

fn document(stand_in: &StandIn, pool: &str, form: IssuerForm) -> Response {
    let options = stand_in.options();
    if pool != options.pool_id {
        return unknown_pool(pool);
    }
    let issuer = options.issuer(form);
    let base = &options.base_url;
    let mut document = json!({
        "authorization_endpoint": format!("{base}/oauth2/authorize"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": format!("{base}/oauth2/revoke"),
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": format!("{base}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": format!("{base}/oauth2/userInfo"),
    });
    if options.end_session_in_discovery
        && let Value::Object(members) = &mut document
    {
        members.insert("end_session_endpoint".to_owned(), json!(format!("{base}/logout")));
    }
    cacheable(&document)
}

fn cacheable(body: &Value) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, body.to_string()).into_response()
}

fn unknown_pool(pool: &str) -> Response {
    json_response(StatusCode::NOT_FOUND, &json!({ "message": format!("User pool {pool} does not exist.") }))
}
