//! Which detectors see which packets, worked out beforehand.

use super::seat::Seat;
use super::share::Ends;
use crate::Interest;

/// Seats at most: each has a bit of its own.
pub(super) const SEATS_MAX: usize = u64::BITS as usize;

/// Bits of [`Interest`] that are looked up together, and in how many pieces.
const PIECE: usize = 8;
const PIECES: usize = u32::BITS as usize / PIECE;

/// The seats that see packets of each kind, and those that judge each end.
pub(super) struct Rota {
    /// Those that see packets of some of the kinds in a piece of [`Interest`].
    by_kinds: Box<[[u64; 1 << PIECE]; PIECES]>,
    /// Those that judge any of the ends that are judged here, by [`Ends::bits`]: all that are not divided.
    by_ends: [u64; 4],
    wanted: Interest,
    /// Kinds that some divided seat sees.
    divided: Interest,
}

impl Rota {
    /// The rota of `seats`, [`SEATS_MAX`] at most.
    pub(super) fn new(seats: &[Seat]) -> Self {
        let mut rota = Self {
            by_kinds: Box::new([[0; 1 << PIECE]; PIECES]),
            by_ends: [0; 4],
            wanted: Interest::empty(),
            divided: Interest::empty(),
        };
        rota.renew(seats);
        rota
    }

    /// Works it out anew, in the same memory: detectors see something else now.
    pub(super) fn renew(&mut self, seats: &[Seat]) {
        self.by_kinds.as_flattened_mut().fill(0);
        (self.by_ends, self.wanted, self.divided) = ([0; 4], Interest::empty(), Interest::empty());
        for (n, seat) in seats.iter().enumerate().take(SEATS_MAX) {
            let (interest, bit) = (seat.sees(), 1 << n);
            self.wanted |= interest;
            if seat.is_divided() {
                self.divided |= interest;
            }
            for ends in [Ends::NONE, Ends::SOURCE, Ends::DESTINATION, Ends::BOTH] {
                let judging = !seat.is_divided() || ends.include(seat.judges());
                self.by_ends[ends.bits()] |= if judging { bit } else { 0 };
            }
            for (piece, table) in self.by_kinds.iter_mut().enumerate() {
                let sees = (interest.bits() >> (piece * PIECE)) as usize % (1 << PIECE);
                for (kinds, seats) in table.iter_mut().enumerate() {
                    *seats |= if kinds & sees != 0 { bit } else { 0 };
                }
            }
        }
    }

    /// Whether any seat sees packets of some of these kinds.
    #[inline]
    pub(super) const fn is_wanted(&self, kinds: Interest) -> bool {
        self.wanted.intersects(kinds)
    }

    /// Whether a divided seat sees packets of some of these kinds.
    #[inline]
    pub(super) const fn divides(&self, kinds: Interest) -> bool {
        self.divided.intersects(kinds)
    }

    /// The numbers of the seats that see a packet of these kinds whose `ends` are judged here, in order.
    #[inline]
    pub(super) fn who(&self, kinds: Interest, ends: Ends) -> impl Iterator<Item = usize> + use<> {
        let [a, b, c, d] = kinds.bits().to_le_bytes().map(usize::from);
        let [first, second, third, fourth] = &*self.by_kinds;
        let seats = first[a] | second[b] | third[c] | fourth[d];
        bits(seats & self.by_ends[ends.bits()])
    }
}

/// The numbers of the bits that are set, the lowest first.
#[inline]
fn bits(mut left: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (left != 0).then(|| left.trailing_zeros() as usize)?;
        left &= left - 1;
        Some(lowest)
    })
}
