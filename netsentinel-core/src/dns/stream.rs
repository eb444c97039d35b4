//! DNS over TCP: messages that span segments, put together as far as the questions go.
//!
//! Of each message only the head is kept, which holds the questions; the rest is counted, so that
//! a message is known to be complete, and where the next begins. Segments out of order start anew:
//! a message lost that way is not judged.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::Message;
use crate::window::BoundedMap;
use crate::{Packet, Tcp, TcpFlags, Transport, Usage};

/// Bytes kept of a message: its header and a question of the longest name, and room for more.
const HEAD_LEN: usize = 512;
/// Streams followed at once: 0.6 MB.
const STREAMS_MAX: usize = 1_024;
/// A stream quiet for longer is forgotten.
const IDLE: Duration = Duration::from_secs(120);
/// A segment that begins further back than this is not sent again but of another connection between
/// the same ports.
const RESENT_MAX: u32 = 1 << 20;
/// Every message follows its length (RFC 1035, 4.2.2).
const PREFIX_LEN: usize = 2;

/// Finds the messages in UDP datagrams and TCP segments.
pub struct Messages {
    streams: BoundedMap<StreamKey, Stream>,
}

/// One direction of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct StreamKey {
    from: (IpAddr, u16),
    to: (IpAddr, u16),
}

/// A message of which the end has not come.
struct Stream {
    next_sequence: u32,
    /// What has come of the prefix and the head.
    head: [u8; PREFIX_LEN + HEAD_LEN],
    /// How much has come of the prefix and the message, kept or not.
    come: usize,
}

impl Messages {
    /// Nothing followed yet.
    pub fn new() -> Self {
        const MAX: NonZeroUsize = NonZeroUsize::new(STREAMS_MAX).unwrap();
        Self { streams: BoundedMap::new(MAX, IDLE) }
    }

    /// Hands every message that `packet` completes to `judge`.
    ///
    /// A datagram is one message. A segment that the capture cut short is judged as far as it was
    /// captured, since what follows can not be put behind it.
    pub fn find(&mut self, packet: &Packet<'_>, mut judge: impl FnMut(&Message<'_>)) {
        let Some(ip) = packet.ip() else { return };
        match ip.transport {
            Transport::Udp(udp) => Message::parse(udp.payload).iter().for_each(judge),
            Transport::Tcp(tcp) => {
                let key = StreamKey {
                    from: (ip.source, tcp.source_port),
                    to: (ip.destination, tcp.destination_port),
                };
                self.find_in_segment(key, &tcp, packet, &mut judge);
            }
            _ => {}
        }
    }

    fn find_in_segment(
        &mut self,
        key: StreamKey,
        tcp: &Tcp<'_>,
        packet: &Packet<'_>,
        judge: &mut impl FnMut(&Message<'_>),
    ) {
        let mut rest = tcp.payload;
        // A SYN takes a sequence number of its own, before the payload.
        let start = tcp.sequence.wrapping_add(tcp.flags.contains(TcpFlags::SYN).into());
        if let Some(stream) = self.streams.touch(&key, packet.timestamp) {
            let resent = stream.next_sequence.wrapping_sub(start);
            if resent <= RESENT_MAX {
                let Some(fresh) = rest.get(resent as usize..) else { return };
                let Some(behind) = stream.take(fresh) else { return };
                stream.message().iter().for_each(&mut *judge);
                rest = behind;
            }
            self.streams.remove(&key);
        }
        while let Some((message, behind)) = split_message(rest) {
            Message::parse(message).iter().for_each(&mut *judge);
            rest = behind;
        }
        if packet.snapped {
            rest.get(PREFIX_LEN..).and_then(Message::parse).iter().for_each(judge);
        } else if !rest.is_empty() {
            let consumed = (tcp.payload.len() - rest.len()) as u32;
            let sequence = start.wrapping_add(consumed);
            self.streams.entry(key, packet.timestamp, || Stream::begun_by(rest, sequence));
        }
    }

    /// How full the table of streams is.
    pub fn usage(&self) -> Usage {
        self.streams.usage()
    }
}

impl Default for Messages {
    fn default() -> Self {
        Self::new()
    }
}

impl Stream {
    fn begun_by(bytes: &[u8], sequence: u32) -> Self {
        let mut stream =
            Self { next_sequence: sequence, head: [0; PREFIX_LEN + HEAD_LEN], come: 0 };
        stream.take(bytes);
        stream
    }

