//! How tables hash their keys: one multiplication for a number, under a secret drawn for each table.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;

/// Hashes under a secret of its own, so that nobody can prepare keys that collide.
#[derive(Clone, Debug)]
pub(super) struct Keyed {
    start: u64,
    factor: u64,
}

impl Keyed {
    /// Under a secret drawn at random.
    pub(super) fn new() -> Self {
        Self::of(&RandomState::new())
    }

    /// Under a secret made of `seeds`.
    pub(super) fn with_seeds([a, b, c, d]: [u64; 4]) -> Self {
        Self::of(&RandomState::with_seeds(a, b, c, d))
    }

    fn of(random: &RandomState) -> Self {
        // An odd factor loses nothing of what it multiplies.
        Self { start: random.hash_one(0_u64), factor: random.hash_one(1_u64) | 1 }
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folding;

    #[inline]
    fn build_hasher(&self) -> Folding {
        Folding { state: self.start, factor: self.factor }
    }
}

/// Multiplies each number into the state, to 128 bits that are folded into 64.
#[derive(Debug)]
pub(super) struct Folding {
    state: u64,
    factor: u64,
}

impl Folding {
    #[inline(always)]
    fn fold(&mut self, word: u64) {
        self.state = folded(self.state ^ word, self.factor);
    }
}

#[inline(always)]
const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

impl Hasher for Folding {
    #[inline]
    fn finish(&self) -> u64 {
        folded(self.state.rotate_left(32), self.factor)
    }

    /// Addresses are arrays of 4 or 16 bytes: those lengths are known where this is inlined.
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        if let Ok(four) = <[u8; 4]>::try_from(bytes) {
            self.fold(u32::from_ne_bytes(four).into());
        } else if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
            self.write_u128(u128::from_ne_bytes(sixteen));
        } else {
            self.write_any(bytes);
        }
    }

    #[inline(always)]
    fn write_u8(&mut self, number: u8) {
        self.fold(number.into());
    }

    #[inline(always)]
    fn write_u16(&mut self, number: u16) {
        self.fold(number.into());
    }

    #[inline(always)]
    fn write_u32(&mut self, number: u32) {
        self.fold(number.into());
    }

    #[inline(always)]
    fn write_u64(&mut self, number: u64) {
        self.fold(number);
    }

    #[inline(always)]
    fn write_u128(&mut self, number: u128) {
        self.fold(number as u64);
        self.fold((number >> 64) as u64);
    }

    #[inline(always)]
    fn write_usize(&mut self, number: usize) {
        self.fold(number as u64);
    }

    /// Which variant of an enum follows: few numbers, which the multiplication by what follows spreads.
    #[inline(always)]
    fn write_isize(&mut self, number: isize) {
        self.state = self.state.rotate_left(1) ^ number as u64;
    }
}

impl Folding {
    #[inline(never)]
    fn write_any(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            if let Some(start) = word.get_mut(..chunk.len()) {
                start.copy_from_slice(chunk);
            }
            self.fold(u64::from_ne_bytes(word));
        }
        // Zeros behind the end are told from zeros before it.
        self.fold(bytes.len() as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::Hash;
    use std::net::IpAddr;

    use super::*;

    /// The most keys that share the lowest 12 bits of their hash, of 4,096 keys.
    fn longest<K: Hash>(keys: impl Iterator<Item = K>) -> u32 {
        let keyed = Keyed::with_seeds([1, 2, 3, 4]);
        let mut counts = [0; 4096];
        keys.take(4096).for_each(|key| counts[keyed.hash_one(key) as usize % 4096] += 1);
        counts.into_iter().max().unwrap()
    }

    #[test]
    fn keys_that_are_alike_are_spread() {
        // Of 4,096 keys at random hardly ever more than 9 share a value.
        for shift in 0..20 {
            assert!(longest((0..).map(|n: u32| IpAddr::from((n << shift).to_be_bytes()))) < 12);
            assert!(
                longest((0..).map(|n: u128| IpAddr::from((n << (5 * shift)).to_be_bytes()))) < 12
            );
            assert!(longest((0..).map(|n: u64| (n << shift, 7_u16))) < 12);
        }
        assert!(longest((0..).map(|n: u32| n.to_string())) < 12);
        assert!(longest((0..).map(|n: usize| (n % 64, n / 64))) < 12);
    }

    #[test]
    fn every_part_of_a_key_counts() {
        let keyed = Keyed::new();
        let mut seen = HashSet::new();
        for bytes in [&[0][..], &[0, 0], &[0; 4], &[0; 8], &[0; 9], &[0; 16], &[0; 17]] {
            assert!(seen.insert(keyed.hash_one(bytes)));
        }
        let four = IpAddr::from([0, 0, 0, 1]);
        let six = IpAddr::from(1_u128.to_be_bytes());
        assert_ne!(keyed.hash_one(four), keyed.hash_one(six));
        assert_ne!(keyed.hash_one(four), Keyed::new().hash_one(four), "the secret is drawn anew");
    }
}
