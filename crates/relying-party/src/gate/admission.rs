//! Checks the form of a request, finds the credential that decides, and judges that credential.

use crate::configuration::{Configuration, GroupsClaims};
use crate::forwarding::identity_header::Identity;
use crate::gate::front::Front;
use crate::gate::route::{AmbiguousPath, Auth, MatchedRules};
use crate::gate::{GateRefusal, Permit, Verdict};
use crate::http::cookie::Cookies;
use crate::http::endpoint::EndpointRefusal;
use crate::http::page_load;
use crate::http::request::Request;
use crate::refusal::Refusal;
use crate::relying_party::RelyingParty;
use crate::secret::Secret;
use crate::session::Session;
use crate::token::access_token::{
    AccessToken, AccessTokenRefusal, BearerCredential, IssuerKind, bearer_credential,
};
use crate::token::claims::ClaimPath;
use crate::token::load_balancer::{ACCESS_TOKEN_HEADER, DATA_HEADER, LoadBalancerUser, Presented};

/// A request whose form is accepted, with its route's rules and the credential that it presents.
pub struct Admission<'a> {
    relying_party: &'a RelyingParty,
    /// The request.
    pub request: &'a Request,
    /// The route rules that apply.
    pub rules: MatchedRules<'a>,
    /// Its cookies.
    pub cookies: Cookies<'a>,
    /// The credential that decides.
    pub credential: Credential<'a>,
    /// Whether a person is opening a page, so that the browser can be redirected.
    pub page_load: bool,
}

/// The credential that decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The bearer token alone. A session cookie is then ignored.
    Bearer(&'a str),
    /// The load balancer's headers, likewise alone.
    LoadBalancer(Presented<'a>),
    /// The route requires no credential.
    NotNeeded,
    /// The request is a CORS preflight that needs no credential here; none is forwarded.
    Preflight,
    /// The session cookie, if there is one.
    Session,
}

impl RelyingParty {
    /// Checks the form of a request and finds the credential that decides.
    ///
    /// # Errors
    ///
    /// The request has a header or path that no upstream may receive, or a malformed bearer credential.
    pub fn admit<'a>(&'a self, request: &'a Request, front: Front) -> Result<Admission<'a>, Refusal> {
        let configuration = &self.configuration;
        self.reserved_headers.check(&request.headers, front)?;
        // API Gateway compares its routes literally, so another spelling of one of our paths arrives here.
        if self.application_callbacks().imitates_own_path(request) {
            return Err(AmbiguousPath.into());
        }
        // The request cannot be redirected to the callback: it is no page load, or its address is too long.
        if self.application_callbacks().is_authorization_response(request) {
            return Err(EndpointRefusal::NotFound.into());
        }
        let rules = configuration.routes.matched(request)?;
        let credential = credential(configuration, request, &rules, front)?;
        if front == Front::WebSocket
            && credential == Credential::Session
            && !may_show_cookies(configuration, request)
        {
            return Err(GateRefusal::OriginForeign.into());
        }
        Ok(Admission {
            relying_party: self,
            request,
            rules,
            cookies: Cookies::parse(&request.headers),
            credential,
            page_load: page_load::is_page_load(request),
        })
    }

    /// The load balancer's headers of a request for one of our endpoints, if there are any.
    ///
    /// # Errors
    ///
    /// The load balancer cannot have sent the request: see [`RelyingParty::admit`].
    pub fn load_balancer_headers<'a>(
        &self,
        request: &'a Request,
        front: Front,
    ) -> Result<Option<Presented<'a>>, Refusal> {
        let presented = presented_by_load_balancer(&self.configuration, request, front);
        if presented.is_some() {
            self.reserved_headers.check(&request.headers, front)?;
        }
        Ok(presented)
    }
}

