//! Reads vestibule's own addresses: the one that browsers see, the prefix, and the ends of sign-in and sign-out.

use super::key;
use super::section::{Recorded, Section, text};
use super::{ConfiguredEndpoints, address};
use crate::http::endpoint::Endpoint;
use crate::http::public_url::{PublicUrl, PublicUrlFault};
use crate::sign_in::attempt::MAX_INLINE_RETURN_TARGET_BYTES;

/// Our own addresses.
pub(super) struct Locations {
    pub(super) auth_prefix: String,
    pub(super) redirect_uri: String,
    pub(super) callback_path: String,
    pub(super) login_redirect_uri: String,
    pub(super) logout_redirect_uri: String,
}

/// Reads `public_url`.
pub(super) fn read_public_url(section: &mut Section) -> Result<PublicUrl, Recorded> {
    section.always(&key::PUBLIC_URL, |node| {
        let text = text(node)?;
        address::absolute(&text)?;
        PublicUrl::parse(&text).map_err(|fault| public_url_problem(fault).to_owned())
    })
}

/// Reads the addresses that hang on `public_url`.
pub(super) fn read(section: &mut Section, public_url: Option<&PublicUrl>) -> Result<Locations, Recorded> {
    let auth_prefix = section.always(&key::AUTH_PREFIX, |node| auth_prefix(text(node)?));
    let prefix = auth_prefix.as_deref().unwrap_or("/oauth2");
    let redirect_uri = section.key(&key::REDIRECT_URI, |node| {
        let text = text(node)?;
        let path = callback_path(&text, public_url, prefix)?;
        Ok((text, path))
    });
    let own = |allowed: &'static [Endpoint]| {
        move |address: String| match public_url.and_then(|public_url| below(&address, public_url, prefix)) {
            Some(rest) if !allowed.iter().any(|endpoint| endpoint.path() == rest) => {
                Err("is under `auth_prefix`, where no page to end at is; take one of the application"
                    .to_owned())
            }
            _ => Ok(address),
        }
    };
    let login = section.key(&key::LOGIN_REDIRECT_URI, |node| {
        target(&text(node)?, public_url).and_then(fits).and_then(own(&[]))
    });
    let after_sign_out = own(&[Endpoint::SignedOut, Endpoint::Login]);
    let logout = section
        .key(&key::LOGOUT_REDIRECT_URI, |node| target(&text(node)?, public_url).and_then(after_sign_out));
    let (redirect_uri, login, logout) = (redirect_uri?, login?, logout?);
    let auth_prefix = auth_prefix?;
    let join = |path: &str| public_url.map(|public_url| public_url.join(path)).unwrap_or_default();
    let (redirect_uri, callback_path) = redirect_uri.unwrap_or_else(|| {
        let path = format!("{auth_prefix}/callback");
        (join(&path), path)
    });
    Ok(Locations {
        redirect_uri,
        callback_path,
        login_redirect_uri: login.unwrap_or_else(|| join("/")),
        logout_redirect_uri: logout.unwrap_or_else(|| join(&format!("{auth_prefix}/signed-out"))),
        auth_prefix,
    })
}

const fn public_url_problem(fault: PublicUrlFault) -> &'static str {
    match fault {
        PublicUrlFault::Credentials => "takes an address without credentials",
        PublicUrlFault::NotAbsolute => "takes an absolute address",
        PublicUrlFault::Path => "takes a path without empty segments or percent signs",
        PublicUrlFault::QueryOrFragment => "takes an address without query and fragment",
        PublicUrlFault::Scheme => "takes an https address (http on loopback only)",
    }
}

fn auth_prefix(text: String) -> Result<String, String> {
    let segments = text.strip_prefix('/').unwrap_or_default();
    let fits = segments.split('/').all(|segment| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    });
    if fits { Ok(text) } else { Err("takes a path such as `/oauth2`, without a slash at the end".to_owned()) }
}

