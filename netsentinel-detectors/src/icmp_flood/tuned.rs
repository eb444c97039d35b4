//! The rules of profile `tuned`: each message goes to those that it concerns.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, EventWindow};
use netsentinel_core::{
    Context, Finding, Icmp, Indicator, Ip, Limits, Mac, Packet, Report, Rule, Setup, Timestamp,
    Transport, Usage,
};

use super::storm::Storms;
use super::victim::Victims;
use super::{LARGE, OVERSIZED, REFLECTED, SMURF, SOURCE, Settings, VICTIM};
use crate::recent::Recent;

const ICMP: u8 = 1;
/// Longer than any frame of 1500 bytes with all its headers.
const LARGE_FRAME: u32 = 1_600;
/// The longest payload of an IPv4 packet without options, and of an IPv6 one.
const LONGEST: [usize; 2] = [65_535 - 20, 65_535];
/// Who pings whom: a share of the hosts remembered, for each takes twice the room.
const PAIRS_SHARE: usize = 2;
/// Hosts that much is sent to: few.
const HOSTS_SHARE: usize = 16;

/// The host that gets it, and who sends it.
type Pair = (IpAddr, IpAddr);

/// Counts requests by pair and by victim, large ones by pair, and what comes unasked by victim.
pub(super) struct Tuned {
    requests: EventWindow<Pair>,
    victims: Victims,
    large: BoundedMap<Pair, Recent<1>>,
    smurfs: EventWindow<Pair>,
    storms: Storms,
}

/// What a message is.
enum Message {
    Request,
    Reply,
    Error,
    Other,
}

impl Message {
    fn of(protocol: u8, icmp: Icmp<'_>) -> Self {
        match (protocol == ICMP, icmp.kind) {
            // Echo, timestamp, information and address mask.
            (true, 8 | 13 | 15 | 17) | (false, 128) => Self::Request,
            (true, 0) | (false, 129) => Self::Reply,
            (true, 3 | 4 | 11 | 12) | (false, 1..=4) => Self::Error,
            _ => Self::Other,
        }
    }
}

impl Tuned {
    pub(super) fn new(settings: &Settings, setup: &Setup) -> Self {
        let window = settings.window.duration();
        let share = |part: usize| {
            NonZeroUsize::new(setup.limits.max_keys.get() / part).unwrap_or(NonZeroUsize::MIN)
        };
        let pairs = Limits { max_keys: share(PAIRS_SHARE) };
        let hosts = Limits { max_keys: share(HOSTS_SHARE) };
        Self {
            requests: EventWindow::new(settings.threshold.non_zero(), window, pairs),
            victims: Victims::new(hosts.max_keys, settings),
            large: BoundedMap::new(hosts.max_keys, window),
            smurfs: EventWindow::new(settings.smurf.non_zero(), window, hosts),
            storms: Storms::new(hosts.max_keys, settings),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let window = settings.window.duration();
        self.requests.reconfigure(settings.threshold.non_zero(), window);
        self.victims.reconfigure(settings);
        self.large.set_idle_after(window);
        self.smurfs.reconfigure(settings.smurf.non_zero(), window);
        self.storms.reconfigure(settings);
    }

    pub(super) fn on_message(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        let Transport::Icmp(icmp) = ip.transport else { return self.on_fragment(ip, s, cx) };
        match Message::of(ip.protocol, icmp) {
            Message::Request if is_for_all(packet, ip) => self.on_smurf(ip, s, cx),
            Message::Request => self.on_request(packet, ip, s, cx),
            Message::Reply => self.storms.on_reply(ip, s, cx),
            Message::Error => self.storms.on_error(ip, s, cx),
            _ => {}
        }
    }

    fn on_request(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, s: &Settings, cx: &mut Context<'_>) {
        self.storms.on_request(ip.source, s, cx);
        let (pair, now) = ((ip.destination, ip.source), cx.now());
        let count = self.requests.add(pair, now);
        self.victims.on_request(ip.source, ip.destination, s, cx);
        if ip.fragment.is_some() || packet.wire_len > LARGE_FRAME {
            let large = self.large.entry(pair, now, || Recent::NONE).value;
            let frames = large.add(0, now, s.window);
            raise_large(ip, frames, s, cx);
        }
        let Some(finding) = found(&SOURCE, ip, s.threshold.get(), count, s, cx) else { return };
        if cx.is_part_of(&VICTIM, Subject::host(ip.destination), &finding)
            || cx.is_part_of(&LARGE, finding.subject, &finding)
        {
            return;
        }
        cx.raise(finding, |report| {
            self.tell(&finding, now, report);
            report.evidence("wire_len", packet.wire_len);
        });
    }

    /// A later fragment: of a large request, if one is under way, or of one that can not be.
    fn on_fragment(&mut self, ip: &Ip<'_>, s: &Settings, cx: &mut Context<'_>) {
        let Some(fragment) = ip.fragment else { return };
        let now = cx.now();
        let end = usize::from(fragment.offset) + fragment.data.len();
        if end > LONGEST[usize::from(ip.protocol != ICMP)] {
            let Some(finding) = found(&OVERSIZED, ip, 1, 1, s, cx) else { return };
            cx.raise(finding, |report| {
                report
                    .message(format_args!(
                        "{} sent {} a fragment of a control message that ends at byte {end}, beyond the longest there can be",
                        finding.source, finding.target,
                    ))
                    .evidence("end", end);
            });
        }
        if let Some(large) = self.large.touch(&(ip.destination, ip.source), now) {
            let count = large.add(0, now, s.window);
            raise_large(ip, count, s, cx);
        }
    }

    fn on_smurf(&mut self, ip: &Ip<'_>, s: &Settings, cx: &mut Context<'_>) {
        // Forged sources drawn at random are now and then those of groups, but not the same again.
        let forged = if is_multicast(ip.source) { ip.destination } else { ip.source };
        let key = if is_multicast(ip.source) { (forged, ip.source) } else { (forged, forged) };
        let now = cx.now();
        let count = self.smurfs.add(key, now);
        let subject = Subject::host(forged);
        let Some(reached) = cx.reaches(&SMURF, subject, s.smurf.get(), count, None) else { return };
        let finding = Finding {
            rule: &SMURF,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination),
            window: Some(s.window),
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{count} echo requests with source {} went to {} within {} s, whose answers all go to the source",
                    finding.source,
                    finding.target,
                    finding.window_s(),
                ))
                .evidence("echo_requests", count)
                .first_seen(self.smurfs.oldest(&key, now))
                .attack(REFLECTED);
        });
    }

    /// Says what one source did.
    pub(super) fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
        let (source, target, count) = (finding.source, finding.target, finding.reached.count());
        report
            .message(format_args!(
                "{source} sent {count} {} to {target} within {} s",
                if finding.rule.id == LARGE.id {
                    "frames of large echo requests"
                } else {
                    "echo requests"
                },
                finding.window_s(),
            ))
            .evidence("echo_requests", count);
        if let (Some(source), Some(target)) = (source.ip, target.ip) {
            report.first_seen(self.requests.oldest(&(target, source), now));
        }
    }

    pub(super) fn tables(&self) -> Vec<(&'static str, Usage)> {
        let [replies, errors] = self.storms.usage();
        vec![
            ("requests", self.requests.usage()),
            ("victims", self.victims.usage()),
            ("large", self.large.usage()),
            ("smurfs", self.smurfs.usage()),
            ("replies", replies),
            ("errors", errors),
        ]
    }
}

