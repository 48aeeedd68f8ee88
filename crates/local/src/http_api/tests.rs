#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Mutex;

use lambda::FunctionError;

use super::*;

const HTTP_API: &str = include_str!("../../../../infra/http-api.yaml");
const FUNCTION_URL: &str = include_str!("../../../../infra/function-url.yaml");

type Reader = fn(&str, &Inputs) -> Result<Deployed, TemplateError>;

fn inputs(parameters: &[(&str, &str)]) -> Inputs {
    let mut inputs = Inputs::default();
    for (name, value) in
        [("Domain", "local"), ("UpstreamUrl", "http://upstream.internal")].iter().chain(parameters)
    {
        inputs.parameters.insert((*name).to_owned(), (*value).to_owned());
    }
    inputs
}

/// The fault of a template in which `from` is replaced; its line must be the one that holds `at`.
fn fault(read: Reader, text: &str, from: &str, to: &str, at: &str) -> String {
    assert!(text.contains(from), "{from}");
    let text = text.replacen(from, to, 1);
    let error = read(&text, &inputs(&[])).unwrap_err();
    let [fault] = error.faults.as_slice() else { panic!("{error}") };
    let line = text.lines().nth(fault.line - 1).unwrap();
    assert!(line.contains(at), "line {} is {line:?}: {}", fault.line, fault.message);
    fault.message.clone()
}

#[test]
fn the_deployed_http_api_leads_to_the_proxy() {
    let deployed = Deployed::http_api(HTTP_API, &inputs(&[])).unwrap();
    assert_eq!((deployed.function(), deployed.streams()), ("ProxyFunction", false));
    let integration_timeout = Duration::from_secs(30);
    assert_eq!(deployed.0.kind, Kind::HttpApi { integration_timeout });
    assert!(deployed.0.timeout < integration_timeout);
}

#[test]
fn the_deployed_function_url_streams_outside_of_a_vpc() {
    for (parameters, streams) in
        [(&[][..], true), (&[("SubnetIds", "subnet-1"), ("SecurityGroupIds", "sg-1")], false)]
    {
        let deployed = Deployed::function_url(FUNCTION_URL, &inputs(parameters)).unwrap();
        assert_eq!((deployed.function(), deployed.streams()), ("ProxyFunction", streams));
    }
    let longer = Deployed::function_url(FUNCTION_URL, &inputs(&[("Timeout", "900")])).unwrap();
    assert_eq!(longer.0.timeout, Duration::from_mins(15));
}

#[test]
fn an_unsupported_http_api_is_a_fault() {
    let fault = |from: &str, to: &str, at: &str| fault(Deployed::http_api, HTTP_API, from, to, at);
    assert_eq!(
        fault("ProtocolType: HTTP", "ProtocolType: WEBSOCKET", "ProtocolType"),
        "Api: `ProtocolType` `WEBSOCKET` is not supported here, only `HTTP`"
    );
    assert_eq!(
        fault(
            "      ProtocolType: HTTP\n",
            "      ProtocolType: HTTP\n      CorsConfiguration: {}\n",
            "CorsConfiguration"
        ),
        "Api: `CorsConfiguration` is not supported here"
    );
    assert_eq!(
        fault("RouteKey: $default", "RouteKey: GET /a", "RouteKey"),
        "Route: `RouteKey` `GET /a` is not supported here, only `$default`"
    );
    assert_eq!(
        fault("AuthorizationType: NONE", "AuthorizationType: AWS_IAM", "Authorization"),
        "Route: `AuthorizationType` `AWS_IAM` is not supported here, only `NONE`"
    );
    assert_eq!(
        fault("StageName: $default", "StageName: app", "StageName"),
        "Stage: `StageName` `app` is not supported here, only `$default`"
    );
    assert_eq!(
        fault("AutoDeploy: true", "AutoDeploy: false", "AutoDeploy"),
        "Stage: `AutoDeploy` `false` is not supported here, only `true`"
    );
    assert_eq!(
        fault("Target: !Sub integrations/${ProxyIntegration}", "Target: integrations/x", "Target"),
        "Route: `Target` `integrations/x` is not supported here, only `integrations/ProxyIntegration`"
    );
    assert_eq!(
        fault("PayloadFormatVersion: '2.0'", "PayloadFormatVersion: '1.0'", "Payload"),
        "ProxyIntegration: `PayloadFormatVersion` `1.0` is not supported here, only `2.0`"
    );
    assert_eq!(
        fault("TimeoutInMillis: 30000", "TimeoutInMillis: 60000", "Timeout"),
        "`TimeoutInMillis` must be 50 to 30000"
    );
    assert_eq!(
        fault(
            "IntegrationUri: !GetAtt ProxyFunction.Arn",
            "IntegrationUri: !Ref ProxyRole",
            "IntegrationUri"
        ),
        "`ProxyRole` is not a function of this template"
    );
    let second = "  Second:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: {}\n\n  Stage:\n";
    assert_eq!(
        fault("  Stage:\n", second, "Second"),
        "the template must have exactly one AWS::ApiGatewayV2::Route, but has 2"
    );
    assert_eq!(fault("Timeout: 29", "Timeout: 901", "Timeout"), "`Timeout` must be 1 to 900 seconds");
}

