//! Hosts that get datagrams and do not answer.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::flow::{Attempt, AttemptStep};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{
    Context, Finding, Indicator, Interest, Ip, Rule, Setup, Timestamp, Udp, Usage,
};

use super::watch::{Watch, number};
use super::{AMPLIFICATION, SCAN, SOURCE, STREAM, Settings, VICTIM};
use crate::recent::Recent;

/// Watched at once.
const WATCHES_MAX: usize = 16;
/// Hosts that somebody sends datagrams to: fewer than those who send.
const HOSTS_SHARE: usize = 4;
/// Steps unanswered within a window, for each threshold, that make a host worth watching.
const STEPS_SHARE: u64 = 10;
/// A flow whose tries all come within so long, unanswered, makes a host worth watching, too.
const INSISTS: std::time::Duration = std::time::Duration::from_secs(1);

const TRIES: usize = 0;
const ANSWERS: usize = 1;

/// Where in a list hosts are, by their hash: so that for most packets no list is gone through.
struct Places([u8; 256]);

/// Counts attempts and answers by host; watches those that leave many unanswered.
pub(super) struct Victims {
    hosts: BoundedMap<IpAddr, Recent<2>>,
    watches: Vec<Watch>,
    places: Places,
    /// Times that there was no room to watch.
    refused: u64,
}

impl Victims {
    pub(super) fn new(s: &Settings, setup: &Setup) -> Self {
        let hosts = NonZeroUsize::new(setup.limits.max_keys.get() / HOSTS_SHARE)
            .unwrap_or(NonZeroUsize::MIN);
        Self {
            hosts: BoundedMap::new(hosts, s.window.duration()),
            watches: Vec::with_capacity(WATCHES_MAX),
            places: Places::NONE,
            refused: 0,
        }
    }

    pub(super) fn reconfigure(&mut self, s: &Settings) {
        self.hosts.set_idle_after(s.window.duration());
    }

    pub(super) fn on_datagram(
        &mut self,
        ip: &Ip<'_>,
        udp: Udp<'_>,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        if self.watches.is_empty() || !self.is_watched(ip, udp, s, cx) {
            self.on_attempt(s, cx);
        }
    }

    /// A datagram, maybe from or to somebody who is watched; tells whether to.
    fn is_watched(
        &mut self,
        ip: &Ip<'_>,
        udp: Udp<'_>,
        s: &Settings,
        cx: &mut Context<'_>,
    ) -> bool {
        let (from, to) = (number(ip.source), number(ip.destination));
        if let Some(watch) = self.places.find(from, &mut self.watches) {
            watch.answers += 1;
        }
        let Some(watch) = self.places.find(to, &mut self.watches) else { return false };
        let opens = cx.attempt().is_some_and(|attempt| attempt.step == AttemptStep::Opens);
        watch.comes(from, udp, opens);
        judge(watch, udp.destination_port, s, cx);
        true
    }

    /// A step of an attempt, if it is one, at a host that is not watched.
    fn on_attempt(&mut self, s: &Settings, cx: &mut Context<'_>) {
        let Some(attempt) = cx.attempt() else { return };
        let (victim, now) = (attempt.tuple.responder, cx.now());
        if victim.is_multicast() {
            return;
        }
        let step = match attempt.step {
            AttemptStep::Opens | AttemptStep::Repeats => TRIES,
            AttemptStep::Answers => ANSWERS,
            AttemptStep::Refuses | AttemptStep::Aborts => return,
        };
        let insists = attempt.step == AttemptStep::Repeats
            && attempt.tries >= Attempt::TRIES_MAX
            && now <= attempt.opened.after(INSISTS);
        let host = self.hosts.entry(victim, now, || Recent::NONE).value;
        host.add(step, now, s.window);
        let [tries, answers] = host.counts();
        let unanswered = tries.saturating_sub(answers);
        if insists || unanswered * STEPS_SHARE >= s.threshold.get() {
            self.begin(victim, now, cx);
        }
    }

    fn begin(&mut self, victim: IpAddr, now: Timestamp, cx: &mut Context<'_>) {
        if self.watches.iter().any(|watch| watch.victim == victim) {
            return;
        }
        if self.watches.len() >= WATCHES_MAX {
            self.refused += 1;
            return;
        }
        self.watches.push(Watch::new(victim, now));
        self.places = Places::of(&self.watches);
        cx.watch(Interest::UDP);
    }

    /// Watches that have lasted a window end, or begin anew where their last judgement was a flood.
    pub(super) fn on_tick(&mut self, s: &Settings, cx: &mut Context<'_>) {
        let now = cx.now();
        let window = s.window.duration();
        for watch in self.watches.iter_mut().filter(|watch| now > watch.since.after(window)) {
            if watch.sent >= s.threshold.get() && !watch.is_answered() && watch.is_no_stream() {
                *watch = Watch::new(watch.victim, now);
            }
        }
        self.watches.retain(|watch| now <= watch.since.after(window));
        self.places = Places::of(&self.watches);
        cx.watch(match self.watches.is_empty() {
            true => Interest::empty(),
            false => Interest::UDP,
        });
    }

    pub(super) fn tables(&self) -> [(&'static str, Usage); 2] {
        let watched = Usage {
            keys: self.watches.len(),
            max_keys: WATCHES_MAX,
            evictions: self.refused,
            bytes: self.watches.capacity() * size_of::<Watch>(),
        };
        [("hosts", self.hosts.usage()), ("watched", watched)]
    }
}

