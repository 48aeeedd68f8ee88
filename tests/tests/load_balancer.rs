//! Tests the proxy behind a load balancer that authenticates users itself: `auth_methods: alb`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use flow::ports::Provider;
use flow::session::memory_store::MemoryStore;
use flow::site::{Ports, Site};
use lambda::proxy_function::ProxyFunction;
use local::cognito::NewUser;
use relying_party::provider::call::{ProviderFault, ProviderRequest, ProviderResponse};
use relying_party::relying_party::RelyingParty;
use serde_json::{Map, Value, json};
use tests::application::Application;
use tests::invocation::invoke;
use tests::world::{InProcessProvider, START, SeededEntropy, Setup, World};

const ARN: &str =
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/front/50dc6c495c0c9188";
const KID: &str = "12345678-1234-1234-1234-123456789012";
const KEYS: &str = "http://127.0.0.1:9/keys";

/// RFC 5480: the bytes before the point of a P-256 key.
const BEFORE_POINT: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The stand-in, and AWS's endpoint for the keys of load balancers.
struct WithKeys {
    stand_in: InProcessProvider,
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Provider for WithKeys {
    async fn send(&self, request: &ProviderRequest) -> Result<ProviderResponse, ProviderFault> {
        let Some(key) = request.url.strip_prefix(KEYS) else { return self.stand_in.send(request).await };
        self.asked.lock().unwrap().push(key.to_owned());
        let (status, body) = self.answer.lock().unwrap().clone();
        if status == 0 {
            return Err(ProviderFault::TimedOut);
        }
        Ok(ProviderResponse { status, content_type: None, body: body.into_bytes() })
    }
}

struct AlbWorld {
    world: World,
    application: Application,
    proxy: ProxyFunction,
    key: EcdsaKeyPair,
    keys: Arc<Mutex<(u16, String)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl AlbWorld {
    fn new(setup: Setup) -> Self {
        let world = setup
            .set("upstream_url", "http://upstream.internal")
            .set("alb_arn", ARN)
            .set("alb_key_endpoint", KEYS)
            .build();
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der = [BEFORE_POINT.as_slice(), key.public_key().as_ref()].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        let (keys, asked) = (Arc::new(Mutex::new((200, pem))), Arc::default());
        let provider = WithKeys {
            stand_in: world.provider.clone(),
            answer: Arc::clone(&keys),
            asked: Arc::clone(&asked),
        };
        let ports = Ports {
            provider: Arc::new(provider),
            clock: Arc::new(world.clock.clone()),
            entropy: Arc::new(SeededEntropy::new(3)),
            sessions: Some(Arc::new(MemoryStore::default())),
            client_secret: None,
            user_sign_out: None,
        };
        let configuration = world.site().relying_party.configuration.clone();
        let site = Arc::new(Site::new(RelyingParty::new(configuration).unwrap(), ports));
        let application = Application::default();
        let proxy = ProxyFunction::new(site, Arc::new(application.clone()));
        Self { world, application, proxy, key, keys, asked }
    }

    /// Accepts only the load balancer's JWT.
    fn alone() -> Self {
        Self::new(Setup::default().set("auth_methods", "alb"))
    }

    fn access_token(&self) -> String {
        self.world.access_token(&NewUser::local_admin())
    }

    /// The administrator's `sub`.
    fn subject(&self) -> String {
        let token = self.access_token();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&claims).unwrap()["sub"].as_str().unwrap().to_owned()
    }

    /// The load balancer's JWT for the administrator, with these members of its header changed.
    fn data(&self, changes: &[(&str, Value)]) -> String {
        let mut header = json!({
            "typ": "JWT", "kid": KID, "alg": "ES256", "signer": ARN, "exp": START + 120,
            "iss": self.world.site().relying_party.configuration.issuer, "client": self.world.client_id(),
        });
        for (name, value) in changes {
            header[*name] = value.clone();
        }
        let claims = json!({
            "sub": self.subject(), "username": self.subject(), "email": "admin@example.com", "email_verified": "true",
            "name": "Ada L", "exp": START + 120, "iss": header["iss"],
        });
        let part = |value: &Value| URL_SAFE.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE.encode(signature.as_ref()))
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Value {
        let mut fields: Map<String, Value> = Map::new();
        for (name, value) in headers {
            let values = fields.entry((*name).to_owned()).or_insert_with(|| json!([]));
            values.as_array_mut().unwrap().push(json!(value));
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parameters: Map<String, Value> = query
            .split_once('=')
            .map(|(name, value)| (name.to_owned(), json!([value])))
            .into_iter()
            .collect();
        let event = json!({
            "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/1"}},
            "httpMethod": method, "path": path, "multiValueHeaders": fields,
            "multiValueQueryStringParameters": parameters,
            "body": "", "isBase64Encoded": false,
        });
        self.invoke(&event).await
    }

