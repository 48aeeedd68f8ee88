//! Handles requests for paths of the application that ask for sign-out, as Kong's plugin does.

use crate::gate::GateRefusal;
use crate::http::endpoint::{Endpoint, Recipient};
use crate::http::page_load;
use crate::http::request::Request;
use crate::relying_party::RelyingParty;

impl RelyingParty {
    /// Tells whether a request is for `/oauth2/logout` itself.
    pub(super) fn is_own_logout(&self, request: &Request) -> bool {
        let below = request.path.strip_prefix(self.configuration.auth_prefix.as_str());
        below == Some(Endpoint::Logout.path())
    }

    /// The address to which an authorizer redirects a request that asks for sign-out, because it cannot end a
    /// session itself. The browser sends the same Fetch Metadata there.
    ///
    /// A script arrives there by GET, which signs nobody out: a service worker of the application passes on
    /// requests of other sites in the same form. It is redirected to the reason instead of the page with the
    /// button, which it would take for success.
    pub fn logout_on_application_path(&self, request: &Request) -> Option<(String, GateRefusal)> {
        let asks = self.configuration.logout_requests.cover(&request.method, &request.path, &request.query)
            && self.recipient(request) == Recipient::Endpoint(Endpoint::Logout)
            && !self.is_own_logout(request);
        asks.then(|| {
            let refusal = GateRefusal::LogoutOnApplicationPath;
            if page_load::is_navigation(request) {
                return (self.own_url(Endpoint::Logout.path()), refusal);
            }
            let reason = refusal.reason().code;
            (self.own_url(&format!("{}?reason={reason}", Endpoint::Error.path())), refusal)
        })
    }
}
