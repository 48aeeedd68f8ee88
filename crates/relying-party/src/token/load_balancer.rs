//! Checks the JWT in `x-amzn-oidc-data`, in which an Application Load Balancer that signs people in names the
//! user (Elastic Load Balancing, "Authenticate users using an Application Load Balancer", section "User
//! claims encoding and signature verification").
//!
//! All load balancers of a region sign with the same keys, and every AWS customer can create one. Only
//! `signer` tells which one signed, so it is compared before anything is fetched.

mod arn;
mod key;
mod keys;
#[cfg(test)]
mod tests;

pub use arn::LoadBalancerArn;
pub use key::{KeyId, LoadBalancerKey, read_key_response};
pub use keys::{KeyPlan, LoadBalancerKeys, MAX_FETCHES};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::http::cookie;
use crate::json::{parse_every_member, parse_object};
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::secret::Secret;
use crate::token::access_token::{AccessToken, BearerIssuer};
use crate::token::claims::{self, ClaimPath, ClaimRefusal, OtherIssuer};
use crate::token::jws::{SigningAlgorithm, VerifiedSignature};
use crate::token::leeway::TimeWithLeeway;

/// The field with the claims and the signature.
pub const DATA_HEADER: &str = "x-amzn-oidc-data";

/// The field with the provider's access token, in plain text.
pub const ACCESS_TOKEN_HEADER: &str = "x-amzn-oidc-accesstoken";

/// The longest accepted JWT, in bytes. A load balancer itself fails if claims and access token exceed 11 KB.
const MAX_BYTES: usize = 16 * 1024;

/// "includes padding characters at the end". The text without padding is equivalent.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The trusted load balancers, and how their headers are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedLoadBalancers {
    /// Their ARNs. Never empty.
    pub arns: Vec<LoadBalancerArn>,
    /// The accepted forms of the provider's issuer.
    pub issuers: Vec<String>,
    /// The issuers whose access tokens can be verified; empty if the provider's tokens may have any form.
    pub access_tokens: Vec<BearerIssuer>,
    /// The address of their keys instead of AWS's; on loopback only.
    pub key_endpoint: Option<String>,
    /// The name of their session cookie, without the shard number.
    pub session_cookie: String,
}

impl TrustedLoadBalancers {
    /// "the application must set the expiry to -1 for all authentication cookies", up to four shards (Elastic Load
    /// Balancing, "Authenticate users", "Authentication logout").
    pub(crate) fn expired_session_cookies(&self) -> impl Iterator<Item = String> {
        (0..4).map(|shard| cookie::expire(&format!("{}-{shard}", self.session_cookie), None))
    }

    /// Tells whether `name` is a shard of their session cookie, which is a credential.
    pub(crate) fn is_session_cookie(&self, name: &str) -> bool {
        name.strip_prefix(&self.session_cookie)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(|shard| !shard.is_empty() && shard.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn signer(&self, signer: &str) -> Result<&LoadBalancerArn, LoadBalancerRefusal> {
        self.arns.iter().find(|arn| arn.is(signer)).ok_or_else(|| {
            let arns = self.arns.iter().map(LoadBalancerArn::as_str);
            LoadBalancerRefusal::Signer(LogDetail::other_text("signer", Some(signer), arns))
        })
    }

    fn check_issuer(&self, issuer: &str) -> Result<(), LoadBalancerRefusal> {
        if self.issuers.iter().any(|trusted| trusted == issuer) {
            return Ok(());
        }
        let expected = self.issuers.iter().map(String::as_str);
        Err(LoadBalancerRefusal::Issuer(OtherIssuer::new(Some(issuer), expected)))
    }
}

/// Why a load balancer's headers sign nobody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadBalancerRefusal {
    /// `alg` is not ES256.
    Algorithm(LogDetail),
    /// A claim is absent or of the wrong type.
    Claim(ClaimRefusal),
    /// `client` is not `client_id`.
    Client(LogDetail),
    /// The user's sessions were ended everywhere after this sign-in, or the time of the sign-in is unknown.
    EndedEverywhere,
    /// `exp` has passed.
    Expired,
    /// `iss` is not the configured provider.
    Issuer(OtherIssuer),
    /// `kid` is not a UUID, so it must not become part of a URL.
    KeyId(LogDetail),
    /// The text under the key id at AWS is not a public key on P-256.
    KeyMalformed,
    /// The key could not be fetched.
    KeyUnavailable,
    /// AWS does not know the key id.
    KeyUnknown,
    /// The header is not a JWT: it does not have three base64url parts, is not JSON, has a member twice,
    /// requires an extension, or is too long.
    Malformed(LogDetail),
    /// The signature is invalid.
    Signature,
    /// `signer` is none of `alb_arn`.
    Signer(LogDetail),
    /// The access token belongs to another user.
    Subject,
}

impl LoadBalancerRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Algorithm(_) => &reason::ALB_ALGORITHM_NOT_ALLOWED,
            Self::Claim(_) => &reason::ALB_CLAIM,
            Self::Client(_) => &reason::ALB_CLIENT,
            Self::EndedEverywhere => &reason::ALB_ENDED_EVERYWHERE,
            Self::Expired => &reason::ALB_EXPIRED,
            Self::Issuer(_) => &reason::ALB_ISSUER,
            Self::KeyId(_) => &reason::ALB_KEY_ID,
            Self::KeyMalformed => &reason::ALB_KEY_MALFORMED,
            Self::KeyUnavailable => &reason::ALB_KEY_UNAVAILABLE,
            Self::KeyUnknown => &reason::ALB_KEY_UNKNOWN,
            Self::Malformed(_) => &reason::ALB_DATA_MALFORMED,
            Self::Signature => &reason::ALB_SIGNATURE_INVALID,
            Self::Signer(_) => &reason::ALB_SIGNER,
            Self::Subject => &reason::ALB_SUBJECT_MISMATCH,
        }
    }
}

