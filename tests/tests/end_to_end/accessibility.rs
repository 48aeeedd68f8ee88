//! Checks the accessibility of the pages: axe-core finds no fault on a telephone and on a desktop, in light
//! and in dark, and no page scrolls sideways.

use axum::Router;
use axum::response::{AppendHeaders, Html};
use axum::routing::get;
use local::cognito::{NewUser, StandIn};
use relying_party::http::page::{Page, PageContext};
use serde_json::json;
use tokio::net::TcpListener;

use crate::chromium::{ready, sign_in};
use crate::deployment::Deployment;
use crate::driver::Chromium;
use crate::process::tool;

const TELEPHONE: (u32, u32) = (360, 740);
const DESK: (u32, u32) = (1280, 800);

/// Longer than a line on a telephone, with no space at which it could break.
const LONG_ADDRESS: &str =
    "somebody.with.a.name.that.has.no.end.at.all@mail.department.of.accessibility.example.com";

/// Reasons that cover every title, advice and set of links of the error page.
const REASONS: [&str; 17] = [
    "alb_ended_everywhere",
    "attempt_expired",
    "cookies_refused",
    "group_missing",
    "identity_too_large",
    "internal_error",
    "invalid_grant",
    "method_not_allowed",
    "provider_unreachable",
    "refresh_in_progress",
    "refresh_loop",
    "session_ended_everywhere",
    "session_idle_timeout",
    "session_too_large",
    "sign_in_loop",
    "sign_out_everywhere_not_supported",
    "upstream_unreachable",
];

/// Reports the faults that axe-core's default rules find, whatever their impact, and the colours that it
/// cannot judge; then whether the page is too wide.
const INSPECT: &str = "const done = arguments[0];
    const told = (result) => result.nodes.map((node) =>
        `${result.id} (${result.impact}): ${node.target.join(' ')}: ${node.failureSummary}`);
    axe.run(document, { preload: false }).then((results) => {
        const undecided = results.incomplete.filter((result) => result.id === 'color-contrast');
        const found = [...results.violations, ...undecided].flatMap(told);
        const root = document.documentElement;
        if (root.scrollWidth > root.clientWidth) {
            found.push(`scrolls sideways: ${root.scrollWidth} pixels in ${root.clientWidth}`);
        }
        done([results.passes.length, innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, found]);
    }, (error) => done([0, innerWidth, false, [String(error)]]));";

/// A browser that views pages on different screens and collects the faults.
struct Inspector {
    chromium: Chromium,
    axe: String,
    found: Vec<String>,
}

impl Inspector {
    async fn open(name: &str) -> Self {
        let axe = std::fs::read_to_string(tool("node/node_modules/axe-core/axe.min.js")).unwrap();
        let chromium = Chromium::open(name, 1280, false).await;
        Self { chromium, axe, found: Vec::new() }
    }

    /// Inspects the current page once it has the heading; `name` identifies it.
    async fn inspect(&mut self, name: &str, heading: &str) {
        self.chromium.heading(heading).await;
        self.chromium.driver().execute(self.axe.as_str(), []).await.unwrap();
        for screen in [DESK, TELEPHONE] {
            for scheme in ["light", "dark"] {
                self.chromium.screen(screen, scheme).await;
                let answer = self.chromium.driver().execute_async(INSPECT, []).await.unwrap();
                let (passes, width, dark, found): (usize, u32, bool, Vec<String>) = answer.convert().unwrap();
                let place = format!("{name} at {} in {scheme}", screen.0);
                // An inspection of no page, or of another screen, would find no fault either.
                assert!(
                    passes > 5 && width == screen.0 && dark == (scheme == "dark"),
                    "{place}: {passes} rules hold at {width}, dark: {dark}: {found:?}"
                );
                self.found.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
                self.chromium.picture(&format!("{name}-{}-{scheme}", screen.0)).await;
            }
        }
    }

    /// Opens an address and inspects the page there.
    async fn visit(&mut self, name: &str, url: &str, heading: &str) {
        self.chromium.go(url).await;
        self.inspect(name, heading).await;
    }

    /// Inspects the form that is shown again with its error.
    async fn inspect_refused(&mut self, name: &str, heading: &str) {
        self.chromium.shown("[role=alert]").await;
        self.inspect(name, heading).await;
    }

    async fn close(self) {
        assert!(self.found.is_empty(), "{} faults:\n{}", self.found.len(), self.found.join("\n"));
        self.chromium.close().await;
    }
}

