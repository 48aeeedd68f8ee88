//! Lists every reason code with the party at fault, the status, the sentence for the public and the text for
//! the log. The codes are a public interface.

use http::StatusCode;

/// The reason for a refusal, as it is visible outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The stable code, snake_case.
    pub code: &'static str,
    /// The party at fault.
    pub fault: Fault,
    /// The status of the response.
    pub status: StatusCode,
    /// A sentence for the person who sees the page. It names nothing internal.
    pub sentence: &'static str,
    /// A text for operators.
    pub log: &'static str,
}

/// The party that a refusal blames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request.
    Client,
    /// The provider's response.
    Provider,
    /// The configuration of vestibule, the provider or AWS.
    Configuration,
    /// A service that is down or late.
    Outage,
    /// A defect of vestibule.
    Bug,
}

impl Fault {
    /// The name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Configuration => "configuration",
            Self::Outage => "outage",
            Self::Bug => "bug",
        }
    }
}

impl Reason {
    /// The reason with this code, if there is one.
    pub fn named(code: &str) -> Option<&'static Self> {
        ALL.iter().find(|reason| reason.code == code)
    }

    /// Tells whether the same request may succeed a minute later without any change.
    pub fn may_pass(&self) -> bool {
        matches!(
            self.status,
            StatusCode::INTERNAL_SERVER_ERROR
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        )
    }
}

macro_rules! reasons {
    ($($name:ident = $code:literal, $fault:ident, $status:ident, $sentence:expr, $log:literal;)*) => {
        $(
            #[doc = concat!("`", $code, "`: ", $log, ".")]
            pub const $name: Reason = Reason {
                code: $code,
                fault: Fault::$fault,
                status: StatusCode::$status,
                sentence: $sentence,
                log: $log,
            };
        )*

        /// Every reason, by code.
        pub const ALL: &[Reason] = &[$($name),*];
    };
}

const AROUND_THE_FRONT: &str = "This application cannot be opened at this address.";
const BEGIN_AGAIN: &str = "This sign-in cannot be finished. Begin again.";
const LOGOUT_TOKEN_NOT_ACCEPTED: &str = "The logout token was not accepted.";
const NOT_ALLOWED: &str = "You are signed in, but you may not open this.";
const NOT_SET_UP: &str = "Sign-in is not set up correctly. Tell the administrators of this application.";
const NOT_VOUCHED_FOR: &str =
    "The load balancer in front of this application did not identify you. Sign in again.";
const NOT_UNDERSTOOD: &str = "The request could not be understood.";
const OUR_FAULT: &str = "Something went wrong here. Try again later.";
const SESSION_ENDED: &str = "Your session has ended. Sign in to continue.";
const TOKEN_NOT_ACCEPTED: &str = "The access token was not accepted.";
const APPLICATION_NOT_SET_UP: &str = "The application is not set up correctly. Tell its administrators.";
const APPLICATION_UNREACHABLE: &str = "The application cannot be reached just now. Try again in a minute.";
const UNREACHABLE: &str = "The sign-in service cannot be reached just now. Try again in a minute.";
const UNTRUSTED_ANSWER: &str = "The sign-in service gave an answer that cannot be trusted. Try again later.";