#[test]
fn an_http_api_that_may_not_call_the_function_is_a_fault() {
    let denied = "ProxyIntegration: API Gateway has no permission to invoke ProxyFunction";
    for (from, to) in [
        ("Action: lambda:InvokeFunction", "Action: lambda:GetFunction"),
        ("Principal: apigateway.amazonaws.com", "Principal: elasticloadbalancing.amazonaws.com"),
        ("${Api}/*/*", "another/*/*"),
        ("${Api}/*/*", "${Api}/app/*"),
    ] {
        assert_eq!(fault(Deployed::http_api, HTTP_API, from, to, "ProxyIntegration"), denied, "{to}");
    }
}

#[test]
fn an_unsupported_function_url_is_a_fault() {
    let fault = |from: &str, to: &str, at: &str| fault(Deployed::function_url, FUNCTION_URL, from, to, at);
    assert_eq!(
        fault("      AuthType: NONE", "      AuthType: AWS_IAM", "AuthType"),
        "FunctionUrl: `AuthType` `AWS_IAM` is not supported here, only `NONE`"
    );
    assert_eq!(
        fault("      AuthType: NONE\n", "      AuthType: NONE\n      Cors: {}\n", "Cors"),
        "FunctionUrl: `Cors` is not supported here"
    );
    assert_eq!(
        fault("InvokeMode: !If [Streams, RESPONSE_STREAM, BUFFERED]", "InvokeMode: STREAM", "InvokeMode"),
        "`InvokeMode` must be BUFFERED or RESPONSE_STREAM"
    );
    let differ = "FunctionUrl: `InvokeMode` and VESTIBULE_RESPONSE_STREAMING of ProxyFunction differ";
    assert_eq!(
        fault("InvokeMode: !If [Streams, RESPONSE_STREAM, BUFFERED]", "InvokeMode: BUFFERED", "FunctionUrl"),
        differ
    );
    assert_eq!(
        // The indentation distinguishes this variable from the one of the check.
        fault(
            "          VESTIBULE_RESPONSE_STREAMING: !If [Streams, 'true', 'false']",
            "          VESTIBULE_RESPONSE_STREAMING: 'false'",
            "FunctionUrl"
        ),
        differ
    );
}

#[test]
fn a_function_url_needs_both_permissions() {
    for (from, to, action) in [
        ("Action: lambda:InvokeFunctionUrl", "Action: lambda:GetFunction", "InvokeFunctionUrl"),
        ("      FunctionUrlAuthType: NONE\n", "      FunctionUrlAuthType: AWS_IAM\n", "InvokeFunctionUrl"),
        ("      InvokedViaFunctionUrl: true\n", "", "InvokeFunction"),
        ("      Action: lambda:InvokeFunction\n", "      Action: lambda:GetFunction\n", "InvokeFunction"),
    ] {
        let denied = format!("FunctionUrl: no permission lambda:{action} exists for ProxyFunction");
        assert_eq!(fault(Deployed::function_url, FUNCTION_URL, from, to, "FunctionUrl"), denied, "{to}");
    }
}

