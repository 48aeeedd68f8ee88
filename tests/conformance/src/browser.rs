//! Simulates a browser: it keeps cookies, opens pages and sends the requests of scripts.

use std::collections::BTreeMap;

use flow::gate::Decision;
use flow::logged_response::LoggedResponse;
use flow::session::store::RowKey;
use flow::site::Site;
use http::{Method, StatusCode};
use relying_party::gate::Verdict;
use relying_party::gate::front::Front;
use relying_party::http::endpoint::Endpoint;
use relying_party::http::request::{Headers, Request};
use url::Url;

use crate::world::PUBLIC_URL;

#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// By name and `Domain`, which is empty for a cookie of the host alone (RFC 6265 section 5.3).
    cookies: BTreeMap<(String, String), Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    value: String,
    /// Whether the cookie survives a restart of the browser.
    lasts: bool,
}

/// The outcome of a request to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request was forwarded to the application, for a user with these groups and this access token.
    Passed { groups: Vec<String>, access_token: Option<String> },
    /// The browser was sent to sign in, for this reason.
    SignIn(&'static str),
    /// The browser was sent to refresh or renew the session, for this reason.
    Refresh(&'static str),
    /// The request was refused, for this reason.
    Refused(&'static str),
}

impl Outcome {
    /// Whether the request was forwarded to the application.
    pub const fn passed(&self) -> bool {
        matches!(self, Self::Passed { .. })
    }

    /// The access token with which the request was forwarded.
    pub fn access_token(&self) -> Option<&str> {
        match self {
            Self::Passed { access_token, .. } => access_token.as_deref(),
            _ => None,
        }
    }
}

const ENDPOINTS: &[Endpoint] = &[
    Endpoint::BackchannelLogout,
    Endpoint::Callback,
    Endpoint::Error,
    Endpoint::Health,
    Endpoint::Login,
    Endpoint::Logout,
    Endpoint::Refresh,
    Endpoint::Session,
    Endpoint::SignedOut,
];

impl Browser {
    /// A browser that has signed in.
    pub async fn signed_in(site: &Site) -> Self {
        let mut browser = Self::default();
        browser.sign_in(site).await;
        browser
    }

    /// Signs in, even if a session exists.
    pub async fn sign_in(&mut self, site: &Site) {
        let landed = self.land(site).await;
        assert_eq!(landed.response.status, StatusCode::SEE_OTHER, "{:?}", landed.refusal);
    }

    /// Signs in, expects a refusal, and returns its reason.
    pub async fn come_back(&mut self, site: &Site) -> &'static str {
        self.land(site).await.refusal.unwrap().reason().code
    }

    /// Signs in by following a link.
    pub async fn sign_in_by(&mut self, site: &Site, link: &str) {
        let landed = self.land_by(site, link).await;
        assert_eq!(landed.response.status, StatusCode::SEE_OTHER, "{:?}", landed.refusal);
    }

    /// Closes and reopens the browser.
    pub fn restart(&mut self) {
        self.cookies.retain(|_, kept| kept.lasts);
    }

    /// Signs in and returns the callback's response.
    pub async fn land(&mut self, site: &Site) -> LoggedResponse {
        self.land_by(site, "/oauth2/login").await
    }

    async fn land_by(&mut self, site: &Site, link: &str) -> LoggedResponse {
        let to_provider = self.go(site, link).await;
        assert_eq!(to_provider.response.status, StatusCode::FOUND, "{:?}", to_provider.refusal);
        self.land_from(site, &to_provider).await
    }

    /// Opens one of vestibule's own pages.
    pub async fn go(&mut self, site: &Site, target: &str) -> LoggedResponse {
        let logged = site.answer(&self.request(Method::GET, target, PAGE), ENDPOINTS).await;
        self.keep(&logged);
        logged
    }

    /// Sends a POST request from a script on one of vestibule's own pages.
    pub async fn post(&mut self, site: &Site, target: &str) -> LoggedResponse {
        let logged = site.answer(&self.request(Method::POST, target, SCRIPT), ENDPOINTS).await;
        self.keep(&logged);
        logged
    }

    /// Submits a form of one of vestibule's own pages.
    pub async fn submit(&mut self, site: &Site, target: &str, form: &str) -> LoggedResponse {
        let mut fields = PAGE.to_vec();
        fields.push(("content-type", "application/x-www-form-urlencoded"));
        let request =
            Request { body: form.as_bytes().to_vec(), ..self.request(Method::POST, target, &fields) };
        let logged = site.answer(&request, ENDPOINTS).await;
        self.keep(&logged);
        logged
    }

    /// Submits a form of another site's page to vestibule.
    pub async fn submit_from_elsewhere(&self, site: &Site, target: &str, form: &str) -> LoggedResponse {
        let mut fields = PAGE.to_vec();
        fields.retain(|(name, _)| *name != "sec-fetch-site");
        fields.push(("sec-fetch-site", "cross-site"));
        fields.push(("content-type", "application/x-www-form-urlencoded"));
        let request =
            Request { body: form.as_bytes().to_vec(), ..self.request(Method::POST, target, &fields) };
        site.answer(&request, ENDPOINTS).await
    }

    /// Follows a link of another site to one of vestibule's own pages.
    pub async fn follow(&mut self, site: &Site, target: &str) -> LoggedResponse {
        let mut fields = PAGE.to_vec();
        fields.retain(|(name, _)| *name != "sec-fetch-site");
        fields.push(("sec-fetch-site", "cross-site"));
        let logged = site.answer(&self.request(Method::GET, target, &fields), ENDPOINTS).await;
        self.keep(&logged);
        logged
    }

    /// Completes the sign-in that a redirect to the provider started.
    pub async fn land_from(&mut self, site: &Site, to_provider: &LoggedResponse) -> LoggedResponse {
        self.land_from_with(site, to_provider, "").await
    }

    /// The same with a provider that adds `besides` to the callback's query.
    pub async fn land_from_with(
        &mut self,
        site: &Site,
        to_provider: &LoggedResponse,
        besides: &str,
    ) -> LoggedResponse {
        let back = format!("/oauth2/callback?{}{besides}", answer_to(to_provider));
        self.go(site, &back).await
    }

    /// The same with the callback at `path`.
    pub async fn land_at(&mut self, site: &Site, to_provider: &LoggedResponse, path: &str) -> LoggedResponse {
        self.go(site, &format!("{path}?{}", answer_to(to_provider))).await
    }

    /// Opens a page of the application and returns the decision itself.
    pub async fn open_at(&self, site: &Site, target: &str) -> Decision {
        site.authorize(&self.request(Method::GET, target, PAGE), Front::Other).await
    }

    /// Opens a page of the application.
    pub async fn open(&self, site: &Site) -> Outcome {
        outcome(site.authorize(&self.request(Method::GET, "/page", PAGE), Front::Other).await)
    }

    /// Opens a page of the application behind `front`.
    pub async fn open_behind(&self, site: &Site, front: Front) -> Outcome {
        outcome(site.authorize(&self.request(Method::GET, "/page", PAGE), front).await)
    }

    /// Opens a page of the application behind `front` and returns the decision itself.
    pub async fn open_behind_at(&self, site: &Site, target: &str, front: Front) -> Decision {
        site.authorize(&self.request(Method::GET, target, PAGE), front).await
    }

    /// Sends a script's request to the application.
    pub async fn fetch(&self, site: &Site) -> Outcome {
        outcome(site.authorize(&self.request(Method::GET, "/data", SCRIPT), Front::Other).await)
    }

    /// The number of sign-ins that were started but not completed.
    pub fn attempts(&self) -> usize {
        self.cookies.keys().filter(|(name, _)| name.starts_with("__Host-attempt-")).count()
    }

    /// The names of the cookies in the jar.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.cookies.keys().map(|(name, _)| name.as_str())
    }

    pub fn session(&self) -> Option<&str> {
        self.cookies.iter().find(|((name, _), _)| is_session(name)).map(|(_, kept)| kept.value.as_str())
    }

    /// The number of cookies in the jar whose name is that of a session.
    pub fn sessions(&self) -> usize {
        self.cookies.keys().filter(|(name, _)| is_session(name)).count()
    }

    /// Replaces the value of the session cookie.
    pub fn set_session(&mut self, value: &str) {
        let cookie = self.cookies.iter_mut().find(|((name, _), _)| is_session(name));
        value.clone_into(&mut cookie.unwrap().1.value);
    }

    /// The key under which the store keeps the session.
    pub fn row_key(&self) -> RowKey {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let id = URL_SAFE_NO_PAD.decode(self.session().unwrap()).unwrap();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &id);
        RowKey::new(relying_party::hex::lowercase(digest.as_ref()))
    }

    fn request(&self, method: Method, target: &str, fields: &[(&str, &str)]) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs: Vec<String> =
            self.cookies.iter().map(|((name, _), kept)| format!("{name}={}", kept.value)).collect();
        let mut headers: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        headers.push(("origin".to_owned(), PUBLIC_URL.to_owned()));
        if !pairs.is_empty() {
            headers.push(("cookie".to_owned(), pairs.join("; ")));
        }
        Request {
            extended_request_id: String::new(),
            method,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Headers::new(headers),
            body: Vec::new(),
            source_ip: None,
            request_id: "request".to_owned(),
        }
    }

    /// Takes the cookies of a response.
    pub fn keep(&mut self, logged: &LoggedResponse) {
        for set_cookie in &logged.response.set_cookies {
            let (pair, attributes) = set_cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let domain = attributes.split_once("Domain=").map_or("", |(_, domain)| domain);
            let key = (name.to_owned(), domain.to_owned());
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(&key);
            } else {
                let kept = Kept { value: value.to_owned(), lasts: attributes.contains("Max-Age=") };
                self.cookies.insert(key, kept);
            }
        }
    }
}

