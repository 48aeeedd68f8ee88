//! Gives each front its own address: it derives the callbacks and pages from those of the first front.

use relying_party::configuration::Configuration;

use super::Addresses;

/// The variables of a front at `public_url` that is not the first. Addresses below the configured
/// `public_url` belong to the first front; they are moved, because otherwise sign-in at this front would end
/// at the first one.
pub(super) fn addresses_behind(public_url: &str, first: &Configuration) -> Vec<(&'static str, String)> {
    let moved = |address: &str| moved(address, public_url, first);
    let callbacks: Vec<String> =
        first.callback_paths.iter().map(|path| format!("{public_url}{path}")).collect();
    let pages = [
        ("VESTIBULE_LOGIN_REDIRECT_URI", Some(&first.login_redirect_uri)),
        ("VESTIBULE_LOGOUT_REDIRECT_URI", Some(&first.logout_redirect_uri)),
        ("VESTIBULE_FORBIDDEN_REDIRECT_URI", first.forbidden_redirect_uri.as_ref()),
        ("VESTIBULE_UNAUTHORIZED_REDIRECT_URI", first.unauthorized_redirect_uri.as_ref()),
    ];
    let moved = pages.into_iter().filter_map(|(name, page)| Some((name, moved(page?))));
    moved.chain([("VESTIBULE_REDIRECT_URI", callbacks.join(","))]).collect()
}

/// The page after sign-out of each front. A page outside the configured `public_url` is the same for all.
pub(super) fn signed_out_pages(first: &Configuration, addresses: &Addresses) -> Vec<String> {
    let page = &first.logout_redirect_uri;
    let others = [&addresses.http_api, &addresses.load_balancer].into_iter().flatten();
    let mut pages: Vec<String> =
        std::iter::once(page.clone()).chain(others.map(|front| moved(page, front, first))).collect();
    pages.dedup();
    pages
}

/// The same address below `public_url` if it is below that of the first front.
fn moved(address: &str, public_url: &str, first: &Configuration) -> String {
    match address.strip_prefix(first.public_url.join("/").trim_end_matches('/')) {
        Some(below) if below.starts_with('/') => format!("{public_url}{below}"),
        _ => address.to_owned(),
    }
}

/// The `redirect_uri` of each front: the configured ones for the first, the same paths below their own address for
/// the others.
pub(super) fn callbacks(first: &Configuration, addresses: &Addresses) -> Vec<String> {
    let others = [&addresses.http_api, &addresses.load_balancer].into_iter().flatten();
    let below_others =
        others.flat_map(|front| first.callback_paths.iter().map(move |path| format!("{front}{path}")));
    first.redirect_uris.iter().cloned().chain(below_others).collect()
}
