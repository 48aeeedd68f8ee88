//! Tests the pages as a browser receives them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::*;

const CONTEXT: PageContext<'_> = PageContext {
    again: None,
    application: None,
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
    let response = refused(StatusCode::FORBIDDEN, "group_missing").response(&CONTEXT);
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
    let page =
        Page::ConfirmSignOut { action, form_origins: &["https://id.example.com"], offer: SignOutOffer::Here };
    let response = page.response(&CONTEXT);
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
        let response = page.response(&CONTEXT);
        let policy = field(&response, "content-security-policy").to_owned();
        assert!(policy.ends_with("form-action 'self'") || !policy.contains("script-src"), "{policy}");
        assert!(odd.is_empty() || !policy.contains(odd), "{policy}");
    }
}

#[test]
fn a_user_who_signed_out_may_sign_in_to_stay() {
    let link = "<a class=\"link\" href=\"https://app.example.com/oauth2/login?remember=true\"";
    let shown = |page: Page<'_>, context| page.response(context).body.contains(link);
    assert!(shown(Page::SignedOut { everywhere: false }, &CONTEXT));
    assert!(!shown(
        Page::SignedOut { everywhere: false },
        &PageContext { remembered_sign_in: None, ..CONTEXT }
    ));
    assert!(!shown(refused(StatusCode::FORBIDDEN, "group_missing"), &CONTEXT));
}

#[test]
fn a_page_after_sign_out_says_what_ended() {
    let said = |page: Page<'_>| page.response(&CONTEXT).body;
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
        let body = Page::ConfirmSignOut { action, form_origins: &[], offer }.response(&CONTEXT).body;
        assert_eq!(body.contains(button), offered, "{offer:?}\n{body}");
        assert_eq!(body.contains(">Sign out</button>"), here, "{offer:?}\n{body}");
    }
}

#[test]
fn every_value_is_escaped() {
    const ATTACK: &str = "\"><script>alert(1)</script><a href='";
    let context = PageContext {
        application: Some(ATTACK),
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
        Page::ProviderSignOutUnconfirmed { logout_url: ATTACK },
        Page::SignedOut { everywhere: false },
        Page::SignedOut { everywhere: true },
        Page::StillSignedIn,
    ];
    for page in pages {
        let body = page.response(&context).body;
        assert!(!body.contains("<script"), "{body}");
        assert!(!body.contains("href='"), "{body}");
    }
}

#[test]
fn every_page_names_the_application_where_it_has_a_name() {
    let named = PageContext { application: Some("Reports & more"), ..CONTEXT };
    for page in [
        refused(StatusCode::UNAUTHORIZED, "session_missing"),
        Page::SignedOut { everywhere: false },
        Page::StillSignedIn,
        Page::ProviderSignOutUnconfirmed { logout_url: "https://id.example.com/logout" },
        Page::ConfirmSignOut { action: "", form_origins: &[], offer: SignOutOffer::Here },
    ] {
        let (with, without) = (page.response(&named).body, page.response(&CONTEXT).body);
        let title =
            |body: &str| body.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned();
        assert_eq!(title(&with), format!("{} - Reports &#38; more", title(&without)));
        assert!(with.contains("<bdi>Reports &#38; more</bdi>"), "{with}");
        assert!(!without.contains("class=\"application\""), "{without}");
    }
    let signed_out = Page::SignedOut { everywhere: false };
    assert!(signed_out.response(&CONTEXT).body.contains(">Sign in again<"));
    assert!(signed_out.response(&named).body.contains(">Sign in to Reports &#38; more<"));
}

#[test]
fn a_refusal_shows_its_status_sentence_reason_and_id() {
    let response = refused(StatusCode::FORBIDDEN, "group_missing").response(&CONTEXT);
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    for shown in
        ["Your account may not open this page.", "group_missing", CONTEXT.request_id, "ada@example.com"]
    {
        assert!(response.body.contains(shown), "{shown}\n{}", response.body);
    }
    assert!(response.body.contains("href=\"https://app.example.com/oauth2/logout\""), "{}", response.body);
}

#[test]
fn a_user_who_may_not_open_a_page_is_first_offered_another_account() {
    let body = refused(StatusCode::FORBIDDEN, "group_missing")
        .response(&PageContext { sign_in: None, ..CONTEXT })
        .body;
    let first = r#"<a class="button" href="https://app.example.com/oauth2/logout">Use another account</a>"#;
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
        Page::ProviderSignOutUnconfirmed { logout_url: "https://id.example.com/logout" },
        Page::SignedOut { everywhere: false },
        Page::SignedOut { everywhere: true },
        Page::StillSignedIn,
    ];
    for page in pages {
        let body = page.response(&CONTEXT).body;
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
