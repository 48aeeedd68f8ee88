//! Sends one request at a time through a load balancer.

use std::sync::Mutex;

use lambda::FunctionError;

use super::*;

/// Records its events and always gives the same response.
struct Recorder {
    asked: Mutex<Vec<Value>>,
    answer: String,
}

#[async_trait]
impl Function for Recorder {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        self.asked.lock().unwrap().push(serde_json::from_slice(event).unwrap());
        Ok(FunctionResponse::Whole(self.answer.clone().into_bytes()))
    }
}

pub(super) fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> RawRequest {
    RawRequest {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: Vec::new(),
        peer: [192, 0, 2, 7].into(),
    }
}

const FUNCTIONS: [&str; 5] =
    ["CallbackFunction", "LoginFunction", "LogoutFunction", "ProxyFunction", "SessionFunction"];

/// The response, the events that a function got, and the log.
async fn ask(text: &str, answer: &Value, request: &RawRequest) -> (RawResponse, Vec<Value>, Vec<String>) {
    let recorder = Arc::new(Recorder { asked: Mutex::default(), answer: answer.to_string() });
    let function: Arc<dyn Function> = Arc::<Recorder>::clone(&recorder);
    let functions = FUNCTIONS.map(|name| (name.to_owned(), Arc::clone(&function)));
    let log = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&log);
    let write = Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()));
    let balancer = LoadBalancer::with(rules(text, &[]), functions.into(), write).unwrap();
    let response = balancer.handle(request).await;
    let asked = recorder.asked.lock().unwrap().clone();
    let log = log.lock().unwrap().clone();
    (response, asked, log)
}

fn fine() -> Value {
    json!({"statusCode": 200, "statusDescription": "200 OK", "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}, "body": "x", "isBase64Encoded": false})
}

#[tokio::test]
async fn the_event_names_the_target_group_and_keeps_every_field() {
    let sent = request(
        "GET",
        "/a?b=1&b=2",
        &[
            ("Cookie", "a=1"),
            ("cookie", "b=2"),
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Proto", "http"),
        ],
    );
    let (response, asked, _) = ask(ALB, &fine(), &sent).await;
    assert_eq!((response.status, response.header_values("set-cookie").len()), (200, 2));
    let event = &asked[0];
    assert_eq!(
        event["requestContext"]["elb"]["targetGroupArn"],
        "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/proxy-00000000-internet-facing/0123456789abcdef"
    );
    let headers = &event["multiValueHeaders"];
    assert_eq!(headers["cookie"], json!(["a=1", "b=2"]));
    assert_eq!(headers["x-forwarded-for"], json!(["203.0.113.9, 192.0.2.7"]));
    assert_eq!(headers["x-forwarded-proto"], json!(["https"]));
    assert_eq!(headers["x-forwarded-port"], json!(["443"]));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"b": ["1", "2"]}));
}

#[tokio::test]
async fn without_multi_value_headers_the_last_field_counts() {
    let single = ALB.replace(
        "lambda.multi_value_headers.enabled, Value: 'true'",
        "lambda.multi_value_headers.enabled, Value: 'false'",
    );
    let answer = json!({"statusCode": 200, "headers": {}, "body": ""});
    let sent = request("GET", "/a", &[("Cookie", "a=1"), ("cookie", "b=2")]);
    let (response, asked, _) = ask(&single, &answer, &sent).await;
    assert_eq!((response.status, &asked[0]["headers"]["cookie"]), (200, &json!("b=2")));
}

