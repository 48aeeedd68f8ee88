//! Reads the keys about the provider: its issuer, its kind, its endpoints, and the issuers of bearer tokens.

use std::borrow::Cow;

use url::Url;

use super::client::no_pattern;
use super::section::{EMPTY_LIST, FaultRecorded, Section, flag, list, one_of, text};
use super::{AuthMethods, CognitoPool, Configuration, ConfiguredEndpoints, ProviderKind, address, key};
use crate::token::access_token::{BearerIssuer, IssuerKind};

/// The path of a discovery document (OIDC Discovery section 4).
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// The AWS domains of user pools: the commercial regions and GovCloud, and the European Sovereign Cloud.
const COGNITO_SUFFIXES: [&str; 2] = [".amazonaws.com", ".amazonaws.eu"];

/// The possible beginnings of a Cognito issuer's host.
const COGNITO_HOSTS: [&str; 2] = ["cognito-idp.", "issuer-cognito-idp."];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cognito,
    Oidc,
}

/// The issuer and the settings that belong to it.
pub(super) struct Provider {
    pub(super) issuer: String,
    /// The strings that name it.
    pub(super) issuers: Vec<String>,
    pub(super) kind: ProviderKind,
    pub(super) endpoints: ConfiguredEndpoints,
}

/// Reads everything about the provider.
pub(super) fn read(section: &mut Section) -> Result<Provider, FaultRecorded> {
    let issuers = section.always(&key::ISSUER, |node| issuers(text(node)?));
    let kind = section.key(&key::PROVIDER, one_of(&[("cognito", Kind::Cognito), ("oidc", Kind::Oidc)]));
    let pool_id = section.key(&key::USER_POOL_ID, |node| user_pool_id(text(node)?));
    let domain = section.key(&key::USER_POOL_DOMAIN, text);
    let configured = endpoints(section);
    let (issuers, kind, pool_id, domain) = (issuers?, kind?, pool_id?, domain?);
    let issuer = issuers.first().cloned().unwrap_or_default();

    let kind =
        kind.unwrap_or_else(|| if cognito_region(&issuer).is_some() { Kind::Cognito } else { Kind::Oidc });
    if kind == Kind::Oidc {
        refuse_pool_keys(section, pool_id.as_ref(), domain.as_ref())?;
        return Ok(Provider { issuer, issuers, kind: ProviderKind::Oidc, endpoints: configured? });
    }
    let pool = pool(section, &issuer, pool_id, domain)?;
    let endpoints = with_pool(configured?, &issuer, &pool);
    // A user pool's issuer has no slash at its end.
    let issuers = vec![issuer.clone()];
    Ok(Provider { issuer, issuers, kind: ProviderKind::Cognito(pool), endpoints })
}

/// Reads the issuers whose bearer tokens are accepted.
pub(super) fn read_bearer_issuers(
    section: &mut Section,
    provider: Option<&Provider>,
    client_id: Option<&str>,
    methods: Option<AuthMethods>,
) -> Result<Vec<BearerIssuer>, FaultRecorded> {
    let given = section.rows(key::BEARER_ISSUERS.name)?;
    let rows = match given {
        Some(rows) if rows.is_empty() => return Err(section.fault(key::BEARER_ISSUERS.name, EMPTY_LIST)),
        Some(rows) => Some(read_rows(section, rows, provider, client_id)?),
        None => None,
    };
    let (Some(provider), Some(client_id), Some(methods)) = (provider, client_id, methods) else {
        // The missing key has its own fault already.
        return Ok(Vec::new());
    };
    if !methods.bearer {
        return Ok(Vec::new());
    }
    let rows = rows.unwrap_or_else(|| own_rows(provider, client_id));
    Ok(with_other_forms(rows))
}

fn read_rows(
    section: &mut Section,
    rows: Vec<Section>,
    provider: Option<&Provider>,
    client_id: Option<&str>,
) -> Result<Vec<BearerIssuer>, FaultRecorded> {
    let mut issuers: Vec<BearerIssuer> = Vec::new();
    let mut recorded = None;
    for mut row in rows {
        match read_row(&mut row, provider, client_id, &issuers) {
            Ok(issuer) => issuers.push(issuer),
            Err(fault) => recorded = Some(fault),
        }
        section.absorb(row);
    }
    recorded.map_or(Ok(issuers), Err)
}

