//! Addresses as numbers.

use std::fmt::Debug;

/// The bits of an address.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum AddressBits {
    V4(u32),
    V6(u128),
}

/// A number as wide as the addresses of a family.
pub(super) trait Bits: Copy + Ord + Debug {
    /// The lowest address.
    const ZERO: Self;
    /// Bits of an address.
    const WIDTH: u8;

    /// The first address of the network with this prefix that has this address.
    fn first(self, prefix: u8) -> Self;

    /// The last one.
    fn last(self, prefix: u8) -> Self;

    /// The next address, unless this is the highest.
    fn next(self) -> Option<Self>;

    /// The topmost `bits`, at most 32, as a number.
    fn top(self, bits: u32) -> usize;
}

macro_rules! bits {
    ($number:ty) => {
        impl Bits for $number {
            const ZERO: Self = 0;
            const WIDTH: u8 = <$number>::BITS as u8;

            fn first(self, prefix: u8) -> Self {
                self & !<$number>::MAX.checked_shr(prefix.into()).unwrap_or(0)
            }

            fn last(self, prefix: u8) -> Self {
                self | <$number>::MAX.checked_shr(prefix.into()).unwrap_or(0)
            }

            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn top(self, bits: u32) -> usize {
                self.checked_shr(<$number>::BITS - bits.min(32)).unwrap_or(0) as usize
            }
        }
    };
}

bits!(u32);
bits!(u128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_begin_and_end() {
        assert_eq!((0x0a01_0203_u32.first(8), 0x0a01_0203_u32.last(8)), (0x0a00_0000, 0x0aff_ffff));
        assert_eq!((7_u32.first(0), 7_u32.last(0)), (0, u32::MAX));
        assert_eq!((7_u128.first(128), 7_u128.last(128)), (7, 7));
        assert_eq!((u128::MAX.next(), 7_u128.next()), (None, Some(8)));
        assert_eq!((u32::MAX.top(0), u32::MAX.top(16), u128::MAX.top(3)), (0, 0xffff, 7));
    }
}