    /// Sends the same request through an HTTP API.
    async fn ask_http_api(&self, path: &str, headers: &[(&str, &str)]) -> Value {
        let headers: Map<String, Value> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        self.invoke(&json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
            "requestContext": {"http": {"method": "GET", "sourceIp": "192.0.2.7"}, "requestId": "r", "stage": "$default"},
            "isBase64Encoded": false,
        }))
        .await
    }

    async fn invoke(&self, event: &Value) -> Value {
        serde_json::from_slice(&invoke(&self.proxy, event.to_string().as_bytes()).await.unwrap()).unwrap()
    }

    /// The status and the reason of the response to a script with this JWT and an access token.
    async fn outcome(&self, data: &str) -> String {
        self.outcome_with(data, &self.access_token()).await
    }

    async fn outcome_with(&self, data: &str, token: &str) -> String {
        outcome(&self.ask("GET", "/a", &[(DATA, data), (TOKEN, token)]).await)
    }

    fn last(&self, name: &str) -> Option<String> {
        self.application.last(name)
    }

    fn forwards_nothing(&self) -> bool {
        self.application.received().is_empty()
    }

    /// The names of the last request's header fields.
    fn names(&self) -> Vec<String> {
        self.application.received().pop().unwrap().headers.into_iter().map(|(name, _)| name).collect()
    }
}

const DATA: &str = "x-amzn-oidc-data";
const TOKEN: &str = "x-amzn-oidc-accesstoken";

fn outcome(answer: &Value) -> String {
    let status = &answer["statusCode"];
    match serde_json::from_str::<Value>(answer["body"].as_str().unwrap()) {
        Ok(problem) => format!("{status} {}", problem["reason"].as_str().unwrap()),
        Err(_) => status.to_string(),
    }
}

