//! One part of the table of addresses and domains: open addressing with linear probing, words that
//! are changed in place by one writer while anybody reads.
//!
//! A word is a fingerprint (47 bits), a mark, and a bit for each list that holds it. Only an empty word
//! ends a search, and a word is never emptied: what no list holds any more stays as a
//! fingerprint without lists until another takes its place or the part is made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::keys::PRINT_BITS;

/// The bit of what a list holds that is being loaded; without the list's own bit it is new there,
/// and does not count yet.
pub(super) const MARK: u64 = 1 << 16;

/// The bits of the lists.
const LISTS: u64 = 0xffff;

/// Where the fingerprint begins.
const PRINT_SHIFT: u32 = 64 - PRINT_BITS;

/// The least slots of a part that holds anything.
const SLOTS_MIN: usize = 4;

/// One part of the table.
pub(super) type Slots = Arc<[AtomicU64]>;

/// Where a fingerprint is, or can be put.
pub(super) enum Place<'s> {
    /// Its slot, and what is in it.
    Held(&'s AtomicU64, u64),
    /// A slot of something that no list holds any more.
    Reused(&'s AtomicU64),
    /// An empty slot.
    Empty(&'s AtomicU64),
    /// There is none.
    Full,
}

/// The lists that hold it, a bit each.
pub(super) fn lists_holding(slots: &[AtomicU64], print: u64) -> u16 {
    let ends = |word: &u64| *word == 0 || word >> PRINT_SHIFT == print;
    chain(slots, print).map(|slot| slot.load(Ordering::Acquire)).find(ends).unwrap_or(0) as u16
}

/// Where it is, or can be put. For the writer.
pub(super) fn seek(slots: &[AtomicU64], print: u64) -> Place<'_> {
    let mut reused = None;
    for slot in chain(slots, print) {
        let word = slot.load(Ordering::Relaxed);
        if word >> PRINT_SHIFT == print {
            return Place::Held(slot, word);
        }
        if word == 0 {
            return reused.map_or(Place::Empty(slot), Place::Reused);
        }
        if !is_live(word) {
            reused.get_or_insert(slot);
        }
    }
    reused.map_or(Place::Full, Place::Reused)
}

/// The word of a fingerprint that is new to the list being loaded, and in no other.
pub(super) fn fresh(print: u64) -> u64 {
    print << PRINT_SHIFT | MARK
}

/// Whether a list holds it, or it is new to one.
pub(super) fn is_live(word: u64) -> bool {
    word & (MARK | LISTS) != 0
}

/// Slots for `live` entries, so that about half is free.
pub(super) fn capacity_for(live: usize) -> usize {
    if live == 0 { 0 } else { (live * 15 / 8 + 1).max(SLOTS_MIN) }
}

/// Whether one more entry makes searches long.
pub(super) fn is_crowded(used: usize, capacity: usize) -> bool {
    (used + 1) * 4 > capacity * 3
}

/// Whether much would be gained by making the part anew.
pub(super) fn is_sparse(used: usize, live: usize, capacity: usize) -> bool {
    let emptied = live == 0 && used > 0;
    emptied || (used - live) * 4 > capacity || capacity > SLOTS_MIN.max(live * 3)
}

/// The live words of `slots` in a part of `capacity`, which must be more than they are.
pub(super) fn rebuilt(slots: &[AtomicU64], capacity: usize) -> Slots {
    let new: Slots = (0..capacity).map(|_| AtomicU64::new(0)).collect();
    let live = slots.iter().map(|slot| slot.load(Ordering::Relaxed)).filter(|word| is_live(*word));
    for word in live {
        if let Place::Empty(slot) = seek(&new, word >> PRINT_SHIFT) {
            slot.store(word, Ordering::Relaxed);
        }
    }
    new
}

/// The slots in which a fingerprint is looked for, in order.
fn chain(slots: &[AtomicU64], print: u64) -> impl Iterator<Item = &AtomicU64> {
    // The topmost 32 bits of the fingerprint, scaled to the number of slots: parts grow by less than
    // twice, so that less is wasted.
    let home = (((print >> (PRINT_BITS - 32)) * slots.len() as u64) >> 32) as usize;
    let (before, from) = slots.split_at_checked(home).unwrap_or_default();
    from.iter().chain(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(slots: &[AtomicU64], print: u64, bits: u64) -> bool {
        match seek(slots, print) {
            Place::Held(slot, _) | Place::Reused(slot) | Place::Empty(slot) => {
                slot.store(print << PRINT_SHIFT | bits, Ordering::Relaxed);
                true
            }
            Place::Full => false,
        }
    }

    #[test]
    fn what_lies_at_the_end_goes_on_at_the_beginning() {
        let slots = rebuilt(&[], 16);
        let last = |n: u64| (1 << PRINT_BITS) - 1 - n;
        for n in 0..16 {
            assert!(put(&slots, last(n), 1 << n));
        }
        assert!(!put(&slots, last(16), 1));
        assert_eq!(
            lists_holding(&slots, last(16)),
            0,
            "a search ends, too, where nothing is empty"
        );
        for n in 0..16 {
            assert_eq!(lists_holding(&slots, last(n)), 1 << n);
        }
        let larger = rebuilt(&slots, 31);
        for n in 0..16 {
            assert_eq!(lists_holding(&larger, last(n)), 1 << n);
        }
    }

    #[test]
    fn a_slot_is_taken_again_without_cutting_what_lies_behind() {
        let slots = rebuilt(&[], 16);
        for print in [1, 2, 3] {
            assert!(put(&slots, print, 1));
        }
        assert!(put(&slots, 1, 0));
        assert_eq!(lists_holding(&slots, 3), 1);
        assert!(matches!(seek(&slots, 4), Place::Reused(_)));
        assert!(matches!(seek(&slots, 1), Place::Held(..)), "its own slot first");
        assert!(put(&slots, 4, 2));
        assert_eq!([1, 2, 3, 4].map(|print| lists_holding(&slots, print)), [0, 1, 1, 2]);
    }

    #[test]
    fn what_is_new_counts_only_when_it_has_its_bit() {
        let slots = rebuilt(&[], 16);
        assert!(put(&slots, 7, MARK));
        assert_eq!(lists_holding(&slots, 7), 0);
        assert!(is_live(fresh(7)));
        assert_eq!(lists_holding(&rebuilt(&[], 0), 7), 0);
        assert!(matches!(seek(&rebuilt(&[], 0), 7), Place::Full));
    }
}
