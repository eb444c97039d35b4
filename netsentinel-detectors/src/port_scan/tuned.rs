//! The rules of profile `tuned`, and what they share.

use std::net::IpAddr;

use netsentinel_core::detector::Report;
use netsentinel_core::flow::{Attempt, AttemptStep};
use netsentinel_core::{
    Arp, Context, Finding, Icmp, Ip, Limits, Network, Packet, TcpFlags, Transport, Usage,
};

use super::contact::{
    Contact, ICMP, Meeting, News, Origins, Outcome, PATIENCE, TCP, UDP as UDP_NUMBER,
    drops_half_open, is_time_exceeded, is_unicast, share,
};
use super::distributed::Distributed;
use super::hosts::Service;
use super::odd::Odd;
use super::rules::{UDP, VERTICAL};
use super::settings::Settings;
use super::slow::Slow;
use super::sweep::Sweep;
use super::told::Told;
use super::vertical::{Counts, Vertical};
use super::worm::Worm;

/// How much of the keys each table has: one in so many. A forged flood fills only the table of origins,
/// which has all.
const CONTACTS: usize = 8;
const RARE: usize = 32;

/// The detector under profile `tuned`.
pub(super) struct Tuned {
    settings: Settings,
    origins: Origins,
    vertical: Vertical,
    sweep: Sweep,
    slow: Slow,
    odd: Odd,
    distributed: Distributed,
    worm: Worm,
    told: Told,
    /// Whether one port of a host can be enough for a scan.
    one_may_do: bool,
}

impl Tuned {
    pub(super) fn new(settings: Settings, limits: Limits) -> Self {
        let (contacts, rare) = (share(limits, CONTACTS), share(limits, RARE));
        Self {
            origins: Origins::new(limits),
            vertical: Vertical::new(&settings, contacts),
            sweep: Sweep::new(&settings, contacts),
            slow: Slow::new(&settings, rare),
            odd: Odd::new(&settings, rare),
            distributed: Distributed::new(&settings, rare),
            worm: Worm::new(&settings, rare),
            told: Told::new(),
            one_may_do: settings.one_port_may_do(),
            settings,
        }
    }

    pub(super) fn reconfigure(&mut self, settings: Settings) {
        self.vertical.reconfigure(&settings);
        self.sweep.reconfigure(&settings);
        self.slow.reconfigure(&settings);
        self.odd.reconfigure(&settings);
        self.distributed.reconfigure(&settings);
        self.worm.reconfigure(&settings);
        self.one_may_do = settings.one_port_may_do();
        self.settings = settings;
    }

