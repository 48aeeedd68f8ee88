//! Tries attacks, one line a case.

mod advisories;
mod callback_parameters;
mod cookie_tampering;
mod cross_site;
mod keys;
mod oversize;
mod return_target;
mod route_path;
mod spoofed_header;

use tests::world::World;

/// The headers of a page load.
const PAGE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// A browser that came over from the stand-in signed in there: every further sign-in is one step.
async fn signed_on(world: &World) -> tests::browser::Browser {
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    browser
}
