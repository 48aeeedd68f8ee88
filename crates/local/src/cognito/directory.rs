//! Keeps the users of the pool.

use sha2::{Digest as _, Sha256};

/// Lifetime of a sign-up code in seconds: 24 hours, as on AWS.
pub(super) const SIGN_UP_CODE: i64 = 86_400;
/// Lifetime of a code for a forgotten password in seconds: one hour, as on AWS.
pub(super) const RESET_CODE: i64 = 3_600;
/// The number of wrong guesses that invalidate a code.
const GUESSES: u8 = 5;

/// One user. `sub` is also the username, as in a pool whose sign-in name is the email address.
#[derive(Clone)]
pub(super) struct User {
    pub(super) sub: String,
    pub(super) email: String,
    pub(super) email_verified: bool,
    pub(super) given_name: String,
    pub(super) family_name: String,
    pub(super) groups: Vec<String>,
    pub(super) enabled: bool,
    pub(super) confirmed: bool,
    pub(super) password: Password,
    pub(super) sign_up_code: Option<Code>,
    pub(super) reset_code: Option<Code>,
}

/// A salted hash. It is enough for a stand-in with public passwords, but too fast for any other use.
#[derive(Clone)]
pub(super) struct Password {
    salt: [u8; 16],
    hash: [u8; 32],
}

/// An "emailed" code.
#[derive(Clone)]
pub(super) struct Code {
    digits: String,
    expires_at: i64,
    guesses: u8,
}

/// The reason why a code from a form is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CodeFault {
    Wrong,
    Expired,
    /// There were too many wrong guesses.
    Spent,
}

/// All users.
#[derive(Default)]
pub(super) struct Directory(Vec<User>);

impl Directory {
    pub(super) fn add(&mut self, user: User) {
        self.0.push(user);
    }

    /// Compares email addresses without regard to case, Cognito's default for new pools.
    pub(super) fn by_email(&mut self, email: &str) -> Option<&mut User> {
        self.0.iter_mut().find(|user| user.email.eq_ignore_ascii_case(email))
    }

    pub(super) fn by_sub(&self, sub: &str) -> Option<&User> {
        self.0.iter().find(|user| user.sub == sub)
    }

    pub(super) fn remove(&mut self, email: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|user| !user.email.eq_ignore_ascii_case(email));
        before != self.0.len()
    }
}

impl User {
    /// Whether the user may hold tokens and a pool session.
    pub(super) fn active(&self) -> bool {
        self.enabled && self.confirmed
    }
}

impl Password {
    pub(super) fn new(password: &str, salt: [u8; 16]) -> Self {
        Self { salt, hash: digest(password, &salt) }
    }

    pub(super) fn is(&self, password: &str) -> bool {
        digest(password, &self.salt) == self.hash
    }
}

impl Code {
    pub(super) fn new(digits: String, expires_at: i64) -> Self {
        Self { digits, expires_at, guesses: 0 }
    }

    pub(super) fn check(&mut self, digits: &str, now: i64) -> Result<(), CodeFault> {
        if self.guesses >= GUESSES {
            return Err(CodeFault::Spent);
        }
        if now >= self.expires_at {
            return Err(CodeFault::Expired);
        }
        if self.digits == digits {
            return Ok(());
        }
        self.guesses += 1;
        Err(CodeFault::Wrong)
    }
}

/// The fault of a new password under Cognito's default policy, if there is one.
pub(super) fn password_fault(password: &str) -> Option<&'static str> {
    let has = |wanted: fn(&char) -> bool| password.chars().any(|character| wanted(&character));
    if password.chars().count() < 8 {
        return Some("The password needs at least 8 characters.");
    }
    if password.len() > 256 {
        return Some("The password is longer than 256 characters.");
    }
    if !has(char::is_ascii_uppercase) || !has(char::is_ascii_lowercase) {
        return Some("The password needs an upper-case and a lower-case letter.");
    }
    if !has(char::is_ascii_digit) {
        return Some("The password needs a digit.");
    }
    if !has(char::is_ascii_punctuation) {
        return Some("The password needs a special character.");
    }
    None
}

/// Whether the text looks enough like an email address for a form.
pub(super) fn is_email(text: &str) -> bool {
    let plain = text.len() <= 254
        && text.chars().all(|character| !character.is_whitespace() && !character.is_control());
    plain
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

fn digest(password: &str, salt: &[u8; 16]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(password.as_bytes()).finalize().into()
}
