//! Serves `/_local/`: the mailbox and the controls for tests. Cognito has no such paths.
//!
//! A path that changes anything accepts JSON only, so that a form of another site cannot send it.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};
use relying_party::http::request::media_type;
use relying_party::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::StandIn;
use super::fault::Planned;
use super::options::{Mail, NewUser};
use super::page::{self, STYLE};
use crate::terminal::time_of_day;

#[derive(Template)]
#[template(path = "cognito/mailbox.html")]
struct Mailbox {
    style: &'static str,
    mails: Vec<Shown>,
}

/// A message as the mailbox shows it.
struct Shown {
    code: String,
    subject: String,
    to: String,
    /// The time of day, UTC.
    time: String,
}

impl Shown {
    fn of(mail: &Mail) -> Self {
        let time = time_of_day(Timestamp::from_unix(mail.at));
        Self { code: mail.code.clone(), subject: mail.subject.clone(), to: mail.to.clone(), time }
    }
}

#[derive(Template)]
#[template(path = "cognito/start.html")]
struct Start {
    style: &'static str,
    users: Vec<NewUser>,
    issuer: String,
    applications: BTreeSet<String>,
}

/// GET `/`: lists the addresses, for a person who opens the printed one.
pub(super) async fn start(State(stand_in): State<StandIn>) -> Response {
    let options = stand_in.options();
    let applications = options
        .clients
        .iter()
        .flat_map(|client| &client.callback_urls)
        .filter_map(|callback| Url::parse(callback).ok())
        .map(|callback| callback.origin().ascii_serialization())
        .collect();
    let page = Start { style: STYLE, users: options.users.clone(), issuer: stand_in.issuer(), applications };
    page::html(StatusCode::OK, &page, None)
}

/// `{"action": "rotate"}` or `{"action": "drop_old"}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "action", deny_unknown_fields)]
enum KeyAction {
    DropOld,
    Rotate,
}

/// A user to add (with a password) or to change (without).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserChange {
    email: String,
    password: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    groups: Option<Vec<String>>,
    enabled: Option<bool>,
    email_verified: Option<bool>,
    #[serde(default)]
    sign_out: bool,
}

/// GET `/_local/mailbox`: a page, or JSON for a client that accepts only JSON.
pub(super) async fn mailbox(State(stand_in): State<StandIn>, headers: HeaderMap) -> Response {
    let mails: Vec<Mail> = stand_in.mailbox().into_iter().rev().collect();
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.trim() != "application/json" {
        return page::html(
            StatusCode::OK,
            &Mailbox { style: STYLE, mails: mails.iter().map(Shown::of).collect() },
            None,
        );
    }
    let mails: Vec<Value> = mails
        .iter()
        .map(|mail| json!({ "to": mail.to, "subject": mail.subject, "code": mail.code, "at": mail.at }))
        .collect();
    answer(StatusCode::OK, &json!(mails))
}

/// GET `/_local/counters`: requests by endpoint.
pub(super) async fn counters(State(stand_in): State<StandIn>) -> Response {
    let counters: BTreeMap<_, _> = stand_in.state().counters.clone();
    answer(StatusCode::OK, &json!(counters))
}

/// GET `/_local/faults`: lists the planned faults.
pub(super) async fn faults(State(stand_in): State<StandIn>) -> Response {
    let faults = stand_in.state().faults.clone();
    answer(StatusCode::OK, &json!(faults))
}

/// POST `/_local/faults`: plans one, for example
/// `{"endpoint": "token", "fault": "status", "status": 503, "times": 1}`.
pub(super) async fn add_fault(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    match read::<Planned>(&headers, &body) {
        Ok(planned) => {
            stand_in.plan(planned);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(response) => *response,
    }
}

/// DELETE `/_local/faults`: removes all.
pub(super) async fn clear_faults(State(stand_in): State<StandIn>) -> Response {
    stand_in.clear_faults();
    StatusCode::NO_CONTENT.into_response()
}

/// POST `/_local/keys`.
pub(super) async fn keys(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    match read::<KeyAction>(&headers, &body) {
        Ok(KeyAction::DropOld) => stand_in.drop_old_keys(),
        Ok(KeyAction::Rotate) => match stand_in.rotate_keys() {
            Ok(()) => {}
            Err(fault) => {
                return answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": fault.to_string() }));
            }
        },
        Err(response) => return *response,
    }
    StatusCode::NO_CONTENT.into_response()
}

/// POST `/_local/users`.
pub(super) async fn user(State(stand_in): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    let change = match read::<UserChange>(&headers, &body) {
        Ok(change) => change,
        Err(response) => return *response,
    };
    if stand_in.change_user(change) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        answer(StatusCode::NOT_FOUND, &json!({ "error": "no such user exists; a new user needs a password" }))
    }
}

fn read<T: for<'de> Deserialize<'de>>(headers: &HeaderMap, body: &[u8]) -> Result<T, Box<Response>> {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media_type(content_type).eq_ignore_ascii_case("application/json") {
        let refused = json!({ "error": "the body must be application/json" });
        return Err(Box::new(answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, &refused)));
    }
    serde_json::from_slice(body).map_err(|fault| {
        Box::new(answer(
            StatusCode::BAD_REQUEST,
            &json!({ "error": format!("the body is invalid: {fault}") }),
        ))
    })
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

impl StandIn {
    fn change_user(&self, change: UserChange) -> bool {
        let email = change.email;
        if let Some(password) = change.password {
            self.add_user(NewUser {
                sub: None,
                email: email.clone(),
                password,
                given_name: change.given_name.unwrap_or_default(),
                family_name: change.family_name.unwrap_or_default(),
                groups: Vec::new(),
            });
        }
        let found = self.change(&email, |user| {
            if let Some(groups) = change.groups {
                user.groups = groups;
            }
            user.enabled = change.enabled.unwrap_or(user.enabled);
            user.email_verified = change.email_verified.unwrap_or(user.email_verified);
        });
        if change.sign_out {
            self.sign_out_everywhere(&email);
        }
        found
    }
}
