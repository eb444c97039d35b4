//! Teredo, IPv6 through address translators (RFC 4380).

use crate::TunnelKind;
use crate::decode::cursor::{Cursor, Missing};
use crate::decode::ipv6;
use crate::decode::malformed::Layer;
use crate::decode::walk::Walk;

/// A Teredo packet: authentication and origin indication, each optional, then an IPv6 packet.
pub(super) fn packet<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    if let Some(inside) = payload(at) {
        walk.suppose(Some(TunnelKind::Teredo), Layer::Teredo, at, |walk| {
            ipv6::packet(walk, inside);
        });
    }
}

/// Where the IPv6 packet starts, if one is plausible: the port alone proves nothing.
fn payload(at: Cursor<'_>) -> Option<Cursor<'_>> {
    let mut at = at;
    if let Some(&[0, 1, client_len, value_len]) = at.head::<4>() {
        // Client identifier and authentication value, then a nonce and a confirmation byte.
        at = at.skip(4 + usize::from(client_len) + usize::from(value_len) + 9);
    }
    if let Some([0, 0]) = at.head::<2>() {
        at = at.skip(8);
    }
    let header = at.head::<40>()?;
    let length = 40 + usize::from(u16::from_be_bytes([header[4], header[5]]));
    let fits = length <= at.len() || at.missing() == Missing::Snapped;
    (header[0] >> 4 == 6 && fits).then_some(at)
}