reasons! {
    ACCESS_TOKEN_AUDIENCE = "access_token_audience", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "aud of the access token contains no accepted audience";
    ACCESS_TOKEN_CLAIM = "access_token_claim", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "a claim of the access token is missing or of a wrong type";
    ACCESS_TOKEN_CLIENT = "access_token_client", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "client_id or azp of the access token is not an accepted client";
    ACCESS_TOKEN_EXPIRED = "access_token_expired", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "exp of the access token has passed";
    ACCESS_TOKEN_FROM_THE_FUTURE = "access_token_from_the_future", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "iat of the access token is in the future";
    ACCESS_TOKEN_ISSUER = "access_token_issuer", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "iss of the access token is not a configured issuer";
    ACCESS_TOKEN_NOT_YET_VALID = "access_token_not_yet_valid", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "nbf of the access token is in the future";
    ALB_ALGORITHM_NOT_ALLOWED = "alb_algorithm_not_allowed", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "x-amzn-oidc-data is not signed with ES256";
    ALB_CLAIM = "alb_claim", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "a member of x-amzn-oidc-data is missing or of a wrong type";
    ALB_CLIENT = "alb_client", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "client in x-amzn-oidc-data is not client_id: the load balancer signs people in for another client";
    ALB_DATA_MALFORMED = "alb_data_malformed", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "x-amzn-oidc-data is not a JWT of a load balancer";
    ALB_ENDED_EVERYWHERE = "alb_ended_everywhere", Client, UNAUTHORIZED, "You were signed out everywhere. Sign out here too, then sign in to continue.",
        "the user's sign-in at the load balancer was before or at the time of the user's revocation";
    ALB_EXPIRED = "alb_expired", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "exp in x-amzn-oidc-data has passed";
    ALB_ISSUER = "alb_issuer", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "iss in x-amzn-oidc-data is not issuer: the load balancer signs people in at another provider";
    ALB_KEY_ID = "alb_key_id", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "kid in x-amzn-oidc-data is not a UUID";
    ALB_KEY_MALFORMED = "alb_key_malformed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "AWS answered for the kid of x-amzn-oidc-data with something other than a P-256 public key";
    ALB_KEY_UNAVAILABLE = "alb_key_unavailable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the load balancer's public key could not be fetched";
    ALB_KEY_UNKNOWN = "alb_key_unknown", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "AWS has no key with the kid of x-amzn-oidc-data in the region of the load balancer";
    ALB_SIGNATURE_INVALID = "alb_signature_invalid", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "the signature of x-amzn-oidc-data is wrong";
    ALB_SIGNER = "alb_signer", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "signer in x-amzn-oidc-data is not in alb_arn";
    ALB_SUBJECT_MISMATCH = "alb_subject_mismatch", Client, UNAUTHORIZED, NOT_VOUCHED_FOR,
        "x-amzn-oidc-accesstoken and x-amzn-oidc-data belong to different people";
    AMBIGUOUS_HEADER = "ambiguous_header", Client, BAD_REQUEST, "The request has a header that can be read in two ways.",
        "the front and the upstream could read a header field differently, because of its spelling or because it was sent more than once";
    AMBIGUOUS_PATH = "ambiguous_path", Client, BAD_REQUEST, "The address of this page can be read in two ways.",
        "the upstream could read the path differently from the route rules";
    AT_HASH_MISMATCH = "at_hash_mismatch", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "at_hash of the ID token is not the access token's";
    ATTEMPT_DUPLICATE = "attempt_duplicate", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the attempt's cookie was sent twice";
    ATTEMPT_EXPIRED = "attempt_expired", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the attempt is older than authorization_rolling_timeout";
    ATTEMPT_MALFORMED = "attempt_malformed", Bug, BAD_REQUEST, BEGIN_AGAIN,
        "the sealed attempt has no readable content";
    ATTEMPT_MISSING = "attempt_missing", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the attempt's cookie is missing";
    ATTEMPT_NOT_AUTHENTIC = "attempt_not_authentic", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the attempt's cookie was not sealed by vestibule";
    AUDIENCE_NOT_ALLOWED = "audience_not_allowed", Client, FORBIDDEN, NOT_ALLOWED,
        "audience_required is not met";
    AUTH_TIME_TOO_OLD = "auth_time_too_old", Client, BAD_REQUEST, "This application needs a new sign-in, and the sign-in service asked for none. Begin again.",
        "auth_time of the ID token is missing or longer ago than max_age, also after the sign-in was restarted with prompt=login";
    BACKCHANNEL_LOGOUT_NOT_SUPPORTED = "backchannel_logout_not_supported", Client, NOT_FOUND, "The sign-in service cannot end sessions here.",
        "back-channel logout needs sessions in a store and a provider other than Cognito";
    BEARER_ENDED_EVERYWHERE = "bearer_ended_everywhere", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the access token's sign-in was before or at the time of the user's revocation";
    BEARER_ISSUER_WITHOUT_AUDIENCE = "bearer_issuer_without_audience", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "a bearer issuer has neither audiences nor client ids";
    BEARER_MALFORMED = "bearer_malformed", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the Authorization field is not a bearer credential, or there are several";
    BEARER_NOT_ACCEPTED = "bearer_not_accepted", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "bearer is not among auth_methods";
    BODY_NOT_BASE64 = "body_not_base64", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the event says that its body is base64, but it is not";
    CALLBACK_ELSEWHERE = "callback_elsewhere", Client, UNAUTHORIZED, "Sign in to continue.",
        "the provider's response came to a path of the application and is redirected to the callback";
    CLIENT_SECRET_MISSING = "client_secret_missing", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "client_auth needs a client_secret and there is none";
    CLIENT_SECRET_UNAVAILABLE = "client_secret_unavailable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the client secret could not be read";
    CODE_DUPLICATE = "code_duplicate", Client, BAD_REQUEST, BEGIN_AGAIN,
        "code was sent more than once";
    CODE_MISSING = "code_missing", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the callback has neither error nor a code in the characters that RFC 6749 allows";
    CONTROL_CHARACTER = "control_character", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "a header field, a cookie or the query has a control character";
    COOKIES_REFUSED = "cookies_refused", Client, BAD_REQUEST, "Your browser refused the cookie that sign-in needs.",
        "sign-in came back twice without its cookie";
    DISCOVERY_ENDPOINT = "discovery_endpoint", Provider, BAD_GATEWAY, NOT_SET_UP,
        "the provider's metadata lack an endpoint or name one that is not https";
    DISCOVERY_ISSUER_MISMATCH = "discovery_issuer_mismatch", Provider, BAD_GATEWAY, NOT_SET_UP,
        "issuer in the provider's metadata is not the configured one";
    DISCOVERY_MALFORMED = "discovery_malformed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the provider's metadata are not a JSON object";
    DISCOVERY_UNAVAILABLE = "discovery_unavailable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the provider's metadata could not be fetched";
    ENDPOINT_UNUSABLE = "endpoint_unusable", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "the provider's authorization endpoint is not a URL";
    ENTROPY_UNAVAILABLE = "entropy_unavailable", Outage, SERVICE_UNAVAILABLE, OUR_FAULT,
        "the system provided no random bytes";
    EVENT_MALFORMED = "event_malformed", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the event lacks a member, has one twice, or has one of a wrong type";
    EVENT_TOO_LARGE = "event_too_large", Client, PAYLOAD_TOO_LARGE, "The request is too large.",
        "the event is larger than any front lets through";
    EVENT_UNSUPPORTED = "event_unsupported", Configuration, BAD_REQUEST, NOT_UNDERSTOOD,
        "the function was called by a trigger that it does not serve";
    FRONT_SECRET_MISSING = "front_secret_missing", Client, FORBIDDEN, AROUND_THE_FRONT,
        "the header of front_secret_header is missing: the request did not come through the front";
    FRONT_SECRET_WRONG = "front_secret_wrong", Client, FORBIDDEN, AROUND_THE_FRONT,
        "the header of front_secret_header has none of the configured secrets";
    GROUP_MISSING = "group_missing", Client, FORBIDDEN, NOT_ALLOWED,
        "groups_required is not met";
    HEADER_NAME_MALFORMED = "header_name_malformed", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "a header name is not a token (RFC 9110 section 5.1)";
    HEADERS_DISAGREE = "headers_disagree", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the event's two header maps contradict each other";
    HEADERS_TOO_LARGE = "headers_too_large", Client, REQUEST_HEADER_FIELDS_TOO_LARGE, "The request has too many or too large headers. Deleting this site's cookies may help.",
        "the request has more header bytes or fields than any front lets through";
    HOST_MALFORMED = "host_malformed", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "Host was sent more than once, or is not a name or address with an optional port";
    ID_TOKEN_AUDIENCE = "id_token_audience", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "aud of the ID token is not client_id";
    ID_TOKEN_AUTHORIZED_PARTY = "id_token_authorized_party", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "azp of the ID token is another client, or is missing although there are several audiences";
    ID_TOKEN_CLAIM = "id_token_claim", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "a claim of the ID token is missing or of a wrong type";
    ID_TOKEN_EXPIRED = "id_token_expired", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "exp of the ID token has passed";
    ID_TOKEN_FROM_THE_FUTURE = "id_token_from_the_future", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "iat or auth_time of the ID token is in the future";
    ID_TOKEN_ISSUER = "id_token_issuer", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "iss of the ID token is not issuer";
    ID_TOKEN_MISSING = "id_token_missing", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the token response has no ID token: the provider issues none, or somebody removed openid at its address";
    ID_TOKEN_NOT_YET_VALID = "id_token_not_yet_valid", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "nbf of the ID token is in the future";
    ID_TOKEN_UNVERIFIED = "id_token_unverified", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the ID token is not a JWS signed by a key of the provider";
    ID_TOKEN_USE = "id_token_use", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "token_use of the ID token is not id, or its typ names another kind of token";
    IDENTITY_TOO_LARGE = "identity_too_large", Client, FORBIDDEN, "You are in too many groups, or this site has too many cookies. Tell the administrators of this application.",
        "the authorizer result would exceed 7.5 KB";
    INSUFFICIENT_SCOPE = "insufficient_scope", Client, FORBIDDEN, NOT_ALLOWED,
        "scopes_required is not met";
    INTERNAL_ERROR = "internal_error", Bug, INTERNAL_SERVER_ERROR, OUR_FAULT,
        "vestibule has a defect";
    INVALID_CLIENT = "invalid_client", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "the provider does not accept client_id and client_secret";
    INVALID_GRANT = "invalid_grant", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the provider refused the code: used, expired or another client's";
    INVALID_SCOPE = "invalid_scope", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "the provider does not know a configured scope";
    ISSUER_MISSING = "issuer_missing", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the provider's metadata promise iss in the callback, and it is missing";
    ISSUER_MISMATCH = "issuer_mismatch", Client, BAD_REQUEST, BEGIN_AGAIN,
        "iss in the callback names another issuer";
    JWKS_MALFORMED = "jwks_malformed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the provider's key set is not readable";
    JWKS_UNAVAILABLE = "jwks_unavailable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the provider's keys could not be fetched";
    JWKS_WITHOUT_USABLE_KEY = "jwks_without_usable_key", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the provider's key set has no usable key";
    KEY_UNKNOWN = "key_unknown", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "no key of the issuer has the token's kid";
    LOGOUT_ELSEWHERE = "logout_elsewhere", Client, FORBIDDEN, "Use the sign-out page of this application.",
        "an authorizer redirects a page that asks for sign-out on a path of the application, and refuses a script";
    LOGOUT_TOKEN_AUDIENCE = "logout_token_audience", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "aud of the logout token is not client_id";
    LOGOUT_TOKEN_CLAIM = "logout_token_claim", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "a claim of the logout token is missing or of a wrong type";
    LOGOUT_TOKEN_EVENT = "logout_token_event", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "events of the logout token does not name back-channel logout";
    LOGOUT_TOKEN_EXPIRED = "logout_token_expired", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "exp of the logout token has passed";
    LOGOUT_TOKEN_FROM_THE_FUTURE = "logout_token_from_the_future", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "iat of the logout token is in the future";
    LOGOUT_TOKEN_ISSUER = "logout_token_issuer", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "iss of the logout token is not issuer";
    LOGOUT_TOKEN_MISSING = "logout_token_missing", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "the request is not a form with exactly one logout_token";
    LOGOUT_TOKEN_NONCE = "logout_token_nonce", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "the logout token has a nonce, which only an ID token may have";
    LOGOUT_TOKEN_REPLAYED = "logout_token_replayed", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "the jti of the logout token was seen before";
    LOGOUT_TOKEN_SUBJECT = "logout_token_subject", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "the logout token names neither sub nor sid";
    LOGOUT_TOKEN_TYPE = "logout_token_type", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "typ of the logout token names another kind of token";
    LOGOUT_TOKEN_UNVERIFIED = "logout_token_unverified", Client, BAD_REQUEST, LOGOUT_TOKEN_NOT_ACCEPTED,
        "the logout token's signature or form is not accepted";
    METHOD_MALFORMED = "method_malformed", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the method has characters other than capital letters and hyphens";
    METHOD_NOT_ALLOWED = "method_not_allowed", Client, METHOD_NOT_ALLOWED, "This address does not support this kind of request.",
        "the request has a method that this endpoint does not support";
    METHOD_NOT_FORWARDED = "method_not_forwarded", Client, NOT_IMPLEMENTED, "This kind of request is not passed on to the application.",
        "CONNECT and TRACE are not passed on";
    NONCE_MISMATCH = "nonce_mismatch", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the ID token's nonce belongs to another sign-in";
    NOT_AN_ACCESS_TOKEN = "not_an_access_token", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "token_use, typ or aud show that the token is of another kind, such as an ID token";
    NOT_FOUND = "not_found", Client, NOT_FOUND, "There is nothing at this address.",
        "vestibule has no endpoint at this path";
    NOT_REFRESHABLE = "not_refreshable", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session has no refresh token";
    ORIGIN_FOREIGN = "origin_foreign", Client, FORBIDDEN, "A page of another site cannot open this connection.",
        "a WebSocket was opened with cookies by a page whose Origin is not that of public_url";
    PATH_MALFORMED = "path_malformed", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the path does not start with a slash";
    PATH_MISMATCH = "path_mismatch", Client, BAD_REQUEST, "The address of this page can be read in two ways.",
        "the event's path and its path parameter differ";
    PROVIDER_ANSWER_TOO_LARGE = "provider_answer_too_large", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the provider's response exceeds its limit";
    PROVIDER_CONNECTION_BROKEN = "provider_connection_broken", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the connection to the provider broke";
    PROVIDER_DENIED = "provider_denied", Client, FORBIDDEN, "The sign-in service did not let you in.",
        "the provider answered access_denied in the callback";
    PROVIDER_FAILED = "provider_failed", Outage, BAD_REQUEST, UNREACHABLE,
        "the provider answered server_error or temporarily_unavailable in the callback";
    PROVIDER_NEEDS_INTERACTION = "provider_needs_interaction", Client, UNAUTHORIZED, "The sign-in service asks you to sign in again.",
        "the provider answered login_required or another error of that kind in the callback";
    PROVIDER_REDIRECTED = "provider_redirected", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the provider answered with a redirect, which vestibule does not follow";
    PROVIDER_REJECTED_REQUEST = "provider_rejected_request", Provider, BAD_REQUEST, NOT_SET_UP,
        "the provider refused the authorization request";
    PROVIDER_SIGN_OUT_FAILED = "provider_sign_out_failed", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the provider did not end its own sessions of the user";
    PROVIDER_TIMED_OUT = "provider_timed_out", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the provider did not answer in time";
    PROVIDER_UNREACHABLE = "provider_unreachable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "vestibule could not connect to the provider";
    QUERY_DISAGREES = "query_disagrees", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the event's two query maps contradict each other";
    QUERY_TOO_LARGE = "query_too_large", Client, URI_TOO_LONG, "The address is too long.",
        "the request has more query parameters than any front lets through";
    REDIRECT_URI_OTHER = "redirect_uri_other", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the authorization response came to another redirect_uri than the one that was sent";
    REFRESH_IN_PROGRESS = "refresh_in_progress", Outage, SERVICE_UNAVAILABLE, "Your session is being refreshed. Try again in a moment.",
        "another function holds the refresh lease and gave no result in time";
    REFRESH_LOOP = "refresh_loop", Provider, BAD_REQUEST, "Your session was refreshed, and needs a refresh again at once.",
        "the same page needed a second refresh within 30 s, or the new token was already inside refresh_lead";
    REFRESH_NOT_A_PAGE_LOAD = "refresh_not_a_page_load", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "a refresh by GET must be a page load";
    REFRESH_NOT_JSON = "refresh_not_json", Client, UNSUPPORTED_MEDIA_TYPE, NOT_UNDERSTOOD,
        "a refresh by POST must be JSON";
    REFRESH_NOT_SAME_ORIGIN = "refresh_not_same_origin", Client, FORBIDDEN, "Only this application's own pages may do that.",
        "a refresh by POST came from another origin";
    REFRESH_REFUSED = "refresh_refused", Client, UNAUTHORIZED, SESSION_ENDED,
        "the provider refused the refresh, or its response cannot be used";
    REFRESHED_ISSUER_CHANGED = "refreshed_issuer_changed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "iss changed with the refresh";
    REFRESHED_NONCE_CHANGED = "refreshed_nonce_changed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "nonce changed with the refresh";
    REFRESHED_SUBJECT_CHANGED = "refreshed_subject_changed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "sub changed with the refresh";
    REQUEST_LOOP = "request_loop", Client, LOOP_DETECTED, APPLICATION_NOT_SET_UP,
        "Via says that the request came through this deployment before: upstream_url leads back to it, or a client says so";
    REQUEST_TOO_LARGE = "request_too_large", Client, PAYLOAD_TOO_LARGE, "The request is too large.",
        "the event is larger than the 1 MB that a load balancer lets through";
    RESERVED_HEADER = "reserved_header", Client, BAD_REQUEST, "The request has a header that only this application may set.",
        "the client sent an identity header, or one from which frameworks take a user, method, host or path";
    REVOCATION_UNSUPPORTED = "revocation_unsupported", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the provider does not revoke refresh tokens";
    ROLE_MISSING = "role_missing", Client, FORBIDDEN, NOT_ALLOWED,
        "roles_required is not met";
    SEAL_MALFORMED = "seal_malformed", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session cookie is not a sealed text";
    SEAL_NOT_AUTHENTIC = "seal_not_authentic", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session cookie was not sealed by vestibule for this use";
    SEAL_UNKNOWN_FORMAT = "seal_unknown_format", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session cookie has a format that this version does not read";
    SEAL_UNKNOWN_KEY = "seal_unknown_key", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session cookie was sealed with a key that is not in the ring";
    SESSION_ABSOLUTE_TIMEOUT = "session_absolute_timeout", Client, UNAUTHORIZED, SESSION_ENDED,
        "session_absolute_timeout has passed since sign-in";
    SESSION_CHUNK_MISSING = "session_chunk_missing", Client, UNAUTHORIZED, SESSION_ENDED,
        "a chunk of the session cookie is missing or surplus";
    SESSION_COOKIE_DUPLICATE = "session_cookie_duplicate", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session cookie was sent twice";
    SESSION_COOKIE_MIXED = "session_cookie_mixed", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session cookie was sent whole and in chunks";
    SESSION_ENDED_AT_PROVIDER = "session_ended_at_provider", Client, UNAUTHORIZED, SESSION_ENDED,
        "the provider said that the session has ended";
    SESSION_ENDED_EVERYWHERE = "session_ended_everywhere", Client, UNAUTHORIZED, "You were signed out everywhere. Sign in to continue.",
        "the session's sign-in was before or at the time of the user's revocation";
    SESSION_ENDED_HERE = "session_ended_here", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session's sign-in was before a sign-out, another sign-in or a refused refresh of this browser";
    SESSION_IDLE_TIMEOUT = "session_idle_timeout", Client, UNAUTHORIZED, SESSION_ENDED,
        "session_idling_timeout has passed since the last use";
    SESSION_MALFORMED = "session_malformed", Bug, UNAUTHORIZED, SESSION_ENDED,
        "the sealed session has no readable content";
    SESSION_MISSING = "session_missing", Client, UNAUTHORIZED, "Sign in to continue.",
        "no session was presented";
    SESSION_NOT_STORED = "session_not_stored", Client, UNAUTHORIZED, SESSION_ENDED,
        "the store has no row for the session cookie";
    SESSION_OTHER_ISSUER = "session_other_issuer", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session belongs to another issuer than the configured one";
    SESSION_RENEWAL_DUE = "session_renewal_due", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session is due for a refresh, which needs an endpoint that can set cookies";
    SESSION_ROLLING_TIMEOUT = "session_rolling_timeout", Client, UNAUTHORIZED, SESSION_ENDED,
        "session_rolling_timeout has passed since the last refresh";
    SESSION_STORE_UNAVAILABLE = "session_store_unavailable", Outage, SERVICE_UNAVAILABLE, "Sessions cannot be read just now. Try again in a minute.",
        "the session store cannot be used";
    SESSION_TOKEN_EXPIRED = "session_token_expired", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session's access token has expired and is not refreshed here";
    SESSION_TOO_LARGE = "session_too_large", Configuration, FORBIDDEN, "Your session does not fit into cookies.",
        "the sealed session exceeds 7 KiB of cookies: keep sessions in a store, list session_claims, or pass no access token on";
    SESSION_UNKNOWN_VERSION = "session_unknown_version", Client, UNAUTHORIZED, SESSION_ENDED,
        "the session's content has a version that this version does not read";
    SIGN_IN_LOOP = "sign_in_loop", Client, BAD_REQUEST, "Sign-in succeeded several times, but your browser came back without a session each time.",
        "sign-in succeeded three times within a minute, and the browser sent no session afterwards";
    SIGN_IN_NOT_A_PAGE_LOAD = "sign_in_not_a_page_load", Client, BAD_REQUEST, "Open a page in the browser to sign in.",
        "only a page load is redirected to the provider";
    SIGN_IN_NOT_ACCEPTED = "sign_in_not_accepted", Client, NOT_FOUND, "Sign-in by browser is switched off here.",
        "authorization_code is not among auth_methods";
    SIGN_OUT_EVERYWHERE_NOT_SUPPORTED = "sign_out_everywhere_not_supported", Client, NOT_IMPLEMENTED, "This application cannot sign you out on other devices.",
        "sessions in cookies cannot be ended from elsewhere; keep them in a store";
    STATE_DUPLICATE = "state_duplicate", Client, BAD_REQUEST, BEGIN_AGAIN,
        "state was sent more than once";
    STATE_MALFORMED = "state_malformed", Client, BAD_REQUEST, BEGIN_AGAIN,
        "state does not have the form of vestibule's own";
    STATE_MISMATCH = "state_mismatch", Client, BAD_REQUEST, BEGIN_AGAIN,
        "state belongs to another attempt";
    STATE_MISSING = "state_missing", Client, BAD_REQUEST, BEGIN_AGAIN,
        "the callback has no state";
    TARGET_GROUP_WITHOUT_MULTI_VALUE_HEADERS = "target_group_without_multi_value_headers", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "the load balancer's target group lacks lambda.multi_value_headers.enabled: of several header fields or cookies of one name only the last arrives. Each process logs this once; requests are answered";
    TARGET_TOO_LONG = "target_too_long", Client, URI_TOO_LONG, "The address is too long.",
        "path and query as the application would get them are too long for an HTTP request";
    TOKEN_ALGORITHM_NOT_ALLOWED = "token_algorithm_not_allowed", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token's alg is not configured";
    TOKEN_AUTHORIZER_WITH_ROUTES = "token_authorizer_with_routes", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "a TOKEN authorizer sees no path, so it cannot apply route rules";
    TOKEN_CRITICAL_HEADER = "token_critical_header", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token has crit or b64";
    TOKEN_DUPLICATE_MEMBER = "token_duplicate_member", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token has a member twice";
    TOKEN_ENCRYPTED = "token_encrypted", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token is a JWE";
    TOKEN_ENDPOINT_UNAVAILABLE = "token_endpoint_unavailable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "the token endpoint answered with a server error";
    TOKEN_KEY_AMBIGUOUS = "token_key_ambiguous", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token has no kid, several keys fit, and x5t names none of them";
    TOKEN_KEY_MISMATCH = "token_key_mismatch", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the key of the token's kid is for another alg or use";
    TOKEN_KEY_UNKNOWN = "token_key_unknown", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "no key of the issuer fits the token's kid and alg";
    TOKEN_MALFORMED = "token_malformed", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token is not a compact JWS of JSON objects";
    TOKEN_REQUEST_REFUSED = "token_request_refused", Provider, BAD_REQUEST, BEGIN_AGAIN,
        "the provider does not understand the token request, which contains the code that the client sent";
    TOKEN_RESPONSE_MALFORMED = "token_response_malformed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the token response does not have the form of RFC 6749 section 5";
    TOKEN_SIGNATURE_INVALID = "token_signature_invalid", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token's signature does not verify with any key of its kid";
    TOKEN_TOO_LARGE = "token_too_large", Client, UNAUTHORIZED, TOKEN_NOT_ACCEPTED,
        "the token exceeds 16 KiB";
    TOKEN_TYPE_UNSUPPORTED = "token_type_unsupported", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "token_type is not Bearer";
    UNAUTHORIZED_CLIENT = "unauthorized_client", Configuration, INTERNAL_SERVER_ERROR, NOT_SET_UP,
        "the provider does not let this client use the grant";
    UNKNOWN_REASON = "unknown_reason", Client, BAD_REQUEST, NOT_UNDERSTOOD,
        "the error page was asked for a reason that does not exist";
    UPSTREAM_ANSWER_MALFORMED = "upstream_answer_malformed", Outage, BAD_GATEWAY, "The application gave an answer that cannot be passed on.",
        "the upstream's response is not HTTP, has two lengths, has too large a head, or switches to another protocol";
    UPSTREAM_ANSWER_TOO_LARGE = "upstream_answer_too_large", Configuration, BAD_GATEWAY, "The application's answer is too large.",
        "the upstream's response exceeds what the front takes: 1 MB with 32 KB of header fields behind a load balancer, 6 MB otherwise unless streamed";
    UPSTREAM_CONNECTION_BROKEN = "upstream_connection_broken", Outage, BAD_GATEWAY, APPLICATION_UNREACHABLE,
        "the connection to the upstream broke before its response was whole";
    UPSTREAM_MISSING = "upstream_missing", Configuration, INTERNAL_SERVER_ERROR, APPLICATION_NOT_SET_UP,
        "there is no upstream_url";
    UPSTREAM_TIMED_OUT = "upstream_timed_out", Outage, GATEWAY_TIMEOUT, "The application took too long to answer.",
        "the upstream did not answer in time";
    UPSTREAM_TLS_FAILED = "upstream_tls_failed", Configuration, BAD_GATEWAY, APPLICATION_NOT_SET_UP,
        "TLS with the upstream failed: its certificate is not trusted or names another host, or it does not speak TLS";
    UPSTREAM_UNREACHABLE = "upstream_unreachable", Outage, BAD_GATEWAY, APPLICATION_UNREACHABLE,
        "vestibule could not connect to the upstream";
    USER_INFO_MALFORMED = "user_info_malformed", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "the userinfo response is not a JSON object with sub as a string";
    USER_INFO_REFUSED = "user_info_refused", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "userinfo refused the access token";
    USER_INFO_SUBJECT_MISMATCH = "user_info_subject_mismatch", Provider, BAD_GATEWAY, UNTRUSTED_ANSWER,
        "sub of the userinfo response is not the ID token's";
    USER_INFO_UNAVAILABLE = "user_info_unavailable", Outage, SERVICE_UNAVAILABLE, UNREACHABLE,
        "userinfo could not be fetched";
    WEBSOCKET_UNSUPPORTED = "websocket_unsupported", Client, NOT_IMPLEMENTED, "WebSockets are not passed on to the application.",
        "a function cannot hold a WebSocket open";
}
