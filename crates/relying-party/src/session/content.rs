//! Encodes and decodes a session: a version byte, then fields, each with a number, a length and a value.
//!
//! A reader skips unknown field numbers, because a later release may have written them; so a roll-back signs
//! nobody out. Tokens take most of the space. They are base64url texts joined by dots, and are stored as the
//! decoded bytes. That saves a quarter, which compensates for the base64url around the sealed content.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{Session, SessionRefusal};
use crate::{secret::Secret, time::Timestamp};

const VERSION: u8 = 1;

/// Field numbers. A number never gets a new meaning.
mod field {
    pub(super) const ISSUER: u8 = 1;
    pub(super) const SUBJECT: u8 = 2;
    pub(super) const USERNAME: u8 = 3;
    pub(super) const EMAIL: u8 = 4;
    pub(super) const GROUP: u8 = 5;
    pub(super) const SCOPE: u8 = 6;
    pub(super) const CLAIMS: u8 = 7;
    pub(super) const ACCESS_TOKEN: u8 = 8;
    pub(super) const ACCESS_TOKEN_EXPIRES_AT: u8 = 9;
    pub(super) const REFRESH_TOKEN: u8 = 10;
    pub(super) const ID_TOKEN: u8 = 11;
    pub(super) const SID: u8 = 12;
    pub(super) const AUTH_TIME: u8 = 13;
    pub(super) const SIGNED_IN_AT: u8 = 14;
    pub(super) const RENEWED_AT: u8 = 15;
    pub(super) const SEEN_AT: u8 = 16;
    pub(super) const NONCE: u8 = 17;
    pub(super) const REMEMBERED: u8 = 18;
    pub(super) const REFRESH_REFUSED: u8 = 19;
}

/// A token stored as text.
const TOKEN_TEXT: u8 = 0;
/// A token stored as the bytes of its base64url parts.
const TOKEN_PARTS: u8 = 1;

pub(super) fn encode(session: &Session) -> Zeroizing<Vec<u8>> {
    let mut writer = Writer(Zeroizing::new(Vec::with_capacity(4096)));
    writer.0.push(VERSION);
    writer.text(field::ISSUER, Some(&session.issuer));
    writer.text(field::SUBJECT, Some(&session.subject));
    writer.text(field::USERNAME, session.username.as_deref());
    writer.text(field::EMAIL, session.email.as_deref());
    session.groups.iter().for_each(|group| writer.text(field::GROUP, Some(group)));
    writer.text(field::SCOPE, session.scope.as_deref());
    if !session.claims.is_empty() {
        // A map of JSON values can always be serialised.
        writer.bytes(field::CLAIMS, &serde_json::to_vec(&session.claims).unwrap_or_default());
    }
    writer.token(field::ACCESS_TOKEN, session.access_token.as_ref());
    writer.time(field::ACCESS_TOKEN_EXPIRES_AT, session.access_token_expires_at);
    writer.token(field::REFRESH_TOKEN, session.refresh_token.as_ref());
    if session.refresh_refused {
        writer.bytes(field::REFRESH_REFUSED, &[]);
    }
    writer.token(field::ID_TOKEN, session.id_token.as_ref());
    writer.text(field::SID, session.sid.as_deref());
    writer.time(field::AUTH_TIME, session.auth_time);
    writer.text(field::NONCE, session.nonce.as_deref());
    if session.remembered {
        writer.bytes(field::REMEMBERED, &[]);
    }
    writer.time(field::SIGNED_IN_AT, Some(session.signed_in_at));
    writer.time(field::RENEWED_AT, Some(session.renewed_at));
    // The last field, present in every session, so content that was cut off lacks it and is refused.
    writer.time(field::SEEN_AT, Some(session.seen_at));
    writer.0
}

pub(super) fn decode(bytes: &[u8]) -> Result<Session, SessionRefusal> {
    let (version, mut rest) = bytes.split_first().ok_or(SessionRefusal::Malformed)?;
    if *version != VERSION {
        return Err(SessionRefusal::UnknownVersion);
    }
    let mut draft = Draft::new();
    while let Some((number, after)) = rest.split_first() {
        let (value, after) = take_counted(after).ok_or(SessionRefusal::Malformed)?;
        draft.read(*number, value).ok_or(SessionRefusal::Malformed)?;
        rest = after;
    }
    draft.finish().ok_or(SessionRefusal::Malformed)
}

/// A session that is being read. The fields that every session has are apart until all of them are there.
struct Draft {
    optional: Session,
    issuer: Option<String>,
    subject: Option<String>,
    signed_in_at: Option<Timestamp>,
    renewed_at: Option<Timestamp>,
    seen_at: Option<Timestamp>,
}

impl Draft {
    fn new() -> Self {
        Self {
            optional: Session::bare("", "", Timestamp::from_unix(0)),
            issuer: None,
            subject: None,
            signed_in_at: None,
            renewed_at: None,
            seen_at: None,
        }
    }

