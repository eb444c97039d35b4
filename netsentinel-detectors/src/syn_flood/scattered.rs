//! Attempts that nobody can have made, at many hosts: `syn_flood/scattered`.

use std::net::{IpAddr, Ipv4Addr};
use std::num::{NonZeroU32, NonZeroUsize};

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{Context, Finding, Ip, Limits, Packet, Rule, Severity, Usage};

use super::Settings;

pub(super) const SCATTERED: Rule = Rule {
    id: "syn_flood/scattered",
    signature: 1_000_013,
    summary: "sources that no host can have attempt connections to several hosts",
    severity: Some(Severity::High),
};

const WINDOW: Seconds = Seconds::new(10).unwrap();
/// Nobody has made the attempts, and they are at no one: they are told of this address, which is nobody's.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The sources that no host can have, and whom they attempt to connect to.
pub(super) struct Scattered {
    sources: DistinctWindow<(), IpAddr, 2>,
    targets: DistinctWindow<(), IpAddr, 2>,
}

impl Scattered {
    pub(super) fn new(settings: &Settings) -> Self {
        let window = || {
            let limits = Limits { max_keys: NonZeroUsize::MIN };
            DistinctWindow::new(most(settings), WINDOW.duration(), limits)
        };
        Self { sources: window(), targets: window() }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.sources.reconfigure(most(settings), WINDOW.duration());
        self.targets.reconfigure(most(settings), WINDOW.duration());
    }

    /// A SYN whose source is forged for sure.
    #[cold]
    pub(super) fn on_forged(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now();
        let sources = self.sources.add((), ip.source, now).count;
        let targets = self.targets.add((), ip.destination, now).count;
        let (subject, base) = (Subject::host(NOBODY), settings.forged_threshold.get());
        let Some(reached) = cx.reaches(&SCATTERED, subject, base, sources.min(targets), None)
        else {
            return;
        };
        let finding = Finding {
            rule: &SCATTERED,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination),
            window: Some(WINDOW),
        };
        let station = packet.headers.ethernet.map(|ethernet| ethernet.source);
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "at least {sources} sources that no host can have attempted connections to {targets} hosts within {} s, the last {} to {}: somebody forges",
                    finding.window_s(), ip.source, ip.destination,
                ))
                .first_seen(self.sources.oldest(&(), now))
                .evidence("sources", sources)
                .evidence("targets", targets);
            if let Some(station) = station {
                report.evidence("station", station.to_string());
            }
        });
    }

    pub(super) fn usage(&self) -> Usage {
        self.sources.usage() + self.targets.usage()
    }
}

fn most(settings: &Settings) -> NonZeroU32 {
    settings.forged_threshold.non_zero()
}
