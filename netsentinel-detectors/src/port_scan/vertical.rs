//! Many ports of one host: `port_scan/vertical` by TCP, `port_scan/udp` by UDP.

use std::net::IpAddr;
use std::num::NonZeroU32;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{
    Context, Finding, Indicator, Limits, Reached, Report, Rule, Timestamp, Usage,
};

use super::contact::{Contact, Outcome, PATIENCE, Shape, UDP as UDP_NUMBER};
use super::rules::{ANSWERED, HOLE_PUNCHING, TRACEROUTE, UDP, UNSEEN_REQUEST, VERTICAL};
use super::settings::Settings;
use super::told::Told;
use super::{LISTED_MAX, techniques};

/// An answered port counts one in so many. Of benign first contacts about four in five succeed, of a
/// scanner's one in five (Jung et al. 2004), so an answer speaks against a scan; but who scans a host where
/// much is open must not go free, nor who mixes in ports known to answer.
const ANSWERED_WEIGHT: u64 = 4;

/// What each source has tried of each host lately.
pub(super) struct Vertical {
    tries: DistinctWindow<Pair, Try, 4>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    source: IpAddr,
    victim: IpAddr,
    udp: bool,
}

/// A port that was tried. It is the same whatever becomes of it, so a later entry takes its place.
#[derive(Clone, Copy)]
struct Try {
    port: u16,
    hops: u8,
    outcome: Outcome,
    shape: Shape,
}

impl PartialEq for Try {
    fn eq(&self, other: &Self) -> bool {
        self.port == other.port
    }
}

impl Eq for Try {}

/// The ports that a pair has in the window, by what became of them.
#[derive(Default)]
struct Tally {
    tried: u64,
    /// Silent, refused or half-open: as a scan finds them.
    probes: u64,
    refused: u64,
    answered: u64,
    /// Datagrams sent just now, whose answers may be on their way.
    waiting: u64,
    /// Probes that looked like answers.
    unasked: u64,
    /// Probes that were STUN messages.
    stun: u64,
    /// Sent with a hop limit that few paths are shorter than.
    short_lived: u64,
    /// Which of the hop limits up to 30 there were, one bit each.
    hops: u32,
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
        Self { tries: DistinctWindow::new(most(settings), window, limits) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.tries.reconfigure(most(settings), settings.window.duration());
    }

    /// Notes a contact that is not judged by itself.
    pub(super) fn note(&mut self, source: IpAddr, contact: &Contact, now: Timestamp) -> bool {
        let Contact { port, hops, outcome, shape, .. } = *contact;
        let pair = Pair::of(source, contact.victim, contact.protocol);
        self.tries.add_dated(pair, Try { port, hops, outcome, shape }, contact.opened, now).new
    }

    /// Whether the port of `contact` is in the window.
    pub(super) fn knows(&self, source: IpAddr, contact: &Contact, now: Timestamp) -> bool {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        self.tries.values(&pair, now).any(|tried| tried.port == contact.port)
    }

    /// Notes what became of a contact, if it was noted.
    pub(super) fn settle(&mut self, source: IpAddr, contact: &Contact, now: Timestamp) {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        let tried = self.tries.dated(&pair, now).find(|(_, tried)| tried.port == contact.port);
        if let Some((time, tried)) = tried {
            let settled = Try { outcome: contact.outcome, ..tried };
            self.tries.add_dated(pair, settled, time, now);
        }
    }

