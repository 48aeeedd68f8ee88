//! Renders the pages: their frame, their headers, and the fields that every form contains.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::StandIn;
use super::authorization_request::{AuthorizationFault, AuthorizationRequest, read};
use super::parameters::{Parameters, with_query};
use super::state::{PoolSession, cookie};

/// The style sheet, inline in every page and named in its policy by hash.
pub(super) const STYLE: &str = include_str!("../../templates/local.css");
/// Cognito's cookie against forged form posts.
const CSRF_COOKIE: &str = "XSRF-TOKEN";

/// A page that belongs to an authorization request.
pub(super) struct Interaction {
    pub(super) request: AuthorizationRequest,
    /// The parameters of the request, for links and form targets.
    pub(super) query: Parameters,
    /// The account that the page is about, from the query.
    pub(super) username: String,
    csrf: String,
    csrf_is_new: bool,
}

/// The parts that every form shows or contains.
pub(super) struct Form {
    pub(super) query: String,
    pub(super) csrf: String,
    pub(super) attempt: String,
    pub(super) error: Option<&'static str>,
    pub(super) note: Option<&'static str>,
    /// The fields that the error is about. The first of them has the focus; without an error the first field of
    /// the form has it.
    fields: &'static [&'static str],
    first: &'static str,
}

/// The message of a page above its form.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PageMessage {
    error: Option<&'static str>,
    note: Option<&'static str>,
    fields: &'static [&'static str],
}

/// The fault of a form, and the field that has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FormFault {
    pub(super) fields: &'static [&'static str],
    pub(super) text: &'static str,
}

impl FormFault {
    pub(super) const fn at(fields: &'static [&'static str], text: &'static str) -> Self {
        Self { fields, text }
    }
}

impl Form {
    /// The attributes that mark the field as faulty and refer to the message (WCAG 2.2, 3.3.1 and 1.3.1).
    pub(super) fn at(&self, field: &str) -> &'static str {
        if self.fields.contains(&field) {
            r#" aria-invalid="true" aria-describedby="form-error""#
        } else {
            ""
        }
    }

    /// The attributes of a field that has a hint.
    pub(super) fn at_with_hint(&self, field: &str, hint: &str) -> String {
        if self.fields.contains(&field) {
            format!(r#" aria-invalid="true" aria-describedby="form-error {hint}""#)
        } else {
            format!(r#" aria-describedby="{hint}""#)
        }
    }

    /// Whether the field has the focus when the page opens.
    pub(super) fn focuses(&self, field: &str) -> bool {
        self.fields.first().copied().unwrap_or(self.first) == field
    }
}

#[derive(Template)]
#[template(path = "cognito/error.html")]
struct ErrorPage<'a> {
    style: &'static str,
    error: &'a str,
    text: &'a str,
    /// The address to start again from.
    again: Option<&'a str>,
}

impl PageMessage {
    pub(super) const fn fault(fault: FormFault) -> Self {
        Self { error: Some(fault.text), note: None, fields: fault.fields }
    }

    pub(super) const fn note(text: &'static str) -> Self {
        Self { error: None, note: Some(text), fields: &[] }
    }
}

impl Interaction {
    /// The path with the request's parameters, and the account if there is one.
    pub(super) fn location(&self, path: &str, username: Option<&str>) -> String {
        format!("{path}?{}", self.query_about(username))
    }

    fn query_about(&self, username: Option<&str>) -> String {
        let query = self.query.clone();
        username.into_iter().fold(query, |query, username| query.with("username", username)).encode()
    }

    /// Answers with a form: 200, or 400 if it reports an error in the previous one.
    pub(super) fn show<T: Template>(
        &self,
        stand_in: &StandIn,
        message: PageMessage,
        username: Option<&str>,
        page: impl FnOnce(Form) -> T,
    ) -> Response {
        let form = Form {
            query: self.query_about(username),
            csrf: self.csrf.clone(),
            attempt: stand_in.record_form(),
            error: message.error,
            note: message.note,
            fields: message.fields,
            first: if username.is_some() { "code" } else { "username" },
        };
        let status = if message.error.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let response = html(status, &page(form), Some(&self.request.redirect_uri));
        if !self.csrf_is_new {
            return response;
        }
        with_cookie(response, &format!("{CSRF_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", self.csrf))
    }

