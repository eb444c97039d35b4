//! Plausible traffic of a site at work, on which no seed rule fires.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use netsentinel_core::{Mac, Timestamp};

use crate::frame::Answer;
use crate::timeline::{Activity, Series, Turn};
use crate::{Dns, Frame, Rng};

use super::budget::{Budget, Cost};
use super::{
    Exchange, GATEWAY, Host, Kind, NAMES, Pings, Plan, RESOLVER, SERVER, Service, Session,
    arp_reply, arp_request,
};

/// Frames a second that one host may bring at most, on average.
///
/// Well below what its [`Budget`] has room for, so that the budget is a guarantee and no brake.
pub(crate) const MAX_RATE_PER_HOST: u32 = 50;

/// Lengths of answers in bytes, in steps of equal weight: most are small, few are long.
const ANSWERS: &[u32] = &[
    300, 700, 1_200, 1_900, 2_600, 3_900, 5_200, 7_400, 9_800, 14_000, 21_000, 36_000, 70_000,
    160_000,
];

/// Starts conversations so that about `rate` frames a second are sent.
///
/// All servers together use ten ports (22 53 80 123 443 445 993 3128 5353 8080), so that no host can
/// ever probe fifteen; the other limits are kept by a [`Budget`] a host.
pub(crate) struct Background {
    rng: Rng,
    rate: u32,
    begin: Timestamp,
    end: Timestamp,
    /// Whether hosts ask for the router by ARP, so that it tells where it is.
    gateway_arp: bool,
    hosts: Vec<Budget>,
    server: Budget,
    planned: u64,
}

impl Background {
    /// Traffic of `hosts` workstations (at least two) from `begin` until `end`.
    pub(crate) fn new(rng: Rng, hosts: u32, rate: u32, begin: Timestamp, end: Timestamp) -> Self {
        let hosts = vec![Budget::default(); hosts.max(2) as usize];
        let server = Budget::default();
        Self { rng, rate, begin, end, gateway_arp: true, hosts, server, planned: 0 }
    }

    /// Nobody asks for the router by ARP.
    pub(crate) fn without_gateway_arp(self) -> Self {
        Self { gateway_arp: false, ..self }
    }

    fn start_one(&mut self, turn: &mut Turn<'_>) {
        let index = self.rng.below_u32(self.hosts.len() as u32);
        let at = turn.now.after(Duration::from_nanos(self.rng.below(20_000_000)));
        match self.rng.below(100) {
            0..30 => self.web(turn, at, index, Service::Tls, 443),
            30..38 => self.web(turn, at, index, Service::Http, 80),
            38..41 => self.web(turn, at, index, Service::Tls, 993),
            41..60 => self.lookup(turn, at, index),
            60..66 => self.quic(turn, at, index),
            66..71 => self.clock(turn, at, index),
            71..78 => self.arp(turn, at, index),
            78..83 => self.ping(turn, at, index),
            83..86 => self.announce(turn, at, index),
            86..89 => self.login(turn, at, index),
            89..92 => self.files(turn, at, index),
            92..96 => self.proxy(turn, at, index),
            _ => self.visitor(turn, at),
        }
    }

    /// A request to the outside, after a lookup, in one of six over IPv6.
    fn web(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32, service: Service, port: u16) {
        let (client, server) = if self.rng.below(6) == 0 {
            let ip = Ipv6Addr::from_bits((0x2001_0db8 << 96) | u128::from(self.rng.below(500)));
            (Host::workstation_v6(index), Host::outside(ip))
        } else {
            (Host::workstation(index), Host::outside(self.web_server()))
        };
        let (up, down) = (200 + self.rng.below_u32(900), self.answer_len());
        let mut plan = Plan::request(service, up, down);
        plan.exchanges = 1 + self.rng.below_u32(3);
        plan.rtt = self.rtt();
        let bytes = plan.bytes_sent(true) + 200;
        if !self.take(index, turn.now, Cost { syn: true, login: false, bytes }) {
            return;
        }
        let lookup = self.query(Host::workstation(index), server.ip);
        turn.start(at, lookup);
        self.connect(turn, at.after(Duration::from_millis(9)), client, server.port(port), plan);
        self.planned += 2;
    }