impl Admission<'_> {
    /// Decides for a checked access token.
    ///
    /// # Errors
    ///
    /// The requirement that is not met.
    pub fn permit_bearer(&self, token: AccessToken, text: &str) -> Result<Permit, Refusal> {
        let token = if token.groups_accepted { token } else { self.without_memberships(token) };
        self.rules.satisfied(&token.claims, token.scope.as_deref())?;
        let issuer = self.relying_party.configuration.one_form(&token.issuer).into_owned();
        let identity = Identity::from_access_token(AccessToken { issuer, ..token }, Secret::new(text));
        Ok(Permit { identity: Some(identity), preflight: false })
    }

    /// Removes the groups and roles of an issuer for which they do not count: another issuer's `admins` are
    /// not ours. It removes them from the configured claims and from every claim that any rule reads, because the
    /// application may read them there too.
    fn without_memberships(&self, mut token: AccessToken) -> AccessToken {
        let configuration = &self.relying_party.configuration;
        let (usual_groups, usual_roles) = (GroupsClaims::default(), ClaimPath::of("roles"));
        let kinds = [IssuerKind::Cognito, IssuerKind::Other];
        let groups = [&usual_groups, &configuration.groups_claims]
            .into_iter()
            .flat_map(|claims| kinds.map(|kind| claims.of(kind)));
        let roles = [&configuration.roles_claim, &usual_roles];
        for path in configuration.routes.memberships().chain(groups).chain(roles) {
            path.remove(&mut token.claims);
        }
        AccessToken { encoded_claims: None, ..token }
    }

    /// Decides for a user whom a load balancer has signed in. `access_token` is the verified one that was
    /// passed with the header.
    ///
    /// # Errors
    ///
    /// The token and the header do not belong together, or a requirement is not met.
    pub fn permit_load_balancer(
        &self,
        user: LoadBalancerUser,
        access_token: Option<AccessToken>,
        presented: &Presented<'_>,
    ) -> Result<Permit, Refusal> {
        let configuration = &self.relying_party.configuration;
        self.permit(Identity::of_load_balancer_user(user, access_token, presented, configuration)?)
    }

    /// Decides for the owner of a live session.
    ///
    /// # Errors
    ///
    /// The requirement that is not met.
    pub fn permit_session(&self, session: Session) -> Result<Permit, Refusal> {
        self.permit(Identity::of_session(session))
    }

    /// If sign-in is optional here, a user who does not meet the global requirements passes as anonymous, so
    /// that signing in never takes access away.
    fn permit(&self, identity: Identity) -> Result<Permit, Refusal> {
        match self.rules.satisfied(&identity.claims, identity.scope.as_deref()) {
            Ok(()) => Ok(Permit { identity: Some(identity), preflight: false }),
            Err(_) if self.rules.auth() == Auth::Optional => Ok(Permit::anonymous()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Decides without a live session: a page load goes to sign-in, and where sign-in is optional the request
    /// is anonymous.
    pub fn without_session(&self, cause: Refusal) -> Verdict {
        if self.rules.auth() == Auth::Optional {
            return Verdict::Forward(Box::new(Permit::anonymous()));
        }
        if self.page_load && self.relying_party.configuration.auth_methods.authorization_code {
            if let Some(location) = self.relying_party.application_callbacks().stray(self.request) {
                return Verdict::Redirect { location, cause: GateRefusal::CallbackOnApplicationPath.into() };
            }
            return Verdict::Redirect {
                location: self.relying_party.with_return_target("/login", self.request),
                cause,
            };
        }
        Verdict::Refuse(cause)
    }

    /// Redirects a page load to the endpoint that refreshes its session, because cookies can be set there.
    pub fn to_refresh(&self, cause: Refusal) -> Verdict {
        let location = self.relying_party.with_return_target("/refresh", self.request);
        Verdict::Redirect { location, cause }
    }
}

/// Tells whether a WebSocket with cookies was opened by one of our own pages. One without cookies is allowed.
fn may_show_cookies(configuration: &Configuration, request: &Request) -> bool {
    let own = configuration.public_url.origin();
    !request.headers.contains("cookie") || request.headers.sole("origin") == Some(own)
}

fn credential<'a>(
    configuration: &Configuration,
    request: &'a Request,
    rules: &MatchedRules<'_>,
    front: Front,
) -> Result<Credential<'a>, Refusal> {
    if rules.passes_preflight {
        return Ok(Credential::Preflight);
    }
    if rules.auth() == Auth::None {
        return Ok(Credential::NotNeeded);
    }
    match bearer_credential(&request.headers) {
        BearerCredential::Malformed => Err(AccessTokenRefusal::MalformedCredential.into()),
        BearerCredential::Token(_) if !configuration.auth_methods.bearer => {
            Err(GateRefusal::BearerNotAccepted.into())
        }
        BearerCredential::Token(token) => Ok(Credential::Bearer(token)),
        BearerCredential::Absent | BearerCredential::Other => {
            Ok(presented_by_load_balancer(configuration, request, front)
                .map_or(Credential::Session, Credential::LoadBalancer))
        }
    }
}

/// The load balancer's headers, behind a load balancer only. Any other front forwards what clients send.
fn presented_by_load_balancer<'a>(
    configuration: &Configuration,
    request: &'a Request,
    front: Front,
) -> Option<Presented<'a>> {
    if configuration.load_balancers.is_none() || front != Front::LoadBalancer {
        return None;
    }
    // Differing fields of one name have been refused before, so the first stands for all.
    let value = |name: &str| request.headers.values(name).next();
    Some(Presented { data: value(DATA_HEADER)?, access_token: value(ACCESS_TOKEN_HEADER) })
}
