//! Serves `/oauth2/userInfo`.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html>

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::StandIn;
use super::token::json_response;
use super::tokens::{self, Grant};

const BAD_REQUEST: &str = "Bad OAuth2 request at UserInfo Endpoint";
const BAD_TOKEN: &str = "Access token is expired, disabled, or deleted, or the user has globally signed out.";

/// GET `/oauth2/userInfo`.
pub(super) async fn answer(State(stand_in): State<StandIn>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_request", BAD_REQUEST);
    };
    match stand_in.user_attributes(token) {
        Some(attributes) => json_response(StatusCode::OK, &Value::Object(attributes)),
        None => refused(StatusCode::UNAUTHORIZED, "invalid_token", BAD_TOKEN),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Cognito's `WWW-Authenticate` names no scheme.
fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    let mut response = json_response(status, &json!({ "error": error, "error_description": description }));
    let challenge = format!("error=\"{error}\", error_description=\"{description}\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

impl StandIn {
    /// The response of userInfo for a valid access token with `openid`: `sub`, `username` and the attributes
    /// of its scopes. Every value is a string.
    fn user_attributes(&self, token: &str) -> Option<Map<String, Value>> {
        let (now, issuer) = (self.now(), self.issuer());
        let state = self.state();
        let claims = tokens::verified(token, state.keys.published())?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let live = text("token_use") == Some("access")
            && text("iss") == Some(&issuer)
            && claims.get("exp").and_then(Value::as_i64).is_some_and(|exp| now < exp)
            && text("origin_jti").is_none_or(|origin| !state.revoked.contains(origin));
        if !live {
            return None;
        }
        let grant = Grant {
            client_id: text("client_id")?.to_owned(),
            sub: text("sub")?.to_owned(),
            scopes: text("scope")?.split(' ').map(str::to_owned).collect(),
            auth_time: now,
            origin_jti: String::new(),
            event_id: String::new(),
            resource: None,
        };
        let user = state.directory.by_sub(&grant.sub).filter(|user| user.active() && grant.has("openid"))?;
        let mut attributes = Map::new();
        attributes.insert("sub".to_owned(), json!(user.sub));
        attributes.insert("username".to_owned(), json!(user.sub));
        for (name, value) in tokens::attributes(user, &grant) {
            let value = value.as_bool().map(|flag| json!(flag.to_string())).unwrap_or(value);
            attributes.insert(name, value);
        }
        Some(attributes)
    }
}