#[tokio::test]
async fn a_user_whom_the_load_balancer_signs_in_is_forwarded_with_the_same_headers() {
    let alb = AlbWorld::alone();
    let (data, token) = (alb.data(&[]), alb.access_token());
    let headers =
        [(DATA, data.as_str()), (TOKEN, token.as_str()), ("x-amzn-oidc-identity", "root"), ("accept", "a/b")];
    assert_eq!(alb.ask("GET", "/a", &headers).await["statusCode"], 200);
    for (name, value) in [
        ("x-vestibule-authenticated", "true"),
        ("x-vestibule-sub", &alb.subject()),
        ("x-vestibule-username", &alb.subject()),
        ("x-vestibule-email", "admin@example.com"),
        ("x-vestibule-groups", "admins"),
        ("authorization", &format!("Bearer {token}")),
    ] {
        assert_eq!(alb.last(name).as_deref(), Some(value), "{name}");
    }
    assert!(alb.last("x-vestibule-scope").unwrap().contains("openid"));
    let claims = URL_SAFE_NO_PAD.decode(alb.last("x-vestibule-claims").unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!((&claims["name"], &claims["token_use"]), (&json!("Ada L"), &json!("access")));
    let names = alb.names();
    assert!(!names.iter().any(|name| name.starts_with("x-amzn-oidc-")), "{names:?}");
}

#[tokio::test]
async fn groups_are_in_the_access_token() {
    let alb =
        AlbWorld::new(Setup::default().set("auth_methods", "alb").set("groups_required", json!(["admins"])));
    let (data, token) = (alb.data(&[]), alb.access_token());
    assert_eq!(outcome(&alb.ask("GET", "/a", &[(DATA, &data), (TOKEN, &token)]).await), "200");
    assert_eq!(outcome(&alb.ask("GET", "/a", &[(DATA, &data)]).await), "403 group_missing");
}

#[tokio::test]
async fn an_access_token_that_does_not_verify_is_refused() {
    let alb = AlbWorld::alone();
    let data = alb.data(&[]);
    let other = alb.world.stand_in.issue(&alb.world.client_id(), "guest@example.com").unwrap().access_token;
    let good = alb.access_token();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{signed}.{first}{}", signature.get(1..).unwrap());
    for (token, expected) in [
        (other.as_str(), "401 alb_subject_mismatch"),
        (&forged, "401 token_signature_invalid"),
        ("opaque", "401 token_malformed"),
    ] {
        let answer = alb.ask("GET", "/a", &[(DATA, &data), (TOKEN, token)]).await;
        assert_eq!(outcome(&answer), expected);
    }
    assert!(alb.forwards_nothing());
}

#[tokio::test]
async fn on_any_other_front_the_header_is_the_clients_word() {
    let alb = AlbWorld::new(Setup::default().set("auth_methods", json!(["alb", "session"])).set(
        "routes",
        json!([{"paths": ["/open"], "auth": "optional"}, {"paths": ["/all"], "auth": "none"}]),
    ));
    let (data, token) = (alb.data(&[]), alb.access_token());
    let headers = [(DATA, data.as_str()), (TOKEN, token.as_str()), ("X_Amzn_Oidc_Identity", "root")];
    assert_eq!(outcome(&alb.ask_http_api("/a", &headers).await), "401 session_missing");
    assert!(alb.forwards_nothing() && alb.asked.lock().unwrap().is_empty());
    for path in ["/open", "/all"] {
        assert_eq!(outcome(&alb.ask_http_api(path, &headers).await), "200");
        assert_eq!(alb.last("x-vestibule-authenticated").as_deref(), Some("false"));
        let names = alb.names();
        assert!(!names.iter().any(|name| name.contains("oidc")), "{names:?}");
    }
}

#[tokio::test]
async fn a_word_that_is_not_the_load_balancers() {
    let alb = AlbWorld::alone();
    let good = alb.data(&[]);
    let tampered = good.replacen('e', "f", 1);
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    for (data, expected) in [
        (tampered, "401 alb_data_malformed"),
        (unsigned, "401 alb_signature_invalid"),
        ("x".to_owned(), "401 alb_data_malformed"),
        (alb.data(&[("alg", json!("none"))]), "401 alb_algorithm_not_allowed"),
        (alb.data(&[("signer", json!(ARN.replace("1234", "4321")))]), "401 alb_signer"),
        (alb.data(&[("iss", json!("https://id.example.com"))]), "401 alb_issuer"),
        (alb.data(&[("client", json!("another"))]), "401 alb_client"),
        (alb.data(&[("exp", json!(START - 60))]), "401 alb_expired"),
        (alb.data(&[("exp", json!("soon"))]), "401 alb_claim"),
        (alb.data(&[("kid", json!("../../evil"))]), "401 alb_key_id"),
    ] {
        assert_eq!(alb.outcome(&data).await, expected);
    }
    assert!(alb.forwards_nothing());
    // Only JWTs with the load balancer's ARN caused a request, and only one.
    assert_eq!(*alb.asked.lock().unwrap(), [format!("/{KID}")]);
}

#[tokio::test]
async fn a_bad_word_never_falls_through_to_the_session() {
    let alb = AlbWorld::new(Setup::default().set("auth_methods", json!(["alb", "authorization_code"])));
    let data = alb.data(&[("signer", json!(ARN.replace("1234", "4321")))]);
    let page = [(DATA, data.as_str()), ("accept", "text/html")];
    assert_eq!(alb.ask("GET", "/a", &page).await["statusCode"], 401);
    let page = alb.ask("GET", "/a", &[("accept", "text/html")]).await;
    assert_eq!(page["statusCode"], 302, "without one, sign-in is ours: {page}");
}

#[tokio::test]
async fn a_bearer_token_decides_before_the_load_balancer() {
    let alb = AlbWorld::new(Setup::default().set("auth_methods", json!(["alb", "bearer"])));
    let data = alb.data(&[]);
    let answer = alb.ask("GET", "/a", &[(DATA, &data), ("authorization", "Bearer x.y.z")]).await;
    assert_eq!(outcome(&answer), "401 token_malformed");
}

#[tokio::test]
async fn two_that_differ() {
    let alb = AlbWorld::alone();
    let (one, other) = (alb.data(&[]), alb.data(&[]));
    let answer = alb.ask("GET", "/a", &[(DATA, &one), (DATA, &other)]).await;
    assert_eq!(outcome(&answer), "400 ambiguous_header");
    let answer = alb.ask("GET", "/a", &[(DATA, &one), ("X_Amzn_Oidc_Data", &other)]).await;
    assert_eq!(outcome(&answer), "400 ambiguous_header");
}

#[tokio::test]
async fn each_response_of_the_place_of_keys_has_its_result() {
    for (answer, expected) in [
        ((404, String::new()), "401 alb_key_unknown"),
        ((503, String::new()), "503 alb_key_unavailable"),
        ((0, String::new()), "503 alb_key_unavailable"),
        ((200, "<html>".to_owned()), "502 alb_key_malformed"),
    ] {
        let alb = AlbWorld::alone();
        let good = alb.keys.lock().unwrap().clone();
        *alb.keys.lock().unwrap() = answer;
        let data = alb.data(&[]);
        for _ in 0..3 {
            assert_eq!(alb.outcome(&data).await, expected);
        }
        assert_eq!(alb.asked.lock().unwrap().len(), 1, "asked once within the cool-down");
        *alb.keys.lock().unwrap() = good;
        alb.world.advance(10);
        assert_eq!(alb.outcome(&data).await, "200");
    }
}

#[tokio::test]
async fn a_key_is_fetched_once_and_serves_while_aws_is_down() {
    let alb = AlbWorld::alone();
    for _ in 0..5 {
        assert_eq!(alb.outcome(&alb.data(&[])).await, "200");
    }
    assert_eq!(alb.asked.lock().unwrap().len(), 1);
    *alb.keys.lock().unwrap() = (503, String::new());
    alb.world.advance(3_600);
    let data = alb.data(&[("exp", json!(START + 9_000))]);
    let answer = alb.ask("GET", "/a", &[(DATA, &data)]).await;
    assert_eq!(outcome(&answer), "401 alb_expired", "the claims say when, too");
    assert_eq!(alb.asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_load_balancers_cookie_goes_no_further_and_sign_out_expires_it() {
    let alb = AlbWorld::alone();
    let (data, token) = (alb.data(&[]), alb.access_token());
    let cookie =
        "a=1; AWSELBAuthSessionCookie-0=x; AWSELBAuthSessionCookie-1=y; AWSELBAuthSessionCookie=z; AWSALB=1";
    alb.ask("GET", "/a", &[(DATA, &data), (TOKEN, &token), ("cookie", cookie)]).await;
    assert_eq!(alb.last("cookie").as_deref(), Some("a=1; AWSELBAuthSessionCookie=z; AWSALB=1"));
    let answer = alb
        .ask(
            "GET",
            "/oauth2/logout",
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
            ],
        )
        .await;
    assert_eq!(answer["statusCode"], 302);
    assert!(
        answer["multiValueHeaders"]["location"][0].as_str().unwrap().contains("/logout?client_id="),
        "{answer}"
    );
    let expired = answer["multiValueHeaders"]["set-cookie"].as_array().unwrap();
    for shard in 0..4 {
        let name = format!("AWSELBAuthSessionCookie-{shard}=;");
        let cookie =
            expired.iter().map(|value| value.as_str().unwrap()).find(|value| value.starts_with(&name));
        assert!(cookie.unwrap().contains("Max-Age=0"), "{expired:?}");
    }
}

/// The headers of a script on one of vestibule's own pages.
const OWN_SCRIPT: [(&str, &str); 3] =
    [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];

#[tokio::test]
async fn a_user_who_signs_out_everywhere_is_refused_until_a_new_sign_in() {
    let alb = AlbWorld::alone();
    let (data, token) = (alb.data(&[]), alb.access_token());
    alb.world.advance(10);
    assert_eq!(alb.outcome_with(&data, &token).await, "200");
    let signed_in = [(DATA, data.as_str()), (TOKEN, token.as_str())];
    let fields = [&signed_in[..], &OWN_SCRIPT].concat();
    let answer = alb.ask("POST", "/oauth2/logout?everywhere=true", &fields).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["everywhere"], &body["provider"]), (&json!(true), &json!("not_asked")));
    assert!(answer["multiValueHeaders"]["set-cookie"].to_string().contains("AWSELBAuthSessionCookie-0=;"));

    // The load balancer still presents the user's JWT; the access token shows when the sign-in happened.
    assert_eq!(alb.outcome_with(&data, &token).await, "401 alb_ended_everywhere");
    assert_eq!(outcome(&alb.ask("GET", "/oauth2/session", &signed_in).await), "401 alb_ended_everywhere");
    // Without the access token the time of the sign-in is unknown.
    assert_eq!(outcome(&alb.ask("GET", "/a", &[(DATA, &data)]).await), "401 alb_ended_everywhere");
    let page = alb.ask("GET", "/a", &[&signed_in[..], &[("accept", "text/html")]].concat()).await;
    let page = page["body"].as_str().unwrap();
    let way_out = format!("<a class=\"button\" href=\"{}\">Sign out</a>", alb.world.url("/oauth2/logout"));
    assert!(page.contains(&way_out), "{page}");

    alb.world.advance(1);
    assert_eq!(alb.outcome_with(&data, &alb.access_token()).await, "200");
}

