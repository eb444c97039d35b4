//! An MPLS label stack, and IP or an Ethernet pseudowire below it.

use super::cursor::Cursor;
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use super::{MAX_MPLS_LABELS, ethernet, ipv4, ipv6};

/// A label stack, from its top on.
///
/// Labels do not tell what they carry: the first nibble does. 4 and 6 are IP; 0 may be the control
/// word of a pseudowire (RFC 4385), which is supposed to carry Ethernet.
pub(super) fn stack<'a>(walk: &mut Walk<'_, 'a>, top: Cursor<'a>) {
    let mut at = top;
    for _ in 0..MAX_MPLS_LABELS {
        let Some(&[_, _, bottom, _]) = at.head::<4>() else {
            return walk.cut(Layer::Mpls, at);
        };
        at = at.skip(4);
        if bottom & 1 == 1 {
            return match at.u8(0).map(|first| first >> 4) {
                Some(4) => ipv4::packet(walk, at),
                Some(6) => ipv6::packet(walk, at),
                Some(0) => {
                    let frame = at.skip(4);
                    walk.suppose(None, Layer::Mpls, at, |walk| ethernet::inner(walk, frame));
                }
                Some(_) => {}
                None => walk.cut(Layer::Mpls, at),
            };
        }
    }
    walk.fail(Layer::Mpls, Reason::TooDeep, at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;
    use crate::decode::testing::*;

    const LABEL: [u8; 4] = [0, 1, 0x40, 64];
    const BOTTOM: [u8; 4] = [0, 1, 0x41, 64];

    fn labelled(labels: usize, inside: &[u8]) -> Vec<u8> {
        let above = LABEL.repeat(labels - 1);
        ethernet(0x8847, &concat(&[&above, &BOTTOM, inside]))
    }

    #[test]
    fn the_nibble_below_the_stack_tells_the_version() {
        assert_syn(&decode_frame(&labelled(1, &ipv4(6, &syn()))));
        assert_syn(&decode_frame(&labelled(3, &ipv6(6, &syn()))));
        assert_syn(&decode_frame(&labelled(MAX_MPLS_LABELS, &ipv4(6, &syn()))));
        let deep = labelled(MAX_MPLS_LABELS + 1, &ipv4(6, &syn()));
        let deep = decode_frame(&deep).malformed;
        assert_eq!(deep, malformed(Layer::Mpls, Reason::TooDeep, 14 + 16 * 4));
    }

    #[test]
    fn a_pseudowire_carries_a_frame_of_its_own() {
        let mut frame = ethernet(0x8100, &[0, 9, 8, 0]);
        frame[6] = 0x0a;
        frame.extend(ipv4(6, &syn()));
        let outer = labelled(2, &concat(&[&[0; 4], &frame]));
        let decoded = decode_frame(&outer);
        assert_syn(&decoded);
        assert_eq!(decoded.headers.ethernet.unwrap().source.0[0], 0x0a);
        assert_eq!(decoded.headers.vlan.ids, [Some(9), None]);
        assert_eq!(decoded.headers.tunnel, None);
    }

    #[test]
    fn what_is_not_ip_leaves_the_outer_frame() {
        for inside in [&[0; 40][..], &[0x10; 40]] {
            let frame = labelled(1, inside);
            let decoded = decode_frame(&frame);
            assert!(matches!(decoded.headers.network, Network::Other));
            assert_eq!(decoded.headers.ethernet.unwrap().source.0, SOURCE_MAC);
            assert_eq!(decoded.malformed, None);
        }
        let empty = decode_frame(&labelled(1, &[])).malformed;
        assert_eq!(empty, malformed(Layer::Mpls, Reason::Short, 18));
    }
}