fn read_row(
    row: &mut Section,
    provider: Option<&Provider>,
    client_id: Option<&str>,
    earlier: &[BearerIssuer],
) -> Result<BearerIssuer, FaultRecorded> {
    let issuer = row.read("issuer", |node| issuer(text(node)?));
    let jwks_endpoint = row.read("jwks_endpoint", |node| address::secure(text(node)?));
    let identifiers = |node| list(node)?.into_iter().map(no_pattern).collect::<Result<Vec<_>, _>>();
    let audiences = row.read("audiences", identifiers);
    let client_ids = row.read("client_ids", identifiers);
    let groups_accepted = row.read("groups_accepted", flag);
    let Some(issuer) = issuer? else {
        return Err(row.fault("issuer", "is required"));
    };
    let (jwks_endpoint, audiences, client_ids) = (jwks_endpoint?, audiences?, client_ids?);
    let groups_accepted = groups_accepted?;
    if earlier.iter().any(|other| other.issuer == issuer) {
        return Err(row.fault("issuer", "has a row already"));
    }
    let own = provider.filter(|provider| provider.issuers.contains(&issuer));
    let own_keys = own.and_then(|provider| provider.endpoints.jwks.as_ref());
    if jwks_endpoint.is_some() && own_keys.is_some() && jwks_endpoint.as_ref() != own_keys {
        return Err(
            row.fault("jwks_endpoint", "differs from the one configured for `issuer`; leave it out here")
        );
    }
    let own_groups =
        own.is_some() || provider.is_some_and(|provider| forms(&provider.issuer).contains(&issuer));
    let cognito = cognito_region(&issuer).is_some() || own.is_some_and(has_cognito_tokens);
    if cognito && client_ids.is_none() && audiences.is_none() {
        return Err(row.fault("client_ids", "is required for a user pool"));
    }
    let own_audience =
        own.is_some() && audiences.iter().flatten().any(|audience| Some(audience.as_str()) == client_id);
    if !cognito && own_audience && client_ids.is_none() {
        // Our own ID tokens have the same audience. Only the list of clients lets the check tell them from
        // access tokens.
        return Err(row.fault("client_ids", "is required where `client_id` is an audience"));
    }
    if !cognito && audiences.is_none() {
        return Err(row.fault("audiences", "is required for an issuer that is not a user pool"));
    }
    let jwks_endpoint = jwks_endpoint
        .or_else(|| own.and_then(|provider| provider.endpoints.jwks.clone()))
        .or_else(|| cognito.then(|| cognito_jwks(&issuer)));
    Ok(BearerIssuer {
        issuer,
        jwks_endpoint,
        kind: if cognito { IssuerKind::Cognito } else { IssuerKind::Other },
        audiences: audiences.unwrap_or_default(),
        client_ids: client_ids.unwrap_or_default(),
        groups_accepted: groups_accepted.unwrap_or(own_groups),
    })
}

/// Both forms of a user pool's issuer; any other issuer has one.
pub(super) fn forms(issuer: &str) -> Vec<String> {
    let own = Some(issuer.to_owned());
    own.into_iter().chain(other_form(issuer)).collect()
}

/// Every form of the own issuer, the configured one first.
pub(super) fn forms_of_own(provider: &Provider) -> Vec<String> {
    let mut forms = forms(&provider.issuer);
    // The issuer of a user pool never ends in a slash.
    if forms.len() == 1 {
        forms.extend(provider.issuers.iter().filter(|issuer| **issuer != provider.issuer).cloned());
    }
    forms
}

/// The issuers whose access tokens can be verified because they are a user pool's own.
pub(super) fn own_pool_rows(provider: &Provider, client_id: &str) -> Vec<BearerIssuer> {
    if has_cognito_tokens(provider) {
        with_other_forms(vec![own_row(provider, client_id)])
    } else {
        Vec::new()
    }
}

/// One row for each string that names the issuer.
fn own_rows(provider: &Provider, client_id: &str) -> Vec<BearerIssuer> {
    let row = own_row(provider, client_id);
    provider.issuers.iter().map(|issuer| BearerIssuer { issuer: issuer.clone(), ..row.clone() }).collect()
}

fn own_row(provider: &Provider, client_id: &str) -> BearerIssuer {
    let (kind, audiences) = if has_cognito_tokens(provider) {
        (IssuerKind::Cognito, Vec::new())
    } else {
        // An ID token has the same audience. `client_ids` lets the check tell the two apart.
        (IssuerKind::Other, vec![client_id.to_owned()])
    };
    let client_ids = vec![client_id.to_owned()];
    let (issuer, jwks_endpoint) = (provider.issuer.clone(), provider.endpoints.jwks.clone());
    BearerIssuer { issuer, jwks_endpoint, kind, audiences, client_ids, groups_accepted: true }
}

/// A pool configured as a generic provider has a pool's tokens too.
fn has_cognito_tokens(provider: &Provider) -> bool {
    matches!(provider.kind, ProviderKind::Cognito(_)) || cognito_region(&provider.issuer).is_some()
}

