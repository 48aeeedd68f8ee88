//! Reads provider metadata (OpenID Connect Discovery 1.0 sections 3 and 4, RFC 8414).

mod cache;

pub use cache::{MetadataCache, MetadataPlan};

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::json::parse_object;
use crate::provider::call::{CallKind, ProviderRequest, ProviderResponse};
use crate::refusal::log_detail::LogDetail;
use crate::refusal::reason::{self, Reason};
use crate::token::claims::{ClaimRefusal, OtherIssuer, json_type};

/// The provider's endpoints. All are `https`, or `http` on loopback where the issuer is too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// `issuer`.
    pub issuer: String,
    /// `authorization_endpoint`.
    pub authorization_endpoint: String,
    /// `token_endpoint`.
    pub token_endpoint: String,
    /// `jwks_uri`.
    pub jwks_uri: String,
    /// `userinfo_endpoint`.
    pub userinfo_endpoint: Option<String>,
    /// `revocation_endpoint`.
    pub revocation_endpoint: Option<String>,
    /// `end_session_endpoint`.
    pub end_session_endpoint: Option<String>,
    /// `authorization_response_iss_parameter_supported`: whether `iss` must be in the callback (RFC 9207 section 3).
    pub authorization_response_iss: bool,
    /// The optional endpoints that are invalid, for the log. They count as absent.
    pub odd: Option<String>,
}

/// Why the metadata is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryRefusal {
    /// A required endpoint is absent, or is not `https`, or has credentials or a fragment.
    Endpoint(ClaimRefusal),
    /// `issuer` is not exactly the configured one: this is the metadata of another provider.
    Issuer(OtherIssuer),
    /// The response is not a JSON object, or has a member twice.
    Malformed(LogDetail),
    /// The status is not 200.
    Unavailable,
}

impl DiscoveryRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::Endpoint(_) => &reason::DISCOVERY_ENDPOINT,
            Self::Issuer(_) => &reason::DISCOVERY_ISSUER_MISMATCH,
            Self::Malformed(_) => &reason::DISCOVERY_MALFORMED,
            Self::Unavailable => &reason::DISCOVERY_UNAVAILABLE,
        }
    }
}

/// The request for the metadata of `issuer`. Discovery section 4: the path is appended to the issuer after
/// removing a slash at its end.
pub fn request(issuer: &str) -> ProviderRequest {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    ProviderRequest::fetch(&format!("{issuer}/.well-known/openid-configuration"), CallKind::Discovery)
}

/// Judges the response to [`request`].
///
/// # Errors
///
/// [`DiscoveryRefusal`].
pub fn read_response(
    response: &ProviderResponse,
    issuers: &[String],
) -> Result<ProviderMetadata, DiscoveryRefusal> {
    if response.status != 200 {
        return Err(DiscoveryRefusal::Unavailable);
    }
    let document = parse_object(&response.body)
        .map_err(|refusal| DiscoveryRefusal::Malformed(LogDetail::no_object("the document", refusal)))?;
    // Discovery 4.3: "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix".
    let named = document.get("issuer");
    let Some(issuer) = issuers.iter().find(|issuer| named.and_then(Value::as_str) == Some(issuer)) else {
        let expected = issuers.iter().map(String::as_str);
        return Err(DiscoveryRefusal::Issuer(OtherIssuer::named(named, expected)));
    };
    let endpoint = |name| endpoint(&document, name, issuer);
    let required = |name| endpoint(name).ok_or_else(|| no_endpoint(name, document.get(name)));
    Ok(ProviderMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: required("authorization_endpoint")?,
        token_endpoint: required("token_endpoint")?,
        jwks_uri: required("jwks_uri")?,
        userinfo_endpoint: endpoint("userinfo_endpoint"),
        revocation_endpoint: endpoint("revocation_endpoint"),
        end_session_endpoint: endpoint("end_session_endpoint"),
        odd: odd(&document, issuer),
        authorization_response_iss: document.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
    })
}

