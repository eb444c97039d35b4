//! The tuned profile: who answers at a suspicious port, what flows there, and who goes on trying.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::flow::{Attempt, AttemptStep, FiveTuple};
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{
    Context, Finding, Guard, Indicator, Ip, Limits, Packet, Report, Rule, Tcp, Transport, Usage,
};

use super::announced::Announced;
use super::rules::{BACKDOOR, CHANCE, CONTACT, DEBUG_BRIDGE, INSISTENCE, IRC, NEGOTIATED};
use super::settings::Settings;
use super::speech::Speech;
use super::tried::{Goal, Tried};
use crate::port_bits::PortBits;

const TCP: u8 = 6;
/// Segments of a conversation that are looked at: a shell or a program shows itself at once.
const SEGMENTS_MAX: u8 = 24;
/// A conversation quiet for longer may be forgotten.
const IDLE: Duration = Duration::from_secs(600);
/// Datagrams without an answer that make insistence: far more than a question that is lost.
const DATAGRAMS: u8 = 16;
const TELNET: u16 = 23;
/// The source port of active FTP transfers.
const FTP_DATA: u16 = 20;
/// Ports above are handed out, ports below are services'.
const HIGH: u16 = 1024;

/// What the tuned rules remember.
pub(super) struct Tuned {
    ports: PortBits,
    talks: BoundedMap<Place, Talk>,
    tried: Tried,
    announced: Announced,
}

/// A conversation at a suspicious port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    originator: IpAddr,
    originator_port: u16,
    responder: IpAddr,
    port: u16,
    tcp: bool,
}

/// What was heard in it.
#[derive(Clone, Copy, Debug)]
struct Talk {
    /// Whether it is known who opened it.
    opened: bool,
    segments: u8,
    client: Option<Speech>,
    server: Option<Speech>,
}

/// What is to be judged.
struct Case<'a> {
    rule: &'static Rule,
    place: Place,
    count: u64,
    base: u64,
    window: Option<Seconds>,
    excuse: Option<&'static Guard>,
    describe: &'a dyn Fn(&mut Report),
}

impl Tuned {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let talks = NonZeroUsize::new(limits.max_keys.get() / 16).unwrap_or(NonZeroUsize::MIN);
        Self {
            ports: PortBits::of(&settings.ports),
            talks: BoundedMap::new(talks, IDLE),
            tried: Tried::new(limits),
            announced: Announced::new(),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.ports = PortBits::of(&settings.ports);
    }

    #[inline]
    pub(super) fn on_packet(
        &mut self,
        packet: &Packet<'_>,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        let Some(ip) = packet.ip() else { return };
        if let Some(attempt) = cx.attempt() {
            let (tuple, port) = (&attempt.tuple, attempt.tuple.responder_port);
            if port >= HIGH && attempt.step == AttemptStep::Opens {
                self.tried.note_high_port(tuple.originator, port, cx.now());
            }
            if self.ports.contains(port) {
                let Attempt { tuple, step, tries, .. } = *attempt;
                self.on_attempt(ip, tuple, step, tries, settings, cx);
            }
        }
        if let Transport::Tcp(tcp) = &ip.transport
            && self.may_matter(tcp)
            && ip.fragment.is_none()
        {
            self.on_data(ip, tcp, settings, cx);
        }
    }

    /// Whether a segment carries anything that is looked at, by its ports and its first byte: most do not.
    fn may_matter(&self, tcp: &Tcp<'_>) -> bool {
        let Some(first) = tcp.payload.first() else { return false };
        matches!(first, b'2' | b'P' | b'E' | b'M')
            || self.ports.contains(tcp.source_port)
            || self.ports.contains(tcp.destination_port)
    }

    #[inline(never)]
    fn on_attempt(
        &mut self,
        ip: &Ip<'_>,
        tuple: FiveTuple,
        step: AttemptStep,
        tries: u8,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now();
        let place = Place::of(&tuple);
        let goal =
            Goal { originator: tuple.originator, responder: tuple.responder, port: place.port };
        let fresh = Talk { opened: true, segments: 0, client: None, server: None };
        match step {
            AttemptStep::Opens | AttemptStep::Repeats if place.tcp => {
                let tries = self.tried.note(goal, now);
                if now >= tries.first.after(settings.insistence.duration()) {
                    self.insists(place, tries.count, settings.tries.get(), settings, cx);
                }
            }
            AttemptStep::Opens => {
                let client = Some(Speech::of_datagram(ip.payload()));
                *self.talks.entry(place, now, || fresh).value = Talk { client, ..fresh };
            }
            AttemptStep::Repeats if tries >= DATAGRAMS => {
                let talk = self.talks.get(&place);
                let unknown = talk.is_some_and(|talk| talk.client == Some(Speech::Unknown));
                if unknown && !settings.is_common(place.port) && is_unicast(place.responder) {
                    self.insists(place, tries.into(), DATAGRAMS.into(), settings, cx);
                }
            }
            AttemptStep::Answers if place.tcp => {
                self.tried.answered(&goal);
                *self.talks.entry(place, now, || fresh).value = fresh;
            }
            AttemptStep::Answers => {
                if let Some(talk) = self.talks.touch(&place, now) {
                    talk.server = Some(Speech::of_datagram(ip.payload()));
                    let talk = *talk;
                    self.weigh(place, talk, settings, cx);
                }
            }
            _ => {}
        }
    }

