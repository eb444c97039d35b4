//! When several workers judge side by side, and when one of them judges alone.

use std::time::{Duration, Instant};

/// When several workers judge side by side. What is raised does not depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sharing {
    /// While one of them alone would keep the reader waiting.
    #[default]
    WhenItPays,
    /// Always: for tests.
    Always,
    /// Never: for measuring.
    Never,
}

/// Measures how long a batch takes.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "tells who judges, never what is raised")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// So many batches are shared before one is judged alone again, to see how long that takes.
const TRIED_AFTER: u32 = 32;

/// How long it takes to read batches, and to judge them alone.
pub(super) struct Pace {
    sharing: Sharing,
    read: Least,
    judged: Least,
    /// Batches since one was judged alone.
    shared: u32,
}

impl Pace {
    pub(super) fn new(sharing: Sharing) -> Self {
        Self { sharing, read: Least::new(), judged: Least::new(), shared: 0 }
    }

    /// Whether to share the next batch, which took so long to read; `behind` tells whether some worker has
    /// not judged its part of those before, which it must before anybody else judges with its detectors.
    pub(super) fn shares(&mut self, read: Duration, behind: bool) -> bool {
        self.read.note(read);
        let pays = match self.sharing {
            Sharing::WhenItPays => {
                self.shared < TRIED_AFTER && self.judged.time() > self.read.time()
            }
            Sharing::Always => true,
            Sharing::Never => false,
        };
        let shares = pays || behind;
        self.shared = if shares { self.shared.saturating_add(1) } else { 0 };
        shares
    }

    /// A batch has been judged alone in this time.
    pub(super) fn judged_alone(&mut self, took: Duration) {
        self.judged.note(took);
    }
}

/// The least time that one of the last batches took: what each takes while nothing comes between.
struct Least {
    last: [Duration; 8],
    next: usize,
}

impl Least {
    const fn new() -> Self {
        Self { last: [Duration::ZERO; 8], next: 0 }
    }

    fn note(&mut self, took: Duration) {
        if let Some(oldest) = self.last.get_mut(self.next) {
            *oldest = took;
        }
        self.next = (self.next + 1) % self.last.len();
    }

    fn time(&self) -> Duration {
        self.last.into_iter().min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Which of 100 batches are shared that take so many times as long to judge as to read.
    fn shared(sharing: Sharing, judging: u32) -> usize {
        let mut pace = Pace::new(sharing);
        let shares = |_: &i32| {
            let shares = pace.shares(MILLISECOND, false);
            if !shares {
                pace.judged_alone(MILLISECOND * judging);
            }
            shares
        };
        (0..100).filter(shares).count()
    }

    #[test]
    fn batches_are_shared_where_judging_takes_longer_than_reading() {
        assert_eq!(shared(Sharing::WhenItPays, 1), 0);
        let much = shared(Sharing::WhenItPays, 2);
        assert!((75..100).contains(&much), "{much}, but now and then one is judged alone");
        assert_eq!(shared(Sharing::Always, 0), 100);
        assert_eq!(shared(Sharing::Never, 10), 0);
    }

    #[test]
    fn what_has_been_shared_is_finished_before_one_judges_alone() {
        let mut pace = Pace::new(Sharing::Never);
        assert!(pace.shares(MILLISECOND, true));
        assert!(!pace.shares(MILLISECOND, false));
    }
}
