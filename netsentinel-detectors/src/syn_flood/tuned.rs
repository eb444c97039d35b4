//! The rules of profile `tuned`: what one source, and what many, attempt at one host, and what becomes of it.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, EventWindow};
use netsentinel_core::{
    Context, Finding, Indicator, Interest, Ip, Limits, Reached, Report, Setup, Tcp, TcpFlags,
    Timestamp, Usage,
};

use super::early::{EARLY_MAX, Early};
use super::scattered::Scattered;
use super::votes::Print;
use super::watch::{Outcome, Pending, Watch, Watches};
use super::{COMPLETES, RETRIES, SCAN, SOURCE, Settings, VICTIM};
use crate::recent::Recent;

/// Sources that try a service of a host again and again: few, for what comes once is kept with the host.
const PAIRS_SHARE: usize = 4;
/// Hosts that somebody tries to connect to: fewer than those who try.
const VICTIMS_SHARE: usize = 8;
/// Clients that find a service dead make no more attempts than so many times the threshold.
const RETRIES_MAX: u64 = 5;

/// What a host holds by itself must be below any threshold that reputation can make of the configured one.
const EARLY_BELOW: u64 = 2 * 10 * EARLY_MAX as u64;
/// Counts beyond the threshold are told to whoever asks for an explanation only now and then.
const EXPLAINED_EVERY: u64 = 16;

/// A source, a host, and the port that the one tries on the other.
type Pair = (IpAddr, IpAddr, u16);

/// Counts attempts by source and service and by host; watches what becomes of them where they come fast.
pub(super) struct Tuned {
    pairs: EventWindow<Pair>,
    victims: BoundedMap<IpAddr, Victim>,
    watched: Watches<IpAddr>,
    /// By victim and source.
    watched_pairs: Watches<(IpAddr, IpAddr)>,
    listening: bool,
    pub(super) scattered: Scattered,
}

/// What comes to a host.
struct Victim {
    recent: Recent<1>,
    early: Early,
}

