//! A body sent to whoever may be there: `port_scan/worm`.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::flow::FiveTuple;
use netsentinel_core::window::{Tally, TallyWindow};
use netsentinel_core::{Context, Finding, Indicator, Ip, Limits, Timestamp, Transport, Usage};

use super::contact::{Shape, add, shape};
use super::rules::{ANSWERED, HANDSHAKE, UNSEEN_REQUEST, WORM};
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
    /// Until then some are in the window.
    until: Timestamp,
}

/// An address and a port that bodies come from.
type Socket = (IpAddr, u16);

/// The places that a socket has sent to.
#[derive(Clone, Copy, Default)]
struct Places {
    bodies: u32,
    /// Those that look like answers whose requests were not seen.
    unasked: u32,
    /// Those that open a conversation of QUIC or DTLS.
    handshakes: u32,
    /// When somebody has last sent anything to the socket.
    heard: Option<Timestamp>,
}

/// What a body looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    Plain,
    Answer,
    Handshake,
}

impl Tally for Places {
    type Item = Body;

    fn count(&mut self, body: Body, _: bool, by: i32) {
        add(&mut self.bodies, true, by);
        add(&mut self.unasked, body == Body::Answer, by);
        add(&mut self.handshakes, body == Body::Handshake, by);
    }
}

impl Body {
    fn of(ip: &Ip<'_>, payload: &[u8]) -> Self {
        if opens_conversation(payload) {
            Self::Handshake
        } else if shape(ip) == Shape::Answer {
            Self::Answer
        } else {
            Self::Plain
        }
    }
}

/// Whether `payload` begins as the first datagram of QUIC (RFC 9000, 17.2: a long header of version 1, 2 or a
/// draft) or of DTLS (RFC 6347, 4.1: a handshake record).
fn opens_conversation(payload: &[u8]) -> bool {
    const LONG_HEADER: u8 = 0xc0;
    match payload {
        [first, version @ ..] if first & LONG_HEADER == LONG_HEADER => {
            version.starts_with(&[0, 0, 0, 1])
                || version.starts_with(&[0x6b, 0x33, 0x43, 0xcf])
                || version.starts_with(&[0xff, 0, 0])
        }
        [0x16, 0xfe, 0xfd | 0xff, ..] => true,
        _ => false,
    }
}

impl Worm {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let (most, window) = (settings.worm_threshold.non_zero(), WINDOW.duration());
        Self { places: TallyWindow::new(most, window, window, limits), until: Timestamp::MIN }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let most = settings.worm_threshold.non_zero();
        self.places.reconfigure(most, WINDOW.duration());
    }

    /// `ip` opens a UDP flow.
    #[inline]
    pub(super) fn on_datagram(
        &mut self,
        settings: &Settings,
        tuple: &FiveTuple,
        ip: &Ip<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        if matches!(ip.transport, Transport::Udp(udp) if udp.payload.len() >= BODY_MIN) {
            self.on_body(settings, tuple, ip, told, cx);
        }
    }

    fn on_body(
        &mut self,
        settings: &Settings,
        tuple: &FiveTuple,
        ip: &Ip<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let Transport::Udp(udp) = ip.transport else { return };
        let (source, victim, now) = (tuple.originator, tuple.responder, cx.now());
        let (socket, at) = ((source, tuple.originator_port), place(victim, tuple.responder_port));
        let seen = self.places.note(socket, at, now, now, |_| Body::of(ip, udp.payload));
        self.until = now.after(WINDOW.duration());
        let Places { bodies, unasked, handshakes, heard } = seen.tally;
        let (rule, subject) = (&WORM, Subject::host(source));
        let (base, indicator) = (settings.worm_threshold.get(), Some(Indicator::Ip(source)));
        if bodies < 2 {
            return;
        }
        let Some(reached) = cx.reaches(rule, subject, base, bodies.into(), indicator) else {
            return;
        };
        let talks = heard.is_some_and(|heard| heard.after(WINDOW.duration()) >= now);
        if reached.holds()
            && (talks && cx.spares(&ANSWERED, rule, subject)
                || unasked == bodies && cx.spares(&UNSEEN_REQUEST, rule, subject)
                || 2 * handshakes > bodies && cx.spares(&HANDSHAKE, rule, subject))
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

    /// Somebody sends something to `socket`: what has conversations is no worm's.
    #[inline]
    pub(super) fn on_heard(&mut self, socket: Socket, now: Timestamp) {
        if now <= self.until
            && let Some(places) = self.places.tally_mut(&socket)
        {
            places.heard = Some(now);
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