/// Tells whether the provider `issuer` may be called at this URL: `https`, without credentials and fragment. A
/// provider that is itself on loopback by `http` may name such a URL; another one must not lead us to what
/// listens there, such as Lambda's runtime interface. The URL parser drops line breaks and spaces and turns
/// backslashes into slashes, but the text itself is used in headers, so a text with any of these is refused.
pub fn is_endpoint(text: &str, issuer: &str) -> bool {
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return false;
    }
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let secure = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_on_loopback(&url) && Url::parse(issuer).is_ok_and(|issuer| is_on_loopback(&issuer)),
        _ => false,
    };
    secure && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
}

/// Tells whether the URL is `http` on loopback.
fn is_on_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && url.host().is_some_and(|host| match host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        })
}

/// The endpoint of this name, if it is valid.
fn endpoint(document: &Map<String, Value>, name: &str, issuer: &str) -> Option<String> {
    document.get(name)?.as_str().filter(|text| is_endpoint(text, issuer)).map(str::to_owned)
}

/// The reason why `name` is not valid. It never contains the text itself, which may have a password.
fn no_endpoint(name: &'static str, value: Option<&Value>) -> DiscoveryRefusal {
    let expected = "an https address without credentials and fragment";
    DiscoveryRefusal::Endpoint(match value {
        None => ClaimRefusal::Missing(name),
        Some(Value::String(_)) => ClaimRefusal::WrongType { claim: name, expected, seen: "another text" },
        Some(other) => ClaimRefusal::wrong_type(name, expected, other),
    })
}

