//! The rules about what a host sends out, and the guards that spare it.

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::detector::attack::{
    DATA_TRANSFER_SIZE_LIMITS, EXFILTRATION_OVER_C2, Technique,
};
use netsentinel_core::{Context, Finding, Guard, Indicator, Ip, Packet, Report, Rule, Timestamp};

use super::hosts::{Host, Hosts, Outward, WEIGHED};
use super::peers::{PARTS, Peer, seconds};
use super::{RATIO, SLOW, Settings, VOLUME};

pub(super) const SERVER: Guard = Guard {
    id: "data_exfiltration/server",
    summary: "the host answers clients: a well-known port, or one that several hosts connected to",
};
pub(super) const TWO_WAY: Guard = Guard {
    id: "data_exfiltration/two_way",
    summary: "at least a quarter as much comes back: calls, games, VPNs, file sharing",
};
pub(super) const ACKNOWLEDGEMENTS: Guard = Guard {
    id: "data_exfiltration/acknowledgements",
    summary: "less than half of what goes out is payload: the host downloads",
};
pub(super) const SCATTERED: Guard = Guard {
    id: "data_exfiltration/scattered",
    summary: "no external host gets as much as an eighth: file sharing",
};
pub(super) const HABIT: Guard = Guard {
    id: "data_exfiltration/habit",
    summary: "told of the same destination on three earlier occasions, an hour apart each: backups",
};
pub(super) const PRODUCER: Guard = Guard {
    id: "data_exfiltration/producer",
    summary: "the host always sent more than it got, and to this destination for an hour: cameras, feeds",
};

/// Occasions from which on a destination is a habit.
const OCCASIONS: u8 = 3;
/// A destination known for so many seconds is not new.
const KNOWN_S: u32 = 3_600;
/// And it must have got something in so many parts of the hours: one upload is no past.
const KNOWN_PARTS: u32 = 4;
/// How one-sided the past of a host must be that always sends more than it gets, in percent.
const PRODUCER_PERCENT: u64 = 50;

/// What a slow leak is.
const SLOWLY: &[Technique] = &[DATA_TRANSFER_SIZE_LIMITS, EXFILTRATION_OVER_C2];

/// Counts a packet that goes out, and judges its host.
pub(super) fn judge(
    hosts: &mut Hosts,
    settings: &Settings,
    packet: &Packet<'_>,
    ip: &Ip<'_>,
    cx: &mut Context<'_>,
) {
    let now = cx.now();
    let (host, outward) = hosts.send(packet, ip, now);
    if outward.turned {
        judge_slow(host, settings, ip, cx);
    }
    if outward.payload > 0 && outward.sent >= settings.ratio_bytes.get() / WEIGHED {
        judge_ratio(host, settings, ip, outward, cx);
    }
    if host.wire() >= settings.threshold.get() / WEIGHED {
        judge_volume(host, settings, packet.wire_len, ip, cx);
    }
}

/// `data_exfiltration/volume`.
fn judge_volume(
    host: &mut Host,
    settings: &Settings,
    step: u32,
    ip: &Ip<'_>,
    cx: &mut Context<'_>,
) {
    let (subject, base) = (Subject::host(ip.source), settings.threshold.get());
    let target = host.peers.top().map_or(ip.destination, |peer| peer.address);
    let indicator = Some(Indicator::Ip(target));
    let Some(reached) = cx.reaches(&VOLUME, subject, base, host.wire(), indicator) else { return };
    if spare_volume(host, reached.count(), base, subject, cx) {
        return;
    }
    let finding = Finding {
        rule: &VOLUME,
        subject,
        reached,
        step: step.into(),
        source: Endpoint::ip(ip.source),
        target: Endpoint::ip(target),
        window: Some(settings.window),
    };
    told(host, &finding, cx.now());
    if cx.is_part_of(&RATIO, Subject::pair(ip.source, target), &finding) {
        return;
    }
    let top = host.peers.top().copied();
    cx.raise(finding, |report| tell_volume(&finding, top.as_ref(), report));
}

/// `data_exfiltration/ratio`.
fn judge_ratio(
    host: &mut Host,
    settings: &Settings,
    ip: &Ip<'_>,
    outward: Outward,
    cx: &mut Context<'_>,
) {
    let base = settings.ratio_bytes.get();
    let Some(peer) = host.peers.find(ip.destination) else { return };
    let (sent, received) = (peer.sent(), peer.received());
    if !one_sided(sent, received, settings.ratio_percent.get()) {
        return;
    }
    let peer = *peer;
    let subject = Subject::pair(ip.source, ip.destination);
    let indicator = Some(Indicator::Ip(ip.destination));
    let Some(reached) = cx.reaches(&RATIO, subject, base, sent, indicator) else { return };
    if spare_peer(host, &peer, outward.serves, &RATIO, subject, cx) {
        return;
    }
    let finding = Finding {
        rule: &RATIO,
        subject,
        reached,
        step: outward.payload.into(),
        source: Endpoint::ip(ip.source),
        target: Endpoint::ip(ip.destination).port(peer.port),
        window: Some(settings.ratio_window),
    };
    told(host, &finding, cx.now());
    if cx.is_part_of(&VOLUME, Subject::host(ip.source), &finding) {
        return;
    }
    cx.raise(finding, |report| tell_peer(&finding, &peer, received, report));
}