impl Tuned {
    pub(super) fn new(settings: &Settings, setup: &Setup) -> Self {
        let window = settings.window.duration();
        let share = |part: usize| {
            NonZeroUsize::new(setup.limits.max_keys.get() / part).unwrap_or(NonZeroUsize::MIN)
        };
        let limits = Limits { max_keys: share(PAIRS_SHARE) };
        Self {
            pairs: EventWindow::new(settings.threshold.non_zero(), window, limits),
            victims: BoundedMap::new(share(VICTIMS_SHARE), window),
            watched: Watches::new(),
            watched_pairs: Watches::new(),
            listening: false,
            scattered: Scattered::new(settings),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let window = settings.window.duration();
        self.pairs.reconfigure(settings.threshold.non_zero(), window);
        self.victims.set_idle_after(window);
        self.scattered.reconfigure(settings);
    }

    pub(super) fn on_tcp(&mut self, ip: &Ip<'_>, tcp: Tcp<'_>, s: &Settings, cx: &mut Context<'_>) {
        let flags = tcp.flags & OPENING;
        if flags == TcpFlags::SYN {
            self.on_syn(ip, tcp, s, cx);
        } else if self.listening {
            self.on_answer(ip, tcp, flags, cx.now());
        }
    }

    fn on_syn(&mut self, ip: &Ip<'_>, tcp: Tcp<'_>, s: &Settings, cx: &mut Context<'_>) {
        let (source, victim, port) = (ip.source, ip.destination, tcp.destination_port);
        let (client, now) = ((source, tcp.source_port), cx.now());
        let pair = (source, victim, port);
        let print = Print::of(source, port);
        let host = self.victims.entry(victim, now, || Victim::NEW).value;
        let total = host.recent.add(0, now, s.window);
        if total <= EARLY_MAX as u64
            && total * 2 < s.victim_threshold.get()
            && s.threshold.get() >= EARLY_BELOW
            && host.early.takes(print, now, nanos(s))
        {
            // Far from any threshold: told only to whoever asks for an explanation.
            let count = if total == 1 { 1 } else { host.early.count(print, now, nanos(s)) };
            let (whole, of) = (Subject::host(victim), Subject::pair(victim, source));
            let _ = cx.reaches(&VICTIM, whole, s.victim_threshold.get(), total, None);
            let _ = cx.reaches(&SOURCE, of, s.threshold.get(), count, Some(Indicator::Ip(source)));
            return;
        }
        if self.stands_out(client, (victim, port), print, total, s, cx) {
            self.on_pair(client.1, pair, print, s, cx);
        }
    }

    /// One attempt more at a host that gets some; tells whether it is to be counted by its source and port.
    fn stands_out(
        &mut self,
        client: (IpAddr, u16),
        (victim, port): (IpAddr, u16),
        print: Print,
        total: u64,
        s: &Settings,
        cx: &mut Context<'_>,
    ) -> bool {
        let (base, now) = (s.victim_threshold.get(), cx.now());
        if total <= base || total.is_multiple_of(EXPLAINED_EVERY) {
            let _ = cx.reaches(&VICTIM, Subject::host(victim), base, total, None);
        }
        if total * 2 < base {
            return true;
        }
        let Some((watch, begun)) = self.watched.begin(victim, now, s) else { return true };
        watch.opens(client, port, now);
        let stands_out = watch.stands_out(print);
        if total >= base && watch.sources() >= s.sources.get() {
            judge_victim(victim, watch, (total, port), s, cx);
        }
        if begun {
            self.listen(now, cx);
        }
        stands_out
    }

    /// One attempt more by a source at a port, after those that the host holds.
    fn on_pair(
        &mut self,
        source_port: u16,
        pair: Pair,
        print: Print,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        let (source, victim, port) = pair;
        let (base, now) = (s.threshold.get(), cx.now());
        let mut count = self.pairs.add(pair, now);
        // What the host holds is looked up only where it may make the difference.
        if (count + EARLY_MAX as u64).saturating_mul(10) >= base
            && let Some(host) = self.victims.get(&victim)
        {
            count = (count + host.early.count(print, now, nanos(s))).min(base);
        }
        if count * 2 >= base
            && let Some((watch, begun)) = self.watched_pairs.begin((victim, source), now, s)
        {
            watch.opens((source, source_port), port, now);
            if begun {
                self.listen(now, cx);
            }
        }
        self.judge_source(pair, count, s, cx);
    }

    /// A segment of a handshake that is watched, maybe: the victim accepts, or the client acknowledges.
    fn on_answer(&mut self, ip: &Ip<'_>, tcp: Tcp<'_>, flags: TcpFlags, now: Timestamp) {
        let (from, to) = (ip.source, ip.destination);
        if flags == TcpFlags::SYN | TcpFlags::ACK {
            if let Some(watch) = self.watched.get(from) {
                watch.answers(now);
            }
            if let Some(watch) = self.watched_pairs.get((from, to)) {
                watch.answers(now);
            }
        } else if flags.contains(TcpFlags::ACK) && !flags.intersects(TcpFlags::RST | TcpFlags::SYN)
        {
            let (client, port) = ((from, tcp.source_port), tcp.destination_port);
            if let Some(watch) = self.watched.get(to) {
                watch.acknowledges(client, port, now);
            }
            if let Some(watch) = self.watched_pairs.get((to, from)) {
                watch.acknowledges(client, port, now);
            }
        }
    }

    fn judge_source(&mut self, pair: Pair, count: u64, s: &Settings, cx: &mut Context<'_>) {
        let (source, victim, port) = pair;
        let (base, now) = (s.threshold.get(), cx.now());
        let subject = Subject::pair(victim, source);
        let indicator = Some(Indicator::Ip(source));
        let Some(reached) = cx.reaches(&SOURCE, subject, base, count, indicator) else { return };
        let Some(watch) = self.watched_pairs.get((victim, source)) else {
            return self.raise_source(pair, reached, 0, s, cx);
        };
        match watch.outcome(now, s) {
            Outcome::Completes => {
                watch.pending = None;
                cx.spares(&COMPLETES, &SOURCE, subject);
            }
            Outcome::Young if watch.answered > 0 => {
                watch.pending = Some(Pending { count, port });
            }
            _ => {
                watch.pending = None;
                let completed = watch.completed_percent();
                self.raise_source(pair, reached, completed, s, cx);
            }
        }
    }

    fn raise_source(
        &self,
        pair: Pair,
        reached: Reached<'_>,
        completed: u64,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        let ((source, victim, port), now) = (pair, cx.now());
        let finding = Finding {
            rule: &SOURCE,
            subject: Subject::pair(victim, source),
            reached,
            step: 1,
            source: Endpoint::ip(source),
            target: Endpoint::ip(victim).port(port),
            window: Some(s.window),
        };
        if cx.is_part_of(&VICTIM, Subject::host(victim), &finding) {
            return;
        }
        cx.raise(finding, |report| {
            self.tell(&finding, now, s, report);
            report.evidence("completed_percent", completed);
        });
    }

    /// Says what one source did.
    pub(super) fn tell(
        &self,
        finding: &Finding<'_>,
        now: Timestamp,
        s: &Settings,
        report: &mut Report,
    ) {
        let (Some(source), target, count) =
            (finding.source.ip, finding.target, finding.reached.count())
        else {
            return;
        };
        report
            .message(format_args!(
                "{source} attempted {count} connections (SYN) to {target} within {} s and did not complete them",
                finding.window_s(),
            ))
            .evidence("attempts", count);
        if let (Some(victim), Some(port)) = (target.ip, target.port) {
            let held = self.victims.get(&victim);
            let early =
                held.and_then(|host| host.early.oldest(Print::of(source, port), now, nanos(s)));
            let counted = self.pairs.oldest(&(source, victim, port), now);
            report.first_seen(early.into_iter().chain(counted).min());
        }
    }

    /// Judges what was pending and is ripe; everything `at_once` when the capture has ended.
    pub(super) fn settle(&mut self, at_once: bool, s: &Settings, cx: &mut Context<'_>) {
        let now = cx.now();
        for (victim, watch) in self.watched.ripe(now, at_once) {
            let Some(Pending { count, .. }) = watch.pending.take() else { continue };
            let outcome = watch.last_outcome(s);
            raise_victim(victim, watch, (count, 1), outcome, s, cx);
        }
        let mut due = [None; 4];
        loop {
            let ripe = self.watched_pairs.ripe(now, at_once);
            for (place, (key, watch)) in due.iter_mut().zip(ripe) {
                let outcome = (watch.last_outcome(s), watch.completed_percent());
                *place = watch.pending.take().map(|pending| (key, pending, outcome));
            }
            if due.iter().flatten().next().is_none() {
                break;
            }
            for ((victim, source), pending, (outcome, completed)) in
                due.iter_mut().filter_map(Option::take)
            {
                let (subject, base) = (Subject::pair(victim, source), s.threshold.get());
                if outcome == Outcome::Completes && cx.spares(&COMPLETES, &SOURCE, subject) {
                    continue;
                }
                let (count, indicator) = (pending.count, Some(Indicator::Ip(source)));
                let Some(reached) = cx.reaches(&SOURCE, subject, base, count, indicator) else {
                    continue;
                };
                self.raise_source((source, victim, pending.port), reached, completed, s, cx);
            }
        }
        self.watched.end_old(now, s);
        self.watched_pairs.end_old(now, s);
        self.listen(now, cx);
    }

    /// All TCP is asked for as long as a sample waits for acknowledgements, and only then.
    fn listen(&mut self, now: Timestamp, cx: &mut Context<'_>) {
        self.listening = self.watched.listen(now) || self.watched_pairs.listen(now);
        cx.watch(if self.listening { Interest::TCP } else { Interest::empty() });
    }

    pub(super) fn tables(&self) -> Vec<(&'static str, Usage)> {
        vec![
            ("attempts", self.pairs.usage()),
            ("victims", self.victims.usage()),
            ("watched", self.watched.usage() + self.watched_pairs.usage()),
            ("scattered", self.scattered.usage()),
        ]
    }
}

impl Victim {
    const NEW: Self = Self { recent: Recent::NONE, early: Early::NONE };
}

/// The flags of which an attempt to connect has SYN alone.
pub(super) const OPENING: TcpFlags =
    TcpFlags::SYN.union(TcpFlags::ACK).union(TcpFlags::RST).union(TcpFlags::FIN);

/// The window in nanoseconds.
fn nanos(s: &Settings) -> u64 {
    s.window.get() * 1_000_000_000
}

/// Judges a count that is enough, from sources that are many.
fn judge_victim(
    victim: IpAddr,
    watch: &mut Watch,
    (count, port): (u64, u16),
    s: &Settings,
    cx: &mut Context<'_>,
) {
    let Some(step) = watch.tells() else { return };
    match watch.outcome(cx.now(), s) {
        Outcome::Young => watch.pending = Some(Pending { count, port }),
        outcome => {
            watch.pending = None;
            raise_victim(victim, watch, (count, step), outcome, s, cx);
        }
    }
}

fn raise_victim(
    victim: IpAddr,
    watch: &mut Watch,
    (count, step): (u64, u64),
    outcome: Outcome,
    s: &Settings,
    cx: &mut Context<'_>,
) {
    let subject = Subject::host(victim);
    let base = s.victim_threshold.get();
    let Some(reached) = cx.reaches(&VICTIM, subject, base, count, None) else { return };
    let guard = match outcome {
        Outcome::Completes => Some(&COMPLETES),
        Outcome::Retried if count < base.saturating_mul(RETRIES_MAX) => Some(&RETRIES),
        _ if !watch.is_no_scan() => Some(&SCAN),
        _ => None,
    };
    if guard.is_some_and(|guard| cx.spares(guard, &VICTIM, subject)) {
        return;
    }
    watch.is_told();
    let (port, port_percent) = watch.top_port();
    let finding = Finding {
        rule: &VICTIM,
        subject,
        reached,
        step,
        source: Endpoint::default(),
        target: Endpoint::ip(victim).port(port),
        window: Some(s.window),
    };
    cx.raise(finding, |report| {
        let (sources, completed) = (watch.sources(), watch.completed_percent());
        report
            .message(format_args!(
                "{victim} got {count} connection attempts (SYN) within {} s from about {sources} sources, \
                 most to port {port}; {completed} % of them completed",
                finding.window_s(),
            ))
            .evidence("attempts", count)
            .evidence("sources", sources)
            .evidence("completed_percent", completed)
            .evidence("answered_percent", watch.answered.min(watch.opened) * 100 / watch.opened.max(1))
            .evidence("port_percent", port_percent);
    });
}
