//! Tells how far an import is.

/// How many of all things of one kind are done. The kinds follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The kind: `files`, `routes` or `applications`.
    pub what: &'static str,
    /// The number of those that are done.
    pub done: usize,
    /// The number of all.
    pub all: usize,
}

/// Counts the things of one kind.
pub(crate) struct Count<'w> {
    at: Progress,
    watch: &'w dyn Fn(Progress),
}

impl<'w> Count<'w> {
    /// Begins with none.
    pub(crate) fn new(what: &'static str, all: usize, watch: &'w dyn Fn(Progress)) -> Self {
        let at = Progress { what, done: 0, all };
        watch(at);
        Self { at, watch }
    }

    /// One more is done.
    pub(crate) fn one(&mut self) {
        self.at.done += 1;
        (self.watch)(self.at);
    }
}