#[tokio::test]
async fn names_that_could_be_read_in_two_ways_are_dropped_where_the_template_says_so() {
    let sent = request("GET", "/a", &[("x_vestibule_sub", "a"), ("x-b!", "b"), ("X-C", "c")]);
    let (_, asked, _) = ask(ALB, &fine(), &sent).await;
    let mut names: Vec<&String> = asked[0]["multiValueHeaders"].as_object().unwrap().keys().collect();
    // The members are in no fixed order.
    names.sort();
    assert_eq!(names, ["x-amzn-trace-id", "x-c", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"]);
    let kept = with(
        "drop_invalid_header_fields.enabled, Value: 'true'}",
        "drop_invalid_header_fields.enabled, Value: 'false'}",
    );
    let (_, asked, _) = ask(&kept, &fine(), &sent).await;
    assert_eq!(asked[0]["multiValueHeaders"]["x_vestibule_sub"], json!(["a"]));
}

#[tokio::test]
async fn a_trace_goes_on() {
    let sent = request(
        "GET",
        "/a",
        &[("X-Amzn-Trace-Id", "Self=1-0-0;Root=1-67891233-abcdef012345678912345678;CalledFrom=app")],
    );
    let (_, asked, _) = ask(ALB, &fine(), &sent).await;
    let trace = asked[0]["multiValueHeaders"]["x-amzn-trace-id"][0].as_str().unwrap();
    assert!(trace.starts_with("Self=1-"), "{trace}");
    assert!(trace.ends_with(";Root=1-67891233-abcdef012345678912345678;CalledFrom=app"), "{trace}");
    assert!(!trace.contains("Self=1-0-0"), "{trace}");
}

#[tokio::test]
async fn a_message_that_is_too_large_gets_the_load_balancers_own_response() {
    let filler = "a".repeat(16 * 1024);
    let cookie = ("cookie", filler.as_str());
    let some = ("x-a", &filler[..16 * 1024 - 3]);
    for (sent, status, why) in [
        (request("GET", &format!("/{filler}"), &[]), 414, "the request line is too long"),
        (request("GET", "/", &[cookie]), 400, "the head is too large"),
        (request("GET", "/", &[some, some, some, some, ("x-b", "c")]), 400, "the head is too large"),
        (
            RawRequest { body: vec![b'a'; 1024 * 1024 + 1], ..request("POST", "/", &[]) },
            413,
            "the body is larger than 1 MB",
        ),
    ] {
        let (response, asked, log) = ask(ALB, &fine(), &sent).await;
        assert_eq!((response.status, asked.len()), (status, 0), "{why}");
        assert_eq!(log, [format!("load balancer: {why}")]);
        assert!(
            String::from_utf8_lossy(&response.body).starts_with(&format!("<html>\r\n<head><title>{status} "))
        );
    }
    let whole = RawRequest { body: vec![b'a'; 1024 * 1024], ..request("POST", "/", &[some, some, some]) };
    assert_eq!(ask(ALB, &fine(), &whole).await.0.status, 200);
}

#[tokio::test]
async fn an_answer_that_cannot_be_passed_on_is_502() {
    let fine = fine();
    let with = |member: &str, value: Value| {
        let mut answer = fine.clone();
        answer[member] = value;
        answer
    };
    let mut single = with("headers", json!({"a": "b"}));
    single.as_object_mut().unwrap().remove("multiValueHeaders");
    for (answer, why) in [
        (with("body", json!("a".repeat(1024 * 1024))), "the function's answer is larger than 1 MB"),
        (
            with("multiValueHeaders", json!({"a": ["b".repeat(33 * 1024)]})),
            "the head of the function's answer is larger than 32 KB",
        ),
        (with("statusCode", json!("200")), "malformed answer: `statusCode` is not a status"),
        (single, "malformed answer: `headers` where the target group wants `multiValueHeaders`"),
    ] {
        let (response, _, log) = ask(ALB, &answer, &request("GET", "/", &[])).await;
        assert_eq!((response.status, log), (502, vec![format!("load balancer: {why}")]));
    }
}

#[tokio::test]
async fn an_upgrade_is_refused_before_the_function() {
    let sent = request("GET", "/", &[("Connection", "Upgrade"), ("Upgrade", "websocket")]);
    let (response, asked, log) = ask(ALB, &fine(), &sent).await;
    assert_eq!((response.status, asked.len()), (400, 0));
    assert_eq!(log, ["load balancer: a function does not support an upgrade"]);
}

#[tokio::test]
async fn a_fixed_response_calls_no_function() {
    let forward = "      Actions: [{Type: forward, TargetGroupArn: !Ref ProxyTargetGroup}]";
    let fixed = "      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '404', ContentType: text/plain, MessageBody: nothing}}]";
    let (response, asked, _) = ask(&with(forward, fixed), &fine(), &request("GET", "/a", &[])).await;
    assert_eq!((response.status, response.body.as_slice(), asked.len()), (404, &b"nothing"[..], 0));
}

struct Silent;

#[async_trait]
impl Function for Silent {
    async fn call(&self, _: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_function_that_takes_too_long_is_502_by_its_own_timeout_and_504_by_the_load_balancers() {
    let (none, minute) = (Duration::ZERO, Duration::from_mins(1));
    for (own, idle, status, message) in [
        (none, minute, 502, "the function took longer than its timeout"),
        (minute, none, 504, "the function took longer than the idle timeout"),
    ] {
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        let write = Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()));
        let mut balancer = LoadBalancer::new(Arc::new(Silent), true, write);
        balancer.definition.idle_timeout = idle;
        if let Action::Forward(target) = &mut balancer.definition.default {
            target.timeout = own;
        }
        let response = balancer.handle(&request("GET", "/a", &[])).await;
        let log = log.lock().unwrap().clone();
        assert_eq!((response.status, log), (status, vec![format!("load balancer: {message}")]));
    }
}

#[test]
fn the_deployed_proxy_gives_up_before_the_load_balancer_does() {
    let rules = rules(ALB, &[]);
    assert_eq!(rules.0.idle_timeout, Duration::from_mins(1));
    let Action::Forward(target) = &rules.0.default else { panic!("a fixed answer") };
    assert!(target.timeout < rules.0.idle_timeout);
}
