//! Makes `docs/screenshot.png` and its text: two pages of `cargo run` for the README.
//!
//! Fonts differ between machines, so the picture itself is not compared. The text contains the content and
//! styles of the two pages, so a change of either requires both files to be written again.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local::cognito::NewUser;
use sha2::{Digest as _, Sha256};

use crate::chromium::sign_in;
use crate::driver::Chromium;
use crate::newcomer;

const WRITE: &str = "BLESS=1 cargo test -p tests --test end_to_end screenshot";

/// Replaces the ids and ports of this run with fixed ones.
const STEADY: &str = "for (const [from, to] of arguments[0]) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        walker.currentNode.data = walker.currentNode.data.replace(new RegExp(from, 'g'), to);
    }
}
return [document.body.innerText, document.querySelector('style').textContent];";

const TIMES: &str = r#""(auth_time|exp|iat)": \d+"#;
const IDS: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// The current page, as a picture and as text.
async fn seen(chromium: &Chromium, ports: &[(String, &str)]) -> (String, String) {
    let mut replaced: Vec<[String; 2]> =
        ports.iter().map(|(from, to)| [from.clone(), (*to).to_owned()]).collect();
    replaced.push([TIMES.to_owned(), r#""$1": 1795826506"#.to_owned()]);
    replaced.push([IDS.to_owned(), "a4c8e468-50a1-70c6-7c3f-5b0f0d5a0001".to_owned()]);
    let arguments = [serde_json::json!(replaced)];
    let answer = chromium.driver().execute(STEADY, arguments).await.unwrap();
    let (text, style): (String, String) = answer.convert().unwrap();
    let digest = STANDARD.encode(Sha256::digest(style));
    let picture = STANDARD.encode(chromium.driver().screenshot_as_png().await.unwrap());
    (picture, format!("{text}\n\nstyle: sha256-{digest}\n"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_screenshot_shows_the_pages_of_today() {
    let (_running, lines) = newcomer::start();
    let here = newcomer::address(&lines, "through a REST API");
    let ports = [("through a REST API", "8400"), ("Cognito stand-in", "8410")]
        .map(|(name, port)| (newcomer::address(&lines, name).rsplit(':').next().unwrap().to_owned(), port));
    let chromium = Chromium::open("screenshot", 1100, false).await;
    let hidden = serde_json::json!({ "hidden": true });
    chromium.driver().cdp().send_raw("Emulation.setScrollbarsHidden", hidden).await.unwrap();

    chromium.screen((760, 660), "light").await;
    chromium.go(&format!("{here}/")).await;
    sign_in(&chromium, &NewUser::local_admin()).await;
    chromium.heading("Hello, admin@example.com").await;
    let (left, greeted) = seen(&chromium, &ports).await;

    chromium.press("Sign out").await;
    chromium.heading("You are signed out").await;
    chromium.screen((620, 660), "light").await;
    chromium.go(&format!("{here}/admin/")).await;
    sign_in(&chromium, &NewUser::local_guest()).await;
    chromium.heading("You have no access").await;
    let (right, refused) = seen(&chromium, &ports).await;

    let shown = format!(
        "docs/screenshot.png shows two pages of `cargo run`. This command writes it and this text:\n{WRITE}\n\n\
         Left:\n\n{greeted}\nRight:\n\n{refused}"
    );
    let documents = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
    if std::env::var_os("BLESS").is_some() {
        let both = beside_each_other(&chromium, &left, &right).await;
        std::fs::write(documents.join("screenshot.png"), both).unwrap();
        std::fs::write(documents.join("screenshot.txt"), &shown).unwrap();
    }
    let written = std::fs::read_to_string(documents.join("screenshot.txt")).unwrap_or_default();
    assert_eq!(written, shown, "the pages have changed: {WRITE} writes docs/screenshot.png");
    chromium.close().await;
}

async fn beside_each_other(chromium: &Chromium, left: &str, right: &str) -> Vec<u8> {
    chromium.screen((1410, 680), "light").await;
    chromium.go("about:blank").await;
    let script = "document.body.style = 'margin:10px;display:flex;gap:10px;background:#fff';
        return Promise.all(Array.from(arguments).map((picture) => {
            const image = new Image();
            image.style = 'height:660px;border-radius:8px;box-shadow:0 0 0 1px #c3cad3';
            image.src = 'data:image/png;base64,' + picture;
            document.body.append(image);
            return image.decode();
        }))";
    chromium.driver().execute(script, [left.into(), right.into()]).await.unwrap();
    chromium.driver().screenshot_as_png().await.unwrap()
}