impl Places {
    const NONE: Self = Self([Self::NOBODY; 256]);
    const NOBODY: u8 = 0;
    /// Two or more hosts.
    const SEVERAL: u8 = u8::MAX;

    fn of(watches: &[Watch]) -> Self {
        let mut places = Self::NONE;
        for (watch, at) in watches.iter().zip(1..) {
            let place = &mut places.0[Self::place(watch.number)];
            *place = if *place == Self::NOBODY { at } else { Self::SEVERAL };
        }
        places
    }

    /// The watch of a host, if there is one.
    fn find<'w>(&self, host: u128, watches: &'w mut [Watch]) -> Option<&'w mut Watch> {
        let watch = match self.0[Self::place(host)] {
            Self::NOBODY => return None,
            Self::SEVERAL => watches.iter_mut().find(|watch| watch.number == host)?,
            at => watches.get_mut(usize::from(at) - 1)?,
        };
        (watch.number == host).then_some(watch)
    }

    fn place(host: u128) -> usize {
        let word = host as u64 ^ (host >> 64) as u64;
        (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
    }
}

/// Judges a watch at each tenth of the threshold: the count that the worst reputation makes enough.
fn judge(watch: &mut Watch, port: u16, s: &Settings, cx: &mut Context<'_>) {
    let (base, count) = (s.threshold.get(), watch.sent);
    let step = base.div_ceil(STEPS_SHARE);
    if !count.is_multiple_of(step) {
        return;
    }
    let Some(top) = watch.top_source() else { return };
    let victim = watch.victim;
    let sources = watch.sources();
    let many = sources >= s.sources.get();
    let (rule, subject, indicator): (&'static Rule, _, _) = match many {
        true => (&VICTIM, Subject::host(victim), None),
        false => (&SOURCE, Subject::pair(victim, top), Some(Indicator::Ip(top))),
    };
    let Some(reached) = cx.reaches(rule, subject, base, count, indicator) else { return };
    if watch.is_answered() {
        return;
    }
    if !watch.is_no_stream() && cx.spares(&STREAM, rule, subject) {
        return;
    }
    if watch.is_scan() && cx.spares(&SCAN, rule, subject) {
        return;
    }
    let finding = Finding {
        rule,
        subject,
        reached,
        step,
        source: if many { Endpoint::default() } else { Endpoint::ip(top) },
        target: Endpoint::ip(victim).port(port),
        window: Some(s.window),
    };
    let of = Subject::host(victim);
    if cx.is_part_of(&AMPLIFICATION, of, &finding)
        || (!many && cx.is_part_of(&VICTIM, of, &finding))
    {
        return;
    }
    cx.raise(finding, |report| {
        let (port, port_percent) = watch.port();
        let from = if many { format!("about {sources} sources") } else { top.to_string() };
        report
            .message(format_args!(
                "{victim} got {count} datagrams (UDP) within {} s from {from}, most to port {port}, and sent {}",
                finding.window_s(),
                watch.answers,
            ))
            .evidence("datagrams", count)
            .evidence("answers", watch.answers)
            .evidence("sources", sources)
            .evidence("port_percent", port_percent)
            .evidence("new_flows_percent", watch.fresh_percent())
            .evidence("alike_percent", watch.alike_percent())
            .evidence("mean_payload", watch.mean_payload())
            .first_seen(Some(watch.since));
    });
}
