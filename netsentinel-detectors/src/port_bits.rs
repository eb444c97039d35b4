//! A set of ports that one look tells membership of.

const WORDS: usize = (u16::MAX as usize + 1) / u64::BITS as usize;

/// A set of ports as a bitmap of 8 KiB: the test that goes before every table, for packets whose ports
/// nobody cares about.
pub(crate) struct PortBits(Box<[u64; WORDS]>);

impl PortBits {
    pub(crate) fn of(ports: &[u16]) -> Self {
        let mut bits = Self(Box::new([0; WORDS]));
        ports.iter().for_each(|&port| bits.insert(port));
        bits
    }

    pub(crate) fn insert(&mut self, port: u16) {
        self.0[usize::from(port) / 64] |= 1 << (port % 64);
    }

    pub(crate) fn contains(&self, port: u16) -> bool {
        self.0[usize::from(port) / 64] & (1 << (port % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_put_in_is_in() {
        let mut bits = PortBits::of(&[0, 63, 64]);
        bits.insert(65_535);
        let held: Vec<u16> = (0..=u16::MAX).filter(|&port| bits.contains(port)).collect();
        assert_eq!(held, [0, 63, 64, 65_535]);
    }
}
