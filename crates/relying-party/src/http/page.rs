//! Renders vestibule's own pages. They are plain HTML with one inline stylesheet; they have no script and
//! load nothing.

mod advice;
mod content_security_policy;

use std::borrow::Cow;

use askama::Template;
use http::StatusCode;

use self::advice::Advice;
use self::content_security_policy::content_security_policy;
use crate::http::response::Response;

const STYLE: &str = include_str!("../../templates/style.css");

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// Asks before signing out, because another site may have caused the request.
    ConfirmSignOut {
        /// The URL that the button posts to.
        action: &'a str,
        /// Origins other than our own to which that POST is redirected: the provider's and that of the page
        /// after sign-out.
        form_origins: &'a [&'a str],
        /// The choices.
        offer: SignOutOffer,
    },
    /// Explains a refusal.
    Refused {
        /// The status of the refusal.
        status: StatusCode,
        /// Its public code.
        reason: &'a str,
        /// Its public sentence.
        sentence: &'a str,
    },
    /// Confirms the sign-out.
    SignedOut {
        /// Whether all sessions of the user were ended.
        everywhere: bool,
    },
    /// Tells that the person is still signed in.
    StillSignedIn,
    /// Tells that all sessions here have ended, and that the provider did not confirm the end of its own.
    ProviderSignOutUnconfirmed {
        /// The address at which the provider ends its session of this browser.
        logout_url: &'a str,
    },
}

/// The ways to sign out that a page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOutOffer {
    /// The page offers to end this session.
    Here,
    /// It offers to end this session, or all.
    HereOrEverywhere,
    /// It offers to end all sessions, because the request asked for that.
    Everywhere,
}

/// Values that every page may show. Links that are `None` are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageContext<'a> {
    /// The name of the application.
    pub application: Option<&'a str>,
    /// The id of this request in the log.
    pub request_id: &'a str,
    /// The link that requests the same page again.
    pub again: Option<&'a str>,
    /// The start page of the application.
    pub home: Option<&'a str>,
    /// The address that starts sign-in.
    pub sign_in: Option<&'a str>,
    /// The address that starts sign-in with a session that outlives the browser.
    pub remembered_sign_in: Option<&'a str>,
    /// The address that starts sign-out.
    pub sign_out: Option<&'a str>,
    /// The person who is signed in.
    pub signed_in_as: Option<&'a str>,
}

/// A link, or a button that looks like one.
struct Link<'a> {
    href: &'a str,
    text: Cow<'a, str>,
}

fn link<'a>(href: Option<&'a str>, text: &'static str) -> Option<Link<'a>> {
    href.map(|href| Link { href, text: Cow::Borrowed(text) })
}

impl<'a> PageContext<'a> {
    fn link_to_sign_in(&self, text: &'static str) -> Option<Link<'a>> {
        let text = match self.application {
            Some(name) if text.starts_with("Sign in") => Cow::Owned(format!("Sign in to {name}")),
            _ => Cow::Borrowed(text),
        };
        self.sign_in.map(|href| Link { href, text })
    }

    /// The links on a refusal, the most helpful one first.
    fn links_of_a_refusal(&self, advice: &Advice) -> [Option<Link<'a>>; 5] {
        let sign_in = if self.again.is_some() { "Sign in again" } else { advice.sign_in };
        let sign_in = self.link_to_sign_in(sign_in);
        let home = link(self.home, "Go to the start page");
        // A signed-in person has to sign out before signing in to another account.
        let (another, sign_out) = if advice.suggests_another_account() {
            (link(self.sign_out, advice.sign_in), None)
        } else {
            (None, link(self.sign_out, "Sign out"))
        };
        [link(self.again, "Try again"), another, sign_in, home, sign_out]
    }
}

struct Form<'a> {
    action: &'a str,
    /// In order. The first one is emphasised.
    buttons: &'static [Button],
}

struct Button {
    text: &'static str,
    everywhere: bool,
}

const HERE: Button = Button { text: "Sign out", everywhere: false };
const EVERYWHERE: Button = Button { text: "Sign out on all devices", everywhere: true };

