//! Adds a title and advice to the sentence of a refusal.

use http::StatusCode;

/// The text of the link that leads to sign-in as another user.
const ANOTHER_ACCOUNT: &str = "Use another account";

pub(super) struct Advice {
    pub(super) title: &'static str,
    /// Likely causes, or suggestions for the person.
    pub(super) causes: &'static [&'static str],
    /// The text of the link that leads to sign-in.
    pub(super) sign_in: &'static str,
}

impl Advice {
    /// Tells whether another account may have access.
    pub(super) fn suggests_another_account(&self) -> bool {
        self.sign_in == ANOTHER_ACCOUNT
    }
}

/// The advice for the reason if there is any, otherwise for the status.
pub(super) fn of(reason: &str, status: StatusCode) -> Advice {
    by_reason(reason).unwrap_or_else(|| by_status(status))
}

fn by_reason(reason: &str) -> Option<Advice> {
    let (title, causes, sign_in): (_, &[_], _) = match reason {
        "sign_in_loop" => (
            "Your browser does not stay signed in",
            &[
                "Your browser does not keep this site's cookies. Allow them, or leave private browsing.",
                "The clock of this device is wrong by more than a minute. Set it to automatic.",
                "The address in your browser is not the one that this application is set up for.",
                "The application was just updated. Wait a minute and try again.",
            ],
            "Try again",
        ),
        "cookies_refused" => (
            "Your browser refused our cookie",
            &[
                "Cookies are blocked for this site, by the browser or by an extension. Allow them here.",
                "The page is shown inside another site. Open it in a tab of its own.",
                "The sign-in page was bookmarked. Bookmark the application's own page instead.",
            ],
            "Try again",
        ),
        "refresh_loop" => (
            "Your session cannot be refreshed",
            &[
                "The access that the sign-in service gives ends almost at once. The administrators of that service can change this.",
                "The clock of the server is wrong.",
            ],
            "Sign in again",
        ),
        "session_too_large" => (
            "You cannot stay signed in",
            &[
                "You are in very many groups, or your profile at the sign-in service is very large. Signing in again does not \
                 help before that is changed.",
                "Tell the administrators of this application, with the reason and the request below.",
                "Administrators: keep sessions in a table (session_storage), keep fewer claims (session_claims), or pass no access \
                 token on (upstream_access_token_header).",
            ],
            ANOTHER_ACCOUNT,
        ),
        "group_missing" => (
            "You have no access",
            &["Ask the administrators of this application to add you to a group that may open this page."],
            ANOTHER_ACCOUNT,
        ),
        "role_missing" => (
            "You have no access",
            &["Ask the administrators of this application for a role that may open this page."],
            ANOTHER_ACCOUNT,
        ),
        // The start page below is at the application's own address.
        "front_secret_missing" | "front_secret_wrong" => (
            "This address does not work",
            &["Open the application at its own address, by the link below."],
            "Sign in",
        ),
        "logout_elsewhere" | "origin_foreign" | "refresh_not_same_origin" => {
            ("That did not work", &[], "Sign in")
        }
        "alb_ended_everywhere" => (
            "You were signed out on all devices",
            &["Sign out, then open the application again and sign in with your password."],
            "Sign in again",
        ),
        "session_ended_everywhere" => (
            "You were signed out on all devices",
            &[
                "The sign-in service used an earlier sign-in of yours, which this application no longer accepts.",
                "Sign out there, or close the browser, and sign in with your password.",
            ],
            "Sign in again",
        ),
        "attempt_expired" | "attempt_missing" => (
            "This sign-in took too long",
            &[
                "A sign-in has a time limit, and must be finished in the browser in which it began.",
                "Going back to an old sign-in page, or bookmarking it, does not work. Begin again.",
            ],
            "Start again",
        ),
        "sign_out_everywhere_not_supported" => (
            "Your other devices stay signed in",
            &["Sign out on each of them. Tell the administrators of this application if you cannot."],
            "Sign in",
        ),
        // A signed-in person stays signed in, and another sign-in could not be stored either.
        "refresh_in_progress" | "session_store_unavailable" => {
            ("The application cannot be shown right now", &[], "Try again")
        }
        // Their status is 400, because anybody can write the query of a callback.
        "provider_failed" => ("Sign-in is not available right now", &[], "Try again"),
        "provider_rejected_request" => ("Something is wrong on our side", &[], "Try again"),
        "request_loop" | "websocket_unsupported" => ("That did not work", &[], "Try again"),
        // This is not a failure of sign-in, whether the person is signed in or not.
        reason if reason.starts_with("upstream_") => {
            ("The application cannot be shown right now", &[], "Try again")
        }
        _ => return None,
    };
    Some(Advice { title, causes, sign_in })
}

fn by_status(status: StatusCode) -> Advice {
    let title = match status {
        StatusCode::UNAUTHORIZED => "Please sign in",
        StatusCode::FORBIDDEN => "You have no access",
        StatusCode::NOT_FOUND => "There is no such page",
        StatusCode::METHOD_NOT_ALLOWED => "This page cannot be used that way",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            "Sign-in is not available right now"
        }
        status if status.is_server_error() => "Something is wrong on our side",
        _ => "That did not work",
    };
    let sign_in = match status {
        StatusCode::UNAUTHORIZED => "Sign in",
        StatusCode::FORBIDDEN => ANOTHER_ACCOUNT,
        _ => "Try again",
    };
    Advice { title, causes: &[], sign_in }
}
