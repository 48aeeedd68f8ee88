//! Keeps the notes of one request for its log line, and whether the ring lacked a key.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use relying_party::refusal::Refusal;
use relying_party::sealing::SealRefusal;
use relying_party::session::SessionRefusal;
use relying_party::sign_in::attempt::AttemptRefusal;

/// More than this of notes is no help to anybody, bytes.
const MAX_NOTE_BYTES: usize = 500;

/// The notes of the flows of one site.
#[derive(Default)]
pub(crate) struct Notes {
    unknown_key: AtomicBool,
    text: Mutex<Option<String>>,
    warning: AtomicBool,
}

impl Notes {
    /// Tells whether a cookie under a key that is not in the ring was seen since this was last asked.
    pub(crate) fn took_unknown_key(&self) -> bool {
        self.unknown_key.swap(false, Ordering::Relaxed)
    }

    /// Remembers that a cookie under a key that is not in the ring was seen.
    pub(crate) fn note_unknown_key(&self, refusal: &Refusal) {
        let unknown_key = matches!(
            refusal,
            Refusal::Session(SessionRefusal::Seal(SealRefusal::UnknownKey))
                | Refusal::Attempt(AttemptRefusal::NotAuthentic(SealRefusal::UnknownKey))
        );
        if unknown_key {
            self.unknown_key.store(true, Ordering::Relaxed);
        }
    }

    /// Notes for the log line of this request what was odd and was taken all the same. A function answers one request at a
    /// time; where a process answers several, as on a developer's machine, the next line has it.
    pub(crate) fn note(&self, text: Option<String>) {
        let (Some(text), Ok(mut note)) = (text, self.text.lock()) else { return };
        *note = Some(match note.take() {
            Some(earlier) if earlier.len() + text.len() > MAX_NOTE_BYTES => earlier,
            Some(earlier) if earlier.contains(&text) => earlier,
            Some(earlier) => format!("{earlier}; {text}"),
            None => text,
        });
    }

    /// Notes what somebody who runs this should look at: the line is a warning.
    pub(crate) fn warn(&self, text: String) {
        self.warning.store(true, Ordering::Relaxed);
        self.note(Some(text));
    }

    /// Tells whether a warning was noted since this was last asked.
    pub(crate) fn took_warning(&self) -> bool {
        self.warning.swap(false, Ordering::Relaxed)
    }

    /// Takes the notes that were made since the last call.
    pub(crate) fn took_note(&self) -> Option<String> {
        self.text.lock().ok()?.take()
    }
}
