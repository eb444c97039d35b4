//! Fragments of a datagram.

use crate::checksum::Sum;

/// Cuts the IP packet of an Ethernet frame, tagged or not, into fragments.
///
/// Each fragment carries at most `size` bytes of the datagram, rounded down to a multiple of eight
/// (at least eight), and `id` as its identification, of which IPv4 keeps the lower 16 bits. What is
/// not IP, or short enough, comes back whole, as the only element.
pub fn fragments(frame: &[u8], size: usize, id: u32) -> Vec<Vec<u8>> {
    let size = (size & !7).max(8);
    cut(frame, size, id).unwrap_or_else(|| vec![frame.to_vec()])
}

fn cut(frame: &[u8], size: usize, id: u32) -> Option<Vec<Vec<u8>>> {
    let mut ip = 14;
    while matches!(frame.get(ip - 2..ip)?, [0x81, 0x00] | [0x88, 0xa8]) {
        ip += 4;
    }
    let is_ipv4 = match frame.get(ip - 2..ip)? {
        [0x08, 0x00] => true,
        [0x86, 0xdd] => false,
        _ => return None,
    };
    let header = if is_ipv4 { usize::from(frame.get(ip)? & 0x0f) * 4 } else { 40 };
    let (head, body) = (frame.get(..ip + header)?, frame.get(ip + header..)?);
    if header < 20 || body.len() <= size {
        return None;
    }
    let pieces = body.chunks(size).enumerate();
    let piece = |(index, data): (usize, &[u8])| {
        let offset = (index * size) as u16;
        let more = index * size + data.len() < body.len();
        if is_ipv4 {
            ipv4_piece(head, ip, data, offset, more, id as u16)
        } else {
            ipv6_piece(head, ip, data, offset, more, id)
        }
    };
    Some(pieces.map(piece).collect())
}

fn ipv4_piece(head: &[u8], ip: usize, data: &[u8], offset: u16, more: bool, id: u16) -> Vec<u8> {
    let mut out = head.to_vec();
    let header = &mut out[ip..];
    let length = (header.len() + data.len()) as u16;
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[4..6].copy_from_slice(&id.to_be_bytes());
    header[6..8].copy_from_slice(&((offset / 8) | (u16::from(more) << 13)).to_be_bytes());
    header[10..12].fill(0);
    let sum = Sum::default().add(header).finish();
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    out.extend_from_slice(data);
    out
}

fn ipv6_piece(head: &[u8], ip: usize, data: &[u8], offset: u16, more: bool, id: u32) -> Vec<u8> {
    let mut out = head.to_vec();
    let header = &mut out[ip..];
    let length = (8 + data.len()) as u16;
    header[4..6].copy_from_slice(&length.to_be_bytes());
    let next = std::mem::replace(&mut header[6], 44);
    out.extend_from_slice(&[next, 0]);
    out.extend_from_slice(&(offset | u16::from(more)).to_be_bytes());
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(data);
    out
}
