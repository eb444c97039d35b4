//! A sample of handshakes: what share of them completes.

use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::net::IpAddr;

/// Handshakes in a sample: a share of 50 % is off by more than 9 in a hundred once in 400 samples.
const PLACES: usize = 256;
const FREE: u32 = 0;
const COMPLETED: u32 = 1;

/// Up to 256 handshakes, each a fingerprint of the client's end and the server's port in a place of its
/// own; who finds the place taken is not in the sample. So how fast others come changes nothing of what is
/// known of those that are in it. The fingerprints are the same in every process.
pub(super) struct Sample {
    places: [u32; PLACES],
    taken: u16,
    completed: u16,
    repeated: u16,
}

impl Sample {
    pub(super) const EMPTY: Self =
        Self { places: [FREE; PLACES], taken: 0, completed: 0, repeated: 0 };

    /// A SYN came. Where it is `open`, the handshake joins if there is a place.
    pub(super) fn opens(&mut self, client: (IpAddr, u16), port: u16, open: bool) {
        let (place, print) = self.place(client, port);
        if *place == print {
            self.repeated = self.repeated.saturating_add(1);
        } else if *place == FREE && open {
            *place = print;
            self.taken += 1;
        }
    }

    /// The client acknowledges something.
    pub(super) fn acknowledges(&mut self, client: (IpAddr, u16), port: u16) {
        let (place, print) = self.place(client, port);
        if *place == print {
            *place = COMPLETED;
            self.completed += 1;
        }
    }

    /// How many in a hundred have completed; 0 of none.
    pub(super) fn completed_percent(&self) -> u64 {
        u64::from(self.completed) * 100 / u64::from(self.taken.max(1))
    }

    /// Whether at least a quarter of those that have not completed were tried again, as honest clients do:
    /// those that the sample met at their first try, within the second or two that it is looked at.
    pub(super) fn is_retried(&self) -> bool {
        self.taken > 0 && self.repeated.saturating_mul(4) >= self.taken - self.completed
    }

    fn place(&mut self, client: (IpAddr, u16), port: u16) -> (&mut u32, u32) {
        let mut hasher = DefaultHasher::new();
        (client, port).hash(&mut hasher);
        let hash = hasher.finish();
        // No fingerprint is FREE or COMPLETED.
        let print = (hash >> 32) as u32 | 2;
        (&mut self.places[hash as usize % PLACES], print)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(n: u32) -> (IpAddr, u16) {
        (IpAddr::from(n.to_be_bytes()), 40_000)
    }

    #[test]
    fn the_share_is_near_the_truth_whatever_else_comes() {
        let mut sample = Sample::EMPTY;
        for n in 0..10_000 {
            sample.opens(client(n), 80, true);
        }
        assert_eq!(sample.completed_percent(), 0);
        for n in (0..10_000).filter(|n| n % 4 == 0) {
            sample.acknowledges(client(n), 80);
            sample.acknowledges(client(n), 81);
            sample.acknowledges(client(n), 80);
        }
        assert!((15..=35).contains(&sample.completed_percent()), "{}", sample.completed_percent());
        assert!(!sample.is_retried());
    }

    #[test]
    fn who_tries_again_is_told() {
        let mut sample = Sample::EMPTY;
        for n in 0..100 {
            sample.opens(client(n), 80, true);
        }
        for n in 0..70 {
            sample.opens(client(n), 80, false);
        }
        assert!(sample.is_retried());
        assert_eq!((sample.completed_percent(), Sample::EMPTY.completed_percent()), (0, 0));
    }
}