/// Adds the other form of each issuer. A pool can be switched to name itself in the other form; both name the
/// same pool.
fn with_other_forms(rows: Vec<BearerIssuer>) -> Vec<BearerIssuer> {
    let others: Vec<BearerIssuer> = rows
        .iter()
        .filter_map(|row| {
            let issuer = other_form(&row.issuer)?;
            let jwks_endpoint = Some(cognito_jwks(&issuer));
            let listed = rows.iter().any(|other| other.issuer == issuer);
            (!listed).then(|| BearerIssuer { issuer, jwks_endpoint, ..row.clone() })
        })
        .collect();
    rows.into_iter().chain(others).collect()
}

fn other_form(issuer: &str) -> Option<String> {
    cognito_region(issuer)?;
    let rest = issuer.strip_prefix("https://")?;
    let [original, updated] = COGNITO_HOSTS;
    let other = match rest.strip_prefix(updated) {
        Some(rest) => format!("https://{original}{rest}"),
        None => format!("https://{updated}{}", rest.strip_prefix(original)?),
    };
    Some(other)
}

/// `issuer` in the form of `own` when both name the same user pool. Any other pool's issuer is returned in
/// the original form, and an issuer that is not a pool's unchanged.
pub(super) fn one_form<'a>(issuer: &'a str, own: &str) -> Cow<'a, str> {
    match other_form(issuer) {
        Some(_) if issuer == own => Cow::Borrowed(issuer),
        Some(other) if other == own || issuer.contains(COGNITO_HOSTS[1]) => Cow::Owned(other),
        _ => Cow::Borrowed(issuer),
    }
}

/// The strings that may name the issuer. A discovery URL is the same for an issuer with and without a slash
/// at the end (Discovery section 4), so only the provider's metadata and tokens tell which one it is.
fn issuers(text: String) -> Result<Vec<String>, String> {
    let by_discovery = by_discovery(&text).is_some();
    let issuer = issuer(text)?;
    let with_slash = (by_discovery && !issuer.ends_with('/')).then(|| format!("{issuer}/"));
    Ok([Some(issuer), with_slash].into_iter().flatten().collect())
}

fn issuer(text: String) -> Result<String, String> {
    let issuer = by_discovery(&text).map(str::to_owned).unwrap_or(text);
    // RFC 8414 section 2: no query, no fragment.
    let issuer = address::secure_without_query(issuer)?;
    // Sign-in would look for the metadata below that document, and find none.
    if issuer.contains("/.well-known/") {
        return Err(
            "is the address of another document than the provider's metadata; give the issuer".to_owned()
        );
    }
    Ok(issuer)
}

/// The issuer of a discovery URL, also of one with a slash at the end.
fn by_discovery(text: &str) -> Option<&str> {
    text.strip_suffix('/').unwrap_or(text).strip_suffix(DISCOVERY_PATH)
}

/// The region of a Cognito issuer on AWS.
fn cognito_region(issuer: &str) -> Option<String> {
    let url = Url::parse(issuer).ok()?;
    let host = url.host_str().filter(|_| url.scheme() == "https" && url.port().is_none())?;
    let rest = COGNITO_HOSTS.iter().find_map(|form| host.strip_prefix(form))?;
    let region = COGNITO_SUFFIXES.iter().find_map(|suffix| rest.strip_suffix(suffix))?;
    (!region.is_empty() && !region.contains('.')).then(|| region.to_owned())
}

fn cognito_jwks(issuer: &str) -> String {
    format!("{issuer}/.well-known/jwks.json")
}

