//! Reads vestibule's own addresses: the public ones, the prefix, and the pages after sign-in and sign-out.

use super::document::Node;
use super::key;
use super::section::{FaultRecorded, Section, list, text};
use super::{Addresses, ConfiguredEndpoints, address, logout};
use http::Method;
use url::Url;

use crate::gate::route::{Auth, Routes};
use crate::http::endpoint::{Endpoint, is_below, reads_as_below};
use crate::http::public_url::PublicUrl;
use crate::sign_in::attempt::MAX_INLINE_RETURN_TARGET_BYTES;

/// Vestibule's own addresses.
pub(super) struct OwnAddresses {
    pub(super) auth_prefix: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) logout_redirect_uri_unwrapped: bool,
    /// One for each `public_url`, in their order.
    pub(super) hosts: Vec<Addresses>,
}

/// The most addresses that a list may have, because each is compared with a request.
const MAX_ADDRESSES: usize = 20;

/// Reads `public_url`: one, or several with different hosts.
pub(super) fn read_public_urls(section: &mut Section) -> Result<Vec<PublicUrl>, FaultRecorded> {
    section.always(&key::PUBLIC_URL, |node| {
        let mut public_urls: Vec<PublicUrl> = Vec::new();
        for text in addresses(node)? {
            address::absolute(&text)?;
            let public_url = PublicUrl::parse(&text).map_err(|fault| fault.to_string())?;
            if public_urls.iter().any(|other| other.authority() == public_url.authority()) {
                return Err("has a host twice; the host of a request chooses among them".to_owned());
            }
            if public_urls.iter().any(|other| other.path() != public_url.path()) {
                return Err(
                    "has different paths; the application is below the same one on each host".to_owned()
                );
            }
            public_urls.push(public_url);
        }
        Ok(public_urls)
    })
}

/// A list of at most [`MAX_ADDRESSES`].
fn addresses(node: Node) -> Result<Vec<String>, String> {
    let addresses = list(node)?;
    if addresses.len() > MAX_ADDRESSES {
        return Err(format!("has more than {MAX_ADDRESSES} entries"));
    }
    Ok(addresses)
}

/// Reads the addresses that depend on each `public_url`.
pub(super) fn read(
    section: &mut Section,
    public_urls: &[PublicUrl],
    user_pool_client: Option<&str>,
) -> Result<OwnAddresses, FaultRecorded> {
    let auth_prefix = section.always(&key::AUTH_PREFIX, |node| auth_prefix(text(node)?));
    let prefix = auth_prefix.as_deref().unwrap_or("/oauth2");
    let callbacks = section.key(&key::REDIRECT_URI, |node| callbacks(node, public_urls, prefix));
    let own = |allowed: &'static [Endpoint]| {
        move |address: String| {
            let mut below = public_urls.iter().filter_map(|public_url| below(&address, public_url, prefix));
            if below.any(|rest| !allowed.iter().any(|endpoint| endpoint.path() == rest)) {
                return Err("is below `auth_prefix`, which has no such page; use a page of the application"
                    .to_owned());
            }
            Ok(address)
        }
    };
    let login = section.key(&key::LOGIN_REDIRECT_URI, |node| {
        targets(&text(node)?, public_urls, |target| own(&[])(fits(target)?))
    });
    let after_sign_out = own(&[Endpoint::SignedOut, Endpoint::Login]);
    let mut unwrapped = false;
    let logout = section.key(&key::LOGOUT_REDIRECT_URI, |node| {
        let mut page = text(node)?;
        if user_pool_client.is_some() {
            (page, unwrapped) = logout::page_in_sign_out_address(page, user_pool_client, public_urls)?;
        }
        targets(&page, public_urls, after_sign_out)
    });
    let mut denial =
        |key| section.key(key, |node| targets(&text(node)?, public_urls, |target| own(&[])(fits(target)?)));
    let forbidden = denial(&key::FORBIDDEN_REDIRECT_URI);
    let unauthorized = denial(&key::UNAUTHORIZED_REDIRECT_URI);
    let (callbacks, login, logout) = (callbacks?.unwrap_or_default(), login?, logout?);
    let (forbidden, unauthorized) = (forbidden?, unauthorized?);
    let auth_prefix = auth_prefix?;
    let on_host = |(host, public_url): (usize, &PublicUrl)| {
        let here =
            |target: &Option<Vec<String>>| target.as_ref().and_then(|targets| targets.get(host)).cloned();
        let chosen = |target, otherwise: &str| here(target).unwrap_or_else(|| public_url.join(otherwise));
        let own = callbacks.iter().filter(|callback| callback.host == host);
        let mut callback_paths: Vec<String> = own.map(|callback| callback.path.clone()).collect();
        if callback_paths.is_empty() {
            callback_paths.push(format!("{auth_prefix}/callback"));
        }
        Addresses {
            redirect_uri: callback_paths.first().map(|path| public_url.join(path)).unwrap_or_default(),
            callback_paths,
            login_redirect_uri: chosen(&login, "/"),
            logout_redirect_uri: chosen(&logout, &format!("{auth_prefix}/signed-out")),
            forbidden_redirect_uri: here(&forbidden),
            unauthorized_redirect_uri: here(&unauthorized),
            public_url: public_url.clone(),
        }
    };
    let hosts: Vec<Addresses> = public_urls.iter().enumerate().map(on_host).collect();
    Ok(OwnAddresses {
        logout_redirect_uri_unwrapped: unwrapped,
        redirect_uris: hosts.iter().flat_map(Addresses::redirect_uris).collect(),
        hosts,
        auth_prefix,
    })
}

