//! Tests the response to a page load and to a script when the table is faulty, behind an authorizer and
//! behind the proxy. The real SDK uses a table of moto through a faulty proxy. docs/sessions.md has the table
//! of responses.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws::Caller;
use aws::session_table::SessionTable;
use conformance::browser::Browser;
use conformance::provider::TOKEN_SECONDS;
use conformance::world::{Setup, World};
use flow::ports::{Upstream, UpstreamResponse};
use lambda::Function;
use lambda::authorizer_function::AuthorizerFunction;
use lambda::proxy_function::ProxyFunction;
use relying_party::forwarding::{UpstreamFault, UpstreamRequest};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::answering::{answer, refusal};
use crate::faulty::{Faulty, Mode};
use crate::{moto, sdk, sdk_of, session_table};

/// A deadline that no test reaches.
fn in_time() -> Instant {
    Instant::now() + Duration::from_secs(29)
}

/// An upstream that reports with a unique fault that it was called.
struct Asked;

#[async_trait]
impl Upstream for Asked {
    async fn send(&self, _: UpstreamRequest, _: Instant) -> Result<UpstreamResponse, UpstreamFault> {
        Err(UpstreamFault::Unreachable)
    }
}

/// A table behind a faulty proxy, and a signed-in browser.
struct Deployment {
    faulty: Faulty,
    world: World,
    browser: Browser,
}

impl Deployment {
    async fn new() -> Self {
        Self::of(Caller::Person).await
    }

    async fn of(caller: Caller) -> Self {
        session_table::table().await;
        let faulty = Faulty::start().await;
        let table = SessionTable::new(sdk_of(caller, faulty.url.clone()), session_table::TABLE.to_owned());
        let world = World::new(Some(Arc::new(table)), Setup::default());
        let browser = Browser::signed_in(world.site()).await;
        Self { faulty, world, browser }
    }

    fn cookie(&self) -> String {
        let name = self.world.site().relying_party.cookie_names.session().to_owned();
        format!("{name}={}", self.browser.session().unwrap())
    }

    /// The responses to a page load and to a script behind a REST authorizer.
    async fn at_authorizer(&self) -> [String; 2] {
        let authorizer = AuthorizerFunction::new(Arc::clone(&self.world.sites[0]));
        let mut seen = Vec::new();
        for page in [true, false] {
            let event = rest_event(&self.cookie(), page).to_string();
            seen.push(match authorizer.call(event.as_bytes(), in_time()).await {
                Ok(answer) => {
                    let answer: Value = serde_json::from_slice(&answer.whole().unwrap()).unwrap();
                    match answer["context"]["location"].as_str() {
                        Some(location) => location.replace("https://app.example.com", ""),
                        None => {
                            answer["policyDocument"]["Statement"][0]["Effect"].as_str().unwrap().to_owned()
                        }
                    }
                }
                Err(error) => error.error_message,
            });
        }
        [seen.remove(0), seen.remove(0)]
    }

    /// The same behind an HTTP API with the proxy: status, `Retry-After`, and the location or the reason.
    async fn at_proxy(&self) -> [String; 2] {
        let proxy = ProxyFunction::new(Arc::clone(&self.world.sites[0]), Arc::new(Asked));
        let mut seen = Vec::new();
        for page in [true, false] {
            let event = http_event(&self.cookie(), page).to_string();
            let answer = proxy.call(event.as_bytes(), in_time()).await.unwrap();
            let answer: Value = serde_json::from_slice(&answer.whole().unwrap()).unwrap();
            let headers = &answer["headers"];
            let location = headers["location"].as_str().unwrap_or_default();
            let body: Value =
                serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
            let retry = if headers["retry-after"].is_null() { "" } else { " retry" };
            seen.push(format!(
                "{}{retry} {}{}",
                answer["statusCode"],
                location.replace("https://app.example.com", ""),
                body["reason"].as_str().unwrap_or_default()
            ));
        }
        [seen.remove(0), seen.remove(0)]
    }

