//! Checks the form of a request, finds the credential that decides about it, and decides by that credential.

use crate::configuration::{Configuration, GroupsClaims};
use crate::forwarding::identity_header::Identity;
use crate::gate::front::Front;
use crate::gate::route::{Auth, Governing, RouteRefusal};
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

/// A request whose form is accepted: what its route asks for, and what it presents.
pub struct Admission<'a> {
    relying_party: &'a RelyingParty,
    /// The request.
    pub request: &'a Request,
    /// The route rules for it.
    pub rules: Governing<'a>,
    /// Its cookies.
    pub cookies: Cookies<'a>,
    /// The credential that decides about it.
    pub credential: Credential<'a>,
    /// Whether a person is opening a page, who can be sent somewhere else.
    pub page_load: bool,
}

/// The credential that decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The bearer token alone; a session cookie beside it is not looked at.
    Bearer(&'a str),
    /// The load balancer's header decides, likewise alone.
    LoadBalancer(Presented<'a>),
    /// Nothing is asked for on this route.
    NotNeeded,
    /// Nothing is asked of a CORS preflight here, and nothing is passed on.
    Preflight,
    /// The session cookie, if there is one.
    Session,
}

impl RelyingParty {
    /// Checks the form of a request and finds what decides about it.
    ///
    /// # Errors
    ///
    /// A header or path that no upstream should see, and a bearer credential that is none.
    pub fn admit<'a>(&'a self, request: &'a Request, front: Front) -> Result<Admission<'a>, Refusal> {
        let configuration = &self.configuration;
        self.reserved_headers.check(&request.headers, front)?;
        // An API Gateway compares its routes as they are written, so another spelling of a path of ours arrives here.
        if self.callbacks_elsewhere().imitates_own_path(request) {
            return Err(RouteRefusal::AmbiguousPath.into());
        }
        // The request cannot go on to the callback: it is no page load, or its address is too long.
        if self.callbacks_elsewhere().is_answer(request) {
            return Err(EndpointRefusal::NotFound.into());
        }
        let rules = configuration.routes.governing(request)?;
        let credential = credential(configuration, request, rules, front)?;
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

    /// Reads the load balancer's headers in a request for an endpoint of ours, if there are any.
    ///
    /// # Errors
    ///
    /// A request that it cannot have sent: as at [`RelyingParty::admit`].
    pub fn said_by_load_balancer<'a>(
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
    /// Tells whether the bearer of a checked access token passes here.
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

    /// The token as it counts where its issuer's groups and roles do not: a further issuer's `admins` are not ours. The application
    /// may read them wherever any rule does.
    fn without_memberships(&self, mut token: AccessToken) -> AccessToken {
        let routes = &self.relying_party.configuration.routes;
        let configured = self.relying_party.configuration.groups_claim();
        let usual = GroupsClaims::default();
        let usual = [usual.of(IssuerKind::Cognito), usual.of(IssuerKind::Other), &ClaimPath::of("roles")];
        for path in routes.memberships().chain(usual).chain([configured]) {
            path.remove(&mut token.claims);
        }
        AccessToken { encoded_claims: None, ..token }
    }

    /// Tells whether somebody whom a load balancer has signed in passes here. `access_token` is what came beside it,
    /// verified.
    ///
    /// # Errors
    ///
    /// Parts that do not fit together, or the requirement that is not met.
    pub fn permit_load_balancer(
        &self,
        user: LoadBalancerUser,
        access_token: Option<AccessToken>,
        presented: &Presented<'_>,
    ) -> Result<Permit, Refusal> {
        let configuration = &self.relying_party.configuration;
        self.permit(Identity::of_load_balancer_user(user, access_token, presented, configuration)?)
    }

    /// Tells whether the owner of a live session passes here.
    ///
    /// # Errors
    ///
    /// The requirement that is not met.
    pub fn permit_session(&self, session: Session) -> Result<Permit, Refusal> {
        self.permit(Identity::of_session(session))
    }

    /// Somebody who lacks what is required everywhere is anonymous where that is enough: nobody gets less for being signed in.
    fn permit(&self, identity: Identity) -> Result<Permit, Refusal> {
        match self.rules.satisfied(&identity.claims, identity.scope.as_deref()) {
            Ok(()) => Ok(Permit { identity: Some(identity), preflight: false }),
            Err(_) if self.rules.auth() == Auth::Optional => Ok(Permit::anonymous()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Decides when there is no live session: sign-in for a page load, anonymity where that is enough.
    pub fn without_session(&self, cause: Refusal) -> Verdict {
        if self.rules.auth() == Auth::Optional {
            return Verdict::Forward(Box::new(Permit::anonymous()));
        }
        if self.page_load && self.relying_party.configuration.auth_methods.authorization_code {
            if let Some(location) = self.relying_party.callbacks_elsewhere().stray(self.request) {
                return Verdict::Redirect { location, cause: GateRefusal::CallbackElsewhere.into() };
            }
            return Verdict::Redirect {
                location: self.relying_party.with_return_target("/login", self.request),
                cause,
            };
        }
        Verdict::Refuse(cause)
    }

    /// Sends a page load to have its session refreshed: cookies can be set there.
    pub fn to_refresh(&self, cause: Refusal) -> Verdict {
        let location = self.relying_party.with_return_target("/refresh", self.request);
        Verdict::Redirect { location, cause }
    }
}

/// Tells whether a WebSocket that shows cookies comes from a page of our own. One that shows none has nothing to lose.
fn may_show_cookies(configuration: &Configuration, request: &Request) -> bool {
    let own = configuration.public_url.origin();
    !request.headers.contains("cookie") || request.headers.sole("origin") == Some(own)
}

fn credential<'a>(
    configuration: &Configuration,
    request: &'a Request,
    rules: Governing<'_>,
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

/// Reads the load balancer's headers, where one can send them: any other front hands on what clients send.
fn presented_by_load_balancer<'a>(
    configuration: &Configuration,
    request: &'a Request,
    front: Front,
) -> Option<Presented<'a>> {
    if configuration.load_balancers.is_none() || front != Front::LoadBalancer {
        return None;
    }
    // Several fields of one name that differ were refused before; equal ones are one.
    let value = |name: &str| request.headers.values(name).next();
    Some(Presented { data: value(DATA_HEADER)?, access_token: value(ACCESS_TOKEN_HEADER) })
}
