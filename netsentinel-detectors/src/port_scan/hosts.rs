//! Which hosts each source tries on each service, and what becomes of that.

use std::net::IpAddr;
use std::num::NonZeroU32;

use netsentinel_core::config::setting::Seconds;
use netsentinel_core::window::{Tallied, Tally, TallyWindow};
use netsentinel_core::{Limits, Rule, Timestamp, Usage};

use super::contact::{ICMP, Outcome, PATIENCE, add, share, tag};
use super::rules::{ARP_SWEEP, ICMP_SWEEP, SWEEP};
use super::settings::Settings;

/// In place of an IP protocol, for ARP.
const ARP: u8 = 0;
const ICMP_V6: u8 = 58;
const WINDOW: Seconds = Seconds::new(60).unwrap();
/// For ARP: a router asks for hosts that are gone all day, a sweep is over in seconds.
const ARP_WINDOW: Seconds = Seconds::new(10).unwrap();
/// Only neighbours ask by ARP: their table has a share of the keys, one in so many.
const NEIGHBOURS: usize = 4;

/// The hosts of each source lately.
pub(super) struct Hosts {
    tried: TallyWindow<Service, Counts>,
    /// What was asked for by ARP, each address in all and in its network.
    asked: TallyWindow<(IpAddr, Option<u32>), Counts>,
}

/// What a source asks of hosts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Service {
    pub(super) source: IpAddr,
    protocol: u8,
    pub(super) port: u16,
    /// Whether the hosts are internal ones.
    near: bool,
}

/// Hosts by what became of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    tried: u32,
    /// Silent, refused or half-open.
    failed: u32,
    answered: u32,
}

/// The hosts of a service.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    /// Whether the host at hand is one more.
    pub(super) new: bool,
    all: Counts,
    /// Those in the network of the host at hand; only for ARP.
    beside: Counts,
}

impl Tally for Counts {
    type Item = Outcome;

    #[inline]
    fn count(&mut self, outcome: Outcome, overdue: bool, by: i32) {
        let failed = match outcome {
            Outcome::Pending => overdue,
            Outcome::Refused | Outcome::HalfOpen => true,
            Outcome::Answered | Outcome::Expired => false,
        };
        add(&mut self.tried, true, by);
        add(&mut self.failed, failed, by);
        add(&mut self.answered, outcome == Outcome::Answered, by);
    }
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

    pub(super) const fn is_arp(&self) -> bool {
        self.protocol == ARP
    }

    pub(super) const fn rule(&self) -> &'static Rule {
        match self.protocol {
            ARP => &ARP_SWEEP,
            ICMP | ICMP_V6 => &ICMP_SWEEP,
            _ => &SWEEP,
        }
    }

    pub(super) const fn verb(&self) -> &'static str {
        match self.protocol {
            ARP => "asked by ARP for",
            ICMP | ICMP_V6 => "asked by ICMP for",
            _ => "tried one port of",
        }
    }

    pub(super) const fn window(&self) -> Seconds {
        if self.is_arp() { ARP_WINDOW } else { WINDOW }
    }

    pub(super) fn base(&self, settings: &Settings) -> u64 {
        match (self.protocol, self.near) {
            (ARP, _) => settings.arp_threshold.get(),
            (_, true) => settings.sweep_threshold.get(),
            (_, false) => settings.sweep_external_threshold.get(),
        }
    }
}

impl Hosts {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let (most, few) = (most(settings), share(limits, NEIGHBOURS));
        Self {
            tried: TallyWindow::new(most, WINDOW.duration(), PATIENCE, limits),
            asked: TallyWindow::new(most, ARP_WINDOW.duration(), PATIENCE, few),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.tried.reconfigure(most(settings), WINDOW.duration());
        self.asked.reconfigure(most(settings), ARP_WINDOW.duration());
    }

    /// Notes a try of `victim` that was made at `time`.
    pub(super) fn note(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        time: Timestamp,
        now: Timestamp,
    ) -> Counted {
        let (source, host) = (service.source, tag(victim));
        if service.is_arp() {
            let mut note = |key| self.asked.note(key, host, time, now, |_| outcome);
            let Tallied { known, tally: all } = note((source, None));
            return Counted { new: !known, all, beside: note((source, network(host))).tally };
        }
        let Tallied { known, tally: all } = self.tried.note(service, host, time, now, |_| outcome);
        Counted { new: !known, all, beside: Counts::default() }
    }

    /// Notes what became of a try, if there was one.
    pub(super) fn settle(
        &mut self,
        service: Service,
        victim: IpAddr,
        outcome: Outcome,
        now: Timestamp,
    ) -> Counted {
        let (source, host) = (service.source, tag(victim));
        if service.is_arp() {
            let mut settle = |key| self.asked.settle(&key, host, now, |old| *old = outcome).tally;
            let all = settle((source, None));
            return Counted { new: false, all, beside: settle((source, network(host))) };
        }
        let all = self.tried.settle(&service, host, now, |old| *old = outcome).tally;
        Counted { new: false, all, beside: Counts::default() }
    }

    /// The hosts of a service that is not ARP, as they stand.
    pub(super) fn count(&mut self, service: Service, now: Timestamp) -> Counted {
        let all = self.tried.tally(&service, now);
        Counted { new: false, all, beside: Counts::default() }
    }

    /// Whether `victim` was tried within the window, by something else than ARP.
    pub(super) fn knows(&self, service: Service, victim: IpAddr, now: Timestamp) -> bool {
        self.tried.contains(&service, tag(victim), now)
    }

    /// When the first of the hosts was tried.
    pub(super) fn oldest(&self, service: Service, now: Timestamp) -> Option<Timestamp> {
        match service.is_arp() {
            true => self.asked.oldest(&(service.source, None), now),
            false => self.tried.oldest(&service, now),
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.tried.usage() + self.asked.usage()
    }
}

impl Counted {
    /// How many were tried, have failed, were answered, and have failed beside the host at hand.
    pub(super) fn numbers(&self) -> [u64; 4] {
        let Self { all, beside, .. } = self;
        [all.tried, all.failed, all.answered, beside.failed].map(u64::from)
    }
}

/// The /24 of an IPv4 address.
const fn network(host: u32) -> Option<u32> {
    Some(host >> 8)
}

/// Enough hosts for each threshold, were half of them answered.
fn most(settings: &Settings) -> NonZeroU32 {
    let Settings { sweep_threshold, sweep_external_threshold, arp_threshold, .. } = settings;
    let most = sweep_threshold.non_zero().max(sweep_external_threshold.non_zero());
    most.max(arp_threshold.non_zero()).saturating_mul(const { NonZeroU32::new(2).unwrap() })
}
