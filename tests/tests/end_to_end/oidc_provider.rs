//! Tests discovery with any OpenID Connect provider: `oidc-provider`, which is certified, with its own pages.

use flow::ports::Provider as _;
use http::Method;
use outbound::https::Roots;
use outbound::provider::{HttpsProvider, Limits};
use relying_party::provider::user_info::{self, UserInfoRefusal};
use relying_party::secret::Secret;
use relying_party::{provider::call::ProviderRequest, provider::discovery};
use serde_json::{Value, json};
use tests::browser::{Browser, Page};

use crate::bearer_token::present;
use crate::deployment::{Deployment, Ground};
use crate::network;
use crate::process::{Server, root, tool};

/// Contains every character that a form and HTTP Basic encode differently (RFC 6749 section 2.3.1).
const SECRET: &str = "thirty-two characters: 100% & a/b+c=d";

/// The lifetime of the provider's access tokens.
const ACCESS_TOKEN_SECONDS: i64 = 3_600;

const RS256_AUDIENCE: &str = "https://rs256.example.com";
const ES256_AUDIENCE: &str = "https://es256.example.com";
const OTHER_AUDIENCE: &str = "https://other.example.com";

struct Provider {
    _server: Server,
    issuer: String,
}

impl Provider {
    /// Starts the provider with one client. `claims_in` is `id_token` or `userinfo`.
    fn start(client: &Value, claims_in: &str) -> Self {
        let modules = tool("node/node_modules/oidc-provider");
        let script = root().join("tests/tests/end_to_end/oidc_provider.mjs");
        let clients = json!([client]).to_string();
        let arguments =
            [script.to_str().unwrap(), modules.parent().unwrap().to_str().unwrap(), &clients, claims_in];
        let server = Server::start(&crate::process::program("node"), &arguments, &[], &root());
        let issuer = server.after("issuer ");
        Self { _server: server, issuer }
    }

    /// The number of events with this name so far.
    async fn count(&self, event: &str) -> usize {
        let url = format!("{}/_test/events", self.issuer);
        let text = network::client().get(url).send().await.unwrap().text().await.unwrap();
        let events: Vec<String> = serde_json::from_str(&text).unwrap();
        let errors: Vec<&String> = events.iter().filter(|event| event.contains("error")).collect();
        assert!(errors.is_empty(), "{errors:?}");
        events.iter().filter(|happened| happened.starts_with(event)).count()
    }

    /// Makes the provider sign with new keys.
    async fn rotate_keys(&self, query: &str) {
        self.control(&format!("rotate{query}")).await;
    }

    async fn control(&self, what: &str) {
        let url = format!("{}/_test/{what}", self.issuer);
        assert_eq!(network::client().post(url).send().await.unwrap().status(), 200);
    }

