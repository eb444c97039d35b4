//! What the packet path wants to know, on its way to whoever asks.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use netsentinel_core::{Indicator, Suspicion};
use tokio::time::Instant;

use super::key::{Key, NAME_LEN_MAX};

/// Notes that wait to be taken: about 1.1 MB. At 10,000 new endpoints a second they do for 0.4 s.
const NOTES_MAX: usize = 4_096;
/// Indicators that are remembered as noted: 128 KiB. Two that fall on the same slot displace each other and
/// are noted more often than need be, nothing worse.
const FILTER_LEN: usize = 16_384;
/// After this long everything may be noted again: what was given up on the way gets another chance.
const NOTED_FOR: Duration = Duration::from_secs(10);
/// Bits of a filter's word that tell the suspicion, from 1 to 11.
const STEP_MASK: u64 = 0xf;
/// More than any suspicion.
const REFUSED: u64 = STEP_MASK;
/// Percent that make a difference.
const STEP: u8 = 10;

/// A bounded ring of notes, behind a filter that keeps out what was noted a moment ago. Nobody waits.
#[derive(Debug)]
pub(super) struct Notes {
    ring: ArrayQueue<Note>,
    filter: Box<[AtomicU64]>,
    dropped: AtomicU64,
    cleared: Mutex<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Note {
    about: About,
    suspicion: Suspicion,
}

/// All of one size: a note is written into the ring as it is, and takes no memory.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "boxing would allocate on the packet path")]
enum About {
    Ip(IpAddr),
    Domain { len: u8, name: [u8; NAME_LEN_MAX] },
}

impl Notes {
    pub(super) fn new() -> Self {
        Self {
            ring: ArrayQueue::new(NOTES_MAX),
            filter: (0..FILTER_LEN).map(|_| AtomicU64::new(0)).collect(),
            dropped: AtomicU64::new(0),
            cleared: Mutex::new(Instant::now()),
        }
    }

    /// What became of `key` a moment ago: `true` where it was noted with no less suspicion, to 10 percent;
    /// `false` where it was refused; `None` where neither is remembered.
    pub(super) fn answer(&self, key: Key, suspicion: Suspicion) -> Option<bool> {
        let held = self.slot(key)?.load(Ordering::Relaxed);
        let mark = mark(key, suspicion);
        let same = held & !STEP_MASK == mark & !STEP_MASK && held >= mark;
        same.then_some(held & STEP_MASK != REFUSED)
    }

    /// Notes `indicator`, and says whether there was room. Where the ring is full that is counted, and it
    /// will be noted the next time.
    pub(super) fn add(&self, key: Key, indicator: Indicator<'_>, suspicion: Suspicion) -> bool {
        let Some(about) = About::new(indicator) else { return false };
        if self.ring.push(Note { about, suspicion }).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.mark(key, suspicion);
        true
    }

    /// There is nothing to ask about `key`, which saves looking into it again.
    pub(super) fn refuse(&self, key: Key) {
        if let Some(slot) = self.slot(key) {
            slot.store(key.print & !STEP_MASK | REFUSED, Ordering::Relaxed);
        }
    }

    /// What became of `key` counts no longer.
    pub(super) fn settle(&self, key: Key) {
        let slot = self.slot(key);
        let held =
            |slot: &&AtomicU64| slot.load(Ordering::Relaxed) & !STEP_MASK == key.print & !STEP_MASK;
        if let Some(slot) = slot.filter(held) {
            slot.store(0, Ordering::Relaxed);
        }
    }

    /// From now on `key` counts as noted.
    pub(super) fn mark(&self, key: Key, suspicion: Suspicion) {
        if let Some(slot) = self.slot(key) {
            slot.store(mark(key, suspicion), Ordering::Relaxed);
        }
    }

    /// Gives the notes, the oldest first; no more than the ring holds, however fast others come. Every
    /// [`NOTED_FOR`] it forgets what was noted.
    pub(super) fn take(&self, each: &mut dyn FnMut(Indicator<'_>, Suspicion)) {
        let due = {
            let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
            let due = cleared.elapsed() >= NOTED_FOR;
            if due {
                *cleared = Instant::now();
            }
            due
        };
        if due {
            self.forget();
        }
        for _ in 0..NOTES_MAX {
            let Some(Note { about, suspicion }) = self.ring.pop() else { return };
            if let Some(indicator) = about.indicator() {
                each(indicator, suspicion);
            }
        }
    }

    /// Everything may be noted again.
    pub(super) fn forget(&self) {
        for slot in &self.filter {
            slot.store(0, Ordering::Relaxed);
        }
    }

    /// Notes given up because the ring was full.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn slot(&self, key: Key) -> Option<&AtomicU64> {
        self.filter.get(key.place as usize % FILTER_LEN)
    }
}

/// What the filter holds of a note; the more suspected of the same indicator is the greater number.
fn mark(key: Key, suspicion: Suspicion) -> u64 {
    key.print & !STEP_MASK | u64::from(suspicion.percent() / STEP + 1)
}

impl About {
    fn new(indicator: Indicator<'_>) -> Option<Self> {
        match indicator {
            Indicator::Ip(ip) => Some(Self::Ip(ip)),
            Indicator::Domain(text) => {
                let mut name = [0; NAME_LEN_MAX];
                name.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
                Some(Self::Domain { len: text.len() as u8, name })
            }
        }
    }

