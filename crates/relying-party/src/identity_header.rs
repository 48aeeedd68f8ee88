//! Who the user is, as headers for the upstream.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::access_token::AccessToken;
use crate::configuration::{AccessTokenHeader, HeaderStyle, UpstreamConfiguration};
use crate::secret::Secret;

/// Who a request is from.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What vouches for it.
    pub kind: IdentityKind,
    /// `sub`.
    pub subject: String,
    /// The user name, where the provider has one.
    pub username: Option<String>,
    /// The e-mail address, only when the provider verified it.
    pub email: Option<String>,
    /// Groups, in the token's order.
    pub groups: Vec<String>,
    /// Granted scopes, space separated.
    pub scope: Option<String>,
    /// The claims to hand on.
    pub claims: Map<String, Value>,
    /// The same as base64url JSON, where they came in that form: written anew they would say no more.
    pub encoded_claims: Option<String>,
    /// The access token.
    pub access_token: Option<Secret>,
    /// The load balancer's own JWT, when it vouches.
    pub load_balancer_data: Option<Secret>,
}

/// What vouches for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// A bearer access token.
    Bearer,
    /// A load balancer that signs people in.
    LoadBalancer,
    /// A session.
    Session,
}

impl Identity {
    /// Who a bearer token is about; `token` is its text.
    pub fn from_access_token(access_token: AccessToken, token: Secret) -> Self {
        Self {
            kind: IdentityKind::Bearer,
            subject: access_token.subject,
            username: access_token.username,
            email: access_token.email,
            groups: access_token.groups,
            scope: access_token.scope,
            claims: access_token.claims,
            encoded_claims: Some(access_token.encoded_claims),
            access_token: Some(token),
            load_balancer_data: None,
        }
    }

    /// What is known, by name, encoded so that it can stand in a header: `sub`, `username`, `email`, `groups`, `scope`,
    /// `claims`. What is absent or empty is left out.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let groups: Vec<String> = self.groups.iter().map(|group| encode_entry(group)).collect();
        let fields = [
            ("sub", encode(&self.subject)),
            ("username", encode(self.username.as_deref().unwrap_or_default())),
            ("email", encode(self.email.as_deref().unwrap_or_default())),
            ("groups", groups.join(",")),
            ("scope", encode(self.scope.as_deref().unwrap_or_default())),
            ("claims", self.claims_text()),
        ];
        fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The claims as base64url JSON; empty when there are none.
    fn claims_text(&self) -> String {
        match &self.encoded_claims {
            _ if self.claims.is_empty() => String::new(),
            Some(encoded) => encoded.clone(),
            None => encode_json(&self.claims),
        }
    }
}

/// The headers that tell the upstream who a request is from, in order, names in lower case. Reserved names are gone
/// from the request before these are added.
pub fn identity_headers(
    identity: Option<&Identity>,
    upstream: &UpstreamConfiguration,
) -> Vec<(String, String)> {
    let Some(identity) = identity else {
        let mut headers = vec![(AUTHENTICATED.to_owned(), "false".to_owned())];
        if upstream.header_style == HeaderStyle::Kong {
            headers.push(("x-anonymous-consumer".to_owned(), "true".to_owned()));
        }
        return headers;
    };
    let mut headers: Vec<(String, String)> = access_token_header(identity, upstream).into_iter().collect();
    headers.push((AUTHENTICATED.to_owned(), "true".to_owned()));
    headers.extend(styled(identity, upstream));
    for header in &upstream.headers {
        if let Some(value) = header.path.find(&identity.claims).and_then(claim_value) {
            headers.push((header.name.clone(), value));
        }
    }
    headers
}

