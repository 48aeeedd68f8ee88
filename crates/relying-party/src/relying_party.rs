//! The fixed values that every decision about a deployment shares.

use crate::configuration::{Configuration, Fault, Faults};
use crate::cookie::CookieNames;
use crate::reserved_header::ReservedHeaders;
use crate::seal::Ring;
use crate::session::Limits;

/// A relying party (OIDC Core section 1.2): its configuration and what follows from it alone.
#[derive(Debug)]
pub struct RelyingParty {
    /// The configuration.
    pub configuration: Configuration,
    /// The keys that seal cookies.
    pub ring: Ring,
    /// The names of our cookies.
    pub cookie_names: CookieNames,
    /// The headers that only we set.
    pub reserved_headers: ReservedHeaders,
}

impl RelyingParty {
    /// Derives keys and names.
    ///
    /// # Errors
    ///
    /// What the configuration says that no key or name can be made of.
    pub fn new(configuration: Configuration) -> Result<Self, Faults> {
        let session = &configuration.session;
        let ring = Ring::new(&session.secrets, &configuration.client.id)
            .map_err(|fault| faults("session_secret", format!("{fault:?}")))?;
        let cookie_names = CookieNames::new(
            &configuration.client.id,
            session.cookie_name.as_deref(),
            session.cookie_domain.as_deref(),
        )
        .map_err(|fault| faults("session_cookie_name", format!("{fault:?}")))?;
        let reserved_headers = ReservedHeaders::of(&configuration.upstream);
        Ok(Self { configuration, ring, cookie_names, reserved_headers })
    }

    /// How long sessions last.
    pub const fn limits(&self) -> Limits {
        let session = &self.configuration.session;
        Limits { idling: session.idling, rolling: session.rolling, absolute: session.absolute }
    }

    /// The absolute URL of a path below `auth_prefix`, such as `/login`.
    pub fn own_url(&self, path: &str) -> String {
        self.configuration.public_url.join(&format!("{}{path}", self.configuration.auth_prefix))
    }
}

fn faults(key: &str, problem: String) -> Faults {
    Faults(vec![Fault { key: key.to_owned(), problem }])
}