    /// Takes what belongs to the message; gives what is behind it, once it is complete.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let mut rest = bytes;
        for limit in [Some(PREFIX_LEN), self.whole()] {
            // The second limit is known only once the prefix is there.
            let limit = limit.or_else(|| self.whole()).unwrap_or(PREFIX_LEN);
            let (mine, behind) = rest.split_at(limit.saturating_sub(self.come).min(rest.len()));
            if let Some(room) = self.head.get_mut(self.come..) {
                let kept = mine.len().min(room.len());
                room[..kept].copy_from_slice(&mine[..kept]);
            }
            self.come += mine.len();
            rest = behind;
        }
        self.next_sequence = self.next_sequence.wrapping_add((bytes.len() - rest.len()) as u32);
        self.whole().is_some_and(|whole| self.come >= whole).then_some(rest)
    }

    /// Length of prefix and message, once the prefix has come.
    fn whole(&self) -> Option<usize> {
        let prefix = u16::from_be_bytes([self.head[0], self.head[1]]);
        (self.come >= PREFIX_LEN).then(|| PREFIX_LEN + usize::from(prefix))
    }

    fn message(&self) -> Option<Message<'_>> {
        let end = self.come.min(self.head.len());
        Message::parse(self.head.get(PREFIX_LEN..end)?)
    }
}

/// The message at the start of `bytes` and what is behind it, if the message is complete.
fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, behind) = bytes.split_first_chunk::<PREFIX_LEN>()?;
    behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Headers, Ip, Network, Timestamp};

    /// Two queries, for names of 1 and 3 labels, as they stand in a stream.
    fn stream() -> Vec<u8> {
        let query = |name: &[u8]| {
            let header = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
            let message = [&header[..], name, &[0, 16, 0, 1]].concat();
            [&(message.len() as u16).to_be_bytes()[..], &message].concat()
        };
        [query(b"\x04long\x00"), query(b"\x01a\x01b\x01c\x00")].concat()
    }

    fn names_in(segments: &[(u32, &[u8])], snapped: bool) -> Vec<String> {
        let mut messages = Messages::new();
        let mut names = Vec::new();
        for &(sequence, payload) in segments {
            let tcp = Tcp {
                source_port: 40_000,
                destination_port: 53,
                sequence,
                acknowledgement: 0,
                flags: TcpFlags::ACK,
                window: 0,
                options: &[],
                payload,
            };
            let ip = Ip {
                source: [10, 0, 0, 1].into(),
                destination: [10, 0, 0, 2].into(),
                protocol: 6,
                hop_limit: 64,
                fragment: None,
                transport: Transport::Tcp(tcp),
            };
            let packet = Packet {
                timestamp: Timestamp::from_nanos(0),
                frame: 1,
                wire_len: 1500,
                snapped,
                interface: None,
                headers: Headers { network: Network::Ip(ip), ..Headers::default() },
            };
            messages.find(&packet, |message| {
                names.extend(message.questions().map(|question| question.name.to_string()));
            });
        }
        names
    }

    #[test]
    fn messages_are_found_wherever_segments_end() {
        let bytes = stream();
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                // The sequence number goes round on the way.
                let start = u32::MAX - 20;
                let segments = [
                    (start, &bytes[..first]),
                    (start.wrapping_add(first as u32), &bytes[first..second]),
                    (start.wrapping_add(second as u32), &bytes[second..]),
                ];
                assert_eq!(names_in(&segments, false), ["long", "a.b.c"], "{first} {second}");
            }
        }
    }

    #[test]
    fn what_is_sent_again_counts_once() {
        let bytes = stream();
        let segments = [(0, &bytes[..9]), (0, &bytes[..9]), (9, &bytes[9..])];
        assert_eq!(names_in(&segments, false), ["long", "a.b.c"]);
    }

    #[test]
    fn what_is_sent_again_together_with_more_is_not_lost() {
        let bytes = stream();
        assert_eq!(names_in(&[(0, &bytes[..1]), (0, &bytes)], false), ["long", "a.b.c"]);
        assert_eq!(names_in(&[(0, &bytes[..9]), (4, &bytes[4..])], false), ["long", "a.b.c"]);
    }

    #[test]
    fn a_new_connection_does_not_wait_for_the_old_one() {
        let bytes = stream();
        for start in [0, 1_000_000, 3_000_000_000] {
            let segments = [(2_000_000_000, &bytes[..9]), (start, &bytes[..])];
            assert_eq!(names_in(&segments, false), ["long", "a.b.c"], "{start}");
        }
    }

    #[test]
    fn a_segment_that_was_cut_short_is_judged_as_far_as_it_goes() {
        let mut bytes = stream();
        // The second message, which begins at byte 24, has 9 bytes more that were not captured.
        bytes[25] += 9;
        assert_eq!(names_in(&[(0, &bytes)], true), ["long", "a.b.c"]);
        assert_eq!(names_in(&[(0, &bytes)], false), ["long"]);
    }

    #[test]
    fn a_message_longer_than_its_head_is_waited_for() {
        let mut long = stream()[..24].to_vec();
        long[..2].copy_from_slice(&3_000_u16.to_be_bytes());
        let filler = vec![0; 3_002 - long.len()];
        assert_eq!(names_in(&[(0, &long), (24, &filler[1..])], false), [""; 0]);
        assert_eq!(names_in(&[(0, &long), (24, &filler)], false), ["long"]);
    }
}