    #[inline(never)]
    fn on_data(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, settings: &Settings, cx: &mut Context<'_>) {
        let (from, to, payload) = (tcp.source_port, tcp.destination_port, tcp.payload);
        if matches!(payload.first(), Some(b'2' | b'P' | b'E')) {
            self.announced.note(ip, payload, |port| self.ports.contains(port), cx.now());
        }
        let (at_source, at_destination) = (self.ports.contains(from), self.ports.contains(to));
        if !at_source && !at_destination {
            if payload.first() == Some(&b'M')
                && Speech::is_windows_banner(payload)
                && from != TELNET
                && to != TELNET
            {
                // Nobody has looked who opened it: services have the lower port.
                let place = Place::between(ip, tcp, from < to);
                self.tells_backdoor(place, Speech::Shell, ip.source, cx);
            }
            return;
        }
        let by_responder = match (at_source, at_destination) {
            (true, true) => self.talks.get(&Place::between(ip, tcp, true)).is_some(),
            (at_source, _) => at_source,
        };
        let place = Place::between(ip, tcp, by_responder);
        // Not opened before our eyes, and the other end is a service: the port is a client's by chance.
        if place.originator_port < HIGH && self.talks.get(&place).is_none() {
            return;
        }
        let fresh = Talk { opened: false, segments: 0, client: None, server: None };
        let talk = self.talks.entry(place, cx.now(), || fresh).value;
        if talk.segments >= SEGMENTS_MAX {
            return;
        }
        talk.segments += 1;
        let speech = Speech::of_segment(payload);
        let both_before = talk.client.is_some() && talk.server.is_some();
        let side = if by_responder { &mut talk.server } else { &mut talk.client };
        side.get_or_insert(speech);
        let talk = *talk;
        match speech {
            Speech::Shell | Speech::Program => self.tells_backdoor(place, speech, ip.source, cx),
            Speech::Adb if talk.opened => tells_bridge(place, cx),
            _ => {}
        }
        let both = talk.client.is_some() && talk.server.is_some();
        if both && !both_before && talk.opened {
            self.weigh(place, talk, settings, cx);
        }
    }

    /// Weighs a conversation that both sides have spoken in.
    fn weigh(&self, place: Place, talk: Talk, settings: &Settings, cx: &mut Context<'_>) {
        let speech = talk.speech();
        let points = u64::from(place.external(cx).is_some())
            + u64::from(!settings.is_common(place.port))
            + u64::from(speech == Speech::Unknown);
        // A datagram needs no handshake: what answers it may be anything.
        let base = settings.weight.get() + u64::from(!place.tcp);
        let excuse = match speech {
            Speech::Irc if matches!(place.port, 6665..=6669) => Some(&IRC),
            Speech::Peer | Speech::Media => Some(&NEGOTIATED),
            _ => self.excuse(place, settings),
        };
        let (transport, name) = (place.transport(), speech.name());
        let describe = |report: &mut Report| {
            let (from, to) = (place.originator, place.responder());
            report
                .message(format_args!(
                    "{from} talks to the suspicious {transport} port {to}{}, speaking {name}",
                    super::known_use(place.port),
                ))
                .evidence("protocol", name)
                .evidence("port", place.port)
                .evidence("transport", transport);
        };
        let count = points;
        let rule = &CONTACT;
        judge(&Case { rule, place, count, base, window: None, excuse, describe: &describe }, cx);
    }

    fn insists(
        &self,
        place: Place,
        count: u64,
        base: u64,
        settings: &Settings,
        cx: &mut Context<'_>,
    ) {
        let transport = place.transport();
        let describe = |report: &mut Report| {
            let (from, to) = (place.originator, place.responder());
            report
                .message(format_args!(
                    "{from} has tried the suspicious {transport} port {to} {count} times without an answer{}",
                    super::known_use(place.port),
                ))
                .evidence("port", place.port)
                .evidence("transport", transport);
        };
        let (rule, excuse) = (&INSISTENCE, self.excuse(place, settings));
        judge(&Case { rule, place, count, base, window: None, excuse, describe: &describe }, cx);
    }

