//! Many ports of one host: `port_scan/vertical` by TCP, `port_scan/udp` by UDP.

use std::net::IpAddr;
use std::num::NonZeroU32;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{Tallied, Tally, TallyWindow};
use netsentinel_core::{
    Context, Finding, Indicator, Limits, Reached, Report, Rule, Timestamp, Usage,
};

use super::contact::{Contact, Outcome, PATIENCE, Shape, UDP as UDP_NUMBER, add};
use super::rules::{ANSWERED, HOLE_PUNCHING, TRACEROUTE, UDP, UNSEEN_REQUEST, VERTICAL};
use super::settings::Settings;
use super::told::Told;
use super::{LISTED_MAX, techniques};

/// An answered port counts one in so many. Of benign first contacts about four in five succeed, of a
/// scanner's one in five (Jung et al. 2004), so an answer speaks against a scan; but who scans a host where
/// much is open must not go free, nor who mixes in ports known to answer.
const ANSWERED_WEIGHT: u32 = 4;

/// A hop limit that few paths are shorter than.
const SHORT_LIVED: u8 = 30;

/// What each source has tried of each host lately.
pub(super) struct Vertical {
    tries: TallyWindow<Pair, Counts>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    source: IpAddr,
    victim: IpAddr,
    udp: bool,
}

/// What is known of a port that was tried.
#[derive(Clone, Copy)]
pub(super) struct Try {
    hops: u8,
    outcome: Outcome,
    shape: Shape,
}

/// The ports that a pair has in the window, by what became of them.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    tried: u32,
    /// Silent for long enough, refused or half-open: as a scan finds them.
    failed: u32,
    refused: u32,
    answered: u32,
    /// Sent just now: an answer may be on its way.
    waiting: u32,
    /// Failed ones that looked like answers.
    unasked: u32,
    /// Failed ones that were STUN messages.
    stun: u32,
    /// Sent with a hop limit that few paths are shorter than.
    short_lived: u32,
}

impl Tally for Counts {
    type Item = Try;

    #[inline]
    fn count(&mut self, tried: Try, overdue: bool, by: i32) {
        add(&mut self.tried, true, by);
        add(&mut self.short_lived, tried.hops <= SHORT_LIVED, by);
        match tried.outcome {
            Outcome::Pending if !overdue => add(&mut self.waiting, true, by),
            Outcome::Answered => add(&mut self.answered, true, by),
            Outcome::Expired => {}
            Outcome::Pending | Outcome::Refused | Outcome::HalfOpen => {
                add(&mut self.failed, true, by);
                add(&mut self.refused, tried.outcome == Outcome::Refused, by);
                add(&mut self.unasked, tried.shape == Shape::Answer, by);
                add(&mut self.stun, tried.shape == Shape::Stun, by);
            }
        }
    }
}

impl Pair {
    fn of(source: IpAddr, victim: IpAddr, protocol: u8) -> Self {
        Self { source, victim, udp: protocol == UDP_NUMBER }
    }

    const fn rule(&self) -> &'static Rule {
        if self.udp { &UDP } else { &VERTICAL }
    }
}

impl Vertical {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let window = settings.window.duration();
        Self { tries: TallyWindow::new(most(settings), window, PATIENCE, limits) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.tries.reconfigure(most(settings), settings.window.duration());
    }

    /// Notes a contact.
    pub(super) fn note(
        &mut self,
        source: IpAddr,
        contact: &Contact,
        now: Timestamp,
    ) -> Tallied<Counts> {
        let Contact { port, hops, outcome, shape, opened, .. } = *contact;
        let pair = Pair::of(source, contact.victim, contact.protocol);
        self.tries.note(pair, port.into(), opened, now, |_| Try { hops, outcome, shape })
    }

    /// Whether the port of `contact` is in the window.
    pub(super) fn knows(&self, source: IpAddr, contact: &Contact, now: Timestamp) -> bool {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        self.tries.contains(&pair, contact.port.into(), now)
    }

    /// Notes what became of a contact, if it was noted.
    pub(super) fn settle(&mut self, source: IpAddr, contact: &Contact, now: Timestamp) -> Counts {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        let change = |tried: &mut Try| tried.outcome = contact.outcome;
        self.tries.settle(&pair, contact.port.into(), now, change).tally
    }

    /// The only contact of a source: to be judged where one port can be enough.
    #[cold]
    pub(super) fn first(
        &self,
        settings: &Settings,
        source: IpAddr,
        contact: &Contact,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        if !pair.udp {
            let reached = self.reached(settings, &pair, 0, 1, cx);
            let finding =
                reached.map(|reached| self.finding(settings, &pair, contact.port, reached));
            if let Some(finding) = finding {
                let (now, internal) = (cx.now(), cx.site().is_internal(source));
                told.tell(&finding, cx, |report| self.tell(&finding, now, internal, report));
            }
        }
    }

