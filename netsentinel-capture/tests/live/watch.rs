//! A capture that keeps what it saw, and frames to send.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use netsentinel_capture::live::{InterfaceEvent, InterfaceState, Live, LiveOptions};
use netsentinel_core::{LinkType, Timestamp};

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A packet as it was handed on.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) frame: u64,
    pub(crate) timestamp: Timestamp,
    pub(crate) link: LinkType,
    pub(crate) wire_len: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) interface: String,
}

pub(crate) struct Watch {
    pub(crate) live: Live,
    pub(crate) packets: Vec<Seen>,
    pub(crate) events: Vec<InterfaceEvent>,
}

impl Watch {
    pub(crate) fn on(interfaces: &[&str]) -> Self {
        Self::with(options(interfaces))
    }

    pub(crate) fn with(options: LiveOptions) -> Self {
        let live = Live::open(options).unwrap();
        Self { live, packets: Vec::new(), events: Vec::new() }
    }

    /// One turn of at most `timeout`.
    pub(crate) fn turn(&mut self, timeout: Duration) {
        let packets = &mut self.packets;
        let before = packets.len();
        let turn = self.live.turn(timeout, &mut |record| {
            packets.push(Seen {
                frame: record.frame,
                timestamp: record.timestamp,
                link: record.link,
                wire_len: record.wire_len,
                data: record.data.to_vec(),
                interface: record.interface.unwrap().to_owned(),
            });
        });
        let turn = turn.unwrap();
        assert_eq!(turn.handed, (self.packets.len() - before) as u64);
        self.events.extend(turn.events);
    }

    /// Turns until it is so.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(Instant::now() < deadline, "not {what}; events {:?}", self.events);
            self.turn(Duration::from_millis(100));
        }
    }

    /// Turns until there are so many packets.
    pub(crate) fn until_packets(&mut self, count: usize) {
        self.until("all packets", |watch| watch.packets.len() >= count);
    }

    /// Turns until the interface has turned to this state, and tells why.
    pub(crate) fn until_event(&mut self, interface: &str, state: InterfaceState) -> String {
        let is = |event: &InterfaceEvent| event.interface == interface && event.state == state;
        self.until(&format!("{interface} {state}"), |watch| watch.events.iter().any(is));
        let event = self.events.iter().find(|event| is(event)).unwrap().clone();
        self.events.retain(|other| *other != event);
        event.reason
    }

    /// Turns for a while.
    pub(crate) fn go_on(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left);
        }
    }
}

pub(crate) fn options(interfaces: &[&str]) -> LiveOptions {
    let interfaces = interfaces.iter().map(|&name| name.to_owned()).collect();
    LiveOptions { interfaces, ..LiveOptions::default() }
}

/// The same, each interface shared among so many rings.
pub(crate) fn ringed(rings: usize, interfaces: &[&str]) -> LiveOptions {
    LiveOptions { rings: NonZeroUsize::new(rings).unwrap(), ..options(interfaces) }
}

/// A frame of an EtherType that nobody else uses, its content told by `mark`.
pub(crate) fn frame(mark: u8, len: usize) -> Vec<u8> {
    let mut frame = vec![0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5];
    frame.resize(len, mark);
    frame
}