/// A JWT with a checked header and an unverified signature.
pub struct UnverifiedUser<'a> {
    arn: &'a LoadBalancerArn,
    key_id: KeyId,
    claims: Map<String, Value>,
    message: &'a [u8],
    signature: Vec<u8>,
}

/// The person whom a trusted load balancer has signed in. It exists only after a successful verification.
#[derive(Debug)]
pub struct LoadBalancerUser {
    /// `sub`.
    pub subject: String,
    /// The claims of the provider's UserInfo endpoint.
    pub claims: Map<String, Value>,
}

impl<'a> UnverifiedUser<'a> {
    /// Parses the JWT and checks its header, which names the signer, the client and the expiry.
    ///
    /// # Errors
    ///
    /// Everything that can be refused without a key.
    pub fn parse(
        text: &'a str,
        trusted: &'a TrustedLoadBalancers,
        client_id: &str,
        time: TimeWithLeeway,
    ) -> Result<Self, LoadBalancerRefusal> {
        if text.len() > MAX_BYTES {
            return Err(malformed("it is longer than 16 KiB"));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(malformed(&format!("{} parts between dots, expected 3", parts.len())));
        };
        let header = header_of_es256(header)?;
        let arn = trusted.signer(claims::required_text(&header, "signer")?)?;
        trusted.check_issuer(claims::required_text(&header, "iss")?)?;
        let client = claims::required_text(&header, "client")?;
        if client != client_id {
            let refusal = LogDetail::other_text("client", Some(client), [client_id]);
            return Err(LoadBalancerRefusal::Client(refusal));
        }
        if time.is_past(claims::required_date(&header, "exp")?) {
            return Err(LoadBalancerRefusal::Expired);
        }
        let kid = claims::required_text(&header, "kid")?;
        let key_id = KeyId::parse(kid)
            .ok_or_else(|| LoadBalancerRefusal::KeyId(LogDetail::other_text("kid", Some(kid), [])))?;

        let claims = parse_object(&decoded("the payload", payload)?).map_err(|refusal| {
            LoadBalancerRefusal::Malformed(LogDetail::no_object("the payload", refusal))
        })?;
        // The documentation mentions neither claim, but both are present and repeat the header.
        if let Some(issuer) = claims::text(&claims, "iss")? {
            trusted.check_issuer(issuer)?;
        }
        if claims::date(&claims, "exp")?.is_some_and(|expires_at| time.is_past(expires_at)) {
            return Err(LoadBalancerRefusal::Expired);
        }
        let signature = decoded("the signature", signature)?;
        let (message, _) = text.rsplit_once('.').ok_or_else(|| malformed("there is no dot"))?;
        Ok(Self { arn, key_id, claims, message: message.as_bytes(), signature })
    }

