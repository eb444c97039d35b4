//! Answers that nobody asked for, and answers of ours that somebody else has asked for.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::flow::AttemptStep;
use netsentinel_core::window::{BoundedMap, Sketch};
use netsentinel_core::{Context, Finding, Ip, Packet, Setup, Timestamp, Udp, Usage};

use super::{AMPLIFICATION, DISCOVERY, REFLECTED, REFLECTOR, Settings, VICTIM};
use crate::recent::Recent;

/// Services that answer more than they are asked: quotd, chargen, DNS, portmap, NTP, NetBIOS,
/// SNMP, CLDAP, RIPv1, SSDP, ARMS, WS-Discovery, CoAP, Quake, memcached, Source games, DVR discovery.
const PORTS: &[u16] =
    &[17, 19, 53, 111, 123, 137, 161, 389, 520, 1900, 3283, 3702, 5683, 27960, 11211, 27015, 37810];
const DNS: u16 = 53;
/// Answers that amplify are larger than what is asked; NTP between servers is 48 bytes.
const LARGE: usize = 200;
/// Answers of ours that are large beyond doubt, and from DNS, where signatures take their room.
const LARGE_OWN: usize = 400;
const LARGE_DNS: usize = 1_000;
/// Searches are answered within seconds, but devices take their time.
const ASKED: Duration = Duration::from_secs(60);
/// Sources are counted anew after so many answers.
const COUNTED_EVERY: u64 = 16;
/// Hosts that get such answers are few.
const HOSTS_SHARE: usize = 16;

/// Counts unasked answers by who gets them, and answers of ours by who asks.
pub(super) struct Amplification {
    victims: BoundedMap<IpAddr, Victim>,
    /// By our server and the host outside.
    reflected: BoundedMap<(IpAddr, IpAddr), Recent<1>>,
}

struct Victim {
    recent: Recent<1>,
    /// When it last asked all of its network.
    asked: Option<Timestamp>,
    noted: u64,
    sources: Sketch,
    counted: u64,
}

impl Amplification {
    pub(super) fn new(s: &Settings, setup: &Setup) -> Self {
        let hosts = NonZeroUsize::new(setup.limits.max_keys.get() / HOSTS_SHARE)
            .unwrap_or(NonZeroUsize::MIN);
        let idle = s.window.duration().max(ASKED);
        Self { victims: BoundedMap::new(hosts, idle), reflected: BoundedMap::new(hosts, idle) }
    }

    pub(super) fn reconfigure(&mut self, s: &Settings) {
        let idle = s.window.duration().max(ASKED);
        self.victims.set_idle_after(idle);
        self.reflected.set_idle_after(idle);
    }

    pub(super) fn on_attempt(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        udp: Udp<'_>,
        to_all: bool,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        let Some(step) = cx.attempt().map(|attempt| attempt.step) else { return };
        let now = cx.now();
        if to_all {
            if PORTS.contains(&udp.destination_port) {
                self.victims.entry(ip.source, now, || Victim::NEW).value.asked = Some(now);
            }
            return;
        }
        // A later fragment shows no ports, so the length on the wire tells of what is cut, too.
        let len = udp.payload.len().max(if packet.snapped { packet.wire_len as usize } else { 0 });
        if len < LARGE || !PORTS.contains(&udp.source_port) {
            return;
        }
        match step {
            AttemptStep::Opens | AttemptStep::Repeats => {
                self.on_unasked(ip, udp, s, cx);
            }
            AttemptStep::Answers => {
                let large = if udp.source_port == DNS { LARGE_DNS } else { LARGE_OWN };
                if len >= large {
                    self.on_answer(ip, udp, s, cx);
                }
            }
            _ => {}
        }
    }

    fn on_unasked(&mut self, ip: &Ip<'_>, udp: Udp<'_>, s: &Settings, cx: &mut Context<'_>) {
        let (host, now) = (ip.destination, cx.now());
        let victim = self.victims.entry(host, now, || Victim::NEW).value;
        let count = victim.note(ip.source, now, s);
        let subject = Subject::host(host);
        let base = s.amplification.get();
        let Some(reached) = cx.reaches(&AMPLIFICATION, subject, base, count, None) else { return };
        let asked = victim.asked.is_some_and(|asked| now <= asked.after(ASKED));
        if asked && cx.spares(&DISCOVERY, &AMPLIFICATION, subject) {
            return;
        }
        let finding = Finding {
            rule: &AMPLIFICATION,
            subject,
            reached,
            step: 1,
            source: Endpoint::default().port(udp.source_port),
            target: Endpoint::ip(host).port(udp.destination_port),
            window: Some(s.window),
        };
        if cx.is_part_of(&VICTIM, subject, &finding) {
            return;
        }
        let (port, sources) = (udp.source_port, victim.counted);
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{host} got {count} large answers that it did not ask for within {} s, from about {sources} hosts, the last from port {port}",
                    finding.window_s(),
                ))
                .evidence("answers", count)
                .evidence("sources", sources)
                .evidence("service_port", port)
                .attack(REFLECTED);
        });
    }

    fn on_answer(&mut self, ip: &Ip<'_>, udp: Udp<'_>, s: &Settings, cx: &mut Context<'_>) {
        if !cx.site().is_internal(ip.source) || !cx.site().is_external_unicast(ip.destination) {
            return;
        }
        let (pair, now) = ((ip.source, ip.destination), cx.now());
        let count = self.reflected.entry(pair, now, || Recent::NONE).value.add(0, now, s.window);
        let subject = Subject::pair(ip.source, ip.destination);
        let base = s.amplification.get();
        let Some(reached) = cx.reaches(&REFLECTOR, subject, base, count, None) else { return };
        let finding = Finding {
            rule: &REFLECTOR,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source).port(udp.source_port),
            target: Endpoint::ip(ip.destination),
            window: Some(s.window),
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{} sent {count} large answers to {} within {} s: somebody may ask in its name",
                    finding.source,
                    finding.target,
                    finding.window_s(),
                ))
                .evidence("answers", count)
                .attack(REFLECTED);
        });
    }

    pub(super) fn tables(&self) -> [(&'static str, Usage); 2] {
        [("answered", self.victims.usage()), ("reflected", self.reflected.usage())]
    }
}

impl Victim {
    const NEW: Self =
        Self { recent: Recent::NONE, asked: None, noted: 0, sources: Sketch::EMPTY, counted: 0 };

    fn note(&mut self, source: IpAddr, now: Timestamp, s: &Settings) -> u64 {
        let count = self.recent.add(0, now, s.window);
        if count <= 1 {
            *self = Self { recent: self.recent, asked: self.asked, ..Self::NEW };
        }
        self.noted += 1;
        self.sources.add(&source);
        if self.noted.is_multiple_of(COUNTED_EVERY) {
            self.counted = self.sources.count();
        }
        count
    }
}