fn auth_prefix(text: String) -> Result<String, String> {
    let segments = text.strip_prefix('/').unwrap_or_default();
    let fits = segments.split('/').all(|segment| {
        !matches!(segment, "" | "." | "..")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    });
    if fits {
        Ok(text)
    } else {
        Err("must be a path such as `/oauth2`, without a slash at the end".to_owned())
    }
}

/// One `redirect_uri`: the index of its `public_url`, and the path below that.
struct Callback {
    host: usize,
    path: String,
}

/// Requires at least one `redirect_uri` for each `public_url`, so that a sign-in ends on the host where it
/// began.
fn callbacks(node: Node, public_urls: &[PublicUrl], auth_prefix: &str) -> Result<Vec<Callback>, String> {
    let mut callbacks: Vec<Callback> = Vec::new();
    for text in addresses(node)? {
        let callback = callback(&text, public_urls, auth_prefix)?;
        if callbacks.iter().any(|other| (other.host, &other.path) == (callback.host, &callback.path)) {
            return Err("has an address twice".to_owned());
        }
        callbacks.push(callback);
    }
    let is_without = |host: &usize| callbacks.iter().all(|callback| callback.host != *host);
    match (0..public_urls.len()).find(is_without).and_then(|host| public_urls.get(host)) {
        Some(public_url) => Err(format!("has no address of {}", public_url.origin())),
        None => Ok(callbacks),
    }
}

/// Parses a `redirect_uri`. It must be written exactly, because the provider compares it byte by byte, and so
/// do we.
fn callback(text: &str, public_urls: &[PublicUrl], auth_prefix: &str) -> Result<Callback, String> {
    let url = address::absolute(text)?;
    if url.query().is_some() {
        return Err("must be an address without a query".to_owned());
    }
    if public_urls.is_empty() {
        return Ok(Callback { host: 0, path: text.to_owned() });
    }
    let origin = url.origin().ascii_serialization();
    let of_origin = |(_, public_url): &(usize, &PublicUrl)| public_url.origin() == origin;
    let Some((host, public_url)) = public_urls.iter().enumerate().find(of_origin) else {
        return Err("does not have the origin of `public_url`".to_owned());
    };
    let below = text.strip_prefix(public_url.origin()).and_then(|rest| rest.strip_prefix(public_url.path()));
    let path = match below {
        Some(path) if path.starts_with('/') => path,
        _ => return Err("is not below `public_url`".to_owned()),
    };
    if url.path() != format!("{}{path}", public_url.path())
        || path.contains("//")
        || path.contains([';', '%'])
    {
        return Err("must be a plain path".to_owned());
    }
    let own = Endpoint::ALL.into_iter().filter(|endpoint| *endpoint != Endpoint::Callback);
    let rest = path.strip_prefix(auth_prefix);
    let taken = rest.is_some_and(|rest| rest.is_empty() || own.map(Endpoint::path).any(|path| path == rest));
    if taken {
        return Err("is the path of another endpoint of vestibule".to_owned());
    }
    Ok(Callback { host, path: path.to_owned() })
}

