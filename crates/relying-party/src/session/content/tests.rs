#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Header, payload and signature, each canonical base64url.
const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.AQIDBA";

fn least() -> Session {
    Session {
        renewed_at: Timestamp::from_unix(1_800_000_100),
        seen_at: Timestamp::from_unix(1_800_000_200),
        ..Session::bare("https://id.example.com", "s1", Timestamp::from_unix(1_800_000_000))
    }
}

fn full() -> Session {
    let claims = json!({"given_name": "Ada", "custom:level": 3, "address": {"country": "NO"}});
    Session {
        username: Some("ada".to_owned()),
        email: Some("ada@example.com".to_owned()),
        groups: vec!["b".to_owned(), "a".to_owned(), "a".to_owned(), String::new()],
        scope: Some("openid email".to_owned()),
        claims: claims.as_object().unwrap().clone(),
        access_token: Some(Secret::new(JWT)),
        access_token_expires_at: Some(Timestamp::from_unix(1_800_003_600)),
        refresh_token: Some(Secret::new("no base64url at all!")),
        id_token: Some(Secret::new(JWT)),
        sid: Some("provider-session".to_owned()),
        auth_time: Some(Timestamp::from_unix(-1)),
        nonce: Some("n0nce".to_owned()),
        refresh_refused: true,
        remembered: true,
        ..least()
    }
}

/// All members of a session, secrets too, in a form that can be compared.
fn shown(session: &Session) -> Vec<(&'static str, String)> {
    let secret = |secret: &Option<Secret>| format!("{:?}", secret.as_ref().map(Secret::expose));
    let Session {
        issuer,
        subject,
        username,
        email,
        groups,
        scope,
        claims,
        access_token,
        access_token_expires_at,
        refresh_token,
        refresh_refused,
        id_token,
        sid,
        auth_time,
        nonce,
        remembered,
        signed_in_at,
        renewed_at,
        seen_at,
    } = session;
    vec![
        ("issuer", issuer.clone()),
        ("subject", subject.clone()),
        ("username", format!("{username:?}")),
        ("email", format!("{email:?}")),
        ("groups", format!("{groups:?}")),
        ("scope", format!("{scope:?}")),
        ("claims", format!("{claims:?}")),
        ("access_token", secret(access_token)),
        ("access_token_expires_at", format!("{access_token_expires_at:?}")),
        ("refresh_token", secret(refresh_token)),
        ("refresh_refused", refresh_refused.to_string()),
        ("id_token", secret(id_token)),
        ("sid", format!("{sid:?}")),
        ("auth_time", format!("{auth_time:?}")),
        ("nonce", format!("{nonce:?}")),
        ("remembered", remembered.to_string()),
        ("signed_in_at", format!("{signed_in_at:?}")),
        ("renewed_at", format!("{renewed_at:?}")),
        ("seen_at", format!("{seen_at:?}")),
    ]
}

fn refusal(bytes: &[u8]) -> Option<SessionRefusal> {
    decode(bytes).err()
}

/// The encoding of `session` with one more field at its end.
fn with_field(session: &Session, number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = encode(session).to_vec();
    bytes.push(number);
    push_counted(&mut bytes, value);
    bytes
}

/// The start of each field of `bytes`, and the end of the last.
fn field_starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![1];
    let mut rest = &bytes[1..];
    while let Some((_, after)) = rest.split_first() {
        (_, rest) = take_counted(after).unwrap();
        starts.push(bytes.len() - rest.len());
    }
    starts
}

/// The encoding of `session` without the field `number`.
fn without_field(session: &Session, number: u8) -> Vec<u8> {
    let bytes = encode(session);
    let mut kept = vec![VERSION];
    for field in field_starts(&bytes).windows(2) {
        if bytes[field[0]] != number {
            kept.extend_from_slice(&bytes[field[0]..field[1]]);
        }
    }
    kept
}

fn token_again(text: &str) -> String {
    token(&pack_token(text)).unwrap().expose().to_owned()
}

#[test]
fn every_field_comes_back() {
    for session in [least(), full()] {
        assert_eq!(shown(&decode(&encode(&session)).unwrap()), shown(&session));
    }
}

#[test]
fn the_times_at_their_ends_come_back() {
    for seconds in [i64::MIN, -1, 0, 1, i64::MAX] {
        let session = Session { signed_in_at: Timestamp::from_unix(seconds), ..least() };
        assert_eq!(decode(&encode(&session)).unwrap().signed_in_at, Timestamp::from_unix(seconds));
    }
}

#[test]
fn texts_at_the_ends_of_a_length_byte_come_back() {
    for length in [0, 1, 127, 128, 129, 16_383, 16_384] {
        let session = Session { subject: "s".repeat(length), ..least() };
        assert_eq!(decode(&encode(&session)).unwrap().subject.len(), length);
    }
}

#[test]
fn tokens_of_any_form_come_back_as_the_very_same_text() {
    for text in [
        JWT,
        "",
        ".",
        "..",
        "a",
        "AQ",
        "AR",
        "AQ==",
        "AQ.",
        ".AQ",
        "AQ..AQ",
        "AQ.AR",
        "a+b/",
        "a-b_",
        "not base64url",
        "naïve",
        "AQ\n",
        "1//0abc-def",
    ] {
        assert_eq!(token_again(text), text);
    }
}

#[test]
fn a_token_of_base64url_parts_takes_a_quarter_less() {
    let text = format!("{0}.{0}.{0}", "abcd".repeat(100));
    let packed = pack_token(&text);
    assert_eq!(packed.first(), Some(&TOKEN_PARTS));
    assert_eq!(packed.len(), 1 + 3 * (2 + 300));
}

