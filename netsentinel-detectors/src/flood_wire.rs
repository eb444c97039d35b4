//! A wire to test floods on: packets at times of one's own, judged by one pipeline and by three workers.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;

use netsentinel_core::config::Config;
use netsentinel_core::{
    Alert, Judge, LinkType, Mac, Pipeline, Record, Registration, TcpFlags, Timestamp,
};
use netsentinel_synth::{Frame, Segment};

/// An address and a port.
pub(crate) type End = (Ipv4Addr, u16);

pub(crate) struct Wire {
    one: Pipeline,
    workers: Box<dyn Judge>,
    alerts: Vec<Alert>,
    of_workers: Vec<Alert>,
    frame: u64,
    micros: i64,
}

/// The `n`th host of a network that nobody has.
pub(crate) fn host(n: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0xc612_0000 + n)
}

impl Wire {
    pub(crate) fn new(registry: &[Registration]) -> Self {
        let config = Config::parse(r#"{"profile": "tuned", "max_hosts": 16384}"#).unwrap();
        let builder = || Pipeline::builder(&config).detectors(registry);
        let workers = builder().build_workers(NonZeroUsize::new(3).unwrap()).unwrap();
        Self {
            one: builder().build().unwrap(),
            workers: Box::new(workers),
            alerts: Vec::new(),
            of_workers: Vec::new(),
            frame: 0,
            micros: 0,
        }
    }

    /// The next packets come so much later.
    pub(crate) fn wait(&mut self, micros: i64) {
        self.micros += micros;
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
        self.frame += 1;
        let record = Record {
            frame: self.frame,
            timestamp: Timestamp::from_parts(1_800_000_000, 0)
                .after(std::time::Duration::from_micros(self.micros as u64)),
            link: LinkType::ETHERNET,
            wire_len: data.len() as u32,
            data,
            interface: None,
        };
        self.one.push(&record, &mut self.alerts);
        self.workers.push(&record, &mut self.of_workers);
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

    /// Ends it: the alerts raised as rule and subject's last frame, after workers were found to agree.
    pub(crate) fn raised(mut self) -> Vec<Alert> {
        self.one.finish(&mut self.alerts);
        self.workers.finish(&mut self.of_workers);
        assert_eq!(self.alerts, self.of_workers, "workers disagree");
        self.alerts.retain(|alert| alert.update == 0);
        self.alerts
    }

    /// Ends it: the rules that raised, in their order.
    pub(crate) fn rules(self) -> Vec<String> {
        self.raised().iter().map(|alert| alert.rule.to_string()).collect()
    }

    /// Ends it: nothing was raised, and `guard` is why.
    pub(crate) fn assert_spared(self, guard: &str) {
        let stats = self.one.stats();
        let rules = stats.detectors.values().flat_map(|detector| detector.rules.values());
        let spared: u64 = rules.filter_map(|rule| rule.suppressed_by.get(guard)).sum();
        assert!(spared > 0, "{guard} spared nobody");
        assert_eq!(self.rules(), [""; 0]);
    }
}

/// An address as alerts have it.
pub(crate) fn ip(address: Ipv4Addr) -> Option<IpAddr> {
    Some(address.into())
}
