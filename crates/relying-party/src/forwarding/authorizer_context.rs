//! Builds the context that the authorizer returns for a REST API's header mappings:
//! `context.authorizer.<key>`.
//!
//! A mapping overwrites a header, or leaves the client's own in place when its key is absent. It cannot
//! remove a header, so one that has to go gets the value [`OVERWRITTEN`].

use crate::configuration::{AccessTokenHeader, UpstreamConfiguration};
use crate::forwarding::identity_header::{Identity, IdentityKind};
use crate::http::public_url::PublicUrl;
use crate::http::request::Headers;

/// The value of a header that the upstream must not see. API Gateway would treat an empty value as absent.
pub const OVERWRITTEN: &str = "-";

/// The headers that a client may have sent and that a mapping overwrites, with a key of the context for each
/// spelling: the header's name, its key, and its key for the name in lower case, as HTTP/2 has it.
///
/// API Gateway "processes header names in a case-sensitive way" (developer guide, "Important notes for REST
/// APIs"), and does not say how a mapping compares them. The template maps both spellings. If both were
/// filled, a gateway that distinguishes them would send both. If the client's spelling were not filled, its
/// own value would pass. So only the key for the client's spelling is filled.
///
/// `X-Forwarded-Proto` is not among them: API Gateway writes it into the event itself, so the event does not
/// tell how the client spelled its own, which would pass. Two equal fields are the lesser evil.
const SPELLED: [(&str, &str, &str); 2] =
    [("Authorization", "authorization", "authorizationLowerCase"), ("Cookie", "cookie", "cookieLowerCase")];

/// How the client spelled the names of headers that a mapping overwrites. Spellings other than the two are
/// [refused](crate::gate::reserved_header).
#[derive(Clone, Copy, Debug)]
pub enum Spelling<'h> {
    /// As in these fields: the event of a REST API keeps the client's spelling.
    Of(&'h Headers),
    /// The front does not distinguish spellings.
    Any,
    /// The event does not tell. Both keys are filled, because two equal fields are a lesser evil than the
    /// client's own.
    Unknown,
}

impl Spelling<'_> {
    /// The key for a value under `plain` in this spelling, and the other key if both have to be filled.
    fn keys(self, plain: &'static str) -> (&'static str, Option<&'static str>) {
        let row = SPELLED.iter().find(|(_, key, _)| *key == plain);
        match (self, row) {
            (Self::Of(headers), Some((name, _, lower_case))) if in_lower_case(headers, name) => {
                (lower_case, None)
            }
            (Self::Unknown, Some((.., lower_case))) => (plain, Some(lower_case)),
            _ => (plain, None),
        }
    }
}

fn in_lower_case(headers: &Headers, name: &str) -> bool {
    let lower_case = name.to_ascii_lowercase();
    headers.iter().any(|(spelled, _)| *spelled == lower_case)
}

/// The caller on whose behalf the request is forwarded.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// An anonymous caller.
    Anonymous {
        /// Whether the request has an `Authorization` that [would be taken for
        /// ours](UpstreamConfiguration::would_be_taken_for_ours).
        mistakable: bool,
    },
    /// This user or client.
    Identified(&'a Identity),
    /// A CORS preflight, which passes without any credential.
    Preflight {
        /// Whether the request has an `Authorization`.
        authorization: bool,
    },
}

/// The remainder of the request's `Cookie`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemainingCookie {
    /// There was no `Cookie`.
    Absent,
    /// There were only vestibule's own cookies.
    OnlyOurs,
    /// The application's cookies.
    Others(String),
}

impl RemainingCookie {
    /// Built from whether there was a `Cookie`, and the application's cookies in it.
    pub fn new(came: bool, without_ours: Option<String>) -> Self {
        match without_ours {
            Some(others) if !others.is_empty() => Self::Others(others),
            _ if came => Self::OnlyOurs,
            _ => Self::Absent,
        }
    }
}

/// The context of a permitted request, each name once. Values are non-empty texts, as API Gateway requires.
/// The caller checks the size of the whole result.
pub fn context(
    caller: Caller<'_>,
    cookie: RemainingCookie,
    upstream: &UpstreamConfiguration,
    public_url: &PublicUrl,
    spelling: Spelling<'_>,
) -> Vec<(&'static str, String)> {
    let identified = if matches!(caller, Caller::Identified(_)) { "true" } else { "false" };
    let mut context = vec![("authenticated", identified.to_owned())];
    let mut add = |key: &'static str, value: String| {
        if !value.is_empty() {
            let (key, other) = spelling.keys(key);
            context.extend(other.map(|other| (other, value.clone())));
            context.push((key, value));
        }
    };
    if let Caller::Identified(identity) = caller {
        for (name, value) in identity.fields() {
            // `$context.authorizer.claims` is null for a Lambda authorizer, because the name belongs to
            // Cognito authorizers (API Gateway developer guide, "Variables for data models, authorizers,
            // mapping templates, and CloudWatch access logging").
            add(if name == "claims" { "claimSet" } else { name }, value);
        }
    }
    add("authorization", authorization(caller, upstream).unwrap_or_default());
    add("cookie", self::cookie(caller, cookie).unwrap_or_default());
    let (scheme, host) = public_url.origin().split_once("://").unwrap_or_default();
    add("forwardedHost", host.to_owned());
    add("forwardedProto", scheme.to_owned());
    context
}