    /// If the table does not answer, no request passes and none is sent to sign in.
    async fn is_unavailable(&self, fault: &str) {
        let script = "vestibule: session_store_unavailable".to_owned();
        let page = "/oauth2/error?reason=session_store_unavailable&rd=%2Fpage".to_owned();
        assert_eq!(self.at_authorizer().await, [page, script], "{fault}");
        let seen = self.at_proxy().await;
        assert_eq!(seen, ["503 retry ", "503 retry session_store_unavailable"], "{fault}");
    }

    async fn is_well(&self) {
        assert_eq!(self.at_authorizer().await, ["Allow", "Allow"]);
        let reached = ["502 retry ", "502 retry upstream_unreachable"];
        assert_eq!(self.at_proxy().await, reached);
    }
}

fn fields(cookie: &str, page: bool) -> Value {
    let (mode, destination, accept) =
        if page { ("navigate", "document", "text/html") } else { ("cors", "empty", "application/json") };
    json!({
        "host": "app.example.com", "accept": accept, "cookie": cookie, "sec-fetch-site": "same-origin",
        "sec-fetch-mode": mode, "sec-fetch-dest": destination,
    })
}

fn rest_event(cookie: &str, page: bool) -> Value {
    let headers = fields(cookie, page);
    let several: serde_json::Map<String, Value> =
        headers.as_object().unwrap().iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/app/GET/page",
        "resource": "/{proxy+}", "path": "/page", "httpMethod": "GET",
        "headers": headers, "multiValueHeaders": several,
        "queryStringParameters": {}, "multiValueQueryStringParameters": {},
        "pathParameters": { "proxy": "page" }, "stageVariables": {},
        "requestContext": {
            "resourcePath": "/{proxy+}", "httpMethod": "GET", "path": "/app/page", "stage": "app",
            "accountId": "123456789012", "apiId": "abcdef1234", "requestId": "request",
            "identity": { "sourceIp": "203.0.113.7" },
        },
    })
}

fn http_event(cookie: &str, page: bool) -> Value {
    let mut headers = fields(cookie, page);
    headers.as_object_mut().unwrap().remove("cookie");
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/page", "rawQueryString": "",
        "cookies": [cookie], "headers": headers, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "123456789012", "apiId": "abcdef1234", "domainName": "app.example.com",
            "http": { "method": "GET", "path": "/page", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7" },
            "requestId": "request", "routeKey": "$default", "stage": "$default",
        },
    })
}

fn aws_refusal(code: &str) -> Mode {
    Mode::Answer(refusal(400, &format!("com.amazonaws.dynamodb.v20120810#{code}")))
}

#[tokio::test]
async fn a_table_that_throttles_denies_or_is_missing_is_503_to_everybody_and_comes_back() {
    let deployment = Deployment::new().await;
    deployment.is_well().await;
    for code in [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "ExpiredTokenException",
        "ValidationException",
    ] {
        deployment.faulty.set(aws_refusal(code));
        deployment.is_unavailable(code).await;
    }
    deployment.faulty.set(Mode::Well);
    deployment.is_well().await;
}

#[tokio::test]
async fn a_table_that_fails_breaks_off_or_talks_nonsense_is_503_to_everybody() {
    let deployment = Deployment::new().await;
    for (fault, mode) in [
        ("500", Mode::Answer(refusal(500, "InternalServerError"))),
        ("503", Mode::Answer(answer(503, ""))),
        ("no JSON", Mode::Answer(answer(200, "<html>"))),
        ("reset", Mode::Reset),
        ("unheard", Mode::Unheard),
    ] {
        deployment.faulty.set(mode);
        deployment.is_unavailable(fault).await;
    }
    deployment.faulty.set(Mode::Well);
    deployment.is_well().await;
}

#[tokio::test]
async fn a_table_that_is_not_reached_is_503_to_everybody() {
    let deployment = Deployment::new().await;
    let table = SessionTable::new(sdk("http://127.0.0.1:1".to_owned()), session_table::TABLE.to_owned());
    let world = World::new(Some(Arc::new(table)), Setup::default());
    Deployment { world, ..deployment }.is_unavailable("refused").await;
}

