//! Decides who may pass, from what the route asks for and what the request presents.

mod callback_elsewhere;
pub mod front;
pub mod requirement;
pub mod reserved_header;
pub mod route;

use url::form_urlencoded;

use crate::configuration::GroupsClaims;
use crate::forwarding::identity_header::{Identity, IdentityKind};
use crate::gate::front::Front;
use crate::gate::route::{Auth, Governing, RouteRefusal};
use crate::http::cookie::Cookies;
use crate::http::endpoint::EndpointRefusal;
use crate::http::page_load;
use crate::http::request::Request;
use crate::refusal::Refusal;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;
use crate::secret::Secret;
use crate::session::Session;
use crate::sign_in::SignIn;
use crate::sign_in::return_target::{ADDRESS_TOO_LONG, ReturnTarget, ReturnTargetRefusal};
use crate::token::access_token::{AccessToken, BearerCredential, IssuerKind, bearer_credential};
use crate::token::claims::ClaimPath;
use crate::token::load_balancer::{ACCESS_TOKEN_HEADER, DATA_HEADER, LoadBalancerUser, Presented};

/// Says why a request does not pass the gate although nothing is wrong with its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateRefusal {
    /// `bearer` is not among `auth_methods`.
    BearerNotAccepted,
    /// No credential was presented.
    NoSession,
    /// A WebSocket with cookies is not opened by a page of `public_url`. No browser holds one back that a foreign page opens
    /// (RFC 6455 section 10.2).
    OriginForeign,
    /// The authorization response arrived at a path outside `auth_prefix`; the browser is redirected to the callback.
    CallbackElsewhere,
    /// The request asks for sign-out on a path of the application; it is redirected to where sessions are ended.
    LogoutElsewhere,
    /// The session is due for renewal, which has to happen where cookies can be set.
    RenewalDue,
}

impl GateRefusal {
    /// The code, status and texts of this refusal.
    pub const fn reason(&self) -> &'static Reason {
        match self {
            Self::BearerNotAccepted => &reason::BEARER_NOT_ACCEPTED,
            Self::CallbackElsewhere => &reason::CALLBACK_ELSEWHERE,
            Self::LogoutElsewhere => &reason::LOGOUT_ELSEWHERE,
            Self::NoSession => &reason::SESSION_MISSING,
            Self::OriginForeign => &reason::ORIGIN_FOREIGN,
            Self::RenewalDue => &reason::SESSION_RENEWAL_DUE,
        }
    }
}

/// A request whose form is accepted: what its route asks for, and what it presents.
pub struct Admission<'a> {
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

/// The permission to pass, with the identity.
#[derive(Clone, Debug)]
pub struct Permit {
    /// The identity; `None` for somebody anonymous.
    pub identity: Option<Identity>,
    /// Whether it is a CORS preflight that passes without credentials.
    pub preflight: bool,
}

impl Permit {
    /// Nobody in particular.
    pub const fn anonymous() -> Self {
        Self { identity: None, preflight: false }
    }
}

/// The decision about a request.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It goes to the upstream.
    Forward(Box<Permit>),
    /// It is refused.
    Refuse(Refusal),
    /// The page load is sent to an absolute URL of ours, to sign in or to refresh the session.
    Redirect {
        /// Where.
        location: String,
        /// Why.
        cause: Refusal,
    },
}

/// The longest location that a REST authorizer hands over, bytes.
const MAX_LOCATION_BYTES: usize = 2_000;

impl RelyingParty {
    /// Checks the form of a request and finds what decides about it.
    ///
    /// # Errors
    ///
    /// A header or path that no upstream should see, and a bearer credential that is none.
    pub fn admit<'a>(&'a self, request: &'a Request, front: Front) -> Result<Admission<'a>, Refusal> {
        self.reserved_headers.check(&request.headers, front)?;
        // An API Gateway compares its routes as they are written, so another spelling of a path of ours arrives here.
        if self.imitates_own_path(request) {
            return Err(RouteRefusal::AmbiguousPath.into());
        }
        // The request cannot go on to the callback: it is no page load, or its address is too long.
        if self.is_callback_elsewhere(request) {
            return Err(EndpointRefusal::NotFound.into());
        }
        let rules = self.configuration.routes.governing(request)?;
        let credential = self.credential(request, rules, front)?;
        if front == Front::WebSocket && credential == Credential::Session && !self.may_show_cookies(request) {
            return Err(GateRefusal::OriginForeign.into());
        }
        Ok(Admission {
            request,
            rules,
            cookies: Cookies::parse(&request.headers),
            credential,
            page_load: page_load::is_page_load(request),
        })
    }