fn user_pool_id(text: String) -> Result<String, String> {
    let well_formed = text.split_once('_').is_some_and(|(region, rest)| {
        !region.is_empty()
            && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if well_formed {
        Ok(text)
    } else {
        Err("must be a user pool id such as `eu-west-1_AbCdEfGhI`".to_owned())
    }
}

fn refuse_pool_keys(
    section: &mut Section,
    pool_id: Option<&String>,
    domain: Option<&String>,
) -> Result<(), FaultRecorded> {
    let mut outcome = Ok(());
    for (key, given) in [(&key::USER_POOL_ID, pool_id.is_some()), (&key::USER_POOL_DOMAIN, domain.is_some())]
    {
        if given {
            outcome = Err(section.fault(key.name, "has an effect only with `provider: cognito`"));
        }
    }
    outcome
}

fn pool(
    section: &mut Section,
    issuer: &str,
    given: Option<String>,
    domain: Option<String>,
) -> Result<CognitoPool, FaultRecorded> {
    let last_segment = issuer.rsplit('/').next().unwrap_or_default();
    let user_pool_id = match given {
        Some(id) if id == last_segment || cognito_region(issuer).is_none() => id,
        Some(_) => return Err(section.fault(key::USER_POOL_ID.name, "is not the pool that `issuer` names")),
        None => self::user_pool_id(last_segment.to_owned()).map_err(|_| {
            let problem = "is required, because `issuer` does not end with a user pool id";
            section.fault(key::USER_POOL_ID.name, problem)
        })?,
    };
    let region = user_pool_id.split('_').next().unwrap_or_default().to_owned();
    if cognito_region(issuer).is_some_and(|host| host != region) {
        return Err(section.fault(key::ISSUER.name, "names a pool of another region"));
    }
    let domain = domain.map(|text| pool_domain(&text, &region)).transpose();
    let domain = domain.map_err(|problem| section.fault(key::USER_POOL_DOMAIN.name, &problem))?;
    Ok(CognitoPool { user_pool_id, region, domain })
}

fn pool_domain(text: &str, region: &str) -> Result<String, String> {
    let address = if text.contains("://") {
        text.to_owned()
    } else if text.contains('.') {
        format!("https://{text}")
    } else {
        format!("https://{}", host_of_prefix(text, region)?)
    };
    let url = address::absolute(&address)?;
    address::secure_without_query(address)?;
    if url.path() != "/" {
        return Err("must be a domain without a path".to_owned());
    }
    Ok(url.origin().ascii_serialization())
}

/// The host name of a prefix domain. Source: Cognito developer guide, "Using your own domain for managed
/// login", and for GovCloud "Amazon Cognito in AWS GovCloud (US)", whose domains are `auth-fips`.
fn host_of_prefix(prefix: &str, region: &str) -> Result<String, String> {
    let undocumented = ["cn-", "eusc-"].iter().any(|partition| region.starts_with(partition));
    if undocumented {
        return Err("must be the whole host name in this region: AWS documents no form of it".to_owned());
    }
    let label = if region.starts_with("us-gov-") { "auth-fips" } else { "auth" };
    Ok(format!("{prefix}.{label}.{region}.amazoncognito.com"))
}

fn endpoints(section: &mut Section) -> Result<ConfiguredEndpoints, FaultRecorded> {
    let mut endpoint = |key| section.key(key, |node| address::secure(text(node)?));
    let authorization = endpoint(&key::AUTHORIZATION_ENDPOINT);
    let token = endpoint(&key::TOKEN_ENDPOINT);
    let jwks = endpoint(&key::JWKS_ENDPOINT);
    let userinfo = endpoint(&key::USERINFO_ENDPOINT);
    let revocation = endpoint(&key::REVOCATION_ENDPOINT);
    let end_session = endpoint(&key::END_SESSION_ENDPOINT);
    Ok(ConfiguredEndpoints {
        authorization: authorization?,
        token: token?,
        jwks: jwks?,
        userinfo: userinfo?,
        revocation: revocation?,
        end_session: end_session?,
    })
}

/// Adds Cognito's endpoints, at the addresses that AWS documents ("User pool endpoints and managed login
/// reference").
fn with_pool(configured: ConfiguredEndpoints, issuer: &str, pool: &CognitoPool) -> ConfiguredEndpoints {
    let at_domain = |path: &str| pool.domain.as_ref().map(|domain| format!("{domain}{path}"));
    ConfiguredEndpoints {
        authorization: configured.authorization.or_else(|| at_domain("/oauth2/authorize")),
        token: configured.token.or_else(|| at_domain("/oauth2/token")),
        jwks: configured.jwks.or_else(|| Some(cognito_jwks(issuer))),
        userinfo: configured.userinfo.or_else(|| at_domain("/oauth2/userInfo")),
        revocation: configured.revocation.or_else(|| at_domain("/oauth2/revoke")),
        end_session: configured.end_session.or_else(|| at_domain("/logout")),
    }
}

impl Configuration {
    /// Tells whether the metadata and keys fetched under `other` can be used here too.
    pub fn has_providers_of(&self, other: &Self) -> bool {
        let providers = |configuration: &Self| {
            let Self { issuer, provider, endpoints, bearer_issuers, load_balancers, .. } =
                configuration.clone();
            (issuer, provider, endpoints, bearer_issuers, load_balancers)
        };
        providers(self) == providers(other)
    }

    /// Tells whether both configurations send the client secret to the same provider, for the same client.
    pub fn has_client_of(&self, other: &Self) -> bool {
        let client = |configuration: &Self| {
            let Self { issuer, provider, endpoints, client, .. } = configuration.clone();
            (issuer, provider, endpoints, client.id)
        };
        client(self) == client(other)
    }
}
