//! Drives Chromium over WebDriver.

use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{
    LoggingPrefsLogLevel, extensions::query::ElementPollerWithTimeout, session::scriptret::ScriptRet,
};
use tokio::sync::{Mutex, MutexGuard};

use crate::process::{self, DEADLINE, Server};

/// Runs one browser at a time, because two would overload two cores.
static TURN: Mutex<()> = Mutex::const_new(());

const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--lang=en",
];

/// A browser with its own profile. Chromium ends with its driver, whatever happens to the test.
pub(crate) struct Chromium {
    driver: Option<WebDriver>,
    profile: PathBuf,
    server: Option<Server>,
    _turn: MutexGuard<'static, ()>,
}

impl Chromium {
    /// A new profile, named after the test, in a window of `width` CSS pixels.
    pub(crate) async fn open(name: &str, width: u32, dark: bool) -> Self {
        let turn = TURN.lock().await;
        let profile = process::fresh_folder(name);
        let (server, port) = chromedriver(&profile);
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(process::program("chromium").to_str().unwrap()).unwrap();
        for flag in FLAGS {
            capabilities.add_arg(flag).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.join("profile").display())).unwrap();
        capabilities.add_arg(&format!("--window-size={width},900")).unwrap();
        if dark {
            capabilities.add_arg("--blink-settings=preferredColorScheme=0").unwrap();
        }
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        let driver = WebDriver::new(address, capabilities).await.unwrap();
        driver.set_poller(std::sync::Arc::new(ElementPollerWithTimeout::new(
            DEADLINE,
            Duration::from_millis(50),
        )));
        Self { driver: Some(driver), profile, server: Some(server), _turn: turn }
    }

    pub(crate) fn driver(&self) -> &WebDriver {
        self.driver.as_ref().unwrap()
    }

    /// Opens an address.
    pub(crate) async fn go(&self, url: &str) {
        self.driver().goto(url).await.unwrap();
    }

    /// Adds a link to `url` to the page and clicks it.
    pub(crate) async fn click_a_link_to(&self, url: &str) {
        let script = "const link = document.createElement('a');
            link.href = arguments[0];
            document.body.append(link);
            link.click()";
        self.driver().execute(script, [Value::from(url)]).await.unwrap();
    }

    /// Waits for the heading of a page.
    pub(crate) async fn heading(&self, text: &str) {
        process::until(&format!("a page headed `{text}`"), || async {
            let heading = self.driver().find(By::Tag("h1")).await.ok()?;
            (heading.text().await.ok()? == text).then_some(())
        })
        .await;
    }

    /// Waits until the browser is at this address.
    pub(crate) async fn arrived(&self, url: &str) {
        process::until(&format!("at {url}"), || async {
            (self.driver().current_url().await.ok()?.as_str() == url).then_some(())
        })
        .await;
    }

    /// Clicks the link with this text.
    pub(crate) async fn follow(&self, text: &str) {
        self.driver().query(By::LinkText(text)).first().await.unwrap().click().await.unwrap();
    }

    /// Clicks the button with this text.
    pub(crate) async fn press(&self, text: &str) {
        let button = By::XPath(format!("//button[normalize-space()='{text}']"));
        self.driver().query(button).first().await.unwrap().click().await.unwrap();
    }

    /// Types into the field with this name.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let field = self.driver().query(By::Name(name)).first().await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits for an element that matches the CSS selector.
    pub(crate) async fn shown(&self, selector: &str) {
        self.driver().query(By::Css(selector)).first().await.unwrap();
    }

    /// All text of the page.
    pub(crate) async fn text(&self) -> String {
        self.driver().query(By::Tag("body")).first().await.unwrap().text().await.unwrap()
    }

    /// The status of the current document.
    pub(crate) async fn status(&self) -> StatusCode {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
        let status: u16 = self.driver().execute(script, []).await.unwrap().convert().unwrap();
        StatusCode::from_u16(status).unwrap()
    }

    /// Calls `fetch` on the current page and returns the status and the JSON.
    pub(crate) async fn fetch(&self, path: &str, options: &Value) -> (u16, Value) {
        let script = "const done = arguments[2];
            fetch(arguments[0], arguments[1])
                .then(async (answer) => done([answer.status, await answer.json()]))
                .catch((error) => done([0, String(error)]))";
        let arguments = [Value::from(path), options.clone()];
        let answer: ScriptRet = self.driver().execute_async(script, arguments).await.unwrap();
        answer.convert().unwrap()
    }

    /// Shows the page on a screen of this many CSS pixels, in a colour scheme. A window could not be as narrow as a
    /// telephone.
    pub(crate) async fn screen(&self, (width, height): (u32, u32), scheme: &str) {
        let tools = self.driver().cdp();
        tools.emulation().set_device_metrics_override(width, height, 1.0, false).await.unwrap();
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    }

    /// The cookies of the page's site, as WebDriver and as its scripts see them.
    pub(crate) async fn cookies(&self) -> (Vec<Cookie>, String) {
        let script = "return document.cookie";
        let seen = self.driver().execute(script, []).await.unwrap().convert().unwrap();
        (self.driver().get_all_cookies().await.unwrap(), seen)
    }

    /// Saves a picture in `target/screenshots`.
    pub(crate) async fn picture(&self, name: &str) {
        let path = process::kept_folder("screenshots").join(format!("{name}.png"));
        self.driver().screenshot(&path).await.unwrap();
    }

    /// Closes the browser, after asserting that it did not block anything that a page of this test tried.
    pub(crate) async fn close(mut self) {
        let entries = self.driver().browser_log().await.unwrap();
        let violations: Vec<&String> = entries
            .iter()
            .map(|entry| &entry.message)
            .filter(|message| {
                message.contains("Content Security Policy") || message.contains("Mixed Content")
            })
            .collect();
        assert!(violations.is_empty(), "{violations:#?}");
        self.driver.take().unwrap().quit().await.unwrap();
    }
}

/// The driver and its port. It needs the same port for IPv4 and for IPv6, and exits if another process has
/// one of them, so it may have to choose again.
fn chromedriver(profile: &Path) -> (Server, String) {
    for _ in 0..5 {
        let server = Server::start(&process::program("chromedriver"), &["--port=0"], &[], profile);
        if let Some(port) = server.after_unless("started successfully on port ", Some("port not available")) {
            return (server, port);
        }
    }
    panic!("chromedriver finds no port");
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // After a failed test the browser ends with its driver; a request to quit would block.
        if let Some(driver) = self.driver.take() {
            drop(driver.leak());
        }
        drop(self.server.take());
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
