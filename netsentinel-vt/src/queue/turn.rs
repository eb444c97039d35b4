//! Where an indicator stands with one provider.

use tokio::time::Instant;

/// Where an indicator stands with one provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) state: State,
    /// How often there was no answer.
    pub(super) tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It can be asked about.
    Ready,
    /// It can be asked about then.
    Later(Instant),
    /// It is being asked about.
    Asking,
    /// It need not be asked about.
    Done,
}

impl Turn {
    pub(super) fn new(open: bool) -> Self {
        Self { state: if open { State::Ready } else { State::Done }, tries: 0 }
    }

    /// It is noted again, `more` suspected than before or not; `open` if this provider is to be asked.
    pub(super) fn note(&mut self, more: bool, open: bool) {
        match self.state {
            State::Later(_) if more => self.state = State::Ready,
            State::Done if open => *self = Self::new(true),
            _ => {}
        }
    }
}
