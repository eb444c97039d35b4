//! What applications say: enough that dissectors take it for what it pretends to be.

use super::Service;

/// Names that hosts of the site look up, all in domains reserved for documentation.
pub(crate) const NAMES: &[&str] = &[
    "www.example.com",
    "mail.example.com",
    "cdn.example.net",
    "static.assets.example.net",
    "api.example.org",
    "login.example.org",
    "updates.packages.example.net",
    "time.example.org",
    "img-eu-west-3.cdn.example.net",
    "telemetry.eu.vendor.example.com",
    "a.very.long.but.still.quite.ordinary.example.com",
    "_ldap._tcp.site.example.org",
];

/// Length of the filler: no less than the largest payload of one frame.
const FILLER_LEN: usize = 2048;

/// Bytes that look encrypted, from the middle-square Weyl generator of Widynski.
static FILLER: [u8; FILLER_LEN] = {
    let mut bytes = [0; FILLER_LEN];
    let (mut x, mut weyl): (u64, u64) = (0, 0);
    let mut at = 0;
    while at < FILLER_LEN {
        weyl = weyl.wrapping_add(0xb5ad_4ece_da1c_e2a9);
        x = x.wrapping_mul(x).wrapping_add(weyl).rotate_left(32);
        bytes[at] = x as u8;
        at += 1;
    }
    bytes
};

/// `len` bytes that look encrypted, at most 2048.
pub(crate) fn filler(len: usize) -> &'static [u8] {
    &FILLER[..len.min(FILLER_LEN)]
}

const HTTP_REQUEST: &[u8] = b"GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
const SSH_BANNER: &[u8] = b"SSH-2.0-OpenSSH_9.7\r\n";
/// Ends the plain part of SSH's key exchange, so that all that follows is taken for encrypted.
const SSH_NEW_KEYS: &[u8] = &[0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

impl Service {
    /// Writes a payload of about `len` bytes, at most 1460: exactly `len` unless it is an opening
    /// message or too short to be a record. The caller sees how much was written.
    ///
    /// `turn` counts the messages of this side of the session from 0; `total` is the length of the
    /// whole message of which this is the first segment, or 0 in later segments.
    pub(crate) fn write(
        self,
        client: bool,
        turn: u32,
        total: usize,
        len: usize,
        out: &mut Vec<u8>,
    ) {
        match self {
            // One whole record in each segment: handshake records would have to be parsed.
            Self::Tls => {
                let len = len.max(6);
                out.extend_from_slice(&[23, 3, 3]);
                out.extend_from_slice(&((len - 5) as u16).to_be_bytes());
                out.extend_from_slice(filler(len - 5));
            }
            Self::Http if client && total > 0 => out.extend_from_slice(HTTP_REQUEST),
            Self::Http if total > 0 => http_response(total, len, out),
            Self::Ssh if turn == 0 => out.extend_from_slice(SSH_BANNER),
            Self::Ssh if turn == 1 => out.extend_from_slice(SSH_NEW_KEYS),
            // NetBIOS: one session message in each segment.
            Self::Smb if len > 4 => {
                out.extend_from_slice(&((len - 4) as u32).to_be_bytes());
                out.extend_from_slice(filler(len - 4));
            }
            _ => out.extend_from_slice(filler(len)),
        }
    }
}

/// The head of a response, whose whole message is `total` bytes long, and the start of its body.
fn http_response(total: usize, len: usize, out: &mut Vec<u8>) {
    const HEAD: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ";
    let head = HEAD.len() + 10 + 4;
    let body = total.saturating_sub(head);
    out.extend_from_slice(HEAD);
    // Ten digits, so that the length of the head does not depend on the number.
    let mut digits = [b'0'; 10];
    let mut rest = body;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits);
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(filler(len.saturating_sub(head)));
}
