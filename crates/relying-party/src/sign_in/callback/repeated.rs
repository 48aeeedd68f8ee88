//! Redirects a browser to its page when the provider refuses a code that a double click has spent.

use http::StatusCode;

use crate::http::cookie::Cookies;
use crate::http::page_load;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::provider::token_endpoint::TokenEndpointRefusal;
use crate::refusal::Refusal;
use crate::sign_in::loop_guard;

/// The browsers that are redirected after a refused code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectedBrowsers {
    /// Every browser: the provider says that the code is spent, so starting over may help (RFC 6749 section
    /// 5.2, `invalid_grant`).
    All,
    /// A browser with a live session, because a spent code is also refused with other errors. Without a
    /// session they may mean that no code is ever accepted, and a page says so.
    WithSession,
}

/// Decides which browsers are redirected to the requested page although the provider refused the code.
/// Usually the same callback arrived twice, by a double click or a retry, and the first spent the code.
///
/// `None` if the refusal is not about the code, such as a refusal of the client, if the request is no page
/// load, and if the browser has landed often recently. A page then shows the provider's refusal.
pub fn redirected_browsers(request: &Request, refusal: &Refusal) -> Option<RedirectedBrowsers> {
    let browsers = match refusal {
        Refusal::TokenEndpoint(TokenEndpointRefusal::InvalidGrant) => RedirectedBrowsers::All,
        Refusal::TokenEndpoint(
            TokenEndpointRefusal::InvalidRequest(_) | TokenEndpointRefusal::NeedsInteraction(_),
        ) => RedirectedBrowsers::WithSession,
        _ => return None,
    };
    let cookies = Cookies::parse(&request.headers);
    let may = page_load::is_page_load(request) && loop_guard::has_landings_left(&cookies);
    may.then_some(browsers)
}

/// Redirects to `return_target` and expires the attempt's cookies `expired`. With the session of the first
/// callback the browser gets the page; without it, sign-in starts over there.
pub fn redirect_repeated(request: &Request, return_target: String, expired: Vec<String>) -> Response {
    let cookies = Cookies::parse(&request.headers);
    let response = Response::redirect(StatusCode::SEE_OTHER, return_target);
    // The count is last, because a load balancer without multi-value headers keeps only the last cookie.
    response.cookies(expired).cookies([loop_guard::next(&cookies)])
}