    /// Gets an access token for an API with the client credentials grant (RFC 6749 section 4.4, RFC 8707).
    async fn mint(&self, resource: Option<&str>) -> String {
        let mut form =
            vec![("grant_type", "client_credentials"), ("client_id", "web"), ("client_secret", SECRET)];
        if let Some(resource) = resource {
            form.extend([("resource", resource), ("scope", "api:read")]);
        }
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = network::client()
            .post(format!("{}/token", self.issuer))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        let text = answer.text().await.unwrap();
        let tokens: Value = serde_json::from_str(&text).unwrap();
        tokens["access_token"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned()
    }
}

async fn ready(authentication: &str, algorithm: &str, settings: Value) -> (Deployment, Provider) {
    ready_with(authentication, algorithm, "id_token", Logout::ByFront, |_| settings).await
}

/// The way in which the provider notifies the client of the end of a session.
#[derive(PartialEq, Eq)]
enum Logout {
    ByFront,
    ByBackChannel,
}

/// The provider with one client, and the deployment that is this client.
async fn ready_with(
    authentication: &str,
    algorithm: &str,
    claims_in: &str,
    logout: Logout,
    settings: impl FnOnce(&str) -> Value,
) -> (Deployment, Provider) {
    let ground = Ground::bind().await;
    let mut client = json!({
        "client_id": "web",
        "token_endpoint_auth_method": authentication,
        "id_token_signed_response_alg": algorithm,
        "redirect_uris": [format!("{}/oauth2/callback", ground.url)],
        "post_logout_redirect_uris": [format!("{}/oauth2/signed-out", ground.url)],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    if logout == Logout::ByBackChannel {
        client["backchannel_logout_uri"] = format!("{}/oauth2/backchannel-logout", ground.url).into();
        client["backchannel_logout_session_required"] = (claims_in == "id_token").into();
    }
    if authentication != "none" {
        client["client_secret"] = SECRET.into();
        client["grant_types"] = json!(["authorization_code", "refresh_token", "client_credentials"]);
    }
    let provider = Provider::start(&client, claims_in);
    let mut all = json!({
        "provider": "oidc",
        "issuer": provider.issuer,
        "client_id": "web",
        "client_auth": authentication,
        "signing_algorithms": [algorithm],
    });
    if authentication != "none" {
        all["client_secret"] = SECRET.into();
    }
    let settings = settings(&provider.issuer);
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    (ground.serve(all), provider)
}

/// Goes through the provider's own pages: name and password, then consent.
async fn sign_in(browser: &Browser, page: Page, login: &str) -> Page {
    assert!(page.url.path().starts_with("/interaction/"), "no sign-in page: {} {}", page.url, page.body);
    let page = browser.submit(&page, "/interaction/", &[("login", login), ("password", "any")]).await;
    assert!(page.body.contains("Continue"), "no consent page: {} {}", page.url, page.body);
    browser.submit(&page, "/interaction/", &[]).await
}

fn arrived(page: &Page, url: &str) -> Value {
    assert_eq!((page.url.as_str(), page.status.as_u16()), (url, 200), "{}", page.body);
    page.json()["headers"].clone()
}

fn header<'a>(headers: &'a Value, name: &str) -> Option<&'a str> {
    let (_, value) = headers.as_object().unwrap().iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    value.as_str()
}

#[tokio::test]
async fn basic_authentication_rs256_and_sessions_in_memory() {
    whole_life("client_secret_basic", "RS256", "memory").await;
}

#[tokio::test]
async fn posted_secret_es256_and_sessions_in_cookies() {
    whole_life("client_secret_post", "ES256", "cookie").await;
}

#[tokio::test]
async fn public_client_and_sessions_in_cookies() {
    whole_life("none", "RS256", "cookie").await;
}

/// Advances both clocks, because a logout token dated by another clock would have expired on arrival.
async fn forward(deployment: &Deployment, provider: &Provider, seconds: i64) {
    deployment.clock.forward(seconds);
    provider.control(&format!("forward?seconds={seconds}")).await;
}

async fn whole_life(authentication: &str, algorithm: &str, storage: &str) {
    let logout = if storage == "cookie" { Logout::ByFront } else { Logout::ByBackChannel };
    let (deployment, provider) =
        ready_with(authentication, algorithm, "id_token", logout, |_| json!({ "session_storage": storage }))
            .await;
    let browser = deployment.browser();
    let deep_link = deployment.at("/get?x=1&y=a%20b");

    let page = sign_in(&browser, browser.open(&deep_link).await, "ada").await;
    let first = arrived(&page, &deep_link);
    assert_eq!(header(&first, "x-vestibule-sub"), Some("ada"));
    assert_eq!(header(&first, "x-vestibule-username"), Some("ada"));
    assert_eq!(header(&first, "x-vestibule-email"), Some("ada@example.com"));
    assert_eq!(header(&first, "x-vestibule-groups"), Some("staff"));

    // The provider rotates refresh tokens, revokes all of them if a used one is presented, and repeats the nonce
    // in each ID token.
    let mut token = header(&first, "authorization").unwrap().to_owned();
    for refreshes in 1..=2 {
        forward(&deployment, &provider, ACCESS_TOKEN_SECONDS - 30).await;
        let headers = arrived(&browser.open(&deep_link).await, &deep_link);
        let refreshed = header(&headers, "authorization").unwrap().to_owned();
        assert_ne!(refreshed, token);
        assert_eq!(header(&headers, "x-vestibule-email"), Some("ada@example.com"));
        assert_eq!(provider.count("grant.success refresh_token").await, refreshes);
        token = refreshed;
    }
    sign_out(&deployment, &provider, &browser).await;
    // The provider also notifies the client that asked for the sign-out; the session is already gone here,
    // which is a success (section 2.7).
    let told = usize::from(storage != "cookie");
    assert_eq!(provider.count("backchannel.success").await, told);
}

async fn sign_out(deployment: &Deployment, provider: &Provider, browser: &Browser) {
    let home = browser.open(&deployment.at("/")).await;
    let page = browser.submit(&home, "/oauth2/logout", &[]).await;
    assert_eq!(page.url.path(), "/session/end", "{}", page.body);
    let asked: Vec<String> = page.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(asked, ["id_token_hint", "client_id", "post_logout_redirect_uri"]);
    assert_eq!(provider.count("grant.revoked").await, 1);
    let page = browser.submit(&page, "/session/end/confirm", &[("logout", "yes")]).await;
    assert_eq!(page.url.as_str(), deployment.at("/oauth2/signed-out"));
    assert_eq!(provider.count("end_session.success").await, 1);

    let session = browser.fetch(&deployment.url, Method::GET, "/oauth2/session", &[]).await;
    assert_eq!(session.status, 401);
    assert_eq!(session.json()["reason"], "session_missing");
    let page = browser.open(&deployment.at("/get")).await;
    assert!(page.body.contains("name=\"login\""), "{} {}", page.url, page.body);
}

/// The provider's own logout token, with `sid` or, if the client does not require one, with `sub`.
#[tokio::test]
async fn a_logout_at_the_provider_ends_the_session_here() {
    for claims_in in ["id_token", "userinfo"] {
        let (deployment, provider) = ready_with(
            "client_secret_basic",
            "RS256",
            claims_in,
            Logout::ByBackChannel,
            |_| json!({ "session_storage": "memory" }),
        )
        .await;
        let (browser, other) = (deployment.browser(), deployment.browser());
        let url = deployment.at("/get");
        arrived(&sign_in(&browser, browser.open(&url).await, "ada").await, &url);
        arrived(&sign_in(&other, other.open(&url).await, "bob").await, &url);

        let page = browser.open(&format!("{}/session/end", provider.issuer)).await;
        browser.submit(&page, "/session/end/confirm", &[("logout", "yes")]).await;
        assert_eq!(provider.count("backchannel.success").await, 1, "{claims_in}");
        let session = browser.fetch(&deployment.url, Method::GET, "/oauth2/session", &[]).await;
        assert_eq!(session.status, 401);
        assert_eq!(session.json()["reason"], "session_not_stored");
        let page = browser.open(&url).await;
        assert!(page.body.contains("name=\"login\""), "{} {}", page.url, page.body);
        arrived(&other.open(&url).await, &url);
    }
}

#[tokio::test]
async fn an_address_that_is_not_verified_goes_to_no_upstream() {
    let (deployment, _provider) = ready("client_secret_basic", "RS256", json!({})).await;
    let browser = deployment.browser();
    let page = sign_in(&browser, browser.open(&deployment.at("/get")).await, "bob").await;
    let headers = arrived(&page, &deployment.at("/get"));
    assert_eq!(header(&headers, "x-vestibule-sub"), Some("bob"));
    assert_eq!(header(&headers, "x-vestibule-email"), None);
    assert_eq!(header(&headers, "x-vestibule-groups"), None);
}

#[tokio::test]
async fn cancelling_is_a_page_and_no_second_sign_in() {
    let (deployment, _provider) = ready("client_secret_basic", "RS256", json!({})).await;
    let browser = deployment.browser();
    let page = browser.open(&deployment.at("/get")).await;
    let cancel = format!("{}/abort", page.url.path());
    let page = browser.follow(&page, &cancel).await;
    assert_eq!(page.url.path(), "/oauth2/callback");
    assert_eq!(page.status, 403);
    assert!(page.body.contains("provider_denied"), "{}", page.body);
    // RFC 9207: the provider names itself in every response, including this one.
    assert!(page.url.query_pairs().any(|(name, _)| name == "iss"));
}

#[tokio::test]
async fn keys_rotate_while_somebody_is_signed_in() {
    let (deployment, provider) =
        ready("client_secret_basic", "ES256", json!({ "session_storage": "memory" })).await;
    let browser = deployment.browser();
    let url = deployment.at("/get");
    let page = sign_in(&browser, browser.open(&url).await, "ada").await;
    let before = arrived(&page, &url);

    // The refreshed ID token is signed with a new key.
    provider.rotate_keys("").await;
    deployment.clock.forward(ACCESS_TOKEN_SECONDS - 30);
    let after = arrived(&browser.open(&url).await, &url);
    assert_eq!(provider.count("grant.success refresh_token").await, 1);
    assert_ne!(header(&before, "authorization"), header(&after, "authorization"));

    // The provider drops its old keys: the session needs none of them, and others can sign in.
    provider.rotate_keys("?drop=yes").await;
    deployment.clock.forward(20);
    arrived(&browser.open(&url).await, &url);
    let other = deployment.browser();
    arrived(&sign_in(&other, other.open(&url).await, "bob").await, &url);
}

#[tokio::test]
async fn userinfo_is_taken_for_its_own_subject_only() {
    let (deployment, provider) = ready("client_secret_basic", "RS256", json!({})).await;
    let browser = deployment.browser();
    let page = sign_in(&browser, browser.open(&deployment.at("/get")).await, "ada").await;
    let headers = arrived(&page, &deployment.at("/get"));
    let token = Secret::new(header(&headers, "authorization").unwrap().strip_prefix("Bearer ").unwrap());

    let metadata = discovery::read_response(
        &send(&discovery::request(&provider.issuer)).await,
        std::slice::from_ref(&provider.issuer),
    )
    .unwrap();
    let endpoint = metadata.userinfo_endpoint.unwrap();
    let answer = send(&user_info::request(&endpoint, &token)).await;
    assert_eq!(user_info::read_response(&answer, "ada").unwrap()["email"], "ada@example.com");
    assert_eq!(user_info::read_response(&answer, "bob"), Err(UserInfoRefusal::Subject));
    let answer = send(&user_info::request(&endpoint, &Secret::new("no-token-of-yours"))).await;
    assert_eq!(user_info::read_response(&answer, "ada"), Err(UserInfoRefusal::TokenRefused));
}

#[tokio::test]
async fn claims_that_only_userinfo_has_reach_the_upstream_when_it_is_configured() {
    for (configured, expected) in [(true, Some("ada@example.com")), (false, None)] {
        let (deployment, provider) =
            ready_with("client_secret_basic", "RS256", "userinfo", Logout::ByFront, |issuer| {
                let endpoint = configured.then(|| json!({ "userinfo_endpoint": format!("{issuer}/me") }));
                endpoint.unwrap_or_else(|| json!({}))
            })
            .await;
        let browser = deployment.browser();
        let url = deployment.at("/get");
        let headers = arrived(&sign_in(&browser, browser.open(&url).await, "ada").await, &url);
        assert_eq!(header(&headers, "x-vestibule-sub"), Some("ada"));
        assert_eq!(header(&headers, "x-vestibule-email"), expected);
        deployment.clock.forward(ACCESS_TOKEN_SECONDS - 30);
        let headers = arrived(&browser.open(&url).await, &url);
        assert_eq!(provider.count("grant.success refresh_token").await, 1);
        assert_eq!(header(&headers, "x-vestibule-email"), expected);
    }
}

async fn send(request: &ProviderRequest) -> relying_party::provider::call::ProviderResponse {
    HttpsProvider::new(Roots::built_in(), Limits::default()).send(request).await.unwrap()
}

#[tokio::test]
async fn its_access_tokens_open_the_api_for_their_audience() {
    let (deployment, provider) = ready_for_bearers(json!(["RS256", "ES256"])).await;
    for audience in [RS256_AUDIENCE, ES256_AUDIENCE] {
        let token = provider.mint(Some(audience)).await;
        assert_eq!(present(&deployment, &token).await, Ok("web".to_owned()), "{audience}");
    }
    let token = provider.mint(Some(OTHER_AUDIENCE)).await;
    assert_eq!(present(&deployment, &token).await, Err("access_token_audience".to_owned()));
    let opaque = provider.mint(None).await;
    assert_eq!(present(&deployment, &opaque).await, Err("token_malformed".to_owned()));
    let (only_rs256, stranger) = ready_for_bearers(json!("RS256")).await;
    let token = stranger.mint(Some(RS256_AUDIENCE)).await;
    assert_eq!(present(&deployment, &token).await, Err("access_token_issuer".to_owned()));
    let token = stranger.mint(Some(ES256_AUDIENCE)).await;
    assert_eq!(present(&only_rs256, &token).await, Err("token_algorithm_not_allowed".to_owned()));

    let token = provider.mint(Some(RS256_AUDIENCE)).await;
    deployment.clock.forward(ACCESS_TOKEN_SECONDS + 61);
    assert_eq!(present(&deployment, &token).await, Err("access_token_expired".to_owned()));
}

#[tokio::test]
async fn its_access_tokens_survive_its_key_rotation_and_not_the_loss_of_the_key() {
    let (deployment, provider) = ready_for_bearers(json!("RS256")).await;
    let early = provider.mint(Some(RS256_AUDIENCE)).await;
    assert_eq!(present(&deployment, &early).await, Ok("web".to_owned()));
    provider.rotate_keys("?drop=yes").await;
    let late = provider.mint(Some(RS256_AUDIENCE)).await;
    // Unknown keys are requested at most every ten seconds.
    assert_eq!(present(&deployment, &late).await, Err("key_unknown".to_owned()));
    deployment.clock.forward(20);
    assert_eq!(present(&deployment, &late).await, Ok("web".to_owned()));
    assert_eq!(present(&deployment, &early).await, Err("key_unknown".to_owned()));
}

/// A deployment that accepts the provider's tokens for two of its three APIs.
async fn ready_for_bearers(algorithms: Value) -> (Deployment, Provider) {
    ready_with("client_secret_post", "RS256", "id_token", Logout::ByFront, |issuer| {
        let row = json!({ "issuer": issuer, "audiences": [RS256_AUDIENCE, ES256_AUDIENCE] });
        json!({ "signing_algorithms": algorithms, "bearer_issuers": [row] })
    })
    .await
}
