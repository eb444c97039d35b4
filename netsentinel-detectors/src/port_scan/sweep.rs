//! One thing of many hosts: `port_scan/sweep`, `port_scan/icmp_sweep` and `port_scan/arp_sweep`.

use std::net::IpAddr;
use std::num::NonZeroU32;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{Context, Finding, Indicator, Limits, Timestamp, Usage};

use super::contact::{Outcome, share, tag};
use super::hosts::{Counted, Hosts, Service};
use super::rules::{ANSWERED, ROUTER, SWEEP};
use super::settings::Settings;
use super::techniques;
use super::told::Told;

/// For hosts that are scanned port by port.
const WINDOW: Seconds = Seconds::new(60).unwrap();
/// So many hosts scanned port by port are told as one scan of them all.
const VICTIMS: u64 = 3;
/// The table of those has a share of this one's keys, one in so many.
const VICTIMS_SHARE: usize = 16;

/// Which hosts each source has tried on each service lately.
pub(super) struct Sweep {
    hosts: Hosts,
    /// Whom each source has scanned port by port.
    victims: DistinctWindow<IpAddr, u32, 5>,
}

impl Sweep {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let most = const { NonZeroU32::new(VICTIMS as u32).unwrap() };
        let victims = share(limits, VICTIMS_SHARE);
        Self {
            hosts: Hosts::new(settings, limits),
            victims: DistinctWindow::new(most, WINDOW.duration(), victims),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.hosts.reconfigure(settings);
    }

    /// Notes a try of `victim` that was made at `time`.
    pub(super) fn note_dated(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        time: Timestamp,
        now: Timestamp,
    ) {
        self.hosts.note(service, victim, outcome, time, now);
    }

    /// Notes and judges a try of `victim`.
    pub(super) fn on_try(
        &mut self,
        settings: &Settings,
        service: Service,
        victim: IpAddr,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now();
        let counted = self.hosts.note(service, victim, Outcome::Pending, now, now);
        self.judge(settings, service, victim, counted, told, cx);
    }

    /// Judges a service once more on which `victim` is silent.
    pub(super) fn on_silence(
        &mut self,
        settings: &Settings,
        service: Service,
        victim: IpAddr,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let counted = self.hosts.count(service, cx.now());
        self.judge(settings, service, victim, counted, told, cx);
    }

    /// Notes what became of a try, if there was one.
    pub(super) fn settle(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        now: Timestamp,
    ) -> Counted {
        self.hosts.settle(service, victim, outcome, now)
    }

    /// Whether `victim` was tried within the window.
    pub(super) fn knows(&self, service: Service, victim: IpAddr, now: Timestamp) -> bool {
        self.hosts.knows(service, victim, now)
    }

    /// Judges a service of which `victim` was tried; the alert grows where it is one more.
    pub(super) fn judge(
        &mut self,
        settings: &Settings,
        service: Service,
        victim: IpAddr,
        counted: Counted,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let [tried, failed, answered, beside] = counted.numbers();
        if tried < 2 || failed == 0 {
            return;
        }
        let (rule, subject) = (service.rule(), Subject::host(service.source));
        let (base, indicator) = (service.base(settings), Some(Indicator::Ip(service.source)));
        let count = if service.is_arp() { beside } else { failed.saturating_sub(answered) };
        let reached = match cx.reaches(rule, subject, base, count, indicator) {
            Some(reached) => reached,
            None if tried >= base && 2 * answered >= tried => {
                if cx.spares(&ANSWERED, rule, subject) {
                    return;
                }
                let Some(reached) = cx.reaches(rule, subject, base, tried, indicator) else {
                    return;
                };
                reached
            }
            None => return,
        };
        let scattered = service.is_arp() && 10 * beside < 9 * failed;
        if scattered && reached.holds() && cx.spares(&ROUTER, rule, subject) {
            return;
        }
        let target = Endpoint::ip(victim);
        let finding = Finding {
            rule,
            subject,
            reached,
            step: u64::from(counted.new),
            source: Endpoint::ip(service.source),
            target: if rule.id == SWEEP.id { target.port(service.port) } else { target },
            window: Some(service.window()),
        };
        let first = self.hosts.oldest(service, cx.now());
        let internal = cx.site().is_internal(service.source);
        told.tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{} {} {} hosts within {} s, {} of them in vain, the last {}",
                    service.source,
                    service.verb(),
                    tried,
                    finding.window_s(),
                    failed,
                    finding.target,
                ))
                .first_seen(first)
                .attack(techniques(internal))
                .evidence("hosts", tried)
                .evidence("failed", failed)
                .evidence("answered", answered);
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

    pub(super) fn usage(&self) -> Usage {
        self.hosts.usage() + self.victims.usage()
    }
}
