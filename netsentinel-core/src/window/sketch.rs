//! About how many distinct values there were, in 64 bytes.

use std::hash::{DefaultHasher, Hash, Hasher as _};

/// Registers. The standard error is 1.04 / √64, about 13 %.
const REGISTERS: usize = 64;
/// Bits of a hash that choose the register.
const REGISTER_BITS: u32 = REGISTERS.trailing_zeros();
/// Bias of the harmonic mean for 64 registers (Flajolet et al. 2007, figure 3).
const ALPHA: f64 = 0.709;

/// Counts distinct values approximately, however many there are, in constant memory: HyperLogLog
/// (Flajolet, Fusy, Gandouet and Meunier, 2007), by linear counting while it is below 160.
///
/// For counts too large to keep each value; where a threshold is small, a
/// [`DistinctWindow`](super::DistinctWindow) is exact. The same values give the same count in every
/// process and with any number of workers: the hash key is fixed. So who knows it
/// could choose values that hide from the count; rules that rest on a sketch have another that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    registers: [u8; REGISTERS],
}

/// Where a value is noted: worked out once, where the same value goes to several sketches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SketchPlace {
    register: u8,
    rank: u8,
}

impl SketchPlace {
    /// The place of `value`.
    pub fn of(value: &impl Hash) -> Self {
        let hash = hash(value);
        let register = (hash >> (u64::BITS - REGISTER_BITS)) as u8;
        // The rest of the hash, with a bit set behind it that ends the run of zeros.
        let rank = ((hash << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))).leading_zeros() as u8 + 1;
        Self { register, rank }
    }
}

impl Sketch {
    /// No values.
    pub const EMPTY: Self = Self { registers: [0; REGISTERS] };

    /// Notes `value`; tells whether the count may have changed by it.
    pub fn add(&mut self, value: &impl Hash) -> bool {
        self.add_at(SketchPlace::of(value))
    }

    /// Notes the value of `place`; tells whether the count may have changed by it.
    #[inline]
    pub fn add_at(&mut self, place: SketchPlace) -> bool {
        match self.registers.get_mut(usize::from(place.register)) {
            Some(highest) if *highest < place.rank => {
                *highest = place.rank;
                true
            }
            _ => false,
        }
    }

    /// About how many distinct values were noted.
    pub fn count(&self) -> u64 {
        let registers = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|&rank| one_in_2_to_the(rank)).sum();
        let raw = ALPHA * registers * registers / sum;
        let zeros = self.registers.iter().filter(|&&rank| rank == 0).count() as f64;
        let estimate = match raw <= 2.5 * registers && zeros > 0.0 {
            true => registers * (registers / zeros).ln(),
            false => raw,
        };
        estimate.round() as u64
    }

    /// Notes all that `other` has noted.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.registers.iter_mut().zip(other.registers) {
            *ours = (*ours).max(theirs);
        }
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        *self == Self::EMPTY
    }
}

impl Default for Sketch {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// The reciprocal of a power of two, exactly, by its exponent alone.
fn one_in_2_to_the(rank: u8) -> f64 {
    const BIAS: u64 = 1_023;
    const MANTISSA_BITS: u32 = 52;
    f64::from_bits((BIAS - u64::from(rank)) << MANTISSA_BITS)
}

/// SipHash with a key of zeros: the same everywhere, unlike the hashes of our tables.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_near_the_truth() {
        for truth in [1_u32, 5, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000] {
            let mut sketch = Sketch::EMPTY;
            for value in 0..truth {
                sketch.add(&value.wrapping_mul(2_654_435_761));
                sketch.add(&value.wrapping_mul(2_654_435_761));
            }
            let error = (sketch.count() as f64 - f64::from(truth)).abs() / f64::from(truth);
            assert!(error < 0.30, "{truth}: {}", sketch.count());
        }
    }

    #[test]
    fn the_same_values_in_any_order_count_the_same() {
        let (mut forwards, mut backwards, mut halves) = Default::default();
        let mut other = Sketch::EMPTY;
        for value in 0..1_000_u64 {
            Sketch::add(&mut forwards, &value);
            Sketch::add(&mut backwards, &(999 - value));
            Sketch::add(if value % 2 == 0 { &mut halves } else { &mut other }, &value);
        }
        halves.merge(&other);
        assert_eq!(forwards, backwards);
        assert_eq!(forwards, halves);
        assert!(!forwards.add(&7_u64), "it was there");
        assert!(Sketch::default().is_empty() && Sketch::EMPTY.count() == 0);
    }
}