    /// Signs the browser in and sends it back to the client.
    pub(super) fn signed_in(&self, stand_in: &StandIn, sub: &str) -> Response {
        let (pool_session, cookie): (PoolSession, String) = stand_in.open_pool_session(sub);
        with_cookie(redirect(&stand_in.redirect_with_code(&self.request, &pool_session)), &cookie)
    }
}

impl FromRequestParts<StandIn> for Interaction {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, stand_in: &StandIn) -> Result<Self, Response> {
        let query = Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let request = read(&query, stand_in.options()).map_err(|fault| refused(&fault))?;
        let known = cookie(&parts.headers, CSRF_COOKIE).filter(|value| !value.is_empty());
        let csrf_is_new = known.is_none();
        Ok(Self {
            request,
            username: query.field("username").to_owned(),
            query: query.without("username"),
            csrf: known.unwrap_or_else(|| stand_in.random_text()),
            csrf_is_new,
        })
    }
}

/// A submitted form: its token matches the cookie, and it was shown at most five minutes ago.
pub(super) struct Submitted {
    pub(super) interaction: Interaction,
    pub(super) fields: Parameters,
}

impl FromRequest<StandIn> for Submitted {
    type Rejection = Response;

    async fn from_request(request: Request, stand_in: &StandIn) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let interaction = Interaction::from_request_parts(&mut parts, stand_in).await?;
        let body = Bytes::from_request(Request::from_parts(parts, body), stand_in)
            .await
            .map_err(IntoResponse::into_response)?;
        let fields = Parameters::parse(&body);
        let refusal = |error, text| {
            let again = interaction.location("/login", None);
            error_page(StatusCode::BAD_REQUEST, error, text, Some(&again))
        };
        if interaction.csrf_is_new || fields.field("_csrf") != interaction.csrf {
            return Err(refusal("csrf", "The form was not sent from this page, or cookies are off."));
        }
        if !stand_in.form_is_fresh(fields.field("attempt")) {
            return Err(refusal("attempt_expired", "The page was open for too long. Start again."));
        }
        Ok(Self { interaction, fields })
    }
}

/// A page that explains why the request cannot continue, status 400.
pub(super) fn refusal(error: &str, text: &str) -> Response {
    error_page(StatusCode::BAD_REQUEST, error, text, None)
}

/// The page for every other path.
pub(super) async fn not_found() -> Response {
    error_page(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.", None)
}

fn error_page(status: StatusCode, error: &str, text: &str, again: Option<&str>) -> Response {
    html(status, &ErrorPage { style: STYLE, error, text, again }, None)
}

/// A page. `leads_to` is the redirect target of its form, because browsers apply `form-action` to redirects
/// after a form too.
pub(super) fn html(status: StatusCode, page: &impl Template, leads_to: Option<&str>) -> Response {
    let Ok(text) = page.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    let mut response = (status, headers, Html(text)).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy(leads_to)) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The response to a refused request.
pub(super) fn refused(fault: &AuthorizationFault) -> Response {
    match fault {
        AuthorizationFault::Page { error, text } => refusal(error, text),
        AuthorizationFault::Redirect { redirect_uri, error, description, state } => {
            let mut pairs = vec![("error", *error)];
            pairs.extend(description.map(|description| ("error_description", description)));
            pairs.extend(state.as_deref().map(|state| ("state", state)));
            redirect(&with_query(redirect_uri, &pairs))
        }
    }
}

/// A 302.
pub(super) fn redirect(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return refusal(
            "invalid_request",
            "The redirect address contains characters that are not allowed in a header.",
        );
    };
    let mut response = StatusCode::FOUND.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The response with one more `Set-Cookie`.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn policy(leads_to: Option<&str>) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let origin = leads_to
        .and_then(|uri| Url::parse(uri).ok())
        .map(|url| url.origin().ascii_serialization())
        .filter(|origin| origin != "null");
    let form_action = origin.map_or_else(|| "'self'".to_owned(), |origin| format!("'self' {origin}"));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}
