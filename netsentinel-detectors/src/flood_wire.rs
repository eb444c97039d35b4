//! A wire to test floods on: packets at times of one's own, judged by one pipeline and by three workers.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::{Alert, Mac, Registration, TcpFlags, Timestamp};
use netsentinel_synth::{Frame, Segment};

use crate::judged::Judged;

/// An address and a port.
pub(crate) type End = (Ipv4Addr, u16);

pub(crate) struct Wire {
    judged: Judged,
    micros: u64,
}

/// The `n`th host of a network that nobody has.
pub(crate) fn host(n: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0xc612_0000 + n)
}

impl Wire {
    pub(crate) fn new(registry: &[Registration]) -> Self {
        let config = r#"{"profile": "tuned", "max_hosts": 16384}"#;
        Self { judged: Judged::with_workers(config, registry), micros: 0 }
    }

    /// The next packets come so much later.
    pub(crate) fn wait(&mut self, micros: i64) {
        self.micros += micros as u64;
    }

    /// Judges a frame from one station to another, from `build`.
    pub(crate) fn send(&mut self, build: impl FnOnce(Frame<'_>) -> usize) {
        self.send_to(Mac([2, 0, 0, 0, 0, 2]), build);
    }

    pub(crate) fn send_to(&mut self, to: Mac, build: impl FnOnce(Frame<'_>) -> usize) {
        let mut data = Vec::new();
        build(Frame::new(&mut data).ethernet(Mac([2, 0, 0, 0, 0, 1]), to));
        self.push(&data);
    }

    pub(crate) fn push(&mut self, data: &[u8]) {
        let start = Timestamp::from_parts(1_800_000_000, 0);
        self.judged.see(start.after(Duration::from_micros(self.micros)), data);
    }

    pub(crate) fn tcp(&mut self, from: End, to: End, flags: TcpFlags) {
        let segment = Segment::new(from.1, to.1, flags);
        self.send(|frame| frame.ipv4(from.0, to.0).tcp(segment, b""));
    }

    pub(crate) fn syn(&mut self, from: End, to: End) {
        self.tcp(from, to, TcpFlags::SYN);
    }

    pub(crate) fn accept(&mut self, client: End, server: End) {
        self.tcp(server, client, TcpFlags::SYN | TcpFlags::ACK);
    }

    pub(crate) fn handshake(&mut self, client: End, server: End) {
        self.syn(client, server);
        self.accept(client, server);
        self.tcp(client, server, TcpFlags::ACK);
    }

    pub(crate) fn udp(&mut self, from: End, to: End, payload: &[u8]) {
        self.send(|frame| frame.ipv4(from.0, to.0).udp(from.1, to.1, payload));
    }

    /// Ends it: the alerts, after workers were found to agree.
    pub(crate) fn raised(mut self) -> Vec<Alert> {
        self.judged.finish()
    }

    /// Ends it: the rules that raised, in their order.
    pub(crate) fn rules(mut self) -> Vec<String> {
        self.judged.rules()
    }

    /// Ends it: nothing was raised, and `guard` is why.
    pub(crate) fn assert_spared(mut self, guard: &str) {
        self.judged.assert_spared(guard);
    }
}

/// An address as alerts have it.
pub(crate) fn ip(address: Ipv4Addr) -> Option<IpAddr> {
    Some(address.into())
}
