//! Putting the packets of several rings into one order, by when the kernel captured them.
//!
//! Each ring is in order by itself. What is at the head of one may go when no other can still deliver anything
//! older: because its own head is younger, or because it was found empty so late that whatever it holds now
//! was captured later. Whoever is quiet is asked to look again, so it holds the others up for [`SLACK`] and no
//! longer. What comes later than that all the same is judged at the time of the newest, and counted as out
//! of order, as any packet that comes late.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use netsentinel_core::Timestamp;

use super::block::Block;

/// How long before a ring was found empty a packet may have been captured that it did not show yet: the 10 ms
/// that the kernel gathers (`GATHER_MS`), and what its timers and ours may be late.
pub(super) const SLACK: Duration = Duration::from_millis(40);

/// A block goes before any that was taken from the kernel so much later, whatever the times of its packets:
/// the clock may have been set back.
const OVERTAKEN_MAX: Duration = Duration::from_secs(1);

/// What the rings have delivered and nobody has taken yet.
pub(super) struct Merge {
    lanes: Vec<Lane>,
}

/// The packets of one ring.
struct Lane {
    blocks: VecDeque<Block>,
    /// The packet at the head: its place in the first block.
    head: usize,
    /// When it was looked at last and found empty.
    empty_at: Option<Instant>,
    /// Whether it has delivered nothing since.
    is_idle: bool,
    /// Whether it has no memory left for what comes.
    is_starved: bool,
}

/// What may go now.
enum Next {
    /// Packets of this lane up to a time; or the whole block at its head where none is told.
    Run(usize, Option<Timestamp>),
    /// Nothing, before the others were looked at again at this time.
    After(Instant),
    Nothing,
}

impl Merge {
    /// So many lanes, each of which may deliver so many blocks at once.
    pub(super) fn new(lanes: usize, blocks: usize) -> Self {
        let lane = || Lane {
            blocks: VecDeque::with_capacity(blocks),
            head: 0,
            empty_at: None,
            is_idle: false,
            is_starved: false,
        };
        Self { lanes: std::iter::repeat_with(lane).take(lanes).collect() }
    }

    /// Takes a block, which holds a packet at least.
    pub(super) fn deliver(&mut self, lane: usize, block: Block) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.is_idle = false;
            lane.blocks.push_back(block);
        }
    }

    /// Notes when a ring was found empty, after everything that was delivered of it.
    pub(super) fn note_empty(&mut self, lane: usize, at: Option<Instant>) {
        if let Some(lane) = self.lanes.get_mut(lane).filter(|lane| at > lane.empty_at) {
            (lane.empty_at, lane.is_idle) = (at, true);
        }
    }

    /// Notes whether a ring has no memory left for what comes.
    pub(super) fn note_memory(&mut self, lane: usize, is_starved: bool) {
        self.lanes.get_mut(lane).into_iter().for_each(|lane| lane.is_starved = is_starved);
    }

    /// Hands on what may go, in order, at most about `limit` packets, with the lane of each; blocks that are
    /// done go to `emptied`. Tells how many there were.
    pub(super) fn release(
        &mut self,
        limit: u64,
        hand: &mut impl FnMut(usize, &Block, usize),
        emptied: &mut impl FnMut(usize, Block),
    ) -> u64 {
        let mut released = 0;
        while released < limit {
            let Next::Run(number, until) = self.next() else { break };
            let Some(lane) = self.lanes.get_mut(number) else { break };
            let Some(block) = lane.blocks.front() else { break };
            while block.time(lane.head).is_some_and(|time| until.is_none_or(|until| time <= until))
            {
                hand(number, block, lane.head);
                lane.head += 1;
                released += 1;
            }
            if block.time(lane.head).is_none() {
                lane.head = 0;
                lane.blocks.pop_front().into_iter().for_each(|block| emptied(number, block));
            }
        }
        released
    }

    /// When the lanes that hold up the others are worth another look; `None` where none does.
    pub(super) fn due(&self) -> Option<Instant> {
        match self.next() {
            Next::After(time) => Some(time),
            Next::Run(..) | Next::Nothing => None,
        }
    }

    /// The lanes of which is not known that they were empty at `time`.
    pub(super) fn unknown_at(&self, time: Instant) -> impl Iterator<Item = usize> {
        let unknown = move |lane: &Lane| lane.blocks.is_empty() && lane.empty_at < Some(time);
        self.lanes.iter().enumerate().filter(move |(_, lane)| unknown(lane)).map(|(nth, _)| nth)
    }

    /// Whether nothing is held.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.blocks.is_empty())
    }

    fn next(&self) -> Next {
        // The oldest head; and how old the others are, up to which it may go on.
        let (mut first, mut second): (Option<(Timestamp, usize, &Lane)>, _) = (None, None);
        let mut stalest: Option<(Instant, usize)> = None;
        for (number, lane) in self.lanes.iter().enumerate() {
            let Some((time, read_at)) = lane.head() else { continue };
            if stalest.is_none_or(|(oldest, _)| read_at < oldest) {
                stalest = Some((read_at, number));
            }
            match first {
                Some((oldest, ..)) if oldest <= time => {
                    second = Some(second.map_or(time, |second: Timestamp| second.min(time)));
                }
                _ => {
                    second = first.map(|(time, ..)| time);
                    first = Some((time, number, lane));
                }
            }
        }
        let (Some((_, number, lane)), Some((stale_since, stalest))) = (first, stalest) else {
            return Next::Nothing;
        };
        let Some((_, read_at)) = lane.head() else { return Next::Nothing };
        if read_at.saturating_duration_since(stale_since) > OVERTAKEN_MAX {
            return Next::Run(stalest, None);
        }
        let due = read_at + SLACK;
        let holds_up = |other: &Lane| {
            other.blocks.is_empty()
                && other.empty_at < Some(due)
                // Rather out of order than lost, where memory is at its end.
                && !(lane.is_starved && other.is_idle)
        };
        if self.lanes.iter().any(holds_up) {
            return Next::After(due);
        }
        Next::Run(number, second)
    }
}

impl Lane {
    /// When the packet at the head was captured, and when it was taken from the kernel.
    fn head(&self) -> Option<(Timestamp, Instant)> {
        let block = self.blocks.front()?;
        Some((block.time(self.head)?, block.read_at))
    }
}

#[cfg(test)]
mod tests;