    fn lookup(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let address = IpAddr::V4(self.web_server());
        let query = self.query(Host::workstation(index), address);
        turn.start(at, query);
        self.planned += 2;
    }

    fn quic(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let down = 3 + self.rng.below_u32(60);
        let bytes = u64::from(down) * 20 + 500;
        if self.take(index, turn.now, Cost { bytes, ..Cost::default() }) {
            let client = Host::workstation(index).port(self.rng.ephemeral_port());
            let server = Host::outside(self.web_server()).port(443);
            let rtt = self.rtt();
            turn.start(at, Exchange::new(client, server, Kind::Quic { down }, rtt));
            self.planned += u64::from(down) + 1;
        }
    }

    fn clock(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        if self.take(index, turn.now, Cost { bytes: 90, ..Cost::default() }) {
            let client = Host::workstation(index).port(self.rng.ephemeral_port());
            let server = Host::outside(Ipv4Addr::new(192, 0, 2, 123)).port(123);
            let rtt = self.rtt();
            turn.start(at, Exchange::new(client, server, Kind::Ntp, rtt));
            self.planned += 2;
        }
    }

    fn arp(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let asker = Host::workstation(index);
        let gateway = self.gateway_arp && self.rng.below(2) == 0;
        let wanted = Host::inside(if gateway { GATEWAY } else { SERVER });
        if let (IpAddr::V4(from), IpAddr::V4(to)) = (asker.ip, wanted.ip) {
            let span = Duration::from_micros(250);
            turn.start(
                at,
                Series::spread(at, span, 2, move |step, turn: &mut Turn<'_>| match step {
                    0 => arp_request(turn.frame, asker.mac, from, to),
                    _ => arp_reply(turn.frame, wanted.mac, to, asker.mac, from),
                }),
            );
            self.planned += 2;
        }
    }

    fn ping(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let (from, to) = match self.rng.below(3) {
            0 => (Host::workstation_v6(index), self.peer_v6(index)),
            1 => (Host::workstation(index), Host::outside(self.web_server())),
            _ => (Host::workstation(index), Host::inside(SERVER)),
        };
        if self.take(index, turn.now, Cost { bytes: 400, ..Cost::default() }) {
            turn.start(at, Pings::new(from, to, at, Duration::from_secs(1), 3));
            self.planned += 6;
        }
    }

    /// An mDNS announcement to the link.
    fn announce(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let host = Host::workstation(index);
        turn.start(
            at,
            Series::spread(at, Duration::ZERO, 1, move |_, turn: &mut Turn<'_>| {
                let answers = [Answer::Pointer("workstation._http._tcp.local")];
                Frame::new(turn.frame)
                    .ethernet(host.mac, Mac([0x01, 0x00, 0x5e, 0, 0, 0xfb]))
                    .ip(host.ip, IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)))
                    .hop_limit(255)
                    .dns(5353, 5353, &Dns::announcement("_http._tcp.local", &answers));
            }),
        );
        self.planned += 1;
    }

    /// An interactive log-in to the server.
    fn login(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let mut plan = Plan::request(Service::Ssh, 52, 84);
        plan.exchanges = 6 + self.rng.below_u32(20);
        plan.rtt = Duration::from_micros(400);
        if self.take(index, turn.now, Cost { syn: true, login: true, bytes: 0 }) {
            self.connect(turn, at, Host::workstation(index), Host::inside(SERVER).port(22), plan);
        }
    }

    /// Files from the server.
    fn files(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let mut plan = Plan::request(Service::Smb, 180, self.answer_len());
        plan.exchanges = 2;
        plan.rtt = Duration::from_micros(400);
        plan.pace = Duration::from_micros(60);
        if self.take(index, turn.now, Cost { syn: true, login: true, bytes: 0 }) {
            self.connect(turn, at, Host::workstation(index), Host::inside(SERVER).port(445), plan);
        }
    }

    /// A page of the site itself; now and then the port is closed.
    fn proxy(&mut self, turn: &mut Turn<'_>, at: Timestamp, index: u32) {
        let refused = self.rng.below(8) == 0;
        let port = if refused { 3128 } else { 8080 };
        let down = self.answer_len();
        let plan = if refused { Plan::refused() } else { Plan::request(Service::Http, 400, down) };
        if self.take(index, turn.now, Cost { syn: true, login: false, bytes: 0 }) {
            self.connect(turn, at, Host::workstation(index), Host::inside(SERVER).port(port), plan);
        }
    }

    /// Somebody outside who reads the site's pages.
    fn visitor(&mut self, turn: &mut Turn<'_>, at: Timestamp) {
        let mut plan = Plan::request(Service::Tls, 500, self.answer_len().min(20_000));
        plan.rtt = self.rtt();
        let cost = Cost { bytes: plan.bytes_sent(false), ..Cost::default() };
        if self.server.take(turn.now, cost) {
            let ip = Ipv4Addr::new(192, 0, 2, 130 + self.rng.below(120) as u8);
            self.connect(turn, at, Host::outside(ip), Host::inside(SERVER).port(443), plan);
        }
    }

    fn connect(
        &mut self,
        turn: &mut Turn<'_>,
        at: Timestamp,
        client: Host,
        server: super::Endpoint,
        plan: Plan,
    ) {
        let client = client.port(self.rng.ephemeral_port());
        turn.start(at, Session::new(client, server, self.rng.next_u64() as u32, plan));
        self.planned += plan.frames();
    }

    fn query(&mut self, client: Host, address: IpAddr) -> Exchange {
        let name = self.rng.pick(NAMES).copied().unwrap_or_default();
        let client = client.port(self.rng.ephemeral_port());
        let server = Host::inside(RESOLVER).port(53);
        Exchange::new(client, server, Kind::Dns { name, address }, Duration::from_millis(4))
    }

    fn take(&mut self, index: u32, now: Timestamp, cost: Cost) -> bool {
        self.hosts.get_mut(index as usize).is_some_and(|budget| budget.take(now, cost))
    }

    fn web_server(&mut self) -> Ipv4Addr {
        Ipv4Addr::new(198, 51, 100, 1 + self.rng.below(250) as u8)
    }

    fn peer_v6(&self, index: u32) -> Host {
        Host::workstation_v6((index + 1) % self.hosts.len() as u32)
    }

    fn rtt(&mut self) -> Duration {
        Duration::from_micros(5_000 + self.rng.below(60_000))
    }

    /// An answer's length, so that one conversation is no more than a few seconds of the rate.
    fn answer_len(&mut self) -> u32 {
        let step = self.rng.pick(ANSWERS).copied().unwrap_or(300);
        let len = step + self.rng.below_u32(step);
        len.min(self.rate.saturating_mul(2_000)).max(100)
    }
}

impl Activity for Background {
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp> {
        if turn.now >= self.end || self.rate == 0 {
            return None;
        }
        let elapsed = u128::from(turn.now.nanos_since(self.begin));
        let due = elapsed * u128::from(self.rate) / 1_000_000_000;
        // A refused conversation plans nothing: the tries are limited, so that a turn has an end.
        for _ in 0..64 {
            if u128::from(self.planned) > due {
                break;
            }
            self.start_one(turn);
        }
        // Twenty frames or 1 ms from now, whichever is later, and up to twice that for variety.
        let gap = (20_000_000_000 / u64::from(self.rate)).clamp(1_000_000, 500_000_000);
        Some(turn.now.after(Duration::from_nanos(gap / 2 + self.rng.below(gap))))
    }
}
