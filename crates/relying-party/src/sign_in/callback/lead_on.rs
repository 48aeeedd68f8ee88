//! Leads a browser on to its page when the provider refuses a code that a double click has spent.

use http::StatusCode;

use crate::http::cookie::Cookies;
use crate::http::page_load;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::provider::token_endpoint::TokenEndpointRefusal;
use crate::refusal::Refusal;
use crate::sign_in::loop_guard;

/// Names those who are led on from a refused code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadsOn {
    /// Everybody: the provider says that the code is spent, so to start over may help (RFC 6749 section 5.2, `invalid_grant`).
    Everybody,
    /// A browser with a live session: a spent code is refused in other words too. Without a session they may mean that no code
    /// is ever taken, which a page says.
    WithSession,
}

/// Says who is led on to the page that was asked for, though the provider refused the code. Mostly the same callback came twice,
/// by a double click or a browser's retry, and the first has spent the code. `None` for what says nothing of the code, such as a
/// refusal of the client; for what is no page load; and where the browser landed often of late: then a page says what the
/// provider refuses.
pub fn leads_on(request: &Request, refusal: &Refusal) -> Option<LeadsOn> {
    let leads_on = match refusal {
        Refusal::TokenEndpoint(TokenEndpointRefusal::InvalidGrant) => LeadsOn::Everybody,
        Refusal::TokenEndpoint(
            TokenEndpointRefusal::InvalidRequest(_) | TokenEndpointRefusal::NeedsInteraction(_),
        ) => LeadsOn::WithSession,
        _ => return None,
    };
    let cookies = Cookies::parse(&request.headers);
    let may = page_load::is_page_load(request) && loop_guard::has_landings_left(&cookies);
    may.then_some(leads_on)
}

/// The way on to `return_target`, with the cookies `expired` of the attempt: whoever has got the session of the first callback
/// sees the page, and whoever has not starts over there.
pub fn lead_on(request: &Request, return_target: String, expired: Vec<String>) -> Response {
    let cookies = Cookies::parse(&request.headers);
    let response = Response::redirect(StatusCode::SEE_OTHER, return_target);
    // The count stands last: a load balancer without multi-value headers keeps the last cookie only.
    response.cookies(expired).cookies([loop_guard::next(&cookies)])
}