    /// Judges a contact that is noted, by what the ports of its host have come to; the alert grows by
    /// `step`. What is to be told, of a new alert or not.
    pub(super) fn judge(
        &self,
        settings: &Settings,
        source: IpAddr,
        contact: &Contact,
        counts: Counts,
        step: u64,
        cx: &mut Context<'_>,
    ) -> Option<Finding<'static>> {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        let base = base(settings, &pair);
        let (refused, weight) = (counts.refused.into(), counts.weight(&pair));
        if weight == 0 && u64::from(counts.tried) < base {
            return None;
        }
        let reached = match self.reached(settings, &pair, refused, weight, cx) {
            Some(reached) => reached,
            None if u64::from(counts.tried) >= base && counts.is_mostly_answered() => {
                let (rule, subject) = (pair.rule(), pair.subject());
                if cx.spares(&ANSWERED, rule, subject) {
                    return None;
                }
                cx.reaches(rule, subject, base, counts.tried.into(), indicator(source))?
            }
            None => return None,
        };
        if reached.holds() && self.is_spared(&pair, &counts, cx) {
            return None;
        }
        Some(Finding { step, ..self.finding(settings, &pair, contact.port, reached) })
    }

    /// By the ports that refuse, or by all.
    fn reached(
        &self,
        settings: &Settings,
        pair: &Pair,
        refused: u64,
        count: u64,
        cx: &mut Context<'_>,
    ) -> Option<Reached<'static>> {
        let (rule, subject, indicator) = (pair.rule(), pair.subject(), indicator(pair.source));
        let by_all = cx.reaches(rule, subject, base(settings, pair), count, indicator);
        match by_all {
            Some(reached) if reached.holds() => Some(reached),
            _ if refused == 0 => by_all,
            _ => {
                let base = settings.refused_threshold.get();
                cx.reaches(rule, subject, base, refused, indicator).or(by_all)
            }
        }
    }

    fn finding(
        &self,
        settings: &Settings,
        pair: &Pair,
        port: u16,
        reached: Reached<'static>,
    ) -> Finding<'static> {
        Finding {
            rule: pair.rule(),
            subject: pair.subject(),
            reached,
            step: 1,
            source: Endpoint::ip(pair.source),
            target: Endpoint::ip(pair.victim).port(port),
            window: Some(settings.window),
        }
    }

    fn is_spared(&self, pair: &Pair, counts: &Counts, cx: &mut Context<'_>) -> bool {
        let (rule, subject, failed) = (pair.rule(), pair.subject(), counts.failed);
        self.is_path_search(pair, counts, cx.now()) && cx.spares(&TRACEROUTE, rule, subject)
            || 2 * counts.unasked > failed && cx.spares(&UNSEEN_REQUEST, rule, subject)
            || 2 * counts.stun > failed && cx.spares(&HOLE_PUNCHING, rule, subject)
    }

    /// Most hop limits are low, and there are several from 1 or 2 on: wherever it is seen, a search for the
    /// path has packets that go no further than the next router. Scanners that draw them at random stay
    /// above what any path uses up (nmap: 37 to 59).
    fn is_path_search(&self, pair: &Pair, counts: &Counts, now: Timestamp) -> bool {
        const FIRST_HOPS: u32 = 0b110;
        if 4 * counts.short_lived < 3 * counts.tried {
            return false;
        }
        let low = self.tries.dated(pair, now).filter(|(.., tried)| tried.hops <= SHORT_LIVED);
        let hops = low.fold(0_u32, |hops, (.., tried)| hops | 1 << tried.hops);
        hops & FIRST_HOPS != 0 && hops.count_ones() >= 3
    }

    /// Tells the counts and ports of `finding`, as far as they are still in the window.
    pub(super) fn tell(
        &self,
        finding: &Finding<'_>,
        now: Timestamp,
        internal: bool,
        report: &mut Report,
    ) {
        let source = finding.subject.owner();
        let Endpoint { ip: Some(victim), port: Some(port), .. } = finding.target else { return };
        let udp = finding.rule.id == UDP.id;
        let pair = Pair { source, victim, udp };
        let counts = self.tries.recount(&pair, now);
        report
            .message(format_args!(
                "{source} probed {} {}ports of {victim} within {} s ({} refused, {} answered), last port {port}",
                u64::from(counts.tried).max(finding.reached.count()),
                if udp { "UDP " } else { "" },
                finding.window_s(),
                counts.refused,
                counts.answered,
            ))
            .first_seen(self.tries.oldest(&pair, now))
            .attack(techniques(internal))
            .evidence("refused", counts.refused)
            .evidence("answered", counts.answered);
        let mut ports: Vec<u32> = self.tries.dated(&pair, now).map(|(_, port, _)| port).collect();
        ports.sort_unstable();
        ports.truncate(LISTED_MAX);
        if !ports.is_empty() {
            report.evidence("ports", ports);
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.tries.usage()
    }
}

impl Pair {
    const fn subject(&self) -> Subject {
        Subject::pair(self.source, self.victim)
    }
}

impl Counts {
    /// The ports as a scan finds them, those that answered by their weight.
    fn weight(&self, pair: &Pair) -> u64 {
        let Self { failed, waiting, answered, .. } = *self;
        // Whom a datagram is answered by, it was meant for: calls take a port each.
        let (waiting, answered) = match pair.udp {
            true => (self.doubted(), 0),
            false => (waiting, answered / ANSWERED_WEIGHT),
        };
        u64::from(failed + waiting + answered)
    }

    const fn is_mostly_answered(&self) -> bool {
        2 * self.answered >= self.tried
    }

    /// Where several ports have refused already, the rest are hardly answered: hosts refuse the first ports
    /// of a scan at once and then but one a second (RFC 4443, 2.4 f).
    const fn doubted(&self) -> u32 {
        const SEVERAL: u32 = 3;
        if self.refused >= SEVERAL { self.waiting } else { 0 }
    }
}

fn indicator(source: IpAddr) -> Option<Indicator<'static>> {
    Some(Indicator::Ip(source))
}

fn base(settings: &Settings, pair: &Pair) -> u64 {
    if pair.udp { settings.udp_threshold.get() } else { settings.threshold.get() }
}

/// Enough tries for each threshold, were all but one in four answered.
fn most(settings: &Settings) -> NonZeroU32 {
    let Settings { threshold, udp_threshold, refused_threshold, .. } = settings;
    let most = threshold.non_zero().max(udp_threshold.non_zero()).max(refused_threshold.non_zero());
    most.saturating_mul(const { NonZeroU32::new(ANSWERED_WEIGHT).unwrap() })
}
