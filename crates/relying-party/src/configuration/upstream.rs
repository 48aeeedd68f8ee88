//! Reads the keys about the upstream.

use http::HeaderName;

use super::key::{self, Key};
use super::section::{FaultRecorded, Section, claim_path, exact_text, flag, list, one_of, text};
use super::session::{MONOTONOUS, is_monotonous};
use super::{
    AccessTokenHeader, ClientAddress, HeaderStyle, Role, SecretHeader, UpstreamConfiguration, UpstreamHeader,
    address,
};
use crate::gate::reserved_header::{ReservedHeaders, canonical};
use crate::gate::route::Routes;
use crate::secret::Secret;

/// Names of hop-by-hop fields, and of headers that vestibule or a front sets.
const TAKEN_NAMES: [&str; 38] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-request-id",
    "x-requested-with",
    "x-rewrite-url",
    "x-vestibule",
];

/// Reads everything about the upstream.
pub(super) fn read(section: &mut Section, role: Role) -> Result<UpstreamConfiguration, FaultRecorded> {
    let url = section.key(&key::UPSTREAM_URL, |node| address::upstream(&text(node)?));
    let ca_bundle = section.key(&key::UPSTREAM_CA_BUNDLE, |node| {
        let path = text(node)?;
        let absolute = path.starts_with('/');
        if absolute { Ok(path) } else { Err("must be the absolute path of a file".to_owned()) }
    });
    let secret_header = section.key(&key::UPSTREAM_SECRET_HEADER, |node| secret_header(&exact_text(node)?));
    let access_token_header = access_token_header(section, role);
    let id_token_header = named_header(section, &key::UPSTREAM_ID_TOKEN_HEADER, role);
    let user_info_header = named_header(section, &key::UPSTREAM_USER_INFO_HEADER, role);
    let hide_credentials = section.always(&key::HIDE_CREDENTIALS, flag);
    let headers = headers(section, role);
    let header_style = header_style(section, role);
    let url = url?;
    if url.is_none() && role == Role::Proxy {
        return Err(section.fault(key::UPSTREAM_URL.name, "is required"));
    }
    // Without the header, the application would have to accept every request or refuse every request.
    refuse_on_authorizer(section, &key::UPSTREAM_SECRET_HEADER, role, matches!(secret_header, Ok(Some(_))))?;
    Ok(UpstreamConfiguration {
        url,
        ca_bundle: ca_bundle?,
        secret_header: secret_header?,
        access_token_header: access_token_header?,
        id_token_header: id_token_header?,
        user_info_header: user_info_header?,
        hide_credentials: hide_credentials?,
        headers: headers?,
        header_style: header_style?,
    })
}

/// Reads the settings of the front: how its requests are recognised, and the source of the client's address.
pub(super) fn front(
    section: &mut Section,
    role: Role,
) -> (Result<Vec<SecretHeader>, FaultRecorded>, Result<ClientAddress, FaultRecorded>) {
    let secrets = front_secrets(section, role);
    let client_address = client_address(section, role, secrets.as_deref().ok());
    (secrets, client_address)
}

fn front_secrets(section: &mut Section, role: Role) -> Result<Vec<SecretHeader>, FaultRecorded> {
    let given = section.key(&key::FRONT_SECRET_HEADER, |node| {
        list(node)?.iter().map(|text| secret_header(text)).collect::<Result<Vec<_>, _>>()
    })?;
    if given.is_some() && role == Role::Authorizer {
        // Ignoring the key would leave open what it is meant to close, and a REST API would pass the secret
        // on.
        return Err(section.fault(
            key::FRONT_SECRET_HEADER.name,
            "has no effect on the authorizer; set it on the functions that answer requests",
        ));
    }
    Ok(given.unwrap_or_default())
}

fn client_address(
    section: &mut Section,
    role: Role,
    front: Option<&[SecretHeader]>,
) -> Result<ClientAddress, FaultRecorded> {
    let given = section.key(&key::CLIENT_ADDRESS_HEADER, |node| {
        let name = text(node)?.to_ascii_lowercase();
        if name == "none" { Ok(ClientAddress::Untold) } else { header_name(&name).map(ClientAddress::Header) }
    })?;
    let problem = match &given {
        None => return Ok(ClientAddress::OfConnection),
        Some(_) if role == Role::Authorizer => PROXY_ONLY,
        Some(ClientAddress::Header(_)) if front.is_some_and(<[_]>::is_empty) => {
            "needs `front_secret_header`: without it any client could set the header"
        }
        Some(ClientAddress::Header(name))
            if front.into_iter().flatten().any(|secret| canonical(&secret.name) == canonical(name)) =>
        {
            "is the header of `front_secret_header`; choose another name"
        }
        Some(address) => return Ok(address.clone()),
    };
    Err(section.fault(key::CLIENT_ADDRESS_HEADER.name, problem))
}