/// The path of a `redirect_uri` below `public_url`. The provider compares it to the byte, and so do we.
fn callback_path(text: &str, public_url: Option<&PublicUrl>, auth_prefix: &str) -> Result<String, String> {
    let url = address::absolute(text)?;
    if url.query().is_some() {
        return Err("takes an address without a query".to_owned());
    }
    let Some(public_url) = public_url else {
        return Ok(String::new());
    };
    if url.origin().ascii_serialization() != public_url.origin() {
        return Err("is not of the origin of `public_url`".to_owned());
    }
    let below = text.strip_prefix(public_url.origin()).and_then(|rest| rest.strip_prefix(public_url.path()));
    let path = match below {
        Some(path) if path.starts_with('/') => path,
        _ => return Err("is not below `public_url`".to_owned()),
    };
    if url.path() != format!("{}{path}", public_url.path())
        || path.contains("//")
        || path.contains([';', '%'])
    {
        return Err("takes a plain path".to_owned());
    }
    let own = Endpoint::ALL.into_iter().filter(|endpoint| *endpoint != Endpoint::Callback);
    let rest = path.strip_prefix(auth_prefix);
    let taken = rest.is_some_and(|rest| rest.is_empty() || own.map(Endpoint::path).any(|path| path == rest));
    if taken { Err("is a path that vestibule answers otherwise".to_owned()) } else { Ok(path.to_owned()) }
}

/// Gives the rest of `address` after our prefix, without its query; `None` for an address that is not ours to answer.
fn below(address: &str, public_url: &PublicUrl, auth_prefix: &str) -> Option<String> {
    let url = address::absolute(address).ok()?;
    let ours = format!("{}{auth_prefix}", public_url.path());
    let rest = url.path().strip_prefix(&ours)?;
    let within = rest.is_empty() || rest.starts_with('/');
    (url.origin().ascii_serialization() == public_url.origin() && within).then(|| rest.to_owned())
}

/// Tells whether one of the provider's endpoints is an address that vestibule answers itself.
pub(super) fn refuse_own_endpoints(
    section: &mut Section,
    endpoints: &ConfiguredEndpoints,
    public_url: &PublicUrl,
    auth_prefix: &str,
) -> Result<(), Recorded> {
    let mut outcome = Ok(());
    for (key, endpoint) in [
        (&key::AUTHORIZATION_ENDPOINT, &endpoints.authorization),
        (&key::TOKEN_ENDPOINT, &endpoints.token),
        (&key::JWKS_ENDPOINT, &endpoints.jwks),
        (&key::USERINFO_ENDPOINT, &endpoints.userinfo),
        (&key::REVOCATION_ENDPOINT, &endpoints.revocation),
        (&key::END_SESSION_ENDPOINT, &endpoints.end_session),
    ] {
        if endpoint.as_deref().is_some_and(|address| below(address, public_url, auth_prefix).is_some()) {
            outcome = Err(section.fault(
                key.name,
                "is under `auth_prefix` of `public_url`, where vestibule answers; write the provider's address",
            ));
        }
    }
    outcome
}

/// An attempt that has no other page to return to keeps the address in its own cookie.
fn fits(address: String) -> Result<String, String> {
    if address.len() > MAX_INLINE_RETURN_TARGET_BYTES {
        return Err(format!("is longer than {MAX_INLINE_RETURN_TARGET_BYTES} bytes"));
    }
    Ok(address)
}

/// An absolute address, or a path below `public_url`.
fn target(text: &str, public_url: Option<&PublicUrl>) -> Result<String, String> {
    if !text.starts_with('/') {
        return address::secure(text.to_owned());
    }
    let Some(public_url) = public_url else {
        return Ok(String::new());
    };
    let absolute = public_url.join(text);
    let url = address::absolute(&absolute)?;
    if text.starts_with("//") || url.as_str() != absolute {
        return Err("takes a plain path or an absolute address".to_owned());
    }
    Ok(absolute)
}
