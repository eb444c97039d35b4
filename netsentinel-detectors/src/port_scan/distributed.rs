//! One host probed by many: `port_scan/distributed`, judged for the host.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::flow::FiveTuple;
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{Context, Finding, Limits, Timestamp, Usage};

use super::contact::{Outcome, PATIENCE, tag};
use super::rules::{DISTRIBUTED, FLOOD};
use super::settings::Settings;
use super::techniques;
use super::told::Told;

const WINDOW: Seconds = Seconds::new(60).unwrap();
/// Fewer sources are each told by themselves.
const SOURCES_MIN: u32 = 3;
/// A flood has a port for each source in less.
const MOMENT: Duration = Duration::from_secs(1);

/// Multiplied by this, numbers that are neighbours differ in their upper bits (Knuth, 6.4).
const MIX: u32 = 0x9e37_79b1;

/// Which ports of each host were tried, and by whom.
pub(super) struct Distributed {
    ports: DistinctWindow<IpAddr, Knock, 5>,
}

/// A port that was tried. It is the same whoever tries it and whatever becomes of it.
#[derive(Clone, Copy)]
struct Knock {
    port: u16,
    /// Eight bits of the source: enough to tell a few from many.
    source: u8,
    outcome: Outcome,
}

impl PartialEq for Knock {
    fn eq(&self, other: &Self) -> bool {
        self.port == other.port
    }
}

impl Eq for Knock {}

impl Knock {
    /// This one and a later one of the same port. Of two sources one is kept by a draw that is the same for
    /// both orders: else the ports would all fall to the decoy that comes last.
    fn and(self, later: Self) -> Self {
        let drawn =
            |knock: Self| u32::from(knock.source ^ knock.port as u8).wrapping_mul(MIX) >> 24;
        let source = if drawn(later) < drawn(self) { later.source } else { self.source };
        let pending = later.outcome == Outcome::Pending;
        Self { source, outcome: if pending { self.outcome } else { later.outcome }, ..self }
    }
}

/// The ports of a host that fail.
struct Tally {
    failed: u64,
    sources: u32,
    /// Ports of the source with most.
    most: u64,
    first: Option<Timestamp>,
}

impl Distributed {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        Self { ports: DistinctWindow::new(most(settings), WINDOW.duration(), limits) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.ports.reconfigure(most(settings), WINDOW.duration());
    }

    /// A host is tried by `tuple`, or tells what becomes of it.
    pub(super) fn on_attempt(
        &mut self,
        settings: &Settings,
        tuple: &FiveTuple,
        outcome: Outcome,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let (victim, port, now) = (tuple.responder, tuple.responder_port, cx.now());
        let knock = Knock { port, source: fold(tuple.originator), outcome };
        let known = self.ports.values(&victim, now).find(|known| *known == knock);
        let knock = match known {
            Some(known) => known.and(knock),
            None if outcome == Outcome::Pending => knock,
            None => return,
        };
        let seen = self.ports.add(victim, knock, now);
        let base = settings.distributed_threshold.get();
        if outcome == Outcome::Answered || seen.count < base {
            return;
        }
        let tally = self.tally(&victim, now);
        if tally.sources < SOURCES_MIN || 2 * tally.most > tally.failed {
            return;
        }
        let (rule, subject) = (&DISTRIBUTED, Subject::host(victim));
        let Some(reached) = cx.reaches(rule, subject, base, tally.failed, None) else { return };
        let sudden = tally.first.is_some_and(|first| first.after(MOMENT) >= now);
        let each_its_own = 4 * u64::from(tally.sources) >= 3 * tally.failed;
        if sudden && each_its_own && cx.spares(&FLOOD, rule, subject) {
            return;
        }
        let finding = Finding {
            rule,
            subject,
            reached,
            step: u64::from(seen.new),
            source: Endpoint::ip(tuple.originator),
            target: Endpoint::ip(victim).port(port),
            window: Some(WINDOW),
        };
        let internal = cx.site().is_internal(tuple.originator);
        told.tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{} ports of {victim} failed for at least {} sources within {} s, the last {port} for {}",
                    tally.failed, tally.sources, finding.window_s(), tuple.originator,
                ))
                .first_seen(tally.first)
                .attack(techniques(internal))
                .evidence("sources", tally.sources);
        });
    }

    fn tally(&self, victim: &IpAddr, now: Timestamp) -> Tally {
        let patience = PATIENCE.as_nanos() as u64;
        let mut tally =
            Tally { failed: 0, sources: 0, most: 0, first: self.ports.oldest(victim, now) };
        let mut by_source = [0_u64; 256];
        for (time, knock) in self.ports.dated(victim, now) {
            let failed = match knock.outcome {
                Outcome::Pending => now.nanos_since(time) >= patience,
                Outcome::Refused | Outcome::HalfOpen => true,
                Outcome::Answered | Outcome::Expired => false,
            };
            if failed && let Some(ports) = by_source.get_mut(usize::from(knock.source)) {
                tally.failed += 1;
                tally.sources += u32::from(*ports == 0);
                *ports += 1;
                tally.most = tally.most.max(*ports);
            }
        }
        tally
    }

    pub(super) fn usage(&self) -> Usage {
        self.ports.usage()
    }
}

fn fold(source: IpAddr) -> u8 {
    (tag(source).wrapping_mul(MIX) >> 24) as u8
}

/// Enough for the threshold, were half of the ports answered.
fn most(settings: &Settings) -> NonZeroU32 {
    settings.distributed_threshold.non_zero().saturating_mul(const { NonZeroU32::new(2).unwrap() })
}
