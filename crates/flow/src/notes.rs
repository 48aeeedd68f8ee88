//! Collects the notes of one request for its log line, and the signs that the configuration in use is
//! outdated.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use relying_party::forwarding::ForwardingRefusal;
use relying_party::refusal::Refusal;
use relying_party::sealing::SealRefusal;
use relying_party::session::SessionRefusal;
use relying_party::sign_in::attempt::AttemptRefusal;

/// The length at which no more notes are added, bytes.
const MAX_NOTE_BYTES: usize = 500;

/// A sign that the configuration in use is outdated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReloadSign {
    /// Nothing was done for the request, so it can be answered again with a newer configuration.
    Repeatable,
    /// The request has been answered.
    Answered,
    /// The request has been answered, and the sign is that the provider refused our client. Only the provider
    /// can cause this one.
    ClientRefused,
}

/// The notes that the flows of one site make.
#[derive(Default)]
pub(crate) struct Notes {
    unopened: AtomicBool,
    done: AtomicBool,
    refused_client: AtomicBool,
    text: Mutex<Option<String>>,
    warning: AtomicBool,
}

impl Notes {
    /// Returns the sign that was seen since the last call.
    pub(crate) fn take_reload_sign(&self) -> Option<ReloadSign> {
        let refused_client = self.refused_client.swap(false, Ordering::Relaxed);
        let done = self.done.swap(false, Ordering::Relaxed);
        let unopened = self.unopened.swap(false, Ordering::Relaxed);
        match (refused_client, unopened, done) {
            (true, _, _) => Some(ReloadSign::ClientRefused),
            (false, true, true) => Some(ReloadSign::Answered),
            (false, true, false) => Some(ReloadSign::Repeatable),
            (false, false, _) => None,
        }
    }

    /// Records that this request had an effect that must not be repeated. It is then not answered again,
    /// whichever sign there is.
    pub(crate) fn note_done(&self) {
        self.done.store(true, Ordering::Relaxed);
    }

    /// Records `refusal` as a sign if a newer configuration might avoid it: an unknown key of the ring, or a
    /// wrong secret of the front.
    pub(crate) fn note_outdated(&self, refusal: &Refusal) {
        let is_sign = matches!(
            refusal,
            Refusal::Session(SessionRefusal::Seal(SealRefusal::UnknownKey))
                | Refusal::Attempt(AttemptRefusal::NotAuthentic(SealRefusal::UnknownKey))
                | Refusal::Forwarding(ForwardingRefusal::FrontSecretWrong)
        );
        if is_sign {
            self.unopened.store(true, Ordering::Relaxed);
        }
    }

    /// Records that the provider did not accept our client secret.
    pub(crate) fn note_refused_client(&self) {
        self.refused_client.store(true, Ordering::Relaxed);
    }

    /// Notes an oddity that was accepted, for the log line of this request. A function answers one request at
    /// a time. In a process that answers several, as on a developer's machine, the note may appear on the
    /// next line.
    pub(crate) fn note(&self, text: Option<String>) {
        let (Some(text), Ok(mut note)) = (text, self.text.lock()) else { return };
        *note = Some(match note.take() {
            Some(earlier) if earlier.len() + text.len() > MAX_NOTE_BYTES => earlier,
            Some(earlier) if earlier.contains(&text) => earlier,
            Some(earlier) => format!("{earlier}; {text}"),
            None => text,
        });
    }

    /// Notes something that an operator should look at: the log line becomes a warning.
    pub(crate) fn warn(&self, text: String) {
        self.warning.store(true, Ordering::Relaxed);
        self.note(Some(text));
    }

    /// Tells whether a warning was noted since the last call.
    pub(crate) fn take_warning(&self) -> bool {
        self.warning.swap(false, Ordering::Relaxed)
    }

    /// Takes the notes that were made since the last call.
    pub(crate) fn take_notes(&self) -> Option<String> {
        self.text.lock().ok()?.take()
    }
}
