//! Makes vestibule's own pages. They are plain HTML with one inline stylesheet: they have no script and load nothing.

mod advice;

use std::fmt::Write;

use askama::Template;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::http::response::Response;

const STYLE: &str = include_str!("../../templates/style.css");

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page<'a> {
    /// Asks before signing out, since the request to do so may have come from another site.
    ConfirmSignOut {
        /// The URL that the button posts to.
        action: &'a str,
        /// Origins beside our own through which that POST is redirected: the provider's.
        form_origins: &'a [&'a str],
        /// The choices.
        offer: SignOutOffer,
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
    SignedOut {
        /// Whether all sessions of the user were ended.
        everywhere: bool,
    },
    /// Says that nobody is signed out.
    StillSignedIn,
    /// Says that all sessions here are ended, and that the provider did not say so of its own.
    SignedOutHereAlone {
        /// Where the provider ends its session of this browser.
        logout_url: &'a str,
    },
}

/// Says which ways to sign out a page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignOutOffer {
    /// The page offers to end this session.
    Here,
    /// It offers to end this session, or all.
    HereOrEverywhere,
    /// It offers to end all sessions, as the request asked.
    Everywhere,
}

/// The values that every page may show. Absent links are not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageContext<'a> {
    /// The id under which this request is found in the log.
    pub request_id: &'a str,
    /// Where the same is asked for again.
    pub again: Option<&'a str>,
    /// Where the application begins.
    pub home: Option<&'a str>,
    /// Where sign-in begins, or begins anew.
    pub sign_in: Option<&'a str>,
    /// Where sign-in begins for a session that outlives the browser.
    pub remembered_sign_in: Option<&'a str>,
    /// Where sign-out begins.
    pub sign_out: Option<&'a str>,
    /// The person who is signed in.
    pub signed_in_as: Option<&'a str>,
}

/// A link, or what looks like one.
struct Link<'a> {
    href: &'a str,
    text: &'a str,
}

struct Form<'a> {
    action: &'a str,
    /// In order, the first one stands out.
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

