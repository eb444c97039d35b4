//! The rule of the systems that NetSentinel unites, as it is: all bytes to external hosts.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, HeavyHitters, SUM_ENTRIES, SumWindow};
use netsentinel_core::{Context, Finding, Indicator, Limits, Packet, Report, Timestamp, Usage};

use super::{Settings, VOLUME};

/// Destinations counted for each host.
const DESTINATIONS: usize = 8;

/// Counts the bytes that each internal host sends out.
pub(super) struct Seed {
    window: std::time::Duration,
    sent: SumWindow<IpAddr>,
    destinations: BoundedMap<IpAddr, Destinations>,
}

/// Where a host's bytes went.
struct Destinations {
    counted: HeavyHitters<IpAddr, DESTINATIONS>,
    halved: Timestamp,
    newest: Timestamp,
}

impl Seed {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let window = settings.window.duration();
        Self {
            window,
            sent: SumWindow::new(settings.threshold.at_least_one(), window, limits, SUM_ENTRIES),
            destinations: BoundedMap::new(limits.max_keys, window),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let window = settings.window.duration();
        self.sent.reconfigure(settings.threshold.at_least_one(), window);
        self.destinations.set_idle_after(window);
        self.window = window;
    }

    #[inline(never)]
    pub(super) fn see(&mut self, settings: &Settings, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let site = cx.site();
        if !site.is_internal(ip.source) || !site.is_external_unicast(ip.destination) {
            return;
        }
        let now = cx.now();
        let sent = self.sent.add(ip.source, packet.wire_len, now);
        let (top, most) = self.count_destination(ip.source, ip.destination, packet.wire_len, now);
        let base = settings.threshold.get();
        let subject = Subject::host(ip.source);
        let indicator = Some(Indicator::Ip(top));
        let Some(reached) = cx.reaches(&VOLUME, subject, base, sent, indicator) else { return };
        let finding = Finding {
            rule: &VOLUME,
            subject,
            reached,
            step: u64::from(packet.wire_len),
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(top),
            window: Some(settings.window),
        };
        cx.raise(finding, |report| {
            self.tell(&finding, now, report);
            report.evidence("top_destination_bytes", most.min(sent));
        });
    }

    pub(super) fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
        let (source, sent) = (finding.subject.owner(), finding.reached.count());
        let top = finding.target;
        report
            .message(format_args!(
                "{source} sent {sent} bytes to external hosts within {} s, most of them to {top}",
                finding.window_s(),
            ))
            .evidence("bytes", sent)
            .evidence("top_destination", top.to_string())
            .first_seen(self.sent.oldest(&source, now));
    }

    /// Adds to the bytes that went to `destination`; tells who got the most, and about how much.
    fn count_destination(
        &mut self,
        host: IpAddr,
        destination: IpAddr,
        bytes: u32,
        now: Timestamp,
    ) -> (IpAddr, u64) {
        let fresh = || Destinations { counted: HeavyHitters::new(), halved: now, newest: now };
        let destinations = self.destinations.entry(host, now, fresh).value;
        let window = self.window;
        if now > destinations.newest.after(window) {
            // Nothing that was counted is within the window any more.
            *destinations = fresh();
        } else if now > destinations.halved.after(window) {
            destinations.halved = now;
            destinations.counted.halve();
        }
        destinations.newest = now;
        destinations.counted.add(destination, u64::from(bytes));
        destinations.counted.top().unwrap_or((destination, 0))
    }

    /// Weights that were merged for want of room count as evictions: sums are not exact after it.
    pub(super) fn usage(&self) -> Usage {
        let sent = self.sent.usage();
        let evictions = sent.evictions.saturating_add(self.sent.coalesced());
        let destinations = Usage { bytes: self.destinations.usage().bytes, ..Usage::default() };
        Usage { evictions, ..sent } + destinations
    }
}