    pub(super) fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        match &packet.headers.network {
            Network::Arp(arp) => self.on_arp(arp, cx),
            Network::Ip(ip) => self.on_ip(ip, cx),
            Network::Other => {}
        }
    }

    fn on_ip(&mut self, ip: &Ip<'_>, cx: &mut Context<'_>) {
        const OPENING: TcpFlags = TcpFlags::SYN.union(TcpFlags::ACK).union(TcpFlags::RST);
        let attempt = cx.attempt();
        if let Some(attempt) = attempt {
            self.on_attempt(attempt, ip, cx);
        }
        let (settings, told) = (&self.settings, &mut self.told);
        match &ip.transport {
            Transport::Tcp(tcp)
                if tcp.flags & OPENING == TcpFlags::empty() && cx.judges(ip.source) =>
            {
                self.odd.on_stealth(settings, ip, tcp, told, cx);
            }
            Transport::Tcp(tcp) if tcp.flags & OPENING == TcpFlags::RST && attempt.is_none() => {
                self.odd.on_reset(settings, ip, tcp, told, cx);
            }
            Transport::Icmp(icmp) => {
                self.odd.on_error(settings, ip, icmp, told, cx);
                self.on_echo(ip, icmp, cx);
            }
            _ => {}
        }
    }

    fn on_attempt(&mut self, attempt: &Attempt, ip: &Ip<'_>, cx: &mut Context<'_>) {
        let (tuple, now) = (&attempt.tuple, cx.now());
        if !is_unicast(tuple.responder) {
            return;
        }
        let outcome = match attempt.step {
            AttemptStep::Opens | AttemptStep::Repeats => Outcome::Pending,
            AttemptStep::Answers => Outcome::Answered,
            AttemptStep::Refuses if is_time_exceeded(ip) => Outcome::Expired,
            AttemptStep::Refuses => Outcome::Refused,
            AttemptStep::Aborts if drops_half_open(ip, attempt.opened, now) => Outcome::HalfOpen,
            AttemptStep::Aborts => return,
        };
        let repeats = attempt.step == AttemptStep::Repeats;
        if tuple.protocol == TCP && !repeats && cx.judges(tuple.responder) {
            self.distributed.on_attempt(&self.settings, tuple, outcome, &mut self.told, cx);
        }
        if tuple.protocol == UDP_NUMBER {
            self.on_datagram(attempt, ip, cx);
        }
        if !cx.judges(tuple.originator) {
            return;
        }
        let contact = Contact { outcome, ..Contact::opened(tuple, ip, now) };
        match attempt.step {
            AttemptStep::Opens => self.open(attempt, &contact, cx),
            AttemptStep::Repeats => self.repeat(attempt, &contact, cx),
            _ => self.settle(attempt, &contact, cx),
        }
    }

    /// A UDP flow is opened, or answered.
    #[inline]
    fn on_datagram(&mut self, attempt: &Attempt, ip: &Ip<'_>, cx: &mut Context<'_>) {
        let (tuple, now) = (&attempt.tuple, cx.now());
        let opens = attempt.step == AttemptStep::Opens;
        if opens && cx.judges(tuple.originator) {
            self.worm.on_datagram(&self.settings, tuple, ip, &mut self.told, cx);
        }
        let hears = match attempt.step {
            AttemptStep::Opens => (tuple.responder, tuple.responder_port),
            AttemptStep::Answers => (tuple.originator, tuple.originator_port),
            _ => return,
        };
        if cx.judges(hears.0) {
            self.worm.on_heard(hears, now);
        }
    }

    /// A source tries a port.
    fn open(&mut self, attempt: &Attempt, contact: &Contact, cx: &mut Context<'_>) {
        let (source, now) = (attempt.tuple.originator, cx.now());
        let repeats = attempt.step == AttemptStep::Repeats;
        match self.origins.meet(source, contact, repeats, now) {
            Meeting::First if !self.one_may_do && !cx.explains() => {}
            Meeting::First => {
                self.vertical.first(&self.settings, source, contact, &mut self.told, cx);
            }
            Meeting::Again => {}
            Meeting::Next { previous, was_first } => {
                let age = now.nanos_since(previous.opened);
                // There was no place for a source's first contact before.
                if was_first && u128::from(age) <= self.settings.window.duration().as_nanos() {
                    let service = service(source, &previous, cx);
                    self.vertical.note(source, &previous, now);
                    let Contact { victim, outcome, opened, .. } = previous;
                    self.sweep.note_dated(service, victim, outcome, opened, now);
                }
                if previous.outcome == Outcome::Pending
                    && previous.protocol == TCP
                    && u128::from(age) >= 4 * PATIENCE.as_nanos()
                {
                    self.slow.fail(&self.settings, source, &previous, &mut self.told, cx);
                }
                self.try_next(attempt, contact, cx);
            }
        }
    }

    fn try_next(&mut self, attempt: &Attempt, contact: &Contact, cx: &mut Context<'_>) {
        let (source, now) = (attempt.tuple.originator, cx.now());
        let (victim, service) = (contact.victim, service(source, contact, cx));
        // What is tried again counts only where it has left the window: as in a second wave.
        let again = attempt.step == AttemptStep::Repeats;
        if !(again && self.vertical.knows(source, contact, now)) {
            let ports = self.vertical.note(source, contact, now);
            self.judge_ports(source, contact, ports.tally, u64::from(!ports.known), cx);
        }
        if !(again && self.sweep.knows(service, victim, now)) {
            self.sweep.on_try(&self.settings, service, victim, &mut self.told, cx);
        }
    }

    /// A source tries again what is silent.
    fn repeat(&mut self, attempt: &Attempt, contact: &Contact, cx: &mut Context<'_>) {
        let source = attempt.tuple.originator;
        self.open(attempt, contact, cx);
        if attempt.tuple.protocol == TCP && attempt.tries == 2 {
            let service = service(source, contact, cx);
            let (settings, told) = (&self.settings, &mut self.told);
            self.sweep.on_silence(settings, service, contact.victim, told, cx);
            self.slow.fail(settings, source, contact, told, cx);
        }
    }

    /// A source learns what becomes of its try.
    fn settle(&mut self, attempt: &Attempt, contact: &Contact, cx: &mut Context<'_>) {
        let (source, now) = (attempt.tuple.originator, cx.now());
        if contact.outcome == Outcome::Refused {
            self.slow.fail(&self.settings, source, contact, &mut self.told, cx);
        }
        let news = self.origins.settle(&attempt.tuple, contact.outcome);
        if news == News::None {
            return;
        }
        if contact.outcome == Outcome::Answered && news == News::OfOneWhoFails {
            self.slow.answer(source, contact, now);
        }
        let service = service(source, contact, cx);
        let hosts = self.sweep.settle(service, contact.victim, contact.outcome, now);
        let ports = self.vertical.settle(source, contact, now);
        if contact.outcome == Outcome::Refused {
            self.judge_ports(source, contact, ports, 0, cx);
            let (settings, told) = (&self.settings, &mut self.told);
            self.sweep.judge(settings, service, contact.victim, hosts, told, cx);
        }
    }

    fn judge_ports(
        &mut self,
        source: IpAddr,
        contact: &Contact,
        ports: Counts,
        step: u64,
        cx: &mut Context<'_>,
    ) {
        let finding = self.vertical.judge(&self.settings, source, contact, ports, step, cx);
        let Some(finding) = finding else { return };
        if self.sweep.covers(&finding, &mut self.told, cx) {
            return;
        }
        let (now, internal) = (cx.now(), cx.site().is_internal(source));
        let vertical = &self.vertical;
        self.told.tell(&finding, cx, |report| vertical.tell(&finding, now, internal, report));
    }

    fn on_echo(&mut self, ip: &Ip<'_>, icmp: &Icmp<'_>, cx: &mut Context<'_>) {
        // Echo, timestamp, information and address mask: requests and their replies.
        let (asks, answers) = match ip.protocol {
            ICMP => (matches!(icmp.kind, 8 | 13 | 15 | 17), matches!(icmp.kind, 0 | 14 | 16 | 18)),
            _ => (icmp.kind == 128, icmp.kind == 129),
        };
        let now = cx.now();
        let (settings, told) = (&self.settings, &mut self.told);
        if asks && is_unicast(ip.destination) && cx.judges(ip.source) {
            let victim = ip.destination;
            let service = Service::icmp(ip.source, cx.site().is_internal(victim));
            self.sweep.on_try(settings, service, victim, told, cx);
        } else if answers && cx.judges(ip.destination) {
            let service = Service::icmp(ip.destination, cx.site().is_internal(ip.source));
            self.sweep.settle(service, ip.source, Outcome::Answered, now);
        }
    }

    fn on_arp(&mut self, arp: &Arp, cx: &mut Context<'_>) {
        const REQUEST: u16 = 1;
        const REPLY: u16 = 2;
        let (sender, target, now) = (arp.sender_ip.into(), arp.target_ip.into(), cx.now());
        if sender == target || !is_unicast(sender) {
            return;
        }
        if arp.operation == REQUEST && cx.judges(sender) {
            let service = Service::arp(sender);
            self.sweep.on_try(&self.settings, service, target, &mut self.told, cx);
        } else if arp.operation == REPLY && cx.judges(target) {
            self.sweep.settle(Service::arp(target), sender, Outcome::Answered, now);
        }
    }

    pub(super) fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let (now, source) = (cx.now(), finding.subject.owner());
        let internal = cx.site().is_internal(source);
        let vertical = &self.vertical;
        self.told.tell(finding, cx, |report| {
            if [VERTICAL.id, UDP.id].contains(&finding.rule.id) {
                vertical.tell(finding, now, internal, report);
            } else {
                plainly(finding, report);
            }
        });
    }

    pub(super) fn tables(&self) -> Vec<(&'static str, Usage)> {
        let mut tables = vec![
            ("origins", self.origins.usage()),
            ("ports", self.vertical.usage()),
            ("hosts", self.sweep.usage()),
            ("slow", self.slow.usage()),
            ("victims", self.distributed.usage()),
            ("bodies", self.worm.usage()),
            ("told", self.told.usage()),
        ];
        tables.extend(self.odd.usages());
        tables
    }
}

fn service(source: IpAddr, contact: &Contact, cx: &Context<'_>) -> Service {
    let near = cx.site().is_internal(contact.victim);
    Service::port(source, contact.protocol, contact.port, near)
}

/// For a finding whose windows have gone on since.
fn plainly(finding: &Finding<'_>, report: &mut Report) {
    let (source, count, window) = (finding.source, finding.reached.count(), finding.window_s());
    report.message(format_args!(
        "{source}: {}, counted {count} within {window} s, the last {}",
        finding.rule.summary, finding.target
    ));
}
