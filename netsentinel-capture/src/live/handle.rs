//! One open handle of libpcap.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ::pcap::{Active, Capture, Linktype, PacketHeader, Precision, Stat};
use netsentinel_core::decode::{Reason, decode};
use netsentinel_core::{LinkType, Record, Timestamp};

use super::counters::{Counters, ZERO};
use super::error::{is_permission, plain};
use super::fanout::{Group, Joined};
use super::interfaces::{ANY, names};
use super::{LiveError, LiveOptions};
use crate::MAX_SNAPLEN;

/// How long the kernel may hold back a packet while its buffer is not full. Never immediate mode,
/// which costs forty times the work for each packet.
const READ_TIMEOUT_MS: i32 = 50;

/// The same for a ring that shares its interface: the others' packets wait for those that it may hold.
const GATHER_MS: i32 = 10;

/// How long after a ring has joined others it may hold packets of before, which the others have too.
const JOINING: Duration = Duration::from_secs(1);

/// Nanoseconds in the smaller unit of libpcap's time stamps. Linux delivers nanoseconds when they
/// are asked for; elsewhere that is not sure, and not asked for.
const NANOS_PER_TICK: i64 = if cfg!(target_os = "linux") { 1 } else { 1000 };

/// A handle that captures.
pub(super) struct Handle {
    pub(super) capture: Capture<Active>,
    pub(super) link: LinkType,
    /// The interface's index when it was opened; 0 where it has none.
    pub(super) index: u32,
    stat: Stat,
    /// What was captured before is not this ring's; only for so long after it was opened that such packets
    /// may come, for the clock may be set back.
    since: Option<(Timestamp, Instant)>,
    /// Left after the capture is closed.
    _joined: Option<Arc<Joined>>,
}

impl Handle {
    /// Opens an interface, filter and all, so that nothing else is ever seen of it; or, with a group, a ring
    /// of it.
    pub(super) fn open(
        name: &str,
        index: u32,
        options: &LiveOptions,
        group: Option<&Group>,
    ) -> Result<Self, LiveError> {
        let snaplen = options.snap_length.clamp(1, MAX_SNAPLEN);
        let failed = |error| open_error(name, error);
        let inactive = Capture::from_device(name).map_err(failed)?;
        let inactive = inactive
            // libpcap warns that `any` can not, which the binding takes for an error.
            .promisc(options.promiscuous && name != ANY)
            .snaplen(i32::try_from(snaplen).unwrap_or(i32::MAX))
            .buffer_size(i32::try_from(options.buffer_bytes).unwrap_or(i32::MAX))
            .timeout(if group.is_some() { GATHER_MS } else { READ_TIMEOUT_MS });
        let inactive =
            if NANOS_PER_TICK == 1 { inactive.precision(Precision::Nano) } else { inactive };
        let mut capture = inactive.open().and_then(Capture::setnonblock).map_err(failed)?;
        let link = LinkType(capture.get_datalink().0.try_into().unwrap_or(u32::MAX));
        if !is_decoded(link) {
            return Err(LiveError::LinkType { name: name.into(), link });
        }
        if !options.filter.is_empty() {
            let set = capture.filter(&options.filter, true);
            set.map_err(|error| filter_error(name, &options.filter, error))?;
        }
        let refused = |error: io::Error| match error.kind() {
            // It went down just now: that is tried again.
            io::ErrorKind::NetworkDown => {
                LiveError::Open { name: name.into(), reason: error.to_string(), there: names() }
            }
            _ => LiveError::FanOut { name: name.into(), reason: error.to_string() },
        };
        let joined = group.map(|group| group.join(&capture, index)).transpose().map_err(refused)?;
        // Until it joined it was given everything, as the others were.
        let since = joined.is_some().then(|| (now(), Instant::now()));
        Ok(Self { capture, link, index, stat: ZERO, since, _joined: joined })
    }

    /// Compiles a filter, so that [`set_filter`](Self::set_filter) will hardly fail.
    pub(super) fn check_filter(&self, name: &str, filter: &str) -> Result<(), LiveError> {
        let compiled = self.capture.compile(filter, true);
        compiled.map(drop).map_err(|error| filter_error(name, filter, error))
    }

    /// Puts a filter in the place of the one before; none if empty.
    pub(super) fn set_filter(&mut self, name: &str, filter: &str) -> Result<(), LiveError> {
        self.capture.filter(filter, true).map_err(|error| filter_error(name, filter, error))
    }