    /// Tells whether a WebSocket that shows cookies comes from a page of our own. One that shows none has nothing to lose.
    fn may_show_cookies(&self, request: &Request) -> bool {
        let own = self.configuration.public_url.origin();
        !request.headers.contains("cookie") || request.headers.sole("origin") == Some(own)
    }

    /// Tells whether the bearer of a checked access token passes here.
    ///
    /// # Errors
    ///
    /// The requirement that is not met.
    pub fn permit_bearer(
        &self,
        rules: Governing<'_>,
        token: AccessToken,
        text: &str,
    ) -> Result<Permit, Refusal> {
        let token = if token.groups_accepted { token } else { self.without_memberships(rules, token) };
        rules.satisfied(&token.claims, token.scope.as_deref())?;
        let issuer = self.configuration.one_form(&token.issuer).into_owned();
        let identity = Identity::from_access_token(AccessToken { issuer, ..token }, Secret::new(text));
        Ok(Permit { identity: Some(identity), preflight: false })
    }

    /// The token as it counts where its issuer's groups and roles do not: a further issuer's `admins` are not ours.
    fn without_memberships(&self, rules: Governing<'_>, mut token: AccessToken) -> AccessToken {
        let usual = GroupsClaims::default();
        let usual = [usual.of(IssuerKind::Cognito), usual.of(IssuerKind::Other), &ClaimPath::of("roles")];
        for path in rules.memberships().chain(usual).chain([self.configuration.groups_claim()]) {
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
        rules: Governing<'_>,
        user: LoadBalancerUser,
        access_token: Option<AccessToken>,
        presented: &Presented<'_>,
    ) -> Result<Permit, Refusal> {
        let identity = self.load_balancer_identity(user, access_token, presented)?;
        rules.satisfied(&identity.claims, identity.scope.as_deref())?;
        Ok(Permit { identity: Some(identity), preflight: false })
    }

    /// Gives the person whom a load balancer has signed in, whatever route is asked for.
    ///
    /// # Errors
    ///
    /// Parts that do not fit together.
    pub fn load_balancer_identity(
        &self,
        user: LoadBalancerUser,
        access_token: Option<AccessToken>,
        presented: &Presented<'_>,
    ) -> Result<Identity, Refusal> {
        let verified = access_token.is_some();
        let (user, scope) = user.with_access_token(access_token)?;
        let configuration = &self.configuration;
        Ok(Identity {
            kind: IdentityKind::LoadBalancer,
            issuer: configuration.issuer.clone(),
            username: user.username(),
            email: user.email(),
            groups: user.groups(configuration.groups_claim()),
            scope,
            subject: user.subject,
            claims: user.claims,
            // One that could not be verified may be anybody's.
            access_token: presented.access_token.filter(|_| verified).map(Secret::new),
            encoded_claims: None,
            load_balancer_data: Some(presented.data()),
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
        let presented = self.presented_by_load_balancer(request, front);
        if presented.is_some() {
            self.reserved_headers.check(&request.headers, front)?;
        }
        Ok(presented)
    }

    /// Tells whether the owner of a live session passes here.
    ///
    /// # Errors
    ///
    /// The requirement that is not met.
    pub fn permit_session(&self, rules: Governing<'_>, session: Session) -> Result<Permit, Refusal> {
        rules.satisfied(&session.claims, session.scope.as_deref())?;
        Ok(Permit { identity: Some(Identity::of_session(session)), preflight: false })
    }

    /// Decides when there is no live session: sign-in for a page load, anonymity where that is enough.
    pub fn without_session(&self, admission: &Admission<'_>, cause: Refusal) -> Verdict {
        if admission.rules.auth() == Auth::Optional {
            return Verdict::Forward(Box::new(Permit::anonymous()));
        }
        if admission.page_load && self.configuration.auth_methods.authorization_code {
            if let Some(location) = self.stray_elsewhere(admission.request) {
                return Verdict::Redirect { location, cause: GateRefusal::CallbackElsewhere.into() };
            }
            return Verdict::Redirect {
                location: self.with_return_target("/login", admission.request),
                cause,
            };
        }
        Verdict::Refuse(cause)
    }

    /// Sends a page load to have its session refreshed: cookies can be set there.
    pub fn to_refresh(&self, admission: &Admission<'_>, cause: Refusal) -> Verdict {
        Verdict::Redirect { location: self.with_return_target("/refresh", admission.request), cause }
    }

    /// For the log: the address of the page that was asked for is too long to return to after this.
    pub fn forgotten_page(&self, verdict: &Verdict) -> Option<&'static str> {
        let Verdict::Redirect { location, .. } = verdict else { return None };
        self.is_forgotten(location).then_some(ADDRESS_TOO_LONG)
    }

    /// Whether a page load is sent to `location` without the address of the page, because that is too long.
    pub fn is_forgotten(&self, location: &str) -> bool {
        ["/login", "/refresh"].iter().any(|path| *location == self.own_url(path))
    }

    /// Sign-in that starts and ends at the page of `request`; and for the log, why it ends elsewhere.
    pub fn sign_in_from(&self, request: &Request, front: Front) -> (SignIn, Option<&'static str>) {
        let target = self.as_return_target(&[self.page_of(request)], front);
        let forgotten = (target == Err(ReturnTargetRefusal::TooLong)).then_some(ADDRESS_TOO_LONG);
        let sign_in = SignIn {
            return_target: target
                .map_or_else(|_| self.configuration.login_redirect_uri.clone(), ReturnTarget::into_string),
            restarts: 0,
            remember: self.configuration.session.remember.covers_unasked(),
            client_arguments: Vec::new(),
        };
        (sign_in, forgotten)
    }

    /// The address of the page that `request` asks for.
    pub(crate) fn page_of(&self, request: &Request) -> String {
        self.configuration.public_url.join(&request.target())
    }

    fn credential<'a>(
        &self,
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
            BearerCredential::Malformed => {
                Err(crate::token::access_token::AccessTokenRefusal::MalformedCredential.into())
            }
            BearerCredential::Token(_) if !self.configuration.auth_methods.bearer => {
                Err(GateRefusal::BearerNotAccepted.into())
            }
            BearerCredential::Token(token) => Ok(Credential::Bearer(token)),
            BearerCredential::Absent | BearerCredential::Other => Ok(self
                .presented_by_load_balancer(request, front)
                .map_or(Credential::Session, Credential::LoadBalancer)),
        }
    }

    /// Reads the load balancer's headers, where one can send them: any other front hands on what clients send.
    fn presented_by_load_balancer<'a>(&self, request: &'a Request, front: Front) -> Option<Presented<'a>> {
        if self.configuration.load_balancers.is_none() || front != Front::LoadBalancer {
            return None;
        }
        // Several fields of one name that differ were refused before; equal ones are one.
        let value = |name: &str| request.headers.values(name).next();
        Some(Presented { data: value(DATA_HEADER)?, access_token: value(ACCESS_TOKEN_HEADER) })
    }

    /// An address of ours that knows the page which was asked for, where that fits.
    pub fn with_return_target(&self, path: &str, request: &Request) -> String {
        let location = self.own_url(path);
        let target = format!("{}{}", self.configuration.public_url.path(), request.target());
        let encoded: String = form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let joint = if path.contains('?') { '&' } else { '?' };
        let whole = format!("{location}{joint}rd={encoded}");
        if whole.len() > MAX_LOCATION_BYTES { location } else { whole }
    }
}
