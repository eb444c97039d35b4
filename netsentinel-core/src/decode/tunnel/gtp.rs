//! GTP-U, the user plane of mobile networks (3GPP TS 29.281).

use crate::TunnelKind;
use crate::decode::cursor::Cursor;
use crate::decode::ip;
use crate::decode::malformed::Layer;
use crate::decode::walk::Walk;

/// Extension headers followed in one GTP-U packet. The standard knows seven.
const MAX_EXTENSIONS: usize = 8;

/// Message type of a packet that carries one.
const G_PDU: u8 = 255;

/// A GTP-U packet: flags, type, length, tunnel, optional fields, an IP packet.
pub(super) fn packet<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    if let Some(inside) = payload(at) {
        walk.suppose(Some(TunnelKind::GtpU), Layer::GtpU, at, |walk| {
            ip::either(walk, inside, Layer::GtpU);
        });
    }
}

/// Where the packet inside starts, if this is a G-PDU of version 1.
fn payload(at: Cursor<'_>) -> Option<Cursor<'_>> {
    let &[flags, message, l0, l1, ..] = at.head::<8>()?;
    // Version 1, and the protocol type that tells GTP from GTP' of charging.
    if flags >> 4 != 0x3 || message != G_PDU {
        return None;
    }
    let body = at.skip(8).bounded(usize::from(u16::from_be_bytes([l0, l1])));
    if flags & 0x07 == 0 {
        return Some(body);
    }
    let &[_, _, _, mut next] = body.head::<4>()?;
    let mut body = body.skip(4);
    if flags & 0x04 == 0 {
        return Some(body);
    }
    for _ in 0..MAX_EXTENSIONS {
        if next == 0 {
            return Some(body);
        }
        // The length counts words of four bytes; the last byte names the header after it.
        let length = usize::from(body.u8(0)?) * 4;
        next = body.u8(length.checked_sub(1)?)?;
        body = body.skip(length);
    }
    None
}
