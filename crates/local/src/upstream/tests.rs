#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot continue should stop")]

use axum::body::Body;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use super::{router, serve};

async fn send(request: Request<Body>) -> Response<Body> {
    router().oneshot(request).await.unwrap()
}

async fn get(target: &str) -> Response<Body> {
    send(Request::get(target).header("host", "app.test").body(Body::empty()).unwrap()).await
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn body(response: Response<Body>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}

/// Sends bytes to a served upstream and returns the whole response.
async fn over_socket(bytes: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { serve(listener, std::future::pending()).await });
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The JSON of the first response in `answer`.
fn first_body(answer: &str) -> Value {
    let (_, rest) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::Deserializer::from_str(rest).into_iter().next().unwrap().unwrap()
}

#[tokio::test]
async fn anything_shows_method_url_arguments_and_path_as_received() {
    let shown = body(get("/anything/a%2Fb/%2e%2e/c;d?x=1&x=2&y=a+b%20c").await).await;
    assert_eq!(shown["method"], "GET");
    assert_eq!(shown["path"], "/anything/a%2Fb/%2e%2e/c;d");
    assert_eq!(shown["query"], "x=1&x=2&y=a+b%20c");
    assert_eq!(shown["url"], "http://app.test/anything/a%2Fb/%2e%2e/c;d?x=1&x=2&y=a+b%20c");
    assert_eq!(shown["args"], json!({ "x": ["1", "2"], "y": "a b c" }));
}

#[tokio::test]
async fn headers_are_a_list_in_order_and_an_object() {
    let request = Request::get("/headers").header("x-a", "1").header("x-b", "2").header("x-a", "3");
    let shown = body(send(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(shown["headers"], json!({ "x-a": "1,3", "x-b": "2" }));
    assert_eq!(shown["header_list"].as_array().unwrap().len(), 3);
}

/// A browser's `Accept`, and a token to show.
fn as_a_browser(target: &str) -> http::request::Builder {
    Request::post(target)
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
        .header("accept-language", "en")
        .header("x-forwarded-host", "app.test:8400")
        .header("x-forwarded-proto", "http")
        .header("Authorization", "Bearer a.b-c_d")
}

#[tokio::test]
async fn a_browser_gets_a_page_and_others_get_json() {
    for (path, accept, language, is_page) in [
        ("/anything", "text/html,application/xhtml+xml,*/*;q=0.8", "en-GB", true),
        ("/anything/below?a=1", "text/html", "de", true),
        ("/headers", "text/html", "en", true),
        ("/anything", "text/html", "", false),
        ("/anything", "*/*", "en", false),
        ("/headers", "application/json", "en", false),
        ("/get", "text/html", "en", false),
    ] {
        let mut request = Request::get(path).header("accept", accept);
        if !language.is_empty() {
            request = request.header("accept-language", language);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = send(request).await;
        let expected = if is_page { "text/html; charset=utf-8" } else { "application/json" };
        assert_eq!(response.headers()["content-type"], expected, "{path} {accept}");
    }
}

#[tokio::test]
async fn the_page_of_a_request_escapes_it_and_has_a_command_with_the_token() {
    let request = as_a_browser("/anything?a=1&b=2").header("x-a", "<i>").body(Body::from("<u>")).unwrap();
    let page = text(send(request).await).await;
    for shown in [
        "POST /anything?a=1&#38;b=2",
        "<dt><code>x-a</code></dt><dd><code>&#60;i&#62;</code></dd>",
        "&#60;u&#62;",
        "curl -H &#39;Authorization: Bearer a.b-c_d&#39; http://app.test:8400/get",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let without_token =
        Request::get("/headers").header("accept", "text/html").header("accept-language", "en");
    let without_token = without_token.body(Body::empty()).unwrap();
    assert!(!text(send(without_token).await).await.contains("curl"));
}

#[tokio::test]
async fn text_json_form_and_binary_bodies_are_told_apart() {
    for (content_type, sent, expected) in [
        ("text/plain", &b"hello"[..], json!({ "data": "hello" })),
        ("application/json", b"{\"a\":1}", json!({ "data": "{\"a\":1}", "json": { "a": 1 } })),
        ("application/x-www-form-urlencoded", b"a=1", json!({ "data": "a=1", "form": { "a": "1" } })),
        ("application/octet-stream", b"\xff\x00", json!({ "data_base64": "/wA=" })),
    ] {
        let request =
            Request::post("/post").header("content-type", content_type).body(Body::from(sent)).unwrap();
        let shown = body(send(request).await).await;
        let members: serde_json::Map<String, Value> = ["data", "data_base64", "form", "json"]
            .iter()
            .filter_map(|&name| Some((name.to_owned(), shown.get(name)?.clone())))
            .collect();
        assert_eq!(Value::Object(members), expected, "{content_type}");
    }
}

#[tokio::test]
async fn cookies_are_shown_by_name() {
    let request = Request::get("/cookies").header("cookie", "a=1; b=2").header("cookie", "c=3");
    let shown = body(send(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(shown["cookies"], json!({ "a": "1", "b": "2", "c": "3" }));
}

#[tokio::test]
async fn status_answers_that_status_and_refuses_what_is_none() {
    assert_eq!(get("/status/418").await.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(get("/status/101").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(get("/status/x").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn redirect_to_answers_302_or_the_status_asked_for() {
    let response = get("/redirect-to?url=https%3A%2F%2Fapp.test%2F%3Fa").await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()["location"], "https://app.test/?a");
    assert_eq!(get("/redirect-to?url=/&status_code=307").await.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(get("/redirect-to").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(get("/redirect-to?url=/&status_code=200").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn bytes_are_as_many_as_asked_for_and_bounded() {
    let response = get("/bytes/300").await;
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!((bytes.len(), bytes[255], bytes[256]), (300, 255, 0));
    assert_eq!(get("/bytes/16777217").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn delay_is_bounded() {
    assert_eq!(get("/delay/0").await.status(), StatusCode::OK);
    assert_eq!(get("/delay/11").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn set_cookie_sets_one_for_each_pair() {
    let response = get("/set-cookie?a=1&b=2").await;
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2; Path=/"]);
}

#[tokio::test]
async fn response_headers_come_back() {
    let response = get("/response-headers?www-authenticate=Basic&x-a=1").await;
    assert_eq!(response.headers()["www-authenticate"], "Basic");
    assert_eq!(response.headers()["x-a"], "1");
    assert_eq!(get("/response-headers?a%0Ab=1").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_still_shown() {
    let response = get("/nowhere?a=1").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(body(response).await["path"], "/nowhere");
}

#[tokio::test]
async fn the_home_page_greets_from_the_identity_headers_and_escapes_them() {
    let request = Request::get("/").header("x-vestibule-email", "%3Cb%3E@example.com");
    let page = text(send(request.body(Body::empty()).unwrap()).await).await;
    assert!(page.contains("Hello, &#60;b&#62;@example.com"), "{page}");
    assert!(page.contains(r#"<form method="post" action="/oauth2/logout">"#));
}

#[tokio::test]
async fn the_home_page_says_when_there_is_no_identity() {
    assert!(text(get("/").await).await.contains("carried no identity"));
}

#[tokio::test]
async fn on_a_socket_target_and_header_names_are_byte_exact() {
    let answer = over_socket(
        b"GET /anything//a/%2e%2E/b?q=%zz HTTP/1.1\r\nHost: h\r\nAuThorization: x\r\nauthorization: y\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let shown = first_body(&answer);
    assert_eq!(shown["url"], "http://h/anything//a/%2e%2E/b?q=%zz");
    let list = shown["header_list"].as_array().unwrap();
    let names: Vec<&str> = list.iter().map(|pair| pair[0].as_str().unwrap()).collect();
    assert_eq!(names, ["Host", "AuThorization", "authorization", "Connection"]);
}

#[tokio::test]
async fn on_a_socket_chunked_bodies_and_a_second_request_are_read() {
    let answer = over_socket(
        b"POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n\
          HEAD /get HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "no body follows a HEAD: {answer}");
    assert_eq!(first_body(&answer)["data"], "abcde");
}

#[tokio::test]
async fn on_a_socket_two_framings_are_refused() {
    for head in [
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Content-Length: 1\r\nContent-Length: 1",
        "Content-Length: +1",
        "Transfer-Encoding: gzip, chunked",
    ] {
        let answer = over_socket(format!("POST / HTTP/1.1\r\nHost: h\r\n{head}\r\n\r\na").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{head}: {answer}");
        assert!(!answer.contains("header_list"), "{head}: {answer}");
    }
}

#[tokio::test]
async fn on_a_socket_a_target_that_is_no_uri_is_still_shown() {
    let answer = over_socket(b"GET /a\\b|\"<> HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    assert_eq!(first_body(&answer)["url"], "http://h/a\\b|\"<>");
}
