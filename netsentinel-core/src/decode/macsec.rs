//! MACsec (IEEE 802.1AE) that protects integrity alone, and so leaves the frame readable.

use super::cursor::{Cursor, Missing};
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use super::{MAX_VLAN_TAGS, ethernet};

/// Tag control information, the first byte of the security tag.
mod tci {
    pub(super) const VERSION: u8 = 0x80;
    /// An explicit secure channel identifier follows.
    pub(super) const CHANNEL: u8 = 0x20;
    pub(super) const ENCRYPTED: u8 = 0x08;
    pub(super) const CHANGED: u8 = 0x04;
}

/// Control, short length, packet number.
const TAG_LEN: usize = 6;
/// The secure channel identifier: a hardware address and a port.
const CHANNEL_LEN: usize = 8;
/// The integrity check value of the default cipher suites, at the end of the frame.
const CHECK_LEN: usize = 16;
/// The short length has six bits.
const SHORT_LEN: u8 = 0x3f;

/// A security tag, and the frame behind it where it is neither encrypted nor changed.
///
/// `depth` counts the tags before this one, of VLANs and of MACsec.
pub(super) fn tag<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>, depth: usize) {
    let Some(&[control, short, ..]) = at.head::<TAG_LEN>() else {
        return walk.cut(Layer::Macsec, at);
    };
    if control & tci::VERSION != 0 {
        return walk.fail(Layer::Macsec, Reason::BadVersion, at);
    }
    if control & (tci::ENCRYPTED | tci::CHANGED) != 0 {
        return;
    }
    if depth >= MAX_VLAN_TAGS {
        return walk.fail(Layer::Macsec, Reason::TooDeep, at);
    }
    let channel = if control & tci::CHANNEL == 0 { 0 } else { CHANNEL_LEN };
    let secured = secured(at.skip(TAG_LEN + channel), usize::from(short & SHORT_LEN));
    match secured.u16(0) {
        Some(kind) => ethernet::tagged(walk, kind, secured.skip(2), depth + 1),
        None => walk.cut(Layer::Macsec, at),
    }
}

/// What lies between the tag and the check value. Only data shorter than 48 bytes tell their length;
/// where the end of the frame was cut off, so was the check value.
fn secured(rest: Cursor<'_>, short_len: usize) -> Cursor<'_> {
    match (short_len, rest.missing()) {
        (0, Missing::Snapped) => rest,
        (0, _) => rest.bounded(rest.len().saturating_sub(CHECK_LEN)),
        (len, _) => rest.bounded(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;
    use crate::decode::testing::*;
    use crate::{LinkType, Network};

    const CHANNEL: [u8; 8] = [2, 0, 0, 0, 0, 1, 0, 1];
    const CHECK: [u8; 16] = [0xcc; 16];

    fn protected(control: u8, short: u8, kind: u16, payload: &[u8]) -> Vec<u8> {
        let channel: &[u8] = if control & tci::CHANNEL == 0 { &[] } else { &CHANNEL };
        let secured =
            concat(&[&[control, short, 0, 0, 0, 9], channel, &kind.to_be_bytes(), payload]);
        ethernet(0x88e5, &concat(&[&secured, &CHECK]))
    }

    #[test]
    fn frames_protected_by_integrity_alone_are_read() {
        let packet = ipv4(6, &syn());
        for control in [0x00, 0x20, 0x23, 0x40, 0x10] {
            assert_syn(&decode_frame(&protected(control, 0, 0x0800, &packet)));
            assert_syn(&decode_frame(&protected(control, 42, 0x0800, &packet)));
        }
        let vlan = concat(&[&[0, 7, 8, 0], &packet]);
        let frame = protected(0x20, 0, 0x8100, &vlan);
        assert_syn(&decode_frame(&frame));
        assert_eq!(decode_frame(&frame).headers.vlan.ids, [Some(7), None]);
    }

    #[test]
    fn a_short_length_counts_before_the_check_value_is_whole() {
        let mut frame = protected(0x20, 42, 0x0800, &ipv4(6, &syn()));
        frame.truncate(frame.len() - 6);
        assert_syn(&decode_frame(&frame));
        frame.extend([0; 20]);
        assert_syn(&decode_frame(&frame));
    }

    #[test]
    fn a_cut_frame_has_no_check_value_to_leave_out() {
        let frame = protected(0x20, 0, 0x0800, &ipv4(6, &syn()));
        let cut = snapped(LinkType::ETHERNET, &frame[..frame.len() - 16], frame.len());
        assert_syn(&decode(&cut));
        for len in [16, 20, 26] {
            let cut = decode(&snapped(LinkType::ETHERNET, &frame[..len], frame.len())).malformed;
            assert_eq!(cut, malformed(Layer::Macsec, Reason::Snapped, 14), "{len}");
        }
    }

    #[test]
    fn encrypted_and_changed_text_is_left_alone() {
        for control in [0x24, 0x28, 0x2c, 0x0c] {
            let frame = protected(control, 0, 0x0800, &ipv4(6, &syn()));
            let decoded = decode_frame(&frame);
            assert!(matches!(decoded.headers.network, Network::Other));
            assert_eq!(decoded.malformed, None);
        }
    }

    #[test]
    fn defects_are_told() {
        let told = |frame: &[u8]| decode_frame(frame).malformed;
        let version = protected(0x80, 0, 0x0800, &ipv4(6, &syn()));
        assert_eq!(told(&version), malformed(Layer::Macsec, Reason::BadVersion, 14));
        let empty = ethernet(0x88e5, &[&[0; 6][..], &CHECK].concat());
        assert_eq!(told(&empty), malformed(Layer::Macsec, Reason::Short, 14));
        let nested = concat(&[&[0, 0, 0, 0, 0, 1, 0x88, 0xe5].repeat(20), &[0; 200]]);
        let deep = told(&ethernet(0x88e5, &nested)).unwrap();
        assert_eq!((deep.layer, deep.reason), (Layer::Macsec, Reason::TooDeep));
    }
}
