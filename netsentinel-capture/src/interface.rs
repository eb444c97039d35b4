//! The interfaces that a pcapng section declares, and the units of their time stamps.

use netsentinel_core::{LinkType, Timestamp};
use pcap_parser::{InterfaceDescriptionBlock, OptionCode};

/// How many interfaces of one section are remembered; packets of further ones are skipped.
pub const MAX_INTERFACES: usize = 65_536;

/// How many bytes of an interface's name are kept.
pub const MAX_INTERFACE_NAME: usize = 128;

/// An interface, as its description block tells.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) link: LinkType,
    /// Bytes kept of each packet; 0 for all.
    pub(crate) snaplen: u32,
    pub(crate) name: Option<Box<str>>,
    units: Units,
    /// Nanoseconds to add to every time stamp.
    offset: i128,
}

/// How many nanoseconds a tick of the time stamps has.
#[derive(Clone, Copy, Debug)]
enum Units {
    /// This many.
    Nanos(u32),
    /// One for this many ticks.
    Ticks(u64),
    /// 2 to the minus this many seconds.
    Binary(u32),
}

impl Interface {
    pub(crate) fn new(block: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Self {
        let option = |code| {
            let found = block.options.iter().find(|option| option.code == code)?;
            found.as_bytes().ok()
        };
        // The parser's own if_tsoffset takes every section for little-endian.
        let seconds = option(OptionCode::IfTsoffset).and_then(|v| v.first_chunk()).map_or(0, |v| {
            if big_endian { i64::from_be_bytes(*v) } else { i64::from_le_bytes(*v) }
        });
        Self {
            link: LinkType(block.linktype.0.cast_unsigned()),
            snaplen: block.snaplen,
            name: option(OptionCode::IfName).and_then(name),
            units: Units::new(block.if_tsresol),
            offset: i128::from(seconds) * 1_000_000_000,
        }
    }

    /// The moment of a time stamp of this interface, clamped to the range.
    pub(crate) fn timestamp(&self, high: u32, low: u32) -> Timestamp {
        let ticks = u64::from(high) << 32 | u64::from(low);
        let nanos = self.units.nanos(ticks).saturating_add(self.offset);
        let nanos = nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Timestamp::from_nanos(i64::try_from(nanos).unwrap_or(i64::MAX))
    }
}

impl Units {
    /// The units that `if_tsresol` tells: a negative power of 2 with its highest bit set, of 10
    /// without.
    fn new(resolution: u8) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        match exponent {
            _ if resolution & 0x80 != 0 => Self::Binary(exponent),
            0..=9 => Self::Nanos(10_u32.pow(9 - exponent)),
            // A 64-bit time stamp never reaches the nanosecond that is 10^20 ticks.
            _ => 10_u64.checked_pow(exponent - 9).map_or(Self::Nanos(0), Self::Ticks),
        }
    }

    /// Nanoseconds of `ticks`, rounded down.
    fn nanos(self, ticks: u64) -> i128 {
        match self {
            Self::Nanos(factor) => i128::from(ticks) * i128::from(factor),
            Self::Ticks(divisor) => i128::from(ticks / divisor),
            Self::Binary(exponent) => (i128::from(ticks) * 1_000_000_000) >> exponent,
        }
    }
}

fn name(bytes: &[u8]) -> Option<Box<str>> {
    let kept = bytes.get(..MAX_INTERFACE_NAME).unwrap_or(bytes);
    let text = String::from_utf8_lossy(kept);
    let text = text.trim_end_matches('\0');
    (!text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resolution_is_exact_and_none_overflows() {
        // Compared with exact arithmetic in a width that holds all of it.
        for resolution in 0..=u8::MAX {
            let exponent = u32::from(resolution & 0x7f);
            for ticks in [0, 1, 999, 1_500_000_000_123_456_789, u64::MAX] {
                let got = Units::new(resolution).nanos(ticks);
                if resolution & 0x80 != 0 {
                    let scaled = u128::from(ticks) * 1_000_000_000;
                    assert_eq!(got, (scaled / (1_u128 << exponent)) as i128, "2^-{exponent}");
                } else if let Some(units) = 10_u128.checked_pow(exponent) {
                    let scaled = u128::from(ticks) * 1_000_000_000;
                    assert_eq!(got, (scaled / units) as i128, "10^-{exponent}");
                } else {
                    assert_eq!(got, 0, "10^-{exponent}");
                }
            }
        }
    }

    #[test]
    fn names_are_trimmed_cut_and_never_empty() {
        assert_eq!(name(b"eth0\0\0").as_deref(), Some("eth0"));
        assert_eq!(name(b"\0"), None);
        assert_eq!(name(b"a\xffb").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(name(&[b'x'; 1000]).unwrap().len(), MAX_INTERFACE_NAME);
    }
}
