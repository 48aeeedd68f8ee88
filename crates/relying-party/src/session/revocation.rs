//! Applies revocations: a session or token of a user that began at the time of a revocation or earlier is
//! refused. The list of sessions may be incomplete; a revocation covers missing ones too.

use crate::configuration::Configuration;
use crate::refusal::reason::{self, Reason};
use crate::relying_party::RelyingParty;
use crate::session::Session;
use crate::session::index::{Indexed, KeyedHash};
use crate::time::Timestamp;
use crate::token::access_token::AccessToken;

/// How long the revocation of a user is kept at least, seconds: ten years, the longest life of a Cognito
/// refresh token, and a day for the last access token. A token from a refresh has the `auth_time` of the
/// sign-in, so until then one can appear that is older than the revocation.
const LONGEST_REFRESH_SECONDS: i64 = (3_650 + 1) * 86_400;

/// How long a revocation is kept, seconds: until nothing that it refuses can appear any more.
pub fn kept_seconds(configuration: &Configuration, of: Indexed<'_>) -> i64 {
    let session = &configuration.session;
    let longest_session = session.absolute.max(session.remember_absolute);
    match of {
        Indexed::User { .. } => longest_session.max(LONGEST_REFRESH_SECONDS),
        // These refuse sessions that were created here, but no tokens.
        Indexed::LogoutToken { .. }
        | Indexed::ProviderSession { .. }
        | Indexed::ProviderUser { .. }
        | Indexed::ProviderUserWithoutSid { .. } => longest_session,
    }
}

/// The keys of the revocations that concern a session or a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationHashes {
    /// Hashes of the user with every key of the ring and every form of the issuer.
    pub user: Vec<KeyedHash>,
    /// Hashes of the provider's sessions, likewise; only if the provider can send logout tokens.
    pub provider: Vec<KeyedHash>,
}

/// The latest revocations that were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revocation {
    /// The user's revocation.
    pub user: Option<Timestamp>,
    /// The revocation of the provider's sessions.
    pub provider: Option<Timestamp>,
}

/// Why a session or a token that is otherwise valid was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationRefusal {
    /// The user's access was revoked after the sign-in of this access token.
    AccessToken,
    /// The provider said that the session has ended.
    EndedByProvider,
    /// All sessions of the user were ended after the sign-in of this one.
    EndedEverywhere,
}

impl RevocationRefusal {
    /// The public reason.
    pub const fn reason(self) -> &'static Reason {
        match self {
            Self::AccessToken => &reason::BEARER_ENDED_EVERYWHERE,
            Self::EndedByProvider => &reason::SESSION_ENDED_AT_PROVIDER,
            Self::EndedEverywhere => &reason::SESSION_ENDED_EVERYWHERE,
        }
    }
}

impl RevocationHashes {
    /// The hashes for a session.
    pub fn of_session(session: &Session, relying_party: &RelyingParty) -> Self {
        let (issuer, subject) = (session.issuer.as_str(), session.subject.as_str());
        let hashes = |of: Indexed<'_>| of.hashes_of_forms(&relying_party.ring, &relying_party.configuration);
        let mut provider = Vec::new();
        if relying_party.configuration.takes_logout_tokens() {
            provider.extend(hashes(Indexed::ProviderUser { issuer, subject }));
            provider.extend(hashes(match session.sid.as_deref() {
                Some(sid) => Indexed::ProviderSession { issuer, sid },
                None => Indexed::ProviderUserWithoutSid { issuer, subject },
            }));
        }
        Self { user: hashes(Indexed::User { issuer, subject }), provider }
    }

    /// The hashes for the user of an access token.
    pub fn of_bearer(token: &AccessToken, relying_party: &RelyingParty) -> Self {
        Self::of_user(&token.issuer, &token.subject, relying_party)
    }

    /// The hashes for a user whom a load balancer has signed in at our provider.
    pub fn of_load_balancer_user(subject: &str, relying_party: &RelyingParty) -> Self {
        Self::of_user(&relying_party.configuration.issuer, subject, relying_party)
    }