/// The identity under the names that the upstream reads. `x-vestibule-authenticated` is there in every style.
fn styled(identity: &Identity, upstream: &UpstreamConfiguration) -> Vec<(String, String)> {
    let fields = identity.fields();
    let names: &[(&str, &str)] = match upstream.header_style {
        HeaderStyle::Alb => &[("x-amzn-oidc-identity", "sub")],
        HeaderStyle::Kong => &[
            ("x-consumer-custom-id", "sub"),
            ("x-consumer-username", "username"),
            ("x-consumer-groups", "groups"),
            ("x-credential-identifier", "sub"),
            ("x-authenticated-userid", "sub"),
            ("x-authenticated-groups", "groups"),
            ("x-authenticated-scope", "scope"),
        ],
        HeaderStyle::OAuth2Proxy => &[
            ("x-forwarded-user", "sub"),
            ("x-forwarded-preferred-username", "username"),
            ("x-forwarded-email", "email"),
            ("x-forwarded-groups", "groups"),
            ("x-auth-request-user", "sub"),
            ("x-auth-request-preferred-username", "username"),
            ("x-auth-request-email", "email"),
            ("x-auth-request-groups", "groups"),
        ],
        HeaderStyle::Vestibule => {
            let own = fields.into_iter();
            return own.map(|(name, value)| (format!("x-vestibule-{name}"), value)).collect();
        }
    };
    let mut headers: Vec<(String, String)> = names
        .iter()
        .filter_map(|(header, field)| {
            let (_, value) = fields.iter().find(|(name, _)| name == field)?;
            Some(((*header).to_owned(), value.clone()))
        })
        .collect();
    headers.extend(styled_tokens(identity, upstream));
    headers
}

/// The access token, and for `alb` the claims, where the style has a header of its own for them.
fn styled_tokens(identity: &Identity, upstream: &UpstreamConfiguration) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if upstream.header_style == HeaderStyle::Alb
        && let Some(data) = &identity.load_balancer_data
    {
        headers.push(("x-amzn-oidc-data".to_owned(), data.expose().to_owned()));
    } else if upstream.header_style == HeaderStyle::Alb && !identity.claims.is_empty() {
        // A load balancer signs this with a key of its own, which nobody else has. An application that checks the
        // signature, as it should behind a load balancer, refuses ours.
        let claims = identity.claims_text();
        headers.push(("x-amzn-oidc-data".to_owned(), format!("{UNSIGNED_JWS_HEADER}.{claims}.")));
    }
    let token =
        identity.access_token.as_ref().filter(|_| upstream.access_token_header != AccessTokenHeader::None);
    let names: &[&str] = match upstream.header_style {
        HeaderStyle::Alb => &["x-amzn-oidc-accesstoken"],
        HeaderStyle::OAuth2Proxy => &["x-forwarded-access-token", "x-auth-request-access-token"],
        HeaderStyle::Kong | HeaderStyle::Vestibule => &[],
    };
    let with_token =
        token.into_iter().flat_map(|token| names.iter().map(move |name| (*name, token.expose())));
    headers.extend(with_token.map(|(name, token)| (name.to_owned(), token.to_owned())));
    headers
}

/// `{"alg":"none"}` (RFC 7515 appendix A.5).
const UNSIGNED_JWS_HEADER: &str = "eyJhbGciOiJub25lIn0";

const AUTHENTICATED: &str = "x-vestibule-authenticated";

/// All but 0x21 to 0x7E, and the percent sign itself, so that decoding gives back what was encoded.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// In a list the comma as well.
const ENCODED_IN_LIST: &AsciiSet = &ENCODED.add(b',');

fn encode(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, ENCODED)).into_owned()
}

fn encode_entry(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, ENCODED_IN_LIST)).into_owned()
}

fn encode_json(value: &impl serde::Serialize) -> String {
    serde_json::to_vec(value).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default()
}

fn access_token_header(identity: &Identity, upstream: &UpstreamConfiguration) -> Option<(String, String)> {
    let token = identity.access_token.as_ref()?.expose();
    match &upstream.access_token_header {
        AccessTokenHeader::Authorization => Some(("authorization".to_owned(), format!("Bearer {token}"))),
        AccessTokenHeader::Named { name, bearer: true } => Some((name.clone(), format!("Bearer {token}"))),
        AccessTokenHeader::Named { name, bearer: false } => Some((name.clone(), token.to_owned())),
        AccessTokenHeader::None => None,
    }
}