#[tokio::test]
async fn somebody_else_is_not_signed_out() {
    let alb = AlbWorld::alone();
    let (data, token) = (alb.data(&[]), alb.access_token());
    alb.world.advance(10);
    for (fields, expected) in [
        (vec![], "401 session_missing"),
        (vec![(DATA, "x")], "401 alb_data_malformed"),
        // Without it the user's earlier sessions could not be distinguished from later ones.
        (vec![(DATA, data.as_str())], "501 sign_out_everywhere_not_supported"),
    ] {
        let fields = [fields, OWN_SCRIPT.to_vec()].concat();
        let answer = alb.ask("POST", "/oauth2/logout?everywhere=true", &fields).await;
        assert_eq!(outcome(&answer), expected);
        assert_eq!(alb.outcome_with(&data, &token).await, "200");
    }
}

#[tokio::test]
async fn a_page_may_ask_whom_the_load_balancer_has_signed_in() {
    let alb = AlbWorld::alone();
    let (data, token) = (alb.data(&[]), alb.access_token());
    let answer = alb.ask("GET", "/oauth2/session", &[(DATA, &data), (TOKEN, &token)]).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    let told: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let sub = alb.subject();
    assert_eq!(
        told,
        json!({
            "authenticated": true, "sub": sub, "username": sub, "email": "admin@example.com", "groups": ["admins"],
            "refreshable": false,
        })
    );
    let forged = alb.data(&[("signer", json!(ARN.replace("1234", "4321")))]);
    for (fields, expected) in [
        (vec![("accept", "*/*")], "401 session_missing"),
        (vec![(DATA, forged.as_str())], "401 alb_signer"),
        (vec![(DATA, data.as_str()), ("X_Amzn_Oidc_Data", forged.as_str())], "400 ambiguous_header"),
    ] {
        assert_eq!(outcome(&alb.ask("GET", "/oauth2/session", &fields).await), expected);
    }
    let answer = alb.ask_http_api("/oauth2/session", &[(DATA, &data), (TOKEN, &token)]).await;
    assert_eq!(outcome(&answer), "401 session_missing", "there it is the client's word");
}

