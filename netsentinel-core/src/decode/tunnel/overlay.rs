//! The overlays of data centres: VXLAN (RFC 7348) and Geneve (RFC 8926).

use crate::TunnelKind;
use crate::decode::cursor::Cursor;
use crate::decode::ethernet::{self, ether_type};
use crate::decode::malformed::Layer;
use crate::decode::walk::Walk;

/// VXLAN: flags, of which one says that the network identifier counts, then an Ethernet frame.
pub(super) fn vxlan<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    if let Some([flags, ..]) = at.head::<8>()
        && flags & 0x08 != 0
    {
        let frame = at.skip(8);
        walk.suppose(Some(TunnelKind::Vxlan), Layer::Vxlan, at, |walk| {
            ethernet::inner(walk, frame);
        });
    }
}

/// Geneve, version 0: length of the options in words of four bytes, protocol, options.
pub(super) fn geneve<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(&[version_length, _, p0, p1, ..]) = at.head::<8>() else {
        return;
    };
    if version_length >> 6 != 0 {
        return;
    }
    let protocol = u16::from_be_bytes([p0, p1]);
    let body = at.skip(8 + usize::from(version_length & 0x3f) * 4);
    walk.suppose(Some(TunnelKind::Geneve), Layer::Geneve, at, |walk| match protocol {
        ether_type::BRIDGED_ETHERNET => ethernet::inner(walk, body),
        ethernet::MIN_ETHER_TYPE.. => ethernet::payload(walk, protocol, body),
        _ => {}
    });
}
