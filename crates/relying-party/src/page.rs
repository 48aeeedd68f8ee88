//! The few pages of ours. Plain HTML with one inline stylesheet: no script, nothing fetched from anywhere.

mod advice;

use std::fmt::Write;

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::answer::Answer;

const STYLE: &str = include_str!("../templates/style.css");

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// Asks before signing out, since the request to do so may have come from another site.
    ConfirmSignOut {
        /// The URL that the button posts to.
        action: &'a str,
        /// Origins beside our own through which that POST is redirected: the provider's.
        form_origins: &'a [&'a str],
    },
    /// Says no, and why.
    Refused {
        /// The status of the refusal.
        status: StatusCode,
        /// Its public code.
        reason: &'a str,
        /// Its public sentence.
        sentence: &'a str,
    },
    /// Says that sign-out is done.
    SignedOut,
}

/// What every page may show. Absent links are not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageContext<'a> {
    /// The id under which this request is found in the log.
    pub request_id: &'a str,
    /// Where the application begins.
    pub home: Option<&'a str>,
    /// Where sign-in begins, or begins anew.
    pub sign_in: Option<&'a str>,
    /// Where sign-out begins.
    pub sign_out: Option<&'a str>,
    /// Who is signed in.
    pub signed_in_as: Option<&'a str>,
}

/// A link, or what looks like one.
struct Link<'a> {
    href: &'a str,
    text: &'a str,
}

struct Form<'a> {
    action: &'a str,
    button: &'a str,
}

#[derive(Template)]
#[template(path = "page.html")]
struct View<'a> {
    style: &'a str,
    title: &'a str,
    sentence: &'a str,
    causes: &'a [&'a str],
    form: Option<Form<'a>>,
    primary: Option<Link<'a>>,
    secondary: Vec<Link<'a>>,
    signed_in_as: Option<&'a str>,
    reason: Option<&'a str>,
    request_id: &'a str,
}

impl Page<'_> {
    /// The page as an answer that nobody frames, sniffs, caches or learns an address from.
    pub fn answer(&self, context: &PageContext<'_>) -> Answer {
        let (status, form_origins): (_, &[&str]) = match self {
            Self::ConfirmSignOut { form_origins, .. } => (StatusCode::OK, form_origins),
            Self::Refused { status, .. } => (*status, &[]),
            Self::SignedOut => (StatusCode::OK, &[]),
        };
        let policy = content_security_policy(matches!(self, Self::ConfirmSignOut { .. }), form_origins);
        Answer::typed(status, "text/html; charset=utf-8", self.html(context))
            .header("content-security-policy", policy)
            .header("referrer-policy", "no-referrer".to_owned())
    }

    fn html(&self, context: &PageContext<'_>) -> String {
        let view = self.view(context);
        // Writing to a text fails only when a value's own `Display` does, and all of ours are texts.
        view.render().unwrap_or_default()
    }

    fn view<'v>(&'v self, context: &PageContext<'v>) -> View<'v> {
        let link = |href: Option<&'v str>, text| href.map(|href| Link { href, text });
        let view = View {
            style: STYLE,
            title: "",
            sentence: "",
            causes: &[],
            form: None,
            primary: None,
            secondary: Vec::new(),
            signed_in_as: context.signed_in_as,
            reason: None,
            request_id: context.request_id,
        };
        match self {
            Self::ConfirmSignOut { action, .. } => View {
                title: "Sign out?",
                sentence: "You will be signed out here and at the sign-in service.",
                form: Some(Form { action, button: "Sign out" }),
                secondary: link(context.home, "Stay signed in").into_iter().collect(),
                ..view
            },
            Self::Refused { status, reason, sentence } => {
                let advice = advice::of(reason, *status);
                let sign_in = link(context.sign_in, advice.sign_in);
                let home = link(context.home, "Go to the start page");
                let sign_out = link(context.sign_out, "Sign out");
                let mut links = sign_in.into_iter().chain(home).chain(sign_out);
                View {
                    title: advice.title,
                    sentence,
                    causes: advice.causes,
                    primary: links.next(),
                    secondary: links.collect(),
                    reason: Some(reason),
                    ..view
                }
            }
            Self::SignedOut => View {
                title: "You are signed out",
                sentence: "Your session here has ended. Close the browser if others use this device.",
                primary: link(context.sign_in, "Sign in again"),
                ..view
            },
        }
    }
}

/// Nothing is loaded but our own stylesheet, told by its hash; nothing frames the page; no form leads anywhere but
/// where it is meant to. Browsers hold `form-action` against redirects of the submission too.
fn content_security_policy(has_form: bool, form_origins: &[&str]) -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'");
    policy.push_str(if has_form { "; form-action 'self'" } else { "; form-action 'none'" });
    for origin in form_origins.iter().filter(|origin| is_origin(origin)) {
        let _ = write!(policy, " {origin}");
    }
    policy
}

/// What may stand in a policy: an origin cannot end one directive and begin another.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}