#[tokio::test]
async fn the_page_that_refuses_names_who_the_load_balancer_has_signed_in() {
    let alb =
        AlbWorld::new(Setup::default().set("auth_methods", "alb").set("groups_required", json!(["nobody"])));
    let (data, token) = (alb.data(&[]), alb.access_token());
    let fields = [(DATA, data.as_str()), (TOKEN, token.as_str()), ("accept", "text/html")];
    for (path, status) in [("/a", 403), ("/oauth2/error?reason=group_missing", 403)] {
        let page = alb.ask("GET", path, &fields).await;
        assert_eq!(page["statusCode"], status);
        let page = page["body"].as_str().unwrap();
        assert!(page.contains("admin@example.com") && page.contains("/oauth2/logout\""), "{page}");
    }
}

#[tokio::test]
async fn an_application_that_reads_the_load_balancers_headers_gets_them_as_they_came() {
    let alb = AlbWorld::new(Setup::default().set("auth_methods", "alb").set("upstream_header_style", "alb"));
    let (data, token) = (alb.data(&[]), alb.access_token());
    alb.ask("GET", "/a", &[(DATA, &data), (TOKEN, &token), ("x-amzn-oidc-identity", "root")]).await;
    assert_eq!(alb.last(DATA), Some(data));
    assert_eq!(alb.last(TOKEN), Some(token));
    assert_eq!(alb.last("x-amzn-oidc-identity"), Some(alb.subject()));
}