    fn indicator(&self) -> Option<Indicator<'_>> {
        match self {
            Self::Ip(ip) => Some(Indicator::Ip(*ip)),
            Self::Domain { len, name } => {
                let text = std::str::from_utf8(name.get(..usize::from(*len))?).ok()?;
                Some(Indicator::Domain(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::IndicatorBuf;

    use super::*;

    fn key(n: u64) -> Key {
        Key { place: n, print: n << 4 }
    }

    fn note(notes: &Notes, n: u64, percent: u8) {
        let suspicion = Suspicion::from(percent);
        if notes.answer(key(n), suspicion) != Some(true) {
            notes.add(key(n), Indicator::Ip(IpAddr::from((n as u32).to_be_bytes())), suspicion);
        }
    }

    fn taken(notes: &Notes) -> Vec<(IndicatorBuf, u8)> {
        let mut taken = Vec::new();
        notes.take(&mut |indicator, suspicion| {
            taken.push((indicator.to_buf(), suspicion.percent()));
        });
        taken
    }

    #[test]
    fn the_same_is_noted_again_only_when_suspected_more() {
        let notes = Notes::new();
        for percent in [0, 9, 3, 10, 19, 100, 50, 100] {
            note(&notes, 1, percent);
        }
        let percents: Vec<u8> = taken(&notes).into_iter().map(|(_, percent)| percent).collect();
        assert_eq!(percents, [0, 10, 100]);
        note(&notes, 1, 100);
        assert_eq!(taken(&notes), []);
        notes.forget();
        note(&notes, 1, 100);
        assert_eq!(taken(&notes).len(), 1);
    }

    #[test]
    fn a_refusal_holds_for_any_suspicion_until_it_is_forgotten() {
        let notes = Notes::new();
        note(&notes, 1, 50);
        note(&notes, 3, 50);
        notes.settle(key(3));
        notes.refuse(key(1));
        let answers = |n| [0, 100].map(|percent| notes.answer(key(n), Suspicion::from(percent)));
        assert_eq!([answers(1), answers(2), answers(3)], [[Some(false); 2], [None; 2], [None; 2]]);
        notes.forget();
        assert_eq!(answers(1), [None; 2]);
    }

    #[test]
    fn a_name_of_full_length_comes_out_as_it_went_in() {
        let notes = Notes::new();
        let name = "a".repeat(NAME_LEN_MAX);
        assert!(notes.add(key(1), Indicator::Domain(&name), Suspicion::SEEN));
        assert!(!notes.add(key(2), Indicator::Domain(&format!("{name}a")), Suspicion::SEEN));
        assert_eq!(taken(&notes), [(IndicatorBuf::Domain(name.into()), 0)]);
    }

    #[test]
    fn what_a_full_ring_gives_up_is_counted_and_noted_later() {
        let notes = Notes::new();
        let last = NOTES_MAX as u64;
        (0..=last).for_each(|n| note(&notes, n, 0));
        assert_eq!(notes.dropped(), 1);
        assert_eq!(taken(&notes).len(), NOTES_MAX);
        (0..=last).for_each(|n| note(&notes, n, 0));
        let again = IndicatorBuf::Ip(IpAddr::from((last as u32).to_be_bytes()));
        assert_eq!(taken(&notes), [(again, 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_while_all_may_be_noted_again() {
        let notes = Notes::new();
        note(&notes, 1, 0);
        assert_eq!(taken(&notes).len(), 1);
        tokio::time::advance(NOTED_FOR - Duration::from_millis(1)).await;
        assert_eq!(taken(&notes), []);
        note(&notes, 1, 0);
        assert_eq!(taken(&notes), []);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(taken(&notes), []);
        note(&notes, 1, 0);
        assert_eq!(taken(&notes).len(), 1);
    }
}
