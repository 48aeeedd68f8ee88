//! Builds the headers that tell the upstream who the user is.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::configuration::{AccessTokenHeader, Configuration, HeaderStyle, UpstreamConfiguration};
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::session::Session;
use crate::token::access_token::AccessToken;
use crate::token::load_balancer::{LoadBalancerUser, Presented};

/// The user or client that sent a request.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The kind of credential that proves it.
    pub kind: IdentityKind,
    /// `iss`, without which `sub` is ambiguous (OIDC Core section 5.7). A user pool's issuer is in the
    /// configured form.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// The user name, if the provider has one.
    pub username: Option<String>,
    /// The e-mail address, only if the provider has verified it.
    pub email: Option<String>,
    /// Groups, in the token's order.
    pub groups: Vec<String>,
    /// Granted scopes, space separated.
    pub scope: Option<String>,
    /// The claims to pass on.
    pub claims: Map<String, Value>,
    /// The same claims as base64url JSON, where they arrived in that form, so that they need not be encoded
    /// again.
    pub encoded_claims: Option<String>,
    /// The access token.
    pub access_token: Option<Secret>,
    /// The ID token, where a session keeps one.
    pub id_token: Option<Secret>,
    /// The load balancer's own JWT, if that is the credential.
    pub load_balancer_data: Option<Secret>,
}

/// The kinds of credential that prove an identity.
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
    /// The identity of a bearer token, whose text is `token`.
    pub fn from_access_token(access_token: AccessToken, token: Secret) -> Self {
        Self {
            kind: IdentityKind::Bearer,
            issuer: access_token.issuer,
            subject: access_token.subject,
            username: access_token.username,
            email: access_token.email,
            groups: access_token.groups,
            scope: access_token.scope,
            claims: access_token.claims,
            encoded_claims: access_token.encoded_claims,
            access_token: Some(token),
            id_token: None,
            load_balancer_data: None,
        }
    }

    /// The identity of a session.
    pub fn of_session(session: Session) -> Self {
        Self {
            kind: IdentityKind::Session,
            issuer: session.issuer,
            subject: session.subject,
            username: session.username,
            email: session.email,
            groups: session.groups,
            scope: session.scope,
            claims: session.claims,
            encoded_claims: None,
            access_token: session.access_token,
            id_token: session.id_token,
            load_balancer_data: None,
        }
    }

    /// The identity of the person whom a load balancer has signed in. `access_token` is the verified one that
    /// was passed with the header.
    ///
    /// # Errors
    ///
    /// The token and the header do not belong together.
    pub fn of_load_balancer_user(
        user: LoadBalancerUser,
        access_token: Option<AccessToken>,
        presented: &Presented<'_>,
        configuration: &Configuration,
    ) -> Result<Self, Refusal> {
        let verified = access_token.is_some();
        let (user, scope) = user.with_access_token(access_token)?;
        Ok(Self {
            kind: IdentityKind::LoadBalancer,
            issuer: configuration.issuer.clone(),
            username: user.username(),
            email: user.email(),
            groups: user.groups(configuration.groups_claim()),
            scope,
            subject: user.subject,
            claims: user.claims,
            // A token that could not be verified may be anybody's.
            access_token: presented.access_token.filter(|_| verified).map(Secret::new),
            id_token: None,
            encoded_claims: None,
            load_balancer_data: Some(presented.data()),
        })
    }

    /// The known values by name, encoded for use in a header: `sub`, `issuer`, `username`, `email`, `groups`,
    /// `scope`, `claims`. Absent and empty values are left out.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        self.fields_in(HeaderStyle::Vestibule)
    }

    /// The same values, as readers of `style` expect them.
    fn fields_in(&self, style: HeaderStyle) -> Vec<(&'static str, String)> {
        let groups: Vec<String> = self.groups.iter().map(|group| encode_entry(group, style)).collect();
        let text = |text: &Option<String>| encode(text.as_deref().unwrap_or_default(), style);
        let preferred = if style == HeaderStyle::OAuth2Proxy { self.preferred_username() } else { "" };
        let fields = [
            ("sub", encode(&self.subject, style)),
            ("issuer", encode(&self.issuer, style)),
            ("username", text(&self.username)),
            ("preferred_username", encode(preferred, style)),
            ("email", text(&self.email)),
            ("groups", groups.join(separator(style))),
            ("scope", text(&self.scope)),
            ("claims", self.claims_text()),
        ];
        fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The claim `preferred_username`, which the user may have chosen, otherwise the user name.
    fn preferred_username(&self) -> &str {
        let claim = self.claims.get("preferred_username").and_then(Value::as_str);
        claim.or(self.username.as_deref()).unwrap_or_default()
    }

    /// The claims with `sub`, as base64 JSON: what Kong and its community plugin `kong-oidc` make of a
    /// UserInfo response.
    fn user_info(&self) -> String {
        let mut claims = self.claims.clone();
        claims.insert("sub".to_owned(), Value::String(self.subject.clone()));
        serde_json::to_vec(&claims).map(|bytes| STANDARD.encode(bytes)).unwrap_or_default()
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

/// The headers that tell the upstream who sent a request, in order, names in lower case. Reserved names have
/// been removed from the request before these are added.
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
    let id_token = upstream.id_token_header.clone().zip(identity.id_token.as_ref());
    headers.extend(id_token.map(|(name, token)| (name, token.expose().to_owned())));
    headers.extend(upstream.user_info_header.clone().map(|name| (name, identity.user_info())));
    for header in &upstream.headers {
        let claim = header.path.find(&identity.claims);
        if let Some(value) = claim.and_then(|claim| claim_value(claim, upstream.header_style)) {
            headers.push((header.name.clone(), value));
        }
    }
    headers
}

/// The identity under the names that the upstream reads. `x-vestibule-authenticated` and `x-vestibule-issuer`
/// are present in every style, because no other system has names for them.
fn styled(identity: &Identity, upstream: &UpstreamConfiguration) -> Vec<(String, String)> {
    let fields = identity.fields_in(upstream.header_style);
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
            ("x-forwarded-preferred-username", "preferred_username"),
            ("x-forwarded-email", "email"),
            ("x-forwarded-groups", "groups"),
            ("x-auth-request-user", "sub"),
            ("x-auth-request-preferred-username", "preferred_username"),
            ("x-auth-request-email", "email"),
            ("x-auth-request-groups", "groups"),
        ],
        HeaderStyle::Vestibule => {
            let own = fields.into_iter();
            return own.map(|(name, value)| (format!("x-vestibule-{name}"), value)).collect();
        }
    };
    let names = [(ISSUER, "issuer")].into_iter().chain(names.iter().copied());
    let mut headers: Vec<(String, String)> = names
        .filter_map(|(header, field)| {
            let (_, value) = fields.iter().find(|(name, _)| *name == field)?;
            Some((header.to_owned(), value.clone()))
        })
        .collect();
    headers.extend(styled_tokens(identity, upstream));
    headers
}