/// Refuses a name with two uses: one value would be overwritten, or a client could set it.
pub(super) fn refuse_names_taken_twice(
    section: &mut Section,
    upstream: &UpstreamConfiguration,
    front: &[SecretHeader],
) {
    let styled = ReservedHeaders::of(&UpstreamConfiguration {
        secret_header: None,
        access_token_header: AccessTokenHeader::None,
        id_token_header: None,
        user_info_header: None,
        headers: Vec::new(),
        ..upstream.clone()
    });
    let token = match &upstream.access_token_header {
        AccessTokenHeader::Named { name, .. } => Some(canonical(name)),
        AccessTokenHeader::Authorization | AccessTokenHeader::None => None,
    };
    let secret = upstream.secret_header.as_ref().map(|header| canonical(&header.name));
    let style = key::UPSTREAM_HEADER_STYLE.name;
    let owner = |name: &str, among: &[(&'static str, Option<&String>)]| {
        let other = among.iter().find(|(_, taken)| taken.is_some_and(|taken| taken == name));
        let styled = styled.contains(name).then_some(style);
        other.map(|(key, _)| *key).or(styled)
    };
    let [id_token, user_info] =
        [&upstream.id_token_header, &upstream.user_info_header].map(|name| name.as_deref().map(canonical));
    let named = [
        (key::UPSTREAM_ACCESS_TOKEN_HEADER.name, token.as_ref()),
        (key::UPSTREAM_ID_TOKEN_HEADER.name, id_token.as_ref()),
        (key::UPSTREAM_USER_INFO_HEADER.name, user_info.as_ref()),
        (key::UPSTREAM_SECRET_HEADER.name, secret.as_ref()),
    ];
    let claims: Vec<String> = upstream.headers.iter().map(|header| canonical(&header.name)).collect();
    let mut found: Vec<(String, Option<&'static str>)> = Vec::new();
    let mut look = |key: String, name: &str, among: &[_]| found.push((key, owner(&canonical(name), among)));
    let mut others = named.as_slice();
    while let [(key, name), rest @ ..] = others {
        if let Some(name) = name {
            look((*key).to_owned(), name, rest);
        }
        others = rest;
    }
    for (index, header) in upstream.headers.iter().enumerate() {
        let key = format!("{}[{index}].header", key::UPSTREAM_HEADERS.name);
        look(key, &header.name, &named);
    }
    for header in front {
        let claim = claims.iter().find(|name| **name == canonical(&header.name));
        let [access_token, id_token, user_info, _] = named;
        let among = [access_token, id_token, user_info, (key::UPSTREAM_HEADERS.name, claim)];
        look(key::FRONT_SECRET_HEADER.name.to_owned(), &header.name, &among);
    }
    for (key, owner) in found {
        if let Some(owner) = owner {
            let _ = section.fault(&key, &format!("is a header that `{owner}` sets; choose another name"));
        }
    }
}

/// Refuses certificates that nothing uses.
pub(super) fn refuse_unused_bundle(section: &mut Section, upstream: &UpstreamConfiguration, routes: &Routes) {
    let by_rules = routes.rules().iter().filter_map(|rule| rule.upstream.url.as_deref());
    let mut urls = upstream.url.as_deref().into_iter().chain(by_rules).peekable();
    if upstream.ca_bundle.is_some() && urls.peek().is_some() && !urls.any(is_https) {
        let problem = "needs an upstream with `https://`; write `https://` or leave the key out";
        let _ = section.fault(key::UPSTREAM_CA_BUNDLE.name, problem);
    }
}

fn is_https(url: &str) -> bool {
    url.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

const LEAST_SECRET_BYTES: usize = 16;

fn secret_header(text: &str) -> Result<SecretHeader, String> {
    let (name, value) = text.split_once(':').ok_or_else(|| "must be `<name>: <secret>`".to_owned())?;
    let name = header_name(&name.trim().to_ascii_lowercase())?;
    let value = value.trim();
    if name == "authorization" {
        return Err("must have another name: clients send `authorization`".to_owned());
    }
    if value.len() < LEAST_SECRET_BYTES || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("must have a secret of at least {LEAST_SECRET_BYTES} visible characters"));
    }
    if is_monotonous(value) {
        return Err(MONOTONOUS.to_owned());
    }
    Ok(SecretHeader { name, value: Secret::new(value) })
}

const PROXY_ONLY: &str = "has an effect only in `proxy`: API Gateway maps a fixed set of headers";

/// Refuses a key that is set on the authorizer, where it would have no effect.
fn refuse_on_authorizer(
    section: &mut Section,
    key: &Key,
    role: Role,
    is_set: bool,
) -> Result<(), FaultRecorded> {
    if is_set && role == Role::Authorizer { Err(section.fault(key.name, PROXY_ONLY)) } else { Ok(()) }
}

fn access_token_header(section: &mut Section, role: Role) -> Result<AccessTokenHeader, FaultRecorded> {
    let header = section.always(&key::UPSTREAM_ACCESS_TOKEN_HEADER, |node| {
        let text = text(node)?.to_ascii_lowercase();
        if text == "none" {
            return Ok(AccessTokenHeader::None);
        }
        if text == "authorization:bearer" {
            return Ok(AccessTokenHeader::Authorization);
        }
        let (name, bearer) = match text.split_once(':') {
            None => (text.as_str(), false),
            Some((name, "bearer")) => (name, true),
            Some(_) => {
                return Err("must be `authorization:bearer`, `none`, a name or `<name>:bearer`".to_owned());
            }
        };
        if canonical(name) == "authorization" {
            return Err("must be `authorization:bearer`: a token needs its scheme there".to_owned());
        }
        Ok(AccessTokenHeader::Named { name: header_name(name)?, bearer })
    })?;
    let is_named = matches!(header, AccessTokenHeader::Named { .. });
    refuse_on_authorizer(section, &key::UPSTREAM_ACCESS_TOKEN_HEADER, role, is_named)?;
    Ok(header)
}

fn named_header(section: &mut Section, key: &Key, role: Role) -> Result<Option<String>, FaultRecorded> {
    let name = section.key(key, |node| {
        let name = header_name(&text(node)?.to_ascii_lowercase())?;
        let is_credential = canonical(&name) == "authorization";
        if is_credential { Err("is a header that cannot be set here".to_owned()) } else { Ok(name) }
    })?;
    refuse_on_authorizer(section, key, role, name.is_some())?;
    Ok(name)
}

fn headers(section: &mut Section, role: Role) -> Result<Vec<UpstreamHeader>, FaultRecorded> {
    let Some(rows) = section.rows(key::UPSTREAM_HEADERS.name)? else {
        return Ok(Vec::new());
    };
    let mut headers: Vec<UpstreamHeader> = Vec::new();
    let mut recorded = None;
    for mut row in rows {
        match read_header(&mut row, &headers) {
            Ok(header) => headers.push(header),
            Err(fault) => recorded = Some(fault),
        }
        section.absorb(row);
    }
    refuse_on_authorizer(section, &key::UPSTREAM_HEADERS, role, true)?;
    recorded.map_or(Ok(headers), Err)
}

fn read_header(row: &mut Section, earlier: &[UpstreamHeader]) -> Result<UpstreamHeader, FaultRecorded> {
    let name = row.read("header", |node| header_name(&text(node)?.to_ascii_lowercase()));
    let path = row.read("path", claim_path);
    let (Some(name), path) = (name?, path?) else {
        return Err(row.fault("header", "is required"));
    };
    let Some(path) = path else {
        return Err(row.fault("path", "is required"));
    };
    if name == "authorization" || earlier.iter().any(|other| canonical(&other.name) == canonical(&name)) {
        return Err(row.fault("header", "is set already"));
    }
    Ok(UpstreamHeader { name, path })
}

fn header_style(section: &mut Section, role: Role) -> Result<HeaderStyle, FaultRecorded> {
    let words = [
        ("vestibule", HeaderStyle::Vestibule),
        ("alb", HeaderStyle::Alb),
        ("kong", HeaderStyle::Kong),
        ("oauth2-proxy", HeaderStyle::OAuth2Proxy),
    ];
    let style = section.always(&key::UPSTREAM_HEADER_STYLE, one_of(&words))?;
    refuse_on_authorizer(section, &key::UPSTREAM_HEADER_STYLE, role, style != HeaderStyle::Vestibule)?;
    Ok(style)
}

fn header_name(name: &str) -> Result<String, String> {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err("must be the name of a header".to_owned());
    }
    let canonical = canonical(name);
    let taken = TAKEN_NAMES.contains(&canonical.as_str())
        || ["x-vestibule-", "sec-", "proxy-"].iter().any(|prefix| canonical.starts_with(prefix));
    if taken { Err("is a header that cannot be set here".to_owned()) } else { Ok(name.to_owned()) }
}

#[cfg(test)]
impl UpstreamConfiguration {
    /// For tests: as it is where nothing is configured.
    pub(crate) fn plain() -> Self {
        Self {
            url: None,
            ca_bundle: None,
            secret_header: None,
            access_token_header: AccessTokenHeader::Authorization,
            id_token_header: None,
            user_info_header: None,
            hide_credentials: true,
            headers: Vec::new(),
            header_style: HeaderStyle::Vestibule,
        }
    }
}
