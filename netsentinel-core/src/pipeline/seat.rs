//! A detector in its place among others.

use serde_json::{Map, Value};

use super::ledger::{Account, Ledger};
use super::stats::DetectorStats;
use crate::alert::Sink;
use crate::detector::{Asks, Context, Occasion, Party, Seated};
use crate::{Interest, Setup};

/// A detector in its place in the order.
pub(super) struct Seat {
    pub(super) asks: Asks,
    pub(super) detector: Box<dyn Seated>,
    pub(super) account: Account,
    /// What it was told when it was made.
    pub(super) setup: Setup,
    /// Its keys with the values that hold.
    pub(super) keys: Map<String, Value>,
}

impl Seat {
    /// The kinds of packet that it sees now.
    pub(super) const fn sees(&self) -> Interest {
        self.asks.interest.union(self.account.watching)
    }

    /// The kinds of packet that it sees now, or may come to watch.
    pub(super) const fn may_see(&self) -> Interest {
        self.asks.interest.union(self.account.may_watch)
    }

    pub(super) const fn judges(&self) -> Party {
        self.asks.judges
    }

    /// Whether it answers for some hosts only.
    pub(super) fn is_divided(&self) -> bool {
        !self.account.share.is_whole()
    }

    /// Lends it the context for a call.
    #[inline(always)]
    pub(super) fn call(
        &mut self,
        at: &Occasion<'_>,
        ledger: &mut Ledger,
        sink: &mut dyn Sink,
        act: impl FnOnce(&mut dyn Seated, &mut Context<'_>),
    ) {
        act(&mut *self.detector, &mut Context { at, seat: &mut self.account, ledger, sink });
    }

    /// What it did.
    pub(super) fn stats(&self) -> DetectorStats {
        DetectorStats {
            rules: self.account.counters.by_rule(),
            usage: self.detector.usage(),
            tables: self.detector.tables().into_iter().collect(),
        }
    }
}