#[tokio::test]
async fn the_pages_of_a_refusal_are_for_everybody() {
    let (deployment, _stand_in) = ready(json!({})).await;
    let mut inspector = Inspector::open("accessible_refusals").await;
    for reason in REASONS {
        inspector.chromium.go(&deployment.at(&format!("/oauth2/error?reason={reason}"))).await;
        let shown = inspector.chromium.text().await;
        assert!(shown.contains(reason), "{shown}");
        let heading = shown.lines().next().unwrap().to_owned();
        inspector.inspect(&format!("refused-{reason}"), &heading).await;
    }
    let nowhere = deployment.at("/oauth2/nowhere");
    inspector.visit("refused-nowhere", &nowhere, "There is no such page").await;
    let callback = deployment.at("/oauth2/callback?code=x");
    inspector.visit("refused-callback", &callback, "That did not work").await;
    inspector.close().await;
}

/// A name of the maximum length, without a place to break it.
const NAME: &str = "Abrechnungsdatenverarbeitungsuebersichtanwendungsoberflaeche";

#[tokio::test]
async fn the_pages_of_sign_out_are_for_everybody() {
    let (deployment, _stand_in) =
        ready(json!({ "application_name": NAME, "session_storage": "memory", "session_remember": "ask" }))
            .await;
    let mut inspector = Inspector::open("accessible_sign_out").await;
    let signed_out = deployment.at("/oauth2/signed-out");
    inspector.visit("signed-out", &signed_out, "You are signed out").await;

    inspector.chromium.go(&deployment.at("/pages/one")).await;
    sign_in(&inspector.chromium, &NewUser::local_admin()).await;
    inspector.chromium.arrived(&deployment.at("/pages/one")).await;
    inspector.visit("still-signed-in", &signed_out, "You are signed in").await;
    from_elsewhere(&inspector.chromium, &deployment.at("/oauth2/logout")).await;
    inspector.inspect("confirm-sign-out", "Sign out?").await;
    let everywhere = deployment.at("/oauth2/logout?everywhere=true");
    inspector.visit("confirm-sign-out-everywhere", &everywhere, "Sign out on all devices?").await;
    inspector.chromium.press("Sign out on all devices").await;
    inspector.chromium.arrived(&signed_out).await;
    inspector.inspect("signed-out-everywhere", "You are signed out on all devices").await;

    let alone = signed_out_here_alone().await;
    inspector
        .visit("signed-out-here-alone", &alone, "You are signed out of this application on all devices")
        .await;
    inspector.close().await;
}

/// Follows a link on a page of another site.
async fn from_elsewhere(chromium: &Chromium, url: &str) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let elsewhere = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", get(|| async { Html("<!doctype html><h1>Elsewhere</h1>") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    chromium.go(&elsewhere).await;
    chromium.heading("Elsewhere").await;
    chromium.click_a_link_to(url).await;
}

