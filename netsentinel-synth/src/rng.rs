//! A small seeded generator whose stream never changes.

/// Pseudo-random numbers, the same for a seed on every platform and in every release.
///
/// The generator is xoshiro256\*\* 1.0 by David Blackman and Sebastiano Vigna, its state filled by
/// SplitMix64 as they advise (both in the public domain, <https://prng.di.unimi.it>). It is written
/// out here because a dependency may change its stream in any release. Not for secrets.
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// A generator for `seed`; every seed is good, 0 too.
    pub fn new(seed: u64) -> Self {
        let mut counter = seed;
        let state = std::array::from_fn(|_| {
            counter = counter.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (counter ^ (counter >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Self { state }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let out = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }

    /// A number below `bound`; 0 where `bound` is 0.
    ///
    /// The bias of at most `bound` / 2^64 does not matter for traffic.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub fn below_u32(&mut self, bound: u32) -> u32 {
        self.below(u64::from(bound)) as u32
    }

    /// An ephemeral port, 49152 to 65534: the IANA range without 65535, which is watched.
    pub fn ephemeral_port(&mut self) -> u16 {
        (49_152 + self.below(16_383)) as u16
    }

    /// One of `items`; `None` where there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        // The first state word is SplitMix64's first output for seed 0.
        assert_eq!(Rng::new(0).state[0], 0xe220_a839_7b1d_cdaf);
        // First outputs of the reference xoshiro256** for the state 1, 2, 3, 4.
        let mut rng = Rng { state: [1, 2, 3, 4] };
        let outputs: [u64; 4] = std::array::from_fn(|_| rng.next_u64());
        assert_eq!(outputs, [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240]);
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_values() {
        let mut rng = Rng::new(1);
        let mut seen = [0; 7];
        for _ in 0..7000 {
            seen[rng.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.pick::<u8>(&[]), None);
        assert!((0..50_000).all(|_| (49_152..65_535).contains(&rng.ephemeral_port())));
    }
}