    fn of_user(issuer: &str, subject: &str, relying_party: &RelyingParty) -> Self {
        let user = Indexed::User { issuer, subject };
        let user = user.hashes_of_forms(&relying_party.ring, &relying_party.configuration);
        Self { user, provider: Vec::new() }
    }
}

impl Revocation {
    /// Checks a session against the revocations.
    ///
    /// It began when its user last authenticated, and at the latest when it was created here. A session that
    /// began in the same second as the revocation is refused too, because it may have begun before. A
    /// revocation by the provider concerns the sessions created here, however old the sign-in at the provider
    /// was.
    ///
    /// # Errors
    ///
    /// [`RevocationRefusal`].
    pub fn check_session(self, session: &Session) -> Result<(), RevocationRefusal> {
        let proved_at = session.auth_time.unwrap_or(session.signed_in_at).min(session.signed_in_at);
        if self.user.is_some_and(|revocation| proved_at <= revocation) {
            return Err(RevocationRefusal::EndedEverywhere);
        }
        if self.provider.is_some_and(|revocation| session.signed_in_at <= revocation) {
            return Err(RevocationRefusal::EndedByProvider);
        }
        Ok(())
    }

    /// Checks an access token against the revocations, by `auth_time`, otherwise by `iat`. One with neither
    /// could be of any age.
    ///
    /// # Errors
    ///
    /// [`RevocationRefusal::AccessToken`].
    pub fn check_bearer(self, token: &AccessToken) -> Result<(), RevocationRefusal> {
        let Some(revocation) = self.user else { return Ok(()) };
        match token.auth_time.or(token.issued_at) {
            Some(proved_at) if proved_at > revocation => Ok(()),
            _ => Err(RevocationRefusal::AccessToken),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test fails when it cannot be set up"
    )]

    use serde_json::Map;

    use super::*;
    use crate::configuration::{Role, Sources};

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn session(auth_time: Option<i64>, signed_in_at: i64) -> Session {
        let auth_time = auth_time.map(|seconds| NOW.plus(seconds));
        Session { auth_time, ..Session::bare("https://id.example.com", "ada", NOW.plus(signed_in_at)) }
    }

    fn token(auth_time: Option<i64>, issued_at: Option<i64>) -> AccessToken {
        AccessToken {
            issuer: "https://id.example.com".to_owned(),
            subject: "ada".to_owned(),
            username: None,
            email: None,
            groups: Vec::new(),
            scope: None,
            client_id: None,
            issued_at: issued_at.map(|seconds| NOW.plus(seconds)),
            auth_time: auth_time.map(|seconds| NOW.plus(seconds)),
            expires_at: NOW.plus(300),
            claims: Map::new(),
            groups_accepted: true,
            encoded_claims: None,
        }
    }

    #[test]
    fn a_users_revocation_outlives_the_longest_refresh_and_the_providers_the_longest_session() {
        const DAY: i64 = 86_400;
        let (issuer, subject) = ("https://id.example.com", "ada");
        let user = Indexed::User { issuer, subject };
        for (lines, of_user, of_provider) in [
            ("", 3_651 * DAY, 30 * DAY),
            ("session_remember_absolute_timeout: 864000", 3_651 * DAY, 10 * DAY),
            ("session_absolute_timeout: 8640000", 3_651 * DAY, 100 * DAY),
        ] {
            let document = format!(
                "issuer: {issuer}\nclient_id: app\npublic_url: https://app.example.com\n\
                 session_secret: 0123456789abcdef0123456789abcdef\n\
                 session_remember_rolling_timeout: 3600\n{lines}\n"
            );
            let sources = Sources { document: Some(&document), ..Sources::default() };
            let configuration = Configuration::from_sources(&sources, Role::Session).unwrap();
            assert_eq!(kept_seconds(&configuration, user), of_user, "{lines}");
            for provider in
                [Indexed::ProviderUser { issuer, subject }, Indexed::ProviderSession { issuer, sid: "sid" }]
            {
                assert_eq!(kept_seconds(&configuration, provider), of_provider, "{lines}");
            }
        }
    }

