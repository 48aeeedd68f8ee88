//! Builds one request in every form that a function can get.

use serde_json::{Map, Value, json};

/// A character that is replaced by the byte 0xFF, which is never valid UTF-8, in the written event.
pub(super) const NO_UTF_8: char = '\u{f8ff}';

/// A request as a client sends it.
#[derive(Clone)]
pub(super) struct Request {
    /// The change to the event, for the message of a failure.
    pub(super) what: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) is_base64: bool,
}

/// The forms of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Rest,
    HttpApi1,
    HttpApi2,
    FunctionUrl,
    Alb,
    AlbSingleValue,
    RestAuthorizer,
    TokenAuthorizer,
    HttpApi1Authorizer,
    HttpApi2Authorizer,
    WebSocketAuthorizer,
}

impl Shape {
    pub(super) fn is_authorizer(self) -> bool {
        matches!(
            self,
            Self::RestAuthorizer
                | Self::TokenAuthorizer
                | Self::HttpApi1Authorizer
                | Self::HttpApi2Authorizer
                | Self::WebSocketAuthorizer
        )
    }

    /// The event's bytes.
    pub(super) fn event(self, request: &Request) -> Vec<u8> {
        let mut event = match self {
            Self::Rest | Self::RestAuthorizer => version_1(request),
            Self::HttpApi1 | Self::HttpApi1Authorizer => with(version_1(request), "version", json!("1.0")),
            Self::HttpApi2 | Self::HttpApi2Authorizer => {
                version_2(request, "local00001.execute-api.us-east-1.amazonaws.com")
            }
            Self::FunctionUrl => version_2(request, "local00001.lambda-url.us-east-1.on.aws"),
            Self::Alb => load_balancer(request, true),
            Self::AlbSingleValue => load_balancer(request, false),
            Self::WebSocketAuthorizer => connection(request),
            Self::TokenAuthorizer => json!({"authorizationToken": last(request, "authorization")}),
        };
        if self.is_authorizer() {
            let (method, path) = (&request.method, &request.path);
            let asked = if self == Self::WebSocketAuthorizer {
                "$connect".to_owned()
            } else {
                format!("{method}{path}")
            };
            let arn = format!("arn:aws:execute-api:eu-central-1:123456789012:local00001/app/{asked}");
            let kind = if self == Self::TokenAuthorizer { "TOKEN" } else { "REQUEST" };
            let name = if self == Self::HttpApi2Authorizer { "routeArn" } else { "methodArn" };
            event = with(with(event, "type", json!(kind)), name, json!(arn));
        } else {
            event = with(event, "body", json!(request.body));
            event = with(event, "isBase64Encoded", json!(request.is_base64));
        }
        let text = event.to_string();
        let mut bytes = Vec::with_capacity(text.len());
        for (index, part) in text.split(NO_UTF_8).enumerate() {
            bytes.extend((index > 0).then_some(0xff));
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

fn version_1(request: &Request) -> Value {
    let path = decoded(&request.path);
    let parameters = match path.strip_prefix('/') {
        Some("") | None => Value::Null,
        Some(rest) => json!({"proxy": rest}),
    };
    let resource = if parameters.is_null() { "/" } else { "/{proxy+}" };
    let query =
        pairs(&request.query).map(|(name, value)| (decoded(name), decoded(value))).collect::<Vec<_>>();
    json!({
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": single(&request.headers),
        "multiValueHeaders": multiple(&request.headers),
        "queryStringParameters": single(&query),
        "multiValueQueryStringParameters": multiple(&query),
        "pathParameters": parameters,
        "stageVariables": null,
        "requestContext": {
            "path": request.path,
            "stage": "app",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "extendedRequestId": "U2tPXFGkFiAFuyQ=",
            "identity": {"sourceIp": "192.0.2.7"},
            "httpMethod": request.method,
            "apiId": "local00001",
        },
    })
}

/// The opening of a WebSocket: it has neither method nor path.
fn connection(request: &Request) -> Value {
    json!({
        "headers": single(&request.headers),
        "multiValueHeaders": multiple(&request.headers),
        "queryStringParameters": {},
        "multiValueQueryStringParameters": {},
        "stageVariables": {},
        "requestContext": {
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "stage": "app",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "connectionId": "U2tPXc8AliACH5A=",
            "identity": {"sourceIp": "192.0.2.7"},
            "apiId": "local00001",
        },
    })
}

fn version_2(request: &Request, domain_name: &str) -> Value {
    let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
    let mut headers: Map<String, Value> = Map::new();
    let mut cookies = Vec::new();
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        if is_cookie(&name) {
            cookies.extend(value.split("; "));
        } else if let Some(Value::String(before)) = headers.get_mut(&name) {
            before.push(',');
            before.push_str(value);
        } else {
            headers.insert(name, json!(value));
        }
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "apiId": "local00001",
            "domainName": domain_name,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
        },
    });
    if !cookies.is_empty() {
        event = with(event, "cookies", json!(cookies));
    }
    event
}

fn load_balancer(request: &Request, multi_value: bool) -> Value {
    let headers: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .chain([("x-forwarded-for".to_owned(), "192.0.2.7".to_owned())])
        .collect();
    let query: Vec<_> =
        pairs(&request.query).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let event = json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/a/6d0ecf831eec9f09"}},
        "httpMethod": request.method,
        "path": request.path,
    });
    if multi_value {
        let event = with(event, "multiValueHeaders", multiple(&headers));
        return with(event, "multiValueQueryStringParameters", multiple(&query));
    }
    with(with(event, "headers", single(&headers)), "queryStringParameters", single(&query))
}

fn with(mut event: Value, name: &str, value: Value) -> Value {
    event[name] = value;
    event
}

fn last(request: &Request, wanted: &str) -> Option<String> {
    let mut named = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    named.next_back().map(|(_, value)| value.clone())
}

fn single(fields: &[(String, String)]) -> Value {
    Value::Object(fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
}

fn multiple(fields: &[(String, String)]) -> Value {
    let mut lists: Map<String, Value> = Map::new();
    for (name, value) in fields {
        let list = lists.entry(name.clone()).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(json!(value));
    }
    Value::Object(lists)
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Percent-decodes; bytes that are not UTF-8 become U+FFFD.
fn decoded(text: &str) -> String {
    let whole = text.replace('&', "%26").replace('+', "%2b").replace('=', "%3d");
    let decoded = url::form_urlencoded::parse(whole.as_bytes()).next();
    decoded.map(|(name, _)| name.into_owned()).unwrap_or_default()
}