/// What `rule` found of the sender of `ip` towards whom it is for, if its count is enough.
fn found(
    rule: &'static Rule,
    ip: &Ip<'_>,
    base: u64,
    count: u64,
    s: &Settings,
    cx: &mut Context<'_>,
) -> Option<Finding<'static>> {
    let subject = Subject::pair(ip.destination, ip.source);
    let reached = cx.reaches(rule, subject, base, count, Some(Indicator::Ip(ip.source)))?;
    Some(Finding {
        rule,
        subject,
        reached,
        step: 1,
        source: Endpoint::ip(ip.source),
        target: Endpoint::ip(ip.destination),
        window: Some(s.window),
    })
}

fn raise_large(ip: &Ip<'_>, count: u64, s: &Settings, cx: &mut Context<'_>) {
    let Some(finding) = found(&LARGE, ip, s.large.get(), count, s, cx) else { return };
    if cx.is_part_of(&SOURCE, finding.subject, &finding)
        || cx.is_part_of(&VICTIM, Subject::host(ip.destination), &finding)
    {
        return;
    }
    cx.raise(finding, |report| {
        report
            .message(format_args!(
                "{} sent {count} frames of large echo requests to {} within {} s",
                finding.source,
                finding.target,
                finding.window_s(),
            ))
            .evidence("frames", count);
    });
}

/// Whether a request is for all hosts of a network, by its addresses or because its frame goes to all; or
/// pretends to come from all.
fn is_for_all(packet: &Packet<'_>, ip: &Ip<'_>) -> bool {
    let frame = packet.headers.ethernet.filter(|_| packet.headers.tunnel.is_none());
    is_multicast(ip.source)
        || is_group(ip.destination)
        || frame.is_some_and(|frame| frame.destination == Mac::BROADCAST)
}

/// Whether an address stands for many hosts. That of a network's broadcast is known by its end only, and
/// in a network of more than 256 hosts a host may have it.
fn is_group(ip: IpAddr) -> bool {
    let directed = matches!(ip, IpAddr::V4(ip) if ip.octets()[3] == 255);
    directed || is_multicast(ip)
}

fn is_multicast(ip: IpAddr) -> bool {
    ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}