    /// The only contact of a source: enough where one port is.
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
            let tally = Tally { tried: 1, probes: 1, ..Tally::default() };
            let reached = self.reached(settings, &pair, &tally, 1, cx);
            let finding =
                reached.map(|reached| self.finding(settings, &pair, contact.port, reached));
            if let Some(finding) = finding {
                let (now, internal) = (cx.now(), cx.site().is_internal(source));
                told.tell(&finding, cx, |report| self.tell(&finding, now, internal, report));
            }
        }
    }

    /// Judges a contact that is noted; the alert grows by `step`. Whether there is one now, new or not.
    pub(super) fn judge(
        &mut self,
        settings: &Settings,
        source: IpAddr,
        contact: &Contact,
        step: u64,
        cx: &mut Context<'_>,
    ) -> Option<Finding<'static>> {
        let pair = Pair::of(source, contact.victim, contact.protocol);
        let tally = self.tally(&pair, cx.now());
        let base = base(settings, &pair);
        // Whom a datagram is answered by, it was meant for: calls take a port each.
        let answered = if pair.udp { 0 } else { tally.answered / ANSWERED_WEIGHT };
        let count = tally.probes + answered + tally.doubted();
        let reached = match self.reached(settings, &pair, &tally, count, cx) {
            Some(reached) => reached,
            None if tally.tried >= base && tally.is_mostly_answered() => {
                let (rule, subject) = (pair.rule(), pair.subject());
                if cx.spares(&ANSWERED, rule, subject) {
                    return None;
                }
                cx.reaches(rule, subject, base, tally.tried, indicator(source))?
            }
            None => return None,
        };
        if reached.holds() && tally.is_spared(&pair, cx) {
            return None;
        }
        Some(Finding { step, ..self.finding(settings, &pair, contact.port, reached) })
    }

    /// By the ports that refuse, or by all.
    fn reached(
        &self,
        settings: &Settings,
        pair: &Pair,
        tally: &Tally,
        count: u64,
        cx: &mut Context<'_>,
    ) -> Option<Reached<'static>> {
        let (rule, subject, indicator) = (pair.rule(), pair.subject(), indicator(pair.source));
        let by_all = cx.reaches(rule, subject, base(settings, pair), count, indicator);
        let refused = settings.refused_threshold.get();
        match by_all {
            Some(reached) if reached.holds() => Some(reached),
            _ if tally.refused == 0 => by_all,
            _ => cx.reaches(rule, subject, refused, tally.refused, indicator).or(by_all),
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

    fn tally(&self, pair: &Pair, now: Timestamp) -> Tally {
        const SHORT_LIVED: u8 = 30;
        let patience = PATIENCE.as_nanos() as u64;
        let mut tally = Tally::default();
        for (time, tried) in self.tries.dated(pair, now) {
            tally.tried += 1;
            match tried.outcome {
                Outcome::Refused => tally.refused += 1,
                Outcome::Answered => tally.answered += 1,
                _ => {}
            }
            let waited = !pair.udp || now.nanos_since(time) >= patience;
            let probe = match tried.outcome {
                Outcome::Pending if !waited => {
                    tally.waiting += 1;
                    false
                }
                Outcome::Pending | Outcome::Refused | Outcome::HalfOpen => true,
                Outcome::Answered | Outcome::Expired => false,
            };
            if probe {
                tally.probes += 1;
                tally.unasked += u64::from(tried.shape == Shape::Answer);
                tally.stun += u64::from(tried.shape == Shape::Stun);
            }
            if tried.hops <= SHORT_LIVED {
                tally.short_lived += 1;
                tally.hops |= 1 << tried.hops;
            }
        }
        tally
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
        let tally = self.tally(&pair, now);
        report
            .message(format_args!(
                "{source} probed {} {}ports of {victim} within {} s ({} refused, {} answered), last port {port}",
                tally.tried.max(finding.reached.count()),
                if udp { "UDP " } else { "" },
                finding.window_s(),
                tally.refused,
                tally.answered,
            ))
            .first_seen(self.tries.oldest(&pair, now))
            .attack(techniques(internal))
            .evidence("refused", tally.refused)
            .evidence("answered", tally.answered);
        let mut ports: Vec<u16> = self.tries.values(&pair, now).map(|tried| tried.port).collect();
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

impl Tally {
    const fn is_mostly_answered(&self) -> bool {
        2 * self.answered >= self.tried
    }

    /// Where several ports have refused already, the rest are hardly answered: hosts refuse the first ports
    /// of a scan at once and then but one a second (RFC 4443, 2.4 f).
    const fn doubted(&self) -> u64 {
        const SEVERAL: u64 = 3;
        if self.refused >= SEVERAL { self.waiting } else { 0 }
    }

    fn is_spared(&self, pair: &Pair, cx: &mut Context<'_>) -> bool {
        let (rule, subject) = (pair.rule(), pair.subject());
        self.is_path_search() && cx.spares(&TRACEROUTE, rule, subject)
            || 2 * self.unasked > self.probes && cx.spares(&UNSEEN_REQUEST, rule, subject)
            || 2 * self.stun > self.probes && cx.spares(&HOLE_PUNCHING, rule, subject)
    }

    /// Most hop limits are low, and there are several from 1 or 2 on: wherever it is seen, a search for the
    /// path has packets that go no further than the next router. Scanners that draw them at random stay
    /// above what any path uses up (nmap: 37 to 59).
    const fn is_path_search(&self) -> bool {
        const FIRST_HOPS: u32 = 0b110;
        4 * self.short_lived >= 3 * self.tried
            && self.hops & FIRST_HOPS != 0
            && self.hops.count_ones() >= 3
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
    most.saturating_mul(const { NonZeroU32::new(ANSWERED_WEIGHT as u32).unwrap() })
}
