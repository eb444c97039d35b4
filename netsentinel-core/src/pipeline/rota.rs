//! Which detectors see which packets, worked out beforehand.

use super::dispatch::Seat;
use super::share::Ends;
use crate::Interest;
use crate::detector::Party;

/// Seats at most: each has a bit of its own.
pub(super) const SEATS_MAX: usize = u64::BITS as usize;

/// Kinds of packet, as bits of [`Interest`].
const KINDS: usize = u32::BITS as usize;

/// The seats that see packets of each kind, and those that judge each end.
pub(super) struct Rota {
    by_kind: [u64; KINDS],
    of_source: u64,
    of_destination: u64,
    of_either: u64,
    wanted: Interest,
}

impl Rota {
    /// The rota of `seats`, [`SEATS_MAX`] at most.
    pub(super) fn new(seats: &[Seat]) -> Self {
        let mut rota = Self {
            by_kind: [0; KINDS],
            of_source: 0,
            of_destination: 0,
            of_either: 0,
            wanted: Interest::empty(),
        };
        for (n, seat) in seats.iter().enumerate().take(SEATS_MAX) {
            let (interest, bit) = (seat.sees(), 1 << n);
            rota.wanted |= interest;
            match seat.judges() {
                Party::Source => rota.of_source |= bit,
                Party::Destination => rota.of_destination |= bit,
                Party::Either => rota.of_either |= bit,
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
        let mut judging = 0;
        for (party, seats) in [
            (Party::Source, self.of_source),
            (Party::Destination, self.of_destination),
            (Party::Either, self.of_either),
        ] {
            judging |= if ends.include(party) { seats } else { 0 };
        }
        bits(seats & judging)
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
