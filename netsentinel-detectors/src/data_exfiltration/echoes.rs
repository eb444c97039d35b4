//! Data in the echoes of ICMP.

use std::hash::{DefaultHasher, Hasher as _};
use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::detector::attack::{
    EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL, NON_APPLICATION_LAYER_PROTOCOL, Technique,
};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Context, Finding, Icmp, Indicator, Ip, Limits, Rule, Timestamp, Usage};

use super::Settings;

pub(super) const CHANNEL: Rule = Rule {
    id: "data_exfiltration/channel",
    signature: 1_000_064,
    summary: "ICMP echoes between two hosts carry data",
    severity: None,
};
const TECHNIQUES: &[Technique] =
    &[NON_APPLICATION_LAYER_PROTOCOL, EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL];
const WINDOW: Seconds = Seconds::new(300).unwrap();
/// The share of the keys: pairs of hosts of which one pings the other with what is no pattern.
const SHARE: usize = 16;
/// Identifier and sequence number.
const HEADER_LEN: usize = 4;
/// Ping puts a time stamp, of up to 16 bytes, before its pattern.
const STAMP_LEN: usize = 16;

/// The pairs of hosts, who asks first.
pub(super) struct Echoes {
    pairs: BoundedMap<(IpAddr, IpAddr), Pair>,
}

#[derive(Clone, Copy)]
struct Pair {
    began: Timestamp,
    /// Fingerprints of the last request's content and the last reply's.
    request: u64,
    reply: u64,
    bytes: u64,
    messages: u32,
    /// Bytes in replies that do not repeat the request.
    returned: u64,
}

impl Echoes {
    pub(super) fn new(limits: Limits) -> Self {
        let max = NonZeroUsize::new(limits.max_keys.get() / SHARE).unwrap_or(NonZeroUsize::MIN);
        Self { pairs: BoundedMap::new(max, WINDOW.duration()) }
    }

    /// Judges an echo request or reply.
    pub(super) fn see(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        icmp: Icmp<'_>,
        cx: &mut Context<'_>,
    ) {
        let request = match (ip.protocol, icmp.kind) {
            (1, 8) | (58, 128) => true,
            (1, 0) | (58, 129) => false,
            _ => return,
        };
        let (client, server) =
            if request { (ip.source, ip.destination) } else { (ip.destination, ip.source) };
        let content = icmp.body.get(HEADER_LEN + STAMP_LEN..).unwrap_or_default();
        if content.is_empty() || is_pattern(content) || server.is_multicast() {
            return;
        }
        let now = cx.now();
        let seen = fingerprint(content);
        let pair = match request {
            true => self.pairs.entry((client, server), now, || Pair::begun(now, seen)).value,
            false => match self.pairs.touch(&(client, server), now) {
                Some(pair) => pair,
                None => return,
            },
        };
        let bytes = icmp.body.len().saturating_sub(HEADER_LEN) as u64;
        if !pair.changed(request, seen, bytes, now) {
            return;
        }
        let (subject, base) = (Subject::pair(client, server), settings.icmp_bytes.get());
        let indicator = Some(Indicator::Ip(server));
        let Some(reached) = cx.reaches(&CHANNEL, subject, base, pair.bytes, indicator) else {
            return;
        };
        let finding = Finding {
            rule: &CHANNEL,
            subject,
            reached,
            step: bytes,
            source: Endpoint::ip(client),
            target: Endpoint::ip(server),
            window: Some(WINDOW),
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{client} and {server} exchanged {} bytes of changing content in {} ICMP echoes within {} s",
                    pair.bytes,
                    pair.messages,
                    WINDOW.get(),
                ))
                .attack(TECHNIQUES)
                .evidence("bytes", pair.bytes)
                .evidence("echoes", pair.messages)
                .evidence("returned_bytes", pair.returned)
                .first_seen(Some(pair.began));
        });
    }

    pub(super) fn usage(&self) -> Usage {
        self.pairs.usage()
    }
}

impl Pair {
    const fn begun(began: Timestamp, request: u64) -> Self {
        Self { began, request, reply: request, bytes: 0, messages: 0, returned: 0 }
    }

    /// Counts a message whose content is another than the last one's of its kind and, for a reply, than the
    /// last request's. Tells whether it is.
    fn changed(&mut self, request: bool, seen: u64, bytes: u64, now: Timestamp) -> bool {
        if now > self.began.after(WINDOW.duration()) {
            *self = Self { reply: self.reply, ..Self::begun(now, self.request) };
        }
        let same = seen == self.request || (!request && seen == self.reply);
        *(if request { &mut self.request } else { &mut self.reply }) = seen;
        if !same {
            self.bytes = self.bytes.saturating_add(bytes);
            self.messages = self.messages.saturating_add(1);
            self.returned = self.returned.saturating_add(if request { 0 } else { bytes });
        }
        !same
    }
}

/// Whether nearly each byte is the one before, or the next one: what ping fills its packets with.
fn is_pattern(content: &[u8]) -> bool {
    let breaks = content
        .windows(2)
        .filter(|pair| !matches!(pair, [a, b] if b.wrapping_sub(*a) <= 1))
        .count();
    breaks <= content.len() / 8
}

fn fingerprint(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_patterns_and_data_is_not() {
        let linux: Vec<u8> = (0x10..0x38).collect();
        let windows = b"qrstuvwabcdefghi";
        for pattern in [&linux[..], windows, &[0; 48], &[0xff; 1_400]] {
            assert!(is_pattern(pattern));
        }
        assert!(!is_pattern(b"SSH-2.0-OpenSSH_9.6"));
    }

    #[test]
    fn only_changing_content_counts() {
        let now = Timestamp::from_parts(0, 0);
        let mut pair = Pair::begun(now, 1);
        assert!(!pair.changed(true, 1, 100, now), "the same request");
        assert!(!pair.changed(false, 1, 100, now), "its echo");
        assert!(pair.changed(true, 2, 100, now));
        assert!(!pair.changed(false, 2, 100, now));
        assert!(pair.changed(false, 3, 50, now), "a reply of its own");
        assert_eq!((pair.bytes, pair.returned), (150, 50));
        let later = Timestamp::from_parts(301, 0);
        assert!(pair.changed(true, 4, 10, later));
        assert_eq!(pair.bytes, 10);
    }
}
