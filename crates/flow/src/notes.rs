//! Keeps the notes of one request for its log line, and signs that the configuration in use is old.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use relying_party::forwarding::ForwardingRefusal;
use relying_party::refusal::Refusal;
use relying_party::sealing::SealRefusal;
use relying_party::session::SessionRefusal;
use relying_party::sign_in::attempt::AttemptRefusal;

/// More than this of notes is no help to anybody, bytes.
const MAX_NOTE_BYTES: usize = 500;

/// A sign that the configuration in use is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outdated {
    /// Nothing was done for the request: it can be answered once more under a newer configuration.
    Repeatable,
    /// The request is answered.
    Answered,
    /// The request is answered, and it is the provider that gave the sign: it refused our client. Nobody else can.
    ClientRefused,
}

/// The notes of the flows of one site.
#[derive(Default)]
pub(crate) struct Notes {
    unopened: AtomicBool,
    done: AtomicBool,
    refused_client: AtomicBool,
    text: Mutex<Option<String>>,
    warning: AtomicBool,
}

impl Notes {
    /// Tells which sign was seen since this was last asked.
    pub(crate) fn took_outdated(&self) -> Option<Outdated> {
        let refused_client = self.refused_client.swap(false, Ordering::Relaxed);
        let done = self.done.swap(false, Ordering::Relaxed);
        let unopened = self.unopened.swap(false, Ordering::Relaxed);
        match (refused_client, unopened, done) {
            (true, _, _) => Some(Outdated::ClientRefused),
            (false, true, true) => Some(Outdated::Answered),
            (false, true, false) => Some(Outdated::Repeatable),
            (false, false, _) => None,
        }
    }

    /// Remembers that something is done for this request that cannot be done twice: whatever sign there is, it is not answered
    /// anew.
    pub(crate) fn note_done(&self) {
        self.done.store(true, Ordering::Relaxed);
    }

    /// Remembers `refusal` where a newer configuration may not have it: a key of the ring that is not known, another secret
    /// of what stands before us.
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

    /// Remembers that the provider did not accept our client secret.
    pub(crate) fn note_refused_client(&self) {
        self.refused_client.store(true, Ordering::Relaxed);
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