#[test]
fn a_token_whose_base64url_is_not_canonical_is_kept_as_text() {
    for text in ["AR", "AQ==", "AQ.AR"] {
        assert_eq!(pack_token(text).first(), Some(&TOKEN_TEXT), "{text}");
    }
}

#[test]
fn cut_short_at_every_length() {
    for session in [least(), full()] {
        let bytes = encode(&session);
        for length in 0..bytes.len() {
            assert_eq!(refusal(&bytes[..length]), Some(SessionRefusal::Malformed), "{length}");
        }
    }
}

#[test]
fn empty() {
    assert_eq!(refusal(&[]), Some(SessionRefusal::Malformed));
}

#[test]
fn every_other_version() {
    for version in (0..=u8::MAX).filter(|version| *version != VERSION) {
        let mut bytes = encode(&full()).to_vec();
        bytes[0] = version;
        assert_eq!(refusal(&bytes), Some(SessionRefusal::UnknownVersion), "{version}");
        assert_eq!(refusal(&[version]), Some(SessionRefusal::UnknownVersion), "{version}");
    }
}

#[test]
fn a_field_of_a_later_release_is_skipped() {
    for number in (field::REFRESH_REFUSED + 1)..=u8::MAX {
        let bytes = with_field(&full(), number, b"\xff\x00 whatever");
        assert_eq!(shown(&decode(&bytes).unwrap()), shown(&full()), "{number}");
    }
}

/// A release that does not know an optional mark skips it, and writes none.
#[test]
fn a_session_without_marks_is_written_as_before() {
    let remembered = Session { remembered: true, ..least() };
    let refused = Session { refresh_refused: true, ..least() };
    for (marked, number) in [(remembered, field::REMEMBERED), (refused, field::REFRESH_REFUSED)] {
        assert_eq!(without_field(&marked, number), *encode(&least()));
        let bytes = with_field(&least(), number, b"more than a mark");
        assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed));
    }
}

#[test]
fn a_field_that_every_session_has_is_missing() {
    for number in [field::ISSUER, field::SUBJECT, field::SIGNED_IN_AT, field::RENEWED_AT, field::SEEN_AT] {
        assert_eq!(refusal(&without_field(&full(), number)), Some(SessionRefusal::Malformed), "{number}");
    }
}

#[test]
fn a_field_that_a_session_may_lack_is_missing() {
    for number in [
        field::USERNAME,
        field::EMAIL,
        field::GROUP,
        field::SCOPE,
        field::CLAIMS,
        field::ACCESS_TOKEN,
        field::ACCESS_TOKEN_EXPIRES_AT,
        field::REFRESH_TOKEN,
        field::ID_TOKEN,
        field::SID,
        field::AUTH_TIME,
        field::NONCE,
        field::REMEMBERED,
    ] {
        assert_eq!(refusal(&without_field(&full(), number)), None, "{number}");
    }
}

#[test]
fn a_text_that_is_not_utf_8() {
    for number in [
        field::ISSUER,
        field::SUBJECT,
        field::USERNAME,
        field::EMAIL,
        field::GROUP,
        field::SCOPE,
        field::SID,
        field::NONCE,
    ] {
        let bytes = with_field(&least(), number, b"\xff");
        assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed), "{number}");
    }
}

#[test]
fn a_time_of_another_size() {
    for number in [
        field::ACCESS_TOKEN_EXPIRES_AT,
        field::AUTH_TIME,
        field::SIGNED_IN_AT,
        field::RENEWED_AT,
        field::SEEN_AT,
    ] {
        for value in [&b""[..], b"1234567", b"123456789"] {
            let bytes = with_field(&least(), number, value);
            assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed), "{number} {value:?}");
        }
    }
}

#[test]
fn claims_that_are_no_json_object() {
    for value in ["", "[]", "null", "1", "{", "{}x", "\"a\""] {
        let bytes = with_field(&least(), field::CLAIMS, value.as_bytes());
        assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed), "{value}");
    }
}

#[test]
fn a_damaged_token() {
    for number in [field::ACCESS_TOKEN, field::REFRESH_TOKEN, field::ID_TOKEN] {
        for value in [
            &b""[..],
            &[TOKEN_PARTS],
            &[TOKEN_PARTS, 2, 0],
            &[TOKEN_PARTS, 0x80],
            &[TOKEN_PARTS, 1, 0, 9],
            &[TOKEN_TEXT, 0xff],
            &[2],
            &[2, b'a'],
            &[0xff, 1, 0],
        ] {
            let bytes = with_field(&least(), number, value);
            assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed), "{number} {value:?}");
        }
    }
}

#[test]
fn a_length_beyond_the_end() {
    let good = encode(&least());
    for length in [&[1][..], &[0x7f], &[0x80], &[0x80, 0x80], &[0xff, 0xff, 0xff, 0x7f]] {
        let bytes = [&good[..], &[field::SID], length].concat();
        assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed), "{length:?}");
    }
}

#[test]
fn a_length_of_more_than_four_bytes() {
    let bytes = [&encode(&least())[..], &[field::SID, 0x80, 0x80, 0x80, 0x80, 0]].concat();
    assert_eq!(refusal(&bytes), Some(SessionRefusal::Malformed));
}

#[test]
fn debug_shows_no_token() {
    let session = Session { refresh_token: Some(Secret::new("r3fresh")), ..full() };
    let text = format!("{session:?}");
    for part in JWT.split('.').chain(["r3fresh"]) {
        assert!(!text.contains(part), "{part}");
    }
}

proptest! {
    #[test]
    fn any_token_comes_back(text in "[A-Za-z0-9._=+/ -]{0,200}") {
        prop_assert_eq!(token_again(&text), text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut content = vec![VERSION];
        content.extend(bytes);
        prop_assert!(matches!(refusal(&content), None | Some(SessionRefusal::Malformed)));
    }
}
