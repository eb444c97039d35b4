//! Against a model that keeps every byte, and at every bound.

use proptest::prelude::*;

use super::*;
use crate::Transport;

fn ip() -> Ip<'static> {
    Ip {
        source: [10, 0, 0, 1].into(),
        destination: [10, 0, 0, 2].into(),
        protocol: 17,
        hop_limit: 64,
        fragment: None,
        transport: Transport::Other(&[]),
    }
}

fn piece(id: u32, offset: u16, more: bool, data: &[u8]) -> Fragment<'_> {
    Fragment { id, offset, more, data }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_parts(secs, 0)
}

fn add(reassembly: &mut Reassembly, fragment: &Fragment<'_>, secs: i64) -> Option<Vec<u8>> {
    reassembly.add(&ip(), fragment, Interest::empty(), at(secs)).map(|whole| whole.payload.to_vec())
}

/// What the datagram is, by keeping the first byte that arrived for each place.
#[derive(Default)]
struct Model {
    bytes: std::collections::BTreeMap<usize, u8>,
    len: Option<usize>,
}

impl Model {
    fn add(&mut self, fragment: &Fragment<'_>) -> Option<Vec<u8>> {
        let usable = match fragment.more {
            true => fragment.data.len() / 8 * 8,
            false => fragment.data.len(),
        };
        let (start, end) = (usize::from(fragment.offset), usize::from(fragment.offset) + usable);
        let reach = self.bytes.keys().last().map_or(0, |last| last + 1);
        let fits = match self.len {
            Some(len) => end <= len && (fragment.more || end == len),
            None => fragment.more || reach <= end,
        };
        if usable == 0 || end > 65_535 || !fits {
            return None;
        }
        if !fragment.more {
            self.len = Some(end);
        }
        // Units count as a whole: a unit that is there keeps all of its bytes.
        for unit in (start..end).step_by(8) {
            if !self.bytes.contains_key(&unit) {
                let bytes = unit..end.min(unit + 8);
                self.bytes.extend(bytes.map(|n| (n, fragment.data[n - start])));
            }
        }
        let whole = self.len.is_some_and(|len| (0..len).all(|n| self.bytes.contains_key(&n)));
        whole.then(|| std::mem::take(self).bytes.into_values().collect())
    }
}

fn all_rooms() -> Reassembly {
    Reassembly::new(NonZeroUsize::new(DATAGRAMS_MAX).unwrap(), BLOCKS_MAX)
}

proptest! {
    #[test]
    fn pieces_in_any_order_with_overlaps_give_what_the_model_gives(
        pieces in prop::collection::vec((0_u16..12, 0_usize..40, any::<bool>(), any::<u8>()), 1..60)
    ) {
        let mut reassembly = all_rooms();
        let mut model = Model::default();
        for (offset, len, more, fill) in pieces {
            let data: Vec<u8> = (0..len).map(|n| fill.wrapping_add(n as u8)).collect();
            let fragment = piece(7, offset * 8, more, &data);
            prop_assert_eq!(add(&mut reassembly, &fragment, 0), model.add(&fragment));
        }
    }
}

#[test]
fn the_largest_datagram_comes_together_from_the_last_piece_to_the_first() {
    let bytes: Vec<u8> = (0..65_535_usize).map(|n| n as u8).collect();
    let mut reassembly = all_rooms();
    let mut whole = None;
    for (n, data) in bytes.chunks(1_480).enumerate().rev() {
        let offset = (n * 1_480) as u16;
        let more = n * 1_480 + data.len() < bytes.len();
        whole = add(&mut reassembly, &piece(1, offset, more, data), 0);
    }
    assert_eq!(whole.unwrap(), bytes);
    assert_eq!(reassembly.counters.reassembled, 1);
    assert_eq!(reassembly.free.len(), BLOCKS_MAX);
}

#[test]
fn the_first_to_arrive_wins_and_overlaps_are_counted() {
    let mut reassembly = all_rooms();
    assert_eq!(add(&mut reassembly, &piece(1, 0, true, &[1; 16]), 0), None);
    assert_eq!(add(&mut reassembly, &piece(1, 8, true, &[2; 16]), 0), None);
    let whole = add(&mut reassembly, &piece(1, 24, false, &[3; 3]), 0).unwrap();
    assert_eq!(whole, [[1; 16].as_slice(), &[2; 8], &[3; 3]].concat());
    assert_eq!(reassembly.counters.overlapping, 1);
}

#[test]
fn what_can_not_be_is_refused() {
    let mut reassembly = all_rooms();
    let refused =
        [piece(1, 0, true, &[0; 7]), piece(1, 65_528, true, &[0; 16]), piece(1, 0, true, &[])];
    for fragment in refused {
        assert_eq!(add(&mut reassembly, &fragment, 0), None);
    }
    assert_eq!(reassembly.counters.impossible, 3);
    // An end before what has come, and a piece behind the end.
    add(&mut reassembly, &piece(2, 16, true, &[0; 8]), 0);
    add(&mut reassembly, &piece(2, 0, false, &[0; 8]), 0);
    add(&mut reassembly, &piece(3, 8, false, &[0; 8]), 0);
    add(&mut reassembly, &piece(3, 16, true, &[0; 8]), 0);
    assert_eq!(reassembly.counters.impossible, 5);
}

#[test]
fn a_datagram_that_takes_too_long_is_given_up() {
    let mut reassembly = all_rooms();
    add(&mut reassembly, &piece(1, 0, true, &[1; 8]), 0);
    add(&mut reassembly, &piece(1, 16, true, &[1; 8]), 20);
    // Kept alive by its second piece, but begun too long ago.
    assert_eq!(add(&mut reassembly, &piece(1, 8, false, &[1; 8]), 31), None);
    assert_eq!(reassembly.counters.timed_out, 1);
    reassembly.expire(at(100));
    assert_eq!(reassembly.counters.timed_out, 2);
    assert_eq!(reassembly.free.len(), BLOCKS_MAX);
}

#[test]
fn a_flood_of_pieces_stays_within_bounds_and_gives_up_the_oldest() {
    let mut reassembly = all_rooms();
    let bytes = reassembly.usage().bytes;
    for id in 0..10_000 {
        add(&mut reassembly, &piece(id, 4_096, true, &[0; 1_480]), 0);
    }
    assert!(reassembly.counters.given_up >= 10_000 - DATAGRAMS_MAX as u64);
    assert_eq!(reassembly.usage().bytes, bytes);
    // The newest still comes together.
    assert_eq!(add(&mut reassembly, &piece(10_000, 0, true, &[5; 8]), 0), None);
    assert_eq!(add(&mut reassembly, &piece(10_000, 8, false, &[5]), 0), Some(vec![5; 9]));
}

#[test]
fn pieces_of_one_datagram_are_bounded() {
    let mut reassembly = all_rooms();
    for _ in 0..u32::from(FRAGMENTS_MAX) + 5 {
        add(&mut reassembly, &piece(1, 8, true, &[0; 8]), 0);
    }
    assert_eq!(reassembly.counters.too_many, 5);
}