#[test]
fn a_function_that_is_not_there_is_a_fault() {
    let deployed = Deployed::http_api(HTTP_API, &inputs(&[])).unwrap();
    let fault = HttpApi::with(deployed, &Functions::new(), Arc::new(|_| ())).err().unwrap();
    assert_eq!(fault.message, "ProxyFunction is not there");
}

/// Gives no response, or a malformed one.
struct Bad {
    silent: bool,
}

#[async_trait]
impl Function for Bad {
    async fn call(&self, _: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        if self.silent {
            std::future::pending().await
        } else {
            Ok(FunctionResponse::Whole(b"no JSON".to_vec()))
        }
    }
}

async fn status(mut deployed: Deployed, silent: bool, header: usize) -> (u16, Vec<String>) {
    if silent {
        deployed.0.timeout = Duration::ZERO;
    }
    let function: Arc<dyn Function> = Arc::new(Bad { silent });
    let functions = Functions::from([("ProxyFunction".to_owned(), function)]);
    let log = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&log);
    let write = Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned()));
    let front = HttpApi::with(deployed, &functions, write).unwrap();
    let request = RawRequest {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        headers: vec![("x-a".to_owned(), vec![b'a'; header])],
        body: Vec::new(),
        peer: [192, 0, 2, 7].into(),
    };
    let answered = front.handle(&request).await.unwrap();
    let log = log.lock().unwrap().clone();
    (answered.status, log)
}

#[tokio::test]
async fn each_front_has_statuses_of_its_own() {
    let http_api = || Deployed::http_api(HTTP_API, &inputs(&[])).unwrap();
    let url = || Deployed::function_url(FUNCTION_URL, &inputs(&[])).unwrap();
    for (deployed, silent, header, expected, why) in [
        (http_api(), true, 0, 503, "the function took too long"),
        (http_api(), false, 0, 500, "malformed answer: no JSON"),
        (http_api(), false, 10_240, 431, "the head is too large"),
        (url(), true, 0, 502, "the function took too long"),
        (url(), false, 0, 502, "malformed answer: no JSON"),
        (url(), false, 10_240, 502, "malformed answer: no JSON"),
    ] {
        let (status, log) = status(deployed, silent, header).await;
        assert_eq!((status, log), (expected, vec![format!("HTTP API: {why}")]));
    }
}

/// Answers with the paths of the event.
struct Paths;

#[async_trait]
impl Function for Paths {
    async fn call(&self, event: &[u8], _: Instant) -> Result<FunctionResponse, FunctionError> {
        let event: Value = serde_json::from_slice(event).unwrap();
        let told = ["/rawPath", "/requestContext/http/path", "/rawQueryString"];
        let paths = json!(told.map(|pointer| event.pointer(pointer)));
        Ok(FunctionResponse::Whole(paths.to_string().into_bytes()))
    }
}

#[tokio::test]
async fn an_http_api_decodes_the_path_once_and_a_function_url_does_not() {
    for (target, decoded) in [
        ("/a%20b?c=%20", "/a b"),
        ("/a%2Fb?c=%20", "/a/b"),
        ("/a%252Fb?c=%20", "/a%2Fb"),
        ("/%C3%A9/a+b?c=%20", "/\u{e9}/a+b"),
        ("/%6fauth2/login?c=%20", "/oauth2/login"),
        ("/a%?c=%20", "/a%"),
        ("/a%00?c=%20", "/a\0"),
    ] {
        let sent = target.split('?').next().unwrap();
        for (deployed, path) in [
            (Deployed::http_api(HTTP_API, &inputs(&[])).unwrap(), decoded),
            (Deployed::function_url(FUNCTION_URL, &inputs(&[])).unwrap(), sent),
        ] {
            let function: Arc<dyn Function> = Arc::new(Paths);
            let functions = Functions::from([("ProxyFunction".to_owned(), function)]);
            let front = HttpApi::with(deployed, &functions, Arc::new(|_| ())).unwrap();
            let request = RawRequest {
                method: "GET".to_owned(),
                target: target.to_owned(),
                headers: Vec::new(),
                body: Vec::new(),
                peer: [192, 0, 2, 7].into(),
            };
            let told: Value = serde_json::from_slice(&front.handle(&request).await.unwrap().body).unwrap();
            assert_eq!(told, json!([path, path, "c=%20"]), "{target}");
        }
    }
}