    /// A search is one request, with more keys only where there is more than one form.
    #[test]
    fn a_revocation_is_looked_for_under_every_form_of_the_issuer() {
        const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
        const ISSUER: &str = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
        const OTHER: &str = "https://id.example.com";
        for (issuer, forms) in [
            (POOL, &[POOL, ISSUER][..]),
            (ISSUER, &[ISSUER, POOL]),
            (OTHER, &[OTHER]),
            ("https://id.example.com/.well-known/openid-configuration", &[OTHER, "https://id.example.com/"]),
        ] {
            let document = format!(
                "issuer: {issuer}\nclient_id: app\npublic_url: https://app.example.com\nprovider: oidc\n\
                 session_secret: 0123456789abcdef0123456789abcdef\nsession_storage: memory\n"
            );
            let sources = Sources { document: Some(&document), ..Sources::default() };
            let relying_party =
                RelyingParty::new(Configuration::from_sources(&sources, Role::Session).unwrap()).unwrap();
            let hash = |issuer: &&str| Indexed::User { issuer, subject: "ada" }.hash(&relying_party.ring);
            let expected: Vec<KeyedHash> = forms.iter().map(hash).collect();
            for form in forms {
                let session = Session::bare(form, "ada", NOW);
                let found = RevocationHashes::of_session(&session, &relying_party);
                assert_eq!(found.user, expected, "{form} at {issuer}");
                assert_eq!(found.provider.len(), 2 * forms.len());
                let session = session.of_issuer_in(&relying_party.configuration).unwrap();
                assert_eq!(session.issuer, forms[0]);
                let token = AccessToken { issuer: (*form).to_owned(), ..token(None, None) };
                let found = RevocationHashes::of_bearer(&token, &relying_party);
                assert_eq!(found.user, expected, "{form} at {issuer}");
            }
            assert_eq!(RevocationHashes::of_load_balancer_user("ada", &relying_party).user, expected);
        }
    }

    fn user() -> Revocation {
        Revocation { user: Some(NOW), provider: None }
    }

    fn provider() -> Revocation {
        Revocation { user: None, provider: Some(NOW) }
    }

    #[test]
    fn without_a_revocation_everything_holds() {
        assert_eq!(Revocation::default().check_session(&session(Some(-9), -9)), Ok(()));
        assert_eq!(Revocation::default().check_bearer(&token(None, None)), Ok(()));
    }

    #[test]
    fn a_session_is_refused_up_to_the_second_of_the_revocation() {
        let everywhere = Err(RevocationRefusal::EndedEverywhere);
        for (auth_time, signed_in_at, expected) in [
            (Some(-1), -1, everywhere),
            (Some(0), 0, everywhere),
            (Some(1), 1, Ok(())),
            // A sign-in for which the provider asked for no password.
            (Some(-1), 60, everywhere),
            // The provider's clock is ahead of ours.
            (Some(60), -1, everywhere),
            (None, -1, everywhere),
            (None, 0, everywhere),
            (None, 1, Ok(())),
        ] {
            let session = session(auth_time, signed_in_at);
            assert_eq!(user().check_session(&session), expected, "{auth_time:?} {signed_in_at}");
        }
    }

    #[test]
    fn the_provider_ends_sessions_by_when_they_began_here() {
        let ended = Err(RevocationRefusal::EndedByProvider);
        assert_eq!(provider().check_session(&session(Some(-1), -1)), ended);
        assert_eq!(provider().check_session(&session(None, 0)), ended);
        assert_eq!(provider().check_session(&session(Some(-9), 1)), Ok(()));
        assert_eq!(provider().check_bearer(&token(Some(-1), Some(-1))), Ok(()));
    }

    #[test]
    fn a_bearer_token_is_refused_by_auth_time_and_else_by_iat() {
        let refused = Err(RevocationRefusal::AccessToken);
        for (auth_time, issued_at, expected) in [
            (Some(-1), Some(60), refused),
            (Some(0), Some(60), refused),
            (Some(1), Some(60), Ok(())),
            (None, Some(-1), refused),
            (None, Some(0), refused),
            (None, Some(1), Ok(())),
            (None, None, refused),
        ] {
            let token = token(auth_time, issued_at);
            assert_eq!(user().check_bearer(&token), expected, "{auth_time:?} {issued_at:?}");
        }
    }
}
