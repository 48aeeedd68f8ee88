//! Simulates a browser for stories: one cookie jar, tabs that follow redirects, and the fetch metadata of real
//! browsers. It applies the cookie rules that sign-in depends on: prefixes, `Secure`, `SameSite=Lax`, `Path`,
//! `Max-Age`.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{Method, Request, Response, StatusCode};
use url::Url;

/// Receives requests: the whole local network of a story.
#[async_trait]
pub trait Network: Send + Sync {
    /// Answers one request to an absolute URL.
    async fn exchange(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>>;
}

/// A browser profile. Clones are windows of the same profile with one jar.
#[derive(Clone)]
pub struct Browser {
    network: Arc<dyn Network>,
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    jar: Arc<Mutex<Vec<Cookie>>>,
    /// Cookies whose name contains one of these are dropped.
    refused: Vec<&'static str>,
}

/// One cookie in the jar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    host: String,
    path: String,
    same_site: String,
    expires_at: Option<i64>,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
    pub way: Vec<Url>,
}

/// More redirects than any browser follows.
const MAX_REDIRECTS: usize = 20;

impl Browser {
    /// A fresh profile; `now` is the story's clock in Unix seconds.
    pub fn new(network: Arc<dyn Network>, now: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        Self { network, now, jar: Arc::default(), refused: Vec::new() }
    }

    /// The same profile, except that cookies whose name contains `part` are dropped.
    #[must_use]
    pub fn refusing(mut self, part: &'static str) -> Self {
        self.refused.push(part);
        self
    }

    /// Opens an address as a user types it: a top-level navigation that no site started.
    pub async fn open(&self, url: &str) -> Page {
        self.load(Method::GET, Url::parse(url).unwrap(), None, "none").await
    }

    /// Follows a link on `page`.
    pub async fn follow(&self, page: &Page, href: &str) -> Page {
        let target = page.url.join(href).unwrap();
        let site = site_between(&page.url, &target);
        self.load(Method::GET, target, None, site).await
    }

    /// Submits the form on `page` whose action contains `action`, with `fields` filled in.
    pub async fn submit(&self, page: &Page, action: &str, fields: &[(&str, &str)]) -> Page {
        let form = crate::form::find(&page.body, action)
            .unwrap_or_else(|| panic!("no form for {action} on {}:\n{}", page.url, page.body));
        let target = page.url.join(&form.action).unwrap();
        let site = site_between(&page.url, &target);
        let body = form.filled(fields);
        if form.method == "get" {
            let mut target = target;
            target.set_query(Some(&body));
            return self.load(Method::GET, target, None, site).await;
        }
        self.load(Method::POST, target, Some(body), site).await
    }

    pub async fn fetch(&self, origin: &str, method: Method, url: &str, headers: &[(&str, &str)]) -> Page {
        let origin = Url::parse(origin).unwrap();
        let url = origin.join(url).unwrap();
        let site = site_between(&origin, &url);
        let mut request = Request::builder()
            .method(method.clone())
            .uri(url.as_str())
            .header("accept", "*/*")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "cors")
            .header("sec-fetch-dest", "empty");
        if method != Method::GET {
            request = request.header("origin", origin.origin().ascii_serialization());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies = (site != "cross-site").then(|| self.cookie_header(&url, true)).flatten();
        if let Some(cookies) = cookies {
            request = request.header("cookie", cookies);
        }
        let response = self.network.exchange(request.body(Vec::new()).unwrap()).await;
        self.keep(&url, &response);
        page(url.clone(), response, vec![url])
    }

    pub fn cookies(&self, host: &str) -> Vec<Cookie> {
        let now = (self.now)();
        let mut jar = self.jar.lock().unwrap();
        jar.retain(|cookie| cookie.expires_at.is_none_or(|end| end > now));
        jar.iter().filter(|cookie| cookie.host == host).cloned().collect()
    }