    /// The key that the JWT names.
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The address of that key. It depends on the region of our own load balancer, never on the JWT.
    pub fn key_url(&self, trusted: &TrustedLoadBalancers) -> String {
        match &trusted.key_endpoint {
            Some(endpoint) => format!("{endpoint}/{}", self.key_id.as_str()),
            None => self.arn.key_url(&self.key_id),
        }
    }

    /// Verifies the signature with the key that the JWT names.
    ///
    /// # Errors
    ///
    /// The signature is invalid, or the claims lack `sub`.
    pub fn verify(self, key: &LoadBalancerKey) -> Result<LoadBalancerUser, LoadBalancerRefusal> {
        let _: VerifiedSignature =
            VerifiedSignature::verify(SigningAlgorithm::Es256, key.public(), self.message, &self.signature)
                .ok_or(LoadBalancerRefusal::Signature)?;
        let subject = claims::required_text(&self.claims, "sub")?.to_owned();
        Ok(LoadBalancerUser { subject, claims: self.claims })
    }
}

impl LoadBalancerUser {
    /// Merges the claims with those of the access token that was passed with them; with Cognito, only that
    /// has groups and scopes. If both have a claim, the access token's counts, because its issuer signed it
    /// for this purpose.
    ///
    /// # Errors
    ///
    /// The access token belongs to another user.
    pub(crate) fn with_access_token(
        mut self,
        access_token: Option<AccessToken>,
    ) -> Result<(Self, Option<String>), LoadBalancerRefusal> {
        let Some(access_token) = access_token else { return Ok((self, None)) };
        if access_token.subject != self.subject {
            return Err(LoadBalancerRefusal::Subject);
        }
        self.claims.extend(access_token.claims);
        Ok((self, access_token.scope))
    }

    /// The user name: in the claim of Cognito's UserInfo endpoint, otherwise in the standard one.
    pub fn username(&self) -> Option<String> {
        let own = claims::description(&self.claims, "username");
        own.or_else(|| claims::description(&self.claims, "preferred_username")).map(str::to_owned)
    }

    /// The e-mail address, if the provider has verified it.
    pub fn email(&self) -> Option<String> {
        claims::verified_email(&self.claims).map(str::to_owned)
    }

    /// The groups.
    pub fn groups(&self, claim: &ClaimPath) -> Vec<String> {
        claims::groups(&self.claims, claim)
    }
}

/// The load balancer's headers in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented<'a> {
    /// [`DATA_HEADER`].
    pub data: &'a str,
    /// [`ACCESS_TOKEN_HEADER`].
    pub access_token: Option<&'a str>,
}

impl Presented<'_> {
    /// The original JWT, for an application that verifies it again.
    pub fn data(&self) -> Secret {
        Secret::new(self.data)
    }
}

/// Parses the header of a JWT, which must name ES256 and require no extension.
fn header_of_es256(encoded: &str) -> Result<Map<String, Value>, LoadBalancerRefusal> {
    let header = parse_every_member(&decoded("the header", encoded)?)
        .map_err(|refusal| LoadBalancerRefusal::Malformed(LogDetail::no_object("the header", refusal)))?;
    // RFC 7515 section 4.1.11, RFC 7797 section 6: an extension that must be understood is refused.
    if let Some(name) = ["crit", "b64"].into_iter().find(|name| header.contains_key(*name)) {
        return Err(malformed(&format!("`{name}` is there")));
    }
    let (algorithm, expected) = (claims::text(&header, "alg")?, SigningAlgorithm::Es256.name());
    if algorithm != Some(expected) {
        return Err(LoadBalancerRefusal::Algorithm(LogDetail::other_text("alg", algorithm, [expected])));
    }
    Ok(header)
}

fn decoded(what: &str, part: &str) -> Result<Vec<u8>, LoadBalancerRefusal> {
    BASE64.decode(part).map_err(|_| malformed(&format!("{what}: no base64url")))
}

fn malformed(problem: &str) -> LoadBalancerRefusal {
    LoadBalancerRefusal::Malformed(LogDetail::fixed_text(problem))
}

impl From<ClaimRefusal> for LoadBalancerRefusal {
    fn from(refusal: ClaimRefusal) -> Self {
        Self::Claim(refusal)
    }
}
