//! Tests the callback with parameters that no provider sends.

use fronts::fronts;
use local::cognito::Endpoint;
use tests::world::World;

use super::PAGE;

/// The change to a valid callback, and the response. `{s}` is a valid state.
const CASES: [(&str, u16, &str); 24] = [
    ("", 400, "state_missing"),
    ("code=x", 400, "state_missing"),
    ("state=", 400, "state_malformed"),
    ("code=x&state=short", 400, "state_malformed"),
    ("code=x&state={s}&state={s}", 400, "state_duplicate"),
    ("code=x&state={s}&state=", 400, "state_duplicate"),
    ("code=x&state=x&state={s}", 400, "state_duplicate"),
    ("code=x&state={s}%0d%0aSet-Cookie:%20a=b", 400, "state_malformed"),
    ("code=x&state={s}%00", 400, "state_malformed"),
    ("code=x&state={s}=", 400, "state_malformed"),
    ("state={s}", 400, "code_missing"),
    ("code=&state={s}", 400, "code_missing"),
    ("code=%00&state={s}", 400, "code_missing"),
    ("code=x%0d%0a&state={s}", 400, "code_missing"),
    ("code=x%7f&state={s}", 400, "code_missing"),
    ("code=x%09&state={s}", 400, "code_missing"),
    ("code=%c3%a9&state={s}", 400, "code_missing"),
    ("code=%ff&state={s}", 400, "code_missing"),
    ("code=x&code=y&state={s}", 400, "code_duplicate"),
    ("code=x&code=x&state={s}", 400, "code_duplicate"),
    ("code=x&state={s}&iss=http://evil.example", 400, "issuer_mismatch"),
    ("code=x&state={s}&iss=", 400, "issuer_mismatch"),
    (
        "code=x&state={s}&iss=http://127.0.0.1:8410/us-east-1_LocalPool&iss=http://evil.example",
        400,
        "issuer_mismatch",
    ),
    ("code=x&error=access_denied&state={s}", 403, "provider_denied"),
];

#[fronts(every_front)]
async fn each_is_refused_with_its_reason_and_opens_nothing() {
    for (query, status, reason) in CASES {
        for world in [World::new(), World::with_stored_sessions()] {
            let browser = world.browser();
            let form = browser.open(&world.url("/get")).await;
            let state = form.way[2].query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
            let callback = format!("/oauth2/callback?{}", query.replace("{s}", &state));
            let page = browser.open(&world.url(&callback)).await;
            let seen = (page.status.as_u16(), page.reason().unwrap_or_default());
            assert_eq!(seen, (status, reason.to_owned()), "{query}");
            assert!(!page.set_cookies().iter().any(|cookie| cookie.starts_with(&world.session_cookie())));
            assert_eq!(world.requests(Endpoint::Token), 0, "{query}");
        }
    }
}

#[fronts(every_front)]
async fn a_text_that_only_looks_like_a_code_leads_back_to_sign_in() {
    for world in [World::new(), World::with_stored_sessions()] {
        let browser = world.browser();
        let form = browser.open(&world.url("/get")).await;
        let state = form.way[2].query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let page = browser.open(&world.url(&format!("/oauth2/callback?code=x%20/+~&state={state}"))).await;
        assert_eq!((page.url.path(), page.stops()[1]), ("/login", "http://localhost:8400/get"));
        assert!(!browser.cookies("localhost").iter().any(|cookie| cookie.name == world.session_cookie()));
        assert_eq!(world.requests(Endpoint::Token), 1);
    }
}

#[fronts(every_front)]
async fn line_breaks_never_become_header_fields() {
    let world = World::new();
    let queries = [
        "/oauth2/login?rd=/get%0d%0aSet-Cookie:%20a=b",
        "/oauth2/login?rd=%0d%0a/get",
        "/oauth2/callback?state=%0d%0aSet-Cookie:%20a=b&code=x",
        "/oauth2/error?reason=%0d%0aSet-Cookie:%20a=b",
        "/oauth2/refresh?rd=/get%0d%0a",
        "/oauth2/logout?x=%0d%0a",
        "/anything/%0d%0aSet-Cookie:%20a=b",
        "/anything?a=%0d%0aSet-Cookie:%20a=b",
    ];
    for target in queries {
        let reply = world.send("GET", target, &PAGE).await;
        assert!(reply.status < 500, "{target}: {}", reply.status);
        for (name, value) in &reply.headers {
            assert!(!value.contains(['\r', '\n']), "{target}: {name}");
        }
        assert!(!reply.values("set-cookie").iter().any(|cookie| cookie.contains("a=b")), "{target}");
    }
}

#[fronts(every_front)]
async fn a_text_on_a_page_of_ours_is_escaped() {
    let world = World::new();
    for target in ["/oauth2/error?reason=<script>alert(1)</script>", "/oauth2/<script>alert(1)</script>"] {
        let reply = world.send("GET", target, &PAGE).await;
        assert!(!reply.body.contains("<script"), "{target}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}