/// `Authorization` as the upstream receives it; `None` leaves the client's own.
fn authorization(caller: Caller<'_>, upstream: &UpstreamConfiguration) -> Option<String> {
    let identity = match caller {
        Caller::Anonymous { mistakable } => return mistakable.then(|| OVERWRITTEN.to_owned()),
        Caller::Identified(identity) => identity,
        Caller::Preflight { authorization } => return authorization.then(|| OVERWRITTEN.to_owned()),
    };
    match (&upstream.access_token_header, &identity.access_token) {
        (AccessTokenHeader::Authorization, Some(token)) => Some(format!("Bearer {}", token.expose())),
        _ if upstream.hide_credentials && identity.kind == IdentityKind::Bearer => {
            Some(OVERWRITTEN.to_owned())
        }
        _ => None,
    }
}

fn cookie(caller: Caller<'_>, cookie: RemainingCookie) -> Option<String> {
    match (caller, cookie) {
        (_, RemainingCookie::Absent) => None,
        (Caller::Preflight { .. }, _) | (_, RemainingCookie::OnlyOurs) => Some(OVERWRITTEN.to_owned()),
        (_, RemainingCookie::Others(others)) => Some(others),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_session() {
        let context = context(
            Caller::Identified(&identity()),
            RemainingCookie::new(true, Some("theme=dark".to_owned())),
            &UpstreamConfiguration::plain(),
            &public_url(),
        );
        assert_eq!(
            Value::Object(context),
            json!({
                "authenticated": "true",
                "sub": "3f0c",
                "issuer": "https://id.example.com",
                "username": "ada%20l",
                "groups": "admin,a%2Cb",
                "scope": "openid",
                "claimSet": "eyJzdWIiOiIzZjBjIn0",
                "authorization": "Bearer the.access.token",
                "cookie": "theme=dark",
                "forwardedHost": "localhost:8400",
                "forwardedProto": "http",
            })
        );
    }

    #[test]
    fn nobody() {
        let context = context(
            Caller::Anonymous { mistakable: false },
            RemainingCookie::Absent,
            &UpstreamConfiguration::plain(),
            &public_url(),
        );
        assert_eq!(
            Value::Object(context),
            json!({"authenticated": "false", "forwardedHost": "localhost:8400", "forwardedProto": "http"})
        );
    }

    #[test]
    fn an_authorization_that_nobody_checked_is_overwritten() {
        let nobody = Caller::Anonymous { mistakable: true };
        let context =
            context(nobody, RemainingCookie::Absent, &UpstreamConfiguration::plain(), &public_url());
        assert_eq!(context.get("authorization"), Some(&json!("-")));
    }

    #[test]
    fn authorization_by_who_won_and_what_is_forwarded() {
        let (session, bearer) = (IdentityKind::Session, IdentityKind::Bearer);
        let (to_authorization, to_none) = (AccessTokenHeader::Authorization, AccessTokenHeader::None);
        let token = Some("Bearer the.access.token");
        for (kind, header, hide, has_token, expected) in [
            (session, &to_authorization, true, true, token),
            (session, &to_authorization, false, true, token),
            (session, &to_authorization, true, false, None),
            (session, &to_none, true, true, None),
            (bearer, &to_authorization, true, true, token),
            (bearer, &to_authorization, false, true, token),
            (bearer, &to_authorization, true, false, Some("-")),
            (bearer, &to_none, true, true, Some("-")),
            (bearer, &to_none, false, true, None),
        ] {
            let identity = Identity {
                kind,
                access_token: has_token.then(|| Secret::new("the.access.token")),
                ..identity()
            };
            let upstream = UpstreamConfiguration {
                access_token_header: header.clone(),
                hide_credentials: hide,
                ..UpstreamConfiguration::plain()
            };
            let context =
                context(Caller::Identified(&identity), RemainingCookie::Absent, &upstream, &public_url());
            let authorization = context.get("authorization").map(|value| value.as_str().unwrap());
            assert_eq!(authorization, expected, "{kind:?} {header:?} hide {hide} token {has_token}");
        }
    }

    #[test]
    fn cookies() {
        for (came, without_ours, expected) in [
            (false, None, None),
            (true, None, Some("-")),
            (true, Some(""), Some("-")),
            (true, Some("theme=dark; a=b"), Some("theme=dark; a=b")),
        ] {
            let cookie = RemainingCookie::new(came, without_ours.map(str::to_owned));
            let nobody = Caller::Anonymous { mistakable: false };
            let context = context(nobody, cookie, &UpstreamConfiguration::plain(), &public_url());
            assert_eq!(context.get("cookie").map(|value| value.as_str().unwrap()), expected);
        }
    }

    #[test]
    fn a_preflight_is_stripped() {
        let cookie = RemainingCookie::Others("theme=dark".to_owned());
        let context = context(
            Caller::Preflight { authorization: true },
            cookie,
            &UpstreamConfiguration::plain(),
            &public_url(),
        );
        let of = |key: &str| context.get(key).map(|value| value.as_str().unwrap());
        assert_eq!(
            (of("authenticated"), of("authorization"), of("cookie")),
            (Some("false"), Some("-"), Some("-"))
        );
        let context = self::context(
            Caller::Preflight { authorization: false },
            RemainingCookie::Absent,
            &UpstreamConfiguration::plain(),
            &public_url(),
        );
        assert!(!context.contains_key("authorization") && !context.contains_key("cookie"));
    }

    #[test]
    fn each_header_has_the_key_of_the_spelling_that_the_client_used() {
        let names = ["Authorization", "Cookie"];
        for in_lower_case in 0..1_u8 << names.len() {
            let is_lower = |place: usize| in_lower_case >> place & 1 == 1;
            let spelled = |(place, name): (usize, &&str)| {
                (if is_lower(place) { name.to_ascii_lowercase() } else { (*name).to_owned() }, "x".to_owned())
            };
            let headers = Headers::new(names.iter().enumerate().map(spelled).collect());
            let context = super::context(
                Caller::Identified(&identity()),
                RemainingCookie::Others("theme=dark".to_owned()),
                &UpstreamConfiguration::plain(),
                &public_url(),
                Spelling::Of(&headers),
            );
            for (place, (_, plain, lower_case)) in SPELLED.iter().enumerate() {
                let keys: Vec<&str> = context
                    .iter()
                    .map(|(key, _)| *key)
                    .filter(|key| [*plain, *lower_case].contains(key))
                    .collect();
                assert_eq!(keys, [if is_lower(place) { *lower_case } else { *plain }]);
            }
        }
        let none = Headers::new(Vec::new());
        assert_eq!(Spelling::Of(&none).keys("authorization"), ("authorization", None), "it sent none");
    }

    #[test]
    fn both_keys_are_filled_where_the_event_does_not_tell_the_spelling() {
        let theme = RemainingCookie::Others("theme=dark".to_owned());
        for (spelling, filled) in [(Spelling::Unknown, 2), (Spelling::Any, 1)] {
            let context = super::context(
                Caller::Identified(&identity()),
                theme.clone(),
                &UpstreamConfiguration::plain(),
                &public_url(),
                spelling,
            );
            for (_, plain, lower_case) in SPELLED {
                let values: Vec<&String> = context
                    .iter()
                    .filter(|(key, _)| [plain, lower_case].contains(key))
                    .map(|(_, value)| value)
                    .collect();
                assert_eq!(values.len(), filled);
                assert_eq!(values.first(), values.last());
            }
            let forwarded = context.iter().filter(|(key, _)| *key == "forwardedHost").count();
            assert_eq!(forwarded, 1);
        }
    }

    /// The context as a map. Fails if a name occurs twice.
    fn context(
        caller: Caller<'_>,
        cookie: RemainingCookie,
        upstream: &UpstreamConfiguration,
        public_url: &PublicUrl,
    ) -> Map<String, Value> {
        let pairs = super::context(caller, cookie, upstream, public_url, Spelling::Any);
        let count = pairs.len();
        let context: Map<String, Value> =
            pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        assert_eq!(context.len(), count);
        context
    }

    fn identity() -> Identity {
        Identity {
            kind: IdentityKind::Session,
            issuer: "https://id.example.com".to_owned(),
            subject: "3f0c".to_owned(),
            username: Some("ada l".to_owned()),
            email: None,
            groups: vec!["admin".to_owned(), "a,b".to_owned()],
            scope: Some("openid".to_owned()),
            claims: json!({"sub": "3f0c"}).as_object().unwrap().clone(),
            encoded_claims: None,
            access_token: Some(Secret::new("the.access.token")),
            id_token: None,
            load_balancer_data: None,
        }
    }

    fn public_url() -> PublicUrl {
        PublicUrl::parse("http://localhost:8400").unwrap()
    }
}