#[tokio::test]
async fn a_table_that_is_slower_than_the_limits_is_503_to_everybody() {
    let deployment = Deployment::of(Caller::Function).await;
    deployment.faulty.set(Mode::Silent(""));
    tokio::time::pause();
    deployment.is_unavailable("silent").await;
}

#[tokio::test]
async fn a_write_that_is_refused_does_not_stop_a_session_whose_token_holds() {
    for code in ["ProvisionedThroughputExceededException", "ConditionalCheckFailedException"] {
        let deployment = Deployment::new().await;
        deployment.world.clock.advance(TOKEN_SECONDS - 30);
        deployment.faulty.set(Mode::AnswerTo("UpdateItem", refusal(400, code)));
        deployment.is_well().await;
        assert_eq!(deployment.world.provider.refresh_requests(), 0, "{code}");
    }
}

#[tokio::test]
async fn a_lease_that_cannot_be_written_is_503_once_the_token_has_run_out() {
    let deployment = Deployment::new().await;
    deployment.world.clock.advance(TOKEN_SECONDS + 1);
    deployment.faulty.set(Mode::AnswerTo("UpdateItem", refusal(400, "ThrottlingException")));
    deployment.is_unavailable("throttled writes").await;
    assert_eq!(deployment.world.provider.refresh_requests(), 0);
    deployment.faulty.set(Mode::Well);
    deployment.is_well().await;
    assert_eq!(deployment.world.provider.refresh_requests(), 1);
}

/// The responses after `bend` has changed the item of the signed-in browser.
async fn bent(bend: impl FnOnce(&mut Value)) -> [[String; 2]; 2] {
    let deployment = Deployment::new().await;
    let key = json!({ "session": { "S": deployment.browser.row_key().as_str() } });
    let administer = async |action: &str, body| {
        moto::administer("dynamodb", &format!("DynamoDB_20120810.{action}"), body).await
    };
    let found = json!({ "TableName": session_table::TABLE, "Key": key });
    let mut item = administer("GetItem", found).await["Item"].take();
    bend(&mut item);
    administer("PutItem", json!({ "TableName": session_table::TABLE, "Item": item })).await;
    [deployment.at_authorizer().await, deployment.at_proxy().await]
}

/// The responses to a request without a valid session: a page load is redirected to sign in, a script gets
/// the reason.
fn signed_out(reason: &str) -> [[String; 2]; 2] {
    let login = "/oauth2/login?rd=%2Fpage".to_owned();
    [[login.clone(), "Unauthorized".to_owned()], [format!("302 {login}"), format!("401 {reason}")]]
}

#[tokio::test]
async fn an_item_that_is_half_written_signs_nobody_in() {
    for attribute in ["content", "generation", "seen_at", "renewed_at", "ttl", "format"] {
        let seen = bent(|item| drop(item.as_object_mut().unwrap().remove(attribute))).await;
        assert_eq!(seen, signed_out("session_malformed"), "{attribute}");
    }
    let seen = bent(|item| item["lease_owner"] = json!({ "B": "AAAA" })).await;
    assert_eq!(seen, signed_out("session_malformed"));
}

#[tokio::test]
async fn an_item_of_a_later_format_signs_nobody_in() {
    let seen = bent(|item| item["format"] = json!({ "N": "2" })).await;
    assert_eq!(seen, signed_out("session_unknown_version"));
}

#[tokio::test]
async fn an_item_whose_content_is_cut_short_or_changed_signs_nobody_in() {
    let seen = bent(|item| item["content"] = json!({ "S": "AAAA" })).await;
    assert_eq!(seen, signed_out("seal_malformed"));
    let seen = bent(|item| {
        let mut content = item["content"]["S"].as_str().unwrap().to_owned();
        let at = content.len() - 20;
        let other = if content.as_bytes()[at] == b'A' { "B" } else { "A" };
        content.replace_range(at..=at, other);
        item["content"] = json!({ "S": content });
    })
    .await;
    assert_eq!(seen, signed_out("seal_not_authentic"));
}
