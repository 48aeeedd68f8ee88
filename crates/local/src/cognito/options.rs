//! Holds the options of a stand-in.

use std::fmt;
use std::sync::Arc;

/// A clock: seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;
/// Fills a buffer with random bytes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
/// Receives every message that Cognito would have sent.
pub type Mailer = Arc<dyn Fn(&Mail) + Send + Sync>;

/// The scopes that every user pool knows.
pub(crate) const SYSTEM_SCOPES: [&str; 5] =
    ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];

/// The options of a stand-in. [`Options::local`] are those of the local stack.
#[derive(Clone)]
pub struct Options {
    /// Scheme, host and port of the stand-in's address, without a trailing slash.
    pub base_url: String,
    /// The user pool's id, also the first path segment of the original issuer.
    pub pool_id: String,
    /// The one of Cognito's two issuer forms that tokens have.
    pub issuer_form: IssuerForm,
    /// Whether discovery lists `end_session_endpoint`; AWS does not document whether Cognito's does.
    pub end_session_in_discovery: bool,
    /// The app clients.
    pub clients: Vec<AppClient>,
    /// The users that exist at start, all confirmed.
    pub users: Vec<NewUser>,
    /// The groups of the pool.
    pub groups: Vec<String>,
    /// The time.
    pub clock: Clock,
    /// The source of randomness for everything except new RSA keys.
    pub entropy: Entropy,
    /// Receives every "emailed" code.
    pub mail: Mailer,
}

/// Cognito's two issuer forms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IssuerForm {
    /// `https://cognito-idp.<region>.amazonaws.com/<pool>`; here `<base_url>/<pool>`.
    Original,
    /// `https://issuer-cognito-idp.<region>.amazonaws.com/<pool>`; here
    /// `<base_url>/issuer-cognito-idp/<pool>`.
    Updated,
}

/// One app client. It has the code flow only, as the template creates it.
#[derive(Clone, Eq, PartialEq)]
pub struct AppClient {
    /// Its id, which has 26 characters on AWS.
    pub client_id: String,
    /// Its secret; `None` for a public client.
    pub client_secret: Option<String>,
    /// `CallbackURLs`, compared exactly.
    pub callback_urls: Vec<String>,
    /// `DefaultRedirectURI`, for a request without `redirect_uri`.
    pub default_redirect_uri: Option<String>,
    /// `LogoutURLs`, compared exactly.
    pub logout_urls: Vec<String>,
    /// `AllowedOAuthScopes`.
    pub scopes: Vec<String>,
    /// Lifetime of access tokens in seconds.
    pub access_token_validity: i64,
    /// Lifetime of ID tokens in seconds.
    pub id_token_validity: i64,
    /// Lifetime of refresh tokens in seconds.
    pub refresh_token_validity: i64,
    /// `EnableTokenRevocation`.
    pub token_revocation: bool,
    /// The seconds for which the old refresh token stays valid after rotation; `None` turns rotation off.
    pub rotation: Option<i64>,
}

impl fmt::Debug for AppClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AppClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A confirmed user to create.
#[derive(Clone, Eq, PartialEq)]
pub struct NewUser {
    /// `sub` and `cognito:username`, which are one value in a pool that uses the email address as the sign-in
    /// name; `None` generates a UUID.
    pub sub: Option<String>,
    /// The address, which is also the sign-in name.
    pub email: String,
    /// The password.
    pub password: String,
    /// First name.
    pub given_name: String,
    /// Last name.
    pub family_name: String,
    /// Groups, in the order in which the tokens list them.
    pub groups: Vec<String>,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NewUser").field("email", &self.email).finish_non_exhaustive()
    }
}

/// A message that Cognito would have emailed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The code that it carries.
    pub code: String,
    /// When it was sent, seconds since 1970.
    pub at: i64,
}

impl Options {
    /// The stand-in of the local stack on `http://127.0.0.1:8410`, with two users: one in `admins`, one in no
    /// group. Every value is public and fit for loopback only.
    pub fn local(clock: Clock, entropy: Entropy, mail: Mailer) -> Self {
        Self {
            base_url: "http://127.0.0.1:8410".to_owned(),
            pool_id: "us-east-1_LocalPool".to_owned(),
            issuer_form: IssuerForm::Original,
            end_session_in_discovery: true,
            clients: vec![AppClient::local()],
            users: vec![NewUser::local_admin(), NewUser::local_guest()],
            groups: vec!["admins".to_owned()],
            clock,
            entropy,
            mail,
        }
    }

    /// The issuer of the given form.
    pub fn issuer(&self, form: IssuerForm) -> String {
        match form {
            IssuerForm::Original => format!("{}/{}", self.base_url, self.pool_id),
            IssuerForm::Updated => format!("{}/issuer-cognito-idp/{}", self.base_url, self.pool_id),
        }
    }

    /// The app client with this id.
    pub fn client(&self, client_id: &str) -> Option<&AppClient> {
        self.clients.iter().find(|client| client.client_id == client_id)
    }
}

impl AppClient {
    /// The confidential client of the local stack: its three fronts, access tokens of one hour, refresh
    /// tokens of thirty days.
    pub fn local() -> Self {
        let origins = ["http://localhost:8400", "http://localhost:8401", "http://localhost:8402"];
        Self {
            client_id: "4vestibule7local0client2ab".to_owned(),
            client_secret: Some("1loopback2only3not4a5secret6but7as8long9as0one1is2ok".to_owned()),
            callback_urls: origins.iter().map(|origin| format!("{origin}/oauth2/callback")).collect(),
            default_redirect_uri: None,
            logout_urls: origins.iter().map(|origin| format!("{origin}/oauth2/signed-out")).collect(),
            scopes: ["openid", "email", "profile", "aws.cognito.signin.user.admin"]
                .map(str::to_owned)
                .to_vec(),
            access_token_validity: 3_600,
            id_token_validity: 3_600,
            refresh_token_validity: 30 * 86_400,
            token_revocation: true,
            rotation: None,
        }
    }
}

impl NewUser {
    /// The seeded user, a member of `admins`.
    pub fn local_admin() -> Self {
        Self {
            sub: Some("a4c8e468-50a1-70c6-7c3f-5b0f0d5a0001".to_owned()),
            email: "admin@example.com".to_owned(),
            password: "Loopback-1".to_owned(),
            given_name: "Local".to_owned(),
            family_name: "Admin".to_owned(),
            groups: vec!["admins".to_owned()],
        }
    }

    /// The second seeded user, in no group.
    pub fn local_guest() -> Self {
        Self {
            sub: Some("b4c8e468-50a1-70c6-7c3f-5b0f0d5a0002".to_owned()),
            email: "guest@example.com".to_owned(),
            password: "Loopback-2".to_owned(),
            given_name: "Local".to_owned(),
            family_name: "Guest".to_owned(),
            groups: Vec::new(),
        }
    }
}