/// A claim as a header: a text, a number or a truth value as it is; a list of texts between commas; anything else as
/// base64url JSON.
fn claim_value(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => encode(text),
        Value::Array(entries) => {
            let texts: Option<Vec<String>> =
                entries.iter().map(|entry| entry.as_str().map(encode_entry)).collect();
            texts.map_or_else(|| encode_json(value), |texts| texts.join(","))
        }
        Value::Object(_) => encode_json(value),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::claims::ClaimPath;
    use crate::configuration::{HeaderStyle, UpstreamHeader};

    #[test]
    fn every_header_in_order() {
        let headers = identity_headers(Some(&identity()), &upstream());
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "authorization",
                "x-vestibule-authenticated",
                "x-vestibule-sub",
                "x-vestibule-username",
                "x-vestibule-email",
                "x-vestibule-groups",
                "x-vestibule-scope",
                "x-vestibule-claims",
            ]
        );
        assert_eq!(value(&headers, "authorization"), "Bearer the.access.token");
        assert_eq!(value(&headers, "x-vestibule-authenticated"), "true");
        assert_eq!(value(&headers, "x-vestibule-groups"), "admin,ops");
        assert_eq!(value(&headers, "x-vestibule-scope"), "openid%20email");
        let claims = URL_SAFE_NO_PAD.decode(value(&headers, "x-vestibule-claims")).unwrap();
        assert_eq!(serde_json::from_slice::<Map<String, Value>>(&claims).unwrap(), identity().claims);
    }

    #[test]
    fn claims_that_came_encoded_go_on_as_they_came() {
        // The same members in another order and with a blank: what was signed, not what we would write.
        let encoded = URL_SAFE_NO_PAD.encode(r#"{"sub":"3f0c", "email":"ada@example.com"}"#);
        let identity = Identity { encoded_claims: Some(encoded.clone()), ..identity() };
        let headers = identity_headers(Some(&identity), &upstream());
        assert_eq!(value(&headers, "x-vestibule-claims"), encoded);
        let nothing = Identity { claims: Map::new(), ..identity };
        let headers = identity_headers(Some(&nothing), &upstream());
        assert!(headers.iter().all(|(name, _)| name != "x-vestibule-claims"));
    }

    #[test]
    fn nobody_is_told_apart_from_somebody() {
        let headers = identity_headers(None, &upstream());
        assert_eq!(headers, [("x-vestibule-authenticated".to_owned(), "false".to_owned())]);
    }

    #[test]
    fn what_is_absent_is_absent() {
        let identity = Identity {
            username: None,
            email: Some(String::new()),
            groups: Vec::new(),
            scope: None,
            claims: Map::new(),
            access_token: None,
            ..identity()
        };
        let headers = identity_headers(Some(&identity), &upstream());
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x-vestibule-authenticated", "x-vestibule-sub"]);
    }

    #[test]
    fn nothing_that_ends_or_splits_a_header_gets_through() {
        for (text, sub, group) in [
            ("plain", "plain", "plain"),
            ("a b", "a%20b", "a%20b"),
            ("a,b", "a,b", "a%2Cb"),
            ("a%2Cb", "a%252Cb", "a%252Cb"),
            ("a\r\nx-vestibule-email: b", "a%0D%0Ax-vestibule-email:%20b", "a%0D%0Ax-vestibule-email:%20b"),
            ("\u{0}", "%00", "%00"),
            ("\u{7f}", "%7F", "%7F"),
            ("ü", "%C3%BC", "%C3%BC"),
            ("!~", "!~", "!~"),
            ("\t", "%09", "%09"),
        ] {
            let identity = Identity { subject: text.to_owned(), groups: vec![text.to_owned()], ..identity() };
            let headers = identity_headers(Some(&identity), &upstream());
            assert_eq!(value(&headers, "x-vestibule-sub"), sub, "{text:?}");
            assert_eq!(value(&headers, "x-vestibule-groups"), group, "{text:?}");
        }
    }

    #[test]
    fn the_access_token_header() {
        for (header, expected) in [
            (AccessTokenHeader::Authorization, Some(("authorization", "Bearer the.access.token"))),
            (
                AccessTokenHeader::Named { name: "x-token".to_owned(), bearer: true },
                Some(("x-token", "Bearer the.access.token")),
            ),
            (
                AccessTokenHeader::Named { name: "x-token".to_owned(), bearer: false },
                Some(("x-token", "the.access.token")),
            ),
            (AccessTokenHeader::None, None),
        ] {
            let upstream = UpstreamConfiguration { access_token_header: header, ..upstream() };
            let headers = identity_headers(Some(&identity()), &upstream);
            let token = headers.iter().find(|(_, value)| value.contains("the.access.token"));
            assert_eq!(token.map(|(name, value)| (name.as_str(), value.as_str())), expected);
        }
    }

    #[test]
    fn headers_from_claims() {
        let claims = serde_json::json!({
            "text": "a b", "number": 7, "flag": true, "list": ["a,b", "c"], "mixed": ["a", 1], "nothing": null,
            "empty": "", "outer": {"inner": "deep"},
        });
        let identity = Identity { claims: claims.as_object().unwrap().clone(), ..identity() };
        for (path, expected) in [
            (vec!["text"], Some("a%20b")),
            (vec!["number"], Some("7")),
            (vec!["flag"], Some("true")),
            (vec!["list"], Some("a%2Cb,c")),
            (vec!["mixed"], Some("WyJhIiwxXQ")),
            (vec!["nothing"], None),
            (vec!["empty"], None),
            (vec!["outer", "inner"], Some("deep")),
            (vec!["outer"], Some("eyJpbm5lciI6ImRlZXAifQ")),
            (vec!["absent"], None),
        ] {
            let path = ClaimPath::nested(path.into_iter().map(str::to_owned).collect()).unwrap();
            let upstream = UpstreamConfiguration {
                headers: vec![UpstreamHeader { name: "x-claim".to_owned(), path }],
                ..upstream()
            };
            let headers = identity_headers(Some(&identity), &upstream);
            let header = headers.iter().find(|(name, _)| name == "x-claim").map(|(_, value)| value.as_str());
            assert_eq!(header, expected);
        }
    }

    #[test]
    fn the_names_that_other_systems_use() {
        for (style, expected) in [
            (HeaderStyle::Alb, vec!["x-amzn-oidc-identity", "x-amzn-oidc-data", "x-amzn-oidc-accesstoken"]),
            (
                HeaderStyle::Kong,
                vec![
                    "x-consumer-custom-id",
                    "x-consumer-username",
                    "x-consumer-groups",
                    "x-credential-identifier",
                    "x-authenticated-userid",
                    "x-authenticated-groups",
                    "x-authenticated-scope",
                ],
            ),
            (
                HeaderStyle::OAuth2Proxy,
                vec![
                    "x-forwarded-user",
                    "x-forwarded-preferred-username",
                    "x-forwarded-email",
                    "x-forwarded-groups",
                    "x-auth-request-user",
                    "x-auth-request-preferred-username",
                    "x-auth-request-email",
                    "x-auth-request-groups",
                    "x-forwarded-access-token",
                    "x-auth-request-access-token",
                ],
            ),
        ] {
            let upstream = UpstreamConfiguration { header_style: style, ..upstream() };
            let headers = identity_headers(Some(&identity()), &upstream);
            let names: Vec<&str> = headers.iter().skip(2).map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected);
            let reserved = crate::reserved_header::ReservedHeaders::of(&upstream);
            assert!(names.iter().all(|name| reserved.contains(name)), "a client could send one of {names:?}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", identity()).contains("the.access.token"));
    }

    fn identity() -> Identity {
        let claims = serde_json::json!({"sub": "3f0c", "email": "ada@example.com"});
        Identity {
            kind: IdentityKind::Session,
            subject: "3f0c".to_owned(),
            username: Some("ada".to_owned()),
            email: Some("ada@example.com".to_owned()),
            groups: vec!["admin".to_owned(), "ops".to_owned()],
            scope: Some("openid email".to_owned()),
            claims: claims.as_object().unwrap().clone(),
            encoded_claims: None,
            access_token: Some(Secret::new("the.access.token")),
            load_balancer_data: None,
        }
    }

    fn upstream() -> UpstreamConfiguration {
        UpstreamConfiguration {
            url: None,
            ca_bundle: None,
            secret_header: None,
            access_token_header: AccessTokenHeader::Authorization,
            hide_credentials: true,
            headers: Vec::new(),
            header_style: HeaderStyle::Vestibule,
        }
    }

    fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
        headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str()).unwrap()
    }
}