/// Names the optional endpoints that are present but invalid. Sign-in does not need them, and some providers
/// write an empty text.
fn odd(document: &Map<String, Value>, issuer: &str) -> Option<String> {
    let odd = ["userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"].into_iter();
    let odd = odd.filter(|name| document.contains_key(*name) && endpoint(document, name, issuer).is_none());
    let named = odd.filter_map(|name| match document.get(name)? {
        Value::String(_) => Some(format!("`{name}` is not an https address")),
        other => Some(format!("`{name}` is {}, expected a string", json_type(other))),
    });
    let all: Vec<String> = named.collect();
    (!all.is_empty()).then(|| format!("provider metadata: {}: counts as absent", all.join("; ")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;
    use crate::refusal::log_detail::any_detail;

    const ISSUER: &str = "https://login.example.com/tenant";

    fn good() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.example.com/authorize",
            "token_endpoint": "https://login.example.com/token",
            "jwks_uri": "https://keys.example.com/jwks.json",
            "userinfo_endpoint": "https://login.example.com/userinfo",
            "revocation_endpoint": "https://login.example.com/revoke",
            "end_session_endpoint": "https://login.example.com/logout?tenant=1",
            "authorization_response_iss_parameter_supported": true,
            "scopes_supported": ["openid"],
        })
    }

    fn answer(status: u16, body: &str) -> ProviderResponse {
        ProviderResponse { status, content_type: None, body: body.as_bytes().to_vec() }
    }

    /// Judges a good document with one member changed, or removed when the value is `None`.
    fn with(name: &str, value: Option<Value>) -> Result<ProviderMetadata, DiscoveryRefusal> {
        let mut document = good();
        let members = document.as_object_mut().unwrap();
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
        read_response(&answer(200, &document.to_string()), &[ISSUER.to_owned()])
    }

    #[test]
    fn a_good_document_is_read() {
        let metadata = read_response(&answer(200, &good().to_string()), &[ISSUER.to_owned()]).unwrap();
        assert_eq!(metadata.issuer, ISSUER);
        assert_eq!(metadata.authorization_endpoint, "https://login.example.com/authorize");
        assert_eq!(metadata.token_endpoint, "https://login.example.com/token");
        assert_eq!(metadata.jwks_uri, "https://keys.example.com/jwks.json");
        assert_eq!(metadata.userinfo_endpoint.as_deref(), Some("https://login.example.com/userinfo"));
        assert_eq!(metadata.revocation_endpoint.as_deref(), Some("https://login.example.com/revoke"));
        assert_eq!(
            metadata.end_session_endpoint.as_deref(),
            Some("https://login.example.com/logout?tenant=1")
        );
        assert!(metadata.authorization_response_iss);
    }

    #[test]
    fn the_document_is_below_the_issuer() {
        for issuer in [ISSUER.to_owned(), format!("{ISSUER}/")] {
            let request = request(&issuer);
            assert_eq!(request.url, "https://login.example.com/tenant/.well-known/openid-configuration");
            assert_eq!(request.kind, CallKind::Discovery);
        }
    }

    #[test]
    fn another_issuer_is_refused() {
        for issuer in [
            "https://attacker.example",
            "https://login.example.com/tenant/",
            "HTTPS://login.example.com/tenant",
            "",
        ] {
            let refusal = DiscoveryRefusal::Issuer(OtherIssuer::new(Some(issuer), [ISSUER]));
            assert_eq!(with("issuer", Some(json!(issuer))), Err(refusal));
        }
        for issuer in [None, Some(json!([ISSUER])), Some(json!(null))] {
            let present = issuer.clone().filter(|issuer| !issuer.is_null());
            let refusal = DiscoveryRefusal::Issuer(OtherIssuer::named(present.as_ref(), [ISSUER]));
            assert_eq!(with("issuer", issuer), Err(refusal));
        }
    }

    #[test]
    fn an_issuer_that_a_discovery_url_names_may_end_in_a_slash() {
        let with_slash = format!("{ISSUER}/");
        let both = [ISSUER.to_owned(), with_slash.clone()];
        for issuer in &both {
            let mut document = good();
            document.as_object_mut().unwrap().insert("issuer".to_owned(), json!(issuer));
            let response = answer(200, &document.to_string());
            assert_eq!(read_response(&response, &both).unwrap().issuer, *issuer);
        }
        let refusal =
            read_response(&answer(200, &good().to_string()), std::slice::from_ref(&with_slash)).unwrap_err();
        let text = crate::refusal::Refusal::from(refusal).detail().into_owned();
        assert!(text.contains(&format!("`{ISSUER}`, expected `{with_slash}`")), "{text}");
    }

    #[test]
    fn a_required_endpoint_must_be_there() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            assert_eq!(with(name, None), Err(DiscoveryRefusal::Endpoint(ClaimRefusal::Missing(name))));
            assert_eq!(
                with(name, Some(json!(null))),
                Err(DiscoveryRefusal::Endpoint(ClaimRefusal::Missing(name)))
            );
            let refused = with(name, Some(json!(5))).map(|_| ()).unwrap_err();
            assert_eq!(refused, no_endpoint(name, Some(&json!(5))));
        }
    }

    #[test]
    fn an_optional_endpoint_may_be_absent() {
        for name in ["userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"] {
            assert!(with(name, None).is_ok());
            assert!(with(name, Some(json!(null))).is_ok());
        }
        let silent = with("authorization_response_iss_parameter_supported", None).unwrap();
        assert!(!silent.authorization_response_iss);
    }

    #[test]
    fn every_required_endpoint_is_checked() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            let refusal = Err(no_endpoint(name, Some(&json!("http"))));
            assert_eq!(with(name, Some(json!("http://login.example.com/x"))), refusal, "{name}");
        }
    }

    #[test]
    fn an_optional_endpoint_that_is_none_counts_as_absent_and_is_named() {
        for name in ["userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"] {
            for odd in
                [json!(""), json!("http://login.example.com/x"), json!("/logout"), json!(5), json!(["x"])]
            {
                let metadata = with(name, Some(odd)).unwrap();
                assert!(metadata.odd.unwrap().contains(&format!("`{name}`")));
                let optional = [
                    ("userinfo_endpoint", metadata.userinfo_endpoint),
                    ("revocation_endpoint", metadata.revocation_endpoint),
                    ("end_session_endpoint", metadata.end_session_endpoint),
                ];
                for (other, endpoint) in optional {
                    assert_eq!(endpoint.is_none(), other == name, "{other}");
                }
            }
            assert_eq!(with(name, None).unwrap().odd, None);
        }
    }

    /// A function of Lambda has its runtime interface there, and a container the credentials of its role.
    #[test]
    fn a_provider_elsewhere_names_no_endpoint_on_loopback() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for url in ["http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", "http://localhost/x"] {
                let refusal = Err(no_endpoint(name, Some(&json!("http"))));
                assert_eq!(with(name, Some(json!(url))), refusal, "{name}: {url}");
            }
        }
        let odd = with("userinfo_endpoint", Some(json!("http://[::1]/x"))).unwrap();
        assert!(odd.userinfo_endpoint.is_none() && odd.odd.is_some());
        for (issuer, valid) in [
            ("http://127.0.0.1:8410/pool", true),
            ("http://localhost", true),
            ("http://[::1]:8410", true),
            ("https://127.0.0.1:8410/pool", false),
            ("https://localhost", false),
            ("http://id.example.com", false),
            ("no address", false),
        ] {
            assert_eq!(is_endpoint("http://127.0.0.1:8410/keys", issuer), valid, "{issuer}");
            assert!(is_endpoint("https://127.0.0.1:8410/keys", issuer), "{issuer}");
        }
    }

    #[test]
    fn endpoints_are_https_or_on_loopback() {
        for endpoint in [
            "https://login.example.com",
            "https://login.example.com:8443/x?y=z",
            "http://localhost:8410/x",
            "http://127.0.0.1:8410/x",
            "http://127.9.9.9/x",
            "http://[::1]:8410/x",
        ] {
            assert!(is_endpoint(endpoint, "http://localhost:8410"), "{endpoint}");
        }
        for endpoint in [
            "",
            "/token",
            "//login.example.com/token",
            "login.example.com",
            "http://login.example.com/x",
            "http://localhost.example.com/x",
            "http://127.0.0.1.example.com/x",
            "http://169.254.169.254/latest",
            "http://10.0.0.1/x",
            "http://0.0.0.0/x",
            "http://[::2]/x",
            "ftp://login.example.com",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://user@login.example.com/x",
            "https://user:password@login.example.com/x",
            "https://:password@login.example.com/x",
            "https://login.example.com/x#fragment",
            "https://login.example.com/x#",
            "https://",
            "https:///",
            " https://login.example.com/x",
            "https://login.example.com/x\r\nset-cookie: a=b",
            "https://login.example.com/\tx",
            "https:\\\\login.example.com/x",
            "https://login.example.com/\u{e9}",
        ] {
            assert!(!is_endpoint(endpoint, "http://localhost:8410"), "{endpoint}");
            assert!(!is_endpoint(endpoint, ISSUER), "{endpoint}");
        }
    }

    #[test]
    fn a_text_that_is_no_object_is_malformed() {
        let twice = good().to_string().replacen('{', r#"{"token_endpoint":"https://attacker.example","#, 1);
        for body in ["", "null", "[]", "<html>", &twice] {
            assert_eq!(
                read_response(&answer(200, body), &[ISSUER.to_owned()]),
                Err(DiscoveryRefusal::Malformed(any_detail())),
                "{body}"
            );
        }
    }

    #[test]
    fn any_status_but_200_is_an_outage() {
        for status in [201, 204, 301, 302, 400, 404, 429, 500, 503] {
            let refusal = read_response(&answer(status, &good().to_string()), &[ISSUER.to_owned()]);
            assert_eq!(refusal, Err(DiscoveryRefusal::Unavailable), "{status}");
        }
    }
}
