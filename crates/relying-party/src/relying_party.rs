//! Holds the fixed values that all decisions of a deployment share.

use std::sync::Arc;

use crate::configuration::{Configuration, Fault, Faults};
use crate::forwarding::via::pseudonym;
use crate::gate::reserved_header::ReservedHeaders;
use crate::http::cookie::CookieNames;
use crate::http::page::PageContext;
use crate::http::request::{Headers, Request};
use crate::sealing::Ring;

/// A relying party (OIDC Core section 1.2): its configuration and the values derived from it.
#[derive(Debug)]
pub struct RelyingParty {
    /// The configuration.
    pub configuration: Configuration,
    /// The keys that seal cookies.
    pub ring: Arc<Ring>,
    /// The names of our cookies.
    pub cookie_names: CookieNames,
    /// The headers that only vestibule may set.
    pub reserved_headers: ReservedHeaders,
    /// The name of this deployment in `Via`.
    pub pseudonym: String,
}

impl RelyingParty {
    /// Derives keys and names.
    ///
    /// # Errors
    ///
    /// The configured values from which no key or name can be derived.
    pub fn new(configuration: Configuration) -> Result<Self, Faults> {
        let session = &configuration.session;
        let ring = Ring::new(&session.secrets, &configuration.client.id)
            .map(Arc::new)
            .map_err(|fault| faults("session_secret", fault.to_string()))?;
        let cookie_names = CookieNames::new(
            &configuration.client.id,
            session.cookie_name.as_deref(),
            session.cookie_domain.as_deref(),
        )
        .map_err(|fault| faults("session_cookie_name", fault.to_string()))?
        .at(configuration.public_url.url().domain());
        let reserved_headers = ReservedHeaders::of(&configuration.upstream)
            .and(configuration.front_secrets.iter().map(|header| header.name.as_str()))
            .and(configuration.client_address.header().into_iter());
        let pseudonym = pseudonym(&configuration);
        Ok(Self { configuration, ring, cookie_names, reserved_headers, pseudonym })
    }

    /// The same relying party for each of the other hosts, in their order.
    pub fn at_other_hosts(&self) -> Vec<Self> {
        let hosts = self.configuration.other_hosts.iter();
        hosts
            .map(|addresses| Self {
                configuration: self.configuration.at(addresses),
                ring: Arc::clone(&self.ring),
                cookie_names: self.cookie_names.clone().at(addresses.public_url.url().domain()),
                reserved_headers: self.reserved_headers.clone(),
                pseudonym: self.pseudonym.clone(),
            })
            .collect()
    }

    /// The index of the other host that a request with these header fields is for; `None` for the first
    /// `public_url`.
    pub fn other_host(&self, headers: &Headers) -> Option<usize> {
        self.configuration.other_hosts.iter().position(|host| host.public_url.is_host_of(headers))
    }

    /// The absolute URL of a path below `auth_prefix`, such as `/login`.
    pub fn own_url(&self, path: &str) -> String {
        self.configuration.public_url.join(&[&self.configuration.auth_prefix, path].concat())
    }

    /// The values of a page that depend on neither its links nor the signed-in user.
    pub fn page_context<'a>(&'a self, request: &'a Request) -> PageContext<'a> {
        let application = self.configuration.application_name.as_deref();
        PageContext { application, request_id: &request.request_id, ..PageContext::default() }
    }
}

fn faults(key: &str, problem: String) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem }])
}
