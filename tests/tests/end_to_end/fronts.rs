//! Tests a typical application, with files, images and scripts from its root, in a real browser through the
//! HTTP API and the load balancer of the local stack.

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Html;
use axum::routing::get;
use local::cognito::NewUser;
use local::stack::{Choices, Stack};
use tokio::net::TcpListener;

use crate::driver::Chromium;
use crate::process::{free_port, until};

const PAGE: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="stylesheet" href="/files/style.css"></head>
<body><h1>Shop</h1><img id="logo" src="/files/logo.svg" alt="the shop's sign"><p id="who">nobody yet</p>
<form method="post" action="/oauth2/logout"><button>Sign out</button></form>
<script src="/files/script.js"></script></body></html>"#;

const SCRIPT: &str = "fetch('/api/who', { headers: { accept: 'application/json' } })
    .then((answer) => answer.json())
    .then((who) => { document.getElementById('who').textContent = 'hello ' + who.email; });";

const LOGO: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>"#;

async fn who(headers: HeaderMap) -> ([(http::HeaderName, &'static str); 1], String) {
    let email = headers.get("x-vestibule-email").and_then(|value| value.to_str().ok()).unwrap_or_default();
    ([(CONTENT_TYPE, "application/json")], format!("{{\"email\":\"{email}\"}}"))
}

/// Starts the application and returns its address.
async fn shop() -> String {
    let file = |media_type: &'static str, text: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, media_type)], text) })
    };
    let router = Router::new()
        .route("/shop", get(|| async { Html(PAGE) }))
        .route("/files/style.css", file("text/css", "h1 { color: rgb(1, 2, 3) }"))
        .route("/files/script.js", file("text/javascript", SCRIPT))
        .route("/files/logo.svg", file("image/svg+xml", LOGO))
        .route("/api/who", get(who));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Starts the local stack with `upstream` on free ports and returns the addresses of its HTTP API and its
/// load balancer.
async fn stack(upstream: &str) -> [String; 2] {
    let choices = Choices {
        api_gateway_port: free_port(),
        http_api_port: free_port(),
        load_balancer_port: free_port(),
        cognito_port: free_port(),
        upstream: Some(upstream.to_owned()),
        ..Choices::documented()
    };
    let stack = Stack::bind(choices).await.unwrap();
    let addresses = stack.addresses().clone();
    tokio::spawn(async move { stack.serve(std::future::pending()).await });
    [addresses.http_api.unwrap(), addresses.load_balancer.unwrap()]
}

#[tokio::test]
async fn an_application_with_files_at_its_root_works_through_both_proxy_fronts() {
    let fronts = stack(&shop().await).await;
    for (front, name) in fronts.iter().zip(["http-api", "load-balancer"]) {
        let chromium = Chromium::open(&format!("shop-{name}"), 1100, false).await;
        let page = format!("{front}/shop?item=1");
        chromium.go(&page).await;
        chromium.heading("Sign in").await;
        chromium.picture(&format!("{name}-sign-in")).await;
        sign_in(&chromium).await;
        chromium.arrived(&page).await;
        until("the script asked who it is", || async {
            chromium.text().await.contains("hello admin@example.com").then_some(())
        })
        .await;
        let seen = evaluated(
            &chromium,
            "const logo = document.getElementById('logo');
             return [getComputedStyle(document.querySelector('h1')).color, logo.complete && logo.naturalWidth > 0]",
        )
        .await;
        assert_eq!(seen, serde_json::json!(["rgb(1, 2, 3)", true]), "{name}");
        chromium.picture(&format!("{name}-application")).await;

        chromium.press("Sign out").await;
        chromium.arrived(&format!("{front}/oauth2/signed-out")).await;
        chromium.picture(&format!("{name}-signed-out")).await;
        let (cookies, _) = chromium.cookies().await;
        assert!(cookies.is_empty(), "{name}: {cookies:?}");
        chromium.go(&page).await;
        chromium.heading("Sign in").await;
        chromium.close().await;
    }
}

#[tokio::test]
async fn pages_that_say_no_are_pages_through_both_proxy_fronts() {
    let fronts = stack(&format!("http://127.0.0.1:{}", free_port())).await;
    for (front, name) in fronts.iter().zip(["http-api", "load-balancer"]) {
        let chromium = Chromium::open(&format!("no-{name}"), 1100, false).await;
        let page = format!("{front}/shop");
        chromium.go(&page).await;
        sign_in(&chromium).await;
        chromium.arrived(&page).await;
        for (path, status, reason) in [
            ("/shop", 502, "upstream_unreachable"),
            ("/shop//a", 400, "ambiguous_path"),
            ("/oauth2/error?reason=group_missing", 403, "group_missing"),
            ("/oauth2/nowhere", 404, "not_found"),
            ("/oauth2/callback?code=x", 400, "state_missing"),
        ] {
            chromium.go(&format!("{front}{path}")).await;
            assert_eq!(chromium.status().await, status, "{name} {path}");
            let text = chromium.text().await;
            assert!(text.contains(reason), "{name} {path}: {text}");
            let seen = evaluated(
                &chromium,
                "return [document.documentElement.lang, document.title, document.querySelectorAll('h1').length]",
            )
            .await;
            assert!(seen[0] == "en" && seen[1] != "" && seen[2] == 1, "{name} {path}: {seen}");
            chromium.picture(&format!("{name}-{reason}")).await;
            if reason == "upstream_unreachable" {
                // The user of this page is signed in, so the page must not blame sign-in.
                chromium.heading("The application cannot be shown right now").await;
            }
        }
        chromium.close().await;
    }
}

async fn sign_in(chromium: &Chromium) {
    let user = NewUser::local_admin();
    chromium.heading("Sign in").await;
    chromium.fill("username", &user.email).await;
    chromium.fill("password", &user.password).await;
    chromium.press("Sign in").await;
}

async fn evaluated(chromium: &Chromium, script: &str) -> serde_json::Value {
    chromium.driver().execute(script, []).await.unwrap().json().clone()
}
