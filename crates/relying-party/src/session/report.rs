//! Builds the response of `/oauth2/session`, which tells a page about its session. It never contains a token.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::forwarding::identity_header::Identity;
use crate::http::response::Response;
use crate::session::{Limits, Session};
use crate::time::Timestamp;

/// The report of a live session.
pub fn of_session(session: &Session, limits: &Limits) -> Response {
    let mut report =
        who(&session.subject, session.username.as_deref(), session.email.as_deref(), &session.groups);
    report.insert("expires_at".to_owned(), json!(limits.expires_at(session).unix()));
    if let Some(ends) = limits.idle_expires_at(session) {
        report.insert("idle_expires_at".to_owned(), json!(ends.unix()));
    }
    report.insert("refreshable".to_owned(), json!(session.usable_refresh_token().is_some()));
    report.insert("remembered".to_owned(), json!(limits.remembered));
    Response::json(StatusCode::OK, &Value::Object(report))
}

/// The report of a bearer token, or of a user whom a load balancer has signed in. Only the load balancer knows when
/// that ends.
pub fn of_identity(identity: &Identity, expires_at: Option<Timestamp>) -> Response {
    let mut report =
        who(&identity.subject, identity.username.as_deref(), identity.email.as_deref(), &identity.groups);
    if let Some(expires_at) = expires_at {
        report.insert("expires_at".to_owned(), json!(expires_at.unix()));
    }
    report.insert("refreshable".to_owned(), json!(false));
    Response::json(StatusCode::OK, &Value::Object(report))
}

fn who(subject: &str, username: Option<&str>, email: Option<&str>, groups: &[String]) -> Map<String, Value> {
    let mut report = Map::new();
    report.insert("authenticated".to_owned(), json!(true));
    report.insert("sub".to_owned(), json!(subject));
    if let Some(username) = username {
        report.insert("username".to_owned(), json!(username));
    }
    if let Some(email) = email {
        report.insert("email".to_owned(), json!(email));
    }
    report.insert("groups".to_owned(), json!(groups));
    report
}