/// The address of the page that is shown only after a fault of the provider's administration interface.
async fn signed_out_here_alone() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let page = Page::ProviderSignOutUnconfirmed { logout_url: "https://id.example.com/logout" };
    let answer = page.response(&PageContext {
        request_id: "1-67891233",
        application: Some(NAME),
        ..PageContext::default()
    });
    let router = Router::new()
        .route("/", get(move || async move { (answer.status, AppendHeaders(answer.headers), answer.body) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn the_pages_of_the_cognito_stand_in_are_for_everybody() {
    let (deployment, stand_in) = ready(json!({})).await;
    let mut inspector = Inspector::open("accessible_stand_in").await;
    let base = stand_in.options().base_url.clone();
    inspector.visit("stand-in", &format!("{base}/"), "The Cognito stand-in").await;
    inspector.visit("mailbox-empty", &format!("{base}/_local/mailbox"), "Mailbox").await;
    inspector.visit("stand-in-nowhere", &format!("{base}/nowhere"), "Something went wrong").await;
    let unknown_client = format!("{base}/oauth2/authorize?client_id=unknown");
    inspector.visit("stand-in-refused", &unknown_client, "Something went wrong").await;

    inspector.visit("sign-in", &deployment.at("/pages/one"), "Sign in").await;
    inspector.chromium.fill("username", LONG_ADDRESS).await;
    inspector.chromium.fill("password", "wrong").await;
    inspector.chromium.press("Sign in").await;
    inspector.inspect_refused("sign-in-refused", "Sign in").await;
    sign_up(&mut inspector, &deployment).await;
    new_password(&mut inspector, &deployment, &stand_in).await;
    inspector.visit("mailbox", &format!("{base}/_local/mailbox"), "Mailbox").await;

    inspector.chromium.driver().delete_all_cookies().await.unwrap();
    inspector.chromium.go(&deployment.at("/pages/one")).await;
    inspector.chromium.heading("Sign in").await;
    inspector.chromium.driver().delete_all_cookies().await.unwrap();
    sign_in(&inspector.chromium, &NewUser::local_guest()).await;
    inspector.inspect_refused("form-refused", "Something went wrong").await;
    inspector.close().await;
}

async fn sign_up(inspector: &mut Inspector, deployment: &Deployment) {
    inspector.chromium.follow("Create an account").await;
    inspector.inspect("sign-up", "Create an account").await;
    inspector.chromium.fill("username", LONG_ADDRESS).await;
    inspector.chromium.fill("given_name", "Ada").await;
    inspector.chromium.fill("family_name", "Example").await;
    inspector.chromium.fill("password", "too short").await;
    inspector.chromium.press("Create account").await;
    inspector.inspect_refused("sign-up-refused", "Create an account").await;
    inspector.chromium.fill("password", "Loopback-3").await;
    inspector.chromium.press("Create account").await;
    inspector.inspect("confirm", "Confirm the address").await;
    inspector.chromium.fill("code", "wrong").await;
    inspector.chromium.press("Confirm").await;
    inspector.inspect_refused("confirm-refused", "Confirm the address").await;
    inspector.chromium.press("Send another code").await;
    inspector.chromium.shown("[role=status]").await;
    inspector.inspect("confirm-again", "Confirm the address").await;
    inspector.chromium.go(&deployment.at("/pages/one")).await;
    inspector.chromium.heading("Sign in").await;
}

async fn new_password(inspector: &mut Inspector, deployment: &Deployment, stand_in: &StandIn) {
    stand_in.add_user(NewUser { sub: None, email: LONG_ADDRESS.to_owned(), ..NewUser::local_guest() });
    inspector.chromium.go(&deployment.at("/pages/one")).await;
    inspector.chromium.follow("Forgot the password?").await;
    inspector.inspect("forgot", "Forgot the password?").await;
    // Without this the browser would not submit an invalid address.
    let unchecked = "document.querySelector('form').noValidate = true";
    inspector.chromium.driver().execute(unchecked, []).await.unwrap();
    inspector.chromium.fill("username", "no address").await;
    inspector.chromium.press("Send a code").await;
    inspector.inspect_refused("forgot-refused", "Forgot the password?").await;
    inspector.chromium.fill("username", LONG_ADDRESS).await;
    inspector.chromium.press("Send a code").await;
    inspector.inspect("new-password", "Set a new password").await;
    inspector.chromium.fill("code", "000000").await;
    inspector.chromium.fill("password", "too short").await;
    inspector.chromium.press("Set the password and sign in").await;
    inspector.inspect_refused("new-password-refused", "Set a new password").await;
}

#[tokio::test]
async fn the_pages_around_sign_in_are_for_everybody() {
    let routes = json!([
        { "paths": ["/pages/open"], "auth": "none" },
        { "paths": ["/admin/*"], "groups_required": ["admins"] },
    ]);
    let (deployment, stand_in) = ready(json!({ "routes": routes })).await;
    let user = NewUser { sub: None, email: LONG_ADDRESS.to_owned(), ..NewUser::local_guest() };
    stand_in.add_user(user.clone());
    let mut inspector = Inspector::open("accessible_application").await;
    let open = deployment.at("/pages/open?no=identity");
    inspector.visit("page-open", &open, "The page that you asked for").await;

    inspector.chromium.go(&deployment.at("/")).await;
    sign_in(&inspector.chromium, &user).await;
    inspector.chromium.arrived(&deployment.at("/")).await;
    inspector.inspect("home", &format!("Hello, {LONG_ADDRESS}")).await;
    let deep_link = deployment.at("/pages/deep/link?part=2&sort=name");
    inspector.visit("deep-link", &deep_link, "The page that you asked for").await;
    inspector.visit("headers", &deployment.at("/headers"), "What arrived here").await;
    inspector.visit("anything", &deployment.at("/anything/deep?part=2"), "What arrived here").await;
    inspector.visit("relative", &deployment.at("/pages/relative/"), "Relative links").await;
    inspector.visit("next", &deployment.at("/pages/relative/next"), "The next page").await;
    inspector.visit("forbidden", &deployment.at("/admin/"), "You have no access").await;
    assert!(inspector.chromium.text().await.contains(LONG_ADDRESS));

    inspector.chromium.follow("Use another account").await;
    inspector.chromium.arrived(&deployment.at("/oauth2/signed-out")).await;
    inspector.chromium.go(&deployment.at("/admin/")).await;
    sign_in(&inspector.chromium, &NewUser::local_admin()).await;
    inspector.inspect("administrators", "For administrators").await;
    inspector.close().await;
}
