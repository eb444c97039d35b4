//! The Internet checksum (RFC 1071).

/// A ones' complement sum under way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sum(u64);

impl Sum {
    /// Adds bytes that start at an even offset; an odd last byte is padded with zero.
    ///
    /// Words of 32 bits are added and folded at the end, which gives the same sum as words of 16,
    /// since 2^16 is 1 modulo 65,535. The 64-bit sum has room for 16 GB.
    pub(crate) fn add(self, bytes: &[u8]) -> Self {
        let (words, tail) = bytes.as_chunks::<4>();
        let mut sum = self.0;
        for word in words {
            sum += u64::from(u32::from_be_bytes(*word));
        }
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(tail) {
            *to = *from;
        }
        Self(sum + u64::from(u32::from_be_bytes(last)))
    }

    /// Adds one number, as found in a pseudo-header.
    pub(crate) fn add_number(self, number: u32) -> Self {
        Self(self.0 + u64::from(number))
    }

    /// The checksum to be written.
    pub(crate) fn finish(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !(sum as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_example_of_rfc_1071() {
        let sum = Sum::default().add(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.finish(), !0xddf2);
    }

    #[test]
    fn an_odd_tail_counts_as_if_followed_by_zero() {
        for end in 0..9 {
            let mut bytes: Vec<u8> = (200..200 + end).collect();
            let odd = Sum::default().add(&bytes).finish();
            bytes.push(0);
            assert_eq!(odd, Sum::default().add(&bytes).finish(), "{end} bytes");
        }
    }
}
