//! Which detectors see which packets, worked out beforehand.

use super::dispatch::Seat;
use super::share::Ends;
use crate::Interest;

/// Seats at most: each has a bit of its own.
pub(super) const SEATS_MAX: usize = u64::BITS as usize;

/// Kinds of packet, as bits of [`Interest`].
const KINDS: usize = u32::BITS as usize;

/// The seats that see packets of each kind, and those that judge each end.
pub(super) struct Rota {
    by_kind: [u64; KINDS],
    /// Those that judge any of the ends that are judged here, by [`Ends::bits`].
    by_ends: [u64; 4],
    wanted: Interest,
}

impl Rota {
    /// The rota of `seats`, [`SEATS_MAX`] at most.
    pub(super) fn new(seats: &[Seat]) -> Self {
        let mut rota = Self { by_kind: [0; KINDS], by_ends: [0; 4], wanted: Interest::empty() };
        for (n, seat) in seats.iter().enumerate().take(SEATS_MAX) {
            let (interest, bit) = (seat.sees(), 1 << n);
            rota.wanted |= interest;
            for ends in [Ends::SOURCE, Ends::DESTINATION, Ends::BOTH] {
                let judging = ends.include(seat.judges());
                rota.by_ends[ends.bits()] |= if judging { bit } else { 0 };
            }
            for (kind, seats) in rota.by_kind.iter_mut().enumerate() {
                *seats |= if interest.bits() >> kind & 1 == 1 { bit } else { 0 };
            }
        }
        rota
    }

    /// Whether any seat sees packets of some of these kinds.
    #[inline]
    pub(super) const fn is_wanted(&self, kinds: Interest) -> bool {
        self.wanted.intersects(kinds)
    }

    /// The numbers of the seats that see a packet of these kinds whose `ends` are judged here, in order.
    #[inline]
    pub(super) fn who(&self, kinds: Interest, ends: Ends) -> impl Iterator<Item = usize> + use<> {
        let kinds = bits((kinds & self.wanted).bits().into());
        let seats = kinds.fold(0, |seats, kind| seats | self.by_kind[kind % KINDS]);
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
