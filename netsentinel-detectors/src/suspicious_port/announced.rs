//! Ports that FTP conversations have announced for a transfer (RFC 959, RFC 2428).

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Ip, Timestamp, Usage};

/// Announcements of suspicious ports remembered at once: they are chance.
const ANNOUNCED_MAX: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// A transfer begins within this.
const WITHIN: Duration = Duration::from_secs(120);

/// What was announced lately: who listens at which port.
pub(super) struct Announced {
    places: BoundedMap<(IpAddr, u16), ()>,
}

impl Announced {
    pub(super) fn new() -> Self {
        Self { places: BoundedMap::new(ANNOUNCED_MAX, WITHIN) }
    }

    /// The port that the sender of `ip` announces to listen at, if it is one of `wanted`, is noted.
    pub(super) fn note(
        &mut self,
        ip: &Ip<'_>,
        payload: &[u8],
        wanted: impl FnOnce(u16) -> bool,
        now: Timestamp,
    ) {
        if let Some(port) = announced(payload)
            && wanted(port)
        {
            self.places.entry((ip.source, port), now, || ());
        }
    }

    /// Whether `host` has announced `port` lately.
    pub(super) fn has(&self, host: IpAddr, port: u16) -> bool {
        self.places.get(&(host, port)).is_some()
    }

    /// How full it is. What is forgotten early was chance.
    pub(super) fn usage(&self) -> Usage {
        self.places.usage()
    }
}

/// The port in a reply to PASV or EPSV, or in a PORT or EPRT command.
fn announced(payload: &[u8]) -> Option<u16> {
    match payload {
        [b'2', b'2', b'7', b' ', rest @ ..] | [b'P', b'O', b'R', b'T', b' ', rest @ ..] => {
            six_numbers(rest)
        }
        [b'2', b'2', b'9', b' ', rest @ ..] | [b'E', b'P', b'R', b'T', b' ', rest @ ..] => {
            between_bars(rest)
        }
        _ => None,
    }
}

/// `h1,h2,h3,h4,p1,p2`, wherever it stands.
fn six_numbers(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text.get(..text.len().min(120))?).ok()?;
    let mut parts = text.rsplit(',');
    let low = parts.next()?.split(|c: char| !c.is_ascii_digit()).next()?;
    let high = parts.next()?;
    Some(u16::from(high.parse::<u8>().ok()?) << 8 | u16::from(low.parse::<u8>().ok()?))
}

/// `|||6446|` or `|1|132.235.1.2|6275|`.
fn between_bars(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text.get(..text.len().min(120))?).ok()?;
    text.rsplit('|').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcements_are_read_in_all_four_forms() {
        for text in [
            &b"227 Entering Passive Mode (10,0,0,1,17,92).\r\n"[..],
            b"PORT 10,0,0,1,17,92\r\n",
            b"229 Entering Extended Passive Mode (|||4444|)\r\n",
            b"EPRT |2|fd00::1|4444|\r\n",
        ] {
            assert_eq!(announced(text), Some(4444), "{}", text.escape_ascii());
        }
        for text in [&b"220 ready"[..], b"227 no", b"PORT 1,2,3,4,5,999\r\n", b"229 |||x|"] {
            assert_eq!(announced(text), None, "{}", text.escape_ascii());
        }
    }
}