impl SignOutOffer {
    const fn buttons(self) -> &'static [Button] {
        match self {
            Self::Here => &[HERE],
            Self::HereOrEverywhere => &[HERE, EVERYWHERE],
            Self::Everywhere => &[EVERYWHERE],
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Here | Self::HereOrEverywhere => {
                ("Sign out?", "You will be signed out here and at the sign-in service.")
            }
            Self::Everywhere => (
                "Sign out on all devices?",
                "Every session of yours in this application ends, on this device and all others.",
            ),
        }
    }
}

/// The tone of a page, shown by its colour and drawing.
#[derive(Clone, Copy)]
enum Tone {
    Ask,
    Done,
    No,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Done => "done",
            Self::No => "no",
        }
    }

    /// A path in a square of 24 by 24: a door with an arrow, a tick, an exclamation mark.
    const fn drawing(self) -> &'static str {
        match self {
            Self::Ask => "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
            Self::Done => "M5 12.5l4.5 4.5L19 7.5",
            Self::No => "M12 4.5v9M12 18.5v.01",
        }
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct View<'a> {
    style: &'a str,
    tone: Tone,
    application: Option<&'a str>,
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
    /// Renders the page as a response that cannot be framed, sniffed or cached, and that sends no referrer.
    pub fn response(&self, context: &PageContext<'_>) -> Response {
        let (status, form_origins): (_, &[&str]) = match self {
            Self::ConfirmSignOut { form_origins, .. } => (StatusCode::OK, form_origins),
            Self::Refused { status, .. } => (*status, &[]),
            Self::SignedOut { .. } | Self::ProviderSignOutUnconfirmed { .. } | Self::StillSignedIn => {
                (StatusCode::OK, &[])
            }
        };
        let policy = content_security_policy(matches!(self, Self::ConfirmSignOut { .. }), form_origins);
        Response::typed(status, "text/html; charset=utf-8", self.html(context))
            .header("content-security-policy", policy)
            .header("referrer-policy", "no-referrer".to_owned())
    }

    fn html(&self, context: &PageContext<'_>) -> String {
        let view = self.view(context);
        // Writing to a string fails only if a value's own `Display` does, and all of ours are strings.
        view.render().unwrap_or_default()
    }

    fn view<'v>(&'v self, context: &PageContext<'v>) -> View<'v> {
        let view = View {
            style: STYLE,
            tone: Tone::Ask,
            application: context.application,
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
            Self::ConfirmSignOut { action, offer, .. } => {
                let (title, sentence) = offer.words();
                View {
                    title,
                    sentence,
                    form: Some(Form { action, buttons: offer.buttons() }),
                    secondary: link(context.home, "Stay signed in").into_iter().collect(),
                    ..view
                }
            }
            Self::Refused { status, reason, sentence } => {
                let advice = advice::of(reason, *status);
                let mut links = context.links_of_a_refusal(&advice).into_iter().flatten();
                View {
                    tone: Tone::No,
                    title: advice.title,
                    sentence,
                    causes: advice.causes,
                    primary: links.next(),
                    secondary: links.collect(),
                    reason: Some(reason),
                    ..view
                }
            }
            Self::SignedOut { everywhere } => View {
                tone: Tone::Done,
                title: if *everywhere { "You are signed out on all devices" } else { "You are signed out" },
                sentence: if *everywhere {
                    "Every session of yours in this application has ended. Close the browser if others use this device."
                } else {
                    "Your session here has ended. Close the browser if others use this device."
                },
                primary: context.link_to_sign_in("Sign in again"),
                secondary: link(context.remembered_sign_in, "Sign in and stay signed in on this device")
                    .into_iter()
                    .collect(),
                ..view
            },
            Self::StillSignedIn => View {
                title: "You are signed in",
                sentence: "Your session has not ended. People see this page after they sign out.",
                primary: link(context.home, "Go to the start page"),
                secondary: link(context.sign_out, "Sign out").into_iter().collect(),
                ..view
            },
            Self::ProviderSignOutUnconfirmed { logout_url } => View {
                tone: Tone::No,
                title: "You are signed out of this application on all devices",
                sentence: "The sign-in service did not confirm the sign-out. Other applications may still have access in your name.",
                causes: &[
                    "Sign out at the sign-in service too, with the button below.",
                    "If you think that somebody else has access, change your password there.",
                ],
                primary: link(Some(logout_url), "Go on to the sign-in service"),
                ..view
            },
        }
    }
}

#[cfg(test)]
mod tests;