    fn tells_backdoor(&self, place: Place, speech: Speech, from: IpAddr, cx: &mut Context<'_>) {
        let name = speech.name();
        let describe = |report: &mut Report| {
            let to = if from == place.originator { place.responder } else { place.originator };
            report
                .message(format_args!(
                    "{from} sends {to} a {name} in the clear, at TCP port {}{}",
                    place.port,
                    super::known_use(place.port),
                ))
                .evidence("protocol", name)
                .evidence("port", place.port);
        };
        let (rule, window) = (&BACKDOOR, None);
        let case =
            Case { rule, place, count: 1, base: 1, window, excuse: None, describe: &describe };
        judge(&case, cx);
    }

    /// Why the port may be chance.
    fn excuse(&self, place: Place, settings: &Settings) -> Option<&'static Guard> {
        if place.originator_port == FTP_DATA || self.announced.has(place.responder, place.port) {
            return Some(&NEGOTIATED);
        }
        let tried = u64::from(self.tried.high_ports(place.originator));
        (tried >= settings.chance.get()).then_some(&CHANCE)
    }

    pub(super) fn usage(&self) -> Vec<(&'static str, Usage)> {
        let mut tables = vec![("talks", self.talks.usage()), ("announced", self.announced.usage())];
        tables.extend(self.tried.usage());
        tables
    }
}

fn tells_bridge(place: Place, cx: &mut Context<'_>) {
    if place.external(cx).is_none() {
        return;
    }
    let describe = |report: &mut Report| {
        let (from, to) = (place.originator, place.responder());
        report
            .message(format_args!("{from} uses the Android debug bridge of {to}"))
            .evidence("protocol", Speech::Adb.name())
            .evidence("port", place.port);
    };
    let (rule, window) = (&DEBUG_BRIDGE, None);
    judge(&Case { rule, place, count: 1, base: 1, window, excuse: None, describe: &describe }, cx);
}

fn judge(case: &Case<'_>, cx: &mut Context<'_>) {
    let &Case { rule, place, count, base, window, excuse, describe } = case;
    let subject = Subject::host_port(place.originator, place.port);
    let indicator = place.external(cx).map(Indicator::Ip);
    let Some(reached) = cx.reaches(rule, subject, base, count, indicator) else { return };
    if excuse.is_some_and(|guard| cx.spares(guard, rule, subject)) {
        return;
    }
    let source = Endpoint::ip(place.originator).port(place.originator_port);
    let target = place.responder();
    let finding = Finding { rule, subject, reached, step: 0, source, target, window };
    let wholes: &[&'static Rule] = match rule {
        _ if *rule == CONTACT => &[&BACKDOOR, &DEBUG_BRIDGE],
        _ if *rule == INSISTENCE => &[&BACKDOOR, &DEBUG_BRIDGE, &CONTACT],
        _ => &[],
    };
    if !wholes.iter().any(|whole| cx.is_part_of(whole, subject, &finding)) {
        cx.raise(finding, describe);
    }
}

impl Place {
    fn of(tuple: &FiveTuple) -> Self {
        Self {
            originator: tuple.originator,
            originator_port: tuple.originator_port,
            responder: tuple.responder,
            port: tuple.responder_port,
            tcp: tuple.protocol == TCP,
        }
    }

    fn between(ip: &Ip<'_>, tcp: &Tcp<'_>, by_responder: bool) -> Self {
        let (from, to) = ((ip.source, tcp.source_port), (ip.destination, tcp.destination_port));
        let (originator, responder) = if by_responder { (to, from) } else { (from, to) };
        Self {
            originator: originator.0,
            originator_port: originator.1,
            responder: responder.0,
            port: responder.1,
            tcp: true,
        }
    }

    fn responder(&self) -> Endpoint {
        Endpoint::ip(self.responder).port(self.port)
    }

    /// The end outside, if there is one.
    fn external(&self, cx: &Context<'_>) -> Option<IpAddr> {
        [self.responder, self.originator]
            .into_iter()
            .find(|end| cx.site().is_external_unicast(*end))
    }

    const fn transport(&self) -> &'static str {
        if self.tcp { "TCP" } else { "UDP" }
    }
}

impl Talk {
    /// What is spoken: what either side shows it to be.
    fn speech(&self) -> Speech {
        [self.client, self.server]
            .into_iter()
            .flatten()
            .find(|speech| *speech != Speech::Unknown)
            .unwrap_or(Speech::Unknown)
    }
}

impl Settings {
    /// Whether honest programs use `port`, too.
    fn is_common(&self, port: u16) -> bool {
        self.common.contains(&port)
    }
}

fn is_unicast(host: IpAddr) -> bool {
    match host {
        IpAddr::V4(host) => !host.is_broadcast() && !host.is_multicast() && host.octets()[3] != 255,
        IpAddr::V6(host) => !host.is_multicast(),
    }
}