/// The impression that a page makes at a glance.
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

    /// A path in a square of 24: a door and the way out, a tick, an exclamation mark.
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
    pub fn answer(&self, context: &PageContext<'_>) -> Response {
        let (status, form_origins): (_, &[&str]) = match self {
            Self::ConfirmSignOut { form_origins, .. } => (StatusCode::OK, form_origins),
            Self::Refused { status, .. } => (*status, &[]),
            Self::SignedOut { .. } | Self::SignedOutHereAlone { .. } | Self::StillSignedIn => {
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
        // Writing to a text fails only when a value's own `Display` does, and all of ours are texts.
        view.render().unwrap_or_default()
    }

    fn view<'v>(&'v self, context: &PageContext<'v>) -> View<'v> {
        let link = |href: Option<&'v str>, text| href.map(|href| Link { href, text });
        let view = View {
            style: STYLE,
            tone: Tone::Ask,
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
                let sign_in = link(context.sign_in, advice.sign_in);
                let home = link(context.home, "Go to the start page");
                // A person who is signed in gets to another sign-in by signing out.
                let (another, sign_out) = if advice.suggests_another_account() {
                    (link(context.sign_out, advice.sign_in), None)
                } else {
                    (None, link(context.sign_out, "Sign out"))
                };
                let again = link(context.again, "Try again");
                let mut links = again.into_iter().chain(another).chain(sign_in).chain(home).chain(sign_out);
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
                primary: link(context.sign_in, "Sign in again"),
                secondary: link(context.remembered_sign_in, "Sign in and stay signed in on this device")
                    .into_iter()
                    .collect(),
                ..view
            },
            Self::StillSignedIn => View {
                title: "You are signed in",
                sentence: "Nothing has ended: this is only the page that sign-out leads to.",
                primary: link(context.home, "Go to the start page"),
                secondary: link(context.sign_out, "Sign out").into_iter().collect(),
                ..view
            },
            Self::SignedOutHereAlone { logout_url } => View {
                tone: Tone::No,
                title: "You are signed out here on all devices",
                sentence: "The sign-in service could not be told. Other applications may still have access in your name.",
                causes: &[
                    "Sign out at the sign-in service too, with the button below.",
                    "If you think that somebody else has access, change your password there.",
                ],
                primary: Some(Link { href: logout_url, text: "Go on to the sign-in service" }),
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

/// Tells whether `text` may stand in a policy: an origin cannot end one directive and begin another.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const CONTEXT: PageContext<'_> = PageContext {
        again: None,
        request_id: "1-67891233-abcdef012345678912345678",
        home: Some("https://app.example.com/"),
        sign_in: Some("https://app.example.com/oauth2/login"),
        remembered_sign_in: Some("https://app.example.com/oauth2/login?remember=true"),
        sign_out: Some("https://app.example.com/oauth2/logout"),
        signed_in_as: Some("ada@example.com"),
    };

    fn refused(status: StatusCode, reason: &str) -> Page<'_> {
        Page::Refused { status, reason, sentence: "Your account may not open this page." }
    }

    fn field<'a>(response: &'a Response, name: &str) -> &'a str {
        let mut values = response.headers.iter().filter(|(field, _)| *field == name);
        let (_, value) = values.next().unwrap();
        assert!(values.next().is_none(), "{name} twice");
        value
    }

    #[test]
    fn the_policy_allows_the_one_stylesheet_and_nothing_else() {
        let response = refused(StatusCode::FORBIDDEN, "group_missing").answer(&CONTEXT);
        let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
        let policy = field(&response, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.contains("form-action 'none'"), "{policy}");
        assert!(
            response.body.contains(&format!("<style>{STYLE}</style>")),
            "the hashed text is the one that is sent"
        );
        assert_eq!(field(&response, "referrer-policy"), "no-referrer");
        assert_eq!(field(&response, "x-content-type-options"), "nosniff");
        assert_eq!(field(&response, "cache-control"), "no-store");
    }

    #[test]
    fn only_the_page_with_a_form_may_submit_one() {
        let action = "https://app.example.com/oauth2/logout";
        let page = Page::ConfirmSignOut {
            action,
            form_origins: &["https://id.example.com"],
            offer: SignOutOffer::Here,
        };
        let response = page.answer(&CONTEXT);
        let policy = field(&response, "content-security-policy");
        assert!(policy.contains("form-action 'self' https://id.example.com"), "{policy}");
        assert!(
            response.body.contains(&format!("<form method=\"post\" action=\"{action}\">")),
            "{}",
            response.body
        );
    }

    #[test]
    fn an_origin_that_is_none_never_enters_the_policy() {
        let action = "https://app.example.com/oauth2/logout";
        for odd in ["https://id.example.com/path", "https://id.example.com; script-src *", "null", "*", ""] {
            let page = Page::ConfirmSignOut { action, form_origins: &[odd], offer: SignOutOffer::Here };
            let response = page.answer(&CONTEXT);
            let policy = field(&response, "content-security-policy").to_owned();
            assert!(policy.ends_with("form-action 'self'") || !policy.contains("script-src"), "{policy}");
            assert!(odd.is_empty() || !policy.contains(odd), "{policy}");
        }
    }

    #[test]
    fn who_signed_out_may_sign_in_to_stay() {
        let link = "<a class=\"link\" href=\"https://app.example.com/oauth2/login?remember=true\"";
        let shown = |page: Page<'_>, context| page.answer(context).body.contains(link);
        assert!(shown(Page::SignedOut { everywhere: false }, &CONTEXT));
        assert!(!shown(
            Page::SignedOut { everywhere: false },
            &PageContext { remembered_sign_in: None, ..CONTEXT }
        ));
        assert!(!shown(refused(StatusCode::FORBIDDEN, "group_missing"), &CONTEXT));
    }

    #[test]
    fn a_page_after_sign_out_says_what_ended() {
        let said = |page: Page<'_>| page.answer(&CONTEXT).body;
        let (here, everywhere) =
            (said(Page::SignedOut { everywhere: false }), said(Page::SignedOut { everywhere: true }));
        assert!(here.contains("<h1>You are signed out</h1>"), "{here}");
        assert!(everywhere.contains("<h1>You are signed out on all devices</h1>"), "{everywhere}");
        let still = said(Page::StillSignedIn);
        assert!(!still.contains("signed out") && still.contains("ada@example.com"), "{still}");
        assert!(still.contains("href=\"https://app.example.com/oauth2/logout\""), "{still}");
    }

    #[test]
    fn everywhere_is_a_button_of_its_own_where_it_is_offered() {
        let action = "https://app.example.com/oauth2/logout";
        let button = "type=\"submit\" name=\"everywhere\" value=\"true\">Sign out on all devices</button>";
        for (offer, offered, here) in [
            (SignOutOffer::Here, false, true),
            (SignOutOffer::HereOrEverywhere, true, true),
            (SignOutOffer::Everywhere, true, false),
        ] {
            let body = Page::ConfirmSignOut { action, form_origins: &[], offer }.answer(&CONTEXT).body;
            assert_eq!(body.contains(button), offered, "{offer:?}\n{body}");
            assert_eq!(body.contains(">Sign out</button>"), here, "{offer:?}\n{body}");
        }
    }

    #[test]
    fn every_value_is_escaped() {
        const ATTACK: &str = "\"><script>alert(1)</script><a href='";
        let context = PageContext {
            request_id: ATTACK,
            again: Some(ATTACK),
            home: Some(ATTACK),
            sign_in: Some(ATTACK),
            remembered_sign_in: Some(ATTACK),
            sign_out: Some(ATTACK),
            signed_in_as: Some(ATTACK),
        };
        let pages = [
            Page::Refused { status: StatusCode::FORBIDDEN, reason: ATTACK, sentence: ATTACK },
            Page::ConfirmSignOut { action: ATTACK, form_origins: &[], offer: SignOutOffer::HereOrEverywhere },
            Page::SignedOutHereAlone { logout_url: ATTACK },
            Page::SignedOut { everywhere: false },
            Page::SignedOut { everywhere: true },
            Page::StillSignedIn,
        ];
        for page in pages {
            let body = page.answer(&context).body;
            assert!(!body.contains("<script"), "{body}");
            assert!(!body.contains("href='"), "{body}");
        }
    }

    #[test]
    fn a_refusal_shows_its_status_sentence_reason_and_id() {
        let response = refused(StatusCode::FORBIDDEN, "group_missing").answer(&CONTEXT);
        assert_eq!(response.status, StatusCode::FORBIDDEN);
        for shown in
            ["Your account may not open this page.", "group_missing", CONTEXT.request_id, "ada@example.com"]
        {
            assert!(response.body.contains(shown), "{shown}\n{}", response.body);
        }
        assert!(
            response.body.contains("href=\"https://app.example.com/oauth2/logout\""),
            "{}",
            response.body
        );
    }

    #[test]
    fn who_may_not_open_a_page_is_first_offered_another_account() {
        let body = refused(StatusCode::FORBIDDEN, "group_missing")
            .answer(&PageContext { sign_in: None, ..CONTEXT })
            .body;
        let first =
            r#"<a class="button" href="https://app.example.com/oauth2/logout">Use another account</a>"#;
        assert!(body.contains(first), "{body}");
        assert!(body.contains("Ask the administrators of this application to add you to a group"), "{body}");
        assert!(!body.contains(">Sign out<"), "{body}");
    }

    #[test]
    fn no_page_has_a_script_or_fetches_anything() {
        let pages = [
            refused(StatusCode::BAD_REQUEST, "sign_in_loop"),
            Page::ConfirmSignOut {
                action: "https://app.example.com/oauth2/logout",
                form_origins: &[],
                offer: SignOutOffer::HereOrEverywhere,
            },
            Page::SignedOutHereAlone { logout_url: "https://id.example.com/logout" },
            Page::SignedOut { everywhere: false },
            Page::SignedOut { everywhere: true },
            Page::StillSignedIn,
        ];
        for page in pages {
            let body = page.answer(&CONTEXT).body;
            for absent in ["<script", " src=", "@import", "url(", "javascript:", " on"] {
                let tags: String = body.split('<').skip(1).filter_map(|tag| tag.split('>').next()).collect();
                assert!(!tags.contains(absent), "{absent}\n{body}");
            }
            assert!(
                body.contains("<html lang=\"en\">") && body.contains("<h1>") && body.contains("<main>"),
                "{body}"
            );
        }
    }
}