    /// Puts a cookie with any content into the jar, as an attacker or an older version might have done.
    pub fn plant(&self, host: &str, name: &str, value: &str) {
        let mut jar = self.jar.lock().unwrap();
        jar.retain(|kept| !(kept.name == name && kept.host == host));
        jar.push(Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            host: host.to_owned(),
            path: "/".to_owned(),
            same_site: "lax".to_owned(),
            expires_at: None,
        });
    }

    /// Removes the cookies of a host whose name contains `part`.
    pub fn forget(&self, host: &str, part: &str) {
        self.jar.lock().unwrap().retain(|cookie| !(cookie.host == host && cookie.name.contains(part)));
    }

    async fn load(&self, method: Method, url: Url, form: Option<String>, site: &str) -> Page {
        let mut way = vec![url.clone()];
        let mut request = (method, url, form);
        let mut site = site.to_owned();
        loop {
            let response = self.navigate(&request.0, &request.1, request.2.as_deref(), &site).await;
            let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
            let (true, Some(location)) = (response.status().is_redirection(), location) else {
                return page(request.1, response, way);
            };
            assert!(way.len() <= MAX_REDIRECTS, "a redirect loop: {way:#?}");
            let next = request.1.join(&location).unwrap();
            if site != "cross-site" && site_between(&request.1, &next) == "cross-site" {
                "cross-site".clone_into(&mut site);
            }
            way.push(next.clone());
            let kept = matches!(response.status().as_u16(), 307 | 308);
            request = if kept { (request.0, next, request.2) } else { (Method::GET, next, None) };
        }
    }

    async fn navigate(
        &self,
        method: &Method,
        url: &Url,
        form: Option<&str>,
        site: &str,
    ) -> Response<Vec<u8>> {
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        if let Some(cookies) = self.cookie_header(url, site != "cross-site" || method == Method::GET) {
            request = request.header("cookie", cookies);
        }
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let body = form.unwrap_or_default().as_bytes().to_vec();
        let response = self.network.exchange(request.body(body).unwrap()).await;
        self.keep(url, &response);
        response
    }

    fn cookie_header(&self, url: &Url, lax_allowed: bool) -> Option<String> {
        let pairs: Vec<String> = self
            .cookies(url.host_str().unwrap())
            .into_iter()
            .filter(|cookie| url.path().starts_with(&cookie.path))
            .filter(|cookie| lax_allowed || cookie.same_site == "none")
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    fn keep(&self, url: &Url, response: &Response<Vec<u8>>) {
        for value in response.headers().get_all("set-cookie") {
            self.keep_one(url, value.to_str().unwrap());
        }
    }

    fn keep_one(&self, url: &Url, text: &str) {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next().unwrap().split_once('=').unwrap();
        let attributes: Vec<(String, String)> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let attribute =
            |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        if self.refused.iter().any(|part| name.contains(part)) {
            return;
        }
        assert!(name.len() + value.len() <= 4096, "the cookie {name} is longer than browsers keep");
        if name.starts_with("__Host-") {
            let hostly = attribute("secure").is_some()
                && attribute("path").as_deref() == Some("/")
                && attribute("domain").is_none();
            assert!(hostly, "a browser refuses {text}");
        }
        let host = url.host_str().unwrap().to_owned();
        let mut jar = self.jar.lock().unwrap();
        jar.retain(|kept| !(kept.name == name && kept.host == host));
        let max_age: Option<i64> = attribute("max-age").map(|seconds| seconds.parse().unwrap());
        if max_age.is_some_and(|seconds| seconds <= 0) {
            return;
        }
        jar.push(Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            host,
            path: attribute("path").unwrap_or_else(|| "/".to_owned()),
            same_site: attribute("samesite")
                .map_or_else(|| "lax".to_owned(), |text| text.to_ascii_lowercase()),
            expires_at: max_age.map(|seconds| (self.now)() + seconds),
        });
    }
}

impl Page {
    /// The status of an outage on this page: 503, or 400 at the address of the error page, which anybody can request.
    pub fn outage_status(&self) -> u16 {
        if self.url.path() == "/oauth2/error" { 400 } else { 503 }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The reason in a page or a JSON body of vestibule.
    pub fn reason(&self) -> Option<String> {
        reason_in(&self.body)
    }

    pub fn stops(&self) -> Vec<&str> {
        self.way.iter().map(Url::as_str).collect()
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The reason code in a response of vestibule: in JSON, or on a page.
pub fn reason_in(body: &str) -> Option<String> {
    if let Ok(json) = serde_json::from_str::<serde_json::Value>(body) {
        return json.get("reason").and_then(|reason| reason.as_str()).map(str::to_owned);
    }
    let (_, rest) = body.split_once("<code>")?;
    rest.split_once("</code>").map(|(reason, _)| reason.to_owned())
}

fn page(url: Url, response: Response<Vec<u8>>, way: Vec<Url>) -> Page {
    let (parts, body) = response.into_parts();
    Page {
        url,
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        way,
    }
}

/// `localhost` and `127.0.0.1` are different sites; two ports of one host are the same site.
fn site_between(from: &Url, to: &Url) -> &'static str {
    if from.origin() == to.origin() {
        return "same-origin";
    }
    if from.host() == to.host() { "same-site" } else { "cross-site" }
}
