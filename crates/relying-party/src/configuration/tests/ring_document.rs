//! Tests the secret that a rotation changes.

use crate::configuration::{Configuration, RingDocument, Role, Sources};
use crate::sealing::KeyId;
use crate::secret::Secret;

const OLD: &str = "the key that everybody has had so far";
const NEW: &str = "the key that comes with this rotation";

fn id(text: &str) -> KeyId {
    KeyId::of(&Secret::new(text))
}

fn document(text: &str) -> RingDocument {
    RingDocument::parse(text).unwrap()
}

fn fault(text: &str) -> String {
    RingDocument::parse(text).unwrap_err().to_string()
}

fn one() -> RingDocument {
    document(&format!(r#"{{"session_secret":"{OLD}"}}"#))
}

#[test]
fn a_text_and_a_list_of_it_are_the_same_ring() {
    assert_eq!(one().key_ids(), [id(OLD)]);
    assert_eq!(document(&format!(r#"{{"session_secret":["{OLD}"]}}"#)).key_ids(), [id(OLD)]);
    assert_eq!(document(&format!(r#"{{"session_secret":["{OLD}","{NEW}"]}}"#)).key_ids(), [id(OLD), id(NEW)]);
}

#[test]
fn a_rotation_appends_promotes_and_drops() {
    let appended = one().appending(Secret::new(NEW));
    assert_eq!(appended.key_ids(), [id(OLD), id(NEW)]);
    let promoted = appended.promoting(id(NEW));
    assert_eq!(promoted.key_ids(), [id(NEW), id(OLD)]);
    assert_eq!(promoted.dropping(&[id(OLD)]).key_ids(), [id(NEW)]);
}

#[test]
fn a_written_ring_is_read_back_by_a_function() {
    let text = one().appending(Secret::new(NEW)).promoting(id(NEW)).text();
    assert_eq!(text.expose(), format!(r#"{{"session_secret":["{NEW}","{OLD}"]}}"#));
    let configuration =
        r#"{"issuer":"https://id.example.com","client_id":"app","public_url":"https://app.example.com"}"#;
    let sources =
        Sources { document: Some(configuration), secret_document: Some(text.expose()), ..Sources::default() };
    let read = Configuration::from_sources(&sources, Role::Login).unwrap();
    let ids: Vec<KeyId> = read.session.secrets.iter().map(KeyId::of).collect();
    assert_eq!(ids, [id(NEW), id(OLD)]);
}

#[test]
fn every_other_member_stays_to_the_byte_and_in_its_place() {
    let text = format!(
        r#"{{ "z" : 15, "session_secret": "{OLD}", "list": [ {{"y": [1,  23], "a": "\u00e9"}} ], "n": 12345678901234567 }}"#
    );
    let rewritten = document(&text).appending(Secret::new(NEW)).text();
    assert_eq!(
        rewritten.expose(),
        format!(
            r#"{{"z":15,"session_secret":["{OLD}","{NEW}"],"list":[ {{"y": [1,  23], "a": "\u00e9"}} ],"n":12345678901234567}}"#
        )
    );
}

#[test]
fn a_secret_that_needs_escapes_stays_the_same_key() {
    let odd = r#"a "quoted" \ text of more than thirty-two bytes é"#;
    let text = one().appending(Secret::new(odd)).text();
    assert_eq!(document(text.expose()).key_ids(), [id(OLD), id(odd)]);
}

#[test]
fn a_ring_that_no_function_takes_is_refused_and_its_value_not_told() {
    assert_eq!(fault("not json"), "VESTIBULE_SECRET_ID: is not readable as JSON at line 1, column 2");
    assert_eq!(fault("[]"), "VESTIBULE_SECRET_ID: is not a mapping of keys to values");
    assert_eq!(fault("{}"), "session_secret: is an empty list; leave the key out");
    assert_eq!(
        fault(&format!(r#"{{"session_secret":"{OLD}","session_secret":"{NEW}"}}"#)),
        "session_secret: is given twice"
    );
    assert_eq!(
        fault(&format!(r#"{{"session_secret":["{OLD}","{OLD}"]}}"#)),
        "session_secret: has the same text twice"
    );
    assert!(
        fault(r#"{"session_secret":"short"}"#)
            .starts_with("session_secret: must be texts of at least 32 bytes")
    );
}

#[test]
fn debug_shows_ids_only() {
    let shown = format!("{:?}", one());
    assert!(!shown.contains(OLD), "{shown}");
}