/// The part of `address` after our prefix, without the query; `None` for an address that vestibule does not
/// answer. For another spelling of the prefix it is the whole path, which no endpoint has.
fn below(address: &str, public_url: &PublicUrl, auth_prefix: &str) -> Option<String> {
    let url = address::absolute(address).ok()?;
    let path = url.path().strip_prefix(public_url.path())?;
    let is_ours =
        url.origin().ascii_serialization() == public_url.origin() && reads_as_below(path, auth_prefix);
    let rest = if is_below(path, auth_prefix) { path.strip_prefix(auth_prefix)? } else { path };
    is_ours.then(|| rest.to_owned())
}

/// Refuses an endpoint of the provider that is an address which vestibule answers itself.
pub(super) fn refuse_own_endpoints(
    section: &mut Section,
    endpoints: &ConfiguredEndpoints,
    public_urls: &[PublicUrl],
    auth_prefix: &str,
) {
    for (key, endpoint) in [
        (&key::AUTHORIZATION_ENDPOINT, &endpoints.authorization),
        (&key::TOKEN_ENDPOINT, &endpoints.token),
        (&key::JWKS_ENDPOINT, &endpoints.jwks),
        (&key::USERINFO_ENDPOINT, &endpoints.userinfo),
        (&key::REVOCATION_ENDPOINT, &endpoints.revocation),
        (&key::END_SESSION_ENDPOINT, &endpoints.end_session),
    ] {
        let is_own = |address: &str| {
            public_urls.iter().any(|public_url| below(address, public_url, auth_prefix).is_some())
        };
        if endpoint.as_deref().is_some_and(is_own) {
            let _ = section.fault(
                key.name,
                "is below `auth_prefix` of `public_url`, where vestibule answers; write the provider's address",
            );
        }
    }
}

/// The address is kept in the attempt's own cookie, so its length is limited.
fn fits(address: String) -> Result<String, String> {
    if address.len() > MAX_INLINE_RETURN_TARGET_BYTES {
        return Err(format!("is longer than {MAX_INLINE_RETURN_TARGET_BYTES} bytes"));
    }
    Ok(address)
}

/// Refuses an `unauthorized_redirect_uri` that requires sign-in itself, because each refusal there would
/// redirect to it again.
pub(super) fn refuse_closed_page(section: &mut Section, hosts: &[Addresses], routes: &Routes) {
    let is_closed = |host: &Addresses| {
        let path = own_path(host.unauthorized_redirect_uri.as_deref()?, hosts)?;
        Some(routes.decide(&Method::GET, &path).ok()?.auth() == Auth::Required)
    };
    if hosts.iter().any(|host| is_closed(host) == Some(true)) {
        let problem = "is a page that asks for sign-in itself; open it with a rule that has `auth: none`";
        let _ = section.fault(key::UNAUTHORIZED_REDIRECT_URI.name, problem);
    }
}

/// Refuses a page of the application whose path can be read in two ways, because every request for it would
/// be refused.
pub(super) fn refuse_ambiguous_page(
    section: &mut Section,
    (name, page): (&'static str, Option<&String>),
    hosts: &[Addresses],
    routes: &Routes,
) {
    let path = page.and_then(|page| own_path(page, hosts));
    if path.is_some_and(|path| routes.decide(&Method::GET, &path).is_err()) {
        let _ = section.fault(name, "has a path that can be read in two ways, and is refused for that");
    }
}

/// The path of a page of the application, below its `public_url`.
fn own_path(page: &str, hosts: &[Addresses]) -> Option<String> {
    let url = Url::parse(page).ok()?;
    let origin = url.origin().ascii_serialization();
    let own = hosts.iter().find(|host| host.public_url.origin() == origin)?;
    let path = url.path().strip_prefix(own.public_url.path()).filter(|path| path.starts_with('/'))?;
    Some(path.to_owned())
}

/// One absolute address for every host, or a path below each `public_url`. Each result passes `checked`.
fn targets(
    text: &str,
    public_urls: &[PublicUrl],
    checked: impl Fn(String) -> Result<String, String>,
) -> Result<Vec<String>, String> {
    if !text.starts_with('/') {
        let address = checked(address::secure(text.to_owned())?)?;
        return Ok(vec![address; public_urls.len()]);
    }
    public_urls.iter().map(|public_url| checked(below_public_url(text, public_url)?)).collect()
}

fn below_public_url(path: &str, public_url: &PublicUrl) -> Result<String, String> {
    let absolute = public_url.join(path);
    let url = address::absolute(&absolute)?;
    if path.starts_with("//") || url.as_str() != absolute {
        return Err("must be a plain path or an absolute address".to_owned());
    }
    Ok(absolute)
}