/// `data_exfiltration/slow`.
fn judge_slow(host: &mut Host, settings: &Settings, ip: &Ip<'_>, cx: &mut Context<'_>) {
    let base = settings.slow_bytes.get();
    for peer in host.peers.all().into_iter().flatten() {
        let (sent, received) = peer.slow();
        let sent = sent << 10;
        let one_sided = one_sided(sent, received << 10, settings.ratio_percent.get());
        if peer.parts() < PARTS / 2 || sent < base / WEIGHED || !one_sided {
            continue;
        }
        let subject = Subject::pair(ip.source, peer.address);
        let indicator = Some(Indicator::Ip(peer.address));
        let Some(reached) = cx.reaches(&SLOW, subject, base, sent, indicator) else { continue };
        if spare_peer(host, &peer, false, &SLOW, subject, cx) {
            continue;
        }
        let finding = Finding {
            rule: &SLOW,
            subject,
            reached,
            step: 0,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(peer.address).port(peer.port),
            window: Some(settings.slow_window),
        };
        told(host, &finding, cx.now());
        if cx.is_part_of(&RATIO, subject, &finding)
            || cx.is_part_of(&VOLUME, Subject::host(ip.source), &finding)
        {
            continue;
        }
        cx.raise(finding, |report| {
            tell_peer(&finding, &peer, received << 10, report);
            report.attack(SLOWLY);
        });
    }
}

/// Whether what is left without the innocent part of it is not enough.
fn spare_volume(
    host: &Host,
    count: u64,
    base: u64,
    subject: Subject,
    cx: &mut Context<'_>,
) -> bool {
    let both = host.both();
    if both.out.saturating_mul(2) < both.wire && cx.spares(&ACKNOWLEDGEMENTS, &VOLUME, subject) {
        return true;
    }
    let now = cx.now();
    let of_peers = |is: &dyn Fn(&Peer) -> bool| -> u64 {
        host.peers.iter().filter(|peer| is(peer)).map(Peer::sent).sum()
    };
    let two_way = of_peers(&|peer: &Peer| peer.is_two_way());
    let habit =
        of_peers(&|peer: &Peer| !peer.is_two_way() && peer.occasions_before(now) >= OCCASIONS);
    let mut left = both.out;
    for (innocent, guard) in [(both.served, &SERVER), (two_way, &TWO_WAY), (habit, &HABIT)] {
        let rest = left.saturating_sub(innocent);
        let share = u128::from(count) * u128::from(rest) / u128::from(both.out.max(1));
        let enough = share >= u128::from(base);
        if innocent > 0 && !enough && cx.spares(guard, &VOLUME, subject) {
            return true;
        }
        left = if enough { rest } else { left };
    }
    let top = host.peers.top().map_or(0, Peer::sent);
    top.saturating_mul(8) < both.out && cx.spares(&SCATTERED, &VOLUME, subject)
}

fn spare_peer(
    host: &Host,
    peer: &Peer,
    serves: bool,
    rule: &'static Rule,
    subject: Subject,
    cx: &mut Context<'_>,
) -> bool {
    let now = cx.now();
    let known = seconds(now).saturating_sub(peer.first) >= KNOWN_S && peer.parts() >= KNOWN_PARTS;
    let (out, inward) = host.past;
    let producer = known && out > 0 && one_sided(out, inward, PRODUCER_PERCENT);
    // What has gone to a new destination is no part of the host's past yet; over hours it is, itself.
    let producer = producer && rule.id == RATIO.id;
    let habit = peer.occasions_before(now) >= OCCASIONS;
    [(serves, &SERVER), (habit, &HABIT), (producer, &PRODUCER)]
        .into_iter()
        .any(|(met, guard)| met && cx.spares(guard, rule, subject))
}

/// Whether (out − in) / (out + in) is at least so many percent.
pub(super) fn one_sided(out: u64, inward: u64, percent: u64) -> bool {
    let (out, inward) = (u128::from(out), u128::from(inward));
    out > inward && (out - inward) * 100 >= (out + inward) * u128::from(percent)
}

/// Remembers that the destination is told of.
fn told(host: &mut Host, finding: &Finding<'_>, now: Timestamp) {
    if finding.reached.holds()
        && let Some(peer) = finding.target.ip.and_then(|ip| host.peers.find(ip))
    {
        peer.tell(now);
    }
}

/// What is said of too much in all.
pub(super) fn tell_volume(finding: &Finding<'_>, top: Option<&Peer>, report: &mut Report) {
    let (source, sent, target) = (finding.subject.owner(), finding.reached.count(), finding.target);
    report
        .message(format_args!(
            "{source} sent {sent} bytes to external hosts within {} s, most of them to {target}",
            finding.window_s(),
        ))
        .evidence("bytes", sent)
        .evidence("top_destination", target.to_string());
    if let Some(top) = top {
        report
            .evidence("top_destination_bytes", top.sent())
            .evidence("top_destination_returned_bytes", top.received())
            .evidence("top_protocol", top.service());
    }
}

/// What is said of too much to one destination.
fn tell_peer(finding: &Finding<'_>, peer: &Peer, received: u64, report: &mut Report) {
    let (source, sent, target) = (finding.subject.owner(), finding.reached.count(), finding.target);
    report
        .message(format_args!(
            "{source} sent {sent} bytes to {target} by {} within {} s and got {received} back",
            peer.service(),
            finding.window_s(),
        ))
        .evidence("bytes", sent)
        .evidence("returned_bytes", received)
        .evidence("protocol", peer.service());
}

/// What is said when a verdict on the destination makes enough of what was counted.
pub(super) fn tell_verdict(finding: &Finding<'_>, report: &mut Report) {
    let (source, sent, target) = (finding.subject.owner(), finding.reached.count(), finding.target);
    report
        .message(format_args!(
            "{source} sent {sent} bytes to {target} within {} s",
            finding.window_s()
        ))
        .evidence("bytes", sent);
}