/// The query of the authorization response.
fn answer_to(to_provider: &LoggedResponse) -> String {
    let location = Url::parse(location(to_provider)).unwrap();
    let parameter = |name: &str| {
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap()
    };
    format!("code={}&state={}", parameter("nonce"), parameter("state"))
}

fn is_session(name: &str) -> bool {
    let has_prefix = ["__Host-session-", "__Secure-session-"].iter().any(|prefix| name.starts_with(prefix));
    has_prefix && !name.ends_with("-ended")
}

const PAGE: &[(&str, &str)] =
    &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

const SCRIPT: &[(&str, &str)] = &[
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
    ("content-type", "application/json"),
];

/// An API client's request to the application with this access token.
pub async fn call(site: &Site, access_token: &str) -> Outcome {
    let authorization = format!("Bearer {access_token}");
    let request = Browser::default().request(Method::GET, "/data", &[("authorization", &authorization)]);
    outcome(site.authorize(&request, Front::Other).await)
}

/// Sends the provider's request with a logout token.
pub async fn tell(site: &Site, body: &str) -> LoggedResponse {
    let fields = [("content-type", "application/x-www-form-urlencoded")];
    let request = Browser::default().request(Method::POST, "/oauth2/backchannel-logout", &fields);
    site.answer(&Request { body: body.as_bytes().to_vec(), ..request }, ENDPOINTS).await
}

/// The `Location` of a response.
pub fn location(logged: &LoggedResponse) -> &str {
    let mut headers = logged.response.headers.iter();
    headers.find(|(name, _)| *name == "location").map(|(_, value)| value.as_str()).unwrap()
}

fn outcome(decision: Decision) -> Outcome {
    match decision.verdict {
        Verdict::Forward(permit) => {
            let identity = permit.identity.unwrap();
            let access_token = identity.access_token.map(|token| token.expose().to_owned());
            Outcome::Passed { groups: identity.groups, access_token }
        }
        Verdict::Refuse(refusal) => Outcome::Refused(refusal.reason().code),
        Verdict::Redirect { location, cause } if location.contains("/oauth2/login") => {
            Outcome::SignIn(cause.reason().code)
        }
        Verdict::Redirect { cause, .. } => Outcome::Refresh(cause.reason().code),
    }
}
