//! Who stands out among very many, in half a KiB.

use std::net::IpAddr;

/// Places that attempts vote in.
const PLACES: usize = 64;
/// Odd numbers without a pattern: the fractions of the square roots of 2 and 3.
const FACTORS: [u64; 2] = [0x6a09_e667_f3bc_c909, 0xbb67_ae85_84ca_a73b];

/// A fingerprint of a source and the port that it tries, the same in every process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print(pub(super) u32);

/// A majority vote (Boyer and Moore 1981) in each of 64 places. Who is more than half of what falls into a
/// place is left over there: so of each thousand attempts whoever makes some twenty, and of those that come
/// once or twice nobody.
pub(super) struct Votes {
    prints: [u32; PLACES],
    leads: [u16; PLACES],
}

impl Print {
    pub(super) fn of(source: IpAddr, port: u16) -> Self {
        let [first, second] = FACTORS;
        let source = match source {
            IpAddr::V4(source) => u64::from(source.to_bits()),
            IpAddr::V6(source) => {
                let bits = source.to_bits();
                folded(bits as u64 ^ first, second) ^ (bits >> 64) as u64
            }
        };
        Self((folded(source ^ u64::from(port) << 40 ^ second, first) >> 16) as u32)
    }
}

const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

impl Votes {
    pub(super) const NONE: Self = Self { prints: [0; PLACES], leads: [0; PLACES] };

    /// An attempt votes for itself; tells whether it leads by two or more.
    pub(super) fn cast(&mut self, print: Print) -> bool {
        let place = print.0 as usize % PLACES;
        let lead = &mut self.leads[place];
        if self.prints[place] == print.0 {
            *lead = lead.saturating_add(1);
            return *lead >= 2;
        }
        if *lead > 0 {
            *lead -= 1;
        } else {
            (self.prints[place], *lead) = (print.0, 1);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(n: u32) -> IpAddr {
        IpAddr::from(n.wrapping_mul(2_654_435_761).to_be_bytes())
    }

    #[test]
    fn who_stands_out_is_found_and_a_crowd_is_not() {
        let mut votes = Votes::NONE;
        let busy = Print::of(source(7), 80);
        let (mut found, mut others) = (0, 0);
        for n in 0..10_000 {
            others += u32::from(votes.cast(Print::of(source(100 + n), 80)));
            if n % 20 == 0 {
                found += u32::from(votes.cast(busy));
            }
        }
        assert!(found > 400, "{found} of 500");
        assert!(others < 10, "{others}");
    }

    #[test]
    fn fingerprints_differ_by_source_and_by_port() {
        let six = |n: u128| IpAddr::from(n.to_be_bytes());
        let prints = [
            Print::of(source(1), 80),
            Print::of(source(2), 80),
            Print::of(source(1), 81),
            Print::of(six(1), 80),
            Print::of(six(1 << 64), 80),
        ];
        for (n, print) in prints.iter().enumerate() {
            assert!(!prints[..n].contains(print));
        }
    }
}
