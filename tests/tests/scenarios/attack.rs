//! Runs attacks, one line for each case.

mod advisories;
mod application_paths;
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

/// A browser that is already signed on at the stand-in, so that every further sign-in needs one step.
async fn signed_on(world: &World) -> tests::browser::Browser {
    let browser = world.browser();
    world.sign_in(&browser, "/get").await;
    browser
}
