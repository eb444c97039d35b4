//! One thing of many hosts: `port_scan/sweep`, `port_scan/icmp_sweep` and `port_scan/arp_sweep`.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{Context, Finding, Indicator, Limits, Rule, Timestamp, Usage};

use super::contact::{ICMP, Outcome, PATIENCE, share, tag};
use super::rules::{ANSWERED, ARP_SWEEP, ICMP_SWEEP, ROUTER, SWEEP};
use super::settings::Settings;
use super::techniques;
use super::told::Told;

/// In place of an IP protocol, for ARP.
const ARP: u8 = 0;
const ICMP_V6: u8 = 58;
const WINDOW: Seconds = Seconds::new(60).unwrap();
/// For ARP: a router asks for hosts that are gone all day, a sweep is over in seconds.
const ARP_WINDOW: Seconds = Seconds::new(10).unwrap();
/// So many hosts scanned port by port are told as one scan of them all.
const VICTIMS: u64 = 3;
/// The table of those has a share of this one's keys, one in so many.
const VICTIMS_SHARE: usize = 16;

/// Which hosts each source has tried on each service lately.
pub(super) struct Sweep {
    hosts: DistinctWindow<Service, Host, 3>,
    /// Whom each source has scanned port by port.
    victims: DistinctWindow<IpAddr, u32, 5>,
}

/// What a source asks of hosts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Service {
    source: IpAddr,
    protocol: u8,
    port: u16,
    /// Whether the hosts are internal ones.
    near: bool,
}

/// A host that was tried. It is the same whatever becomes of it.
#[derive(Clone, Copy)]
struct Host {
    tag: u32,
    outcome: Outcome,
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl Eq for Host {}

/// The hosts of a service in the window, by what became of them.
#[derive(Default)]
struct Tally {
    tried: u64,
    /// Silent, refused or half-open.
    failed: u64,
    answered: u64,
    /// Failed in the network of the host at hand.
    beside: u64,
}

impl Service {
    pub(super) fn port(source: IpAddr, protocol: u8, port: u16, near: bool) -> Self {
        Self { source, protocol, port, near }
    }

    pub(super) fn icmp(source: IpAddr, near: bool) -> Self {
        Self { source, protocol: ICMP, port: 0, near }
    }

    pub(super) fn arp(source: IpAddr) -> Self {
        Self { source, protocol: ARP, port: 0, near: true }
    }

    const fn rule(&self) -> &'static Rule {
        match self.protocol {
            ARP => &ARP_SWEEP,
            ICMP | ICMP_V6 => &ICMP_SWEEP,
            _ => &SWEEP,
        }
    }

    const fn window(&self) -> Seconds {
        if self.protocol == ARP { ARP_WINDOW } else { WINDOW }
    }

    fn base(&self, settings: &Settings) -> u64 {
        match (self.protocol, self.near) {
            (ARP, _) => settings.arp_threshold.get(),
            (_, true) => settings.sweep_threshold.get(),
            (_, false) => settings.sweep_external_threshold.get(),
        }
    }
}

impl Sweep {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let most = const { NonZeroU32::new(VICTIMS as u32).unwrap() };
        let window = WINDOW.duration();
        Self {
            hosts: DistinctWindow::new(most_hosts(settings), window, limits),
            victims: DistinctWindow::new(most, window, share(limits, VICTIMS_SHARE)),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.hosts.reconfigure(most_hosts(settings), WINDOW.duration());
    }

    /// Notes a try of `victim`; whether it is a new one.
    pub(super) fn note(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        now: Timestamp,
    ) -> bool {
        self.note_dated(service, victim, outcome, now, now)
    }

    /// Notes a try that was made at `time`.
    pub(super) fn note_dated(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        time: Timestamp,
        now: Timestamp,
    ) -> bool {
        self.hosts.add_dated(service, Host { tag: tag(victim), outcome }, time, now).new
    }

    /// Notes what became of a try, if there was one.
    pub(super) fn settle(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        now: Timestamp,
    ) {
        let host = Host { tag: tag(victim), outcome };
        let tried = self.hosts.dated(&service, now).find(|(_, tried)| *tried == host);
        if let Some((time, _)) = tried {
            self.hosts.add_dated(service, host, time, now);
        }
    }

    /// Whether `victim` was tried within the window.
    pub(super) fn knows(&self, service: Service, victim: IpAddr, now: Timestamp) -> bool {
        let tag = tag(victim);
        self.hosts.values(&service, now).any(|tried| tried.tag == tag)
    }