/// The access token, and for `alb` the claims, if the style has a header for them.
fn styled_tokens(identity: &Identity, upstream: &UpstreamConfiguration) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if upstream.header_style == HeaderStyle::Alb
        && let Some(data) = &identity.load_balancer_data
    {
        headers.push(("x-amzn-oidc-data".to_owned(), data.expose().to_owned()));
    } else if upstream.header_style == HeaderStyle::Alb && !identity.claims.is_empty() {
        // A load balancer signs this with its own key, which nobody else has. An application that checks the
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
const ISSUER: &str = "x-vestibule-issuer";

/// All characters except 0x21 to 0x7E, and the percent sign itself, so that decoding restores the original.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// In a list, the comma too.
const ENCODED_IN_LIST: &AsciiSet = &ENCODED.add(b',');

/// Like [`ENCODED`], for readers that do not decode.
const ENCODED_BUT_SPACES: &AsciiSet = &CONTROLS.add(b'%');
const ENCODED_BUT_SPACES_IN_LIST: &AsciiSet = &ENCODED_BUT_SPACES.add(b',');

/// The separator between the entries of a list: Kong writes `, `, oauth2-proxy `,`.
const fn separator(style: HeaderStyle) -> &'static str {
    match style {
        HeaderStyle::Kong => ", ",
        HeaderStyle::Alb | HeaderStyle::OAuth2Proxy | HeaderStyle::Vestibule => ",",
    }
}

fn encode(text: &str, style: HeaderStyle) -> String {
    let set = if keeps_spaces(text, style) { ENCODED_BUT_SPACES } else { ENCODED };
    Cow::from(utf8_percent_encode(text, set)).into_owned()
}

fn encode_entry(text: &str, style: HeaderStyle) -> String {
    let set = if keeps_spaces(text, style) { ENCODED_BUT_SPACES_IN_LIST } else { ENCODED_IN_LIST };
    Cow::from(utf8_percent_encode(text, set)).into_owned()
}

/// Tells whether spaces stay. Applications written for another system do not decode, and a space inside a
/// value does no harm. One at an end would be stripped (RFC 9110 section 5.5).
fn keeps_spaces(text: &str, style: HeaderStyle) -> bool {
    style != HeaderStyle::Vestibule && !text.starts_with(' ') && !text.ends_with(' ')
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

/// A claim as a header. A text, a number or a boolean is written as it is, a list of texts with commas, and
/// anything else as base64url JSON.
fn claim_value(value: &Value, style: HeaderStyle) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => encode(text, style),
        Value::Array(entries) => {
            let texts: Option<Vec<String>> =
                entries.iter().map(|entry| Some(encode_entry(entry.as_str()?, style))).collect();
            texts.map_or_else(|| encode_json(value), |texts| texts.join(","))
        }
        Value::Object(_) => encode_json(value),
    };
    (!text.is_empty()).then_some(text)
}
