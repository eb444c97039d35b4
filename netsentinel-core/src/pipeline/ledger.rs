//! What the pipeline keeps for its detectors: of each its own account, and of all together the alerts
//! that are open, what waits for a verdict, and what is to be explained.

use super::episodes::Episodes;
use super::share::Share;
use super::stats::RuleCounters;
use super::switches::Switches;
use super::trace::Trace;
use super::waiting::Waiting;
use crate::Interest;
use crate::detector::Descriptor;

/// What is kept for all detectors together.
pub(crate) struct Ledger {
    pub(crate) episodes: Episodes,
    /// Absent where there is nobody to ask.
    pub(crate) waiting: Option<Waiting>,
    /// Absent where nobody asks why.
    pub(crate) trace: Option<Trace>,
    /// Whether a detector has begun or ceased to watch something since this was looked at.
    pub(crate) watching_changed: bool,
}

/// What is kept for one detector.
pub(crate) struct Account {
    pub(crate) descriptor: &'static Descriptor,
    /// The hosts that it judges.
    pub(crate) share: Share,
    /// What it asks to see besides, for as long as it says so.
    pub(crate) watching: Interest,
    /// What it may ask to see besides.
    pub(crate) may_watch: Interest,
    pub(crate) switches: Switches,
    pub(crate) counters: RuleCounters,
}
