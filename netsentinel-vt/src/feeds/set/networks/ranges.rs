//! Disjoint ranges of addresses, each with the lists that hold it.

use super::bits::Bits;
use super::{FEEDS_MAX, Network};

/// The topmost bits of an address that the index goes by, at most.
const INDEX_BITS_MAX: u32 = 16;

/// Disjoint ranges of addresses that leave no gap, each with the lists that hold it. Found by an index
/// of the topmost bits of an address, and a search within what has those.
#[derive(Debug)]
pub(super) struct Ranges<A> {
    /// Where each range begins, the first at the lowest address; each ends where the next begins.
    starts: Box<[A]>,
    /// The lists that hold each range, a bit each.
    lists: Box<[u16]>,
    /// How many ranges begin below each number of topmost bits, and how many there are.
    index: Box<[u32]>,
    index_bits: u32,
}

/// No ranges.
impl<A> Default for Ranges<A> {
    fn default() -> Self {
        Self { starts: Box::new([]), lists: Box::new([]), index: Box::new([]), index_bits: 0 }
    }
}

impl<A: Bits> Ranges<A> {
    /// The ranges of the networks of each list, which are in order.
    pub(super) fn new(networks: [&[Network<A>]; FEEDS_MAX]) -> Self {
        let mut turns = Vec::new();
        for (place, networks) in networks.into_iter().enumerate() {
            turn_at(networks, 1 << place, &mut turns);
        }
        if turns.is_empty() {
            return Self::default();
        }
        turns.sort_unstable();
        let mut starts = vec![A::ZERO];
        let mut lists = vec![0];
        let mut held = 0;
        for turned in turns.chunk_by(|a, b| a.0 == b.0) {
            let before = held;
            held = turned.iter().fold(held, |held, (_, list)| held ^ list);
            let Some((start, _)) = turned.first() else { continue };
            if *start == A::ZERO {
                lists = vec![held];
            } else if held != before {
                starts.push(*start);
                lists.push(held);
            }
        }
        let (index, index_bits) = index(&starts);
        Self { starts: starts.into(), lists: lists.into(), index, index_bits }
    }

    /// The lists that hold the range with this address.
    pub(super) fn lists_holding(&self, address: A) -> u16 {
        self.range_of(address).and_then(|range| self.lists.get(range)).copied().unwrap_or(0)
    }

    fn range_of(&self, address: A) -> Option<usize> {
        let top = address.top(self.index_bits);
        let from = *self.index.get(top)? as usize;
        let to = *self.index.get(top + 1)? as usize;
        let begun = self.starts.get(from..to)?.partition_point(|start| *start <= address);
        (from + begun).checked_sub(1)
    }

    /// Bytes that they take, beside the struct.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.starts) + size_of_val(&*self.lists) + size_of_val(&*self.index)
    }
}

/// Notes where the ranges of a list begin and end. Of networks within one another the widest, which
/// comes first, stands for all.
fn turn_at<A: Bits>(networks: &[Network<A>], list: u16, turns: &mut Vec<(A, u16)>) {
    let mut covered = None;
    for (first, prefix) in networks {
        let last = first.last(*prefix);
        if covered.is_some_and(|covered| last <= covered) {
            continue;
        }
        covered = Some(last);
        turns.push((*first, list));
        turns.extend(last.next().map(|next| (next, list)));
    }
}

/// The index of ranges that begin there: about four ranges for each of its numbers, and its bits.
fn index<A: Bits>(starts: &[A]) -> (Box<[u32]>, u32) {
    let bits = (starts.len() / 4).checked_ilog2().unwrap_or(0).min(INDEX_BITS_MAX);
    let mut index = vec![0_u32; (1 << bits) + 1];
    for start in starts {
        if let Some(count) = index.get_mut(start.top(bits) + 1) {
            *count += 1;
        }
    }
    let mut below = 0;
    for count in &mut index {
        below += *count;
        *count = below;
    }
    (index.into(), bits)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Few addresses, so that networks meet and lie in one another; at both ends, too.
    fn networks() -> impl Strategy<Value = Vec<Network<u32>>> {
        let address = prop_oneof![0..64_u32, (u32::MAX - 64)..=u32::MAX, any::<u32>()];
        let network = (address, 0_u8..32).prop_map(|(a, prefix)| (a.first(prefix), prefix));
        let narrow = prop_oneof![0..256_u32, (u32::MAX - 256)..=u32::MAX]
            .prop_flat_map(|a| (24_u8..32).prop_map(move |prefix| (a.first(prefix), prefix)));
        vec(prop_oneof![1 => network, 6 => narrow], 0..40).prop_map(|mut networks| {
            super::super::tidy(&mut networks);
            networks
        })
    }

    proptest! {
        #[test]
        fn are_as_a_search_through_all(a in networks(), b in networks(), c in networks(), more in vec(any::<u32>(), 20)) {
            let mut all: [&[Network<u32>]; FEEDS_MAX] = Default::default();
            (all[0], all[7], all[15]) = (&a, &b, &c);
            let ranges = Ranges::new(all);
            let ends = (0..300).chain((u32::MAX - 300)..=u32::MAX).chain(more);
            for address in ends {
                let holds = |networks: &[Network<u32>]| {
                    u16::from(networks.iter().any(|(first, prefix)| address.first(*prefix) == *first))
                };
                let expected = holds(&a) | holds(&b) << 7 | holds(&c) << 15;
                prop_assert_eq!(ranges.lists_holding(address), expected, "{:#x}", address);
            }
        }
    }

    #[test]
    fn the_index_takes_part_in_many_ranges() {
        let networks: Vec<Network<u32>> = (0..100_000).map(|n| (n << 14, 20)).collect();
        let mut all: [&[Network<u32>]; FEEDS_MAX] = Default::default();
        all[1] = &networks;
        let ranges = Ranges::new(all);
        assert_eq!(ranges.index_bits, 15);
        for n in (0..100_000_u32).step_by(7) {
            let first = n << 14;
            assert_eq!(ranges.lists_holding(first), 2);
            assert_eq!(ranges.lists_holding(first | 0xfff), 2);
            assert_eq!(ranges.lists_holding(first | 0x1000), 0);
        }
        assert_eq!(ranges.lists_holding(u32::MAX), 0);
        assert_eq!(Ranges::<u128>::default().lists_holding(7), 0);
    }
}
