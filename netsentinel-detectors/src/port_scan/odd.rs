//! Packets that no conversation explains: `port_scan/stealth`, `port_scan/ack`, `port_scan/protocol`.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Seconds;
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{
    Context, Finding, Icmp, Indicator, Ip, Limits, Reached, Rule, Tcp, TcpFlags, Timestamp, Usage,
};

use super::contact::{ICMP, share, tag};
use super::rules::{ACK, PROTOCOL, STEALTH};
use super::settings::Settings;
use super::techniques;
use super::told::Told;

const STEALTH_WINDOW: Seconds = Seconds::new(60).unwrap();
const ACK_WINDOW: Seconds = Seconds::new(10).unwrap();
const PROTOCOL_WINDOW: Seconds = Seconds::new(60).unwrap();
/// The tables of resets and of protocols have shares of the keys, one in so many.
const RARE: usize = 4;

/// A source and the host it probes.
type Pair = (IpAddr, IpAddr);

/// What of each source no conversation explains.
pub(super) struct Odd {
    /// Ports probed by forbidden flags, each by itself and a part of its host.
    stealth: DistinctWindow<IpAddr, u32, 5>,
    /// Ports that have reset what was no connection.
    resets: DistinctWindow<Pair, u16>,
    /// IP protocols that are unreachable.
    protocols: DistinctWindow<Pair, u8>,
}

/// Who is found, by which rule, with what count.
struct Found {
    rule: &'static Rule,
    source: IpAddr,
    subject: Subject,
    target: Endpoint,
    window: Seconds,
    new: bool,
    first: Option<Timestamp>,
}

impl Odd {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let few = share(limits, RARE);
        let (stealth, ack) = (settings.stealth_threshold, settings.ack_threshold);
        let protocols = settings.protocol_threshold.non_zero();
        Self {
            stealth: DistinctWindow::new(stealth.non_zero(), STEALTH_WINDOW.duration(), limits),
            resets: DistinctWindow::new(ack.non_zero(), ACK_WINDOW.duration(), few),
            protocols: DistinctWindow::new(protocols, PROTOCOL_WINDOW.duration(), few),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let (stealth, ack) = (settings.stealth_threshold, settings.ack_threshold);
        self.stealth.reconfigure(stealth.non_zero(), STEALTH_WINDOW.duration());
        self.resets.reconfigure(ack.non_zero(), ACK_WINDOW.duration());
        let protocols = settings.protocol_threshold.non_zero();
        self.protocols.reconfigure(protocols, PROTOCOL_WINDOW.duration());
    }

    /// A segment without SYN, ACK and RST.
    pub(super) fn on_stealth(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let (source, victim, port) = (ip.source, ip.destination, tcp.destination_port);
        let probe = tag(victim) << 16 ^ tag(victim) & 0xffff_0000 ^ u32::from(port);
        let seen = self.stealth.add(source, probe, cx.now());
        let (rule, subject) = (&STEALTH, Subject::host(source));
        let base = settings.stealth_threshold.get();
        let Some(reached) = cx.reaches(rule, subject, base, seen.count, of(source)) else { return };
        let name = match tcp.flags & (TcpFlags::FIN | TcpFlags::PSH | TcpFlags::URG) {
            flags if flags.is_empty() => "NULL",
            TcpFlags::FIN => "FIN",
            flags if flags.is_all() || flags.contains(TcpFlags::FIN | TcpFlags::URG) => "XMAS",
            _ => "forbidden",
        };
        let found = Found {
            rule,
            source,
            subject,
            target: Endpoint::ip(victim).port(port),
            window: STEALTH_WINDOW,
            new: seen.new,
            first: self.stealth.oldest(&source, cx.now()),
        };
        found.tell(reached, told, cx, |count| {
            format!("{source} probed {count} ports by {name} segments, the last {port} of {victim}")
        });
    }

    /// A reset that acknowledges nothing and ends no attempt that is known: who has sent a segment with
    /// ACK to a port without that connection gets it (RFC 9293, 3.10.7.1). The end with the lower port is
    /// taken for the one that was probed: the other way round it is a client that drops its connections.
    pub(super) fn on_reset(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        const SERVICES: u16 = 1_024;
        let (source, victim, port) = (ip.destination, ip.source, tcp.source_port);
        if port >= SERVICES && port >= tcp.destination_port || !cx.judges(source) {
            return;
        }
        let pair = (source, victim);
        let seen = self.resets.add(pair, port, cx.now());
        let (rule, subject) = (&ACK, Subject::pair(source, victim));
        let base = settings.ack_threshold.get();
        let Some(reached) = cx.reaches(rule, subject, base, seen.count, of(source)) else { return };
        let found = Found {
            rule,
            source,
            subject,
            target: Endpoint::ip(victim).port(port),
            window: ACK_WINDOW,
            new: seen.new,
            first: self.resets.oldest(&pair, cx.now()),
        };
        found.tell(reached, told, cx, |count| {
            format!(
                "{count} ports of {victim} reset what {source} sent outside of any connection, the last {port}"
            )
        });
    }

    /// An ICMP error, where it tells that a protocol is unreachable or an IPv6 header unknown.
    pub(super) fn on_error(
        &mut self,
        settings: &Settings,
        ip: &Ip<'_>,
        icmp: &Icmp<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let unreachable = if ip.protocol == ICMP { (3, 2) } else { (4, 1) };
        if (icmp.kind, icmp.code) != unreachable {
            return;
        }
        let Some(quoted) = ip.quoted().filter(|quoted| cx.judges(quoted.source)) else { return };
        let (source, victim) = (quoted.source, quoted.destination);
        let pair = (source, victim);
        let seen = self.protocols.add(pair, quoted.protocol, cx.now());
        let (rule, subject) = (&PROTOCOL, Subject::pair(source, victim));
        let base = settings.protocol_threshold.get();
        let Some(reached) = cx.reaches(rule, subject, base, seen.count, of(source)) else { return };
        let found = Found {
            rule,
            source,
            subject,
            target: Endpoint::ip(victim),
            window: PROTOCOL_WINDOW,
            new: seen.new,
            first: self.protocols.oldest(&pair, cx.now()),
        };
        found.tell(reached, told, cx, |count| {
            format!("{victim} called {count} IP protocols unreachable that {source} had tried")
        });
    }

    pub(super) fn usages(&self) -> [(&'static str, Usage); 3] {
        let Self { stealth, resets, protocols } = self;
        [("stealth", stealth.usage()), ("resets", resets.usage()), ("protocols", protocols.usage())]
    }
}

impl Found {
    fn tell(
        &self,
        reached: Reached<'_>,
        told: &mut Told,
        cx: &mut Context<'_>,
        message: impl FnOnce(u64) -> String,
    ) {
        let finding = Finding {
            rule: self.rule,
            subject: self.subject,
            reached,
            step: u64::from(self.new),
            source: Endpoint::ip(self.source),
            target: self.target,
            window: Some(self.window),
        };
        let internal = cx.site().is_internal(self.source);
        told.tell(&finding, cx, |report| {
            let message = message(reached.count());
            report
                .message(format_args!("{message}, within {} s", finding.window_s()))
                .first_seen(self.first)
                .attack(techniques(internal));
        });
    }
}

const fn of(source: IpAddr) -> Option<Indicator<'static>> {
    Some(Indicator::Ip(source))
}