    /// `None` when the value does not have the form of its field.
    fn read(&mut self, number: u8, value: &[u8]) -> Option<()> {
        let optional = &mut self.optional;
        match number {
            field::ISSUER => self.issuer = Some(text(value)?),
            field::SUBJECT => self.subject = Some(text(value)?),
            field::USERNAME => optional.username = Some(text(value)?),
            field::EMAIL => optional.email = Some(text(value)?),
            field::GROUP => optional.groups.push(text(value)?),
            field::SCOPE => optional.scope = Some(text(value)?),
            field::CLAIMS => optional.claims = serde_json::from_slice(value).ok()?,
            field::ACCESS_TOKEN => optional.access_token = Some(token(value)?),
            field::ACCESS_TOKEN_EXPIRES_AT => optional.access_token_expires_at = Some(time(value)?),
            field::REFRESH_TOKEN => optional.refresh_token = Some(token(value)?),
            field::ID_TOKEN => optional.id_token = Some(token(value)?),
            field::SID => optional.sid = Some(text(value)?),
            field::AUTH_TIME => optional.auth_time = Some(time(value)?),
            field::SIGNED_IN_AT => self.signed_in_at = Some(time(value)?),
            field::RENEWED_AT => self.renewed_at = Some(time(value)?),
            field::SEEN_AT => self.seen_at = Some(time(value)?),
            field::NONCE => optional.nonce = Some(text(value)?),
            field::REFRESH_REFUSED => optional.refresh_refused = value.is_empty().then_some(true)?,
            field::REMEMBERED => optional.remembered = value.is_empty().then_some(true)?,
            _ => {}
        }
        Some(())
    }

    fn finish(self) -> Option<Session> {
        Some(Session {
            issuer: self.issuer?,
            subject: self.subject?,
            signed_in_at: self.signed_in_at?,
            renewed_at: self.renewed_at?,
            seen_at: self.seen_at?,
            ..self.optional
        })
    }
}

struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn bytes(&mut self, number: u8, value: &[u8]) {
        self.0.push(number);
        push_counted(&mut self.0, value);
    }

    fn text(&mut self, number: u8, value: Option<&str>) {
        if let Some(value) = value {
            self.bytes(number, value.as_bytes());
        }
    }

    fn time(&mut self, number: u8, value: Option<Timestamp>) {
        if let Some(value) = value {
            self.bytes(number, &value.unix().to_be_bytes());
        }
    }

    fn token(&mut self, number: u8, value: Option<&Secret>) {
        if let Some(value) = value {
            self.bytes(number, &pack_token(value.expose()));
        }
    }
}

/// The token's parts as bytes if each is canonical base64url, so that decoding restores exactly the same
/// text; otherwise the text.
fn pack_token(text: &str) -> Zeroizing<Vec<u8>> {
    let mut packed = Zeroizing::new(Vec::with_capacity(text.len() + 8));
    packed.push(TOKEN_PARTS);
    for part in text.split('.') {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(part).map(Zeroizing::new) else {
            packed.clear();
            packed.push(TOKEN_TEXT);
            packed.extend_from_slice(text.as_bytes());
            return packed;
        };
        push_counted(&mut packed, &bytes);
    }
    packed
}

fn token(packed: &[u8]) -> Option<Secret> {
    let (form, mut rest) = packed.split_first()?;
    match *form {
        TOKEN_TEXT => text(rest).map(Secret::new),
        TOKEN_PARTS => {
            let mut token = String::with_capacity(packed.len() * 4 / 3 + 4);
            loop {
                let (part, after) = take_counted(rest)?;
                URL_SAFE_NO_PAD.encode_string(part, &mut token);
                if after.is_empty() {
                    return Some(Secret::new(token));
                }
                token.push('.');
                rest = after;
            }
        }
        _ => None,
    }
}

fn text(value: &[u8]) -> Option<String> {
    std::str::from_utf8(value).ok().map(ToOwned::to_owned)
}

fn time(value: &[u8]) -> Option<Timestamp> {
    Some(Timestamp::from_unix(i64::from_be_bytes(value.try_into().ok()?)))
}

/// Writes the length, seven bits per byte, lowest first, with the high bit set if more follow; then the
/// value.
fn push_counted(to: &mut Vec<u8>, value: &[u8]) {
    let mut length = value.len();
    loop {
        let [low, ..] = length.to_le_bytes();
        length >>= 7;
        if length == 0 {
            to.push(low & 0x7f);
            break;
        }
        to.push(low | 0x80);
    }
    to.extend_from_slice(value);
}

fn take_counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    let mut rest = bytes;
    for shift in [0, 7, 14, 21] {
        let (byte, after) = rest.split_first()?;
        length |= usize::from(byte & 0x7f) << shift;
        rest = after;
        if byte & 0x80 == 0 {
            return rest.split_at_checked(length);
        }
    }
    None
}

#[cfg(test)]
mod tests;
