//! Represents the front between the client and the functions, and everything in which the fronts differ.

use std::cell::Cell;

use relying_party::refusal::reason::Reason;

use super::FrontResponse;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoryFront {
    /// A REST API: the authorizer decides, and API Gateway forwards.
    #[default]
    Rest,
    /// An HTTP API whose `$default` route invokes the proxy.
    HttpApi,
    /// The proxy's function URL, which streams its responses.
    FunctionUrl,
    Alb,
    /// A load balancer whose target groups lack `lambda.multi_value_headers.enabled`.
    AlbSingleValue,
}

thread_local! {
    static CURRENT: Cell<StoryFront> = const { Cell::new(StoryFront::Rest) };
}

/// Runs a story with a front, for the attribute `fronts`. Each test has its own thread, and therefore its own
/// front.
pub fn on_front<Told: Future<Output = ()>>(front: &str, story: impl FnOnce() -> Told) {
    let front = match front {
        "rest" => StoryFront::Rest,
        "http_api" => StoryFront::HttpApi,
        "function_url" => StoryFront::FunctionUrl,
        "alb" => StoryFront::Alb,
        "alb_single_value" => StoryFront::AlbSingleValue,
        other => panic!("{other} is not a front"),
    };
    CURRENT.set(front);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(story());
    CURRENT.set(StoryFront::Rest);
}

impl StoryFront {
    /// The front of the story that runs in this thread.
    pub fn current() -> Self {
        CURRENT.get()
    }

    /// Whether the proxy decides and forwards.
    pub fn is_proxy(self) -> bool {
        self != Self::Rest
    }

    /// The status of a refusal. An authorizer cannot choose a status: it redirects a refused client to the page
    /// with that status, and a client without a credential gets the fixed 401.
    pub fn status_of(self, reason: &str) -> u16 {
        let status = Reason::named(reason).unwrap_or_else(|| panic!("no reason {reason}")).status.as_u16();
        if self.is_proxy() || [401, 503].contains(&status) { status } else { 302 }
    }

    /// The address at which a refused page load ends: with an authorizer the page that gives the reason has its
    /// own address.
    pub fn refusal_address(self, asked: &str, reason: &str) -> String {
        if self.is_proxy() {
            return asked.to_owned();
        }
        format!("http://localhost:8400/oauth2/error?reason={reason}")
    }

    /// The limit of a response's header fields: API Gateway's limit, and CloudFront's before a function URL. A load
    /// balancer lets more through.
    pub(super) fn most_answer_bytes(self) -> usize {
        match self {
            Self::Rest | Self::HttpApi => 10_240,
            Self::FunctionUrl | Self::Alb | Self::AlbSingleValue => 20_480,
        }
    }

    pub fn too_large_a_field(self) -> usize {
        match self {
            Self::Alb | Self::AlbSingleValue => 16 * 1024,
            Self::Rest | Self::HttpApi => 10_240,
            // AWS documents no limit for it; this one is vestibule's.
            Self::FunctionUrl => 512 * 1024,
        }
    }

    /// Whether the proxy is behind a load balancer.
    pub fn is_load_balancer(self) -> bool {
        matches!(self, Self::Alb | Self::AlbSingleValue)
    }

    /// Asserts that a response is the refusal with this reason, in the form that this front can give it.
    #[track_caller]
    pub fn assert_refused(self, response: &FrontResponse, reason: &str, case: &str) {
        let seen = (response.status, response.reason());
        assert_eq!(seen, (self.status_of(reason), Some(reason.to_owned())), "{self:?} {case}");
    }
}