    /// Hands on what is waiting, at most about `limit` packets; tells whether more may be.
    pub(super) fn read(
        &mut self,
        name: &str,
        limit: usize,
        frames: &mut u64,
        counters: &mut Counters,
        hand: &mut impl FnMut(&Record<'_>),
    ) -> Result<bool, String> {
        let link = self.link;
        self.since = self.since.filter(|(_, opened)| opened.elapsed() < JOINING);
        let since = self.since.map_or(Timestamp::MIN, |(time, _)| time);
        let packets = self.capture.dispatch(Some(limit), |packet| {
            let timestamp = timestamp(packet.header);
            if timestamp < since {
                return;
            }
            if packet.header.caplen > packet.header.len {
                counters.dropped_agent += 1;
                return;
            }
            *frames += 1;
            counters.handed += 1;
            hand(&Record {
                frame: *frames,
                timestamp,
                link,
                wire_len: packet.header.len,
                data: packet.data,
                interface: Some(name),
            });
        });
        packets.map(|count| count >= limit).map_err(|error| plain(error, name))
    }

    /// Adds what the kernel and the interface have dropped since the last time.
    pub(super) fn count(&mut self, counters: &mut Counters) {
        // Where libpcap can not tell it now, it will the next time.
        if let Ok(stat) = self.capture.stats() {
            counters.add(self.stat, stat);
            self.stat = stat;
        }
    }
}

/// Compiles a filter for an interface that is not open.
pub(super) fn check_filter_closed(
    name: &str,
    link: Option<LinkType>,
    filter: &str,
) -> Result<(), LiveError> {
    let link = link.unwrap_or(LinkType::ETHERNET);
    let link = Linktype(i32::try_from(link.0).unwrap_or(i32::MAX));
    let compiled = Capture::dead(link).and_then(|dead| dead.compile(filter, true));
    compiled.map(drop).map_err(|error| filter_error(name, filter, error))
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().after(since)
}

/// The casts widen where the platform's `timeval` is narrow.
#[allow(clippy::unnecessary_cast, reason = "the types of timeval differ between platforms")]
fn timestamp(header: &PacketHeader) -> Timestamp {
    Timestamp::from_parts(header.ts.tv_sec as i64, header.ts.tv_usec as i64 * NANOS_PER_TICK)
}

/// Whether the core reads frames of this link type.
fn is_decoded(link: LinkType) -> bool {
    let timestamp = Timestamp::default();
    let empty = Record { frame: 1, timestamp, link, wire_len: 0, data: &[], interface: None };
    decode(&empty).malformed.is_none_or(|malformed| malformed.reason != Reason::Unsupported)
}

pub(super) fn open_error(name: &str, error: ::pcap::Error) -> LiveError {
    let (name, reason) = (name.to_owned(), plain(error, name));
    let there = names();
    if is_permission(&reason) {
        LiveError::Permission { name, reason, there }
    } else {
        LiveError::Open { name, reason, there }
    }
}

fn filter_error(name: &str, filter: &str, error: ::pcap::Error) -> LiveError {
    let filter = netsentinel_core::text::shown(filter).into_owned();
    LiveError::Filter { name: name.into(), filter, reason: plain(error, name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_is_asked_what_it_decodes() {
        const RADIOTAP: LinkType = LinkType(127);
        for link in [LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType::LINUX_SLL2, LinkType::RAW] {
            assert!(is_decoded(link), "{link:?}");
        }
        assert!(!is_decoded(RADIOTAP));
    }

    #[test]
    fn filters_are_checked_without_an_interface() {
        assert!(check_filter_closed("eth0", None, "tcp port 80 and not host 192.0.2.1").is_ok());
        assert!(check_filter_closed("eth0", None, "").is_ok());
        let error = check_filter_closed("eth0", None, "tcp porrt 80").unwrap_err().to_string();
        assert!(
            error.starts_with("eth0: the filter \"tcp porrt 80\" can not be used: "),
            "{error}"
        );
        assert!(check_filter_closed("eth0", None, "tcp\0").is_err());
        assert!(
            check_filter_closed("tun0", Some(LinkType::RAW_BSD), "ether host 1:2:3:4:5:6").is_err()
        );
    }
}