    /// Judges a service of which `victim` was tried; the alert grows by `step`.
    pub(super) fn judge(
        &mut self,
        settings: &Settings,
        service: Service,
        victim: IpAddr,
        step: u64,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let tally = self.tally(&service, victim, cx.now());
        let (rule, subject) = (service.rule(), Subject::host(service.source));
        let (base, indicator) = (service.base(settings), Some(Indicator::Ip(service.source)));
        let count = match service.protocol {
            ARP => tally.beside,
            _ => tally.failed.saturating_sub(tally.answered),
        };
        if tally.tried < 2 || tally.failed == 0 {
            return;
        }
        let reached = match cx.reaches(rule, subject, base, count, indicator) {
            Some(reached) => reached,
            None if tally.tried >= base && 2 * tally.answered >= tally.tried => {
                if cx.spares(&ANSWERED, rule, subject) {
                    return;
                }
                let Some(reached) = cx.reaches(rule, subject, base, tally.tried, indicator) else {
                    return;
                };
                reached
            }
            None => return,
        };
        let scattered = service.protocol == ARP && 10 * tally.beside < 9 * tally.failed;
        if scattered && reached.holds() && cx.spares(&ROUTER, rule, subject) {
            return;
        }
        let target = Endpoint::ip(victim);
        let finding = Finding {
            rule,
            subject,
            reached,
            step,
            source: Endpoint::ip(service.source),
            target: if rule.id == SWEEP.id { target.port(service.port) } else { target },
            window: Some(service.window()),
        };
        let first = self.hosts.oldest(&service, cx.now());
        let internal = cx.site().is_internal(service.source);
        told.tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{} {} {} hosts within {} s, {} of them in vain, the last {}",
                    service.source,
                    service.verb(),
                    tally.tried,
                    finding.window_s(),
                    tally.failed,
                    finding.target,
                ))
                .first_seen(first)
                .attack(techniques(internal))
                .evidence("hosts", tally.tried)
                .evidence("failed", tally.failed)
                .evidence("answered", tally.answered);
        });
    }

    /// Notes that `finding` tells of a scan of one host, and tells of a scan of several where this is one
    /// more. Whether it does.
    pub(super) fn covers(
        &mut self,
        finding: &Finding<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) -> bool {
        let source = finding.subject.owner();
        let Some(victim) = finding.target.ip.filter(|_| finding.reached.holds()) else {
            return false;
        };
        let seen = self.victims.add(source, tag(victim), cx.now());
        if seen.count < VICTIMS {
            return false;
        }
        let subject = Subject::host(source);
        let Some(reached) = cx.reaches(&SWEEP, subject, VICTIMS, seen.count, None) else {
            return false;
        };
        let step = u64::from(seen.new);
        let finding =
            Finding { rule: &SWEEP, subject, reached, step, window: Some(WINDOW), ..*finding };
        let internal = cx.site().is_internal(source);
        told.tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{source} scanned the ports of {} hosts within {} s, the last {}",
                    seen.count,
                    finding.window_s(),
                    finding.target,
                ))
                .attack(techniques(internal));
        });
        true
    }

    fn tally(&self, service: &Service, victim: IpAddr, now: Timestamp) -> Tally {
        let network = |tag: u32| tag >> 8;
        let victim = network(tag(victim));
        let patience = PATIENCE.as_nanos() as u64;
        let window = nanos(service.window().duration());
        let mut tally = Tally::default();
        for (time, host) in self.hosts.dated(service, now) {
            let age = now.nanos_since(time);
            if age > window {
                continue;
            }
            tally.tried += 1;
            tally.answered += u64::from(host.outcome == Outcome::Answered);
            let failed = match host.outcome {
                Outcome::Pending => age >= patience,
                Outcome::Refused | Outcome::HalfOpen => true,
                Outcome::Answered | Outcome::Expired => false,
            };
            tally.failed += u64::from(failed);
            tally.beside += u64::from(failed && network(host.tag) == victim);
        }
        tally
    }

    pub(super) fn usage(&self) -> Usage {
        self.hosts.usage() + self.victims.usage()
    }
}

impl Service {
    const fn verb(&self) -> &'static str {
        match self.protocol {
            ARP => "asked by ARP for",
            ICMP | ICMP_V6 => "asked by ICMP for",
            _ => "tried one port of",
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Enough hosts for each threshold, were half of them answered.
fn most_hosts(settings: &Settings) -> NonZeroU32 {
    let Settings { sweep_threshold, sweep_external_threshold, arp_threshold, .. } = settings;
    let most = sweep_threshold.non_zero().max(sweep_external_threshold.non_zero());
    most.max(arp_threshold.non_zero()).saturating_mul(const { NonZeroU32::new(2).unwrap() })
}
