//! One host probed by many: `port_scan/distributed`, judged for the host.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::flow::FiveTuple;
use netsentinel_core::window::{Tally, TallyWindow};
use netsentinel_core::{Context, Finding, Limits, Timestamp, Usage};

use super::contact::{Outcome, PATIENCE, add, tag};
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
    ports: TallyWindow<IpAddr, Ports>,
}

/// Who has tried a port, and what became of it.
#[derive(Clone, Copy)]
struct Knock {
    /// Eight bits of the source: enough to tell a few from many.
    source: u8,
    outcome: Outcome,
}

/// The ports of a host.
#[derive(Clone, Copy, Default)]
struct Ports {
    tried: u32,
    failed: u32,
    /// So many changes of what has failed can not make several of the few sources that were seen when the
    /// ports were last gone through.
    sure: u32,
}

impl Tally for Ports {
    type Item = Knock;

    #[inline]
    fn count(&mut self, knock: Knock, overdue: bool, by: i32) {
        let failed = knock.has_failed(overdue);
        add(&mut self.tried, true, by);
        add(&mut self.failed, failed, by);
        self.sure = self.sure.saturating_sub(u32::from(failed));
    }
}

impl Knock {
    /// This one of `port` and a later one. Of two sources one is kept by a draw that is the same for both
    /// orders: else the ports would all fall to the decoy that comes last.
    fn and(self, later: Self, port: u16) -> Self {
        let drawn = |knock: Self| u32::from(knock.source ^ port as u8).wrapping_mul(MIX) >> 24;
        let source = if drawn(later) < drawn(self) { later.source } else { self.source };
        let pending = later.outcome == Outcome::Pending;
        Self { source, outcome: if pending { self.outcome } else { later.outcome } }
    }

    const fn has_failed(self, overdue: bool) -> bool {
        match self.outcome {
            Outcome::Pending => overdue,
            Outcome::Refused | Outcome::HalfOpen => true,
            Outcome::Answered | Outcome::Expired => false,
        }
    }
}

/// For whom the ports of a host have failed.
struct Sources {
    number: u32,
    /// Ports of the one with most.
    most: u32,
}

impl Distributed {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        Self { ports: TallyWindow::new(most(settings), WINDOW.duration(), PATIENCE, limits) }
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
        let knock = Knock { source: fold(tuple.originator), outcome };
        let seen = if outcome == Outcome::Pending {
            let and = |known: Option<Knock>| known.map_or(knock, |known| known.and(knock, port));
            self.ports.note(victim, port.into(), now, now, and)
        } else {
            let change = |known: &mut Knock| *known = known.and(knock, port);
            self.ports.settle(&victim, port.into(), now, change)
        };
        let Ports { tried, failed, sure } = seen.tally;
        let base = settings.distributed_threshold.get();
        let unknown = outcome != Outcome::Pending && !seen.known;
        if unknown || outcome == Outcome::Answered || u64::from(tried) < base {
            return;
        }
        let (rule, subject) = (&DISTRIBUTED, Subject::host(victim));
        let Some(reached) = cx.reaches(rule, subject, base, failed.into(), None) else { return };
        if sure > 0 {
            return;
        }
        let sources = self.sources(&victim, now);
        let sure = sources.changes_to_several(failed);
        if sure > 0 {
            if let Some(ports) = self.ports.tally_mut(&victim) {
                ports.sure = sure;
            }
            return;
        }
        let first = self.ports.oldest(&victim, now);
        let sudden = first.is_some_and(|first| first.after(MOMENT) >= now);
        let each_its_own = 4 * sources.number >= 3 * failed;
        if sudden && each_its_own && cx.spares(&FLOOD, rule, subject) {
            return;
        }
        let finding = Finding {
            rule,
            subject,
            reached,
            step: u64::from(!seen.known),
            source: Endpoint::ip(tuple.originator),
            target: Endpoint::ip(victim).port(port),
            window: Some(WINDOW),
        };
        let internal = cx.site().is_internal(tuple.originator);
        told.tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{failed} ports of {victim} failed for at least {} sources within {} s, the last {port} for {}",
                    sources.number, finding.window_s(), tuple.originator,
                ))
                .first_seen(first)
                .attack(techniques(internal))
                .evidence("sources", sources.number);
        });
    }

    /// Goes through all ports of a host.
    fn sources(&self, victim: &IpAddr, now: Timestamp) -> Sources {
        let mut sources = Sources { number: 0, most: 0 };
        let mut by_source = [0_u32; 256];
        for (time, _, knock) in self.ports.dated(victim, now) {
            let overdue = u128::from(now.nanos_since(time)) >= PATIENCE.as_nanos();
            if knock.has_failed(overdue)
                && let Some(ports) = by_source.get_mut(usize::from(knock.source))
            {
                sources.number += u32::from(*ports == 0);
                *ports += 1;
                sources.most = sources.most.max(*ports);
            }
        }
        sources
    }

    pub(super) fn usage(&self) -> Usage {
        self.ports.usage()
    }
}

impl Sources {
    /// How often one more or one less of the `failed` ports must come, at the least, before there are
    /// several sources of which none has more than half; 0 if there are.
    fn changes_to_several(&self, failed: u32) -> u32 {
        SOURCES_MIN.saturating_sub(self.number).max((2 * self.most).saturating_sub(failed))
    }
}

fn fold(source: IpAddr) -> u8 {
    (tag(source).wrapping_mul(MIX) >> 24) as u8
}

/// Enough for the threshold, were half of the ports answered.
fn most(settings: &Settings) -> NonZeroU32 {
    settings.distributed_threshold.non_zero().saturating_mul(const { NonZeroU32::new(2).unwrap() })
}
