//! A body sent to whoever may be there: `port_scan/worm`.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::flow::FiveTuple;
use netsentinel_core::window::{Tally, TallyWindow};
use netsentinel_core::{Context, Finding, Indicator, Ip, Limits, Timestamp, Transport, Usage};

use super::contact::{Shape, add, shape};
use super::rules::{ANSWERED, UNSEEN_REQUEST, WORM};
use super::settings::Settings;
use super::techniques;
use super::told::Told;

const WINDOW: Seconds = Seconds::new(1).unwrap();
/// Bytes of the first datagram that may be a body. Peers greet each other with less: what looks for nodes,
/// for a way through translators or for names has its fields and little more. Slammer had 376.
const BODY_MIN: usize = 256;

/// Where each socket has sent what may be a body.
pub(super) struct Worm {
    places: TallyWindow<Socket, Places>,
    /// When the last was sent, by anybody.
    last: Timestamp,
}

/// An address and a port that bodies come from.
type Socket = (IpAddr, u16);

/// What is known of a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Body,
    /// A body that looks like an answer whose request was not seen.
    Unasked,
    /// It has sent something itself.
    Heard,
}

/// The places that a socket has sent to.
#[derive(Clone, Copy, Default)]
struct Places {
    bodies: u32,
    unasked: u32,
    heard: u32,
}

impl Tally for Places {
    type Item = Sent;

    fn count(&mut self, sent: Sent, _: bool, by: i32) {
        add(&mut self.bodies, sent != Sent::Heard, by);
        add(&mut self.unasked, sent == Sent::Unasked, by);
        add(&mut self.heard, sent == Sent::Heard, by);
    }
}

impl Worm {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let (most, window) = (settings.worm_threshold.non_zero(), WINDOW.duration());
        Self {
            places: TallyWindow::new(most.saturating_add(1), window, window, limits),
            last: Timestamp::MIN,
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let most = settings.worm_threshold.non_zero();
        self.places.reconfigure(most.saturating_add(1), WINDOW.duration());
    }

    /// `ip` opens a UDP flow.
    pub(super) fn on_datagram(
        &mut self,
        settings: &Settings,
        tuple: &FiveTuple,
        ip: &Ip<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let Transport::Udp(udp) = ip.transport else { return };
        if udp.payload.len() < BODY_MIN {
            return;
        }
        let (source, victim, now) = (tuple.originator, tuple.responder, cx.now());
        let (socket, at) = ((source, tuple.originator_port), place(victim, tuple.responder_port));
        let sent = if shape(ip) == Shape::Answer { Sent::Unasked } else { Sent::Body };
        let seen = self.places.note(socket, at, now, now, |_| sent);
        self.last = now;
        let Places { bodies, unasked, heard } = seen.tally;
        let (rule, subject) = (&WORM, Subject::host(source));
        let (base, indicator) = (settings.worm_threshold.get(), Some(Indicator::Ip(source)));
        if bodies < 2 {
            return;
        }
        let Some(reached) = cx.reaches(rule, subject, base, bodies.into(), indicator) else {
            return;
        };
        if reached.holds()
            && (heard > 0 && cx.spares(&ANSWERED, rule, subject)
                || unasked == bodies && cx.spares(&UNSEEN_REQUEST, rule, subject))
        {
            return;
        }
        let first = self.places.oldest(&socket, now);
        let finding = Finding {
            rule,
            subject,
            reached,
            step: u64::from(!seen.known),
            source: Endpoint::ip(source).port(tuple.originator_port),
            target: Endpoint::ip(victim).port(tuple.responder_port),
            window: Some(WINDOW),
        };
        let internal = cx.site().is_internal(source);
        told.tell(&finding, cx, |report| {
            report
                .message(format_args!(
                    "{source} sent {} bytes unasked from UDP port {} to each of {bodies} places within {} s, the last {}",
                    udp.payload.len(),
                    tuple.originator_port,
                    finding.window_s(),
                    finding.target,
                ))
                .first_seen(first)
                .attack(techniques(internal))
                .evidence("payload_bytes", udp.payload.len())
                .evidence("source_port", tuple.originator_port);
        });
    }

    /// `peer` sends something to `socket`: what has conversations is no worm's.
    pub(super) fn on_heard(&mut self, socket: Socket, peer: Socket, now: Timestamp) {
        if self.last.after(WINDOW.duration()) < now {
            return;
        }
        let at = place(peer.0, peer.1);
        if !self.places.settle(&socket, at, now, |sent| *sent = Sent::Heard).known
            && self.places.oldest(&socket, now).is_some()
        {
            self.places.note(socket, at, now, now, |_| Sent::Heard);
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.places.usage()
    }
}

/// A port of a network: /16, or /32 of IPv6. Neighbours on one port are one place: whoever serves a site
/// knows them.
fn place(host: IpAddr, port: u16) -> u32 {
    let network = match host {
        IpAddr::V4(ip) => ip.to_bits() & 0xffff_0000,
        IpAddr::V6(ip) => {
            let prefix = (ip.to_bits() >> 96) as u32;
            (prefix ^ prefix << 16) & 0xffff_0000
        }
    };
    network | u32::from(port)
}
