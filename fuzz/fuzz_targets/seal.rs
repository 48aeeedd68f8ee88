//! Fuzzes sealed texts, `state`, and the content of a session. The first byte selects: a text from a browser,
//! or bytes to seal and then corrupt.

#![cfg_attr(fuzzing, no_main)]

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relying_party::http::cookie::{CookieNames, Cookies};
use relying_party::http::request::Headers;
use relying_party::sealing::{Format, Purpose, Ring};
use relying_party::secret::Secret;
use relying_party::session::Session;
use relying_party::sign_in::attempt::Attempt;
use relying_party::sign_in::state::StateText;
use relying_party::time::Timestamp;

const PURPOSES: [Purpose; 5] =
    [Purpose::Attempt, Purpose::Session, Purpose::State, Purpose::StoredSession, Purpose::StoredIndex];
const NAME: &str = "__Host-s";

struct Rings {
    ours: Ring,
    earlier_format: Ring,
    rotated: Ring,
    other_client: Ring,
    foreign: Ring,
}

fn rings() -> &'static Rings {
    static RINGS: OnceLock<Rings> = OnceLock::new();
    RINGS.get_or_init(|| {
        let ring = |secrets: &[&str], client| {
            let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(text.repeat(4))).collect();
            Ring::new(&secrets, client).expect("a ring")
        };
        Rings {
            ours: ring(&["the first key"], "the-client"),
            earlier_format: ring(&["the first key"], "the-client").writing(Format::Version0),
            rotated: ring(&["a newer key", "the first key"], "the-client"),
            other_client: ring(&["the first key"], "another-client"),
            foreign: ring(&["a foreign key"], "the-client"),
        }
    })
}

fuzz::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    match choice % 3 {
        0 => arbitrary_text(rest),
        1 => bent(rest),
        _ => content(rest),
    }
});

/// A text that opens is exactly the one that vestibule would have sealed: each content has only one text.
fn arbitrary_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Rings { ours, rotated, foreign, .. } = rings();
    for purpose in PURPOSES {
        assert!(foreign.open(purpose, NAME, text).is_err());
        let opened = ours.open(purpose, NAME, text);
        assert_eq!(opened.is_ok(), rotated.open(purpose, NAME, text).is_ok());
        let Ok(opened) = opened else { continue };
        let sealed = URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let again = match sealed.first() {
            Some(0) => rings().earlier_format.seal(purpose, NAME, &opened, nonce(&sealed[1..])),
            _ => ours.seal(purpose, NAME, &opened, nonce(&sealed[5..])),
        };
        assert_eq!(again, text);
    }
    assert!(ours.open_stored(&[1; 32], text).is_err());

    let Ok(state) = StateText::parse(&[text.to_owned()]) else { return };
    assert_eq!(state.text(), text);
    assert_eq!(state.restarts(foreign), None);
    let attempt =
        Attempt::begin([3; 32], Timestamp::from_unix(fuzz::NOW), "https://app.example.com/".to_owned());
    let is_ours = (0..=u8::MAX).any(|count| attempt.state(count, ours).text() == text);
    assert_eq!(state.restarts(ours).is_some() && attempt.owns(&state), is_ours);
}

/// A sealed text opens only in its own context, and with one changed bit nowhere.
fn bent(bytes: &[u8]) {
    let Some((plan, plaintext)) = bytes.split_first_chunk::<4>() else { return };
    let Rings { ours, earlier_format, rotated, other_client, foreign } = rings();
    let purpose = PURPOSES[usize::from(plan[0]) % PURPOSES.len()];
    let writer = if plan[0] & 0x80 == 0 { ours } else { earlier_format };
    let sealed = writer.seal(purpose, NAME, plaintext, [plan[1]; 24]);
    for ring in [ours, earlier_format, rotated] {
        assert_eq!(ring.open(purpose, NAME, &sealed).expect("it opens").as_slice(), plaintext);
    }
    assert!(other_client.open(purpose, NAME, &sealed).is_err());
    assert!(foreign.open(purpose, NAME, &sealed).is_err());
    assert!(ours.open(purpose, "__Host-t", &sealed).is_err());
    for other in PURPOSES.into_iter().filter(|other| *other != purpose) {
        assert!(ours.open(other, NAME, &sealed).is_err());
    }

    let mut broken = URL_SAFE_NO_PAD.decode(&sealed).expect("base64url");
    let at = usize::from(u16::from_be_bytes([plan[2], plan[3]])) % (broken.len() * 8);
    broken[at / 8] ^= 1 << (at % 8);
    assert!(rotated.open(purpose, NAME, &URL_SAFE_NO_PAD.encode(&broken)).is_err());
    broken.truncate(at / 8);
    assert!(rotated.open(purpose, NAME, &URL_SAFE_NO_PAD.encode(&broken)).is_err());

    let mut id = [plan[1]; 32];
    let stored = ours.seal_stored(&id, plaintext, [plan[2]; 24]);
    assert_eq!(rotated.open_stored(&id, &stored).expect("it opens").as_slice(), plaintext);
    assert!(ours.open(Purpose::StoredSession, "", &stored).is_err());
    id[31] ^= 1;
    assert!(rotated.open_stored(&id, &stored).is_err());
}

/// The content of a session and of an attempt, written by another release or damaged: every content can be read,
/// and a second reading gives the same.
fn content(bytes: &[u8]) {
    let ring = &rings().ours;
    let names = CookieNames::new("the-client", Some("s"), None).expect("names");
    let sealed = ring.seal(Purpose::Session, names.session(), bytes, [9; 24]);
    let headers = Headers::new(vec![("cookie".to_owned(), format!("{}={sealed}", names.session()))]);
    let read = Session::from_cookies(&Cookies::parse(&headers), &names, ring);
    assert_eq!(read.is_ok(), Session::decode(bytes).is_ok());
    if let Ok(Some(session)) = read {
        let written = session.encode();
        let again = Session::decode(&written).expect("what is written is read");
        assert_eq!(again.encode(), written);
    }
    let sealed = ring.seal(Purpose::Attempt, NAME, bytes, [9; 24]);
    if let Ok(attempt) = Attempt::open(ring, NAME, &sealed) {
        assert_eq!(attempt.seal(ring, NAME, [9; 24]), sealed);
        assert_eq!(attempt.code_verifier().len(), 43);
    }
}

fn nonce(bytes: &[u8]) -> [u8; 24] {
    *bytes.first_chunk().expect("a nonce")
}
